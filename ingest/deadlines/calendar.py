"""All deadlines of the norm, also of the case files that still lie on the desk."""

from collections.abc import Iterator
from datetime import date
from itertools import chain

from archive.archive import Archive
from archive.retention.deadlines import Deadline, ended_deadlines, held_deadlines
from archive.retention.schedules import bring_level
from ingest.desk.desk import case_of
from ingest.desk.values import FileState

_ON_THE_DESK = (FileState.OPEN, FileState.CLOSED, FileState.REFUSED)
_PAGE = 500


def all_deadlines(archive: Archive, agency: str = "") -> list[Deadline]:
    """Return the deadlines of all agencies or of one, the next first."""
    bring_level(archive)
    found = chain(held_deadlines(archive), ended_deadlines(_ended(archive)))
    wanted = (item for item in found if agency in ("", item.agency))
    return sorted(wanted, key=lambda item: (item.by, item.agency, item.kind, item.year))


def _ended(archive: Archive) -> Iterator[tuple[str, date]]:
    """Yield agency and last day of the work of every case file on the desk whose work has an end."""
    states = [state.value for state in _ON_THE_DESK]
    after = ("", "")
    while rows := archive.catalogue.desk.files_after(states, after, _PAGE):
        for row in rows:
            case = case_of(row)
            if case.end_date is not None:
                yield case.agency_code, case.end_date.latest
        after = rows[-1].opened_at, rows[-1].id
