"""A case file handed in as a TAR archive: plain, or packed with gzip, bzip2 or xz.

Source:
    POSIX.1-2017 pax, ustar interchange format; GNU long names.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ingest.sources.findings import LINK, SPECIAL_FILE, TRAILING_DATA
from ingest.sources.guards import Tally, damaged, display_name, member_path, moment, name_findings
from ingest.sources.unpacking import TarBytes, open_tar_bytes
from ingest.sources.values import Limits, SourceEntry
from model.errors import InputError
from model.findings import Finding, FindingLog
from model.text import N_

BLOCK = 512
_HEADER_CAP = 1 << 20
"""Bytes of one extended header at most."""
_WHOLE = 1 << 20
_REGULAR = (b"0", b"\0", b"7")
_WORDS = {b"3": N_("character device"), b"4": N_("block device"), b"6": "FIFO", b"S": N_("sparse file")}


@dataclass(slots=True)
class _Pending:
    """What extended headers say about the next member."""

    name: bytes = b""
    size: int | None = None
    modified: float | None = None
    sparse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: bytes
    type: bytes
    size: int
    modified: float
    data: int
    """Where the content starts in the unpacked archive."""


class TarSource:
    """The files of a TAR archive, in its order; reading them in that order is one pass, even when it is packed."""

    kind = "tar"

    def __init__(self, location: Path, limits: Limits) -> None:
        self.location = location
        self.limits = limits
        self._log = FindingLog()
        self._bytes: TarBytes | None = None
        self._index: list[SourceEntry] | None = None

    def __reduce__(self) -> tuple[type["TarSource"], tuple[Path, Limits]]:
        return type(self), (self.location, self.limits)

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the members in the order of the archive.

        Raises:
            InputError: damaged, unsafe names, names given twice, or a limit is met.
        """
        if self._index is not None:
            yield from self._index
            return
        self._log = FindingLog()
        where = str(self.location)
        tally = Tally(self.limits, where)
        index: list[SourceEntry] = []
        for member in self._members():
            name = member_path(member.name, where)
            tally.count(name)
            if member.type == b"5" or not name:
                continue
            tally.claim(name)
            if member.type not in _REGULAR:
                self._log.add(_not_a_file(member, display_name(name)))
                continue
            tally.add_bytes(name, member.size)
            self._log.extend(name_findings(name))
            entry = SourceEntry(name=name, size=member.size, modified=moment(member.modified), locator=member.data)
            index.append(entry)
            yield entry
        self._index = index

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the archive; complete once `entries` was exhausted."""
        return tuple(self._log)

    def open(self, entry: SourceEntry) -> BinaryIO:
        """Open a member. Of a packed archive only the member opened last can be read."""
        if entry.locator is None:
            raise damaged(str(self.location), entry.name)
        if entry.size <= _WHOLE:
            return io.BytesIO(self._read(entry.locator, entry.size))
        return io.BufferedReader(_Slice(self, entry.locator, entry.size), 1 << 18)

    def close(self) -> None:
        """Close the archive."""
        if self._bytes is not None:
            self._bytes.close()
            self._bytes = None

    def _read(self, position: int, size: int) -> bytes:
        if self._bytes is None:
            self._bytes = open_tar_bytes(self.location, self.limits)
        return self._bytes.read_at(position, size)

    def _members(self) -> Iterator[_Member]:
        position = 0
        pending = _Pending()
        while block := self._block(position):
            member = self._header(block, position, pending)
            end = member.data + -(-member.size // BLOCK) * BLOCK
            if member.type in (b"L", b"K", b"x", b"g", b"X"):
                self._extend(pending, member)
            else:
                if member.size and not self._read_last(member):
                    raise damaged(str(self.location), member.name)
                pending = _Pending()
                yield member
            position = end

    def _read_last(self, member: _Member) -> bool:
        """Tell whether the archive reaches to the member's end (only asked where that costs nothing)."""
        source = self._bytes
        return source is None or source.length is None or member.data + member.size <= source.length

    def _block(self, position: int) -> bytes:
        """Return the header block at a position; empty at the end mark."""
        try:
            block = self._read(position, BLOCK)
        except InputError:
            if position and self._bytes is not None and self._bytes.at_end(position):
                return b""
            raise
        if block.strip(b"\0"):
            return block
        if self._bytes is not None and not self._bytes.only_zeros_from(position + BLOCK):
            self._log.add(TRAILING_DATA.at(str(self.location)))
        return b""

    def _header(self, block: bytes, position: int, pending: _Pending) -> _Member:
        try:
            claimed = _number(block[148:156])
            size = _number(block[124:136])
            modified = float(_number(block[136:148]))
        except ValueError as error:
            raise damaged(str(self.location)) from error
        if claimed != sum(block[:148]) + 256 + sum(block[156:]) or size < 0:
            raise damaged(str(self.location))
        kind = block[156:157]
        name = _text(block[:100])
        if block[257:263] == b"ustar\0" and block[345:346] != b"\0":
            name = _text(block[345:500]) + b"/" + name
        if kind not in (b"L", b"K", b"x", b"g", b"X"):
            name = pending.name or name
            size = size if pending.size is None else pending.size
            modified = modified if pending.modified is None else pending.modified
            kind = b"5" if kind in _REGULAR and name.endswith(b"/") else kind
            kind = b"S" if pending.sparse else kind
            size = 0 if kind in (b"1", b"2", b"3", b"4", b"5", b"6") else size
        return _Member(name=name, type=kind, size=size, modified=modified, data=position + BLOCK)

    def _extend(self, pending: _Pending, member: _Member) -> None:
        if member.size > _HEADER_CAP:
            raise InputError(
                N_("A header in the archive {where} is larger than {limit} bytes."),
                hint=N_("Nothing was taken in. Make the archive anew with an ordinary program."),
                where=str(self.location),
                limit=_HEADER_CAP,
            )
        data = self._read(member.data, member.size)
        if member.type == b"L":
            pending.name = data.rstrip(b"\0")
        elif member.type in (b"x", b"X"):
            try:
                _apply_pax(pending, data)
            except ValueError as error:
                raise damaged(str(self.location)) from error


