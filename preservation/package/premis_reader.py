"""PREMIS 3 read back into values, object by object, in bounded memory.

Source:
    docs/format/aip-v1.md section 6.3.
"""

import base64
from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

from lxml import etree

from model.dates import from_utc_text
from model.formats import UNKNOWN_PUID, FormatIdentification
from model.preservation import Agent, AgentType, Event, EventOutcome, EventType, FileObject
from model.text import N_
from preservation.package.premis import (
    BASIS_NOTE,
    DOCUMENT_ORDINAL,
    MIME_NOTE,
    NAMESPACE,
    NO_NAME_NOTE,
    ORIGINAL_NAME_BASE64,
    RELEASE_NOTE,
    WARNING_NOTE,
)
from preservation.package.xmltext import unescape

_NS = f"{{{NAMESPACE}}}"
_OBJECT, _EVENT, _AGENT = _NS + "object", _NS + "event", _NS + "agent"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MAX_EVENTS = 1_000_000
_MAX_BETWEEN = 1 << 22
"""Bytes read without an object, event or agent coming to its end; only a hostile file has more."""


class Readable(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, none at the end."""
        ...


def read_file_objects(source: Readable) -> Iterator[FileObject]:
    """Yield the files of `PREMIS_rep1.xml` in order.

    Raises:
        ValueError: not such a file; also `SyntaxError` and `KeyError` from broken XML.
    """
    for element in _elements(source, (_OBJECT,)):
        if element.get(_TYPE, "").rpartition(":")[2] == "file":
            yield _file_object(element)


def read_package_premis(source: Readable) -> tuple[tuple[Event, ...], tuple[Agent, ...]]:
    """Return the events and agents of `PREMIS.xml`; validations of single signatures, which may be many, are left out.

    Raises:
        ValueError: not such a file; also `SyntaxError` and `KeyError` from broken XML.
    """
    events: list[Event] = []
    agents: list[Agent] = []
    for element in _elements(source, (_EVENT, _AGENT)):
        if element.tag == _EVENT:
            event = _event(element)
            if event.type is not EventType.SIGNATURE_VALIDATION or not event.subject:
                events.append(event)
        else:
            agents.append(_agent(element))
        if len(events) + len(agents) > _MAX_EVENTS:
            raise ValueError(N_("too many events"))
    return tuple(events), tuple(agents)


def _elements(source: Readable, tags: tuple[str, ...]) -> Iterator[etree._Element]:
    """Yield finished children of the root, and forget each when the next is asked for."""
    bounded = _Bounded(source)
    context = etree.iterparse(
        bounded, events=("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    for _, element in context:
        if element.getroottree().docinfo.doctype:
            raise ValueError(N_("a document type declaration"))
        bounded.since_last = 0
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


class _Bounded:
    """Ends the reading of a file that would fill the memory with elements nobody asked for."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.since_last = 0

    def read(self, size: int = -1, /) -> bytes:
        if self.since_last > _MAX_BETWEEN:
            raise ValueError(N_("too much that is no object, event or agent"))
        chunk = self._source.read(size)
        self.since_last += len(chunk)
        return chunk


def _file_object(element: etree._Element) -> FileObject:
    characteristics = _child(element, "objectCharacteristics")
    digests = {
        _text(fixity, "messageDigestAlgorithm"): bytes.fromhex(_text(fixity, "messageDigest"))
        for fixity in characteristics.findall(_NS + "fixity")
    }
    modified = characteristics.findtext(f"{_NS}creatingApplication/{_NS}dateCreatedByApplication")
    location = unescape(_text(element, f"storage/{_NS}contentLocation/{_NS}contentLocationValue"))
    if not location.startswith("data/"):
        raise ValueError(f"{N_('a file outside data/')}: {location!r}")
    return FileObject(
        path=location.removeprefix("data/"),
        original_name=_original_name(element),
        size=int(_text(characteristics, "size")),
        sha256=digests["SHA-256"],
        sha512=digests["SHA-512"],
        format=_format(_child(characteristics, "format")),
        document=_document(element),
        modified=from_utc_text(modified) if modified else None,
    )


def _original_name(element: etree._Element) -> bytes:
    for prop in element.findall(_NS + "significantProperties"):
        if prop.findtext(_NS + "significantPropertiesType") == ORIGINAL_NAME_BASE64:
            return base64.b64decode(_text(prop, "significantPropertiesValue"), validate=True)
    return unescape(_text(element, "originalName")).encode("utf-8", "surrogateescape")


def _document(element: etree._Element) -> int | None:
    for related in element.iterfind(f"{_NS}relationship/{_NS}relatedObjectIdentifier"):
        if related.findtext(_NS + "relatedObjectIdentifierType") == DOCUMENT_ORDINAL:
            return int(_text(related, "relatedObjectIdentifierValue"))
    return None


def _format(element: etree._Element) -> FormatIdentification:
    notes = [unescape(note.text or "") for note in element.findall(_NS + "formatNote")]
    designation = _child(element, "formatDesignation")
    registry = element.find(_NS + "formatRegistry")
    return FormatIdentification(
        puid=UNKNOWN_PUID if registry is None else unescape(_text(registry, "formatRegistryKey")),
        name="" if NO_NAME_NOTE in notes else unescape(_text(designation, "formatName")),
        version=unescape(designation.findtext(_NS + "formatVersion") or ""),
        mime=_note(notes, MIME_NOTE),
        basis=_note(notes, BASIS_NOTE),
        warnings=tuple(note.removeprefix(WARNING_NOTE) for note in notes if note.startswith(WARNING_NOTE)),
        signature_release=_note(notes, RELEASE_NOTE),
    )


def _note(notes: list[str], prefix: str) -> str:
    return next((note.removeprefix(prefix) for note in notes if note.startswith(prefix)), "")


def _event(element: etree._Element) -> Event:
    subject = ""
    for linked in element.findall(_NS + "linkingObjectIdentifier"):
        if linked.findtext(_NS + "linkingObjectIdentifierType") == "path":
            subject = _text(linked, "linkingObjectIdentifierValue")
    outcome = _child(element, "eventOutcomeInformation")
    return Event(
        id=UUID(_text(element, f"eventIdentifier/{_NS}eventIdentifierValue")),
        type=EventType(_text(element, "eventType")),
        time=from_utc_text(_text(element, "eventDateTime")),
        outcome=EventOutcome(_text(outcome, "eventOutcome")),
        detail=_optional(element, f"eventDetailInformation/{_NS}eventDetail"),
        outcome_detail=_optional(outcome, f"eventOutcomeDetail/{_NS}eventOutcomeDetailNote"),
        agent=_optional(element, f"linkingAgentIdentifier/{_NS}linkingAgentIdentifierValue"),
        subject=unescape(subject),
    )


def _agent(element: etree._Element) -> Agent:
    return Agent(
        identifier=_optional(element, f"agentIdentifier/{_NS}agentIdentifierValue"),
        name=_optional(element, "agentName"),
        type=AgentType(_text(element, "agentType")),
        version=_optional(element, "agentVersion"),
    )


def _child(element: etree._Element, name: str) -> etree._Element:
    child = element.find(_NS + name)
    if child is None:
        raise ValueError(f"{N_('a part is missing')}: {name}")
    return child


def _text(element: etree._Element, path: str) -> str:
    text = element.findtext(_NS + path)
    if text is None:
        raise ValueError(f"{N_('a part is missing')}: {path}")
    return text


def _optional(element: etree._Element, path: str) -> str:
    return unescape(element.findtext(_NS + path) or "")
