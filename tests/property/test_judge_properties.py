"""Judging is a function of what it is given, and more bad news never makes anything better."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model import codec
from model.findings import Outcome
from model.material import Material, MaterialKind
from model.signatures import (
    FileSignatures,
    Indication,
    Integrity,
    Level,
    Modification,
    SignedState,
    SubIndication,
    TimestampKind,
)
from preservation.signatures.judging.chain import Rules, Subject
from preservation.signatures.judging.desk import Desk
from preservation.signatures.judging.judge import judge_file
from preservation.signatures.judging.sliding import Poes, slide
from preservation.signatures.judging.values import Judging
from preservation.trust.store import SIGNING
from tests.fakes.judging import NOW, POLICY, SIGNED, World, day

WORLD = World()
FACTS = WORLD.facts()
STAMP = WORLD.stamp()
CERTIFICATES = tuple(WORLD.material.items.values())
RANK = {Indication.TOTAL_PASSED: 0, Indication.INDETERMINATE: 1, Indication.TOTAL_FAILED: 2}
TIMES = (
    SIGNED - timedelta(days=40),
    SIGNED - timedelta(hours=1),
    SIGNED + timedelta(hours=1),
    NOW,
    day(2030),
    day(2036),
)
REVOKED = {None: (), "early": (day(2026, 2, 1),), "late": (day(2026, 3, 4),)}


def crl(issuer: str, at: int, revoked: str | None) -> bytes:
    authority = {"root": WORLD.root, "ca": WORLD.ca, "tsa": WORLD.tsa_ca}[issuer]
    gone = {"root": WORLD.ca, "ca": WORLD.person, "tsa": WORLD.tsa}[issuer]
    return authority.crl(TIMES[at], [(gone, when, "key_compromise") for when in REVOKED[revoked]])


CRLS = {
    key: crl(*key)
    for key in itertools.product(("root", "ca", "tsa"), range(len(TIMES)), (None, "early", "late"))
    if not (key[2] and key[1] < 1)
}
GOOD = sorted(key for key in CRLS if key[2] is None)
BAD = sorted(key for key in CRLS if key[2] is not None)  # type: ignore[type-var]  # None was taken out

lists = st.sets(st.sampled_from(GOOD), max_size=12)
bad_lists = st.sets(st.sampled_from(BAD), max_size=3)
stamps = st.builds(
    lambda **changes: replace(STAMP, **changes),
    time=st.sampled_from([SIGNED, SIGNED + timedelta(days=2), day(2029, 6)]),
    imprint_matches=st.sampled_from([True, True, None, False]),
    integrity=st.sampled_from([Integrity.INTACT, Integrity.INTACT, Integrity.UNKNOWN, Integrity.BROKEN]),
    kind=st.sampled_from([TimestampKind.SIGNATURE, TimestampKind.CONTENT, TimestampKind.ARCHIVE]),
)
signatures = st.builds(
    lambda stamp, **changes: replace(FACTS, timestamps=(stamp,) if stamp else (), **changes),
    stamp=st.none() | stamps,
    integrity=st.sampled_from([Integrity.INTACT] * 4 + [Integrity.BROKEN, Integrity.UNKNOWN]),
    failure=st.sampled_from([None, None, None, SubIndication.HASH_FAILURE, SubIndication.SIG_CONSTRAINTS_FAILURE]),
    modification=st.sampled_from([Modification.NONE, Modification.PERMITTED, Modification.SUSPICIOUS]),
    claimed_signing_time=st.none() | st.sampled_from(TIMES),
    level=st.sampled_from([Level.B, Level.NONE]),
)
moments = st.sampled_from([SIGNED + timedelta(hours=2), NOW, day(2027), day(2030), day(2036)])
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def material(keys: Any) -> Material:
    made = Material()
    made.update(CERTIFICATES)
    for key in sorted(keys, key=str):
        made.add(MaterialKind.CRL, CRLS[key])
    return made


def judge(facts: Any, keys: Any, at: Any, **changes: Any) -> Any:
    file = FileSignatures(path="a", state=SignedState.SIGNED, signatures=(facts,))
    return judge_file(file, material(keys), Judging(trust=WORLD.trust, policy=POLICY, at=at, **changes))


@relaxed
@given(facts=signatures, good=lists, bad=bad_lists, at=moments)
def test_same_question_same_answer_and_again_from_what_was_stored(facts: Any, good: Any, bad: Any, at: Any) -> None:
    first = judge(facts, good | bad, at)
    assert judge(facts, good | bad, at) == first
    stored = codec.decode(FileSignatures, codec.encode(first.file))
    again = judge_file(stored, material(good | bad), Judging(trust=WORLD.trust, policy=POLICY, at=at))
    assert again == first


@relaxed
@given(facts=signatures, good=lists, bad=bad_lists, at=moments)
def test_bad_news_never_makes_anything_better(facts: Any, good: Any, bad: Any, at: Any) -> None:
    before, after = judge(facts, good, at), judge(facts, good | bad, at)
    old, new = before.verdicts[0].indication, after.verdicts[0].indication
    assert not (old is Indication.TOTAL_FAILED and new is not Indication.TOTAL_FAILED)


@relaxed
@given(facts=signatures, good=lists, bad=bad_lists, at=moments)
def test_nothing_passes_against_its_bytes(facts: Any, good: Any, bad: Any, at: Any) -> None:
    report = judge(facts, good | bad, at)
    verdict = report.verdicts[0]
    if verdict.indication is Indication.TOTAL_PASSED:
        assert facts.integrity is Integrity.INTACT
        assert facts.failure is None
        assert facts.modification is not Modification.SUSPICIOUS
        assert good | bad
        assert verdict.sub_indication is None
    else:
        assert verdict.sub_indication is not None
        assert verdict.findings, "a verdict without words"
    if facts.integrity is Integrity.BROKEN or facts.failure is SubIndication.HASH_FAILURE:
        assert report.outcome is Outcome.FAILED
    assert verdict.best_signature_time is None or verdict.best_signature_time <= at
    assert verdict.holds_until is None or verdict.holds_until > at
    assert [proof.time for proof in verdict.proofs] == sorted(proof.time for proof in verdict.proofs)


@relaxed
@given(facts=signatures, good=lists, bad=bad_lists, at=moments)
def test_a_broken_timestamp_is_worth_as_much_as_none(facts: Any, good: Any, bad: Any, at: Any) -> None:
    broken = replace(facts, timestamps=(replace(STAMP, imprint_matches=False),))
    with_it = judge(broken, good | bad, at).verdicts[0]
    without = judge(replace(facts, timestamps=()), good | bad, at).verdicts[0]
    assert (with_it.indication, with_it.sub_indication) == (without.indication, without.sub_indication)


@relaxed
@given(
    good=lists,
    bad=bad_lists,
    at=st.sampled_from([NOW, day(2027), day(2030)]),
    proofs=st.dictionaries(st.integers(0, 20), st.integers(0, 4000), max_size=12),
    earlier=st.dictionaries(st.integers(0, 20), st.integers(0, 4000), max_size=12),
)
def test_sliding_is_monotonic_in_proofs(good: Any, bad: Any, at: Any, proofs: Any, earlier: Any) -> None:
    """More, or earlier, proofs never let the time slide further back, and it never rests after the check."""
    pile = material(good | bad)
    desk = Desk(pile, Judging(trust=WORLD.trust, policy=POLICY, at=at))
    desk.lay_out()
    leaf = desk.certificate(FACTS.certificate)
    assert leaf is not None
    (subject,) = desk.look_up(leaf, SIGNING).subjects
    assert isinstance(subject, Subject)
    assert isinstance(subject.rules, Rules)
    names = sorted(pile.items)
    few = Poes(at=at)
    for index, days in proofs.items():
        few.prove([names[index % len(names)]], at - timedelta(days=days))
    more = Poes(at=at, times=dict(few.times))
    for index, days in earlier.items():
        more.prove([names[index % len(names)]], at - timedelta(days=days))
    rested, later = slide(subject, few).control_time, slide(subject, more).control_time
    if rested is not None:
        assert rested <= at
        assert later is not None
        assert later >= rested


@relaxed
@given(facts=signatures, good=lists, at=moments)
def test_rank_of_a_file_is_that_of_its_worst_signature(facts: Any, good: Any, at: Any) -> None:
    report = judge(facts, good, at)
    rank = RANK[report.verdicts[0].indication]
    if rank == 2:
        assert report.outcome is Outcome.FAILED
    elif rank == 1:
        assert report.outcome is Outcome.INDETERMINATE
