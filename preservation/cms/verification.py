"""The check of one CMS signer: does its signature value fit what it signs, and is its certificate the one it names.

No trust, no clock, no network. Every format of signature that rests on CMS, and every timestamp, goes through here.

Source:
    RFC 5652 sections 5.3 to 5.6 and 11; RFC 5035; RFC 6211; ETSI EN 319 102-1 sections 5.2.3 and 5.2.7
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp, x509

from model.findings import Finding
from model.material import Material, MaterialKind
from model.signatures import AlgorithmUse, CertificateFacts, Integrity, SubIndication
from model.text import N_
from preservation.cms import attributes as attrs
from preservation.cms import findings as kinds
from preservation.cms import tlv
from preservation.cms.attributes import SignerFields, values_of
from preservation.cms.certificates import (
    UnreadableCertificate,
    certificate_facts,
    parse,
    serial_of,
    subject_key_identifier,
)
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes, name_of
from preservation.cms.keys import SignatureScheme, scheme_of, verify, verify_digest

DigestOf = Callable[[str], bytes | None]
"""Gives the digest of what was signed by algorithm name; none when it is not here."""

LIBRARY_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)
"""What the ASN.1 library raises on hostile bytes."""

_ANY_ORDER = N_("in the order they were sent")
_SORTED = N_("after sorting them")
_REENCODED = N_("after encoding them again")
_TWICE = {
    attrs.CONTENT_TYPE: "content-type",
    attrs.SIGNING_TIME: "signing-time",
    attrs.SIGNING_CERTIFICATE: "signing-certificate",
    attrs.SIGNING_CERTIFICATE_V2: "signing-certificate-v2",
    attrs.ALGORITHM_PROTECTION: "cms-algorithm-protection",
}


@dataclass(slots=True)
class SignerCheck:
    """What the check of one signer said; filled step by step."""

    location: str
    integrity: Integrity = Integrity.UNKNOWN
    failure: SubIndication | None = None
    certificate: bytes | None = None
    """DER of the signer's certificate."""
    certificate_facts: CertificateFacts | None = None
    digest: str = ""
    """Name of the digest of the contents."""
    algorithms: list[AlgorithmUse] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    bound: bool = False
    """Whether a signed attribute names the certificate."""

    def broken(self, failure: SubIndication) -> None:
        """Note that the signature does not hold; the first reason stays."""
        if self.integrity is not Integrity.BROKEN:
            self.integrity, self.failure = Integrity.BROKEN, failure

    def unknown(self, failure: SubIndication) -> None:
        """Note that it cannot be told whether the signature holds; what is broken stays broken."""
        if self.integrity is not Integrity.BROKEN:
            self.integrity, self.failure = Integrity.UNKNOWN, self.failure or failure


def check_signer(
    signer: SignerFields,
    digest: DigestOf,
    *,
    certificates: Iterable[bytes],
    material: Material,
    content_type: str | None,
    location: str,
    content: Callable[[], bytes | None] | None = None,
) -> SignerCheck:
    """Check one signer.

    Args:
        digest: digest of the signed contents by algorithm; none when the contents are not here.
        certificates: DER of the certificates that came with the signature.
        material: further certificates the file offers, looked at when those do not contain the signer's.
        content_type: OID of the type of the contents; none for a counter-signature, which must not state one.
        content: the contents themselves, for schemes that sign without a digest (EdDSA without signed attributes).
    Raises:
        BadEncoding, and any of `LIBRARY_ERRORS`: the signer is damaged.
    """
    check = SignerCheck(location=location, integrity=Integrity.INTACT)
    _find_certificate(check, signer, certificates, material)
    digest_oid = algos.DigestAlgorithm.load(signer.digest_algorithm)["algorithm"].dotted
    check.digest = name_of(digest_oid) or ""
    check.algorithms.append(AlgorithmUse(use="digest", name=check.digest or digest_oid))
    scheme = _scheme(check, signer, digest_oid)
    if signer.signed is None:
        _check_content(check, signer, digest, scheme, content)
        check.findings.append(kinds.NO_SIGNED_ATTRIBUTES.at(location))
    else:
        _check_attributes(check, signer, scheme)
        _check_digest(check, signer, digest)
        _check_content_type(check, signer, content_type)
        _check_duplicates(check, signer)
        _check_reference(check, signer)
        _check_protection(check, signer, scheme)
    return check


