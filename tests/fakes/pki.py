"""A public key infrastructure of its own for the tests, described in `tests/data/pki/pki.yml`.

`Pki()` gives certificates, keys, CRLs, OCSP responses and timestamps by label and time, without any network.
`serve()` puts the same PKI on the loopback with a clock that can be set and counts the requests.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from asn1crypto import keys, ocsp, pem, tsp, x509
from certomancer import crypto_utils
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture, ServiceLabel
from cryptography.hazmat.primitives import serialization
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from tests.fakes.tokens import TokenRequest, make_response, make_token, sign_raw

DATA = Path(__file__).resolve().parents[1] / "data" / "pki"
ARCH = "chauban"
SIGNED = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""When the tests sign, unless they say otherwise."""

_EMBEDDED = {"tsa-unknown": "unknown-ca", "tsa-gov": "gov-ca"}


@dataclass(slots=True)
class SetClock:
    """A clock that stands still until it is set."""

    time: datetime = SIGNED

    def now(self) -> datetime:
        return self.time


class _KeptKeys(crypto_utils.PycaCryptographyBackend):
    """Loads each private key once, unchecked: checking an RSA key costs far more than signing with it."""

    def load_private_key(
        self, key_bytes: bytes, password: bytes | None
    ) -> tuple[keys.PrivateKeyInfo, keys.PublicKeyInfo]:
        info = keys.PrivateKeyInfo.load(pem.unarmor(key_bytes)[2])
        public = _loaded(info.dump()).public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return info, keys.PublicKeyInfo.load(der)

    def generic_sign(self, private_key: keys.PrivateKeyInfo, tbs_bytes: bytes, sd_algo: Any) -> bytes:
        pss = sd_algo.signature_algo == "rsassa_pss"
        if pss:
            return bytes(super().generic_sign(private_key, tbs_bytes, sd_algo))
        digest = "sha256" if sd_algo.signature_algo in {"ed25519", "ed448"} else sd_algo.hash_algo
        return sign_raw(_loaded(private_key.dump()), tbs_bytes, digest)[1]


@cache
def _loaded(der: bytes) -> Any:
    return serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)


crypto_utils.CRYPTO_BACKEND = _KeptKeys()


@cache
def _description() -> dict[str, Any]:
    return dict(yaml.safe_load((DATA / "pki.yml").read_text(encoding="utf-8")))


class Pki:
    """The PKI of `pki.yml`, its services at the addresses below `prefix`."""

    def __init__(self, prefix: str = "http://pki.test") -> None:
        self.prefix = prefix
        config = CertomancerConfig(
            _description(), key_search_dir=str(DATA / "keys"), lazy_load_keys=True, external_url_prefix=prefix
        )
        self.arch: PKIArchitecture = config.get_pki_arch(ArchLabel(ARCH))
        self.animator = Animator(
            AnimatorArchStore({ArchLabel(ARCH): self.arch}), SIGNED, with_web_ui=False, allow_time_override=False
        )
        self.lock = threading.Lock()
        self.requests: Counter[str] = Counter()
        """Requests answered, by path."""
        self._crls: dict[tuple[str, datetime], bytes] = {}

    def asn1(self, label: str) -> x509.Certificate:
        """Return a certificate."""
        with self.lock:
            return self.arch.get_cert(CertLabel(label))

    def certificate(self, label: str) -> bytes:
        """Return a certificate as DER."""
        return bytes(self.asn1(label).dump())

    def key_info(self, label: str) -> keys.PrivateKeyInfo:
        """Return the private key of a certificate's subject, PKCS #8."""
        spec = self.arch.get_cert_spec(CertLabel(label))
        return self.arch.key_set.get_private_key(spec.subject_key)

    def key(self, label: str) -> Any:
        """Return the private key of a certificate's subject as `cryptography` loads it (kept loaded)."""
        return _loaded(self.key_info(label).dump())

    def issuer(self, label: str) -> str:
        """Return the label of the certificate's issuer."""
        return str(self.arch.get_cert_spec(CertLabel(label)).issuer.value)

    def chain(self, label: str, *, root: bool = False) -> tuple[bytes, ...]:
        """Return the issuers' certificates, nearest first; the root only when asked for."""
        found, current = [], label
        while self.issuer(current) != current:
            current = self.issuer(current)
            if root or self.issuer(current) != current:
                found.append(self.certificate(current))
        return tuple(found)

    def crl(self, issuer: str, at: datetime = SIGNED) -> bytes:
        """Return the CRL an authority published last (each midnight, UTC)."""
        key = (issuer, at.replace(hour=0, minute=0, second=0, microsecond=0))
        with self.lock:
            if key not in self._crls:
                self._crls[key] = self.arch.service_registry.get_crl(ServiceLabel(issuer), at).dump()
            return self._crls[key]

    def crls(self, label: str, at: datetime = SIGNED) -> tuple[bytes, ...]:
        """Return the CRLs of every issuer above a certificate that publishes one."""
        found, current = [], label
        while self.issuer(current) != current:
            current = self.issuer(current)
            if current != "bare-ca":
                found.append(self.crl(current, at))
        return tuple(found)

    def ocsp(self, label: str, at: datetime = SIGNED) -> bytes:
        """Return an OCSP response about a certificate of `public-ca`, given at a time."""
        issuer = self.asn1(self.issuer(label))
        request = ocsp.OCSPRequest(
            {
                "tbs_request": {
                    "request_list": [
                        {
                            "req_cert": {
                                "hash_algorithm": {"algorithm": "sha1"},
                                "issuer_name_hash": issuer.subject.sha1,
                                "issuer_key_hash": issuer.public_key.sha1,
                                "serial_number": self.asn1(label).serial_number,
                            }
                        }
                    ]
                }
            }
        )
        with self.lock:
            responder = self.arch.service_registry.summon_responder(ServiceLabel(self.issuer(label)), at)
            return bytes(responder.build_ocsp_response(request).dump())

    def timestamp(self, digest: bytes, algorithm: str = "sha256", at: datetime = SIGNED, **options: Any) -> bytes:
        """Return a token over a digest; `tsa` names the authority's certificate, the rest is `TokenRequest`.

        With `chain=False` the token holds no certificate but the authority's own.
        """
        label = str(options.pop("tsa", "tsa"))
        chain = (self.asn1(self.issuer(label)),) if options.pop("chain", True) else ()
        request = TokenRequest(**{"digest": digest, "algorithm": algorithm, "time": at} | options)
        return make_token(request, self.asn1(label), self.key(label), chain)

    def url(self, path: str) -> str:
        """Return the full address of a service: `crls/public-ca/latest.crl`, `tsa/tsa`, `certs/public-ca/ca.crt`."""
        return f"{self.prefix}/{ARCH}/{path}"

    def answer(self, url: str, data: bytes | None = None, at: datetime = SIGNED) -> tuple[int, bytes]:
        """Answer a request as the server would, without a socket; counted like one."""
        client = Client(self.application(SetClock(at)), Response)
        path = url.removeprefix(self.prefix)
        response = client.get(path) if data is None else client.post(path, data=data)
        return response.status_code, response.get_data()

    def application(self, clock: SetClock) -> Callable[..., Any]:
        """Return the services as a WSGI application; `/own-tsa/<label>` is a second, laxer timestamp authority."""

        def run(environ: dict[str, Any], start: Any) -> Any:
            request = Request(environ)
            self.requests[request.path] += 1
            if request.path.startswith("/own-tsa/"):
                return self._own_tsa(request, clock)(environ, start)
            with self.lock:
                self.animator.fixed_time = clock.now()
                return self.animator(environ, start)

        return run

    def _own_tsa(self, request: Request, clock: SetClock) -> Response:
        asked = tsp.TimeStampReq.load(request.get_data())
        imprint = asked["message_imprint"]
        token = self.timestamp(
            imprint["hashed_message"].native,
            imprint["hash_algorithm"]["algorithm"].native,
            clock.now(),
            nonce=asked["nonce"].native,
            tsa=request.path.rsplit("/", 1)[1],
            chain=request.args.get("chain") != "no",
        )
        return Response(make_response(token), mimetype="application/timestamp-reply")


