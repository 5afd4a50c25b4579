"""When a period of keeping ends: pure arithmetic on days.

A period with an offset begins on the first day after the month, quarter or year of its trigger, so it ends
on a last day of a month. A period without one begins on the day after its trigger and ends with the day of
the same number; where the last month has no such day, with that month's last day.

Source:
    Civil Code 2015, Articles 147 and 148; Circular 10/2022/TT-BNV.
"""

from calendar import monthrange
from datetime import MAXYEAR, date, timedelta

from archive.retention.values import Dates, Offset, Period, Schedule, Unit

_DAY = timedelta(days=1)
_MONTHS = {Offset.END_OF_MONTH: 1, Offset.END_OF_QUARTER: 3, Offset.END_OF_YEAR: 12}


def dates_of(schedule: Schedule, trigger: date) -> Dates | None:
    """Return the days that follow from a trigger; none where nothing is ever due.

    A day beyond the calendar's last year is the calendar's last day: nothing is ever due too early.
    """
    if schedule.period is None:
        return None
    start = first_day(trigger, schedule.offset)
    if schedule.offset is Offset.NONE:
        due = _later(added(trigger, schedule.period), 1)
    else:
        due = added(start, schedule.period)
    return Dates(start=start, due=due, confirm_by=_later(due, schedule.confirmation_days))


def first_day(trigger: date, offset: Offset) -> date:
    """Return the first day that counts."""
    if offset is Offset.NONE:
        return _later(trigger, 1)
    span = _MONTHS[offset]
    month = (trigger.month - 1) // span * span + span
    return _later(date(trigger.year, month, monthrange(trigger.year, month)[1]), 1)


def added(day: date, period: Period) -> date:
    """Return a day later by a period; the month's last day where it has no such day."""
    if period.unit in (Unit.DAYS, Unit.WEEKS):
        return _later(day, period.number * (7 if period.unit is Unit.WEEKS else 1))
    months = period.number * (12 if period.unit is Unit.YEARS else 1) + day.month - 1
    year, month = day.year + months // 12, months % 12 + 1
    if year > MAXYEAR:
        return date.max
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _later(day: date, days: int) -> date:
    return day + days * _DAY if (date.max - day).days >= days else date.max
