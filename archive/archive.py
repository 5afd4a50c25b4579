"""An archive, opened: its configuration, catalogue, stores and folders, handed to everything that acts on it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from archive.audit.log import AuditLog
from archive.audit.values import Action, new_act
from archive.catalogue.catalogue import Catalogue, create_catalogue, open_catalogue
from archive.configuration import (
    CONFIG_NAME,
    DEFAULT_DATABASE,
    Configuration,
    StoreSetting,
    read_configuration,
    write_configuration,
)
from archive.disposal.values import Forget
from archive.durable import sync_folder
from archive.store.capabilities import from_json, to_json
from archive.store.copies import CopySet
from archive.store.opening import create_store, open_store
from archive.store.protocol import Store, StoreCapabilities
from model.errors import ArchiveError, ConfigurationError, ConflictError
from model.ports import Clock, SystemClock
from model.text import N_

SQLITE = "sqlite:///"
REBUILDING = "rebuilding"
"""Setting of the catalogue that says it is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Everything an act on the archive needs."""

    folder: Path
    configuration: Configuration
    catalogue: Catalogue
    copies: CopySet
    clock: Clock
    audit: AuditLog
    """Where every act on it is recorded; see `archive.audit.recording`."""
    beyond: tuple[Forget, ...] = ()
    """What else, outside stores and catalogue, is to forget a record that is destroyed: the desk."""

    @property
    def work(self) -> Path:
        """Folder of the work areas of transfers that are being taken in."""
        return self.folder / "work"

    @property
    def fetched_folder(self) -> Path:
        """Folder of validation data that was fetched from the network; may be deleted at any time."""
        return self.folder / "fetched"

    @property
    def index_folder(self) -> Path:
        """Folder of this node's search index; may be deleted at any time."""
        return self.folder / "index"


def create_archive(folder: Path, *, name: str = "", database: str = "", stores: Sequence[str] = ()) -> None:
    """Make a new archive in a folder; a second call for the same folder fails and changes nothing.

    Args:
        folder: made if absent; an existing one must not hold an archive.
        name: what people call it; the folder's name by default.
        database: SQLAlchemy URL; by default SQLite in the folder.
        stores: folders or `s3://` URLs of the copies; by default one folder `store` inside.

    Raises:
        ConflictError: there is an archive in the folder.
        ConfigurationError, ExternalServiceError: a store or the database cannot be used.
    """
    settings = tuple(
        StoreSetting(name=_store_name(position), url=url) for position, url in enumerate(stores or ("store",))
    )
    configuration = Configuration(
        archive_id=uuid4(), name=name or folder.resolve().name, database=database or DEFAULT_DATABASE, stores=settings
    )
    if (folder / CONFIG_NAME).exists():
        raise _exists(folder)
    for part in (folder, folder / "work", folder / configuration.signatures.trust):
        _make_folder(part)
    copies = CopySet([create_store(setting.name, setting.url, base=folder) for setting in settings])
    with _new_catalogue(folder, configuration) as catalogue:
        catalogue.put_setting("archive-id", str(configuration.archive_id))
        for setting, store in zip(settings, copies.stores, strict=True):
            record_capabilities(catalogue, setting, store.probe())
        _record_making(folder, configuration, catalogue, copies)
    try:
        write_configuration(folder, configuration)
    except FileExistsError as exc:
        raise _exists(folder) from exc
    sync_folder(folder)


@contextmanager
def open_archive(folder: Path, *, clock: Clock | None = None, for_rebuild: bool = False) -> Iterator[Archive]:
    """Open an archive; its catalogue is closed at the end of the block.

    Args:
        for_rebuild: make an absent catalogue, and open one whose rebuild was interrupted.

    Raises:
        ConfigurationError: no archive there, or its catalogue is another archive's.
        ConflictError: its catalogue is being rebuilt.
        ExternalServiceError: the database or a store cannot be reached.
    """
    configuration = read_configuration(folder)
    url = database_url(folder, configuration.database)
    with _made_or_opened(url) if for_rebuild else open_catalogue(url) as catalogue:
        _check_identity(catalogue, configuration)
        if catalogue.get_setting(REBUILDING) and not for_rebuild:
            raise ConflictError(
                N_("The catalogue of this archive is being rebuilt."),
                hint=N_("Wait for the rebuild to end; if it was interrupted, run `chauban rebuild` again."),
            )
        stores = [_opened_store(setting, folder, catalogue) for setting in configuration.stores]
        copies, clock = CopySet(stores), clock or SystemClock()
        audit = AuditLog(catalogue=catalogue, copies=copies, clock=clock, folder=folder, configuration=configuration)
        with _recorded_at_the_end(audit):
            yield Archive(
                folder=folder,
                configuration=configuration,
                catalogue=catalogue,
                copies=copies,
                clock=clock,
                audit=audit,
            )


