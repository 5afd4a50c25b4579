"""Looks over the raw bytes of a PDF: whether it can hold a signature at all, and where traces of one are.

Every PDF that arrives comes by here, so an unsigned one must cost next to nothing.
"""

import re
import zlib
from dataclasses import dataclass
from mmap import mmap

_MARKS = (b"ByteRange", b"/Sig", b"DocTimeStamp", b"adbe.", b"ETSI.")
"""What every signature dictionary or field has in clear: names are never encrypted."""
_HEADER_WITHIN = 1024
_TAIL = 2048
_OBJECT_STREAMS = 4096
_LOOKED_AT = 100
_MAC = 32 << 10
"""Bytes of an authentication code."""
_INFLATED = 32 << 20
"""Bytes unpacked from object streams before the full reader takes over."""


def _escapable(name: bytes) -> bytes:
    """Return a pattern of a name any of whose letters may be written as `#` and two digits (7.3.5)."""
    return b"".join(
        b"(?:%c|#%s)" % (letter, b"".join(_either_case(digit) for digit in b"%02x" % letter)) for letter in name
    )


def _either_case(digit: int) -> bytes:
    character = bytes([digit])
    return b"[%s%s]" % (character, character.upper()) if character.isalpha() else character


_BYTE_RANGE = re.compile(_escapable(b"ByteRange"))
_ESCAPED_LETTER = re.compile(rb"#(?:42|79|74|65|52|61|6[eE]|67)")
_START = re.compile(rb"startxref[\s\0]+(\d{1,12})[\s\0]+%%EOF")
_ROOT = re.compile(rb"/Root[\s\0]*(\d{1,10})[\s\0]+(\d{1,5})[\s\0]+R")
OBJECT = re.compile(rb"\d{1,10}[\s\0]+\d{1,5}[\s\0]+obj")
"""The beginning of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the raw bytes tell."""

    header: int
    """Where the PDF begins; -1 when there is no header."""
    signed: bool
    """Whether the file has, or may have, a signature: the full reader must look."""
    ranges: bool
    """Whether the name `ByteRange`, which every signature needs, stands in clear; that of a MAC does not count."""
    sound: bool
    """Whether the outline (end, cross-references, catalogue) of a file without any trace is in its place."""


def scan(data: mmap | bytes) -> Scan:
    """Look over a file.

    Source:
        ISO 32000-2, sections 7.3.5, 7.5.2, 7.5.5 and 12.8.1
    """
    header = data.find(b"%PDF-", 0, _HEADER_WITHIN)
    ranges = data.find(b"ByteRange") >= 0 or bool(_escaped(data, 1))
    signed = ranges or any(data.find(mark) >= 0 for mark in _MARKS) or _compressed_marks(data)
    return Scan(
        header=header,
        ranges=ranges and not all(in_mac(data, position) for position in byte_ranges(data, _LOOKED_AT)),
        signed=signed,
        sound=not signed and header >= 0 and _outline(data, header),
    )


def in_mac(data: mmap | bytes, position: int) -> bool:
    """Whether a place lies in the authentication code of an encrypted file, which has a `ByteRange` too."""
    start = max(0, position - _MAC)
    return data.rfind(b"/AuthCode", start, position) > data.rfind(b"obj", start, position)


def byte_ranges(data: mmap | bytes, limit: int) -> list[int]:
    """Return where the name `ByteRange` stands, escaped or not, in ascending order; at most so many places."""
    found: set[int] = set()
    position = data.find(b"ByteRange")
    while position >= 0 and len(found) < limit:
        found.add(position)
        position = data.find(b"ByteRange", position + 1)
    return sorted(found.union(_escaped(data, limit - len(found))))


def _escaped(data: mmap | bytes, limit: int) -> set[int]:
    """Return where `ByteRange` is written with escapes; random bytes look like one escape every few megabytes."""
    found: set[int] = set()
    for match in _ESCAPED_LETTER.finditer(data):
        start = max(0, match.start() - 32)
        name = _BYTE_RANGE.search(data[start : match.start() + 32])
        if name is not None:
            found.add(start + name.start())
        if len(found) >= limit:
            break
    return found


def _compressed_marks(data: mmap | bytes) -> bool:
    """Whether an object stream holds a mark of a signature, or cannot be unpacked in passing."""
    position, budget = data.find(b"ObjStm"), _INFLATED
    for _ in range(_OBJECT_STREAMS):
        if position < 0:
            return False
        begin = data.find(b"stream", position, position + 4096)
        inflated = _inflated(data, position, begin, budget) if begin >= 0 else None
        if inflated is None or any(mark in inflated for mark in _MARKS) or _BYTE_RANGE.search(inflated):
            return True
        budget -= len(inflated)
        position = data.find(b"ObjStm", begin)
    return True


def _inflated(data: mmap | bytes, position: int, begin: int, budget: int) -> bytes | None:
    """Return the contents of an object stream; none when they are not plainly deflated, damaged or too large."""
    earliest = max(position - 4096, 0)
    dictionary = data[max(data.rfind(b"obj", earliest, position), earliest) : begin]
    if b"Decode" not in dictionary:
        return b""
    if dictionary.count(b"Decode") != 1 or b"/FlateDecode" not in dictionary:
        return None
    begin += len(b"stream")
    begin += 2 if data[begin : begin + 2] == b"\r\n" else 1
    end = data.find(b"endstream", begin)
    if end < 0:
        return None
    unpacker = zlib.decompressobj()
    try:
        contents = unpacker.decompress(data[begin:end], max(budget, 1))
    except zlib.error:
        return None
    return contents if unpacker.eof else None


def _outline(data: mmap | bytes, header: int) -> bool:
    """Whether the last `startxref` leads to cross-references whose catalogue is in the file."""
    tail = data[max(0, len(data) - _TAIL) :]
    ends = list(_START.finditer(tail))
    if not ends or OBJECT.search(tail, ends[-1].end()):
        return False
    start = int(ends[-1][1]) + header
    window = data[start : start + 64].lstrip()
    if window.startswith(b"xref"):
        begin = data.find(b"trailer", start)
    elif OBJECT.match(window):
        begin = start
    else:
        return False
    root = _ROOT.search(data[begin : begin + 8192]) if begin >= 0 else None
    if root is None:
        return False
    heading = re.compile(rb"%s[\s\0]+%s[\s\0]+obj" % root.groups())
    places = (match.start() for match in heading.finditer(data))
    return any(not data[place - 1 : place].isdigit() for place in places) or data.find(b"ObjStm") >= 0
