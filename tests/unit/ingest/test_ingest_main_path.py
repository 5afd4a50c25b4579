"""A case file goes in, and is accepted, refused, recognised or resumed as it should be."""

import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest

from archive.archive import Archive
from archive.catalogue.values import TransferQuery, TransferState
from ingest.batch import BatchSettings
from ingest.transfers import accept_transfer, close_transfer
from ingest.values import IngestStatus
from model.errors import PolicyError
from model.findings import Outcome
from preservation.package.check import check_package
from tests.fakes.archives import codes, container_paths, find, new_archive, take_in
from tests.fakes.casefiles import make_case_folder


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as opened:
        yield opened


def texts_in(folder: Path) -> bytes:
    """Everything an archive's folder holds, as one string of bytes."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("profile", ["vn-tt05", "eark"])
def test_accepted_case_file_becomes_a_package_others_can_verify(archive: Archive, tmp_path: Path, profile: str) -> None:
    source = make_case_folder(tmp_path / "case")
    (report,) = take_in(archive, source, profile=profile)
    assert report.status is IngestStatus.ACCEPTED, report.findings
    (container,) = container_paths(archive)
    checked = check_package(container)
    assert checked.outcome is Outcome.PASSED, [finding.message() for finding in checked.findings]
    subprocess.run(["tar", "--extract", "--file", container, "--directory", tmp_path], check=True)
    bag = tmp_path / container.stem
    bagit.Bag(str(bag)).validate()
    subprocess.run(["sha512sum", "--check", "--quiet", "manifest-sha512.txt"], cwd=bag, check=True)
    kept = {path.read_bytes() for path in bag.glob("data/*/representations/rep1/data/*")}
    assert kept == {path.read_bytes() for path in source.iterdir() if path.name != "hoso.json"}
    assert list(archive.work.iterdir()) == []


def test_digest_file_is_read_by_sha256sum(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_case_folder(tmp_path / "case"))
    (container,) = container_paths(archive)
    subprocess.run(["sha256sum", "--check", f"{container.name}.sha256"], cwd=container.parent, check=True)


def test_every_fault_is_in_one_report_and_the_transfer_is_kept(archive: Archive, tmp_path: Path) -> None:
    case = {"title": "", "startDate": "31/12/2024", "endDate": "01/01/2024", "maintenance": "99", "totalDoc": 7}
    source = make_case_folder(tmp_path / "case", case=case)
    (source / "thừa.txt").write_text("không ai nêu tên", encoding="utf-8")
    (source / "001 văn bản.txt").unlink()
    (report,) = take_in(archive, source)
    assert report.status is IngestStatus.REFUSED
    assert {"metadata.missing", "intake.file-absent", "intake.file-unnamed"} <= codes(report)
    assert len(codes(report)) >= 5
    assert all(finding.remedy() for finding in report.findings if finding.severity == "error")
    (transfer,) = archive.catalogue.list_transfers(TransferQuery(states=(TransferState.REFUSED,)))
    assert transfer.kept_key
    with archive.copies.open(transfer.kept_key) as stream, tarfile.open(fileobj=stream, mode="r|") as kept:
        names = {member.name for member in kept}
    assert {"thừa.txt", "hoso.json"} <= names
    assert archive.catalogue.counts().case_files == 0


def test_secret_case_file_leaves_nothing_but_the_fact(archive: Archive, tmp_path: Path) -> None:
    source = make_case_folder(tmp_path / "case", case={"mode": "03", "title": "TIEUDEMAT khong duoc lo"})
    (report,) = take_in(archive, source)
    assert report.status is IngestStatus.REFUSED
    assert codes(report) == {"intake.secret"}
    archive.catalogue.close()
    held = texts_in(archive.folder)
    assert b"TIEUDEMAT" not in held
    assert "Nội dung văn bản".encode() not in held


def test_same_case_file_again_adds_nothing(archive: Archive, tmp_path: Path) -> None:
    source = make_case_folder(tmp_path / "case")
    (first,) = take_in(archive, source)
    shutil.make_archive(str(tmp_path / "again"), "zip", source)
    (second,) = take_in(archive, tmp_path / "again.zip")
    assert second.status is IngestStatus.HELD_ALREADY
    assert second.aip_id == first.aip_id
    assert len(container_paths(archive)) == 1


def test_same_documents_in_another_case_file_wait_for_an_officer(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_case_folder(tmp_path / "one", "H49.64.2024.1"))
    other = make_case_folder(tmp_path / "two", "H49.64.2024.2")
    shutil.copy(tmp_path / "one" / "001 văn bản.txt", other / "001 văn bản.txt")
    (report,) = take_in(archive, other)
    assert report.status is IngestStatus.REFUSED
    assert "intake.duplicate-in-archive" in codes(report)
    transfer = archive.catalogue.get_transfer(report.transfer_id)
    assert transfer is not None
    settings = BatchSettings(folder=archive.folder, profile="", fonds="", waive=("intake.duplicate-in-archive",))
    accepted = accept_transfer(archive, transfer, "Hai hồ sơ dùng chung một văn bản", settings)
    assert accepted.status is IngestStatus.ACCEPTED, accepted.findings
    resolved = archive.catalogue.get_transfer(report.transfer_id)
    assert resolved is not None
    assert resolved.state is TransferState.RESOLVED
    assert archive.catalogue.counts().case_files == 2
    with pytest.raises(PolicyError):
        close_transfer(archive, resolved, "đã xong")


def test_duplicate_inside_a_submission_refuses(archive: Archive, tmp_path: Path) -> None:
    source = make_case_folder(tmp_path / "case")
    shutil.copy(source / "001 văn bản.txt", source / "bản sao.txt")
    (report,) = take_in(archive, source)
    assert "intake.duplicate-in-submission" in codes(report)


@pytest.mark.parametrize("form", ["zip", "tar", "gztar", "bag"])
def test_other_forms_give_the_same_package(archive: Archive, tmp_path: Path, form: str) -> None:
    source = make_case_folder(tmp_path / "case")
    if form == "bag":
        handed_in = source
        bagit.make_bag(str(source), checksums=["sha256"])
    else:
        handed_in = Path(shutil.make_archive(str(tmp_path / "packed"), form, source))
    (report,) = take_in(archive, handed_in)
    assert report.status is IngestStatus.ACCEPTED, [finding.message() for finding in report.findings]
    assert report.files == 3


def test_extracted_text_is_found_with_and_without_diacritics(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_case_folder(tmp_path / "case"))
    for query in ("kinh phí", "kinh phi", "KINH PHÍ", "đường", "duong", "hồ sơ", "ho so"):
        assert find(archive, query).total > 0, query


def test_deleted_index_comes_back_by_itself(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_case_folder(tmp_path / "case"))
    before = find(archive, "kinh phí").total
    shutil.rmtree(archive.index_folder)
    assert find(archive, "kinh phí").total == before > 0


def test_two_workers_take_in_a_batch(archive: Archive, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for number in range(5):
        make_case_folder(batch / f"case-{number}", f"H49.64.2024.{number}")
    reports = take_in(archive, batch, workers=2)
    assert [report.status for report in reports] == [IngestStatus.ACCEPTED] * 5
    assert archive.catalogue.counts().case_files == 5


def test_fonds_of_the_run_is_used_where_the_description_names_none(archive: Archive, tmp_path: Path) -> None:
    (report,) = take_in(archive, make_case_folder(tmp_path / "case", case={"fondsCode": ""}), fonds="P77")
    assert report.aip_id is not None
    held = archive.catalogue.get_case_file(report.aip_id)
    assert held is not None
    assert held.case_file.fonds_code == "P77"


def test_report_in_the_package_says_what_was_decided(archive: Archive, tmp_path: Path) -> None:
    (report,) = take_in(archive, make_case_folder(tmp_path / "case"))
    (container,) = container_paths(archive)
    with tarfile.open(container) as tar:
        name = next(member for member in tar.getnames() if member.endswith("chauban/report.json"))
        content = tar.extractfile(name)
        assert content is not None
        stored = json.load(content)
    assert stored["schema"] == "ingest-report/1"
    assert stored["decision"]["accepted"] is True
    assert stored["transfer"]["id"] == str(report.transfer_id)
