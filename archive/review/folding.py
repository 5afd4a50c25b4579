"""What acts come to: a pure function of the acts in their order, and the rules of who may do what when.

Nothing here reads a clock, a store or a table: the same acts give the same review, or the same refusal.

Source:
    Circular 06/2025/TT-BNV; Law on Archives 33/2024/QH15, Article 16
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NoReturn
from uuid import UUID

from archive.review.values import (
    ENDED,
    Act,
    Appointed,
    Appraised,
    Approved,
    Body,
    Choice,
    Closed,
    Confirmed,
    Drop,
    Executed,
    Extended,
    ItemState,
    Minuted,
    Objected,
    Opened,
    Rejected,
    Review,
    ReviewState,
    Voted,
    Votes,
)
from model.errors import PolicyError
from model.text import N_, _

STATE_WORDS = {
    ReviewState.DRAFT: N_("a draft"),
    ReviewState.COUNCIL: N_("before the council"),
    ReviewState.MINUTED: N_("closed by the council"),
    ReviewState.APPRAISED: N_("appraised"),
    ReviewState.APPROVED: N_("approved"),
    ReviewState.CONFIRMED: N_("confirmed"),
    ReviewState.EXECUTING: N_("being executed"),
    ReviewState.EXECUTED: N_("executed"),
    ReviewState.CLOSED: N_("closed"),
    ReviewState.REJECTED: N_("rejected"),
}
"""The states in words."""
FEWEST = 3
"""Persons of a council."""


def fold(review_id: UUID, acts: Iterable[Act[Any]]) -> Review | None:
    """Return what acts come to; none where there are none.

    Raises:
        PolicyError: an act was not allowed when it was done.
    """
    review: Review | None = None
    for act in acts:
        review = _step(review_id, review, act)
    return review


def after(review_id: UUID, review: Review | None, act: Act[Any]) -> Review:
    """Return what a review comes to with one act more; the review itself stays as it is.

    Raises:
        PolicyError: the act is not allowed now.
    """
    if review is not None:
        review = replace(review, votes=dict(review.votes), dropped=dict(review.dropped))
    return _step(review_id, review, act)


def _step(review_id: UUID, review: Review | None, act: Act[Any]) -> Review:
    """Apply an act; the votes and drops of the review are changed in place: whoever folds owns them."""
    if review is None:
        if act.seq != 1 or not isinstance(act.body, Opened):
            raise PolicyError(N_("The review {review} does not begin with its opening."), review=review_id)
        return Review(id=review_id, acts=1, last=act.at, state=ReviewState.DRAFT, opened=act, votes={}, dropped={})
    if act.seq != review.acts + 1:
        raise PolicyError(N_("Acts of review {number} are missing."), number=review.number)
    if act.at < review.last:
        raise PolicyError(
            N_("The clock says {now}, and something was done in review {number} at {last}."),
            hint=N_("Set the clock of this machine."),
            now=act.at.isoformat(),
            last=review.last.isoformat(),
            number=review.number,
        )
    changed = _STEPS[type(act.body)](review, act)
    return replace(changed, acts=act.seq, last=act.at)


def _in_state(review: Review, *states: ReviewState) -> None:
    if review.state not in states:
        raise PolicyError(
            N_("Review {number} is {state}; this can be done only while it is: {states}."),
            hint=N_("`chauban retention review show {number}` tells what is to be done next."),
            number=review.number,
            state=_(STATE_WORDS[review.state]),
            states=", ".join(_(STATE_WORDS[state]) for state in states),
        )


def _two_sides(review: Review, login: str) -> NoReturn:
    raise PolicyError(
        N_("{login} stands on the other side of review {number} already."),
        hint=N_("Ask somebody else who has the role: nobody decides about what they did themselves."),
        login=login,
        number=review.number,
    )


def _opened_again(review: Review, act: Act[Opened]) -> Review:  # noqa: ARG001 - called like the others
    raise PolicyError(N_("Review {number} was opened already."), number=review.number)


def _appointed(review: Review, act: Act[Appointed]) -> Review:
    _in_state(review, ReviewState.DRAFT, ReviewState.COUNCIL)
    people = act.body.people
    if len(people) < FEWEST or len(set(people)) < len(people) or len(people) != len(act.body.names):
        raise PolicyError(
            N_("A council has at least {fewest} persons, each once: a chair, a secretary and members."),
            hint=N_("Name them with --chair, --secretary and --member."),
            fewest=FEWEST,
        )
    if review.votes:
        raise PolicyError(
            N_("The council of review {number} has begun to vote."),
            hint=N_("Let it end, or have the review rejected and open another."),
            number=review.number,
        )
    if review.opened.by in people:
        _two_sides(review, review.opened.by)
    return replace(review, state=ReviewState.COUNCIL, council=act)


def _voted(review: Review, act: Act[Voted]) -> Review:
    _in_state(review, ReviewState.COUNCIL)
    if review.council is None or act.by not in review.council.body.people:
        raise PolicyError(
            N_("{login} is not in the council of review {number}."),
            hint=N_("`chauban retention review show {number}` tells who is."),
            login=act.by,
            number=review.number,
        )
    votes = _writable(review.votes)
    mine, vote = votes.get(act.by, Votes()), (act.body.choice, act.because)
    named = {**mine.special, **dict.fromkeys(act.body.cases, vote)}
    votes[act.by] = replace(mine, special=named) if act.body.cases else Votes(general=vote)
    return review


def _objected(review: Review, act: Act[Objected]) -> Review:
    return _dropped(review, act, act.body.cases, ItemState.OBJECTED)


def _extended(review: Review, act: Act[Extended]) -> Review:
    return _dropped(review, act, act.body.cases, ItemState.EXTENDED)


def _dropped(review: Review, act: Act[Any], cases: Iterable[UUID], state: ItemState) -> Review:
    """Take case files out: possible until each of them is marked as destroyed."""
    if review.state in ENDED:
        _in_state(review, *(state for state in ReviewState if state not in ENDED))
    drop = Drop(state=state, by=act.by, name=act.name, at=act.at, because=act.because)
    wanted = dict.fromkeys(cases)
    out = [aip_id for aip_id in wanted if review.state_of(aip_id) is not ItemState.LISTED]
    if out or not wanted:
        raise PolicyError(
            N_("Case file {case_file} is out of review {number} already."),
            case_file=out[0] if out else "",
            number=review.number,
        )
    dropped = _writable(review.dropped)
    dropped.update(dict.fromkeys(wanted, drop))
    return review


def _minuted(review: Review, act: Act[Minuted]) -> Review:
    _in_state(review, ReviewState.COUNCIL)
    council, present = review.council, review.present
    if council is None or act.by not in (council.body.chair, council.body.secretary):
        raise PolicyError(
            N_("The minutes are made by the chair or the secretary of the council."),
            hint=N_("`chauban retention review show {number}` tells who they are."),
            number=review.number,
        )
    if 2 * len(present) <= len(council.body.people):
        raise PolicyError(
            N_("Only {present} of {people} members of the council have voted: there is no majority."),
            hint=N_("More than half of the members must vote before the minutes are made."),
            present=len(present),
            people=len(council.body.people),
        )
    special = {aip_id for login in present for aip_id in review.votes[login].special}
    passing = frozenset(aip_id for aip_id in special if _passes(review, aip_id))
    state = replace(review, state=ReviewState.MINUTED, minutes=act)
    if not _passes(review, None):
        return replace(state, passing=passing)
    kept = Drop(state=ItemState.KEPT, at=act.at)
    dropped = _writable(review.dropped)
    for aip_id in special - passing:
        dropped.setdefault(aip_id, kept)
    return state


def _passes(review: Review, aip_id: UUID | None) -> bool:
    """Tell whether more than half of those present vote for destruction: of one case file, or of all not named."""
    found = (review.votes[login] for login in review.present)
    votes = [item.general if aip_id is None else item.on(aip_id) for item in found]
    return 2 * sum(vote is not None and vote[0] is Choice.DESTROY for vote in votes) > len(votes)


def _appraised(review: Review, act: Act[Appraised]) -> Review:
    _in_state(review, ReviewState.MINUTED, ReviewState.APPRAISED)
    return replace(review, state=ReviewState.APPRAISED, appraisal=act)


def _approved(review: Review, act: Act[Approved]) -> Review:
    former = review.approval
    if former is not None and act.at > former.body.not_after:
        _in_state(review, ReviewState.APPROVED, ReviewState.CONFIRMED)
    else:
        _in_state(review, ReviewState.APPRAISED)
    people = review.council.body.people if review.council else ()
    if act.by in (review.opened.by, *people):
        _two_sides(review, act.by)
    if review.appraisal is None or act.body.day < review.appraisal.body.day:
        raise PolicyError(
            N_("The decision is dated before the written appraisal."), hint=N_("Correct the day of the decision.")
        )
    if act.body.count != review.left or not review.left:
        raise PolicyError(
            N_("No case file is left to be destroyed, or another number than the decision says."),
            hint=N_("`chauban retention review show {number}` tells how many; reject the review if it is none."),
            number=review.number,
        )
    if act.at > act.body.not_after:
        _too_late(act.body)
    return replace(review, state=ReviewState.APPROVED, approval=act, confirmation=None)


def _rejected(review: Review, act: Act[Rejected]) -> Review:
    if review.state in ENDED or review.runs:
        _in_state(review, *(state for state in ReviewState if state not in (*ENDED, ReviewState.EXECUTING)))
    people = review.council.body.people if review.council else ()
    if act.by in (review.opened.by, *people):
        _two_sides(review, act.by)
    return replace(review, state=ReviewState.REJECTED, rejection=act)


def _confirmed(review: Review, act: Act[Confirmed]) -> Review:
    _in_state(review, ReviewState.APPROVED)
    if review.approval is None or act.by == review.approval.by:
        _two_sides(review, act.by)
    if act.body.phrase != review.phrase or not review.left:
        raise PolicyError(
            N_("The confirmation is not exactly the one that `chauban retention review show {number}` tells."),
            hint=N_("Nothing was confirmed. Read what would be destroyed, then type it letter by letter."),
            number=review.number,
        )
    if act.body.not_before >= review.approval.body.not_after:
        _too_late(review.approval.body)
    return replace(review, state=ReviewState.CONFIRMED, confirmation=act)


def _too_late(approved: Approved) -> NoReturn:
    raise PolicyError(
        N_("Decision {decision} must be executed before {until}, and that cannot be done any more."),
        hint=N_("A new decision is needed: `chauban retention review approve`."),
        decision=approved.number,
        until=approved.not_after.isoformat(),
    )


def _executed(review: Review, act: Act[Executed]) -> Review:
    _in_state(review, ReviewState.CONFIRMED, ReviewState.EXECUTING)
    confirmed = review.confirmation
    if confirmed is None or act.at < confirmed.body.not_before:
        raise PolicyError(N_("Review {number} was executed before its cooling-off ended."), number=review.number)
    state = ReviewState.EXECUTING if act.body.blocked else ReviewState.EXECUTED
    return replace(review, state=state, runs=(*review.runs, act))


def _closed(review: Review, act: Act[Closed]) -> Review:
    _in_state(review, ReviewState.EXECUTED)
    return replace(review, state=ReviewState.CLOSED, closing=act)


def _writable(values: Mapping[Any, Any]) -> dict[Any, Any]:
    if not isinstance(values, dict):
        raise TypeError("a review that is being folded owns its votes and drops")
    return values


_STEPS: Mapping[type[Body], Callable[[Review, Any], Review]] = {
    Opened: _opened_again,
    Appointed: _appointed,
    Voted: _voted,
    Objected: _objected,
    Extended: _extended,
    Minuted: _minuted,
    Appraised: _appraised,
    Approved: _approved,
    Rejected: _rejected,
    Confirmed: _confirmed,
    Executed: _executed,
    Closed: _closed,
}
