"""`chauban retention …`: schedules, what is due, why, and what officers decide."""

import csv
import sqlite3
from pathlib import Path

import openpyxl
import pytest

from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import Terminal

PASSWORD = "châu bản triều Nguyễn"
WHY = ("--because", "theo thông tư")
OFFICER, APPROVER = "lan", "minh"


@pytest.fixture
def office(fresh: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Three case files of 2005 to 2024, a records officer and an approver; the officer is logged in."""
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "token"))
    (tmp_path / "password.txt").write_text(PASSWORD, "utf-8")
    roles = {OFFICER: ("administrator", "records-officer"), APPROVER: ("approver",)}
    for login, held in roles.items():
        words = [word for role in held for word in ("--role", role)]
        add = ("user", "add", login, "--name", login, *words, "--password-file", tmp_path / "password.txt")
        assert fresh(*add).code == 0
        log_in(fresh, OFFICER)
    for number, end in enumerate(["2005-06-30", "2010-12-31", "2024-01-01"], 1):
        dates = {"startDate": end[:4], "endDate": "/".join(reversed(end.split("-")))}
        described = {**dates, "inforSign": "4.1" if number == 1 else ""}
        make_case_folder(tmp_path / "batch" / str(number), f"H49.{number}", case=described)
    assert fresh("ingest", tmp_path / "batch").code == 0
    return fresh


def log_in(terminal: Terminal, login: str) -> None:
    folder = terminal.archive.parent
    assert terminal("login", login, "--password-file", folder / "password.txt").code == 0


def due(terminal: Terminal, *words: object) -> list[tuple[str, str]]:
    found = terminal("retention", "due", *words, "--json").objects
    assert all(item["schema"] == "retention-due/1" for item in found)
    return [(item["case_code"], item["due"]) for item in found]


def table(path: Path, *rows: tuple[str, ...]) -> Path:
    head = ("Mã", "Nhóm hồ sơ, tài liệu", "Thời hạn lưu trữ", "Hành động khi hết hạn", "Bắt đầu tính từ")
    head += ("Tên sự kiện hoặc trường ngày", "Tính từ cuối")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *(row + ("",) * (len(head) - len(row)) for row in rows)])
    return path


def test_due_is_told_by_day_and_fonds(office: Terminal, tmp_path: Path) -> None:
    assert due(office, "--by", "2025-12-31") == []
    assert due(office, "--by", "2026-01-01") == [("H49.1", "2026-01-01")]
    assert due(office, "--by", "01/01/2045") == [
        ("H49.1", "2026-01-01"),
        ("H49.2", "2031-01-01"),
        ("H49.3", "2045-01-01"),
    ]
    assert due(office, "--by", "2045-01-01", "--limit", "1") == [("H49.1", "2026-01-01")]
    assert due(office, "--by", "2045-01-01", "--fonds", "nobody") == []
    sheet = tmp_path / "due.xlsx"
    assert office("retention", "due", "--by", "2045-01-01", "--xlsx", sheet).code == 0
    cells = [str(cell) for row in openpyxl.load_workbook(sheet).active.iter_rows(values_only=True) for cell in row]
    assert "H49.2" in cells
    assert "01/01/2031" in cells


def test_explain_answers_in_words_and_in_both_languages(office: Terminal) -> None:
    said = office("retention", "explain", "H49.3")
    assert said.code == 0
    assert "Rule: TT05-05, version 1: 20 years, then review for destruction." in said.out
    assert "the day the work ended (endDate): 2024-01-01" in said.out
    assert "from 1 January of the next year: 2025-01-01" in said.out
    assert "Last day kept: 2044-12-31; due: 2045-01-01" in said.out
    assert "Not yet:" in said.out
    told = office("retention", "explain", "H49.3", "--json").objects[0]
    assert (told["state"], told["basis"], told["start"]) == ("running", "documents", "2025-01-01")
    place = ("retention", "hold", "place", "--title", "Vụ án", "--mandate", "Tòa án", "--record", "H49.1", *WHY)
    assert office(*place).code == 0
    assert "not destroyed before every hold is lifted" in office("retention", "explain", "H49.1").out


def test_a_schedule_is_entered_shown_and_approved_by_somebody_else(office: Terminal, tmp_path: Path) -> None:
    path = table(tmp_path / "list.csv", ("TT05-05", "Hồ sơ 20 năm", "25 năm"))
    assert office("retention", "schedule", "import", path, "--dry-run", *WHY).code == 0
    assert office("retention", "schedule", "list", "--drafts", "--json").objects == []
    assert office("retention", "schedule", "import", path, *WHY).code == 0
    assert due(office, "--by", "2031-01-01") == [("H49.1", "2026-01-01"), ("H49.2", "2031-01-01")]
    found = office("retention", "schedule", "diff", "TT05-05", "--records", "--json").objects
    assert (found[0]["earlier"], found[0]["later"], found[0]["same"]) == (0, 3, 0)
    assert [(item["before"], item["after"]) for item in found[1:]] == [
        ("2026-01-01", "2031-01-01"),
        ("2031-01-01", "2036-01-01"),
        ("2045-01-01", "2050-01-01"),
    ]
    approve = ("retention", "schedule", "approve", "TT05-05", *WHY)
    assert office(*approve).code == 15, "the officer is no approver"
    log_in(office, APPROVER)
    assert office(*approve, "--dry-run").code == 0
    assert due(office, "--by", "2030-12-31") == [("H49.1", "2026-01-01")]
    assert office(*approve).code == 0
    assert due(office, "--by", "2030-12-31") == []
    assert office(*approve).code == 10, "no draft is left"
    versions = office("retention", "schedule", "show", "TT05-05", "--json").objects
    assert [(item["version"], item["status"], item["approved_by"]) for item in versions] == [(2, "approved", "minh")]
    log_in(office, OFFICER)
    assert office("retention", "schedule", "import", path, *WHY).code == 0
    assert office("retention", "schedule", "list", "--drafts", "--json").objects == [], "nothing new"


def test_whoever_entered_a_schedule_does_not_approve_it(office: Terminal, tmp_path: Path) -> None:
    both = ("--role", "administrator", "--role", "records-officer", "--role", "approver")
    assert office("user", "role", OFFICER, *both, *WHY).code == 0
    path = table(tmp_path / "list.csv", ("HD", "Hợp đồng", "5 năm"))
    assert office("retention", "schedule", "import", path, *WHY).code == 0
    refused = office("retention", "schedule", "approve", "HD", *WHY)
    assert refused.code == 15
    assert "cannot approve it too" in refused.err


def test_a_rule_for_records_that_wait_for_one_shows_them_before_it_is_approved(
    office: Terminal, tmp_path: Path
) -> None:
    make_case_folder(
        tmp_path / "other" / "1", "H49.9", case={"startDate": "2005", "endDate": "2005", "maintenance": "07"}
    )
    assert office("ingest", tmp_path / "other").code == 0
    path = table(tmp_path / "list.csv", ("TT05-07", "Khác", "5 năm"))
    assert office("retention", "schedule", "import", path, *WHY).code == 0
    assert "1 case file, begins –: – → 2011-01-01" in office("retention", "schedule", "diff", "TT05-07").out
    log_in(office, APPROVER)
    assert office("retention", "schedule", "approve", "TT05-07", *WHY).code == 0
    assert ("H49.9", "2011-01-01") in due(office, "--by", "2011-01-01")


def test_a_decision_needs_a_reason(office: Terminal, tmp_path: Path) -> None:
    path = table(tmp_path / "list.csv", ("A", "a", "5 năm"))
    event = ("retention", "event", "record", "hết", "--case", "H49.1", "--date", "2020-01-01")
    mapping = ("retention", "class", "map", "4.1", "--title", "x", "--schedule", "TT05-05")
    for words in (event, mapping, ("retention", "schedule", "import", path)):
        refused = office(*words, "--because", " ")
        assert refused.code == 17
        assert "reason" in refused.err


def test_every_wrong_row_is_told_and_nothing_is_entered(office: Terminal, tmp_path: Path) -> None:
    path = table(
        tmp_path / "list.csv",
        ("A", "Tốt", "5 năm"),
        ("A", "Trùng mã", "5 năm"),
        ("B", "", "5 năm"),
        ("C", "Sai thời hạn", "lâu dài"),
        ("D", "Sai hành động", "5 năm", "đốt"),
        ("E", "Thiếu tên sự kiện", "5 năm", "", "sự kiện"),
        ("F", "Mâu thuẫn", "Vĩnh viễn", "hủy"),
        ("?!", "Sai mã", "5 năm"),
    )
    said = office("retention", "schedule", "import", path, *WHY, "--json")
    assert said.code == 3
    assert [(item["location"], item["code"]) for item in said.objects] == [
        ("row 3", "retention.code-twice"),
        ("row 4", "retention.missing"),
        ("row 5", "retention.wrong-value"),
        ("row 6", "retention.wrong-value"),
        ("row 7", "retention.contradicts"),
        ("row 8", "retention.contradicts"),
        ("row 9", "retention.wrong-code"),
    ]
    assert office("retention", "schedule", "list", "--drafts").out == ""


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"PK\x03\x04 no zip", b"a,b\n1,2\n"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_is_no_list_is_refused(office: Terminal, tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    path.write_bytes(content)
    assert office("retention", "schedule", "import", path, *WHY).code in (3, 17)


def test_the_sample_is_a_list_that_can_be_entered(office: Terminal, tmp_path: Path) -> None:
    for name in ("sample.xlsx", "sample.csv"):
        assert office("retention", "schedule", "sample", tmp_path / name).code == 0
        assert office("retention", "schedule", "import", tmp_path / name, "--dry-run", *WHY).code == 0
    assert office("retention", "schedule", "sample", tmp_path / "sample.csv").code == 11
    assert office("retention", "schedule", "import", tmp_path / "sample.xlsx", *WHY).code == 0
    drafts = office("retention", "schedule", "list", "--drafts", "--json").objects
    assert len(drafts) == 42
    contract = next(item for item in drafts if item["code"] == "4.1.03")
    assert (contract["trigger"], contract["event"], contract["period"]) == ("event", "hợp đồng chấm dứt", [5, "years"])
    assert all("TT 09/2011" in item["source"] or "TT 10/2022" in item["source"] for item in drafts)


def test_classes_overrides_and_events(office: Terminal, tmp_path: Path) -> None:
    path = table(tmp_path / "list.csv", ("HD", "Hợp đồng", "5 năm", "", "sự kiện", "hợp đồng chấm dứt", "không"))
    assert office("retention", "schedule", "import", path, *WHY).code == 0
    map_it = ("retention", "class", "map", "4.1", "--schedule", "HD", "--title", "Hợp đồng", *WHY)
    assert office(*map_it).code == 10, "a draft is not in force"
    log_in(office, APPROVER)
    assert office("retention", "schedule", "approve", "HD", *WHY).code == 0
    log_in(office, OFFICER)
    assert office(*map_it).code == 0
    assert [item["case_code"] for item in office("retention", "waiting", "--for", "trigger", "--json").objects] == [
        "H49.1"
    ]
    event = ("retention", "event", "record", "hợp đồng chấm dứt")
    assert office(*event, "--case", "H49.1", "--date", "2999-01-01", *WHY).code == 17
    assert office(*event, "--case", "H49.1", "--date", "29/02/2020", *WHY).code == 0
    assert due(office, "--by", "2031-01-01", "--limit", "5") == [("H49.1", "2025-03-01"), ("H49.2", "2031-01-01")]
    (tmp_path / "events.csv").write_text("case,date\nH49.1,2021-05-05\nH49.2,05/05/2022\n", "utf-8")
    assert office("retention", "override", "H49.2", "--schedule", "HD", *WHY).code == 0
    assert office(*event, "--file", tmp_path / "events.csv", *WHY).code == 0
    assert due(office, "--by", "2030-01-01") == [("H49.1", "2026-05-06"), ("H49.2", "2027-05-06")]
    assert office("retention", "override", "H49.2", *WHY).code == 0
    assert due(office, "--by", "2031-01-01") == [("H49.1", "2026-05-06"), ("H49.2", "2031-01-01")]
    assert office("retention", "override", "H49.2", "--schedule", "nothing", *WHY).code == 10
    assert office("retention", "class", "assign", "H49.3", "--class", "4.1", *WHY).code == 0
    told = office("retention", "explain", "H49.3", "--json").objects[0]
    assert (told["basis"], told["class"], told["state"]) == ("class", "4.1", "waiting-trigger")


def test_everything_decided_survives_the_loss_of_the_catalogue(office: Terminal, tmp_path: Path) -> None:
    test_classes_overrides_and_events(office, tmp_path)
    before = [office("retention", "explain", f"H49.{number}", "--json").objects for number in (1, 2, 3)]
    schedules = office("retention", "schedule", "list", "--all", "--json").objects
    for path in (tmp_path / "archive").glob("catalogue.sqlite*"):
        path.unlink()
    assert office("rebuild").code == 0
    assert [office("retention", "explain", f"H49.{number}", "--json").objects for number in (1, 2, 3)] == before
    assert office("retention", "schedule", "list", "--all", "--json").objects == schedules


def test_a_decision_killed_before_its_records_moved_is_ended_by_the_next_command(
    office: Terminal, tmp_path: Path
) -> None:
    path = table(tmp_path / "list.csv", ("TT05-05", "Hồ sơ 20 năm", "25 năm"))
    assert office("retention", "schedule", "import", path, *WHY).code == 0
    assert len(due(office, "--by", "2026-01-01")) == 1
    marks = '{"schedule:TT05-05": "1"}'
    with sqlite3.connect(tmp_path / "archive" / "catalogue.sqlite") as database:
        database.execute("UPDATE retention_schedules SET status = 'approved' WHERE code = 'TT05-05'")
        database.execute("INSERT INTO settings (name, value) VALUES ('retention-stale', ?)", [marks])
    assert due(office, "--by", "2026-01-01") == []
