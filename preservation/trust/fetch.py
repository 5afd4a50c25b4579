"""Fetches validation material from the addresses that certificates name: the only code that does.

Such an address is written by whoever made the certificate, so nothing is asked that the policy does not list, and
what cannot be had is a result, never an error that would stop an intake.

Source:
    RFC 5280 4.2.1.13 and 4.2.2.1; RFC 6960 Appendix A
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from asn1crypto import core, crl, ocsp, pem

from model.errors import StorageError
from model.ports import Clock, SystemClock
from preservation.cms.certificates import load
from preservation.network.http import Bounds, Failure, NotAnswered, send
from preservation.trust.cache import CacheEntry, FetchCache, cache_key
from preservation.trust.settings import AllowList, FetchSettings

MAX_REDIRECTS = 3
FAILURE_KEPT = timedelta(minutes=5)
"""How long an address that did not answer is left alone, so that one dead server does not stop every document."""
_REDIRECTS = {301, 302, 303, 307, 308}
_KEEP_METHOD = {307, 308}
_OK = 200


class FetchKind(StrEnum):
    """What is asked for."""

    CRL = "crl"
    OCSP = "ocsp"
    CERTIFICATE = "certificate"


class FetchFailure(StrEnum):
    """Why there is nothing."""

    DISABLED = "disabled"
    """Fetching is switched off."""
    NOT_ALLOWED = "not-allowed"
    """The policy does not list the address."""
    PRIVATE = "private-address"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    STATUS = "status"
    """The server answered with an error."""
    REDIRECTS = "redirects"
    """It led on too often, or to an address that is not allowed."""
    UNUSABLE = "unusable"
    """What came is not what was asked for."""
    STORAGE = "storage"
    """The cache cannot be written."""
    BUDGET = "budget"
    """Enough was asked for this file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What a request gave."""

    url: str
    content: bytes = b""
    """DER; empty when there is a failure."""
    obtained: datetime | None = None
    """When it came from its server, which may be earlier than now: it may have been kept."""
    failure: FetchFailure | None = None
    detail: str = ""
    """Of the failure, in a library's or system's words."""
    kept: bool = False
    """Whether it came from the cache."""

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.failure is None


Fetch = Callable[[str, FetchKind, bytes | None], FetchResult]
"""Fetches: address, what is asked for, body of an OCSP request. In a worker process it asks the parent."""

_FAILURES = {
    Failure.BAD_ADDRESS: FetchFailure.NOT_ALLOWED,
    Failure.PRIVATE: FetchFailure.PRIVATE,
    Failure.UNREACHABLE: FetchFailure.UNREACHABLE,
    Failure.TIMEOUT: FetchFailure.TIMEOUT,
    Failure.TOO_LARGE: FetchFailure.TOO_LARGE,
    Failure.INSECURE: FetchFailure.UNREACHABLE,
    Failure.MALFORMED: FetchFailure.UNUSABLE,
}
_ACCEPT = {
    FetchKind.CRL: "application/pkix-crl, */*;q=0.1",
    FetchKind.OCSP: "application/ocsp-response, */*;q=0.1",
    FetchKind.CERTIFICATE: "application/pkix-cert, application/pkcs7-mime, */*;q=0.1",
}


class Fetcher:
    """Fetches what the settings allow, and keeps it.

    Args:
        settings: what may be fetched, and from where.
        cache: folder of what was fetched, shared by processes.
        clock: tells when something was obtained and whether what is kept is still good.
    """

    def __init__(self, settings: FetchSettings, cache: Path, clock: Clock | None = None) -> None:
        self._settings = settings
        self._allowed = AllowList(settings.allow)
        self._cache = FetchCache(cache)
        self._clock = clock or SystemClock()

    def fetch(self, url: str, kind: FetchKind, data: bytes | None = None) -> FetchResult:
        """Fetch one thing, from the cache where it is still good; never raises for what cannot be had.

        Args:
            url: as the certificate names it.
            kind: what is expected; anything else is refused.
            data: an OCSP request.
        """
        refused = self._refused(url)
        if refused:
            return refused
        key = cache_key(kind.value, url, data or b"")
        kept = self._cache.read(key, self._clock.now())
        if kept:
            return _result(kept, kept_before=True)
        try:
            with self._cache.locked(key, self._settings.total) as mine:
                if not mine:
                    return FetchResult(url=url, failure=FetchFailure.TIMEOUT, detail="another process is fetching it")
                kept = self._cache.read(key, self._clock.now())
                if kept:
                    return _result(kept, kept_before=True)
                entry = self._asked(url, kind, data)
                self._cache.write(key, entry)
        except StorageError as error:
            return FetchResult(url=url, failure=FetchFailure.STORAGE, detail=error.message)
        return _result(entry, kept_before=False)

    def _refused(self, url: str) -> FetchResult | None:
        if not self._settings.enabled:
            return FetchResult(url=url, failure=FetchFailure.DISABLED)
        if not self._allowed.permits(url):
            return FetchResult(url=url, failure=FetchFailure.NOT_ALLOWED)
        return None

    def _asked(self, url: str, kind: FetchKind, data: bytes | None) -> CacheEntry:
        """Ask the server; a failure is an entry too."""
        now = self._clock.now()
        try:
            content, next_update = _usable(kind, self._answer(url, kind, data))
        except _Unanswered as error:
            return CacheEntry(
                url=url, obtained=now, expires=now + FAILURE_KEPT, failure=error.failure.value, detail=error.detail
            )
        latest = now + self._settings.cache
        expires = min(latest, next_update) if next_update else latest
        return CacheEntry(url=url, content=content, obtained=now, expires=max(expires, now + FAILURE_KEPT))

    def _answer(self, url: str, kind: FetchKind, data: bytes | None) -> bytes:
        headers = {"Accept": _ACCEPT[kind]}
        if kind is FetchKind.OCSP:
            headers["Content-Type"] = "application/ocsp-request"
        deadline = time.monotonic() + self._settings.total
        current = url
        for _ in range(MAX_REDIRECTS + 1):
            left = max(deadline - time.monotonic(), 0.0)
            bounds = Bounds(size=self._limit(kind), silence=self._settings.timeout, total=left)
            try:
                answer = send(current, bounds, data=data, headers=headers, vet=self._allowed.permits_address)
            except NotAnswered as error:
                raise _Unanswered(_FAILURES[error.failure], error.detail) from error
            if answer.status == _OK:
                return answer.content
            if answer.status not in _REDIRECTS:
                raise _Unanswered(FetchFailure.STATUS, str(answer.status))
            current = self._next(current, answer.headers.get("location", ""))
            if data is not None and answer.status not in _KEEP_METHOD:
                raise _Unanswered(FetchFailure.REDIRECTS, f"{answer.status} to an OCSP request")
        raise _Unanswered(FetchFailure.REDIRECTS, f"more than {MAX_REDIRECTS}")

    def _next(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
        except ValueError as error:
            raise _Unanswered(FetchFailure.REDIRECTS, str(error)) from error
        if not location or not self._allowed.permits(target):
            raise _Unanswered(FetchFailure.REDIRECTS, f"to {target[:200]}")
        return target

    def _limit(self, kind: FetchKind) -> int:
        return {
            FetchKind.CRL: self._settings.max_crl,
            FetchKind.OCSP: self._settings.max_ocsp,
            FetchKind.CERTIFICATE: self._settings.max_certificate,
        }[kind]


class _Unanswered(Exception):
    def __init__(self, failure: FetchFailure, detail: str) -> None:
        super().__init__(detail)
        self.failure, self.detail = failure, detail


def _result(entry: CacheEntry, *, kept_before: bool) -> FetchResult:
    return FetchResult(
        url=entry.url,
        content=entry.content,
        obtained=entry.obtained,
        failure=FetchFailure(entry.failure) if entry.failure else None,
        detail=entry.detail,
        kept=kept_before,
    )


def _usable(kind: FetchKind, content: bytes) -> tuple[bytes, datetime | None]:
    """Return an answer as DER and its next update; certificates stay in the form they came in."""
    try:
        if kind is FetchKind.CRL:
            return _crl(content)
        if kind is FetchKind.OCSP:
            return content, _ocsp_next_update(content)
        load(content)
    except MemoryError:
        raise
    except Exception as error:
        raise _Unanswered(FetchFailure.UNUSABLE, f"{type(error).__name__}: {error}"[:300]) from error
    return content, None


def _crl(content: bytes) -> tuple[bytes, datetime | None]:
    der = pem.unarmor(content)[2] if pem.detect(content) else content
    listed = crl.CertificateList.load(der, strict=True)["tbs_cert_list"]
    listed["issuer"].dump()
    _moment(listed["this_update"])
    following = listed["next_update"]
    return der, None if isinstance(following, core.Void) else _moment(following)


def _moment(value: Any) -> datetime:
    native = value.native
    if not isinstance(native, datetime):
        raise ValueError("no time")
    return native.astimezone(UTC) if native.tzinfo else native.replace(tzinfo=UTC)


def _ocsp_next_update(content: bytes) -> datetime | None:
    response = ocsp.OCSPResponse.load(content, strict=True)
    if response["response_status"].native != "successful":
        raise ValueError(f"the responder says {response['response_status'].native}")
    ends = []
    for single in response.response_data["responses"]:
        _moment(single["this_update"])
        if not isinstance(single["next_update"], core.Void):
            ends.append(_moment(single["next_update"]))
    if len(response.response_data["responses"]) == 0:
        raise ValueError("it says nothing")
    return min(ends, default=None)
