"""Reading hoso.xml: our own simple form, or the elements of the circular's EAD.xml, one document at a time."""

from collections.abc import Iterator

from lxml import etree

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.titles import (
    CASE_CONTAINERS,
    DOCUMENT_CONTAINERS,
    DOCUMENT_NAMES,
    REPEATABLE,
    case_field,
    document_field,
    fold,
)
from model.text import N_, numbered

_DEPTH = 16
_LIVE = 10_000
"""Elements held at once: of one document, or of the case file."""


def read_xml(reading: Reading) -> Iterator[Cells]:
    """Yield the documents of an XML descriptor; case-level values go to `reading`.

    Raises:
        DescriptorError: not well-formed, or it declares a document type or entities.
    """
    refuse_declarations(reading)
    with reading.path.open("rb") as stream:
        events = etree.iterparse(
            stream,
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            yield from _Walk(reading).documents(events)
        except etree.XMLSyntaxError as error:
            line, column = error.position
            raise DescriptorError(f"{numbered(N_('line #, column #'), line, column)}: {error.msg}") from error


def refuse_declarations(reading: Reading) -> None:
    """Refuse document types outright: a description needs none, and attacks on XML readers do."""
    tail = b""
    with reading.path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            text = tail + chunk.replace(b"\0", b"")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise DescriptorError(N_("it declares a document type or entities (DOCTYPE), which are not accepted"))
            tail = text[-16:]


class _Walk:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._depth = 0
        self._live = 0

    def documents(self, events: Iterator[tuple[str, etree._Element]]) -> Iterator[Cells]:
        for event, element in events:
            if event == "start":
                self._enter()
                continue
            self._depth -= 1
            name = _name(element)
            if self._depth == 0:
                self._case_fields(element)
            elif name in DOCUMENT_NAMES and len(element):
                yield self._document(element)
                self._drop(element)
            elif self._depth == 1 and name in CASE_CONTAINERS:
                self._case_fields(element)
                self._drop(element)

    def _enter(self) -> None:
        self._depth += 1
        self._live += 1
        if self._depth > _DEPTH:
            raise DescriptorError(numbered(N_("its elements are nested more than # deep"), _DEPTH))
        if self._live > _LIVE:
            raise DescriptorError(numbered(N_("one part of it has more than # elements"), _LIVE))

    def _drop(self, element: etree._Element) -> None:
        """Take an element that was read out of the tree, so that memory stays bounded."""
        self._live -= 1 + sum(1 for _ in element.iterdescendants())
        element.clear()
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)

    def _document(self, element: etree._Element) -> Cells:
        cells: dict[str, object] = {}
        for title, value in _pairs(element):
            attribute = document_field(title)
            if not attribute:
                self._reading.unknown(title)
            elif attribute not in cells:
                cells[attribute] = value
            elif attribute in REPEATABLE:
                held = cells[attribute]
                cells[attribute] = [
                    *(held if isinstance(held, list) else [held]),
                    *(value if isinstance(value, list) else [value]),
                ]
            else:
                self._reading.log.add(kinds.FIELD_TWICE.at(self._reading.name, title=title[:200]))
        return cells

    def _case_fields(self, element: etree._Element) -> None:
        for title, value in _pairs(element):
            if attribute := case_field(title):
                self._reading.say_of_case(attribute, value, title)
            elif fold(title) not in DOCUMENT_CONTAINERS and fold(title) not in CASE_CONTAINERS:
                self._reading.unknown(title)


def _name(element: etree._Element) -> str:
    tag = element.tag
    return fold(tag.rpartition("}")[2]) if isinstance(tag, str) else ""


def _pairs(element: etree._Element) -> Iterator[tuple[str, object]]:
    """Yield title and value of the attributes and children of an element."""
    for key, text in element.attrib.items():
        if not str(key).startswith("{"):
            yield str(key), str(text)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        title = child.tag.rpartition("}")[2]
        if len(child):
            yield title, [part.text or "" for part in child if isinstance(part.tag, str)]
        else:
            yield title, child.text or ""
