"""Destruction on both databases and on a real S3 server: versions, object lock, and holds placed by another process."""

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from archive.archive import Archive, create_archive
from archive.disposal.execution import execute, resume
from archive.disposal.values import DisposalState
from archive.layout import container_key, package_folder
from ingest.rebuild import rebuild
from model.fixity import SHA256, Digest
from tests.fakes.catalogue_databases import BACKENDS, new_database
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
    take_due,
)
from tests.fakes.s3_server import S3Server, shared_server, use_credentials

BUCKET = "disposal"


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    (tmp_path / "db").mkdir()
    return new_database(request.param, tmp_path / "db")


@pytest.fixture(scope="module")
def server() -> S3Server:
    use_credentials()
    return shared_server()


@pytest.fixture(scope="module")
def client(server: S3Server) -> Iterator[Any]:
    made = server.client()
    made.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    yield made
    made.close()


def test_a_record_is_destroyed_and_its_stub_restored(database: str, tmp_path: Path) -> None:
    with one_examiner():
        records = make_due(tmp_path / "archive", 3, database=database)
    with opened(tmp_path / "archive") as archive:
        archive.catalogue.holds.place(hold_on(records[1]))
        versions = archive.catalogue.versions(records[1])
        done = destroyed(archive, records)
        assert [item.state for item in done.values()] == [None, DisposalState.DESTROYED, DisposalState.DESTROYED]
        assert codes(done[records[1]]) == {"disposal.on-hold"}
        assert is_gone(archive, records[0])
        assert is_whole(archive, records[1], versions)
        assert [row.aip_id for row in archive.catalogue.stubs.find("H49.1")] == [records[0]]
        assert [row.aip_id for row in archive.catalogue.stubs.find(str(records[0]))] == [records[0]]
        assert archive.catalogue.stubs.counts() == {DisposalState.DESTROYED: 2}
        before = list(archive.catalogue.dump())
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before


def _place(folder: Path, aip_ids: list[UUID], begun: Any) -> None:
    """Place one hold on records, in a process of its own, as soon as destruction has begun."""
    with opened(folder) as archive:
        begun.wait(60)
        hold = hold_on(aip_ids[0])
        scopes = tuple(hold_on(aip_id).scopes[0] for aip_id in aip_ids)
        archive.catalogue.holds.place(replace(hold, scopes=scopes))


def test_a_hold_of_another_process_keeps_every_record_that_is_not_marked(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with one_examiner():
        records = make_due(folder, 10, stores=("a",), database=database)
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_place, args=(folder, records[2:], begun))
    process.start()

    class Watched(Coverage):
        """Lets the other process go while the second record is tested: it waits for this transaction to end."""

        tested = 0

        def __call__(self, connection: Any, aip_id: UUID) -> str:
            self.tested += 1
            if self.tested == 2:
                begun.set()
                time.sleep(3)
            return ""

    with opened(folder) as archive:
        versions = {aip_id: archive.catalogue.versions(aip_id) for aip_id in records}
        done = {item.aip_id: item for item in execute(archive, permission(), records, Watched())}
        process.join(60)
        assert process.exitcode == 0
        states = [done[aip_id].state for aip_id in records]
        assert states[:2] == [DisposalState.DESTROYED] * 2
        kept = states.index(None)
        assert set(states[kept:]) == {None}, "from the moment it is placed"
        for aip_id in records[kept:]:
            assert codes(done[aip_id]) == {"disposal.on-hold"}
            assert is_whole(archive, aip_id, versions[aip_id])


def _hold_all(folder: Path, aip_ids: list[UUID], told: Any) -> None:
    """Place a hold on everything as soon as it may; tell the moment it was in force."""
    with opened(folder) as archive:
        told.put("ready")
        for aip_id in aip_ids:
            archive.catalogue.holds.place(hold_on(aip_id))
            told.put(str(aip_id))
    told.put("done")


def test_holds_and_destructions_at_the_same_time_never_both_win(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with one_examiner():
        records = make_due(folder, 8, stores=("a",), database=database)
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_hold_all, args=(folder, list(reversed(records)), told))
    process.start()
    assert told.get(timeout=60) == "ready"
    with opened(folder) as archive:
        versions = {aip_id: archive.catalogue.versions(aip_id) for aip_id in records}
        done = destroyed(archive, records)
        process.join(60)
        for aip_id in records:
            if done[aip_id].state is None:
                assert codes(done[aip_id]) == {"disposal.on-hold"}
                assert is_whole(archive, aip_id, versions[aip_id])
            else:
                assert is_gone(archive, aip_id)


def _versions(client: Any, prefix: str) -> int:
    found = client.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    return len(found.get("Versions", ())) + len(found.get("DeleteMarkers", ()))


def test_every_version_in_a_bucket_goes_and_a_lock_is_respected(server: S3Server, client: Any, tmp_path: Path) -> None:
    prefix = uuid4().hex
    folder = tmp_path / "archive"
    create_archive(folder, stores=("a", server.url(prefix, bucket=BUCKET)))
    with one_examiner(), opened(folder, NOW - timedelta(days=30)) as archive:
        one, two = take_due(archive, tmp_path / "cases", 2)
    with opened(folder) as archive:
        store = archive.copies.stores[1]
        key = container_key(one, 1)
        store.set_aside(key)  # the bytes stay as an earlier version behind a delete marker
        archive.copies.repair(key, store, _digest(archive, one))
        store.set_aside(key)
        assert store.stat(key) is None
        assert key in set(store.remains(package_folder(one)))
        locked = container_key(two, 1)
        until = datetime.now(UTC) + timedelta(days=20_000)
        listed = client.list_object_versions(Bucket=BUCKET, Prefix=f"{prefix}/{locked}")["Versions"]
        (version,) = [item["VersionId"] for item in listed if item["Key"] == f"{prefix}/{locked}"]
        where = {"Bucket": BUCKET, "Key": f"{prefix}/{locked}", "VersionId": version}
        client.put_object_retention(**where, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
        done = destroyed(archive, [one, two])
        assert done[one].state is DisposalState.DESTROYED, done[one].findings
        assert _versions(client, f"{prefix}/{package_folder(one)}") == 0
        assert _versions(client, f"{prefix}/damaged/") == 0
        assert (done[two].state, codes(done[two])) == (DisposalState.BLOCKED, {"disposal.locked"})
        (finding,) = done[two].findings
        assert dict(finding.args)["until"].startswith(str(until.year))
        assert objects(archive, two) == {f"{store.name}:{locked}"}
        assert [item.state for item in resume(archive)] == [DisposalState.BLOCKED]
        soon = datetime.now(UTC) + timedelta(seconds=2)
        shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": soon}
        client.put_object_retention(**where, Retention=shorter, BypassGovernanceRetention=True)
        time.sleep(3)
        assert [item.state for item in resume(archive)] == [DisposalState.DESTROYED]
        assert is_gone(archive, two)
        assert _versions(client, f"{prefix}/{package_folder(two)}") == 0


def _digest(archive: Archive, aip_id: UUID) -> Digest:
    return Digest(SHA256, archive.catalogue.versions(aip_id)[0].container_sha256)
