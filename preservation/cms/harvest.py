"""Takes certificates and revocation data out of a CMS signature, for the package to keep.

Source:
    RFC 5652 sections 10.2.1 and 10.2.2; RFC 5940; ETSI EN 319 122-1 section 5.4 and annex A.1
"""

from collections.abc import Iterator
from dataclasses import dataclass

from asn1crypto import cms, core

from model.material import Material, MaterialKind
from preservation.cms import attributes as attrs
from preservation.cms import tlv
from preservation.cms.attributes import SignerFields, values_of

_MOST = 1_000
"""Certificates, and pieces of revocation data, taken from one signature."""
_RI_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
_OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1"
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What a signature carries."""

    certificates: tuple[str, ...] = ()
    """Ids in the material."""
    revocations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """The certificates and revocation data beside the signers of one SignedData."""

    certificates: tuple[bytes, ...]
    """DER of the X.509 certificates; attribute certificates are left out."""
    certificate_choices: tuple[bytes, ...]
    """Every element of the set as sent: what an archive timestamp covers."""
    revocations: tuple[bytes, ...]
    """Every element as sent: CRLs, and others with tag [1]."""
    truncated: bool
    """There were more than are looked at."""


def read_bag(signed_data: cms.SignedData) -> Bag:
    """Return the certificates and revocation data of a SignedData; what is damaged is left out."""
    choices = list(_optional_set(signed_data, _CONTEXT_0))
    revocations = list(_optional_set(signed_data, _CONTEXT_1))
    return Bag(
        certificates=tuple(choice for choice in choices[:_MOST] if choice[0] == tlv.SEQUENCE),
        certificate_choices=tuple(choices[:_MOST]),
        revocations=tuple(revocations[:_MOST]),
        truncated=len(choices) > _MOST or len(revocations) > _MOST,
    )


def keep_bag(bag: Bag, material: Material) -> Harvest:
    """Add the contents of a bag to the material."""
    certificates = [material.add(MaterialKind.CERTIFICATE, der) for der in bag.certificates]
    revocations = [_keep_revocation(element, material) for element in bag.revocations]
    return Harvest(certificates=_unique(certificates), revocations=_unique(revocations))


def keep_attributes(signer: SignerFields, material: Material) -> Harvest:
    """Add certificate and revocation values among a signer's attributes to the material; damaged ones are left out."""
    certificates: list[str] = []
    revocations: list[str] = []
    both = (*signer.signed_attributes, *signer.unsigned_attributes)
    for value in values_of(both, attrs.CERTIFICATE_VALUES):
        certificates += [material.add(MaterialKind.CERTIFICATE, der) for der in _members(value) if der[0] == 0x30]
    for value in values_of(both, attrs.REVOCATION_VALUES):
        revocations += _keep_revocation_values(value, material, basic=True)
    for value in values_of(both, attrs.ADOBE_REVOCATION):
        revocations += _keep_revocation_values(value, material, basic=False)
    return Harvest(certificates=_unique(certificates), revocations=_unique(revocations))


def ocsp_response(basic: bytes) -> bytes:
    """Wrap a BasicOCSPResponse into the OCSPResponse a responder sends (RFC 6960, 4.2.1)."""
    inner = core.ObjectIdentifier(_OCSP_BASIC).dump() + tlv.encode(tlv.OCTET_STRING, basic)
    wrapped = tlv.encode(_CONTEXT_0, tlv.encode(tlv.SEQUENCE, inner))
    return tlv.encode(tlv.SEQUENCE, b"\x0a\x01\x00" + wrapped)


def _keep_revocation(element: bytes, material: Material) -> str:
    if element[0] == tlv.SEQUENCE:
        return material.add(MaterialKind.CRL, element)
    if element[0] != _CONTEXT_1:
        return ""
    parts = _members(element)
    if len(parts) < 2 or parts[0][0] != tlv.OBJECT_IDENTIFIER:
        return ""
    kind = core.ObjectIdentifier.load(parts[0]).dotted
    if kind == _RI_OCSP_RESPONSE:
        return material.add(MaterialKind.OCSP, parts[1])
    if kind == _OCSP_BASIC:
        return material.add(MaterialKind.OCSP, ocsp_response(parts[1]))
    return ""


def _keep_revocation_values(value: bytes, material: Material, *, basic: bool) -> list[str]:
    """Read RevocationValues (basic responses) or Adobe's RevocationInfoArchival (whole responses)."""
    kept: list[str] = []
    for part in _members(value):
        inner = _members(part)
        entries = _members(inner[0]) if inner else []
        if part[0] == _CONTEXT_0:
            kept += [material.add(MaterialKind.CRL, der) for der in entries]
        elif part[0] == _CONTEXT_1:
            kept += [material.add(MaterialKind.OCSP, ocsp_response(der) if basic else der) for der in entries]
    return kept


def _members(value: bytes) -> list[bytes]:
    try:
        return [tlv.raw(value, child) for child in tlv.children(value, tlv.element_at(value, 0))][:_MOST]
    except tlv.BadEncoding:
        return []


def _optional_set(signed_data: cms.SignedData, tag: int) -> Iterator[bytes]:
    data = tlv.sequence_as_sent(signed_data)
    try:
        for number, part in enumerate(tlv.children(data, tlv.element_at(data, 0))):
            if number > 2 and part.tag == tag:
                for count, element in enumerate(tlv.children(data, part)):
                    if count > _MOST:
                        return
                    yield tlv.raw(data, element)
    except tlv.BadEncoding:
        return


def _unique(ids: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(identifier for identifier in ids if identifier))
