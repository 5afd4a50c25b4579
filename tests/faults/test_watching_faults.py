"""Watching a folder with real processes: killed, restarted, two at a time, and handed things half written."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.archive import create_archive, open_archive
from tests.fakes.casefiles import make_case_folder

_TIME = 60.0


class Watching:
    """A watcher in a process of its own."""

    def __init__(self, archive: Path, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "cli", "--lang", "en", "-A", str(archive), "ingest", "--watch", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--interval", "0.2", "--settle", "0.3", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return exit code, output and errors."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=_TIME)
        return self.process.returncode, out, err

    def wait(self) -> tuple[int, str, str]:
        """Wait for the end."""
        out, err = self.process.communicate(timeout=_TIME)
        return self.process.returncode, out, err


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    create_archive(tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def started(archive: Path, folder: Path) -> Iterator[list[Watching]]:
    """Watchers that end with the test, whatever becomes of it."""
    watchers: list[Watching] = []
    yield watchers
    for watcher in watchers:
        if watcher.process.poll() is None:
            os.killpg(watcher.process.pid, signal.SIGKILL)
            watcher.process.communicate()


def appears(path: Path, seconds: float = _TIME) -> dict[str, Any]:
    """Wait for a receipt; return what it says."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, sorted(item.name for item in path.parent.iterdir())
        time.sleep(0.05)
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data


def hand_in(folder: Path, name: str, code: str) -> Path:
    """Hand in as the convention says: under a hidden name, then renamed."""
    hidden = make_case_folder(folder / f".{name}", code)
    return hidden.rename(folder / name)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_watching_takes_in_what_is_renamed_and_ends_in_order(
    archive: Path, folder: Path, started: list[Watching]
) -> None:
    first = hand_in(folder, "first", "H49.1")
    before = snapshot(first)
    started.append(Watching(archive, folder))
    assert appears(folder / "first.receipt.json")["status"] == "accepted"
    make_case_folder(folder / "second.part", "H49.2")
    (folder / "message.edxml").write_text("<edXML/>", encoding="utf-8")
    refused = appears(folder / "message.edxml.receipt.json")
    assert refused["transfers"][0]["findings"][0]["code"] == "watch.no-case-file"
    assert "casefile add" in refused["transfers"][0]["findings"][0]["remedy"]["en"]
    assert refused["transfers"][0]["transfer_id"] is None
    assert not (folder / "second.part.receipt.json").exists()
    (folder / "second.part").rename(folder / "second")
    said = appears(folder / "second.receipt.json")["transfers"][0]
    assert said["case_code"] == "H49.2"
    code, out, _ = started[0].end()
    assert code == 0
    assert len(out.splitlines()) == 3
    assert snapshot(first) == before
    with open_archive(archive) as opened:
        assert opened.catalogue.counts().case_files == 2
        version = opened.catalogue.versions(opened.catalogue.find_case_by_code("H49.2")[0].aip_id)[0]
        assert said["package"]["container_sha256"] == version.container_sha256.hex()


@pytest.mark.long
def test_sigint_to_the_whole_group_ends_in_order_too(archive: Path, folder: Path, started: list[Watching]) -> None:
    for number in range(6):
        hand_in(folder, f"case-{number}", f"H49.{number}")
    started.append(Watching(archive, folder, "--workers", "2", "--json"))
    appears(folder / "case-0.receipt.json")
    os.killpg(started[0].process.pid, signal.SIGINT)
    code, out, err = started[0].wait()
    assert code == 0, err
    assert all(json.loads(line)["status"] == "accepted" for line in out.splitlines())
    receipts = sorted(path.name for path in folder.glob("*.receipt.json"))
    assert len(receipts) == len(out.splitlines())


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_killed_watcher_loses_and_doubles_nothing(
    archive: Path, folder: Path, started: list[Watching], workers: str
) -> None:
    count = 6
    for number in range(count):
        hand_in(folder, f"case-{number}", f"H49.{number}")
    started.append(Watching(archive, folder, "--workers", workers))
    appears(folder / "case-1.receipt.json")
    os.kill(started[0].process.pid, signal.SIGKILL)
    started[0].wait()
    for receipt in folder.glob("*.receipt.json"):
        json.loads(receipt.read_bytes())
    (folder / "case-1.receipt.json").unlink()  # as if killed between custody and receipt
    started.append(Watching(archive, folder, "--workers", workers, "--once"))
    code, _, err = started[1].wait()
    assert code == 0, err
    statuses = [json.loads((folder / f"case-{number}.receipt.json").read_bytes()) for number in range(count)]
    assert {said["status"] for said in statuses} <= {"accepted", "held-already"}
    held = statuses[1]
    assert held["status"] == "held-already"
    package = held["transfers"][0]["package"]
    assert package["accepted_as"] != held["transfers"][0]["transfer_id"]
    assert package["container_sha256"] and held["transfers"][0]["file_list"]
    with open_archive(archive) as opened:
        assert opened.catalogue.counts().case_files == count
        assert list(opened.work.iterdir()) == []
    assert not list(folder.glob(".*.part"))


def test_only_one_watcher_has_a_folder(archive: Path, folder: Path, started: list[Watching]) -> None:
    hand_in(folder, "a", "H49.1")
    started.append(Watching(archive, folder))
    appears(folder / "a.receipt.json")
    started.append(Watching(archive, folder, "--once"))
    code, _, err = started[1].wait()
    assert code == 11
    assert str(started[0].process.pid) in err
    assert started[0].end()[0] == 0


@pytest.mark.long
def test_what_grows_is_waited_for(archive: Path, folder: Path, started: list[Watching]) -> None:
    source = make_case_folder(folder.parent / "source", "H49.1")
    started.append(Watching(archive, folder, "--settle", "1.5"))
    time.sleep(1)
    (folder / "slow").mkdir()
    for path in sorted(source.iterdir()):
        shutil.copy(path, folder / "slow" / path.name)
        time.sleep(0.6)
        assert not (folder / "slow.receipt.json").exists()
    assert appears(folder / "slow.receipt.json")["status"] == "accepted"
    assert started[0].end()[0] == 0


@pytest.mark.long
def test_what_cannot_be_written_is_tried_again(archive: Path, folder: Path, started: list[Watching]) -> None:
    """A receipt whose place is taken by a folder stands for a full disk: nobody else is kept waiting."""
    hand_in(folder, "a", "H49.1")
    hand_in(folder, "b", "H49.2")
    (folder / "a.receipt.files.csv").mkdir()
    started.append(Watching(archive, folder))
    assert appears(folder / "b.receipt.json")["status"] == "accepted"
    assert not (folder / "a.receipt.json").exists()
    (folder / "a.receipt.files.csv").rmdir()
    assert appears(folder / "a.receipt.json")["status"] == "held-already"
    code, _, err = started[0].end()
    assert code == 0
    assert "cannot be written" in err
