"""Writing one object into an S3 store: in one request when it is small, in checked parts when it is large."""

import base64
import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from archive.store.failures import conflict
from archive.store.keys import TEMPORARY
from archive.store.protocol import StoredObject
from archive.store.s3_client import S3Connection, code_of
from archive.store.writers import WriterName
from model.errors import ArchiveError, ConflictError, StorageError
from model.fixity import SHA256, Digest, Digester
from model.text import N_

PART = 16 << 20
"""Bytes from which an object is sent in parts, and the size of the first parts."""
WRITER_FIELD = "chauban-writer"
"""Metadata field that names the write an object comes from."""

_GROW_EVERY = 2500
_MAX_PART = 64 << 20
_MAX_PARTS = 10_000
_IN_FLIGHT = 2
_TRIES = 8
_PAUSE = 0.05


@dataclass(slots=True)
class Conditions:
    """What the store was found to do with a condition on a write; learned while it is used."""

    sent: bool = True
    """Send `If-None-Match: *` (a store that answers that it knows no such thing is not sent it again)."""
    trusted: bool = False
    """The probe saw the condition enforced, so that looking before writing is needless."""


class S3Writer:
    """One object being written; use it in a `with` block."""

    def __init__(
        self,
        connection: S3Connection,
        key: str,
        *,
        conditions: Conditions,
        replacing: Callable[[], object] | None = None,
    ) -> None:
        """Begin; nothing is sent before there is a part's worth of bytes.

        Args:
            replacing: sets aside what is under the key, just before it is replaced; none when the key must be free.
        """
        self._connection = connection
        self._key = key
        self._conditions = conditions
        self._replacing = replacing
        self._writer = str(WriterName.new())
        self._digester = Digester((SHA256,))
        self._buffer = bytearray()
        self._upload = ""
        self._parts: list[dict[str, Any]] = []
        self._flying: deque[Future[None]] = deque()
        self._threads: ThreadPoolExecutor | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        """Append bytes.

        Raises:
            StorageError: the store could not be reached or refused a part.
        """
        self._digester.update(chunk)
        self._buffer += chunk
        if not isinstance(chunk, bytes):
            self._digester.update(b"")  # waits for the hash: the caller may change the buffer from here on
        while len(self._buffer) >= (size := self._part_size()):
            with memoryview(self._buffer) as view:
                part = bytes(view[:size])
            del self._buffer[:size]
            self._send_part(part)

    def digest(self) -> Digest:
        """Return the SHA-256 of everything written so far."""
        return self._digester.digests()[0]

    def commit(self) -> tuple[StoredObject, Digest]:
        """Make the object visible.

        Raises:
            ConflictError: the key exists.
            StorageError: the store could not be reached or refused it; nothing is visible.
        """
        digest = self.digest()
        if self._upload and self._buffer:
            self._send_part(bytes(self._buffer))
            self._buffer.clear()
        while self._flying:
            self._flying.popleft().result()
        if self._replacing is not None:
            self._replacing()
            self._finish({})
        else:
            self._finish_once()
        with suppress(ArchiveError):  # the object is there; its record is swept later
            self._upload_ended()
        return StoredObject(key=self._key, size=self._digester.size), digest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._flying:
            self._flying.popleft().exception()
        if self._upload:
            with suppress(Exception):  # what cannot be removed now is swept later; the first error must be seen
                abort_upload(self._connection, self._key, self._upload)
                self._upload_ended()
        if self._threads is not None:
            self._threads.shutdown()

    def _part_size(self) -> int:
        return min(PART << (len(self._parts) // _GROW_EVERY), _MAX_PART)

    def _send_part(self, part: bytes) -> None:
        if not self._upload:
            self._begin_upload()
        number = len(self._parts) + 1
        if number > _MAX_PARTS:
            raise StorageError(
                N_("{key} is too large for S3 store {store}: it needs more than {number} parts."),
                hint=N_("Divide the case file, or keep it in a folder store."),
                key=self._key,
                store=self._connection.store,
                number=_MAX_PARTS,
            )
        while len(self._flying) >= _IN_FLIGHT:
            self._flying.popleft().result()
        self._parts.append({"PartNumber": number})
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="s3-part")
        self._flying.append(self._threads.submit(self._upload_part, part, self._parts[-1]))

    def _upload_part(self, part: bytes, entry: dict[str, Any]) -> None:
        checksum = base64.b64encode(hashlib.sha256(part).digest()).decode("ascii")
        with self._connection.translated(self._key):
            answer = self._connection.client.upload_part(
                **self._connection.name(self._key),
                UploadId=self._upload,
                PartNumber=entry["PartNumber"],
                Body=part,
                ChecksumSHA256=checksum,
            )
        entry.update(ETag=answer["ETag"], ChecksumSHA256=checksum)

    def _begin_upload(self) -> None:
        """Start an upload in parts, and record who does it, so that it can be swept if this process is killed."""
        with self._connection.translated(self._key):
            self._upload = self._connection.client.create_multipart_upload(
                **self._connection.name(self._key), ChecksumAlgorithm="SHA256", Metadata={WRITER_FIELD: self._writer}
            )["UploadId"]
            self._connection.client.put_object(
                **self._connection.name(f"{TEMPORARY}/{self._writer}"),
                Body=json.dumps({"key": self._key, "upload": self._upload}).encode("ascii"),
            )

    def _upload_ended(self) -> None:
        if self._upload:
            self._upload = ""
            with self._connection.translated(self._key):
                self._connection.client.delete_object(**self._connection.name(f"{TEMPORARY}/{self._writer}"))

    def _finish_once(self) -> None:
        """Make the object visible unless the key is taken, as far as the store lets this be asked for."""
        for attempt in range(1, _TRIES + 1):
            if (attempt > 1 or self._upload or not self._conditions.trusted) and self._is_done():
                return
            condition = {"IfNoneMatch": "*"} if self._conditions.sent else {}
            try:
                self._finish(condition)
            except ConflictError:
                if self._is_done():
                    return
                raise
            except StorageError as error:
                if attempt == _TRIES or not self._may_try_again(error):
                    raise
                time.sleep(_PAUSE * attempt)
            else:
                return

    def _may_try_again(self, error: StorageError) -> bool:
        """Tell whether a refusal was about the condition, not about the object."""
        code = code_of(error.__cause__) if isinstance(error.__cause__, Exception) else ""
        if code == "NotImplemented" and self._conditions.sent:
            self._conditions.sent = False
            return True
        return code in ("ConditionalRequestConflict", "NoSuchUpload", "OperationAborted")

    def _is_done(self) -> bool:
        """Tell whether these bytes are there already: a request is repeated when its answer was lost.

        Raises:
            ConflictError: an object of another write is there.
        """
        found = head(self._connection, self._key)
        if found is None:
            return False
        if found.get("Metadata", {}).get(WRITER_FIELD) != self._writer:
            raise conflict(self._connection.store, self._key)
        return True

    def _finish(self, condition: Mapping[str, str]) -> None:
        with self._connection.translated(self._key):
            if self._upload:
                self._connection.client.complete_multipart_upload(
                    **self._connection.name(self._key),
                    UploadId=self._upload,
                    MultipartUpload={"Parts": self._parts},
                    **condition,
                )
                return
            self._connection.client.put_object(
                **self._connection.name(self._key),
                Body=bytes(self._buffer),
                ChecksumSHA256=base64.b64encode(self.digest().value).decode("ascii"),
                Metadata={WRITER_FIELD: self._writer},
                **condition,
            )


def head(connection: S3Connection, key: str) -> Mapping[str, Any] | None:
    """Return what the store says about an object; none where there is no such key."""
    with connection.translated(key):
        try:
            found: Mapping[str, Any] = connection.client.head_object(**connection.name(key))
        except Exception as error:
            if code_of(error) not in ("404", "NoSuchKey"):
                raise
            return None
    return found


def abort_upload(connection: S3Connection, key: str, upload: str) -> None:
    """End an upload in parts without an object; one that has ended already is passed over."""
    with connection.translated(key):
        try:
            connection.client.abort_multipart_upload(**connection.name(key), UploadId=upload)
        except Exception as error:
            if code_of(error) != "NoSuchUpload":
                raise
