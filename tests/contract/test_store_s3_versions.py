"""Buckets that keep versions and locks: deletion takes every version, or is refused and changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from archive.store.s3 import S3Store
from model.errors import NotFoundError, PolicyError
from model.preservation import DisposalConfirmation
from tests.fakes.s3_server import S3Server, shared_server, use_credentials

CONFIRMED = DisposalConfirmation(
    identifier=uuid4(), reason="retention ended", approved_by="hội đồng", approved_at=datetime(2026, 1, 2, tzinfo=UTC)
)
BUCKET = "locked"


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


@pytest.fixture
def store(server: S3Server, client: Any) -> Iterator[S3Store]:
    made = S3Store("s", server.url("p", bucket=BUCKET))
    yield made
    made.close()


def versions(client: Any, key: str) -> int:
    found = client.list_object_versions(Bucket=BUCKET, Prefix=f"p/{key}")
    return len(found.get("Versions", ())) + len(found.get("DeleteMarkers", ()))


def test_the_probe_finds_versions_and_lock(store: S3Store, client: Any) -> None:
    found = store.probe()
    assert found.versioning
    assert found.object_lock
    assert found.conditional_write
    assert versions(client, "") == 0


def test_deletes_every_version(store: S3Store, client: Any) -> None:
    store.put("a/b", b"1")
    with store.replace_damaged("a/b") as writer:
        writer.write(b"2")
        writer.commit()
    store.put("a/b2", b"other")
    assert versions(client, "a/b") == 3
    store.delete("a/b", CONFIRMED)
    assert store.stat("a/b") is None
    assert versions(client, "a/b") == 1
    assert store.stat("a/b2") is not None
    with pytest.raises(NotFoundError):
        store.delete("a/b", CONFIRMED)


@pytest.mark.parametrize("lock", ["GOVERNANCE", "COMPLIANCE", "hold"])
def test_a_lock_forbids_deletion_and_nothing_is_deleted(store: S3Store, client: Any, lock: str) -> None:
    key = f"locked/{lock}"
    store.put(key, b"1")
    with store.replace_damaged(key) as writer:
        writer.write(b"2")
        writer.commit()
    first = client.list_object_versions(Bucket=BUCKET, Prefix=f"p/{key}")["Versions"][-1]["VersionId"]
    where = {"Bucket": BUCKET, "Key": f"p/{key}", "VersionId": first}
    if lock == "hold":
        client.put_object_legal_hold(**where, LegalHold={"Status": "ON"})
    else:
        until = datetime.now(UTC) + timedelta(minutes=1)
        client.put_object_retention(**where, Retention={"Mode": lock, "RetainUntilDate": until})
    with pytest.raises(PolicyError) as caught:
        store.delete(key, CONFIRMED)
    assert caught.value.values["store"] == "s"
    assert versions(client, key) == 2
    assert store.stat(key) is not None
