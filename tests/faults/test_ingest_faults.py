"""A full disk, a read error, a store or database out of reach, a locked database, a clock that jumps back.

Each is a typed error with advice and a documented exit code; custody is unharmed, and the same
command completes the work when the cause is gone.
"""

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import ingest.pipeline
from archive.archive import Archive, create_archive, open_archive
from archive.catalogue.values import TransferQuery
from archive.journal import read_journal
from archive.store.copies import CopySet
from ingest.rebuild import rebuild
from ingest.sources.folder import FolderSource
from ingest.values import IngestReport, IngestStatus
from tests.fakes.archives import new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import assert_told, assert_unharmed, assert_whole, chauban, one_examiner
from tests.fakes.failing_store import FailingStore
from tests.fakes.line import Line
from tests.fakes.postgres import PostgresUnavailableError, shared_postgres
from tests.fakes.s3_server import S3Server, shared_server, use_credentials

MIB = 1 << 20
UNREACHABLE, REFUSED, UNSAFE = 14, 3, 17


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_case_folder(tmp_path / "case")


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive", stores=("a", "b")) as opened:
        yield opened


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount a small memory disk on a folder."""
    if os.geteuid() != 0:
        print("\nNOT RUN: full disks (only root can mount one)", file=sys.__stderr__)
        pytest.skip("only root can mount a small disk")
    mounted: list[Path] = []

    def mount(folder: Path, size: int = MIB) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"\nNOT RUN: full disks ({done.stderr.strip()})", file=sys.__stderr__)
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={64 * MIB}", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fill a disk but for so many bytes."""
    filler = folder / "filler"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    filler.write_bytes(b"\0" * (free - leave))
    return filler


def large_case(folder: Path) -> Path:
    """A case file with two mebibytes that cannot be compressed."""
    make_case_folder(folder)
    (folder / "001 văn bản.txt").write_text(secrets.token_hex(MIB), encoding="ascii")
    return folder


def stopped(report: IngestReport, exit_code: int = UNREACHABLE) -> None:
    """The transfer was stopped by an error that says what to do."""
    assert report.status is IngestStatus.FAILED, report
    assert report.exit_code == exit_code
    assert report.reason
    assert report.aip_id is None


def completes(archive: Archive, source: Path) -> None:
    """The same command again ends with the case file held once, and nothing left over."""
    for report in take_in(archive, source):
        assert report.status in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY}, report
    assert_whole(archive, 1)


# --- the disk is full


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_work_area_full(archive: Archive, tmp_path: Path, small_disk: Callable[..., Path], form: str) -> None:
    source = make_case_folder(tmp_path / "case")
    if form == "zip":
        source = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", source))
    work = small_disk(archive.work)
    for leave in (0, 4096, 8192, 12288, 20480, 28672):
        filler = fill(work, leave)
        reports = take_in(archive, source)
        if reports[0].status is not IngestStatus.FAILED:
            assert leave, "nothing was written to the work area"
            filler.unlink()
            break
        stopped(reports[0])
        assert_unharmed(archive.folder)
        filler.unlink()
    completes(archive, source)


def test_work_area_too_small_for_what_is_unpacked(tmp_path: Path, small_disk: Callable[..., Path]) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", large_case(tmp_path / "case")))
    create_archive(tmp_path / "archive", stores=("a", "b"))
    work = small_disk(tmp_path / "archive" / "work")
    result = chauban(tmp_path / "archive", "ingest", packed)
    assert_told(result, UNREACHABLE)
    assert "No space left" in result.stdout
    assert list(work.iterdir()) == []
    enlarge(work)
    assert chauban(tmp_path / "archive", "ingest", packed).returncode == 0
    with open_archive(tmp_path / "archive") as archive:
        assert_whole(archive, 1)


@pytest.mark.parametrize("full", ["a", "b"])
def test_store_full(tmp_path: Path, small_disk: Callable[..., Path], full: str) -> None:
    source = large_case(tmp_path / "case")
    disk = small_disk(tmp_path / "archive" / full)
    create_archive(tmp_path / "archive", stores=("a", "b"))
    result = chauban(tmp_path / "archive", "ingest", source)
    assert_told(result, UNREACHABLE)
    assert f"Store {full}" in result.stdout
    assert_unharmed(tmp_path / "archive")
    enlarge(disk)
    with open_archive(tmp_path / "archive") as archive:
        assert archive.catalogue.counts().case_files == 0
        completes(archive, source)


