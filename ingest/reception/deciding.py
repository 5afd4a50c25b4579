"""What officers decide about the transfers of a submission: case by case, document by document.

A decision is an object of its own in the stores, created once; a later one stands before an earlier one.

Source:
    Circular 05/2025/TT-BNV, Article 24.1 and 24.2.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action, current_actor
from archive.catalogue.submissions_values import (
    ActKind,
    RegisteredSubmission,
    SubmissionAct,
    SubmittedTransfer,
    Verdict,
)
from archive.catalogue.values import TransferState
from archive.layout import submission_act_key
from archive.pending import put_everywhere
from ingest.reception.acting import OFFICERS, must_be
from ingest.reception.handed_in import claim_again
from ingest.reports import json_text
from ingest.transfers import STATE_WORDS, find_transfer
from model.dates import from_utc_text, utc_text
from model.errors import NotFoundError, PolicyError
from model.identifiers import new_uuid
from model.text import N_, _

SCHEMA = "submission-act/1"


def find_submitted(archive: Archive, submission: RegisteredSubmission, identifier: str) -> SubmittedTransfer:
    """Return the transfer of a submission that an identifier, or the beginning of one, means.

    Raises:
        NotFoundError: there is none, or it is of another submission.
    """
    submitted = archive.catalogue.submissions.submitted(find_transfer(archive, identifier).id)
    if submitted is None or submitted.submission_id != submission.id:
        raise NotFoundError(
            N_("Transfer {identifier} was not handed in under submission {submission}."),
            hint=N_("`chauban submission show` lists those that were."),
            identifier=identifier,
            submission=f"{submission.code}/{submission.ordinal}",
        )
    return submitted


def decide_transfer(
    archive: Archive, submitted: SubmittedTransfer, verdict: Verdict, because: str
) -> SubmittedTransfer:
    """Keep or refuse a case file that awaits approval.

    Raises:
        PolicyError: it awaits no approval, a document of it is failed, or the like of it is kept already.
    """
    must_be(archive, OFFICERS)
    _must_await(submitted)
    if verdict is Verdict.KEEP and submitted.failed_by_hand:
        raise PolicyError(
            N_("{count} documents of transfer {transfer} are failed, so it cannot be kept."),
            hint=N_("Pass them first with --document N --pass, or refuse the case file."),
            count=submitted.failed_by_hand,
            transfer=submitted.transfer_id,
        )
    if verdict is Verdict.KEEP:
        _must_be_alone(archive, submitted)
    return _decide(archive, submitted, ActKind.CASE, verdict, because, None)


def decide_document(
    archive: Archive, submitted: SubmittedTransfer, ordinal: int, verdict: Verdict, because: str
) -> SubmittedTransfer:
    """Pass or fail one document; a case file with a failed document is not approved.

    Raises:
        NotFoundError: the case file has no such document.
        PolicyError: it awaits no approval, or the like of it is kept already.
    """
    must_be(archive, OFFICERS)
    _must_await(submitted)
    if not 1 <= ordinal <= submitted.documents:
        raise NotFoundError(
            N_("Transfer {transfer} has no document {ordinal}."),
            hint=N_("`chauban submission show` with --transfer lists its documents."),
            transfer=submitted.transfer_id,
            ordinal=ordinal,
        )
    if verdict is Verdict.KEEP and submitted.decision is not Verdict.REFUSE:
        _must_be_alone(archive, submitted)
    return _decide(archive, submitted, ActKind.DOCUMENT, verdict, because, ordinal)


def enter_act(
    archive: Archive,
    submission_id: UUID,
    kind: ActKind,
    verdict: Verdict,
    because: str,
    *,
    transfer_id: UUID | None = None,
    document: int | None = None,
) -> SubmissionAct:
    """Write down a decision in the stores, then in the catalogue.

    One that a killed process brought into the stores only is brought into the catalogue first; where it
    says the same, it is the one.

    Raises:
        ConflictError: somebody else decided about the same at the same time.
    """
    now = archive.clock.now()
    submissions, subject = archive.catalogue.submissions, transfer_id or submission_id
    number = submissions.count_acts(submission_id, transfer_id)
    while (stored := _stored(archive, submission_act_key(submission_id, subject, number))) is not None:
        submissions.add_act(stored)
        if (stored.kind, stored.verdict, stored.document, stored.because) == (kind, verdict, document, because):
            return stored
        number += 1
    act = SubmissionAct(
        id=new_uuid(now),
        submission_id=submission_id,
        kind=kind,
        verdict=verdict,
        transfer_id=transfer_id,
        document=document,
        because=because,
        actor=current_actor()[0],
        time=now,
    )
    put_everywhere(archive, submission_act_key(submission_id, subject, number), json_text(_to_json(act)))
    submissions.add_act(act)
    return act


def _stored(archive: Archive, key: str) -> SubmissionAct | None:
    try:
        with archive.copies.open(key) as stream:
            return act_from_json(json.loads(stream.read()))
    except NotFoundError:
        return None


def act_from_json(data: Mapping[str, Any]) -> SubmissionAct:
    """Read the stored form of a decision back."""
    return SubmissionAct(
        id=UUID(data["id"]),
        submission_id=UUID(data["submission"]),
        kind=ActKind(data["kind"]),
        verdict=Verdict(data["verdict"]),
        transfer_id=UUID(data["transfer"]) if data["transfer"] else None,
        document=data["document"],
        because=data["because"],
        actor=data["actor"],
        time=from_utc_text(data["time"]),
    )


def _decide(
    archive: Archive,
    submitted: SubmittedTransfer,
    kind: ActKind,
    verdict: Verdict,
    because: str,
    document: int | None,
) -> SubmittedTransfer:
    transfer_id, submission_id = submitted.transfer_id, submitted.submission_id
    enter_act(archive, submission_id, kind, verdict, because, transfer_id=transfer_id, document=document)
    details: dict[str, str | int] = {"submission": str(submission_id), "verdict": verdict.value}
    if document is not None:
        details["document"] = document
    record_act(archive, Action.SUBMISSION_DECIDE, transfer_id, because=because, details=details)
    return archive.catalogue.submissions.submitted(transfer_id) or submitted


def _must_await(submitted: SubmittedTransfer) -> None:
    if submitted.state is not TransferState.AWAITING:
        raise PolicyError(
            N_("Transfer {transfer} is {state}; only one that awaits approval can be decided upon."),
            hint=N_("For a refused one, `chauban transfer resolve` takes it in after all or closes it."),
            transfer=submitted.transfer_id,
            state=_(STATE_WORDS[submitted.state]),
        )


def _must_be_alone(archive: Archive, submitted: SubmittedTransfer) -> None:
    """See that the like of a refused case file was not handed in and kept meanwhile."""
    other = claim_again(archive, submitted)
    if other is not None:
        raise PolicyError(
            N_("The submission keeps the like of it already: transfer {other}."),
            hint=N_("Refuse that one first, if this one is to be kept in its place."),
            other=other.transfer_id,
        )


def _to_json(act: SubmissionAct) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "id": str(act.id),
        "submission": str(act.submission_id),
        "kind": act.kind.value,
        "verdict": act.verdict.value,
        "transfer": str(act.transfer_id) if act.transfer_id else None,
        "document": act.document,
        "because": act.because,
        "actor": act.actor,
        "time": utc_text(act.time),
    }
