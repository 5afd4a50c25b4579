"""Signed Office documents (OOXML): XML signatures over parts and links of a package.

Source:
    ISO/IEC 29500-2:2021, 10; MS-OFFCRYPTO 2.5
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import unquote

from lxml import etree

from model.findings import Finding
from model.signatures import (
    FileSignatures,
    Integrity,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SignedState,
    SubIndication,
)
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.boundary import broken, each_signature, examined, shown, with_findings
from preservation.signatures.containers.container import Container, ContainerFault, open_container
from preservation.signatures.containers.names import CONTENT_TYPES, ROOT_RELATIONSHIPS, is_office_signature
from preservation.signatures.containers.opc import (
    DIGITAL_SIGNATURE,
    RELATIONSHIP_TRANSFORM,
    SIGNATURE_RELATIONS,
    SIGNATURE_TYPES,
    Package,
    Relationship,
    is_relations,
    relations_of,
    relationship_transform,
    selectors,
    source_of,
)
from preservation.signatures.containers.xades import Parts, SignedPart, is_no_xml, signed_parts, without_missing
from preservation.signatures.source import SignedFile
from preservation.signatures.xml import names
from preservation.signatures.xml.names import DSIG
from preservation.signatures.xml.transforms import transforms_of

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ORIGIN = SIGNATURE_RELATIONS + "origin"
_SIGNATURE = SIGNATURE_RELATIONS + "signature"
_NEVER_SIGNED_LINKS = (
    "/core-properties",
    "/extended-properties",
    "/custom-properties",
    "/thumbnail",
    "/customXml",
    "/customXmlProps",
    "/classificationlabels",
)
"""Links Office leaves out of its own signatures."""
_NEVER_SIGNED_PARTS = ("docprops/", "docmetadata/", "customxml/")
_THUMBNAIL = re.compile(r"(?:docProps/)?thumbnail\.\w+", re.IGNORECASE)
_BINDING = re.compile(rb"<[\w.-]*:?dataBinding\b")
_PROPERTIES_BINDING = re.compile(
    rb"<[\w.-]*:?dataBinding\b[^>]{0,4000}(?:6C3C8BC8-F283-45AE-878A-BAB7291924A1|6668398D-A668-4E3E-A5EB-62B293D839F1)",
    re.IGNORECASE,
)
"""A binding to the core or extended properties: Word shows their text inside the document."""
_OFFICE = "http://schemas.microsoft.com/office/2006/digsig"


def examine_ooxml(file: SignedFile) -> FileSignatures:
    """Find the signatures of an Office document; one without any costs its directory and its first links only."""

    def look() -> FileSignatures:
        with file.path.open("rb", buffering=0) as stream:
            if stream.read(len(_OLE)) == _OLE:
                raise ContainerFault(kinds.PROTECTED.at())
        with open_container(file.path, file.limits) as container:
            if not _may_be_signed(container):
                return FileSignatures(path=file.name, kind="ooxml", state=SignedState.UNSIGNED)
            hidden = container.inspect()
            return _Examination(file, container, Package(container), hidden).run()

    return examined(file, "ooxml", look)


def _may_be_signed(container: Container) -> bool:
    """Whether a name, or a link of the package, speaks of signatures."""
    if any(is_office_signature(name) for name in container.names):
        return True
    if ROOT_RELATIONSHIPS not in container or CONTENT_TYPES not in container:
        return False
    links = Package(container).relationships(ROOT_RELATIONSHIPS)
    return any(link.type.startswith(SIGNATURE_RELATIONS) for link in links)


@dataclass(slots=True)
class _Signed:
    """What one signature covers of a package."""

    parts: set[str] = field(default_factory=set)
    links: dict[str, tuple[frozenset[str], frozenset[str]] | None] = field(default_factory=dict)
    """By relationships part: ids and types of the signed links; none where the whole part is signed."""
    findings: list[Finding] = field(default_factory=list)
    failure: SubIndication | None = None

    def covers(self, table: str, link: Relationship) -> bool:
        """Whether a link is signed."""
        chosen = self.links.get(table, (frozenset(), frozenset()))
        return chosen is None or link.id in chosen[0] or link.type in chosen[1]


@dataclass(slots=True)
class _Examination:
    """One Office document while it is looked at."""

    file: SignedFile
    container: Container
    package: Package
    hidden: tuple[Finding, ...]

    def run(self) -> FileSignatures:
        found: list[SignatureFacts] = []
        findings = list(self.hidden)
        for name in self._sources():

            def read(name: str = name) -> Iterable[SignatureFacts]:
                return self._signatures(name)

            found.extend(each_signature(name, SignatureFormat.OOXML, read))
            if len(found) > self.file.limits.signatures:
                findings.append(kinds.TOO_MANY.at(name, limit=self.file.limits.signatures))
                break
        return FileSignatures(
            path=self.file.name,
            kind="ooxml",
            state=SignedState.SIGNED if found else SignedState.UNSIGNED,
            signatures=tuple(found[: self.file.limits.signatures]),
            findings=tuple(findings),
        )

    def _sources(self) -> list[str]:
        """Return the signature parts: those linked from the origin, and those that are only there."""
        linked: dict[str, None] = {}
        origins = [link.target for link in self._links(ROOT_RELATIONSHIPS) if link.type == _ORIGIN]
        for origin in origins[:8]:
            links = self._links(relations_of(origin))
            linked.update((link.target, None) for link in links if link.type == _SIGNATURE)
        named = [
            name
            for name in self.container.names
            if self.package.content_type(name) == SIGNATURE_TYPES + "xmlsignature+xml"
        ]
        return [name for name in dict.fromkeys((*linked, *named)) if name in self.container]

    def _links(self, table: str) -> tuple[Relationship, ...]:
        return self.package.relationships(table) if table in self.container else ()

    def _signatures(self, name: str) -> Iterator[SignatureFacts]:
        parts = Parts(self.container, self._entry)
        transforms = {RELATIONSHIP_TRANSFORM: relationship_transform}
        for one in signed_parts(self.file, name, SignatureFormat.OOXML, parts, transforms):
            yield one.facts if one.facts.parent else self._measured(one, parts)

    def _entry(self, uri: str) -> str:
        path = uri.partition("#")[0].partition("?")[0]
        return self.package.entry(path) or unquote(path).lstrip("/")

    def _measured(self, part: SignedPart, parts: Parts) -> SignatureFacts:
        signed = self._compared(part, parts)
        facts = part.facts
        if signed.failure is not None:
            facts = broken(with_findings(without_missing(facts), shown(signed.findings)), signed.failure)
        facts = _with_statements(facts, part)
        missed, usual = self._uncovered(signed)
        notes = [kinds.UNCOVERED_PARTS.at(facts.id, name=name) for name in usual]
        if not signed.parts and facts.integrity is Integrity.INTACT:
            notes.insert(0, kinds.PACKAGE_NOT_SIGNED.at(facts.id))
        facts = with_findings(facts, shown((*(finding for _, finding in missed), *notes)))
        return replace(
            facts,
            scope=Scope(
                covered=tuple(sorted({*signed.parts, *signed.links})),
                uncovered=tuple(dict.fromkeys((*(name for name, _ in missed), *usual))),
                whole_document=not missed and not self.hidden and bool(signed.parts),
            ),
        )

    # -- what is signed

    def _compared(self, part: SignedPart, parts: Parts) -> _Signed:
        """Compare the signed references with the package: parts that are gone, content types that changed."""
        result = _Signed()
        fitting = {self._entry(uri) for uri in part.facts.scope.covered if uri and not uri.startswith("#")}
        intact = part.facts.integrity is Integrity.INTACT
        for reference in part.references():
            uri = reference.get("URI", "")
            name = self._entry(uri)
            if name in parts.damaged:
                result.failure = SubIndication.HASH_FAILURE
                result.findings.append(parts.damaged[name])
            elif name not in self.container:
                result.failure = result.failure or SubIndication.SIGNED_DATA_NOT_FOUND
                result.findings.append(kinds.PART_MISSING.at(part.facts.id, name=name))
            elif is_no_xml(part.facts, reference, name, parts, fitting):
                result.failure = SubIndication.HASH_FAILURE
                result.findings.append(kinds.PART_CHANGED.at(part.facts.id, name=name))
            elif not self._same_type(uri, name, result, part.facts.id):
                result.failure = SubIndication.HASH_FAILURE
            elif intact or name in fitting:
                _take(result, name, reference)
        return result

    def _same_type(self, uri: str, name: str, result: _Signed, identifier: str) -> bool:
        """Whether a part still has the content type it was signed with (ISO/IEC 29500-2:2021, 10)."""
        query = uri.partition("?")[2].partition("#")[0]
        key, _, value = query.partition("=")
        if key.lower() != "contenttype":
            return True
        signed, found = unquote(value).strip(), self.package.content_type(name)
        if signed.lower() == found.lower():
            return True
        result.findings.append(
            kinds.CONTENT_TYPE_CHANGED.at(identifier, name=name, signed=signed[:120], found=found[:120] or "-")
        )
        return False

    # -- what is not

    def _uncovered(self, signed: _Signed) -> tuple[list[tuple[str, Finding]], list[str]]:
        """Return what is not signed and should be, with its finding, and what by custom never is."""
        missed: list[tuple[str, Finding]] = []
        usual: list[str] = []
        displayed = self._shown_from_outside(signed)
        for name in self.container.names:
            if name in signed.parts or name == CONTENT_TYPES or self._is_of_signatures(name):
                continue
            if is_relations(name):
                missed += self._unsigned_links(name, signed)
            elif _is_usual(name) and not name.lower().startswith(displayed):
                usual.append(name)
            else:
                missed.append((name, kinds.PART_UNCOVERED.at(name, name=name)))
        return missed, usual

    def _unsigned_links(self, table: str, signed: _Signed) -> Iterator[tuple[str, Finding]]:
        if table in signed.links and signed.links[table] is None:
            return
        if _is_usual(source_of(table)):
            return
        for link in self._links(table):
            usual = link.type.endswith(_NEVER_SIGNED_LINKS) or link.type.startswith(SIGNATURE_RELATIONS)
            present = link.external or link.target in self.container
            if present and not usual and not signed.covers(table, link):
                shown_as = f"{table}#{link.id} -> {link.target}"[:300]
                yield table, kinds.RELATIONSHIP_UNSIGNED.at(table, name=shown_as)

    def _is_of_signatures(self, name: str) -> bool:
        source = source_of(name) if is_relations(name) else name
        return self.package.content_type(source).startswith(SIGNATURE_TYPES)

    def _shown_from_outside(self, signed: _Signed) -> tuple[str, ...]:
        """Return where text comes from that the document shows and that is by custom not signed (data binding)."""
        stories = [name for name in signed.parts if name.startswith("word/") and name.endswith(".xml")]
        texts = [self.container.read(name, check=False) for name in stories]
        places = (("customxml/", _BINDING), ("docprops/", _PROPERTIES_BINDING))
        return tuple(
            place
            for place, pattern in places
            if any(name.lower().startswith(place) for name in self.container.names)
            and any(pattern.search(text) for text in texts)
        )


def _take(result: _Signed, name: str, reference: etree._Element) -> None:
    """Note what a fitting reference covers: a part, or links of a relationships part."""
    if not is_relations(name):
        result.parts.add(name)
        return
    transforms = transforms_of(reference)
    chosen = [
        one
        for one in (names.children(transforms, "Transform", (DSIG,)) if transforms is not None else ())
        if one.get("Algorithm") == RELATIONSHIP_TRANSFORM
    ]
    if not chosen:
        result.links[name] = None
        return
    ids, types = selectors(chosen[0])
    before = result.links.get(name, (frozenset(), frozenset()))
    if before is not None:
        result.links[name] = (before[0] | ids, before[1] | types)


def _is_usual(name: str) -> bool:
    return name.lower().startswith(_NEVER_SIGNED_PARTS) or bool(_THUMBNAIL.fullmatch(name))


def _with_statements(facts: SignatureFacts, part: SignedPart) -> SignatureFacts:
    """Add the time and the comment Office states, where the object that holds them is signed."""
    if facts.integrity is not Integrity.INTACT:
        return facts
    time, comment = facts.claimed_signing_time, facts.reason
    for element in _signed_objects(part):
        if names.named(element, "SignatureTime", (DIGITAL_SIGNATURE,)):
            time = time or _moment(names.text_of(names.child(element, "Value", (DIGITAL_SIGNATURE,))))
        elif names.named(element, "SignatureComments", (_OFFICE,)):
            comment = comment or names.text_of(element)[:1000]
    return replace(facts, claimed_signing_time=time, reason=comment)


def _signed_objects(part: SignedPart) -> Iterator[etree._Element]:
    info = names.child(part.element, "SignedInfo", (DSIG,))
    signed = {one.get("URI", "") for one in names.children(info, "Reference", (DSIG,))} if info is not None else set()
    for held in names.children(part.element, "Object", (DSIG,)):
        if f"#{held.get('Id', '')}" in signed:
            yield from held.iter(etree.Element)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
