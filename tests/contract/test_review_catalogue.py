"""Reviews in the catalogue, on both databases."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.database import Database, Lock
from archive.catalogue.reviews import ItemRow, item_state
from archive.review.folding import after, fold
from archive.review.values import Act, ItemState, Opened, Rejected, Review, Spool
from model.identifiers import derived_uuid
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue
from tests.fakes.catalogue_samples import ROOT, registration

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SPOOL = Spool(id=derived_uuid(ROOT, "spool"), objects=0, lines=0, sha256="")


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_catalogue(request.param, tmp_path)


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with open_catalogue(url) as opened:
        yield opened


def opened(catalogue: Catalogue, number: str, codes: list[str]) -> Review:
    review_id = derived_uuid(ROOT, f"review {number}")
    body = Opened(
        number=number,
        title="x",
        fonds="",
        schedule="",
        day=NOW.date(),
        listed=len(codes),
        held=0,
        elsewhere=0,
        items=SPOOL,
    )
    review = fold(review_id, [Act(seq=1, by="lan", name="Lan", at=NOW, because="x", body=body)])
    assert review is not None
    rows = [
        ItemRow(
            review_id=review_id,
            position=position,
            aip_id=record(code),
            case_code=code,
            state=ItemState.LISTED,
            note="",
            line="{}",
        )
        for position, code in enumerate(codes, 1)
    ]
    with catalogue.reviews.acting() as transaction:
        transaction.put(review, "{}")
        transaction.put_items(rows)
    return review


def record(code: str) -> UUID:
    return derived_uuid(ROOT, f"record {code}")


def states(catalogue: Catalogue, review: Review) -> dict[str, ItemState]:
    return {row.case_code: row.state for row in catalogue.reviews.items(review.id)}


def test_items_are_settled_once_and_found_by_code_and_identifier(catalogue: Catalogue) -> None:
    review = opened(catalogue, "2026-001", ["A", "B", "C"])
    with catalogue.reviews.acting() as transaction:
        assert [row.aip_id for row in transaction.find(review.id, "B")] == [record("B")]
        assert [row.case_code for row in transaction.find(review.id, str(record("C")))] == ["C"]
        assert transaction.find(review.id, "D") == []
        transaction.settle(review.id, [(record("A"), ItemState.OBJECTED, "vì thế")])
        transaction.settle(
            review.id, [(record("A"), ItemState.DESTROYED, ""), (record("B"), ItemState.BLOCKED, "khóa")]
        )
        transaction.settle(review.id, [(record("B"), ItemState.DESTROYED, "")])
        assert item_state(transaction.connection, review.id, record("C")) is ItemState.LISTED
        assert item_state(transaction.connection, review.id, record("D")) is None
    assert states(catalogue, review) == {
        "A": ItemState.OBJECTED,
        "B": ItemState.DESTROYED,
        "C": ItemState.LISTED,
    }
    assert catalogue.reviews.counts(review.id) == {
        ItemState.OBJECTED: 1,
        ItemState.DESTROYED: 1,
        ItemState.LISTED: 1,
    }
    assert [row.case_code for row in catalogue.reviews.items(review.id, ItemState.LISTED)] == ["C"]


def test_all_but_some_are_kept(catalogue: Catalogue) -> None:
    review = opened(catalogue, "2026-001", ["A", "B", "C"])
    with catalogue.reviews.acting() as transaction:
        transaction.settle(review.id, [(record("A"), ItemState.OBJECTED, "")])
        transaction.keep_all_but(review.id, [record("A"), record("B")])
    assert states(catalogue, review) == {"A": ItemState.OBJECTED, "B": ItemState.LISTED, "C": ItemState.KEPT}


def test_a_record_is_elsewhere_while_that_review_is_open(catalogue: Catalogue) -> None:
    first = opened(catalogue, "2026-001", ["A", "B"])
    assert catalogue.reviews.elsewhere([record("A"), record("C")]) == {record("A"): "2026-001"}
    with catalogue.reviews.acting() as transaction:
        transaction.settle(first.id, [(record("A"), ItemState.OBJECTED, "")])
        assert transaction.numbers(2026) == ["2026-001"]
        assert transaction.numbers(2025) == []
        assert transaction.known() == {first.id}
    assert catalogue.reviews.elsewhere([record("A"), record("B")]) == {record("B"): "2026-001"}
    act = Act(seq=2, by="sơn", name="Sơn", at=NOW, because="x", body=Rejected())
    with catalogue.reviews.acting() as transaction:
        transaction.put(after(first.id, first, act), "{}")
    assert catalogue.reviews.elsewhere([record("B")]) == {}
    assert catalogue.reviews.acts(first.id) == ["{}", "{}"]
    catalogue.reviews.clear()
    assert catalogue.reviews.all() == []


def test_the_same_content_under_another_code_is_a_twin(catalogue: Catalogue) -> None:
    for number in (1, 2, 3):
        content = "" if number == 3 else "same"
        catalogue.register(registration(number, content=content))
    half = registration(4, count=2, content="same")
    catalogue.register(replace(half))
    found = [catalogue.reviews.twin(registration(number).held.aip_id) for number in (1, 2, 3, 4)]
    assert found == ["HS.2", "HS.1", "", ""]
    described = catalogue.reviews.described([registration(1).held.aip_id])[registration(1).held.aip_id]
    assert (described.code, described.start, described.end, described.files) == ("HS.1", "2023", "2024-12", 3)


def test_nobody_acts_in_the_midst_of_a_destruction(url: str, catalogue: Catalogue) -> None:
    """Whoever destroys holds the lock from its test to its commit; an objection raised meanwhile waits for it."""
    database, done = Database(url), threading.Event()

    def act() -> None:
        with open_catalogue(url) as other, other.reviews.acting():
            done.set()

    with database.write() as connection:
        database.lock(connection, Lock.DISPOSAL)
        thread = threading.Thread(target=act)
        thread.start()
        assert not done.wait(0.5)
    thread.join(30)
    assert done.is_set()
    database.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT state FROM review_items WHERE review_id = 'x' AND aip_id = 'y'",
        "SELECT * FROM review_items WHERE review_id = 'x' AND case_code = 'y'",
        "SELECT * FROM review_items WHERE review_id = 'x' ORDER BY position",
        "SELECT state, count(*) FROM review_items WHERE review_id = 'x' GROUP BY state",
        "SELECT * FROM reviews WHERE number BETWEEN '2026-' AND '2026-~'",
        "SELECT content FROM review_acts WHERE review_id = 'x' ORDER BY seq",
    ],
)
def test_every_question_is_answered_by_an_index(tmp_path: Path, query: str) -> None:
    database = Database(new_catalogue("sqlite", tmp_path))
    with database.read() as connection:
        plan = [row.detail for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"))]
    database.close()
    assert all("SEARCH" in step and "SCAN" not in step for step in plan if "B-TREE" not in step), plan
