"""What is left of a destroyed record, on a screen or as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from archive.archive import Archive
from archive.catalogue.disposal import StubRow
from archive.disposal.stubs import stub_json, stub_of
from archive.disposal.values import Destruction, DisposalState, HandedOver
from archive.evidence.showing import seal_details, seal_lines
from model.dates import PartialDate
from model.findings import Finding, printable
from model.rendering import date_text, day_text, finding_lines, size_text
from model.text import N_, _

SCHEMA = "stub/1"
HANDED_OVER = N_("handed over and released")
STATE_WORDS: dict[DisposalState, str] = {
    DisposalState.DESTROYING: N_("being destroyed"),
    DisposalState.BLOCKED: N_("destroyed but for what a store has locked"),
    DisposalState.DESTROYED: N_("destroyed"),
}


KEPT = N_("kept")
DESTRUCTION_SCHEMA = "destruction/1"
LISTED_SCHEMA = "destroyed/1"


def destruction_details(done: Destruction) -> dict[str, Any]:
    """Return what became of a record as one JSON object, schema `destruction/1`."""
    return {
        "schema": DESTRUCTION_SCHEMA,
        "aip_id": str(done.aip_id),
        "state": done.state.value if done.state else "kept",
        "findings": [finding.to_public() for finding in done.findings],
    }


def listed_details(row: StubRow) -> dict[str, Any]:
    """Return one line of the list of destroyed records as JSON."""
    stub = stub_of(row)
    return {
        "schema": LISTED_SCHEMA,
        "aip_id": str(row.aip_id),
        "case_code": stub.case_code,
        "title": stub.title,
        "state": row.state.value,
        "kind": stub.permission.kind,
        "decision": str(row.review_id),
        "destroyed_at": row.marked_at,
    }


def listed_line(row: StubRow) -> str:
    """Return one line of the list of destroyed records for people."""
    stub = stub_of(row)
    return printable(f"{row.aip_id}  {date_text(stub.destroyed_at)}  {stub.case_code}  {stub.title}  {word_of(row)}")


def word_of(row: StubRow) -> str:
    """Return how far the destruction of a record is, in a word."""
    handed_over = stub_of(row).permission.handed_over is not None
    return _(HANDED_OVER if handed_over and row.state is DisposalState.DESTROYED else STATE_WORDS[row.state])


def find_stubs(archive: Archive, identifier: str) -> list[StubRow]:
    """Return the destroyed records an identifier, the beginning of one, or a case file code means."""
    return archive.catalogue.stubs.find(identifier)


def stub_details(archive: Archive, row: StubRow) -> dict[str, Any]:
    """Return everything that is left of a record as one JSON object, schema `stub/1`."""
    seals = archive.catalogue.seals([row.aip_id]).get(row.aip_id, [])
    return {
        "schema": SCHEMA,
        **{name: value for name, value in stub_json(stub_of(row)).items() if name != "schema"},
        "state": row.state.value,
        "event": _report(row).get("event"),
        "findings": [Finding.from_json(item).to_public() for item in _report(row).get("findings", ())],
        "seals": [seal_details(seal) for seal in seals],
    }


def stub_lines(archive: Archive, row: StubRow) -> Iterator[str]:
    """Yield the lines that show a stub to people."""
    stub, permission = stub_of(row), stub_of(row).permission
    yield printable(f"{stub.case_code}  {stub.title}")
    yield f"  {word_of(row)}: {date_text(stub.destroyed_at)}"
    yield f"  {_('Package')}: {stub.aip_id}"
    yield f"  {_('Taken in')}: {date_text(stub.accepted_at)}"
    rule = _("{rule}, counted from {trigger}, due on {due}") if stub.due else "{rule}"
    yield f"  {_('Rule')}: " + rule.format(rule=stub.schedule, trigger=_day(stub.trigger), due=_day(stub.due))
    if permission.handed_over is not None:
        yield printable(f"  {_('Where it is')}: {_where(permission.handed_over)}")
    decision = _("{decision}; opened by {opened}, approved by {approved} on {time}, confirmed by {confirmed}")
    yield printable(
        f"  {_('Decision')}: "
        + decision.format(
            decision=permission.because,
            opened=permission.opened_by,
            approved=permission.approved_by,
            time=date_text(permission.approved_at),
            confirmed=permission.confirmed_by,
        )
    )
    for number, digest, size in stub.versions:
        line = _("Version {version}: {size}, container SHA-256 {digest}")
        yield "  " + line.format(version=number, size=size_text(size), digest=digest)
    seals = archive.catalogue.seals([row.aip_id]).get(row.aip_id, [])
    yield from (f"  {line}" for line in seal_lines(seals))
    for item in _report(row).get("findings", ()):
        yield from finding_lines(Finding.from_json(item))


def _where(handed_over: HandedOver) -> str:
    text = _("{receiver} ({code}), registration {registration}, package {package}, receipt SHA-256 {receipt} of {time}")
    return text.format(
        receiver=handed_over.receiver,
        code=handed_over.receiver_code,
        registration=handed_over.registration,
        package=handed_over.package,
        receipt=handed_over.receipt,
        time=date_text(handed_over.registered_at),
    )


def _report(row: StubRow) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(row.report) if row.report else {}
    return data


def _day(iso: str) -> str:
    return day_text(PartialDate.from_iso(iso)) if iso else "?"
