"""Following the catalogue's change feed until the index is level with it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from uuid import UUID

from archive.catalogue.values import Change
from archive.search.folder import LOCK_WAIT, State
from archive.search.index import IndexWriter, SearchIndex
from archive.search.values import IndexEntry
from model.errors import NotFoundError

Changes = Callable[[int, int], list[Change]]
"""(after sequence, at most) -> the next changes, oldest first."""
Load = Callable[[UUID, int], Iterable[IndexEntry]]
"""(package, version) -> its entries, streamed; raises NotFoundError when the catalogue has no such package any more."""

REMOVE = "remove"
"""Action of a change that says that a package is gone."""
_PAGE = 500
_HELD = 200
"""Entries of a package that are held before it counts as large: larger ones are streamed in a commit of their own."""
_TEXT_BUDGET = 8_000_000
"""Characters of text in one commit."""


def follow(
    index: SearchIndex,
    changes: Changes,
    load: Load,
    *,
    batch: int = 5_000,
    wait: float = LOCK_WAIT,
) -> int:
    """Apply the change feed until the index is level with it.

    May be killed at any point and run again; several processes may follow at once, each batch is one process's.
    An index that followed another catalogue, or is ahead of this one, starts anew.

    Args:
        batch: entries after which a commit is made.
        wait: seconds to wait for another process that is writing.

    Returns:
        The number of changes applied by this call.

    Raises:
        ConflictError: another process kept writing.
        StorageError: the index cannot be written.
        ArchiveError: what `load` raised; everything before that package is in the index.
    """
    applied = 0
    while not _is_level(index, index.state, changes):
        with index.writing(wait=wait) as writer:
            if _is_ahead(index, writer.state, changes):
                writer.start_anew()
            applied += _Batch(writer, load, index.source_id, batch).run(changes)
    return applied


def _is_level(index: SearchIndex, state: State, changes: Changes) -> bool:
    return not _is_ahead(index, state, changes) and not changes(state.cursor, 1)


def _is_ahead(index: SearchIndex, state: State, changes: Changes) -> bool:
    """Return whether the index followed another catalogue, or one that had come further."""
    return index.is_foreign(state) or (state.cursor > 0 and not changes(state.cursor - 1, 1))


class _Batch:
    """The changes of one commit."""

    def __init__(self, writer: IndexWriter, load: Load, source_id: str, budget: int) -> None:
        self.writer = writer
        self.load = load
        self.source_id = source_id
        self.entries_left = budget
        self.text_left = _TEXT_BUDGET
        self.reached = writer.state.cursor
        self.applied = 0
        self.whole = True

    def run(self, changes: Changes) -> int:
        """Apply changes until the budget is spent or none is left; commit; return their number."""
        try:
            while self.entries_left > 0 and self.text_left > 0:
                page = changes(self.reached, _PAGE)
                if not page:
                    break
                self.apply(page)
        finally:
            # Also after an error: what is complete is kept, and the next run starts behind it.
            if self.whole:
                self.commit()
        return self.applied

    def apply(self, page: list[Change]) -> None:
        last = {change.aip_id: change.sequence for change in page}
        for change in page:
            if self.entries_left <= 0 or self.text_left <= 0:
                return
            if change.action == REMOVE and self.writer.knows(str(change.aip_id)):
                self.forget_all()
                return
            if last[change.aip_id] == change.sequence:
                self.take(change)
            self.reached = change.sequence
            self.applied += 1

    def take(self, change: Change) -> None:
        """Replace the entries of one package; nothing of it is written before its first entries were loaded."""
        entries = self.entries(change)
        held = list(islice(entries, _HELD))
        if len(held) == _HELD:
            self.commit()
        self.whole = False
        self.writer.remove(str(change.aip_id))
        self.entries_left -= 1
        for entry in chain(held, entries):
            self.writer.add(entry)
            self.entries_left -= 1
            self.text_left -= len(entry.text)
        self.whole = True

    def forget_all(self) -> None:
        """Start anew after a lawful destruction: words of a removed entry stay in the files until they are merged."""
        self.writer.start_anew()
        self.reached, self.entries_left, self.whole = 0, 0, False

    def entries(self, change: Change) -> Iterator[IndexEntry]:
        if change.action == REMOVE:
            return
        try:
            yield from self.load(change.aip_id, change.version)
        except NotFoundError:
            return

    def commit(self) -> None:
        self.writer.commit(State(cursor=self.reached, source_id=self.source_id))
