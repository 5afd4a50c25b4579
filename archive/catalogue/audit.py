"""The audit log as the catalogue repeats it: one row for each entry, and where the log ends."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import reference
from archive.catalogue.database import STREAM_ROWS, Database, Lock, batches, insert_rows
from archive.catalogue.tables import audit_entries, case_files
from archive.catalogue.values import AuditQuery, AuditRow, AuditState
from model.dates import from_utc_text, utc_text
from model.errors import IntegrityError
from model.text import N_
from preservation.merkle import Frontier

_STATE = "audit-log"
_CONFIGURATION = "audit-configuration"
_COLUMNS = ("seq", "act", "time", "actor", "action", "object", "outcome", "hash", "segment")
_KNOWN_AT_ONCE = 500


class AuditAppending:
    """The end of the log, held by one process alone until its transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.state = state(connection)

    def known(self, acts: Iterable[UUID]) -> set[UUID]:
        """Return those of the acts that are entered already."""
        found: set[UUID] = set()
        for part in batches(acts, _KNOWN_AT_ONCE):
            query = sa.select(audit_entries.c.act).where(audit_entries.c.act.in_([str(act) for act in part]))
            found |= {UUID(act) for act in self._connection.scalars(query)}
        return found

    def add(self, rows: Sequence[AuditRow], after: AuditState) -> None:
        """Add entries, and note where the log ends now."""
        insert_rows(self._connection, audit_entries, _COLUMNS, [_values(row) for row in rows])
        reference.put_setting(self._connection, _STATE, _state_text(after))
        self.state = after

    def configuration(self) -> str:
        """Return the digest of the configuration that was in force at the last entry; empty when none is known."""
        return reference.get_setting(self._connection, _CONFIGURATION) or ""

    def put_configuration(self, digest: str) -> None:
        """Note the digest of the configuration that is in force."""
        reference.put_setting(self._connection, _CONFIGURATION, digest)

    def clear(self) -> None:
        """Remove every row: a rebuild brings them back."""
        self._connection.execute(sa.delete(audit_entries))
        self.state = AuditState()
        reference.put_setting(self._connection, _STATE, _state_text(self.state))


@contextmanager
def appending(database: Database) -> Iterator[AuditAppending]:
    """Hold the end of the log; what is added is durable when the block ends."""
    with database.write() as connection:
        database.lock(connection, Lock.AUDIT)
        yield AuditAppending(connection)


def state(connection: Connection) -> AuditState:
    """Return where the log ends.

    Raises:
        IntegrityError: what the catalogue says about it cannot be.
    """
    text = reference.get_setting(connection, _STATE)
    if not text:
        return AuditState()
    try:
        data = json.loads(text)
        peaks = tuple(bytes.fromhex(peak) for peak in data["peaks"])
        size = Frontier(int(data["size"]), peaks).size
        return AuditState(size=size, last=bytes.fromhex(data["last"]), time=str(data["time"]), peaks=peaks)
    except (ValueError, KeyError, TypeError) as exc:
        raise IntegrityError(
            N_("The catalogue does not know where the audit log ends."),
            hint=N_("Run `chauban rebuild`, then `chauban audit verify`."),
        ) from exc


def page(connection: Connection, query: AuditQuery) -> list[AuditRow]:
    """Return entries, newest first."""
    rows = audit_entries.c
    conditions = [rows.object == query.object] if query.object else []
    conditions += [rows.action == query.action] if query.action else []
    conditions += [rows.time >= utc_text(query.since)] if query.since else []
    chosen = sa.select(audit_entries).where(*conditions).order_by(rows.seq.desc()).limit(query.limit)
    return [_row(row) for row in connection.execute(chosen)]


def rows_after(connection: Connection, seq: int, limit: int) -> list[AuditRow]:
    """Return the entries behind a number, in order."""
    chosen = sa.select(audit_entries).where(audit_entries.c.seq > seq).order_by(audit_entries.c.seq).limit(limit)
    return [_row(row) for row in connection.execute(chosen)]


def hashes(database: Database, start: int, stop: int) -> Iterator[bytes]:
    """Yield the hashes of the entries behind `start` up to `stop`, in order and in bounded memory."""
    chosen = sa.select(audit_entries.c.hash).where(audit_entries.c.seq > start, audit_entries.c.seq <= stop)
    with (
        database.stream() as connection,
        connection.execute(
            chosen.order_by(audit_entries.c.seq), execution_options={"yield_per": STREAM_ROWS}
        ) as result,
    ):
        for row in result:
            yield bytes(row.hash)


def unrecorded_packages(connection: Connection, action: str, limit: int) -> list[tuple[UUID, datetime]]:
    """Return packages accepted since the log began of which it knows no such act, oldest first."""
    rows = audit_entries.c
    first = sa.select(sa.func.min(rows.time)).scalar_subquery()
    identifier = sa.func.lower(sa.cast(case_files.c.aip_id, sa.Text))
    entered = sa.exists().where(rows.object == identifier, rows.action == action)
    chosen = (
        sa.select(case_files.c.aip_id, case_files.c.accepted_at)
        .where(case_files.c.accepted_at >= first, ~entered)
        .order_by(case_files.c.accepted_at)
        .limit(limit)
    )
    return [(row.aip_id, from_utc_text(row.accepted_at)) for row in connection.execute(chosen)]


def _values(row: AuditRow) -> tuple[object, ...]:
    return (
        row.seq,
        str(row.act),
        row.time,
        row.actor,
        row.action,
        row.object,
        row.outcome,
        row.hash,
        row.segment,
    )


def _row(row: sa.Row[tuple[object, ...]]) -> AuditRow:
    data = row._mapping
    return AuditRow(
        seq=data["seq"],
        act=UUID(data["act"]),
        time=data["time"],
        actor=data["actor"],
        action=data["action"],
        object=data["object"],
        outcome=data["outcome"],
        hash=bytes(data["hash"]),
        segment=data["segment"],
    )


def _state_text(after: AuditState) -> str:
    data = {
        "size": after.size,
        "last": after.last.hex(),
        "time": after.time,
        "peaks": [peak.hex() for peak in after.peaks],
    }
    return json.dumps(data, sort_keys=True)
