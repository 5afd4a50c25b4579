"""From a certificate to the anchors it leads to, and whether such a path obeys RFC 5280.

Paths are searched here, over verified pairs and with a bound on every step, because a file can carry any number of
certificates that name one another. Whether a path obeys RFC 5280 section 6.1 is decided by certvalidator, at a time
at which all its certificates were valid; validity, revocation and algorithms are judged apart (`chain.py`), since
they depend on what is proven about time.
"""

from collections.abc import Coroutine, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from preservation.cms.certificates import UnreadableCertificate
from preservation.signatures.judging.certificates import (
    Cert,
    cert_from,
    cert_of,
    issued_by,
    key_identifiers_agree,
)
from preservation.signatures.policy import CertificateSettings
from preservation.trust.store import Anchor, Purpose, TrustStore

MAX_DEPTH = 10
"""Certificates of a path."""
MAX_ROUTES = 8
"""Paths of one certificate that are looked at."""
MAX_STEPS = 400
"""Candidate issuers that are tried for one certificate."""
MAX_REMEMBERED = 4096

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path of certificates that verify with one another's keys."""

    certs: tuple[Cert, ...]
    """From the leaf to the anchor's own certificate."""
    anchor: Anchor

    @property
    def leaf(self) -> Cert:
        """The certificate the path is for."""
        return self.certs[0]

    @property
    def links(self) -> tuple[tuple[Cert, Cert], ...]:
        """Each certificate that needs proof, with its issuer, from the leaf upwards; empty for an anchor itself."""
        return tuple(zip(self.certs, self.certs[1:], strict=False))

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the certificates, from the leaf to the anchor."""
        return tuple(cert.id for cert in self.certs)


@dataclass(slots=True)
class Pool:
    """Certificates at hand, by name."""

    by_subject: dict[str, list[Cert]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def add(self, cert: Cert) -> None:
        """Take one in, once."""
        if cert.id not in self.ids:
            self.ids.add(cert.id)
            self.by_subject.setdefault(cert.subject, []).append(cert)

    def named(self, subject: str) -> list[Cert]:
        """Return those of a name, in the order they came."""
        return self.by_subject.get(subject, [])


@dataclass(frozen=True, slots=True)
class TrustIndex:
    """A trust store as path building needs it."""

    anchors: dict[str, list[tuple[Cert, Anchor]]]
    """By subject."""
    certs: tuple[Cert, ...]
    """Anchors and intermediates."""

    def serving(self, subject: str, purposes: Iterable[Purpose]) -> Iterator[tuple[Cert, Anchor]]:
        """Yield the anchors of a name that serve one of the purposes."""
        wanted = set(purposes)
        for cert, anchor in self.anchors.get(subject, ()):
            if not wanted.isdisjoint(anchor.purposes):
                yield cert, anchor


_indexes: dict[str, TrustIndex] = {}


def index_of(trust: TrustStore) -> TrustIndex:
    """Return a trust store by name; the last few are remembered."""
    if trust.id not in _indexes:
        if len(_indexes) >= 8:
            _indexes.clear()
        _indexes[trust.id] = _index(trust)
    return _indexes[trust.id]


def _index(trust: TrustStore) -> TrustIndex:
    anchors: dict[str, list[tuple[Cert, Anchor]]] = {}
    certs: list[Cert] = []
    for anchor in trust.trusted(Purpose):
        try:
            cert = cert_of(anchor.id, anchor.certificate)
        except UnreadableCertificate:
            continue
        anchors.setdefault(cert.subject, []).append((cert, anchor))
        certs.append(cert)
    for certificate in trust.intermediates:
        with suppress(UnreadableCertificate):
            certs.append(cert_from(certificate))
    return TrustIndex(anchors, tuple(certs))


def find_routes(leaf: Cert, purposes: tuple[Purpose, ...], trust: TrustIndex, pool: Pool) -> tuple[Route, ...]:
    """Return the paths from a certificate to the anchors of a purpose, shortest first."""
    found = [
        Route(certs=(leaf,), anchor=anchor) for cert, anchor in trust.serving(leaf.subject, purposes) if cert == leaf
    ]
    waiting: list[tuple[Cert, ...]] = [(leaf,)]
    steps = 0
    while waiting and len(found) < MAX_ROUTES and steps < MAX_STEPS:
        path = waiting.pop(0)
        child = path[-1]
        for cert, anchor in trust.serving(child.issuer, purposes):
            steps += 1
            if cert not in path and issued_by(child, cert):
                found.append(Route(certs=(*path, cert), anchor=anchor))
        if len(path) + 1 >= MAX_DEPTH:
            continue
        seen = {(cert.subject, cert.key) for cert in path}
        for parent in pool.named(child.issuer):
            steps += 1
            if steps > MAX_STEPS:
                break
            if (parent.subject, parent.key) not in seen and _may_issue(child, parent):
                waiting.append((*path, parent))
    return tuple(found[:MAX_ROUTES])


def _may_issue(child: Cert, parent: Cert) -> bool:
    return key_identifiers_agree(child, parent) and issued_by(child, parent)


def partial_chain(leaf: Cert, pool: Pool) -> tuple[Cert, ...]:
    """Return a certificate and the issuers of it that are known, upwards."""
    chain = [leaf]
    while len(chain) < MAX_DEPTH:
        parent = next(
            (cert for cert in pool.named(chain[-1].issuer)[:50] if cert not in chain and issued_by(chain[-1], cert)),
            None,
        )
        if parent is None:
            break
        chain.append(parent)
    return tuple(chain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsound:
    """Why a path does not obey RFC 5280, or a certificate its use."""

    engine: str
    """The library's own word: the class of its error; ours where it was not asked."""
    why: str
    unsuitable: bool
    """The certificate was issued for something else, rather than the chain being wrong."""