ANCHORS = {
    "document-signer": ("root-public", "root-gov", "root-ec"),
    "agency-seal": ("root-gov",),
    "tsa": ("root-public", "root-gov", "root-ec"),
}
"""Whom the tests trust, and for what."""


def write_trust(folder: Path, source: Pki | None = None, anchors: dict[str, tuple[str, ...]] = ANCHORS) -> Path:
    """Write a trust folder with its `trust.toml`; return the folder."""
    labels = sorted({label for names in anchors.values() for label in names})
    (folder / "anchors").mkdir(parents=True, exist_ok=True)
    lines = ["version = 1"]
    for label in labels:
        der = (source or pki()).certificate(label)
        (folder / "anchors" / f"{label}.cer").write_bytes(der)
        purposes = ", ".join(f'"{purpose}"' for purpose, names in anchors.items() if label in names)
        lines += [
            "",
            "[[anchor]]",
            f'file = "anchors/{label}.cer"',
            f'sha256 = "{hashlib.sha256(der).hexdigest()}"',
            f"purposes = [{purposes}]",
            'source = "tests"',
            "fingerprint_confirmed = true",
        ]
    (folder / "trust.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@cache
def pki() -> Pki:
    """The PKI without a server, made once; its addresses lead nowhere."""
    return Pki()


@dataclass(slots=True)
class PkiServer:
    """A PKI on the loopback."""

    url: str
    pki: Pki
    clock: SetClock = field(default_factory=SetClock)

    @property
    def requests(self) -> Counter[str]:
        """Requests answered, by path."""
        return self.pki.requests

    @property
    def allow(self) -> tuple[str, ...]:
        """What lists this server in `FetchSettings.allow`."""
        return (self.url.removeprefix("http://"),)

    def tsa(self, label: str = "tsa") -> str:
        """Address of certomancer's timestamp authority; `own_tsa` answers with ESSCertIDv2 and beyond 2049."""
        return f"{self.url}/{ARCH}/tsa/{label}"

    def own_tsa(self, label: str = "tsa") -> str:
        """Address of the timestamp authority of `tests/fakes/tokens.py`, with any authority's certificate."""
        return f"{self.url}/own-tsa/{label}"


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(at: datetime = SIGNED) -> Iterator[PkiServer]:
    """Serve the PKI on a free port of the loopback; its certificates name that port."""
    target: list[Callable[..., Any]] = []
    server = make_server(
        "127.0.0.1", 0, lambda environ, start: target[0](environ, start), threaded=True, request_handler=_Silent
    )
    served = PkiServer(url=f"http://127.0.0.1:{server.port}", pki=Pki(f"http://127.0.0.1:{server.port}"))
    served.clock.time = at
    target.append(served.pki.application(served.clock))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
