"""Asks timestamp authorities for timestamps, and takes only what is right in every respect.

Source:
    RFC 3161 sections 2.4 and 3.4; RFC 5816
"""

import base64
import logging
import secrets
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from asn1crypto import tsp

from model.errors import ConfigurationError, TimestampError
from model.ports import Clock, SystemClock
from model.text import N_
from preservation.cms.digests import new
from preservation.network.http import Answer, Bounds, Failure, NotAnswered, send
from preservation.timestamps.response import Check, Expected, Timestamp, accept_response

MAX_RESPONSE = 1 << 20
"""Bytes of an answer; real ones have three to eight thousand."""
_OK = 200
_logger = logging.getLogger(__name__)

Nonce = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampAuthority:
    """One authority and how it is asked."""

    url: str
    """Its RFC 3161 service over HTTP (RFC 3161, 3.4)."""
    user: str = ""
    password: str = field(default="", repr=False)
    client_certificate: Path | None = None
    """PEM file with certificate and key, for authorities that know their customers by them."""
    tls_authorities: Path | None = None
    """PEM file of the roots its web server's certificate comes from; none: those the system knows. For transport
    only: whether its timestamps are trusted is for the trust store alone."""
    timeout: float = 20.0
    """Seconds for the whole answer."""
    policy: str = ""
    """OID of the policy that is demanded; empty: the authority's own choice."""
    tolerance: timedelta = timedelta(minutes=5)
    """How far its clock may be from ours."""


class TimestampClient:
    """Asks several authorities in the order of preference until one gives a good timestamp.

    Args:
        authorities: the preferred one first.
        check: judges a timestamp's authority.
        nonce: gives a number that was never used before.
        clock: tells the time.
    """

    def __init__(
        self,
        authorities: Sequence[TimestampAuthority],
        check: Check,
        *,
        nonce: Nonce | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._authorities = tuple(authorities)
        self._check, self._nonce, self._clock = check, nonce, clock

    def timestamp(self, digest: bytes, algorithm: str) -> Timestamp:
        """Return a timestamp over a digest.

        Raises:
            ConfigurationError: no authority is configured, or one in a way that cannot be used.
            TimestampError: none gave a timestamp that can be relied on.
        """
        if not self._authorities:
            raise ConfigurationError(
                N_("No timestamp authority is configured."), hint=N_("Name at least one in chauban.toml.")
            )
        failures: list[TimestampError] = []
        for authority in self._authorities:
            try:
                return request_timestamp(
                    digest, algorithm, authority, check=self._check, nonce=self._nonce, clock=self._clock
                )
            except TimestampError as error:
                _logger.warning("no timestamp from %s", authority.url, extra={"msgid": "timestamp-failed"})
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        raise TimestampError(
            N_("None of the {count} timestamp authorities gave a usable timestamp: {reasons}"),
            hint=failures[0].hint_template,
            count=len(failures),
            reasons=" ".join(error.message for error in failures),
        ) from failures[0]


def request_timestamp(
    digest: bytes,
    algorithm: str,
    authority: TimestampAuthority,
    *,
    check: Check,
    nonce: Nonce | None = None,
    clock: Clock | None = None,
) -> Timestamp:
    """Ask one authority for a timestamp and check it in full.

    Args:
        digest: of what is to be stamped, raw bytes.
        algorithm: the digest's: `sha256`, `sha512`, `sha3-512`.
        authority: whom to ask.
        check: judges the authority that signed.
        nonce: gives a number that was never used before.
        clock: tells the time.

    Raises:
        TimestampError: no answer, or one that is not exactly what was asked for.
        ConfigurationError: the authority's certificate files cannot be used.
    """
    if len(digest) != len(new(algorithm).digest()):
        raise ValueError(f"{len(digest)} bytes are no {algorithm} digest")
    ticking = clock or SystemClock()
    number = nonce() if nonce else secrets.randbits(63) + 1
    sent = ticking.now()
    content = _ask(authority, _query(digest, algorithm, number, authority.policy))
    expected = Expected(
        authority=authority.url,
        digest=digest,
        algorithm=algorithm,
        nonce=number,
        policy=authority.policy,
        sent=sent,
        received=ticking.now(),
        tolerance=authority.tolerance,
    )
    return accept_response(content, expected, check)


def _query(digest: bytes, algorithm: str, nonce: int, policy: str) -> bytes:
    asked = {
        "version": "v1",
        "message_imprint": {
            "hash_algorithm": {"algorithm": algorithm.replace("-", "_")},
            "hashed_message": digest,
        },
        "nonce": nonce,
        "cert_req": True,
    }
    if policy:
        asked["req_policy"] = policy
    return bytes(tsp.TimeStampReq(asked).dump())


def _ask(authority: TimestampAuthority, query: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    if authority.user:
        pair = f"{authority.user}:{authority.password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    bounds = Bounds(size=MAX_RESPONSE, silence=authority.timeout, total=authority.timeout)
    try:
        answer = send(authority.url, bounds, data=query, headers=headers, tls=_tls(authority))
    except NotAnswered as error:
        raise _not_answered(authority, error) from error
    if answer.status != _OK:
        raise _status(authority, answer)
    return answer.content


def _tls(authority: TimestampAuthority) -> ssl.SSLContext | None:
    if not (authority.client_certificate or authority.tls_authorities):
        return None
    try:
        context = ssl.create_default_context(cafile=authority.tls_authorities)
        if authority.client_certificate:
            context.load_cert_chain(authority.client_certificate)
    except (OSError, ValueError) as exc:
        raise ConfigurationError(
            N_("The certificate files for the timestamp authority {authority} cannot be used: {why}."),
            hint=N_("They must be PEM files; that of the client holds its certificate and its key."),
            authority=authority.url,
            why=exc,
        ) from exc
    return context


_REASONS = {
    Failure.BAD_ADDRESS: N_("its address is not one of http or https"),
    Failure.PRIVATE: N_("it cannot be reached"),
    Failure.UNREACHABLE: N_("it cannot be reached"),
    Failure.TIMEOUT: N_("it did not answer in time"),
    Failure.TOO_LARGE: N_("its answer is too large to be a timestamp"),
    Failure.INSECURE: N_("its web server's certificate does not fit"),
    Failure.MALFORMED: N_("its answer breaks off or is not HTTP"),
}


def _not_answered(authority: TimestampAuthority, error: NotAnswered) -> TimestampError:
    return TimestampError(
        N_("The timestamp authority {authority} gave no timestamp: {reason}."),
        hint=N_("Try again later, or name a second authority in chauban.toml."),
        authority=authority.url,
        reason=_REASONS[error.failure],
    )


def _status(authority: TimestampAuthority, answer: Answer) -> TimestampError:
    redirected = 300 <= answer.status < 400
    denied = answer.status in {401, 403, 407}
    hint = N_("Try again later, or name a second authority in chauban.toml.")
    if redirected:
        hint = N_("Name the address it leads to in chauban.toml: redirects are not followed.")
    elif denied:
        hint = N_("Check user and password, or the client certificate, in chauban.toml.")
    return TimestampError(
        N_("The timestamp authority {authority} answered with the HTTP status {status}."),
        hint=hint,
        authority=authority.url,
        status=answer.status,
    )
