"""The unpacked bytes of a TAR archive at any offset, within limits of ratio and memory."""

import bz2
import lzma
import os
import zlib
from pathlib import Path
from typing import Protocol

from ingest.sources.guards import RATIO_FROM, damaged, too_dense, unreadable
from ingest.sources.values import Limits

_CHUNK = 1 << 16
_OUTPUT = 1 << 20
_XZ_MEMORY = 192 << 20


class TarBytes(Protocol):
    """Unpacked bytes by offset."""

    @property
    def length(self) -> int | None:
        """Bytes altogether, when that is known without unpacking."""
        ...

    def read_at(self, position: int, size: int) -> bytes:
        """Return exactly `size` bytes; `InputError` when the archive ends before."""
        ...

    def at_end(self, position: int) -> bool:
        """Tell whether the archive ends just there."""
        ...

    def only_zeros_from(self, position: int) -> bool:
        """Tell whether nothing but zeros follows."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def open_tar_bytes(path: Path, limits: Limits) -> TarBytes:
    """Open an archive by its first bytes: packed with gzip, bzip2 or xz, or plain.

    Raises:
        InputError: unreadable.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(str(path), error) from error
    magic = os.pread(descriptor, 6, 0)
    if magic[:2] == b"\x1f\x8b" or magic[:3] == b"BZh" or magic == b"\xfd7zXZ\0":
        return _Packed(path, descriptor, magic, limits)
    return _Plain(path, descriptor)


class _Plain:
    """An archive that is not packed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.length: int | None = os.fstat(descriptor).st_size

    def read_at(self, position: int, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = os.pread(self._descriptor, size, position)
            except (OSError, OverflowError) as error:
                raise damaged(str(self._path)) from error
            if not part:
                raise damaged(str(self._path))
            parts.append(part)
            position += len(part)
            size -= len(part)
        return b"".join(parts)

    def at_end(self, position: int) -> bool:
        return position == self.length

    def only_zeros_from(self, position: int) -> bool:
        while part := os.pread(self._descriptor, _OUTPUT, position):
            if part.strip(b"\0"):
                return False
            position += len(part)
        return True

    def close(self) -> None:
        os.close(self._descriptor)


class _Packed:
    """A packed archive: going forward unpacks on, going back starts again."""

    length: int | None = None

    def __init__(self, path: Path, descriptor: int, magic: bytes, limits: Limits) -> None:
        self._path = path
        self._descriptor = descriptor
        self._magic = magic
        self._limits = limits
        self._restart()

    def read_at(self, position: int, size: int) -> bytes:
        if position < self._start:
            self._restart()
        while position >= self._start + len(self._window) and self._advance(b""):
            pass
        while position + size > self._start + len(self._window):
            if not self._advance(self._window[max(0, position - self._start) :]):
                raise damaged(str(self._path))
        begin = position - self._start
        return self._window[begin : begin + size]

    def at_end(self, position: int) -> bool:
        while position > self._start + len(self._window) and self._advance(b""):
            pass
        return position == self._start + len(self._window) and not self._advance(self._window)

    def only_zeros_from(self, position: int) -> bool:
        rest = self._window[max(0, position - self._start) :]
        while True:
            if rest.strip(b"\0"):
                return False
            if not self._advance(b""):
                return True
            rest = self._window

    def close(self) -> None:
        os.close(self._descriptor)

    def _restart(self) -> None:
        self._read = 0
        self._start = 0
        self._window = b""
        self._held = b""
        self._decoder = _decoder(self._magic)
        self._made = 0

    def _advance(self, keep: bytes) -> bool:
        """Unpack the next bytes behind those kept; false at the end of the archive."""
        more = self._unpack()
        if not more:
            return False
        self._start += len(self._window) - len(keep)
        self._window = keep + more
        return True

    def _unpack(self) -> bytes:
        while True:
            if self._decoder.eof:
                self._held = self._decoder.unused_data
                rest = (self._held or self._pull()).lstrip(b"\0")
                if not rest:
                    return b""
                if not rest.startswith(self._magic[:2]):
                    raise damaged(str(self._path))
                self._held = rest
                self._decoder = _decoder(self._magic)
            data = self._step()
            if data:
                self._made += len(data)
                if self._made > RATIO_FROM and self._made > self._read * self._limits.ratio:
                    raise too_dense(str(self._path), self._limits.ratio)
                return data

    def _step(self) -> bytes:
        needs_input = getattr(self._decoder, "needs_input", True)
        packed = self._held or (self._pull() if needs_input else b"")
        if not packed and needs_input and not self._decoder.eof:
            raise damaged(str(self._path))
        try:
            data = self._decoder.decompress(packed, _OUTPUT)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
            raise damaged(str(self._path)) from error
        self._held = getattr(self._decoder, "unconsumed_tail", b"")
        return data

    def _pull(self) -> bytes:
        data = os.pread(self._descriptor, _CHUNK, self._read)
        self._read += len(data)
        return data


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def _decoder(magic: bytes) -> _Decoder:
    if magic[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31)
    if magic[:3] == b"BZh":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
