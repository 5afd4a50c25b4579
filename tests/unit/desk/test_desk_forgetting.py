"""The desk forgets what was destroyed in the archive: every word of it, and nothing else."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from archive.archive import Archive, create_archive
from archive.catalogue.desk_values import TRAY
from archive.disposal.execution import resume
from archive.disposal.values import DisposalState
from ingest.desk.adding import lay_down, place_by_hand, take_out
from ingest.desk.closing import ClosingFacts, close
from ingest.desk.correcting import discard
from ingest.desk.desk import Desk, open_desk, reindex
from ingest.desk.forgetting import forget
from ingest.desk.log import DeskFolder
from ingest.desk.opening import OpeningFacts, open_case
from ingest.desk.values import ActKind, FileState
from ingest.desk.view import view_case
from ingest.rebuild import rebuild
from model.dates import PartialDate
from tests.fakes.desk_messages import AGENCY, compile_all, held_desk, message, with_plan, write_messages
from tests.fakes.disposal import codes, destroyed, is_gone, opened
from tests.fakes.killing import killing_itself, server

ROAD, STORE = "Về việc sửa đường liên xã", "Về công tác lưu trữ"
SECRETS = (b"CV1.pdf", b"bi mat so mot", b"bi mat so hai", b"Du thao bi mat")
"""What only the destroyed case file said."""
GONE = DisposalState.DESTROYED
RECORD = "record"


def make(folder: Path) -> Path:
    """Make an archive with two case files from its desk, of which one is to be destroyed, and a tray."""
    create_archive(folder / "archive", stores=("a", "b"))
    with held_desk(folder / "archive") as desk:
        with_plan(desk, folder)
        messages = (
            message(1, f"{ROAD} bi mat so mot"),
            message(2, f"{ROAD} bi mat so hai"),
            message(2, "Trùng bi mat so hai"),
            message(3, STORE),
            message(4, "Việc khác"),
        )
        compile_all(desk, *write_messages(folder / "in", *messages))
        for number in ("01.TH", "02.TH"):
            case = desk.case_by_number(number, 2026)
            assert case is not None
            if number == "01.TH":
                other = open_case(desk, OpeningFacts(year=2026, title="Hồ sơ khác", agency_code=AGENCY))
                moved = next(item for item in desk.documents(case.id) if item.subject.startswith("Trùng"))
                take_out(desk, case, moved.id, "nhầm bi mat so hai")
                list(place_by_hand(desk, other, [moved.id]))
                take_out(desk, other, moved.id, "lại nhầm bi mat so hai")
                list(place_by_hand(desk, case, [moved.id]))
                (folder / "Du thao bi mat.pdf").write_bytes(b"%PDF-1.4 draft")
                list(lay_down(desk, [folder / "Du thao bi mat.pdf"], case))
            facts = ClosingFacts(
                maintenance="06", end_date=PartialDate(2026, 3, 1), accept_incomplete=True, because="thử"
            )
            closed = close(desk, case, facts).case
            assert closed.state is FileState.HANDED_OVER
            if number == "01.TH":
                (folder / "archive" / RECORD).write_text(closed.aip_id)
                left = [item.document for item in view_case(desk, closed).documents if not item.standing.is_handed_over]
                discard(desk, [left[0].id], "bản trùng")
    return folder / "archive"


def _tray(desk: Desk) -> list[tuple[str, str]]:
    return [(document.id, document.subject) for document in desk.documents(TRAY)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("forgotten"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "archive")


@pytest.fixture
def archive(folder: Path) -> Iterator[Archive]:
    with opened(folder) as bare:
        yield replace(bare, beyond=(forget,))


def record(folder: Path) -> UUID:
    return UUID((folder / RECORD).read_text())


def told(folder: Path) -> set[bytes]:
    """Return which secrets any file of the desk still tells, in the logs' spelling or as it is."""
    content = b"".join(path.read_bytes() for path in (folder / "desk").rglob("*") if path.is_file())
    return {secret for secret in SECRETS if secret in content}


def shown(archive: Archive) -> list[Any]:
    """Return everything the catalogue says about the desk."""
    with open_desk(archive) as desk:
        files = list(desk.index.files_after((), ("", ""), 99))
        places = [TRAY, "discarded", *(row.id for row in files)]
        documents = [row for place in places for row in desk.index.documents(place)]
        return [files, documents, list(desk.index.links(row.id for row in documents))]


def test_every_word_of_it_leaves_the_desk(archive: Archive, folder: Path) -> None:
    assert told(folder) == set(SECRETS)
    done = destroyed(archive, [record(folder)])[record(folder)]
    assert (done.state, codes(done)) == (GONE, set())
    assert is_gone(archive, record(folder))
    assert told(folder) == set()
    assert "bi mat" not in str(shown(archive))
    with open_desk(archive) as desk:
        cases = [row.folded for row in desk.index.files_after((), ("", ""), 99)]
        assert "01.th" not in cases
        assert "02.th" in cases
        acts = [act for log in desk.folder.logs() for act in desk.folder.acts(log) if act.act is ActKind.DESTROYED]
        assert [act.aip_id for act in acts if act.aip_id] == [str(record(folder))]
        assert not any(act.case or act.document for act in acts)


