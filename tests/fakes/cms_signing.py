"""CMS signatures made by hand, right or wrong in one chosen way; nothing of the checked code is used."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

SIGNED_AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RSA = "1.2.840.113549.1.1."
NIST = "2.16.840.1.101.3.4.3."
_HASHES: dict[str, Any] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
}
_DIGEST_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
    "shake256": "2.16.840.1.101.3.4.2.12",
}
_SIGNATURE_OIDS = {
    ("rsa", "sha1"): RSA + "5",
    ("rsa", "sha256"): RSA + "11",
    ("rsa", "sha384"): RSA + "12",
    ("rsa", "sha512"): RSA + "13",
    ("rsa", "sha3_256"): NIST + "14",
    ("ecdsa", "sha256"): "1.2.840.10045.4.3.2",
    ("ecdsa", "sha384"): "1.2.840.10045.4.3.3",
    ("ecdsa", "sha3_256"): NIST + "10",
    ("dsa", "sha256"): NIST + "2",
    ("ed25519", "sha512"): "1.3.101.112",
    ("ed448", "shake256"): "1.3.101.113",
}


@dataclass(frozen=True)
class Signer:
    """A key and its certificate."""

    key: Any
    certificate: bytes


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to sign; each field can be spoiled alone."""

    content: bytes = b"Quyet dinh so 12/QD-UBND"
    attached: bool = True
    digest: str = "sha256"
    scheme: str = "rsa"
    signature_oid: str = ""
    """Algorithm named in place of the one used."""
    signed_attributes: bool = True
    reference: str = "v2"
    """`v2`, `v1`, `wrong` or `none`."""
    with_certificate: bool = True
    other_certificates: tuple[bytes, ...] = ()
    content_type: str = "1.2.840.113549.1.7.1"
    stated_type: str = ""
    protection: str = ""
    """Digest named in the algorithm protection attribute."""
    shuffled: bool = False
    """Attributes sent, and signed, in an order that is not DER's."""
    sent_shuffled: bool = False
    """Attributes signed in DER's order and sent in another."""
    sent_in_pieces: bool = False
    """The digest signed as DER and sent as an octet string in pieces, of open length."""
    unsigned: tuple[tuple[str, bytes], ...] = ()
    """OID and DER value of unsigned attributes."""
    extra: tuple[tuple[str, bytes], ...] = field(default=())
    """OID and DER value of further signed attributes."""
    stated_digest: bytes | None = None


@cache
def signer(kind: str = "rsa", name: str = "Nguyen Van A", email: str = "a@example.vn") -> Signer:
    """Return a key with a self-signed certificate; each is made once."""
    makers: dict[str, Any] = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
        "dsa": lambda: dsa.generate_private_key(2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
    }
    key = makers[kind]()
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0x7F01 + len(name) * 256 + len(kind))
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
    )
    algorithm = None if kind.startswith("ed") else hashes.SHA256()
    return Signer(key, builder.sign(key, algorithm).public_bytes(Encoding.DER))


def make_cms(recipe: Recipe, by: Signer | None = None, *more: tuple[Recipe, Signer]) -> bytes:
    """Return a DER ContentInfo; further signers sign the same contents."""
    by = by or signer(recipe.scheme)
    pairs = ((recipe, by), *more)
    infos = [_signer_info(one, who) for one, who in pairs]
    certificates = [who.certificate for one, who in pairs if one.with_certificate] + list(recipe.other_certificates)
    encapsulated = core.ObjectIdentifier(recipe.content_type).dump()
    if recipe.attached:
        encapsulated += _tlv(0xA0, core.OctetString(recipe.content).dump())
    body = (
        core.Integer(1).dump()
        + _tlv(0x31, b"".join({_digest_algorithm(one.digest) for one, _ in pairs}))
        + _tlv(0x30, encapsulated)
        + (_tlv(0xA0, b"".join(certificates)) if certificates else b"")
        + _tlv(0x31, b"".join(infos))
    )
    return _tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.7.2").dump() + _tlv(0xA0, _tlv(0x30, body)))


def make_counter(
    value: bytes, by: Signer, digest: str = "sha256", unsigned: tuple[tuple[str, bytes], ...] = ()
) -> bytes:
    """Return the SignerInfo of a counter-signature over a signature value."""
    return _signer_info(Recipe(content=value, stated_type="none", digest=digest, unsigned=unsigned), by)


def signature_value(content_info: bytes, number: int = 0) -> bytes:
    """Return the signature value of a signer."""
    return bytes(cms.ContentInfo.load(content_info)["content"]["signer_infos"][number]["signature"].native)


