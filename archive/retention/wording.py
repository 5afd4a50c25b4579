"""The words of retention for people."""

from datetime import date

from archive.retention.values import (
    Basis,
    DisposalAction,
    Offset,
    Period,
    RetentionState,
    Schedule,
    ScheduleStatus,
    Trigger,
    Unit,
)
from model.dates import PartialDate
from model.rendering import day_text
from model.text import N_, _, ngettext

ACTION_WORDS = {
    DisposalAction.RETAIN: N_("keep permanently"),
    DisposalAction.REVIEW: N_("review"),
    DisposalAction.TRANSFER: N_("transfer to the historical archive"),
    DisposalAction.DESTROY: N_("review for destruction"),
}
STATE_WORDS = {
    RetentionState.WAITING_RULE: N_("waits for a rule"),
    RetentionState.WAITING_TRIGGER: N_("waits for what begins its period"),
    RetentionState.PERMANENT: N_("kept permanently"),
    RetentionState.RUNNING: N_("its period is running"),
    RetentionState.DUE: N_("due"),
    RetentionState.OVERDUE: N_("overdue: nobody decided in time"),
}
STATUS_WORDS = {
    ScheduleStatus.DRAFT: N_("draft"),
    ScheduleStatus.APPROVED: N_("in force"),
    ScheduleStatus.SUPERSEDED: N_("superseded"),
}
BASIS_WORDS = {
    Basis.OVERRIDE: N_("an officer gave it this rule"),
    Basis.CLASS: N_("the rule of its class"),
    Basis.DOCUMENTS: N_("the longest period of the case file and its documents"),
}
OFFSET_WORDS = {
    Offset.NONE: N_("from the day after"),
    Offset.END_OF_MONTH: N_("from the first day of the next month"),
    Offset.END_OF_QUARTER: N_("from the first day of the next quarter"),
    Offset.END_OF_YEAR: N_("from 1 January of the next year"),
}


def shown_day(day: date | None) -> str:
    """Return a day for people: `dd/mm/yyyy` in Vietnamese, ISO 8601 in English; a dash when there is none."""
    return day_text(PartialDate(day.year, day.month, day.day)) if day is not None else "–"


def period_text(period: Period | None) -> str:
    """Return a period in words."""
    if period is None:
        return _("permanently")
    count = period.number
    text = {
        Unit.DAYS: ngettext("{count} day", "{count} days", count),
        Unit.WEEKS: ngettext("{count} week", "{count} weeks", count),
        Unit.MONTHS: ngettext("{count} month", "{count} months", count),
        Unit.YEARS: ngettext("{count} year", "{count} years", count),
    }[period.unit]
    return text.format(count=count)


def rule_text(schedule: Schedule) -> str:
    """Return in words how long a schedule keeps, and what follows."""
    action = _(ACTION_WORDS[schedule.action])
    if schedule.period is None:
        return action
    return _("{period}, then {action}").format(period=period_text(schedule.period), action=action)


def trigger_text(schedule: Schedule) -> str:
    """Return in words what begins the period of a schedule."""
    if schedule.trigger is Trigger.EVENT:
        return _("the event “{name}”").format(name=schedule.event)
    if schedule.trigger is Trigger.DATE:
        return _("the date in {element}").format(element=schedule.field)
    if schedule.trigger is Trigger.LAST_DOCUMENT:
        return _("the date of its newest document")
    return _("the day the work ended (endDate)")
