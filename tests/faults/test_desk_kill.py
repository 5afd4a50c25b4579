"""SIGKILL while a case file is compiled and closed, on both sides of whatever is written: nothing lost or twice."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from archive.archive import create_archive, open_archive
from archive.catalogue.desk_values import TRAY
from ingest.desk.closing import ClosingFacts, close
from ingest.desk.desk import case_of, open_desk, reindex
from ingest.desk.values import FileState
from tests.fakes.desk_messages import compile_all, held_desk, key, message, with_plan, write_messages
from tests.fakes.edxml_messages import recall_of
from tests.fakes.killing import killing_itself, server

ROAD = "Về việc sửa đường liên xã"
BROKEN = b'<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope'
SHORT, LONG = 6, 150


def work(sources: str, archive: Path) -> None:
    """Compile everything, and close the case file: what a person would do again after a crash."""
    with held_desk(archive) as desk:
        compile_all(desk, Path(sources))
        for row in desk.index.files_after((), ("", ""), 9):
            if row.state != FileState.HANDED_OVER:
                close(desk, case_of(row), ClosingFacts(accept_incomplete=True, because="thử"))


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("messages")
    messages = (
        message(2, answers=[key(1)]),
        message(1, ROAD),
        message(1, business=recall_of(key(1))),
        message(9, "Việc khác"),
        BROKEN,
    )
    write_messages(folder, *messages)
    return folder


def new(folder: Path) -> Path:
    create_archive(folder / "archive", stores=("a",))
    with held_desk(folder / "archive") as desk:
        with_plan(desk, folder)
    return folder / "archive"


def run(context: Any, archive: Path, sources: Path, boundary: int = 0) -> tuple[int, int]:
    counted = context.Value("i", 0)
    act = partial(work, str(sources))
    process = context.Process(target=killing_itself, args=(act, archive, boundary, counted))
    process.start()
    process.join(120)
    return process.exitcode, counted.value


def check_whole(archive: Path) -> None:
    """After the work was done again: one package, the rest in the tray or refused, the index like the folder."""
    with open_archive(archive) as opened, open_desk(opened) as desk:
        assert opened.catalogue.counts().case_files == 1
        (case,) = [case_of(row) for row in desk.index.files_after((), ("", ""), 9)]
        assert case.state is FileState.HANDED_OVER
        assert {document.key.number for document in desk.documents(case.id)} == {"1", "2"}
        assert sum(1 for _ in desk.documents(case.id)) == 3
        assert [document.key.number for document in desk.documents(TRAY)] == ["9"]
        assert len(list(desk.contents.refused())) == 1
        content = [path for path in (desk.folder.path / "content").rglob("*") if path.is_file()]
        assert len(content) == 1, "only what is in the tray"
        assert not list((desk.folder.path / "removing").iterdir())
        assert not list((desk.folder.path / "staging").glob("*"))
        before = [*desk.index.documents(TRAY), *desk.index.documents(case.id), *desk.index.plan(2026)]
        reindex(desk)
        assert [*desk.index.documents(TRAY), *desk.index.documents(case.id), *desk.index.plan(2026)] == before
        assert list(opened.work.iterdir()) == []


def killed_at(context: Any, folder: Path, sources: Path, boundary: int) -> bool:
    folder.mkdir()
    archive = new(folder)
    code, _ = run(context, archive, sources, boundary)
    assert code in {-9, 0}, boundary
    again, _ = run(context, archive, sources)
    assert again == 0, boundary
    check_whole(archive)
    return code != 0


@pytest.fixture(scope="module")
def boundaries(context: Any, sources: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    archive = new(tmp_path_factory.mktemp("counted"))
    code, counted = run(context, archive, sources)
    assert code == 0
    check_whole(archive)
    assert counted > 60
    return counted


def test_killed_at_boundaries(context: Any, sources: Path, boundaries: int, tmp_path: Path) -> None:
    places = [1 + number * boundaries // SHORT + number % 2 for number in range(SHORT)]
    killed = sum(killed_at(context, tmp_path / str(place), sources, min(place, boundaries)) for place in places)
    assert killed >= SHORT - 1


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_at_every_boundary(context: Any, sources: Path, boundaries: int, tmp_path: Path) -> None:
    step = max(1, boundaries // LONG)
    for place in range(1, boundaries + 1, step):
        killed_at(context, tmp_path / str(place), sources, place)
