"""Holds in the catalogue, on both databases."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.database import Database, Lock
from archive.catalogue.holds import barring
from archive.retention.hold_values import Hold, HoldScope, Lifting, ScopeKind
from archive.retention.values import Assignment
from model.identifiers import derived_uuid
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue
from tests.fakes.catalogue_samples import ROOT, registration

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LIFTING = Lifting(by="lan", at=NOW, because="hết lý do")


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_catalogue(request.param, tmp_path)


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with open_catalogue(url) as opened:
        yield opened


def take(catalogue: Catalogue, number: int, **described: object) -> UUID:
    given = registration(number)
    case_file = replace(given.held.case_file, **described)  # type: ignore[arg-type]  # fields of a case file
    catalogue.register(replace(given, held=replace(given.held, case_file=case_file)))
    return given.held.aip_id


def hold(number: int, *scopes: HoldScope) -> Hold:
    return Hold(
        id=derived_uuid(ROOT, f"hold {number}"),
        title="Vụ án",
        mandate="Yêu cầu của tòa án",
        scopes=scopes,
        placed_by="lan",
        placed_at=NOW,
        because="theo công văn",
    )


def record(aip_id: UUID) -> HoldScope:
    return HoldScope(kind=ScopeKind.RECORD, value=str(aip_id))


def barred(catalogue: Catalogue, *aip_ids: UUID) -> dict[UUID, list[UUID]]:
    return {aip_id: [item.id for item in found] for aip_id, found in catalogue.holds.barring(aip_ids).items()}


def test_a_record_is_free_when_its_last_hold_is_lifted(catalogue: Catalogue) -> None:
    one, two = take(catalogue, 1), take(catalogue, 2)
    first, second = hold(1, record(one)), hold(2, record(one), record(two))
    catalogue.holds.place(first)
    catalogue.holds.place(second)
    catalogue.holds.place(first)
    assert {key: set(found) for key, found in barred(catalogue, one, two).items()} == {
        one: {first.id, second.id},
        two: {second.id},
    }
    catalogue.holds.lift(second, LIFTING)
    catalogue.holds.place(second)
    assert barred(catalogue, one, two) == {one: [first.id]}
    catalogue.holds.lift(first, LIFTING)
    assert barred(catalogue, one, two) == {}
    assert list(catalogue.holds.all()) == []
    assert [item.lifting for item in catalogue.holds.all(lifted=True)] == [LIFTING, LIFTING]


def test_a_class_and_a_fonds_also_cover_what_joins_them_later(catalogue: Catalogue) -> None:
    catalogue.holds.place(hold(1, HoldScope(kind=ScopeKind.CLASS, value="4.1", fonds="P01")))
    catalogue.holds.place(hold(2, HoldScope(kind=ScopeKind.FONDS, value="P02")))
    one = take(catalogue, 1, infor_sign="4.1")
    two = take(catalogue, 2, infor_sign="4.1", fonds_code="P02")
    three = take(catalogue, 3, infor_sign="4.2")
    assert barred(catalogue, one, two, three) == {one: [hold(1).id], two: [hold(2).id]}
    moved = Assignment(aip_id=three, class_code="4.1", reason="x", decided_by="lan", decided_at=NOW)
    catalogue.retention.put_assignments([moved])
    assert three in barred(catalogue, three)


def test_what_a_query_finds_later_is_added(catalogue: Catalogue) -> None:
    one = take(catalogue, 1)
    searched = hold(1, HoldScope(kind=ScopeKind.QUERY, value="đường"))
    catalogue.holds.place(searched)
    assert barred(catalogue, one) == {}
    catalogue.holds.add_members(searched.id, [one])
    catalogue.holds.add_members(searched.id, [one])
    assert catalogue.holds.count_members(searched.id) == 1
    assert barred(catalogue, one) == {one: [searched.id]}


def test_no_hold_is_placed_in_the_midst_of_a_destruction(url: str, catalogue: Catalogue) -> None:
    """Whoever destroys holds the lock from its test to its commit; a hold placed meanwhile waits for it."""
    one = take(catalogue, 1)
    placed = hold(1, record(one))
    database = Database(url)
    done = threading.Event()

    def place() -> None:
        with open_catalogue(url) as other:
            other.holds.place(placed)
        done.set()

    with database.write() as connection:
        database.lock(connection, Lock.DISPOSAL)
        thread = threading.Thread(target=place)
        thread.start()
        assert not done.wait(0.5)
        assert barring(connection, [one]) == {}
    thread.join(30)
    assert done.is_set()
    assert barred(catalogue, one) == {one: [placed.id]}
    database.close()
