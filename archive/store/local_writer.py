"""Writing one object into a folder store: complete and on the medium, or not there at all.

Order of a commit, and why a crash between any two steps is safe: (1) the bytes are synced to the medium
under a temporary name; (2) the folders are made; (3) the file is linked under its key, which fails if the
key exists; (4) the folder is synced. Before (3) only a temporary file exists, which `sweep` removes; from
(3) on the object is whole.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.store.failures import WRITING, conflict, failure
from archive.store.folders import FolderTree, move_once
from archive.store.protocol import StoredObject
from archive.store.writers import WriterName
from model.errors import StorageError
from model.fixity import SHA256, Digest, Digester
from model.text import N_

SUFFIX = ".part"
"""Ending of the names of temporary files."""

_GATHER = 1 << 20
_DIRECT = 1 << 18
_WINDOW = 64 << 20
_MODE = 0o444
_ATTEMPTS = 3


class LocalWriter:
    """One object being written; use it in a `with` block."""

    def __init__(
        self, *, store: str, key: str, target: Path, temporary: Path, tree: FolderTree, aside: Path | None = None
    ) -> None:
        """Open the temporary file.

        Args:
            target: path of the object.
            temporary: folder of temporary files.
            aside: path under which an object already there is set aside; none when there must be none.
        """
        self._store = store
        self._key = key
        self._target = target
        self._aside = aside
        self._tree = tree
        self._digester = Digester((SHA256,))
        self._gathered = bytearray()
        self._written = 0
        self._sent = 0
        self._open = False
        try:
            self._descriptor, self._path = _open_temporary(temporary)
        except OSError as error:
            raise failure(error, WRITING, store=store, key=key) from error
        self._open = True

    def write(self, chunk: bytes | memoryview) -> None:
        """Append bytes.

        Raises:
            StorageError: disk full, or the disk could not be written.
        """
        if len(chunk) < _DIRECT:
            self._gathered += chunk
            if len(self._gathered) >= _GATHER:
                self._flush()
            return
        self._flush()
        self._append(chunk)
        if not isinstance(chunk, bytes):
            self._digester.update(b"")  # waits for the hash: the caller may change the buffer from here on

    def digest(self) -> Digest:
        """Return the SHA-256 of everything written so far."""
        self._flush()
        return self._digester.digests()[0]

    def commit(self) -> tuple[StoredObject, Digest]:
        """Make the object durable and visible.

        Raises:
            ConflictError: the key exists.
            StorageError: it could not be made durable; nothing is visible.
        """
        if not self._open:
            raise StorageError(
                N_("The writing of {key} to store {store} has ended already."), store=self._store, key=self._key
            )
        try:
            self._flush()
            os.fchmod(self._descriptor, _MODE)
            os.fsync(self._descriptor)
            self._publish()
        except OSError as error:
            self._abandon()
            if isinstance(error, FileExistsError):
                raise conflict(self._store, self._key) from error
            raise failure(error, WRITING, store=self._store, key=self._key) from error
        self._open = False
        os.close(self._descriptor)
        return StoredObject(key=self._key, size=self._written), self.digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon()

    def _flush(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, bytearray()
            self._append(memoryview(gathered))

    def _append(self, chunk: bytes | memoryview) -> None:
        self._digester.update(chunk)
        try:
            written = os.write(self._descriptor, chunk)
            while written < len(chunk):
                written += os.write(self._descriptor, memoryview(chunk)[written:])
        except OSError as error:
            raise failure(error, WRITING, store=self._store, key=self._key) from error
        self._written += written
        if self._written - self._sent >= _WINDOW:
            self._send_early()

    def _send_early(self) -> None:
        """Start writing a finished window to the medium and drop the one before from memory.

        The first advice on dirty pages only starts their writing, the second finds them clean and drops them.
        So the last sync is short, and one large file does not push everything else out of memory.
        """
        start = max(0, self._sent - _WINDOW)
        os.posix_fadvise(self._descriptor, start, self._written - start, os.POSIX_FADV_DONTNEED)
        self._sent = self._written

    def _publish(self) -> None:
        folder = self._target.parent
        for attempt in range(_ATTEMPTS):
            new = self._tree.make(folder)
            try:
                self._move_into_place()
                break
            except OSError as error:
                if new:
                    self._tree.remove_empty(folder)
                if attempt + 1 == _ATTEMPTS or not isinstance(error, FileNotFoundError):
                    raise  # otherwise a deletion next door removed the folder as empty: make it again
        try:
            self._tree.secure(folder)
        except OSError:
            with suppress(OSError):
                if not self._aside:
                    self._target.unlink()
            raise

    def _move_into_place(self) -> None:
        """Link the file under its key; or keep the damaged bytes under another name, then replace them in one step."""
        if not self._aside:
            move_once(self._path, self._target)
            return
        set_aside(self._target, self._aside, self._tree)
        self._path.rename(self._target)

    def _abandon(self) -> None:
        if self._open:
            self._open = False
            with suppress(OSError):
                self._path.unlink()
            os.close(self._descriptor)


def set_aside(source: Path, target: Path, tree: FolderTree) -> bool:
    """Give a damaged object a second name beside its own; return whether there was one."""
    folder = target.parent
    tree.make(folder)
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        tree.remove_empty(folder)
        return False
    tree.secure(folder)
    return True


def _open_temporary(folder: Path) -> tuple[int, Path]:
    """Create a temporary file and hold its lock: whoever can take the lock knows that the writer is dead."""
    while True:
        path = folder / f"{WriterName.new()}{SUFFIX}"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            folder.mkdir(exist_ok=True)
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, path
        os.close(descriptor)  # swept between creation and locking: begin again
