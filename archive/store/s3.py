"""An S3 object store as a store: each write checked by the server, created once, read by range."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from archive.store.failures import not_found
from archive.store.keys import DAMAGED, TEMPORARY, check_key, check_new_key, is_listed, is_walked
from archive.store.local import require_confirmation
from archive.store.protocol import StoreCapabilities, StoredObject, StoreWriter
from archive.store.s3_client import S3Address, S3Connection, code_of
from archive.store.s3_probing import probe_bucket
from archive.store.s3_writer import Conditions, S3Writer, abort_upload, head
from archive.store.streams import RangeStream, buffered
from archive.store.writers import STALE_SECONDS, WriterName
from model.dates import utc_text
from model.errors import PolicyError, StorageError
from model.ports import Clock, SystemClock
from model.preservation import DisposalConfirmation
from model.text import N_

_COPY_PART = 256 << 20
_COPY_WHOLE = 1 << 30
_SORT_BELOW = 2
"""Depth of the folders whose objects are listed at once and sorted in memory."""


class S3Store:
    """One copy of the archive in a bucket."""

    def __init__(
        self, name: str, url: str, *, capabilities: StoreCapabilities | None = None, clock: Clock | None = None
    ) -> None:
        """Name the place; it is connected to when the store is used.

        Args:
            url: `s3://bucket/prefix?endpoint=https://server&region=name`.
            capabilities: what a probe of this store found; without it nothing is taken for granted, and the store
                looks before it writes and sorts what is listed itself.

        Raises:
            ConfigurationError: not such a URL.
        """
        self._name = name
        self._address = S3Address.parse(url)
        self._connection = S3Connection(name, self._address)
        self._sorted = capabilities is not None and capabilities.sorted_listing
        self._conditions = Conditions(trusted=capabilities is not None and capabilities.conditional_write)
        self._clock = clock or SystemClock()
        self._bucket_seen = False

    @property
    def name(self) -> str:
        """Short name of the copy."""
        return self._name

    @property
    def location(self) -> str:
        """Bucket, prefix and server."""
        return str(self._address)

    def create(self, key: str) -> StoreWriter:
        """Begin an object.

        Raises:
            ConfigurationError: there is no such bucket (some servers would silently make one for a mistyped name).
            StorageError: the store could not be reached.
        """
        check_new_key(key)
        self.check()
        return S3Writer(self._connection, key, conditions=self._conditions)

    def put(self, key: str, content: bytes) -> StoredObject:
        """Create a small object at once.

        Raises:
            ConflictError: the key exists.
        """
        with self.create(key) as writer:
            writer.write(content)
            return writer.commit()[0]

    def open(
        self,
        key: str,
        *,
        offset: int = 0,
        length: int | None = None,
        fresh: bool = False,  # noqa: ARG002 - the protocol has it; a server cannot be asked for it
    ) -> BinaryIO:
        """Open an object, or a range of it, for reading; a range behind its end is cut off there.

        Args:
            fresh: asked of a store behind a network it means nothing: the server decides where it reads.

        Raises:
            NotFoundError: no such key.
            StorageError: it could not be read.
        """
        where = self._connection.name(check_key(key))
        if length is not None and length <= 0:
            if self.stat(key) is None:
                raise not_found(self._name, key)
            return buffered(S3Range(self._connection, key, None, 0))
        if offset or length is not None:
            where["Range"] = f"bytes={offset}-" + ("" if length is None else str(offset + length - 1))
        with self._connection.translated(key):
            try:
                answer = self._connection.client.get_object(**where)
            except Exception as error:
                if code_of(error) not in ("InvalidRange", "416"):
                    raise
                return buffered(S3Range(self._connection, key, None, 0))
        return buffered(S3Range(self._connection, key, answer["Body"], answer["ContentLength"]))

    def stat(self, key: str) -> StoredObject | None:
        """Return the object's size, or none where there is no such key.

        Raises:
            ConfigurationError: there is no such bucket.
            StorageError: the store could not be reached.
        """
        found = head(self._connection, check_key(key))
        if found is None:
            self.check()
            return None
        return StoredObject(key=key, size=found["ContentLength"])

    def check(self) -> None:
        """Make sure once that the bucket is there: an absent key and an absent bucket are answered alike.

        Raises:
            ConfigurationError: there is no such bucket, or it refuses access.
            StorageError: the store could not be reached.
        """
        if not self._bucket_seen:
            with self._connection.translated(""):
                self._connection.client.list_objects_v2(Bucket=self._address.bucket, MaxKeys=1)
            self._bucket_seen = True

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects by key.

        Where the probe did not find the server's own order right, folders are walked and sorted here.
        """
        if self._sorted:
            for page in self._pages(prefix, after=after):
                yield from self._objects(page, prefix, after)
            return
        yield from self._walk(prefix[: prefix.rfind("/") + 1], prefix, after)

    def delete(self, key: str, confirmation: DisposalConfirmation) -> None:
        """Delete one object, with every version the bucket keeps of it, by an approved decision.

        Raises:
            NotFoundError: no such key.
            PolicyError: no confirmation, or a lock forbids it; then nothing was deleted.
        """
        require_confirmation(confirmation, key)
        where = self._connection.name(check_key(key))
        versions = self._versions(key)
        if not versions:
            raise not_found(self._name, key)
        for version in versions:
            self._refuse_locked(key, version)
        for version in versions:
            with self._connection.translated(key):
                try:
                    self._connection.client.delete_object(**where, **version)
                except Exception as error:
                    if code_of(error) in ("AccessDenied", "InvalidRequest", "403"):
                        raise self._locked(key) from error
                    raise

    def remains(self, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix of which anything is kept, also versions behind a delete marker."""
        found = {item.key for item in self.list(prefix)}
        for entry in self._version_entries(self._address.prefix + prefix):
            key = entry["Key"].removeprefix(self._address.prefix)
            if is_listed(key, prefix):
                found.add(key)
        yield from sorted(found)

    def replace_damaged(self, key: str) -> StoreWriter:
        """Begin to replace an object found damaged, or to restore one found missing.

        The damaged bytes are set aside when the new ones are committed, and not before.
        """
        check_new_key(key)
        return S3Writer(self._connection, key, conditions=self._conditions, replacing=lambda: self._copy_aside(key))

    def set_aside(self, key: str) -> str:
        """Copy an object found damaged under `damaged/`, remove it from its key, and return the new key.

        Raises:
            NotFoundError: no such key.
        """
        kept = self._copy_aside(check_new_key(key))
        if kept is None:
            raise not_found(self._name, key)
        with self._connection.translated(key):
            self._connection.client.delete_object(**self._connection.name(key))
        return kept

    def sweep(self) -> int:
        """End the uploads of dead writers and those older than a day; return how many."""
        removed, living = self._sweep_records()
        limit = self._clock.now() - timedelta(seconds=STALE_SECONDS)
        for upload in self._uploads():
            if upload["UploadId"] not in living and upload["Initiated"] < limit:
                abort_upload(self._connection, upload["Key"].removeprefix(self._address.prefix), upload["UploadId"])
                removed += 1
        return removed

    def probe(self) -> StoreCapabilities:
        """Try what the server really does, and leave nothing behind; the findings are used from here on."""
        self.check()
        found = probe_bucket(self._connection)
        self._conditions.trusted = found.conditional_write
        self._sorted = found.sorted_listing
        return found

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def _pages(self, prefix: str, *, after: str = "", delimiter: str = "") -> Iterator[Mapping[str, Any]]:
        base = self._address.prefix
        options = {"Delimiter": delimiter} if delimiter else {}
        if after:
            options["StartAfter"] = base + after
        with self._connection.translated(prefix):
            pages = self._connection.client.get_paginator("list_objects_v2")
            yield from pages.paginate(Bucket=self._address.bucket, Prefix=base + prefix, **options)

    def _objects(self, page: Mapping[str, Any], prefix: str, after: str) -> Iterator[StoredObject]:
        for entry in page.get("Contents", ()):
            key = entry["Key"].removeprefix(self._address.prefix)
            if key > after and is_listed(key, prefix):
                yield StoredObject(key=key, size=entry["Size"])

    def _walk(self, folder: str, prefix: str, after: str) -> Iterator[StoredObject]:
        """Yield what lies under a folder: one request a folder near the root, everything at once further down."""
        deep = folder.count("/") >= _SORT_BELOW
        found: dict[str, StoredObject | None] = {}
        for page in self._pages(folder, delimiter="" if deep else "/"):
            found.update((entry.key, entry) for entry in self._objects(page, prefix, after))
            for entry in page.get("CommonPrefixes", ()):
                below = entry["Prefix"].removeprefix(self._address.prefix)
                if is_walked(below, prefix) and (below > after or after.startswith(below)):
                    found[below] = None
        for key in sorted(found):
            entry = found[key]
            if entry is None:
                yield from self._walk(key, prefix, after)
            else:
                yield entry

    def _versions(self, key: str) -> Sequence[Mapping[str, str]]:
        """Return what names each version and delete marker of a key; one empty name in a bucket without versions."""
        present = head(self._connection, key) is not None
        name = self._connection.name(key)["Key"]
        found: list[Mapping[str, str]] = [
            {"VersionId": item["VersionId"]} for item in self._version_entries(name) if item["Key"] == name
        ]
        if present and all(version["VersionId"] == "null" for version in found):
            return [{}]
        return found

    def _version_entries(self, name: str) -> Iterator[Mapping[str, Any]]:
        """Yield the versions and delete markers of the objects whose names in the bucket begin so; none without any."""
        with self._connection.translated(name):
            try:
                pages = self._connection.client.get_paginator("list_object_versions")
                for page in pages.paginate(Bucket=self._address.bucket, Prefix=name):
                    yield from (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            except Exception as error:
                if code_of(error) not in ("NotImplemented", "MethodNotAllowed"):
                    raise

    def _refuse_locked(self, key: str, version: Mapping[str, str]) -> None:
        """Look for a lock before anything is deleted, so that a refusal leaves everything as it was."""
        with self._connection.translated(key):
            try:
                found = self._connection.client.head_object(**self._connection.name(key), **version)
            except Exception as error:
                if code_of(error) in ("405", "404", "MethodNotAllowed", "NoSuchKey"):
                    return  # a delete marker
                raise
        until = found.get("ObjectLockRetainUntilDate")
        if found.get("ObjectLockLegalHoldStatus") == "ON" or (until is not None and until > self._clock.now()):
            raise self._locked(key, until)

    def _locked(self, key: str, until: datetime | None = None) -> PolicyError:
        return PolicyError(
            N_("Store {store} forbids deleting {key}: it is locked."),
            hint=N_("Wait until its lock ends, or ask the administrator of the object store."),
            store=self._name,
            key=key,
            until=utc_text(until.astimezone(UTC)) if until is not None else "",
        )

    def _copy_aside(self, key: str) -> str | None:
        """Copy the bytes under a key into `damaged/` on the server; return the new key, none when there is nothing."""
        if head(self._connection, key) is None:
            return None
        from boto3.s3.transfer import TransferConfig

        kept = f"{DAMAGED}/{self._clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}/{key}"
        settings = TransferConfig(multipart_threshold=_COPY_WHOLE, multipart_chunksize=_COPY_PART, max_concurrency=2)
        target = self._connection.name(kept)
        with self._connection.translated(key):
            self._connection.client.copy(self._connection.name(key), target["Bucket"], target["Key"], Config=settings)
        return kept

    def _sweep_records(self) -> tuple[int, frozenset[str]]:
        """End the uploads whose records name a dead writer; return how many, and the uploads of the others."""
        removed, living = 0, set()
        limit = self._clock.now() - timedelta(seconds=STALE_SECONDS)
        for page in self._pages(f"{TEMPORARY}/"):
            for entry in page.get("Contents", ()):
                name = entry["Key"].removeprefix(self._address.prefix)
                record = self._record(name)
                writer = WriterName.parse(name.rpartition("/")[2].partition(".")[0])
                if writer is None or not (writer.is_dead() or entry["LastModified"] < limit):
                    living.add(record.get("upload", ""))
                    continue
                if record:
                    abort_upload(self._connection, record["key"], record["upload"])
                with self._connection.translated(name):
                    self._connection.client.delete_object(**self._connection.name(name))
                removed += 1
        return removed, frozenset(living)

    def _record(self, name: str) -> Mapping[str, str]:
        with self._connection.translated(name):
            try:
                content = self._connection.client.get_object(**self._connection.name(name))["Body"].read(4096)
            except Exception as error:
                if code_of(error) == "NoSuchKey":
                    return {}  # its writer has just ended
                raise
        with suppress(ValueError):
            record = json.loads(content)
            if isinstance(record, dict) and {"key", "upload"} <= record.keys():
                return record
        return {}

    def _uploads(self) -> Iterator[Mapping[str, Any]]:
        with self._connection.translated(""):
            try:
                pages = self._connection.client.get_paginator("list_multipart_uploads")
                for page in pages.paginate(Bucket=self._address.bucket, Prefix=self._address.prefix):
                    yield from page.get("Uploads", ())
            except Exception as error:
                if code_of(error) not in ("NotImplemented", "MethodNotAllowed"):
                    raise


def create_s3_store(name: str, url: str) -> S3Store:
    """Return a store in a bucket that is there already, after making sure that it answers.

    Raises:
        ConfigurationError: no such bucket, or no access.
        StorageError: the store could not be reached.
    """
    store = S3Store(name, url)
    store.check()
    return store


class S3Range(RangeStream):
    """The body of an answer; ends with an error, not with fewer bytes, when the connection breaks."""

    def __init__(self, connection: S3Connection, key: str, body: Any, length: int) -> None:
        super().__init__()
        self._connection = connection
        self._key = key
        self._body = body
        self._left = length

    def read_part(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if self._left <= 0 or size <= 0:
            return b""
        with self._connection.translated(self._key):
            part: bytes = self._body.read(min(size, self._left))
        if not part:
            raise StorageError(
                N_("Store {store} broke off while {key} was read: {left} bytes are missing."),
                hint=N_("Check the connection to the store, then run the command again."),
                store=self._connection.store,
                key=self._key,
                left=self._left,
            )
        self._left -= len(part)
        return part

    def close(self) -> None:
        """Give the connection up."""
        if not self.closed and self._body is not None:
            self._body.close()
        super().close()