def test_store_full_while_a_refused_transfer_is_kept(tmp_path: Path, small_disk: Callable[..., Path]) -> None:
    source = large_case(tmp_path / "case")
    (source / "thừa.txt").write_text("không ai nêu tên", encoding="utf-8")
    disk = small_disk(tmp_path / "archive" / "b")
    create_archive(tmp_path / "archive", stores=("a", "b"))
    assert_told(chauban(tmp_path / "archive", "ingest", source), UNREACHABLE)
    enlarge(disk)
    assert_told(chauban(tmp_path / "archive", "ingest", source), REFUSED)
    with open_archive(tmp_path / "archive") as archive:
        assert_whole_but_empty(archive)


def test_catalogue_full(tmp_path: Path, source: Path, small_disk: Callable[..., Path]) -> None:
    disk = small_disk(tmp_path / "archive" / "db", 2 * MIB)
    create_archive(tmp_path / "archive", stores=("a", "b"), database="sqlite:///db/catalogue.sqlite")
    for leave in (0, 8192, 65536):
        filler = fill(disk, leave)
        result = chauban(tmp_path / "archive", "ingest", source)
        filler.unlink()
        if result.returncode == 0:
            assert leave
            break
        assert_told(result, UNREACHABLE)
        assert_unharmed(tmp_path / "archive")
    with open_archive(tmp_path / "archive") as archive:
        completes(archive, source)


def test_index_full(tmp_path: Path, source: Path, small_disk: Callable[..., Path]) -> None:
    create_archive(tmp_path / "archive", stores=("a", "b"))
    disk = small_disk(tmp_path / "archive" / "index", 65536)
    fill(disk, 0)
    assert_told(chauban(tmp_path / "archive", "ingest", source), UNREACHABLE)
    assert_told(chauban(tmp_path / "archive", "search", "đường"), UNREACHABLE)
    (disk / "filler").unlink()
    enlarge(disk)
    assert chauban(tmp_path / "archive", "ingest", source).returncode == 0
    assert "4 found" in chauban(tmp_path / "archive", "search", "đường").stdout
    with open_archive(tmp_path / "archive") as archive:
        completes(archive, source)


def assert_whole_but_empty(archive: Archive) -> None:
    from archive.campaign import CampaignSettings, verify_all

    found = [item for report in verify_all(archive, CampaignSettings(restart=True)) for item in report.findings]
    assert {item.code for item in found} == {"custody.nothing-held"}, found
    assert list(archive.work.iterdir()) == []


# --- what is handed in cannot be read, or changes meanwhile


def at_reading(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[Path], None]) -> None:
    """Do something to a file just before it is opened."""
    original = FolderSource.open

    def opened(self: FolderSource, entry: Any) -> Any:
        if os.fsdecode(entry.name).startswith(name):
            act(self.location / os.fsdecode(entry.name))
        return original(self, entry)

    monkeypatch.setattr(FolderSource, "open", opened)


def into_pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def into_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir(exist_ok=True)


def into_link(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("act", [lambda path: path.unlink(missing_ok=True), into_pipe, into_folder, into_link])
def test_file_is_no_longer_what_was_listed(
    archive: Archive, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], None]
) -> None:
    with monkeypatch.context() as patch:
        at_reading(patch, "002", act)
        (report,) = take_in(archive, source)
    assert report.status in {IngestStatus.REFUSED, IngestStatus.FAILED}
    assert report.exit_code == UNSAFE
    assert any("002" in finding.message() for finding in report.findings) or "002" in report.reason
    shutil.rmtree(source)
    completes(archive, make_case_folder(source))


def test_disk_of_the_source_fails(archive: Archive, source: Path, small_disk: Callable[..., Path]) -> None:
    """Reading this process's memory from its beginning gives the error that a bad sector gives."""
    bad = source / "002 phụ lục.xml"
    small_disk(archive.folder / "unused")
    subprocess.run(["mount", "--bind", f"/proc/{os.getpid()}/mem", str(bad)], check=True)
    try:
        with pytest.raises(OSError, match="Input/output error"):
            bad.read_bytes()
        result = chauban(archive.folder, "ingest", source)
    finally:
        subprocess.run(["umount", "-l", str(bad)], check=True)
    assert_told(result, UNSAFE)
    assert "002" in result.stdout
    completes(archive, source)


@contextmanager
def between(
    monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[], None], *, after: bool = True
) -> Iterator[None]:
    """Do something before or after one step of the pipeline."""
    original = getattr(ingest.pipeline, step)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        if not after:
            act()
        result = original(*arguments, **options)
        if after:
            act()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(ingest.pipeline, step, wrapped)
        yield


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"n", b"m"))


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"...")


