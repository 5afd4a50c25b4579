"""A reader of OLE2 compound files: the folder of streams inside old Office documents.

Source:
    [MS-CFB] 2.2 to 2.6
"""

import struct
from dataclasses import dataclass, field
from mmap import mmap

from model.text import N_

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFE
_MAX_REGULAR = 0xFFFFFFFA
_ENTRY = struct.Struct("<64sHBBLLL16sLQQLQ")
_MAX_ENTRIES = 65_536
STREAM = 2


class CompoundDamage(Exception):
    """The file breaks the compound file format; the text says where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One storage or stream."""

    name: str
    kind: int
    start: int
    size: int


@dataclass(slots=True)
class Compound:
    """A compound file whose tables were read."""

    view: bytes | mmap
    sector: int
    table: list[int]
    small_table: list[int] = field(default_factory=list)
    small: bytes = b""
    cutoff: int = 4096
    entries: list[Entry] = field(default_factory=list)

    def find(self, *names: str) -> Entry | None:
        """Return the first stream with one of the names."""
        return next((entry for entry in self.entries if entry.name in names and entry.kind == STREAM), None)

    def read(self, entry: Entry, limit: int = 64 << 20) -> bytes:
        """Return the bytes of a stream, at most `limit`.

        Raises:
            CompoundDamage: its chain of sectors is broken.
        """
        size = min(entry.size, limit)
        if entry.size < self.cutoff:
            parts = [self.small[at * 64 : at * 64 + 64] for at in _chain(self.small_table, entry.start, size // 64 + 1)]
        else:
            parts = self.sectors(entry.start, size // self.sector + 1)
        data = b"".join(parts)[:size]
        if len(data) < size:
            raise CompoundDamage(f"{N_('a stream ends too soon')}: {entry.name}")
        return data

    def sectors(self, start: int, count: int) -> list[bytes]:
        """Return the sectors of a chain."""
        size = self.sector
        return [bytes(self.view[(at + 1) * size : (at + 2) * size]) for at in _chain(self.table, start, count)]


def read_compound(view: bytes | mmap) -> Compound:
    """Read header, allocation tables and directory.

    Raises:
        CompoundDamage: they break the format.
    """
    if view[:8] != MAGIC:
        raise CompoundDamage(N_("there is no compound file header"))
    if len(view) < 1536:
        raise CompoundDamage(N_("the file is shorter than its header and tables"))
    (shift, small_shift) = struct.unpack("<2H", view[30:34])
    if shift not in (9, 12) or small_shift != 6 or view[28:30] != b"\xfe\xff":
        raise CompoundDamage(N_("the header names impossible sizes"))
    fats, directory, _, cutoff, small_start, small_count, more, _ = struct.unpack("<L L L L L L L L", view[44:76])
    sector = 1 << shift
    limit = len(view) // sector + 2
    if fats > limit or small_count > limit:
        raise CompoundDamage(N_("the tables are larger than the file"))
    compound = Compound(view=view, sector=sector, table=_fat(view, sector, fats, more, limit), cutoff=cutoff)
    compound.entries = _directory(compound, directory, limit)
    root = compound.entries[0]
    compound.small_table = _numbers(b"".join(compound.sectors(small_start, small_count))) if small_count else []
    if root.size:
        compound.small = b"".join(compound.sectors(root.start, min(root.size // sector + 1, limit)))[: root.size]
    return compound


def _fat(view: bytes | mmap, sector: int, count: int, more: int, limit: int) -> list[int]:
    """Read the allocation table; its own sectors are listed in the header and in further sectors."""
    where = _numbers(view[76:512])
    for _ in range(limit):
        if more >= _MAX_REGULAR or len(where) >= count:
            break
        block = _numbers(view[(more + 1) * sector : (more + 2) * sector])
        if not block:
            raise CompoundDamage(N_("the allocation table lies outside the file"))
        where.extend(block[:-1])
        more = block[-1]
    table: list[int] = []
    for at in where[:count]:
        if at >= _MAX_REGULAR:
            break
        table.extend(_numbers(view[(at + 1) * sector : (at + 2) * sector]))
    if not table:
        raise CompoundDamage(N_("the allocation table lies outside the file"))
    return table


def _directory(compound: Compound, start: int, limit: int) -> list[Entry]:
    entries: list[Entry] = []
    for block in compound.sectors(start, limit):
        for offset in range(0, len(block) - _ENTRY.size + 1, _ENTRY.size):
            name, length, kind, *_, first, size = _ENTRY.unpack_from(block, offset)
            if kind:
                if compound.sector == 512:
                    size &= 0xFFFFFFFF
                entries.append(Entry(name[: max(0, length - 2)].decode("utf-16-le", "replace"), kind, first, size))
        if len(entries) > _MAX_ENTRIES:
            raise CompoundDamage(N_("the directory has too many entries"))
    if not entries or entries[0].kind != 5:
        raise CompoundDamage(N_("the directory has no root"))
    return entries


def _chain(table: list[int], start: int, count: int) -> list[int]:
    """Follow a chain of sectors, at most `count` of them."""
    chain: list[int] = []
    at = start
    while at < _MAX_REGULAR and len(chain) < count:
        chain.append(at)
        if at >= len(table):
            raise CompoundDamage(N_("a chain of sectors leaves the file"))
        at = table[at]
    return chain


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}L", data[: len(data) // 4 * 4]))