class _Slice(io.RawIOBase):
    """A member's bytes inside the unpacked archive."""

    def __init__(self, source: TarSource, start: int, size: int) -> None:
        self._source = source
        self._position = start
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # RawIOBase: any buffer
        size = min(len(buffer), self._left)
        if size:
            buffer[:size] = self._source._read(self._position, size)
            self._position += size
            self._left -= size
        return size


def _not_a_file(member: _Member, name: str) -> Finding:
    if member.type in (b"1", b"2"):
        return LINK.at(name, name=name)
    return SPECIAL_FILE.at(name, name=name, what=_WORDS.get(member.type, N_("unknown type")))


def _text(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _number(field: bytes) -> int:
    """Read an octal number, or a base-256 one when the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(field, "big", signed=True) & ((1 << (8 * len(field) - 1)) - 1) if field[0] == 0x80 else -1
    text = field.strip(b"\0 ")
    return int(text, 8) if text else 0


def _apply_pax(pending: _Pending, data: bytes) -> None:
    position = 0
    while position < len(data):
        space = data.index(b" ", position)
        length = int(data[position:space])
        record = data[space + 1 : position + length - 1]
        if length < 5 or position + length > len(data):
            raise ValueError("record beyond the header")
        position += length
        key, _, value = record.partition(b"=")
        if key == b"path":
            pending.name = value
        elif key == b"size":
            pending.size = int(value)
            if pending.size < 0:
                raise ValueError("negative size")
        elif key == b"mtime":
            pending.modified = float(value)
        elif key.startswith(b"GNU.sparse."):
            pending.sparse = True