@pytest.mark.parametrize("step", ["receive", "examine"])
@pytest.mark.parametrize("act", [rewrite, shorten, lengthen, Path.unlink, into_pipe, into_folder])
def test_file_changes_after_it_was_read(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[Path], None]
) -> None:
    changed = source / "001 văn bản.txt"
    with between(monkeypatch, step, lambda: act(changed)):
        (report,) = take_in(archive, source)
    assert report.status in {IngestStatus.REFUSED, IngestStatus.FAILED}, report
    assert report.exit_code in {0, UNSAFE}
    assert "001" in report.reason + "".join(item.message() for item in report.findings), report
    assert archive.catalogue.counts().case_files == 0
    shutil.rmtree(source)
    completes(archive, make_case_folder(source))


@pytest.mark.parametrize("act", [into_link, into_pipe, into_folder, rewrite, shorten, Path.unlink])
def test_nothing_else_is_kept_of_a_refused_transfer_than_was_received(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], None]
) -> None:
    """Somebody changes a file, or puts a link to another one in its place, while its transfer is being refused."""
    (source / "thừa.txt").write_text("không ai nêu tên", encoding="utf-8")
    with between(monkeypatch, "examine", lambda: act(source / "001 văn bản.txt")):
        (report,) = take_in(archive, source)
    assert report.status is IngestStatus.FAILED
    assert report.exit_code == UNSAFE
    assert "001" in report.reason
    assert_whole_but_empty(archive)
    assert list(archive.copies.list("transfers/")) == []


# --- a store fails


@pytest.mark.parametrize("name", ["a", "b"])
@pytest.mark.parametrize("operation", ["create", "write", "commit", "open", "read", "stat", "sweep"])
def test_store_fails_at_every_call(archive: Archive, source: Path, name: str, operation: str) -> None:
    whole = archive.copies.stores
    for passing in range(40):
        failing = [FailingStore(store, **({operation: passing} if store.name == name else {})) for store in whole]
        broken = replace(archive, copies=CopySet(failing))
        try:
            reports = take_in(broken, source)
        except Exception as error:  # sweeping comes before any transfer
            assert getattr(error, "exit_code", None) == UNREACHABLE, error
            continue
        if reports[0].status is IngestStatus.ACCEPTED:
            assert passing, "the store was never asked"
            break
        stopped(reports[0])
        assert archive.catalogue.counts().case_files == 0
        if reports[1:]:
            stopped(reports[1])
    else:
        pytest.fail("never completed")
    completes(archive, source)


def test_copy_that_reads_back_differently_is_no_copy(archive: Archive, source: Path) -> None:
    first, second = archive.copies.stores
    failing = FailingStore(second)
    failing.corrupt = True
    (report,) = take_in(replace(archive, copies=CopySet([first, failing])), source)
    stopped(report)
    assert archive.catalogue.counts().case_files == 0
    completes(archive, source)


def test_resumed_example_gives_the_same_package(archive: Archive) -> None:
    """Every kind of description and document: what is read back from the work area is what was written there."""
    first, second = archive.copies.stores
    for source in sorted((Path(__file__).parents[2] / "examples" / "batch").iterdir()):
        failing = FailingStore(second, commit=0)
        failing.after_commit = True
        (*_earlier, report) = take_in(replace(archive, copies=CopySet([first, failing])), source)
        if report.status is IngestStatus.FAILED:
            resumed, again = take_in(archive, source)
            assert (resumed.status, again.status) == (IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY), resumed
    assert archive.catalogue.counts().case_files >= 3
    assert_whole(archive, archive.catalogue.counts().case_files)


def test_lost_answer_of_a_commit(archive: Archive, source: Path) -> None:
    first, second = archive.copies.stores
    failing = FailingStore(second, commit=0)
    failing.after_commit = True
    (report,) = take_in(replace(archive, copies=CopySet([first, failing])), source)
    stopped(report)
    completes(archive, source)


@pytest.mark.parametrize("name", ["a", "b"])
def test_store_not_mounted(archive: Archive, source: Path, name: str) -> None:
    folder = archive.folder / name
    folder.rename(archive.folder / "away")
    folder.mkdir()
    result = chauban(archive.folder, "ingest", source)
    assert_told(result, UNREACHABLE)
    assert list(folder.iterdir()) == []
    folder.rmdir()
    (archive.folder / "away").rename(folder)
    assert_unharmed(archive.folder)
    completes(archive, source)


UNMOUNTING = """
from pathlib import Path
import ingest.pipeline
written = ingest.pipeline.write_package
def write_and_unmount(*arguments):
    result = written(*arguments)
    Path({folder!r}).rename({away!r})
    Path({folder!r}).mkdir()
    return result
ingest.pipeline.write_package = write_and_unmount
"""


