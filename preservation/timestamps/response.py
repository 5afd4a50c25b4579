"""Decides whether what a timestamp authority answered is the timestamp that was asked for.

Nothing is kept that fails one of these checks, in the order of RFC 3161 section 2.2: status, version, imprint, nonce,
policy, time, then the authority's signature, its certificate's purpose and binding, and who vouches for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from asn1crypto import cms, core, tsp

from model.errors import TimestampError
from model.findings import Finding, Outcome
from model.material import Material
from model.signatures import Integrity, SubIndication, TimestampFacts, TimestampKind
from model.text import N_
from preservation.cms.digests import name_of
from preservation.cms.envelope import UnreadableCms, open_envelope
from preservation.timestamps.token import TST_INFO, Imprint, timestamp_facts

GRANTED = ("granted", "granted_with_mods")
_INTOLERABLE = frozenset(
    {
        "timestamp.certificate-purpose",
        "timestamp.certificate-not-bound",
        "timestamp.several-signers",
        "timestamp.unchecked",
        "timestamp.broken",
        "timestamp.foreign",
        "timestamp.not-compared",
        "timestamp.unreadable",
    }
)
_OTHER_AUTHORITY = N_("Name another timestamp authority first; tell this one's operator.")
_TRUST_HINT = N_("Add its root certificate with `chauban trust add` for timestamps, or name another authority first.")


class Judgement(Protocol):
    """What a timestamp is worth under the trust store and policy in force."""

    @property
    def outcome(self) -> Outcome:
        """Only `PASSED` is taken."""
        ...

    @property
    def sub_indication(self) -> SubIndication | None:
        """Why not."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why not, in words."""
        ...


Check = Callable[[bytes, Imprint], Judgement]
"""Judges a token: path of its authority, revocation, algorithms; `preservation.signatures.judging.tokens` does it."""


