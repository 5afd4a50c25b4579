"""Whatever is tried in a review, in whatever order, by whomever: it is refused, or the rules hold."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.review.acts import act_of, act_text
from archive.review.folding import after, fold
from archive.review.values import (
    Act,
    Appointed,
    Appraised,
    Approved,
    Body,
    Choice,
    Closed,
    Confirmed,
    Executed,
    Extended,
    ItemState,
    Minuted,
    Objected,
    Opened,
    Rejected,
    Review,
    ReviewState,
    Spool,
    Voted,
)
from model.errors import PolicyError

REVIEW = UUID(int=7)
CASES = tuple(UUID(int=number) for number in range(1, 6))
PEOPLE = ("a", "b", "c", "d", "e")
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPOOL = Spool(id=UUID(int=9), objects=1, lines=5, sha256="0" * 64)
OPENED = Opened(
    number="2026-001",
    title="Hồ sơ",
    fonds="",
    schedule="",
    day=START.date(),
    listed=len(CASES),
    held=0,
    elsewhere=0,
    items=SPOOL,
)
FIRST = Act(seq=1, by="a", name="A", at=START, because="x", body=OPENED)

people = st.sampled_from(PEOPLE)
cases = st.lists(st.sampled_from(CASES), min_size=1, max_size=3).map(tuple)
days = st.integers(-3, 20).map(lambda number: START.date() + timedelta(days=number))


def appointed(found: list[str]) -> Appointed:
    return Appointed(chair=found[0], secretary=found[1], members=tuple(found[2:]), names=tuple(found))


def moments(most: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, most).map(lambda hours: START + timedelta(hours=hours))


bodies: st.SearchStrategy[Any] = st.one_of(
    st.just(OPENED),
    st.lists(people, min_size=2, max_size=4).map(appointed),
    st.just(appointed(["b", "c", "d"])),
    st.builds(Voted, choice=st.sampled_from(Choice), cases=st.one_of(st.just(()), cases)),
    st.just(Voted(choice=Choice.DESTROY)),
    st.builds(Objected, cases=cases),
    st.builds(Extended, cases=cases, schedule=st.just("S")),
    st.just(Minuted()),
    st.builds(Appraised, authority=st.just("X"), day=days, file=st.just("f"), sha256=st.just("0"), size=st.just(1)),
    st.builds(Approved, number=st.just("1"), day=days, count=st.integers(0, 5), not_after=moments(400)),
    st.just(Rejected()),
    st.builds(
        Confirmed,
        phrase=st.integers(0, 5).map(lambda count: f"HỦY 2026-001 / {count} HỒ SƠ"),
        not_before=moments(400),
    ),
    st.builds(Executed, results=st.just(SPOOL), destroyed=st.just(1), blocked=st.integers(0, 1), kept=st.just(0)),
    st.just(Closed(aip_id=UUID(int=3))),
)
attempts = st.lists(st.tuples(people, st.integers(-1, 60), bodies), max_size=40)
ORDER = [
    ReviewState.DRAFT,
    ReviewState.COUNCIL,
    ReviewState.MINUTED,
    ReviewState.APPRAISED,
    ReviewState.APPROVED,
    ReviewState.CONFIRMED,
    ReviewState.EXECUTING,
    ReviewState.EXECUTED,
    ReviewState.CLOSED,
]


def led(review: Review, by: str, hours: int, body: Body) -> Act[Any]:
    at = review.last + timedelta(hours=hours)
    return Act(seq=review.acts + 1, by=by, name=by.upper(), at=at, because="x", body=body)


@settings(max_examples=300, deadline=None)
@given(tried=attempts, shortcut=st.integers(0, 7))
def test_every_sequence_is_refused_or_keeps_the_rules(tried: list[tuple[str, int, Body]], shortcut: int) -> None:
    review = fold(REVIEW, [FIRST])
    assert review is not None
    acts: list[Act[Any]] = [FIRST]
    for by, hours, body in (*_usual()[:shortcut], *tried):
        act = led(review, by, hours, body)
        try:
            changed = after(REVIEW, review, act)
        except PolicyError:
            assert fold(REVIEW, acts) == review, "what is refused changes nothing"
            continue
        check(review, changed, act)
        review = changed
        acts.append(act)
    read = [act_of(act_text(REVIEW, act), "") for act in acts]
    assert read == [(REVIEW, act) for act in acts]
    assert fold(REVIEW, (act for _id, act in read)) == review


def _usual() -> list[tuple[str, int, Body]]:
    """What is usually done, so that the later steps are met often."""
    vote = Voted(choice=Choice.DESTROY)
    opinion = Appraised(authority="X", day=START.date(), file="f", sha256="0", size=1)
    until = START + timedelta(days=15)
    return [
        ("a", 0, appointed(["b", "c", "d"])),
        ("b", 0, vote),
        ("c", 0, vote),
        ("b", 0, Minuted()),
        ("a", 0, opinion),
        ("e", 0, Approved(number="1", day=START.date(), count=5, not_after=until)),
        ("a", 0, Confirmed(phrase="HỦY 2026-001 / 5 HỒ SƠ", not_before=START + timedelta(days=3))),
    ]


def check(before: Review, now: Review, act: Act[Any]) -> None:
    assert now.acts == before.acts + 1
    assert now.last >= before.last
    for aip_id in CASES:
        if before.state_of(aip_id) is not ItemState.LISTED:
            assert now.state_of(aip_id) is not ItemState.LISTED, "what is out stays out"
    assert now.left == sum(now.state_of(aip_id) is ItemState.LISTED for aip_id in CASES)
    council = set(now.council.body.people) if now.council else set()
    assert now.opened.by not in council
    assert set(now.votes) <= council
    if now.approval is not None:
        assert now.approval.by not in {now.opened.by, *council}
        assert now.appraisal is not None
        assert now.minutes is not None
        assert now.approval.body.day >= now.appraisal.body.day
        assert 2 * len(now.present) > len(council)
    if now.confirmation is not None:
        assert now.approval is not None
        assert now.confirmation.by != now.approval.by
        assert now.confirmation.body.not_before < now.approval.body.not_after
    if now.runs:
        assert now.confirmation is not None
        assert now.runs[0].at >= now.confirmation.body.not_before
    if now.minutes is not None:
        majority(now)
    if before.state in (ReviewState.CLOSED, ReviewState.REJECTED):
        raise AssertionError("nothing is done in a review that has ended")
    if now.state in ORDER and not isinstance(act.body, Approved):
        assert ORDER.index(now.state) >= ORDER.index(before.state)


def majority(now: Review) -> None:
    """Count again, the slow way."""
    for aip_id in CASES:
        votes = [now.votes[login].on(aip_id) for login in now.present]
        wanted = sum(1 for vote in votes if vote is not None and vote[0] is Choice.DESTROY)
        if now.state_of(aip_id) is ItemState.LISTED:
            assert wanted > len(votes) / 2


def test_the_day_of_a_form_is_read_back() -> None:
    body = Appointed(
        chair="b", secretary="c", members=("d",), names=("B", "C", "D"), decision="3", day=date(2026, 3, 1)
    )
    act = Act(seq=2, by="a", name="A", at=START, because="x", body=body)
    assert act_of(act_text(REVIEW, act), "") == (REVIEW, act)
