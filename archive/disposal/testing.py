"""The test that every record must pass within the one transaction that marks it.

Nothing that was read before counts here: the record, its rule, its holds and the decision are read again, while
nobody can place a hold. Only what passes is marked, and what is marked is out of the catalogue at once.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.disposal import Candidate, DisposalTransaction
from archive.disposal.findings import (
    CLOCK_BACK,
    FOUR_EYES,
    NO_PERIOD,
    NO_RECEIPT,
    NOT_COVERED,
    NOT_DUE,
    NOT_HELD,
    ON_HOLD,
    OTHER_ACTION,
    TOO_EARLY,
    TOO_LATE,
    UNKNOWN_VERSION,
)
from archive.disposal.stubs import stub_row
from archive.disposal.values import HANDOVER, REVIEW, Allowing, HandedIn, Permission, Stub
from archive.layout import package_folder
from archive.retention.values import DisposalAction, Retention
from model.dates import from_utc_text, utc_text
from model.findings import Finding

_WANTED = {
    REVIEW: (DisposalAction.DESTROY,),
    HANDOVER: (DisposalAction.TRANSFER, DisposalAction.RETAIN),
}
"""What a record's rule must ask for; what is kept for ever is kept by the archive that has received it."""


def mark(
    archive: Archive, permission: Permission, aip_id: UUID, allowing: Allowing, *, dry_run: bool = False
) -> tuple[Finding, ...]:
    """Test a record, and mark it as being destroyed if nothing speaks against it.

    Args:
        dry_run: only test.

    Returns:
        Why it is kept; nothing when it is marked, or would be.

    Raises:
        StorageError: a store could not be listed; the record is kept.
    """
    stored = {store.name: _stored_containers(archive, store.name, aip_id) for store in archive.copies.stores}
    with archive.catalogue.stubs.testing() as test:
        candidate = test.candidate(aip_id)
        if candidate is None:
            return (NOT_HELD.at(str(aip_id)),)
        retention = test.retention(aip_id)
        now = archive.clock.now()
        findings = [
            *_people(permission),
            *_times(permission, now, test.audit_state().time),
            *_rule(permission, retention, now),
            *(ON_HOLD.at(str(hold.id), hold=hold.title) for hold in test.holds(aip_id)),
            *_versions(stored, candidate),
        ]
        why = allowing(test.connection, aip_id)
        if why:
            findings.append(NOT_COVERED.at(str(aip_id), why=why))
        if not findings and retention is not None and not dry_run:
            stub = _stub(permission, candidate, retention, now, test)
            test.mark(stub_row(stub), candidate)
        return tuple(findings)


def _people(permission: Permission) -> Iterator[Finding]:
    """One person never stands on two sides: who approves neither opened nor confirms."""
    opened, approved, confirmed = (
        login.strip().casefold() for login in (permission.opened_by, permission.approved_by, permission.confirmed_by)
    )
    if not approved or approved in (opened, confirmed) or not opened or not confirmed:
        yield FOUR_EYES.at(str(permission.review_id), person=permission.approved_by or "?")


def _times(permission: Permission, now: datetime, newest: str) -> Iterator[Finding]:
    known = [permission.approved_at, permission.confirmed_at, *([from_utc_text(newest)] if newest else [])]
    if now < max(known):
        yield CLOCK_BACK.at(now=utc_text(now), last=utc_text(max(known)))
    if now < permission.not_before:
        yield TOO_EARLY.at(until=utc_text(permission.not_before))
    if now > permission.not_after:
        yield TOO_LATE.at(until=utc_text(permission.not_after))


def _rule(permission: Permission, retention: Retention | None, now: datetime) -> Iterator[Finding]:
    if retention is None or not retention.schedule:
        yield NO_PERIOD.at()
        return
    name = f"{retention.schedule} v{retention.version}"
    if retention.action not in _WANTED.get(permission.kind, ()):
        yield OTHER_ACTION.at(schedule=name, action=retention.action.value)
    elif permission.kind == HANDOVER and permission.handed_over is None:
        yield NO_RECEIPT.at()
    elif retention.action is DisposalAction.RETAIN:
        return
    elif retention.dates is None or retention.trigger is None:
        yield NO_PERIOD.at()
    elif now.date() < retention.dates.due:
        yield NOT_DUE.at(schedule=name, due=retention.dates.due.isoformat())


def _versions(stored: dict[str, set[str]], candidate: Candidate) -> Iterator[Finding]:
    known = {version.container_key for version in candidate.versions}
    for store, keys in stored.items():
        if keys - known:
            yield UNKNOWN_VERSION.at(min(keys - known), store=store)


def _stored_containers(archive: Archive, name: str, aip_id: UUID) -> set[str]:
    store = next(store for store in archive.copies.stores if store.name == name)
    return {item.key for item in store.list(package_folder(aip_id)) if item.key.endswith(".tar")}


def _stub(
    permission: Permission, candidate: Candidate, retention: Retention, now: datetime, test: DisposalTransaction
) -> Stub:
    held, case = candidate.held, candidate.held.case_file
    current = next(item for item in candidate.versions if item.version == held.current_version)
    came = candidate.transfer
    return Stub(
        aip_id=held.aip_id,
        case_code=case.file_code,
        title=case.title,
        fonds=case.fonds_code,
        agency=case.agency_code,
        schedule=f"{retention.schedule} v{retention.version}",
        basis=retention.basis.value,
        trigger=retention.trigger.isoformat() if retention.trigger else "",
        due=retention.dates.due.isoformat() if retention.dates else "",
        accepted_at=held.accepted_at,
        permission=permission,
        destroyed_at=now,
        versions=tuple((item.version, item.container_sha256.hex(), item.container_size) for item in candidate.versions),
        documents=candidate.documents,
        files=current.file_count,
        bytes=current.byte_count,
        evidence=candidate.evidence,
        audit_size=test.audit_state().size,
        transfer=_handed_in(candidate),
        transfers=candidate.copies_of,
        fingerprint=came.fingerprint if came is not None else "",
    )


def _handed_in(candidate: Candidate) -> HandedIn | None:
    came = candidate.transfer
    if came is None:
        return None
    return HandedIn(
        id=came.id, source=came.source, kind=came.kind, received_at=came.received_at, decided_at=came.decided_at
    )
