"""Schedules: entered as drafts, shown what they would move, approved by somebody else, then in force.

Source:
    MoReq2010 8.4; Law on Archives 33/2024/QH15, Article 15 (periods are set with the archives authority).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from archive.accounts.acting import reasoned, require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.audit.recording import note_act, record_act
from archive.audit.values import Action, Detail
from archive.catalogue.database import batches
from archive.retention.calendar import dates_of
from archive.retention.decisions import decide_classes, decide_schedules
from archive.retention.rules import DEFAULTS
from archive.retention.values import RecordClass, Retention, Schedule, ScheduleStatus
from model.errors import ConflictError, InputError, NotFoundError, PolicyError
from model.text import N_

CODE = re.compile(r"[A-Za-z0-9Đđ][A-Za-z0-9Đđ._/-]{0,59}")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How many records one change moves, and from when to when."""

    trigger: date | None
    before: date | None
    """Due date now; none: never, or not known yet."""
    after: date | None
    count: int

    @property
    def is_earlier(self) -> bool:
        """Whether they become due earlier: what needs the most care."""
        return self.after is not None and (self.before is None or self.after < self.before)

    @property
    def is_later(self) -> bool:
        """Whether they become due later, or never."""
        return self.before is not None and (self.after is None or self.after > self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a draft would move if it were approved."""

    draft: Schedule
    current: Schedule | None
    earlier: int
    later: int
    same: int
    moves: tuple[Move, ...]
    """By trigger and due date, those that do not move left out."""


def enter_schedules(archive: Archive, drafts: Iterable[Schedule], because: str) -> list[Schedule]:
    """Enter schedules as drafts, each as the next version of its code; one that says what holds already is left out.

    Raises:
        PolicyError: nobody is logged in as records officer.
        InputError: a code cannot be used, or no reason is given.
    """
    person = require(archive, Role.RECORDS_OFFICER)
    reasoned(because)
    known = {item.code: item for item in (*DEFAULTS.values(), *archive.catalogue.retention.schedules())}
    entered = []
    for draft in drafts:
        if not CODE.fullmatch(draft.code):
            raise InputError(
                N_("{code} cannot be the code of a schedule."),
                hint=N_("Use up to 60 letters, digits, dots, slashes and dashes."),
                code=draft.code,
            )
        newest = known.get(draft.code)
        if newest is not None and _content(newest) == _content(draft):
            continue
        version = newest.version + 1 if newest else 1
        fresh = replace(draft, version=version, status=ScheduleStatus.DRAFT, entered_by=person.login, because=because)
        entered.append(replace(fresh, approved_by="", approved_at=None))
    decide_schedules(archive, entered)
    for schedule in entered:
        details: dict[str, Detail] = {"what": "schedule entered", "version": schedule.version}
        note_act(archive, Action.RETENTION, schedule.code, because=because, details=details)
    archive.audit.flush()
    return entered


def find_draft(archive: Archive, code: str) -> Schedule:
    """Return the newest version of a schedule, if it waits for approval.

    Raises:
        NotFoundError: there is none that waits.
    """
    versions = archive.catalogue.retention.schedules(code)
    if not versions or versions[-1].status is not ScheduleStatus.DRAFT:
        raise NotFoundError(
            N_("No draft of schedule {code} waits for approval."),
            hint=N_("`chauban retention schedule list --drafts` shows those that do."),
            code=code,
        )
    return versions[-1]


def preview(archive: Archive, draft: Schedule) -> Preview:
    """Tell how many records a draft would move earlier or later; nothing is changed.

    Where the draft keeps the trigger, this reads one index and no record.
    """
    bring_level(archive)
    current = archive.catalogue.retention.rules().schedules.get(draft.code)
    moves = list(_moves(archive, draft, current))
    return Preview(
        draft=draft,
        current=current,
        earlier=sum(move.count for move in moves if move.is_earlier),
        later=sum(move.count for move in moves if move.is_later),
        same=sum(move.count for move in moves if not move.is_earlier and not move.is_later),
        moves=tuple(move for move in moves if move.is_earlier or move.is_later),
    )


def moved_records(archive: Archive, draft: Schedule) -> Iterator[tuple[Retention, date | None]]:
    """Yield the records a draft would move, with the due date they would get."""
    for record, after in _records(archive, draft):
        if (record.dates.due if record.dates else None) != after:
            yield record, after


def approve_schedule(archive: Archive, draft: Schedule, because: str) -> Schedule:
    """Put a draft in force, as somebody else than who entered it; its records move now.

    Raises:
        PolicyError: not an approver, or the one who entered it.
        ConflictError: a newer version came into force meanwhile.
        InputError: no reason is given.
    """
    person = require(archive, Role.APPROVER)
    reasoned(because)
    if person.login == draft.entered_by:
        raise PolicyError(
            N_("{login} entered this schedule and cannot approve it too."),
            hint=N_("Ask another approver."),
            login=person.login,
        )
    approved = replace(
        draft,
        status=ScheduleStatus.APPROVED,
        approved_by=person.login,
        approved_at=archive.clock.now(),
        because=f"{draft.because}; {because}" if draft.because else because,
    )
    _check_newest(archive, draft)
    decide_schedules(archive, [approved])
    _check_newest(archive, draft)
    bring_level(archive)
    details: dict[str, Detail] = {"what": "schedule approved", "version": approved.version}
    record_act(archive, Action.RETENTION, approved.code, because=because, details=details)
    return approved


def enter_classes(archive: Archive, classes: Sequence[RecordClass], because: str) -> None:
    """Enter classes and the schedules of their records, which are computed again now.

    Raises:
        PolicyError: nobody is logged in as records officer.
        NotFoundError: a schedule is not known.
        InputError: no reason is given.
    """
    require(archive, Role.RECORDS_OFFICER)
    reasoned(because)
    known = archive.catalogue.retention.rules().schedules
    for item in classes:
        if item.schedule not in known:
            raise NotFoundError(
                N_("Class {record_class} names schedule {code}, which is not in force."),
                hint=N_("Approve the schedule first."),
                record_class=item.code,
                code=item.schedule,
            )
    decide_classes(archive, classes)
    bring_level(archive)
    details: dict[str, Detail] = {"what": "classes", "count": len(classes)}
    record_act(archive, Action.RETENTION, archive.configuration.archive_id, because=because, details=details)


def bring_level(archive: Archive) -> None:
    """Bring the retention of all records level with what is held and decided; ends what a killed process began."""
    archive.catalogue.retention.bring_level()


def _check_newest(archive: Archive, draft: Schedule) -> None:
    """Refuse to approve a draft that a newer version in force has superseded."""
    in_force = archive.catalogue.retention.rules().schedules.get(draft.code)
    if in_force is not None and in_force.version > draft.version:
        raise ConflictError(
            N_("Version {version} of schedule {code} is in force; the older draft does not come into force any more."),
            hint=N_("`chauban retention schedule show` shows the versions."),
            version=in_force.version,
            code=draft.code,
        )


def _moves(archive: Archive, draft: Schedule, current: Schedule | None) -> Iterator[Move]:
    if current is not None and _trigger(current) == _trigger(draft):
        for trigger, due, count in archive.catalogue.retention.triggers(draft.code):
            dates = dates_of(draft, trigger) if trigger else None
            yield Move(trigger=trigger, before=due, after=dates.due if dates else None, count=count)
        return
    counted: dict[tuple[date | None, date | None, date | None], int] = {}
    for record, after in _records(archive, draft):
        key = record.trigger, record.dates.due if record.dates else None, after
        counted[key] = counted.get(key, 0) + 1
    for (trigger, before, after), count in counted.items():
        yield Move(trigger=trigger, before=before, after=after, count=count)


def _records(archive: Archive, draft: Schedule) -> Iterator[tuple[Retention, date | None]]:
    """Yield the records a draft would rule, with the due date it would give them.

    Where no version is in force yet, these are records that wait for a rule.
    """
    table = archive.catalogue.retention
    known = table.rules()
    current = known.schedules.get(draft.code)
    if current is not None and _trigger(current) == _trigger(draft):
        for record in table.with_schedule(draft.code):
            dates = dates_of(draft, record.trigger) if record.trigger else None
            yield record, dates.due if dates else None
        return
    drafted = replace(known, schedules={**known.schedules, draft.code: draft})
    for some in batches(chain(table.with_schedule(draft.code), table.waiting("rule")), _AT_ONCE):
        would_be = table.under(drafted, [record.aip_id for record in some])
        for record in some:
            after = would_be.get(record.aip_id)
            if after is not None and after.schedule == draft.code:
                yield record, after.dates.due if after.dates else None


def _trigger(schedule: Schedule) -> tuple[object, ...]:
    return schedule.trigger, schedule.field, schedule.event


def _content(schedule: Schedule) -> Schedule:
    """Return a schedule without what says how it came to be."""
    return replace(
        schedule,
        version=0,
        status=ScheduleStatus.DRAFT,
        entered_by="",
        approved_by="",
        approved_at=None,
        because="",
    )
