"""Killed while it writes the audit log: what was told done is in it, nothing twice, nothing half, and it goes on."""

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archive.archive import create_archive, open_archive
from archive.audit.recording import note_act, record_act
from archive.audit.values import Action
from archive.audit.verify import verify_log
from model.findings import Outcome
from tests.fakes.audit_acts import act_often
from tests.fakes.killing import killing_itself, server

TOLD = "told"


def act(folder: Path) -> None:
    """Do some acts: single ones, then three in one go; tell of each only when it is recorded."""
    with open_archive(folder) as archive:
        for number in range(2):
            record_act(archive, Action.EXPORT, f"single-{number}")
            _tell(folder, f"single-{number}")
        for number in range(3):
            note_act(archive, Action.INGEST, f"together-{number}")
        archive.audit.flush()
        _tell(folder, "together-0", "together-1", "together-2")


def _tell(folder: Path, *names: str) -> None:
    with (folder / TOLD).open("a") as file:
        file.writelines(name + "\n" for name in names)


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "archive"
    create_archive(folder, stores=("a", "b"))
    return folder


def run(context: Any, folder: Path, boundary: int) -> tuple[int | None, int]:
    """Return the exit code and the number of boundaries."""
    counted = context.Value("i", 0)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    process.join(60)
    return process.exitcode, counted.value


def check(folder: Path) -> None:
    told = (folder / TOLD).read_text().split() if (folder / TOLD).exists() else []
    with open_archive(folder) as archive:
        report = verify_log(archive)
        codes = {finding.code for finding in report.findings}
        assert report.outcome is Outcome.PASSED, codes
        assert codes <= {"audit.verified", "audit.not-taken-over"}
    act_often(folder, 1, "after")
    with open_archive(folder) as archive:
        rows = archive.catalogue.audit_after(0, 100)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        entered = Counter(row.object for row in rows)
        assert set(entered.values()) == {1}
        assert set(told) <= set(entered)
        assert {finding.code for finding in verify_log(archive).findings} == {"audit.verified"}
        assert list((folder / "acts").glob("act-*")) == []
        for store in archive.copies.stores:
            assert sorted(item.key for item in store.list("audit/segments/")) == sorted(
                {f"audit/segments/{row.segment:012d}.jsonl" for row in rows}
            )


def _spread(total: int, count: int) -> list[int]:
    if count >= total:
        return list(range(1, total + 1))
    return sorted({min(total, 1 + position * total // count + position % 2) for position in range(count)})


def _kill_everywhere(context: Any, made: Path, tmp_path: Path, count: int) -> None:
    exit_code, total = run(context, shutil.copytree(made, tmp_path / "whole"), 0)
    assert exit_code == 0
    check(tmp_path / "whole")
    killed = 0
    boundaries = _spread(total, count)
    for boundary in boundaries:
        folder = shutil.copytree(made, tmp_path / str(boundary))
        exit_code, _counted = run(context, folder, boundary)
        killed += exit_code == -9
        check(folder)
        shutil.rmtree(folder)
    assert killed >= len(boundaries) - 6


def test_killed_at_some_boundaries(context: Any, made: Path, tmp_path: Path) -> None:
    _kill_everywhere(context, made, tmp_path, 12)


@pytest.mark.long
def test_killed_at_every_boundary(context: Any, made: Path, tmp_path: Path) -> None:
    _kill_everywhere(context, made, tmp_path, 100_000)


def test_what_a_power_cut_left_of_a_note_is_passed_over(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "archive")
    (folder / "acts").mkdir(exist_ok=True)
    (folder / "acts" / f"act-{0:020d}-cut.json").write_bytes(b'{"act": "0')
    (folder / "acts" / f"act-{1:020d}-newer.json").write_bytes(b'{"act": "newer"}')
    act_often(folder, 1)
    assert [path.name for path in (folder / "acts").iterdir()] == [f"act-{1:020d}-newer.json"]


def test_a_full_disk_stops_the_act(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.errors import StorageError

    folder = shutil.copytree(made, tmp_path / "archive")
    real = os.replace

    def full(source: Any, target: Any, **options: Any) -> None:
        if "act-" in str(source):
            raise OSError(28, "No space left on device")
        real(source, target, **options)

    monkeypatch.setattr(os, "replace", full)
    with open_archive(folder) as archive, pytest.raises(StorageError):
        record_act(archive, Action.EXPORT, "x")
