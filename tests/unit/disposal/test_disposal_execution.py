"""Executing a decision on an archive in folders: what goes, what stays, and why a record is kept."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from archive.archive import Archive, open_archive
from archive.audit.values import Act, Action, new_act
from archive.campaign import CampaignSettings, verify_all
from archive.disposal.execution import remove_again, resume
from archive.disposal.testing import mark
from archive.disposal.values import DisposalState
from archive.disposal.warrant import warrant
from archive.indexing import bring_level, open_index
from archive.layout import TRANSFERS, container_key, destroyed_key, stub_digests_key, stub_key
from archive.retention.decisions import decide_records
from archive.retention.values import Assignment
from archive.store.local import LocalStore
from ingest.batch import BatchSettings
from ingest.rebuild import rebuild
from ingest.transfers import accept_transfer, find_transfer
from model.errors import IntegrityError, PolicyError, StorageError
from tests.fakes.archives import find, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import one_examiner
from tests.fakes.disposal import (
    NOW,
    Coverage,
    codes,
    destroyed,
    hold_on,
    is_gone,
    is_whole,
    make_due,
    objects,
    opened,
    permission,
    put_hold,
)

GONE = DisposalState.DESTROYED


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[UUID]]:
    folder = tmp_path_factory.mktemp("due") / "archive"
    with one_examiner():
        return folder, make_due(folder, 3)


@pytest.fixture
def records(made: tuple[Path, list[UUID]]) -> list[UUID]:
    return made[1]


@pytest.fixture
def folder(made: tuple[Path, list[UUID]], tmp_path: Path) -> Path:
    return shutil.copytree(made[0], tmp_path / "archive")


@pytest.fixture
def archive(folder: Path) -> Iterator[Archive]:
    with opened(folder) as made:
        yield made


def test_what_is_decided_goes_and_the_rest_stays(archive: Archive, records: list[UUID]) -> None:
    before = archive.catalogue.counts()
    versions = archive.catalogue.versions(records[1])
    assert find(archive, "H49.1").total
    done = destroyed(archive, records[:1])
    assert {aip_id: item.state for aip_id, item in done.items()} == {records[0]: GONE}
    assert is_gone(archive, records[0])
    assert is_whole(archive, records[1], versions)
    after = archive.catalogue.counts()
    assert (before.case_files - after.case_files, before.documents - after.documents) == (1, 2)
    assert find(archive, "H49").total == find(archive, "đường").total > 0
    assert archive.catalogue.stubs.unfinished() == []
    acts = [row for row in archive.catalogue.audit_after(0, 1000) if row.action == "destroy"]
    assert [(row.object, row.outcome) for row in acts] == [(str(records[0]), "done")]
    again = destroyed(archive, records[:1])[records[0]]
    assert (again.state, codes(again)) == (GONE, {"disposal.destroyed-already"})


def test_no_word_of_it_stays_in_the_files_of_the_index(archive: Archive, records: list[UUID], folder: Path) -> None:
    find(archive, "đường")
    code = b"H49.1"
    assert any(code in path.read_bytes() for path in (folder / "index").rglob("*") if path.is_file())
    destroyed(archive, records)
    assert not any(code in path.read_bytes() for path in (folder / "index").rglob("*") if path.is_file())
    assert find(archive, "đường").total == 0


def test_the_index_of_another_machine_forgets_it_too(archive: Archive, records: list[UUID], folder: Path) -> None:
    find(archive, "đường")
    shutil.copytree(folder / "index", folder / "index-there")
    destroyed(archive, records[:1])
    shutil.rmtree(folder / "index")
    (folder / "index-there").rename(folder / "index")
    with open_index(archive) as index:
        bring_level(archive, index)
    code = str(records[0]).encode()
    assert not any(code in path.read_bytes() for path in (folder / "index").rglob("*") if path.is_file())
    assert find(archive, "H49.2").total > 0


KEPT: list[tuple[dict[str, Any], str]] = [
    ({"approved_by": "lan"}, "disposal.four-eyes"),
    ({"approved_by": "Hoa "}, "disposal.four-eyes"),
    ({"approved_by": ""}, "disposal.four-eyes"),
    ({"confirmed_by": ""}, "disposal.four-eyes"),
    ({"not_before": NOW + timedelta(seconds=1)}, "disposal.too-early"),
    ({"not_after": NOW - timedelta(seconds=1)}, "disposal.too-late"),
    ({"approved_at": NOW + timedelta(seconds=1)}, "disposal.clock-back"),
    ({"kind": "handover"}, "disposal.other-action"),
    ({"kind": "nothing"}, "disposal.other-action"),
]


@pytest.mark.parametrize(("changes", "code"), KEPT)
def test_a_decision_that_does_not_hold_destroys_nothing(
    archive: Archive, records: list[UUID], changes: dict[str, Any], code: str
) -> None:
    versions = archive.catalogue.versions(records[0])
    done = destroyed(archive, records[:1], permission(**changes))[records[0]]
    assert (done.state, codes(done)) == (None, {code})
    assert is_whole(archive, records[0], versions)


def test_a_record_that_is_not_due_is_kept(folder: Path, records: list[UUID]) -> None:
    with opened(folder, NOW.replace(year=2026)) as archive:
        done = destroyed(archive, records[:1])[records[0]]
        assert done.state is None
        assert "disposal.not-due" in codes(done)
        assert "disposal.clock-back" in codes(done), "the archive was filled in a later year"
        assert objects(archive, records[0])


def test_holds_objections_and_other_rules_keep_a_record(archive: Archive, records: list[UUID]) -> None:
    archive.catalogue.holds.place(hold_on(records[0]))
    coverage = Coverage({records[1]: "có ý kiến của hội đồng"})
    assignment = Assignment(aip_id=records[2], override="VN-01", reason="x", decided_by="lan", decided_at=NOW)
    codes_known = archive.catalogue.retention.rules().schedules
    permanent = next(code for code, item in codes_known.items() if item.action.value == "retain")
    decide_records(archive, [replace(assignment, override=permanent)])
    done = destroyed(archive, [*records, uuid4()], coverage=coverage)
    assert [codes(item) for item in done.values()] == [
        {"disposal.on-hold"},
        {"disposal.not-covered"},
        {"disposal.other-action"},
        {"disposal.not-held"},
    ]
    assert all(item.state is None for item in done.values())
    assert archive.catalogue.counts().case_files == 3


def test_a_dry_run_changes_nothing(archive: Archive, records: list[UUID]) -> None:
    before = list(archive.catalogue.dump())
    done = destroyed(archive, records, dry_run=True)
    assert {frozenset(codes(item)) for item in done.values()} == {frozenset({"disposal.would-be-destroyed"})}
    assert list(archive.catalogue.dump()) == before
    assert all(objects(archive, aip_id) for aip_id in records)


def test_a_hold_only_the_stores_know_is_entered_first(folder: Path, records: list[UUID], tmp_path: Path) -> None:
    """As after a database was brought back from a backup that is older than the hold."""
    with opened(folder) as archive:
        put_hold(archive, hold_on(records[0]))
        done = destroyed(archive, records[:1])[records[0]]
        assert codes(done) == {"disposal.on-hold"}


def test_an_older_database_stops_everything(folder: Path, records: list[UUID]) -> None:
    backup = (folder / "catalogue.sqlite").read_bytes()
    with opened(folder) as archive:
        archive.audit.note(_act(archive))
    with opened(folder) as archive:
        assert destroyed(archive, records[:1])[records[0]].state is GONE
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    (folder / "catalogue.sqlite").write_bytes(backup)
    with opened(folder) as archive, pytest.raises(IntegrityError) as caught:
        destroyed(archive, records[1:2])
    assert "chauban rebuild" in caught.value.hint
    with opened(folder) as archive:
        assert archive.catalogue.get_case_file(records[0]) is not None
        assert rebuild(archive).problems == ()
        assert archive.catalogue.get_case_file(records[0]) is None
        assert is_gone(archive, records[0])
        assert destroyed(archive, records[1:2])[records[1]].state is GONE


def _act(archive: Archive) -> Act:
    return new_act(Action.EXPORT, "x", time=archive.clock.now())


def test_a_rebuild_gives_stubs_again_and_takes_nothing_back(archive: Archive, records: list[UUID]) -> None:
    container = archive.copies.open(container_key(records[0], 1)).read()
    destroyed(archive, records[:2])
    before = list(archive.catalogue.dump())
    assert rebuild(archive).problems == ()
    assert list(archive.catalogue.dump()) == before
    archive.copies.put(container_key(records[0], 1), container)
    reports = [item for report in verify_all(archive, CampaignSettings()) for item in report.findings]
    found = [item.location for item in reports if item.code == "custody.reappeared"]
    assert found == [f"{store}:{container_key(records[0], 1)}" for store in ("a", "b")]
    assert [item.key for item in rebuild(archive).problems] == [container_key(records[0], 1)]
    assert archive.catalogue.get_case_file(records[0]) is None
    assert remove_again(archive, records[0]).state is GONE
    assert is_gone(archive, records[0])
    assert rebuild(archive).problems == ()
    codes_found = {item.code for report in verify_all(archive, CampaignSettings()) for item in report.findings}
    assert codes_found == {"custody.verified"}


def test_a_lost_catalogue_in_the_middle_of_a_removal(folder: Path, records: list[UUID]) -> None:
    """The stub lies in the stores and half of the bytes are gone: a rebuild knows it, and the next run goes on."""
    with opened(folder) as archive:
        assert mark(archive, permission(), records[0], Coverage()) == ()
        row = archive.catalogue.stubs.get(records[0])
        assert row is not None
        archive.copies.put(stub_key(records[0]), row.details.encode())
        store = archive.copies.stores[0]
        store.delete(container_key(records[0], 1), warrant(archive, records[0]))
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    with open_archive(folder, for_rebuild=True) as archive:
        assert rebuild(archive).problems == ()
    with opened(folder) as archive:
        assert archive.catalogue.get_case_file(records[0]) is None
        assert [item.state for item in resume(archive)] == [GONE]
        assert is_gone(archive, records[0])
        assert list(resume(archive)) == []


def test_without_a_mark_and_a_stub_there_is_no_warrant(archive: Archive, records: list[UUID]) -> None:
    with pytest.raises(PolicyError):
        warrant(archive, records[0])
    mark(archive, permission(), records[0], Coverage())
    with pytest.raises(PolicyError):
        warrant(archive, records[0])
    assert objects(archive, records[0])
    assert [item.state for item in resume(archive)] == [GONE]
    with pytest.raises(PolicyError):
        warrant(archive, records[0])


def test_while_a_store_is_away_nothing_is_destroyed(archive: Archive, records: list[UUID], folder: Path) -> None:
    (folder / "b").rename(folder / "away")
    with pytest.raises(StorageError):
        destroyed(archive, records[:1])
    (folder / "away").rename(folder / "b")
    assert is_whole(archive, records[0], archive.catalogue.versions(records[0]))
    assert destroyed(archive, records[:1])[records[0]].state is GONE


def test_a_store_that_goes_away_in_between_is_resumed(
    archive: Archive, records: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalStore.delete

    def failing(self: LocalStore, key: str, confirmation: Any) -> None:
        if self.name == "b":
            raise StorageError("away")
        real(self, key, confirmation)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "delete", failing)
        done = destroyed(archive, records[:1])[records[0]]
    assert (done.state, codes(done)) == (DisposalState.DESTROYING, {"disposal.store-away"})
    assert {key.partition(":")[0] for key in objects(archive, records[0])} == {"b"}
    found = [item for report in verify_all(archive, CampaignSettings()) for item in report.findings]
    assert {item.code for item in found} == {"custody.verified", "custody.being-destroyed"}
    assert [item.state for item in resume(archive)] == [GONE]
    assert is_gone(archive, records[0])


def test_what_was_set_aside_and_kept_goes_too(folder: Path, tmp_path: Path) -> None:
    case = make_case_folder(tmp_path / "refused", "H49.77", case={"totalDoc": 9})
    with opened(folder) as archive:
        (refused,) = take_in(archive, case)
        assert refused.status.value == "refused", refused
        transfer = find_transfer(archive, str(refused.transfer_id))
        settings = BatchSettings(
            folder=archive.folder, profile="", fonds="", waive=tuple({item.code for item in refused.findings})
        )
        report = accept_transfer(archive, transfer, "cho phép", settings)
        assert report.status.value == "accepted", report
        assert report.aip_id is not None
        store = archive.copies.stores[0]
        with store.replace_damaged(container_key(report.aip_id, 1)) as writer:
            writer.write(archive.copies.open(container_key(report.aip_id, 1)).read())
            writer.commit()
        kept = [item.key for item in archive.copies.list(TRANSFERS) if "content" in item.key]
        assert kept
        assert list(store.list("damaged/"))
        assert destroyed(archive, [report.aip_id])[report.aip_id].state is GONE
        assert list(store.list("damaged/")) == []
        assert [item.key for item in archive.copies.list(TRANSFERS) if "content" in item.key] == []
        assert archive.catalogue.get_transfer(refused.transfer_id) is not None
        before = list(archive.catalogue.dump())
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before


def test_the_same_case_file_handed_in_again_is_a_new_record(
    made: tuple[Path, list[UUID]], archive: Archive, records: list[UUID]
) -> None:
    destroyed(archive, records[:1])
    (report,) = take_in(archive, made[0].parent / "cases" / "1")
    assert report.status.value == "accepted", report
    assert report.aip_id not in records


def test_the_stub_says_what_it_was_and_why_it_went(archive: Archive, records: list[UUID], folder: Path) -> None:
    toml = folder / "chauban.toml"
    toml.write_text(toml.read_text().replace("offline_backups = []", 'offline_backups = ["Băng 2059"]'))
    sha256 = archive.catalogue.versions(records[0])[0].container_sha256.hex()
    with opened(folder) as again:
        done = destroyed(again, records[:1])[records[0]]
    assert codes(done) == {"disposal.in-backup"}
    stub = json.loads(archive.copies.open(stub_key(records[0])).read())
    assert stub["versions"][0]["sha256"] == sha256
    assert (stub["case_code"], stub["due"], stub["documents"]) == ("H49.1", stub["due"], 2)
    assert stub["permission"]["approved_by"] == "minh"
    report = json.loads(archive.copies.open(destroyed_key(records[0])).read())
    assert report["event"]["type"] == "deletion"
    assert report["offline_backups"] == ["Băng 2059"]
    (line,) = archive.copies.open(stub_digests_key(records[0])).read().splitlines()
    assert "văn bản" not in line.decode()
    assert len(json.loads(line)["digests"]) > 4
