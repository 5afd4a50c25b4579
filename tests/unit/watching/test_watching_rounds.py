"""Watching a folder, round by round: what is taken, what is left, and what a receipt says."""

import json
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive.archive import Archive, create_archive, open_archive
from cli import load_commands
from ingest.batch import BatchSettings
from ingest.receipts import EMBEDDED, ReceiptStatus, RegistrationNote, read_receipt, write_receipt
from ingest.stopping import Stopping
from ingest.values import IngestReport, IngestStatus
from ingest.watching import Watcher, WatchSettings, is_finished_name, look_at, receipt_name
from model.errors import ConfigurationError
from model.identifiers import new_uuid
from tests.fakes.casefiles import make_case_folder
from tests.fakes.json_schemas import violations

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "receipt.schema.json"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    create_archive(tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def opened(archive: Path) -> Iterator[Archive]:
    with open_archive(archive) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def watch(archive: Path, folder: Path, *options: str) -> Result:
    arguments = ["--lang", "en", "-A", str(archive), "ingest", "--watch", str(folder), "--once", "--settle", "0"]
    return CliRunner().invoke(load_commands(), [*arguments, *options])


def receipt(folder: Path, name: str) -> dict[str, Any]:
    data = json.loads((folder / f"{name}.receipt.json").read_bytes())
    assert list(violations(data, json.loads(SCHEMA.read_text(encoding="utf-8")))) == []
    assert isinstance(data, dict)
    return data


def test_a_round_leaves_receipts_and_the_next_one_does_nothing(archive: Path, folder: Path) -> None:
    make_case_folder(folder / "a", "H49.1")
    make_case_folder(folder / "batch" / "b", "H49.2")
    make_case_folder(folder / "batch" / "c", "H49.3")
    (folder / "bad.zip").write_bytes(b"PK\3\4 nothing")
    (folder / "link").symlink_to(folder.parent)
    result = watch(archive, folder)
    assert result.exit_code == 17, result.output
    assert receipt(folder, "a")["status"] == "accepted"
    both = receipt(folder, "batch")
    assert [entry["status"] for entry in both["transfers"]] == ["accepted", "accepted"]
    assert receipt(folder, "bad.zip")["status"] == "refused"
    assert receipt(folder, "link")["transfers"][0]["findings"][0]["code"] == "watch.no-case-file"
    names = sorted(path.name for path in folder.iterdir())
    again = watch(archive, folder)
    assert (again.exit_code, again.stdout) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == names


def test_a_receipt_tells_in_both_languages_and_lists_every_file(archive: Path, folder: Path) -> None:
    make_case_folder(folder / "a", "H49.1")
    watch(archive, folder)
    (entry,) = receipt(folder, "a")["transfers"]
    assert len(entry["file_list"]) == entry["files"] == 3
    assert len(entry["fingerprint"]) == 64
    assert all(finding["message"]["vi"] != finding["message"]["en"] for finding in entry["findings"])


def test_a_change_after_the_receipt_gives_another(archive: Path, folder: Path) -> None:
    case = make_case_folder(folder / "a", "H49.1")
    watch(archive, folder)
    first = (folder / "a.receipt.json").read_bytes()
    time.sleep(0.02)
    (case / "001 văn bản.txt").write_text("đổi", encoding="utf-8")
    watch(archive, folder)
    (entry,) = receipt(folder, "a.2")["transfers"]
    assert "watch.changed" in {finding["code"] for finding in entry["findings"]}
    assert (folder / "a.receipt.json").read_bytes() == first
    assert watch(archive, folder).stdout == ""


def test_a_touch_alone_is_no_change(archive: Path, folder: Path) -> None:
    case = make_case_folder(folder / "a", "H49.1")
    watch(archive, folder)
    time.sleep(0.02)
    (case / "hoso.json").chmod(0o600)
    assert watch(archive, folder).stdout == ""
    assert not (folder / "a.2.receipt.json").exists()


def test_what_was_refused_is_tried_again_when_it_was_changed(archive: Path, folder: Path) -> None:
    (folder / "a").mkdir()
    watch(archive, folder)
    assert receipt(folder, "a")["status"] == "refused"
    shutil.rmtree(folder / "a")
    time.sleep(0.02)
    make_case_folder(folder / "a", "H49.1")
    watch(archive, folder)
    assert receipt(folder, "a.2")["status"] == "accepted"


def test_names_that_look_like_others_receipts(archive: Path, folder: Path) -> None:
    case = make_case_folder(folder / "A", "H49.1")
    watch(archive, folder)
    time.sleep(0.02)
    (case / "001 văn bản.txt").write_text("đổi", encoding="utf-8")
    watch(archive, folder)
    make_case_folder(folder / "A.2", "H49.2")
    watch(archive, folder)
    assert receipt(folder, "A.2")["source"] == "A"
    assert receipt(folder, "A.2.2")["source"] == "A.2"
    assert watch(archive, folder).stdout == ""


def test_a_description_beside_an_archive_is_part_of_it(archive: Path, folder: Path) -> None:
    case = make_case_folder(folder.parent / "case", "H49.1")
    with zipfile.ZipFile(folder / "x.zip", "w") as packed:
        for path in case.iterdir():
            if path.name != "hoso.json":
                packed.write(path, path.name)
    shutil.copy(case / "hoso.json", folder / "x.json")
    result = watch(archive, folder)
    assert result.exit_code == 0, result.output
    assert receipt(folder, "x.zip")["status"] == "accepted"
    assert not (folder / "x.json.receipt.json").exists()


def test_long_and_undecodable_names(archive: Path, folder: Path) -> None:
    make_case_folder(folder / ("đ" * 120), "H49.1")
    make_case_folder(Path(os.fsdecode(os.fsencode(folder) + b"/case-\xff")), "H49.2")
    result = watch(archive, folder)
    assert result.exit_code == 0, result.output
    assert len(list(folder.glob("*.receipt.json"))) == 2
    assert watch(archive, folder).stdout == ""


def test_the_archive_itself_is_never_watched(opened: Archive) -> None:
    batch = BatchSettings(folder=opened.folder, profile="", fonds="")
    with (
        pytest.raises(ConfigurationError),
        Stopping() as stopping,
        Watcher(opened.folder.parent, opened, batch, WatchSettings(), stopping),
    ):
        pass


def test_names_that_are_not_finished() -> None:
    finished = ["a", "a.zip", "a.part.zip", "ghi chú"]
    assert [name for name in finished if is_finished_name(name)] == finished
    unfinished = [".a", "a.part", "a.PART", "a.tmp", "Thumbs.db", "a.receipt.json", "a.receipt.files.csv", "~$a.xlsx"]
    assert not [name for name in unfinished if is_finished_name(name)]


def test_receipt_names_fit_the_file_system() -> None:
    assert receipt_name("a") == "a.receipt.json"
    assert receipt_name("a", 3) == "a.3.receipt.json"
    assert len(os.fsencode(receipt_name("đ" * 127, 12))) <= 255
    assert receipt_name("đ" * 127) != receipt_name("đ" * 126 + "e")


def test_looking_costs_only_what_is_new(opened: Archive, folder: Path) -> None:
    """5,000 names that have their receipts: one listing of the folder, and then nothing but its time of change."""
    for number in range(5_000):
        (folder / f"n{number}.zip").touch()
        (folder / f"n{number}.zip.receipt.json").write_text('{"schema": "receipt/1"}')
    batch = BatchSettings(folder=opened.folder, profile="", fonds="")
    with Stopping() as stopping, Watcher(folder, opened, batch, WatchSettings(), stopping) as watcher:
        assert list(watcher.round()) == []
        before = time.process_time()
        for _ in range(20):
            assert list(watcher.round()) == []
        assert time.process_time() - before < 0.5


def test_looking_at_what_is_gone(tmp_path: Path) -> None:
    assert look_at(tmp_path / "gone") is None


def report(**changes: Any) -> IngestReport:
    from datetime import UTC, datetime

    values: dict[str, Any] = {
        "transfer_id": new_uuid(datetime(2026, 1, 2, tzinfo=UTC)),
        "source": "x",
        "status": IngestStatus.REFUSED,
    }
    return IngestReport(**{**values, **changes})


def test_a_receipt_is_written_whole_and_always_alike(opened: Archive, tmp_path: Path) -> None:
    said = report(case_code='"quoted" } ', title="\udcff")
    note = RegistrationNote(registration="DK-2026-7", submission=2)
    target = tmp_path / "x.receipt.json"
    write_receipt(said, opened, target, status=ReceiptStatus.AWAITING_APPROVAL, registration=note)
    first = target.read_bytes()
    data = receipt(tmp_path, "x")
    assert data["status"] == "awaiting-approval"
    assert data["registration"] == {"code": "DK-2026-7", "submission": 2}
    write_receipt(said, opened, target, status=ReceiptStatus.AWAITING_APPROVAL, registration=note)
    assert target.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir() if "receipt" in path.name) == ["x.receipt.json"]
    assert read_receipt(target) == data


def test_many_files_stand_in_a_table_beside(archive: Path, folder: Path) -> None:
    case = make_case_folder(folder / "a", "H49.1", documents=3)
    description = json.loads((case / "hoso.json").read_text(encoding="utf-8"))
    for number in range(EMBEDDED):
        name = f"t{number}.txt"
        (case / name).write_text(f"Văn bản {number}", encoding="utf-8")
        description["documents"][0]["files"].append(name)
    (case / "hoso.json").write_text(json.dumps(description), encoding="utf-8")
    result = watch(archive, folder)
    assert result.exit_code == 0, result.output
    (entry,) = receipt(folder, "a")["transfers"]
    assert entry["file_list"] == {"table": "a.receipt.files.csv"}
    lines = (folder / "a.receipt.files.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "transfer_id,path,size,sha256"
    assert len(lines) == EMBEDDED + 4
    assert not (folder / "a.receipt.files.csv.receipt.json").exists()


def test_either_paths_or_a_folder_to_watch(archive: Path, folder: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(load_commands(), ["-A", str(archive), "ingest"]).exit_code == 2
    arguments = ["-A", str(archive), "ingest", str(folder), "--watch", str(folder)]
    assert runner.invoke(load_commands(), arguments).exit_code == 2
