"""Reading ZIP archives made by strangers.

The central directory is read record by record, so that an archive with millions of members costs
nothing before its limit is met, and the names are the bytes that stand there.

Source:
    PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
"""

import bz2
import io
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Protocol

from ingest.sources.guards import RATIO_FROM, damaged, display_name, too_dense, unreadable
from ingest.sources.values import Limits
from model.errors import InputError
from model.text import N_

UTF8_NAME = 0x800
ENCRYPTED = 0x1
_UNIX = 3
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_WHOLE = 1 << 20
"""Members up to this size are unpacked at once."""
_MARK64 = 0xFFFFFFFF
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember:
    """One record of the central directory."""

    record: int
    """Where the record starts in the archive file."""
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    """Compressed bytes."""
    size: int
    """Uncompressed bytes as claimed; never more are read."""
    header: int
    """Where the local header starts in the archive file."""
    mode: int
    """Unix mode when the archive was made on Unix, else 0."""
    modified: datetime | None

    @property
    def is_folder(self) -> bool:
        """Whether the record names a folder."""
        return self.name.endswith(b"/")


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    start: int
    size: int
    count: int
    shift: int
    """Bytes before the archive proper, which its offsets do not count."""


class ZipReader:
    """The members of one ZIP file.

    Args:
        path: the file; opened lazily and read at explicit offsets only.
        limits: caps on entries, ratio and sizes.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self._descriptor = -1
        self._size = 0
        self._found: _Directory | None = None

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def members(self) -> Iterator[ZipMember]:
        """Yield the records of the central directory in its order.

        Raises:
            InputError: damaged, beyond the limit of entries, packed members that overlap, or a bomb.
        """
        directory = self._directory()
        position, end, seen = directory.start, directory.start + directory.size, 0
        spans: list[tuple[int, int]] = []
        packed = size = 0
        while position < end:
            member, position = self._record(position, directory)
            seen += 1
            if seen > self.limits.entries:
                raise self._too_many()
            packed += member.packed
            size += member.size
            self._check_ratio(member.size, member.packed)
            spans.append((member.header, member.header + _LOCAL.size + len(member.name) + member.packed))
            yield member
        if position != end or seen != directory.count:
            raise damaged(str(self.path))
        self._check_ratio(size, packed)
        self._check_spans(spans, directory.start)

    def member_at(self, record: int) -> ZipMember:
        """Return the member whose central record starts at an offset."""
        return self._record(record, self._directory())[0]

    def open(self, member: ZipMember) -> BinaryIO:
        """Open a member; its claimed size and CRC are enforced while it is read.

        Raises:
            InputError: encrypted, an unknown method, or damaged.
        """
        if member.flags & ENCRYPTED:
            raise InputError(
                N_("“{name}” in {where} is protected by a password."),
                hint=N_("Make the ZIP anew without a password and hand it in again."),
                name=display_name(member.name),
                where=str(self.path),
            )
        if member.method not in (_STORED, _DEFLATED, _BZIP2):
            raise InputError(
                N_("“{name}” in {where} is packed in a way this program cannot unpack (method {method})."),
                hint=N_("Make the ZIP anew with ordinary “deflate” compression and hand it in again."),
                name=display_name(member.name),
                where=str(self.path),
                method=member.method,
            )
        stream = _MemberStream(self, member, self._data_start(member))
        if member.size <= _WHOLE and member.packed <= 2 * _WHOLE:
            return io.BytesIO(stream.readall())
        return io.BufferedReader(stream, 1 << 18)

    def read_at(self, position: int, size: int) -> bytes:
        """Return exactly `size` bytes at an offset of the archive file.

        Raises:
            InputError: the file is unreadable or ends before.
        """
        descriptor = self._open()
        try:
            data = os.pread(descriptor, size, position) if position >= 0 else b""
        except (OSError, OverflowError) as error:
            raise unreadable(str(self.path), error if isinstance(error, OSError) else OSError()) from error
        if len(data) != size:
            raise damaged(str(self.path))
        return data

    def _open(self) -> int:
        if self._descriptor < 0:
            try:
                self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
                self._size = os.fstat(self._descriptor).st_size
            except OSError as error:
                raise unreadable(str(self.path), error) from error
        return self._descriptor

    def _directory(self) -> _Directory:
        if self._found is None:
            self._open()
            self._found = self._locate()
            if self._found.count > self.limits.entries:
                raise self._too_many()
        return self._found

    def _locate(self) -> _Directory:
        tail_start = max(0, self._size - 65535 - _END.size)
        tail = self.read_at(tail_start, self._size - tail_start)
        found = len(tail)
        while (found := tail.rfind(b"PK\x05\x06", 0, found)) >= 0:
            if len(tail) - found >= _END.size:
                end = _END.unpack_from(tail, found)
                if found + _END.size + end[7] == len(tail):
                    return self._read_end(tail_start + found, end)
        raise damaged(str(self.path))

    def _read_end(self, position: int, end: tuple[int, ...]) -> _Directory:
        disk, _, here, count, size, offset = end[1:7]
        stop = position
        if position >= _LOCATOR64.size:
            locator = _LOCATOR64.unpack(self.read_at(position - _LOCATOR64.size, _LOCATOR64.size))
            if locator[0] == b"PK\x06\x07":
                stop = position - _LOCATOR64.size - _END64.size
                end64 = _END64.unpack(self.read_at(stop, _END64.size))
                if end64[0] != b"PK\x06\x06" or locator[1] or locator[3] > 1:
                    raise damaged(str(self.path))
                disk, here, count, size, offset = end64[4], *end64[6:10]
        shift = stop - size - offset
        if disk or here != count or shift < 0:
            raise damaged(str(self.path))
        return _Directory(start=offset + shift, size=size, count=count, shift=shift)

    def _record(self, position: int, directory: _Directory) -> tuple[ZipMember, int]:
        if position + _CENTRAL.size > directory.start + directory.size:
            raise damaged(str(self.path))
        fields = _CENTRAL.unpack(self.read_at(position, _CENTRAL.size))
        if fields[0] != b"PK\x01\x02":
            raise damaged(str(self.path))
        (flags, method, clock, day, crc, packed, size, name_size, extra_size, comment, _, _, attributes, header) = (
            fields[5:]
        )
        rest = self.read_at(position + _CENTRAL.size, name_size + extra_size)
        extra = rest[name_size:]
        if _MARK64 in (size, packed, header):
            size, packed, header = self._sizes64(extra, size, packed, header)
        member = ZipMember(
            record=position,
            name=rest[:name_size],
            flags=flags,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            header=header + directory.shift,
            mode=attributes >> 16 if fields[2] == _UNIX else 0,
            modified=_modified(extra, day, clock),
        )
        return member, position + _CENTRAL.size + name_size + extra_size + comment

    def _sizes64(self, extra: bytes, *values: int) -> tuple[int, int, int]:
        block = _extra_block(extra, 1)
        wide = []
        for value in values:
            if value == _MARK64:
                if len(block) < 8:
                    raise damaged(str(self.path))
                value = int.from_bytes(block[:8], "little")
                block = block[8:]
            wide.append(value)
        return wide[0], wide[1], wide[2]

    def _data_start(self, member: ZipMember) -> int:
        fields = _LOCAL.unpack(self.read_at(member.header, _LOCAL.size))
        start = member.header + _LOCAL.size
        if fields[0] != b"PK\x03\x04" or self.read_at(start, fields[9]) != member.name:
            raise damaged(str(self.path), member.name)
        return start + int(fields[9]) + int(fields[10])

    def _check_ratio(self, size: int, packed: int) -> None:
        if size > RATIO_FROM and size > packed * self.limits.ratio:
            raise too_dense(str(self.path), self.limits.ratio)

    def _check_spans(self, spans: list[tuple[int, int]], stop: int) -> None:
        spans.sort()
        for (_, end), (start, _) in pairwise([*spans, (stop, stop)]):
            if end > start:
                raise InputError(
                    N_("Members of the archive {where} share the same bytes: it looks like a decompression bomb."),
                    hint=N_("Nothing was taken in. Make the archive anew with an ordinary program."),
                    where=str(self.path),
                )

    def _too_many(self) -> InputError:
        return InputError(
            N_("{where} holds more than {limit} files and folders."),
            hint=N_("Nothing was taken in. Divide the case file, or ask the archive to raise the limit."),
            where=str(self.path),
            limit=self.limits.entries,
        )


class _MemberStream(io.RawIOBase):
    """The unpacked bytes of a member: never more than it claims, and compared with its CRC at the end."""

    def __init__(self, archive: ZipReader, member: ZipMember, start: int) -> None:
        self._archive = archive
        self._member = member
        self._position = start
        self._packed_left = member.packed
        self._left = member.size
        self._crc = 0
        self._decompressor = _decompressor(member.method)
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # RawIOBase: any buffer
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        parts = []
        while part := self._next(1 << 20):
            parts.append(part)
        return b"".join(parts)

    def _next(self, wanted: int) -> bytes:
        if self._left == 0:
            self._finish()
            return b""
        wanted = min(wanted, self._left)
        data = self._unpack(wanted)
        if not data:
            raise damaged(str(self._archive.path), self._member.name)
        self._crc = zlib.crc32(data, self._crc)
        self._left -= len(data)
        if self._left == 0:
            self._finish()
        return data

    def _unpack(self, wanted: int) -> bytes:
        if self._decompressor is None:
            return self._packed(wanted)
        try:
            while True:
                packed = self._held or self._packed(1 << 16)
                data = self._decompressor.decompress(packed, wanted)
                self._held = getattr(self._decompressor, "unconsumed_tail", b"")
                if data or not (packed or self._packed_left):
                    return data
        except (zlib.error, OSError, EOFError, ValueError) as error:
            raise damaged(str(self._archive.path), self._member.name) from error

    def _packed(self, size: int) -> bytes:
        size = min(size, self._packed_left)
        data = self._archive.read_at(self._position, size)
        self._position += size
        self._packed_left -= size
        return data

    def _finish(self) -> None:
        if self._crc != self._member.crc:
            raise damaged(str(self._archive.path), self._member.name)


class _Bzip2:
    """bz2 with the manners of zlib: input it could not use yet stays inside."""

    def __init__(self) -> None:
        self._inner = bz2.BZ2Decompressor()

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(data, max_length)


def _decompressor(method: int) -> _Decompressor | None:
    if method == _DEFLATED:
        return zlib.decompressobj(-15)
    return _Bzip2() if method == _BZIP2 else None


def _extra_block(extra: bytes, wanted: int) -> bytes:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == wanted:
            return extra[4 : 4 + size]
        extra = extra[4 + size :]
    return b""


def _modified(extra: bytes, day: int, clock: int) -> datetime | None:
    """Return the UTC time of the extended timestamp field, else the DOS time, which names no zone."""
    block = _extra_block(extra, 0x5455)
    if len(block) >= 5 and block[0] & 1:
        return datetime.fromtimestamp(int.from_bytes(block[1:5], "little", signed=True), UTC)
    try:
        return datetime(
            (day >> 9) + 1980, day >> 5 & 15, day & 31, clock >> 11, clock >> 5 & 63, (clock & 31) * 2, tzinfo=UTC
        )
    except ValueError:
        return None
