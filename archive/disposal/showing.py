"""What is left of a destroyed record, on a screen or as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from archive.archive import Archive
from archive.catalogue.disposal import StubRow
from archive.disposal.stubs import stub_json, stub_of
from archive.disposal.values import DisposalState
from archive.evidence.showing import seal_details, seal_lines
from model.dates import PartialDate
from model.findings import Finding, printable
from model.rendering import date_text, day_text, finding_lines, size_text
from model.text import N_, _

SCHEMA = "stub/1"
STATE_WORDS = {
    DisposalState.DESTROYING: N_("being destroyed"),
    DisposalState.BLOCKED: N_("destroyed but for what a store has locked"),
    DisposalState.DESTROYED: N_("destroyed"),
}


def find_stubs(archive: Archive, identifier: str) -> list[StubRow]:
    """Return the destroyed records an identifier, the beginning of one, or a case file code means."""
    return archive.catalogue.stubs.find(identifier)


def stub_details(archive: Archive, row: StubRow) -> dict[str, Any]:
    """Return everything that is left of a record as one JSON object, schema `stub/1`."""
    seals = archive.catalogue.seals([row.aip_id]).get(row.aip_id, [])
    return {
        **stub_json(stub_of(row)),
        "schema": SCHEMA,
        "state": row.state.value,
        "event": _report(row).get("event"),
        "findings": [Finding.from_json(item).to_public() for item in _report(row).get("findings", ())],
        "seals": [seal_details(seal) for seal in seals],
    }


def stub_lines(archive: Archive, row: StubRow) -> Iterator[str]:
    """Yield the lines that show a stub to people."""
    stub, permission = stub_of(row), stub_of(row).permission
    yield printable(f"{stub.case_code}  {stub.title}")
    yield f"  {_(STATE_WORDS[row.state])}: {date_text(stub.destroyed_at)}"
    yield f"  {_('Package')}: {stub.aip_id}"
    yield f"  {_('Taken in')}: {date_text(stub.accepted_at)}"
    rule = _("{rule}, counted from {trigger}, due on {due}")
    yield f"  {_('Rule')}: " + rule.format(rule=stub.schedule, trigger=_day(stub.trigger), due=_day(stub.due))
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


def _report(row: StubRow) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(row.report) if row.report else {}
    return data


def _day(iso: str) -> str:
    return day_text(PartialDate.from_iso(iso)) if iso else "?"
