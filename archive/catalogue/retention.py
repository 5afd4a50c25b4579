"""Retention in the catalogue: what was decided, and for each record held what follows from it, by due date.

The rows of records follow the change feed, so that taking in costs nothing more; what destroys a record
computes its retention again within its own transaction.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import feed
from archive.catalogue.database import STREAM_ROWS, Database, Lock, batches, upsert
from archive.catalogue.handovers_tables import handover_items
from archive.catalogue.handovers_values import ItemState
from archive.catalogue.reference import get_setting, put_setting
from archive.catalogue.retention_rows import (
    UNKNOWN_DAY,
    assignment_of,
    assignment_row,
    class_of,
    event_of,
    event_row,
    facts_of,
    retention_of,
    retention_row,
    schedule_of,
    schedule_row,
)
from archive.catalogue.retention_tables import (
    retention,
    retention_assignments,
    retention_classes,
    retention_events,
    retention_schedules,
)
from archive.catalogue.tables import case_files, documents, package_versions
from archive.retention.rules import DEFAULTS, Rules
from archive.retention.rules import retention_of as decided
from archive.retention.values import (
    Assignment,
    DisposalAction,
    RecordClass,
    RecordEvent,
    RecordFacts,
    Retention,
    Schedule,
    ScheduleStatus,
)

CURSOR = "retention-cursor"
FEED = "feed-id"
DECISIONS = "retention-decisions"
_PAGE = 500
_LATEST = sa.func.substr(documents.c.issued_date + UNKNOWN_DAY, 1, 10)
"""A date known to the month or year, as text that sorts behind every day of it."""
_CHANGED = tuple(column.name for column in retention.c if column.name != "aip_id")


class RetentionTable:
    """The retention of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # What was decided

    def next_decision(self) -> int:
        """Return the next number of the log of decisions; each number is given once."""
        with self._database.write() as connection:
            self._database.lock(connection, Lock.RETENTION)
            number = int(get_setting(connection, DECISIONS) or 0) + 1
            put_setting(connection, DECISIONS, str(number))
        return number

    def put_schedule(self, schedule: Schedule) -> None:
        """Enter a version of a schedule, or where it stands now; an approved one supersedes the one before."""
        with self._database.write() as connection:
            if schedule.status is ScheduleStatus.APPROVED:
                connection.execute(
                    sa.update(retention_schedules)
                    .where(
                        retention_schedules.c.code == schedule.code,
                        retention_schedules.c.version < schedule.version,
                        retention_schedules.c.status == ScheduleStatus.APPROVED.value,
                    )
                    .values(status=ScheduleStatus.SUPERSEDED.value)
                )
            statement = upsert(connection, retention_schedules, ("code", "version"), changed=("status", "details"))
            connection.execute(statement, schedule_row(schedule))

    def schedules(self, code: str = "") -> list[Schedule]:
        """Return all versions of all schedules, or of one; those that came with the program are not among them."""
        query = sa.select(retention_schedules).order_by(retention_schedules.c.code, retention_schedules.c.version)
        if code:
            query = query.where(retention_schedules.c.code == code)
        with self._database.read() as connection:
            return [schedule_of(row) for row in connection.execute(query)]

    def put_class(self, record_class: RecordClass) -> None:
        """Enter a class, or change its title or schedule."""
        row = {
            "fonds": record_class.fonds,
            "code": record_class.code,
            "title": record_class.title,
            "schedule": record_class.schedule,
        }
        with self._database.write() as connection:
            statement = upsert(connection, retention_classes, ("fonds", "code"), changed=("title", "schedule"))
            connection.execute(statement, row)

    def put_assignments(self, assignments: Iterable[Assignment]) -> None:
        """Enter what officers decided about records; a later decision replaces an earlier one, whatever the order."""
        columns = ("class_code", "override", "reason", "decided_by", "decided_at")
        for batch in batches(assignments, _PAGE):
            with self._database.write() as connection:
                statement = upsert(connection, retention_assignments, ("aip_id",), changed=columns)
                connection.execute(statement, [assignment_row(item) for item in batch])

    def put_events(self, events: Iterable[RecordEvent]) -> None:
        """Enter events of records; one of the same name replaces the one before."""
        for batch in batches(events, _PAGE):
            with self._database.write() as connection:
                columns = ("day", "recorded_by", "recorded_at")
                statement = upsert(connection, retention_events, ("aip_id", "name"), changed=columns)
                connection.execute(statement, [event_row(item) for item in batch])

    def rules(self) -> Rules:
        """Return the schedules in force and the classes."""
        with self._database.read() as connection:
            return rules(connection)

    # Records

    def refresh(self) -> int:
        """Bring the rows of records level with the change feed; return how many changes were applied.

        May be killed at any point, and run by several processes at once.
        """
        applied = 0
        while True:
            with self._database.write() as connection:
                self._database.lock(connection, Lock.RETENTION)
                cursor = _cursor(connection)
                found = feed.after(connection, cursor, _PAGE)
                if not found:
                    return applied
                changed = dict.fromkeys(change.aip_id for change in found)
                recompute(connection, list(changed))
                put_setting(connection, CURSOR, f"{get_setting(connection, FEED) or ''}:{found[-1].sequence}")
                applied += len(found)

    def recompute(self, aip_ids: Iterable[uuid.UUID]) -> None:
        """Compute the rows of some records again, after something was decided about them."""
        for batch in batches(aip_ids, _PAGE):
            with self._database.write() as connection:
                self._database.lock(connection, Lock.RETENTION)
                recompute(connection, batch)

    def get(self, aip_id: uuid.UUID) -> Retention | None:
        """Return the retention of one record."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(retention).where(retention.c.aip_id == aip_id)).first()
        return retention_of(row) if row is not None else None

    def facts(self, aip_id: uuid.UUID) -> RecordFacts | None:
        """Return what the retention of one record depends on."""
        with self._database.read() as connection:
            return next(iter(facts(connection, [aip_id])), None)

    def assignment(self, aip_id: uuid.UUID) -> Assignment | None:
        """Return what an officer decided about one record."""
        with self._database.read() as connection:
            return assignments(connection, [aip_id]).get(aip_id)

    def events(self, aip_id: uuid.UUID) -> list[RecordEvent]:
        """Return the events of one record."""
        query = sa.select(retention_events).where(retention_events.c.aip_id == aip_id).order_by(retention_events.c.name)
        with self._database.read() as connection:
            return [event_of(row) for row in connection.execute(query)]

    def due(self, by: date, *, fonds: str = "") -> Iterator[Retention]:
        """Yield the records due on a day or before, by due date."""
        query = sa.select(retention).where(retention.c.due_day <= by.isoformat())
        if fonds:
            query = query.where(retention.c.fonds == fonds)
        yield from self._rows(query.order_by(retention.c.due_day, retention.c.aip_id))

    def count_due(self, by: date, *, fonds: str = "") -> int:
        """Count the records due on a day or before."""
        query = sa.select(sa.func.count()).select_from(retention).where(retention.c.due_day <= by.isoformat())
        if fonds:
            query = query.where(retention.c.fonds == fonds)
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def waiting(self, what: str) -> Iterator[Retention]:
        """Yield the records that wait: for a `rule` or for a `trigger`."""
        yield from self._rows(sa.select(retention).where(retention.c.waiting == what).order_by(retention.c.aip_id))

    def with_schedule(self, code: str) -> Iterator[Retention]:
        """Yield the records a schedule rules, by trigger."""
        order = retention.c.trigger_day, retention.c.due_day
        yield from self._rows(sa.select(retention).where(retention.c.schedule == code).order_by(*order))

    def of_class(self, code: str) -> Iterator[Retention]:
        """Yield the records of a class, by identifier."""
        yield from self._rows(sa.select(retention).where(retention.c.class_code == code).order_by(retention.c.aip_id))

    def triggers(self, code: str) -> Iterator[tuple[date | None, date | None, int]]:
        """Yield trigger day, due day and how many records a schedule rules with them: read from one index."""
        group = retention.c.trigger_day, retention.c.due_day
        query = sa.select(*group, sa.func.count()).where(retention.c.schedule == code).group_by(*group).order_by(*group)
        with self._database.stream() as connection:
            for trigger, due, count in connection.execute(query):
                yield _day(trigger), _day(due), count

    def permanent(self) -> Iterator[tuple[str, int, int]]:
        """Yield agency, year of acceptance and number of the permanent records that no other archive has received."""
        gone = sa.exists().where(
            handover_items.c.aip_id == retention.c.aip_id, handover_items.c.state == ItemState.ACCEPTED.value
        )
        year = sa.func.substr(retention.c.accepted, 1, 4)
        query = (
            sa.select(retention.c.agency, year.label("year"), sa.func.count().label("number"))
            .where(retention.c.action == DisposalAction.RETAIN.value, ~gone)
            .group_by(retention.c.agency, year)
            .order_by(retention.c.agency, year)
        )
        with self._database.stream() as connection:
            for row in connection.execute(query):
                yield row.agency, int(row.year), row.number

    def ended_before(self, mode: str, day: date) -> Iterator[Retention]:
        """Yield the records with an access level whose work ended before a day, by that day."""
        query = sa.select(retention).where(retention.c.mode == mode, retention.c.ended < day.isoformat())
        yield from self._rows(query.order_by(retention.c.ended, retention.c.aip_id))

    def names(self, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
        """Return code and title of some records."""
        query = sa.select(case_files.c.aip_id, case_files.c.case_code, case_files.c.title)
        with self._database.read() as connection:
            rows = connection.execute(query.where(case_files.c.aip_id.in_(aip_ids)))
            return {row.aip_id: (row.case_code, row.title) for row in rows}

    def _rows(self, query: sa.Select[Any]) -> Iterator[Retention]:
        with self._database.stream() as connection:
            for row in connection.execute(query).yield_per(STREAM_ROWS):
                yield retention_of(row)


def rules(connection: Connection) -> Rules:
    """Return the schedules in force and the classes; schedules of the archive come before the program's own."""
    approved = sa.select(retention_schedules).where(retention_schedules.c.status == ScheduleStatus.APPROVED.value)
    own = {schedule.code: schedule for schedule in map(schedule_of, connection.execute(approved))}
    classes = (class_of(row) for row in connection.execute(sa.select(retention_classes)))
    return Rules(schedules={**DEFAULTS, **own}, classes={(item.fonds, item.code): item for item in classes})


