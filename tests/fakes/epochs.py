"""A world of timestamp authorities that lasts for decades: each certificate ends, and another takes its place."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.fakes.pki import SetClock
from tests.fakes.tokens import TokenRequest, make_response, make_token

TSA_YEARS, CA_YEARS, ROOT_YEARS = 5, 20, 60


def moment(year: int, month: int = 1, day: int = 1) -> datetime:
    """Return a morning."""
    return datetime(year, month, day, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """DER of the certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def name(self) -> x509.Name:
        """Subject."""
        return self.certificate.subject


@dataclass(slots=True)
class Provider:
    """One provider: a root for long, authorities of twenty years, timestamp certificates of five."""

    name: str
    first: int
    """Year it begins."""
    root: Identity = field(init=False)
    made: dict[str, Identity] = field(default_factory=dict)
    revoked: dict[int, datetime] = field(default_factory=dict)
    """Serial numbers of timestamp certificates that were revoked."""

    def __post_init__(self) -> None:
        self.root = _issue(f"{self.name} Root", self.first, ROOT_YEARS, None)

    def authority(self, year: int) -> Identity:
        """Return the authority that issues certificates in a year: the newest that outlives them."""
        start = self.first + (year - self.first) // (CA_YEARS - TSA_YEARS) * (CA_YEARS - TSA_YEARS)
        return self._once(f"{self.name} CA {start}", start, CA_YEARS, self.root)

    def tsa(self, year: int) -> Identity:
        """Return the timestamp authority of a year; a new one every four years."""
        start = self.first + (year - self.first) // (TSA_YEARS - 1) * (TSA_YEARS - 1)
        return self._once(f"{self.name} TSA {start}", start, TSA_YEARS, self.authority(start), tsa=True)

    def crls(self, at: datetime) -> list[bytes]:
        """Return the revocation lists of a day, of every authority that lives."""
        issuers = [self.root, *(one for name, one in self.made.items() if " CA " in name)]
        return [_crl(issuer, at, self.revoked) for issuer in issuers if at < issuer.certificate.not_valid_after_utc]

    def _once(self, name: str, start: int, years: int, issuer: Identity, *, tsa: bool = False) -> Identity:
        if name not in self.made:
            self.made[name] = _issue(name, start, years, issuer, tsa=tsa)
        return self.made[name]


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _issue(name: str, year: int, years: int, issuer: Identity | None, *, tsa: bool = False) -> Identity:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = _key(name)
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(year))
        .not_valid_after(moment(year + years))
        .add_extension(x509.BasicConstraints(ca=not tsa, path_length=None), critical=True)
        .add_extension(_usage(tsa=tsa), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if tsa:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Identity(certificate=builder.sign(signer, hashes.SHA384()), key=key)


def _usage(*, tsa: bool) -> x509.KeyUsage:
    off = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(digital_signature=tsa, key_cert_sign=not tsa, crl_sign=not tsa, decipher_only=False, **off)


def _crl(issuer: Identity, at: datetime, revoked: dict[int, datetime]) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.name)
        .last_update(at - timedelta(hours=1))
        .next_update(at + timedelta(days=7))
    )
    for serial, since in revoked.items():
        if since <= at:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)


@dataclass(slots=True)
class World:
    """Providers on the loopback, under one clock."""

    url: str
    clock: SetClock
    providers: dict[str, Provider]
    asked: int = 0
    """Timestamps given."""
    away: bool = False
    """Nobody answers."""
    digest: str = "sha256"
    """By which the authorities sign."""
    stuck: int | None = None
    """Year whose certificates they still use."""

    def address(self, provider: str) -> str:
        """Return where a provider gives timestamps."""
        return f"{self.url}/{provider}"

    def answer(self, name: str, query: bytes) -> bytes:
        """Return the answer of a provider."""
        asked = tsp.TimeStampReq.load(query)
        imprint = asked["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        self.asked += 1
        return make_response(self.token(name, imprint["hashed_message"].native, algorithm, asked["nonce"].native))

    def token(self, name: str, digest: bytes, algorithm: str = "sha256", nonce: int | None = None) -> bytes:
        """Return a timestamp of a provider."""
        tsa = self.providers[name].tsa(self.stuck or self.clock.time.year)
        time = self.clock.time.replace(microsecond=0)
        request = TokenRequest(digest=digest, algorithm=algorithm, time=time, nonce=nonce, signed_with=self.digest)
        return make_token(request, asn1.Certificate.load(tsa.der), tsa.key)

    def write_trust(self, folder: Path, *names: str, lists: bool = True) -> None:
        """Write what an archive trusts at the time: roots for good, authorities and revocation lists as of now."""
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            if old.is_file():
                old.unlink()
        for name in names or tuple(self.providers):
            provider = self.providers[name]
            (folder / f"{name}.cer").write_bytes(provider.root.der)
            if not lists:
                continue
            for label, identity in provider.made.items():
                if " CA " in label:
                    (folder / f"{label}.cer").write_bytes(identity.der)
            for number, crl in enumerate(provider.crls(self.clock.time)):
                (folder / f"{name}-{number}.crl").write_bytes(crl)


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def world(first: int, *names: str) -> Iterator[World]:
    """Serve providers on a free port of the loopback."""
    target: list[World] = []

    @Request.application
    def answer(request: Request) -> Response:
        served = target[0]
        if served.away:
            return Response("later", status=503)
        content = served.answer(request.path.strip("/"), request.get_data())
        return Response(content, mimetype="application/timestamp-reply")

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Silent)
    providers = {name: Provider(name=name, first=first) for name in names}
    target.append(World(url=f"http://127.0.0.1:{server.port}", clock=SetClock(time=moment(first)), providers=providers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield target[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