def digest_of(content: bytes, name: str) -> bytes:
    """Return a digest by the name of a recipe."""
    return hashlib.shake_256(content).digest(64) if name == "shake256" else hashlib.new(name, content).digest()


def _signer_info(recipe: Recipe, by: Signer) -> bytes:
    certificate = asn1_x509.Certificate.load(by.certificate)
    sid = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    attributes = _attributes(recipe, by) if recipe.signed_attributes else []
    ordered = sorted(attributes)
    sent = list(reversed(ordered)) if recipe.shuffled or recipe.sent_shuffled else ordered
    signed = sent if recipe.shuffled else ordered
    if recipe.sent_in_pieces:
        digest = digest_of(recipe.content, recipe.digest)
        whole, pieces = core.OctetString(digest).dump(), b"\x24\x80\x04\x01" + digest[:1]
        pieces += _tlv(4, digest[1:]) + b"\0\0"
        kind = "1.2.840.113549.1.9.4"
        sent = [_attribute(kind, pieces) if one == _attribute(kind, whole) else one for one in sent]
    value = _sign(_tlv(0x31, b"".join(signed)) if attributes else recipe.content, recipe, by.key)
    oid = recipe.signature_oid or _SIGNATURE_OIDS.get((recipe.scheme, recipe.digest), "")
    algorithm = _pss(recipe.digest) if recipe.scheme == "pss" else _tlv(0x30, core.ObjectIdentifier(oid).dump())
    unsigned = b"".join(_attribute(oid, value) for oid, value in recipe.unsigned)
    return _tlv(
        0x30,
        core.Integer(1).dump()
        + sid.dump()
        + _digest_algorithm(recipe.digest)
        + (_tlv(0xA0, b"".join(sent)) if attributes else b"")
        + algorithm
        + core.OctetString(value).dump()
        + (_tlv(0xA1, unsigned) if unsigned else b""),
    )


def _attributes(recipe: Recipe, by: Signer) -> list[bytes]:
    stated = recipe.stated_digest or digest_of(recipe.content, recipe.digest)
    pairs = [
        ("1.2.840.113549.1.9.4", core.OctetString(stated).dump()),
        ("1.2.840.113549.1.9.5", cms.Time({"utc_time": core.UTCTime(SIGNED_AT)}).dump()),
        *recipe.extra,
    ]
    if recipe.stated_type != "none":
        pairs.append(("1.2.840.113549.1.9.3", core.ObjectIdentifier(recipe.stated_type or recipe.content_type).dump()))
    named = by.certificate + (b"x" if recipe.reference == "wrong" else b"")
    if recipe.reference in ("v2", "wrong"):
        reference = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(named).digest()}]})
        pairs.append(("1.2.840.113549.1.9.16.2.47", reference.dump()))
    if recipe.reference == "v1":
        old = tsp.SigningCertificate({"certs": [{"cert_hash": hashlib.sha1(named).digest()}]})
        pairs.append(("1.2.840.113549.1.9.16.2.12", old.dump()))
    if recipe.protection:
        protected = _digest_algorithm(recipe.protection) + _tlv(
            0xA1, core.ObjectIdentifier(_SIGNATURE_OIDS[recipe.scheme, recipe.digest]).dump()
        )
        pairs.append(("1.2.840.113549.1.9.52", _tlv(0x30, protected)))
    return [_attribute(oid, value) for oid, value in pairs]


def _sign(data: bytes, recipe: Recipe, key: Any) -> bytes:
    if recipe.scheme.startswith("ed"):
        return bytes(key.sign(data))
    algorithm = _HASHES[recipe.digest]
    if isinstance(key, rsa.RSAPrivateKey):
        pad = padding.PSS(padding.MGF1(algorithm), 32) if recipe.scheme == "pss" else padding.PKCS1v15()
        return key.sign(data, pad, algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(algorithm))
    return bytes(key.sign(data, algorithm))


def _pss(digest: str) -> bytes:
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
            "salt_length": 32,
        }
    )
    return _tlv(0x30, core.ObjectIdentifier(RSA + "10").dump() + parameters.dump())


def _digest_algorithm(name: str) -> bytes:
    return _tlv(0x30, core.ObjectIdentifier(_DIGEST_OIDS[name]).dump())


def _attribute(oid: str, value: bytes) -> bytes:
    return _tlv(0x30, core.ObjectIdentifier(oid).dump() + _tlv(0x31, value))


def _tlv(tag: int, contents: bytes) -> bytes:
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + contents
