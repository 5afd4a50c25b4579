"""A renewal that is killed anywhere leaves every proof as it was, and goes on: nothing is stamped twice or lost."""

import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from archive.archive import Archive, open_archive
from archive.campaign import CampaignSettings, verify_all
from archive.evidence.chains import batch_chain
from archive.evidence.records import package_records
from archive.evidence.renewal_values import RenewSettings
from archive.evidence.renewing import renew
from archive.evidence.values import PackageKey
from ingest.rebuild import rebuild
from model.findings import Outcome
from model.preservation import EventType
from preservation.evidence.reading import read_record
from tests.fakes.custody import one_examiner
from tests.fakes.epochs import World, moment, world
from tests.fakes.killing import kill_after, killing_itself
from tests.fakes.killing import server as processes
from tests.fakes.pki import SetClock
from tests.fakes.years import Machine, no_failures, proven, versions

BOUNDARIES, MOMENTS = 12, 3
LONG_BOUNDARIES = 200
THEN = moment(2034)


def larger(archive: Archive) -> UUID:
    """Return the batch of two packages."""
    return next(batch.id for batch in archive.catalogue.evidence_batches() if (batch.count, batch.chain) == (2, 1))


def renew_timestamps(folder: Path) -> None:
    """Renew what is due."""
    with open_archive(folder, clock=SetClock(time=THEN)) as archive:
        list(renew(archive, RenewSettings()))


def hash_anew(folder: Path) -> None:
    """Hash the larger batch anew."""
    with open_archive(folder, clock=SetClock(time=THEN)) as archive:
        list(renew(archive, RenewSettings(batch=larger(archive), algorithm="sha3-512")))


ACTS = {"timestamp": renew_timestamps, "hash-tree": hash_anew}


@pytest.fixture(scope="module")
def served() -> Iterator[World]:
    with world(2030, "one") as running:
        yield running


@pytest.fixture(scope="module")
def due(served: World, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An archive with two batches that are due; copied for every kill."""
    machine = Machine(tmp_path_factory.mktemp("due") / "archive", served)
    machine.go_to(moment(2030))
    with one_examiner():
        machine.take_in(2)
        machine.take_in()
    machine.go_to(THEN)
    return machine


@pytest.fixture(scope="module")
def context() -> Any:
    return processes()


def start(context: Any, act: Callable[[Path], None], folder: Path, boundary: int) -> tuple[Any, Any]:
    counted = context.Value("i", 0)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    return process, counted


@pytest.fixture(scope="module")
def boundaries(context: Any, due: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many boundaries an undisturbed renewal has."""
    found = {}
    for name, act in ACTS.items():
        machine = due.copied(tmp_path_factory.mktemp("counted") / "archive")
        process, counted = start(context, act, machine.folder, 0)
        process.join(120)
        assert process.exitcode == 0
        check(machine, name)
        found[name] = int(counted.value)
    return found


def check(machine: Machine, kind: str) -> None:
    """Everything is renewed once, still proven, and nothing is left."""
    with machine.opened() as archive:
        lengths = []
        for version in versions(archive):
            report = proven(archive, version)
            assert report.outcome is Outcome.PASSED, report.findings
            assert report.proof_time == moment(2030)
            (record,) = package_records(archive.copies, PackageKey(version.aip_id, version.version))
            lengths.append([len(chain.timestamps) for chain in read_record(record.content).chains])
            events = archive.catalogue.events(version.aip_id, kind=EventType.EVIDENCE_RECORD_RENEWAL)
            assert len(events) == len(lengths[-1]) - 1
        expected = [[2], [2], [2]] if kind == "timestamp" else [[1], [1, 1], [1, 1]]
        assert sorted(lengths) == expected
        for folder in ("sealing", "renewing"):
            left = [path for path in (machine.folder / folder).rglob("*") if path.is_file()]
            assert left == []
        archive.copies.sweep()
        reports = list(verify_all(archive, CampaignSettings(deep=True, restart=True)))
        assert all(report.outcome is Outcome.PASSED for report in reports)
        before = list(archive.catalogue.dump())
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before


def killed_and_resumed(machine: Machine, kind: str, kill: Callable[[], object]) -> None:
    """Kill a renewal, see that every proof stands, and renew again."""
    asked = machine.world.asked
    kill()
    with machine.opened() as archive:
        for version in versions(archive):
            assert proven(archive, version).outcome is Outcome.PASSED
        kept = any(machine.folder.glob("sealing/*/token.tst")) or any(machine.folder.glob("renewing/*/renewal.json"))
        done = any(
            len(batch_chain(archive.copies, batch.id, batch.algorithm)) > 1 or batch.chain > 1
            for batch in archive.catalogue.evidence_batches()
        )
    before = machine.world.asked
    if kind == "timestamp":
        no_failures(machine.renewed())
    else:
        with machine.opened() as archive:
            batch = larger(archive)
        no_failures(machine.renewed(batch=batch, algorithm="sha3-512"))
    if kept or done:
        assert machine.world.asked == before, "what has its timestamp needs no second one"
    assert machine.world.asked - asked <= 2
    check(machine, kind)


@pytest.mark.parametrize("kind", list(ACTS))
@pytest.mark.parametrize("part", range(BOUNDARIES))
def test_killed_at_a_boundary(
    part: int, kind: str, boundaries: dict[str, int], context: Any, due: Machine, tmp_path: Path
) -> None:
    machine = due.copied(tmp_path / "archive")

    def kill() -> None:
        process, _counted = start(context, ACTS[kind], machine.folder, 1 + part * boundaries[kind] // BOUNDARIES)
        process.join(120)

    killed_and_resumed(machine, kind, kill)


@pytest.mark.parametrize("kind", list(ACTS))
@pytest.mark.parametrize("seed", range(MOMENTS))
def test_killed_at_a_moment(seed: int, kind: str, context: Any, due: Machine, tmp_path: Path) -> None:
    machine = due.copied(tmp_path / "archive")
    process, _counted = start(context, ACTS[kind], machine.folder, 0)
    killed_and_resumed(machine, kind, partial(kill_after, process, random.Random(seed).uniform(0.05, 1.0)))


@pytest.mark.long
@pytest.mark.parametrize("kind", list(ACTS))
def test_killed_at_every_boundary(
    kind: str, boundaries: dict[str, int], context: Any, due: Machine, tmp_path: Path
) -> None:
    for boundary in range(1, min(boundaries[kind], LONG_BOUNDARIES) + 1):
        machine = due.copied(tmp_path / f"archive-{boundary}")
        process, _counted = start(context, ACTS[kind], machine.folder, boundary)
        killed_and_resumed(machine, kind, partial(process.join, 120))
        shutil.rmtree(machine.folder)
