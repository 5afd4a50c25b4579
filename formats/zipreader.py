"""A small ZIP reader for files of strangers: the central directory once, members within limits.

Written for speed (an office document has a dozen members, a case file thousands of documents) and because
differences between the directory and the local headers, which other readers forgive, are findings here.

Source:
    APPNOTE.TXT 6.3.10, sections 4.3 and 4.4
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap

from model.text import N_

STORED = 0
DEFLATED = 8
MAX_MEMBERS = 100_000
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_CHUNK = 1 << 20


class ZipDamage(Exception):
    """The archive breaks the format; the text says where."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the central directory."""

    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    """Unix mode from the external attributes; 0 when made elsewhere."""

    @property
    def encrypted(self) -> bool:
        """Whether the member needs a password."""
        return bool(self.flags & 0x1)


@dataclass(slots=True)
class Archive:
    """A ZIP file whose central directory was read."""

    view: bytes | mmap
    members: list[Member]
    by_name: dict[str, Member]
    kept: dict[str, bytes] = field(default_factory=dict)
    """Members read during validation that the text extractor needs again."""

    def read(self, name: str, limit: int = 64 << 20) -> bytes:
        """Return the bytes of a member, or nothing when it is absent, encrypted or too large.

        Raises:
            ZipDamage: its data do not unpack or do not fit its CRC.
        """
        if name in self.kept:
            return self.kept[name]
        member = self.by_name.get(name)
        if member is None or member.encrypted or member.size > limit:
            return b""
        data = b"".join(self.chunks(member))
        self.kept[name] = data
        return data

    def data_range(self, member: Member) -> tuple[int, int]:
        """Return where the packed bytes of a member begin and end, from its local header."""
        end = member.offset + _LOCAL.size
        if end > len(self.view):
            raise ZipDamage(f"{member.name}: {N_('the local header lies outside the file')}")
        fields = _LOCAL.unpack(self.view[member.offset : end])
        if fields[0] != b"PK\x03\x04":
            raise ZipDamage(f"{member.name}: {N_('there is no local header where the directory says')}")
        name_end = end + fields[9]
        if self.view[end:name_end] != member.raw:
            raise ZipDamage(f"{member.name}: {N_('the local header has another name')}")
        start = name_end + fields[10]
        if start + member.packed > len(self.view):
            raise ZipDamage(f"{member.name}: {N_('the data end before their length')}")
        return start, start + member.packed

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Yield the unpacked bytes of a member, at most its size, checking length and CRC.

        Raises:
            ZipDamage: the data do not unpack, or length or CRC differ.
        """
        start, end = self.data_range(member)
        checksum = length = 0
        for chunk in self._unpacked(member, start, end):
            checksum = zlib.crc32(chunk, checksum)
            length += len(chunk)
            yield chunk
        if length != member.size:
            raise ZipDamage(f"{member.name}: {N_('unpacked length differs from the directory')}")
        if checksum != member.crc:
            raise ZipDamage(f"{member.name}: {N_('the CRC does not fit the data')}")

    def _unpacked(self, member: Member, start: int, end: int) -> Iterator[bytes]:
        if member.method == STORED:
            for position in range(start, end, _CHUNK):
                yield self.view[position : min(position + _CHUNK, end)]
            return
        unpacker = zlib.decompressobj(-15)
        left = member.size + 1
        try:
            for position in range(start, end, _CHUNK):
                chunk = unpacker.decompress(self.view[position : min(position + _CHUNK, end)], min(left, _CHUNK))
                while chunk:
                    left -= len(chunk)
                    yield chunk
                    if left <= 0 or not unpacker.unconsumed_tail:
                        break
                    chunk = unpacker.decompress(unpacker.unconsumed_tail, min(left, _CHUNK))
                if left <= 0:
                    return
        except zlib.error as error:
            raise ZipDamage(f"{member.name}: {N_('the compressed data are damaged')}") from error
        if not unpacker.eof:
            raise ZipDamage(f"{member.name}: {N_('the compressed data end too soon')}")


def read_archive(view: bytes | mmap) -> Archive:
    """Read the central directory.

    Raises:
        ZipDamage: there is none, or it breaks the format.
    """
    count, size, offset = _directory(view)
    if count > MAX_MEMBERS:
        raise ZipDamage(f"{N_('the directory claims too many members')}: {count}")
    directory = view[offset : offset + size]
    members: list[Member] = []
    position = 0
    while position + _CENTRAL.size <= len(directory):
        fields = _CENTRAL.unpack_from(directory, position)
        if fields[0] != b"PK\x01\x02":
            break
        following = position + _CENTRAL.size + fields[10] + fields[11] + fields[12]
        members.append(_member(fields, directory[position + _CENTRAL.size : following]))
        position = following
    if len(members) != count:
        raise ZipDamage(
            f"{N_('the directory holds another number of members than it claims')}: {len(members)}, {count}"
        )
    return Archive(view=view, members=members, by_name={member.name: member for member in members})


def _directory(view: bytes | mmap) -> tuple[int, int, int]:
    """Return number of members, size and offset of the central directory."""
    at = view.rfind(b"PK\x05\x06", max(0, len(view) - 65_557))
    if at < 0 or at + _END.size > len(view):
        raise ZipDamage(N_("the end of the ZIP directory is missing"))
    _, _, _, _, count, size, offset, _ = _END.unpack(view[at : at + _END.size])
    if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
        locator = at - _LOCATOR.size
        if locator >= 0 and view[locator : locator + 4] == b"PK\x06\x07":
            at = _LOCATOR.unpack(view[locator : locator + _LOCATOR.size])[2]
            if at + _END64.size > len(view) or view[at : at + 4] != b"PK\x06\x06":
                raise ZipDamage(N_("the ZIP64 directory record is missing"))
            fields = _END64.unpack(view[at : at + _END64.size])
            count, size, offset = fields[7], fields[8], fields[9]
    if offset + size > at:
        raise ZipDamage(N_("the ZIP directory lies outside the file; bytes are missing"))
    return count, size, offset


def _member(fields: tuple[int, ...], tail: bytes) -> Member:
    flags, method, crc, packed, size, offset = fields[3], fields[4], fields[7], fields[8], fields[9], fields[16]
    raw = tail[: fields[10]]
    if 0xFFFFFFFF in (packed, size, offset):
        packed, size, offset = _zip64(tail[fields[10] : fields[10] + fields[11]], packed, size, offset)
    mode = fields[15] >> 16 if fields[1] >> 8 == 3 else 0
    return Member(_name(raw, flags), raw, flags, method, crc, packed, size, offset, mode)


def _name(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8" if flags & 0x800 or not raw.isascii() else "ascii")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _zip64(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Return the sizes and the offset with those of the ZIP64 extra field in place of the marks."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            values = [
                value for (value,) in struct.iter_unpack("<Q", extra[position + 4 : position + 4 + (length & ~7)])
            ]
            size = values.pop(0) if size == 0xFFFFFFFF and values else size
            packed = values.pop(0) if packed == 0xFFFFFFFF and values else packed
            offset = values.pop(0) if offset == 0xFFFFFFFF and values else offset
            break
        position += 4 + length
    return packed, size, offset
