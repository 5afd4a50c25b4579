"""Timestamps inside an XML signature, and the bytes each of them stamps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from model.findings import Finding
from model.material import Material
from model.signatures import TimestampFacts, TimestampKind
from model.text import N_
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.canonical import DEFAULT, Method, canonicalize_element, method_of
from preservation.signatures.xml.names import DSIG, XADES
from preservation.signatures.xml.properties import KeptValue, Qualifying
from preservation.signatures.xml.references import ReferenceContext, reference_octets, unique_element
from preservation.signatures.xml.transforms import decode_base64
from preservation.timestamps.token import timestamp_facts

_MOST = 200
_KINDS = {
    "SignatureTimeStamp": TimestampKind.SIGNATURE,
    "SigAndRefsTimeStamp": TimestampKind.VALIDATION_DATA,
    "SigAndRefsTimeStampV2": TimestampKind.VALIDATION_DATA,
    "RefsOnlyTimeStamp": TimestampKind.VALIDATION_DATA,
    "RefsOnlyTimeStampV2": TimestampKind.VALIDATION_DATA,
    "ArchiveTimeStamp": TimestampKind.ARCHIVE,
    "ArchiveTimeStampV2": TimestampKind.ARCHIVE,
    "AllDataObjectsTimeStamp": TimestampKind.CONTENT,
    "IndividualDataObjectsTimeStamp": TimestampKind.CONTENT,
}
_REFERENCES = (
    "CompleteCertificateRefs",
    "CompleteCertificateRefsV2",
    "CompleteRevocationRefs",
    "AttributeCertificateRefs",
    "AttributeCertificateRefsV2",
    "AttributeRevocationRefs",
)
_NO_DATA = N_("signed data is not here")
_NO_TARGET = N_("it names a part that is not there")
_METHOD = N_("its canonicalization method is not known")


class _NotComputed(Exception):
    """The stamped bytes cannot be put together; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """The signature whose timestamps are read."""

    signature: etree._Element
    info: etree._Element
    qualifying: Qualifying
    context: ReferenceContext
    material: Material
    kept: tuple[KeptValue, ...] = ()
    """Validation material of the unsigned properties."""
    offered: tuple[str, ...] = ()
    """Ids of the certificates of KeyInfo."""


def timestamps_of(stamped: Stamped) -> tuple[TimestampFacts, ...]:
    """Read every timestamp of a signature, in the order of their making.

    Source:
        EN 319 132-1, 5.2.8, 5.3, 5.4.1 and 5.5.2; TS 101 903 V1.4.2, 7 and 8.2.1
    """
    found: list[TimestampFacts] = []
    for element in (*_of(stamped.qualifying.data_objects), *_of(stamped.qualifying.unsigned)):
        for token in _tokens(element):
            if len(found) >= _MOST:
                return tuple(found)
            found.append(_facts(element, token, found, stamped))
    return tuple(found)


def _of(properties: etree._Element | None) -> Iterator[etree._Element]:
    for element in properties if properties is not None else ():
        if names.local(element) in _KINDS and names.space(element) in XADES:
            yield element


def _tokens(element: etree._Element) -> list[etree._Element | None]:
    """Return the RFC 3161 tokens of a timestamp; a single none where it has only others (XMLTimeStamp)."""
    return list(names.children(element, "EncapsulatedTimeStamp", XADES)) or [None]


def _facts(
    element: etree._Element, token: etree._Element | None, earlier: list[TimestampFacts], stamped: Stamped
) -> TimestampFacts:
    order = len(earlier)
    name = f"{stamped.context.id}/{names.local(element)}-{order + 1}"
    content = decode_base64(names.text_of(token).encode()) if token is not None else b""
    findings: list[Finding] = []
    if not content:
        findings.append(kinds.STAMP_FORM.at(stamped.context.id, timestamp=name))
    try:
        variants: list[bytes | None] = list(_stamped_bytes(element, stamped))
    except (_NotComputed, etree.C14NError) as error:
        findings.append(kinds.STAMP_IMPRINT.at(stamped.context.id, timestamp=name, reason=error))
        variants = [None]
    facts = _token_facts(element, content or b"", variants[0], name, earlier, stamped)
    for octets in variants[1:]:
        if facts.imprint_matches is not False:
            break
        facts = _token_facts(element, content or b"", octets, name, earlier, stamped)
    return replace(facts, findings=(*facts.findings, *findings))


def _token_facts(
    element: etree._Element,
    token: bytes,
    octets: bytes | None,
    name: str,
    earlier: list[TimestampFacts],
    stamped: Stamped,
) -> TimestampFacts:
    def imprint(algorithm: str) -> bytes | None:
        try:
            return digest_bytes(octets, algorithm) if octets is not None else None
        except UnsupportedAlgorithm:
            return None

    kind = _KINDS[names.local(element)]
    covered = tuple(dict.fromkeys(_covered(element, earlier, stamped))) if kind is TimestampKind.ARCHIVE else ()
    return timestamp_facts(
        token,
        imprint if octets is not None else None,
        id=name,
        kind=kind,
        material=stamped.material,
        order=len(earlier),
        covers=(stamped.context.id,),
        covered_material=covered,
    )