@pytest.mark.parametrize("name", ["a", "b"])
def test_store_unmounted_during_ingest(archive: Archive, source: Path, name: str) -> None:
    folder, away = archive.folder / name, archive.folder / "away"
    unmounting = UNMOUNTING.format(folder=str(folder), away=str(away))
    assert_told(chauban(archive.folder, "ingest", source, before=unmounting), UNREACHABLE)
    assert list(folder.iterdir()) == []
    assert archive.catalogue.counts().case_files == 0
    folder.rmdir()
    away.rename(folder)
    completes(archive, source)


@pytest.fixture(scope="module")
def s3() -> S3Server:
    use_credentials()
    return shared_server()


def cuttable(line: Line, server: S3Server, prefix: str) -> str:
    return server.url(prefix).replace(f":{server.port}", f":{line.port}")


@pytest.mark.parametrize("step", ["receive", "write_package"])
def test_s3_goes_away_while_the_other_copy_works(
    tmp_path: Path, source: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    line = Line(s3.port)
    folder = tmp_path / "archive"
    create_archive(folder, stores=("a", cuttable(line, s3, f"cut-{step}")))
    with open_archive(folder) as archive, between(monkeypatch, step, line.cut):
        (report,) = take_in(archive, source)
        stopped(report)
        assert archive.catalogue.counts().case_files == 0
    result = chauban(folder, "ingest", source)
    assert_told(result, UNREACHABLE)
    configuration = folder / "chauban.toml"
    configuration.write_text(configuration.read_text().replace(f":{line.port}", f":{s3.port}"))
    with open_archive(folder) as archive:
        for report in take_in(archive, source):
            assert report.status in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY}
        assert_whole(archive, 1)


# --- the database


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program writes the database and does not end."""
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def test_database_locked(archive: Archive, source: Path) -> None:
    hurry = "import archive.catalogue.database as database; database.LOCK_WAIT_SECONDS = 0.3"
    with locked(archive.folder / "catalogue.sqlite"):
        result = chauban(archive.folder, "ingest", source, before=hurry)
    assert_told(result, UNREACHABLE)
    assert "locked" in result.stdout + result.stderr
    assert_unharmed(archive.folder)
    completes(archive, source)


@pytest.mark.parametrize("step", ["receive", "examine", "write_package"])
def test_database_locked_during_ingest(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr("archive.catalogue.database.LOCK_WAIT_SECONDS", 0.3)
    with new_archive(tmp_path / "archive", stores=("a", "b")) as archive:
        lock = locked(archive.folder / "catalogue.sqlite")
        with between(monkeypatch, step, lock.__enter__):
            (report,) = take_in(archive, source)
        lock.__exit__(None, None, None)
        stopped(report)
        completes(archive, source)


@pytest.mark.parametrize("step", ["receive", "examine", "write_package"])
def test_database_server_stops_during_ingest(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    try:
        server = shared_postgres()
    except PostgresUnavailableError as error:
        pytest.skip(f"PostgreSQL cannot be run here: {error}")
    url = server.new_database()
    line = Line(server.port)
    folder = tmp_path / "archive"
    create_archive(folder, stores=("a", "b"), database=url.replace(f":{server.port}", f":{line.port}"))
    with open_archive(folder) as archive, between(monkeypatch, step, line.cut):
        (report,) = take_in(archive, source)
        stopped(report)
    result = chauban(folder, "ingest", source)
    assert_told(result, UNREACHABLE)
    monkeypatch.setenv("CHAUBAN_DATABASE", url)
    with open_archive(folder) as archive:
        assert archive.catalogue.counts().case_files == 0
        completes(archive, source)


# --- the clock


class FallingClock:
    """A clock that is an hour earlier each time it is read."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self._now -= timedelta(hours=1)
        return self._now


def test_clock_goes_backwards(tmp_path: Path) -> None:
    sources = [make_case_folder(tmp_path / str(number), f"H49.64.2024.{number}") for number in range(3)]
    create_archive(tmp_path / "archive", stores=("a", "b"))
    with open_archive(tmp_path / "archive", clock=FallingClock()) as archive:
        reports = take_in(archive, *sources) + take_in(archive, *sources)
        assert [report.status for report in reports] == [IngestStatus.ACCEPTED] * 3 + [IngestStatus.HELD_ALREADY] * 3
        assert len({report.transfer_id for report in reports}) == 6
        assert len({report.aip_id for report in reports}) == 3
        assert_whole(archive, 3)
        for report in reports[:3]:
            assert report.aip_id is not None
            times = [event.time for event in archive.catalogue.events(report.aip_id)]
            assert times == sorted(times)
            assert len(list(read_journal(archive.copies, report.aip_id))) == 1
        before = list(archive.catalogue.dump())
        assert len(archive.catalogue.list_transfers(TransferQuery(limit=100))) == 6
    with open_archive(tmp_path / "archive", clock=FallingClock(), for_rebuild=True) as archive:
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before
