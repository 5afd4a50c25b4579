"""Every message of the corpus on one desk: refused where it must be, and the others where they belong."""

import csv
from pathlib import Path

import pytest

from archive.archive import create_archive
from archive.catalogue.desk_values import TRAY
from ingest.desk.adding import place_by_hand
from ingest.desk.opening import OpeningFacts, open_case
from ingest.desk.sorting import sort_tray
from ingest.desk.values import AddOutcome, Standing
from ingest.desk.view import view_case
from tests.fakes.desk_messages import compile_all, held_desk, with_plan
from tests.fakes.edxml_messages import SENDER


@pytest.mark.corpus
def test_the_corpus_compiles(corpus: Path, tmp_path: Path) -> None:
    create_archive(tmp_path / "archive", stores=("a",))
    with (corpus / "edxml" / "expected.csv").open(encoding="utf-8") as table:
        expected = {row["path"]: row["expected"] for row in csv.DictReader(table)}
    with held_desk(tmp_path / "archive") as desk:
        with_plan(desk, tmp_path)
        case = open_case(desk, OpeningFacts(year=2024, number="01", title="Mẫu", agency_code=SENDER.code))
        added = {
            Path(item.path).name: item.outcome
            for item in compile_all(desk, *(corpus / "edxml" / name for name in expected))
        }
        assert {name for name, outcome in added.items() if outcome is AddOutcome.REFUSED} == {
            name for name, verdict in expected.items() if verdict == "refuse"
        }
        compile_all(desk)
        recalled = desk.index.named(["p:T01|101|SMAU-VP|2024-03-01"])
        (first, *_) = next(iter(recalled.values()))

        list(place_by_hand(desk, case, [first]))
        list(sort_tray(desk))
        view = view_case(desk, case)
        assert {item.standing for item in view.documents} >= {Standing.RECALLED, Standing.CURRENT, Standing.NOTICE}
        assert {notice.status_code for item in view.documents for notice in item.notices} >= {"01", "02", "03", "06"}
        assert desk.index.count(TRAY) + len(view.documents) == sum(
            outcome is not AddOutcome.REFUSED for outcome in added.values()
        )
