"""Retention in the catalogue, on both databases: rows follow what is held and what was decided."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.database import Database
from archive.retention.values import (
    Assignment,
    Basis,
    DisposalAction,
    Offset,
    Period,
    RecordClass,
    RecordEvent,
    RetentionState,
    Schedule,
    ScheduleStatus,
    Trigger,
    Unit,
)
from model.casefile import CaseFile
from model.dates import PartialDate
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue
from tests.fakes.catalogue_samples import documents, registration

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_catalogue(request.param, tmp_path)


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with open_catalogue(url) as opened:
        yield opened


def hold(catalogue: Catalogue, number: int, *, documents_keep: str = "05", **described: object) -> UUID:
    """Register a case file that ended in 2015 and is kept for 20 years unless told otherwise."""
    given = registration(number)
    values: dict[str, object] = {
        "file_code": f"HS.{number}",
        "title": "Hồ sơ",
        "maintenance": "05",
        "mode": "01",
        "end_date": PartialDate(2015, 6, 30),
        "fonds_code": "P01",
        "agency_code": "H49.64",
    }
    case_file = CaseFile(**(values | described))  # type: ignore[arg-type]  # fields of a case file
    kept = [replace(item, maintenance=documents_keep) for item in documents(number, 2)]
    catalogue.register(replace(given, held=replace(given.held, case_file=case_file), documents=kept))
    return given.held.aip_id


def schedule(code: str = "HD", version: int = 1, **given: object) -> Schedule:
    values: dict[str, object] = {
        "code": code,
        "version": version,
        "title": "Hợp đồng",
        "action": DisposalAction.DESTROY,
        "period": Period(number=5, unit=Unit.YEARS),
        "status": ScheduleStatus.APPROVED,
    }
    return Schedule(**(values | given))  # type: ignore[arg-type]  # fields of a schedule


def test_a_record_takes_the_period_of_its_most_valuable_document(catalogue: Catalogue) -> None:
    twenty = hold(catalogue, 1)
    seventy = hold(catalogue, 2, documents_keep="02")
    for_ever = hold(catalogue, 3, documents_keep="01")
    other = hold(catalogue, 4, documents_keep="07")
    assert catalogue.retention.refresh() == 4
    assert catalogue.retention.refresh() == 0
    found = catalogue.retention.get(twenty)
    assert found is not None
    assert found.dates is not None
    assert (found.schedule, found.basis) == ("TT05-05", Basis.DOCUMENTS)
    assert (found.dates.start, found.dates.due) == (date(2016, 1, 1), date(2036, 1, 1))
    states = {
        aip_id: item.state(date(2036, 1, 1))
        for aip_id in (twenty, seventy, for_ever, other)
        if (item := catalogue.retention.get(aip_id))
    }
    assert states == {
        twenty: RetentionState.DUE,
        seventy: RetentionState.RUNNING,
        for_ever: RetentionState.PERMANENT,
        other: RetentionState.WAITING_RULE,
    }
    assert [item.aip_id for item in catalogue.retention.waiting("rule")] == [other]


def test_due_is_answered_by_day_and_fonds(catalogue: Catalogue) -> None:
    one = hold(catalogue, 1)
    two = hold(catalogue, 2, end_date=PartialDate(2014), fonds_code="P02")
    hold(catalogue, 3, end_date=PartialDate(2020, 2))
    catalogue.retention.refresh()
    assert [item.aip_id for item in catalogue.retention.due(date(2034, 12, 31))] == []
    assert [item.aip_id for item in catalogue.retention.due(date(2036, 1, 1))] == [two, one]
    assert [item.aip_id for item in catalogue.retention.due(date(2036, 1, 1), fonds="P01")] == [one]
    assert catalogue.retention.count_due(date(2036, 1, 1)) == 2
    assert catalogue.retention.count_due(date(2041, 1, 1), fonds="P01") == 2


def test_a_class_rules_before_the_documents_and_an_officer_before_the_class(catalogue: Catalogue) -> None:
    aip_id = hold(catalogue, 1, infor_sign="4.1")
    catalogue.retention.put_schedules([schedule()])
    catalogue.retention.put_schedules([schedule("CT", period=Period(number=10, unit=Unit.YEARS))])
    catalogue.retention.put_classes([RecordClass(fonds="", code="4.1", title="Hợp đồng", schedule="HD")])
    catalogue.retention.refresh()
    found = catalogue.retention.get(aip_id)
    assert found is not None
    assert (found.schedule, found.basis) == ("HD", Basis.CLASS)
    catalogue.retention.put_classes([RecordClass(fonds="P01", code="4.1", title="Hợp đồng", schedule="CT")])
    catalogue.retention.recompute([aip_id])
    found = catalogue.retention.get(aip_id)
    assert found is not None
    assert found.schedule == "CT"
    decision = Assignment(aip_id=aip_id, override="HD", reason="theo hợp đồng", decided_by="lan", decided_at=NOW)
    catalogue.retention.put_assignments([decision])
    catalogue.retention.recompute([aip_id])
    found = catalogue.retention.get(aip_id)
    assert found is not None
    assert (found.schedule, found.basis, found.reason) == ("HD", Basis.OVERRIDE, "theo hợp đồng")
    assert catalogue.retention.assignment(aip_id) == decision


def test_a_rule_that_is_not_in_force_is_no_rule(catalogue: Catalogue) -> None:
    aip_id = hold(catalogue, 1, infor_sign="4.1")
    catalogue.retention.put_schedules([schedule(status=ScheduleStatus.DRAFT)])
    catalogue.retention.put_classes([RecordClass(fonds="", code="4.1", title="", schedule="HD")])
    catalogue.retention.refresh()
    assert [item.aip_id for item in catalogue.retention.waiting("rule")] == [aip_id]


def test_an_event_begins_the_period(catalogue: Catalogue) -> None:
    aip_id = hold(catalogue, 1)
    rule = schedule("SK", trigger=Trigger.EVENT, event="contract-ended", offset=Offset.NONE)
    catalogue.retention.put_schedules([rule])
    catalogue.retention.put_assignments(
        [Assignment(aip_id=aip_id, override="SK", reason="x", decided_by="lan", decided_at=NOW)]
    )
    catalogue.retention.refresh()
    assert [item.aip_id for item in catalogue.retention.waiting("trigger")] == [aip_id]
    happened = RecordEvent(
        aip_id=aip_id, name="contract-ended", day=date(2020, 2, 29), recorded_by="lan", recorded_at=NOW
    )
    catalogue.retention.put_events([happened])
    catalogue.retention.recompute([aip_id])
    assert catalogue.retention.events(aip_id) == [happened]
    assert [item.aip_id for item in catalogue.retention.due(date(2025, 3, 1))] == [aip_id]
    assert [item.aip_id for item in catalogue.retention.due(date(2025, 2, 28))] == []


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ((PartialDate(2015), PartialDate(2015, 5, 1)), date(2015, 12, 31)),
        ((PartialDate(2015, 2), PartialDate(2015, 2, 3)), date(2015, 2, 28)),
        ((PartialDate(2014, 12, 31), None), date(2014, 12, 31)),
    ],
)
def test_the_newest_document_is_the_latest_day_any_date_may_mean(
    catalogue: Catalogue, written: tuple[PartialDate, PartialDate | None], last: date
) -> None:
    given = registration(1)
    dated = [replace(item, issued_date=day) for item, day in zip(documents(1, 2), written, strict=True)]
    catalogue.register(replace(given, documents=dated))
    facts = catalogue.retention.facts(given.held.aip_id)
    assert facts is not None
    assert facts.last_document == last


def test_a_later_version_of_a_schedule_supersedes_and_the_old_one_stays(catalogue: Catalogue) -> None:
    catalogue.retention.put_schedules([schedule()])
    draft = schedule(version=2, period=Period(number=10, unit=Unit.YEARS), status=ScheduleStatus.DRAFT)
    catalogue.retention.put_schedules([draft])
    assert catalogue.retention.rules().schedules["HD"].version == 1
    approved = replace(draft, status=ScheduleStatus.APPROVED, approved_by="minh", approved_at=NOW)
    catalogue.retention.put_schedules([approved])
    assert catalogue.retention.rules().schedules["HD"] == approved
    assert [(item.version, item.status) for item in catalogue.retention.schedules("HD")] == [
        (1, ScheduleStatus.SUPERSEDED),
        (2, ScheduleStatus.APPROVED),
    ]


def status(catalogue: Catalogue) -> list[tuple[int, str]]:
    return [(item.version, item.status.value) for item in catalogue.retention.schedules("HD")]


def test_what_was_decided_about_a_schedule_is_not_taken_back(catalogue: Catalogue) -> None:
    drafts = [schedule(version=number, status=ScheduleStatus.DRAFT) for number in (1, 2, 3)]
    table = catalogue.retention
    table.put_schedules(drafts)
    table.put_schedules([schedule(version=2)])
    assert status(catalogue) == [(1, "superseded"), (2, "approved"), (3, "draft")]
    table.put_schedules([schedule(version=1)])
    assert status(catalogue) == [(1, "superseded"), (2, "approved"), (3, "draft")], "an older draft stays superseded"
    table.put_schedules([*drafts, schedule(version=2)])
    assert status(catalogue) == [(1, "superseded"), (2, "approved"), (3, "draft")], "entered again from the log"
    table.put_schedules([schedule(version=3)])
    assert table.rules().schedules["HD"].version == 3


def test_records_move_whoever_asks_in_between(catalogue: Catalogue) -> None:
    """A process that brings rows level before or while a rule comes into force never takes its mark away."""
    aip_id, table = hold(catalogue, 1), catalogue.retention
    table.bring_level()
    changes = [
        lambda: table.put_schedules([schedule("TT05-05", 2)]),
        lambda: table.put_classes([RecordClass(fonds="", code="A;B", title="", schedule="TT05-06")]),
        lambda: table.put_classes([RecordClass(fonds="", code="A;B", title="", schedule="TT05-02")]),
    ]
    table.put_assignments([Assignment(aip_id=aip_id, class_code="A;B", decided_at=NOW)])
    expected = [("TT05-05", date(2021, 1, 1)), ("TT05-06", date(2026, 1, 1)), ("TT05-02", date(2086, 1, 1))]
    recompute, pending = table.recompute, list(changes)

    def interrupted(aip_ids: Iterable[UUID]) -> None:
        recompute(aip_ids)
        if pending:
            pending.pop(0)()

    table.recompute = interrupted  # type: ignore[method-assign]  # another process decides meanwhile
    pending.pop(0)()
    table.bring_level()
    table.recompute = recompute  # type: ignore[method-assign]  # as it was
    while pending:
        pending.pop(0)()
    table.bring_level()
    found = table.get(aip_id)
    assert found is not None
    assert found.dates is not None
    assert (found.schedule, found.dates.due) == expected[-1]


def test_a_decision_moves_its_record_in_its_own_transaction(catalogue: Catalogue) -> None:
    aip_id = hold(catalogue, 1)
    catalogue.retention.put_assignments([Assignment(aip_id=aip_id, override="TT05-01", reason="x", decided_at=NOW)])
    found = catalogue.retention.get(aip_id)
    assert found is not None
    assert found.action is DisposalAction.RETAIN


def test_records_are_counted_by_trigger_for_a_preview(catalogue: Catalogue) -> None:
    for number in range(3):
        hold(catalogue, number)
    hold(catalogue, 9, end_date=PartialDate(2016))
    catalogue.retention.refresh()
    assert list(catalogue.retention.triggers("TT05-05")) == [
        (date(2015, 6, 30), date(2036, 1, 1), 3),
        (date(2016, 12, 31), date(2037, 1, 1), 1),
    ]
    assert len(list(catalogue.retention.with_schedule("TT05-05"))) == 4


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT * FROM retention WHERE due_day <= '2036-01-01' ORDER BY due_day, aip_id", "ix_retention_due"),
        (
            "SELECT * FROM retention WHERE fonds = 'P01' AND due_day <= '2036-01-01' ORDER BY due_day, aip_id",
            "ix_retention_fonds",
        ),
        (
            "SELECT trigger_day, due_day, count(*) FROM retention WHERE schedule = 'A' GROUP BY trigger_day, due_day",
            "ix_retention_schedule",
        ),
        ("SELECT * FROM retention WHERE waiting = 'rule' ORDER BY aip_id", "ix_retention_waiting"),
    ],
)
def test_every_question_is_answered_by_an_index_without_sorting(tmp_path: Path, query: str, index: str) -> None:
    database = Database(new_catalogue("sqlite", tmp_path))
    with database.read() as connection:
        plan = " ".join(str(row) for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN {query}")))
    database.close()
    assert index in plan
    assert "TEMP B-TREE" not in plan
