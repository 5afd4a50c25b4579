"""Opens a PDF and finds every signature dictionary in it: in fields, unlisted, or hanging elsewhere.

The PDF library is imported here and in its neighbours only, which are themselves imported in the worker only.

Source:
    ISO 32000-2, sections 7.5, 7.6, 12.7 and 12.8
"""

import hashlib
import logging
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from mmap import mmap
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import _check_xref_consistency, read_object_header

from model.findings import FindingLog
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.scan import byte_ranges, in_mac

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
"""It logs every irregularity with its traceback; what matters of them is a finding here."""

_IN_MEMORY = 64 << 20
_FIELDS = 50_000
"""Fields of a form that are looked at."""
_NAME = 512
"""Characters of a field's name that are kept."""
_RANGES = 2_000
"""Places of the name `ByteRange` that are looked at."""
_NEAR = 512 << 10
"""Bytes around a mark of a signature that are looked at for the bounds of its object."""
_PRELOADED = 200
"""Signature dictionaries that are read by the short cut."""
_SAME_FINDINGS = 50


_HEADING = re.compile(rb"(?<![0-9])(\d{1,10})[\s\0]+(\d{1,5})[\s\0]+obj[\s\0]*")
_CONTENTS = re.compile(rb"/Contents[\s\0]*<([0-9A-Fa-f]{2,})>")


class Locked(Exception):
    """The PDF is encrypted and cannot be opened with what is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One signature dictionary and where it was found."""

    id: str
    """Name of its field, or its object's number."""
    dictionary: Any
    field: Any = None
    """Dictionary of its field; none when no field leads to it."""
    offset: int | None = None
    """Where the object that holds the dictionary begins, from the beginning of the PDF; none in an object stream."""
    revision: int = 0
    """Revision that wrote it, the oldest being 0."""


@dataclass(slots=True, kw_only=True)
class Document:
    """A PDF open for reading."""

    raw: mmap
    """The whole file."""
    data: memoryview
    """The PDF from its header on."""
    stream: BinaryIO
    reader: Any
    header: int
    """Bytes before the header."""
    inconsistent: str = ""
    """Why its cross-references cannot be trusted to tell what was changed; empty when they can."""
    marks: list[int] = field(default_factory=list)
    """Where the name `ByteRange` stands, ascending."""
    findings: FindingLog = field(default_factory=lambda: FindingLog(limit_per_code=_SAME_FINDINGS))

    @property
    def revisions(self) -> int:
        """Number of cross-reference sections."""
        return int(self.reader.xrefs.total_revisions)


def open_document(raw: mmap, handle: BinaryIO, header: int, *, strict: bool) -> Document:
    """Open a PDF.

    Args:
        raw: the whole file.
        handle: the same file, for what is too large to be held in memory.
        strict: whether a breach of the format's rules is an error.
    Raises:
        Locked: it needs a password or a key.
        PdfReadError, and whatever else the library raises on hostile bytes: it cannot be read.
    """
    body = memoryview(raw)[header:]
    stream: BinaryIO = handle if len(raw) > _IN_MEMORY and not header else BytesIO(body)
    reader = PdfFileReader(stream, strict=strict)
    if strict and reader.xrefs.hybrid_xrefs_present:
        # Word writes hybrid files; only the lenient reader explains their second cross-reference section.
        reader = PdfFileReader(stream, strict=False)
    if reader.encrypted:
        handler = reader.security_handler
        if not isinstance(handler, StandardSecurityHandler) or reader.decrypt("").status is AuthStatus.FAILED:
            raise Locked
    document = Document(
        raw=raw,
        data=body,
        stream=stream,
        reader=reader,
        header=header,
        marks=[position - header for position in byte_ranges(raw, _RANGES)],
        inconsistent="" if strict else _inconsistency(reader),
    )
    if not reader.encrypted:
        for position in document.marks[:_PRELOADED]:
            _preload(document, position)
    return document


