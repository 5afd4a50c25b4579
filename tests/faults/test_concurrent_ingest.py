"""Several processes take in the same case file at once: one package, and nothing else left."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import ingest.pipeline
from archive.archive import create_archive, open_archive
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.values import TransferQuery
from ingest.values import IngestStatus
from ingest.workspace import Workspace, abandoned
from model.identifiers import new_uuid
from model.ports import SystemClock
from tests.fakes.archives import new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.catalogue_databases import BACKENDS, new_database
from tests.fakes.custody import assert_whole
from tests.fakes.killing import server


def ingest_at(barrier: Any, answers: Any, archive: Path, sources: Sequence[Path]) -> None:
    """Wait for the others, ingest, and say what became of each case file."""
    with open_archive(archive) as opened:
        barrier.wait(60)
        answers.put([(report.status.value, report.reason) for report in take_in(opened, *sources)])


def at_once(archive: Path, *sources: Sequence[Path]) -> list[list[tuple[str, str]]]:
    """Ingest in as many processes as there are lists of sources, all beginning in the same moment."""
    context = server()
    barrier, answers = context.Barrier(len(sources)), context.Queue()
    processes = [context.Process(target=ingest_at, args=(barrier, answers, archive, item)) for item in sources]
    for process in processes:
        process.start()
    found = [answers.get(timeout=100) for _process in processes]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    return found


def packed(folder: Path, target: Path) -> Path:
    """Pack a folder in another order than that in which it is walked."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*"), reverse=True):
            archive.write(path, path.relative_to(folder))
    return target


def nested_case(folder: Path) -> Path:
    """A case file with folders in it, whose order differs between a walk and a sorted list."""
    source = make_case_folder(folder)
    description = (source / "hoso.json").read_text(encoding="utf-8")
    for name, below in (("002 phụ lục.xml", "b"), ("003 bản vẽ.pdf", "b-c")):
        (source / below).mkdir()
        (source / name).rename(source / below / name)
        description = description.replace(name, f"{below}/{name}")
    (source / "hoso.json").write_text(description, encoding="utf-8")
    return source