def _record_making(folder: Path, configuration: Configuration, catalogue: Catalogue, copies: CopySet) -> None:
    """Enter into the audit log that the archive is made: before it is one, as what cannot be recorded is not done."""
    clock = SystemClock()
    audit = AuditLog(catalogue=catalogue, copies=copies, clock=clock, folder=folder, configuration=configuration)
    audit.record(new_act(Action.INIT, str(configuration.archive_id), time=clock.now()))
    audit.close()


@contextmanager
def _recorded_at_the_end(audit: AuditLog) -> Iterator[None]:
    """Keep the head of the audit log when the block ends; an error that ends it is the one to tell of."""
    try:
        yield
    except BaseException:
        with suppress(ArchiveError):
            audit.close()
        raise
    audit.close()


def _new_catalogue(folder: Path, configuration: Configuration) -> Catalogue:
    """Make the catalogue; one that an interrupted `init` left in the folder, still empty, is taken up again."""
    url = database_url(folder, configuration.database)
    try:
        return create_catalogue(url)
    except ConflictError:
        if configuration.database != DEFAULT_DATABASE:
            raise
        catalogue = open_catalogue(url)
        if catalogue.last_change() == 0:
            return catalogue
        catalogue.close()
        raise


def _made_or_opened(url: str) -> Catalogue:
    try:
        return create_catalogue(url)
    except ConflictError:
        return open_catalogue(url)


def database_url(folder: Path, url: str) -> str:
    """Return the database URL with a relative SQLite file placed in the archive's folder."""
    if not url.startswith(SQLITE) or url.startswith(SQLITE + "/"):
        return url
    return f"{SQLITE}{(folder / url.removeprefix(SQLITE)).resolve()}"


def record_capabilities(catalogue: Catalogue, setting: StoreSetting, capabilities: StoreCapabilities) -> None:
    """Keep what a store was seen to do, with the place it was seen at."""
    catalogue.put_setting(_setting_name(setting), json.dumps(to_json(capabilities), sort_keys=True))


def _opened_store(setting: StoreSetting, folder: Path, catalogue: Catalogue) -> Store:
    """Open a store with what it was seen to do; probe it the first time it is used at this place."""
    known = catalogue.get_setting(_setting_name(setting))
    if known:
        return open_store(setting.name, setting.url, base=folder, capabilities=from_json(json.loads(known)))
    capabilities = open_store(setting.name, setting.url, base=folder).probe()
    record_capabilities(catalogue, setting, capabilities)
    return open_store(setting.name, setting.url, base=folder, capabilities=capabilities)


def _setting_name(setting: StoreSetting) -> str:
    return f"store:{setting.name}:{setting.url}"


def _check_identity(catalogue: Catalogue, configuration: Configuration) -> None:
    recorded = catalogue.get_setting("archive-id")
    if recorded and recorded != str(configuration.archive_id):
        raise ConfigurationError(
            N_("The catalogue belongs to another archive ({recorded}, not {expected})."),
            hint=N_("Correct `database` in chauban.toml or CHAUBAN_DATABASE."),
            recorded=recorded,
            expected=configuration.archive_id,
        )


def _store_name(position: int) -> str:
    return chr(ord("a") + position) if position < 26 else f"s{position}"


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationError(
            N_("The folder {path} cannot be made: {why}."),
            hint=N_("Choose another place or correct the permissions."),
            path=path,
            why=exc.strerror,
        ) from exc


def _exists(folder: Path) -> ConflictError:
    return ConflictError(
        N_("There is an archive in {folder} already."),
        hint=N_("Use it, or choose another folder."),
        folder=folder,
    )
