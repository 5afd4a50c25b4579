"""What the bytes of a PDF signature cover: its ranges, their digest, the gap between them and what follows.

Source:
    ISO 32000-2, section 12.8.1; ETSI EN 319 142-1, section 5.1
"""

import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import process_data_at_eof

from model.findings import Finding
from preservation.cms import digests
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.reading import Document, Place, entry, raw_items

_PIECES = 64
_LONGEST = 4 << 20
"""Bytes of a signature dictionary."""
_WHITE = b"\0\t\n\f\r "
_TRANSLATION = bytes.maketrans(b"", b"")
_END_MARK = b"%%EOF"

Ranges = tuple[tuple[int, int], ...]
"""Start and end of each signed piece, from the beginning of the PDF."""


class Reach(StrEnum):
    """How far a signature reaches."""

    FILE = "file"
    """Every byte but the signature itself (and white space at the end)."""
    REVISION = "revision"
    """The whole revision it was made in; the file goes on."""
    PART = "part"
    """Something else: it cannot be told what a reader sees was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What one signature covers."""

    reach: Reach
    ranges: Ranges = ()
    end: int = 0
    """Where the last signed piece ends."""
    whole_ranges: bool = True
    """Whether all signed bytes are in the file."""
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class RangeDigests:
    """Digests of byte ranges of one file; the common beginning of several signatures is read once."""

    data: memoryview
    _kept: dict[tuple[str, Ranges], bytes] = field(default_factory=dict)
    _prefixes: dict[str, tuple[int, digests.Hasher]] = field(default_factory=dict)

    def digest(self, name: str, ranges: Ranges) -> bytes:
        """Return the digest of the pieces, one after the other.

        Raises:
            UnsupportedAlgorithm: no such digest here.
        """
        key = (name, ranges)
        if key not in self._kept:
            rest = ranges
            if ranges and ranges[0][0] == 0:
                hasher, rest = self._prefix(name, ranges[0][1]), ranges[1:]
            else:
                hasher = digests.new(name)
            for start, end in rest:
                hasher.update(self.data[start:end])
            self._kept[key] = hasher.digest()
        return self._kept[key]

    def _prefix(self, name: str, end: int) -> digests.Hasher:
        done, hasher = self._prefixes.get(name, (0, None))
        if hasher is None or done > end:
            done, hasher = 0, digests.new(name)
        hasher.update(self.data[done:end])
        try:
            self._prefixes[name] = (end, _copied(hasher))
        except TypeError:
            self._prefixes.pop(name, None)
        return hasher


def _copied(hasher: Any) -> Any:
    return hasher.copy() if hasattr(hasher, "copy") else copy.copy(hasher)


def coverage_of(document: Document, place: Place, contents: bytes) -> Coverage:
    """Return what a signature covers.

    Args:
        contents: the value of its `/Contents`, padding included.
    """
    numbers = _numbers(place.dictionary)
    ranges = tuple((start, start + length) for start, length in zip(numbers[::2], numbers[1::2], strict=False))
    size = len(document.data)
    if not numbers or len(numbers) % 2 or len(ranges) > _PIECES or any(number < 0 for number in numbers):
        return Coverage(
            reach=Reach.PART, whole_ranges=False, findings=(kinds.RANGE_ODD.at(place.id, range=_shown(numbers)),)
        )
    end = max(end for _, end in ranges)
    if end > size or sum(end - start for start, end in ranges) > 4 * size:
        return Coverage(
            reach=Reach.PART, ranges=ranges, end=end, whole_ranges=False, findings=(kinds.RANGE_OUTSIDE.at(place.id),)
        )
    findings: list[Finding] = []
    if len(ranges) != 2 or ranges[0][0] != 0 or ranges[1][0] < ranges[0][1]:
        findings.append(kinds.RANGE_ODD.at(place.id, range=_shown(numbers)))
    else:
        findings.extend(_gap(document, place, contents, ranges))
    reach = Reach.PART if findings else _reach(document, place, end)
    if reach is Reach.PART and not findings:
        findings.append(kinds.RANGE_TAIL.at(place.id))
    return Coverage(reach=reach, ranges=ranges, end=end, findings=tuple(findings))


def trailing_bytes(document: Document) -> tuple[int, int]:
    """Return where the bytes after the end of the last revision begin and how many there are; white space is none."""
    xrefs = document.reader.xrefs
    last = max(xrefs.get_xref_container_info(number).end_location for number in range(document.revisions))
    tail = bytes(document.data[last : last + (1 << 16)])
    mark = tail.find(_END_MARK)
    if mark < 0:
        return len(document.data), 0
    start = last + mark + len(_END_MARK)
    near = bytes(document.data[start : start + (1 << 16)])
    start += len(near) - len(near.lstrip(_WHITE))
    return start, len(document.data) - start


def _is_white(data: memoryview, start: int) -> bool:
    return len(data) - start < 1 << 16 and not bytes(data[start:]).strip(_WHITE)


def _numbers(dictionary: Any) -> list[int]:
    return [int(item.get_object()) for item in raw_items(entry(dictionary, "/ByteRange"), 2 * _PIECES + 1)]


def _shown(numbers: list[int]) -> str:
    return " ".join(str(number) for number in numbers[:8]) + (" …" if len(numbers) > 8 else "")


def _gap(document: Document, place: Place, contents: bytes, ranges: Ranges) -> list[Finding]:
    """Only the signature's own hexadecimal digits may stand between the two pieces, and where they belong."""
    start, end = ranges[0][1], ranges[1][0]
    gap = bytes(document.data[start:end])
    # The angle brackets belong to the gap; some writers sign them.
    digits = gap.strip(_WHITE)
    if digits.startswith(b"<") and digits.endswith(b">"):
        digits = digits[1:-1]
    if _unhex(digits) == contents and _stands_in(document, place, start):
        return []
    hidden = len(gap) - 2 * len(contents) - 2
    return [kinds.RANGE_GAP.at(place.id, count=hidden if hidden > 0 else len(gap))]


def _stands_in(document: Document, place: Place, position: int) -> bool:
    """Whether a place in the file lies in the object that holds the signature dictionary."""
    if place.offset is None or not 0 <= position - place.offset < _LONGEST:
        return False
    return b"endobj" not in bytes(document.data[place.offset : position])


def _unhex(digits: bytes) -> bytes | None:
    compact = digits.translate(_TRANSLATION, _WHITE)
    try:
        return bytes.fromhex((compact + b"0" * (len(compact) % 2)).decode("ascii"))
    except ValueError:
        return None


def _reach(document: Document, place: Place, end: int) -> Reach:
    """Whether the signed bytes are the file, or exactly a revision with all its cross-references."""
    if _is_white(document.data, end) and end > len(document.data) - (1 << 16):
        return Reach.FILE
    xrefs = document.reader.xrefs
    document.stream.seek(end)
    try:
        start = process_data_at_eof(document.stream)
    except PdfReadError:
        return Reach.PART
    if start != xrefs.get_startxref_for_revision(place.revision):
        return Reach.PART
    containers = (xrefs.get_xref_container_info(number) for number in range(place.revision + 1))
    return Reach.PART if any(info.end_location > end for info in containers) else Reach.REVISION
