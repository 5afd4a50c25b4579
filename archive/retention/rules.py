"""Which rule a record has, and what follows from it: pure functions of what is known about it.

Exactly one rule, in this order: the one an officer gave it with a reason; that of its class; that of the
longest retention period among the case file and its documents.

Source:
    MoReq2010 8.4 (a record has one schedule, by default that of its class); Circular 10/2022/TT-BNV
    (a case file takes the period of its most valuable document).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from archive.retention.calendar import dates_of
from archive.retention.values import (
    Assignment,
    Basis,
    DisposalAction,
    Period,
    RecordClass,
    RecordFacts,
    Retention,
    Schedule,
    ScheduleStatus,
    Trigger,
    Unit,
)
from model.elements import CODE_TABLES

OTHER = "07"
"""Retention period that names none: an officer must say what holds."""
END_DATE = "endDate"
_YEARS = {"02": 70, "03": 50, "04": 30, "05": 20, "06": 10}
_LONGEST_FIRST = ("01", "02", "03", "04", "05", "06")
_SOURCE = "TT 05/2025/TT-BNV, maintenance; TT 10/2022/TT-BNV"


def default_code(maintenance: str) -> str:
    """Return the code of the schedule that goes with a retention period of the description."""
    return f"TT05-{maintenance}"


def _defaults() -> dict[str, Schedule]:
    schedules = {}
    for period in _LONGEST_FIRST:
        years = _YEARS.get(period)
        schedules[default_code(period)] = Schedule(
            code=default_code(period),
            version=1,
            title=CODE_TABLES["maintenance"][period][0],
            action=DisposalAction.RETAIN if years is None else DisposalAction.DESTROY,
            period=None if years is None else Period(number=years, unit=Unit.YEARS),
            source=_SOURCE,
            status=ScheduleStatus.APPROVED,
        )
    return schedules


DEFAULTS: Mapping[str, Schedule] = _defaults()
"""What the retention periods of the circular mean; in force in every archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The schedules in force and the classes that name them."""

    schedules: Mapping[str, Schedule] = field(default_factory=lambda: DEFAULTS)
    """By code; the approved version of each."""
    classes: Mapping[tuple[str, str], RecordClass] = field(default_factory=dict)
    """By fonds and code."""

    def class_of(self, facts: RecordFacts, assignment: Assignment | None) -> RecordClass | None:
        """Return the class of a record: the one it was put into, else the one its information symbol names."""
        code = class_code(facts, assignment)
        if not code:
            return None
        return self.classes.get((facts.fonds, code)) or self.classes.get(("", code))


def retention_of(
    facts: RecordFacts, rules: Rules, assignment: Assignment | None, events: Mapping[str, date]
) -> Retention:
    """Return the retention of a record.

    Args:
        events: days of the events that are known of it, by name.
    """
    schedule, basis = _rule(facts, rules, assignment)
    reason = assignment.reason if assignment and basis is Basis.OVERRIDE else ""
    day = trigger_day(schedule, facts, events) if schedule else None
    return Retention(
        aip_id=facts.aip_id,
        schedule=schedule.code if schedule else "",
        version=schedule.version if schedule else 0,
        basis=basis,
        reason=reason,
        action=schedule.action if schedule else DisposalAction.REVIEW,
        trigger=day,
        dates=dates_of(schedule, day) if schedule and day else None,
        fonds=facts.fonds,
        agency=facts.agency,
        mode=facts.mode,
        maintenance=longest(facts.periods),
        class_code=class_code(facts, assignment),
        ended=facts.days.get(END_DATE),
        accepted=facts.accepted,
    )


def _rule(facts: RecordFacts, rules: Rules, assignment: Assignment | None) -> tuple[Schedule | None, Basis]:
    """Return the schedule; none where one is named that is not in force: such a record waits for a rule."""
    if assignment is not None and assignment.override:
        return rules.schedules.get(assignment.override), Basis.OVERRIDE
    record_class = rules.class_of(facts, assignment)
    if record_class is not None:
        return rules.schedules.get(record_class.schedule), Basis.CLASS
    return rules.schedules.get(default_code(longest(facts.periods))), Basis.DOCUMENTS


def class_code(facts: RecordFacts, assignment: Assignment | None) -> str:
    """Return the code of the class a record was put into, else the one its information symbol names."""
    return (assignment.class_code if assignment else "") or facts.infor_sign


def longest(periods: frozenset[str]) -> str:
    """Return the longest of retention periods; `07` where one says nothing and no other is for ever.

    What is not one of the circular's codes says nothing either.
    """
    known = [period for period in _LONGEST_FIRST if period in periods]
    if known[:1] == ["01"]:
        return "01"
    return known[0] if known and len(known) == len(periods) else OTHER


def trigger_day(schedule: Schedule, facts: RecordFacts, events: Mapping[str, date]) -> date | None:
    """Return the day that begins the period; none while it is not known."""
    if schedule.trigger is Trigger.EVENT:
        return events.get(schedule.event)
    if schedule.trigger is Trigger.LAST_DOCUMENT:
        return facts.last_document
    return facts.days.get(schedule.field if schedule.trigger is Trigger.DATE else END_DATE)
