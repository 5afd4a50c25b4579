"""Dates of records, which may be known only to the month or the year."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A calendar date known to the day, the month or the year.

    Source:
        Circular 05/2025/TT-BNV, Annex I: `DD/MM/YYYY`, in archival packages also `MM/YYYY` and `YYYY`.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999:
            raise ValueError(f"year {self.year} out of range")
        if self.day is not None and self.month is None:
            raise ValueError("a day needs a month")
        if self.month is not None:
            date(self.year, self.month, 1 if self.day is None else self.day)

    @property
    def earliest(self) -> date:
        """First day the date may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """Last day the date may mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def iso(self) -> str:
        """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    @property
    def vietnamese(self) -> str:
        """`YYYY`, `MM/YYYY` or `DD/MM/YYYY`."""
        return "/".join(reversed(self.iso.split("-")))

    @classmethod
    def from_iso(cls, text: str) -> "PartialDate":
        """Read `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.

        Raises:
            ValueError: anything else.
        """
        parts = [int(part) for part in text.split("-")]
        if not 1 <= len(parts) <= 3:
            raise ValueError(f"not a date: {text!r}")
        return cls(*parts)


def utc_text(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC with milliseconds, such as `2026-03-02T08:00:00.000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_utc_text(text: str) -> datetime:
    """Read an ISO 8601 time with a zone.

    Raises:
        ValueError: not such a time, or no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}")
    return moment.astimezone(UTC)


def local_text(moment: datetime, language: str) -> str:
    """Return a time for people: `dd/mm/yyyy HH:MM` local time in Vietnamese, ISO 8601 in English."""
    try:
        local = moment.astimezone()
    except OverflowError:  # the very first and last hours a date can name
        local = moment
    return local.strftime("%d/%m/%Y %H:%M" if language == "vi" else "%Y-%m-%d %H:%M")
