"""The cascade of validation processes for one signature whose bytes are sound: basic, with time, long-term.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.3 (basic), 5.5 (with time), 5.6 (long-term)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from model.dates import utc_text
from model.findings import Finding, Outcome
from model.signatures import (
    AlgorithmUse,
    Indication,
    Modification,
    Process,
    ProofOfExistence,
    ProofSource,
    Role,
    SignatureFacts,
    SignatureVerdict,
    SubIndication,
    TimestampKind,
)
from preservation.signatures.judging import findings as say
from preservation.signatures.judging.certificates import Cert
from preservation.signatures.judging.chain import (
    Assessment,
    Problem,
    Subject,
    Times,
    algorithms_count,
    assess,
    described,
    own_algorithms,
    path_algorithms,
)
from preservation.signatures.judging.desk import Desk, Held, best_assessment, role_of
from preservation.signatures.judging.sliding import signature_key, slide
from preservation.signatures.judging.stamps import Stamp, Stamps
from preservation.trust.store import SIGNING

_Sub = SubIndication
MAX_UNREADABLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One signature to be judged, with all that is at hand."""

    facts: SignatureFacts
    leaf: Cert
    desk: Desk
    stamps: Stamps

    @property
    def own(self) -> tuple[AlgorithmUse, ...]:
        """What the signature itself rests on."""
        return own_algorithms(self.facts.algorithms)

    @property
    def made_after(self) -> datetime | None:
        """A time after which the signature is proven to have been made: what was signed was stamped before."""
        times = [
            stamp.time
            for stamp in self.stamps.own.get(self.facts.id, ())
            if stamp.good and stamp.facts.kind is TimestampKind.CONTENT
        ]
        return max(times, default=None)

    def times(self, best: datetime) -> Times:
        """Return the times of the case for a proven existence."""
        return Times(at=self.desk.judging.at, best=min(best, self.desk.judging.at), not_before=self.made_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one process came to."""

    process: Process
    best: datetime
    assessment: Assessment
    extra: tuple[Finding, ...] = ()


def judge_case(case: Case) -> SignatureVerdict:
    """Judge one signature whose bytes are sound."""
    held = case.desk.look_up(case.leaf, SIGNING)
    if not held.subjects:
        return _without_chain(case)
    attempt = _with_time(case, held)
    if not attempt.assessment.passed or _proven(case) < attempt.best:
        attempt = _long_term(case, held, attempt)
    return _verdict(case, attempt)


def _with_time(case: Case, held: Held) -> Attempt:
    """Run the basic process, or the one with time where a timestamp on the signature holds by itself."""
    at = case.desk.judging.at
    stamped = [
        stamp.time
        for stamp in case.stamps.own.get(case.facts.id, ())
        if stamp.live and stamp.facts.kind is TimestampKind.SIGNATURE
    ]
    best = min(stamped, default=at)
    process = Process.WITH_TIME if stamped else Process.BASIC
    return Attempt(process=process, best=best, assessment=_assess(case, held, best))


def _assess(case: Case, held: Held, best: datetime) -> Assessment:
    found = best_assessment(held, case.own, case.times(best))
    if found is None:
        raise ValueError("a certificate without a path was judged")
    return found


def _proven(case: Case) -> datetime:
    return case.stamps.poes[signature_key(case.facts.id)]


def _long_term(case: Case, held: Held, before: Attempt) -> Attempt:
    """Run the long-term process: with every proof, then by the last time at which the path is known to have held.

    A pass of an earlier process stands, unless an earlier proof shows that the signature cannot be good.
    """
    best = _proven(case)
    if best >= case.desk.judging.at:
        return before
    found = _assess(case, held, best)
    if before.assessment.passed:
        return before if not _failed(found) else Attempt(process=Process.LONG_TERM, best=best, assessment=found)
    if found.passed or _failed(found):
        return Attempt(process=Process.LONG_TERM, best=best, assessment=found)
    past, unproven = _past(case, held, best)
    if past is not None:
        return Attempt(process=Process.LONG_TERM, best=best, assessment=past)
    extra = (say.NO_POE.at("", name=unproven.facts.name),) if unproven is not None else ()
    closer = found if best < before.best else before.assessment
    return Attempt(process=Process.LONG_TERM, best=best, assessment=closer, extra=extra)


def _failed(assessment: Assessment) -> bool:
    return any(problem.failed for problem in assessment.problems)


def _past(case: Case, held: Held, best: datetime) -> tuple[Assessment | None, Cert | None]:
    """Validate as of the past; return the path that held, or the first certificate without proof."""
    policy, unproven = case.desk.judging.policy, None
    if not algorithms_count(case.own, best, policy):
        return None, None
    for subject in held.subjects:
        rested, leaf = slide(subject, case.stamps.poes), subject.route.leaf.facts
        unproven = unproven or rested.unproven
        begun = subject.route.anchor.valid_from is None or best >= subject.route.anchor.valid_from
        held_then = rested.control_time is not None and leaf.not_before <= best <= rested.control_time
        if held_then and begun and _waited(subject, best):
            found = assess(replace(subject, own=case.own), case.times(best))
            return replace(found, problems=(), notes=()), None
    return None, unproven


def _waited(subject: Subject, best: datetime) -> bool:
    """Tell whether news of the signer's certificate came after the grace period, where the policy asks for one."""
    grace = subject.rules.revocation.grace
    news = subject.said[0] if subject.said else ()
    return not grace or not news or any(one.this_update >= best + grace for one in news)


# --- the verdict -------------------------------------------------------------------------------------------------


def _verdict(case: Case, attempt: Attempt) -> SignatureVerdict:
    facts, found = case.facts, attempt.assessment
    problem = next(iter(found.problems), None) or next(_conditions(case), None)
    verdict = _frame(case, attempt.process)
    main = () if problem is None else (problem.finding,)
    others = [one for one in (*_changes(case), *_order(case)) if problem is None or one.finding != problem.finding]
    findings = (
        *main,
        *(one.finding for one in others),
        *(attempt.extra if problem is not None else ()),
        *found.notes,
        *_time_findings(case, verdict),
        *_ending(case, found),
        *_stamp_findings(case),
        *(_unreadable(case) if problem is not None else ()),
    )
    return replace(
        verdict,
        indication=_indication(problem),
        sub_indication=problem.sub if problem is not None else None,
        engine_value=problem.engine if problem is not None else "PASSED",
        role=role_of(found.route.anchor, facts.certificate or case.leaf.facts),
        anchor=found.route.certs[-1].id,
        chain=found.route.ids,
        revocations=found.revocations,
        holds_until=_holds_until(case, attempt) if problem is None else None,
        findings=tuple(dict.fromkeys(_located(finding, facts.id) for finding in findings)),
    )


def _indication(problem: Problem | None) -> Indication:
    if problem is None:
        return Indication.TOTAL_PASSED
    return Indication.TOTAL_FAILED if problem.failed else Indication.INDETERMINATE


def _frame(case: Case, process: Process) -> SignatureVerdict:
    """Return what every verdict has: times, proofs, timestamps, and under what it was reached."""
    return frame(case.facts, case.desk, case.stamps, process)


def frame(facts: SignatureFacts, desk: Desk, stamps: Stamps, process: Process) -> SignatureVerdict:
    """Return an undecided verdict with its times, proofs and timestamps."""
    judging = desk.judging
    proofs = [
        ProofOfExistence(time=stamp.time, source=ProofSource.TIMESTAMP, reference=stamp.facts.id)
        for stamp in stamps.covering(facts.id)
    ]
    proofs += [one for one in judging.proofs if one.time <= judging.at and one.source is ProofSource.EVIDENCE_RECORD]
    proven = min((one.time for one in proofs), default=None)
    proofs += [one for one in judging.proofs if one.time <= judging.at and one.source is ProofSource.CHECK]
    proofs.append(ProofOfExistence(time=judging.at, source=ProofSource.CHECK))
    return SignatureVerdict(
        id=facts.id,
        indication=Indication.INDETERMINATE,
        process=process,
        validation_time=judging.at,
        best_signature_time=proven,
        proofs=tuple(sorted(dict.fromkeys(proofs), key=lambda one: one.time)),
        role=facts.certificate.role if facts.certificate else Role.UNKNOWN,
        timestamps=tuple(stamp.verdict for stamp in stamps.own.get(facts.id, ())),
        policy=judging.policy.id,
        trust=judging.trust.id,
    )


def unjudged(
    facts: SignatureFacts,
    desk: Desk,
    stamps: Stamps,
    sub: SubIndication,
    finding: Finding,
    indication: Indication = Indication.INDETERMINATE,
) -> SignatureVerdict:
    """Return the verdict on a signature that came to no path: the bytes decided, or the check broke off."""
    process = Process.BASIC if indication is Indication.TOTAL_FAILED else Process.NONE
    return replace(
        frame(facts, desk, stamps, process),
        indication=indication,
        sub_indication=sub,
        findings=(_located(finding, facts.id),),
    )


def _without_chain(case: Case) -> SignatureVerdict:
    desk, leaf = case.desk, case.leaf.facts
    if desk.trusts_nobody(SIGNING):
        purposes = ", ".join(purpose.value for purpose in SIGNING)
        finding = say.TRUST_EMPTY.at("", purpose=purposes)
    else:
        finding = say.NO_CHAIN.at("", name=leaf.name, issuer=leaf.issuer)
    verdict = _frame(case, Process.BASIC)
    findings = (
        finding,
        *(one.finding for one in _changes(case)),
        *_time_findings(case, verdict),
        *_stamp_findings(case),
        *_unreadable(case),
    )
    return replace(
        verdict,
        sub_indication=_Sub.NO_CERTIFICATE_CHAIN_FOUND,
        engine_value="PathBuildingError",
        chain=(case.leaf.id,),
        findings=tuple(dict.fromkeys(_located(one, case.facts.id) for one in findings)),
    )


def _located(finding: Finding, location: str) -> Finding:
    return finding if finding.location else replace(finding, location=location)


# --- conditions beside the certificates --------------------------------------------------------------------------


def _conditions(case: Case) -> Iterator[Problem]:
    """Yield what keeps a signature with a good path from passing."""
    yield from _order(case)
    yield from _changes(case)
    if case.facts.failure is not None:
        kind = say.BY_BYTES.get(case.facts.failure, say.CONSTRAINTS)
        yield Problem(sub=case.facts.failure, finding=kind.at(""))


def _changes(case: Case) -> Iterator[Problem]:
    """Yield what was changed after signing, and what was not signed."""
    facts = case.facts
    if facts.modification is Modification.SUSPICIOUS:
        finding = say.MODIFIED.at("", what="; ".join(facts.changes) or "?")
        yield Problem(sub=_Sub.SIG_CONSTRAINTS_FAILURE, finding=finding)
    if facts.scope.whole_document is False:
        yield Problem(sub=_Sub.SIG_CONSTRAINTS_FAILURE, finding=say.NOT_COVERED.at(""))


def _order(case: Case) -> Iterator[Problem]:
    """Yield contradictions between good timestamps: that over the content is first, one that covers others later."""
    skew = case.desk.judging.policy.tolerance
    good = [
        stamp
        for stamp in case.stamps.all()
        if stamp.good and (stamp.owner == case.facts.id or stamp.covers(case.facts.id))
    ]
    for first, second in _pairs(good):
        if first.time > second.time + skew:
            finding = say.ORDER.at(
                "",
                first=first.facts.id,
                first_time=utc_text(first.time),
                second=second.facts.id,
                second_time=utc_text(second.time),
            )
            yield Problem(sub=_Sub.TIMESTAMP_ORDER_FAILURE, finding=finding)
            return


def _pairs(stamps: list[Stamp]) -> Iterator[tuple[Stamp, Stamp]]:
    """Yield pairs of which the first must not be later than the second."""
    content = [stamp for stamp in stamps if stamp.facts.kind is TimestampKind.CONTENT]
    others = [stamp for stamp in stamps if stamp.facts.kind is not TimestampKind.CONTENT]
    if content and others:
        yield max(content, key=lambda one: one.time), min(others, key=lambda one: one.time)
    tokens = {stamp.facts.token: stamp for stamp in stamps if stamp.facts.token}
    for stamp in others:
        covered = [tokens[one] for one in stamp.facts.covered_material if one in tokens]
        if covered:
            yield max(covered, key=lambda one: one.time), stamp


def _time_findings(case: Case, verdict: SignatureVerdict) -> Iterator[Finding]:
    claimed, proven = case.facts.claimed_signing_time, verdict.best_signature_time
    if claimed is None:
        return
    known = proven or case.desk.judging.at
    if claimed > known + case.desk.judging.policy.tolerance:
        yield say.CLAIMED_LATER.at("", claimed=utc_text(claimed), proven=utc_text(known))
    elif proven is None:
        yield say.CLAIMED_ONLY.at("", claimed=utc_text(claimed))


def _ending(case: Case, found: Assessment) -> Iterator[Finding]:
    """Yield the algorithms that will soon no longer count."""
    judging = case.desk.judging
    uses = [*case.own, *(use for _, use in path_algorithms(found.route))]
    for use in dict.fromkeys(uses):
        end = judging.policy.window(use.name, use.use, use.key_size).until
        if end is not None and judging.at < end <= judging.at + judging.policy.warn_ahead:
            yield say.ALGORITHM_ENDING.at("", algorithm=described(use), time=utc_text(end))


def _stamp_findings(case: Case) -> Iterator[Finding]:
    for stamp in case.stamps.own.get(case.facts.id, ()):
        if stamp.verdict.outcome is not Outcome.PASSED:
            yield from stamp.verdict.findings[:1]


def _unreadable(case: Case) -> Iterator[Finding]:
    named = [*case.desk.unreadable, *case.desk.revocations.unreadable]
    for identifier in named[:MAX_UNREADABLE]:
        yield say.MATERIAL_UNREADABLE.at("", what=identifier)


def _holds_until(case: Case, attempt: Attempt) -> datetime | None:
    """Return when the verdict can no longer be reached by what it rests on now; none where that is over already."""
    at = case.desk.judging.at
    if attempt.process is Process.BASIC:
        end = attempt.assessment.holds_until
    else:
        outer = [
            stamp.assessment.holds_until
            for stamp in case.stamps.all()
            if stamp.live and stamp.assessment is not None and stamp.covers(case.facts.id)
        ]
        if not outer:
            return None
        end = max(outer)
        if attempt.process is Process.WITH_TIME:
            end = min(end, attempt.assessment.holds_until)
    return end if end > at else None
