"""A small reader of BER elements: bytes exactly as they were sent, without recursion, never past the end.

The ASN.1 library builds values; what is hashed or located in a large file needs offsets and original bytes.

Source:
    ITU-T X.690, clauses 8.1 and 8.7
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

from asn1crypto import core

from model.text import N_

Buffer = bytes | memoryview | mmap.mmap

SEQUENCE = 0x30
SET = 0x31
OCTET_STRING = 0x04
OCTET_STRING_IN_PIECES = 0x24
OBJECT_IDENTIFIER = 0x06
INTEGER = 0x02

_DEPTH = 24
"""Nested elements of indefinite length: each level of them is walked again by those above."""
_PIECES_DEPTH = 4
"""Octet strings in pieces of pieces."""


class BadEncoding(ValueError):
    """The bytes are not BER."""


@dataclass(frozen=True, slots=True)
class Element:
    """Where one element lies in its buffer."""

    tag: int
    """First octet of the identifier: class, form and number."""
    start: int
    body: int
    """Offset of the first content octet."""
    body_end: int
    end: int
    """Offset after the element, with the end-of-contents octets of the indefinite form."""

    @property
    def indefinite(self) -> bool:
        """Whether its length was left open."""
        return self.end != self.body_end


def element_at(data: Buffer, start: int, end: int | None = None) -> Element:
    """Read the element that starts at an offset.

    Raises:
        BadEncoding: it is cut off or not BER.
    """
    end = len(data) if end is None else end
    tag, body, length = _header(data, start, end)
    if length is None:
        body_end = _end_of_contents(data, body, end)
        return Element(tag, start, body, body_end, body_end + 2)
    if body + length > end:
        raise BadEncoding(N_("an element is longer than what holds it"))
    return Element(tag, start, body, body + length, body + length)


def children(data: Buffer, parent: Element | None = None) -> Iterator[Element]:
    """Yield the elements inside one, or those of the whole buffer.

    Raises:
        BadEncoding: one of them is not BER.
    """
    position, end = (parent.body, parent.body_end) if parent else (0, len(data))
    while position < end:
        child = element_at(data, position, end)
        yield child
        position = child.end


def raw(data: Buffer, element: Element) -> bytes:
    """Return the whole element as sent."""
    return bytes(data[element.start : element.end])


def body(data: Buffer, element: Element) -> bytes:
    """Return its contents as sent."""
    return bytes(data[element.body : element.body_end])


def encode(tag: int, contents: bytes) -> bytes:
    """Return an element of definite length."""
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + contents


def sequence_as_sent(value: core.Sequence) -> bytes:
    """Return a parsed sequence with its contents as they were sent.

    The library's own `dump` encodes it anew when the last octet of its header is 0x80, open length or not, which
    changes what was signed and can take exponential time.
    """
    return encode(SEQUENCE, value.contents or b"")


def definite(data: Buffer, element: Element, depth: int = 0) -> bytes:
    """Return an element encoded anew with shortest, definite lengths and octet strings in one piece (X.690, 10).

    Raises:
        BadEncoding: it is damaged, or nested too deeply.
    """
    if depth > _DEPTH:
        raise BadEncoding(N_("elements are nested too deeply"))
    if element.tag & 0x1F == 0x1F:
        return raw(data, element)
    if element.tag == OCTET_STRING_IN_PIECES:
        return encode(OCTET_STRING, octets(data, element))
    if element.tag & 0x20 == 0:
        return encode(element.tag, body(data, element))
    return encode(element.tag, b"".join(definite(data, child, depth + 1) for child in children(data, element)))


def octet_ranges(data: Buffer, element: Element) -> Iterator[tuple[int, int]]:
    """Yield the ranges of an octet string's octets, also when it was sent in pieces.

    Raises:
        BadEncoding: a piece is not an octet string, or pieces are nested too deeply.
    """
    if element.tag & 0x20 == 0:
        yield element.body, element.body_end
        return
    open_pieces = [children(data, element)]
    while open_pieces:
        piece = next(open_pieces[-1], None)
        if piece is None:
            open_pieces.pop()
        elif piece.tag == OCTET_STRING:
            yield piece.body, piece.body_end
        elif piece.tag != OCTET_STRING_IN_PIECES:
            raise BadEncoding(N_("a piece of an octet string is something else"))
        elif len(open_pieces) > _PIECES_DEPTH:
            raise BadEncoding(N_("pieces of an octet string are nested too deeply"))
        else:
            open_pieces.append(children(data, piece))


def octets(data: Buffer, element: Element) -> bytes:
    """Return the octets of an octet string, also when it was sent in pieces."""
    return b"".join(bytes(data[start:end]) for start, end in octet_ranges(data, element))


def _header(data: Buffer, start: int, end: int) -> tuple[int, int, int | None]:
    if start + 2 > end:
        raise BadEncoding(N_("the bytes end within an element"))
    tag, position = data[start], start + 1
    if tag & 0x1F == 0x1F:
        while position < end and data[position] & 0x80:
            position += 1
        position += 1
    if position >= end:
        raise BadEncoding(N_("the bytes end within an element"))
    first = data[position]
    position += 1
    if first < 0x80:
        return tag, position, first
    if first == 0x80:
        if tag & 0x20 == 0:
            raise BadEncoding(N_("a primitive element has no length"))
        return tag, position, None
    count = first & 0x7F
    if count > 8 or position + count > end:
        raise BadEncoding(N_("a length cannot be read"))
    return tag, position + count, int.from_bytes(data[position : position + count], "big")


def _end_of_contents(data: Buffer, position: int, end: int) -> int:
    """Return where the contents of an element of indefinite length end."""
    depth = 1
    while True:
        if data[position : position + 2] == b"\0\0" and position + 2 <= end:
            depth -= 1
            if depth == 0:
                return position
            position += 2
            continue
        _, position, length = _header(data, position, end)
        if length is None:
            depth += 1
            if depth > _DEPTH:
                raise BadEncoding(N_("elements of open length are nested too deeply"))
        else:
            position += length
            if position > end:
                raise BadEncoding(N_("an element is longer than what holds it"))
