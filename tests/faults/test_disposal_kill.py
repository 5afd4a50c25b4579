"""Killed while it destroys: each record is then kept whole, or destroyed and recorded, never half."""

import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from archive.archive import open_archive
from archive.audit.verify import verify_log
from archive.disposal.execution import resume
from archive.disposal.values import DisposalState
from archive.layout import stub_key
from ingest.rebuild import rebuild
from model.findings import Outcome
from tests.fakes.custody import assert_whole, one_examiner
from tests.fakes.disposal import destroyed, is_gone, is_whole, make_due, opened, permission
from tests.fakes.killing import killing_itself, server

RECORDS = "records"


def act(folder: Path) -> None:
    """Destroy two of three records."""
    records = [UUID(line) for line in (folder / RECORDS).read_text().split()]
    with opened(folder) as archive:
        destroyed(archive, records[:2], permission(review_id=records[0]))


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("due") / "archive"
    with one_examiner():
        records = make_due(folder, 3)
    (folder / RECORDS).write_text("\n".join(map(str, records)))
    return folder


def run(context: Any, folder: Path, boundary: int) -> tuple[int | None, int]:
    counted = context.Value("i", 0)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    process.join(60)
    return process.exitcode, counted.value


def check(folder: Path, *, finished: bool) -> None:
    """Each record is whole or marked; what is marked is gone after the next run, and so it stays after a rebuild."""
    records = [UUID(line) for line in (folder / RECORDS).read_text().split()]
    with opened(folder) as archive:
        marked = [aip_id for aip_id in records if archive.catalogue.stubs.get(aip_id) is not None]
        for aip_id in records:
            if aip_id in marked:
                assert archive.catalogue.get_case_file(aip_id) is None
            else:
                assert archive.copies.stat(stub_key(aip_id)) is None
                assert is_whole(archive, aip_id, archive.catalogue.versions(aip_id))
        assert {item.state for item in resume(archive)} <= {DisposalState.DESTROYED}
        assert [aip_id for aip_id in records if is_gone(archive, aip_id)] == marked
        if finished:
            done = destroyed(archive, records[:2], permission(review_id=records[0]))
            assert {item.state for item in done.values()} == {DisposalState.DESTROYED}
            marked = records[:2]
        acts = [
            row.object
            for row in archive.catalogue.audit_after(0, 1000)
            if row.action == "destroy" and row.outcome == "done"
        ]
        assert sorted(acts) == sorted(map(str, marked)), "each once"
        assert verify_log(archive).outcome is Outcome.PASSED
        archive.copies.sweep()
        assert_whole(archive, len(records) - len(marked))
        before = list(archive.catalogue.dump())
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before


def _spread(total: int, count: int) -> list[int]:
    if count >= total:
        return list(range(1, total + 1))
    return sorted({min(total, 1 + position * total // count + position % 2) for position in range(count)})


def _kill_everywhere(context: Any, made: Path, tmp_path: Path, count: int) -> None:
    exit_code, total = run(context, shutil.copytree(made, tmp_path / "whole"), 0)
    assert exit_code == 0
    check(tmp_path / "whole", finished=False)
    boundaries, killed = _spread(total, count), 0
    for boundary in boundaries:
        folder = shutil.copytree(made, tmp_path / str(boundary))
        exit_code, _counted = run(context, folder, boundary)
        killed += exit_code == -9
        check(folder, finished=boundary % 4 < 2)
        shutil.rmtree(folder)
    assert killed >= len(boundaries) - 6


def test_killed_at_some_boundaries(context: Any, made: Path, tmp_path: Path) -> None:
    _kill_everywhere(context, made, tmp_path, 5)


@pytest.mark.long
def test_killed_at_every_boundary(context: Any, made: Path, tmp_path: Path) -> None:
    _kill_everywhere(context, made, tmp_path, 100_000)


def test_the_catalogue_lost_at_some_boundaries(context: Any, made: Path, tmp_path: Path) -> None:
    _lost_everywhere(context, made, tmp_path, 3)


@pytest.mark.long
def test_the_catalogue_lost_at_every_boundary(context: Any, made: Path, tmp_path: Path) -> None:
    _lost_everywhere(context, made, tmp_path, 100_000)


def _lost_everywhere(context: Any, made: Path, tmp_path: Path, count: int) -> None:
    """From the stores alone: what has a stub there is removed, everything else is whole."""
    _exit_code, total = run(context, shutil.copytree(made, tmp_path / "whole"), 0)
    for boundary in _spread(total, count):
        folder = shutil.copytree(made, tmp_path / str(boundary))
        run(context, folder, boundary)
        for path in folder.glob("catalogue.sqlite*"):
            path.unlink()
        records = [UUID(line) for line in (folder / RECORDS).read_text().split()]
        with open_archive(folder, for_rebuild=True) as archive:
            assert rebuild(archive).problems == ()
        with opened(folder) as archive:
            assert {item.state for item in resume(archive)} <= {DisposalState.DESTROYED}
            for aip_id in records:
                versions = archive.catalogue.versions(aip_id)
                assert is_gone(archive, aip_id) is not is_whole(archive, aip_id, versions)
            destroyed(archive, records[:2], permission(review_id=records[0]))
            assert all(is_gone(archive, aip_id) for aip_id in records[:2])
        shutil.rmtree(folder)
