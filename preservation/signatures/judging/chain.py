"""Whether a path of certificates held at a time, and if not, why.

Pure: a path, what is said about its certificates, two times and a policy give the problems, gravest first. The two
times: `at`, when the check is made, and `best`, the earliest time at which the signature is proven to have existed
(`at` itself where nothing proves more). The signer's own certificate is judged at the best time; the authorities above
must hold at `at`, since whoever holds a withdrawn authority's key can make revocation data of any date.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.2.5 (freshness), 5.2.6 (certificate), 5.2.8 (algorithms), 5.5.4 (with time)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from model.dates import utc_text
from model.findings import Finding
from model.signatures import AlgorithmUse, CertificateFacts, RevocationUse, SubIndication
from preservation.signatures.judging import findings as say
from preservation.signatures.judging.certificates import Cert
from preservation.signatures.judging.paths import Route, unsoundness
from preservation.signatures.judging.revocation import Statement, algorithms_of
from preservation.signatures.policy import (
    AlgorithmWindow,
    CertificateSettings,
    RevocationRule,
    RevocationSettings,
    SignaturePolicy,
)
from preservation.trust.store import Purpose

_Sub = SubIndication


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a path must obey: the part of the policy that fits its purpose."""

    revocation: RevocationSettings
    certificate: CertificateSettings
    policy: SignaturePolicy

    @classmethod
    def of(cls, policy: SignaturePolicy, purpose: Purpose) -> "Rules":
        """Take the part for one purpose out of a policy."""
        return cls(revocation=policy.revocation[purpose], certificate=policy.certificate[purpose], policy=policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times a path is judged for."""

    at: datetime
    """Of the check."""
    best: datetime
    """Earliest proven existence of the signature; not after `at`."""
    not_before: datetime | None = None
    """The signature is proven to have been made after this (a timestamp over what was signed)."""

    @property
    def proven(self) -> bool:
        """Whether anything but the check proves the existence of the signature."""
        return self.best < self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason for which a path does not hold."""

    sub: SubIndication
    finding: Finding
    failed: bool = False
    """The signature is bad, rather than undecided."""
    engine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What one path is worth at a time."""

    route: Route
    problems: tuple[Problem, ...]
    notes: tuple[Finding, ...]
    revocations: tuple[RevocationUse, ...]
    holds_until: datetime

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One path with all that is said about its certificates, and the algorithms of the signature made with it."""

    route: Route
    said: tuple[tuple[Statement, ...], ...]
    """For each certificate of the path but the anchor, from the leaf upwards."""
    own: tuple[AlgorithmUse, ...]
    rules: Rules


def assess(subject: Subject, times: Times) -> Assessment:
    """Judge one path."""
    route = subject.route
    life = list(_life_problems(subject, times))
    statuses = [_revocation(subject, position, times) for position in range(len(route.links))]
    revoked = [problem for status in statuses for problem in status.problems if problem.engine == "RevokedError"]
    unknown = [
        problem
        for position, status in enumerate(statuses)
        for problem in status.problems
        if problem.engine != "RevokedError" and (position or not life)
    ]
    problems = [
        *_unsound(subject),
        *_anchor_problems(route, times, subject.rules),
        *revoked,
        *life,
        *unknown,
        *_algorithm_problems(subject, times),
    ]
    uses = tuple(status.use for status in statuses)
    return Assessment(
        route=route,
        problems=tuple(sorted(problems, key=lambda one: not one.failed)),
        notes=tuple(note for status in statuses for note in status.notes),
        revocations=uses or (RevocationUse(certificate=route.leaf.id, status="not-needed"),),
        holds_until=_holds_until(subject, times),
    )


def _unsound(subject: Subject) -> Iterator[Problem]:
    found = unsoundness(subject.route, subject.rules.certificate)
    if found is not None:
        kind, sub = (
            (say.CHAIN_CONSTRAINTS, _Sub.CHAIN_CONSTRAINTS_FAILURE)
            if found.unsuitable
            else (say.CHAIN_GENERAL, _Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE)
        )
        finding = kind.at("", name=subject.route.leaf.facts.name, why=found.why)
        yield Problem(sub=sub, finding=finding, engine=found.engine)


def _anchor_problems(route: Route, times: Times, rules: Rules) -> Iterator[Problem]:
    anchor, skew = route.anchor, rules.policy.tolerance
    if anchor.valid_until is not None and times.best > anchor.valid_until + skew:
        finding = say.ANCHOR_ENDED.at("", name=anchor.name, time=utc_text(anchor.valid_until))
        yield Problem(sub=_Sub.NO_CERTIFICATE_CHAIN_FOUND_NO_POE, finding=finding)
    if anchor.valid_from is not None and times.best + skew < anchor.valid_from:
        finding = say.ANCHOR_LATER.at("", name=anchor.name, time=utc_text(anchor.valid_from))
        yield Problem(sub=_Sub.NO_CERTIFICATE_CHAIN_FOUND, finding=finding)


# --- validity ----------------------------------------------------------------------------------------------------


def _life_problems(subject: Subject, times: Times) -> Iterator[Problem]:
    """Yield what speaks against the validity of the certificates at the time that counts for each."""
    route, skew = subject.route, subject.rules.policy.tolerance
    leaf = route.leaf.facts
    if times.best + skew < leaf.not_before:
        yield _too_early(route.leaf, times)
    elif times.best - skew > leaf.not_after:
        yield _ended(subject, times)
    for cert, _ in route.links[1:]:
        if times.at - skew > cert.facts.not_after or times.at + skew < cert.facts.not_before:
            finding = say.OUT_OF_BOUNDS_NO_POE.at("", name=cert.facts.name, time=utc_text(cert.facts.not_after))
            yield Problem(sub=_Sub.OUT_OF_BOUNDS_NO_POE, finding=finding, engine="ExpiredError")


def _too_early(leaf: Cert, times: Times) -> Problem:
    begin = utc_text(leaf.facts.not_before)
    if times.proven:
        finding = say.SIGNED_TOO_EARLY.at("", name=leaf.facts.name, time=begin, proven=utc_text(times.best))
        return Problem(sub=_Sub.NOT_YET_VALID, finding=finding, failed=True, engine="NotYetValidError")
    finding = say.NOT_YET_VALID.at("", name=leaf.facts.name, time=begin)
    return Problem(sub=_Sub.OUT_OF_BOUNDS_NO_POE, finding=finding, engine="NotYetValidError")


def _ended(subject: Subject, times: Times) -> Problem:
    leaf, end = subject.route.leaf.facts, subject.route.leaf.facts.not_after
    if times.not_before is not None and times.not_before > end + subject.rules.policy.tolerance:
        finding = say.EXPIRED.at("", name=leaf.name, time=utc_text(end))
        return Problem(sub=_Sub.EXPIRED, finding=finding, failed=True, engine="ExpiredError")
    said = subject.said[0] if subject.said else ()
    settings = subject.rules.revocation
    good = any(one.revoked_at is None and not one.partial and _to_the_end(one, leaf, settings) for one in said)
    clean = good and not any(one.revoked_at is not None and one.revoked_at <= times.at for one in said)
    kind, sub = (
        (say.OUT_OF_BOUNDS_NOT_REVOKED, _Sub.OUT_OF_BOUNDS_NOT_REVOKED)
        if clean
        else (say.OUT_OF_BOUNDS_NO_POE, _Sub.OUT_OF_BOUNDS_NO_POE)
    )
    return Problem(sub=sub, finding=kind.at("", name=leaf.name, time=utc_text(end)), engine="ExpiredError")


def _to_the_end(one: Statement, leaf: CertificateFacts, settings: RevocationSettings) -> bool:
    """Tell whether a statement that names no revocation covers the end of a certificate's life."""
    kept = one.expired_since is not None and one.expired_since <= leaf.not_after
    return kept or one.this_update <= leaf.not_after <= fresh_until(one, settings)


# --- revocation --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Status:
    problems: tuple[Problem, ...] = ()
    use: RevocationUse
    notes: tuple[Finding, ...] = ()


def _revocation(subject: Subject, position: int, times: Times) -> _Status:
    cert, said, rules = subject.route.certs[position], subject.said[position], subject.rules
    moment = times.at if position else times.best
    withdrawn = withdrawal(said, moment)
    if withdrawn is not None:
        return _withdrawn(cert, withdrawn, position, times)
    held = suspension(said, moment)
    if held is not None and held.revoked_at is not None:
        finding = say.ON_HOLD.at("", name=cert.facts.name, time=utc_text(held.revoked_at))
        problem = Problem(sub=_Sub.TRY_LATER, finding=finding, engine="RevokedError")
        return _Status(problems=(problem,), use=_use(cert, held, "revoked"))
    if cert.needs_no_revocation:
        return _Status(use=RevocationUse(certificate=cert.id, status="not-needed"))
    good = next((one for one in said if conclusive(one, cert, moment, rules, times.at)), None)
    if good is not None:
        return _Status(use=_use(cert, good, "good"))
    return _unknown(cert, said, rules, times.at)


def _withdrawn(cert: Cert, found: Statement, position: int, times: Times) -> _Status:
    since = found.revoked_at or found.this_update
    name, time = cert.facts.name, utc_text(since)
    if position:
        finding = say.REVOKED_CA_NO_POE.at("", name=name, time=time, why=found.reason)
        problem = Problem(sub=_Sub.REVOKED_CA_NO_POE, finding=finding, engine="RevokedError")
    elif times.not_before is not None and times.not_before >= since:
        problem = Problem(
            sub=_Sub.REVOKED, finding=say.REVOKED.at("", name=name, time=time), failed=True, engine="RevokedError"
        )
    else:
        finding = say.REVOKED_NO_POE.at("", name=name, time=time, why=found.reason)
        problem = Problem(sub=_Sub.REVOKED_NO_POE, finding=finding, engine="RevokedError")
    return _Status(problems=(problem,), use=_use(cert, found, "revoked"))


def _unknown(cert: Cert, said: Sequence[Statement], rules: Rules, at: datetime) -> _Status:
    name = cert.facts.name
    newest = next((one for one in said if not one.partial), None)
    use = RevocationUse(certificate=cert.id, status="unknown") if newest is None else _use(cert, newest, "unknown")
    if rules.revocation.rule is RevocationRule.IF_AVAILABLE:
        return _Status(use=use, notes=(say.REVOCATION_IGNORED.at("", name=name),))
    sub, engine = _Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE, "InsufficientRevinfoError"
    if at > cert.facts.not_after:
        # Authorities no longer speak of what has ended: nothing that comes later can prove it.
        finding = say.OUT_OF_BOUNDS_NO_POE.at("", name=name, time=utc_text(cert.facts.not_after))
        sub = _Sub.OUT_OF_BOUNDS_NO_POE
    elif newest is not None:
        finding = say.TRY_LATER.at("", name=name, time=utc_text(newest.this_update))
        sub, engine = _Sub.TRY_LATER, "StaleRevinfoError"
    else:
        finding = say.REVOCATION_MISSING.at("", name=name)
    return _Status(problems=(Problem(sub=sub, finding=finding, engine=engine),), use=use)


def _use(cert: Cert, statement: Statement, status: str) -> RevocationUse:
    return RevocationUse(
        certificate=cert.id,
        material=statement.material,
        kind=statement.kind,
        status=status,
        this_update=statement.this_update,
        next_update=statement.next_update,
        revoked_at=statement.revoked_at,
        reason=statement.reason,
    )


def withdrawal(said: Iterable[Statement], moment: datetime) -> Statement | None:
    """Return the earliest revocation at or before a time; what has once been revoked stays so."""
    found = [one for one in said if one.revoked_at is not None and not one.on_hold and one.revoked_at <= moment]
    return min(found, key=lambda one: one.revoked_at or one.this_update, default=None)


def suspension(said: Sequence[Statement], moment: datetime) -> Statement | None:
    """Return the newest word when it says that the certificate was suspended at a time, and that still lasts."""
    newest = next(iter(said), None)
    if newest is not None and newest.on_hold and newest.revoked_at is not None and newest.revoked_at <= moment:
        return newest
    return None


def conclusive(one: Statement, cert: Cert, moment: datetime, rules: Rules, dated: datetime) -> bool:
    """Tell whether a statement proves that a certificate was not revoked at a time.

    Args:
        one: the statement; one that speaks of a later revocation proves it too.
        cert: the certificate.
        moment: the time.
        rules: how fresh it must be.
        dated: when the statement itself is known to have existed; its algorithms must have counted then.
    """
    # The grace period runs from a proven time: what is proven by the check alone would be waited for without end.
    skew, grace = rules.policy.tolerance, rules.revocation.grace if moment < dated else timedelta(0)
    if one.on_hold or not algorithms_count(one.algorithms, dated, rules.policy):
        return False
    if one.revoked_at is not None:
        return one.revoked_at > moment
    if one.partial:
        return False
    if one.this_update + skew >= moment + grace:
        return speaks(one, cert)
    return not grace and moment <= fresh_until(one, rules.revocation) + skew and speaks(one, cert)


def speaks(one: Statement, cert: Cert) -> bool:
    """Tell whether a certificate that is not named in a statement is thereby known to be good: it had not ended."""
    end = cert.facts.not_after
    return one.this_update <= end or (one.expired_since is not None and one.expired_since <= end)


def fresh_until(one: Statement, settings: RevocationSettings) -> datetime:
    """Return until when a statement counts as news."""
    if settings.max_age is not None:
        return one.this_update + settings.max_age
    return one.next_update or one.this_update + settings.without_next_update


# --- algorithms --------------------------------------------------------------------------------------------------


def path_algorithms(route: Route) -> Iterator[tuple[str, AlgorithmUse]]:
    """Yield what the signatures on the certificates of a path rest on, but not the anchor's own."""
    for cert, issuer in route.links:
        if cert.scheme is None:
            yield (
                cert.facts.name,
                AlgorithmUse(use="signature", name=cert.parsed["signature_algorithm"]["algorithm"].dotted),
            )
        else:
            for use in algorithms_of(cert.scheme, issuer):
                yield cert.facts.name, use


def algorithms_count(uses: Iterable[AlgorithmUse], moment: datetime, policy: SignaturePolicy) -> bool:
    """Tell whether all of some algorithms count at a time."""
    return all(policy.window(use.name, use.use, use.key_size).at(moment) for use in uses)


def described(use: AlgorithmUse) -> str:
    """Return an algorithm for people."""
    return f"{use.name} {use.key_size}" if use.key_size else use.name


def own_algorithms(uses: Iterable[AlgorithmUse]) -> tuple[AlgorithmUse, ...]:
    """Return what the signature itself rests on: what certificates rest on is read from the certificates."""
    return tuple(use for use in uses if use.use != "certificate")


def _algorithm_problems(subject: Subject, times: Times) -> Iterator[Problem]:
    policy = subject.rules.policy
    uses = [*subject.own, *(use for _, use in path_algorithms(subject.route))]
    for use in dict.fromkeys(uses):
        window = policy.window(use.name, use.use, use.key_size)
        if not window.at(times.best):
            yield _algorithm_problem(use, window, times)


def _algorithm_problem(use: AlgorithmUse, window: AlgorithmWindow, times: Times) -> Problem:
    name, end = described(use), window.until
    after = times.not_before is not None and end is not None and times.not_before >= end
    if not window.allowed or end is None or times.best < end or after:
        finding = say.CRYPTO.at("", algorithm=name)
        return Problem(sub=_Sub.CRYPTO_CONSTRAINTS_FAILURE, finding=finding, engine="DisallowedAlgorithmError")
    finding = say.CRYPTO_NO_POE.at("", algorithm=name, time=utc_text(end))
    return Problem(sub=_Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, finding=finding, engine="DisallowedAlgorithmError")


# --- how long it holds -------------------------------------------------------------------------------------------


def _holds_until(subject: Subject, times: Times) -> datetime:
    """Return when the first thing a path needs will end.

    What is proven to be older (`best` before `at`) no longer needs the signer's certificate or the algorithms of the
    signature, but the authorities above it.
    """
    route, policy = subject.route, subject.rules.policy
    needed = route.certs[1:-1] if times.proven and route.links else route.certs[: max(1, len(route.certs) - 1)]
    ends = [cert.facts.not_after for cert in needed]
    uses = () if times.proven else (*subject.own, *(use for _, use in path_algorithms(route)))
    ends += [end for use in uses if (end := policy.window(use.name, use.use, use.key_size).until) is not None]
    if route.anchor.valid_until is not None and not times.proven:
        ends.append(route.anchor.valid_until)
    return min(ends, default=route.certs[-1].facts.not_after)
