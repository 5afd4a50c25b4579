"""Records due for opening to the public, by access level and the end of the work.

Source:
    Law on Archives 33/2024/QH15, Articles 24 and 25; the years are those of the earlier law (01/2011/QH13,
    Article 30) until a decree names others, and can be set with `[retention] conditional_years`.
"""

from collections.abc import Iterator
from datetime import date

from archive.archive import Archive
from archive.retention.due import DueRecord, described

PUBLIC, CONDITIONAL = "01", "02"


def opening_records(archive: Archive, by: date, years: int) -> Iterator[DueRecord]:
    """Yield the records with conditional access that may be opened on a day or before.

    Args:
        years: counted from 1 January of the year after the work ended.
    """
    first = by.year - years
    if first < 1:
        return
    yield from described(archive, archive.catalogue.retention.ended_before(CONDITIONAL, date(first, 1, 1)))
