"""What was fetched, kept on disk and shared by processes."""

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from model.dates import from_utc_text, utc_text
from model.errors import StorageError
from model.text import N_

MAX_BYTES = 512 << 20
MAX_ENTRIES = 10_000
_MAX_HEADER = 8192
_PRUNE_EVERY = 64
_PRUNE_TO = 0.8
_LOCK_WAIT = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """One answer, good or bad."""

    url: str
    content: bytes = b""
    obtained: datetime
    expires: datetime
    failure: str = ""
    """Why there was no answer; empty when there was one."""
    detail: str = ""


class FetchCache:
    """A folder of answers, one file each; writes are atomic, and one process at a time fetches what is missing.

    It may be deleted at any time.

    Args:
        folder: made when it is needed.
        max_bytes: beyond it the answers kept longest go.
        max_entries: likewise.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._folder = folder
        self._max_bytes, self._max_entries = max_bytes, max_entries
        self._written = 0

    def read(self, key: str, now: datetime) -> CacheEntry | None:
        """Return an answer that is still good; none when there is none, or it cannot be read."""
        try:
            with self._path(key).open("rb") as stream:
                header = json.loads(stream.readline(_MAX_HEADER))
                content = stream.read()
            entry = CacheEntry(
                url=str(header["url"]),
                content=content,
                obtained=from_utc_text(header["obtained"]),
                expires=from_utc_text(header["expires"]),
                failure=str(header["failure"]),
                detail=str(header["detail"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        whole = header.get("sha256") == hashlib.sha256(content).hexdigest()
        return entry if whole and entry.obtained <= now + timedelta(minutes=5) and now < entry.expires else None

    def write(self, key: str, entry: CacheEntry) -> None:
        """Keep an answer.

        Raises:
            StorageError: the folder cannot be written.
        """
        header = {
            "url": entry.url,
            "obtained": utc_text(entry.obtained),
            "expires": utc_text(entry.expires),
            "failure": entry.failure,
            "detail": entry.detail[:500],
            "sha256": hashlib.sha256(entry.content).hexdigest(),
        }
        path = self._path(key)
        with self._storage():
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, json.dumps(header).encode() + b"\n" + entry.content)
        if self._written % _PRUNE_EVERY == 0:
            self.prune()
        self._written += 1

    @contextlib.contextmanager
    def locked(self, key: str, seconds: float) -> Iterator[bool]:
        """Hold the right to fetch something; gives False when another process kept it for longer than `seconds`.

        Raises:
            StorageError: the folder cannot be written.
        """
        with self._storage():
            folder = self._folder / "locks"
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / key[:3], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _acquired(descriptor, time.monotonic() + seconds)
        finally:
            os.close(descriptor)

    def prune(self) -> None:
        """Remove the oldest answers until the cache is well within its bounds; what vanishes meanwhile is fine."""
        found = sorted(self._files(), key=lambda one: one[0])
        size, count = sum(one[1] for one in found), len(found)
        if size <= self._max_bytes and count <= self._max_entries:
            return
        for _, length, path in found:
            if size <= self._max_bytes * _PRUNE_TO and count <= self._max_entries * _PRUNE_TO:
                break
            path.unlink(missing_ok=True)
            size, count = size - length, count - 1

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._folder.glob("answers/??/*"):
            with contextlib.suppress(OSError):
                state = path.stat()
                yield state.st_mtime, state.st_size, path

    def _path(self, key: str) -> Path:
        return self._folder / "answers" / key[:2] / key

    @contextlib.contextmanager
    def _storage(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise StorageError(
                N_("What was fetched cannot be kept in {folder}: {why}."),
                hint=N_("Make room there, or let the program write to it."),
                folder=self._folder,
                why=exc.strerror or exc,
            ) from exc


def cache_key(*parts: bytes | str) -> str:
    """Return the name under which an answer is kept: a digest of what was asked."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def _acquired(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOCK_WAIT)
        else:
            return True


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that others see it whole or not at all; it need not outlive a power cut."""
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
