"""Executing a decision to destroy: record by record tested, marked, removed, read back and recorded.

A kill at any moment leaves each record either whole, or marked with its stub in the place of it; what is marked is
removed by the next run, or by `resume`.

Source:
    Circular 06/2025/TT-BNV (destruction); docs/destruction.md
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from archive.archive import Archive
from archive.audit.values import Action, ActOutcome, new_act
from archive.catalogue.database import batches
from archive.catalogue.disposal import StubRow
from archive.disposal.findings import ELSEWHERE, GONE_ALREADY, IN_BACKUP, STORE_AWAY, WOULD_GO
from archive.disposal.level import alone, bring_level
from archive.disposal.removing import Removed, purge_index, remove
from archive.disposal.stubs import restore_stubs, stub_of
from archive.disposal.testing import mark
from archive.disposal.values import HANDOVER, Allowing, Destruction, DisposalState, Permission, PermissionOf, Stub
from archive.layout import destroyed_key
from model.errors import ConflictError, NotFoundError, StorageError
from model.findings import Finding
from model.identifiers import derived_uuid, new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_, _
from model.version import PROGRAM

REPORT_SCHEMA = "chauban-destroyed/1"
AT_ONCE = 50
"""Records whose destruction is concluded together: the index is thrown away once, their acts are one entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What was done for one record, before it is concluded."""

    row: StubRow
    removed: Removed


def execute(
    archive: Archive,
    permission: Permission | PermissionOf,
    aip_ids: Iterable[UUID],
    allowing: Allowing,
    *,
    dry_run: bool = False,
) -> Iterator[Destruction]:
    """Destroy the records that the decision covers and nothing speaks against; yield what became of each.

    Records that an earlier run marked are removed without being tested again: their destruction is decided.

    Args:
        permission: of all of them, or a function that gives that of each.
        dry_run: only test; what would go says so in its findings.

    Raises:
        IntegrityError: the catalogue is older than the stores, or the audit log was tampered with.
        ConflictError: another process executes a decision.
        StorageError: what was done cannot be recorded; the next run records it.
    """
    with alone(archive):
        bring_level(archive)
        archive.audit.flush()
        for batch in batches(aip_ids, AT_ONCE):
            attempts: list[_Attempt] = []
            kept: list[Destruction] = []
            for aip_id in dict.fromkeys(batch):
                done = _attempt(archive, permission, aip_id, allowing, dry_run=dry_run)
                if isinstance(done, Destruction):
                    kept.append(done)
                else:
                    attempts.append(done)
            yield from (*kept, *_conclude(archive, attempts))


def resume(archive: Archive) -> Iterator[Destruction]:
    """Remove what earlier runs marked and could not remove; yield what became of each.

    Raises:
        ConflictError: another process executes a decision.
        StorageError: what was done cannot be recorded; the next run records it.
    """
    with alone(archive):
        restore_stubs(archive)
        archive.audit.flush()
        for batch in batches(archive.catalogue.stubs.unfinished(), AT_ONCE):
            yield from _conclude(archive, [_Attempt(row=row, removed=remove(archive, row)) for row in batch])


def remove_again(archive: Archive, aip_id: UUID) -> Destruction:
    """Remove what was brought back of a record that is destroyed.

    Raises:
        NotFoundError: no such record was destroyed.
        ConflictError: another process executes a decision.
    """
    with alone(archive):
        row = archive.catalogue.stubs.get(aip_id)
        if row is None:
            raise NotFoundError(N_("No record {record} was destroyed."), record=aip_id)
        archive.catalogue.stubs.settle(aip_id, DisposalState.DESTROYING, row.report)
        (done,) = _conclude(archive, [_Attempt(row=row, removed=remove(archive, row))])
        return done


def _attempt(
    archive: Archive, permission: Permission | PermissionOf, aip_id: UUID, allowing: Allowing, *, dry_run: bool
) -> _Attempt | Destruction:
    row = archive.catalogue.stubs.get(aip_id)
    if row is None:
        decided = permission if isinstance(permission, Permission) else permission(aip_id)
        try:
            findings = mark(archive, decided, aip_id, allowing, dry_run=dry_run)
        except StorageError as error:
            findings = (STORE_AWAY.at(str(aip_id), why=error.message),)
        if findings or dry_run:
            return Destruction(aip_id=aip_id, state=None, findings=findings or (WOULD_GO.at(str(aip_id)),))
        row = archive.catalogue.stubs.get(aip_id)
        if row is None:
            raise ConflictError(N_("The record {record} was restored while it was destroyed."), record=aip_id)
    elif row.state is DisposalState.DESTROYED or dry_run:
        return Destruction(aip_id=aip_id, state=row.state, findings=(GONE_ALREADY.at(str(aip_id)),))
    return _Attempt(row=row, removed=remove(archive, row))


def _conclude(archive: Archive, attempts: list[_Attempt]) -> Iterator[Destruction]:
    """Record what was done, in the stores, the catalogue and the audit log, before anybody is told of it."""
    if not attempts:
        return
    purge_index(archive)
    left = _forget_beyond(archive, [stub_of(attempt.row) for attempt in attempts])
    done = [_concluded(archive, _still(attempt, left.get(attempt.row.aip_id, ""))) for attempt in attempts]
    archive.audit.flush()
    yield from done


def _forget_beyond(archive: Archive, stubs: list[Stub]) -> dict[UUID, str]:
    """Make the desk forget records; return of which it could not, and why."""
    left: dict[UUID, str] = {}
    for forget in archive.beyond:
        left |= forget(archive, stubs)
    if not archive.beyond and archive.catalogue.desk.sequence():
        left = {stub.aip_id: _("this program does not know the desk.") for stub in stubs}
    return left


def _still(attempt: _Attempt, why: str) -> _Attempt:
    """Return an attempt with what is left outside stores and catalogue: it is not done then."""
    if not why:
        return attempt
    findings = (*attempt.removed.findings, ELSEWHERE.at(str(attempt.row.aip_id), why=why))
    return replace(attempt, removed=replace(attempt.removed, state=DisposalState.DESTROYING, findings=findings))


def _concluded(archive: Archive, attempt: _Attempt) -> Destruction:
    row, removed = attempt.row, attempt.removed
    stub, state = stub_of(row), removed.state
    findings = (*removed.findings, *_backups(archive))
    report = json.dumps({"findings": [item.to_json() for item in findings]}, sort_keys=True)
    _note(archive, stub, attempt)
    if state is DisposalState.DESTROYED:
        try:
            report = _report(archive, stub, findings)
        except StorageError as error:
            state = DisposalState.DESTROYING
            findings = (*findings, STORE_AWAY.at(str(row.aip_id), why=error.message))
    archive.catalogue.stubs.settle(row.aip_id, state, report)
    return Destruction(aip_id=row.aip_id, state=state, findings=findings)


def _backups(archive: Archive) -> Iterator[Finding]:
    return (IN_BACKUP.at(name, backup=name) for name in archive.configuration.disposal.offline_backups)


def _report(archive: Archive, stub: Stub, findings: tuple[Finding, ...]) -> str:
    """Keep in every store that nothing is left; where a killed run kept it, it stays as it is."""
    key = destroyed_key(stub.aip_id)
    if archive.copies.stat(key) is not None:
        with archive.copies.open(key) as stream:
            report = stream.read().decode("ascii", "replace")
    else:
        data = {
            "schema": REPORT_SCHEMA,
            "aip_id": str(stub.aip_id),
            "event": _event(archive, stub).to_json(),
            "stores": [store.name for store in archive.copies.stores],
            "offline_backups": list(archive.configuration.disposal.offline_backups),
            "findings": [item.to_json() for item in findings],
        }
        report = json.dumps(data, ensure_ascii=True, sort_keys=True)
    archive.copies.put(key, report.encode("ascii", "replace"))
    return report


def _event(archive: Archive, stub: Stub) -> Event:
    """Return the PREMIS event of the destruction: the package's journal is gone with it."""
    permission, now = stub.permission, archive.clock.now()
    handed_over = permission.kind == HANDOVER
    return Event(
        id=new_uuid(now),
        type=EventType.DEACCESSION if handed_over else EventType.DELETION,
        time=now,
        outcome=EventOutcome.SUCCESS,
        detail=f"{permission.kind} {permission.review_id}, approved by {permission.approved_by}: {permission.because}",
        outcome_detail=f"rule {stub.schedule}, {_reason(stub)}; nothing of it is left in any store, read back",
        agent=PROGRAM,
    )