def recompute(connection: Connection, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Retention]:
    """Compute the retention of some records within a transaction, and keep it; records that are gone lose theirs."""
    known = rules(connection)
    officers, happened = assignments(connection, aip_ids), _events(connection, aip_ids)
    found = {
        item.aip_id: decided(item, known, officers.get(item.aip_id), happened.get(item.aip_id, {}))
        for item in facts(connection, aip_ids)
    }
    gone = [aip_id for aip_id in aip_ids if aip_id not in found]
    if gone:
        connection.execute(sa.delete(retention).where(retention.c.aip_id.in_(gone)))
    if found:
        statement = upsert(connection, retention, ("aip_id",), changed=_CHANGED)
        connection.execute(statement, [retention_row(item) for item in found.values()])
    return found


def facts(connection: Connection, aip_ids: Sequence[uuid.UUID]) -> Iterator[RecordFacts]:
    """Yield what the retention of some records depends on; of those that are held."""
    held = {
        row.aip_id: row for row in connection.execute(sa.select(case_files).where(case_files.c.aip_id.in_(aip_ids)))
    }
    periods: dict[uuid.UUID, set[str]] = {aip_id: {row.maintenance} for aip_id, row in held.items()}
    newest: dict[uuid.UUID, str] = {}
    query = (
        sa.select(case_files.c.aip_id, documents.c.maintenance, sa.func.max(_LATEST).label("newest"))
        .join(
            package_versions,
            (package_versions.c.aip_id == case_files.c.aip_id)
            & (package_versions.c.version == case_files.c.current_version),
        )
        .join(documents, documents.c.version_id == package_versions.c.id)
        .where(case_files.c.aip_id.in_(list(held)))
        .group_by(case_files.c.aip_id, documents.c.maintenance)
    )
    for row in connection.execute(query):
        if row.maintenance:
            periods[row.aip_id].add(row.maintenance)
        if row.newest:
            newest[row.aip_id] = max(newest.get(row.aip_id, ""), row.newest)
    for aip_id, row in held.items():
        yield facts_of(row, periods[aip_id], newest.get(aip_id, ""))


def assignments(connection: Connection, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Assignment]:
    """Return what officers decided about some records."""
    query = sa.select(retention_assignments).where(retention_assignments.c.aip_id.in_(aip_ids))
    return {row.aip_id: assignment_of(row) for row in connection.execute(query)}


def _events(connection: Connection, aip_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Mapping[str, date]]:
    found: dict[uuid.UUID, dict[str, date]] = {}
    query = sa.select(retention_events).where(retention_events.c.aip_id.in_(aip_ids))
    for row in connection.execute(query):
        found.setdefault(row.aip_id, {})[row.name] = date.fromisoformat(row.day)
    return found


def _cursor(connection: Connection) -> int:
    """Return the last change applied; from the beginning where another feed was followed."""
    feed_id, _, sequence = (get_setting(connection, CURSOR) or "").rpartition(":")
    return int(sequence) if sequence and feed_id == (get_setting(connection, FEED) or "") else 0


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
