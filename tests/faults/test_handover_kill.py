"""Killed while a hand-over is prepared, receipted or withdrawn: said again, everything is there once."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive, create_archive, open_archive
from archive.catalogue.handovers_values import Handover, HandoverRequest, ItemState
from archive.catalogue.values import AuditQuery
from archive.handover.preparing import left_out, prepare
from archive.handover.receipts import Said, register_receipt, withdraw
from archive.journal import read_journal
from archive.pending import complete_pending
from ingest.rebuild import rebuild
from model.preservation import EventType
from preservation.package.check import check_package
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import leftovers
from tests.fakes.killing import killing_itself, server

REQUEST = HandoverRequest(receiver="Lưu trữ lịch sử", receiver_code="H49.LS", registration="DK-1", fonds="P01")
OUT = "out"
RECEIPT = "r.pdf"
REFUSED = "H49.64.2020.2"
SHORT, LONG = 8, 100
PAPERS = {"muc-luc-ho-so.xlsx", "muc-luc-ho-so.pdf", "bien-ban-giao-nhan.docx", "bien-ban-giao-nhan.pdf"}


def prepare_all(folder: Path) -> None:
    """Prepare, as the command does."""
    with open_archive(folder) as archive:
        prepare(archive, REQUEST, folder.parent / OUT, "nộp lưu", lambda item: None)


def register_all(folder: Path) -> None:
    """Register a receipt, as the command does."""
    with open_archive(folder) as archive:
        said = Said(accepted=("all",), refused=((REFUSED, "mờ"),))
        register_receipt(archive, the(archive), folder.parent / RECEIPT, said, "biên nhận")


def withdraw_all(folder: Path) -> None:
    """Withdraw, as the command does."""
    with open_archive(folder) as archive:
        withdraw(archive, the(archive), "sai đợt")


def the(archive: Archive) -> Handover:
    (found,) = archive.catalogue.handovers.page(None, 2)
    return found


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in two stores, with two case files that go and one that does not."""
    root = tmp_path_factory.mktemp("made")
    for number, period in ((1, "01"), (2, "01"), (3, "05")):
        code = f"H49.64.2020.{number}"
        make_case_folder(root / "in" / code, code, documents=1, case={"maintenance": period})
    create_archive(root / "archive", stores=("a", "b"))
    with open_archive(root / "archive") as archive:
        for report in take_in(archive, root / "in", fonds="P01"):
            assert report.aip_id is not None, report
        archive.catalogue.retention.refresh()
    (root / RECEIPT).write_bytes(b"%PDF-1.7")
    return root


@pytest.fixture(scope="module")
def handed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, prepared."""
    root = tmp_path_factory.mktemp("handed") / "root"
    shutil.copytree(made, root)
    prepare_all(root / "archive")
    return root


def run(context: Any, act: Callable[[Path], None], folder: Path, boundary: int) -> tuple[int | None, int]:
    """Return the exit code and the number of boundaries."""
    counted = context.Value("i", 0)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    process.join(120)
    return process.exitcode, counted.value


def spread(total: int, count: int) -> Iterator[int]:
    """Yield boundaries evenly over all of them, both odd and even ones."""
    for position in range(count):
        yield min(total, 1 + position * total // count + position % 2)


def events(archive: Archive, kind: EventType) -> list[int]:
    """Return how many events of a kind each package of the hand-over has."""
    items = archive.catalogue.handovers.all_items(the(archive).id)
    journals = [[event for _, event in read_journal(archive.copies, item.aip_id)] for item in items]
    return [sum(event.type is kind for event in journal) for journal in journals]


def check_rebuilt(archive: Archive) -> None:
    """What is kept in the stores gives the same catalogue; nothing lies about."""
    complete_pending(archive)
    assert [path for path in leftovers(archive) if path.suffix == ".lock"] == []
    before = [row for row in archive.catalogue.dump() if row[0].startswith("handover")]
    assert rebuild(archive).problems == ()
    assert [row for row in archive.catalogue.dump() if row[0].startswith("handover")] == before


def check_prepared(root: Path) -> None:
    with open_archive(root / "archive") as archive:
        handover = the(archive)
        assert handover.prepared is not None
        items = list(archive.catalogue.handovers.all_items(handover.id))
        packages = {item.name for item in items}
        assert {path.name for path in (root / OUT).iterdir()} == {"packages", "handover.json", *PAPERS}
        assert {path.name for path in (root / OUT / "packages").iterdir()} == packages
        assert len(packages) == 2
        for name in packages:
            assert check_package(root / OUT / "packages" / name).outcome.value == "PASSED"
        assert events(archive, EventType.DISSEMINATION) == [1, 1]
        assert acts(archive) == ["handover-prepare"]
        assert list(left_out(archive, handover.id)) == []
        check_rebuilt(archive)


def check_registered(root: Path) -> None:
    with open_archive(root / "archive") as archive:
        states = {item.code: item.state for item in archive.catalogue.handovers.all_items(the(archive).id)}
        assert states == {"H49.64.2020.1": ItemState.ACCEPTED, REFUSED: ItemState.REFUSED}
        assert events(archive, EventType.TRANSFER) == [1, 1]
        assert acts(archive) == ["handover-receipt", "handover-prepare"]
        check_rebuilt(archive)


def check_withdrawn(root: Path) -> None:
    with open_archive(root / "archive") as archive:
        assert {item.state for item in archive.catalogue.handovers.all_items(the(archive).id)} == {ItemState.WITHDRAWN}
        assert events(archive, EventType.TRANSFER) == [0, 0]
        assert acts(archive) == ["handover-withdraw", "handover-prepare"]
        check_rebuilt(archive)


def acts(archive: Archive) -> list[str]:
    rows = archive.catalogue.audit_page(AuditQuery(limit=20))
    return [row.action for row in rows if row.action.startswith("handover")]


CASES = {
    "prepare": (prepare_all, check_prepared, "made"),
    "receipt": (register_all, check_registered, "handed"),
    "withdraw": (withdraw_all, check_withdrawn, "handed"),
}


def kill_and_say_again(context: Any, source: Path, tmp_path: Path, name: str, count: int) -> None:
    act, check, _source = CASES[name]
    shutil.copytree(source, tmp_path / "whole")
    exit_code, total = run(context, act, tmp_path / "whole" / "archive", 0)
    assert (exit_code, total > SHORT) == (0, True)
    check(tmp_path / "whole")
    for boundary in sorted(set(spread(total, count))):
        root = tmp_path / str(boundary)
        shutil.copytree(source, root)
        assert run(context, act, root / "archive", boundary)[0] == -9, boundary
        act(root / "archive")
        check(root)
        shutil.rmtree(root)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_killed_hand_over_is_said_again(
    context: Any, request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    kill_and_say_again(context, request.getfixturevalue(CASES[name][2]), tmp_path, name, SHORT)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_hand_over_killed_everywhere_is_said_again(
    context: Any, request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    kill_and_say_again(context, request.getfixturevalue(CASES[name][2]), tmp_path, name, LONG)
