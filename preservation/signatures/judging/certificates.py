"""Certificates as path building needs them, each parsed once, each signature on one verified once."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from asn1crypto import core, x509

from model.signatures import CertificateFacts
from preservation.cms.certificates import certificate_facts, parse
from preservation.cms.keys import SignatureScheme, UnsupportedAlgorithm, scheme_of, verify
from preservation.cms.tlv import sequence_as_sent

MAX_KNOWN = 8192
"""Certificates, and pairs of them, kept between files."""
_NO_REV_AVAIL = "2.5.29.56"
_SHORT_TERM = "0.4.0.194121.2.1"

_known: dict[str, "Cert"] = {}
_issued: dict[tuple[str, str], bool] = {}


@dataclass(frozen=True, eq=False)
class Cert:
    """One certificate; equal to another by its id alone."""

    id: str
    der: bytes
    parsed: x509.Certificate
    facts: CertificateFacts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cert) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def subject(self) -> str:
        """Subject in the form by which names are compared."""
        return comparable(self.parsed.subject)

    @cached_property
    def issuer(self) -> str:
        """Issuer in the form by which names are compared."""
        return comparable(self.parsed.issuer)

    @cached_property
    def key(self) -> bytes:
        """Its public key, DER."""
        return bytes(self.parsed.public_key.dump())

    @cached_property
    def scheme(self) -> SignatureScheme | None:
        """How the certificate was signed; none where that is not supported."""
        try:
            return scheme_of(self.parsed["signature_algorithm"], None)
        except UnsupportedAlgorithm:
            return None

    @cached_property
    def key_usage(self) -> frozenset[str] | None:
        """What its key may be used for; none: everything."""
        value = self.parsed.key_usage_value
        return None if value is None else frozenset(value.native)

    @cached_property
    def extended_key_usage(self) -> frozenset[str] | None:
        """Purposes it is restricted to; none: not restricted."""
        value = self.parsed.extended_key_usage_value
        return None if value is None else frozenset(value.native)

    @cached_property
    def needs_no_revocation(self) -> bool:
        """Whether its issuer says that it gives no revocation data (RFC 9608; ETSI EN 319 412-1, 5.2)."""
        return any(
            extension["extn_id"].dotted in {_NO_REV_AVAIL, _SHORT_TERM}
            for extension in self.parsed["tbs_certificate"]["extensions"] or ()
        )


def cert_of(identifier: str, der: bytes) -> Cert:
    """Return a certificate, from memory where it was met before.

    Args:
        identifier: SHA-256 of the DER, hexadecimal.
        der: the certificate.

    Raises:
        UnreadableCertificate: it cannot be read.
    """
    known = _known.get(identifier)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        known = _known[identifier] = Cert(identifier, der, parse(der), certificate_facts(der))
    return known


def cert_from(der: bytes) -> Cert:
    """Return a certificate whose id is not known yet.

    Raises:
        UnreadableCertificate: it cannot be read.
    """
    return cert_of(hashlib.sha256(der).hexdigest(), der)


def comparable(name: x509.Name) -> str:
    """Return a name in the form by which names are compared (RFC 5280, 7.1); its bytes where it cannot be read."""
    try:
        return str(name.hashable)
    except (ValueError, TypeError, KeyError, AttributeError):
        return bytes(name.dump()).hex()


def issued_by(child: Cert, parent: Cert) -> bool:
    """Tell whether a certificate bears another's name as its issuer and verifies with its key."""
    if child.issuer != parent.subject:
        return False
    pair = (child.id, parent.id)
    if pair not in _issued:
        if len(_issued) >= MAX_KNOWN:
            _issued.clear()
        _issued[pair] = _verifies(child, parent)
    return _issued[pair]


def _verifies(child: Cert, parent: Cert) -> bool:
    try:
        value, signed = child.parsed["signature_value"].native, sequence_as_sent(child.parsed["tbs_certificate"])
        return signed_by(parent, child.scheme, bytes(value), bytes(signed))
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        return False


def signed_by(signer: Cert, scheme: SignatureScheme | None, signature: bytes, data: bytes) -> bool:
    """Tell whether a signature value fits; what cannot be checked does not fit."""
    if scheme is None:
        return False
    try:
        return verify(signer.parsed.public_key, signature, data, scheme)
    except UnsupportedAlgorithm:
        return False


def key_identifiers_agree(child: Cert, parent: Cert) -> bool:
    """Tell whether the child's authority key identifier does not speak against the parent."""
    try:
        wanted, given = child.parsed.authority_key_identifier, parent.parsed.key_identifier
    except (ValueError, TypeError, KeyError):
        return True
    return not wanted or not given or bool(wanted == given)


def general_names(value: core.Asn1Value) -> set[bytes]:
    """Return general names by their bytes."""
    return {bytes(name.dump()) for name in value}
