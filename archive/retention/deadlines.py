"""The deadlines of the norm, as a calendar: what must be where by when, for each agency.

- To the current archive: within 60 days of the work's end, at the latest within the year after it.
- To the historical archive: permanent records only, within five years of the year the current archive took
  them in, registered twelve months ahead.

Source:
    Law on Archives 33/2024/QH15, Article 17; Circular 05/2025/TT-BNV, Articles 17 to 25.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from archive.archive import Archive
from archive.drawing import new_sheet
from model.dates import PartialDate
from model.findings import printable
from model.rendering import day_text
from model.text import N_, _, ngettext

SCHEMA = "retention-deadline/1"
TO_CURRENT = timedelta(days=60)
YEARS_TO_HISTORICAL = 5
SOON = timedelta(days=90)
MOST_ROWS = 60

_WIDTH, _ROW, _TOP, _BOTTOM, _LEFT, _RIGHT = 1120, 26, 64, 34, 540, 24
_LABEL = 100
"""Characters of a row's words."""
_GREY, _DARK, _TODAY = "#d5d9de", "#222222", "#b3261e"
_MOST_TICKS = 12


class DeadlineKind(StrEnum):
    """What must be done."""

    CURRENT = "to-current-archive"
    REGISTER = "register-for-historical-archive"
    HISTORICAL = "to-historical-archive"


class DeadlineState(StrEnum):
    """How pressing it is."""

    OVERDUE = "overdue"
    SOON = "soon"
    PLANNED = "planned"


KIND_WORDS = {
    DeadlineKind.CURRENT: N_("hand over to the current archive"),
    DeadlineKind.REGISTER: N_("register for the historical archive"),
    DeadlineKind.HISTORICAL: N_("hand over to the historical archive"),
}
STATE_WORDS = {
    DeadlineState.OVERDUE: N_("overdue"),
    DeadlineState.SOON: N_("within 90 days"),
    DeadlineState.PLANNED: N_("later"),
}
_COLOURS = {DeadlineState.OVERDUE: "#b3261e", DeadlineState.SOON: "#e08a00", DeadlineState.PLANNED: "#3b6ea5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Case files of one agency that must be somewhere by the same day."""

    kind: DeadlineKind
    agency: str
    by: date
    year: int
    """In which the work ended (current archive), or in which the current archive took them in."""
    count: int

    def state(self, today: date) -> DeadlineState:
        """Tell how pressing it is on a day."""
        if today > self.by:
            return DeadlineState.OVERDUE
        return DeadlineState.SOON if self.by - today <= SOON else DeadlineState.PLANNED

    def to_json(self, today: date) -> dict[str, Any]:
        """Return the public form."""
        return {
            "schema": SCHEMA,
            "kind": self.kind.value,
            "agency": self.agency,
            "by": self.by.isoformat(),
            "year": self.year,
            "count": self.count,
            "state": self.state(today).value,
        }

    def line(self, today: date) -> str:
        """Return one line for people."""
        return f"{self.words()}  [{_(STATE_WORDS[self.state(today)])}]"

    def words(self) -> str:
        """Return in words what must be where by when."""
        files = ngettext("{count} case file", "{count} case files", self.count).format(count=self.count)
        since = _("work ended in {year}") if self.kind is DeadlineKind.CURRENT else _("taken in during {year}")
        day = day_text(PartialDate(self.by.year, self.by.month, self.by.day))
        task = f"{_(KIND_WORDS[self.kind])}, {files}, {since.format(year=self.year)}"
        return printable(f"{day}  {self.agency or '–'}  {task}")


def held_deadlines(archive: Archive) -> Iterator[Deadline]:
    """Yield the deadlines of what is held: permanent records that the historical archive has not received."""
    for agency, year, count in archive.catalogue.retention.permanent():
        last = date(year + YEARS_TO_HISTORICAL, 12, 31)
        ahead = date(last.year - 1, 12, 31)
        yield Deadline(kind=DeadlineKind.REGISTER, agency=agency, by=ahead, year=year, count=count)
        yield Deadline(kind=DeadlineKind.HISTORICAL, agency=agency, by=last, year=year, count=count)


def ended_deadlines(ended: Iterable[tuple[str, date]]) -> Iterator[Deadline]:
    """Yield the deadlines of case files that are not in an archive yet.

    Args:
        ended: agency and last day of the work of each.
    """
    counted: dict[tuple[str, date], int] = {}
    for agency, day in ended:
        counted[agency, day] = counted.get((agency, day), 0) + 1
    for (agency, day), count in sorted(counted.items()):
        yield Deadline(
            kind=DeadlineKind.CURRENT, agency=agency, by=_shifted(day, TO_CURRENT), year=day.year, count=count
        )


def plot_deadlines(deadlines: Iterable[Deadline], today: date, suffix: str) -> bytes:
    """Return a picture of the calendar: one row for each deadline, a line for today.

    Args:
        deadlines: in the order of the rows.
        suffix: `.svg`, `.png` or `.pdf`.
    """
    rows = list(deadlines)
    shown = rows[:MOST_ROWS]
    height = _TOP + _ROW * max(1, len(shown)) + _BOTTOM
    sheet = new_sheet(suffix, _WIDTH, height)
    first = _shifted(min([today, *(row.by for row in shown)]), -SOON)
    last = _shifted(max([today, *(row.by for row in shown)]), SOON)
    sheet.words(16, 14, _("What must be handed over by when"), 20, _DARK)
    for number, (state, colour) in enumerate(_COLOURS.items()):
        sheet.box(_LEFT + number * 150, 18, 12, 12, colour)
        sheet.words(_LEFT + number * 150 + 18, 17, _(STATE_WORDS[state]), 12, _DARK)
    years = range(first.year + 1, last.year + 1)
    for year in years[:: max(1, -(-len(years) // _MOST_TICKS))]:
        place = _place(date(year, 1, 1), first, last)
        sheet.box(place, _TOP - 6, 1, height - _TOP - _BOTTOM + 12, _GREY)
        sheet.words(place + 3, _TOP - 20, str(year), 12, _DARK)
    for number, row in enumerate(shown):
        top = _TOP + number * _ROW
        begin, end = sorted((_place(today, first, last), _place(row.by, first, last)))
        sheet.box(begin, top + 5, max(end - begin, 3), _ROW - 12, _COLOURS[row.state(today)])
        text = row.words()
        sheet.words(16, top + 6, text if len(text) <= _LABEL else text[: _LABEL - 1] + "…", 11, _DARK)
    place = _place(today, first, last)
    sheet.box(place, _TOP - 6, 2, height - _TOP - _BOTTOM + 12, _TODAY)
    sheet.words(place + 4, height - _BOTTOM + 8, _("today"), 12, _TODAY)
    if not shown:
        sheet.words(16, _TOP + 4, _("Nothing has to be handed over."), 13, _DARK)
    if len(rows) > len(shown):
        left = len(rows) - len(shown)
        more = ngettext("and {count} more date", "and {count} more dates", left).format(count=left)
        sheet.words(16, height - _BOTTOM + 8, more, 12, _DARK)
    return sheet.content()


def _shifted(day: date, by: timedelta) -> date:
    """Return a day later or earlier, the calendar's last or first one where it has none."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min


def _place(day: date, first: date, last: date) -> float:
    share = (day - first).days / (last - first).days
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(share, 0.0), 1.0)
