"""SIGKILL at step boundaries and at random moments: nothing lost, nothing twice, nothing half, nothing left behind."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.archive import create_archive, open_archive
from archive.campaign import CampaignSettings, verify_all
from archive.indexing import open_index
from archive.search.values import SearchRequest
from model.findings import Outcome
from tests.fakes.casefiles import make_case_folder
from tests.fakes.killing import kill_after, server, start

CASES = 2
SHORT_BOUNDARIES, SHORT_MOMENTS = 16, 8
LONG_BOUNDARIES, LONG_MOMENTS = 180, 60


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sources")
    return [make_case_folder(folder / f"case-{number}", f"H49.64.2024.{number}") for number in range(CASES)]


@pytest.fixture(scope="module")
def boundaries(context: Any, sources: list[Path], tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many boundaries an undisturbed ingest has."""
    archive = tmp_path_factory.mktemp("counted") / "archive"
    create_archive(archive, stores=("a", "b"))
    process, counted = start(context, archive, sources)
    process.join(120)
    assert process.exitcode == 0
    check_whole(archive)
    assert counted.value > 50
    return int(counted.value)


def check_visible(archive: Path) -> None:
    """Right after the kill: whatever the catalogue shows is whole in every store."""
    with open_archive(archive) as opened:
        for report in verify_all(opened, CampaignSettings(deep=True, restart=True)):
            errors = [finding for finding in report.findings if finding.severity == "error"]
            assert not errors, [finding.message() for finding in errors]


def check_whole(archive: Path) -> None:
    """After the restart: each case file once, whole, findable, and no leftover anywhere."""
    with open_archive(archive) as opened:
        assert opened.catalogue.counts().case_files == CASES
        reports = list(verify_all(opened, CampaignSettings(deep=True, restart=True)))
        codes = {finding.code for report in reports for finding in report.findings}
        assert {code for code in codes if code.startswith("custody.")} == {"custody.verified"}, codes
        assert all(report.outcome is Outcome.PASSED for report in reports)
        assert list(opened.work.iterdir()) == []
        for store in ("a", "b"):
            assert [path for path in (archive / store / "tmp").rglob("*") if path.is_file()] == []
        with open_index(opened) as index:
            page = index.search(SearchRequest(query="sửa đường", limit=50))
        assert page.total == CASES * 4
        assert len({hit.id for hit in page.hits}) == page.total


def restart(context: Any, archive: Path, sources: list[Path]) -> None:
    process, _counted = start(context, archive, sources)
    process.join(120)
    assert process.exitcode == 0


def kill_at_boundary(context: Any, archive: Path, sources: list[Path], boundary: int) -> bool:
    """Return whether it was killed: a run may have a few boundaries less than the one that was counted."""
    create_archive(archive, stores=("a", "b"))
    process, _counted = start(context, archive, sources, boundary)
    process.join(120)
    assert process.exitcode in {-9, 0}, boundary
    check_visible(archive)
    restart(context, archive, sources)
    check_whole(archive)
    return bool(process.exitcode)


def kill_at_moment(context: Any, archive: Path, sources: list[Path], seconds: float) -> bool:
    """Return whether it was killed: it may have ended before."""
    create_archive(archive, stores=("a", "b"))
    process, _counted = start(context, archive, sources)
    killed = kill_after(process, seconds)
    check_visible(archive)
    restart(context, archive, sources)
    check_whole(archive)
    return killed


def _spread(total: int, count: int) -> Iterator[int]:
    """Yield `count` boundaries evenly over all of them, both odd and even ones."""
    for position in range(count):
        yield min(total, 1 + position * total // count + position % 2)


def test_killed_at_step_boundaries(context: Any, sources: list[Path], boundaries: int, tmp_path: Path) -> None:
    killed = sum(
        kill_at_boundary(context, tmp_path / str(boundary), sources, boundary)
        for boundary in _spread(boundaries, SHORT_BOUNDARIES)
    )
    assert killed >= SHORT_BOUNDARIES - 2


def test_killed_at_random_moments(context: Any, sources: list[Path], tmp_path: Path) -> None:
    moments = random.Random(20260102)
    for number in range(SHORT_MOMENTS):
        kill_at_moment(context, tmp_path / str(number), sources, moments.uniform(0.05, 2.0))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_two_hundred_times(context: Any, sources: list[Path], boundaries: int, tmp_path: Path) -> None:
    killed = 0
    for boundary in sorted(set(_spread(boundaries, LONG_BOUNDARIES))):
        killed += kill_at_boundary(context, tmp_path / f"b{boundary}", sources, boundary)
    moments = random.Random(7)
    for number in range(LONG_MOMENTS):
        killed += kill_at_moment(context, tmp_path / f"m{number}", sources, moments.uniform(0.02, 1.2))
    assert killed >= 200
