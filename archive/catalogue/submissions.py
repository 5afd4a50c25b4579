"""Submissions: what was registered, what came under it, who holds which key, and what was decided.

A key stands for what may be in one submission once (a case file code, a content, a document); of any
number of processes that claim one at once exactly one gets it.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import transfers as transfer_rows
from archive.catalogue.columns import Identifier
from archive.catalogue.database import STREAM_ROWS, Database, batches, upsert
from archive.catalogue.rows import Row, date_of, moment_of, storable, transfer_of, transfer_row
from archive.catalogue.submissions_tables import (
    submission_acts,
    submission_items,
    submission_keys,
    submission_transfers,
    submissions,
)
from archive.catalogue.submissions_values import (
    ActKind,
    AnnouncedItem,
    RegisteredSubmission,
    SubmissionAct,
    SubmissionTotals,
    SubmittedTransfer,
    Verdict,
)
from archive.catalogue.tables import transfers
from archive.catalogue.values import Transfer, TransferState
from model.dates import from_utc_text, utc_text

TABLES = (submission_keys, submission_acts, submission_transfers, submission_items, submissions)
"""Every table of this area, in the order in which they are emptied."""

DUMPED: dict[str, sa.Select[Any]] = {
    "submissions": sa.select(submissions).order_by(submissions.c.id),
    "submission_items": sa.select(submission_items).order_by(*submission_items.primary_key.columns),
    "submission_transfers": sa.select(submission_transfers).order_by(submission_transfers.c.transfer_id),
    "submission_acts": sa.select(submission_acts).order_by(submission_acts.c.id),
}
"""What a rebuild must give again; the keys follow from the transfers."""

_ROWS = 500
_HOLDING = (
    TransferState.PROCESSING.value,
    TransferState.AWAITING.value,
    TransferState.APPROVED.value,
    TransferState.RESOLVED.value,
)
"""States of a transfer whose keys nobody else gets, unless an officer refused it."""
_STANDING = (*_HOLDING[1:], TransferState.HELD_ALREADY.value)
"""States of a transfer that counts as handed in."""
_TAKEN_IN = (TransferState.APPROVED.value, TransferState.RESOLVED.value)

_joined = submission_transfers.join(transfers, transfers.c.id == submission_transfers.c.transfer_id)
_not_refused = sa.and_(
    submission_transfers.c.decision != Verdict.REFUSE.value, submission_transfers.c.failed_by_hand == 0
)
_RECEIVED = sa.select(
    submission_transfers,
    transfers.c.state,
    transfers.c.title,
    transfers.c.files,
    transfers.c.bytes,
    transfers.c.aip_id,
    transfers.c.reason,
).select_from(_joined)


class Submissions:
    """The submissions of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, submission: RegisteredSubmission, items: Iterable[AnnouncedItem] = ()) -> None:
        """Record a submission with its announced list; one that is recorded already stays as it is.

        Raises:
            ConflictError: its code and ordinal are another one's.
        """
        with self._database.write() as connection:
            connection.execute(upsert(connection, submissions, ("id",)), _submission_row(submission))
            for batch in batches(items, _ROWS):
                rows = [_item_row(submission.id, item) for item in batch]
                connection.execute(upsert(connection, submission_items, ("submission_id", "code")), rows)

    def get(self, identifier: uuid.UUID) -> RegisteredSubmission | None:
        """Return a submission."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(submissions).where(submissions.c.id == identifier)).first()
        return _submission_of(row) if row is not None else None

    def find(self, code: str, ordinal: int | None = None) -> RegisteredSubmission | None:
        """Return a submission by its registration code: the one with an ordinal, or the newest."""
        query = sa.select(submissions).where(submissions.c.code == storable(code))
        if ordinal is not None:
            query = query.where(submissions.c.ordinal == ordinal)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(submissions.c.ordinal.desc()).limit(1)).first()
        return _submission_of(row) if row is not None else None

    def page(self, before: RegisteredSubmission | None, limit: int) -> list[RegisteredSubmission]:
        """Return submissions, newest first.

        Args:
            before: the last one of the page before.
        """
        query = sa.select(submissions)
        if before is not None:
            last = sa.tuple_(sa.literal(utc_text(before.registered_at)), sa.literal(before.id, Identifier))
            query = query.where(sa.tuple_(submissions.c.registered_at, submissions.c.id) < last)
        query = query.order_by(submissions.c.registered_at.desc(), submissions.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_submission_of(row) for row in connection.execute(query)]

    # The announced list

    def item(self, identifier: uuid.UUID, code: str) -> AnnouncedItem | None:
        """Return the line of the announced list with a case file code."""
        query = sa.select(submission_items).where(
            submission_items.c.submission_id == identifier, submission_items.c.code == storable(code)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return _item_of(row) if row is not None else None

    def missing(self, identifier: uuid.UUID) -> Iterator[AnnouncedItem]:
        """Yield what was announced and has not come, or came and did not pass; in bounded memory."""
        came = (
            sa.select(submission_transfers.c.transfer_id)
            .select_from(_joined)
            .where(
                submission_transfers.c.submission_id == submission_items.c.submission_id,
                submission_transfers.c.case_code == submission_items.c.code,
                transfers.c.state.in_(_STANDING),
                _not_refused,
            )
            .exists()
        )
        query = sa.select(submission_items).where(submission_items.c.submission_id == identifier, ~came)
        return (_item_of(row) for row in self._stream(query.order_by(submission_items.c.code)))

    def surplus(self, identifier: uuid.UUID) -> Iterator[SubmittedTransfer]:
        """Yield what came and passed without being on the announced list; in bounded memory."""
        announced = (
            sa.select(submission_items.c.code)
            .where(
                submission_items.c.submission_id == submission_transfers.c.submission_id,
                submission_items.c.code == submission_transfers.c.case_code,
            )
            .exists()
        )
        query = _RECEIVED.where(
            submission_transfers.c.submission_id == identifier,
            transfers.c.state.in_(_STANDING),
            _not_refused,
            ~announced,
        )
        return (_submitted_of(row) for row in self._stream(_in_order(query)))

    # What came

    def record(self, transfer: Transfer, submitted: SubmittedTransfer) -> None:
        """Record a transfer of a submission with its state, new or known; decisions about it stay."""
        row = _submitted_row(submitted)
        with self._database.write() as connection:
            transfer_rows.put(connection, transfer_row(transfer))
            told = [name for name in row if name not in {"transfer_id", "decision", "failed_by_hand"}]
            connection.execute(upsert(connection, submission_transfers, ("transfer_id",), changed=told), row)

    def submitted(self, transfer_id: uuid.UUID) -> SubmittedTransfer | None:
        """Return what is known of a transfer of a submission."""
        with self._database.read() as connection:
            row = connection.execute(_RECEIVED.where(submission_transfers.c.transfer_id == transfer_id)).first()
        return _submitted_of(row) if row is not None else None

    def marked(self, identifier: uuid.UUID, mark: bytes) -> list[Transfer]:
        """Return the transfers of a submission that came from the same place with the same content, newest first."""
        query = (
            sa.select(transfers)
            .select_from(_joined)
            .where(submission_transfers.c.submission_id == identifier, submission_transfers.c.mark == mark)
            .order_by(submission_transfers.c.received_at.desc(), submission_transfers.c.transfer_id.desc())
        )
        with self._database.read() as connection:
            return [transfer_of(row) for row in connection.execute(query)]

    def received(self, identifier: uuid.UUID, after: SubmittedTransfer | None, limit: int) -> list[SubmittedTransfer]:
        """Return the next transfers of a submission behind one, in the order in which they came."""
        query = _RECEIVED.where(submission_transfers.c.submission_id == identifier)
        if after is not None:
            last = sa.tuple_(sa.literal(utc_text(after.received_at)), sa.literal(after.transfer_id, Identifier))
            query = query.where(
                sa.tuple_(submission_transfers.c.received_at, submission_transfers.c.transfer_id) > last
            )
        with self._database.read() as connection:
            return [_submitted_of(row) for row in connection.execute(_in_order(query).limit(limit))]

    def totals(self, identifier: uuid.UUID) -> SubmissionTotals:
        """Return how far a submission is."""
        refused = sa.case((_not_refused, 0), else_=1)
        query = (
            sa.select(
                transfers.c.state,
                submission_transfers.c.waits,
                submission_transfers.c.decision,
                refused.label("refused"),
                sa.func.count().label("count"),
                sa.func.sum(submission_transfers.c.documents).label("documents"),
                sa.func.sum(submission_transfers.c.failed + submission_transfers.c.failed_by_hand).label("failed"),
                sa.func.sum(transfers.c.files).label("files"),
                sa.func.sum(transfers.c.bytes).label("bytes"),
                sa.func.min(submission_transfers.c.received_at).label("first"),
                sa.func.max(submission_transfers.c.received_at).label("last"),
            )
            .select_from(_joined)
            .where(submission_transfers.c.submission_id == identifier)
            .group_by(transfers.c.state, submission_transfers.c.waits, submission_transfers.c.decision, refused)
        )
        ended = sa.select(sa.func.max(submission_acts.c.time)).where(
            submission_acts.c.submission_id == identifier,
            submission_acts.c.kind.in_((ActKind.APPROVAL.value, ActKind.REJECTION.value)),
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            return _totals(rows, connection.scalar(ended))

    def approved(self, code: str) -> int:
        """Return how many case files were approved in all submissions of a registration."""
        query = (
            sa.select(sa.func.count())
            .select_from(_joined.join(submissions, submissions.c.id == submission_transfers.c.submission_id))
            .where(submissions.c.code == storable(code), transfers.c.state.in_(_TAKEN_IN))
        )
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    # Keys

    def claim_keys(self, identifier: uuid.UUID, transfer_id: uuid.UUID, keys: Iterable[bytes]) -> uuid.UUID | None:
        """Let a transfer hold keys of a submission, all or none of them.

        Returns:
            None when it holds them all, else a transfer that stands and holds one of them.
        """
        wanted = sorted(set(keys))  # always in one order: two that claim the same never wait for each other
        try:
            with self._database.write() as connection:
                for batch in batches(wanted, _ROWS):
                    _claim(connection, identifier, transfer_id, batch)
        except _HeldError as held:
            return held.holder
        return None

    # Decisions

    def add_act(self, act: SubmissionAct) -> None:
        """Record a decision; one that is recorded already changes nothing."""
        with self._database.write() as connection:
            connection.execute(upsert(connection, submission_acts, ("id",)), _act_row(act))
            if act.transfer_id is not None:
                _settle(connection, act.transfer_id)

    def acts(self, transfer_id: uuid.UUID) -> list[SubmissionAct]:
        """Return the decisions about a transfer, oldest first."""
        query = sa.select(submission_acts).where(submission_acts.c.transfer_id == transfer_id)
        with self._database.read() as connection:
            return [
                _act_of(row) for row in connection.execute(query.order_by(submission_acts.c.time, submission_acts.c.id))
            ]

    def count_acts(self, identifier: uuid.UUID, transfer_id: uuid.UUID | None) -> int:
        """Return how many decisions there are about a transfer, or about a submission as a whole."""
        query = sa.select(sa.func.count()).select_from(submission_acts)
        if transfer_id is not None:
            query = query.where(submission_acts.c.transfer_id == transfer_id)
        else:
            whole = submission_acts.c.transfer_id.is_(None)
            query = query.where(submission_acts.c.submission_id == identifier, whole)
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def submission_acts(self, identifier: uuid.UUID) -> Iterator[SubmissionAct]:
        """Yield the decisions about a submission and what came under it, oldest first and in bounded memory."""
        query = sa.select(submission_acts).where(submission_acts.c.submission_id == identifier)
        return (_act_of(row) for row in self._stream(query.order_by(submission_acts.c.time, submission_acts.c.id)))

    def _stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        with (
            self._database.stream() as connection,
            connection.execute(query, execution_options={"yield_per": STREAM_ROWS}) as rows,
        ):
            yield from rows


def clear(connection: Connection) -> None:
    """Remove everything; the stores bring it back."""
    for table in TABLES:
        connection.execute(sa.delete(table))


def _in_order(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(submission_transfers.c.received_at, submission_transfers.c.transfer_id)


class _HeldError(Exception):
    """Ends a claim, so that nothing of it stays: somebody holds a key."""

    def __init__(self, holder: uuid.UUID) -> None:
        super().__init__(str(holder))
        self.holder = holder


def _claim(connection: Connection, identifier: uuid.UUID, transfer_id: uuid.UUID, keys: Sequence[bytes]) -> None:
    rows = [{"submission_id": identifier, "key": key, "transfer_id": transfer_id} for key in keys]
    connection.execute(upsert(connection, submission_keys, ("submission_id", "key")), rows)
    others = _other_holders(connection, identifier, transfer_id, keys)
    for holder in set(others.values()):
        if _holds(connection, holder):
            raise _HeldError(holder)
    if others:
        connection.execute(
            sa.update(submission_keys)
            .where(submission_keys.c.submission_id == identifier, submission_keys.c.key.in_(list(others)))
            .values(transfer_id=transfer_id)
        )


def _other_holders(
    connection: Connection, identifier: uuid.UUID, transfer_id: uuid.UUID, keys: Sequence[bytes]
) -> dict[bytes, uuid.UUID]:
    query = sa.select(submission_keys.c.key, submission_keys.c.transfer_id).where(
        submission_keys.c.submission_id == identifier,
        submission_keys.c.key.in_(keys),
        submission_keys.c.transfer_id != transfer_id,
    )
    return {bytes(row.key): row.transfer_id for row in connection.execute(query)}


def _holds(connection: Connection, transfer_id: uuid.UUID) -> bool:
    """Whether a transfer stands, or may yet stand."""
    query = sa.select(transfers.c.state).where(transfers.c.id == transfer_id)
    if connection.scalar(query) not in _HOLDING:
        return False
    refused = sa.select(submission_transfers.c.transfer_id).where(
        submission_transfers.c.transfer_id == transfer_id, ~_not_refused
    )
    return connection.scalar(refused) is None


def _settle(connection: Connection, transfer_id: uuid.UUID) -> None:
    """Write down what all decisions about a transfer come to: of each thing the last one counts."""
    query = sa.select(submission_acts).where(submission_acts.c.transfer_id == transfer_id)
    latest: dict[int | None, str] = {}
    for row in connection.execute(query.order_by(submission_acts.c.time, submission_acts.c.id)):
        latest[row.document] = row.verdict
    decision = latest.pop(None, "")
    failed = sum(verdict == Verdict.REFUSE.value for verdict in latest.values())
    connection.execute(
        sa.update(submission_transfers)
        .where(submission_transfers.c.transfer_id == transfer_id)
        .values(decision=decision, failed_by_hand=failed)
    )


def _totals(rows: Sequence[Any], ended: str | None) -> SubmissionTotals:
    counts = dict.fromkeys(("undecided", "passed", "approved", "held", "failed"), 0)
    documents = passed = files = size = 0
    for row in rows:
        group = _group(row)
        counts[group] += row.count
        documents += row.documents
        if group in {"passed", "approved", "held"}:
            passed += row.documents - row.failed
        files += row.files
        size += row.bytes
    pending = counts["undecided"] + counts["passed"]
    undecided = sum(row.documents - row.failed for row in rows if _group(row) == "undecided")
    return SubmissionTotals(
        received=sum(row.count for row in rows),
        documents=documents,
        documents_passed=passed,
        documents_failed=documents - passed - undecided,
        files=files,
        bytes=size,
        first=moment_of(min((row.first for row in rows), default=None)),
        last=moment_of(max((row.last for row in rows), default=None)),
        concluded_at=moment_of(ended) if not pending else None,
        **counts,
    )


def _group(row: Any) -> str:
    state = TransferState(row.state)
    if state is TransferState.AWAITING:
        if row.refused:
            return "failed"
        return "undecided" if row.waits and not row.decision else "passed"
    if row.state in _TAKEN_IN:
        return "approved"
    return "held" if state is TransferState.HELD_ALREADY else "failed"


def _submission_row(value: RegisteredSubmission) -> Row:
    return {
        "id": value.id,
        "code": storable(value.code),
        "ordinal": value.ordinal,
        "agency_code": storable(value.agency_code),
        "agency_name": storable(value.agency_name),
        "fonds": storable(value.fonds),
        "packages": value.packages,
        "case_files": value.case_files,
        "documents": value.documents,
        "bytes": value.bytes,
        "deadline": value.deadline.isoformat() if value.deadline else None,
        "asked": value.asked.isoformat(),
        "registered_at": utc_text(value.registered_at),
        "registered_by": storable(value.registered_by),
        "listed": value.listed,
    }


def _submission_of(row: Any) -> RegisteredSubmission:
    return RegisteredSubmission(
        id=row.id,
        code=row.code,
        ordinal=row.ordinal,
        agency_code=row.agency_code,
        agency_name=row.agency_name,
        fonds=row.fonds,
        packages=row.packages,
        case_files=row.case_files,
        documents=row.documents,
        bytes=row.bytes,
        deadline=date_of(row.deadline),
        asked=date.fromisoformat(row.asked),
        registered_at=from_utc_text(row.registered_at),
        registered_by=row.registered_by,
        listed=row.listed,
    )


def _item_row(identifier: uuid.UUID, item: AnnouncedItem) -> Row:
    return {
        "submission_id": identifier,
        "code": storable(item.code),
        "title": storable(item.title),
        "maintenance": storable(item.maintenance),
        "documents": item.documents,
    }


def _item_of(row: Any) -> AnnouncedItem:
    return AnnouncedItem(code=row.code, title=row.title, maintenance=row.maintenance, documents=row.documents)


def _submitted_row(value: SubmittedTransfer) -> Row:
    return {
        "transfer_id": value.transfer_id,
        "submission_id": value.submission_id,
        "received_at": utc_text(value.received_at),
        "case_code": storable(value.case_code),
        "mark": value.mark,
        "documents": value.documents,
        "failed": value.failed,
        "waits": int(value.waits),
        "decision": value.decision.value if value.decision else "",
        "failed_by_hand": value.failed_by_hand,
    }


def _submitted_of(row: Any) -> SubmittedTransfer:
    return SubmittedTransfer(
        transfer_id=row.transfer_id,
        submission_id=row.submission_id,
        received_at=from_utc_text(row.received_at),
        case_code=row.case_code,
        mark=bytes(row.mark),
        documents=row.documents,
        failed=row.failed,
        waits=bool(row.waits),
        decision=Verdict(row.decision) if row.decision else None,
        failed_by_hand=row.failed_by_hand,
        state=TransferState(row.state),
        title=row.title,
        files=row.files,
        bytes=row.bytes,
        aip_id=row.aip_id,
        reason=row.reason,
    )


def _act_row(act: SubmissionAct) -> Row:
    return {
        "id": act.id,
        "submission_id": act.submission_id,
        "kind": act.kind.value,
        "verdict": act.verdict.value,
        "transfer_id": act.transfer_id,
        "document": act.document,
        "because": storable(act.because),
        "actor": storable(act.actor),
        "time": utc_text(act.time),
    }


def _act_of(row: Any) -> SubmissionAct:
    return SubmissionAct(
        id=row.id,
        submission_id=row.submission_id,
        kind=ActKind(row.kind),
        verdict=Verdict(row.verdict),
        transfer_id=row.transfer_id,
        document=row.document,
        because=row.because,
        actor=row.actor,
        time=from_utc_text(row.time),
    )
