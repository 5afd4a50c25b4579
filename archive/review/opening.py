"""Opening a review: the list of what is due, and what is left out of it and why.

Source:
    Circular 06/2025/TT-BNV (the officers draw up the list); Circular 05/2025/TT-BNV, Article 48 (the system
    itself lists what is past its period, and duplicates)
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from archive.accounts.acting import require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.catalogue.reviews import ReviewTransaction
from archive.retention.schedules import bring_level
from archive.retention.values import DisposalAction, Retention
from archive.review.acts import item_line
from archive.review.recording import check_texts, record, restore_reviews
from archive.review.spooling import write_spool
from archive.review.values import ItemState, Opened, Reason, Review, ReviewItem
from model.errors import PolicyError
from model.identifiers import new_uuid
from model.text import N_

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a review is to be opened over."""

    title: str
    by: date | None = None
    """Due on this day or before; today when none."""
    fonds: str = ""
    schedule: str = ""
    duplicates: bool = False
    """Look for case files that another one holds with the same content, and say so in the list."""


def open_review(archive: Archive, request: Request, because: str) -> Review:
    """Open a review over the records whose period has ended and whose rule asks for destruction.

    Raises:
        PolicyError: nobody is logged in as records officer, nothing is due, or the day has not come.
    """
    person = require(archive, Role.RECORDS_OFFICER)
    check_texts(request.title, because)
    day = _day(archive, request)
    restore_reviews(archive)
    seen = {known for known, _number_ in archive.catalogue.reviews.all()}
    review_id, count = new_uuid(archive.clock.now()), Counter[ItemState]()
    items = write_spool(archive, review_id, _counted(candidates(archive, request), count))
    if not count[ItemState.LISTED]:
        raise _nothing_due(count)

    def build(transaction: ReviewTransaction, _review: Review | None) -> Opened:
        if transaction.known() - seen:
            raise PolicyError(
                N_("Another review was opened at the same moment; it may be over some of these case files."),
                hint=N_("Open this one again: it leaves them out."),
            )
        return Opened(
            number=_number(archive, transaction),
            title=request.title,
            fonds=request.fonds,
            schedule=request.schedule,
            day=day,
            listed=count[ItemState.LISTED],
            held=count[ItemState.HELD],
            elsewhere=count[ItemState.ELSEWHERE],
            items=items,
        )

    return record(archive, review_id, person, because, build)


def candidates(archive: Archive, request: Request) -> Iterator[ReviewItem]:
    """Yield what a review would be opened over, those held or in another review among them, in bounded memory.

    Raises:
        PolicyError: the day has not come.
    """
    day = _day(archive, request)
    bring_level(archive)
    records = _wanted(archive.catalogue.retention.due(day, fonds=request.fonds), request.schedule)
    position = 0
    while some := list(islice(records, _AT_ONCE)):
        for item in _described(archive, some, request, position):
            position = item.position
            yield item


def _wanted(records: Iterable[Retention], schedule: str) -> Iterator[Retention]:
    for record_ in records:
        if record_.action is DisposalAction.DESTROY and schedule in ("", record_.schedule):
            yield record_


def _described(archive: Archive, some: list[Retention], request: Request, position: int) -> Iterator[ReviewItem]:
    identifiers = [item.aip_id for item in some]
    described = archive.catalogue.reviews.described(identifiers)
    holds = archive.catalogue.holds.barring(identifiers)
    elsewhere = archive.catalogue.reviews.elsewhere(identifiers)
    for retention in some:
        known = described.get(retention.aip_id)
        if known is None:
            continue  # gone since it was listed as due
        position += 1
        twin = archive.catalogue.reviews.twin(retention.aip_id) if request.duplicates else ""
        state, note = ItemState.LISTED, twin
        if retention.aip_id in elsewhere:
            state, note = ItemState.ELSEWHERE, elsewhere[retention.aip_id]
        if retention.aip_id in holds:
            state, note = ItemState.HELD, "; ".join(hold.title for hold in holds[retention.aip_id])
        yield ReviewItem(
            position=position,
            aip_id=retention.aip_id,
            code=known.code,
            title=known.title,
            fonds=retention.fonds,
            schedule=f"{retention.schedule} v{retention.version}",
            trigger=retention.trigger.isoformat() if retention.trigger else "",
            due=retention.dates.due.isoformat() if retention.dates else "",
            start=known.start,
            end=known.end,
            documents=known.documents,
            files=known.files,
            bytes=known.bytes,
            reason=Reason.DUPLICATE if twin else Reason.EXPIRED,
            state=state,
            note=note,
        )


def _counted(items: Iterable[ReviewItem], count: Counter[ItemState]) -> Iterator[str]:
    for item in items:
        count[item.state] += 1
        yield item_line(item)


def _day(archive: Archive, request: Request) -> date:
    today = archive.clock.now().date()
    day = request.by or today
    if day > today:
        raise PolicyError(
            N_("{day} has not come: what is due then is not past its period yet."),
            hint=N_("Open the review on that day; `chauban retention due --by` shows what will be due."),
            day=day.isoformat(),
        )
    return day


def _number(archive: Archive, transaction: ReviewTransaction) -> str:
    year = archive.clock.now().year
    last = max((int(number.partition("-")[2]) for number in transaction.numbers(year)), default=0)
    return f"{year}-{last + 1:03d}"


def _nothing_due(count: Counter[ItemState]) -> PolicyError:
    return PolicyError(
        N_("No case file can be reviewed: {held} due ones are held, {elsewhere} are in another open review."),
        hint=N_("`chauban retention due` shows what is due, with the holds on it."),
        held=count[ItemState.HELD],
        elsewhere=count[ItemState.ELSEWHERE],
    )
