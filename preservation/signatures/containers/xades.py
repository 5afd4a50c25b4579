"""XML signatures over the files of a container: read by the XML engine, measured against the container here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from lxml import etree

from model.findings import Finding
from model.signatures import Integrity, Scope, SignatureFacts, SignatureFormat, SubIndication
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.boundary import broken, shown, with_findings
from preservation.signatures.containers.container import Container, ContainerFault
from preservation.signatures.containers.manifests import entry_of
from preservation.signatures.source import SignedFile
from preservation.signatures.xml import names
from preservation.signatures.xml.canonical import method_of
from preservation.signatures.xml.document import XmlDocument, XmlFault, read_document
from preservation.signatures.xml.findings import MISSING, NOT_XML
from preservation.signatures.xml.names import DSIG
from preservation.signatures.xml.scope import Envelope
from preservation.signatures.xml.signature import signature_elements, signatures_in
from preservation.signatures.xml.transforms import TransformHandler, transforms_of

_PARTLY_SIGNABLE = "metadata/"
"""ADOC signs chosen elements of its metadata; its other files are signed whole."""


@dataclass(slots=True)
class Parts:
    """The files of a container as an XML signature asks for them."""

    container: Container
    find: Callable[[str], str]
    """Gives the entry a reference names."""
    damaged: dict[str, Finding] = field(default_factory=dict)
    """By entry: what does not unpack."""
    asked: set[str] = field(default_factory=set)
    """Entries that references name."""

    def __call__(self, uri: str) -> bytes | None:
        """Return the bytes of the file a reference names; none when it is not in the container."""
        name = self.find(uri)
        if name not in self.container:
            return None
        self.asked.add(name)
        try:
            return self.container.read(name, check=False)
        except ContainerFault as fault:
            self.damaged[name] = fault.finding
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """One signature of a signature file, with the elements it was read from."""

    element: etree._Element
    document: XmlDocument
    facts: SignatureFacts

    def references(self) -> Iterator[etree._Element]:
        """Yield the references to files: those of SignedInfo and of the manifests it signs (XMLDSig 1.1, 5.1)."""
        info = names.child(self.element, "SignedInfo", (DSIG,))
        for reference in names.children(info, "Reference", (DSIG,)) if info is not None else ():
            uri = reference.get("URI", "")
            if uri and not uri.startswith("#"):
                yield reference
            for manifest in self._manifests(uri):
                inner = names.children(manifest, "Reference", (DSIG,))
                yield from (one for one in inner if not one.get("URI", "#").startswith("#"))

    def _manifests(self, uri: str) -> Iterator[etree._Element]:
        found = self.document.identifiers.get(uri[1:], []) if uri.startswith("#") else []
        for target in found if len(found) == 1 else ():
            if names.named(target, "Manifest", (DSIG,)):
                yield target
            elif names.named(target, "Object", (DSIG,)):
                yield from names.children(target, "Manifest", (DSIG,))


def signed_parts(
    file: SignedFile,
    name: str,
    form: SignatureFormat,
    parts: Parts,
    transforms: Mapping[str, TransformHandler] | None = None,
) -> list[SignedPart]:
    """Read the signatures of one signature file of a container.

    Raises:
        ContainerFault: the signature file cannot be read.
    """
    try:
        document = read_document(parts.container.read(name), location=name, limit=file.limits.xml)
    except XmlFault as fault:
        raise ContainerFault(fault.finding) from fault
    facts = signatures_in(
        document,
        material=file.material,
        resolve=parts,
        format=form,
        limits=file.limits,
        envelope=Envelope.PARTS,
        transforms=transforms,
    )
    elements = signature_elements(document)
    return [
        SignedPart(element=element, document=document, facts=one)
        for element, one in zip(elements, facts, strict=False)  # signatures over the limit have no facts
    ]


def xades_signatures(
    file: SignedFile, container: Container, name: str, form: SignatureFormat, claimed: set[str]
) -> tuple[SignatureFacts, ...]:
    """Return the signatures of one signature file, their scope in names of the container.

    Args:
        claimed: takes the names of the files that signatures refer to, changed ones too.

    Raises:
        ContainerFault: the signature file cannot be read.
    """
    parts = Parts(container, lambda uri: entry_of(uri, container))
    found = tuple(_measured(one, parts, form) for one in signed_parts(file, name, form, parts))
    claimed |= parts.asked
    return found


def without_missing(facts: SignatureFacts) -> SignatureFacts:
    """Return facts without the XML engine's word that data is not here: in a container it is gone, which is said."""
    return replace(facts, findings=tuple(one for one in facts.findings if one.code != MISSING.code))


def _measured(part: SignedPart, parts: Parts, form: SignatureFormat) -> SignatureFacts:
    facts = part.facts
    if facts.parent:
        return facts
    fitting = {parts.find(uri) for uri in facts.scope.covered if uri and not uri.startswith("#")}
    covered: dict[str, None] = {}
    lost: list[Finding] = []
    changed = False
    for reference in part.references():
        uri = reference.get("URI", "")
        name = parts.find(uri)
        if name in parts.damaged:
            changed = True
            lost.append(parts.damaged[name])
        elif name not in parts.container:
            lost += [kinds.FILE_MISSING.at(facts.id, name=name)] if not _foreign(uri) else []
        elif is_no_xml(facts, reference, name, parts, fitting):
            changed = True
            lost.append(kinds.FILE_CHANGED.at(facts.id, name=name))
        elif (facts.integrity is Integrity.INTACT or name in fitting) and _is_whole(reference, name, form):
            covered[name] = None
    if lost:
        facts = with_findings(without_missing(facts), shown(lost))
        facts = broken(facts, SubIndication.HASH_FAILURE if changed else SubIndication.SIGNED_DATA_NOT_FOUND)
    return replace(facts, scope=Scope(covered=tuple(covered)))


def is_no_xml(facts: SignatureFacts, reference: etree._Element, name: str, parts: Parts, fitting: set[str]) -> bool:
    """Whether a file that was signed as XML is XML no longer: then it is not the signed one, whatever it is."""
    if facts.integrity is not Integrity.UNKNOWN or name in fitting or transforms_of(reference) is None:
        return False
    try:
        read_document(parts.container.read(name, check=False), limit=parts.container.limits.xml)
    except (XmlFault, ContainerFault) as fault:
        return fault.finding.code == NOT_XML.code
    return False


def _foreign(uri: str) -> bool:
    """Whether a reference leads out of the container."""
    try:
        return bool(urlsplit(uri).scheme)
    except ValueError:
        return True


def _is_whole(reference: etree._Element, name: str, form: SignatureFormat) -> bool:
    """Whether a reference signs all of a file: transforms that choose parts of it do not."""
    transforms = transforms_of(reference)
    chosen = [] if transforms is None else list(names.children(transforms, "Transform", (DSIG,)))
    if form is SignatureFormat.ADOC and name.startswith(_PARTLY_SIGNABLE):
        return True
    return all(method_of(one.get("Algorithm", "")) is not None for one in chosen)
