"""A stored object as a file that can be sought in: what readers of whole packages ask for."""

import io
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from archive.store.protocol import StoredObject
from model.errors import NotFoundError
from model.text import N_

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 1 << 20
_SKIP = 1 << 20
"""A jump forward of up to this many bytes is read over instead of asking the store again."""


class Openable(Protocol):
    """A store, or several as one."""

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open an object from an offset."""
        ...

    def stat(self, key: str) -> StoredObject | None:
        """Return the object's size."""
        ...


def open_seekable(store: Openable, key: str) -> BinaryIO:
    """Open a stored object for reading and seeking; jumps become range reads.

    Raises:
        NotFoundError: no such key.
        StorageError: it could not be read.
    """
    found = store.stat(key)
    if found is None:
        raise NotFoundError(
            N_("The store holds no {key}."), hint=N_("Run `chauban verify --all` to see what is missing."), key=key
        )
    return cast("BinaryIO", io.BufferedReader(_Seekable(store, key, found.size), _BUFFER))


class _Seekable(io.RawIOBase):
    def __init__(self, store: Openable, key: str, size: int) -> None:
        super().__init__()
        self._store = store
        self._key = key
        self._size = size
        self._position = 0
        self._stream: BinaryIO | None = None
        self._stream_at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        if self._position >= self._size:
            return 0
        part = self._at_position().read(len(view))
        view[: len(part)] = part
        self._position += len(part)
        self._stream_at = self._position
        return len(part)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        super().close()

    def _at_position(self) -> BinaryIO:
        gap = self._position - self._stream_at
        if self._stream is not None and 0 < gap <= _SKIP:
            self._stream.read(gap)
        elif self._stream is not None and gap != 0:
            self._stream.close()
            self._stream = None
        if self._stream is None:
            self._stream = self._store.open(self._key, offset=self._position)
        self._stream_at = self._position
        return self._stream
