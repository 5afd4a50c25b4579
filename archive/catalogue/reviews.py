"""Reviews in the catalogue: an index of the acts and lists that the stores keep.

Every act takes the lock that the destruction of one record takes: an objection is seen by all that are
destroyed after it, and none is raised in the midst of one.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.columns import Identifier
from archive.catalogue.database import STREAM_ROWS, Database, Lock, batches, insert_rows
from archive.catalogue.disposal_tables import stubs
from archive.catalogue.review_tables import review_acts, review_items, reviews
from archive.catalogue.rows import storable
from archive.catalogue.tables import case_files, files, package_versions
from archive.review.values import ENDED, ItemState, Review, ReviewState

_ITEM = ("review_id", "position", "aip_id", "case_code", "state", "note", "line")
_OPEN = [state.value for state in ReviewState if state not in ENDED]
_PAGE = 500
_TWINS = 20
"""Case files with one file in common that are looked at more closely."""

DUMPED: dict[str, sa.Select[Any]] = {
    "reviews": sa.select(reviews).order_by(reviews.c.id),
    "review_acts": sa.select(review_acts).order_by(review_acts.c.review_id, review_acts.c.seq),
    "review_items": sa.select(review_items).order_by(review_items.c.review_id, review_items.c.position),
}
"""What a rebuild must give again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One case file of a list, as the catalogue keeps it."""

    review_id: uuid.UUID
    position: int
    aip_id: uuid.UUID
    case_code: str
    state: ItemState
    note: str
    line: str
    """The line of the list in the stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a list tells of one record beside its retention."""

    code: str
    title: str
    start: str
    end: str
    documents: int
    files: int
    bytes: int


class ReviewTransaction:
    """The transaction in which one act is tested and entered."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self.connection = connection

    def acts(self, review_id: uuid.UUID) -> list[str]:
        """Return the acts of a review, in their order."""
        return _acts(self.connection, review_id)

    def put(self, review: Review, content: str) -> None:
        """Enter the newest act of a review and what it comes to."""
        row = {"id": review.id, "number": review.number, "state": review.state.value}
        if review.acts == 1:
            row["opened_at"] = review.opened.at.isoformat()
            self.connection.execute(sa.insert(reviews), row)
        else:
            self.connection.execute(sa.update(reviews).where(reviews.c.id == review.id).values(row))
        act = {"review_id": review.id, "seq": review.acts, "content": content}
        self.connection.execute(sa.insert(review_acts), act)

    def put_items(self, items: Iterable[ItemRow]) -> None:
        """Enter the list of a review that is being opened."""
        as_text = self._database.sqlite
        for batch in batches(items, STREAM_ROWS):
            rows = [
                (
                    str(item.review_id) if as_text else item.review_id,
                    item.position,
                    str(item.aip_id) if as_text else item.aip_id,
                    storable(item.case_code),
                    item.state.value,
                    item.note,
                    item.line,
                )
                for item in batch
            ]
            insert_rows(self.connection, review_items, _ITEM, rows)

    def numbers(self, year: int) -> list[str]:
        """Return the numbers given to reviews of a year."""
        within = (reviews.c.number >= f"{year}-") & (reviews.c.number <= f"{year}-~")
        return list(self.connection.scalars(sa.select(reviews.c.number).where(within)))

    def find(self, review_id: uuid.UUID, written: str) -> list[ItemRow]:
        """Return the case files of a list that a code or identifier means."""
        wanted = review_items.c.case_code == storable(written)
        with suppress(ValueError):  # a code, then
            wanted = wanted | (review_items.c.aip_id == uuid.UUID(written))
        query = sa.select(review_items).where(review_items.c.review_id == review_id, wanted)
        return [_item_of(row) for row in self.connection.execute(query.order_by(review_items.c.position))]

    def settle(self, review_id: uuid.UUID, states: Iterable[tuple[uuid.UUID, ItemState, str]]) -> None:
        """Note how single case files of a list stand, and why; what was decided about one earlier stays."""
        item = review_items.c
        query = (
            sa.update(review_items)
            .where(
                item.review_id == review_id,
                item.aip_id == sa.bindparam("record", type_=Identifier),
                (item.state == ItemState.LISTED.value) | (item.state == ItemState.BLOCKED.value),
            )
            .values(state=sa.bindparam("becomes"), note=sa.bindparam("why"))
        )
        for batch in batches(states, _PAGE):
            rows = [{"record": aip_id, "becomes": state.value, "why": note} for aip_id, state, note in batch]
            self.connection.execute(query, rows)

    def keep_all_but(self, review_id: uuid.UUID, passing: Iterable[uuid.UUID]) -> None:
        """Note that all case files still listed are kept, except some."""
        item = review_items.c
        listed = (item.review_id == review_id) & (item.state == ItemState.LISTED.value)
        spared: list[int] = []
        for batch in batches(passing, _PAGE):
            query = sa.select(item.position).where(listed, item.aip_id.in_(batch))
            spared.extend(self.connection.scalars(query))
        self.connection.execute(sa.update(review_items).where(listed).values(state=ItemState.KEPT.value))
        for positions in batches(spared, _PAGE):
            mine = (item.review_id == review_id) & item.position.in_(positions)
            self.connection.execute(sa.update(review_items).where(mine).values(state=ItemState.LISTED.value))

    def known(self) -> set[uuid.UUID]:
        """Return the identifiers of all reviews."""
        return set(self.connection.scalars(sa.select(reviews.c.id)))

    def marked(self, aip_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Return those of some records that are marked as destroyed."""
        found: set[uuid.UUID] = set()
        for batch in batches(aip_ids, _PAGE):
            found.update(self.connection.scalars(sa.select(stubs.c.aip_id).where(stubs.c.aip_id.in_(batch))))
        return found

    def any_marked(self, review_id: uuid.UUID) -> bool:
        """Tell whether anything was destroyed under a review."""
        query = sa.select(stubs.c.aip_id).where(stubs.c.review_id == review_id).limit(1)
        return self.connection.execute(query).first() is not None


class ReviewTable:
    """The reviews of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def acting(self) -> Iterator[ReviewTransaction]:
        """Open the transaction of one act; every other act, hold and destruction waits until it has ended."""
        with self._database.write() as connection:
            self._database.lock(connection, Lock.DISPOSAL)
            yield ReviewTransaction(self._database, connection)

    def acts(self, review_id: uuid.UUID) -> list[str]:
        """Return the acts of a review, in their order."""
        with self._database.read() as connection:
            return _acts(connection, review_id)

    def all(self) -> list[tuple[uuid.UUID, str]]:
        """Return identifier and number of every review, oldest first."""
        query = sa.select(reviews.c.id, reviews.c.number).order_by(reviews.c.opened_at, reviews.c.id)
        with self._database.read() as connection:
            return [(row.id, row.number) for row in connection.execute(query)]

    def counts(self, review_id: uuid.UUID) -> dict[ItemState, int]:
        """Count the case files of a list by state."""
        item = review_items.c
        query = sa.select(item.state, sa.func.count()).where(item.review_id == review_id).group_by(item.state)
        with self._database.read() as connection:
            return {ItemState(state): count for state, count in connection.execute(query)}

    def items(self, review_id: uuid.UUID, *states: ItemState) -> Iterator[ItemRow]:
        """Yield the case files of a list in its order, or those in some states, in bounded memory."""
        query = sa.select(review_items).where(review_items.c.review_id == review_id)
        if states:
            query = query.where(review_items.c.state.in_([state.value for state in states]))
        with self._database.stream() as connection:
            for row in connection.execute(query.order_by(review_items.c.position)).yield_per(STREAM_ROWS):
                yield _item_of(row)

    def elsewhere(self, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
        """Return for some records the number of the open review that proposes them."""
        query = (
            sa.select(review_items.c.aip_id, reviews.c.number)
            .join(reviews, reviews.c.id == review_items.c.review_id)
            .where(
                review_items.c.aip_id.in_(aip_ids),
                review_items.c.state == ItemState.LISTED.value,
                reviews.c.state.in_(_OPEN),
            )
        )
        with self._database.read() as connection:
            return {row.aip_id: row.number for row in connection.execute(query)}

    def described(self, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Described]:
        """Return what a list tells of some records."""
        case, version = case_files.c, package_versions.c
        query = (
            sa.select(
                case.aip_id,
                case.case_code,
                case.title,
                case.start_date,
                case.end_date,
                version.document_count,
                version.file_count,
                version.byte_count,
            )
            .join(package_versions, (version.aip_id == case.aip_id) & (version.version == case.current_version))
            .where(case.aip_id.in_(aip_ids))
        )
        with self._database.read() as connection:
            return {
                row.aip_id: Described(
                    code=row.case_code,
                    title=row.title,
                    start=row.start_date or "",
                    end=row.end_date or "",
                    documents=row.document_count,
                    files=row.file_count,
                    bytes=row.byte_count,
                )
                for row in connection.execute(query)
            }

    def twin(self, aip_id: uuid.UUID) -> str:
        """Return the code of another case file that holds exactly the same files; nothing where there is none."""
        with self._database.read() as connection:
            number = connection.scalar(_current().where(case_files.c.aip_id == aip_id))
            digests = _digests(connection, number)
            if not digests:
                return ""
            same = (
                sa.select(case_files.c.case_code, package_versions.c.id)
                .join(package_versions, _IS_CURRENT)
                .join(files, files.c.version_id == package_versions.c.id)
                .where(files.c.sha256 == digests[0], case_files.c.aip_id != aip_id)
                .distinct()
                .limit(_TWINS)
            )
            for row in connection.execute(same).all():
                if _digests(connection, row.id) == digests:
                    return str(row.case_code)
        return ""

    def clear(self) -> None:
        """Remove everything, before a rebuild brings it back from the stores."""
        with self._database.write() as connection:
            for item in (review_items, review_acts, reviews):
                connection.execute(sa.delete(item))


def item_state(connection: Connection, review_id: uuid.UUID, aip_id: uuid.UUID) -> ItemState | None:
    """Return how a record stands in a list, as this transaction sees it; none where it is not on it."""
    query = sa.select(review_items.c.state).where(
        review_items.c.review_id == review_id, review_items.c.aip_id == aip_id
    )
    state = connection.scalar(query)
    return ItemState(state) if state is not None else None


_IS_CURRENT = (package_versions.c.aip_id == case_files.c.aip_id) & (
    package_versions.c.version == case_files.c.current_version
)


def _current() -> sa.Select[Any]:
    return sa.select(package_versions.c.id).select_from(case_files).join(package_versions, _IS_CURRENT)


def _digests(connection: Connection, version_id: int | None) -> list[bytes]:
    query = sa.select(files.c.sha256).where(files.c.version_id == version_id)
    return sorted(bytes(value) for value in connection.scalars(query))


def _acts(connection: Connection, review_id: uuid.UUID) -> list[str]:
    query = sa.select(review_acts.c.content).where(review_acts.c.review_id == review_id)
    return list(connection.scalars(query.order_by(review_acts.c.seq)))


def _item_of(row: Any) -> ItemRow:
    return ItemRow(
        review_id=row.review_id,
        position=row.position,
        aip_id=row.aip_id,
        case_code=row.case_code,
        state=ItemState(row.state),
        note=row.note,
        line=row.line,
    )
