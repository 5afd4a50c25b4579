"""Killed while a submission is received or approved: given again, nothing is lost and nothing is there twice."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.archive import create_archive, open_archive
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.values import TransferState
from ingest.rebuild import rebuild
from ingest.reception.registering import find_submission
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import assert_whole, leftovers
from tests.fakes.killing import killing_itself, server
from tests.fakes.receptions import CODE, approve_all, receive, received, registered

GOOD = ("H49.64.2024.1", "H49.64.2024.2")
SHORT, LONG = 6, 120
HAND_IN = "hand-in"


def receive_all(folder: Path) -> None:
    """Receive everything, as the command does."""
    with open_archive(folder) as archive:
        receive(archive, find_submission(archive, CODE), folder.parent / HAND_IN)


def approve_everything(folder: Path) -> None:
    """Approve everything, as the command does."""
    with open_archive(folder) as archive:
        approve_all(archive, find_submission(archive, CODE))


@pytest.fixture(scope="module")
def context() -> Any:
    return server()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a registered submission, and beside it two good case files, a broken one and one twice."""
    root = tmp_path_factory.mktemp("made")
    for code in GOOD:
        make_case_folder(root / HAND_IN / code, code)
    make_case_folder(root / HAND_IN / "broken", "H49.64.2024.3", case={"title": ""})
    make_case_folder(root / HAND_IN / "twice", GOOD[0])
    create_archive(root / "archive", stores=("a", "b"))
    with open_archive(root / "archive") as archive:
        registered(archive)
    return root


@pytest.fixture(scope="module")
def waiting(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, received."""
    root = tmp_path_factory.mktemp("waiting") / "root"
    shutil.copytree(made, root)
    receive_all(root / "archive")
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


def check_received(folder: Path) -> None:
    """Two await approval, two are refused, each once in catalogue and stores; nothing lies about."""
    with open_archive(folder) as archive:
        submission = find_submission(archive, CODE)
        items = received(archive, submission)
        states = sorted((item.case_code, item.state.value) for item in items)
        assert states == [
            (GOOD[0], "awaiting"),
            (GOOD[0], "refused"),
            (GOOD[1], "awaiting"),
            ("H49.64.2024.3", "refused"),
        ]
        kept = {item.key.split("/")[3] for item in archive.copies.list("transfers/")}
        assert kept == {str(item.transfer_id) for item in items}
        reports = list(verify_all(archive, CampaignSettings(deep=True, restart=True)))
        assert {finding.code for report in reports for finding in report.findings} == {"custody.nothing-held"}
        assert leftovers(archive) == []


def check_approved(folder: Path) -> None:
    """Two packages, each approved transfer names its own; a rebuild says the same."""
    with open_archive(folder) as archive:
        submission = find_submission(archive, CODE)
        approved = [item for item in received(archive, submission) if item.state is TransferState.APPROVED]
        assert sorted(item.case_code for item in approved) == list(GOOD)
        for item in approved:
            assert item.aip_id is not None
            held = archive.catalogue.get_case_file(item.aip_id)
            assert held is not None
            assert held.case_file.file_code == item.case_code
        assert archive.catalogue.submissions.totals(submission.id).concluded_at is not None
        assert_whole(archive, 2)
        acts = [row for row in archive.catalogue.audit_after(0, 200) if row.action == "submission-approve"]
        assert len({row.object for row in acts}) == len(acts) == 3
        before = list(archive.catalogue.dump())
        rebuild(archive)
        assert list(archive.catalogue.dump()) == before


def kill_everywhere(
    context: Any,
    act: Callable[[Path], None],
    check: Callable[[Path], None],
    template: Path,
    folder: Path,
    count: int,
) -> int:
    """Kill at boundaries spread over an act, do it again each time, and check; return how often it was killed."""
    shutil.copytree(template, folder / "counted")
    code, total = run(context, act, folder / "counted" / "archive", 0)
    assert code == 0
    check(folder / "counted" / "archive")
    killed = 0
    for boundary in sorted(set(spread(total, count))):
        root = folder / str(boundary)
        shutil.copytree(template, root)
        code, _total = run(context, act, root / "archive", boundary)
        assert code in {-9, 0}, boundary
        killed += code == -9
        code, _total = run(context, act, root / "archive", 0)
        assert code == 0, boundary
        check(root / "archive")
        shutil.rmtree(root)
    return killed


def test_killed_while_it_receives(context: Any, made: Path, tmp_path: Path) -> None:
    assert kill_everywhere(context, receive_all, check_received, made, tmp_path, SHORT) >= SHORT - 2


def test_killed_while_it_approves(context: Any, waiting: Path, tmp_path: Path) -> None:
    assert kill_everywhere(context, approve_everything, check_approved, waiting, tmp_path, SHORT) >= SHORT - 2


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("step", ["receive", "approve"])
def test_killed_at_many_boundaries(context: Any, made: Path, waiting: Path, tmp_path: Path, step: str) -> None:
    if step == "receive":
        killed = kill_everywhere(context, receive_all, check_received, made, tmp_path, LONG)
    else:
        killed = kill_everywhere(context, approve_everything, check_approved, waiting, tmp_path, LONG)
    assert killed > LONG // 2
