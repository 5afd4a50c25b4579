"""Submissions in the catalogue, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.submissions_values import (
    ActKind,
    AnnouncedItem,
    RegisteredSubmission,
    SubmissionAct,
    SubmittedTransfer,
    Verdict,
)
from archive.catalogue.values import Transfer, TransferState
from model.errors import ConflictError
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture(params=BACKENDS)
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(new_catalogue(request.param, tmp_path)) as opened:
        yield opened


def submission(number: int = 1, *, code: str = "ĐK-1", ordinal: int = 1) -> RegisteredSubmission:
    return RegisteredSubmission(
        id=UUID(int=number),
        code=code,
        ordinal=ordinal,
        agency_code="H49.64",
        agency_name="Ủy ban",
        packages=3,
        case_files=3,
        documents=9,
        bytes=5_000_000_000,
        deadline=date(2026, 6, 1),
        asked=date(2026, 5, 1),
        registered_at=NOW + timedelta(minutes=number),
        registered_by="an",
        listed=2,
    )


def hand_in(
    catalogue: Catalogue,
    number: int,
    state: TransferState = TransferState.AWAITING,
    *,
    code: str = "",
    waits: bool = False,
    of: int = 1,
) -> SubmittedTransfer:
    transfer = Transfer(
        id=UUID(int=1000 + number),
        source=f"/hand-in/{number}",
        kind="folder",
        received_at=NOW + timedelta(seconds=number),
        state=state,
        fingerprint=f"{number:064x}",
        case_code=code or f"HS.{number}",
        files=3,
        bytes=100,
    )
    submitted = SubmittedTransfer(
        transfer_id=transfer.id,
        submission_id=UUID(int=of),
        received_at=transfer.received_at,
        case_code=transfer.case_code,
        mark=number.to_bytes(32, "big"),
        documents=3,
        failed=1 if state is TransferState.REFUSED else 0,
        waits=waits,
    )
    catalogue.submissions.record(transfer, submitted)
    return submitted


def decide(
    catalogue: Catalogue, transfer: SubmittedTransfer, verdict: Verdict, *, document: int | None = None, at: int = 0
) -> None:
    kind = ActKind.CASE if document is None else ActKind.DOCUMENT
    catalogue.submissions.add_act(
        SubmissionAct(
            id=UUID(int=5000 + at),
            submission_id=transfer.submission_id,
            kind=kind,
            verdict=verdict,
            transfer_id=transfer.transfer_id,
            document=document,
            because="đã xem",
            actor="bình",
            time=NOW + timedelta(hours=1, seconds=at),
        )
    )


def test_a_submission_comes_back_as_it_was_put(catalogue: Catalogue) -> None:
    submissions = catalogue.submissions
    submissions.put(submission())
    submissions.put(submission())
    submissions.put(submission(2, ordinal=2))
    assert submissions.get(UUID(int=1)) == submission()
    assert submissions.find("ĐK-1") == submission(2, ordinal=2)
    assert submissions.find("ĐK-1", 1) == submission()
    assert submissions.find("ĐK-1", 3) is None
    assert submissions.find("khác") is None
    with pytest.raises(ConflictError):
        submissions.put(submission(3))


def test_submissions_are_listed_newest_first(catalogue: Catalogue) -> None:
    for number in range(1, 8):
        catalogue.submissions.put(submission(number, ordinal=number))
    first = catalogue.submissions.page(None, 3)
    assert [item.ordinal for item in first] == [7, 6, 5]
    assert [item.ordinal for item in catalogue.submissions.page(first[-1], 10)] == [4, 3, 2, 1]


def test_announced_is_set_against_received(catalogue: Catalogue) -> None:
    items = [AnnouncedItem(code=f"HS.{number}", title="t", documents=number) for number in range(1, 6)]
    catalogue.submissions.put(submission(), items)
    hand_in(catalogue, 1)
    hand_in(catalogue, 2, TransferState.REFUSED)
    refused = hand_in(catalogue, 3)
    hand_in(catalogue, 4, TransferState.HELD_ALREADY)
    hand_in(catalogue, 9)
    hand_in(catalogue, 10, TransferState.REFUSED)
    decide(catalogue, refused, Verdict.REFUSE)
    assert catalogue.submissions.item(UUID(int=1), "HS.2") == items[1]
    assert catalogue.submissions.item(UUID(int=1), "HS.9") is None
    assert [item.code for item in catalogue.submissions.missing(UUID(int=1))] == ["HS.2", "HS.3", "HS.5"]
    assert [item.case_code for item in catalogue.submissions.surplus(UUID(int=1))] == ["HS.9"]


def test_totals_tell_how_far_a_submission_is(catalogue: Catalogue) -> None:
    catalogue.submissions.put(submission())
    catalogue.submissions.put(submission(2, ordinal=2))
    assert catalogue.submissions.totals(UUID(int=1)).received == 0
    hand_in(catalogue, 1)
    waiting = hand_in(catalogue, 2, waits=True)
    hand_in(catalogue, 3, TransferState.REFUSED)
    hand_in(catalogue, 4, TransferState.APPROVED)
    hand_in(catalogue, 5, TransferState.HELD_ALREADY)
    failed = hand_in(catalogue, 6)
    hand_in(catalogue, 7, TransferState.APPROVED, of=2)
    decide(catalogue, failed, Verdict.REFUSE, document=2, at=1)
    totals = catalogue.submissions.totals(UUID(int=1))
    assert (totals.received, totals.undecided, totals.passed, totals.approved, totals.held, totals.failed) == (
        6,
        1,
        1,
        1,
        1,
        2,
    )
    assert (totals.documents, totals.documents_passed, totals.documents_failed) == (18, 9, 6)
    assert (totals.files, totals.bytes) == (18, 600)
    assert (totals.first, totals.last) == (NOW + timedelta(seconds=1), NOW + timedelta(seconds=6))
    assert totals.concluded_at is None
    decide(catalogue, waiting, Verdict.KEEP, at=2)
    assert catalogue.submissions.totals(UUID(int=1)).passed == 2
    assert catalogue.submissions.approved("ĐK-1") == 2


def test_of_decisions_about_one_thing_the_last_counts(catalogue: Catalogue) -> None:
    catalogue.submissions.put(submission())
    transfer = hand_in(catalogue, 1, waits=True)
    decide(catalogue, transfer, Verdict.REFUSE, document=1, at=1)
    decide(catalogue, transfer, Verdict.REFUSE, document=2, at=2)
    decide(catalogue, transfer, Verdict.KEEP, document=1, at=3)
    decide(catalogue, transfer, Verdict.KEEP, at=4)
    decide(catalogue, transfer, Verdict.KEEP, at=4)
    found = catalogue.submissions.submitted(transfer.transfer_id)
    assert found is not None
    assert (found.failed_by_hand, found.decision, found.refused) == (1, Verdict.KEEP, True)
    assert len(catalogue.submissions.acts(transfer.transfer_id)) == 4
    assert len(list(catalogue.submissions.submission_acts(UUID(int=1)))) == 4
    decide(catalogue, transfer, Verdict.KEEP, document=2, at=5)
    again = hand_in(catalogue, 1, waits=True)  # recorded once more, as a resumed reception does
    found = catalogue.submissions.submitted(again.transfer_id)
    assert found is not None
    assert (found.decision, found.refused, found.undecided) == (Verdict.KEEP, False, False)


def test_transfers_are_paged_in_the_order_they_came_and_known_by_their_mark(catalogue: Catalogue) -> None:
    catalogue.submissions.put(submission())
    expected = [hand_in(catalogue, number).transfer_id for number in range(1, 8)]
    first = catalogue.submissions.received(UUID(int=1), None, 3)
    rest = catalogue.submissions.received(UUID(int=1), first[-1], 10)
    assert [item.transfer_id for item in (*first, *rest)] == expected
    marked = catalogue.submissions.marked(UUID(int=1), (4).to_bytes(32, "big"))
    assert [item.id for item in marked] == [expected[3]]
    assert catalogue.submissions.marked(UUID(int=2), (4).to_bytes(32, "big")) == []


def test_a_key_is_held_by_one_that_stands(catalogue: Catalogue) -> None:
    claim = catalogue.submissions.claim_keys
    one, other, third = (hand_in(catalogue, number) for number in (1, 2, 3))
    assert claim(UUID(int=1), one.transfer_id, [b"k1", b"k2"]) is None
    assert claim(UUID(int=1), one.transfer_id, [b"k1", b"k2"]) is None
    assert claim(UUID(int=1), other.transfer_id, [b"k0", b"k2"]) == one.transfer_id
    assert claim(UUID(int=1), third.transfer_id, [b"k0"]) is None  # the claim before kept nothing
    assert claim(UUID(int=2), other.transfer_id, [b"k1"]) is None  # another submission
    decide(catalogue, one, Verdict.REFUSE)
    assert claim(UUID(int=1), other.transfer_id, [b"k1", b"k2"]) is None
    hand_in(catalogue, 2, TransferState.REFUSED)
    assert claim(UUID(int=1), third.transfer_id, [b"k2"]) is None


def test_of_many_that_claim_at_once_one_gets_it(catalogue: Catalogue) -> None:
    transfers = [hand_in(catalogue, number) for number in range(1, 9)]
    keys = [number.to_bytes(16, "big") for number in range(40)]

    def claim(transfer: SubmittedTransfer) -> UUID | None:
        ordered = keys if transfer.transfer_id.int % 2 else keys[::-1]
        return catalogue.submissions.claim_keys(UUID(int=1), transfer.transfer_id, ordered)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(claim, transfers))
    assert results.count(None) == 1
    winner = transfers[results.index(None)].transfer_id
    assert {result for result in results if result is not None} == {winner}


def test_a_cleared_catalogue_knows_no_submission(catalogue: Catalogue) -> None:
    catalogue.submissions.put(submission(), [AnnouncedItem(code="A")])
    transfer = hand_in(catalogue, 1)
    decide(catalogue, transfer, Verdict.KEEP)
    names = {name for name, _row in catalogue.dump()}
    assert {"submissions", "submission_items", "submission_transfers", "submission_acts"} <= names
    catalogue.clear()
    assert catalogue.submissions.get(UUID(int=1)) is None
    assert catalogue.submissions.submitted(transfer.transfer_id) is None
    assert not any(name.startswith("submission") for name, _row in catalogue.dump())


def _ask_everything(catalogue: Catalogue) -> None:
    submissions, one = catalogue.submissions, UUID(int=1)
    some = submissions.received(one, None, 5)
    submissions.get(one)
    submissions.find("ĐK-1")
    submissions.find("ĐK-1", 1)
    submissions.page(submission(), 5)
    submissions.item(one, "HS.3")
    list(submissions.missing(one))
    list(submissions.surplus(one))
    submissions.submitted(some[0].transfer_id)
    submissions.marked(one, some[0].mark)
    submissions.received(one, some[0], 5)
    submissions.totals(one)
    submissions.approved("ĐK-1")
    submissions.claim_keys(one, some[0].transfer_id, [b"a", b"b"])
    submissions.claim_keys(one, some[1].transfer_id, [b"b"])
    submissions.acts(some[0].transfer_id)
    submissions.count_acts(one, some[0].transfer_id)
    submissions.count_acts(one, None)
    list(submissions.submission_acts(one))
    catalogue.find_accepted("0" * 64)


def test_every_question_uses_an_index(catalogue: Catalogue) -> None:
    catalogue.submissions.put(submission(), [AnnouncedItem(code=f"HS.{number}") for number in range(60)])
    for number in range(1, 81):
        decide(catalogue, hand_in(catalogue, number), Verdict.KEEP, at=number)
    seen: list[tuple[str, Any]] = []
    database = catalogue._database

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        seen.append((statement, parameters[0] if many else parameters))

    sa.event.listen(database._engine, "before_cursor_execute", note)
    _ask_everything(catalogue)
    sa.event.remove(database._engine, "before_cursor_execute", note)
    explained = 0
    with database.read() as connection:
        if not database.sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in seen:
            if not statement.startswith(("SELECT", "UPDATE")):
                continue
            prefix = "EXPLAIN QUERY PLAN " if database.sqlite else "EXPLAIN "
            plan = [str(row[-1]) for row in connection.exec_driver_sql(prefix + statement, parameters)]
            scans = [
                line
                for line in plan
                if ("SCAN" in line and "USING" not in line) or ("Seq Scan" in line and "Disabled" not in line)
            ]
            assert scans == [], (statement, plan)
            explained += 1
    assert explained > 15


def test_a_transfer_keeps_its_state_when_the_submission_is_told_of_it_again(catalogue: Catalogue) -> None:
    catalogue.submissions.put(submission())
    before = hand_in(catalogue, 1)
    catalogue.save_transfer(replace(catalogue.get_transfer(before.transfer_id), state=TransferState.APPROVED))  # type: ignore[type-var]  # it is there
    found = catalogue.submissions.submitted(before.transfer_id)
    assert found is not None
    assert found.state is TransferState.APPROVED
