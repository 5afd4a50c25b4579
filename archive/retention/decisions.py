"""The log of decisions about retention: in every store before it takes effect in the catalogue.

Each entry is one object, numbered and created once: schedules and their approval, classes, what officers
decided about single records, events. Read in order they give the catalogue's tables again.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.retention_rows import schedule_from_json, schedule_json
from archive.layout import RETENTION, decision_key
from archive.pending import put_everywhere
from archive.retention.values import Assignment, RecordClass, RecordEvent, Schedule
from model.dates import from_utc_text, utc_text

SCHEMA = "chauban-retention/1"
AT_ONCE = 1000
"""Values of one entry: an import of many is several entries."""


def decide_schedules(archive: Archive, schedules: Sequence[Schedule]) -> None:
    """Keep versions of schedules, or where they stand now."""
    _decide(archive, "schedules", schedules, schedule_json, _put_schedules)


def decide_classes(archive: Archive, classes: Sequence[RecordClass]) -> None:
    """Keep classes and their schedules."""
    _decide(archive, "classes", classes, _class_json, _put_classes)


def decide_records(archive: Archive, assignments: Sequence[Assignment]) -> None:
    """Keep what officers decided about single records; their retention is computed again at once."""
    _decide(archive, "records", assignments, _assignment_json, _put_assignments)


def record_events(archive: Archive, events: Sequence[RecordEvent]) -> None:
    """Keep events of single records; their retention is computed again at once."""
    _decide(archive, "events", events, _event_json, _put_events)


def restore_retention(archive: Archive) -> int:
    """Bring every decision of the stores into the catalogue, in order; return how many entries there are."""
    readers: dict[str, Callable[[Archive, list[dict[str, Any]]], None]] = {
        "schedules": lambda archive, found: _put_schedules(archive, [schedule_from_json(item) for item in found]),
        "classes": lambda archive, found: _put_classes(archive, [RecordClass(**item) for item in found]),
        "records": lambda archive, found: _put_assignments(archive, [_assignment(item) for item in found]),
        "events": lambda archive, found: _put_events(archive, [_event(item) for item in found]),
    }
    count = 0
    for item in archive.copies.list(RETENTION):
        with archive.copies.open(item.key) as stream:
            data = json.loads(stream.read())
        readers[data["kind"]](archive, data["values"])
        count += 1
    return count


def _decide(
    archive: Archive,
    kind: str,
    values: Sequence[Any],
    encode: Callable[[Any], dict[str, Any]],
    apply: Callable[[Archive, Sequence[Any]], None],
) -> None:
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        data = {"schema": SCHEMA, "kind": kind, "values": [encode(value) for value in some]}
        put_everywhere(archive, _free_key(archive), json.dumps(data, ensure_ascii=False, sort_keys=True))
        apply(archive, some)


def _free_key(archive: Archive) -> str:
    """Return the key of the next decision, past those a catalogue brought back from a backup does not know."""
    while archive.copies.stat(key := decision_key(archive.catalogue.retention.next_decision())) is not None:
        pass
    return key


def _put_schedules(archive: Archive, schedules: Sequence[Schedule]) -> None:
    archive.catalogue.retention.put_schedules(schedules)


def _put_classes(archive: Archive, classes: Sequence[RecordClass]) -> None:
    archive.catalogue.retention.put_classes(classes)


def _put_assignments(archive: Archive, assignments: Sequence[Assignment]) -> None:
    archive.catalogue.retention.put_assignments(assignments)


def _put_events(archive: Archive, events: Sequence[RecordEvent]) -> None:
    archive.catalogue.retention.put_events(events)


def _class_json(item: RecordClass) -> dict[str, Any]:
    return {"fonds": item.fonds, "code": item.code, "title": item.title, "schedule": item.schedule}


def _assignment_json(item: Assignment) -> dict[str, Any]:
    return {
        "aip_id": str(item.aip_id),
        "class_code": item.class_code,
        "override": item.override,
        "reason": item.reason,
        "decided_by": item.decided_by,
        "decided_at": utc_text(item.decided_at),
    }


def _assignment(data: dict[str, Any]) -> Assignment:
    return Assignment(**data | {"aip_id": UUID(data["aip_id"]), "decided_at": from_utc_text(data["decided_at"])})


def _event_json(item: RecordEvent) -> dict[str, Any]:
    return {
        "aip_id": str(item.aip_id),
        "name": item.name,
        "day": item.day.isoformat(),
        "recorded_by": item.recorded_by,
        "recorded_at": utc_text(item.recorded_at),
    }


def _event(data: dict[str, Any]) -> RecordEvent:
    return RecordEvent(
        aip_id=UUID(data["aip_id"]),
        name=data["name"],
        day=date.fromisoformat(data["day"]),
        recorded_by=data["recorded_by"],
        recorded_at=from_utc_text(data["recorded_at"]),
    )
