"""A ZIP container of a stranger: its directory, its files' digests and its small files, within limits.

Nothing is unpacked to disk. Two readers of one container must see the same files, or a signature proves nothing
about what is shown: so whatever lets them differ (double names, local headers that say something else than the
directory, overlapping or hidden bytes) is refused or found.

Source:
    APPNOTE.TXT 6.3.10, sections 4.3 and 4.4
"""

import os
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from model.findings import Finding
from model.text import N_, numbered
from preservation.cms import digests
from preservation.signatures.containers import findings as kinds
from preservation.signatures.source import SignatureLimits

STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_SHORT_TAIL, _TAIL = 4096, 65_557 + _END64.size + _LOCATOR.size
_DIRECTORY_LIMIT = 64 << 20
_RATIO_FROM = 1 << 20
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x0001, 0x0008, 0x0800
_MASKED = 0x2000
_DESCRIPTOR_SIZES = (12, 16, 20, 24)
_CHUNK = 1 << 20
_UNICODE_PATH = 0x7075
_ZIP64 = 0x0001


class ContainerFault(Exception):
    """The container, or one of its files, cannot be used; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the container's directory."""

    name: str
    raw: bytes
    """The name as it is written."""
    flags: int
    method: int
    crc: int
    packed: int
    """Bytes in the container."""
    size: int
    """Bytes unpacked."""
    offset: int
    """Where its local header begins in the file."""
    extra: bytes

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")


