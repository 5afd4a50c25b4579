"""Validation data laid into a timestamp token, so that the next timestamp covers it.

Certificates and revocation lists lie in fields that nobody signs: the token stays the same timestamp, its signature is
untouched. What is there already stays, byte for byte.

Source:
    RFC 5652 5.1 (`certificates`, `crls`); RFC 5940 (OCSP responses); RFC 4998 5.3
"""

from collections.abc import Iterable, Iterator

from asn1crypto import core

from preservation.cms import tlv

_CERTIFICATES, _REVOCATIONS = 0xA0, 0xA1
_OTHER = 0xA1
_OCSP_RESPONSE = core.ObjectIdentifier("1.3.6.1.5.5.7.16.2").dump()
_VERSION_WITH_OTHERS = b"\x02\x01\x05"
"""RFC 5652 5.1: version 5 where revocation data of another kind than CRLs is present."""


def with_validation_data(
    token: bytes, certificates: Iterable[bytes], crls: Iterable[bytes], ocsps: Iterable[bytes] = ()
) -> bytes:
    """Return a token that carries further certificates and revocation data.

    Args:
        token: DER or BER `TimeStampToken`.
        certificates: DER.
        crls: DER.
        ocsps: DER `OCSPResponse`; give them only where no list says the same: older programs cannot read them.

    Raises:
        ValueError: it is no token.
    """
    others = [tlv.encode(_OTHER, _OCSP_RESPONSE + response) for response in ocsps]
    try:
        oid, wrapped = tlv.children(token, tlv.element_at(token, 0))
        (signed,) = tlv.children(token, wrapped)
        parts = list(tlv.children(token, signed))
        fixed, between, signers = parts[:3], parts[3:-1], parts[-1]
        if len(fixed) != 3 or signers.tag != tlv.SET:
            raise ValueError("not a timestamp token")
        held = {part.tag: list(_elements(token, part)) for part in between}
    except tlv.BadEncoding as error:
        raise ValueError("not a timestamp token") from error
    version = _VERSION_WITH_OTHERS if others else tlv.raw(token, fixed[0])
    contents = [version, *(tlv.raw(token, part) for part in fixed[1:])]
    contents.append(_set(_CERTIFICATES, held.get(_CERTIFICATES, []), certificates))
    contents.append(_set(_REVOCATIONS, held.get(_REVOCATIONS, []), [*crls, *others]))
    contents.append(tlv.raw(token, signers))
    inner = tlv.encode(wrapped.tag, tlv.encode(tlv.SEQUENCE, b"".join(contents)))
    return tlv.encode(tlv.SEQUENCE, tlv.raw(token, oid) + inner)


def _elements(token: bytes, part: tlv.Element) -> Iterator[bytes]:
    return (tlv.raw(token, element) for element in tlv.children(token, part))


def _set(tag: int, held: Iterable[bytes], added: Iterable[bytes]) -> bytes:
    """Return a set in the order DER gives it; nothing where it is empty (X.690, 11.6)."""
    elements = sorted({*held, *added})
    return tlv.encode(tag, b"".join(elements)) if elements else b""
