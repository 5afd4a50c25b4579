"""The audit log, written: every act on the archive is one entry of a hash-chained Merkle log.

An act is noted in the archive's folder as soon as it is done, and entered when the log is flushed: under a lock
that one process holds at a time, the noted acts become a segment in every store, then rows of the catalogue, and
only then are the notes removed. Whatever is killed in between, the next flush ends: a segment that the catalogue
does not know yet is taken over as it is, and an act that is entered already is not entered again.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from archive.audit.segments import ENTRIES, Readable, Segment, read_segment, segment_content, segment_numbers
from archive.audit.values import Act, Entry, Head, configuration_act, entry_hash
from archive.catalogue.audit import AuditAppending
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.values import AuditRow, AuditState
from archive.configuration import CONFIG_NAME, Configuration
from archive.durable import sync_folder
from archive.layout import audit_head_key, audit_segment_key
from archive.store.copies import CopySet
from model.dates import utc_text
from model.errors import ArchiveError, ExternalServiceError, IntegrityError, NotFoundError, StorageError
from model.ports import Clock
from model.text import N_
from preservation.merkle import Frontier

NOTES = "acts"
"""Folder of the acts that are not entered yet."""
_PREFIX = "act-"
_GAP = 1_000_000
"""Entries missing at one place that a rebuild goes on after."""


class AuditLog:
    """The audit log of one archive."""

    def __init__(
        self, *, catalogue: Catalogue, copies: CopySet, clock: Clock, folder: Path, configuration: Configuration
    ) -> None:
        """Name what it is kept in.

        Args:
            folder: of the archive; noted acts wait in it.
            configuration: what is in force; when another one was in force at the last entry, that is entered too.
        """
        self._catalogue = catalogue
        self._copies = copies
        self._notes = folder / NOTES
        self._archive_id = configuration.archive_id
        self._folder = folder
        self._clock = clock
        self._written = False

    def note(self, act: Act, *, durably: bool = False) -> None:
        """Write an act down in the archive's folder: from here on only a power cut can lose it, if not `durably`.

        Raises:
            StorageError: the folder cannot be written.
        """
        content = json.dumps(act.to_json()).encode()
        path = self._notes / f"{_PREFIX}{time.time_ns():020d}-{act.id}.json"
        try:
            try:
                _write(path, content, durably=durably)
            except FileNotFoundError:
                self._notes.mkdir(exist_ok=True)
                _write(path, content, durably=durably)
        except OSError as error:
            raise StorageError(
                N_("The act cannot be noted for the audit log: {why}."),
                hint=N_("Free some space or check the disk, then run the same command again."),
                why=error.strerror or error,
            ) from error

    def record(self, act: Act) -> None:
        """Enter an act: it is in every store and in the catalogue when this returns.

        Raises:
            StorageError: a store cannot be written; the act stays noted, and is entered by the next flush.
            IntegrityError: the log in the stores is not the one the catalogue knows.
        """
        self.note(act, durably=True)
        self.flush()

    def flush(self) -> int:
        """Enter every act that is noted; return how many were entered.

        Raises:
            StorageError, IntegrityError: as `record`.
        """
        if not self._noted():
            return 0
        entered = 0
        with self._catalogue.audit_appending() as end:
            self._take_over(end)
            acts, paths = _acts(self._noted())
            known = end.known(acts)
            fresh = [act for identifier, act in acts.items() if identifier not in known]
            fresh = [*self._changed_configuration(end, fresh), *fresh]
            for start in range(0, len(fresh), ENTRIES):
                self._append(end, fresh[start : start + ENTRIES])
            entered = len(fresh)
        for path in paths:
            path.unlink(missing_ok=True)
        self._written = self._written or entered > 0
        return entered

    def head(self) -> Head:
        """Return the head of the log as the catalogue knows it."""
        return head_of(self._archive_id, self._catalogue.audit_state())

    def close(self) -> None:
        """Enter what is noted, if not now then later, and keep the head in the stores if anything was entered.

        Raises:
            StorageError: the head cannot be written.
            IntegrityError: as `record`.
        """
        with suppress(ExternalServiceError):  # who had to know that an act is entered has flushed, and was told
            self.flush()
        if self._written:
            head = self.head()
            self._copies.put(audit_head_key(head.size), head.content)
            self._written = False

    def restore(self) -> list[tuple[str, str]]:
        """Bring the rows of the catalogue back from the stores; return the segments with a problem, and which."""
        problems: list[tuple[str, str]] = []
        with self._catalogue.audit_appending() as end:
            end.clear()
            for first in self._segment_numbers(problems):
                problem = self._restore(end, first)
                if problem:
                    problems.append((audit_segment_key(first), problem))
        return problems

    def _noted(self) -> list[Path]:
        return sorted(self._notes.glob(f"{_PREFIX}*.json"))

    def _append(self, end: AuditAppending, acts: Iterable[Act]) -> None:
        """Write one segment, the stores first."""
        entries, previous, seq = [], end.state.last, end.state.size
        for act in acts:
            seq += 1
            entries.append(Entry.following(seq, act, previous))
            previous = entry_hash(entries[-1].line)
        self._copies.put(audit_segment_key(entries[0].seq), segment_content(entries))
        add_entries(end, entries)

    def _changed_configuration(self, end: AuditAppending, acts: list[Act]) -> list[Act]:
        """Return the act that chauban.toml was changed since the last entry, before those that are entered now."""
        try:
            digest = hashlib.sha256((self._folder / CONFIG_NAME).read_bytes()).hexdigest()
        except OSError:
            return []
        known = end.configuration()
        if not acts or known == digest:
            return []
        end.put_configuration(digest)
        return [configuration_act(self._clock.now(), acts[0], digest)] if known else []

    def _take_over(self, end: AuditAppending) -> None:
        """Bring into the catalogue what a killed process had written to a store, and into every store.

        Raises:
            IntegrityError: what lies there does not continue the log.
        """
        while True:
            key = audit_segment_key(end.state.size + 1)
            if self._copies.stat(key) is None:
                return
            segment = read_segment(self._copies, end.state.size + 1)
            try:
                entries = _continuing(segment, end.state)
            except ValueError as exc:
                raise _not_continuing(key) from exc
            if end.known(entry.act.id for entry in entries):
                raise _not_continuing(key)
            self._copies.put(key, segment_content(entries))
            add_entries(end, entries)
            self._written = True

    def _segment_numbers(self, problems: list[tuple[str, str]]) -> Iterator[int]:
        """Yield the number of each segment's first entry."""
        for key, first in segment_numbers(self._copies):
            if first is None:
                problems.append((key, N_("is no segment of the audit log")))
            else:
                yield first

    def _restore(self, end: AuditAppending, first: int) -> str:
        """Enter one segment again, from the first copy that continues the log; else what can be read of it."""
        readable: list[Entry] = []
        for store in self._copies.stores:
            try:
                segment = read_segment(store, first)
                add_entries(end, _continuing(segment, end.state))
            except NotFoundError:
                continue
            except (ValueError, ArchiveError):
                readable = readable or _readable(store, first)
            else:
                return ""
        add_entries(end, _usable(readable, end))
        return N_("does not continue the log")