class _Response(core.Sequence):  # type: ignore[misc]  # the library has no types
    """A TimeStampResp whose token may be absent, as RFC 3161 2.4.2 has it and asn1crypto does not."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What was asked for."""

    authority: str
    """Its address, for messages."""
    digest: bytes
    algorithm: str
    nonce: int
    policy: str = ""
    """OID that was demanded; empty: any."""
    sent: datetime
    received: datetime
    tolerance: timedelta
    """How far the authority's clock may be from ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp:
    """A timestamp that passed every check."""

    token: bytes
    """DER TimeStampToken."""
    time: datetime
    authority: str
    """Address of the authority that made it."""
    policy: str
    facts: TimestampFacts


def accept_response(content: bytes, expected: Expected, check: Check) -> Timestamp:
    """Return the timestamp of a response when everything about it is right.

    Args:
        content: a DER TimeStampResp.
        expected: what was asked for.
        check: decides about the authority.

    Raises:
        TimestampError: anything about it is wrong; the message says what.
    """
    token = _granted_token(content, expected)
    info = _info(token, expected)
    _check_contents(info, expected)

    def imprint(name: str) -> bytes | None:
        return expected.digest if name == expected.algorithm else None

    facts = timestamp_facts(token, imprint, id="timestamp", kind=TimestampKind.ARCHIVE, material=Material())
    _check_facts(facts, expected)
    _check_verdict(check(token, imprint), expected)
    return Timestamp(
        token=token,
        time=_moment(info),
        authority=expected.authority,
        policy=facts.policy,
        facts=facts,
    )


def _granted_token(content: bytes, expected: Expected) -> bytes:
    try:
        response = _Response.load(content, strict=True)
        state = response["status"]
        status = state["status"].native
        reason = _reason(state)
        token = response["time_stamp_token"]
        present = not isinstance(token, core.Void)
        der = bytes(token.dump()) if present else b""
    except Exception as exc:
        raise _unusable(expected) from exc
    if status not in GRANTED:
        raise TimestampError(
            N_("The timestamp authority {authority} refused to make a timestamp: {reason}."),
            hint=N_("Ask its operator; your account, its quota or the digest algorithm may be the cause."),
            authority=expected.authority,
            reason=f"{status}{f' ({reason})' if reason else ''}",
        )
    if not present:
        raise _unusable(expected)
    return der


def _reason(state: Any) -> str:
    failure = state["fail_info"].native
    words = [str(word)[:200] for word in state["status_string"].native or ()]
    return "; ".join([*sorted(failure or ()), *words])[:300]


def _info(token: bytes, expected: Expected) -> tsp.TSTInfo:
    try:
        envelope = open_envelope(token)
        info = tsp.TSTInfo.load(envelope.content(len(token)) or b"", strict=True)
        stated = info.native
    except (UnreadableCms, ValueError, TypeError, KeyError, RecursionError) as exc:
        raise _unusable(expected) from exc
    if envelope.content_type != TST_INFO or not isinstance(stated["gen_time"], datetime):
        raise _unusable(expected)
    return info


def _unusable(expected: Expected) -> TimestampError:
    return TimestampError(
        N_("The answer of {authority} is not a timestamp."),
        hint=N_("Check the address: it must be that of the authority's RFC 3161 service."),
        authority=expected.authority,
    )


def _check_contents(info: tsp.TSTInfo, expected: Expected) -> None:
    """Compare what the authority states with what was asked (RFC 3161, 2.4.2)."""
    imprint = info["message_imprint"]
    wrong = ""
    if info["version"].native != "v1":
        wrong = N_("it is of a version that is not known")
    elif name_of(imprint["hash_algorithm"]["algorithm"].dotted) != expected.algorithm:
        wrong = N_("it is for another digest algorithm")
    elif imprint["hashed_message"].native != expected.digest:
        wrong = N_("it is for other data")
    elif info["nonce"].native != expected.nonce:
        wrong = N_("it repeats an earlier answer or answers another question")
    elif expected.policy and info["policy"].dotted != expected.policy:
        wrong = N_("it was made under another policy than the one demanded")
    elif not _timely(info, expected):
        wrong = N_("its time is not the time at which it was asked for")
    if wrong:
        raise _rejected(expected, wrong, N_("If it happens again, compare your clock with the authority's."))


def _timely(info: tsp.TSTInfo, expected: Expected) -> bool:
    try:
        moment = _moment(info)
        earliest, latest = expected.sent - expected.tolerance, expected.received + expected.tolerance
    except OverflowError:
        return False
    return earliest <= moment <= latest


def _moment(info: tsp.TSTInfo) -> datetime:
    native: datetime = info["gen_time"].native
    return native.astimezone(UTC) if native.tzinfo else native.replace(tzinfo=UTC)


def _check_facts(facts: TimestampFacts, expected: Expected) -> None:
    """Demand that the token holds by itself, and that its certificate is named in it and for timestamps alone."""
    intolerable = [finding for finding in facts.findings if finding.code in _INTOLERABLE]
    if facts.integrity is Integrity.INTACT and facts.imprint_matches and not intolerable:
        return
    raise _rejected(expected, _words(intolerable) or N_("its signature does not hold"), _OTHER_AUTHORITY)


def _check_verdict(verdict: Judgement, expected: Expected) -> None:
    if verdict.outcome is Outcome.PASSED:
        return
    known = verdict.sub_indication.value if verdict.sub_indication else verdict.outcome.value
    raise _rejected(expected, _words(verdict.findings) or known, _TRUST_HINT)


def _words(findings: list[Finding] | tuple[Finding, ...]) -> str:
    return " ".join(finding.message() for finding in findings)


def _rejected(expected: Expected, reason: str, hint: str) -> TimestampError:
    return TimestampError(
        N_("The timestamp of {authority} was not accepted: {reason}."),
        hint=hint,
        authority=expected.authority,
        reason=reason.rstrip("."),
    )