class Container:
    """An open container; use it as a context manager."""

    def __init__(self, handle: int, length: int, limits: SignatureLimits) -> None:
        """Read the directory.

        Args:
            handle: descriptor of the file, closed with the container.
            length: size of the file in bytes.

        Raises:
            ContainerFault: it is not a ZIP file, or a damaged one.
        """
        self._handle = handle
        self._length = length
        self.limits = limits
        self._digests: dict[tuple[str, str], bytes] = {}
        directory, count, self._directory_at, self._end = self._find_directory()
        self.all = tuple(self._read_directory(directory, count))
        """Every entry, folders too, in the order of the directory."""
        self.entries = {entry.name: entry for entry in self.all if not entry.folder}
        """Files by name."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._handle)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the files, in the order of the directory."""
        return tuple(self.entries)

    @property
    def first(self) -> Entry | None:
        """The file that begins first in the container."""
        return min(self.all, key=lambda entry: entry.offset, default=None)

    def inspect(self) -> tuple[Finding, ...]:
        """Refuse what no reader could be sure about, and return what is only noteworthy.

        Raises:
            ContainerFault: names, sizes or headers that make the container unfit to be judged.
        """
        self._check_names()
        self._check_sizes()
        return self._check_layout()

    def read(self, name: str, limit: int | None = None, *, check: bool = True) -> bytes:
        """Return the bytes of a file.

        Args:
            limit: bytes at most; the limit for documents where none is given.
            check: compare the checksum of the ZIP format too; not needed where a signed digest will decide.

        Raises:
            ContainerFault: there is none, it is damaged or over the limit.
        """
        entry = self._entry(name)
        limit = self.limits.document if limit is None else limit
        if entry.size > limit:
            raise ContainerFault(kinds.OVER_LIMIT.at(name, what=N_("one of its files is too large"), limit=limit))
        return b"".join(self._chunks(entry, check=check))

    def digest(self, name: str, algorithm: str) -> bytes:
        """Return a digest of a file's bytes; each is computed once.

        A wrong checksum of the ZIP format is no reason to stop: the digest decides what is worth more.

        Raises:
            ContainerFault: there is no such file, or it does not unpack.
            UnsupportedAlgorithm: there is no such digest here.
        """
        key = (name, algorithm)
        if key not in self._digests:
            state = digests.new(algorithm)
            for chunk in self._chunks(self._entry(name), check=False):
                state.update(chunk)
            self._digests[key] = state.digest()
        return self._digests[key]

    def _entry(self, name: str) -> Entry:
        entry = self.entries.get(name)
        if entry is None:
            raise ContainerFault(kinds.FILE_MISSING.at(name, name=name))
        return entry

    def _find_directory(self) -> tuple[bytes, int, int, int]:
        """Return the directory, the number of its entries, where it begins and where the archive ends."""
        for wanted in (_SHORT_TAIL, _TAIL):
            start = max(0, self._length - wanted)
            tail = self._at(start, self._length - start)
            at = tail.rfind(b"PK\x05\x06")
            if 0 <= at <= len(tail) - _END.size:
                break
        else:
            raise _unreadable(N_("the end of the ZIP directory is missing"))
        _, _, _, _, count, size, offset, comment = _END.unpack_from(tail, at)
        end, at = min(start + at + _END.size + comment, self._length), start + at
        if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
            count, size, offset, at = self._large(at, count, size, offset)
        if count > self.limits.entries:
            raise ContainerFault(
                kinds.OVER_LIMIT.at(what=numbered(N_("it holds # files"), count), limit=self.limits.entries)
            )
        if size > min(at, _DIRECTORY_LIMIT) or offset + size > at:
            raise _unreadable(N_("the ZIP directory lies outside the file"))
        self._shift = at - size - offset
        """Bytes before the archive that its own offsets do not count."""
        return self._at(at - size, size), count, at - size, end

    def _large(self, at: int, count: int, size: int, offset: int) -> tuple[int, int, int, int]:
        """Return count, size and offset from the ZIP64 record, and where that begins."""
        locator = self._at(max(0, at - _LOCATOR.size), _LOCATOR.size)
        if not locator.startswith(b"PK\x06\x07") or len(locator) < _LOCATOR.size:
            return count, size, offset, at
        for place in (at - _LOCATOR.size - _END64.size, int(_LOCATOR.unpack(locator)[2])):
            record = self._at(place, _END64.size) if place >= 0 else b""
            if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
                fields = _END64.unpack(record)
                return int(fields[7]), int(fields[8]), int(fields[9]), place
        raise _unreadable(N_("the ZIP64 directory record is missing"))

    def _read_directory(self, directory: bytes, count: int) -> Iterator[Entry]:
        position = found = 0
        while position + _CENTRAL.size <= len(directory) and directory.startswith(b"PK\x01\x02", position):
            fields = _CENTRAL.unpack_from(directory, position)
            name_at = position + _CENTRAL.size
            extra_at = name_at + fields[10]
            position = extra_at + fields[11] + fields[12]
            found += 1
            if found > self.limits.entries or position > len(directory):
                break
            raw, extra = directory[name_at:extra_at], directory[extra_at : extra_at + fields[11]]
            packed, size, offset = _sizes(extra, fields[8], fields[9], fields[16])
            yield Entry(
                name=_name(raw),
                raw=raw,
                flags=fields[3],
                method=fields[4],
                crc=fields[7],
                packed=packed,
                size=size,
                offset=offset + self._shift,
                extra=extra,
            )
        if found != count or position != len(directory):
            raise _unreadable(N_("the ZIP directory does not hold what it claims"))

    def _check_names(self) -> None:
        seen: dict[str, str] = {}
        for entry in self.all:
            name = entry.name
            if _unsafe(name):
                raise ContainerFault(kinds.UNSAFE_NAME.at(name, name=name))
            path = name.rstrip("/")
            folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
            other = seen.setdefault(folded, path)
            if other != path:
                raise ContainerFault(kinds.COLLISION.at(name, name=path, other=other))
            if not entry.folder and entry is not self.entries.get(name):
                raise ContainerFault(kinds.DUPLICATE.at(name, name=name))
            if entry.folder and path in self.entries:
                raise ContainerFault(kinds.DUPLICATE.at(name, name=path))
            if _other_name(entry):
                raise ContainerFault(
                    kinds.INCONSISTENT.at(name, name=name, reason=N_("its Unicode name is another one"))
                )

    def _check_sizes(self) -> None:
        limits = self.limits
        total = 0
        for entry in self.all:
            if entry.flags & (_ENCRYPTED | _MASKED):
                raise ContainerFault(kinds.ENCRYPTED.at(entry.name, name=entry.name))
            if entry.size > _RATIO_FROM and entry.size > limits.ratio * entry.packed:
                raise ContainerFault(kinds.BOMB.at(entry.name, name=entry.name, limit=limits.ratio))
            if entry.size > limits.document:
                raise ContainerFault(
                    kinds.OVER_LIMIT.at(entry.name, what=N_("one of its files is too large"), limit=limits.document)
                )
            total += entry.size
        if total > limits.unpacked:
            raise ContainerFault(
                kinds.OVER_LIMIT.at(what=numbered(N_("it unpacks to # bytes"), total), limit=limits.unpacked)
            )

    def _check_layout(self) -> tuple[Finding, ...]:
        """Compare every local header with the directory and look for bytes that belong to no file."""
        hidden = position = 0
        ordered = sorted(self.all, key=lambda entry: entry.offset)
        found = []
        if ordered and ordered[0].offset:
            position = ordered[0].offset
            found.append(kinds.HIDDEN_BYTES.at(size=position, what=N_("before its first file")))
        descriptor = False
        for entry in ordered:
            if entry.offset < position:
                raise _inconsistent(entry, N_("it overlaps another file"))
            hidden += _gap(entry.offset - position, descriptor=descriptor)
            position = self._data_start(entry) + entry.packed
            descriptor = bool(entry.flags & _DESCRIPTOR)
        if position > self._directory_at:
            raise _unreadable(N_("a file in it reaches into the ZIP directory"))
        hidden += _gap(self._directory_at - position, descriptor=descriptor)
        if hidden:
            found.append(kinds.HIDDEN_BYTES.at(size=hidden, what=N_("between its files")))
        if self._end < self._length:
            found.append(kinds.HIDDEN_BYTES.at(size=self._length - self._end, what=N_("after its end")))
        return tuple(found)

    def _data_start(self, entry: Entry) -> int:
        """Return where the packed bytes of a file begin, after comparing its local header with the directory."""
        header = self._at(entry.offset, _LOCAL.size + len(entry.raw))
        if len(header) < _LOCAL.size + len(entry.raw) or not header.startswith(b"PK\x03\x04"):
            raise _inconsistent(entry, N_("there is no local header where the directory says"))
        _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(header)
        if name_length != len(entry.raw) or header[_LOCAL.size :] != entry.raw:
            raise _inconsistent(entry, N_("its local header has another name"))
        if method != entry.method or (flags ^ entry.flags) & (_ENCRYPTED | _MASKED):
            raise _inconsistent(entry, N_("its local header has another packing"))
        start = entry.offset + _LOCAL.size + name_length + extra_length
        if 0xFFFFFFFF in (packed, size):
            packed, size, _ = _sizes(self._at(start - extra_length, extra_length), packed, size, 0)
        stated = ((crc, entry.crc), (packed, entry.packed), (size, entry.size))
        # Where a data descriptor follows, what was not known yet is zero: some programs knew the size, others nothing.
        later = bool(flags & _DESCRIPTOR)
        if any(local != central and (local or not later) for local, central in stated):
            raise _inconsistent(entry, N_("its local header has other sizes"))
        return int(start)

    def _chunks(self, entry: Entry, *, check: bool) -> Iterator[bytes]:
        """Yield the unpacked bytes of a file, never more than its size."""
        position, checksum, length = self._data_start(entry), 0, 0
        for chunk in self._unpacked(entry, position):
            length += len(chunk)
            if length > entry.size:
                raise _damaged(entry, N_("it is longer than the directory says"))
            checksum = zlib.crc32(chunk, checksum) if check else 0
            yield chunk
        if length != entry.size:
            raise _damaged(entry, N_("it is shorter than the directory says"))
        if check and checksum != entry.crc:
            raise _damaged(entry, N_("its checksum does not fit"))

    def _unpacked(self, entry: Entry, position: int) -> Iterator[bytes]:
        end = position + entry.packed
        if entry.method == STORED:
            while chunk := self._at(position, min(_CHUNK, end - position)):
                position += len(chunk)
                yield chunk
            return
        if entry.method != DEFLATED:
            raise _damaged(entry, N_("it is packed in a way that is not supported"))
        unpacker = zlib.decompressobj(-15)
        try:
            while not unpacker.eof and (packed := self._at(position, min(_CHUNK, end - position))):
                position += len(packed)
                while packed and not unpacker.eof:
                    if chunk := unpacker.decompress(packed, _CHUNK):
                        yield chunk
                    packed = unpacker.unconsumed_tail
        except zlib.error as error:
            raise _damaged(entry, N_("it does not unpack")) from error
        if not unpacker.eof or unpacker.unused_data or position < end:
            raise _damaged(entry, N_("its packed data end in the wrong place"))

    def _at(self, offset: int, size: int) -> bytes:
        return os.pread(self._handle, size, offset) if size > 0 and offset >= 0 else b""