def _covered(element: etree._Element, earlier: Iterable[TimestampFacts], stamped: Stamped) -> Iterator[str]:
    """Yield the ids of the material that stands before an archive timestamp, and of KeyInfo's certificates."""
    yield from stamped.offered
    before = set(element.itersiblings(preceding=True))
    for value in stamped.kept:
        if any(ancestor in before for ancestor in value.element.iterancestors()):
            yield value.id
    for facts in earlier:
        yield from (facts.token, *facts.certificates) if facts.token else ()


def _stamped_bytes(element: etree._Element, stamped: Stamped) -> Iterator[bytes]:
    """Yield the bytes a timestamp stamps; more than one reading where the standards' versions differ."""
    method = _method(element)
    name = names.local(element)
    if any(names.local(part) in ("Include", "HashDataInfo") for part in element):
        yield b"".join(_included(element, method, stamped))
    elif name == "SignatureTimeStamp":
        yield canonicalize_element(_value(stamped), method)
    elif name.startswith("SigAndRefs"):
        parts = [_value(stamped), *_before(element, (*_REFERENCES, "SignatureTimeStamp"))]
        yield b"".join(canonicalize_element(part, method) for part in parts)
    elif name.startswith("RefsOnly"):
        yield b"".join(canonicalize_element(part, method) for part in _before(element, _REFERENCES))
    elif name == "AllDataObjectsTimeStamp":
        yield b"".join(_data_objects(method, stamped))
    elif name.startswith("ArchiveTimeStamp"):
        yield from _archived(element, method, stamped)
    else:
        raise _NotComputed(_NO_TARGET)


def _method(element: etree._Element) -> Method:
    given = names.child(element, "CanonicalizationMethod", (DSIG,))
    if given is None:
        return DEFAULT
    method = method_of(given.get("Algorithm", ""), given)
    if method is None:
        raise _NotComputed(_METHOD)
    return method


def _value(stamped: Stamped) -> etree._Element:
    value = names.child(stamped.signature, "SignatureValue", (names.space(stamped.signature),))
    if value is None:
        raise _NotComputed(_NO_TARGET)
    return value


def _before(element: etree._Element, wanted: Iterable[str]) -> list[etree._Element]:
    chosen = tuple(wanted)
    return [one for one in reversed(list(element.itersiblings(preceding=True))) if names.local(one) in chosen]


def _included(element: etree._Element, method: Method, stamped: Stamped) -> Iterator[bytes]:
    """Yield the parts a timestamp names one by one (TS 101 903 V1.4.2, 7.1.4.3.1)."""
    for part in element:
        if names.local(part) not in ("Include", "HashDataInfo"):
            continue
        uri = part.get("URI") or part.get("uri") or ""
        target = unique_element(uri[1:], stamped.context) if uri.startswith("#") else None
        if target is None:
            raise _NotComputed(_NO_TARGET)
        if names.local(target) == "Reference" and part.get("referencedData") in ("true", "1"):
            yield _reference(target, method, stamped)
        else:
            yield canonicalize_element(target, method)


def _references(stamped: Stamped) -> Iterator[etree._Element]:
    return names.children(stamped.info, "Reference", (names.space(stamped.info),))


def _reference(reference: etree._Element, method: Method, stamped: Stamped) -> bytes:
    octets = reference_octets(reference, stamped.context, method)
    if octets is None:
        raise _NotComputed(_NO_DATA)
    return octets


def _data_objects(method: Method, stamped: Stamped) -> Iterator[bytes]:
    """Yield what was to be signed before the properties existed (EN 319 132-1, 5.2.8.1)."""
    for reference in _references(stamped):
        if not reference.get("Type", "").endswith("#SignedProperties"):
            yield _reference(reference, method, stamped)


def _archived(element: etree._Element, method: Method, stamped: Stamped) -> Iterator[bytes]:
    """Yield what an archive timestamp stamps; of the objects all, or those no reference names."""
    signature = stamped.signature
    space = (names.space(signature),)
    parts = [_reference(reference, method, stamped) for reference in _references(stamped)]
    for name in ("SignedInfo", "SignatureValue", "KeyInfo"):
        parts.extend(canonicalize_element(one, method) for one in names.children(signature, name, space))
    before = [one for one in reversed(list(element.itersiblings(preceding=True))) if isinstance(one.tag, str)]
    parts.extend(canonicalize_element(one, method) for one in before)
    objects = [
        one
        for one in names.children(signature, "Object", space)
        if not any(names.named(part, "QualifyingProperties", XADES) for part in one)
    ]
    named = {reference.get("URI", "").removeprefix("#") for reference in _references(stamped)}
    loose = [one for one in objects if one.get("Id", "") not in named]
    for chosen in [objects, loose] if len(loose) != len(objects) else [objects]:
        yield b"".join((*parts, *(canonicalize_element(one, method) for one in chosen)))