def test_folder_and_packed_folder_are_one_case_file(tmp_path: Path) -> None:
    source = nested_case(tmp_path / "case")
    with new_archive(tmp_path / "archive") as archive:
        reports = take_in(archive, source, packed(source, tmp_path / "case.zip"))
    assert [report.status for report in reports] == [IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY], reports


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("count", [2, 4])
def test_same_case_file_at_once(tmp_path: Path, backend: str, count: int) -> None:
    repeat(tmp_path, backend, count, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("backend", BACKENDS)
def test_same_case_file_at_once_many_times(tmp_path: Path, backend: str) -> None:
    repeat(tmp_path, backend, 4, 40)


def repeat(tmp_path: Path, backend: str, count: int, times: int) -> None:
    database = new_database(backend, tmp_path)
    create_archive(tmp_path / "archive", stores=("a", "b"), database=database)
    for number in range(times):
        source = make_case_folder(tmp_path / f"case-{number}", f"H49.64.2024.{number}")
        zipped = packed(source, tmp_path / f"case-{number}.zip")
        found = at_once(tmp_path / "archive", *[[source if turn % 2 else zipped] for turn in range(count)])
        became = Counter(status for answer in found for status, _reason in answer)
        assert became == {"accepted": 1, "held-already": count - 1}, found
    with open_archive(tmp_path / "archive") as archive:
        assert_whole(archive, times)
        assert len(archive.catalogue.list_transfers(TransferQuery(limit=1000))) == count * times


def test_same_batch_twice_at_once_with_workers(tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for number in range(4):
        make_case_folder(batch / f"case-{number}", f"H49.64.2024.{number}")
    create_archive(tmp_path / "archive", stores=("a", "b"))
    command = [sys.executable, "-c", "import cli; cli.main()", "--lang", "en", "-A", str(tmp_path / "archive")]
    running = [
        subprocess.Popen(
            [*command, "ingest", str(batch), "--workers", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _turn in range(2)
    ]
    shown = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], shown
    accepted = sum(out.count("✓ accepted") for out, _err in shown)
    known = sum(out.count("✓ in the archive already") for out, _err in shown)
    assert (accepted, known) == (4, 4), shown
    with open_archive(tmp_path / "archive") as archive:
        assert_whole(archive, 4)


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for number in range(12):
        make_case_folder(batch / f"case-{number:02}", f"H49.64.2024.{number}", documents=6)
    create_archive(tmp_path / "archive", stores=("a", "b"))
    process = subprocess.Popen(
        [sys.executable, "-c", "import cli; cli.main()", "-A", tmp_path / "archive", "ingest", batch, "--workers", "2"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while (alive := of_session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive == [], [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in alive]
    with open_archive(tmp_path / "archive") as archive:
        assert {report.status for report in take_in(archive, batch)} <= {
            IngestStatus.ACCEPTED,
            IngestStatus.HELD_ALREADY,
        }
        assert_whole(archive, 12)


def of_session(session: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def recover_for(seconds: float, work: Path, ended: Any) -> None:
    """Look for abandoned work areas all the time, as every starting ingest does, and remove what is found."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for workspace in abandoned(work):
            with workspace:
                ended.value += 1
                workspace.remove()


def test_work_area_of_a_living_process_is_never_taken_for_abandoned(tmp_path: Path) -> None:
    context = server()
    ended = context.Value("i", 0)
    process = context.Process(target=recover_for, args=(3.0, tmp_path, ended))
    process.start()
    made = 0
    while process.is_alive():
        with Workspace.create(tmp_path, new_uuid(SystemClock().now())) as workspace:
            workspace.finish("step", {"made": made})
            (workspace.content / "file").write_bytes(b"x")
            workspace.remove()
        made += 1
    process.join()
    assert process.exitcode == 0
    assert ended.value == 0
    assert made > 50
    assert list(tmp_path.iterdir()) == []


def test_dead_process_has_its_case_file_finished_not_doubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process dies with the container stored and nothing registered, while another waits for its claim."""
    source = make_case_folder(tmp_path / "case")
    create_archive(tmp_path / "archive", stores=("a", "b"))
    context = server()
    process = context.Process(target=die_before_registration, args=(tmp_path / "archive", source))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    monkeypatch.setattr("ingest.batch.recover", lambda _archive: iter(()))  # it died after we had looked
    with open_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, source)
        assert report.status is IngestStatus.HELD_ALREADY
        assert_whole(archive, 1)


def die_before_registration(archive: Path, source: Path) -> None:
    """Ingest up to the stored container, then die."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)

    setattr(Catalogue, "register", die)  # noqa: B010 - only in this process, which ends here
    with open_archive(archive) as opened:
        take_in(opened, source)


def test_claim_of_a_living_process_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.claims._PATIENCE", 0.3)
    source = make_case_folder(tmp_path / "case")
    create_archive(tmp_path / "archive")
    context = server()
    started = context.Event()
    process = context.Process(target=hang_before_storing, args=(tmp_path / "archive", source, started))
    process.start()
    assert started.wait(60)
    with open_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, source)
        assert report.status is IngestStatus.FAILED
        assert report.exit_code == 11
        assert "Another process" in report.reason
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        statuses = {item.status for item in take_in(archive, source)}
        assert statuses <= {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY}
        assert_whole(archive, 1)


def hang_before_storing(archive: Path, source: Path, started: Any) -> None:
    """Ingest up to the decision, then hang."""

    def hang(*_: object, **__: object) -> None:
        started.set()
        time.sleep(600)

    setattr(ingest.pipeline, "write_package", hang)  # noqa: B010 - only in this process, which ends here
    with open_archive(archive) as opened:
        take_in(opened, source)
