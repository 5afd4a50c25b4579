"""The desk for people and programs: lines and JSON."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from archive.catalogue.desk_values import TRAY
from ingest.desk.closing import Closed
from ingest.desk.contents import RefusedMessage
from ingest.desk.correcting import Discarded
from ingest.desk.file_plan import PlanChange, PlanImport
from ingest.desk.values import (
    Added,
    AddOutcome,
    DeskCase,
    DeskDocument,
    DocumentKind,
    FileState,
    PlanLine,
    Standing,
    StandingDocument,
)
from ingest.desk.view import CaseView
from ingest.edxml.wording import BUSINESS_WORDS, STATUS_WORDS, word_of
from model.dates import utc_text
from model.elements import code_word
from model.findings import Finding, Severity, printable
from model.rendering import finding_lines
from model.text import N_, _, language_in_force, ngettext

STATE_WORDS = {
    FileState.OPEN: N_("open"),
    FileState.CLOSED: N_("closed, not handed over"),
    FileState.REFUSED: N_("refused by the archive"),
    FileState.HANDED_OVER: N_("handed over"),
}
_STANDING_WORDS = {
    Standing.CURRENT: N_("current"),
    Standing.RECALLED: N_("recalled"),
    Standing.REPLACED: N_("replaced"),
    Standing.NOTICE: N_("message about another document"),
    Standing.DUPLICATE: N_("duplicate"),
    Standing.DRAFT: N_("draft"),
}
OUTCOME_WORDS = {
    AddOutcome.ADDED: N_("added"),
    AddOutcome.TRAY: N_("in the tray"),
    AddOutcome.KNOWN: N_("on the desk already"),
    AddOutcome.DESCRIBED: N_("described anew"),
    AddOutcome.REFUSED: N_("refused"),
    AddOutcome.UNREADABLE: N_("cannot be read"),
}
_SHORT = 12
_PLACES = 4
"""Places named where the same was found many times."""
_PLACE = re.compile(r"document\[(\d+)\]")
_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def case_line(case: DeskCase, documents: int) -> str:
    """Return one line about a case file."""
    count = ngettext("{count} document", "{count} documents", documents).format(count=documents)
    return printable(f"{case.id}  {case.code}  {_(STATE_WORDS[case.state])}  {count}  {case.title}")


def case_json(case: DeskCase, documents: int) -> dict[str, Any]:
    """Return the public form of a case file."""
    return {
        "schema": "casefile/1",
        "id": case.id,
        "code": case.code,
        "state": case.state.value,
        "year": case.year,
        "number": case.number,
        "title": case.title,
        "agency_code": case.agency_code,
        "maintenance": case.maintenance,
        "mode": case.mode,
        "fonds": case.fonds,
        "compiler": case.compiler,
        "opened_at": utc_text(case.opened_at),
        "closed_at": utc_text(case.closed_at) if case.closed_at else None,
        "aip_id": case.aip_id or None,
        "transfer_id": case.transfer_id or None,
        "documents": documents,
        "incomplete": case.incomplete,
        "reasons": [finding.to_public() for finding in case.reasons],
    }


def document_line(document: DeskDocument) -> str:
    """Return one line about a document."""
    language = language_in_force()
    if document.kind is DocumentKind.STATUS:
        words = word_of(STATUS_WORDS, document.status_code, language)
        of = ", ".join(key.code or key.document_id for key in document.concerns)
        what = f"{words}: {of}"
    else:
        type_words = document.type_name or code_word("typeName", document.type_code, language)
        business = word_of(BUSINESS_WORDS, document.business.value, language) if document.concerns else ""
        what = "  ".join(part for part in (document.key.code, business, type_words, document.subject) if part)
    day = document.key.date.vietnamese if document.key.date else ""
    return printable("  ".join(part for part in (document.id[:_SHORT], day, what) if part))


def document_json(document: DeskDocument, place: str) -> dict[str, Any]:
    """Return the public form of a document."""
    return {
        "schema": "casefile-document/1",
        "id": document.id,
        "casefile": None if place == TRAY else place,
        "kind": document.kind.value,
        "business": document.business.name.lower(),
        "code": document.key.code,
        "document_id": document.key.document_id,
        "date": document.key.date.iso if document.key.date else None,
        "organ_code": document.key.organ_code,
        "organ_name": document.organ_name,
        "type": document.type_code,
        "subject": document.subject,
        "status_code": document.status_code,
        "draft": bool(document.draft),
        "answers": [key.code or key.document_id for key in document.answers],
        "concerns": [key.code or key.document_id for key in document.concerns],
        "files": [{"name": printable(file.name), "sha256": file.sha256, "size": file.size} for file in document.files],
        "attachments": [{"name": printable(item.name), "sha256": item.sha256} for item in document.attachments],
        "source": document.source,
    }


def view_lines(view: CaseView) -> Iterator[str]:
    """Yield the lines of a case file with its documents."""
    yield case_line(view.case, len(view.documents))
    if view.case.aip_id:
        yield f"  {_('Package')} {view.case.aip_id}"
    for finding in view.case.reasons:
        yield from finding_lines(finding)
    carried = {notice.id for item in view.documents for notice in item.notices}
    for item in view.documents:
        if item.document.id in carried:
            continue
        other = f" → {item.other[:_SHORT]}" if item.other else ""
        yield f"  [{_(_STANDING_WORDS[item.standing])}{other}] {document_line(item.document)}"
        for notice in item.notices:
            yield f"      {document_line(notice)}"


def view_json(view: CaseView) -> dict[str, Any]:
    """Return the public form of a case file with its documents."""
    listed = [_standing_json(item, view.case.id) for item in view.documents]
    return {**case_json(view.case, len(view.documents)), "listed": listed}


def _standing_json(item: StandingDocument, case: str) -> dict[str, Any]:
    notices = [notice.id for notice in item.notices]
    return {
        **document_json(item.document, case),
        "standing": item.standing.value,
        "other": item.other or None,
        "notices": notices,
    }


def added_lines(added: Added) -> Iterator[str]:
    """Yield the lines about one thing that was laid on the desk."""
    sign = "✗" if added.outcome in (AddOutcome.REFUSED, AddOutcome.UNREADABLE) else "✓"
    place = f" {added.case}" if added.case else ""
    yield printable(f"{sign} {_(OUTCOME_WORDS[added.outcome])}{place}: {added.path}")
    if added.why:
        yield printable(f"  {added.why}")
    if added.outcome is AddOutcome.REFUSED:
        for finding in added.findings:
            yield from finding_lines(finding)


def added_json(added: Added) -> dict[str, Any]:
    """Return the public form of what became of one thing."""
    return {
        "schema": "casefile-add/1",
        "path": added.path,
        "outcome": added.outcome.value,
        "document": added.document or None,
        "casefile": added.case or None,
        "why": added.why,
        "findings": _public(added.findings),
    }


def closed_lines(closed: Closed) -> Iterator[str]:
    """Yield the lines about a case file that was to be closed: what keeps it open first, the same only once."""
    for finding in _told_once(closed):
        yield from finding_lines(finding)
    case_file = closed.case_file
    total = ngettext("{count} document", "{count} documents", case_file.total_doc or 0)
    yield printable(
        f"{closed.case.code}  {_(STATE_WORDS[closed.case.state])}  {total.format(count=case_file.total_doc or 0)}"
    )
    if closed.case.state is FileState.OPEN:
        yield _("It is not complete and stays open. Add what is missing, or close it with --accept-incomplete.")
    if closed.ingest is not None and closed.case.state is not FileState.HANDED_OVER:
        yield printable(f"  {_('Transfer')} {closed.ingest.transfer_id}: {closed.ingest.reason}")
        for finding in closed.ingest.findings:
            yield from finding_lines(finding)
    if closed.case.aip_id:
        yield f"  {_('Package')} {closed.case.aip_id}"
    if closed.kept:
        left = ngettext(
            "{count} document was not handed over and stays on the desk.",
            "{count} documents were not handed over and stay on the desk.",
            closed.kept,
        )
        yield left.format(count=closed.kept)


def _told_once(closed: Closed) -> Iterator[Finding]:
    """Yield the findings by weight; those that say the same of several documents as one that names them."""
    names = {item.ordinal: item.name for item in closed.listed}
    alike: dict[tuple[Severity, str, str], list[Finding]] = {}
    for finding in closed.findings:
        alike.setdefault((finding.severity, finding.code, finding.message()), []).append(finding)
    for severity in _FIRST:
        for (weight, _code, _words), same in alike.items():
            if weight is severity:
                places = [_named(finding.location, names) for finding in same[:_PLACES]]
                more = f" +{len(same) - _PLACES}" if len(same) > _PLACES else ""
                yield replace(same[0], location="; ".join(places) + more)


def _named(location: str, names: dict[int, str]) -> str:
    """Return a place with what its document is called."""
    found = _PLACE.match(location)
    name = names.get(int(found[1]), "") if found else ""
    return f"{location} {name}" if name else location


def closed_json(closed: Closed) -> dict[str, Any]:
    """Return the public form of a case file that was to be closed."""
    ingest = closed.ingest
    return {
        **case_json(closed.case, closed.case_file.total_doc or 0),
        "schema": "casefile-close/1",
        "pages": closed.case_file.number_of_page,
        "start_date": closed.case_file.start_date.iso if closed.case_file.start_date else None,
        "end_date": closed.case_file.end_date.iso if closed.case_file.end_date else None,
        "findings": _public(closed.findings),
        "listed": [{"ordinal": item.ordinal, "id": item.id, "name": printable(item.name)} for item in closed.listed],
        "kept": closed.kept,
        "ingest": {
            "status": ingest.status.value,
            "reason": ingest.reason,
            "findings": _public(ingest.findings),
        }
        if ingest is not None
        else None,
    }


def refused_lines(message: RefusedMessage) -> Iterator[str]:
    """Yield the lines about a message that cannot be read."""
    yield printable(f"{message.sha256[:_SHORT]}  {message.name}")
    for finding in message.findings:
        yield from finding_lines(finding)


def refused_json(message: RefusedMessage) -> dict[str, Any]:
    """Return the public form of a message that cannot be read."""
    return {
        "schema": "casefile-refused/1",
        "sha256": message.sha256,
        "name": printable(message.name),
        "size": message.size,
        "time": utc_text(message.time),
        "findings": _public(message.findings),
    }


def discarded_lines(gone: Discarded) -> Iterator[str]:
    """Yield the lines about a document that was discarded."""
    yield document_line(gone.document)
    day = utc_text(gone.time) if gone.time is not None else ""
    yield printable("  " + "  ".join(part for part in (day, gone.actor, gone.because) if part))


def discarded_json(gone: Discarded) -> dict[str, Any]:
    """Return the public form of a document that was discarded."""
    return {
        "schema": "casefile-discarded/1",
        "document": document_json(gone.document, gone.origin),
        "because": gone.because,
        "actor": gone.actor,
        "time": utc_text(gone.time) if gone.time is not None else None,
    }


def plan_line(line: PlanLine) -> str:
    """Return one line of a plan."""
    retention = code_word("maintenance", line.maintenance, language_in_force()) if line.maintenance else ""
    parts = (line.agency_code, line.number, line.title, retention, line.compiler)
    return printable("  ".join(part for part in parts if part))


def plan_json(line: PlanLine) -> dict[str, Any]:
    """Return the public form of a line of a plan."""
    return {
        "schema": "casefile-plan/1",
        "year": line.year,
        "agency_code": line.agency_code,
        "number": line.number,
        "title": line.title,
        "maintenance": line.maintenance,
        "mode": line.mode,
        "compiler": line.compiler,
        "group": line.group,
        "note": line.note,
        "keywords": list(line.keywords),
        "types": list(line.types),
        "organs": list(line.organs),
    }


def import_lines(imported: PlanImport) -> Iterator[str]:
    """Yield the lines about an import of a plan."""
    for finding in imported.findings:
        yield from finding_lines(finding)
    for change in imported.changes:
        yield _change_line(change)
    for line in imported.absent:
        yield f"= {_('not in this list, stays')}: {plan_line(line)}"
    new = sum(change.before is None for change in imported.changes)
    yield _("{new} new, {changed} changed, {same} as before.").format(
        new=new, changed=len(imported.changes) - new, same=imported.unchanged
    )


def import_json(imported: PlanImport) -> dict[str, Any]:
    """Return the public form of an import of a plan."""
    return {
        "schema": "casefile-plan-import/1",
        "new": [plan_json(change.line) for change in imported.changes if change.before is None],
        "changed": [
            {**plan_json(change.line), "fields": list(change.fields)} for change in imported.changes if change.before
        ],
        "unchanged": imported.unchanged,
        "absent": [line.number for line in imported.absent],
        "findings": _public(imported.findings),
    }


def _change_line(change: PlanChange) -> str:
    if change.before is None:
        return f"+ {plan_line(change.line)}"
    return f"~ {plan_line(change.line)} ({', '.join(change.fields)})"


def _public(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [finding.to_public() for finding in findings]
