"""A folder as a store: durable, created once, read-only, with its own digest of everything written."""

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from archive.store.failures import DELETING, LISTING, READING, WRITING, failure, not_found
from archive.store.folders import FolderTree
from archive.store.keys import DAMAGED, TEMPORARY, check_key, check_new_key, is_listed, is_walked
from archive.store.local_writer import LocalWriter, set_aside
from archive.store.marker import Marker, MarkerCheck, write_marker
from archive.store.probing import probe_folder
from archive.store.protocol import StoreCapabilities, StoredObject, StoreWriter
from archive.store.streams import FileRange, buffered
from archive.store.writers import STALE_SECONDS, WriterName
from model.errors import ArchiveError, NotFoundError, PolicyError
from model.ports import Clock, SystemClock
from model.preservation import DisposalConfirmation
from model.text import N_


def create_local_store(root: Path) -> Marker:
    """Make an empty or new folder a store; one that is a store already stays as it is.

    Raises:
        ConfigurationError: the folder holds something else.
        StorageError: it could not be written.
    """
    return write_marker(root)


class LocalStore:
    """One copy of the archive in a folder."""

    def __init__(self, name: str, root: Path, *, clock: Clock | None = None) -> None:
        """Name the folder; it is looked at when the store is used, so that an absent disk hinders no other copy.

        Args:
            root: made a store by `create_local_store`.
        """
        self._name = name
        self._root = root.absolute()
        self._tree = FolderTree(self._root)
        self._marker = MarkerCheck(self._root, name)
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        """Short name of the copy."""
        return self._name

    @property
    def location(self) -> str:
        """The folder."""
        return str(self._root.resolve())

    def create(self, key: str) -> StoreWriter:
        """Begin an object.

        Raises:
            InputError: not a key.
            StorageError: the store is not mounted, or cannot be written.
        """
        return self._writer(check_new_key(key), aside=None)

    def put(self, key: str, content: bytes) -> StoredObject:
        """Create a small object at once.

        Raises:
            ConflictError: the key exists.
        """
        with self.create(key) as writer:
            writer.write(content)
            return writer.commit()[0]

    def open(self, key: str, *, offset: int = 0, length: int | None = None, fresh: bool = False) -> BinaryIO:
        """Open an object, or a range of it, for reading; a range behind its end is cut off there.

        Args:
            fresh: drop the object from the machine's memory first, so that it is read from the medium.

        Raises:
            NotFoundError: no such key.
            StorageError: it could not be read.
        """
        path = self._path(check_key(key))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise self._unread(error, key) from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise not_found(self._name, key)
        if fresh:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        end = status.st_size if length is None else min(status.st_size, offset + length)
        return buffered(FileRange(descriptor, offset=offset, end=end, store=self._name, key=key))

    def stat(self, key: str) -> StoredObject | None:
        """Return the object's size, or none where there is no such key."""
        try:
            status = self._path(check_key(key)).lstat()
        except OSError as error:
            answer = self._unread(error, key)
            if isinstance(answer, NotFoundError):
                return None
            raise answer from error
        return StoredObject(key=key, size=status.st_size) if stat.S_ISREG(status.st_mode) else None

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects by key; folders wholly before `after` are not walked.

        Files whose names cannot be keys are no objects and are passed over.
        """
        self._marker.check()
        yield from self._walk("", prefix, after)

    def remains(self, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix of which anything is kept: what is listed, as a folder keeps no versions."""
        return (item.key for item in self.list(prefix))

    def delete(self, key: str, confirmation: DisposalConfirmation) -> None:
        """Delete one object by an approved decision, and the folders it leaves empty.

        Raises:
            NotFoundError: no such key.
            PolicyError: no confirmation, or the file system forbids it.
        """
        require_confirmation(confirmation, key)
        path = self._path(check_key(key))
        try:
            path.unlink()
            self._tree.secure(path.parent)
        except OSError as error:
            if error.errno == errno.EPERM:
                raise PolicyError(
                    N_("Store {store} forbids deleting {key}: the file is write-protected by the file system."),
                    hint=N_("Wait until its protection ends, or ask the administrator of the store."),
                    store=self._name,
                    key=key,
                ) from error
            raise self._unread(error, key, DELETING) from error
        self._tree.remove_empty(path.parent)

    def replace_damaged(self, key: str) -> StoreWriter:
        """Begin to replace an object found damaged, or to restore one found missing.

        The damaged bytes are set aside when the new ones are committed, and not before.
        """
        return self._writer(check_new_key(key), aside=self._path(self._damaged_key(key)))

    def set_aside(self, key: str) -> str:
        """Move an object found damaged under `damaged/`, and return its new key.

        Raises:
            NotFoundError: no such key.
        """
        self._marker.check()
        path, kept = self._path(check_new_key(key)), self._damaged_key(key)
        try:
            if not set_aside(path, self._path(kept), self._tree):
                raise not_found(self._name, key)
            path.unlink()
            self._tree.secure(path.parent)
        except OSError as error:
            raise failure(error, WRITING, store=self._name, key=key) from error
        return kept

    def sweep(self) -> int:
        """Remove the temporary files of dead writers; return how many."""
        self._marker.check()
        removed = 0
        try:
            with os.scandir(self._root / TEMPORARY) as entries:
                for entry in entries:
                    removed += _sweep_file(Path(entry.path))
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise failure(error, DELETING, store=self._name, key=TEMPORARY) from error
        return removed

    def probe(self) -> StoreCapabilities:
        """Try what the folder really does, and leave nothing behind."""
        self._marker.check()
        try:
            return probe_folder(self._root, self._root / TEMPORARY)
        except OSError as error:
            raise failure(error, WRITING, store=self._name, key=TEMPORARY) from error

    def _path(self, key: str) -> Path:
        return self._root / key

    def _damaged_key(self, key: str) -> str:
        return f"{DAMAGED}/{self._clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}/{key}"

    def _writer(self, key: str, *, aside: Path | None) -> LocalWriter:
        self._marker.check()
        return LocalWriter(
            store=self._name,
            key=key,
            target=self._path(key),
            temporary=self._path(TEMPORARY),
            tree=self._tree,
            aside=aside,
        )

    def _unread(self, error: OSError, key: str, message: str = READING) -> ArchiveError:
        """Return the error for an object that could not be reached; an absent one in an absent store is no absence."""
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError) or error.errno == errno.ELOOP:
            self._marker.check()
            return not_found(self._name, key)
        return failure(error, message, store=self._name, key=key)

    def _walk(self, base: str, prefix: str, after: str) -> Iterator[StoredObject]:
        """Yield what lies under a folder in the order of the keys.

        A folder sorts as its name with `/` behind it: that is how the keys of its files compare with those
        of the files beside it.
        """
        for name in self._names(base):
            key = base + name
            if name.endswith("/"):
                if is_walked(key, prefix) and (key > after or after.startswith(key)):
                    yield from self._walk(key, prefix, after)
            elif key > after and is_listed(key, prefix):
                with suppress(FileNotFoundError):
                    yield StoredObject(key=key, size=self._path(key).lstat().st_size)

    def _names(self, base: str) -> Sequence[str]:
        try:
            with os.scandir(self._path(base)) as entries:
                found = [
                    entry.name + "/" if entry.is_dir(follow_symlinks=False) else entry.name
                    for entry in entries
                    if not entry.is_symlink()
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise failure(error, LISTING, store=self._name, key=base or self.location) from error
        return sorted(found)


def require_confirmation(confirmation: object, key: str) -> None:
    """Refuse to delete without an approved decision.

    Raises:
        PolicyError: what was handed over is not one.
    """
    if not isinstance(confirmation, DisposalConfirmation):
        raise PolicyError(
            N_("{key} was not deleted: there is no approved disposal decision."),
            hint=N_("Have the disposal approved first; nothing leaves custody without it."),
            key=key,
        )


def _sweep_file(path: Path) -> int:
    """Remove a temporary file if its writer is dead; holding its lock, so that no writer can be in it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        writer = WriterName.parse(path.name.partition(".")[0])
        stale = os.fstat(descriptor).st_mtime < time.time() - STALE_SECONDS
        if stale or (writer is not None and writer.is_dead()):
            path.unlink()
            return 1
    except (BlockingIOError, FileNotFoundError):
        return 0
    finally:
        os.close(descriptor)
    return 0
