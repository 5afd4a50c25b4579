"""SIGKILL while what is held is verified, repaired, rebuilt, resolved or given out: run again, it is complete."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

import ingest.pipeline
from archive.access.export import export_container, export_document, export_files, find_one
from archive.archive import Archive, create_archive, open_archive
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.values import TransferQuery, TransferState
from archive.indexing import bring_level, open_index
from archive.journal import read_journal
from archive.search.values import SearchRequest
from ingest.batch import BatchSettings, recover
from ingest.pipeline import DECIDED
from ingest.rebuild import rebuild
from ingest.transfers import accept_transfer, brought_back, find_transfer
from ingest.values import IngestStatus
from ingest.workspace import abandoned
from model.errors import ConflictError, IntegrityError, StorageError
from model.findings import ValidationReport
from tests.fakes.archives import container_paths, flip_byte, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import assert_told, assert_whole, chauban, leftovers
from tests.fakes.killing import kill_after, killing_itself, server

CASES = 3
SHORT, LONG = 4, 60


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with case files in two stores and one refused transfer, to be copied by each test."""
    folder = tmp_path_factory.mktemp("held")
    create_archive(folder / "archive", stores=("a", "b"))
    with open_archive(folder / "archive") as archive:
        take_in(archive, *(make_case_folder(folder / str(n), f"H49.64.2024.{n}") for n in range(CASES)))
        refused = make_case_folder(folder / "refused", "H49.64.2024.9")
        (refused / "thừa.txt").write_text("không ai nêu tên", encoding="utf-8")
        (report,) = take_in(archive, refused)
        assert report.status is IngestStatus.REFUSED
    return folder / "archive"


def copy_of(held: Path, target: Path) -> Path:
    shutil.copytree(held, target)
    return target


