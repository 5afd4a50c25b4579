"""The correspondence of examples/axis becomes the case file that its README tells of."""

from pathlib import Path

import pytest

from archive.archive import create_archive, open_archive
from archive.catalogue.desk_values import TRAY
from ingest.desk.adding import lay_down
from ingest.desk.closing import ClosingFacts, close
from ingest.desk.desk import open_desk
from ingest.desk.file_plan import import_plan
from ingest.desk.sorting import sort_tray
from ingest.desk.values import AddOutcome, FileState, Standing
from ingest.desk.view import view_case
from ingest.edxml.check import check_edxml
from model.findings import Outcome

AXIS = Path(__file__).resolve().parents[3] / "examples/axis"
BROKEN = "11-bi-cat-cut.edxml"


@pytest.mark.parametrize("path", sorted((AXIS / "messages").iterdir()), ids=lambda path: path.name)
def test_only_the_message_that_was_cut_off_is_not_sound(path: Path) -> None:
    assert (check_edxml(path).outcome is Outcome.PASSED) is (path.name != BROKEN)


def test_the_messages_become_the_case_file_of_the_readme(tmp_path: Path) -> None:
    create_archive(tmp_path / "archive", stores=("a",))
    with open_archive(tmp_path / "archive") as archive, open_desk(archive) as desk, desk.changing():
        assert import_plan(desk, AXIS / "danh-muc-ho-so-2025.xlsx", 2025, "H99.15").findings == ()
        added = list(lay_down(desk, [AXIS / "messages"]))
        assert [Path(item.path).name for item in added if item.outcome is AddOutcome.REFUSED] == [BROKEN]
        assert len(list(sort_tray(desk))) == 9
        assert [document.key.code for document in desk.documents(TRAY)] == ["33/SXD-VP"]
        case = desk.case_by_number("03.KTHT", 2025)
        assert case is not None
        standings = {item.document.key.code: item.standing for item in view_case(desk, case).handed_over()}
        assert standings == {
            "142/SXD-QLHT": Standing.CURRENT,
            "96/UBND-KTHT": Standing.CURRENT,
            "57/QĐ-UBND": Standing.REPLACED,
            "28/GM-SXD": Standing.RECALLED,
            "61/QĐ-UBND": Standing.CURRENT,
        }
        closed = close(desk, case, ClosingFacts())
        assert closed.case.state is FileState.OPEN
        assert [finding.code for finding in closed.findings] == ["casefile.annex-missing"]
        accepted = ClosingFacts(accept_incomplete=True, because="chỉ gửi bản giấy")
        assert close(desk, case, accepted).case.state is FileState.HANDED_OVER
