"""Every signature of an XML document: integrity, scope, signer, timestamps; no trust, no clock, no network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from model.findings import Finding
from model.material import Material, MaterialKind
from model.signatures import (
    CertificateFacts,
    Integrity,
    Level,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SubIndication,
    TimestampFacts,
    TimestampKind,
)
from preservation.cms.certificates import UnreadableCertificate, certificate_facts
from preservation.cms.digests import digest_bytes
from preservation.cms.keys import UnsupportedAlgorithm
from preservation.signatures.source import SignatureLimits
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.document import OverBudget, XmlDocument, identifier_of, read_document
from preservation.signatures.xml.keyinfo import OfferedKeys, offered_keys
from preservation.signatures.xml.names import DSIG, EDXML, MANIFEST_TYPE, XADES
from preservation.signatures.xml.nodes import subtree_keys
from preservation.signatures.xml.properties import (
    KeptValue,
    Qualifying,
    kept_values,
    named_certificates,
    qualifying_properties,
)
from preservation.signatures.xml.references import (
    CheckedReference,
    Match,
    ReferenceContext,
    Resolve,
    check_reference,
)
from preservation.signatures.xml.scope import Envelope, is_displaced, scope_of
from preservation.signatures.xml.signedinfo import (
    SignatureValue,
    UnreadableSignature,
    algorithms_of,
    fits,
    fitting_certificate,
    signature_value,
    signed_info_of,
)
from preservation.signatures.xml.stamps import Stamped, timestamps_of
from preservation.signatures.xml.transforms import TransformHandler

_FAILURES = {
    Match.MISMATCH: (Integrity.BROKEN, SubIndication.HASH_FAILURE),
    Match.FORGED: (Integrity.BROKEN, SubIndication.FORMAT_FAILURE),
    Match.REFUSED: (Integrity.UNKNOWN, SubIndication.SIG_CONSTRAINTS_FAILURE),
    Match.MISSING: (Integrity.UNKNOWN, SubIndication.SIGNED_DATA_NOT_FOUND),
}
_WORST_FIRST = (Match.FORGED, Match.MISMATCH, Match.REFUSED, Match.MISSING)


@dataclass(slots=True)
class _Result:
    """What is found of one signature, step by step; the worst that is found stays."""

    integrity: Integrity = Integrity.INTACT
    failure: SubIndication | None = None
    findings: list[Finding] = field(default_factory=list)

    def lower(self, integrity: Integrity, failure: SubIndication | None) -> None:
        """Take over a worse result; of two equally bad ones the first stays."""
        ranks = [Integrity.INTACT, Integrity.UNKNOWN, Integrity.BROKEN]
        if ranks.index(integrity) > ranks.index(self.integrity):
            self.integrity, self.failure = integrity, failure
        elif self.failure is None and failure is not None and integrity is self.integrity:
            self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """How the signatures of one document are read."""

    document: XmlDocument
    material: Material
    resolve: Resolve | None
    handlers: Mapping[str, TransformHandler]
    format: SignatureFormat | None
    envelope: Envelope
    ids: Mapping[etree._Element, str]


def xml_signatures(
    document: bytes,
    *,
    material: Material,
    location: str = "",
    resolve: Resolve | None = None,
    format: SignatureFormat | None = None,
    limits: SignatureLimits | None = None,
    envelope: Envelope = Envelope.DOCUMENT,
    transforms: Mapping[str, TransformHandler] | None = None,
) -> tuple[SignatureFacts, ...]:
    """Read and check every signature of an XML document.

    Args:
        document: the bytes as they are stored.
        material: takes the certificates, revocation data and tokens found.
        location: of the document in its container; begins the ids of the signatures.
        resolve: gives the data of references that lead outside the document, by their URI as written.
        format: of the container; by default XAdES where there are signed properties, else XML-DSig.
        envelope: whether the document itself is what was to be signed.
        transforms: further transforms by algorithm identifier.

    Returns:
        One entry for each signature, in document order; none when there are none.

    Raises:
        XmlFault: the document cannot be read; its finding says why.
    """
    bounds = limits or SignatureLimits()
    read = read_document(document, location=location, limit=bounds.xml)
    return signatures_in(
        read,
        material=material,
        resolve=resolve,
        format=format,
        limits=bounds,
        envelope=envelope,
        transforms=transforms,
    )


def signatures_in(
    document: XmlDocument,
    *,
    material: Material,
    resolve: Resolve | None = None,
    format: SignatureFormat | None = None,
    limits: SignatureLimits | None = None,
    envelope: Envelope = Envelope.DOCUMENT,
    transforms: Mapping[str, TransformHandler] | None = None,
) -> tuple[SignatureFacts, ...]:
    """Check every signature of a document that was read; see `xml_signatures`."""
    most = (limits or SignatureLimits()).signatures
    elements = signature_elements(document)
    reading = _Reading(
        document=document,
        material=material,
        resolve=resolve,
        handlers=transforms or {},
        format=format,
        envelope=envelope,
        ids=_ids(elements, document.location),
    )
    found = [_checked(element, reading) for element in elements[:most]]
    if len(elements) > most:
        extra = kinds.TOO_MANY.at(document.location, limit=most)
        found[-1] = replace(found[-1], findings=(*found[-1].findings, extra))
    return tuple(found)


def signature_elements(document: XmlDocument) -> list[etree._Element]:
    """Return every signature element, in document order; in edXML messages also those of its own namespace."""
    tags = [f"{{{DSIG}}}Signature"]
    if names.local(document.root).lower() == "edxml":
        tags.append(f"{{{EDXML}}}Signature")
    elements = list(document.root.iter(*tags))
    return [one for one in elements if names.space(one) == DSIG or names.child(one, "SignedInfo", (EDXML,)) is not None]


def _ids(elements: list[etree._Element], location: str) -> dict[etree._Element, str]:
    """Give each signature an id that is unique in the file."""
    taken: set[str] = set()
    ids: dict[etree._Element, str] = {}
    for number, element in enumerate(elements, 1):
        own = identifier_of(element)[:200] or f"signature-{number}"
        name = f"{location}#{own}" if location else own
        if name in taken:
            name = f"{name}-{number}"
        taken.add(name)
        ids[element] = name
    return ids


def _checked(element: etree._Element, reading: _Reading) -> SignatureFacts:
    name = reading.ids[element]
    try:
        return _examine(element, name, reading)
    except Exception as error:  # noqa: BLE001 - boundary: one signature must not hide the others, whatever a library raises
        return SignatureFacts(
            id=name,
            format=reading.format or SignatureFormat.XMLDSIG,
            integrity=Integrity.UNKNOWN,
            failure=SubIndication.SIG_CONSTRAINTS_FAILURE
            if isinstance(error, OverBudget | MemoryError)
            else SubIndication.FORMAT_FAILURE,
            findings=(kinds.FAILED.at(name, reason=f"{type(error).__name__}: {error}"[:200]),),
        )


def _examine(element: etree._Element, name: str, reading: _Reading) -> SignatureFacts:
    context = ReferenceContext(
        document=reading.document,
        signature=element,
        id=name,
        resolve=reading.resolve,
        handlers=reading.handlers,
    )
    result = _Result()
    qualifying = qualifying_properties(element)
    facts = _statements(name, qualifying, reading)
    if not len(element):
        return replace(facts, failure=SubIndication.FORMAT_FAILURE, findings=(kinds.EMPTY.at(name),))
    try:
        info = signed_info_of(element, name)
    except UnreadableSignature as error:
        return replace(facts, integrity=Integrity.UNKNOWN, failure=error.failure, findings=(error.finding,))
    references = _references(info, context, result)
    trusted = _properties_signed(element, qualifying, references, context, result)
    signed = _value_of(element, info, context, result)
    offered = offered_keys(element, context)
    kept, damaged = kept_values(qualifying.unsigned, reading.material, name)
    certificate = _signer(signed, offered, kept, qualifying if trusted else Qualifying(), reading, context, result)
    ids = tuple(reading.material.add(MaterialKind.CERTIFICATE, der) for der in offered.certificates)
    stamped = Stamped(
        signature=element,
        info=info,
        qualifying=qualifying,
        context=context,
        material=reading.material,
        kept=kept,
        offered=ids,
    )
    timestamps = timestamps_of(stamped)
    parent = _parent(element, references, reading.ids, context, result)
    # A counter-signature signs another signature; how much of the document that one covers is said there.
    scope = scope_of(element, references, Envelope.PARTS if parent else reading.envelope)
    result.findings += [*offered.findings, *damaged, *_scope_findings(scope, name)]
    if not trusted:
        facts = replace(facts, claimed_signing_time=None, policy="", reason="", location="")
    key_size = certificate.key_size if certificate is not None else 0
    return replace(
        facts,
        form=_form(element, references, qualifying),
        level=_level(trusted, kept, timestamps),
        parent=parent,
        integrity=result.integrity,
        failure=result.failure,
        scope=scope,
        certificate=certificate,
        certificates=tuple(dict.fromkeys((*ids, *_of_kind(kept, MaterialKind.CERTIFICATE)))),
        revocations=tuple(dict.fromkeys(_of_kind(kept, MaterialKind.CRL, MaterialKind.OCSP))),
        algorithms=algorithms_of(signed, (one.digest for one in references), key_size),
        value=digest_bytes(signed.value, "sha256").hex() if signed is not None else "",
        timestamps=timestamps,
        findings=tuple(dict.fromkeys(result.findings)),
    )


def _statements(name: str, qualifying: Qualifying, reading: _Reading) -> SignatureFacts:
    """Return what the signature says of itself, whether or not it is signed."""
    plain = SignatureFormat.XADES if qualifying.signed is not None else SignatureFormat.XMLDSIG
    return SignatureFacts(
        id=name,
        format=reading.format or plain,
        form=plain.value,
        integrity=Integrity.UNKNOWN,
        claimed_signing_time=qualifying.signing_time,
        policy=qualifying.policy,
        reason=qualifying.reason,
        location=qualifying.place,
    )


def _references(info: etree._Element, context: ReferenceContext, result: _Result) -> list[CheckedReference]:
    """Check the references of SignedInfo, and those of every manifest they sign."""
    space = (names.space(info),)
    checked = [check_reference(one, context) for one in names.children(info, "Reference", space)]
    if not checked:
        result.lower(Integrity.UNKNOWN, SubIndication.FORMAT_FAILURE)
        result.findings.append(kinds.STRUCTURE.at(context.id, reason="Reference"))
    checked = [_placed(one, context) for one in checked]
    for one in list(checked):
        checked += [_placed(check_reference(inner, context), context) for inner in _manifest_references(one)]
    for one in checked:
        result.findings += one.findings
    for match in _WORST_FIRST:
        if any(one.match is match for one in checked):
            result.lower(*_FAILURES[match])
            break
    return checked


def _placed(reference: CheckedReference, context: ReferenceContext) -> CheckedReference:
    """Return a reference as forged when its target stands where it does not belong."""
    if reference.match is not Match.MATCH or not is_displaced(reference, context.signature):
        return reference
    finding = kinds.WRAPPED.at(context.id, reference=reference.uri[:200])
    return replace(reference, match=Match.FORGED, findings=(*reference.findings, finding))


def _manifest_references(reference: CheckedReference) -> Iterator[etree._Element]:
    """Yield the references of the manifests a reference signs (XMLDSig 1.1, 5.1)."""
    target = reference.target
    if target is None or reference.match is not Match.MATCH:
        return
    manifests = [target] if names.named(target, "Manifest", (DSIG,)) else []
    if names.named(target, "Object", (DSIG,)):
        manifests = list(names.children(target, "Manifest", (DSIG,)))
    if reference.type != MANIFEST_TYPE and not manifests:
        return
    for manifest in manifests:
        yield from names.children(manifest, "Reference", (DSIG,))


def _properties_signed(
    element: etree._Element,
    qualifying: Qualifying,
    references: list[CheckedReference],
    context: ReferenceContext,
    result: _Result,
) -> bool:
    """Tell whether the signed properties are really signed, and record it when they are not."""
    signed = qualifying.signed
    typed = [one for one in references if one.type.endswith("#SignedProperties") and "01903" in one.type]
    if signed is None and not typed:
        return False
    if len(qualifying.elements) > 1:
        result.findings.append(kinds.STRUCTURE.at(context.id, reason="QualifyingProperties"))
    if qualifying.target and identifier_of(element) and qualifying.target != identifier_of(element):
        result.findings.append(kinds.TARGET.at(context.id))
    own = [one for one in references if signed is not None and _selects(one, signed)]
    if not own or any(one not in own for one in typed) or len(qualifying.elements) > 1:
        result.lower(Integrity.BROKEN, SubIndication.FORMAT_FAILURE)
        result.findings.append(kinds.UNSIGNED_PROPERTIES.at(context.id))
        return False
    return any(one.match is Match.MATCH for one in own)


def _selects(reference: CheckedReference, element: etree._Element) -> bool:
    """Whether a reference names exactly an element, or one around it of which it left nothing out."""
    nodes = reference.selected
    if nodes is None or reference.stripped:
        return reference.target is element
    if nodes.visible is not None:
        return reference.target is element or nodes.visible == subtree_keys([element], comments=nodes.comments)
    return nodes.top is element and not nodes.removed


def _value_of(
    element: etree._Element, info: etree._Element, context: ReferenceContext, result: _Result
) -> SignatureValue | None:
    try:
        return signature_value(element, info, context.id)
    except UnreadableSignature as error:
        result.lower(Integrity.UNKNOWN, error.failure)
        result.findings.append(error.finding)
        return None


def _signer(
    signed: SignatureValue | None,
    offered: OfferedKeys,
    kept: tuple[KeptValue, ...],
    qualifying: Qualifying,
    reading: _Reading,
    context: ReferenceContext,
    result: _Result,
) -> CertificateFacts | None:
    """Find the certificate whose key made the signature value, the one the signer named before any other.

    Source:
        EN 319 102-1, 5.2.3 and 5.2.7
    """
    pool = [*offered.certificates]
    held = (reading.material.get(one.id) for one in kept if one.kind is MaterialKind.CERTIFICATE)
    pool += [der for der in held if der is not None and der not in pool]
    digests = qualifying.certificate_digests()
    stated = named_certificates(digests, pool) if digests else pool
    if signed is None:
        return _facts_of(stated[0] if stated else None)
    found, unsupported = fitting_certificate(signed, stated)
    if found is None and len(stated) < len(pool):
        found, also = fitting_certificate(signed, pool)
        unsupported = unsupported or also
        if found is not None:
            result.lower(Integrity.INTACT, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
            result.findings.append(kinds.OTHER_CERTIFICATE.at(context.id))
    if found is None:
        if bool(digests) and not stated and offered.damaged:
            result.lower(Integrity.BROKEN, SubIndication.FORMAT_FAILURE)
        _unfitting(signed, offered, stated, unsupported, context, result)
        return _facts_of(stated[0] if stated else None)
    _compare_keys(signed, offered, context, result)
    return _facts_of(found)


def _unfitting(
    signed: SignatureValue,
    offered: OfferedKeys,
    pool: list[bytes],
    unsupported: str,
    context: ReferenceContext,
    result: _Result,
) -> None:
    """Record why no certificate fits the signature value."""
    if unsupported:
        result.lower(Integrity.UNKNOWN, SubIndication.SIG_CONSTRAINTS_FAILURE)
        result.findings.append(kinds.ALGORITHM.at(context.id, algorithm=unsupported[:120]))
    elif pool or (offered.bare and not _fits_any(signed, offered)):
        result.lower(Integrity.BROKEN, SubIndication.SIG_CRYPTO_FAILURE)
        result.findings.append(kinds.CRYPTO.at(context.id))
    elif offered.bare:
        result.lower(Integrity.INTACT, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
        result.findings.append(kinds.NO_CERTIFICATE.at(context.id))
    elif offered.damaged:
        result.lower(Integrity.UNKNOWN, SubIndication.FORMAT_FAILURE)
    else:
        result.lower(Integrity.UNKNOWN, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
        result.findings.append(kinds.NO_CERTIFICATE.at(context.id))


def _fits_any(signed: SignatureValue, offered: OfferedKeys) -> bool:
    for key in offered.bare:
        try:
            if fits(signed, key):
                return True
        except UnsupportedAlgorithm:
            continue
    return False


def _compare_keys(signed: SignatureValue, offered: OfferedKeys, context: ReferenceContext, result: _Result) -> None:
    if offered.bare and not _fits_any(signed, offered):
        result.findings.append(kinds.OTHER_KEY.at(context.id))


def _facts_of(der: bytes | None) -> CertificateFacts | None:
    try:
        return certificate_facts(der) if der is not None else None
    except UnreadableCertificate:
        return None


def _parent(
    element: etree._Element,
    references: list[CheckedReference],
    ids: Mapping[etree._Element, str],
    context: ReferenceContext,
    result: _Result,
) -> str:
    """Return the id of the signature whose value this one signs; one that only stands inside it is a fault."""
    for one in references:
        target = one.target
        if target is None or not names.named(target, "SignatureValue", (DSIG,)):
            continue
        signed = target.getparent()
        if signed is not None and signed is not element:
            return ids.get(signed, "")
    holder = element.getparent()
    if holder is not None and names.named(holder, "CounterSignature", XADES):
        result.lower(Integrity.BROKEN, SubIndication.FORMAT_FAILURE)
        result.findings.append(kinds.COUNTERSIGNATURE.at(context.id))
    return ""


def _form(element: etree._Element, references: list[CheckedReference], qualifying: Qualifying) -> str:
    kind = SignatureFormat.XADES.value if qualifying.signed is not None else SignatureFormat.XMLDSIG.value
    content = [one for one in references if not one.type.endswith("#SignedProperties")]
    targets = [one.target for one in content if one.target is not None]
    if any(target in set(element.iterancestors()) for target in targets):
        return f"{kind} enveloped"
    if any(element in set(target.iterancestors()) for target in targets):
        return f"{kind} enveloping"
    return f"{kind} detached"


def _level(trusted: bool, kept: tuple[KeptValue, ...], timestamps: tuple[TimestampFacts, ...]) -> Level:
    """Return the level as found: each needs what the one below it needs (EN 319 132-1, 6)."""
    if not trusted:
        return Level.NONE
    stamped = {one.kind for one in timestamps}
    if not stamped & {TimestampKind.SIGNATURE, TimestampKind.VALIDATION_DATA, TimestampKind.ARCHIVE}:
        return Level.B
    if TimestampKind.ARCHIVE in stamped:
        return Level.LTA
    found = {one.kind for one in kept}
    complete = MaterialKind.CERTIFICATE in found and found & {MaterialKind.CRL, MaterialKind.OCSP}
    return Level.LT if complete else Level.T


def _of_kind(kept: tuple[KeptValue, ...], *wanted: MaterialKind) -> Iterator[str]:
    return (one.id for one in kept if one.kind in wanted)


def _scope_findings(scope: Scope, name: str) -> Iterator[Finding]:
    if scope.whole_document is False:
        yield kinds.PARTIAL.at(name, uncovered=", ".join(scope.uncovered)[:300] or "-")
