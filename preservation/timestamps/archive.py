"""What the timestamps inside a CAdES signature were made for: the octets their imprints cover.

Source:
    ETSI EN 319 122-1 sections 5.3 to 5.5 and annex A; ETSI TS 101 733 v1.8.3 section 6.4.1; RFC 5126 section 6.3
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from asn1crypto import algos

from model.material import Material
from model.text import N_
from preservation.cms import attributes as attrs
from preservation.cms import tlv
from preservation.cms.attributes import Attribute, SignerFields, read_signer, values_of
from preservation.cms.digests import digest_bytes, digest_chunks, name_of
from preservation.cms.envelope import UnreadableCms, open_envelope
from preservation.cms.harvest import Bag, keep_attributes, keep_bag
from preservation.timestamps.token import token_of, token_time

TIMESTAMP_ATTRIBUTES = (
    attrs.SIGNATURE_TIMESTAMP,
    attrs.MICROSOFT_TIMESTAMP,
    attrs.ESC_TIMESTAMP,
    attrs.REFERENCES_TIMESTAMP,
    attrs.ARCHIVE_TIMESTAMP_V1,
    attrs.ARCHIVE_TIMESTAMP_V2,
    attrs.ARCHIVE_TIMESTAMP_V3,
)
_REFERENCES = (attrs.CERTIFICATE_REFERENCES, attrs.REVOCATION_REFERENCES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A signature as its timestamps see it."""

    signer: SignerFields
    bag: Bag
    content_type: bytes
    """The identifier of the type of the contents, as sent."""
    digest: Callable[[str], bytes | None]
    """Digest of the signed contents by algorithm; none when they are not here."""
    content: Callable[[], bytes | None] | None = None
    """The contents themselves, where they can be had."""
    attached: bool = False
    """Whether they are inside the signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a timestamp covers."""

    imprint: Callable[[str], bytes | None]
    """Digest of what was stamped, by algorithm; none where it cannot be computed."""
    material: tuple[str, ...] = ()
    """Ids of the material whose existence it proves."""
    missing: int = 0
    """Entries of its index that nothing in the signature explains: something was taken away."""


def archive_coverage(oid: str, token: bytes, stamped: Stamped) -> Coverage:
    """Return what an archive timestamp of any version covers.

    Args:
        oid: of the attribute that holds the token.
    Raises:
        UnreadableCms, BadEncoding and other errors of a damaged token.
    """
    if oid == attrs.ARCHIVE_TIMESTAMP_V3:
        return _coverage_v3(token, stamped)
    earlier = _unsigned_before(token, stamped.signer)
    material = Material()
    kept = keep_bag(stamped.bag, material)
    inner = _material_in(replace(stamped.signer, unsigned_attributes=earlier))
    return Coverage(
        imprint=lambda name: _imprint_v2(name, stamped, earlier),
        material=tuple(dict.fromkeys((*kept.certificates, *kept.revocations, *inner))),
    )


