"""`chauban retention deadlines` and `opening`."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from archive.retention.deadlines import (
    Deadline,
    DeadlineKind,
    DeadlineState,
    ended_deadlines,
    plot_deadlines,
)
from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import Terminal

TODAY = datetime.now(UTC).date()


@pytest.fixture
def office(fresh: Terminal, tmp_path: Path) -> Terminal:
    """One permanent case file, one of twenty years with conditional access, and one that lies open on the desk."""
    make_case_folder(tmp_path / "batch" / "1", "H49.1", case={"maintenance": "01"})
    old = {"mode": "02", "startDate": "01/01/1960", "endDate": "31/12/1961"}
    make_case_folder(tmp_path / "batch" / "2", "H49.2", case=old)
    assert fresh("ingest", tmp_path / "batch").code == 0
    return fresh


def test_permanent_records_are_due_at_the_historical_archive(office: Terminal) -> None:
    found = office("retention", "deadlines", "--json").objects
    assert {item["schema"] for item in found} == {"retention-deadline/1"}
    assert [(item["kind"], item["by"], item["count"], item["state"]) for item in found] == [
        ("register-for-historical-archive", f"{TODAY.year + 4}-12-31", 1, "planned"),
        ("to-historical-archive", f"{TODAY.year + 5}-12-31", 1, "planned"),
    ]
    assert office("retention", "deadlines", "--agency", "nobody", "--json").objects == []
    assert office("retention", "deadlines", "--overdue").code == 0
    assert "hand over to the historical archive, 1 case file" in office("retention", "deadlines").out


@pytest.mark.parametrize(("suffix", "magic"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_the_calendar_is_drawn(office: Terminal, tmp_path: Path, suffix: str, magic: bytes) -> None:
    target = tmp_path / f"calendar{suffix}"
    assert office("retention", "deadlines", "--plot", target).code == 0
    assert target.read_bytes().startswith(magic)
    assert office("retention", "deadlines", "--plot", tmp_path / "calendar.docx").code == 2


def test_conditional_records_are_opened_forty_years_after_the_year_their_work_ended(office: Terminal) -> None:
    ask = ("retention", "opening", "--json", "--by")
    assert office(*ask, "2001-12-31").objects == []
    assert [item["case_code"] for item in office(*ask, "2002-01-01").objects] == ["H49.2"]
    settings = office.archive / "chauban.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[retention]\nconditional_years = 60\n", "utf-8")
    assert office(*ask, "2002-01-01").objects == []
    assert [item["case_code"] for item in office(*ask, "2022-01-01").objects] == ["H49.2"]
    settings.write_text(settings.read_text("utf-8").replace("= 60", "= -1"), "utf-8")
    assert office(*ask, "2022-01-01").code == 13


def test_what_lies_on_the_desk_is_due_sixty_days_after_its_end() -> None:
    days = [("H49", date(2026, 1, 1)), ("H49", date(2026, 1, 1)), ("H50", date(2026, 2, 1))]
    found = list(ended_deadlines(iter(days)))
    assert [(item.agency, item.by, item.count) for item in found] == [
        ("H49", date(2026, 3, 2), 2),
        ("H50", date(2026, 4, 2), 1),
    ]
    assert found[0].state(date(2026, 3, 2)) is DeadlineState.SOON
    assert found[0].state(date(2026, 3, 3)) is DeadlineState.OVERDUE
    assert found[0].state(date(2025, 3, 3)) is DeadlineState.PLANNED


def test_more_deadlines_than_fit_are_counted() -> None:
    many = [
        Deadline(
            kind=DeadlineKind.HISTORICAL, agency=f"H{number}", by=TODAY + timedelta(days=number), year=2020, count=1
        )
        for number in range(100)
    ]
    assert "and 40 more dates" in plot_deadlines(many, TODAY, ".svg").decode()
    assert "Nothing has to be handed over." in plot_deadlines([], TODAY, ".svg").decode()


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_first_and_the_last_day_of_the_calendar_are_drawn_too(suffix: str) -> None:
    found = list(ended_deadlines([("H49.1", date.max), ("H49.2", date.min)]))
    assert found[0].by == date.max
    assert plot_deadlines(found, TODAY, suffix)
