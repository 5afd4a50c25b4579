"""The attributes of a signer as they were sent, and the fields they stand between.

They are read from the bytes: what the ASN.1 library knows of an attribute depends on which modules were loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from asn1crypto import core

from model.text import N_
from preservation.cms import tlv

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_AA = "1.2.840.113549.1.9.16.2."
SIGNING_CERTIFICATE = _AA + "12"
SIGNATURE_TIMESTAMP = _AA + "14"
SIGNATURE_POLICY = _AA + "15"
COMMITMENT_TYPE = _AA + "16"
SIGNER_LOCATION = _AA + "17"
OTHER_SIGNING_CERTIFICATE = _AA + "19"
CONTENT_TIMESTAMP = _AA + "20"
CERTIFICATE_REFERENCES = _AA + "21"
REVOCATION_REFERENCES = _AA + "22"
CERTIFICATE_VALUES = _AA + "23"
REVOCATION_VALUES = _AA + "24"
ESC_TIMESTAMP = _AA + "25"
REFERENCES_TIMESTAMP = _AA + "26"
ARCHIVE_TIMESTAMP_V1 = _AA + "27"
SIGNING_CERTIFICATE_V2 = _AA + "47"
ARCHIVE_TIMESTAMP_V2 = _AA + "48"
ARCHIVE_TIMESTAMP_V3 = "0.4.0.1733.2.4"
HASH_INDEX_V1 = "0.4.0.1733.2.5"
HASH_INDEX_V2 = "0.4.0.19122.1.4"
HASH_INDEX_V3 = "0.4.0.19122.1.5"
MICROSOFT_TIMESTAMP = "1.3.6.1.4.1.311.3.3.1"
ADOBE_REVOCATION = "1.2.840.113583.1.1.8"
COMMITMENTS = {
    "1.2.840.113549.1.9.16.6.1": "proof of origin",
    "1.2.840.113549.1.9.16.6.2": "proof of receipt",
    "1.2.840.113549.1.9.16.6.3": "proof of delivery",
    "1.2.840.113549.1.9.16.6.4": "proof of sender",
    "1.2.840.113549.1.9.16.6.5": "proof of approval",
    "1.2.840.113549.1.9.16.6.6": "proof of creation",
}

_MOST = 1_000
"""Attributes of one signer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute."""

    oid: str
    kind: bytes
    """The identifier as sent."""
    values: tuple[bytes, ...]
    """Each value as sent."""
    encoded: bytes
    """The whole attribute as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFields:
    """One SignerInfo, field by field, as sent (RFC 5652, 5.3)."""

    version: bytes
    sid: bytes
    digest_algorithm: bytes
    signed: bytes | None
    """Contents of the signed attributes; none when there are none."""
    signature_algorithm: bytes
    signature: bytes
    """The signature value itself."""
    signature_field: bytes
    """The octet string that holds it."""
    signed_attributes: tuple[Attribute, ...]
    unsigned_attributes: tuple[Attribute, ...]
    unsigned_readable: bool = True
    """Whether the unsigned attributes, which no signature protects, could be read."""

    def signed_value(self, oid: str) -> bytes | None:
        """Return the first value of a signed attribute."""
        return next(values_of(self.signed_attributes, oid), None)


def values_of(attributes: tuple[Attribute, ...], oid: str) -> Iterator[bytes]:
    """Yield the values of every attribute of a kind."""
    return (value for attribute in attributes if attribute.oid == oid for value in attribute.values)


def read_signer(signer_info: core.Sequence) -> SignerFields:
    """Take a SignerInfo apart.

    Raises:
        BadEncoding: it is damaged.
    """
    data = tlv.sequence_as_sent(signer_info)
    parts = list(tlv.children(data, tlv.element_at(data, 0)))
    signed = next((part for part in parts[3:4] if part.tag == 0xA0), None)
    rest = parts[4:] if signed else parts[3:]
    if len(rest) < 2 or rest[1].tag not in (tlv.OCTET_STRING, tlv.OCTET_STRING_IN_PIECES):
        raise tlv.BadEncoding(N_("a signer lacks its signature value"))
    signed_contents = tlv.body(data, signed) if signed else None
    unsigned, readable = _unsigned(data, rest[2:])
    return SignerFields(
        version=tlv.raw(data, parts[0]),
        sid=tlv.raw(data, parts[1]),
        digest_algorithm=tlv.raw(data, parts[2]),
        signed=signed_contents,
        signature_algorithm=tlv.raw(data, rest[0]),
        signature=tlv.octets(data, rest[1]),
        signature_field=tlv.raw(data, rest[1]),
        signed_attributes=read_attributes(signed_contents or b""),
        unsigned_attributes=unsigned,
        unsigned_readable=readable,
    )


def read_attributes(contents: bytes) -> tuple[Attribute, ...]:
    """Read the contents of a set of attributes.

    Raises:
        BadEncoding: it is damaged, or there are far too many.
    """
    found: list[Attribute] = []
    for element in tlv.children(contents):
        if len(found) >= _MOST:
            raise tlv.BadEncoding(N_("a signer has too many attributes"))
        parts = list(tlv.children(contents, element))
        if len(parts) < 2 or parts[0].tag != tlv.OBJECT_IDENTIFIER:
            raise tlv.BadEncoding(N_("an attribute is damaged"))
        kind = tlv.raw(contents, parts[0])
        found.append(
            Attribute(
                oid=_dotted(kind),
                kind=kind,
                values=tuple(tlv.raw(contents, value) for value in tlv.children(contents, parts[1])),
                encoded=tlv.raw(contents, element),
            )
        )
    return tuple(found)


def _unsigned(data: bytes, rest: list[tlv.Element]) -> tuple[tuple[Attribute, ...], bool]:
    element = next((part for part in rest if part.tag == 0xA1), None)
    if element is None:
        return (), not rest
    try:
        return read_attributes(tlv.body(data, element)), True
    except tlv.BadEncoding:
        return (), False


def _dotted(der: bytes) -> str:
    try:
        return str(core.ObjectIdentifier.load(der).dotted)
    except (ValueError, TypeError, IndexError) as exc:
        raise tlv.BadEncoding(N_("an identifier cannot be read")) from exc
