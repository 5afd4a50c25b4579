"""The index follows the change feed, whatever happened before."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import pytest

from archive.catalogue.values import Change
from archive.search.follower import follow
from archive.search.index import SearchIndex
from archive.search.values import IndexEntry, Level, SearchRequest
from model.errors import ConflictError, NotFoundError, StorageError


class Catalogue:
    """A change feed in memory with what it speaks of."""

    def __init__(self) -> None:
        self.feed: list[Change] = []
        self.titles: dict[UUID, str] = {}
        self.sizes: dict[UUID, int] = {}
        self.broken: set[UUID] = set()
        self.loads = 0

    def put(self, number: int, title: str, *, documents: int = 1) -> UUID:
        aip_id = UUID(int=number)
        self.titles[aip_id] = title
        self.sizes[aip_id] = documents
        self.feed.append(Change(sequence=len(self.feed) + 1, aip_id=aip_id, version=1, action="put"))
        return aip_id

    def remove(self, number: int) -> None:
        self.titles.pop(UUID(int=number))
        self.feed.append(Change(sequence=len(self.feed) + 1, aip_id=UUID(int=number), version=1, action="remove"))

    def changes(self, after: int, limit: int) -> list[Change]:
        return [change for change in self.feed if change.sequence > after][:limit]

    def load(self, aip_id: UUID, version: int) -> Iterable[IndexEntry]:
        self.loads += 1
        if aip_id not in self.titles:
            raise NotFoundError("gone")
        for number in range(self.sizes[aip_id]):
            if aip_id in self.broken and number == self.sizes[aip_id] - 1:
                raise StorageError("unreadable")
            yield IndexEntry(
                id=f"{aip_id}/{number}",
                aip_id=str(aip_id),
                level=Level.DOCUMENT,
                code=f"{aip_id.int}.{number}",
                title=self.titles[aip_id],
            )


def total(index: SearchIndex, query: str = "") -> int:
    return index.search(SearchRequest(query=query, limit=0)).total


def test_follows_puts_changes_and_removals(tmp_path: Path) -> None:
    held = Catalogue()
    for number in range(30):
        held.put(number, "Hồ sơ cũ")
    with SearchIndex.open(tmp_path) as index:
        assert follow(index, held.changes, held.load, batch=7) == 30
        assert (index.cursor, total(index, "cũ")) == (30, 30)
        held.put(3, "Hồ sơ mới")
        held.put(3, "Hồ sơ mới nhất")
        held.remove(4)
        assert follow(index, held.changes, held.load) == 35, "two changes; then a removal, which starts the index anew"
        assert (index.cursor, total(index), total(index, '"mới nhất"'), total(index, "cũ")) == (33, 29, 1, 28)
        before = held.loads
        assert follow(index, held.changes, held.load) == 0
        assert held.loads == before


def test_a_package_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    held = Catalogue()
    held.put(1, "a")
    held.titles.pop(held.put(2, "b"))
    with SearchIndex.open(tmp_path) as index:
        assert follow(index, held.changes, held.load) == 2
        assert total(index) == 1


@pytest.mark.parametrize("documents", [3, 450])
def test_an_error_keeps_what_came_before_and_nothing_of_its_package(tmp_path: Path, documents: int) -> None:
    held = Catalogue()
    for number in range(5):
        held.put(number, "Hồ sơ")
    broken = held.put(5, "Hỏng", documents=documents)
    held.broken.add(broken)
    held.put(6, "Sau")
    with SearchIndex.open(tmp_path) as index:
        for _ in range(2):
            with pytest.raises(StorageError):
                follow(index, held.changes, held.load)
            assert (index.cursor, total(index), total(index, "hỏng")) == (5, 5, 0)
        held.broken.clear()
        assert follow(index, held.changes, held.load) == 2
        assert total(index) == 5 + documents + 1


def test_an_index_ahead_of_its_catalogue_starts_anew(tmp_path: Path) -> None:
    held, rebuilt = Catalogue(), Catalogue()
    for number in range(20):
        held.put(number, "Cũ")
    for number in range(5):
        rebuilt.put(100 + number, "Mới")
    with SearchIndex.open(tmp_path) as index:
        follow(index, held.changes, held.load)
        assert follow(index, rebuilt.changes, rebuilt.load) == 5
        assert (index.cursor, total(index), total(index, "cu")) == (5, 5, 0)


def test_an_index_of_another_catalogue_is_thrown_away(tmp_path: Path) -> None:
    held, other = Catalogue(), Catalogue()
    for number in range(5):
        held.put(number, "Cũ")
        other.put(100 + number, "Mới")
    with SearchIndex.open(tmp_path, source_id="first") as index:
        follow(index, held.changes, held.load)
    with SearchIndex.open(tmp_path, source_id="first") as index:
        assert (index.cursor, total(index)) == (5, 5)
    with SearchIndex.open(tmp_path, source_id="second") as index:
        assert (index.cursor, total(index)) == (0, 0)
        assert follow(index, other.changes, other.load) == 5
        assert total(index, "mới") == 5
        assert follow(index, other.changes, other.load) == 0


def test_following_waits_for_no_one_longer_than_told(tmp_path: Path) -> None:
    held = Catalogue()
    held.put(1, "x")
    with SearchIndex.open(tmp_path) as one, SearchIndex.open(tmp_path) as two, one.writing():
        with pytest.raises(ConflictError):
            follow(two, held.changes, held.load, wait=0.05)
        with pytest.raises(ConflictError):
            two.try_apply((), ("x",), 1)
    with SearchIndex.open(tmp_path) as two:
        assert follow(two, held.changes, held.load) == 1
