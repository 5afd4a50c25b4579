"""How submissions are shown: as JSON for programs and as lines for people."""

from collections.abc import Iterator
from datetime import date

from archive.catalogue.submissions_values import AnnouncedItem, SubmittedTransfer
from ingest.reception.comparing import Comparison, Pair
from ingest.reception.deadlines import Deadlines
from ingest.reception.standing import JudgedCase, Standing, status_of, status_word
from model.casefile import Document
from model.dates import utc_text
from model.findings import printable
from model.rendering import date_text, finding_lines, size_text
from model.text import N_, _, language_in_force, ngettext


def standing_json(standing: Standing) -> dict[str, object]:
    """Return the public form of a submission (`submission/1`): everything Article 23 wants confirmed, and more."""
    submission, totals = standing.submission, standing.totals
    return {
        "schema": "submission/1",
        "code": submission.code,
        "ordinal": submission.ordinal,
        "id": str(submission.id),
        "agency_code": submission.agency_code,
        "agency_name": submission.agency_name,
        "fonds": submission.fonds,
        "status": standing.status.value,
        "registered_at": utc_text(submission.registered_at),
        "registered_by": submission.registered_by,
        "received_at": utc_text(totals.first) if totals.first else None,
        "concluded_at": utc_text(totals.concluded_at) if totals.concluded_at else None,
        "announced": {
            "packages": submission.packages,
            "case_files": submission.case_files,
            "documents": submission.documents,
            "bytes": submission.bytes,
            "listed": submission.listed,
        },
        "received": {
            "transfers": totals.received,
            "undecided": totals.undecided,
            "passed": totals.passed,
            "approved": totals.approved,
            "held_already": totals.held,
            "failed": totals.failed,
            "documents": totals.documents,
            "documents_passed": totals.documents_passed,
            "documents_failed": totals.documents_failed,
            "files": totals.files,
            "bytes": totals.bytes,
        },
        "approved_in_all_submissions": standing.approved_in_all,
        "deadlines": _deadlines_json(standing.deadlines),
    }


def submitted_json(submitted: SubmittedTransfer) -> dict[str, object]:
    """Return the public form of a transfer of a submission (`submission-transfer/1`)."""
    return {
        "schema": "submission-transfer/1",
        "transfer_id": str(submitted.transfer_id),
        "case_code": submitted.case_code,
        "title": submitted.title,
        "status": status_of(submitted).value,
        "state": submitted.state.value,
        "waits_for_decision": submitted.undecided,
        "decision": submitted.decision.value if submitted.decision else None,
        "received_at": utc_text(submitted.received_at),
        "documents": submitted.documents,
        "documents_failed": submitted.failed + submitted.failed_by_hand,
        "files": submitted.files,
        "bytes": submitted.bytes,
        "aip_id": str(submitted.aip_id) if submitted.aip_id else None,
        "reason": submitted.reason,
    }


def item_json(item: AnnouncedItem) -> dict[str, object]:
    """Return the public form of something announced that is missing (`submission-missing/1`)."""
    return {
        "schema": "submission-missing/1",
        "case_code": item.code,
        "title": item.title,
        "maintenance": item.maintenance,
        "documents": item.documents,
    }


def surplus_json(submitted: SubmittedTransfer) -> dict[str, object]:
    """Return the public form of something received that was not announced (`submission-surplus/1`)."""
    return {
        "schema": "submission-surplus/1",
        "case_code": submitted.case_code,
        "title": submitted.title,
        "transfer_id": str(submitted.transfer_id),
    }


def judged_json(case: JudgedCase) -> dict[str, object]:
    """Return the public form of a transfer with its documents and decisions (`submission-case/1`)."""
    language = language_in_force()
    return {
        **submitted_json(case.submitted),
        "schema": "submission-case/1",
        "findings": [finding.to_public() for finding in case.findings],
        "decisions": [
            {
                "verdict": act.verdict.value,
                "document": act.document,
                "because": act.because,
                "actor": act.actor,
                "time": utc_text(act.time),
            }
            for act in case.acts
        ],
        "documents_judged": [
            {
                "ordinal": item.document.ordinal,
                "doc_code": item.document.doc_code,
                "subject": item.document.subject,
                "passed": not reasons,
                "reasons": list(reasons),
            }
            for item, reasons in case.documents(language)
        ],
    }


def comparison_json(comparison: Comparison) -> dict[str, object]:
    """Return the public form of a comparison (`submission-comparison/1`)."""
    held = comparison.held
    return {
        "schema": "submission-comparison/1",
        "received": {"case_code": comparison.case_file.file_code, "title": comparison.case_file.title},
        "held": {"aip_id": str(held.aip_id), "case_code": held.case_file.file_code, "title": held.case_file.title},
        "pairs": [
            {
                "match": pair.match.value if pair.match else None,
                "received": _document_json(pair.received),
                "held": _document_json(pair.held),
            }
            for pair in comparison.pairs
        ],
    }


