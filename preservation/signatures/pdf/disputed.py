"""What later updates of a leniently read PDF leave to each reader's own repair, or put over the signed pages.

Where an update breaks the rules of the format, viewers differ: one takes the first of two equal keys, another the
last; one corrects a wrong `startxref`, another searches the whole file for objects. What the analysis compares is then
not what a reader is shown.

Source:
    ISO 32000-2, sections 7.3.7, 7.5.5, 12.5.5 and 12.7.5.5
"""

import re
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError

from model.text import N_
from preservation.signatures.pdf.reading import Document, entry, raw_items, why

_START = re.compile(rb"[\s\0]{0,2}(?:xref\b|\d{1,10}[\s\0]+\d{1,5}[\s\0]+obj)")
_TRAILER = re.compile(rb"[\s\0]*(?=<<)")
"""What stands between the word `trailer`, behind which the library says a table ends, and its dictionary."""
_SIGNATURE_KEYS = frozenset(
    {
        "/Type",
        "/Filter",
        "/SubFilter",
        "/Contents",
        "/Cert",
        "/ByteRange",
        "/Reference",
        "/Changes",
        "/Name",
        "/M",
        "/Location",
        "/Reason",
        "/ContactInfo",
        "/R",
        "/V",
        "/Prop_Build",
        "/Prop_AuthTime",
        "/Prop_AuthType",
    }
)
"""Entries of a signature dictionary (Table 255), of which a viewer draws nothing."""
_PAGES = 5_000
_ANNOTATIONS = 20_000
_PARENTS = 32
_COVERING = 0.25
"""Share of a page that the picture of a later signature may take."""
_UNDRAWN = 0b100010
"""Annotation flags `Hidden` and `NoView`."""

STARTXREF = N_("its end names a wrong place for the cross-references")


def flaw_after(document: Document, revision: int) -> str:
    """Return what in the updates after a revision readers repair differently; empty when there is nothing.

    What the signer's own software wrote before is signed as it is; only what came later can be meant to deceive.
    """
    reader = document.reader
    if reader.strict:
        return ""
    reader.strict = True
    try:
        for later in range(revision + 1, document.revisions):
            _read_strictly(document, later)
    except PdfReadError as exc:
        return why(exc)
    finally:
        reader.strict = False
    return ""


def _read_strictly(document: Document, revision: int) -> None:
    """Read all that a revision wrote by the rules.

    Raises:
        PdfReadError: it breaks one.
    """
    reader, stream = document.reader, document.stream
    info = reader.xrefs.get_xref_container_info(revision)
    if not _START.match(bytes(document.data[info.declared_startxref : info.declared_startxref + 32])):
        raise PdfStrictReadError(STARTXREF)
    found = _TRAILER.match(bytes(document.data[info.end_location : info.end_location + 64]))
    if found is not None:
        stream.seek(info.end_location + found.end())
        holder = generic.TrailerReference(reader)  # type: ignore[no-untyped-call]  # has none
        generic.DictionaryObject.read_from_stream(stream, holder)
    for reference in reader.xrefs.explicit_refs_in_revision(revision):
        if not _is_signature(document, reference, revision):
            reader.get_object(reference, revision=revision, transparent_decrypt=False)


def _is_signature(document: Document, reference: Any, revision: int) -> bool:
    """Whether an object is a signature dictionary and nothing else: common software writes `/Type` twice into it."""
    document.reader.strict = False
    try:
        value = document.reader.get_object(reference, revision=revision)
    finally:
        document.reader.strict = True
    plain = isinstance(value, generic.DictionaryObject) and not isinstance(value, generic.StreamObject)
    return plain and "/ByteRange" in value and set(value) <= _SIGNATURE_KEYS


def drawn_over(document: Document, revision: int) -> str:
    """Return the field of a signature that was added after a revision and hides the page; empty when none does.

    Adding a signature field is permitted, and what it shows is not looked at. So a field that nobody signed could show
    anything, and one that somebody signed could cover the page.
    """
    older = document.reader.get_historical_resolver(revision)
    known = {_key(item) for page in _pages(older.root) for item in raw_items(entry(page, "/Annots"), _ANNOTATIONS)}
    for page in _pages(document.reader.root):
        for item in raw_items(entry(page, "/Annots"), _ANNOTATIONS):
            widget = item.get_object()
            if _key(item) not in known and _is_drawn(widget) and _hides(page, widget):
                return str(_inherited(widget, "/T") or "?")[:100]
    return ""


def _pages(root: Any) -> Iterator[Any]:
    todo, seen = [entry(root, "/Pages")], 0
    while todo and seen < _PAGES:
        node, seen = todo.pop(), seen + 1
        if "/Kids" in node:
            todo.extend(item.get_object() for item in reversed(raw_items(entry(node, "/Kids"), _PAGES)))
        else:
            yield node


def _key(item: Any) -> tuple[int, int] | None:
    return (item.idnum, item.generation) if isinstance(item, generic.IndirectObject) else None


def _is_drawn(widget: Any) -> bool:
    if entry(widget, "/Subtype") != "/Widget" or int(entry(widget, "/F") or 0) & _UNDRAWN:
        return False
    return _inherited(widget, "/FT") == "/Sig" and any(_pictures(entry(entry(widget, "/AP"), "/N")))


def _pictures(normal: Any) -> Iterator[bool]:
    """Tell of each picture of a widget whether anything is in it."""
    names = list(normal) if isinstance(normal, generic.DictionaryObject) else []
    states = [normal] if isinstance(normal, generic.StreamObject) else [entry(normal, name) for name in names]
    for state in states:
        if isinstance(state, generic.StreamObject):
            yield bool(state.read_data(DecodePurpose.GENERIC).strip())


def _hides(page: Any, widget: Any) -> bool:
    if _inherited(widget, "/V") is None:
        return _area(entry(widget, "/Rect")) > 0
    box = _area(_inherited(page, "/CropBox")) or _area(_inherited(page, "/MediaBox"))
    return _area(entry(widget, "/Rect")) > _COVERING * box


def _inherited(node: Any, name: str) -> Any:
    for _ in range(_PARENTS):
        if node is None or name in node:
            break
        node = entry(node, "/Parent")
    return entry(node, name)


def _area(box: Any) -> float:
    sides = [float(item.get_object()) for item in raw_items(box, 4)]
    return abs((sides[2] - sides[0]) * (sides[3] - sides[1])) if len(sides) == 4 else 0.0
