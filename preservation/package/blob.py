"""Generated parts of a package: in memory while small, in an unnamed file of the staging folder when not."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_IN_MEMORY = 1 << 21
_FLUSH_AT = 1 << 16
"""Characters of text gathered before they are encoded and hashed together."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sums:
    """Size and both digests of one member."""

    size: int
    sha256: bytes
    sha512: bytes

    @classmethod
    def of(cls, content: bytes) -> "Sums":
        """Measure bytes that are at hand."""
        return cls(len(content), hashlib.sha256(content).digest(), hashlib.sha512(content).digest())

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> "Sums":
        """Measure bytes that come in pieces."""
        size, sha256, sha512 = 0, hashlib.sha256(), hashlib.sha512()
        for chunk in chunks:
            size += len(chunk)
            sha256.update(chunk)
            sha512.update(chunk)
        return cls(size, sha256.digest(), sha512.digest())


class Blob:
    """Text written once, then read any number of times. Nothing is left behind, whatever ends the process."""

    def __init__(self, staging: Path, *, hashed: bool = True) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - lives as long as the blob
            max_size=_IN_MEMORY, dir=str(staging)
        )
        self._parts: list[str] = []
        self._gathered = 0
        self._hashed = hashed
        self._sha256, self._sha512 = hashlib.sha256(), hashlib.sha512()
        self.size = 0

    def write(self, text: str) -> None:
        """Append text, which is stored as UTF-8."""
        self._parts.append(text)
        self._gathered += len(text)
        if self._gathered >= _FLUSH_AT:
            self._flush()

    def write_bytes(self, content: bytes) -> None:
        """Append bytes."""
        self._flush()
        self._put(content)

    def append(self, other: "Blob") -> None:
        """Append everything another blob holds."""
        for chunk in other.chunks():
            self.write_bytes(chunk)

    def sums(self) -> Sums:
        """Return size and digests of everything written so far."""
        self._flush()
        if not self._hashed:
            raise ValueError("a blob that was not hashed has no digests")
        return Sums(self.size, self._sha256.digest(), self._sha512.digest())

    def chunks(self) -> Iterator[bytes]:
        """Yield the content from its start."""
        reader = self.reader()
        while chunk := reader.read(_CHUNK):
            yield chunk

    def reader(self) -> IO[bytes]:
        """Return the content as a stream at its start; one reader at a time, and no writing meanwhile."""
        self._flush()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give the memory or the disk space back."""
        self._file.close()

    def _flush(self) -> None:
        if self._parts:
            content = "".join(self._parts).encode("utf-8")
            self._parts, self._gathered = [], 0
            self._put(content)

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self.size += len(content)
        if self._hashed:
            self._sha256.update(content)
            self._sha512.update(content)
