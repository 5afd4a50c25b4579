"""The renewal calendar as a picture: one row for everything that ends together, a line for today.

Drawn once with rectangles and words, on paper (PDF), as vectors (SVG) or as pixels (PNG).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from archive.drawing import Sheet, new_sheet
from archive.evidence.renewal_showing import kind_word, reason_text
from archive.evidence.renewal_values import PlannedRenewal, RenewalState
from model.findings import printable
from model.rendering import date_text
from model.text import _, ngettext

MOST_ROWS = 60
_WIDTH, _ROW, _TOP, _BOTTOM, _LEFT, _RIGHT = 1000, 26, 64, 34, 330, 24
_COLOURS = {
    RenewalState.OVERDUE: "#b3261e",
    RenewalState.DUE: "#e08a00",
    RenewalState.PLANNED: "#3b6ea5",
}
_GREY, _DARK, _TODAY = "#d5d9de", "#222222", "#b3261e"
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Renewals that must be done by the same day, for the same reason."""

    plan: PlannedRenewal
    count: int
    """Batches."""
    begin: datetime
    by: datetime
    since: datetime


def plot_calendar(plans: Iterable[PlannedRenewal], now: datetime, suffix: str) -> bytes:
    """Return a picture of the calendar.

    Args:
        now: where the line for today stands.
        suffix: `.svg`, `.png` or `.pdf`.
    """
    rows = _rows(plans)
    shown = rows[:MOST_ROWS]
    height = _TOP + _ROW * max(1, len(shown)) + _BOTTOM
    sheet = new_sheet(suffix, _WIDTH, height)
    first = min([now, *(row.since for row in shown)])
    last = max([now, *(row.by for row in shown)]) + timedelta(days=60)
    sheet.words(16, 14, _("What must be renewed by when"), 20, _DARK)
    _axis(sheet, first, last, height)
    for number, row in enumerate(shown):
        _draw(sheet, row, _TOP + number * _ROW, first, last)
    place = _place(now, first, last)
    sheet.box(place, _TOP - 6, 2, height - _TOP - _BOTTOM + 12, _TODAY)
    sheet.words(place + 4, height - _BOTTOM + 8, _("today"), 12, _TODAY)
    if not shown:
        sheet.words(16, _TOP + 4, _("Nothing is sealed, or nothing ends."), 13, _DARK)
    if len(rows) > len(shown):
        left = len(rows) - len(shown)
        more = ngettext("and {count} more date", "and {count} more dates", left).format(count=left)
        sheet.words(16, height - _BOTTOM + 8, more, 12, _DARK)
    return sheet.content()


def _rows(plans: Iterable[PlannedRenewal]) -> list[_Row]:
    known = [plan for plan in plans if plan.by is not None]
    rows = []
    for (by, *_rest), group in groupby(sorted(known, key=_together), key=_together):
        same = list(group)
        since = min((plan.last or by for plan in same), default=by)
        rows.append(_Row(plan=same[0], count=len(same), begin=same[0].begin or by, by=by, since=since))
    return rows


def _together(plan: PlannedRenewal) -> tuple[datetime, str, str, str]:
    name = plan.reason.name if plan.reason else ""
    return plan.by or datetime.max.replace(tzinfo=UTC), plan.batch.authority, plan.kind.value, name


def _place(moment: datetime, first: datetime, last: datetime) -> float:
    share = (moment - first) / (last - first)
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(share, 0.0), 1.0)


def _axis(sheet: Sheet, first: datetime, last: datetime, height: float) -> None:
    years = range(first.year + 1, last.year + 1)
    step = max(1, -(-len(years) // _MOST_TICKS))
    for year in years[::step]:
        place = _place(datetime(year, 1, 1, tzinfo=UTC), first, last)
        sheet.box(place, _TOP - 6, 1, height - _TOP - _BOTTOM + 12, _GREY)
        sheet.words(place + 3, _TOP - 20, str(year), 12, _DARK)


def _draw(sheet: Sheet, row: _Row, top: float, first: datetime, last: datetime) -> None:
    since, begin, by = (_place(moment, first, last) for moment in (row.since, row.begin, row.by))
    begin = min(max(begin, since), by)
    sheet.box(since, top + 5, max(begin - since, 1), _ROW - 12, _GREY)
    sheet.box(begin, top + 5, max(by - begin, 3), _ROW - 12, _COLOURS.get(row.plan.state, _DARK))
    batches = ngettext("{count} batch", "{count} batches", row.count).format(count=row.count)
    head = f"{date_text(row.by)[:10]}  {row.plan.batch.authority}: {kind_word(row.plan.kind)}, {batches}"
    sheet.words(16, top + 1, _cut(head), 12, _DARK)
    sheet.words(16, top + 13, _cut(reason_text(row.plan)), 10, _DARK)


def _cut(text: str) -> str:
    plain = printable(text)
    return plain if len(plain) <= 56 else plain[:55] + "…"
