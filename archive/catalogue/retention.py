"""Retention in the catalogue: what was decided, and for each record held what follows from it, by due date.

The rows of records follow the change feed, so that taking in costs nothing more; what destroys a record
computes its retention again within its own transaction.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
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
from archive.catalogue.rows import Row
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
STALE = "retention-stale"
"""Setting: the schedules and classes whose records must be computed again, each with the mark it got."""
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

    def put_schedules(self, schedules: Iterable[Schedule]) -> None:
        """Enter versions of schedules, or where they stand now; an approved one supersedes those before it.

        What was decided is not taken back: entering the same again, in any order, changes nothing. The records of
        a schedule that comes into force are marked in the same transaction, for `bring_level`.
        """
        with self._database.write() as connection:
            self._database.lock(connection, Lock.RETENTION)
            _mark(connection, [f"schedule:{item.code}" for item in schedules if _put_schedule(connection, item)])

    def schedules(self, code: str = "") -> list[Schedule]:
        """Return all versions of all schedules, or of one; those that came with the program are not among them."""
        query = sa.select(retention_schedules).order_by(retention_schedules.c.code, retention_schedules.c.version)
        if code:
            query = query.where(retention_schedules.c.code == code)
        with self._database.read() as connection:
            return [schedule_of(row) for row in connection.execute(query)]

    def put_classes(self, classes: Iterable[RecordClass]) -> None:
        """Enter classes, or change title or schedule; their records are marked for `bring_level`."""
        with self._database.write() as connection:
            self._database.lock(connection, Lock.RETENTION)
            _mark(connection, [f"class:{item.code}" for item in classes if _put_class(connection, item)])

    def put_assignments(self, assignments: Iterable[Assignment]) -> None:
        """Enter what officers decided about records, each in place of what was decided before; recompute them."""
        columns = ("class_code", "override", "reason", "decided_by", "decided_at")
        for batch in batches(assignments, _PAGE):
            self._decide(retention_assignments, ("aip_id",), columns, [assignment_row(item) for item in batch])

    def put_events(self, events: Iterable[RecordEvent]) -> None:
        """Enter events of records, each in place of one of the same name; recompute the records."""
        columns = ("day", "recorded_by", "recorded_at")
        for batch in batches(events, _PAGE):
            self._decide(retention_events, ("aip_id", "name"), columns, [event_row(item) for item in batch])

    def _decide(self, table: sa.Table, keys: tuple[str, ...], columns: Sequence[str], rows: Sequence[Row]) -> None:
        with self._database.write() as connection:
            self._database.lock(connection, Lock.RETENTION)
            connection.execute(upsert(connection, table, keys, changed=columns), rows)
            recompute(connection, list(dict.fromkeys(row["aip_id"] for row in rows)))

    def rules(self) -> Rules:
        """Return the schedules in force and the classes."""
        with self._database.read() as connection:
            return rules(connection)

    # Records

    def refresh(self) -> int:
        """Bring the rows of records level with the change feed; return how many changes were applied.

        May be killed at any point, and run by several processes at once. Nothing is locked where all is level.
        """
        applied = 0
        with self._database.read() as connection:
            if not feed.after(connection, _cursor(connection), 1):
                return 0
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

    def bring_level(self) -> None:
        """Apply the change feed, and compute the records again of what came into force.

        A mark that is set anew meanwhile stays for the next one; so does all of it where a process is killed.
        """
        self.refresh()
        with self._database.read() as connection:
            marks = _marks(connection)
        for name in marks:
            kind, _, code = name.partition(":")
            self.recompute(row.aip_id for row in (self.with_schedule if kind == "schedule" else self.of_class)(code))
        if marks:
            self.recompute(row.aip_id for row in self.waiting("rule"))
            with self._database.write() as connection:
                self._database.lock(connection, Lock.RETENTION)
                left = {name: mark for name, mark in _marks(connection).items() if marks.get(name) != mark}
                put_setting(connection, STALE, json.dumps(left))

    def recompute(self, aip_ids: Iterable[uuid.UUID]) -> None:
        """Compute the rows of some records again."""
        for batch in batches(aip_ids, _PAGE):
            with self._database.write() as connection:
                self._database.lock(connection, Lock.RETENTION)
                recompute(connection, batch)

    def under(self, known: Rules, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Retention]:
        """Return what the retention of some records would be under other rules; nothing is kept."""
        with self._database.read() as connection:
            return _computed(connection, aip_ids, known)

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
    found = _computed(connection, aip_ids, rules(connection))
    gone = [aip_id for aip_id in aip_ids if aip_id not in found]
    if gone:
        connection.execute(sa.delete(retention).where(retention.c.aip_id.in_(gone)))
    if found:
        statement = upsert(connection, retention, ("aip_id",), changed=_CHANGED)
        connection.execute(statement, [retention_row(item) for item in found.values()])
    return found


def _computed(connection: Connection, aip_ids: Sequence[uuid.UUID], known: Rules) -> dict[uuid.UUID, Retention]:
    officers, happened = assignments(connection, aip_ids), _events(connection, aip_ids)
    return {
        item.aip_id: decided(item, known, officers.get(item.aip_id), happened.get(item.aip_id, {}))
        for item in facts(connection, aip_ids)
    }


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


def _put_schedule(connection: Connection, schedule: Schedule) -> bool:
    """Enter one version where nothing was decided about it yet; tell whether it comes into force by that."""
    columns = retention_schedules.c
    query = sa.select(columns.version, columns.status).where(columns.code == schedule.code)
    known = {row.version: ScheduleStatus(row.status) for row in connection.execute(query)}
    if known.get(schedule.version, ScheduleStatus.DRAFT) is not ScheduleStatus.DRAFT:
        return False
    newest = max((version for version, status in known.items() if status is ScheduleStatus.APPROVED), default=0)
    if schedule.version < newest:
        schedule = replace(schedule, status=ScheduleStatus.SUPERSEDED)
    in_force = schedule.status is ScheduleStatus.APPROVED
    if in_force:
        older = (columns.code == schedule.code) & (columns.version < schedule.version)
        statement = sa.update(retention_schedules).where(older)
        connection.execute(statement.values(status=ScheduleStatus.SUPERSEDED.value))
    kept = upsert(connection, retention_schedules, ("code", "version"), changed=("status", "details"))
    connection.execute(kept, schedule_row(schedule))
    return in_force


def _put_class(connection: Connection, item: RecordClass) -> bool:
    """Enter one class; tell whether anything changed by that."""
    columns = retention_classes.c
    query = sa.select(retention_classes).where(columns.fonds == item.fonds, columns.code == item.code)
    row = connection.execute(query).first()
    if row is not None and class_of(row) == item:
        return False
    values = {"fonds": item.fonds, "code": item.code, "title": item.title, "schedule": item.schedule}
    changed = ("title", "schedule")
    connection.execute(upsert(connection, retention_classes, ("fonds", "code"), changed=changed), values)
    return True


def _mark(connection: Connection, names: Sequence[str]) -> None:
    """Say that records must be computed again, by a mark that whoever is at work already does not take away."""
    if names:
        marks = _marks(connection) | dict.fromkeys(names, uuid.uuid4().hex)
        put_setting(connection, STALE, json.dumps(marks))


def _marks(connection: Connection) -> dict[str, str]:
    marks: dict[str, str] = json.loads(get_setting(connection, STALE) or "{}")
    return marks


def _cursor(connection: Connection) -> int:
    """Return the last change applied; from the beginning where another feed was followed."""
    feed_id, _, sequence = (get_setting(connection, CURSOR) or "").rpartition(":")
    return int(sequence) if sequence and feed_id == (get_setting(connection, FEED) or "") else 0


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