_unsound: dict[tuple[object, ...], Unsound | None] = {}


def unsoundness(route: Route, settings: CertificateSettings) -> Unsound | None:
    """Return why a path cannot be used at any time; none when it can."""
    key = (route.ids, settings)
    if key not in _unsound:
        if len(_unsound) >= MAX_REMEMBERED:
            _unsound.clear()
        _unsound[key] = _unsuitable(route.leaf, settings) or _against_rfc5280(route, settings)
    return _unsound[key]


def _unsuitable(leaf: Cert, settings: CertificateSettings) -> Unsound | None:
    usage = leaf.key_usage
    if usage is not None and settings.key_usage and usage.isdisjoint(settings.key_usage):
        return Unsound(
            engine="InvalidCertificateError", why=f"key usage {', '.join(sorted(usage)) or '-'}", unsuitable=True
        )
    wanted, given = settings.extended_key_usage, leaf.extended_key_usage
    if given and given <= settings.not_for:
        return Unsound(engine="InvalidCertificateError", why=f"only for {', '.join(sorted(given))}", unsuitable=True)
    if wanted and (given is None or given.isdisjoint(wanted)):
        named = ", ".join(sorted(given)) if given else "-"
        return Unsound(engine="InvalidCertificateError", why=f"extended key usage {named}", unsuitable=True)
    return None


def _against_rfc5280(route: Route, settings: CertificateSettings) -> Unsound | None:
    """Ask certvalidator about a path, at a time in the middle of the lives of its certificates."""
    from pyhanko_certvalidator.errors import PathValidationError, ValidationError

    if len(route.certs) == 1:
        return None
    proven = [cert.facts for cert in route.certs[:-1]]
    first, last = max(one.not_before for one in proven), min(one.not_after for one in proven)
    if first > last:
        return Unsound(engine="", why="its certificates were never valid at the same time", unsuitable=False)
    try:
        without_waiting(_validate(route, settings, first + (last - first) / 2))
    except PathValidationError as exc:
        return Unsound(engine=type(exc).__name__, why=exc.failure_msg, unsuitable=True)
    except ValidationError as exc:
        return Unsound(engine=type(exc).__name__, why=exc.failure_msg, unsuitable=False)
    except Exception as exc:  # noqa: BLE001 - the library raises many kinds on hostile certificates; none may end us
        return Unsound(engine=type(exc).__name__, why=f"{type(exc).__name__}: {exc}", unsuitable=False)
    return None


async def _validate(route: Route, settings: CertificateSettings, moment: datetime) -> None:
    from pyhanko_certvalidator.authority import CertTrustAnchor
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.policy_decl import (
        NO_REVOCATION,
        AcceptAllAlgorithms,
        CertRevTrustPolicy,
        PKIXValidationParams,
    )
    from pyhanko_certvalidator.registry import SimpleTrustManager
    from pyhanko_certvalidator.validate import async_validate_path

    anchor = CertTrustAnchor(route.certs[-1].parsed)
    params = None
    if settings.policies:
        params = PKIXValidationParams(user_initial_policy_set=settings.policies, initial_explicit_policy=True)
    spec = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[anchor]),
        revinfo_policy=CertRevTrustPolicy(revocation_checking_policy=NO_REVOCATION),
        algorithm_usage_policy=AcceptAllAlgorithms(),
        signature_validator=_validator(),
    )
    moment = moment.astimezone(UTC)
    timing = ValidationTimingInfo(validation_time=moment, best_signature_time=moment, point_in_time_validation=True)
    context = spec.build_validation_context(timing_info=timing, handlers=None)
    upwards = [cert.parsed for cert in route.certs[:-1]]
    path = ValidationPath(trust_anchor=anchor, interm=list(reversed(upwards[1:])), leaf=upwards[0])
    await async_validate_path(context, path, params)


def _validator() -> Any:
    """Return the library's verifier of signature values with ours inside, which reads badly written keys too."""
    from cryptography.exceptions import InvalidSignature
    from pyhanko_certvalidator.sig_validate import DEFAULT_VALIDATION_CONTEXT, SignatureValidator

    from preservation.cms.keys import UnsupportedAlgorithm, scheme_of, verify

    class Verifier(SignatureValidator):
        def validate_signature(
            self,
            signature: bytes,
            signed_data: bytes,
            public_key_info: Any,
            signature_algorithm: Any,
            context: Any = DEFAULT_VALIDATION_CONTEXT,  # noqa: ARG002 - the library's signature
        ) -> None:
            try:
                good = verify(public_key_info, signature, signed_data, scheme_of(signature_algorithm, None))
            except UnsupportedAlgorithm as exc:
                raise InvalidSignature from exc
            if not good:
                raise InvalidSignature

    return Verifier()


def without_waiting(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits for anything, without an event loop.

    Raises:
        RuntimeError: it waited.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    work.close()
    raise RuntimeError("path validation waited for something")
