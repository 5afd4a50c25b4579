"""What the timestamps of a file are worth, and what they prove to have existed when.

First each is judged as it stands today. Then, from the latest backwards, those whose certificates no longer hold are
judged by what the later ones prove of them.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.4 (timestamps), 5.6.2.3 (proofs of existence), 5.6.3 (long-term)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from model.dates import utc_text
from model.findings import Finding, FindingKind, Outcome
from model.signatures import (
    FileSignatures,
    Integrity,
    Level,
    SignatureFacts,
    SubIndication,
    TimestampFacts,
    TimestampKind,
    TimestampVerdict,
)
from preservation.cms.certificates import UnreadableCertificate
from preservation.signatures.judging import findings as say
from preservation.signatures.judging.chain import Assessment, Times, algorithms_count, own_algorithms
from preservation.signatures.judging.desk import Desk, Held, best_assessment
from preservation.signatures.judging.sliding import Poes, signature_key, slide
from preservation.trust.store import Purpose

_Sub = SubIndication
_TSA = (Purpose.TSA,)
_WHOLE_FILE = {TimestampKind.DOCUMENT, TimestampKind.CONTAINER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """One timestamp and what is known of its worth."""

    facts: TimestampFacts
    owner: str = ""
    """Id of the signature it lies in; empty: it stamps the file."""
    verdict: TimestampVerdict
    held: Held | None = None
    assessment: Assessment | None = None
    live: bool = False
    """It holds as of the check, without any other proof."""

    @property
    def good(self) -> bool:
        """Whether it proves its time."""
        return self.verdict.outcome is Outcome.PASSED

    @property
    def time(self) -> datetime:
        """When it was made; only of a good one."""
        if self.facts.time is None:
            raise ValueError("a timestamp without a time proves nothing")
        return self.facts.time

    def covers(self, signature: str) -> bool:
        """Tell whether it proves the existence of a signature value."""
        if self.facts.kind is TimestampKind.CONTENT:
            return False
        return self.owner == signature or signature in self.facts.covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """All timestamps of a file, judged, and what they prove."""

    own: dict[str, tuple[Stamp, ...]]
    """Those inside signatures, by id of the signature."""
    file: tuple[Stamp, ...]
    poes: Poes

    def all(self) -> Iterator[Stamp]:
        """Yield every timestamp of the file."""
        for stamps in self.own.values():
            yield from stamps
        yield from self.file

    def covering(self, signature: str) -> tuple[Stamp, ...]:
        """Return the good timestamps that prove a signature, earliest first."""
        found = [stamp for stamp in self.all() if stamp.good and stamp.covers(signature)]
        return tuple(sorted(found, key=lambda stamp: stamp.time))


def judge_stamps(file: FileSignatures, desk: Desk) -> Stamps:
    """Judge every timestamp of a file."""
    poes = Poes(at=desk.judging.at)
    own = {facts.id: tuple(_live(stamp, desk, facts.id) for stamp in facts.timestamps) for facts in file.signatures}
    stamps = Stamps(own=own, file=tuple(_live(stamp, desk) for stamp in file.timestamps), poes=poes)
    judged = _backwards(stamps, file, desk)
    return Stamps(
        own={name: tuple(judged.get(_key(one), one) for one in group) for name, group in own.items()},
        file=tuple(judged.get(_key(one), one) for one in stamps.file),
        poes=poes,
    )


def _key(stamp: Stamp) -> tuple[str, str]:
    return stamp.owner, stamp.facts.id


# --- as it stands today ------------------------------------------------------------------------------------------


def _live(facts: TimestampFacts, desk: Desk, owner: str = "") -> Stamp:
    """Judge one timestamp by itself; an error of the program on one does not touch the others."""
    try:
        return _judged(facts, desk, owner)
    except UnreadableCertificate:
        verdict = _undecided(facts, _Sub.NO_SIGNING_CERTIFICATE_FOUND, say.NO_SIGNING_CERTIFICATE.at(facts.id))
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - hostile certificates make the libraries raise anything
        verdict = _undecided(facts, _Sub.CUSTOM, say.CHECKER_FAILED.at(facts.id, what=type(error).__name__))
    return Stamp(facts=facts, owner=owner, verdict=verdict)


def _judged(facts: TimestampFacts, desk: Desk, owner: str) -> Stamp:
    decided = _by_bytes(facts, desk)
    if decided is not None:
        return Stamp(facts=facts, owner=owner, verdict=decided)
    leaf = desk.certificate(facts.certificate)
    if leaf is None or facts.time is None:
        finding = say.NO_SIGNING_CERTIFICATE.at(facts.id)
        return Stamp(facts=facts, owner=owner, verdict=_undecided(facts, _Sub.NO_SIGNING_CERTIFICATE_FOUND, finding))
    held = desk.look_up(leaf, _TSA)
    at = desk.judging.at
    assessment = best_assessment(held, own_algorithms(facts.algorithms), Times(at=at, best=at))
    if assessment is None:
        reason = (
            say.TRUST_EMPTY.at(facts.id, purpose=Purpose.TSA.value)
            if desk.trusts_nobody(_TSA)
            else say.NO_CHAIN.at(facts.id, name=leaf.facts.name, issuer=leaf.facts.issuer)
        )
        verdict = _undecided(facts, _Sub.NO_CERTIFICATE_CHAIN_FOUND, reason)
        return Stamp(facts=facts, owner=owner, verdict=verdict, held=held)
    if facts.time + desk.judging.policy.tolerance < leaf.facts.not_before:
        begin = utc_text(leaf.facts.not_before)
        early = say.SIGNED_TOO_EARLY.at(facts.id, name=leaf.facts.name, time=begin, proven=utc_text(facts.time))
        return Stamp(facts=facts, owner=owner, verdict=_undecided(facts, _Sub.NOT_YET_VALID, early))
    if assessment.passed:
        verdict = _passed(facts, assessment)
    else:
        first = assessment.problems[0]
        verdict = replace(
            _undecided(facts, first.sub, replace(first.finding, location=facts.id)), chain=assessment.route.ids
        )
    return Stamp(facts=facts, owner=owner, verdict=verdict, held=held, assessment=assessment, live=assessment.passed)


def _by_bytes(facts: TimestampFacts, desk: Desk) -> TimestampVerdict | None:
    """Return the verdict where the bytes alone decide."""
    if facts.integrity is Integrity.BROKEN:
        return _broken(facts, _Sub.SIG_CRYPTO_FAILURE)
    if facts.imprint_matches is False:
        return _broken(facts, _Sub.HASH_FAILURE)
    if facts.integrity is Integrity.UNKNOWN or facts.time is None:
        found = facts.certificate is not None
        return _undecided(facts, _Sub.FORMAT_FAILURE if found else _Sub.NO_SIGNING_CERTIFICATE_FOUND, None)
    if facts.imprint_matches is None:
        return _undecided(facts, _Sub.SIGNED_DATA_NOT_FOUND, say.DATA_NOT_FOUND.at(facts.id))
    if facts.time > desk.judging.at + desk.judging.policy.tolerance:
        future: FindingKind = say.TIMESTAMP_FUTURE
        return _undecided(facts, _Sub.NOT_YET_VALID, future.at(facts.id, what=facts.id, time=utc_text(facts.time)))
    return None


def _broken(facts: TimestampFacts, sub: SubIndication) -> TimestampVerdict:
    finding = say.TIMESTAMP_BROKEN.at(facts.id, what=facts.id)
    return TimestampVerdict(
        id=facts.id, outcome=Outcome.FAILED, sub_indication=sub, time=facts.time, findings=(finding,)
    )


def _undecided(facts: TimestampFacts, sub: SubIndication, reason: Finding | None) -> TimestampVerdict:
    time = utc_text(facts.time) if facts.time else "-"
    main = say.TIMESTAMP_UNPROVEN.at(facts.id, what=facts.id, time=time)
    return TimestampVerdict(
        id=facts.id,
        outcome=Outcome.INDETERMINATE,
        sub_indication=sub,
        time=facts.time,
        findings=(main, reason) if reason else (main,),
    )


def _passed(facts: TimestampFacts, assessment: Assessment) -> TimestampVerdict:
    return TimestampVerdict(
        id=facts.id, outcome=Outcome.PASSED, time=facts.time, chain=assessment.route.ids, findings=assessment.notes
    )


# --- by what the later ones prove --------------------------------------------------------------------------------


def _backwards(stamps: Stamps, file: FileSignatures, desk: Desk) -> dict[tuple[str, str], Stamp]:
    """Judge from the latest to the earliest, noting what each good one proves; return those that changed."""
    signatures = {facts.id: facts for facts in file.signatures}
    certificates = {stamp.facts.token: stamp.facts.certificates for stamp in stamps.all() if stamp.facts.token}
    dated = [stamp for stamp in stamps.all() if stamp.facts.time is not None]
    changed = {}
    for stamp in sorted(dated, key=lambda one: (one.time, one.facts.order), reverse=True):
        if not stamp.good and stamp.held is not None and stamp.held.subjects:
            past = _past(stamp, stamps.poes, desk)
            if past is not None:
                changed[_key(stamp)] = stamp = past
        if stamp.good:
            _prove(stamp, stamps, signatures, certificates)
    return changed


def _past(stamp: Stamp, poes: Poes, desk: Desk) -> Stamp | None:
    """Judge a timestamp as of a time at which later ones prove that it existed."""
    facts, leaf = stamp.facts, stamp.held.leaf.facts if stamp.held else None
    known = poes[facts.token]
    if stamp.held is None or leaf is None or not leaf.not_before <= stamp.time <= leaf.not_after:
        return None
    if not algorithms_count(own_algorithms(facts.algorithms), known, desk.judging.policy):
        return None
    for subject in stamp.held.subjects:
        control, begun = slide(subject, poes).control_time, subject.route.anchor.valid_from
        if control is not None and known <= control and (begun is None or begun <= stamp.time):
            verdict = TimestampVerdict(id=facts.id, outcome=Outcome.PASSED, time=facts.time, chain=subject.route.ids)
            return replace(stamp, verdict=verdict)
    return None


def _prove(
    stamp: Stamp,
    stamps: Stamps,
    signatures: dict[str, SignatureFacts],
    certificates: dict[str, tuple[str, ...]],
) -> None:
    """Note what a good timestamp proves to have existed."""
    poes, time = stamps.poes, stamp.time
    covered = list(stamp.facts.covered_material)
    for identifier in {stamp.owner, *stamp.facts.covers} - {""}:
        facts = signatures.get(identifier)
        if facts is None or not stamp.covers(identifier):
            continue
        poes.prove([signature_key(identifier)], time)
        covered += _bound(facts)
        if stamp.facts.kind in _WHOLE_FILE:
            covered += [inner.facts.token for inner in stamps.own.get(identifier, ())]
    poes.prove(covered, time)
    poes.prove((one for token in covered for one in certificates.get(token, ())), time)


def _bound(facts: SignatureFacts) -> Iterable[str]:
    """Return the signing certificate where the signature names it: who proves the one proves the other."""
    return [facts.certificate.id] if facts.certificate and facts.level is not Level.NONE else []
