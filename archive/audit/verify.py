"""The audit log, verified: every copy of every segment, against its chain, its tree, the catalogue and known heads.

Who can write one store cannot match the catalogue; who can write all stores and the catalogue cannot match a head
that somebody else keeps. What was appended after the last head that somebody else keeps can be cut off unseen: no
log can show its own end.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from archive.archive import Archive
from archive.audit import findings
from archive.audit.segments import Segment, read_segment, segment_numbers
from archive.audit.values import NO_ENTRY, Action, Entry, Head, entry_hash
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.values import AuditRow
from archive.layout import AUDIT_HEADS, audit_head_key
from archive.store.protocol import Store
from model.dates import utc_text
from model.errors import ArchiveError
from model.findings import Finding, FindingLog, Outcome, ValidationReport, outcome_of
from preservation.merkle import Frontier

_PAGE = 2000
_MAX_HEAD = 4096
_UNRECORDED = 100
_GAP = 1_000_000
"""Missing entries at one place beyond which the tree is not computed any further."""


@dataclass(slots=True)
class _Walked:
    """What one copy was found to be."""

    store: str
    log: FindingLog = field(default_factory=FindingLog)
    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    """Root at each size that was asked for, and at the end."""
    entries: int = 0
    rows: int = 0
    """Entries that the catalogue knows."""


def verify_log(archive: Archive, heads: Sequence[tuple[str, Head]] = ()) -> ValidationReport:
    """Verify the audit log in every store.

    Args:
        heads: heads that were kept somewhere else, each with what to call it.
    """
    known = archive.catalogue.audit_state().size
    stored = {store.name: list(_stored_heads(store)) for store in archive.copies.stores}
    sizes = {head.size for _name, head in heads}
    sizes |= {item.size for found in stored.values() for item in found if isinstance(item, Head)}
    copies = [_Walk(archive, store, sizes, known).walk() for store in archive.copies.stores]
    log = FindingLog()
    for copy in copies:
        log.extend(copy.log)
        log.extend(_against_stored(copy, stored[copy.store], archive))
    best = next((copy for copy in copies if copy.log.outcome is Outcome.PASSED), copies[0])
    for name, head in heads:
        log.extend(_against(best, head, name, archive))
    log.extend(_against_catalogue(best, archive, known))
    for aip_id, _time in archive.catalogue.unrecorded_packages(Action.INGEST.value, _UNRECORDED):
        log.add(findings.ACT_NOT_RECORDED.at(str(aip_id)))
    if outcome_of(log) is Outcome.PASSED:
        log.add(_conclusion(best, len(copies)))
    return ValidationReport.of(archive.configuration.name, log, type="audit-log")


def _conclusion(best: _Walked, stores: int) -> Finding:
    if not best.entries:
        return findings.NOTHING_RECORDED.at()
    return findings.VERIFIED.at(size=best.size, stores=stores, root=best.roots[best.size].hex())


def _against(copy: _Walked, head: Head, name: str, archive: Archive) -> Iterator[Finding]:
    """Compare a copy with a head that was kept somewhere else."""
    if head.archive != archive.configuration.archive_id:
        yield findings.HEAD_FOREIGN.at(name, archive=head.archive)
    elif head.size > copy.size:
        yield findings.TRUNCATED.at(name, found=copy.size, witness=name, size=head.size)
    elif copy.roots.get(head.size) != head.root:
        yield findings.HEAD_DIFFERS.at(name, size=head.size)


def _against_stored(copy: _Walked, stored: Iterable[Head | str], archive: Archive) -> Iterator[Finding]:
    """Compare a copy with the heads beside it; of those that do not fit, the first is told of."""
    longest, told = copy.size, False
    for head in stored:
        if isinstance(head, str):
            yield findings.HEAD_UNREADABLE.at(f"{copy.store}:{head}")
            continue
        place = f"{copy.store}:{audit_head_key(head.size)}"
        if head.size > longest:
            longest = head.size
            yield findings.TRUNCATED.at(place, found=copy.size, witness=place, size=head.size)
        elif head.size <= copy.size and not told:
            found = list(_against(copy, head, place, archive))
            told = bool(found)
            yield from found


def _against_catalogue(copy: _Walked, archive: Archive, known: int) -> Iterator[Finding]:
    """Compare the end of a copy with the end that the catalogue knows."""
    state = archive.catalogue.audit_state()
    if copy.size < known:
        yield findings.TRUNCATED.at(copy.store, found=copy.size, witness="catalogue", size=known)
    elif state.size == copy.size and copy.roots[copy.size] != archive.audit.head().root:
        yield findings.STATE_DIFFERS.at(copy.store, store=copy.store)


def _stored_heads(store: Store) -> Iterator[Head | str]:
    """Yield the heads in a store by size; the key of an object that is none."""
    try:
        for item in store.list(AUDIT_HEADS):
            try:
                with store.open(item.key) as stream:
                    head = Head.from_json(json.loads(stream.read(_MAX_HEAD)))
            except (ValueError, RecursionError, ArchiveError):
                yield item.key
                continue
            yield head if item.key == audit_head_key(head.size) else item.key
    except ArchiveError:
        return  # the store is away: the walk over its segments says so


class _Walk:
    """One pass over the segments of one store, in bounded memory."""

    def __init__(self, archive: Archive, store: Store, sizes: set[int], known: int) -> None:
        self._store = store
        self._rows = _Rows(archive.catalogue)
        self._known = known
        self._sizes = sizes
        self._frontier = Frontier()
        self._previous: bytes | None = NO_ENTRY
        self._unread: set[int] = set()
        """Entries of the segment at hand that cannot be read, which is told of already."""
        self.found = _Walked(store=store.name)

    def walk(self) -> _Walked:
        """Read every segment."""
        log = self.found.log
        try:
            numbers = list(self._numbers())
        except ArchiveError as error:
            log.add(findings.SEGMENT_UNREADABLE.at(self._store.name, why=error.message))
            numbers = []
        for first, following in pairwise([*numbers, 0]):
            self._segment(first, following)
        self._mark()
        self.found.size = self._frontier.size
        self.found.roots[self.found.size] = self._frontier.root()
        unknown = self._frontier.size - self._known
        if unknown > 0 and not self._rows.any_after(self._known):
            place = self._store.name
            log.add(findings.NOT_TAKEN_OVER.at(place, first=self._known + 1, last=self._frontier.size))
        return self.found

    def _numbers(self) -> Iterator[int]:
        for key, first in segment_numbers(self._store):
            if first is None or first == 0:
                why = "no segment has such a name"
                self.found.log.add(findings.SEGMENT_UNREADABLE.at(f"{self._store.name}:{key}", why=why))
            else:
                yield first

    def _segment(self, first: int, following: int) -> None:
        """Verify one segment; `following` is the first entry of the next one, 0 behind the last."""
        expected = self._frontier.size + 1
        if first > expected:
            self._missing(expected, first - 1)
        try:
            segment = read_segment(self._store, first)
        except ArchiveError as error:
            self.found.log.add(findings.SEGMENT_UNREADABLE.at(f"{self._store.name}:{first:012d}", why=error.message))
            return
        place = f"{self._store.name}:{segment.key}"
        self._unread = set()
        entries = list(self._entries(segment, place))
        if not entries:
            return
        if entries[0][1].seq != first and all(b.seq == a.seq + 1 for (_, a), (_, b) in pairwise(entries)):
            self.found.log.add(findings.SEGMENT_MISPLACED.at(place, first=first, found=entries[0][1].seq))
            self._previous = None
            return
        stop = following or max(entry.seq for _line, entry in entries) + 1
        self._in_place(entries, first, stop, place)

    def _entries(self, segment: Segment, place: str) -> Iterator[tuple[bytes, Entry]]:
        """Yield the entries with their lines; a line that is none counts as the entry that should be there."""
        for number, line in enumerate(segment.lines, 1):
            try:
                yield line, Entry.from_line(line)
            except ValueError:
                seq = segment.first + number - 1
                self._unread.add(seq)
                self.found.log.add(findings.ENTRY_UNREADABLE.at(f"{place}#{seq}", line=number))

    def _in_place(self, entries: list[tuple[bytes, Entry]], first: int, stop: int, place: str) -> None:
        """Verify entries that belong between `first` and `stop`."""
        numbers = [entry.seq for _line, entry in entries]
        if any(later < earlier for earlier, later in pairwise(numbers)):
            self.found.log.add(findings.ENTRIES_REORDERED.at(place))
            self._previous = None
        for line, entry in sorted(entries, key=lambda item: item[1].seq):
            expected = self._frontier.size + 1
            if entry.seq < expected or not first <= entry.seq < stop:
                self.found.log.add(findings.ENTRY_INSERTED.at(f"{place}#{entry.seq}", seq=entry.seq))
                continue
            if entry.seq > expected:
                self._missing(expected, entry.seq - 1)
            self._entry(line, entry, f"{place}#{entry.seq}")
        if self._unread and max(self._unread) > self._frontier.size:
            self._missing(self._frontier.size + 1, max(self._unread))

    def _entry(self, line: bytes, entry: Entry, place: str) -> None:
        digest = entry_hash(line)
        row = self._rows.get(entry.seq)
        if row is not None:
            self.found.rows += 1
            if row.hash != digest:
                self.found.log.add(findings.ENTRY_CHANGED.at(place, seq=entry.seq))
            else:
                fields = _differing(row, entry)
                if fields:
                    self.found.log.add(findings.ROW_CHANGED.at(place, seq=entry.seq, fields=", ".join(fields)))
        elif entry.seq <= self._known:
            self.found.log.add(findings.ROW_MISSING.at(place, seq=entry.seq))
        if self._previous is not None and entry.previous != self._previous:
            self.found.log.add(findings.CHAIN_BROKEN.at(place, seq=entry.seq))
        self._previous = digest
        self.found.entries += 1
        self._append(digest)

    def _missing(self, first: int, last: int) -> None:
        """Note missing entries; they stand as zeros in the tree."""
        if last - first >= len(self._unread) or not self._unread.issuperset(range(first, last + 1)):
            self.found.log.add(findings.ENTRIES_REMOVED.at(self._store.name, first=first, last=last))
        self._previous = None
        for _seq in range(first, min(last, first + _GAP) + 1):
            self._append(bytes(32))

    def _append(self, digest: bytes) -> None:
        self._mark()
        self._frontier.append(digest)

    def _mark(self) -> None:
        if self._frontier.size in self._sizes:
            self.found.roots[self._frontier.size] = self._frontier.root()


class _Rows:
    """The rows of the catalogue, read in order, a page at a time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._page: dict[int, AuditRow] = {}
        self._last = 0

    def get(self, seq: int) -> AuditRow | None:
        """Return the row of an entry; numbers are asked for in rising order."""
        if seq > self._last:
            rows = self._catalogue.audit_after(seq - 1, _PAGE)
            self._page = {row.seq: row for row in rows}
            self._last = rows[-1].seq if rows else seq
        return self._page.get(seq)

    def any_after(self, seq: int) -> bool:
        """Whether there are rows behind a number by now."""
        return bool(self._catalogue.audit_after(seq, 1))


def _differing(row: AuditRow, entry: Entry) -> list[str]:
    """Return the fields of a row that do not say what the entry says."""
    act = entry.act
    said = {
        "act": (row.act, act.id),
        "time": (row.time, utc_text(act.time)),
        "actor": (row.actor, act.actor),
        "action": (row.action, act.action.value),
        "object": (row.object, act.object),
        "outcome": (row.outcome, act.outcome.value),
    }
    return [name for name, (catalogued, entered) in said.items() if catalogued != entered]