def _preload(document: Document, position: int) -> None:
    """Hand the reader the signature dictionary around a place, with the signature decoded.

    The reader takes hexadecimal strings digit by digit, and a signature is some ten thousand digits of which most are
    padding: that would be most of the work on a PDF with one signature. So it reads the dictionary with a short
    stand-in for the signature, which is then put in its place. Whatever is not plainly such a dictionary is left to it.
    """
    text, offset = _object_around(document.data, position)
    heading = _HEADING.match(text)
    digits = _CONTENTS.search(text)
    if heading is None or digits is None or text.count(b"/Contents") != 1:
        return
    reader = document.reader
    reference = generic.Reference(int(heading[1]), int(heading[2]), reader)
    try:
        contents = bytes.fromhex(digits[1].decode("ascii"))
        if reader.xrefs[reference] != offset:
            return
        stand_in = hashlib.sha256(contents).digest()
        short = BytesIO(text[: digits.start(1)] + stand_in.hex().encode() + text[digits.end(1) :])
        short.seek(heading.end())
        value: Any = generic.read_object(short, reference)
        plain = isinstance(value, generic.DictionaryObject) and not isinstance(value, generic.StreamObject)
        if not plain or value["/Contents"].original_bytes != stand_in or short.read().strip() != b"endobj":
            return
    except Exception:  # noqa: BLE001 - a short cut only: the reader will say what is wrong
        return
    decoded = generic.ByteStringObject(contents)
    decoded.container_ref = reference
    value[generic.pdf_name("/Contents")] = decoded
    reader.cache_indirect_object(reference.generation, reference.idnum, value)


def _object_around(data: memoryview, position: int) -> tuple[bytes, int]:
    """Return the text of the object around a place and where it begins; an empty text when there is none."""
    before = bytes(data[max(0, position - _NEAR) : position])
    heading = None
    for heading in _HEADING.finditer(before, before.rfind(b"endobj") + 1):  # noqa: B007 - the last one is wanted
        pass
    end = bytes(data[position : position + _NEAR]).find(b"endobj") if heading else -1
    if heading is None or end < 0:
        return b"", 0
    begin = position - len(before) + heading.start()
    return bytes(data[begin : position + end + len(b"endobj")]), begin


def _inconsistency(reader: Any) -> str:
    """Return how the cross-references of a leniently read file contradict one another; empty when they do not.

    The strict reader makes this check by itself. It guards against objects that change without a trace, so it must
    not be lost when other rules are relaxed; the library has no public name for it.
    """
    try:
        _check_xref_consistency(reader.xrefs._xref_sections)
    except PdfReadError as exc:
        return why(exc)
    return ""


def find_places(document: Document, limit: int) -> list[Place]:
    """Return the signature dictionaries of a document, each once; findings go to the document.

    Args:
        limit: how many at most; one more than there may be tells that there are too many.
    """
    found: dict[object, Place] = {}
    for name, form_field in _fields(document):
        _take_field(document, found, name, form_field)
        if len(found) > limit:
            return list(found.values())
    _take_usage_rights(document, found)
    for place in _unlisted(document, {place.offset for place in found.values() if place.offset is not None}):
        if len(found) > limit:
            break
        found[place.offset] = place
    return [place for place in found.values() if place.dictionary is not None]


def _fields(document: Document) -> Iterator[tuple[str, Any]]:
    """Yield name and dictionary of every signature field that is filled, however the form is nested."""
    form = entry(document.reader.root, "/AcroForm")
    top = entry(form, "/Fields")
    todo = [(item, "", None) for item in reversed(raw_items(top))]
    seen: set[object] = set()
    while todo and len(seen) < _FIELDS:
        item, parent, inherited = todo.pop()
        key = _reference(item) or id(item)
        if key in seen:
            continue
        seen.add(key)
        try:
            form_field = item.get_object()
            if not isinstance(form_field, generic.DictionaryObject):
                continue
            name = _full_name(parent, form_field)
            kind = entry(form_field, "/FT") or inherited
            todo.extend((kid, name, kind) for kid in reversed(raw_items(entry(form_field, "/Kids"))))
            if kind == "/Sig" and entry(form_field, "/V"):
                yield name or f"field {len(seen)}", form_field
        except PdfStrictReadError:
            raise
        except Exception as exc:  # noqa: BLE001 - the boundary of one field: it must not hide the others
            document.findings.add(kinds.FORM_UNREADABLE.at(reason=why(exc)))
    if todo:
        document.findings.add(kinds.TOO_MANY.at(limit=_FIELDS))


def _take_field(document: Document, found: dict[object, Place], name: str, form_field: Any) -> None:
    value = form_field.raw_get("/V")
    reference = _reference(value)
    key = reference or id(form_field)
    if key in found:
        document.findings.add(kinds.SHARED.at(found[key].id, field=name))
        return
    holder = reference or getattr(form_field.get_container_ref(), "reference", form_field.get_container_ref())
    taken = {place.id for place in found.values()}
    identifier = next(text for text in _numbered(name) if text not in taken)
    found[key] = _place(document, identifier, value.get_object(), form_field, holder)


def _place(document: Document, identifier: str, dictionary: Any, form_field: Any, holder: Any) -> Place:
    xrefs = document.reader.xrefs
    marker = xrefs[holder]
    return Place(
        id=identifier,
        dictionary=dictionary,
        field=form_field,
        offset=marker if isinstance(marker, int) else None,
        revision=xrefs.get_last_change(holder),
    )


