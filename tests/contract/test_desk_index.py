"""The desk in the catalogue, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.desk import SELF
from archive.catalogue.desk_values import (
    TRAY,
    DeskChange,
    DeskDocumentRow,
    DeskFileRow,
    DeskPlanRow,
    DeskRegisterQuery,
)
from model.errors import ConflictError
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue


@pytest.fixture(params=BACKENDS)
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(new_catalogue(str(request.param), tmp_path)) as opened:
        yield opened


def document(number: int, seq: int, place: str = TRAY, **more: object) -> DeskDocumentRow:
    row = DeskDocumentRow(
        id=f"{number:064x}",
        seq=seq,
        file_id=place,
        organ="H49",
        date=f"2026-01-{1 + number % 28:02d}",
        registered=f"2026-02-{1 + number % 28:02d}",
        data='{"văn":"bản"}',
        keys=((f"p:{number}", SELF), (f"p:{number - 1}", "answer")),
    )
    return replace(row, **more)  # type: ignore[arg-type]  # fields of the row


def file(number: int, seq: int, **more: object) -> DeskFileRow:
    row = DeskFileRow(
        id=f"file-{number:04d}",
        seq=seq,
        state="open",
        agency="H49",
        year=2026,
        folded=f"{number}.th",
        opened_at=f"2026-01-01T00:00:{number:02d}.000Z",
        data="{}",
    )
    return replace(row, **more)  # type: ignore[arg-type]  # fields of the row


def test_the_newest_act_holds_in_whatever_order_acts_come(catalogue: Catalogue) -> None:
    desk = catalogue.desk
    older, newer = document(1, 5), document(1, 9, "file-0001", keys=None)
    desk.apply(DeskChange(last=5, documents=(older,)))
    desk.apply(DeskChange(last=9, documents=(newer,)))
    desk.apply(DeskChange(last=5, documents=(older,)))
    (held,) = desk.get_documents([older.id]).values()
    assert (held.file_id, held.seq, desk.sequence()) == ("file-0001", 9, 9)
    assert desk.named(["p:1"]) == {"p:1": [older.id]}, "a document that is only moved keeps its keys"
    assert list(desk.documents(TRAY)) == []
    assert desk.count("file-0001") == 1


def test_a_number_is_taken_once(catalogue: Catalogue) -> None:
    desk = catalogue.desk
    desk.apply(DeskChange(last=1, files=(file(1, 1),)))
    with pytest.raises(ConflictError):
        desk.apply(DeskChange(last=2, files=(file(2, 2, folded="1.th"),), documents=(document(1, 2),)))
    assert desk.sequence() == 1
    assert desk.get_documents([document(1, 2).id]) == {}, "all of it or nothing"
    desk.apply(DeskChange(last=2, files=(file(2, 2, folded="1.th", agency="H50"),)))
    assert [row.agency for row in desk.files_by_number(2026, "1.th")] == ["H49", "H50"]
    assert [row.id for row in desk.files_by_number(2026, "1.th", "H50")] == ["file-0002"]


def test_links_go_both_ways(catalogue: Catalogue) -> None:
    desk = catalogue.desk
    desk.apply(DeskChange(last=3, documents=tuple(document(number, number) for number in (1, 2, 3))))
    second = document(2, 2).id
    links = {(link.document_id[-1], link.role, link.target[-1]) for link in desk.links([second])}
    assert links == {("2", "answer", "1"), ("3", "answer", "2")}
    assert [row.id[-1] for row in desk.find_documents("0" * 63)] == ["1", "2"]


def test_case_files_are_paged_by_state(catalogue: Catalogue) -> None:
    desk = catalogue.desk
    rows = tuple(file(number, number, state="open" if number % 2 else "closed") for number in range(1, 8))
    desk.apply(DeskChange(last=7, files=rows, documents=(document(1, 1, "file-0003"),)))
    first = desk.files_after((), ("", ""), 3)
    rest = desk.files_after((), (first[-1].opened_at, first[-1].id), 99)
    assert [row.id for row in (*first, *rest)] == [row.id for row in rows]
    assert [row.id for row in desk.files_after(("closed",), ("", ""), 9)] == ["file-0002", "file-0004", "file-0006"]
    assert first[2].documents == 1


def test_plan_and_registers(catalogue: Catalogue) -> None:
    desk = catalogue.desk
    lines = tuple(
        DeskPlanRow(
            id=f"l{place}", seq=place, year=2025 + place % 2, agency="H49", folded="x", place=9 - place, data=""
        )
        for place in range(1, 5)
    )
    desk.apply(DeskChange(last=9, plan=lines, documents=(document(1, 1), document(2, 2, organ="H50"))))
    assert [row.id for row in desk.plan(2026)] == ["l3", "l1"]
    assert list(desk.plan(2026, "H50")) == []
    assert desk.plan_years() == [2025, 2026]
    year = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
    outgoing = desk.register(DeskRegisterQuery(organ="H49", outgoing=True, **year))
    incoming = desk.register(DeskRegisterQuery(organ="H49", outgoing=False, **year))
    assert [row.id[-1] for row in outgoing] == ["1"]
    assert [row.id[-1] for row in incoming] == ["2"]
    desk.clear()
    assert (desk.sequence(), list(desk.plan(2026)), desk.named(["p:1"])) == (0, [], {})


def test_questions_of_the_desk_use_an_index(tmp_path: Path) -> None:
    new_catalogue("sqlite", tmp_path)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'catalogue.db'}")
    questions = (
        "SELECT * FROM desk_documents WHERE file_id = 'x' ORDER BY file_id, date, id",
        "SELECT * FROM desk_documents WHERE registered BETWEEN 'a' AND 'b' ORDER BY registered, id",
        "SELECT * FROM desk_documents WHERE organ = 'x' AND date BETWEEN 'a' AND 'b' ORDER BY date, id",
        "SELECT * FROM desk_keys WHERE key = 'x' AND role = 'self'",
        "SELECT * FROM desk_keys WHERE document_id = 'x'",
        "SELECT * FROM desk_files WHERE year = 1 AND folded = 'x'",
        "SELECT * FROM desk_files WHERE state = 'open' AND (opened_at, id) > ('a', 'b') ORDER BY opened_at, id LIMIT 9",
        "SELECT * FROM desk_plan WHERE year = 1 ORDER BY year, agency, place",
    )
    with engine.connect() as connection:
        for question in questions:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}")]
            assert all("SEARCH" in step for step in plan), (question, plan)
    engine.dispose()
