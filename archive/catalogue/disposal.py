"""Destruction in the catalogue: the transaction that tests one record, and the stubs that stay.

What is marked is out of the catalogue in the same transaction: there is no moment at which half of it can be seen.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import audit, counters, evidence, feed, packages, transfers
from archive.catalogue.database import STREAM_ROWS, Database, Lock, batches, upsert
from archive.catalogue.disposal_tables import stubs
from archive.catalogue.holds import barring
from archive.catalogue.retention import recompute
from archive.catalogue.retention_tables import retention
from archive.catalogue.rows import storable, transfer_row
from archive.catalogue.submissions_tables import submission_keys, submission_transfers
from archive.catalogue.tables import (
    case_files,
    copies,
    documents,
    events,
    evidence_pending,
    files,
    package_versions,
    signatures,
    signed_files,
)
from archive.catalogue.tables import transfers as transfer_table
from archive.catalogue.values import AuditState, HeldCaseFile, PackageVersion, Transfer, TransferState
from archive.disposal.redacting import without_findings
from archive.disposal.values import DisposalState
from archive.layout import EvidencePart, batch_key
from archive.retention.hold_values import Hold
from archive.retention.values import Retention

_FOUND_AT_ONCE = 100
_IN_WORK = (TransferState.PROCESSING, TransferState.AWAITING, TransferState.FAILED)
"""States of transfers that somebody still works on: what is kept of these is no record yet."""
_PARTS = (evidence_pending, events, copies, signatures, signed_files, files, documents)
"""Tables of the parts of a package version, in the order in which they are emptied."""

DUMPED: dict[str, sa.Select[Any]] = {
    "stubs": sa.select(
        stubs.c.aip_id, stubs.c.case_code, stubs.c.review_id, stubs.c.marked_at, stubs.c.details
    ).order_by(stubs.c.aip_id)
}
"""What a rebuild must give again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StubRow:
    """One stub as the catalogue keeps it."""

    aip_id: uuid.UUID
    state: DisposalState
    case_code: str
    review_id: uuid.UUID
    marked_at: str
    details: str
    """The stub as it lies in the stores, byte for byte."""
    report: str = ""
    """What the last attempt to remove it found; once it is destroyed the report as it lies in the stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One record, read within the transaction that tests it."""

    held: HeldCaseFile
    versions: tuple[PackageVersion, ...]
    documents: int
    transfer: Transfer | None
    """How it came."""
    copies_of: tuple[uuid.UUID, ...]
    """Other transfers of the same content that ended, or that are known to have become it."""
    evidence: tuple[str, ...]
    """Keys of the evidence that stays."""


class DisposalTransaction:
    """The one short transaction in which a record is tested and marked."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self.connection = connection

    def candidate(self, aip_id: uuid.UUID) -> Candidate | None:
        """Return the record as it is now; none where it is not held."""
        self._database.lock(self.connection, Lock.PACKAGE, str(aip_id))
        held = packages.get_case_file(self.connection, aip_id)
        if held is None:
            return None
        query = sa.select(package_versions.c.document_count).where(
            package_versions.c.aip_id == aip_id, package_versions.c.version == held.current_version
        )
        transfer = transfers.get(self.connection, held.transfer_id)
        return Candidate(
            held=held,
            versions=tuple(packages.versions(self.connection, aip_id)),
            documents=self.connection.scalar(query) or 0,
            transfer=transfer,
            copies_of=self._same_content(aip_id, transfer),
            evidence=self._evidence(aip_id),
        )

    def retention(self, aip_id: uuid.UUID) -> Retention | None:
        """Compute the record's retention anew."""
        self._database.lock(self.connection, Lock.RETENTION)
        return recompute(self.connection, [aip_id]).get(aip_id)

    def holds(self, aip_id: uuid.UUID) -> Sequence[Hold]:
        """Return the holds in force on the record."""
        return barring(self.connection, [aip_id]).get(aip_id, ())

    def audit_state(self) -> AuditState:
        """Return where the audit log ends."""
        return audit.state(self.connection)

    def mark(self, row: StubRow, candidate: Candidate) -> None:
        """Put the stub in the place of the record."""
        self.connection.execute(sa.insert(stubs), _row_of(row))
        _remove(self._database, self.connection, candidate)

    def _same_content(self, aip_id: uuid.UUID, transfer: Transfer | None) -> tuple[uuid.UUID, ...]:
        same = transfer_table.c.aip_id == aip_id
        if transfer is not None and transfer.fingerprint:
            same = same | (transfer_table.c.fingerprint == transfer.fingerprint)
        query = sa.select(transfer_table.c.id, transfer_table.c.state).where(same).order_by(transfer_table.c.id)
        return tuple(row.id for row in self.connection.execute(query) if TransferState(row.state) not in _IN_WORK)

    def _evidence(self, aip_id: uuid.UUID) -> tuple[str, ...]:
        seals = evidence.seals(self.connection, [aip_id]).get(aip_id, [])
        parts = [EvidencePart(aip_id, seal.version, seal.authority, seal.chain, seal.batch.id).key for seal in seals]
        return (*parts, *sorted({batch_key(seal.batch.id) for seal in seals}))