def add_entries(end: AuditAppending, entries: list[Entry]) -> None:
    """Add entries of one segment to the catalogue; a gap before one stands as zeros in the tree."""
    if not entries:
        return
    state = end.state
    frontier = Frontier(state.size, state.peaks)
    rows, last = [], state.last
    for entry in entries:
        frontier.extend(bytes(32) for _missing in range(entry.seq - frontier.size - 1))
        last = entry_hash(entry.line)
        frontier.append(last)
        rows.append(_row(entry, last, segment=entries[0].seq))
    after = AuditState(size=frontier.size, last=last, time=rows[-1].time, peaks=frontier.peaks)
    end.add(rows, after)


def head_of(archive_id: UUID, state: AuditState) -> Head:
    """Return the head of a log that ends so."""
    root = Frontier(state.size, state.peaks).root()
    return Head(archive=archive_id, size=state.size, root=root, time=state.time)


def _row(entry: Entry, digest: bytes, *, segment: int) -> AuditRow:
    act = entry.act
    return AuditRow(
        seq=entry.seq,
        act=act.id,
        time=utc_text(act.time),
        actor=act.actor,
        action=act.action.value,
        object=act.object,
        outcome=act.outcome.value,
        hash=digest,
        segment=segment,
    )


def _continuing(segment: Segment, state: AuditState) -> list[Entry]:
    """Return the entries of a segment that continues a log that ends so.

    Raises:
        ValueError: it does not.
    """
    entries = segment.entries()
    previous = state.last
    for seq, (line, entry) in enumerate(zip(segment.lines, entries, strict=True), state.size + 1):
        if entry.seq != seq or entry.previous != previous:
            raise ValueError("the chain is broken")
        previous = entry_hash(line)
    return entries


def _usable(readable: list[Entry], end: AuditAppending) -> list[Entry]:
    """Return those entries that rows can be made of: each number and each act once, in order, no wild number."""
    usable: list[Entry] = []
    known = end.known({entry.act.id for entry in readable})
    last = end.state.size
    for entry in readable:
        if last < entry.seq <= last + _GAP and entry.act.id not in known:
            usable.append(entry)
            known.add(entry.act.id)
            last = entry.seq
    return usable


def _readable(store: Readable, first: int) -> list[Entry]:
    """Return the entries of a segment that can be read."""
    found: list[Entry] = []
    with suppress(ArchiveError):
        for line in read_segment(store, first).lines:
            with suppress(ValueError):
                found.append(Entry.from_line(line))
    return found


def _acts(paths: Iterable[Path]) -> tuple[dict[UUID, Act], list[Path]]:
    """Return the noted acts by their identifiers, in the order of the notes, and the notes that are done with.

    What a power cut left of a note is done with; a note of a newer program waits for it.
    """
    acts: dict[UUID, Act] = {}
    done = []
    for path in paths:
        try:
            data = json.loads(path.read_bytes())
        except FileNotFoundError:
            continue  # another process was faster
        except ValueError:
            done.append(path)
            continue
        with suppress(ValueError, KeyError, TypeError):
            act = Act.from_json(data)
            acts.setdefault(act.id, act)
            done.append(path)
    return acts, done


def _write(path: Path, content: bytes, *, durably: bool) -> None:
    """Write a note so that nobody sees half of it."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(content)
        if durably:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
    if durably:
        sync_folder(path.parent)


def _not_continuing(key: str) -> IntegrityError:
    return IntegrityError(
        N_("{key} in the store does not continue the audit log that the catalogue knows."),
        hint=N_("Nothing was entered. See what was changed with `chauban audit verify`, and who could do it."),
        key=key,
    )
