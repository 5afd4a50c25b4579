"""Streams over stored bytes that name the store when reading fails, and never read beyond their range."""

import io
import os
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

from archive.store.failures import READING, failure
from model.errors import ArchiveError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 17
"""Bytes the buffered streams read ahead."""

_READ_ALL = 1 << 20


class RangeStream(io.RawIOBase):
    """A raw stream that is read from its beginning to its end, once."""

    @abstractmethod
    def read_part(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""

    def readable(self) -> bool:
        """Tell that the stream can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer as far as one read goes."""
        view = memoryview(buffer).cast("B")
        part = self.read_part(len(view))
        view[: len(part)] = part
        return len(part)

    def readall(self) -> bytes:
        """Return the rest."""
        parts = []
        while part := self.read_part(_READ_ALL):
            parts.append(part)
        return b"".join(parts)


class FileRange(RangeStream):
    """A range of an open file; owns the descriptor."""

    def __init__(self, descriptor: int, *, offset: int, end: int, store: str, key: str) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._position = offset
        self._end = end
        self._store = store
        self._key = key

    def fileno(self) -> int:
        """Return the file's descriptor."""
        return self._descriptor

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer as far as one read goes, without a copy in between."""
        view = memoryview(buffer).cast("B")[: max(0, self._end - self._position)]
        if not view:
            return 0
        try:
            count = os.preadv(self._descriptor, [view], self._position)
        except OSError as error:
            raise failure(error, READING, store=self._store, key=self._key) from error
        self._position += count
        return count

    def read_part(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        size = min(size, self._end - self._position)
        if size <= 0:
            return b""
        try:
            part = os.pread(self._descriptor, size, self._position)
        except OSError as error:
            raise failure(error, READING, store=self._store, key=self._key) from error
        self._position += len(part)
        return part

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class Failover(RangeStream):
    """Reads from one copy and goes on with the next, at the same place, when reading it fails."""

    def __init__(self, openers: list[Callable[[int], BinaryIO]]) -> None:
        """Open the first copy that answers.

        Args:
            openers: one for each copy, in order of preference; each takes the number of bytes already read.

        Raises:
            ArchiveError: no copy could be opened: that of the first copy that failed otherwise than by absence.
        """
        super().__init__()
        self._openers = openers
        self._done = 0
        self._errors: list[ArchiveError] = []
        self._stream = self._next()

    def read_part(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        while True:
            try:
                part = self._stream.read(size)
            except ArchiveError as error:
                self._errors.append(error)
                self._stream.close()
                self._stream = self._next()
                continue
            self._done += len(part)
            return part

    def close(self) -> None:
        """Close the copy being read."""
        if not self.closed and hasattr(self, "_stream"):
            self._stream.close()
        super().close()

    def _next(self) -> BinaryIO:
        while self._openers:
            try:
                return self._openers.pop(0)(self._done)
            except ArchiveError as error:
                self._errors.append(error)
        raise min(self._errors, key=lambda error: error.code == "not-found")


def buffered(stream: RangeStream) -> BinaryIO:
    """Return a raw stream with a buffer before it."""
    return cast("BinaryIO", io.BufferedReader(stream, BUFFER))
