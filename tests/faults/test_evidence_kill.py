"""A seal that is killed anywhere goes on where it was: no second timestamp, nothing lost, nothing left over."""

import random
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from archive.evidence.holding import held_records
from archive.evidence.seal import seal
from archive.evidence.storing import stored_batches, stored_parts
from archive.evidence.values import SealSettings
from archive.layout import AIPS
from ingest.rebuild import rebuild
from model.findings import Outcome
from model.preservation import EventType
from preservation.evidence.commands import RecordJudge
from tests.fakes.custody import assert_whole, one_examiner
from tests.fakes.killing import kill_after, killing_itself
from tests.fakes.killing import server as processes
from tests.fakes.pki import PkiServer, serve
from tests.fakes.sealed_archives import Tsa, make_archive, opened, sealed, take_in_cases

PACKAGES = 3
SHORT_BOUNDARIES, SHORT_MOMENTS = 14, 4
LONG_BOUNDARIES, LONG_MOMENTS = 300, 40


def act(folder: Path) -> None:
    """Seal as the command does, at the time that stands still."""
    with opened(folder) as archive:
        list(seal(archive, SealSettings()))


@pytest.fixture(scope="module")
def server() -> Iterator[PkiServer]:
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def waiting(server: PkiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which packages wait; copied for every kill."""
    folder = make_archive(tmp_path_factory.mktemp("waiting") / "archive", server, Tsa("a", server.tsa()))
    with one_examiner(), opened(folder) as archive:
        take_in_cases(archive, folder.parent / "cases", PACKAGES)
    return folder


@pytest.fixture(scope="module")
def context() -> Any:
    return processes()


def start(context: Any, folder: Path, boundary: int) -> tuple[Any, Any]:
    counted = context.Value("i", 0)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    return process, counted


@pytest.fixture(scope="module")
def boundaries(context: Any, waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many boundaries an undisturbed seal has."""
    folder = tmp_path_factory.mktemp("counted") / "archive"
    shutil.copytree(waiting, folder)
    process, counted = start(context, folder, 0)
    process.join(120)
    assert process.exitcode == 0
    check(folder, tokens=1)
    assert counted.value > 40
    return int(counted.value)


def check(folder: Path, *, tokens: int) -> None:
    """Everything is sealed once, and nothing is left."""
    with opened(folder) as archive:
        found = [part.aip_id for part in stored_parts(archive.copies, AIPS)]
        assert len(found) == len(set(found)) == PACKAGES
        assert len(list(stored_batches(archive.copies))) == tokens
        assert archive.catalogue.evidence_counts() == (tokens, 0)
        assert archive.catalogue.count_waiting("a") == 0
        judge = RecordJudge(trust=folder / "trust", policy=None, at=archive.clock.now())
        for version in archive.catalogue.iter_versions(None, 10):
            (held,) = held_records(archive, str(version.aip_id))
            assert judge.held(held).outcome is Outcome.PASSED
            events = archive.catalogue.events(version.aip_id, kind=EventType.EVIDENCE_RECORD_CREATION)
            assert len(events) == 1
        assert list((folder / "sealing").iterdir()) == []
        archive.copies.sweep()  # as every ingest does: the kill may have met the head of the audit log
        assert_whole(archive, PACKAGES)
        before = list(archive.catalogue.dump())
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before


def killed_and_resumed(folder: Path, kill: Any, server: PkiServer) -> None:
    """Kill a seal, see that nothing untrue is said, and seal again: one timestamp in all, if one was obtained."""
    asked = server.requests.total()
    kill()
    with opened(folder) as archive:
        said = archive.catalogue.seals(item.aip_id for item in archive.catalogue.iter_versions(None, 10))
        parts = {part.aip_id for part in stored_parts(archive.copies, AIPS)}
        assert said.keys() <= parts, "the catalogue says sealed, the stores do not"
        kept = any(path.name == "token.tst" for path in (folder / "sealing").rglob("*"))
        obtained = kept or bool(said) or bool(list(stored_batches(archive.copies)))
        before = server.requests.total()
        sealed(archive)
    assert server.requests.total() - before == (0 if obtained else 1)
    assert server.requests.total() - asked <= 2, "only a token that never came to rest may be asked for again"
    check(folder, tokens=1)


@pytest.mark.parametrize("part", range(SHORT_BOUNDARIES))
def test_killed_at_a_boundary(
    part: int, boundaries: int, context: Any, waiting: Path, server: PkiServer, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(waiting, folder)

    def kill() -> None:
        process, _counted = start(context, folder, 1 + part * boundaries // SHORT_BOUNDARIES)
        process.join(120)

    killed_and_resumed(folder, kill, server)


@pytest.mark.parametrize("seed", range(SHORT_MOMENTS))
def test_killed_at_a_moment(seed: int, context: Any, waiting: Path, server: PkiServer, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(waiting, folder)
    process, _counted = start(context, folder, 0)
    killed_and_resumed(folder, partial(kill_after, process, random.Random(seed).uniform(0.05, 0.9)), server)


@pytest.mark.long
@pytest.mark.parametrize("boundary", range(1, LONG_BOUNDARIES + 1))
def test_killed_at_every_boundary(
    boundary: int, boundaries: int, context: Any, waiting: Path, server: PkiServer, tmp_path: Path
) -> None:
    if boundary > boundaries:
        pytest.skip("an undisturbed seal has fewer boundaries")
    folder = tmp_path / "archive"
    shutil.copytree(waiting, folder)
    process, _counted = start(context, folder, boundary)
    killed_and_resumed(folder, partial(process.join, 120), server)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(LONG_MOMENTS))
def test_killed_again_and_again(seed: int, context: Any, waiting: Path, server: PkiServer, tmp_path: Path) -> None:
    dice = random.Random(seed)
    folder = tmp_path / "archive"
    shutil.copytree(waiting, folder)
    for _ in range(3):
        process, _counted = start(context, folder, 0)
        kill_after(process, dice.uniform(0.05, 0.9))
    with opened(folder) as archive:
        sealed(archive)
    check(folder, tokens=1)
