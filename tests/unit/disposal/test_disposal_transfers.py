"""What a destruction leaves of transfers and submissions: what became of them, and no name of a file or document."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest

from archive.archive import Archive
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.values import TransferState
from archive.disposal.redacting import without_findings
from archive.disposal.values import DisposalState
from archive.layout import SUBMISSIONS, TRANSFERS, transfer_key, transfer_left_key
from archive.retention.decisions import decide_records
from archive.retention.values import Assignment
from ingest.batch import BatchSettings
from ingest.rebuild import rebuild
from ingest.transfers import accept_transfer, find_transfer
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import one_examiner
from tests.fakes.disposal import NOW, destroyed, make_due, opened
from tests.fakes.receptions import approve_all, keep_all, receive, received, registered

GONE = DisposalState.DESTROYED
SECRET = "tên tệp kín"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("due") / "archive"
    with one_examiner():
        make_due(folder, 1)
    return folder


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Iterator[Archive]:
    with opened(shutil.copytree(made, tmp_path / "archive")) as archive:
        yield archive


def stored(archive: Archive, prefix: str) -> dict[str, bytes]:
    """Return what every store keeps under a prefix."""
    return {
        f"{store.name}:{item.key}": store.open(item.key).read()
        for store in archive.copies.stores
        for item in store.list(prefix)
    }


def same_after_a_rebuild(archive: Archive) -> None:
    before = list(archive.catalogue.dump())
    assert rebuild(archive).problems == ()
    assert list(archive.catalogue.dump()) == before
    found = {item.code for report in verify_all(archive, CampaignSettings()) for item in report.findings}
    assert found == {"custody.verified"}


def refused_then_taken_in(archive: Archive, folder: Path) -> tuple[UUID, UUID]:
    """Take a case file in after it was refused; return the refused transfer and the record."""
    case = make_case_folder(folder / "in", "H49.77", case={"totalDoc": 9})
    hoso = json.loads((case / "hoso.json").read_bytes())
    for document in hoso["documents"]:
        for place, name in enumerate(document["files"]):
            (case / name).rename(case / f"{SECRET} {place} {name}")
            document["files"][place] = f"{SECRET} {place} {name}"
    (case / "hoso.json").write_text(json.dumps(hoso, ensure_ascii=False), encoding="utf-8")
    (case / f"{SECRET} thừa.txt").write_text("thừa")
    (refused,) = take_in(archive, case)
    assert refused.status.value == "refused", refused
    codes = tuple({item.code for item in refused.findings})
    settings = BatchSettings(folder=archive.folder, profile="", fonds="", waive=codes)
    transfer = find_transfer(archive, str(refused.transfer_id))
    report = accept_transfer(archive, transfer, "cho phép", settings)
    assert report.aip_id is not None, report
    return refused.transfer_id, report.aip_id


def test_no_name_of_a_file_stays_in_the_record_of_a_transfer(archive: Archive, tmp_path: Path) -> None:
    transfer_id, aip_id = refused_then_taken_in(archive, tmp_path)
    assert any(SECRET.encode() in content for content in stored(archive, TRANSFERS).values())
    assert destroyed(archive, [aip_id])[aip_id].state is GONE
    kept = stored(archive, TRANSFERS)
    assert not any(
        SECRET.encode() in content or SECRET in content.decode("ascii", "replace") for content in kept.values()
    )
    assert archive.copies.stat(transfer_key(transfer_id)) is None
    left = json.loads(kept[f"a:{transfer_left_key(transfer_id)}"])
    assert (left["state"], left["case_code"]) == ("refused", "H49.77")
    report = json.loads(left["report"])
    assert (report["findings"], report["findings_left_out"] > 0) == ([], True)
    assert report["decision"]["refusing"]
    transfer = archive.catalogue.get_transfer(transfer_id)
    assert transfer is not None
    assert transfer.state is TransferState.RESOLVED
    assert SECRET not in transfer.report
    same_after_a_rebuild(archive)


def test_a_lost_catalogue_before_the_record_of_the_transfer_is_replaced(archive: Archive, tmp_path: Path) -> None:
    """Both are there: as after a kill between writing what stays and removing what does not."""
    transfer_id, aip_id = refused_then_taken_in(archive, tmp_path)
    whole = archive.copies.open(transfer_key(transfer_id)).read()
    destroyed(archive, [aip_id])
    before = list(archive.catalogue.dump())
    archive.copies.put(transfer_key(transfer_id), whole)
    assert rebuild(archive).problems == ()
    assert list(archive.catalogue.dump()) == before


@pytest.mark.parametrize("report", ["", "x", "[]", "{}", '{"findings": 3, "findings_left_out": 0}'])
def test_a_report_that_is_none_leaves_nothing(report: str) -> None:
    assert without_findings(report) == ""


def table_of(folder: Path, *codes: str) -> Path:
    """Make case files that one table describes."""
    rows = [["Mã hồ sơ", "Tiêu đề hồ sơ", "Thời hạn lưu trữ", "Chế độ sử dụng", "Ngôn ngữ", "Ngày bắt đầu"]]
    rows[0] += ["Ngày kết thúc", "Trích yếu nội dung", "Tên loại", "Ngày tháng", "Cơ quan ban hành", "Tệp tin"]
    for code in codes:
        (folder / code).mkdir(parents=True)
        (folder / code / "a.txt").write_text(f"nội dung {code}", encoding="utf-8")
        rows.append([code, f"Hồ sơ {code}", "10 năm", "Công khai", "Tiếng Việt", "01/01/2024", "30/12/2024"])
        rows[-1] += [f"Văn bản của {code}", "Quyết định", "02/03/2024", "Ủy ban nhân dân xã", "a.txt"]
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(folder / "hoso.xlsx")
    return folder


def test_a_table_of_a_submission_goes_with_its_last_record(archive: Archive, tmp_path: Path) -> None:
    (archive.folder / "policy.toml").write_text(
        'id = "lenient"\n[default]\nerror = "warn"\nwarning = "warn"\ninfo = "inform"\n', encoding="utf-8"
    )
    submission = registered(archive)
    receive(archive, submission, table_of(tmp_path / "in", "HS.1", "HS.2"))
    keep_all(archive, submission)
    approve_all(archive, submission)
    taken = [item.aip_id for item in received(archive, submission) if item.aip_id is not None]
    assert len(taken) == 2
    ten_years = Assignment(aip_id=taken[0], override="TT05-06", reason="x", decided_by="lan", decided_at=NOW)
    decide_records(archive, [replace(ten_years, aip_id=aip_id) for aip_id in taken])
    tables = f"{SUBMISSIONS}{submission.id}/tables/"
    assert stored(archive, tables)
    assert destroyed(archive, taken[:1])[taken[0]].state is GONE
    assert stored(archive, tables), "it describes what is still held"
    assert destroyed(archive, taken[1:])[taken[1]].state is GONE
    assert stored(archive, tables) == {}
    same_after_a_rebuild(archive)
