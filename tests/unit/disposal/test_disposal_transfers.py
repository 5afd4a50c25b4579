"""What a destruction leaves of transfers and submissions: what became of them, and no name of a file or document."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from archive.archive import Archive
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.values import TransferState
from archive.disposal.redacting import without_findings
from archive.disposal.values import DisposalState
from archive.layout import SUBMISSIONS, TRANSFERS, transfer_key, transfer_left_key
from ingest.batch import BatchSettings
from ingest.rebuild import rebuild
from ingest.transfers import accept_transfer, find_transfer
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import one_examiner
from tests.fakes.disposal import destroyed, make_due, opened
from tests.fakes.receptions import approve_all, keep_all, receive, received, registered
from tests.fakes.tables import make_table

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
    assert not any(SECRET.encode() in content or SECRET in content.decode("ascii", "replace") for content in kept.values())
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


def test_a_table_of_a_submission_goes_with_its_last_record(archive: Archive, tmp_path: Path) -> None:
    submission = registered(archive)
    receive(archive, submission, make_table(tmp_path / "in", ["H49.64.2020.1", "H49.64.2020.2"], maintenance="06"))
    keep_all(archive, submission)
    approve_all(archive, submission)
    taken = [item.aip_id for item in received(archive, submission) if item.aip_id is not None]
    assert len(taken) == 2
    tables = f"{SUBMISSIONS}{submission.id}/tables/"
    assert stored(archive, tables)
    assert destroyed(archive, taken[:1])[taken[0]].state is GONE
    assert stored(archive, tables), "it describes what is still held"
    assert destroyed(archive, taken[1:])[taken[1]].state is GONE
    assert stored(archive, tables) == {}
    same_after_a_rebuild(archive)
