"""The search index: one folder with a tantivy index that follows the catalogue and may be deleted at any time.

One process writes at a time (a lock on a file); any number read meanwhile. How far the index has followed the
change feed, and which catalogue it follows, is a document of the index itself, so it is committed with what it
speaks of. Everything here is derived: an index that is damaged, half deleted or of another version is thrown
away and starts at 0.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tantivy

from archive.search.folder import LOCK_WAIT, STATE_KEY, IndexFolder, State, read_state, state_document, translated
from archive.search.lock import WriteLock
from archive.search.schema import document_of, schema
from archive.search.searching import run_search
from archive.search.values import IndexEntry, SearchPage, SearchRequest
from model.errors import StorageError
from model.text import N_

WRITER_MEMORY = 48_000_000
"""Bytes of the writer's buffer; a full buffer becomes a file."""
WRITER_THREADS = 1
"""More share the buffer and use more processor time for the same entries."""
QUEUE_CHARACTERS = 10_000_000
"""Characters added before the writer is made to catch up: its queue counts entries, not their size."""
_ENTRY_OVERHEAD = 500


class IndexWriter:
    """The one writer, while the lock is held.

    Nothing is seen by anyone before `commit`, but for what exceeds `QUEUE_CHARACTERS`: that is written with the
    old state, so that after a crash the same changes are applied again, which replaces it.
    """

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder
        self._writer: Any = None
        self._dirty = False
        self._queued = 0
        self._added: set[str] = set()
        with translated(folder.folder):
            self.state = read_state(folder.index().searcher())

    def remove(self, aip_id: str) -> None:
        """Delete every entry of a package that was there or added before."""
        with translated(self._folder.folder):
            self._opened().delete_documents_by_term("aip_id", aip_id)
        self._dirty = True

    def knows(self, aip_id: str) -> bool:
        """Tell whether anything of a package is in the index, or was added before."""
        if aip_id in self._added:
            return True
        with translated(self._folder.folder):
            query = tantivy.Query.term_query(schema(), "aip_id", aip_id)
            return bool(self._folder.index().searcher().search(query, 1, count=False).hits)

    def add(self, entry: IndexEntry) -> None:
        """Add an entry."""
        self._added.add(entry.aip_id)
        document = document_of(entry)
        with translated(self._folder.folder):
            self._opened().add_document(document)
            self._queued += len(entry.text) + _ENTRY_OVERHEAD
            if self._queued > QUEUE_CHARACTERS:
                self._opened().commit()
                self._queued = 0
        self._dirty = True

    def commit(self, state: State) -> None:
        """Make everything since the last commit visible and durable, together with the state reached.

        Raises:
            StorageError: nothing of it is visible.
        """
        if not self._dirty and state == self.state:
            return
        with translated(self._folder.folder):
            writer = self._opened()
            writer.delete_documents_by_term("state", STATE_KEY)
            writer.add_document(state_document(state))
            writer.commit()
        self.state = state
        self._dirty = False
        self._queued = 0

    def start_anew(self) -> None:
        """Throw the whole index away; the state is 0 of no catalogue."""
        self.close()
        self._folder.make_anew()
        self.state = State()
        self._dirty = False

    def close(self) -> None:
        """Drop what is not committed and let merges of small parts end."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with translated(self._folder.folder):
                if self._dirty:
                    writer.rollback()
                writer.wait_merging_threads()

    def _opened(self) -> Any:
        if self._writer is None:
            self._writer = self._folder.index().writer(WRITER_MEMORY, WRITER_THREADS)
        return self._writer


class SearchIndex:
    """The search index in one folder; safe to share between threads. Use `SearchIndex.open`."""

    def __init__(self, folder: Path, source_id: str) -> None:
        self.folder = folder
        self.source_id = source_id
        self._folder = IndexFolder(folder)

    @classmethod
    def open(cls, folder: Path, *, source_id: str = "") -> Self:
        """Open the index, making it anew when it is absent, damaged, of another version or of another catalogue.

        Args:
            folder: made when it is absent.
            source_id: names the catalogue whose change feed the index follows; another one after a rebuild.

        Raises:
            StorageError: the folder cannot be used.
            ConflictError: the index must be made anew and another process keeps the lock.
        """
        index = cls(folder, source_id)
        with translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if index.is_foreign(index.state):
            with index.writing() as writer:
                if index.is_foreign(writer.state):
                    writer.start_anew()
        return index

    def is_foreign(self, state: State) -> bool:
        """Return whether a state is another catalogue's."""
        return state.source_id != self.source_id and state != State()

    def close(self) -> None:
        """Let go of the files."""
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def state(self) -> State:
        """How far the index has followed which catalogue, as last committed by any process."""
        with translated(self.folder):
            return read_state(self._folder.searcher())

    @property
    def cursor(self) -> int:
        """Last change-feed sequence applied; 0 for a new index."""
        return self.state.cursor

    def apply(self, entries: Iterable[IndexEntry], removed: Iterable[str], cursor: int) -> None:
        """Replace everything known of the packages that the new entries name, in one commit.

        Args:
            entries: new entries, streamed; entries of one package replace all its earlier ones.
            removed: identifiers of packages whose entries are deleted.
            cursor: change-feed sequence that is reached with this.

        Raises:
            ConflictError: another process kept writing.
            StorageError: disk full or unreadable; the cursor is as before.
        """
        with self.writing() as writer:
            _apply(writer, entries, removed, cursor, self.source_id)

    def try_apply(self, entries: Iterable[IndexEntry], removed: Iterable[str], cursor: int) -> None:
        """Do as `apply`, but raise ConflictError at once when another process is writing."""
        with self.writing(wait=0.0) as writer:
            _apply(writer, entries, removed, cursor, self.source_id)

    @contextmanager
    def writing(self, *, wait: float = LOCK_WAIT) -> Iterator[IndexWriter]:
        """Give the one writer; what is not committed when the block ends is dropped.

        Args:
            wait: seconds to wait for another writer.

        Raises:
            ConflictError: another writer was still busy.
        """
        with WriteLock(self.folder, wait=wait):
            writer = IndexWriter(self._folder)
            try:
                yield writer
            finally:
                writer.close()

    def discard(self) -> None:
        """Throw the index away with every word in its files; it starts at 0.

        A removed entry's words stay in the files until they are merged: after lawful destruction, this leaves none.
        """
        with WriteLock(self.folder, wait=LOCK_WAIT):
            self._folder.make_anew()

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page of what is found, with the exact total.

        Raises:
            InputError: a date of the request is not a date.
            StorageError: the index cannot be read; a damaged one was thrown away.
        """
        try:
            searcher = self._folder.searcher()
            with translated(self.folder):
                return run_search(searcher, request)
        except StorageError as error:
            if not self._folder.damaged():
                raise
            self.discard()
            raise StorageError(
                N_("The search index in {folder} was damaged and has been thrown away."),
                hint=N_("Search again: it fills from the catalogue by itself."),
                folder=self.folder,
            ) from error


def _apply(
    writer: IndexWriter, entries: Iterable[IndexEntry], removed: Iterable[str], cursor: int, source_id: str
) -> None:
    for aip_id in removed:
        writer.remove(aip_id)
    replaced: set[str] = set()
    for entry in entries:
        if entry.aip_id not in replaced:
            replaced.add(entry.aip_id)
            writer.remove(entry.aip_id)
        writer.add(entry)
    writer.commit(State(cursor=cursor, source_id=source_id))
