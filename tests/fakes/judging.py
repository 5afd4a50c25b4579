"""A small PKI made as a test needs it, and signature facts built directly, for the judge of signatures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from model.material import Material, MaterialKind
from model.signatures import (
    AlgorithmUse,
    FileSignatures,
    Integrity,
    Level,
    SignatureFacts,
    SignatureFormat,
    SignatureReport,
    SignedState,
    TimestampFacts,
    TimestampKind,
)
from preservation.cms.certificates import certificate_facts
from preservation.signatures.judging.judge import judge_file
from preservation.signatures.judging.values import Collector, Judging
from preservation.signatures.policy import SignaturePolicy, load_signature_policy
from preservation.trust.store import ALL_PURPOSES, Anchor, Purpose, TrustStore


def day(year: int, month: int = 1, date: int = 1, hour: int = 0) -> datetime:
    return datetime(year, month, date, hour, tzinfo=UTC)


SIGNED = day(2026, 3, 2, 8)
NOW = day(2026, 3, 5, 8)
POLICY = load_signature_policy()


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*names: str) -> x509.KeyUsage:
    known = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
        " encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: name in names for name in known.split()})


@dataclass(frozen=True, eq=False)
class Entity:
    """A certificate, its key, and its issuer; none for a self-signed one."""

    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    issuer: "Entity | None" = None

    @property
    def der(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.DER)

    @property
    def chain(self) -> tuple["Entity", ...]:
        return (self,) if self.issuer is None else (self, *self.issuer.chain)

    def issue(
        self,
        name: str,
        *,
        ca: bool = False,
        life: tuple[datetime, datetime] = (day(2024), day(2029)),
        usage: tuple[str, ...] | None = None,
        eku: tuple[x509.ObjectIdentifier, ...] = (),
        extra: tuple[tuple[Any, bool], ...] = (),
        key: str = "",
    ) -> "Entity":
        own = _key(key or name)
        default = ("key_cert_sign", "crl_sign") if ca else ("digital_signature", "content_commitment")
        builder = _builder(name, own, life, ca, usage if usage is not None else default, eku, extra)
        signer = builder.issuer_name(self.cert.subject).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        return Entity(signer.sign(self.key, hashes.SHA256()), own, self)

    def crl(
        self,
        at: datetime,
        revoked: Iterable[tuple["Entity", datetime, str]] = (),
        *,
        days: int = 7,
        extra: tuple[tuple[Any, bool], ...] = (),
        signer: "Entity | None" = None,
    ) -> bytes:
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=(signer or self).cert.subject, last_update=at, next_update=at + timedelta(days=days)
        )
        for entity, when, reason in revoked:
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(entity.cert.serial_number)
                .revocation_date(when)
                .add_extension(x509.CRLReason(x509.ReasonFlags[reason]), critical=False)
            )
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign((signer or self).key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def ocsp(
        self,
        about: "Entity",
        at: datetime,
        *,
        revoked: datetime | None = None,
        hours: int | None = 24,
        responder: "Entity | None" = None,
    ) -> bytes:
        signer = responder or self
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=about.cert,
            issuer=self.cert,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + timedelta(hours=hours) if hours else None,
            revocation_time=revoked,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.cert)
        if responder is not None:
            builder = builder.certificates([responder.cert])
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _builder(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    life: tuple[datetime, datetime],
    ca: bool,
    usage: tuple[str, ...],
    eku: tuple[x509.ObjectIdentifier, ...],
    extra: tuple[tuple[Any, bool], ...],
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if usage:
        builder = builder.add_extension(_usage(*usage), critical=True)
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage(eku), critical=True)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    return builder


def root(name: str, life: tuple[datetime, datetime] = (day(2015), day(2090))) -> Entity:
    key = _key(name)
    builder = _builder(name, key, life, True, ("key_cert_sign", "crl_sign"), (), ())
    return Entity(builder.issuer_name(_name(name)).sign(key, hashes.SHA256()), key)


TSA_EKU = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass
class World:
    """A root, an authority for signers, one for timestamps, and what a file carries."""

    root: Entity = field(default_factory=lambda: root("Root"))
    at: datetime = NOW
    policy: SignaturePolicy = POLICY
    collector: Collector | None = None
    proofs: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        self.ca = self.root.issue("Signers CA", ca=True, life=(day(2018), day(2085)))
        self.tsa_ca = self.root.issue("Timestamps CA", ca=True, life=(day(2018), day(2085)))
        self.person = self.ca.issue("Nguyễn Văn An")
        self.tsa = self.tsa_ca.issue("TSA", life=(day(2024), day(2034)), usage=("digital_signature",), eku=TSA_EKU)
        self.material = Material()
        self.trust = trust(self.root)

    def carry(self, *items: bytes, kind: MaterialKind = MaterialKind.CRL) -> tuple[str, ...]:
        return tuple(self.material.add(kind, item) for item in items)

    def news(self, at: datetime | None = None, revoked: Iterable[tuple[Entity, datetime, str]] = ()) -> tuple[str, ...]:
        """Carry the CRLs of all three authorities, issued at a time."""
        when, gone = at or self.at, tuple(revoked)
        return self.carry(*(one.crl(when, gone) for one in (self.root, self.ca, self.tsa_ca)))

    def facts(self, signer: Entity | None = None, **changes: Any) -> SignatureFacts:
        entity = signer or self.person
        for one in entity.chain:
            self.carry(one.der, kind=MaterialKind.CERTIFICATE)
        return signature(entity, **changes)

    def stamp(self, time: datetime = SIGNED, tsa: Entity | None = None, **changes: Any) -> TimestampFacts:
        entity = tsa or self.tsa
        ids = [self.carry(one.der, kind=MaterialKind.CERTIFICATE)[0] for one in entity.chain]
        return timestamp(entity, time, certificates=tuple(ids), **changes)

    def judge(self, *facts: SignatureFacts, stamps: tuple[TimestampFacts, ...] = (), **changes: Any) -> SignatureReport:
        file = FileSignatures(path="a.pdf", kind="pdf", state=SignedState.SIGNED, signatures=facts, timestamps=stamps)
        judging = {
            "trust": self.trust,
            "policy": self.policy,
            "at": self.at,
            "collector": self.collector,
            "proofs": self.proofs,
        }
        return judge_file(file, self.material, Judging(**(judging | changes)))


def trust(*anchors: Entity, purposes: tuple[Purpose, ...] = ALL_PURPOSES, **changes: Any) -> TrustStore:
    return TrustStore(anchors=tuple(Anchor(certificate=one.der, purposes=purposes, **changes) for one in anchors))


ALGORITHMS = (
    AlgorithmUse(use="digest", name="sha256"),
    AlgorithmUse(use="signature", name="ecdsa", key_size=256),
)


def signature(entity: Entity, **changes: Any) -> SignatureFacts:
    given: dict[str, Any] = {
        "id": "Signature1",
        "format": SignatureFormat.PADES,
        "level": Level.B,
        "integrity": Integrity.INTACT,
        "certificate": certificate_facts(entity.der),
        "algorithms": ALGORITHMS,
    }
    return SignatureFacts(**(given | changes))


def timestamp(entity: Entity, time: datetime, **changes: Any) -> TimestampFacts:
    identifier = changes.get("id", "stamp")
    given: dict[str, Any] = {
        "id": "stamp",
        "kind": TimestampKind.SIGNATURE,
        "token": f"token of {identifier}",
        "time": time,
        "integrity": Integrity.INTACT,
        "imprint_matches": True,
        "certificate": certificate_facts(entity.der),
        "algorithms": (AlgorithmUse(use="imprint", name="sha256"), *ALGORITHMS),
    }
    return TimestampFacts(**(given | changes))