def _reason(stub: Stub) -> str:
    where = stub.permission.handed_over
    return f"due {stub.due}" if where is None else f"held by {where.receiver_code}, receipt {where.receipt}"


def _note(archive: Archive, stub: Stub, attempt: _Attempt) -> None:
    """Note the act durably: a destruction that ended is entered once, however often it is taken up."""
    permission, state = stub.permission, attempt.removed.state
    once = state is DisposalState.DESTROYED and attempt.row.state is not DisposalState.DESTROYED
    act = new_act(
        Action.DESTROY,
        str(stub.aip_id),
        time=archive.clock.now(),
        outcome=_OUTCOMES[state],
        reason=permission.because,
        details={
            "decision": str(permission.review_id),
            "kind": permission.kind,
            "approved-by": permission.approved_by,
            "confirmed-by": permission.confirmed_by,
            "rule": stub.schedule,
            "objects": attempt.removed.deleted,
        },
        identifier=derived_uuid(stub.aip_id, "destroyed") if once else None,
    )
    archive.audit.note(act, durably=True)


_OUTCOMES = {
    DisposalState.DESTROYED: ActOutcome.DONE,
    DisposalState.BLOCKED: ActOutcome.REFUSED,
    DisposalState.DESTROYING: ActOutcome.UNDECIDED,
}
