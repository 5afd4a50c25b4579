"""The words of retention: schedules, their parts, and what follows from them for one record.

Source:
    MoReq2010 chapter 8 (disposal scheduling); Circular 10/2022/TT-BNV (counting from 1 January of the year
    after the work ended); Law on Archives 33/2024/QH15, Articles 15 and 16.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class DisposalAction(StrEnum):
    """What a schedule asks for when the period has ended."""

    RETAIN = "retain"
    """Retain permanently: nothing is ever due."""
    REVIEW = "review"
    TRANSFER = "transfer"
    DESTROY = "destroy"


class Trigger(StrEnum):
    """What begins the period."""

    CLOSED = "closed"
    """The work ended: the case file's end date."""
    LAST_DOCUMENT = "last-document"
    """The newest date of its documents."""
    DATE = "date"
    """A date of the description, named by `field`."""
    EVENT = "event"
    """Something outside the archive, named by `event`: a contract ended, an appeal was closed."""


class Offset(StrEnum):
    """From when the period counts, after the trigger."""

    NONE = "none"
    END_OF_MONTH = "end-of-month"
    END_OF_QUARTER = "end-of-quarter"
    END_OF_YEAR = "end-of-year"
    """From 1 January of the next year, as Vietnamese records are counted."""


class Unit(StrEnum):
    """Unit of a period."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How long a record is kept."""

    number: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 <= self.number <= _LONGEST[self.unit]:
            raise ValueError("a period of this length is no period of keeping")


_LONGEST = {Unit.DAYS: 365_250, Unit.WEEKS: 52_178, Unit.MONTHS: 12_000, Unit.YEARS: 1_000}


class ScheduleStatus(StrEnum):
    """Where a version of a schedule stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One version of a disposal schedule. A version is never changed; a later one takes its place."""

    code: str
    """At most 60 characters."""
    version: int
    title: str
    action: DisposalAction
    trigger: Trigger = Trigger.CLOSED
    field: str = ""
    """Element of the description for trigger `date`, such as `endDate`."""
    event: str = ""
    """Name of the event for trigger `event`."""
    period: Period | None = None
    """None with action `retain`."""
    offset: Offset = Offset.END_OF_YEAR
    confirmation_days: int = 90
    """Days after the due date within which somebody must decide; overdue afterwards."""
    mandate: str = ""
    scope: str = ""
    """Which records it is for, in words."""
    source: str = ""
    """The norm and row it was taken from, and the status of that norm."""
    note: str = ""
    status: ScheduleStatus = ScheduleStatus.DRAFT
    entered_by: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    because: str = ""
    """Why it was entered, and after that why it was approved."""

    def __post_init__(self) -> None:
        if (self.period is None) is not (self.action is DisposalAction.RETAIN):
            raise ValueError("all actions but retain need a period, and retain has none")
        named = self.event != "", self.field != ""
        if named != (self.trigger is Trigger.EVENT, self.trigger is Trigger.DATE):
            raise ValueError("an event or a date must be named where it is the trigger, and only there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """What follows from a schedule and a trigger."""

    start: date
    """First day that counts."""
    due: date
    """First day on which the action may be taken: the period has ended the day before."""
    confirm_by: date
    """Last day on which somebody must have decided."""


class Basis(StrEnum):
    """Why a record has its rule."""

    OVERRIDE = "override"
    CLASS = "class"
    DOCUMENTS = "documents"
    """The longest retention period of the case file and its documents."""


class RetentionState(StrEnum):
    """Where a record stands on a day."""

    WAITING_RULE = "waiting-rule"
    """Its period is "other" (07) and no officer gave it a rule."""
    WAITING_TRIGGER = "waiting-trigger"
    PERMANENT = "permanent"
    RUNNING = "running"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What a record's retention depends on, as the catalogue holds it."""

    aip_id: UUID
    case_code: str
    fonds: str
    agency: str
    mode: str
    infor_sign: str
    periods: frozenset[str]
    """The retention periods of the case file and its documents, 01-07."""
    days: Mapping[str, date]
    """Dates of the description by element name, the latest day each may mean."""
    accepted: date
    """Day on which the archive took it in."""
    last_document: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What an officer decided about one record; a later decision replaces an earlier one."""

    aip_id: UUID
    class_code: str = ""
    """The class it was put into; empty: the class its information symbol names."""
    override: str = ""
    """Code of the schedule it has instead of that of its class or documents."""
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """Something that happened outside the archive to what a record is about."""

    aip_id: UUID
    name: str
    day: date
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordClass:
    """A class of records and the schedule of its records."""

    fonds: str
    """Empty: in every fonds that has no class of this code itself."""
    code: str
    title: str
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The retention of one record, as it is stored."""

    aip_id: UUID
    schedule: str
    """Code; empty while it waits for a rule."""
    version: int
    basis: Basis
    reason: str = ""
    """Why it was overridden."""
    action: DisposalAction
    trigger: date | None = None
    """The day that began the period; none while it is waited for."""
    dates: Dates | None = None
    fonds: str = ""
    agency: str = ""
    mode: str = ""
    """Access level, 01-03."""
    maintenance: str = ""
    """The longest period of the case file and its documents, 01-07."""
    class_code: str = ""
    """The class it was put into, or its information symbol; whether there is such a class or not."""
    ended: date | None = None
    """Last day of the work, as the description gives it."""
    accepted: date
    """Day on which the archive took it in."""

    def state(self, today: date) -> RetentionState:
        """Tell where the record stands on a day."""
        if not self.schedule:
            return RetentionState.WAITING_RULE
        if self.action is DisposalAction.RETAIN:
            return RetentionState.PERMANENT
        if self.dates is None:
            return RetentionState.WAITING_TRIGGER
        if today < self.dates.due:
            return RetentionState.RUNNING
        return RetentionState.DUE if today <= self.dates.confirm_by else RetentionState.OVERDUE
