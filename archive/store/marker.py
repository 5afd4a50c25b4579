"""The marker at the root of a folder store: without it the folder is an empty mount point, or not ours."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from archive.store.failures import LISTING, WRITING, failure
from archive.store.folders import fsync_folder, move_once
from archive.store.keys import MARKER, TEMPORARY
from archive.store.writers import WriterName
from model.errors import ConfigurationError, StorageError, UnsupportedVersionError
from model.text import N_

FORMAT = 1
"""Version of the layout of a folder store."""

_MAX_MARKER = 4096
_HARMLESS = frozenset({"lost+found", ".Trash-1000", "System Volume Information", TEMPORARY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What the marker file says."""

    store_id: UUID
    """Tells this store from every other, wherever it is mounted."""
    format: int = FORMAT


def write_marker(root: Path) -> Marker:
    """Make a folder a store; a folder that is one already keeps its identity.

    Raises:
        ConfigurationError: the folder holds something that is not a store.
        StorageError: it could not be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        if not (root / MARKER).exists():
            _refuse_foreign(root)
        (root / TEMPORARY).mkdir(exist_ok=True)
        if not (root / MARKER).exists():
            _write_once(root, Marker(store_id=uuid4()))
        fsync_folder(root)
        fsync_folder(root.parent)
    except OSError as error:
        raise failure(error, WRITING, store=str(root), key=MARKER) from error
    return _read(root, str(root))


class MarkerCheck:
    """Looks at the marker before a store is used: cheap while it stays the same file."""

    def __init__(self, root: Path, store: str) -> None:
        self._root = root
        self._path = root / MARKER
        self._store = store
        self._file: tuple[int, int] | None = None
        self._marker: Marker | None = None

    def check(self) -> Marker:
        """Return the marker.

        Raises:
            StorageError: there is none (nothing is mounted here), or it is another store's.
            ConfigurationError: it cannot be read as a marker.
            UnsupportedVersionError: a newer program made the store.
        """
        try:
            status = self._path.stat()
        except OSError as error:
            self._file = None
            raise _absent(error, self._root, self._store) from error
        file = (status.st_dev, status.st_ino)
        if self._marker is None or file != self._file:
            marker = _read(self._root, self._store)
            if self._marker is not None and marker != self._marker:
                raise _exchanged(self._root, self._store)
            self._file, self._marker = file, marker
        return self._marker


def _refuse_foreign(root: Path) -> None:
    foreign = sorted(entry.name for entry in root.iterdir() if entry.name not in _HARMLESS)
    if foreign:
        raise ConfigurationError(
            N_("The folder {folder} is not empty and holds no store of this program (found: {found})."),
            hint=N_("Name an empty folder. If it is a store whose chauban-store.json was lost, see docs/stores.md."),
            folder=root,
            found=", ".join(foreign[:3]),
        )


def _write_once(root: Path, marker: Marker) -> None:
    text = json.dumps({"chauban": "store", "format": marker.format, "id": str(marker.store_id)}, indent=2) + "\n"
    temporary = root / TEMPORARY / f"{WriterName.new()}.part"
    try:
        with temporary.open("x", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):  # another process made it a store in the same moment
            move_once(temporary, root / MARKER)
    finally:
        temporary.unlink(missing_ok=True)


def _read(root: Path, store: str) -> Marker:
    try:
        with (root / MARKER).open("rb") as stream:
            content = stream.read(_MAX_MARKER)
    except OSError as error:
        raise _absent(error, root, store) from error
    try:
        data = json.loads(content)
        marker = Marker(store_id=UUID(data["id"]), format=int(data["format"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            N_("The file chauban-store.json of store {store} in {folder} is damaged."),
            hint=N_("Restore it from a backup, or write it again as docs/stores.md shows."),
            store=store,
            folder=root,
        ) from error
    if marker.format > FORMAT:
        raise UnsupportedVersionError(
            N_("Store {store} in {folder} has format {format}; this program knows formats up to {known}."),
            hint=N_("Use the newer version of the program that made it."),
            store=store,
            folder=root,
            format=marker.format,
            known=FORMAT,
        )
    return marker


def _absent(error: OSError, root: Path, store: str) -> StorageError:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return failure(error, LISTING, store=store, key=MARKER)
    return StorageError(
        N_("Store {store} is not at {folder}: the file chauban-store.json is absent."),
        hint=N_("Connect and mount the disk or network folder of this store. Nothing was written."),
        store=store,
        folder=root,
    )


def _exchanged(root: Path, store: str) -> StorageError:
    return StorageError(
        N_("Another store is now mounted at {folder} than the one that was there as store {store}."),
        hint=N_("Mount the disk that belongs there, then run the command again."),
        store=store,
        folder=root,
    )