def test_everything_else_stays_and_the_index_is_the_same_made_anew(archive: Archive, folder: Path) -> None:
    def others() -> list[tuple[str, str]]:
        with open_desk(archive) as desk:
            case = desk.case_by_number("02.TH", 2026)
            assert case is not None
            return [*_tray(desk), *((item.id, item.subject) for item in desk.documents(case.id))]

    before = [item for item in others() if "bi mat" not in item[1]]
    destroyed(archive, [record(folder)])
    assert [item for item in others() if "bi mat" not in item[1]] == before
    after = shown(archive)
    with open_desk(archive) as desk:
        assert reindex(desk) == ()
    assert shown(archive) == after
    assert rebuild(archive).problems == ()
    assert shown(archive) == after


def test_the_number_may_be_used_again(archive: Archive, folder: Path) -> None:
    destroyed(archive, [record(folder)])
    with open_desk(archive) as desk, desk.changing():
        case = open_case(desk, OpeningFacts(year=2026, number="01.TH"))
        assert list(desk.documents(case.id)) == []
    before = shown(archive)
    with open_desk(archive) as desk:
        reindex(desk)
    assert shown(archive) == before


def test_while_somebody_holds_the_desk_it_is_not_done(
    archive: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeskFolder, "locked", partialmethod(DeskFolder.locked, wait=0))
    with DeskFolder(folder / "desk").locked():
        done = destroyed(archive, [record(folder)])[record(folder)]
    assert (done.state, codes(done)) == (DisposalState.DESTROYING, {"disposal.elsewhere"})
    assert [item.state for item in resume(archive)] == [GONE]
    assert told(folder) == set()


def test_a_program_that_does_not_know_the_desk_is_not_done(archive: Archive, folder: Path) -> None:
    done = destroyed(replace(archive, beyond=()), [record(folder)])[record(folder)]
    assert (done.state, codes(done)) == (DisposalState.DESTROYING, {"disposal.elsewhere"})
    assert [item.state for item in resume(archive)] == [GONE]
    assert told(folder) == set()


def test_a_desk_on_another_machine_is_left_to_it(archive: Archive, folder: Path) -> None:
    (folder / "desk").rename(folder / "there")
    done = destroyed(archive, [record(folder)])[record(folder)]
    assert (done.state, codes(done)) == (DisposalState.DESTROYING, {"disposal.elsewhere"})
    shutil.rmtree(folder / "desk", ignore_errors=True)
    (folder / "there").rename(folder / "desk")
    assert [item.state for item in resume(archive)] == [GONE]


def act(folder: Path) -> None:
    """Destroy it."""
    with opened(folder) as bare:
        archive = replace(bare, beyond=(forget,))
        row = archive.catalogue.stubs.get(record(folder))
        assert row is not None
        list(resume(archive))


@pytest.fixture(scope="module")
def marked(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive with everything gone but what the desk tells."""
    folder = shutil.copytree(made, tmp_path_factory.mktemp("marked") / "archive")
    with opened(folder) as archive:
        destroyed(archive, [record(folder)])
    return folder


def test_killed_while_the_desk_forgets(marked: Path, tmp_path: Path) -> None:
    _kill(marked, tmp_path, 3)


@pytest.mark.long
def test_killed_wherever_the_desk_forgets(marked: Path, tmp_path: Path) -> None:
    _kill(marked, tmp_path, 100_000)


def _kill(marked: Path, tmp_path: Path, count: int) -> None:
    context = server()
    total = _run(context, shutil.copytree(marked, tmp_path / "whole"), 0)
    for boundary in sorted({1 + place * total // min(count, total) for place in range(min(count, total))}):
        folder = shutil.copytree(marked, tmp_path / str(boundary))
        _run(context, folder, boundary)
        with opened(folder) as bare:
            archive = replace(bare, beyond=(forget,))
            assert {item.state for item in resume(archive)} <= {GONE}
            assert told(folder) == set()
            after = shown(archive)
            with open_desk(archive) as desk:
                reindex(desk)
            assert shown(archive) == after
        shutil.rmtree(folder)


def _run(context: Any, folder: Path, boundary: int) -> int:
    counted = context.Value("i", 0)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    process.join(60)
    return int(counted.value)


def test_lines_of_other_acts_keep_their_place(archive: Archive, folder: Path) -> None:
    path = folder / "desk" / TRAY / "acts.jsonl"
    before = path.read_bytes()
    destroyed(archive, [record(folder)])
    after = path.read_bytes()
    assert len(after) == len(before)
    assert [json.loads(line)["seq"] for line in after.splitlines()] == [
        json.loads(line)["seq"] for line in before.splitlines()
    ]