def references_imprint(oid: str, signer: SignerFields, name: str) -> bytes:
    """Return the digest a CAdES-X timestamp was made for (RFC 5126, 6.3.5 and 6.3.6)."""
    wanted = _REFERENCES if oid == attrs.REFERENCES_TIMESTAMP else (attrs.SIGNATURE_TIMESTAMP, *_REFERENCES)
    pieces = [signer.signature] if oid == attrs.ESC_TIMESTAMP else []
    for kind in wanted:
        for attribute in signer.unsigned_attributes:
            if attribute.oid == kind:
                pieces += [attribute.kind, tlv.encode(tlv.SET, b"".join(attribute.values))]
    return digest_chunks(pieces, (name,))[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """An ATSHashIndex of any version (EN 319 122-1, 5.5.2 and annex A.1.5)."""

    encoded: bytes
    algorithm: str
    certificates: frozenset[bytes]
    revocations: frozenset[bytes]
    unsigned: frozenset[bytes]


def _coverage_v3(token: bytes, stamped: Stamped) -> Coverage:
    """Match the index with what is here, and put together the octets (EN 319 122-1, 5.5.3)."""
    index = _hash_index(token)
    certificates, revocations = stamped.bag.certificate_choices, stamped.bag.revocations
    covered_bag = replace(
        stamped.bag,
        certificates=tuple(_in_index(stamped.bag.certificates, index.certificates, index.algorithm)),
        revocations=tuple(_in_index(revocations, index.revocations, index.algorithm)),
    )
    attributes = stamped.signer.unsigned_attributes
    digests = {number: set(_attribute_digests(one, index.algorithm)) for number, one in enumerate(attributes)}
    covered = tuple(attributes[number] for number, known in digests.items() if known & index.unsigned)
    explained = set[bytes]().union(*digests.values())
    missing = (
        len(index.certificates - _digests(certificates, index.algorithm))
        + len(index.revocations - _digests(revocations, index.algorithm))
        + len(index.unsigned - explained)
    )
    kept = keep_bag(covered_bag, Material())
    inner = _material_in(replace(stamped.signer, unsigned_attributes=covered))
    return Coverage(
        imprint=lambda name: None if missing else _imprint_v3(name, stamped, index.encoded),
        material=tuple(dict.fromkeys((*kept.certificates, *kept.revocations, *inner))),
        missing=missing,
    )


def _imprint_v3(name: str, stamped: Stamped, index: bytes) -> bytes | None:
    content = stamped.digest(name)
    if content is None:
        return None
    signer = stamped.signer
    signed = b"" if signer.signed is None else tlv.encode(0xA0, signer.signed)
    fields = (signer.version, signer.sid, signer.digest_algorithm, signed, signer.signature_algorithm)
    return digest_chunks((stamped.content_type, content, *fields, signer.signature_field, index), (name,))[name]


def _imprint_v2(name: str, stamped: Stamped, earlier: tuple[Attribute, ...]) -> bytes | None:
    """Digest of the whole signature as it was then (TS 101 733 v1.8.3, 6.4.1).

    The clause leaves encodings open; none is returned where the contents cannot be had, and a difference proves
    nothing (see `imprint_is_certain`).
    """
    content = stamped.content() if stamped.content else None
    if content is None:
        return None
    attached = tlv.encode(0xA0, tlv.encode(tlv.OCTET_STRING, content)) if stamped.attached else b""
    pieces = [tlv.encode(tlv.SEQUENCE, stamped.content_type + attached)]
    pieces += [] if stamped.attached else [content]
    for tag, elements in ((0xA0, stamped.bag.certificate_choices), (0xA1, stamped.bag.revocations)):
        pieces += [tlv.encode(tag, b"".join(elements))] if elements else []
    signer = stamped.signer
    pieces += [signer.version, signer.sid, signer.digest_algorithm]
    pieces += [] if signer.signed is None else [tlv.encode(0xA0, signer.signed)]
    pieces += [signer.signature_algorithm, signer.signature_field]
    pieces += [tlv.encode(0xA1, b"".join(one.encoded for one in earlier))] if earlier else []
    return digest_chunks(pieces, (name,))[name]


def imprint_is_certain(oid: str) -> bool:
    """Return whether a difference between imprints proves that a timestamp is foreign.

    The older archive and reference timestamps cover octets whose encoding their standards leave open.
    """
    return oid in (
        attrs.SIGNATURE_TIMESTAMP,
        attrs.MICROSOFT_TIMESTAMP,
        attrs.CONTENT_TIMESTAMP,
        attrs.ARCHIVE_TIMESTAMP_V3,
    )


def _unsigned_before(token: bytes, signer: SignerFields) -> tuple[Attribute, ...]:
    """Return the unsigned attributes that were there when an archive timestamp was made: without later timestamps."""
    moment = token_time(token)
    older = (attrs.ARCHIVE_TIMESTAMP_V1, attrs.ARCHIVE_TIMESTAMP_V2)
    return tuple(
        one
        for one in signer.unsigned_attributes
        if one.oid not in older or all(_before(value, moment) for value in one.values)
    )


def _before(token: bytes, moment: datetime) -> bool:
    try:
        return token_time(token) < moment
    except UnreadableCms:
        return False


def _material_in(signer: SignerFields) -> tuple[str, ...]:
    """Return the ids of tokens, certificates and revocation data inside unsigned attributes."""
    kept = keep_attributes(replace(signer, signed_attributes=()), Material())
    tokens = [
        hashlib.sha256(token_of(value)).hexdigest()
        for oid in TIMESTAMP_ATTRIBUTES
        for value in values_of(signer.unsigned_attributes, oid)
    ]
    return (*kept.certificates, *kept.revocations, *tokens)


def _hash_index(token: bytes) -> _Index:
    """Read the index among the unsigned attributes of an archive timestamp.

    Raises:
        UnreadableCms: there is none, or it is damaged.
    """
    signers = list(open_envelope(token_of(token)).signed_data["signer_infos"])
    unsigned = read_signer(signers[0]).unsigned_attributes if signers else ()
    for oid in (attrs.HASH_INDEX_V3, attrs.HASH_INDEX_V2, attrs.HASH_INDEX_V1):
        for value in values_of(unsigned, oid):
            return _read_index(value)
    raise UnreadableCms(N_("it lacks the index of what it covers"))


def _read_index(value: bytes) -> _Index:
    parts = list(tlv.children(value, tlv.element_at(value, 0)))
    algorithm: str | None = "sha256"
    if len(parts) == 4:
        algorithm = name_of(algos.DigestAlgorithm.load(tlv.raw(value, parts.pop(0)))["algorithm"].dotted)
    if len(parts) != 3 or algorithm is None:
        raise UnreadableCms(N_("its index of what it covers cannot be read"))
    sets = [frozenset(tlv.octets(value, entry) for entry in tlv.children(value, part)) for part in parts]
    return _Index(encoded=value, algorithm=algorithm, certificates=sets[0], revocations=sets[1], unsigned=sets[2])


def _attribute_digests(attribute: Attribute, algorithm: str) -> Iterator[bytes]:
    """Yield what may stand for an attribute: the whole one (first version), or its kind with each value."""
    yield digest_bytes(attribute.encoded, algorithm)
    for value in attribute.values:
        yield digest_bytes(attribute.kind + value, algorithm)


def _digests(elements: Iterable[bytes], algorithm: str) -> frozenset[bytes]:
    return frozenset(digest_bytes(element, algorithm) for element in elements)


def _in_index(elements: Iterable[bytes], index: frozenset[bytes], algorithm: str) -> Iterator[bytes]:
    return (element for element in elements if digest_bytes(element, algorithm) in index)