def open_container(path: Path, limits: SignatureLimits) -> Container:
    """Open a ZIP container and read its directory, nothing else.

    Raises:
        ContainerFault: it is not a ZIP file, or a damaged one.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise _unreadable(error.strerror or str(error)) from error
    try:
        return Container(handle, os.fstat(handle).st_size, limits)
    except OSError as error:
        os.close(handle)
        raise _unreadable(error.strerror or str(error)) from error
    except BaseException:
        os.close(handle)
        raise


def _unreadable(reason: str) -> ContainerFault:
    return ContainerFault(kinds.UNREADABLE.at(reason=reason))


def _inconsistent(entry: Entry, reason: str) -> ContainerFault:
    return ContainerFault(kinds.INCONSISTENT.at(entry.name, name=entry.name, reason=reason))


def _damaged(entry: Entry, reason: str) -> ContainerFault:
    return ContainerFault(kinds.ENTRY_DAMAGED.at(entry.name, name=entry.name, reason=reason))


def _name(raw: bytes) -> str:
    """Return a name as text: UTF-8 also where the flag for it is missing, as many programs write it."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _unsafe(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return (
        not name.strip("/")
        or "\\" in name
        or (name[1:2] == ":" and name[0].isalpha())
        or any(part in ("", ".", "..") for part in parts)
        or any(ord(character) < 32 or ord(character) == 127 for character in name)
    )


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length


def _other_name(entry: Entry) -> bool:
    """Whether the entry has a second, different name in its extra field (APPNOTE 4.6.9)."""
    return any(kind == _UNICODE_PATH and _name(field[5:]) != entry.name for kind, field in _fields(entry.extra))


def _sizes(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Return packed size, size and offset, those that do not fit 32 bits from the ZIP64 field (APPNOTE 4.5.3)."""
    if 0xFFFFFFFF not in (packed, size, offset):
        return packed, size, offset
    for kind, field in _fields(extra):
        if kind == _ZIP64:
            values = iter([int(value) for (value,) in struct.iter_unpack("<Q", field[: len(field) & ~7])])
            size = next(values, size) if size == 0xFFFFFFFF else size
            packed = next(values, packed) if packed == 0xFFFFFFFF else packed
            offset = next(values, offset) if offset == 0xFFFFFFFF else offset
    return packed, size, offset


def _gap(size: int, *, descriptor: bool) -> int:
    """Return the bytes between two files that are not the first one's data descriptor."""
    return 0 if descriptor and size in _DESCRIPTOR_SIZES else size