def standing_lines(standing: Standing) -> Iterator[str]:
    """Yield the lines that show a submission: what Article 23 wants confirmed."""
    submission, totals = standing.submission, standing.totals
    yield printable(standing_line(standing))
    yield printable(f"  {_('Agency')}: {submission.agency_code} {submission.agency_name}")
    announced = _("{packages} packages, {case_files} case files, {documents} documents").format(
        packages=submission.packages, case_files=submission.case_files, documents=submission.documents
    )
    size = f", {size_text(submission.bytes)}" if submission.bytes is not None else ""
    yield f"  {_('Announced')}: {announced}{size}"
    received = _("{transfers} transfers, {documents} documents, {size}").format(
        transfers=totals.received, documents=totals.documents, size=size_text(totals.bytes)
    )
    yield f"  {_('Received')}: {received}"
    counts = _(
        "{undecided} to be decided, {passed} passed, {approved} approved, {held} held already, {failed} failed"
    ).format(
        undecided=totals.undecided,
        passed=totals.passed,
        approved=totals.approved,
        held=totals.held,
        failed=totals.failed,
    )
    yield f"  {_('Of these')}: {counts}"
    count = standing.approved_in_all
    approved = ngettext("{count} case file", "{count} case files", count).format(count=count)
    yield f"  {_('Approved in all submissions of this registration')}: {approved}"
    yield f"  {_('Registered')}: {date_text(submission.registered_at)}"
    if totals.first is not None:
        yield f"  {_('Time received')}: {date_text(totals.first)}"
    yield from _deadline_lines(standing.deadlines)


def standing_line(standing: Standing) -> str:
    """Return the one line of a submission in a list."""
    submission, totals = standing.submission, standing.totals
    late = f"  {_('LATE')}" if standing.late else ""
    counts = f"{totals.approved + totals.held}/{totals.received}/{submission.case_files}"
    name, word = f"{submission.code}/{submission.ordinal}", status_word(standing.status)
    return printable(f"{name}  {word}  {counts}  {submission.agency_name}{late}")


def submitted_line(submitted: SubmittedTransfer) -> str:
    """Return the one line of a transfer."""
    name = " ".join(part for part in (submitted.case_code, submitted.title) if part) or submitted.reason
    waits = f"  ({_('an officer has to decide')})" if submitted.undecided else ""
    reason = f"  ({submitted.reason})" if submitted.reason else ""
    return printable(f"  {submitted.transfer_id}  {status_word(status_of(submitted))}  {name}{waits}{reason}")


def judged_lines(case: JudgedCase) -> Iterator[str]:
    """Yield the lines that show a transfer with everything found and decided about it."""
    yield submitted_line(case.submitted)
    for finding in case.findings:
        yield from finding_lines(finding)
    for act in case.acts:
        document = f", {_('document {number}').format(number=act.document)}" if act.document is not None else ""
        word = _(VERDICT_WORDS[act.verdict.value])
        yield printable(f"  {date_text(act.time)} {act.actor}: {word}{document}: {act.because}")
    for item, reasons in case.documents(language_in_force()):
        sign = "✗" if reasons else "✓"
        yield printable(f"    {sign} {item.document.ordinal}. {_shown(item.document)}")
        for reason in reasons:
            yield printable(f"        {reason}")


VERDICT_WORDS = {"keep": N_("kept"), "refuse": N_("refused")}
"""What was decided, in words."""


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines that show two lists of documents side by side."""
    held = comparison.held
    received = comparison.case_file
    yield printable(f"{_('Handed in')}: {received.file_code} {received.title}")
    yield printable(f"{_('Held')}: {held.case_file.file_code} {held.case_file.title} ({held.aip_id})")
    for pair in comparison.pairs:
        yield _pair_line(pair)


_SIGNS = {"content": "=", "code": "≈", "number": "≈"}


def _pair_line(pair: Pair) -> str:
    sign = _SIGNS[pair.match.value] if pair.match else " "
    left, right = (_shown(document) if document else "—" for document in (pair.received, pair.held))
    match = f"  ({_(MATCH_WORDS[pair.match.value])})" if pair.match else ""
    return printable(f"  {left}  {sign}  {right}{match}")


MATCH_WORDS = {
    "content": N_("same bytes"),
    "code": N_("same code"),
    "number": N_("same number and date"),
}
"""By what two documents are taken for one, in words."""


def _shown(document: Document) -> str:
    number = "/".join(part for part in (document.code_number, document.code_notation) if part)
    day = document.issued_date.vietnamese if document.issued_date else ""
    return " ".join(part for part in (document.doc_code, number, day, document.subject) if part)


def _document_json(document: Document | None) -> dict[str, object] | None:
    if document is None:
        return None
    return {
        "ordinal": document.ordinal,
        "doc_code": document.doc_code,
        "code_number": document.code_number,
        "code_notation": document.code_notation,
        "issued_date": document.issued_date.iso if document.issued_date else None,
        "subject": document.subject,
    }


def _deadlines_json(due: Deadlines) -> dict[str, object]:
    return {
        "reply_by": due.reply_by.isoformat(),
        "reply_late": due.reply_late,
        "hand_in_by": due.hand_in_by.isoformat() if due.hand_in_by else None,
        "hand_in_late": due.hand_in_late,
        "approve_by": due.approve_by.isoformat() if due.approve_by else None,
        "approval_late": due.approval_late,
    }


def _deadline_lines(due: Deadlines) -> Iterator[str]:
    lines = (
        (N_("Answer the registration by"), due.reply_by, due.reply_late),
        (N_("Hand in by"), due.hand_in_by, due.hand_in_late),
        (N_("Approve by"), due.approve_by, due.approval_late),
    )
    for word, day, late in lines:
        if day is not None:
            yield f"  {_(word)}: {_day(day)}{'  ' + _('LATE') if late else ''}"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}" if language_in_force() == "vi" else day.isoformat()
