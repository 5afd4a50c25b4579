"""Calendar arithmetic against an oracle that counts days and months one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.retention.calendar import dates_of
from archive.retention.values import DisposalAction, Offset, Period, Schedule, Trigger, Unit

DAY = timedelta(days=1)
CENTURY = [date(2000, 1, 1) + n * DAY for n in range((date(2100, 12, 31) - date(2000, 1, 1)).days + 1)]
YEARS = (1, 2, 3, 4, 5, 10, 20, 50, 70)


def schedule(number: int, unit: Unit, offset: Offset, confirmation: int = 0) -> Schedule:
    return Schedule(
        code="S",
        version=1,
        title="",
        action=DisposalAction.DESTROY,
        period=Period(number=number, unit=unit),
        offset=offset,
        confirmation_days=confirmation,
    )


LAST_MONTHS = {
    Offset.END_OF_MONTH: tuple(range(1, 13)),
    Offset.END_OF_QUARTER: (3, 6, 9, 12),
    Offset.END_OF_YEAR: (12,),
}


def last_day_of(day: date, offset: Offset) -> date:
    """Walk to the last day of the month, quarter or year."""
    while (day + DAY).day != 1 or day.month not in LAST_MONTHS[offset]:
        day += DAY
    return day


def month_after(year: int, month: int, months: int) -> tuple[int, int]:
    for _step in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return year, month


def last_number(year: int, month: int) -> int:
    day = date(year, month, 28)
    while (day + DAY).month == month:
        day += DAY
    return day.day


def last_kept(trigger: date, months: int, offset: Offset) -> date:
    """Return the last day of a period of months, as the Civil Code says it in words."""
    if offset is Offset.NONE:
        year, month = month_after(trigger.year, trigger.month, months)
        return date(year, month, min(trigger.day, last_number(year, month)))
    end = last_day_of(trigger, offset)
    year, month = month_after(end.year, end.month, months)
    return date(year, month, last_number(year, month))


@pytest.mark.parametrize("offset", list(Offset))
@pytest.mark.parametrize("years", (1, 4, 70))
def test_every_day_of_a_century_and_every_offset(offset: Offset, years: int) -> None:
    rule = schedule(years, Unit.YEARS, offset)
    ends: dict[tuple[int, int], date] = {}
    for trigger in CENTURY:
        found = dates_of(rule, trigger)
        assert found is not None
        if offset is Offset.NONE:
            assert found.due == last_kept(trigger, 12 * years, offset) + DAY, trigger
            assert found.start == trigger + DAY
            continue
        month = (trigger.year, trigger.month)
        if month not in ends:
            ends[month] = last_kept(trigger, 12 * years, offset)
        assert found.due == ends[month] + DAY, trigger
        assert found.start > trigger


@given(st.sampled_from(CENTURY), st.integers(0, 400), st.sampled_from(list(Offset)))
def test_months(trigger: date, months: int, offset: Offset) -> None:
    found = dates_of(schedule(months, Unit.MONTHS, offset), trigger)
    assert found is not None
    assert found.due == last_kept(trigger, months, offset) + DAY


@given(
    st.sampled_from(CENTURY),
    st.integers(0, 3000),
    st.sampled_from([Unit.DAYS, Unit.WEEKS]),
    st.sampled_from(list(Offset)),
)
def test_days_and_weeks(trigger: date, number: int, unit: Unit, offset: Offset) -> None:
    found = dates_of(schedule(number, unit, offset), trigger)
    days = number * (7 if unit is Unit.WEEKS else 1)
    assert found is not None
    assert (found.due - found.start).days == days


@pytest.mark.parametrize(
    ("trigger", "years", "last"),
    [
        (date(2015, 1, 1), 10, date(2025, 12, 31)),
        (date(2015, 12, 31), 10, date(2025, 12, 31)),
        (date(2016, 2, 29), 5, date(2021, 12, 31)),
        (date(2024, 7, 8), 70, date(2094, 12, 31)),
    ],
)
def test_vietnamese_counting_from_the_year_after(trigger: date, years: int, last: date) -> None:
    found = dates_of(schedule(years, Unit.YEARS, Offset.END_OF_YEAR), trigger)
    assert found is not None
    assert found.start == date(trigger.year + 1, 1, 1)
    assert found.due - DAY == last


@pytest.mark.parametrize(
    ("trigger", "period", "last"),
    [
        (date(2024, 2, 29), Period(number=1, unit=Unit.YEARS), date(2025, 2, 28)),
        (date(2024, 2, 29), Period(number=4, unit=Unit.YEARS), date(2028, 2, 29)),
        (date(2025, 1, 31), Period(number=1, unit=Unit.MONTHS), date(2025, 2, 28)),
        (date(2025, 1, 30), Period(number=1, unit=Unit.MONTHS), date(2025, 2, 28)),
        (date(2025, 2, 28), Period(number=1, unit=Unit.MONTHS), date(2025, 3, 28)),
        (date(2025, 5, 10), Period(number=0, unit=Unit.DAYS), date(2025, 5, 10)),
    ],
)
def test_without_offset_by_the_civil_code(trigger: date, period: Period, last: date) -> None:
    found = dates_of(schedule(period.number, period.unit, Offset.NONE), trigger)
    assert found is not None
    assert found.due - DAY == last


@given(st.dates(), st.integers(0, 1000), st.sampled_from(list(Offset)), st.integers(0, 365))
def test_nothing_is_due_before_its_period_has_ended_anywhere_in_the_calendar(
    trigger: date, years: int, offset: Offset, confirmation: int
) -> None:
    found = dates_of(schedule(years, Unit.YEARS, offset, confirmation), trigger)
    assert found is not None
    assert trigger < found.due or found.due == date.max
    assert found.start <= found.due <= found.confirm_by
    assert found.due.year - trigger.year >= years or found.due == date.max


@given(st.sampled_from(CENTURY), st.sampled_from(CENTURY), st.sampled_from(YEARS), st.sampled_from(list(Offset)))
def test_a_later_trigger_is_never_due_earlier(one: date, other: date, years: int, offset: Offset) -> None:
    rule = schedule(years, Unit.YEARS, offset)
    earlier, later = (dates_of(rule, day) for day in sorted((one, other)))
    assert earlier is not None
    assert later is not None
    assert earlier.due <= later.due


def test_what_is_retained_permanently_is_never_due() -> None:
    rule = Schedule(code="P", version=1, title="", action=DisposalAction.RETAIN, trigger=Trigger.CLOSED)
    assert dates_of(rule, date(2020, 1, 1)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": DisposalAction.DESTROY},
        {"action": DisposalAction.RETAIN, "period": Period(number=1, unit=Unit.YEARS)},
        {"action": DisposalAction.RETAIN, "trigger": Trigger.EVENT},
        {"action": DisposalAction.RETAIN, "trigger": Trigger.DATE, "event": "x"},
    ],
)
def test_a_schedule_that_contradicts_itself_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Schedule(code="X", version=1, title="", **wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(("number", "unit"), [(-1, Unit.DAYS), (1001, Unit.YEARS), (10**9, Unit.DAYS)])
def test_a_period_nobody_keeps_cannot_be(number: int, unit: Unit) -> None:
    with pytest.raises(ValueError):
        Period(number=number, unit=unit)
