"""The audit log: what is entered stays entered, and nothing of it can be changed unseen."""

import json
import resource
import shutil
import sqlite3
import threading
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest

from archive.archive import Archive, create_archive, open_archive
from archive.audit.proofs import proof_content, prove_consistency, prove_entries, read_proof
from archive.audit.recording import acting, current_head, note_act, record_act
from archive.audit.segments import read_segment
from archive.audit.values import Action, ActOutcome, Entry, Head, current_actor
from archive.audit.verify import verify_log
from archive.catalogue.values import AuditQuery
from ingest.rebuild import rebuild
from model.errors import InputError, IntegrityError, NotFoundError, StorageError
from tests.fakes.archives import flip_byte, new_archive, take_in
from tests.fakes.audit_acts import act_often, act_together, chained, changed, forge, found, places, rewrite, segment
from tests.fakes.casefiles import make_case_folder
from tests.fakes.catalogue_databases import BACKENDS, new_database


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two stores whose log has a segment of 1, one of 6, one of 3 and three of 1 entry: 13 in all."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    create_archive(folder, stores=("a", "b"))
    with open_archive(folder) as archive:
        act_together(archive, 6)
    with open_archive(folder) as archive:
        act_together(archive, 3)
    act_often(folder, 3)
    return folder


@pytest.fixture
def log(made: Path, tmp_path: Path) -> Path:
    """A copy of the archive to do something to."""
    return shutil.copytree(made, tmp_path / "archive")


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database(request.param, tmp_path) if request.param == "postgresql" else ""


def head_of(folder: Path) -> Head:
    with open_archive(folder) as archive:
        return archive.audit.head()


# What is entered


