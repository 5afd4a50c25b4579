"""The index on disk: opened, made anew when it cannot be used, and seen again after another process's commit."""

import json
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import tantivy

from archive.search.lock import WriteLock
from archive.search.schema import SCHEMA_VERSION, register_analyzers, schema
from model.errors import StorageError
from model.text import N_

LOCK_WAIT = 120.0
"""Seconds to wait for another process's commit."""
STATE_KEY = "cursor"
"""Value of the field `state` that marks the one document that is no entry."""

_CURRENT = f"v{SCHEMA_VERSION}"
_DISCARDED = "discarded-"
_FOOTER = struct.Struct("<II")
_FOOTER_MAGIC = 1337


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far an index has followed which catalogue."""

    cursor: int = 0
    """Last change-feed sequence applied."""
    source_id: str = ""
    """Which catalogue the sequence belongs to."""


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn what the engine raises into StorageError.

    The engine's bugs and some damage surface as Rust panics, which are no `Exception` in Python.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        raise _unusable(folder, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: BaseException) -> StorageError:
    return StorageError(
        N_("The search index in {folder} cannot be used: {reason}."),
        hint=N_("Check free space and permissions; the index can be deleted at any time and fills again by itself."),
        folder=folder,
        reason=error,
    )


class IndexFolder:
    """The folder of one index, shared by the threads of a process.

    Args:
        folder: made when it is absent; holds the lock and one folder per index version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / _CURRENT
        self._mutex = threading.RLock()
        self._index: Any = None
        self._seen: tuple[int, ...] = ()

    def searcher(self) -> Any:
        """Return a searcher over the last commit of any process.

        Raises:
            ConflictError: the index must be made anew and another process keeps the lock.
            StorageError: the folder cannot be used.
        """
        with self._mutex, translated(self.folder):
            self._refresh(locked=False)
            return self._index.searcher()

    def index(self) -> Any:
        """Return the opened index for writing; the caller holds the write lock."""
        with self._mutex, translated(self.folder):
            self._refresh(locked=True)
            return self._index

    def close(self) -> None:
        """Let go of the files."""
        with self._mutex:
            self._index = None
            self._seen = ()

    def make_anew(self) -> None:
        """Throw away what is there and make an empty index; the caller holds the write lock.

        The old index is renamed first, so that no one ever opens half of one.
        """
        with self._mutex, translated(self.folder):
            self._index = None
            if self.path.exists() or self.path.is_symlink():
                self.path.rename(self.folder / f"{_DISCARDED}{uuid4().hex}")
            for other in [*self.folder.glob("v[0-9]*"), *self.folder.glob(f"{_DISCARDED}*")]:
                _remove(other)
            self.path.mkdir()
            tantivy.Index(schema(), str(self.path), reuse=False)

    def damaged(self) -> bool:
        """Return whether a file of the index is cut short or does not have the checksum in its footer."""
        return any(not _is_sound(path) for path in self.path.glob("*.*") if len(path.name.split(".")[0]) == 32)

    def _refresh(self, *, locked: bool) -> None:
        seen = self._signature()
        if self._index is not None and seen == self._seen:
            return
        reopened = self._index is None or seen[:2] != self._seen[:2]
        if not (seen and (self._open() if reopened else self._reload())):
            with nullcontext() if locked else WriteLock(self.folder, wait=LOCK_WAIT):
                if not self._open():
                    self.make_anew()
                    if not self._open():
                        raise ValueError("a new index cannot be opened")
                seen = self._signature()
        self._seen = seen

    def _signature(self) -> tuple[int, ...]:
        """Return what changes with every commit: the folder, and the file that lists the index's parts."""
        try:
            folder = self.path.stat()
            listed = (self.path / "meta.json").stat()
        except OSError:
            return ()
        return (folder.st_dev, folder.st_ino, listed.st_ino, listed.st_mtime_ns, listed.st_size)

    def _open(self) -> bool:
        """Open what is on disk; return False when there is nothing, or nothing that can be used."""
        self._index = None
        if not (self.path / "meta.json").is_file():
            return False
        try:
            with translated(self.folder):
                index = tantivy.Index(schema(), str(self.path), reuse=True)
                index.config_reader("manual")
                register_analyzers(index)
                index.reload()
                read_state(index.searcher())
        except StorageError:
            return False
        self._index = index
        return True

    def _reload(self) -> bool:
        try:
            with translated(self.folder):
                self._index.reload()
                read_state(self._index.searcher())
        except StorageError:
            return False
        return True


def read_state(searcher: Any) -> State:
    """Return how far the index had come at the searcher's commit.

    Raises:
        ValueError: the stored state is not readable.
    """
    found = searcher.search(tantivy.Query.term_query(schema(), "state", STATE_KEY), 1, count=False).hits
    if not found:
        return State()
    values = json.loads(searcher.doc(found[0][1]).get_first("data"))
    return State(cursor=int(values["cursor"]), source_id=str(values["source_id"]))


def state_document(state: State) -> Any:
    """Return the document that keeps the state; it has no level, so no search finds it."""
    document = tantivy.Document()
    document.add_text("state", STATE_KEY)
    document.add_bytes("data", json.dumps({"cursor": state.cursor, "source_id": state.source_id}).encode())
    return document


def _is_sound(path: Path) -> bool:
    """Check the CRC-32 that the engine writes at the end of each of its files."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return True
    if len(content) < _FOOTER.size:
        return False
    length, magic = _FOOTER.unpack(content[-_FOOTER.size :])
    end = len(content) - _FOOTER.size - length
    if magic != _FOOTER_MAGIC or end < 0:
        return False
    try:
        footer = json.loads(content[end : -_FOOTER.size])
        return bool(zlib.crc32(content[:end]) == footer["crc"])
    except (ValueError, KeyError, TypeError):
        return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