class StubTable:
    """The stubs of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def testing(self) -> Iterator[DisposalTransaction]:
        """Open the transaction that tests one record; placing and lifting a hold waits until it has ended."""
        with self._database.write() as connection:
            self._database.lock(connection, Lock.DISPOSAL)
            yield DisposalTransaction(self._database, connection)

    @contextmanager
    def excluding(self) -> Iterator[None]:
        """Keep every other machine from destroying anything while the block runs.

        On SQLite one machine alone destroys, and its processes exclude each other by a file.
        """
        if self._database.sqlite:
            yield
            return
        with self._database.write() as connection:
            self._database.lock(connection, Lock.DISPOSAL)
            yield

    def get(self, aip_id: uuid.UUID) -> StubRow | None:
        """Return the stub of a record."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(stubs).where(stubs.c.aip_id == aip_id)).first()
        return _stub_of(row) if row is not None else None

    def find(self, identifier: str) -> list[StubRow]:
        """Return the stubs a user may mean: by case file code, identifier, or its first eight or more digits."""
        conditions = [stubs.c.case_code == storable(identifier)]
        bounds = transfers.prefix_range(identifier)
        if bounds is not None:
            conditions.append(stubs.c.aip_id.between(*bounds))
        found: dict[uuid.UUID, StubRow] = {}
        with self._database.read() as connection:
            for condition in conditions:
                query = sa.select(stubs).where(condition).order_by(stubs.c.aip_id).limit(_FOUND_AT_ONCE)
                found |= {row.aip_id: _stub_of(row) for row in connection.execute(query)}
        return [found[aip_id] for aip_id in sorted(found)]

    def in_place(self, aip_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Return those of some records that have a stub in the place of everything else."""
        held = sa.exists().where(case_files.c.aip_id == stubs.c.aip_id)
        with self._database.read() as connection:
            return set(connection.scalars(sa.select(stubs.c.aip_id).where(stubs.c.aip_id.in_(aip_ids), ~held)))

    def unfinished(self) -> list[StubRow]:
        """Return the stubs of records of which something may be left."""
        wanted = [DisposalState.DESTROYING.value, DisposalState.BLOCKED.value]
        query = sa.select(stubs).where(stubs.c.state.in_(wanted)).order_by(stubs.c.state, stubs.c.aip_id)
        with self._database.read() as connection:
            return [_stub_of(row) for row in connection.execute(query)]

    def of_review(self, review_id: uuid.UUID) -> Iterator[StubRow]:
        """Yield the stubs of one review, in bounded memory."""
        query = sa.select(stubs).where(stubs.c.review_id == review_id).order_by(stubs.c.aip_id)
        with self._database.stream() as connection:
            for row in connection.execute(query).yield_per(STREAM_ROWS):
                yield _stub_of(row)

    def page(self, after: uuid.UUID | None, limit: int, *states: DisposalState) -> list[StubRow]:
        """Return the next stubs by identifier, in any state unless some are named."""
        query = sa.select(stubs).order_by(stubs.c.aip_id).limit(limit)
        if after is not None:
            query = query.where(stubs.c.aip_id > after)
        with self._database.read() as connection:
            parts = [query.where(stubs.c.state == state.value) for state in states] or [query]
            found = [_stub_of(row) for part in parts for row in connection.execute(part)]
        return sorted(found, key=lambda row: row.aip_id)[:limit]

    def described_alone(self, transfer_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        """Return the submissions of transfers under which nothing came but what is destroyed or was given back."""
        came, all_came = submission_transfers.alias("came"), submission_transfers.alias("all_came")
        gone = sa.exists().where(stubs.c.aip_id == transfer_table.c.aip_id)
        left = (
            sa.exists()
            .where(all_came.c.submission_id == came.c.submission_id, transfer_table.c.id == all_came.c.transfer_id)
            .where(transfer_table.c.state != TransferState.RETURNED.value, ~gone)
        )
        query = sa.select(came.c.submission_id).distinct().where(came.c.transfer_id.in_(transfer_ids), ~left)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def counts(self) -> Mapping[DisposalState, int]:
        """Count the stubs by state."""
        query = sa.select(stubs.c.state, sa.func.count()).group_by(stubs.c.state)
        with self._database.read() as connection:
            return {DisposalState(state): count for state, count in connection.execute(query)}

    def restore(self, row: StubRow) -> None:
        """Enter a stub that the stores hold; what the catalogue still knows of the record goes."""
        with self.testing() as transaction:
            candidate = transaction.candidate(row.aip_id)
            transaction.connection.execute(upsert(transaction.connection, stubs, ("aip_id",)), _row_of(row))
            if candidate is not None:
                _remove(self._database, transaction.connection, candidate)

    def settle(self, aip_id: uuid.UUID, state: DisposalState, report: str) -> None:
        """Note where the destruction of a record stands."""
        query = sa.update(stubs).where(stubs.c.aip_id == aip_id).values(state=state.value, report=report)
        with self._database.write() as connection:
            connection.execute(query)

    def restore_transfers(self, came: Transfer | None, others: Sequence[uuid.UUID]) -> None:
        """Enter the transfer by which a destroyed record came, if it is lost; nothing is kept of the others."""
        with self._database.write() as connection:
            if came is not None and transfers.get(connection, came.id) is None:
                transfers.put(connection, transfer_row(came))
            _forget(connection, others)


def _remove(database: Database, connection: Connection, candidate: Candidate) -> None:
    """Remove everything the catalogue knows of a record; its seals stay, by its identifier."""
    aip_id = candidate.held.aip_id
    numbers = sa.select(package_versions.c.id).where(package_versions.c.aip_id == aip_id)
    for part in _PARTS:
        connection.execute(sa.delete(part).where(part.c.version_id.in_(numbers)))
    connection.execute(sa.delete(package_versions).where(package_versions.c.aip_id == aip_id))
    connection.execute(sa.delete(case_files).where(case_files.c.aip_id == aip_id))
    connection.execute(sa.delete(retention).where(retention.c.aip_id == aip_id))
    came = [candidate.transfer.id] if candidate.transfer is not None else []
    _forget(connection, [*candidate.copies_of, *came])
    feed.append(database, connection, aip_id, candidate.held.current_version, feed.REMOVE)
    current = next(item for item in candidate.versions if item.version == candidate.held.current_version)
    counters.add(
        connection,
        {
            counters.CASE_FILES: -1,
            counters.DOCUMENTS: -candidate.documents,
            counters.FILES: -current.file_count,
            counters.BYTES: -current.byte_count,
        },
    )


def _forget(connection: Connection, transfer_ids: Sequence[uuid.UUID]) -> None:
    """Let transfers keep nothing: the same case file may be handed in again, as a new record."""
    for batch in batches(transfer_ids, STREAM_ROWS):
        _forget_findings(connection, batch)
        accepted = (transfer_table.c.id.in_(batch)) & (transfer_table.c.state == TransferState.ACCEPTED.value)
        connection.execute(sa.update(transfer_table).where(accepted).values(fingerprint="", report=""))
        connection.execute(sa.update(transfer_table).where(transfer_table.c.id.in_(batch)).values(kept_key=""))
        under = sa.select(submission_transfers.c.submission_id).where(submission_transfers.c.transfer_id.in_(batch))
        claimed = submission_keys.c.submission_id.in_(under) & submission_keys.c.transfer_id.in_(batch)
        connection.execute(sa.delete(submission_keys).where(claimed))


def _forget_findings(connection: Connection, transfer_ids: Sequence[uuid.UUID]) -> None:
    """Let the reports of transfers name no files any more."""
    query = sa.select(transfer_table.c.id, transfer_table.c.report).where(
        transfer_table.c.id.in_(transfer_ids), transfer_table.c.report != ""
    )
    for row in connection.execute(query).all():
        changed = sa.update(transfer_table).where(transfer_table.c.id == row.id)
        connection.execute(changed.values(report=without_findings(row.report)))


def _row_of(row: StubRow) -> dict[str, Any]:
    return {
        "aip_id": row.aip_id,
        "state": row.state.value,
        "case_code": storable(row.case_code),
        "review_id": row.review_id,
        "marked_at": row.marked_at,
        "details": row.details,
        "report": row.report,
    }


def _stub_of(row: Any) -> StubRow:
    return StubRow(
        aip_id=row.aip_id,
        state=DisposalState(row.state),
        case_code=row.case_code,
        review_id=row.review_id,
        marked_at=row.marked_at,
        details=row.details,
        report=row.report,
    )
