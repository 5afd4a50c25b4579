"""Executing a decision: what the stores say was decided, compared with the catalogue, then record by record.

Nothing is taken from the catalogue alone: the acts and the list are read back from the stores. The
transaction that destroys a record asks once more whether an act of the review speaks against it.

Source:
    Circular 06/2025/TT-BNV (execution within the days after the decision)
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from archive.accounts.acting import require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.catalogue.reviews import item_state
from archive.disposal.execution import execute
from archive.disposal.values import Allowing, Destruction, DisposalState, Permission
from archive.review.acts import result_line
from archive.review.folding import STATE_WORDS, fold
from archive.review.recording import (
    check_texts,
    newer_key,
    record,
    restore_reviews,
    review_items,
    stored_acts,
)
from archive.review.spooling import write_spool
from archive.review.values import Body, Executed, ItemState, Result, Review, ReviewState, Spool
from model.errors import IntegrityError, PolicyError
from model.findings import Finding
from model.text import N_, _

_STILL = (ItemState.LISTED, ItemState.BLOCKED)
_LANGUAGE = "vi"
"""Of the reasons that are kept: they stand in the prescribed forms."""
_NOTE = 500
"""Characters of a reason that a result keeps."""


def execute_review(archive: Archive, review: Review, because: str) -> Review:
    """Destroy what the decision still covers; what is held, not due or changed is kept with its reason.

    After a kill it is called again: what was marked is removed, the rest is tested again.

    Raises:
        PolicyError: neither records officer nor archivist, not confirmed, too early or too late.
        IntegrityError: the catalogue and the stores disagree about what was decided.
    """
    person = require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
    check_texts(because)
    count: Counter[ItemState] = Counter()
    results = write_spool(archive, review.id, _results(run(archive, review), count))
    return record(archive, review.id, person, because, lambda _transaction, _review: _executed(results, count))


def run(archive: Archive, review: Review, *, dry_run: bool = False) -> Iterator[Destruction]:
    """Test every record the decision covers, and destroy it unless something speaks against it.

    Raises:
        PolicyError: not confirmed, too early or too late.
        IntegrityError: the catalogue and the stores disagree about what was decided.
    """
    require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
    restore_reviews(archive)
    decided = _decided(archive, review.id)
    permission = permission_of(archive, decided)
    return execute(archive, permission, _covered(archive, decided), _allowing(archive, decided), dry_run=dry_run)


def permission_of(archive: Archive, review: Review) -> Permission:
    """Return the permission a confirmed decision gives now.

    Raises:
        PolicyError: it is not confirmed, too early or too late.
    """
    approval, confirmation = review.approval, review.confirmation
    if review.state not in _EXECUTABLE or approval is None or confirmation is None:
        raise PolicyError(
            N_("Review {number} is {state}; only a confirmed decision is executed."),
            hint=N_("`chauban retention review show {number}` tells what is to be done next."),
            number=review.number,
            state=_(STATE_WORDS[review.state]),
        )
    now = archive.clock.now()
    if now < confirmation.body.not_before:
        raise PolicyError(
            N_("The cooling-off of review {number} lasts until {until}."),
            hint=N_("Until then everybody may still object. Execute it after that."),
            number=review.number,
            until=confirmation.body.not_before.isoformat(),
        )
    if now > approval.body.not_after and review.state is not ReviewState.EXECUTING:
        raise PolicyError(
            N_("Decision {decision} had to be executed until {until}."),
            hint=N_("A new decision is needed: `chauban retention review approve`."),
            decision=approval.body.number,
            until=approval.body.not_after.isoformat(),
        )
    return Permission(
        review_id=review.id,
        kind="review",
        opened_by=review.opened.by,
        approved_by=approval.by,
        approved_at=approval.at,
        confirmed_by=confirmation.by,
        confirmed_at=confirmation.at,
        not_before=confirmation.body.not_before,
        not_after=approval.body.not_after,
        because=f"{approval.body.number}, {approval.body.day.isoformat()}",
    )


_EXECUTABLE = (ReviewState.CONFIRMED, ReviewState.EXECUTING)


def _decided(archive: Archive, review_id: UUID) -> Review:
    """Return a review as the stores have it; the catalogue must have the same acts."""
    stored = stored_acts(archive, review_id)
    review = fold(review_id, (act for _content, act in stored))
    if review is None or archive.catalogue.reviews.acts(review_id) != [content for content, _act in stored]:
        raise IntegrityError(
            N_("The catalogue and the stores disagree about what was done in review {review}."),
            hint=N_("Nothing was destroyed. Run `chauban verify` and `chauban rebuild`, then look at the review."),
            review=review_id,
        )
    return review


def _covered(archive: Archive, review: Review) -> Iterator[UUID]:
    """Yield the records the decision still covers, from the list in the stores."""
    for row, _key in review_items(archive, review):
        if row.state is ItemState.LISTED and review.state_of(row.aip_id) is ItemState.LISTED:
            yield row.aip_id


def _allowing(archive: Archive, review: Review) -> Allowing:
    """Return the question asked within each destroying transaction."""
    decided = review

    def why_not(connection: Any, aip_id: UUID) -> str:
        nonlocal review
        if newer_key(archive, review):
            # Whoever acts holds this transaction's lock until the catalogue knows the act: this is an act since the
            # run began, or what a killed process left; both were decided.
            review = fold(review.id, (act for _content, act in stored_acts(archive, review.id))) or review
        if review.state not in _EXECUTABLE or review.approval != decided.approval:
            return _("The review was decided otherwise.")
        state = item_state(connection, review.id, aip_id)
        if state not in _STILL or review.state_of(aip_id) is not ItemState.LISTED:
            return _("It was taken out of the review.")
        return ""

    return why_not


def _results(done: Iterator[Destruction], count: Counter[ItemState]) -> Iterator[str]:
    for item in done:
        result = Result(aip_id=item.aip_id, state=_STATES[item.state], note=_note(item.findings))
        count[result.state] += 1
        yield result_line(result)


_STATES = {
    None: ItemState.REFUSED,
    DisposalState.DESTROYED: ItemState.DESTROYED,
    DisposalState.DESTROYING: ItemState.BLOCKED,
    DisposalState.BLOCKED: ItemState.BLOCKED,
}


def _note(findings: Sequence[Finding]) -> str:
    return "; ".join(dict.fromkeys(finding.message(_LANGUAGE) for finding in findings))[:_NOTE]


def _executed(results: Spool, count: Counter[ItemState]) -> Body:
    return Executed(
        results=results,
        destroyed=count[ItemState.DESTROYED],
        blocked=count[ItemState.BLOCKED],
        kept=count[ItemState.REFUSED],
    )
