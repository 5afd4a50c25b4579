"""What another archive has received is released here, and only that."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from archive.accounts.acting import TOKEN_FILE
from archive.archive import Archive
from archive.audit.values import ACTOR
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.handovers_values import Handover
from archive.disposal.execution import resume
from archive.disposal.showing import stub_details, stub_lines
from archive.disposal.values import DisposalState
from archive.handover.receipts import Said, register_receipt, withdraw
from archive.layout import destroyed_key, handover_decisions, handover_prepared_key, handover_receipt_key, stub_key
from archive.retention.decisions import decide_records
from archive.retention.values import Assignment
from ingest.rebuild import rebuild
from model.errors import IntegrityError, PolicyError
from tests.fakes.custody import one_examiner
from tests.fakes.disposal import codes, hold_on, is_gone, is_whole, objects
from tests.fakes.releases import (
    AFTER,
    APPROVER,
    CODES,
    MADE,
    OTHER,
    PREPARER,
    REGISTRAR,
    Made,
    as_,
    make,
    opened,
    released,
)

GONE = DisposalState.DESTROYED


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patch, one_examiner():
        patch.setenv(TOKEN_FILE, "")
        patch.setenv(ACTOR, "")
        yield make(tmp_path_factory.mktemp("released"))


@pytest.fixture
def made(template: Made, tmp_path: Path) -> Made:
    return replace(template, folder=shutil.copytree(template.folder, tmp_path / "archive"))


@pytest.fixture
def archive(made: Made, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv(TOKEN_FILE, "")
    monkeypatch.setenv(ACTOR, "")
    with opened(made.folder) as archive:
        as_(archive, APPROVER)
        yield archive


def handover(archive: Archive, made: Made) -> Handover:
    found = archive.catalogue.handovers.get(made.handover)
    assert found is not None
    return found


def records(archive: Archive, made: Made) -> list[UUID]:
    found = {item.code: item.aip_id for item in archive.catalogue.handovers.all_items(made.handover)}
    return [found[code] for code in CODES]


def found(archive: Archive, made: Made) -> dict[str, tuple[DisposalState | None, set[str]]]:
    return {code: (done.state, codes(done)) for code, done in released(archive, made).items()}


def test_what_was_received_goes_and_the_stub_says_where_it_is(archive: Archive, made: Made) -> None:
    first, second, third = records(archive, made)
    versions = archive.catalogue.versions(third)
    assert found(archive, made) == {
        CODES[0]: (GONE, set()),
        CODES[1]: (GONE, set()),
        CODES[2]: (None, {"disposal.no-receipt"}),
    }
    assert is_gone(archive, first)
    assert is_gone(archive, second)
    assert is_whole(archive, third, versions)
    row = archive.catalogue.stubs.get(first)
    assert row is not None
    permission = stub_details(archive, row)["permission"]
    people = {name: permission[name] for name in ("opened_by", "approved_by", "confirmed_by", "kind")}
    assert people == {"opened_by": PREPARER, "approved_by": APPROVER, "confirmed_by": REGISTRAR, "kind": "handover"}
    where = permission["handed_over"]
    assert (where["receiver_code"], where["registration"]) == ("H49.LS", "DK-2060/07")
    assert archive.copies.stat(handover_receipt_key(made.handover, where["receipt"])) is not None
    assert any("Lưu trữ lịch sử tỉnh Ví Dụ (H49.LS)" in line for line in stub_lines(archive, row))
    event = json.loads(archive.copies.open(destroyed_key(first)).read())["event"]
    assert event["type"] == "deaccession"
    assert where["receipt"] in event["outcome_detail"]
    acts = [row.action for row in archive.catalogue.audit_after(0, 1000)]
    assert (acts.count("destroy"), acts.count("handover-release")) == (2, 1)
    before = list(archive.catalogue.dump())
    assert rebuild(archive).problems == ()
    assert list(archive.catalogue.dump()) == before
    reports = {item.code for report in verify_all(archive, CampaignSettings()) for item in report.findings}
    assert reports == {"custody.verified"}
    again = found(archive, made)
    assert again[CODES[0]] == (GONE, {"disposal.destroyed-already"})


def test_a_dry_run_changes_nothing(archive: Archive, made: Made) -> None:
    before = list(archive.catalogue.dump())
    done = released(archive, made, dry_run=True)
    assert codes(done[CODES[0]]) == {"disposal.would-be-destroyed"}
    assert list(archive.catalogue.dump()) == before


@pytest.mark.parametrize(("login", "kept"), [(PREPARER, "all"), (OTHER, "all"), (REGISTRAR, "disposal.four-eyes")])
def test_one_person_never_stands_on_two_sides(archive: Archive, made: Made, login: str, kept: str) -> None:
    as_(archive, login)
    if kept == "all":
        with pytest.raises(PolicyError):
            released(archive, made)
    else:
        assert {code: item[1] for code, item in found(archive, made).items() if code != CODES[2]} == {
            CODES[0]: {kept},
            CODES[1]: {kept},
        }
    assert all(objects(archive, aip_id) for aip_id in records(archive, made))


def test_nothing_is_released_too_early(made: Made, archive: Archive) -> None:
    with opened(made.folder, MADE + timedelta(days=29)) as early:
        as_(early, APPROVER)
        assert found(early, made)[CODES[0]] == (None, {"disposal.too-early"})


def test_a_hold_and_a_rule_that_was_changed_win(archive: Archive, made: Made) -> None:
    first, second, _third = records(archive, made)
    archive.catalogue.holds.place(hold_on(first, AFTER))
    assignment = Assignment(aip_id=second, override="TT05-05", reason="x", decided_by="lan", decided_at=AFTER)
    decide_records(archive, [assignment])
    kept = found(archive, made)
    assert kept[CODES[0]] == (None, {"disposal.on-hold"})
    assert kept[CODES[1]] == (None, {"disposal.other-action"})
    assert objects(archive, first)
    assert objects(archive, second)


def test_without_a_receipt_nothing_is_released(archive: Archive, made: Made, tmp_path: Path) -> None:
    bare = make(tmp_path / "bare", receipts=False)
    with opened(bare.folder) as other:
        as_(other, APPROVER)
        with pytest.raises(PolicyError, match="No receipt says"):
            released(other, bare)
        as_(other, REGISTRAR)
        scan = tmp_path / "scan.pdf"
        scan.write_bytes(b"%PDF refused")
        register_receipt(other, handover(other, bare), scan, Said(refused=((CODES[0], "mờ"),)), "biên nhận")
        withdraw(other, handover(other, bare), "phần còn lại")
        as_(other, APPROVER)
        with pytest.raises(PolicyError, match="No receipt says"):
            released(other, bare)


def test_who_prepared_and_registered_must_have_an_account(archive: Archive, made: Made) -> None:
    accounts = archive.catalogue.accounts
    (registrar,) = (account for account in accounts.all() if account.login == REGISTRAR)
    accounts.put(replace(registrar, login="someone-else"))
    assert found(archive, made)[CODES[0]] == (None, {"handover.no-person"})
    (preparer,) = (account for account in accounts.all() if account.login == PREPARER)
    accounts.put(replace(preparer, created=AFTER))
    with pytest.raises(PolicyError, match="Nobody with an account"):
        released(archive, made)


def change(folder: Path, key: str, old: bytes, new: bytes) -> None:
    path = folder / key
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(old, new))


@pytest.mark.parametrize("store", ["a", "b"])
def test_a_receipt_that_was_tampered_with_releases_nothing(archive: Archive, made: Made, store: str) -> None:
    for item in archive.copies.list(f"handovers/{made.handover}/receipts/"):
        with (archive.folder / store / item.key).open("ab") as file:
            file.write(b" ")
    kept = found(archive, made)
    assert kept[CODES[0]] == kept[CODES[1]] == (None, {"handover.receipt-wrong"})


def test_a_receipt_that_is_lost_releases_nothing(archive: Archive, made: Made) -> None:
    for item in archive.copies.list(f"handovers/{made.handover}/receipts/"):
        (archive.folder / "b" / item.key).unlink()
    assert found(archive, made)[CODES[0]] == (None, {"handover.receipt-wrong"})


def test_a_decision_that_differs_between_the_stores_stops_everything(archive: Archive, made: Made) -> None:
    key = next(item.key for item in archive.copies.list(handover_decisions(made.handover)))
    change(archive.folder / "b", key, b"accepted", b"refused")
    with pytest.raises(IntegrityError, match="different bytes"):
        released(archive, made)
    assert archive.catalogue.stubs.unfinished() == []


def test_a_catalogue_that_says_more_than_the_stores_releases_nothing(archive: Archive, made: Made) -> None:
    for name in ("a", "b"):
        for item in list(archive.copies.list(handover_decisions(made.handover))):
            (archive.folder / name / item.key).unlink(missing_ok=True)
    assert found(archive, made)[CODES[0]] == (None, {"handover.receipt-wrong"})


def test_another_package_than_was_written_releases_nothing(archive: Archive, made: Made) -> None:
    for store in ("a", "b"):
        change(archive.folder / store, handover_prepared_key(made.handover), b'"size":', b'"size":1')
    assert found(archive, made)[CODES[0]] == (None, {"handover.receipt-wrong"})


def test_an_older_database_stops_everything(made: Made, archive: Archive) -> None:
    archive.audit.close()
    backup = shutil.copytree(made.folder, made.folder.with_name("backup"))
    with opened(made.folder) as later:
        as_(later, APPROVER)
        assert found(later, made)[CODES[0]] == (GONE, set())
    for path in made.folder.glob("catalogue.sqlite*"):
        path.unlink()
    shutil.copy(backup / "catalogue.sqlite", made.folder / "catalogue.sqlite")
    with opened(made.folder) as older:
        as_(older, APPROVER)
        with pytest.raises(IntegrityError, match="older than store"):
            released(older, made)


def test_a_receipt_for_an_older_version_is_none_for_the_newer(archive: Archive, made: Made) -> None:
    engine = sa.create_engine(f"sqlite:///{made.folder / 'catalogue.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE handover_items SET version = 7"))
    engine.dispose()
    assert found(archive, made)[CODES[1]] == (None, {"disposal.not-covered"})


def test_a_killed_release_is_gone_on_with(archive: Archive, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("archive.disposal.execution.remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            released(archive, made)
    (row,) = archive.catalogue.stubs.unfinished()
    assert archive.catalogue.get_case_file(row.aip_id) is None
    assert archive.copies.stat(stub_key(row.aip_id)) is None
    assert [item.state for item in resume(archive)] == [GONE]
    assert is_gone(archive, row.aip_id)
    assert [state for state, _codes in found(archive, made).values()].count(GONE) == 2


def _killed(*_given: object) -> None:
    raise KeyboardInterrupt