def boundaries(total: int, count: int) -> Iterator[int]:
    """Yield boundaries evenly over all of them, both odd and even ones."""
    yield from sorted({min(total, 1 + position * total // count + position % 2) for position in range(count)})


def killed_everywhere(
    context: Any, held: Path, work: Path, act: Callable[[Path], None], check: Callable[[Path], None], count: int
) -> None:
    """Kill an act at boundaries all over it; each time do it again, and check what is there then."""
    counted = context.Value("i", 0)
    whole = copy_of(held, work / "whole" / "archive")
    run(context, whole, act, 0, counted)
    check(whole)
    assert counted.value > 2
    for boundary in boundaries(counted.value, count):
        archive = copy_of(held, work / str(boundary) / "archive")
        assert run(context, archive, act, boundary, context.Value("i", 0)) == -signal.SIGKILL, boundary
        assert run(context, archive, act, 0, context.Value("i", 0)) == 0, boundary
        check(archive)


def run(context: Any, archive: Path, act: Callable[[Path], None], boundary: int, counted: Any) -> int:
    process = context.Process(target=killing_itself, args=(act, archive, boundary, counted))
    process.start()
    process.join(120)
    return int(process.exitcode)


def campaign(archive: Archive, **settings: bool) -> set[str]:
    reports = verify_all(archive, CampaignSettings(**settings))
    return {finding.code for report in reports for finding in report.findings if finding.code.startswith("custody.")}


# --- verify --all --repair


@pytest.fixture(scope="module")
def damaged(held: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = copy_of(held, tmp_path_factory.mktemp("damaged") / "archive")
    with open_archive(archive) as opened:
        flip_byte(container_paths(opened, "b")[0])
        container_paths(opened, "a")[1].unlink()
        next((archive / "b").rglob("*.sha256")).unlink()
        next((archive / "a").rglob("journal/*.json")).unlink()
    return archive


def do_repair(archive: Path) -> None:
    with open_archive(archive) as opened:
        campaign(opened, repair=True)


def check_repaired(archive: Path) -> None:
    with open_archive(archive) as opened:
        assert_whole(opened, CASES)
        for held in opened.catalogue.iter_versions(None, 100):
            identifiers = [event.id for event in opened.catalogue.events(held.aip_id)]
            assert len(identifiers) == len(set(identifiers))


def test_killed_while_repairing(context: Any, damaged: Path, tmp_path: Path) -> None:
    killed_everywhere(context, damaged, tmp_path, do_repair, check_repaired, SHORT)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_while_repairing_often(context: Any, damaged: Path, tmp_path: Path) -> None:
    killed_everywhere(context, damaged, tmp_path, do_repair, check_repaired, LONG)


def test_campaign_that_only_looked_is_not_gone_on_with_as_a_repair(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted verification has passed damage by; the repair that follows must not leave it there."""
    monkeypatch.setattr("archive.campaign.PART", 1)
    with open_archive(copy_of(damaged, tmp_path / "archive")) as archive:
        with closing(cast("Generator[ValidationReport]", verify_all(archive, CampaignSettings()))) as looking:
            next(looking)
            next(looking)
        campaign(archive, repair=True)
        assert campaign(archive, deep=True) == {"custody.verified"}


def do_export(archive: Path) -> None:
    target = archive.parent / "out.txt"
    target.unlink(missing_ok=True)
    with open_archive(archive) as opened:
        export_document(opened, find_one(opened, "H49.64.2024.0"), 1, target)


def check_events(archive: Path) -> None:
    """Every copy and the catalogue know the same events."""
    with open_archive(archive) as opened:
        assert list(recover(opened)) == []
        assert_whole(opened, CASES)
        held = find_one(opened, "H49.64.2024.0")
        told = {event.id for _version, event in read_journal(opened.copies, held.aip_id)}
        known = {event.id for event in opened.catalogue.events(held.aip_id)}
        assert told <= known


def test_killed_while_recording_an_event(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_export, check_events, SHORT)


def test_event_waits_for_the_store_that_is_away(held: Path, tmp_path: Path) -> None:
    archive = copy_of(held, tmp_path / "archive")
    (archive / "b").rename(archive / "away")
    (archive / "b").mkdir()
    result = chauban(archive, "verify", "--all")
    assert_told(result, StorageError.exit_code)
    assert result.stdout.count("store b") >= CASES, result.stdout
    result = chauban(archive, "verify", "H49.64.2024.0")
    assert result.returncode == IntegrityError.exit_code, result
    assert "Traceback" not in result.stderr
    assert list((archive / "b").iterdir()) == []
    (archive / "b").rmdir()
    (archive / "away").rename(archive / "b")
    check_events(archive)


# --- rebuild


def do_rebuild(archive: Path) -> None:
    with open_archive(archive, for_rebuild=True) as opened:
        assert rebuild(opened).problems == ()
        with open_index(opened) as index:
            bring_level(opened, index)


def rebuilt_as(held: Path) -> Callable[[Path], None]:
    with open_archive(held) as opened:
        before = list(opened.catalogue.dump())

    def check(archive: Path) -> None:
        with open_archive(archive) as opened:
            assert list(opened.catalogue.dump()) == before
            assert_whole(opened, CASES)
            with open_index(opened) as index:
                assert index.search(SearchRequest(query="sửa đường", limit=50)).total == CASES * 4

    return check


def test_killed_while_rebuilding(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_rebuild, rebuilt_as(held), SHORT)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_while_rebuilding_often(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_rebuild, rebuilt_as(held), LONG)


def test_half_rebuilt_catalogue_is_not_used(held: Path, tmp_path: Path) -> None:
    archive = copy_of(held, tmp_path / "archive")
    with open_archive(archive, for_rebuild=True) as opened:
        opened.catalogue.put_setting("rebuilding", "1")
    for command in (("search", "đường"), ("verify", "--all"), ("ingest", str(tmp_path))):
        assert_told(chauban(archive, *command), ConflictError.exit_code)
    assert chauban(archive, "rebuild").returncode == 0
    with open_archive(archive) as opened:
        assert_whole(opened, CASES)


# --- transfer resolve --accept


def do_accept(archive: Path) -> None:
    with open_archive(archive) as opened:
        refused = opened.catalogue.list_transfers(TransferQuery(states=(TransferState.REFUSED,)))
        settings = BatchSettings(folder=archive, profile="", fonds="", waive=("intake.file-unnamed",))
        for transfer in refused:
            report = accept_transfer(opened, transfer, "Thủ trưởng đồng ý", settings)
            assert report.status in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY}, report


def check_accepted(archive: Path) -> None:
    with open_archive(archive) as opened:
        assert list(recover(opened)) == []
        assert_whole(opened, CASES + 1)
        states = [item.state for item in opened.catalogue.list_transfers(TransferQuery(limit=100))]
        assert TransferState.REFUSED not in states
        assert states.count(TransferState.RESOLVED) == 1
        assert states.count(TransferState.ACCEPTED) == CASES + 1


def test_killed_while_accepting_a_refused_transfer(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_accept, check_accepted, SHORT)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_while_accepting_often(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_accept, check_accepted, LONG)


def test_what_a_killed_resolution_unpacked_is_swept_by_the_next_ingest(held: Path, tmp_path: Path) -> None:
    archive = copy_of(held, tmp_path / "archive")
    with open_archive(archive) as opened:
        (refused,) = opened.catalogue.list_transfers(TransferQuery(states=(TransferState.REFUSED,)))
        with pytest.raises(RuntimeError), brought_back(opened, refused) as paths:
            shutil.copytree(opened.work, tmp_path / "as it was")
            assert [path.name for path in paths] == ["content.tar"]
            raise RuntimeError
        assert leftovers(opened) == []
        shutil.copytree(tmp_path / "as it was", opened.work, dirs_exist_ok=True)
        assert leftovers(opened)
        assert list(recover(opened)) == []
        assert leftovers(opened) == []
        assert find_transfer(opened, str(refused.id)).state is TransferState.REFUSED


# --- refusing


def do_refuse(archive: Path) -> None:
    source = archive.parent / "refused"
    if not source.is_dir():
        make_case_folder(source, "H49.64.2024.8")
        (source / "thừa.txt").write_text("không ai nêu tên", encoding="utf-8")
        shutil.make_archive(str(source), "zip", source)
    with open_archive(archive) as opened:
        reports = take_in(opened, source, source.with_suffix(".zip"))
        assert {report.status for report in reports} == {IngestStatus.REFUSED}


def check_refused(archive: Path) -> None:
    with open_archive(archive) as opened:
        assert_whole(opened, CASES)
        refused = opened.catalogue.list_transfers(TransferQuery(states=(TransferState.REFUSED,)))
        assert len(refused) >= 3
        for transfer in refused:
            assert opened.copies.stat(transfer.kept_key) is not None
        recorded = {item.key.rpartition("/")[0] for item in opened.copies.list("transfers/")}
        assert len(recorded) == len(refused)


def test_killed_while_refusing(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_refuse, check_refused, SHORT)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_while_refusing_often(context: Any, held: Path, tmp_path: Path) -> None:
    killed_everywhere(context, held, tmp_path, do_refuse, check_refused, LONG)


# --- a power cut: what was not synced is gone


@pytest.mark.parametrize("part", ["files.jsonl", "documents.jsonl", "report.json"])
def test_power_cut_that_shortens_a_file_of_the_work_area(context: Any, tmp_path: Path, part: str) -> None:
    """Never a package of less than was handed in."""
    source = make_case_folder(tmp_path / "case", documents=6)
    create_archive(tmp_path / "archive", stores=("a", "b"))
    process = context.Process(target=die_before_storing, args=(tmp_path / "archive", source))
    process.start()
    process.join(60)
    with open_archive(tmp_path / "archive") as archive:
        (folder,) = archive.work.iterdir()
        for workspace in abandoned(archive.work):
            assert workspace.step(DECIDED) is not None
            workspace.close()
        os.truncate(folder / part, (folder / part).stat().st_size // 2)
        reports = take_in(archive, source)
        assert [report.status for report in reports] == [IngestStatus.ACCEPTED]
        assert reports[0].files == 6
        assert_whole(archive, 1)


def die_before_storing(archive: Path, source: Path) -> None:
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)

    setattr(ingest.pipeline, "write_package", die)  # noqa: B010 - only in this process, which ends here
    with open_archive(archive) as opened:
        take_in(opened, source)


# --- export


def export_all(archive: Path, target: Path, at: Any) -> None:
    with open_archive(archive) as opened:
        case = find_one(opened, "H49.64.2024.0")
        at.set()
        export_document(opened, case, 1, target / "document.txt")
        export_files(opened, case, target / "files")
        export_container(opened, case, target / "package.tar")


def test_killed_while_exporting(context: Any, held: Path, tmp_path: Path) -> None:
    moments = random.Random(3)
    seen = set()
    for number in range(8):
        target = tmp_path / str(number)
        target.mkdir()
        begun = context.Event()
        archive = copy_of(held, target / "archive")
        process = context.Process(target=export_all, args=(archive, target, begun))
        process.start()
        assert begun.wait(60)
        kill_after(process, moments.uniform(0.0, 0.15))
        seen.add(check_exported(archive, target))
    assert len(seen) > 1, "always killed at the same place"


def check_exported(archive: Path, target: Path) -> tuple[str, ...]:
    """Whatever is visible is whole, and what is not can be exported now; return what was visible."""
    visible = tuple(sorted(path.name for path in target.iterdir() if path.name[0] != "." and path.name != "archive"))
    with open_archive(archive) as opened:
        case = find_one(opened, "H49.64.2024.0")
        stored = next(path for path in container_paths(opened) if str(case.aip_id) in path.name)
        if "document.txt" not in visible:
            export_document(opened, case, 1, target / "document.txt")
        if "files" not in visible:
            export_files(opened, case, target / "files")
        if "package.tar" not in visible:
            export_container(opened, case, target / "package.tar")
        assert (target / "package.tar").read_bytes() == stored.read_bytes()
        assert (target / "document.txt").read_text(encoding="utf-8").startswith("Nội dung văn bản số 1")
        assert len(list((target / "files" / "data").iterdir())) == 3
    for folder, name in ((target / "files", "manifest-sha512.txt"), (target, "package.tar.sha256")):
        program = name.split(".")[0].split("-")[-1] if "manifest" in name else "sha256"
        subprocess.run([f"{program}sum", "--check", "--quiet", name], cwd=folder, check=True)
    return visible


# --- temporary files of the system


def test_nothing_stays_in_the_systems_temporary_folder(context: Any, tmp_path: Path) -> None:
    """Killed while odd names are identified, which goes through aliases: the next ingest sweeps them."""
    source = tmp_path / "case"
    source.mkdir()
    for number in range(300):
        (source / f"tập {number}\n.txt").write_text(f"nội dung {number}", encoding="utf-8")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    create_archive(tmp_path / "archive")
    moments = random.Random(5)
    for _turn in range(6):
        process = context.Process(target=ingest_with_temporary, args=(tmp_path / "archive", source, temporary))
        process.start()
        kill_after(process, moments.uniform(0.3, 1.2))
    process = context.Process(target=ingest_with_temporary, args=(tmp_path / "archive", source, temporary))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert [path.name for path in temporary.iterdir()] == []


def ingest_with_temporary(archive: Path, source: Path, temporary: Path) -> None:
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = str(temporary)
    with open_archive(archive) as opened:
        take_in(opened, source)
