"""Approval: what awaits it becomes packages, one transfer after the other; or everything is returned.

A killed approval is taken up by giving it again: what was taken in is not taken in twice, and what was
returned stays so.

Source:
    Circular 05/2025/TT-BNV, Article 25.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from uuid import UUID

from archive.archive import Archive
from archive.audit.recording import note_act, record_act
from archive.audit.values import Action, ActOutcome, current_actor
from archive.catalogue.submissions_values import ActKind, RegisteredSubmission, SubmittedTransfer, Verdict
from archive.catalogue.values import Transfer, TransferState
from ingest.batch import BatchSettings, options_for, recover, running
from ingest.pipeline import Approval, Ingest, ingest
from ingest.reception import findings as kinds
from ingest.reception.acting import APPROVERS, must_be
from ingest.reception.deciding import enter_act
from ingest.reception.handed_in import all_received
from ingest.recording import recorded
from ingest.reports import findings_of, reception_note, summary
from ingest.sources.discovery import discover
from ingest.sources.findings import CASE_CODE_HELD
from ingest.sources.findings import DUPLICATE_IN_ARCHIVE as FILE_HELD
from ingest.sources.values import Submission
from ingest.transfers import brought_back, write_resolution
from ingest.values import IngestReport, IngestStatus, ReceptionNote
from ingest.workspace import Workspace
from model.dates import utc_text
from model.errors import NotFoundError, PolicyError
from model.fixity import read_chunks
from model.identifiers import derived_uuid, new_uuid
from model.text import N_

_NAMED = 5
"""Undecided transfers named in a refusal to approve."""


def approve(
    archive: Archive,
    submission: RegisteredSubmission,
    because: str,
    settings: BatchSettings,
    only: frozenset[UUID] = frozenset(),
) -> Iterator[IngestReport]:
    """Take in everything that passed, and return what an officer refused; yield what became of each.

    Args:
        only: transfers to conclude; empty: all of the submission.

    Raises:
        PolicyError: something in question is not decided yet, or whoever decided wants to approve; or, where there
            are accounts, no approver is logged in.
    """
    must_be(archive, APPROVERS)
    for _report in recover(archive):
        pass  # what a killed approval began is ended before it goes on
    _check_decided(archive, submission, only)
    _check_other_person(archive, submission)
    count = 0
    for report in recorded(_conclude_all(archive, submission, because, settings, only), archive):
        count += 1
        yield report
    _enter_end(archive, submission, ActKind.APPROVAL, because, count)


def reject(archive: Archive, submission: RegisteredSubmission, because: str) -> Iterator[IngestReport]:
    """Return everything that awaits approval; what was kept stays kept. Yield what became of each.

    Raises:
        PolicyError: there are accounts, and no approver is logged in.
    """
    must_be(archive, APPROVERS)
    count = 0
    for report in recorded(_return_all(archive, submission, because), archive):
        count += 1
        yield report
    _enter_end(archive, submission, ActKind.REJECTION, because, count)


def _conclude_all(
    archive: Archive, submission: RegisteredSubmission, because: str, settings: BatchSettings, only: frozenset[UUID]
) -> Iterator[IngestReport]:
    options = options_for(archive, replace(settings, fonds=submission.fonds))
    with running(archive, options) as run, _tables(archive) as tables:
        for submitted in _waiting(archive, submission, only):
            if submitted.refused:
                yield _return(archive, submitted, _reason(archive, submitted))
            else:
                yield _take_in(submission, submitted, because, run, tables)


def _return_all(archive: Archive, submission: RegisteredSubmission, because: str) -> Iterator[IngestReport]:
    for submitted in _waiting(archive, submission, frozenset()):
        yield _return(archive, submitted, because)


def _waiting(archive: Archive, submission: RegisteredSubmission, only: frozenset[UUID]) -> Iterator[SubmittedTransfer]:
    for submitted in all_received(archive, submission):
        if submitted.state is TransferState.AWAITING and (not only or submitted.transfer_id in only):
            yield submitted


def _check_decided(archive: Archive, submission: RegisteredSubmission, only: frozenset[UUID]) -> None:
    waiting = _waiting(archive, submission, only)
    undecided = list(islice((item for item in waiting if item.undecided), _NAMED))
    if undecided:
        raise PolicyError(
            N_("Not everything of submission {submission} is decided, such as transfer {transfers}."),
            hint=N_("Decide about each with `chauban submission decide`, or name with --only what is to be approved."),
            submission=f"{submission.code}/{submission.ordinal}",
            transfers=", ".join(str(item.transfer_id) for item in undecided),
        )


def _check_other_person(archive: Archive, submission: RegisteredSubmission) -> None:
    """Where there are accounts, approval is by another person than the decisions."""
    if not archive.catalogue.accounts.any():
        return
    actor = current_actor()[0]
    decisions = archive.catalogue.submissions.submission_acts(submission.id)
    if any(act.actor == actor for act in decisions if act.transfer_id is not None):
        raise PolicyError(
            N_("{actor} decided about transfers of this submission and cannot approve it too."),
            hint=N_("Have another person approve it."),
            actor=actor,
        )


def _enter_end(archive: Archive, submission: RegisteredSubmission, kind: ActKind, because: str, concluded: int) -> None:
    """Write down that a submission was approved or rejected, when nothing of it is open; once.

    Args:
        concluded: transfers that this run concluded.
    """
    totals = archive.catalogue.submissions.totals(submission.id)
    if totals.open or (totals.concluded_at is not None and not concluded):
        return
    verdict = Verdict.KEEP if kind is ActKind.APPROVAL else Verdict.REFUSE
    enter_act(archive, submission.id, kind, verdict, because)
    action = Action.SUBMISSION_APPROVE if kind is ActKind.APPROVAL else Action.SUBMISSION_REJECT
    details = {"approved": totals.approved, "failed": totals.failed}
    record_act(archive, action, submission.id, because=because, details=details)


def _reason(archive: Archive, submitted: SubmittedTransfer) -> str:
    """Return why an officer refused a transfer, or the documents of it."""
    acts = archive.catalogue.submissions.acts(submitted.transfer_id)
    refusals = [act.because for act in acts if act.verdict is Verdict.REFUSE]
    return refusals[-1] if refusals else ""


def _return(archive: Archive, submitted: SubmittedTransfer, because: str) -> IngestReport:
    transfer = _transfer(archive, submitted)
    returned = write_resolution(archive, transfer, TransferState.RETURNED, because, reason=because)
    note_act(
        archive,
        Action.SUBMISSION_REJECT,
        transfer.id,
        identifier=derived_uuid(transfer.id, "audit:returned"),
        outcome=ActOutcome.REFUSED,
        because=because,
        details={"submission": str(submitted.submission_id)},
    )
    return summary(returned)


def _take_in(
    submission: RegisteredSubmission,
    submitted: SubmittedTransfer,
    because: str,
    run: Ingest,
    tables: Path,
) -> IngestReport:
    archive, transfer = run.archive, _transfer(run.archive, submitted)
    accepted = archive.catalogue.find_accepted(transfer.fingerprint)
    if accepted is None:
        report = _ingest(submission, submitted, transfer, because, run, tables)
        if report.status not in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY}:
            return replace(report, transfer_id=transfer.id)
        taken_in_as, package = report.transfer_id, report.aip_id
    else:
        taken_in_as, package = accepted.id, accepted.aip_id
    approved = write_resolution(
        archive, transfer, TransferState.APPROVED, because, taken_in_as=taken_in_as, package=package
    )
    note_act(
        archive,
        Action.SUBMISSION_APPROVE,
        transfer.id,
        identifier=derived_uuid(transfer.id, "audit:approved"),
        outcome=ActOutcome.ACCEPTED,
        because=because,
        details={"submission": str(submission.id), "taken-in-as": str(taken_in_as), "package": str(package)},
    )
    return summary(approved)


def _ingest(
    submission: RegisteredSubmission,
    submitted: SubmittedTransfer,
    transfer: Transfer,
    because: str,
    run: Ingest,
    tables: Path,
) -> IngestReport:
    """Ingest a transfer from what was kept of it."""
    report = json.loads(transfer.report)
    note = reception_note(transfer.report)
    found = tuple(item for item in findings_of(transfer.report) if item.code.startswith("reception."))
    approval = Approval(
        fingerprint=transfer.fingerprint,
        findings=found,
        told={
            "approval": {
                "submission": str(submission.id),
                "registration": submission.code,
                "ordinal": submission.ordinal,
                "transfer": str(transfer.id),
                "received_at": utc_text(transfer.received_at),
                "because": because,
            }
        },
    )
    waived = {FILE_HELD.code, *report["decision"]["waived"]} - {CASE_CODE_HELD.code}
    if submitted.decision is Verdict.KEEP:
        waived |= {CASE_CODE_HELD.code, *kinds.WAITING}
    policy = replace(run.options.policy, waived=frozenset(waived))
    special = replace(run, options=replace(run.options, policy=policy), approval=approval)
    with brought_back(run.archive, transfer) as paths:
        kept = next(discover(paths, run.options.limits))
        return ingest(_as_received(kept, transfer, note, run.archive, tables), special)


def _as_received(
    kept: Submission, transfer: Transfer, note: ReceptionNote | None, archive: Archive, tables: Path
) -> Submission:
    """Return what was brought back as it was handed in: under its name, and with its table beside it."""
    named = replace(kept, name=transfer.source)
    if note is None or not note.table:
        return named
    table = tables / note.table.rpartition("/")[2]
    if not table.exists():
        with archive.copies.open(note.table) as source, table.open("wb") as target:
            for chunk in read_chunks(source):
                target.write(chunk)
    return replace(named, beside=table, case_code=note.table_code)


@contextmanager
def _tables(archive: Archive) -> Iterator[Path]:
    """Give a folder where tables that describe several case files lie while they are needed."""
    with Workspace.create(archive.work, new_uuid(archive.clock.now())) as workspace:
        try:
            yield workspace.content
        finally:
            workspace.remove()


def _transfer(archive: Archive, submitted: SubmittedTransfer) -> Transfer:
    transfer = archive.catalogue.get_transfer(submitted.transfer_id)
    if transfer is None:
        raise NotFoundError(
            N_("There is no transfer {identifier}."),
            hint=N_("`chauban transfer list` shows them."),
            identifier=submitted.transfer_id,
        )
    return transfer
