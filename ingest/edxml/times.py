"""Dates and times as messages write them: year first or day first, with or without a time."""

import re
from datetime import UTC, datetime, timedelta, timezone

from model.dates import PartialDate

VIETNAM = timezone(timedelta(hours=7))
"""Times without a zone are Vietnamese."""

_CLOCK = (
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm]|SA|CH)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<sign>[/.\-])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})" + _CLOCK)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?P<sign>[/.\-])(?P<month>\d{1,2})(?P=sign)(?P<year>\d{4})" + _CLOCK)
_PRESCRIBED = re.compile(r"\d{4}/\d{2}/\d{2}")
_LONGEST = 64


def read_date(text: str) -> PartialDate:
    """Read a date; of two numbers before a year the first is always the day.

    Raises:
        ValueError: not a date, or one that does not exist.
    """
    found = _match(text)
    return PartialDate(int(found["year"]), int(found["month"]), int(found["day"]))


def read_time(text: str) -> datetime:
    """Read a date with a time, midnight where none is given; without a zone it is Vietnamese time.

    Returns:
        An aware time in UTC.

    Raises:
        ValueError: not a time, or one that does not exist.
    """
    found = _match(text)
    hour = int(found["hour"] or 0)
    half = (found["half"] or "").upper()
    if half in ("PM", "CH") and hour < 12:
        hour += 12
    elif half in ("AM", "SA") and hour == 12:
        hour = 0
    moment = datetime(
        int(found["year"]),
        int(found["month"]),
        int(found["day"]),
        hour,
        int(found["minute"] or 0),
        int(found["second"] or 0),
        int(((found["part"] or "") + "000000")[:6]),
        tzinfo=_zone(found["zone"] or ""),
    )
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"out of range: {text[:_LONGEST]!r}") from error


def is_prescribed(text: str) -> bool:
    """Tell whether a date begins as the regulation wants it: `YYYY/MM/DD`."""
    return _PRESCRIBED.match(text) is not None


def _match(text: str) -> re.Match[str]:
    plain = text.strip()
    found = None
    if len(plain) <= _LONGEST and plain.isascii():
        found = _YEAR_FIRST.fullmatch(plain) or _DAY_FIRST.fullmatch(plain)
    if found is None:
        raise ValueError(f"not a date: {text[:_LONGEST]!r}")
    return found


def _zone(text: str) -> timezone:
    if not text:
        return VIETNAM
    if text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)
