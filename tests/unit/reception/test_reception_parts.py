"""The parts of reception that need no archive: lists, periods, differences, keys and places."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue.submissions_values import AnnouncedItem, RegisteredSubmission, SubmissionTotals
from ingest.reception import findings as kinds
from ingest.reception.announced import item_from_json, item_to_json, read_announced
from ingest.reception.deadlines import add_working_days, deadlines
from ingest.reception.described import DescribedDocument, DescribedFile, failing_documents, submission_keys
from ingest.reception.receiving import announced_differences
from ingest.sources.findings import EMPTY_SUBMISSION, LINK
from model.casefile import CaseFile, Document
from model.errors import InputError
from model.findings import finding_kinds

TITLES = ["STT", "Mã hồ sơ", "Tiêu đề hồ sơ", "Thời hạn lưu trữ", "Tổng số tài liệu"]
ROWS = [[1, "H49.1", "Hồ sơ một", "Vĩnh viễn", 3], [2, "H49.2", "Hồ sơ hai", "", ""]]
EXPECTED = [
    AnnouncedItem(code="H49.1", title="Hồ sơ một", maintenance="01", documents=3),
    AnnouncedItem(code="H49.2", title="Hồ sơ hai"),
]
SUBMISSION = RegisteredSubmission(
    id=UUID(int=1),
    code="ĐK",
    ordinal=1,
    agency_code="H49",
    agency_name="Cơ quan",
    packages=2,
    case_files=2,
    documents=4,
    deadline=date(2026, 3, 31),
    asked=date(2026, 1, 1),
    registered_at=datetime(2026, 1, 12, 3, tzinfo=UTC),
    registered_by="an",
)


def csv_list(path: Path, rows: list[list[object]]) -> Path:
    lines = [";".join(str(cell) for cell in row) for row in [TITLES, *rows]]
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def test_a_list_is_read_from_csv(tmp_path: Path) -> None:
    assert read_announced(csv_list(tmp_path / "mucluc.csv", ROWS)) == EXPECTED


def test_a_list_is_read_from_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["MỤC LỤC HỒ SƠ NỘP"])
    for row in [TITLES, *ROWS]:
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")
    assert read_announced(tmp_path / "list.xlsx") == EXPECTED


@pytest.mark.parametrize("container", ["", "caseFiles"])
def test_a_list_is_read_from_json(tmp_path: Path, container: str) -> None:
    items: object = [
        {"fileCode": "H49.1", "title": "Hồ sơ một", "maintenance": "01", "totalDoc": 3},
        {"fileCode": "H49.2", "title": "Hồ sơ hai"},
    ]
    (tmp_path / "list.json").write_text(json.dumps({container: items} if container else items), encoding="utf-8")
    assert read_announced(tmp_path / "list.json") == EXPECTED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.csv", None),
        ("empty.csv", ""),
        ("titles.csv", ";".join(TITLES)),
        ("twice.csv", ";".join(TITLES) + "\n1;A;x;;\n2;A;y;;\n"),
        ("count.csv", ";".join(TITLES) + "\n1;A;x;;ba mươi\n"),
        ("list.json", "[1, 2]"),
        ("deep.json", "[" * 100_000),
        ("list.xlsx", "not a workbook"),
        ("list.pdf", "%PDF-1.7"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(tmp_path: Path, name: str, content: str | None) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_announced(tmp_path / name)
    assert name in error.value.message
    assert error.value.hint


@given(st.builds(AnnouncedItem, code=st.text(), title=st.text(), documents=st.none() | st.integers(0, 10**6)))
def test_a_line_comes_back_as_it_was_stored(item: AnnouncedItem) -> None:
    assert item_from_json(json.loads(json.dumps(item_to_json(item)))) == item


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 30))
def test_working_days_are_no_weekends(day: date, count: int) -> None:
    end = add_working_days(day, count)
    assert end.weekday() < 5
    between = (day + timedelta(days=step) for step in range(1, (end - day).days + 1))
    assert sum(item.weekday() < 5 for item in between) == count


def test_seven_working_days_from_a_thursday() -> None:
    assert add_working_days(date(2026, 1, 1), 7) == date(2026, 1, 12)


@pytest.mark.parametrize(
    ("now", "late"),
    [(datetime(2026, 4, 30, 16, tzinfo=UTC), False), (datetime(2026, 4, 30, 18, tzinfo=UTC), True)],
)
def test_approval_is_late_after_sixty_days_by_the_day_in_vietnam(now: datetime, late: bool) -> None:
    first = datetime(2026, 3, 1, 2, tzinfo=UTC)
    totals = SubmissionTotals(received=2, passed=2, first=first, last=first)
    due = deadlines(SUBMISSION, totals, now)
    assert due.approve_by == date(2026, 4, 30)
    assert due.approval_late is late


def test_what_was_concluded_in_time_stays_in_time() -> None:
    first = datetime(2026, 3, 1, 2, tzinfo=UTC)
    totals = SubmissionTotals(received=2, approved=2, first=first, last=first, concluded_at=first + timedelta(days=9))
    due = deadlines(SUBMISSION, totals, datetime(2030, 1, 1, tzinfo=UTC))
    assert not due.approval_late
    assert not due.hand_in_late


def test_a_registration_is_answered_by_being_entered_in_time() -> None:
    now = datetime(2026, 2, 1, tzinfo=UTC)
    assert not deadlines(SUBMISSION, SubmissionTotals(), now).reply_late
    late = replace(SUBMISSION, registered_at=datetime(2026, 1, 13, 3, tzinfo=UTC))
    assert deadlines(late, SubmissionTotals(), now).reply_late


def test_handing_in_is_late_while_something_is_missing_after_the_day() -> None:
    came = datetime(2026, 3, 30, tzinfo=UTC)
    half = SubmissionTotals(received=1, passed=1, first=came, last=came)
    assert deadlines(SUBMISSION, half, datetime(2026, 4, 1, tzinfo=UTC)).hand_in_late
    assert not deadlines(SUBMISSION, half, datetime(2026, 3, 31, 10, tzinfo=UTC)).hand_in_late


def test_differences_from_the_list_are_named() -> None:
    item = AnnouncedItem(code="A", title="Hồ  sơ MỘT", maintenance="01", documents=3)
    same = CaseFile(file_code="A", title="Hồ sơ một", maintenance="01")
    assert list(announced_differences(item, same, 3)) == []
    other = CaseFile(file_code="A", title="Khác", maintenance="05")
    found = [finding.code for finding in announced_differences(item, other, 4)]
    assert found == [kinds.TITLE_DIFFERS.code, kinds.RETENTION_DIFFERS.code, kinds.COUNT_DIFFERS.code]
    assert list(announced_differences(AnnouncedItem(code="A"), other, 4)) == []


def document(ordinal: int, *names: str, code: str = "") -> DescribedDocument:
    files = tuple(DescribedFile(path=name, name=name, size=1, sha256=name.encode().ljust(32, b"\0")) for name in names)
    return DescribedDocument(document=Document(ordinal=ordinal, doc_code=code), files=files)


def test_findings_belong_to_the_document_they_are_about() -> None:
    documents = [document(1, "a.pdf"), document(2, "b.pdf", "c.pdf")]
    missing = finding_kinds()["metadata.missing"].at("document[1]/subject", field="subject", title="Trích yếu")
    link = LINK.at("c.pdf", name="c.pdf")
    warned = LINK.at("a.pdf", name="a.pdf")
    whole = EMPTY_SUBMISSION.at()
    found = failing_documents([missing, link, whole], frozenset({missing.code, link.code, whole.code}), documents)
    assert found == {1: [missing], 2: [link]}
    assert failing_documents([warned], frozenset(), documents) == {}


def test_keys_tell_case_content_and_documents_apart() -> None:
    case = CaseFile(file_code="A")
    keys = list(submission_keys("f" * 64, case, [document(1, "x", "y", code="A.1"), document(2, "z")]))
    assert len(keys) == len(set(keys)) == 3
    turned = list(submission_keys("f" * 64, case, [document(9, "y", "x", code="A.1")]))
    assert set(turned) <= set(keys)
    assert not set(keys) & set(submission_keys("e" * 64, CaseFile(file_code="B"), [document(1, "x", code="A.1")]))
