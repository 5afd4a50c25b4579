"""A whole reception: good, broken, duplicate and unannounced case files, decided, approved, papered, rebuilt."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bagit
import docx
import openpyxl
import pytest

from archive.accounts.accounts import add_account
from archive.accounts.acting import log_in, log_out
from archive.accounts.values import Role
from archive.archive import Archive, open_archive
from archive.catalogue.submissions_values import ActKind, SubmittedTransfer, Verdict
from archive.catalogue.values import TransferState
from archive.forms.values import FormSuffix
from ingest.rebuild import rebuild
from ingest.reception import findings as kinds
from ingest.reception.approving import reject
from ingest.reception.comparing import Match, compare
from ingest.reception.deciding import decide_document, decide_transfer, find_submitted
from ingest.reception.described import read_described
from ingest.reception.paperwork import write_papers
from ingest.reception.registering import find_submission, register
from ingest.reception.standing import Status, judged, standing, status_of
from ingest.values import IngestStatus
from model.casefile import CaseFile
from model.errors import ConflictError, NotFoundError, PolicyError
from tests.fakes.archives import codes, new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.catalogue_databases import BACKENDS, new_database
from tests.fakes.custody import assert_whole, one_examiner
from tests.fakes.form_facts import text_of
from tests.fakes.receptions import ANNOUNCEMENT, CODE, approve_all, keep_all, receive, received, registered
from tests.fakes.terminal import Said, Terminal

ROOT = Path(__file__).resolve().parents[2]
GOOD, BROKEN, HELD, STRANGE = "H49.64.2024.1", "H49.64.2024.2", "H49.64.2024.9", "H49.64.2024.5"
PASSWORD = "châu bản triều Nguyễn"


@pytest.fixture(autouse=True, scope="module")
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture(params=BACKENDS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive", stores=("a", "b"), database=new_database(request.param, tmp_path)) as made:
        yield made


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as made:
        yield made


def batch(folder: Path) -> Path:
    """Write a submission: one good case file, one broken, a second of the same code, one held, one not announced."""
    make_case_folder(folder / "1", GOOD)
    make_case_folder(folder / "2", BROKEN, case={"title": ""})
    make_case_folder(folder / "3", GOOD, documents=4)
    make_case_folder(folder / "4", HELD, documents=2)
    make_case_folder(folder / "5", STRANGE)
    return folder


def announced(path: Path) -> Path:
    rows = [
        "STT,Mã hồ sơ,Tiêu đề hồ sơ,Thời hạn lưu trữ,Tổng số tài liệu",
        f"1,{GOOD},Một tiêu đề khác,Vĩnh viễn,3",
        f"2,{BROKEN},,,",
        f"3,{HELD},,,",
        "4,H49.64.2024.77,Chưa nộp,,",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def by_code(items: list[SubmittedTransfer]) -> dict[str, SubmittedTransfer]:
    return {item.case_code: item for item in items if item.state is not TransferState.REFUSED}


def test_a_whole_reception(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_case_folder(tmp_path / "held", HELD))
    submission = registered(archive, announced(tmp_path / "list.csv"))
    assert registered(archive, tmp_path / "list.csv") == submission

    reports = receive(archive, submission, batch(tmp_path / "batch"))
    assert [report.status.value for report in reports] == [
        "awaiting-approval",
        "refused",
        "refused",
        "awaiting-approval",
        "awaiting-approval",
    ]
    assert {kinds.TITLE_DIFFERS.code, kinds.RETENTION_DIFFERS.code} <= codes(reports[0])
    assert "metadata.missing" in reports[1].reason
    assert reports[2].reason == kinds.DUPLICATE_IN_SUBMISSION.code
    assert kinds.DUPLICATE_IN_ARCHIVE.code in codes(reports[3])
    assert kinds.NOT_ANNOUNCED.code in codes(reports[4])
    assert archive.catalogue.counts().case_files == 1
    items = list(received(archive, submission))
    assert [item.undecided for item in items] == [False, False, False, True, True]
    assert standing(archive, submission).status is Status.PROCESSING
    missing = {item.code for item in archive.catalogue.submissions.missing(submission.id)}
    assert missing == {BROKEN, "H49.64.2024.77"}
    assert [item.case_code for item in archive.catalogue.submissions.surplus(submission.id)] == [STRANGE]

    again = receive(archive, submission, tmp_path / "batch")
    assert [report.transfer_id for report in again] == [report.transfer_id for report in reports]
    assert len(received(archive, submission)) == 5

    with pytest.raises(PolicyError, match="Not everything"):
        approve_all(archive, submission)
    standing_items = by_code(items)
    decide_transfer(archive, standing_items[HELD], Verdict.KEEP, "hồ sơ bổ sung")
    decide_transfer(archive, standing_items[STRANGE], Verdict.REFUSE, "không thuộc đợt này")
    concluded = approve_all(archive, submission)
    assert [report.status for report in concluded] == [
        IngestStatus.ACCEPTED,
        IngestStatus.ACCEPTED,
        IngestStatus.REFUSED,
    ]
    assert approve_all(archive, submission) == []
    after = by_code(list(received(archive, submission)))
    assert after[GOOD].state is TransferState.APPROVED
    assert after[GOOD].aip_id == concluded[0].aip_id
    assert (after[STRANGE].state, after[STRANGE].reason) == (TransferState.RETURNED, "không thuộc đợt này")
    found = standing(archive, submission)
    assert (found.status, found.totals.approved, found.totals.failed) == (Status.COMPLETED, 2, 3)
    assert found.approved_in_all == 2
    assert_whole(archive, 3)
    actions = {row.action for row in archive.catalogue.audit_after(0, 100)}
    assert {"submission-register", "submission-receive", "submission-decide", "submission-approve"} <= actions

    before = list(archive.catalogue.dump())
    rebuild(archive)
    assert list(archive.catalogue.dump()) == before


def test_a_rebuild_from_the_stores_alone_gives_every_state_again(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        take_in(archive, make_case_folder(tmp_path / "held", HELD))
        submission = registered(archive, announced(tmp_path / "list.csv"))
        receive(archive, submission, batch(tmp_path / "batch"))
        items = by_code(list(received(archive, submission)))
        decide_document(archive, items[STRANGE], 2, Verdict.REFUSE, "thiếu trang")
        decide_transfer(archive, items[HELD], Verdict.KEEP, "đã đối chiếu")
        before = list(archive.catalogue.dump())
    for path in (tmp_path / "archive").glob("catalogue.sqlite*"):
        path.unlink()
    with open_archive(tmp_path / "archive", for_rebuild=True) as archive:
        rebuild(archive)
        assert list(archive.catalogue.dump()) == before
        submission = find_submission(archive, CODE)
        again = make_case_folder(tmp_path / "again", GOOD, documents=5)
        (report,) = receive(archive, submission, again)  # who holds which code is known again too
        assert report.reason == kinds.DUPLICATE_IN_SUBMISSION.code
        approve_all(archive, submission)
        assert standing(archive, submission).status is Status.COMPLETED


def test_workers_agree_on_what_is_there_twice(tmp_path: Path) -> None:
    for number in range(4):
        make_case_folder(tmp_path / "batch" / f"same-{number}", GOOD)
        make_case_folder(tmp_path / "batch" / f"other-{number}", f"H49.64.2024.5{number}")
    with new_archive(tmp_path / "archive", stores=("a", "b")) as archive:
        submission = registered(archive)
        reports = receive(archive, submission, tmp_path / "batch", workers=2)
        kept = [report.case_code for report in reports if report.status is IngestStatus.AWAITING]
        assert sorted(kept) == [GOOD, *(f"H49.64.2024.5{number}" for number in range(4))]
        refused = {report.reason for report in reports if report.status is IngestStatus.REFUSED}
        assert refused == {kinds.DUPLICATE_IN_SUBMISSION.code}
        approve_all(archive, submission)
        assert_whole(archive, 5)


def test_a_corrected_case_file_may_be_handed_in_again(plain: Archive, tmp_path: Path) -> None:
    submission = registered(plain)
    folder = make_case_folder(tmp_path / "case", GOOD, case={"title": ""})
    assert receive(plain, submission, folder)[0].status is IngestStatus.REFUSED
    shutil.rmtree(folder)
    make_case_folder(folder, GOOD)
    (report,) = receive(plain, submission, folder)
    assert report.status is IngestStatus.AWAITING
    decide_transfer(plain, received(plain, submission)[1], Verdict.REFUSE, "bản chụp mờ")
    shutil.rmtree(folder)
    make_case_folder(folder, GOOD, documents=4)
    (report,) = receive(plain, submission, folder)
    assert report.status is IngestStatus.AWAITING
    with pytest.raises(PolicyError, match="keeps the like"):
        decide_transfer(plain, received(plain, submission)[1], Verdict.KEEP, "xem lại")
    assert approve_all(plain, submission)[-1].status is IngestStatus.ACCEPTED
    assert standing(plain, submission).totals.approved == 1


def test_what_the_archive_holds_byte_for_byte_is_not_taken_in_again(plain: Archive, tmp_path: Path) -> None:
    folder = make_case_folder(tmp_path / "case", GOOD)
    (held,) = take_in(plain, folder, fonds="P01")
    submission = registered(plain)
    (report,) = receive(plain, submission, folder)
    assert (report.status, report.aip_id) == (IngestStatus.HELD_ALREADY, held.aip_id)
    assert status_of(received(plain, submission)[0]) is Status.COMPLETED
    assert standing(plain, submission).totals.documents_passed == 3
    before = list(plain.catalogue.dump())
    rebuild(plain)
    assert list(plain.catalogue.dump()) == before


def test_a_document_that_an_officer_fails_keeps_its_case_file_out(plain: Archive, tmp_path: Path) -> None:
    submission = registered(plain)
    receive(plain, submission, make_case_folder(tmp_path / "case", GOOD))
    (item,) = received(plain, submission)
    failed = decide_document(plain, item, 2, Verdict.REFUSE, "trang 3 bị mất")
    assert status_of(failed) is Status.FAILED
    reasons = [list(found) for _document, found in judged(plain, failed).documents("vi")]
    assert reasons == [[], ["trang 3 bị mất"], []]
    with pytest.raises(PolicyError, match="cannot be kept"):
        decide_transfer(plain, failed, Verdict.KEEP, "vẫn giữ")
    with pytest.raises(NotFoundError):
        decide_document(plain, failed, 4, Verdict.REFUSE, "không có")
    passed = decide_document(plain, failed, 2, Verdict.KEEP, "đã bổ sung")
    assert status_of(passed) is Status.PASSED
    assert approve_all(plain, submission)[0].status is IngestStatus.ACCEPTED
    with pytest.raises(PolicyError, match="only one that awaits"):
        decide_transfer(plain, received(plain, submission)[0], Verdict.REFUSE, "muộn")


def test_documents_that_fail_a_check_are_named_with_their_reasons(plain: Archive, tmp_path: Path) -> None:
    submission = registered(plain)
    folder = make_case_folder(tmp_path / "case", GOOD)
    (folder / "002 phụ lục.xml").unlink()
    (report,) = receive(plain, submission, folder)
    assert report.status is IngestStatus.REFUSED
    (item,) = received(plain, submission)
    assert (item.documents, item.failed) == (3, 1)
    failed = [(found.document.ordinal, bool(reasons)) for found, reasons in judged(plain, item).documents("en")]
    assert failed == [(1, False), (2, True), (3, False)]


def test_a_rejected_submission_is_returned_and_stays_kept(plain: Archive, tmp_path: Path) -> None:
    submission = registered(plain)
    receive(plain, submission, make_case_folder(tmp_path / "case", GOOD))
    (report,) = reject(plain, submission, "sai đợt")
    assert (report.status, report.reason) == (IngestStatus.REFUSED, "sai đợt")
    assert list(reject(plain, submission, "sai đợt")) == []
    (item,) = received(plain, submission)
    assert item.state is TransferState.RETURNED
    assert read_described(plain, item.transfer_id) is not None
    transfer = plain.catalogue.get_transfer(item.transfer_id)
    assert transfer is not None
    assert plain.copies.stat(transfer.kept_key) is not None
    assert standing(plain, submission).totals.concluded_at is not None
    before = list(plain.catalogue.dump())
    rebuild(plain)
    assert list(plain.catalogue.dump()) == before


def zipped(folder: Path) -> Path:
    target = folder.parent / f"{folder.name}.zip"
    with zipfile.ZipFile(target, "w") as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)
    shutil.rmtree(folder)
    return target


def bagged(folder: Path) -> Path:
    bagit.make_bag(str(folder), checksums=["sha256"])
    return folder


def named_after_itself(folder: Path) -> Path:
    (folder / "hoso.json").rename(folder / f"{folder.name}.json")
    return folder


def described_beside(folder: Path) -> Path:
    descriptor = folder.parent / f"{folder.name}.json"
    (folder / "hoso.json").rename(descriptor)
    return zipped(folder)


@pytest.mark.parametrize("form", [zipped, bagged, named_after_itself, described_beside])
def test_however_it_came_it_becomes_a_package_from_what_was_kept(
    plain: Archive, tmp_path: Path, form: "type[object]"
) -> None:
    submission = registered(plain)
    path = form(make_case_folder(tmp_path / "in" / "ho-so-1", GOOD))  # type: ignore[call-arg]  # a function
    (report,) = receive(plain, submission, path)  # type: ignore[arg-type]  # the path it gives
    assert report.status is IngestStatus.AWAITING, report
    shutil.rmtree(tmp_path / "in")
    (approved,) = approve_all(plain, submission)
    assert approved.status is IngestStatus.ACCEPTED, approved
    assert approved.aip_id is not None
    held = plain.catalogue.get_case_file(approved.aip_id)
    assert held is not None
    assert held.case_file.file_code == GOOD
    assert len(list(plain.catalogue.documents(approved.aip_id))) == 3
    assert_whole(plain, 1)


def test_case_files_of_one_table_are_taken_in_from_one_kept_table(plain: Archive, tmp_path: Path) -> None:
    rows = [["Mã hồ sơ", "Tiêu đề hồ sơ", "Thời hạn lưu trữ", "Chế độ sử dụng", "Ngôn ngữ", "Ngày bắt đầu"]]
    rows[0] += ["Ngày kết thúc", "Trích yếu nội dung", "Tên loại", "Ngày tháng", "Cơ quan ban hành", "Tệp tin"]
    for code in ("HS.1", "HS.2", "HS.3"):
        folder = tmp_path / "batch" / code
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(f"nội dung {code}", encoding="utf-8")
        rows.append([code, f"Hồ sơ {code}", "10 năm", "Công khai", "Tiếng Việt", "01/01/2024", "30/12/2024"])
        rows[-1] += [f"Văn bản của {code}", "Quyết định", "02/03/2024", "Ủy ban nhân dân xã", "a.txt"]
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "batch" / "hoso.xlsx")
    (plain.folder / "policy.toml").write_text(
        'id = "lenient"\n[default]\nerror = "warn"\nwarning = "warn"\ninfo = "inform"\n', encoding="utf-8"
    )
    submission = registered(plain)
    assert [report.status for report in receive(plain, submission, tmp_path / "batch")] == [IngestStatus.AWAITING] * 3
    kept = [item.key for item in plain.copies.list("submissions/") if "/tables/" in item.key]
    assert len(kept) == 1
    shutil.rmtree(tmp_path / "batch")
    approved = approve_all(plain, submission)
    assert {report.case_code for report in approved} == {"HS.1", "HS.2", "HS.3"}, approved
    assert_whole(plain, 3)


def test_a_duplicate_is_compared_document_by_document(plain: Archive, tmp_path: Path) -> None:
    take_in(plain, make_case_folder(tmp_path / "held", HELD, documents=3))
    folder = make_case_folder(tmp_path / "case", HELD, documents=2)
    (folder / "002 phụ lục.xml").write_text("<phuluc>khác</phuluc>", encoding="utf-8")
    submission = registered(plain)
    receive(plain, submission, folder)
    (item,) = received(plain, submission)
    (comparison,) = compare(plain, item)
    matches = [(pair.match, pair.received is None, pair.held is None) for pair in comparison.pairs]
    assert matches == [(Match.CONTENT, False, False), (Match.CODE, False, False), (None, True, False)]


def test_what_is_held_since_the_reception_is_decided_upon_before_it_is_taken_in(plain: Archive, tmp_path: Path) -> None:
    submission = registered(plain)
    receive(plain, submission, make_case_folder(tmp_path / "case", GOOD))
    take_in(plain, make_case_folder(tmp_path / "meanwhile", GOOD, documents=4))
    (report,) = approve_all(plain, submission)
    assert (report.status, report.exit_code) == (IngestStatus.FAILED, PolicyError.exit_code)
    (item,) = received(plain, submission)
    assert report.transfer_id == item.transfer_id
    assert item.state is TransferState.AWAITING
    decide_transfer(plain, item, Verdict.KEEP, "bản đầy đủ hơn")
    assert approve_all(plain, submission)[0].status is IngestStatus.ACCEPTED
    assert plain.catalogue.counts().case_files == 2


def test_part_of_a_submission_is_approved_by_name(plain: Archive, tmp_path: Path) -> None:
    from ingest.reception.approving import approve
    from tests.fakes.receptions import settings

    submission = registered(plain, announced(tmp_path / "list.csv"))
    receive(plain, submission, make_case_folder(tmp_path / "1", GOOD), make_case_folder(tmp_path / "2", STRANGE))
    good, strange = received(plain, submission)
    only = frozenset({good.transfer_id})
    assert len(list(approve(plain, submission, "trước", settings(plain, submission), only))) == 1
    found = standing(plain, submission)
    assert (found.status, found.totals.concluded_at) == (Status.PROCESSING, None)
    keep_all(plain, submission)
    assert [report.case_code for report in approve_all(plain, submission)] == [strange.case_code]
    assert standing(plain, submission).status is Status.COMPLETED


def test_facts_registered_once_are_not_changed(plain: Archive, tmp_path: Path) -> None:
    registered(plain)
    with pytest.raises(ConflictError):
        register(plain, replace(ANNOUNCEMENT, packages=4))
    with pytest.raises(ConflictError):
        registered(plain, announced(tmp_path / "list.csv"))
    second = register(plain, replace(ANNOUNCEMENT, ordinal=2, packages=4))
    assert find_submission(plain, CODE) == second
    assert find_submission(plain, CODE, 1).packages == 3
    with pytest.raises(NotFoundError):
        find_submission(plain, "không có")
    with pytest.raises(NotFoundError):
        find_submitted(plain, second, "0" * 32)


def test_who_decides_does_not_approve_where_there_are_accounts(
    plain: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "home" / "token"))
    monkeypatch.setenv("CHAUBAN_ACTOR", "")
    submission = registered(plain, announced(tmp_path / "list.csv"))
    receive(plain, submission, make_case_folder(tmp_path / "case", STRANGE))
    both = {Role.ARCHIVIST, Role.APPROVER}
    for login, name, roles in (("an", "Trần Văn An", both), ("binh", "Lê Thị Bình", {Role.APPROVER})):
        add_account(plain, login, name, roles, PASSWORD)
    with pytest.raises(PolicyError, match="logged in"):
        keep_all(plain, submission)
    log_in(plain, "binh", PASSWORD)
    with pytest.raises(PolicyError, match="may not"):
        keep_all(plain, submission)
    log_in(plain, "an", PASSWORD)
    keep_all(plain, submission)
    with pytest.raises(PolicyError, match="cannot approve"):
        approve_all(plain, submission)
    log_out(plain)
    with pytest.raises(PolicyError, match="logged in"):
        approve_all(plain, submission)
    with pytest.raises(PolicyError, match="logged in"):
        list(reject(plain, submission, "thử"))
    with pytest.raises(PolicyError, match="logged in"):
        register(plain, replace(ANNOUNCEMENT, ordinal=9))
    log_in(plain, "binh", PASSWORD)
    assert approve_all(plain, submission)[0].status is IngestStatus.ACCEPTED
    acts = plain.catalogue.submissions.submission_acts(submission.id)
    assert [(act.kind, act.actor) for act in acts] == [(ActKind.CASE, "an"), (ActKind.APPROVAL, "binh")]
    log_in(plain, "an", PASSWORD)
    paths = list(write_papers(plain, standing(plain, submission), tmp_path / "papers", FormSuffix.DOCX))
    report, minutes = text_of(paths[0]), text_of(paths[1])
    assert "Trần Văn An" in report and "Lê Thị Bình" in report
    assert "Trần Văn An" in minutes


def test_the_report_asks_for_what_is_missing_and_not_for_duplicates(plain: Archive, tmp_path: Path) -> None:
    take_in(plain, make_case_folder(tmp_path / "held", HELD))
    submission = registered(plain, announced(tmp_path / "list.csv"))
    receive(plain, submission, batch(tmp_path / "batch"))
    (held,) = (item for item in received(plain, submission) if item.case_code == HELD)
    decide_transfer(plain, held, Verdict.REFUSE, "kho đã có")
    report = text_of(next(write_papers(plain, standing(plain, submission), tmp_path / "papers", FormSuffix.DOCX)))
    assert "Chỉnh sửa và nộp lại 1 hồ sơ" in report, "only the broken one"
    assert "Nộp bổ sung 1 hồ sơ" in report, "only the one that never came"
    assert "Trùng với hồ sơ khác trong cùng lần nộp" in report


def said(terminal: Terminal, *words: object, code: int = 0) -> Said:
    result = terminal(*words)
    assert result.code == code, result.out + result.err
    return result


def test_the_commands_of_a_reception(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "archive")
    said(terminal, "init", tmp_path / "archive", "--name", "Lưu trữ lịch sử tỉnh (hư cấu)")
    said(terminal, "ingest", make_case_folder(tmp_path / "held", HELD))
    facts = ["--code", CODE, "--agency", "H49.64", "--agency-name", "Ủy ban xã", "--packages", 4, "--documents", 12]
    confirmed = said(
        terminal, "submission", "register", *facts, "--list", announced(tmp_path / "list.csv"), "--json"
    ).objects[0]
    assert (confirmed["code"], confirmed["status"], confirmed["announced"]["listed"]) == (CODE, "waiting", 4)
    said(terminal, "submission", "documents", CODE, "--to", tmp_path / "papers", code=10)
    said(terminal, "submission", "receipt", CODE, "--to", tmp_path / "receipt.json", code=10)
    said(terminal, "submission", "receive", CODE, tmp_path / "nowhere", code=10)
    reports = said(terminal, "submission", "receive", CODE, batch(tmp_path / "batch"), "--json", code=3).objects
    assert {report["schema"] for report in reports} == {"submission-report/1"}
    shown = said(terminal, "submission", "show", CODE, "--json").objects
    assert [item["schema"] for item in shown].count("submission-transfer/1") == 5
    assert [item["case_code"] for item in shown if item["schema"] == "submission-surplus/1"] == [STRANGE]
    waiting = [item["transfer_id"] for item in shown if item.get("waits_for_decision")]
    assert len(waiting) == 2
    said(terminal, "submission", "approve", CODE, "--because", "đủ", code=15)
    compared = said(terminal, "submission", "compare", CODE, waiting[0], "--json").objects
    assert [pair["match"] for pair in compared[0]["pairs"]] == ["content", "content", None]
    said(terminal, "submission", "decide", CODE, waiting[0], "--because", "x", code=2)
    said(terminal, "submission", "decide", CODE, waiting[0], "--keep", "--because", "đã đối chiếu")
    said(terminal, "submission", "decide", CODE, waiting[1], "--document", 1, "--fail", "--because", "mờ")
    case = said(terminal, "submission", "show", CODE, "--transfer", waiting[1], "--json").objects[0]
    assert [item["passed"] for item in case["documents_judged"]] == [False, True, True]
    assert case["decisions"][0]["because"] == "mờ"
    assert "mờ" in said(terminal, "submission", "show", CODE, "--transfer", waiting[1]).out
    assert "Missing: H49.64.2024.77" in said(terminal, "submission", "show", CODE).out
    approved = said(terminal, "submission", "approve", CODE, "--because", "đủ", "--json").objects
    assert sorted(item["status"] for item in approved) == ["accepted", "accepted", "refused"]
    listed = said(terminal, "submission", "list", "--json").objects
    assert (listed[0]["status"], listed[0]["received"]["approved"]) == ("completed", 2)
    assert "Hoàn thành" in terminal("submission", "list", lang="vi").out
    found = said(terminal, "search", GOOD, "--json").out
    assert GOOD in found
    check_papers(terminal, tmp_path)
    check_receipt(terminal, tmp_path)


def check_papers(terminal: Terminal, folder: Path) -> None:
    for kind in ("docx", "xlsx", "pdf"):
        written = said(terminal, "submission", "documents", CODE, "--to", folder / kind, "--as", kind).out.split("\n")
        assert len([line for line in written if line]) == 5
        assert (folder / kind / "muc-luc-van-ban" / f"000001-{GOOD}.{kind}").stat().st_size > 1000
    report = docx.Document(str(folder / "docx" / "bao-cao-xu-ly-nghiep-vu.docx"))
    text = "\n".join(cell.text for table in report.tables for row in table.rows for cell in row.cells)
    assert "đã đối chiếu" in text
    assert "mờ" in text
    assert (
        "Lưu trữ lịch sử tỉnh (hư cấu)".upper() in text.upper() + "\n".join(p.text for p in report.paragraphs).upper()
    )
    book = openpyxl.load_workbook(folder / "xlsx" / "muc-luc-ho-so.xlsx", read_only=True)
    cells = {str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell}
    assert any(GOOD in cell for cell in cells) or any("Hồ sơ về việc sửa đường" in cell for cell in cells)
    book.close()


def check_receipt(terminal: Terminal, folder: Path) -> None:
    import hashlib

    said(terminal, "submission", "receipt", CODE, "--to", folder / "receipt.json")
    receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "docs" / "schemas" / "submission-receipt.schema.json").read_text(encoding="utf-8"))
    conforms(receipt, schema, schema)
    assert receipt["status"] == {"code": "completed", "vi": "Hoàn thành", "en": "completed"}
    assert sum(item["package"] is not None for item in receipt["transfers"]) == 2
    for beside in receipt["receipts"]:
        assert hashlib.sha256((folder / beside["file"]).read_bytes()).hexdigest() == beside["sha256"]
    with open_archive(folder / "archive") as archive:
        for item in receipt["transfers"]:
            if item["package"]:
                (version,) = archive.catalogue.versions(archive_id(item["package"]["aip_id"]))
                assert version.container_sha256.hex() == item["package"]["container_sha256"]
        assert receipt["audit_log"]["archive"] == str(archive.configuration.archive_id)
    assert CaseFile.__doc__


def archive_id(text: str) -> "object":
    from uuid import UUID

    return UUID(text)


def conforms(value: object, schema: dict[str, object], root: dict[str, object], place: str = "$") -> None:
    """Check the few keywords of JSON Schema that our schemas use."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        schema = root["$defs"][name]  # type: ignore[index]  # a schema
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    allowed = schema.get("type", list(types))
    names = allowed if isinstance(allowed, list) else [allowed]
    assert isinstance(value, tuple(types[name] for name in names)), (place, value, names)
    if "enum" in schema:
        assert value in schema["enum"], (place, value)  # type: ignore[operator]  # a list
    if "const" in schema:
        assert value == schema["const"], (place, value)
    if isinstance(value, dict) and "properties" in schema:
        properties: dict[str, dict[str, object]] = schema["properties"]  # type: ignore[assignment]  # a schema
        assert set(schema.get("required", ())) <= set(value), (place, set(value))  # type: ignore[call-overload]  # a list
        assert set(value) <= set(properties), (place, set(value) - set(properties))
        for name, item in value.items():
            conforms(item, properties[name], root, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        for position, item in enumerate(value):
            conforms(item, schema["items"], root, f"{place}[{position}]")  # type: ignore[arg-type]  # a schema


def test_a_package_of_the_circular_names_its_registration(plain: Archive, tmp_path: Path) -> None:
    from tests.fakes.sip_packages import Heading, make_sip_hoso

    (plain.folder / "policy.toml").write_text(
        'id = "lenient"\n[default]\nerror = "warn"\nwarning = "warn"\ninfo = "inform"\n', encoding="utf-8"
    )
    submission = registered(plain)
    right = make_sip_hoso(tmp_path / "right", GOOD, heading=Heading(registration=CODE))
    wrong = make_sip_hoso(tmp_path / "wrong", "H49.64.2024.6", heading=Heading(registration="ĐK-KHÁC"))
    one, other = receive(plain, submission, right, wrong)
    assert one.status is other.status is IngestStatus.AWAITING, (one, other)
    assert kinds.REGISTRATION_DIFFERS.code not in codes(one)
    assert kinds.REGISTRATION_DIFFERS.code in codes(other)
    shutil.rmtree(right)
    keep_all(plain, submission)
    reports = approve_all(plain, submission)
    assert [report.status for report in reports] == [IngestStatus.ACCEPTED] * 2, reports
    assert_whole(plain, 2)
