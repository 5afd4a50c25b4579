"""Trying what an S3 server really does: some accept a condition or a checksum and ignore it."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.store.keys import TEMPORARY
from archive.store.probing import RACERS
from archive.store.protocol import StoreCapabilities
from archive.store.s3_client import S3Connection, code_of
from archive.store.writers import WriterName
from model.errors import ConfigurationError, StorageError

_LOCK_SECONDS = 60
_OUT_OF_ORDER = ("a/b", "a-b", "a.b", "a0")
"""Keys that a server which walks folders lists in another order than that of their bytes."""


def probe_bucket(connection: S3Connection) -> StoreCapabilities:
    """Try each promise with objects of our own under the store's temporary folder, and remove them.

    Raises:
        ConfigurationError: no such bucket, or no access.
        StorageError: the store could not be reached.
    """
    trial = _Trial(connection)
    try:
        with connection.translated(trial.key):
            conditional = trial.conditional_write()
            checksum = trial.refuses_wrong_checksum()
            versioning = trial.versioning()
            listing = trial.sorted_listing()
            lock = versioning and trial.object_lock()
    finally:
        trial.remove()
    return StoreCapabilities(
        conditional_write=conditional,
        refuses_wrong_checksum=checksum,
        versioning=versioning,
        object_lock=lock,
        durable=None,
        sorted_listing=listing,
        detail=trial.server or "S3",
    )


class _Trial:
    """The trial objects of one probe."""

    def __init__(self, connection: S3Connection) -> None:
        self._connection = connection
        self._client = connection.client
        self.key = f"{TEMPORARY}/{WriterName.new()}.probe"
        self.server = ""

    def conditional_write(self) -> bool:
        """Let several create one key at once, then one more: exactly one may succeed."""
        with ThreadPoolExecutor(RACERS) as pool:
            won = sum(pool.map(lambda _: self._create_once(), range(RACERS)))
        return won == 1 and not self._create_once()

    def refuses_wrong_checksum(self) -> bool:
        """Send bytes with the SHA-256 of others."""
        wrong = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode("ascii")
        return not self._accepted(self._name("-sum"), Body=b"these bytes", ChecksumSHA256=wrong)

    def versioning(self) -> bool:
        """Write one key twice and read the first version."""
        where = self._name("-version")
        first = self._client.put_object(**where, Body=b"1").get("VersionId")
        self._client.put_object(**where, Body=b"2")
        if not first or first == "null":
            return False
        found: bytes = self._client.get_object(**where, VersionId=first)["Body"].read()
        return found == b"1"

    def object_lock(self) -> bool:
        """Lock an object for a minute and try to delete it (in the mode that an administrator may lift)."""
        where = self._name("-lock")
        until = datetime.now(UTC) + timedelta(seconds=_LOCK_SECONDS)
        checksum = base64.b64encode(hashlib.sha256(b"locked").digest()).decode("ascii")
        try:
            version = self._client.put_object(
                **where,
                Body=b"locked",
                ChecksumSHA256=checksum,
                ObjectLockMode="GOVERNANCE",
                ObjectLockRetainUntilDate=until,
            ).get("VersionId")
        except Exception as error:
            if not code_of(error):
                raise
            return False
        try:
            self._client.delete_object(**where, VersionId=version)
        except Exception as error:
            if not code_of(error):
                raise
            return True
        return False

    def sorted_listing(self) -> bool:
        """Compare the order of a list with the order of the keys."""
        for ending in _OUT_OF_ORDER:
            self._client.put_object(**self._name(f"-list/{ending}"), Body=b"")
        where = self._name("-list/")
        answer = self._client.list_objects_v2(Bucket=where["Bucket"], Prefix=where["Key"])
        keys = [entry["Key"] for entry in answer.get("Contents", ())]
        return keys == sorted(where["Key"] + ending for ending in _OUT_OF_ORDER)

    def remove(self) -> None:
        """Remove the trial objects with all their versions; what cannot be removed now is swept later."""
        with suppress(StorageError, ConfigurationError), self._connection.translated(self.key):
            for where in self._all():
                with suppress(self._client.exceptions.ClientError):
                    self._remove_one(where)

    def _remove_one(self, where: dict[str, str]) -> None:
        try:
            self._client.delete_object(**where)
        except self._client.exceptions.ClientError:
            self._client.delete_object(**where, BypassGovernanceRetention=True)

    def _all(self) -> Sequence[dict[str, str]]:
        where = self._name("")
        bucket, prefix = where["Bucket"], where["Key"]
        try:
            answer = self._client.list_object_versions(Bucket=bucket, Prefix=prefix)
        except self._client.exceptions.ClientError:
            answer = {"Versions": self._client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())}
        entries: list[dict[str, Any]] = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        found = []
        for entry in entries:
            version = entry.get("VersionId", "null")
            found.append(
                {"Bucket": bucket, "Key": entry["Key"]} | ({} if version == "null" else {"VersionId": version})
            )
        return found

    def _create_once(self) -> bool:
        return self._accepted(self._name(""), Body=secrets.token_bytes(16), IfNoneMatch="*")

    def _accepted(self, where: dict[str, str], **request: Any) -> bool:
        """Tell whether a request was carried out; refused ones have an answer, unreachable servers have none."""
        try:
            answer = self._client.put_object(**where, **request)
        except Exception as error:
            if not code_of(error) or code_of(error) in ("NoSuchBucket", "AccessDenied", "InvalidAccessKeyId"):
                raise
            return False
        self.server = str(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("server", ""))
        return True

    def _name(self, ending: str) -> dict[str, str]:
        return self._connection.name(self.key + ending)
