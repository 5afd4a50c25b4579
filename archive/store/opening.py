"""From a configured address to a store."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.store.local import LocalStore, create_local_store
from archive.store.protocol import Store, StoreCapabilities
from model.errors import ConfigurationError
from model.text import N_


def open_store(name: str, url: str, *, base: Path, capabilities: StoreCapabilities | None = None) -> Store:
    """Return the store at an address; it is reached for when it is used.

    Args:
        url: a folder (relative to `base`), a `file://` URL, or `s3://bucket/prefix?endpoint=…&region=…`.
        base: the archive's folder.
        capabilities: what a probe of this store found, if there was one.

    Raises:
        ConfigurationError: no address of a kind that this program knows.
    """
    if _scheme(url) == "s3":
        from archive.store.s3 import S3Store

        return S3Store(name, url, capabilities=capabilities)
    return LocalStore(name, _folder(url, base))


def create_store(name: str, url: str, *, base: Path) -> Store:
    """Make a place a store, or find that it is one: a folder is marked, a bucket must be there.

    Raises:
        ConfigurationError: no such address, a folder that holds something else, or no such bucket.
        StorageError: the place could not be reached or written.
    """
    if _scheme(url) == "s3":
        from archive.store.s3 import create_s3_store

        return create_s3_store(name, url)
    folder = _folder(url, base)
    create_local_store(folder)
    return LocalStore(name, folder)


def _scheme(url: str) -> str:
    scheme, found, _ = url.partition("://")
    if not found:
        return "file"
    if scheme not in ("file", "s3"):
        raise ConfigurationError(
            N_("“{scheme}” is no kind of store that this program knows."),
            hint=N_("Name a folder, or an object store as s3://bucket/prefix."),
            scheme=scheme,
        )
    return scheme


def _folder(url: str, base: Path) -> Path:
    if not url.startswith("file://"):
        if not url:
            raise ConfigurationError(
                N_("The address of a store is empty."),
                hint=N_("Name a folder, or an object store as s3://bucket/prefix."),
            )
        return base / Path(url).expanduser()
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise ConfigurationError(
            N_("{url} names a folder of another machine."),
            hint=N_("Mount it here and name the folder, such as file:///srv/archive."),
            url=url,
        )
    return Path(unquote(parts.path))
