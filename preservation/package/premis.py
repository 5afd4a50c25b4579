"""PREMIS 3: the package with its events and agents, and the representation with its files.

Source:
    PREMIS Data Dictionary 3.0; docs/format/aip-v1.md section 6.3.
"""

import base64
from collections.abc import Callable, Iterable, Sequence

from model.formats import UNKNOWN_PUID, FormatIdentification
from model.preservation import Agent, Event, FileObject
from preservation.package.mets import REPRESENTATION, Heading
from preservation.package.plan import SignatureRecord
from preservation.package.premis_signatures import event_ids, signature_information, validation_events
from preservation.package.xmltext import carried_as_is, escape, time_text

NAMESPACE = "http://www.loc.gov/premis/v3"
DATA = f"representations/{REPRESENTATION}/data/"
"""Where content files lie in the payload folder."""
ORIGINAL_NAME_BASE64 = "original name (base64)"
DOCUMENT_ORDINAL = "document ordinal"
NO_FORMAT_NAME = "Unknown"
MIME_NOTE, BASIS_NOTE, WARNING_NOTE, RELEASE_NOTE, NAME_NOTE = (
    "mime: ",
    "basis: ",
    "warning: ",
    "identified by: ",
    "name: ",
)
NO_NAME_NOTE = NAME_NOTE + "none"

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.loc.gov/premis/v3 {schemas}premis-v3.xsd" version="3.0">
"""
_TAIL = "</premis>\n"

_FILE = (
    '<object xsi:type="file">'
    "<objectIdentifier><objectIdentifierType>UUID</objectIdentifierType>"
    "<objectIdentifierValue>{id}</objectIdentifierValue></objectIdentifier>{base64}"
    "<objectCharacteristics><compositionLevel>0</compositionLevel>"
    "<fixity><messageDigestAlgorithm>SHA-256</messageDigestAlgorithm><messageDigest>{sha256}</messageDigest></fixity>"
    "<fixity><messageDigestAlgorithm>SHA-512</messageDigestAlgorithm><messageDigest>{sha512}</messageDigest></fixity>"
    "<size>{size}</size>{format}{modified}</objectCharacteristics>"
    "<originalName>{name}</originalName>"
    "<storage><contentLocation><contentLocationType>path</contentLocationType>"
    "<contentLocationValue>data/{path}</contentLocationValue></contentLocation></storage>{signatures}"
    "<relationship><relationshipType>structural</relationshipType><relationshipSubType>is part of</relationshipSubType>"
    "<relatedObjectIdentifier><relatedObjectIdentifierType>UUID</relatedObjectIdentifierType>"
    "<relatedObjectIdentifierValue>{representation}</relatedObjectIdentifierValue></relatedObjectIdentifier>{document}"
    "</relationship>{events}</object>\n"
)


def package_premis(
    heading: Heading,
    events: Sequence[Event],
    agents: Iterable[Agent],
    file_id: Callable[[str], str],
    signed: Iterable[SignatureRecord] = (),
) -> Iterable[str]:
    """Yield `PREMIS.xml`: the package, every event, the validation of every signature, every agent."""
    links = "".join(_event_link(heading.profile.cased(str(event.id))) for event in events if not event.subject)
    yield _HEAD.format(schemas="../../schemas/")
    yield (
        '<object xsi:type="intellectualEntity">'
        f"<objectIdentifier><objectIdentifierType>OBJID</objectIdentifierType><objectIdentifierValue>{escape(heading.objid)}"
        "</objectIdentifierValue></objectIdentifier>"
        "<significantProperties><significantPropertiesType>package version</significantPropertiesType>"
        f"<significantPropertiesValue>{heading.version}</significantPropertiesValue></significantProperties>"
        + _relation("has part", "UUID", heading.representation_id)
        + f"{links}</object>\n"
    )
    for event in events:
        yield _event(heading, event, file_id)
    for event in validation_events(signed, heading.new_id, DATA):
        yield _event(heading, event, file_id)
    for agent in agents:
        yield _agent(agent)
    yield _TAIL


class RepresentationPremis:
    """`PREMIS_rep1.xml`, file object by file object."""

    def __init__(self, heading: Heading, events: Iterable[Event]) -> None:
        self._heading = heading
        self._events: dict[str, str] = {}
        for event in events:
            link = _event_link(heading.profile.cased(str(event.id)))
            self._events[event.subject] = self._events.get(event.subject, "") + link
        self._formats: dict[FormatIdentification, str] = {}

    def head(self) -> str:
        """Return everything before the first file."""
        heading = self._heading
        links = self._events.get("", "") + self._events.get(f"representations/{REPRESENTATION}", "")
        return (
            _HEAD.format(schemas="../../../../schemas/")
            + '<object xsi:type="representation">'
            + "<objectIdentifier><objectIdentifierType>UUID</objectIdentifierType>"
            + f"<objectIdentifierValue>{heading.representation_id}</objectIdentifierValue></objectIdentifier>"
            + _relation("is part of", "OBJID", heading.objid)
            + f"{links}</object>\n"
        )

    def file(self, item: FileObject, file_id: str, signed: SignatureRecord | None = None) -> str:
        """Return one file object, with what is known of its signatures."""
        cased = self._heading.profile.cased
        name = item.original_name.decode("utf-8", "surrogateescape")
        return _FILE.format(
            id=file_id,
            base64="" if carried_as_is(name) else _base64_name(item.original_name),
            sha256=cased(item.sha256.hex()),
            sha512=cased(item.sha512.hex()),
            size=item.size,
            format=self._format(item.format),
            modified=self._modified(item),
            name=escape(name),
            path=escape(item.path),
            representation=self._heading.representation_id,
            document="" if item.document is None else _related(DOCUMENT_ORDINAL, str(item.document)),
            signatures=signature_information(signed.report) if signed else "",
            events=(self._events.get(DATA + item.path, "") if len(self._events) > 1 else "")
            + ("".join(map(_event_link, event_ids(signed.report, self._heading.new_id))) if signed else ""),
        )

    def tail(self) -> str:
        """Return everything after the last file."""
        return _TAIL

    def _format(self, identification: FormatIdentification) -> str:
        """Return the format element; a case file has many files, but few formats."""
        known = self._formats.get(identification)
        if known is None:
            known = _format(identification)
            if len(self._formats) < _FORMATS_KEPT:
                self._formats[identification] = known
        return known

    def _modified(self, item: FileObject) -> str:
        if item.modified is None:
            return ""
        text = time_text(item.modified, self._heading.profile.zone)
        return f"<creatingApplication><dateCreatedByApplication>{text}</dateCreatedByApplication></creatingApplication>"


_FORMATS_KEPT = 1000


def _format(identification: FormatIdentification) -> str:
    version = identification.version
    registry = (
        "<formatRegistry><formatRegistryName>PRONOM</formatRegistryName>"
        f"<formatRegistryKey>{escape(identification.puid)}</formatRegistryKey></formatRegistry>"
        if identification.puid != UNKNOWN_PUID
        else ""
    )
    notes = [
        NO_NAME_NOTE if not identification.name else "",
        MIME_NOTE + identification.mime if identification.mime else "",
        BASIS_NOTE + identification.basis if identification.basis else "",
        *(WARNING_NOTE + warning for warning in identification.warnings),
        RELEASE_NOTE + identification.signature_release if identification.signature_release else "",
    ]
    return (
        f"<format><formatDesignation><formatName>{escape(identification.name or NO_FORMAT_NAME)}</formatName>"
        + (f"<formatVersion>{escape(version)}</formatVersion>" if version else "")
        + f"</formatDesignation>{registry}"
        + "".join(f"<formatNote>{escape(note)}</formatNote>" for note in notes if note)
        + "</format>"
    )


def _base64_name(name: bytes) -> str:
    return (
        f"<significantProperties><significantPropertiesType>{ORIGINAL_NAME_BASE64}</significantPropertiesType>"
        f"<significantPropertiesValue>{base64.b64encode(name).decode('ascii')}</significantPropertiesValue>"
        "</significantProperties>"
    )


def _relation(kind: str, identifier_type: str, identifier: str) -> str:
    return (
        f"<relationship><relationshipType>structural</relationshipType><relationshipSubType>{kind}</relationshipSubType>"
        f"{_related(identifier_type, identifier)}</relationship>"
    )


def _related(identifier_type: str, identifier: str) -> str:
    return (
        f"<relatedObjectIdentifier><relatedObjectIdentifierType>{identifier_type}</relatedObjectIdentifierType>"
        f"<relatedObjectIdentifierValue>{escape(identifier)}</relatedObjectIdentifierValue></relatedObjectIdentifier>"
    )


def _event_link(identifier: str) -> str:
    return (
        "<linkingEventIdentifier><linkingEventIdentifierType>UUID</linkingEventIdentifierType>"
        f"<linkingEventIdentifierValue>{identifier}</linkingEventIdentifierValue></linkingEventIdentifier>"
    )


def _event(heading: Heading, event: Event, file_id: Callable[[str], str]) -> str:
    detail = (
        f"<eventDetailInformation><eventDetail>{escape(event.detail)}</eventDetail></eventDetailInformation>"
        if event.detail
        else ""
    )
    note = (
        "<eventOutcomeDetail><eventOutcomeDetailNote>"
        f"{escape(event.outcome_detail)}</eventOutcomeDetailNote></eventOutcomeDetail>"
        if event.outcome_detail
        else ""
    )
    agent = (
        "<linkingAgentIdentifier><linkingAgentIdentifierType>local</linkingAgentIdentifierType>"
        f"<linkingAgentIdentifierValue>{escape(event.agent)}</linkingAgentIdentifierValue>"
        "<linkingAgentRole>executing program</linkingAgentRole></linkingAgentIdentifier>"
        if event.agent
        else ""
    )
    return (
        "<event><eventIdentifier><eventIdentifierType>UUID</eventIdentifierType>"
        f"<eventIdentifierValue>{heading.profile.cased(str(event.id))}</eventIdentifierValue></eventIdentifier>"
        f"<eventType>{event.type.value}</eventType>"
        f"<eventDateTime>{time_text(event.time, heading.profile.zone)}</eventDateTime>{detail}"
        f"<eventOutcomeInformation><eventOutcome>{event.outcome.value}</eventOutcome>{note}</eventOutcomeInformation>"
        f"{agent}{_linked_objects(heading, event.subject, file_id)}</event>\n"
    )


def _linked_objects(heading: Heading, subject: str, file_id: Callable[[str], str]) -> str:
    if not subject:
        return _linked_object("OBJID", heading.objid)
    known = _linked_object("UUID", file_id(subject.removeprefix(DATA))) if subject.startswith(DATA) else ""
    return _linked_object("path", subject) + known


def _linked_object(identifier_type: str, identifier: str) -> str:
    return (
        f"<linkingObjectIdentifier><linkingObjectIdentifierType>{identifier_type}</linkingObjectIdentifierType>"
        f"<linkingObjectIdentifierValue>{escape(identifier)}</linkingObjectIdentifierValue></linkingObjectIdentifier>"
    )


def _agent(agent: Agent) -> str:
    version = f"<agentVersion>{escape(agent.version)}</agentVersion>" if agent.version else ""
    return (
        "<agent><agentIdentifier><agentIdentifierType>local</agentIdentifierType>"
        f"<agentIdentifierValue>{escape(agent.identifier)}</agentIdentifierValue></agentIdentifier>"
        f"<agentName>{escape(agent.name)}</agentName><agentType>{agent.type.value}</agentType>{version}</agent>\n"
    )