def test_an_act_is_told_of_with_everything_asked_for(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAUBAN_ACTOR", "Nguyễn Thị Lưu Trữ")
    with new_archive(tmp_path / "archive", stores=("a", "b"), database=database) as archive:
        record_act(archive, Action.EXPORT, "x", because="công văn số 5", details={"form": "dip", "document": 3})
        (row,) = archive.catalogue.audit_page(AuditQuery(action="export"))
        for store in archive.copies.stores:
            entry = Entry.from_line(read_segment(store, row.segment).lines[0])
            assert (entry.seq, entry.act.object, entry.act.reason) == (2, "x", "công văn số 5")
            assert (entry.act.actor, entry.act.account) == ("Nguyễn Thị Lưu Trữ", current_actor()[1])
            assert dict(entry.act.details) == {"form": "dip", "document": 3}
        assert found_in(archive) == {"verified"}


def found_in(archive: Archive) -> set[str]:
    return {finding.code.removeprefix("audit.") for finding in verify_log(archive).findings}


def test_the_same_act_is_entered_once(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        identifier = uuid4()
        for _ in range(3):
            note_act(archive, Action.INGEST, "x", identifier=identifier)
            archive.audit.flush()
        assert [row.seq for row in archive.catalogue.audit_page(AuditQuery(object="x"))] == [2]
        assert archive.audit.flush() == 0


def test_an_act_that_fails_is_entered_as_failed(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        with pytest.raises(NotFoundError), acting(archive, Action.EXPORT, "x"):
            raise NotFoundError("nothing")
        (row,) = archive.catalogue.audit_page(AuditQuery(object="x"))
        assert row.outcome == ActOutcome.FAILED


def test_an_act_that_cannot_be_recorded_is_not_done(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive", stores=("a", "b")) as archive:
        (archive.folder / "b").rename(archive.folder / "gone")
        with pytest.raises(StorageError), acting(archive, Action.EXPORT, "x"):
            pass
        (archive.folder / "gone").rename(archive.folder / "b")
        record_act(archive, Action.EXPORT, "y")
        newest = archive.catalogue.audit_page(AuditQuery(action="export"))
        assert [row.object for row in newest] == ["y", "x"]
        assert found_in(archive) == {"verified"}


def test_a_case_file_whose_ingest_cannot_be_recorded_is_not_reported_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_archive(tmp_path / "archive") as archive:
        with monkeypatch.context() as patch:

            def away(*_arguments: object) -> None:
                raise StorageError("the store is away")

            patch.setattr("archive.audit.log.AuditLog._append", away)
            (report,) = take_in(archive, make_case_folder(tmp_path / "case"))
            assert (report.status, report.exit_code) == ("failed", 14)
        (again,) = take_in(archive, tmp_path / "case")
        assert again.status == "held-already"
        rows = archive.catalogue.audit_page(AuditQuery(action="ingest"))
        assert [row.outcome for row in rows] == ["held-already", "accepted"]


def test_ingest_enters_every_outcome_and_no_name(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        case = make_case_folder(tmp_path / "Nguyễn Văn A" / "1", "H1.2.2024.1")
        refused = make_case_folder(tmp_path / "Nguyễn Văn A" / "2", "H1.2.2024.2", case={"totalDoc": 9})
        reports = [report for path in (case, refused, case) for report in take_in(archive, path)]
        rows = archive.catalogue.audit_page(AuditQuery(action="ingest"))[::-1]
        assert [row.outcome for row in rows] == ["accepted", "refused", "held-already"]
        held, other, _again = reports
        assert [row.object for row in rows] == [str(held.aip_id), str(other.transfer_id), str(held.aip_id)]
        logged = b"".join(path.read_bytes() for path in (archive.folder / "a" / "audit").rglob("*") if path.is_file())
        assert "Nguyễn".encode() not in logged
        assert held.title.encode() not in logged
        assert found_in(archive) == {"verified"}


def test_many_ingests_share_segments(tmp_path: Path) -> None:
    for number in range(12):
        make_case_folder(tmp_path / "batch" / str(number), f"H1.2.2024.{number}", documents=1)
    with new_archive(tmp_path / "archive") as archive:
        take_in(archive, tmp_path / "batch")
        rows = archive.catalogue.audit_page(AuditQuery(action="ingest"))
        assert len(rows) == 12
        assert len({row.segment for row in rows}) <= 6


def test_a_package_that_nobody_took_in_is_noticed(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, make_case_folder(tmp_path / "case"))
        with sqlite3.connect(archive.folder / "catalogue.sqlite") as connection:
            connection.execute("UPDATE audit_entries SET object = 'other' WHERE action = 'ingest'")
        connection.close()
        told = {finding.code: finding.location for finding in verify_log(archive).findings}
        assert told["audit.act-not-recorded"] == str(report.aip_id)
        assert "audit.row-changed" in told


def test_a_changed_configuration_is_entered_before_the_first_act_under_it(log: Path) -> None:
    config = log / "chauban.toml"
    config.write_text(config.read_text("utf-8") + "\n# changed\n", "utf-8")
    act_often(log, 2)
    with open_archive(log) as archive:
        rows = archive.catalogue.audit_after(13, 10)
    assert [row.action for row in rows] == ["configuration", "export", "export"]


# Whoever writes at the same time


def test_two_processes_append_at_once(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    create_archive(folder, stores=("a", "b"), database=database)
    context = get_context("spawn")
    writers = [context.Process(target=act_often, args=(folder, 15, name)) for name in ("x", "y", "z")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    with open_archive(folder) as archive:
        rows = archive.catalogue.audit_after(0, 100)
        assert [row.seq for row in rows] == list(range(1, 47))
        assert len({row.object for row in rows}) == 46
    assert found(folder) == {"verified"}


def test_threads_append_at_once(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        threads = [
            threading.Thread(target=lambda n=number: record_act(archive, Action.EXPORT, f"t-{n}"))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert archive.catalogue.audit_state().size == 9
        assert found_in(archive) == {"verified"}


# What somebody could do to it


def test_an_untouched_log_is_verified(made: Path) -> None:
    assert found(made, head_of(made)) == {"verified"}


@pytest.mark.parametrize("position", [0, 40, 200, 330, -2, -1])
def test_any_changed_byte_is_noticed(log: Path, position: int) -> None:
    path = segment(log, 2)
    flip_byte(path, position)
    told = places(log)
    assert not told.keys() & {"verified"}
    assert any(place.startswith("a:") for where in told.values() for place in where)
    assert not any(place.startswith("b:") for where in told.values() for place in where)


def test_a_changed_entry_is_named(log: Path) -> None:
    rewrite(segment(log, 2), lambda lines: [*lines[:2], changed(lines[2], outcome="refused"), *lines[3:]])
    told = places(log)
    assert told["entry-changed"] == {"a:audit/segments/000000000002.jsonl#4"}
    assert told["chain-broken"] == {"a:audit/segments/000000000002.jsonl#5"}


def test_a_removed_entry_is_noticed(log: Path) -> None:
    rewrite(segment(log, 2), lambda lines: lines[:3] + lines[4:])
    assert {"entries-removed", "head-differs"} <= found(log)


def test_a_removed_segment_is_noticed(log: Path) -> None:
    segment(log, 8).unlink()
    assert "entries-removed" in found(log)


def test_an_inserted_entry_is_noticed(log: Path) -> None:
    rewrite(segment(log, 2), lambda lines: [*lines[:3], changed(lines[2], object="forged"), *lines[3:]])
    assert "entry-inserted" in found(log)


def test_reordered_entries_are_noticed(log: Path) -> None:
    rewrite(segment(log, 2), lambda lines: [lines[1], lines[0], *lines[2:]])
    assert "entries-reordered" in found(log)


def test_reordered_and_renumbered_entries_are_noticed(log: Path) -> None:
    def swap(lines: list[bytes]) -> list[bytes]:
        one, two = json.loads(lines[0]), json.loads(lines[1])
        first = changed(lines[1], seq=one["seq"], previous=one["previous"])
        return [first, changed(lines[0], seq=two["seq"]), *lines[2:]]

    rewrite(segment(log, 2), swap)
    assert {"entry-changed", "chain-broken"} <= found(log)


def test_exchanged_segments_are_noticed(log: Path) -> None:
    one, two = segment(log, 11), segment(log, 12)
    first, second = one.read_bytes(), two.read_bytes()
    for path, content in ((one, second), (two, first)):
        path.chmod(0o644)
        path.write_bytes(content)
    assert "segment-misplaced" in found(log)


@pytest.mark.parametrize("store", ["a", "b"])
def test_a_cut_off_end_is_noticed_by_the_catalogue(log: Path, store: str) -> None:
    segment(log, 13, store).unlink()
    assert {"truncated"} == found(log)


def cut_off(folder: Path, keep: int) -> None:
    """Cut the end of the log off everywhere, consistently."""
    lines = [line for first in (1, 2, 8, 11, 12, 13) for line in segment(folder, first).read_bytes().splitlines()]
    forge(folder, lines[:keep])


def test_a_cut_off_end_is_noticed_by_a_head_kept_elsewhere_only(log: Path) -> None:
    """Who writes everything can cut off what came after the last head that somebody else keeps: no log shows that."""
    kept = head_of(log)
    cut_off(log, 11)
    assert found(log) == {"verified"}
    assert "truncated" in found(log, kept)


def test_a_rewritten_log_is_noticed_by_a_head_kept_elsewhere_only(log: Path) -> None:
    kept = head_of(log)
    lines = [line for first in (1, 2, 8, 11, 12, 13) for line in segment(log, first).read_bytes().splitlines()]
    forge(log, chained([*lines[:4], changed(lines[4], object="forged"), *lines[5:]]))
    assert "verified" in found(log)
    assert "head-differs" in found(log, kept)


def test_an_older_head_in_the_place_of_a_newer_one_is_noticed(log: Path) -> None:
    heads = sorted((log / "a" / "audit" / "heads").iterdir())
    heads[-1].chmod(0o644)
    shutil.copyfile(heads[0], heads[-1])
    assert "head-unreadable" in found(log)


def test_a_forged_stored_head_is_noticed(log: Path) -> None:
    path = sorted((log / "b" / "audit" / "heads").iterdir())[-1]
    path.chmod(0o644)
    path.write_bytes(json.dumps({**json.loads(path.read_bytes()), "root": "00" * 32}).encode())
    assert found(log) == {"head-differs"}


def test_a_head_of_another_archive_is_said_to_be_one(log: Path, tmp_path: Path) -> None:
    create_archive(tmp_path / "other", stores=("x",))
    assert "head-foreign" in found(log, head_of(tmp_path / "other"))


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE audit_entries SET outcome = 'failed' WHERE seq = 5", "row-changed"),
        ("UPDATE audit_entries SET actor = 'nobody' WHERE seq = 13", "row-changed"),
        ("UPDATE audit_entries SET hash = zeroblob(32) WHERE seq = 7", "entry-changed"),
        ("DELETE FROM audit_entries WHERE seq = 6", "row-missing"),
        ("DELETE FROM audit_entries WHERE seq = 13", "row-missing"),
        (
            "UPDATE settings SET value = replace(value, '\"size\": 13', '\"size\": 14') WHERE name = 'audit-log'",
            "truncated",
        ),
        ("UPDATE settings SET value = replace(value, '\"size\": 13', '\"size\": 15') WHERE name = 'audit-log'", None),
        ("UPDATE settings SET value = 'x' WHERE name = 'audit-log'", None),
    ],
)
def test_an_edited_catalogue_is_noticed(log: Path, statement: str, code: str | None) -> None:
    with sqlite3.connect(log / "catalogue.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    if code is not None:
        assert code in found(log)
        return
    for act in (found, lambda folder: act_often(folder, 1)):
        with pytest.raises(IntegrityError):
            act(log)


def test_what_is_no_segment_is_noticed(log: Path) -> None:
    (log / "a" / "audit" / "segments" / "note.txt").write_text("x")
    assert "segment-unreadable" in found(log)


def test_a_segment_put_in_the_way_stops_every_act(log: Path) -> None:
    for store in ("a", "b"):
        shutil.copyfile(segment(log, 12, store), segment(log, 14, store))
    with pytest.raises(IntegrityError):
        act_often(log, 1)


@pytest.mark.parametrize("content", [b"", b"\n" * 1000, b"[" * 100_000, b"\xff" * 5000, b"{}" * 9, b"x" * (5 << 20)])
def test_nonsense_is_told_of_and_not_run_into(log: Path, content: bytes) -> None:
    path = segment(log, 2)
    path.chmod(0o644)
    path.write_bytes(content)
    assert "verified" not in found(log)
    with open_archive(log, for_rebuild=True) as archive:
        assert archive.audit.restore() == []


# What brings it back


def test_a_rebuild_brings_the_log_back(log: Path) -> None:
    with open_archive(log) as archive:
        before = archive.catalogue.audit_after(0, 100)
    (log / "catalogue.sqlite").unlink()
    for rest in log.glob("catalogue.sqlite-*"):
        rest.unlink()
    with open_archive(log, for_rebuild=True) as archive:
        assert rebuild(archive).problems == ()
        assert archive.catalogue.audit_after(0, 13) == before
        assert [row.action for row in archive.catalogue.audit_after(13, 9)] == ["rebuild"]
    assert found(log) == {"verified"}


def test_a_rebuild_takes_each_segment_from_a_good_copy(log: Path) -> None:
    flip_byte(segment(log, 2, "a"))
    flip_byte(segment(log, 8, "b"))
    with open_archive(log, for_rebuild=True) as archive:
        assert rebuild(archive).problems == ()
    told = places(log)
    assert {place[0] for where in told.values() for place in where} == {"a", "b"}


def test_a_rebuild_says_what_no_copy_holds_and_the_log_goes_on(log: Path) -> None:
    for store in ("a", "b"):
        rewrite(segment(log, 2, store), lambda lines: lines[:2] + lines[3:])
    with open_archive(log, for_rebuild=True) as archive:
        problems = rebuild(archive).problems
    assert [problem.key for problem in problems] == ["audit/segments/000000000002.jsonl"]
    act_often(log, 1)
    told = found(log)
    assert "entries-removed" in told
    assert not told & {"row-missing", "row-changed", "truncated", "state-differs"}


def test_a_new_catalogue_on_old_stores_takes_the_log_over(log: Path) -> None:
    with open_archive(log) as archive:
        before = archive.catalogue.audit_after(0, 100)
    with sqlite3.connect(log / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM audit_entries")
        connection.execute("DELETE FROM settings WHERE name = 'audit-log'")
    connection.close()
    act_often(log, 1)
    with open_archive(log) as archive:
        assert archive.catalogue.audit_after(0, 13) == before
    assert found(log) == {"verified"}


# Heads and proofs


def test_a_head_is_the_same_bytes_wherever_it_is_made(log: Path) -> None:
    with open_archive(log) as archive:
        stored = sorted((log / "a" / "audit" / "heads").iterdir())[-1]
        assert current_head(archive) == stored.read_bytes()
        assert json.loads(current_head(archive)).keys() == {"schema", "archive", "size", "root", "time"}


def test_consistency_of_all_heads(log: Path) -> None:
    heads = [Head.from_json(json.loads(path.read_bytes())) for path in sorted((log / "a/audit/heads").iterdir())]
    with open_archive(log) as archive:
        empty = Head(
            archive=heads[0].archive,
            size=0,
            root=bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb924" + "27ae41e4649b934ca495991b7852b855"),
            time="",
        )
        for at, earlier in enumerate([empty, *heads]):
            for later in heads[max(at - 1, 0) :]:
                proof = prove_consistency(archive, earlier, later)
                assert read_proof(proof_content(proof)) == proof
                assert proof.holds
        with pytest.raises(InputError):
            prove_consistency(archive, heads[-1], heads[0])


def test_no_proof_of_a_rewritten_log(log: Path) -> None:
    kept = head_of(log)
    cut_off(log, 11)
    with open_archive(log) as archive, pytest.raises(IntegrityError):
        prove_consistency(archive, kept, kept)


def test_entries_are_proven_one_by_one(log: Path) -> None:
    with open_archive(log) as archive:
        (proof,) = prove_entries(archive, "object-4")
        assert proof.holds
        assert read_proof(proof_content(proof)) == proof
        data = json.loads(proof_content(proof))
    for field, value in (
        ("seq", data["seq"] + 1),
        ("entry", data["entry"].replace("object-4", "object-9")),
        ("inclusion", []),
    ):
        other = read_proof(json.dumps({**data, field: value}).encode())
        assert not other.holds


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[" * 10_000, b'{"schema": "chauban-audit-consistency/1"}'])
def test_what_is_no_proof_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_proof(content)


# Size


def test_ten_times_the_entries_need_no_more_memory(tmp_path: Path) -> None:
    context = get_context("spawn")
    small, large = context.Queue(), context.Queue()
    for size, queue in ((500, small), (5_000, large)):
        worker = context.Process(target=_fill, args=(tmp_path / str(size), size, queue))
        worker.start()
        worker.join(170)
        assert worker.exitcode == 0
    assert large.get(timeout=5) - small.get(timeout=5) < 40 << 10


@pytest.mark.long
def test_a_hundred_thousand_entries(tmp_path: Path) -> None:
    context = get_context("spawn")
    queue = context.Queue()
    worker = context.Process(target=_fill, args=(tmp_path / "archive", 100_000, queue))
    worker.start()
    worker.join(1200)
    assert worker.exitcode == 0
    assert queue.get(timeout=5) < 250 << 10


def _fill(folder: Path, size: int, queue: object) -> None:
    """Enter many acts, verify the log, bring it back, prove something; tell the memory it took, in KiB."""
    create_archive(folder, stores=("a",))
    with open_archive(folder) as archive:
        first = archive.audit.head()
        for number in range(size):
            note_act(archive, Action.INGEST, f"object-{number}")
            if number % 100 == 99:
                archive.audit.flush()
        assert found_in(archive) == {"verified"}
        assert archive.audit.restore() == []
        assert prove_consistency(archive, first, archive.audit.head()).holds
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # type: ignore[attr-defined]  # a queue
