"""Gathers what proves a certificate's status while it can still be had: issuers, revocation lists, OCSP responses.

One list proves the status of everything its authority issued, so lists come first: they are fetched once and kept,
where an OCSP response must be asked for each certificate.

Source:
    RFC 5280 4.2.1.13 (CRL distribution points), 4.2.2.1 (authority information access); RFC 6960 4.1
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from asn1crypto import core, crl, ocsp, x509

from model.findings import Finding, Severity, finding_kind
from model.material import Material, MaterialKind, MaterialSource
from model.text import N_
from preservation.cms.certificates import UnreadableCertificate, load, parse
from preservation.trust.fetch import Fetch, FetchFailure, FetchKind, FetchResult
from preservation.trust.settings import FetchSettings

MAX_CHAIN = 10
MAX_URLS = 5
"""Addresses tried for one thing."""
_NO_CHECK = "ocsp_no_check"

_REASONS = {
    FetchFailure.NOT_ALLOWED: N_("the policy does not list this address"),
    FetchFailure.PRIVATE: N_("it leads into a private network that the policy does not list"),
    FetchFailure.UNREACHABLE: N_("the server cannot be reached"),
    FetchFailure.TIMEOUT: N_("the server did not answer in time"),
    FetchFailure.TOO_LARGE: N_("the answer is larger than the policy allows"),
    FetchFailure.STATUS: N_("the server answered with an error"),
    FetchFailure.REDIRECTS: N_("the server led to an address that is not allowed"),
    FetchFailure.UNUSABLE: N_("the answer is not what was asked for"),
    FetchFailure.STORAGE: N_("what was fetched could not be kept"),
    FetchFailure.BUDGET: N_("the policy's limit of requests for one file was reached"),
}

NOT_FETCHED = finding_kind(
    "trust.not-fetched",
    Severity.WARNING,
    N_("Validation data could not be fetched from {url}: {reason}."),
    remedy=N_(
        "If you trust this address, list it in the signature policy under [fetch]; try again when its server answers,"
        " or import the revocation list with `chauban trust add`."
    ),
    source="RFC 5280 4.2.1.13, 4.2.2.1",
)


class HasFetchSettings(Protocol):
    """A signature policy, as far as fetching goes."""

    @property
    def fetch(self) -> FetchSettings:
        """What may be fetched."""
        ...


@dataclass(frozen=True, slots=True)
class _Step:
    """A certificate and its issuer, where that is known."""

    certificate: x509.Certificate
    issuer: x509.Certificate | None


class FetchingCollector:
    """Collects validation material for one file; a second file needs a second one.

    Args:
        fetch: `Fetcher.fetch`, or what asks the parent process for it.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._asked: dict[tuple[str, FetchKind, bytes | None], FetchResult] = {}
        self._spent = 0.0
        self._budget_reached = False

    def collect(self, chain: Sequence[bytes], material: Material, at: datetime, policy: HasFetchSettings) -> None:
        """Add what can be fetched for a chain to the material; never raises for what cannot be had.

        Args:
            chain: certificates as DER, from the signer's upwards as far as they are known.
            material: takes what was fetched, and may hold issuers.
            at: time of the check; a list that has ended by then is not enough.
            policy: says how much may be fetched.
        """
        if not policy.fetch.enabled:
            return
        visit = _Visit(material=material, at=at, ask=lambda *what: self._ask(policy.fetch, *what))
        for step in visit.steps(chain):
            if step.issuer is not None and not _needs_no_check(step.certificate):
                visit.revocation(step.certificate, step.issuer)

    @property
    def failures(self) -> tuple[FetchResult, ...]:
        """What could not be had so far."""
        return tuple(result for result in self._asked.values() if not result.ok)

    def findings(self, location: str) -> tuple[Finding, ...]:
        """Return what could not be had, in words."""
        return tuple(
            NOT_FETCHED.at(location, url=result.url, reason=_REASONS[result.failure])
            for result in self.failures
            if result.failure in _REASONS
        )

    def _ask(self, settings: FetchSettings, url: str, kind: FetchKind, data: bytes | None = None) -> FetchResult:
        key = (url, kind, data)
        if key not in self._asked:
            if len(self._asked) >= settings.max_requests or self._spent >= settings.total:
                if not self._budget_reached:
                    self._budget_reached = True
                    self._asked[key] = FetchResult(url=url, failure=FetchFailure.BUDGET)
                return FetchResult(url=url, failure=FetchFailure.BUDGET)
            started = time.monotonic()
            self._asked[key] = self._fetch(url, kind, data)
            self._spent += time.monotonic() - started
        return self._asked[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One chain being completed."""

    material: Material
    at: datetime
    ask: Callable[..., FetchResult]

    def steps(self, chain: Sequence[bytes]) -> Iterator[_Step]:
        """Yield the certificates from the signer's upwards, each with its issuer; missing issuers are fetched."""
        known = [certificate for der in chain if (certificate := _readable(der)) is not None]
        if not known:
            return
        current: x509.Certificate | None = known[0]
        seen: set[bytes] = set()
        for _ in range(MAX_CHAIN):
            if current is None or current.sha256 in seen or _self_issued(current):
                return
            seen.add(current.sha256)
            issuer = self._issuer(current, known)
            yield _Step(current, issuer)
            current = issuer

    def _issuer(self, certificate: x509.Certificate, known: Iterable[x509.Certificate]) -> x509.Certificate | None:
        kept = (_readable(item.content) for item in self.material.of(MaterialKind.CERTIFICATE))
        for candidate in (*known, *kept):
            if candidate is not None and _may_have_issued(candidate, certificate):
                return candidate
        for url in _urls_of_issuer(certificate):
            result = self.ask(url, FetchKind.CERTIFICATE)
            for der in _bundle(result.content) if result.ok else ():
                found = _readable(der)
                if found is not None and _may_have_issued(found, certificate):
                    self._keep(MaterialKind.CERTIFICATE, der, result)
                    return found
        return None

    def revocation(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        """Fetch a list of the issuer's; without one that is current, an OCSP response."""
        for url, name in _distribution_points(certificate):
            result = self.ask(url, FetchKind.CRL)
            if result.ok and _listed_by(result.content, name or certificate.issuer):
                self._keep(MaterialKind.CRL, result.content, result)
                if _current(result.content, self.at):
                    return
        request = _ocsp_request(certificate, issuer)
        for url in _urls(certificate, "ocsp"):
            result = self.ask(url, FetchKind.OCSP, request)
            if result.ok and _answers(result.content, certificate):
                self._keep(MaterialKind.OCSP, result.content, result)
                return

    def _keep(self, kind: MaterialKind, content: bytes, result: FetchResult) -> None:
        self.material.add(kind, content, MaterialSource.FETCHED, url=result.url, obtained=result.obtained)


def _readable(der: bytes) -> x509.Certificate | None:
    try:
        return parse(der)
    except UnreadableCertificate:
        return None


def _bundle(content: bytes) -> tuple[bytes, ...]:
    try:
        return load(content)
    except UnreadableCertificate:
        return ()


def _self_issued(certificate: x509.Certificate) -> bool:
    return bool(certificate.subject.dump() == certificate.issuer.dump())


def _may_have_issued(candidate: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Compare names and key identifiers; whether the signature fits is for path validation."""
    if not _same_name(candidate.subject, certificate.issuer):
        return False
    wanted = _read(lambda: certificate.authority_key_identifier, None)
    stated = _read(lambda: candidate.key_identifier, None)
    return wanted is None or stated is None or wanted == stated


def _same_name(one: x509.Name, other: x509.Name) -> bool:
    return bool(one.dump() == other.dump() or _read(lambda: one.hashable == other.hashable, False))


def _needs_no_check(certificate: x509.Certificate) -> bool:
    return bool(_read(lambda: certificate.ocsp_no_check_value is not None, False))


def _read(read: Callable[[], Any], otherwise: Any) -> Any:
    """Return what a certificate says; `otherwise` where it cannot be read."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return otherwise


def _urls_of_issuer(certificate: x509.Certificate) -> list[str]:
    return _urls(certificate, "ca_issuers")


def _urls(certificate: x509.Certificate, method: str) -> list[str]:
    def listed() -> list[str]:
        accesses = certificate.authority_information_access_value or ()
        return [
            str(one["access_location"].native)
            for one in accesses
            if one["access_method"].native == method and one["access_location"].name == "uniform_resource_identifier"
        ]

    return [url for url in _read(listed, []) if _is_web(url)][:MAX_URLS]


def _distribution_points(certificate: x509.Certificate) -> list[tuple[str, x509.Name | None]]:
    """Return the addresses of lists, each with the name of who issues the list where that is not the certificate's."""

    def listed() -> list[tuple[str, x509.Name | None]]:
        found = []
        for point in certificate.crl_distribution_points or ():
            place = point["distribution_point"]
            if isinstance(place, core.Void) or place.name != "full_name":
                continue
            issuers = [one.chosen for one in point["crl_issuer"] or () if one.name == "directory_name"]
            found += [
                (str(one.native), issuers[0] if issuers else None)
                for one in place.chosen
                if one.name == "uniform_resource_identifier"
            ]
        return found

    return [(url, name) for url, name in _read(listed, []) if _is_web(url)][:MAX_URLS]


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _listed_by(content: bytes, issuer: x509.Name) -> bool:
    return bool(_read(lambda: _same_name(crl.CertificateList.load(content).issuer, issuer), False))


def _current(content: bytes, at: datetime) -> bool:
    def current() -> bool:
        end = crl.CertificateList.load(content)["tbs_cert_list"]["next_update"].native
        return end is None or at < end

    return bool(_read(current, False))


def _ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """Return a request without nonce: its answer can be kept, and shown to an inspector (RFC 6960, 4.1; RFC 5019)."""
    identifier = {
        "hash_algorithm": {"algorithm": "sha1"},
        "issuer_name_hash": issuer.subject.sha1,
        "issuer_key_hash": issuer.public_key.sha1,
        "serial_number": certificate.serial_number,
    }
    return bytes(ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": identifier}]}}).dump())


def _answers(content: bytes, certificate: x509.Certificate) -> bool:
    def answers() -> bool:
        singles = ocsp.OCSPResponse.load(content).response_data["responses"]
        return any(one["cert_id"]["serial_number"].native == certificate.serial_number for one in singles)

    return bool(_read(answers, False))