def signing_time(signer: SignerFields) -> datetime | None:
    """Return the time the signer claims; none when there is none that can be read."""
    value = signer.signed_value(attrs.SIGNING_TIME)
    if value is None:
        return None
    try:
        native = cms.Time.load(value).native
    except LIBRARY_ERRORS:
        return None
    return native.astimezone(UTC) if isinstance(native, datetime) and native.tzinfo else None


def signer_name(signer: SignerFields) -> str:
    """Return how the signature names its signer: issuer and serial number, or key identifier."""
    from preservation.cms.certificates import distinguished_name

    try:
        sid = cms.SignerIdentifier.load(signer.sid)
        if sid.name == "issuer_and_serial_number":
            return f"{distinguished_name(sid.chosen['issuer'])} {serial_of(sid.chosen['serial_number'])}"
        return (sid.chosen.native or b"").hex() or "?"
    except LIBRARY_ERRORS:
        return "?"


def signed_attribute_encodings(contents: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield what a signer may have signed for its attributes: as sent, sorted, encoded again; with how to say it."""
    seen = {contents}
    yield tlv.encode(tlv.SET, contents), _ANY_ORDER
    ordered = b"".join(sorted(tlv.raw(contents, element) for element in tlv.children(contents)))
    if ordered not in seen:
        seen.add(ordered)
        yield tlv.encode(tlv.SET, ordered), _SORTED
    again = b"".join(sorted(tlv.definite(contents, element) for element in tlv.children(contents)))
    if again not in seen:
        yield tlv.encode(tlv.SET, again), _REENCODED


def _find_certificate(
    check: SignerCheck, signer: SignerFields, certificates: Iterable[bytes], material: Material
) -> None:
    """Find the signer's certificate by what the signature says of it, never by its place (EN 319 102-1, 5.2.3)."""
    found = _matching(check, signer, list(certificates))
    if found is None:
        found = _matching(check, signer, [item.content for item in material.of(MaterialKind.CERTIFICATE)])
    if found is None:
        check.unknown(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
        check.findings.append(kinds.NO_CERTIFICATE.at(check.location, signer=signer_name(signer)))
        return
    check.certificate = found
    try:
        facts = certificate_facts(found)
    except UnreadableCertificate as exc:
        check.findings.append(kinds.CERTIFICATE_UNREADABLE.at(check.location, reason=str(exc)))
        return
    check.certificate_facts = facts
    oid = parse(found)["signature_algorithm"]
    name = _certificate_algorithm(oid)
    check.algorithms.append(AlgorithmUse(use="certificate", name=name))


def _certificate_algorithm(algorithm: algos.SignedDigestAlgorithm) -> str:
    """Return the digest a certificate was signed with, or the OID where it cannot be told."""
    try:
        scheme = scheme_of(algorithm, None)
    except UnsupportedAlgorithm as exc:
        return exc.name
    return scheme.digest or scheme.algorithm


def _matching(check: SignerCheck, signer: SignerFields, certificates: list[bytes]) -> bytes | None:
    """Return the certificate the signer names: of several, the one its signed reference fits."""
    fitting = list(_named_by_sid(check, signer, certificates))
    if len(fitting) == 1:
        return fitting[0]
    try:
        references = list(_references(signer))[:1]
    except LIBRARY_ERRORS:
        references = []
    for der in fitting or certificates:
        if any(reference.fits(der) for reference in references):
            if not fitting:
                check.findings.append(kinds.CERTIFICATE_REFERENCE_ODD.at(check.location))
            return der
    return fitting[0] if fitting else None


def _named_by_sid(check: SignerCheck, signer: SignerFields, certificates: list[bytes]) -> Iterator[bytes]:
    sid = cms.SignerIdentifier.load(signer.sid)
    by_serial = sid.name == "issuer_and_serial_number"
    serial = serial_of(sid.chosen["serial_number"]) if by_serial else ""
    for der in dict.fromkeys(certificates):
        try:
            certificate = parse(der)
            if by_serial:
                same = serial_of(certificate["tbs_certificate"]["serial_number"]) == serial and _same_name(
                    certificate.issuer, sid.chosen["issuer"]
                )
            else:
                same = subject_key_identifier(certificate) == sid.chosen.native
        except (UnreadableCertificate, *LIBRARY_ERRORS) as exc:
            check.findings.append(kinds.CERTIFICATE_UNREADABLE.at(check.location, reason=str(exc).split("\n")[0]))
            continue
        if same:
            yield der


def _same_name(one: x509.Name, other: x509.Name) -> bool:
    return one.dump() == other.dump() or bool(one == other)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """A signed reference to a certificate (ESSCertID, ESSCertIDv2, OtherCertID)."""

    algorithm: str
    digest: bytes
    issuer_serial: core.Sequence | None

    def fits(self, der: bytes) -> bool:
        try:
            return digest_bytes(der, self.algorithm) == self.digest
        except UnsupportedAlgorithm:
            return False


def _references(signer: SignerFields) -> Iterator[_Reference]:
    """Yield the first reference of each signing-certificate attribute: the one to the signer's certificate."""
    for value in values_of(signer.signed_attributes, attrs.SIGNING_CERTIFICATE_V2):
        first = tsp.SigningCertificateV2.load(value)["certs"][0]
        oid = first["hash_algorithm"]["algorithm"].dotted
        yield _reference(name_of(oid) or oid, first)
    for value in values_of(signer.signed_attributes, attrs.SIGNING_CERTIFICATE):
        yield _reference("sha1", tsp.SigningCertificate.load(value)["certs"][0])
    for value in values_of(signer.signed_attributes, attrs.OTHER_SIGNING_CERTIFICATE):
        yield _other_reference(value)


def _reference(algorithm: str, first: core.Sequence) -> _Reference:
    issuer_serial = first["issuer_serial"]
    return _Reference(
        algorithm=algorithm,
        digest=first["cert_hash"].native or b"",
        issuer_serial=None if isinstance(issuer_serial, core.Void) else issuer_serial,
    )


def _other_reference(value: bytes) -> _Reference:
    """Read OtherSigningCertificate (RFC 5126, 5.7.3.3): a bare SHA-1, or an algorithm and a digest."""
    chosen = tlv.element_at(value, 0)
    for _ in range(3):
        inner = next(tlv.children(value, chosen), None)
        if inner is None:
            raise tlv.BadEncoding(N_("a reference to a certificate is empty"))
        chosen = inner
    if chosen.tag == tlv.OCTET_STRING:
        return _Reference(algorithm="sha1", digest=tlv.octets(value, chosen), issuer_serial=None)
    algorithm, digest = list(tlv.children(value, chosen))[:2]
    oid = algos.DigestAlgorithm.load(tlv.raw(value, algorithm))["algorithm"].dotted
    return _Reference(algorithm=name_of(oid) or oid, digest=tlv.octets(value, digest), issuer_serial=None)


def _scheme(check: SignerCheck, signer: SignerFields, digest_oid: str) -> SignatureScheme | None:
    """Return the signature scheme; a digest that differs from the signer's is a failure (RFC 5652, 5.3)."""
    algorithm = algos.SignedDigestAlgorithm.load(signer.signature_algorithm)
    size = check.certificate_facts.key_size if check.certificate_facts else 0
    try:
        scheme = scheme_of(algorithm, check.digest or None)
    except UnsupportedAlgorithm as exc:
        check.algorithms.append(AlgorithmUse(use="signature", name=exc.name, key_size=size))
        _unsupported(check, exc.name)
        return None
    check.algorithms.append(AlgorithmUse(use="signature", name=scheme.algorithm, key_size=size))
    if not check.digest:
        _unsupported(check, digest_oid)
    elif scheme.digest and scheme.digest != check.digest:
        check.broken(SubIndication.SIG_CRYPTO_FAILURE)
        check.findings.append(kinds.ALGORITHMS_DIFFER.at(check.location, stated=check.digest, used=scheme.digest))
    return scheme


def _unsupported(check: SignerCheck, name: str) -> None:
    check.unknown(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
    check.findings.append(kinds.UNSUPPORTED.at(check.location, algorithm=name))


def _check_attributes(check: SignerCheck, signer: SignerFields, scheme: SignatureScheme | None) -> None:
    """Verify the value over the signed attributes (RFC 5652, 5.4 and 5.6)."""
    if check.certificate is None or scheme is None or signer.signed is None:
        return
    key = parse(check.certificate).public_key
    try:
        for number, (encoding, how) in enumerate(signed_attribute_encodings(signer.signed)):
            if verify(key, signer.signature, encoding, scheme):
                if number or _unsorted(signer.signed):
                    check.findings.append(kinds.NOT_DER.at(check.location, detail=how))
                return
    except UnsupportedAlgorithm as exc:
        _unsupported(check, exc.name)
        return
    check.broken(SubIndication.SIG_CRYPTO_FAILURE)
    check.findings.append(kinds.WRONG_VALUE.at(check.location))


def _unsorted(contents: bytes) -> bool:
    elements = [tlv.raw(contents, element) for element in tlv.children(contents)]
    return elements != sorted(elements)


def _check_content(
    check: SignerCheck,
    signer: SignerFields,
    digest: DigestOf,
    scheme: SignatureScheme | None,
    content: Callable[[], bytes | None] | None,
) -> None:
    """Verify the value over the contents themselves: there are no signed attributes (RFC 5652, 5.4)."""
    if check.certificate is None or scheme is None or not check.digest:
        return
    key = parse(check.certificate).public_key
    try:
        if scheme.algorithm in ("ed25519", "ed448"):
            whole = content() if content else None
            fits = None if whole is None else verify(key, signer.signature, whole, scheme)
        else:
            value = digest(check.digest)
            fits = None if value is None else verify_digest(key, signer.signature, value, scheme)
    except UnsupportedAlgorithm as exc:
        _unsupported(check, exc.name)
        return
    if fits is None:
        _missing(check)
    elif not fits:
        check.broken(SubIndication.SIG_CRYPTO_FAILURE)
        check.findings.append(kinds.WRONG_VALUE.at(check.location))


def _missing(check: SignerCheck) -> None:
    check.unknown(SubIndication.SIGNED_DATA_NOT_FOUND)
    check.findings.append(kinds.NO_CONTENT.at(check.location))


def _check_digest(check: SignerCheck, signer: SignerFields, digest: DigestOf) -> None:
    """Compare the signed digest with that of the contents (RFC 5652, 11.2)."""
    stated = list(values_of(signer.signed_attributes, attrs.MESSAGE_DIGEST))
    if len(stated) != 1:
        check.broken(SubIndication.FORMAT_FAILURE)
        check.findings.append(kinds.NO_MESSAGE_DIGEST.at(check.location))
        return
    if not check.digest:
        return
    try:
        actual = digest(check.digest)
    except UnsupportedAlgorithm as exc:
        _unsupported(check, exc.name)
        return
    if actual is None:
        _missing(check)
    elif tlv.octets(stated[0], tlv.element_at(stated[0], 0)) != actual:
        check.broken(SubIndication.HASH_FAILURE)
        check.findings.append(kinds.WRONG_DIGEST.at(check.location, algorithm=check.digest))


def _check_content_type(check: SignerCheck, signer: SignerFields, content_type: str | None) -> None:
    if content_type is None:
        return
    value = signer.signed_value(attrs.CONTENT_TYPE)
    if value is None:
        check.findings.append(kinds.NO_CONTENT_TYPE.at(check.location))
        return
    stated = core.ObjectIdentifier.load(value).dotted
    if stated != content_type:
        check.failure = check.failure or SubIndication.SIG_CONSTRAINTS_FAILURE
        check.findings.append(kinds.CONTENT_TYPE_DIFFERS.at(check.location, stated=stated, used=content_type))


def _check_duplicates(check: SignerCheck, signer: SignerFields) -> None:
    for oid, name in _TWICE.items():
        if sum(attribute.oid == oid for attribute in signer.signed_attributes) > 1:
            check.findings.append(kinds.DUPLICATE_ATTRIBUTE.at(check.location, name=name))


def _check_reference(check: SignerCheck, signer: SignerFields) -> None:
    """Compare the certificate with the signed reference to it (EN 319 102-1, 5.2.3.4)."""
    try:
        references = list(_references(signer))
    except LIBRARY_ERRORS as exc:
        reason = str(exc).split("\n")[0]
        check.failure = check.failure or SubIndication.SIG_CONSTRAINTS_FAILURE
        check.findings.append(kinds.CERTIFICATE_REFERENCE_UNCHECKED.at(check.location, reason=reason))
        return
    check.bound = bool(references)
    if check.certificate is None:
        return
    for reference in references:
        try:
            fits = digest_bytes(check.certificate, reference.algorithm) == reference.digest
        except UnsupportedAlgorithm as exc:
            check.findings.append(kinds.CERTIFICATE_REFERENCE_UNCHECKED.at(check.location, reason=exc.name))
            continue
        if not fits:
            check.broken(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
            check.findings.append(kinds.CERTIFICATE_MISMATCH.at(check.location))
        elif not _same_issuer(reference, check.certificate):
            check.findings.append(kinds.CERTIFICATE_REFERENCE_ODD.at(check.location))


def _same_issuer(reference: _Reference, der: bytes) -> bool:
    if reference.issuer_serial is None:
        return True
    try:
        certificate = parse(der)
        names = [name for name in reference.issuer_serial["issuer"] if name.name == "directory_name"]
        same = serial_of(reference.issuer_serial["serial_number"]) == serial_of(
            certificate["tbs_certificate"]["serial_number"]
        )
        return same and any(_same_name(name.chosen, certificate.issuer) for name in names)
    except LIBRARY_ERRORS:
        return False


def _check_protection(check: SignerCheck, signer: SignerFields, scheme: SignatureScheme | None) -> None:
    """Compare the signed statement of the algorithms with those used (RFC 6211, section 3)."""
    value = signer.signed_value(attrs.ALGORITHM_PROTECTION)
    if value is None or scheme is None:
        return
    stated = cms.CMSAlgorithmProtection.load(value)
    digest = name_of(stated["digest_algorithm"]["algorithm"].dotted) or "?"
    if digest != check.digest:
        check.broken(SubIndication.SIG_CRYPTO_FAILURE)
        check.findings.append(kinds.ALGORITHMS_DIFFER.at(check.location, stated=digest, used=check.digest))
    protected = next((part for part in tlv.children(value, tlv.element_at(value, 0)) if part.tag == 0xA1), None)
    if protected is None:
        return
    try:
        algorithm = tlv.encode(tlv.SEQUENCE, tlv.body(value, protected))
        claimed = scheme_of(algos.SignedDigestAlgorithm.load(algorithm), check.digest)
    except UnsupportedAlgorithm as exc:
        check.findings.append(kinds.ALGORITHMS_DIFFER.at(check.location, stated=exc.name, used=scheme.algorithm))
        check.broken(SubIndication.SIG_CRYPTO_FAILURE)
        return
    if (claimed.algorithm, claimed.digest) != (scheme.algorithm, scheme.digest):
        check.broken(SubIndication.SIG_CRYPTO_FAILURE)
        stated, used = (f"{one.algorithm} {one.digest}" for one in (claimed, scheme))
        check.findings.append(kinds.ALGORITHMS_DIFFER.at(check.location, stated=stated, used=used))


def value_id(signature: bytes) -> str:
    """Return the id of a signature value: its SHA-256."""
    return hashlib.sha256(signature).hexdigest()
