"""A demonstration authority: nobody trusts it, its keys are published here, and it never ends.

Keys come from their names, and ECDSA is used in its deterministic form, so that the same script writes the same bytes.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUED = datetime(2025, 1, 1, tzinfo=UTC)
ENDS = datetime(2075, 1, 1, tzinfo=UTC)
REVOKED = datetime(2025, 5, 15, tzinfo=UTC)
"""When the certificate of `revoked` was revoked."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

PEOPLE = {
    "root": "Root CA trình diễn (KHÔNG CÓ GIÁ TRỊ)",
    "ca": "CA trình diễn (KHÔNG CÓ GIÁ TRỊ)",
    "person": "Lê Hữu Giả Định",
    "revoked": "Phạm Thị Đã Nghỉ",
    "agency": "Ủy ban nhân dân huyện Bình An (hư cấu)",
    "tsa": "Dấu thời gian trình diễn (KHÔNG CÓ GIÁ TRỊ)",
    "builder": "Đỗ Thị Phác Thảo",
    "works": "Sở Xây dựng tỉnh Lam Giang (hư cấu)",
}
_IDENTITIES = {
    "person": "CCCD:000000000001",
    "revoked": "CCCD:000000000002",
    "agency": "MST:0000000003",
    "builder": "CCCD:000000000004",
    "works": "MST:0000000005",
}
_EMPLOYERS = {"person": "agency", "revoked": "agency", "builder": "works"}


@cache
def key(who: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of somebody: derived from the name, so it is no secret."""
    seed = int.from_bytes(hashlib.sha512(f"chauban demonstration key: {who}".encode()).digest(), "big")
    return ec.derive_private_key(seed % (_ORDER - 1) + 1, ec.SECP256R1())


@cache
def certificate(who: str) -> x509.Certificate:
    """Return somebody's certificate."""
    issuer = "root" if who in {"root", "ca"} else "ca"
    authority = who in {"root", "ca"}
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(who))
        .issuer_name(_name(issuer))
        .serial_number(int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big") >> 1)
        .not_valid_before(ISSUED)
        .not_valid_after(ENDS)
        .public_key(key(who).public_key())
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key(who).public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key(issuer).public_key()), critical=False)
        .add_extension(_usage(authority=authority), critical=True)
    )
    if who == "tsa":
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(key(issuer), SHA256(), ecdsa_deterministic=True)


@cache
def crl(issuer: str) -> bytes:
    """Return the revocation list of an authority, as DER; it never runs out."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(_name(issuer)).last_update(REVOKED)
    builder = builder.next_update(ENDS - timedelta(days=1)).add_extension(x509.CRLNumber(1), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key(issuer).public_key()), critical=False
    )
    if issuer == "ca":
        revoked = x509.RevokedCertificateBuilder().serial_number(certificate("revoked").serial_number)
        revoked = revoked.revocation_date(REVOKED).add_extension(
            x509.CRLReason(x509.ReasonFlags.cessation_of_operation), critical=False
        )
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(key(issuer), SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def der(who: str) -> bytes:
    """Return somebody's certificate as DER."""
    return certificate(who).public_bytes(Encoding.DER)


def sign(who: str, data: bytes) -> bytes:
    """Return a signature value (ECDSA, SHA-256, DER)."""
    return key(who).sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))


def _name(who: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    if who in _EMPLOYERS:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, PEOPLE[_EMPLOYERS[who]]))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, PEOPLE[who]))
    if who in _IDENTITIES:
        parts.append(x509.NameAttribute(NameOID.USER_ID, _IDENTITIES[who]))
    return x509.Name(parts)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
