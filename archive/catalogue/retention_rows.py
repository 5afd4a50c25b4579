"""Retention between the catalogue's rows and the archive's values."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from archive.catalogue.rows import Row
from archive.retention.rules import END_DATE
from archive.retention.values import (
    Assignment,
    Basis,
    Dates,
    DisposalAction,
    Offset,
    Period,
    RecordClass,
    RecordEvent,
    RecordFacts,
    Retention,
    RetentionState,
    Schedule,
    ScheduleStatus,
    Trigger,
    Unit,
)
from model.dates import PartialDate, from_utc_text, utc_text

WAITING = {RetentionState.WAITING_RULE: "rule", RetentionState.WAITING_TRIGGER: "trigger"}
UNKNOWN_DAY = "-99-99"
"""What stands for the parts of a date that are not known, so that it sorts behind those that are."""
_START_DATE = "startDate"
_PLAIN = ("title", "field", "event", "confirmation_days", "mandate", "scope", "source", "note")
_PERSONS = ("entered_by", "approved_by", "because")


def schedule_row(schedule: Schedule) -> Row:
    """Return the row of a schedule."""
    return {
        "code": schedule.code,
        "version": schedule.version,
        "status": schedule.status.value,
        "details": json.dumps(schedule_json(schedule), ensure_ascii=False, sort_keys=True),
    }


def schedule_json(schedule: Schedule) -> dict[str, Any]:
    """Return the stored form of a schedule, which the stores also keep."""
    data = {name: getattr(schedule, name) for name in ("code", "version", *_PLAIN, *_PERSONS)}
    return data | {
        "action": schedule.action.value,
        "trigger": schedule.trigger.value,
        "offset": schedule.offset.value,
        "period": [schedule.period.number, schedule.period.unit.value] if schedule.period else None,
        "status": schedule.status.value,
        "approved_at": utc_text(schedule.approved_at) if schedule.approved_at else None,
    }


def schedule_from_json(data: dict[str, Any]) -> Schedule:
    """Read the stored form of a schedule."""
    period = data["period"]
    return Schedule(
        **{name: data[name] for name in ("code", "version", *_PLAIN, *_PERSONS)},
        action=DisposalAction(data["action"]),
        trigger=Trigger(data["trigger"]),
        offset=Offset(data["offset"]),
        period=Period(number=period[0], unit=Unit(period[1])) if period else None,
        status=ScheduleStatus(data["status"]),
        approved_at=from_utc_text(data["approved_at"]) if data["approved_at"] else None,
    )


def schedule_of(row: Any) -> Schedule:
    """Return the schedule of a row; its column says where it stands."""
    return schedule_from_json({**json.loads(row.details), "status": row.status})


def class_of(row: Any) -> RecordClass:
    """Return the class of a row."""
    return RecordClass(fonds=row.fonds, code=row.code, title=row.title, schedule=row.schedule)


def assignment_row(assignment: Assignment) -> Row:
    """Return the row of an officer's decision."""
    return {
        "aip_id": assignment.aip_id,
        "class_code": assignment.class_code,
        "override": assignment.override,
        "reason": assignment.reason,
        "decided_by": assignment.decided_by,
        "decided_at": utc_text(assignment.decided_at),
    }


def assignment_of(row: Any) -> Assignment:
    """Return the decision of a row."""
    return Assignment(
        aip_id=row.aip_id,
        class_code=row.class_code,
        override=row.override,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=from_utc_text(row.decided_at),
    )


def event_row(event: RecordEvent) -> Row:
    """Return the row of an event."""
    return {
        "aip_id": event.aip_id,
        "name": event.name,
        "day": event.day.isoformat(),
        "recorded_by": event.recorded_by,
        "recorded_at": utc_text(event.recorded_at),
    }


def event_of(row: Any) -> RecordEvent:
    """Return the event of a row."""
    return RecordEvent(
        aip_id=row.aip_id,
        name=row.name,
        day=date.fromisoformat(row.day),
        recorded_by=row.recorded_by,
        recorded_at=from_utc_text(row.recorded_at),
    )


def facts_of(row: Any, periods: Iterable[str], newest: str) -> RecordFacts:
    """Return what the retention of a case file depends on.

    Args:
        row: of the table of case files.
        periods: retention periods of the case file and its documents.
        newest: the latest date of its documents, `-99` for a part that is not known; or nothing.
    """
    days = {END_DATE: _latest(row.end_date), _START_DATE: _latest(row.start_date)}
    details = json.loads(row.details)
    for name, value in details.get("more", ()):
        days.setdefault(name, _written(value))
    return RecordFacts(
        aip_id=row.aip_id,
        case_code=row.case_code,
        fonds=row.fonds_code,
        agency=row.agency_code,
        mode=row.mode,
        infor_sign=details.get("infor_sign", ""),
        periods=frozenset(periods),
        days={name: day for name, day in days.items() if day is not None},
        accepted=from_utc_text(row.accepted_at).date(),
        last_document=_latest(newest.replace(UNKNOWN_DAY[:3], "")),
    )


def retention_row(item: Retention) -> Row:
    """Return the row of a record."""
    dates = item.dates
    return {
        "aip_id": item.aip_id,
        "schedule": item.schedule,
        "version": item.version,
        "basis": item.basis.value,
        "reason": item.reason,
        "action": item.action.value,
        "waiting": WAITING.get(item.state(date.min), ""),
        "trigger_day": item.trigger.isoformat() if item.trigger else None,
        "start_day": dates.start.isoformat() if dates else None,
        "due_day": dates.due.isoformat() if dates else None,
        "confirm_by": dates.confirm_by.isoformat() if dates else None,
        "fonds": item.fonds,
        "agency": item.agency,
        "mode": item.mode,
        "maintenance": item.maintenance,
        "class_code": item.class_code,
        "ended": item.ended.isoformat() if item.ended else None,
        "accepted": item.accepted.isoformat(),
    }


def retention_of(row: Any) -> Retention:
    """Return the retention of a row."""
    dates = None
    if row.due_day:
        dates = Dates(
            start=date.fromisoformat(row.start_day),
            due=date.fromisoformat(row.due_day),
            confirm_by=date.fromisoformat(row.confirm_by),
        )
    return Retention(
        aip_id=row.aip_id,
        schedule=row.schedule,
        version=row.version,
        basis=Basis(row.basis),
        reason=row.reason,
        action=DisposalAction(row.action),
        trigger=date.fromisoformat(row.trigger_day) if row.trigger_day else None,
        dates=dates,
        fonds=row.fonds,
        agency=row.agency,
        mode=row.mode,
        maintenance=row.maintenance,
        class_code=row.class_code,
        ended=date.fromisoformat(row.ended) if row.ended else None,
        accepted=date.fromisoformat(row.accepted),
    )


def _latest(text: str | None) -> date | None:
    return PartialDate.from_iso(text).latest if text else None


def _written(text: str) -> date | None:
    """Return the day of a further element of the description, when it holds one: ISO or DD/MM/YYYY."""
    with suppress(ValueError):
        return PartialDate.from_iso("-".join(reversed(text.split("/")))).latest
    return None