def _take_usage_rights(document: Document, found: dict[object, Place]) -> None:
    """Note a usage-rights signature: it is not a signature of the document, and must not pass for an unlisted one."""
    permissions = entry(document.reader.root, "/Perms")
    for name in ("/UR3", "/UR"):
        value = permissions.raw_get(name) if entry(permissions, name) is not None else None
        reference = _reference(value)
        if value is None or reference in found:
            continue
        document.findings.add(kinds.USAGE_RIGHTS.at())
        marker = document.reader.xrefs[reference] if reference else None
        if isinstance(marker, int):
            found[reference] = Place(id=name, dictionary=None, offset=marker)


def _unlisted(document: Document, known: set[int]) -> Iterator[Place]:
    """Yield signature dictionaries that no field of the newest revision leads to."""
    offsets = sorted(known)
    objects: list[tuple[int, int, int]] | None = None
    for position in document.marks:
        if _within(document.data, position, offsets):
            continue
        if objects is None:
            objects = _objects(document)
        index = bisect_right(objects, (position, 0, 0)) - 1
        offset, number, revision = objects[index] if index >= 0 else (-1, 0, 0)
        if offset in known:
            continue
        known.add(offset)
        yield from _unlisted_at(document, position, offset, f"object {number}", revision)


def _within(data: memoryview, position: int, offsets: list[int]) -> bool:
    """Whether a place lies within one of the objects that begin at the offsets."""
    index = bisect_right(offsets, position) - 1
    if index < 0 or position - offsets[index] > _NEAR:
        return False
    return b"endobj" not in bytes(data[offsets[index] : position])


def _objects(document: Document) -> list[tuple[int, int, int]]:
    """Return offset, number and revision of every object outside object streams, of all revisions."""
    xrefs = document.reader.xrefs
    found: list[tuple[int, int, int]] = []
    for revision in range(document.revisions):
        section = xrefs.get_xref_data(revision)
        tables = [section.standard_xrefs]
        if section.hybrid is not None:
            tables.append(section.hybrid.xref_data.standard_xrefs)
        found.extend((offset, number, revision) for table in tables for number, (_, offset) in table.items())
    return sorted(found)


def _unlisted_at(document: Document, position: int, offset: int, name: str, revision: int) -> Iterator[Place]:
    """Yield the signature dictionary of the object that begins at an offset, or note the trace of one."""
    value = _read_at(document, offset)
    if isinstance(value, generic.StreamObject):
        return  # a file within the file, or text that speaks of signatures
    direct = entry(value, "/V") if isinstance(value, generic.DictionaryObject) else None
    for dictionary in (value, direct):
        if isinstance(dictionary, generic.DictionaryObject) and "/ByteRange" in dictionary:
            yield Place(id=name, dictionary=dictionary, offset=offset, revision=revision)
            return
    if not in_mac(document.raw, position + document.header):
        document.findings.add(kinds.STRAY.at(f"byte {position + document.header}"))


def _read_at(document: Document, offset: int) -> Any:
    if offset < 0:
        return None
    try:
        document.stream.seek(offset)
        number, generation = read_object_header(document.stream, strict=False)  # type: ignore[no-untyped-call]  # has none
        return generic.read_object(document.stream, generic.Reference(number, generation, document.reader))
    except Exception:  # noqa: BLE001 - the boundary of one object: what cannot be read is a trace like any other
        return None


def _full_name(parent: str, form_field: Any) -> str:
    own = entry(form_field, "/T")
    if not isinstance(own, str):
        return parent
    return (f"{parent}.{own}" if parent else own)[:_NAME]


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} #{number}"
        number += 1


def entry(container: Any, name: str) -> Any:
    """Return an entry of what may be a dictionary, references followed and decrypted; none when there is none."""
    if not isinstance(container, generic.DictionaryObject) or name not in container:
        return None
    try:
        return container[name]
    except KeyError:
        return None


def raw_items(value: Any, limit: int = _FIELDS) -> list[Any]:
    """Return the first entries of what may be an array, references not followed."""
    if not isinstance(value, generic.ArrayObject):
        return []
    return [value.raw_get(index) for index in range(min(len(value), limit))]


def _reference(value: Any) -> Any:
    return value.reference if isinstance(value, generic.IndirectObject) else None


def why(exc: Exception) -> str:
    """Return the reason of a library's exception in one short line."""
    return (str(exc).split("\n")[0] or type(exc).__name__)[:200]
