"""What officers decide about single records: their rule, their class, and what happened to them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from archive.accounts.acting import reasoned, require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.audit.recording import note_act
from archive.audit.values import Action, Detail
from archive.retention.decisions import decide_records, record_events
from archive.retention.schedules import bring_level
from archive.retention.values import Assignment, RecordEvent
from model.errors import InputError, NotFoundError
from model.text import N_

MAX_NAME = 100


def override(archive: Archive, aip_ids: Iterable[UUID], schedule: str, because: str) -> None:
    """Give records another rule than that of their class or documents; an empty code gives them theirs back.

    Raises:
        PolicyError: nobody is logged in as records officer.
        NotFoundError: the schedule is not in force.
        InputError: no reason is given.
    """
    if schedule and schedule not in archive.catalogue.retention.rules().schedules:
        raise NotFoundError(
            N_("Schedule {code} is not in force."),
            hint=N_("`chauban retention schedule list` shows those that are."),
            code=schedule,
        )
    details: dict[str, Detail] = {"what": "override", "schedule": schedule}
    _assign(archive, aip_ids, {"override": schedule, "reason": because}, because, details)


def assign_class(archive: Archive, aip_ids: Iterable[UUID], code: str, because: str) -> None:
    """Put records into a class; an empty code leaves them to the one their information symbol names.

    Raises:
        PolicyError: nobody is logged in as records officer.
        NotFoundError: there is no such class.
        InputError: no reason is given.
    """
    if code and code not in {known for _fonds, known in archive.catalogue.retention.rules().classes}:
        raise NotFoundError(
            N_("There is no class {code}."), hint=N_("`chauban retention class list` shows the classes."), code=code
        )
    _assign(archive, aip_ids, {"class_code": code}, because, {"what": "class", "class": code})


def happened(archive: Archive, name: str, days: Sequence[tuple[UUID, date]], because: str) -> None:
    """Record an event of records, such as the end of a contract.

    Raises:
        PolicyError: nobody is logged in as records officer or archivist.
        InputError: the event has no name, or lies in the future, or no reason is given.
    """
    person = require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
    reasoned(because)
    now = archive.clock.now()
    if not name.strip() or len(name) > MAX_NAME or any(day > now.date() for _aip_id, day in days):
        raise InputError(
            N_("An event has a name of at most {limit} characters and a day that has come."),
            hint=N_("Correct the name or the day."),
            limit=MAX_NAME,
        )
    events = [
        RecordEvent(aip_id=aip_id, name=name, day=day, recorded_by=person.login, recorded_at=now)
        for aip_id, day in days
    ]
    bring_level(archive)
    record_events(archive, events)
    for event in events:
        details: dict[str, Detail] = {"what": "event", "name": name, "day": event.day.isoformat()}
        note_act(archive, Action.RETENTION, event.aip_id, because=because, details=details)
    archive.audit.flush()


def _assign(
    archive: Archive, aip_ids: Iterable[UUID], changes: dict[str, str], because: str, details: dict[str, Detail]
) -> None:
    person = require(archive, Role.RECORDS_OFFICER)
    reasoned(because)
    now = archive.clock.now()
    bring_level(archive)
    decided = []
    for aip_id in aip_ids:
        known = archive.catalogue.retention.assignment(aip_id) or Assignment(aip_id=aip_id, decided_at=now)
        changed = replace(known, decided_by=person.login, decided_at=now)
        decided.append(replace(changed, **changes))  # type: ignore[arg-type]  # names of text fields
    decide_records(archive, decided)
    for item in decided:
        note_act(archive, Action.RETENTION, item.aip_id, because=because, details=details)
    archive.audit.flush()
