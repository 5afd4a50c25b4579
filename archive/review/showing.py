"""Where a review stands, who did what, and what is missing next: in words, or as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from archive.archive import Archive
from archive.review.acts import act_of
from archive.review.folding import STATE_WORDS
from archive.review.values import Act, Body, ItemState, Review, ReviewState
from model.dates import utc_text
from model.findings import printable
from model.rendering import date_text
from model.text import N_, _

SCHEMA = "retention-review/1"
ITEM_SCHEMA = "retention-review-item/1"
ITEM_WORDS = {
    ItemState.LISTED: N_("proposed"),
    ItemState.HELD: N_("held, not proposed"),
    ItemState.ELSEWHERE: N_("in another review, not proposed"),
    ItemState.OBJECTED: N_("objected to"),
    ItemState.EXTENDED: N_("given another rule"),
    ItemState.KEPT: N_("kept by the council"),
    ItemState.REFUSED: N_("kept when the decision was executed"),
    ItemState.BLOCKED: N_("destroyed but for what a store has locked"),
    ItemState.DESTROYED: N_("destroyed"),
}
"""How a case file stands, in words."""
_ACT_WORDS = {
    "opened": N_("opened the review"),
    "appointed": N_("appointed the council"),
    "voted": N_("voted"),
    "objected": N_("objected"),
    "extended": N_("gave another rule"),
    "minuted": N_("made the minutes"),
    "appraised": N_("registered the written appraisal"),
    "approved": N_("decided the destruction"),
    "rejected": N_("rejected the destruction"),
    "confirmed": N_("confirmed the decision"),
    "executed": N_("executed the decision"),
    "closed": N_("closed the review: its dossier is in the archive"),
}
_NEXT = {
    ReviewState.DRAFT: N_("Appoint the council: `chauban retention review appoint {number}`."),
    ReviewState.MINUTED: N_("Register the written appraisal: `chauban retention review appraisal {number} FILE`."),
    ReviewState.APPRAISED: N_("An approver decides: `chauban retention review approve {number}`, or `reject`."),
    ReviewState.EXECUTING: N_("A store has not let go of everything: `chauban retention review execute {number}`."),
    ReviewState.EXECUTED: N_("Take its dossier into the archive: `chauban retention review dossier {number}`."),
    ReviewState.CLOSED: N_("Nothing: it has ended."),
    ReviewState.REJECTED: N_("Nothing: it has ended, and nothing was destroyed."),
}


def acts_of(archive: Archive, review: Review) -> list[Act[Body]]:
    """Return the acts of a review, as the catalogue has them."""
    return [act_of(content, str(review.id))[1] for content in archive.catalogue.reviews.acts(review.id)]


def next_step(archive: Archive, review: Review) -> str:
    """Return what is missing next, in words."""
    known = _NEXT.get(review.state)
    if known is not None:
        return _(known).format(number=review.number)
    if review.state is ReviewState.COUNCIL:
        return _voting(review)
    approval, confirmation = review.approval, review.confirmation
    now = archive.clock.now()
    if approval is not None and now > approval.body.not_after:
        return _("The days for the execution are over: a new decision is needed.")
    if confirmation is None:
        return _(
            "Somebody else than the approver types “{phrase}”: `chauban retention review confirm {number}`."
        ).format(phrase=review.phrase, number=review.number)
    if now < confirmation.body.not_before:
        return _("Cooling off until {time}; everybody may still object.").format(
            time=date_text(confirmation.body.not_before)
        )
    return _("Execute it until {time}: `chauban retention review execute {number}`.").format(
        time=_until(approval.body.not_after if approval else now), number=review.number
    )


def review_json(archive: Archive, review: Review) -> dict[str, Any]:
    """Return the public form of a review."""
    counts = archive.catalogue.reviews.counts(review.id)
    approval, confirmation = review.approval, review.confirmation
    return {
        "schema": SCHEMA,
        "id": str(review.id),
        "number": review.number,
        "title": review.opened.body.title,
        "fonds": review.opened.body.fonds,
        "rule": review.opened.body.schedule,
        "due_by": review.opened.body.day.isoformat(),
        "state": review.state.value,
        "case_files": {state.value: counts.get(state, 0) for state in ItemState},
        "left": review.left,
        "council": list(review.council.body.people) if review.council else [],
        "present": list(review.present),
        "phrase": review.phrase if review.state is ReviewState.APPROVED else None,
        "not_before": utc_text(confirmation.body.not_before) if confirmation else None,
        "not_after": utc_text(approval.body.not_after) if approval else None,
        "dossier": str(review.closing.body.aip_id) if review.closing else None,
        "next": next_step(archive, review),
        "acts": [
            {"act": act.kind, "by": act.by, "name": act.name, "at": utc_text(act.at), "because": act.because}
            for act in acts_of(archive, review)
        ],
    }


def review_lines(archive: Archive, review: Review) -> Iterator[str]:
    """Yield the lines that show a review to people."""
    body = review.opened.body
    yield printable(f"{review.number}  {body.title}  ({_(STATE_WORDS[review.state])})")
    yield (
        "  "
        + _("Due by {day}").format(day=body.day.isoformat())
        + printable("".join(f", {word}" for word in (body.fonds, body.schedule) if word))
    )
    for state, count in sorted(archive.catalogue.reviews.counts(review.id).items()):
        yield f"  {_(ITEM_WORDS[state])}: {count}"
    if review.council is not None:
        people = ", ".join(review.council.body.people)
        yield printable("  " + _("Council: {people}").format(people=people))
    for act in acts_of(archive, review):
        told = f"{date_text(act.at)}  {act.by} ({act.name}) {_(_ACT_WORDS[act.kind])}: {act.because}"
        yield printable(f"  {told}")
    if review.state is ReviewState.APPROVED:
        yield "  " + _("To be typed: {phrase}").format(phrase=review.phrase)
    yield "  " + _("Next: {step}").format(step=next_step(archive, review))


def short_line(archive: Archive, review: Review) -> str:
    """Return a review in one line."""
    left = _("{left} of {listed} case files").format(left=review.left, listed=review.opened.body.listed)
    return printable(
        f"{review.number}  {_(STATE_WORDS[review.state])}  {left}  {review.opened.body.title}"
        f"  → {next_step(archive, review)}"
    )


def _voting(review: Review) -> str:
    people = review.council.body.people if review.council else ()
    missing = [login for login in people if login not in review.votes]
    if 2 * len(review.present) <= len(people):
        return _("The council votes; not yet: {people}.").format(people=", ".join(missing))
    return _("The chair or the secretary makes the minutes: `chauban retention review minutes {number}`.").format(
        number=review.number
    )


def _until(moment: datetime) -> str:
    return date_text(moment)
