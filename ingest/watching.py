"""Hand-over through a folder, without any network protocol: finished transfers go in, receipts come back beside them.

Convention: a submitter writes under a name that begins with `.` or ends in `.part` or `.tmp`, then renames it;
everything else directly in the folder is finished. A receipt `NAME.receipt.json` is the marker that NAME is done.
It carries the time of the newest change of what it tells of, so that a later change is told by two times alone.
Nothing that was handed in is ever changed or removed.
"""

import fcntl
import hashlib
import os
import socket
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.archive import Archive
from ingest.batch import BatchSettings, ingest_submissions, recover
from ingest.receipts import FILES_SUFFIX, SUFFIX, ReceiptStatus, ReceiptWriter, SourceMark, read_receipt
from ingest.recording import recorded
from ingest.sources.descriptor import EXTENSIONS
from ingest.sources.discovery import ARCHIVE_SUFFIXES, archive_stem, discover
from ingest.sources.guards import is_system_file
from ingest.sources.values import Limits, Submission
from ingest.stopping import Stopping
from ingest.values import IngestReport, IngestStatus
from model.errors import ArchiveError, ConfigurationError, ConflictError, InputError, PolicyError, StorageError
from model.findings import Severity, finding_kind, printable
from model.identifiers import new_uuid
from model.text import N_

LOCK = ".chauban-watch.lock"
_UNFINISHED = (".part", ".tmp")
_LONGEST_PAUSE = 600.0
"""Seconds after which a transfer that the archive could not take is tried again, at the latest."""
_FULL_LOOK = 60.0
"""Seconds between two looks at everything that has its receipt, at least."""
_FULL_LOOK_SHARE = 20
"""How many times longer than it took the next full look stays away."""
_NAME = 200
"""Bytes of a name that go into its receipt's name; the name of a file has 255 at most."""
_BESIDE = tuple(written.encode() for extension in EXTENSIONS for written in (extension, extension.upper()))
_FINAL = frozenset((InputError.exit_code, PolicyError.exit_code))
"""Exit codes of errors that lie in the transfer: it gets its receipt. Others lie in the archive: it is tried again."""
_DONE = frozenset((ReceiptStatus.ACCEPTED.value, ReceiptStatus.HELD_ALREADY.value))

NO_CASE_FILE = finding_kind(
    "watch.no-case-file",
    Severity.ERROR,
    N_("“{name}” is no case file: neither a folder nor a ZIP or TAR file."),
    remedy=N_(
        "Hand in the folder or archive of a whole case file. A message or a single document is added to a case file "
        "with `chauban casefile add`."
    ),
)
CHANGED = finding_kind(
    "watch.changed",
    Severity.WARNING,
    N_("“{name}” was changed after its receipt {receipt} had been given; it was taken as a new transfer."),
    remedy=N_("Hand in what is new under a new name, and leave what has its receipt as it is."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How a folder is watched."""

    once: bool = False
    """Take in what is there, then end."""
    interval: float = 10.0
    """Seconds between two looks at the folder."""
    settle: float = 2.0
    """Seconds for which something must not have changed before it is taken in."""


@dataclass(slots=True)
class _Taking:
    """One name of the folder while its case files are taken in."""

    name: str
    look: SourceMark
    writer: ReceiptWriter
    previous: str
    """Name of the receipt it had before it changed; empty when it had none."""
    expected: int = 0
    done: int = 0
    found: bool = False
    """Whether all its case files were found."""
    spoilt: bool = False
    """Whether it gets no receipt: it is to be tried again."""


@dataclass(slots=True)
class _Pause:
    until: float
    length: float


@dataclass(slots=True)
class _Scan:
    names: list[str] = field(default_factory=list)
    receipts: set[str] = field(default_factory=set)
    seen: int = 0
    """Time of change of the folder."""


class Watcher:
    """Watches one folder for one archive; only one watcher at a time has a folder.

    Used in a `with`, which holds the folder's lock.
    """

    def __init__(
        self, folder: Path, archive: Archive, batch: BatchSettings, settings: WatchSettings, stopping: Stopping
    ) -> None:
        self.folder = folder
        self._archive = archive
        self._batch = replace(batch, queued=1)
        self._settings = settings
        self._stopping = stopping
        self._lock = -1
        self._settled: set[str] = set()
        """Names that have their receipt."""
        self._waiting: dict[str, tuple[str, float]] = {}
        """Names that were still changing: how they looked, and since when."""
        self._pauses: dict[str, _Pause] = {}
        self._takings: dict[str, deque[_Taking]] = {}
        """By the name of a submission."""
        self._own: deque[IngestReport] = deque()
        """Reports of what never became a transfer."""
        self._problems: deque[ArchiveError] = deque()
        self._next_full = 0.0
        self._seen = 0
        """Time of change of the folder when everything in it had been looked at."""

    def __enter__(self) -> "Watcher":
        if not self.folder.is_dir():
            raise InputError(
                N_("{path} is no folder."), hint=N_("Name the folder to be watched."), path=printable(str(self.folder))
            )
        _check_apart(self.folder, self._archive.folder)
        self._lock = _locked(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def waits(self) -> bool:
        """Whether something in the folder was still being written at the last look."""
        return bool(self._waiting)

    def problems(self) -> Iterator[ArchiveError]:
        """Yield, once, what kept the last round from finishing something."""
        while self._problems:
            yield self._problems.popleft()

    def round(self) -> Iterator[IngestReport]:
        """Take in what is finished now; yield what became of each case file, its name's receipt being durable.

        Raises:
            ConflictError: somebody else watches the folder now.
            ArchiveError: the archive cannot be used; what has no receipt is taken in later.
        """
        scan = self._scan()
        if not scan.names:
            return
        self._seen = 0  # until the end is reached, the next round must look again
        try:
            yield from recorded(recover(self._archive), self._archive)
            for report in ingest_submissions(self._submissions(scan), self._archive, self._batch):
                self._note(report)
                yield report
                yield from self._own_reports()
        finally:
            for waiting in self._takings.values():
                for taking in waiting:
                    taking.writer.drop()
            self._takings.clear()
        yield from self._own_reports()
        self._seen = scan.seen

    def pause(self) -> bool:
        """Wait until it is time for the next round; tell whether the run shall end."""
        waits = self._settings.settle if self._waiting else self._settings.interval
        return self._stopping.wait(min(self._settings.interval, max(0.05, waits)))

    def _own_reports(self) -> Iterator[IngestReport]:
        while self._own:
            yield self._own.popleft()

    def _scan(self) -> _Scan:
        """Return the names that are to be looked at, and the receipts that are there."""
        self._keep_lock()
        started = time.monotonic()
        full = started >= self._next_full
        seen = self.folder.stat().st_mtime_ns
        if not full and not self._waiting and not self._pauses and seen == self._seen:
            return _Scan()
        scan = self._listed(full)
        self._seen = scan.seen = seen
        if full:
            self._settled.clear()
            self._waiting.clear()
        scan.names = sorted(name for name in scan.names if self._is_due(name, scan))
        if full:
            took = time.monotonic() - started
            self._next_full = time.monotonic() + max(_FULL_LOOK, _FULL_LOOK_SHARE * took)
        return scan

    def _listed(self, full: bool) -> _Scan:
        scan = _Scan()
        try:
            with os.scandir(self.folder) as items:
                for item in items:
                    name = item.name
                    if name.endswith(SUFFIX):
                        scan.receipts.add(name)
                    elif (full or name not in self._settled) and is_finished_name(name):
                        scan.names.append(name)
        except OSError as error:
            raise _unusable(self.folder, error) from error
        return scan

    def _is_due(self, name: str, scan: _Scan) -> bool:
        """Tell whether a name has no receipt, or was changed after it."""
        receipt = self._newest_receipt(name, scan)
        if receipt is not None and not self._changed_since(name, self.folder / receipt):
            self._settled.add(name)
            return False
        pause = self._pauses.get(name)
        return pause is None or time.monotonic() >= pause.until

    def _newest_receipt(self, name: str, scan: _Scan) -> str | None:
        """Return the newest receipt of a name; what another name's receipts are called is known by what they say."""
        newest = None
        number = 1
        while (called := receipt_name(name, number)) in scan.receipts:
            if not _may_be_anothers(name, number, scan) or _is_of(self.folder / called, name):
                newest = called
            number += 1
        return newest

    def _changed_since(self, name: str, receipt: Path) -> bool:
        look = look_at(self.folder / name)
        if look is None:
            return False
        try:
            if look.newest <= receipt.stat().st_mtime_ns:
                return False
        except OSError:
            return True
        said = read_receipt(receipt) or {}
        same = (said.get("seen") or {}).get("sha256") == look.digest
        return not (same and said.get("status") in _DONE)

    def _submissions(self, scan: _Scan) -> Iterator[Submission]:
        """Yield the case files of every name that is finished, until somebody asks the run to end."""
        for name in scan.names:
            if self._stopping.asked():
                return
            look = look_at(self.folder / name)
            if look is None:  # it is gone again
                self._waiting.pop(name, None)
                continue
            if not self._is_still(name, look):
                continue
            yield from self._of(self._begin(name, look, scan))

    def _is_still(self, name: str, look: SourceMark) -> bool:
        """Tell whether something has not changed for a while, by the folder's own clock or by two looks."""
        settle = self._settings.settle
        held = self._waiting.get(name)
        now = time.monotonic()
        digest = f"{look.newest} {look.digest}"
        if settle <= 0 or self._clock() - look.newest >= settle * 1e9:
            still = True
        else:
            still = held is not None and held[0] == digest and now - held[1] >= settle
        if still:
            self._waiting.pop(name, None)
        elif held is None or held[0] != digest:
            self._waiting[name] = (digest, now)
        return still

    def _clock(self) -> int:
        """Return the time of the folder's file system, which may be another machine's."""
        os.utime(self._lock)
        return os.fstat(self._lock).st_mtime_ns

    def _begin(self, name: str, look: SourceMark, scan: _Scan) -> _Taking:
        number = 1
        while (called := receipt_name(name, number)) in scan.receipts:
            number += 1
        scan.receipts.add(called)
        writer = ReceiptWriter(self._archive, self.folder / called, source=name, mark=look)
        return _Taking(name, look, writer, self._newest_receipt(name, scan) or "" if number > 1 else "")

    def _of(self, taking: _Taking) -> Iterator[Submission]:
        path = self.folder / taking.name
        try:
            if not _holds_case_files(path):
                if _describes_an_archive(path):
                    self._settled.add(taking.name)
                    return
                self._own_report(taking, IngestStatus.REFUSED)
            else:
                for submission in discover([path], Limits()):
                    taking.expected += 1
                    self._takings.setdefault(submission.name, deque()).append(taking)
                    yield submission
        except InputError as error:
            self._own_report(taking, IngestStatus.FAILED, error)
        taking.found = True
        self._finish_if_done(taking)

    def _own_report(self, taking: _Taking, status: IngestStatus, error: InputError | None = None) -> None:
        report = IngestReport(
            transfer_id=new_uuid(self._archive.clock.now()),
            source=printable(str(self.folder / taking.name)),
            status=status,
            reason=str(error) if error else NO_CASE_FILE.code,
            findings=() if error else (NO_CASE_FILE.at(taking.name, name=taking.name),),
            exit_code=error.exit_code if error else 0,
        )
        taking.expected += 1
        self._own.append(report)
        self._add(taking, report)

    def _note(self, report: IngestReport) -> None:
        """Write what became of a case file into the receipt of its name, unless it is to be tried again."""
        waiting = self._takings.get(report.source)
        if not waiting:
            return  # what an earlier run had begun; its name is still taken in again, and gets its receipt then
        taking = waiting.popleft()
        if not waiting:
            del self._takings[report.source]
        self._add(taking, report)
        self._finish_if_done(taking)

    def _add(self, taking: _Taking, report: IngestReport) -> None:
        taking.done += 1
        if report.status is IngestStatus.FAILED and report.exit_code not in _FINAL:
            taking.spoilt = True
        if taking.previous:
            changed = CHANGED.at(taking.name, name=taking.name, receipt=taking.previous)
            report = replace(report, findings=(changed, *report.findings))
        if not taking.spoilt:
            self._guarded(taking, lambda: taking.writer.add(report))

    def _finish_if_done(self, taking: _Taking) -> None:
        if not taking.found or taking.done < taking.expected:
            return
        if not taking.spoilt and taking.done:
            self._guarded(taking, lambda: self._finish(taking))
        taking.writer.drop()
        if taking.spoilt:
            pause = self._pauses.get(taking.name)
            length = min(_LONGEST_PAUSE, pause.length * 2 if pause else self._settings.interval)
            self._pauses[taking.name] = _Pause(time.monotonic() + length, length)

    def _finish(self, taking: _Taking) -> None:
        taking.writer.finish()
        self._settled.add(taking.name)
        self._pauses.pop(taking.name, None)

    def _guarded(self, taking: _Taking, act: Callable[[], object]) -> None:
        """Write at a receipt; where that fails the name is tried again later, and nobody else is kept waiting."""
        try:
            act()
        except ArchiveError as error:
            taking.spoilt = True
            self._problems.append(error)

    def _keep_lock(self) -> None:
        """See that the lock is still the folder's: it may have been mounted anew, or emptied."""
        try:
            there = (self.folder / LOCK).stat()
        except FileNotFoundError:
            there = None
        except OSError as error:
            raise _unusable(self.folder, error) from error
        if there is None or not os.path.samestat(there, os.fstat(self._lock)):
            new = _locked(self.folder)
            os.close(self._lock)
            self._lock = new


def is_finished_name(name: str) -> bool:
    """Tell whether a name in the folder is one of something finished, and not of a receipt or of the system."""
    lowered = name.lower()
    if name.startswith(".") or lowered.endswith(_UNFINISHED) or lowered.endswith((SUFFIX, FILES_SUFFIX)):
        return False
    return not is_system_file(os.fsencode(name)) and name != "__MACOSX"


def receipt_name(name: str, number: int = 1) -> str:
    """Return what the receipt of a name is called; a very long name is cut, and told from others by its digest."""
    written = os.fsencode(name)
    if len(written) > _NAME:
        cut = written[:_NAME].decode("utf-8", "ignore")
        name = f"{cut}~{hashlib.sha256(written).hexdigest()[:12]}"
    return f"{name}.{number}{SUFFIX}" if number > 1 else f"{name}{SUFFIX}"


def look_at(path: Path) -> SourceMark | None:
    """Return what a place and a description beside it look like; none when it is gone."""
    try:
        facts = path.lstat()
    except OSError:
        return None
    state = hashlib.sha256()
    tally = [0, 0, 0]
    _count(state, tally, b"", facts)
    if stat.S_ISDIR(facts.st_mode):
        _look_below(os.fsencode(path), b"", state, tally, Limits())
    if stem := archive_stem(path.name):
        _look_beside(os.fsencode(path.parent) + b"/" + os.fsencode(stem), state, tally)
    newest, files, size = tally
    return SourceMark(files=files, size=size, digest=state.hexdigest(), newest=newest)


def _look_below(folder: bytes, prefix: bytes, state: "hashlib._Hash", tally: list[int], limits: Limits) -> None:
    """Add what lies in a folder, up to the limits beyond which it is refused anyway."""
    if prefix.count(b"/") > limits.depth:
        return
    try:
        with os.scandir(folder) as found:
            items = sorted(found, key=lambda item: item.name)
    except OSError as error:
        state.update(b"?%d" % (error.errno or 0))
        return
    for item in items:
        if tally[1] > limits.entries:
            return
        name = prefix + item.name
        try:
            facts = item.stat(follow_symlinks=False)
        except OSError:
            continue
        _count(state, tally, name, facts)
        if stat.S_ISDIR(facts.st_mode):
            _look_below(item.path, name + b"/", state, tally, limits)


def _look_beside(stem: bytes, state: "hashlib._Hash", tally: list[int]) -> None:
    """Add a description that lies beside an archive."""
    for ending in _BESIDE:
        try:
            facts = os.stat(stem + ending, follow_symlinks=False)  # noqa: PTH116  # a Path each is slow
        except OSError:
            continue
        _count(state, tally, ending, facts)


def _count(state: "hashlib._Hash", tally: list[int], name: bytes, facts: os.stat_result) -> None:
    tally[0] = max(tally[0], facts.st_ctime_ns)
    if not stat.S_ISDIR(facts.st_mode):
        tally[1] += 1
        tally[2] += facts.st_size
        state.update(b"%s\0%d %d\n" % (name, facts.st_size, facts.st_mtime_ns))
    else:
        state.update(name + b"/\n")


def _holds_case_files(path: Path) -> bool:
    """Tell whether a place may hold case files: a folder or an archive file itself, never a link to one."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and bool(archive_stem(path.name)))


def _describes_an_archive(path: Path) -> bool:
    """Tell whether a file is the description of an archive beside it."""
    if path.suffix.lower() not in EXTENSIONS:
        return False
    endings = (written for suffix in ARCHIVE_SUFFIXES for written in (suffix, suffix.upper()))
    return any(path.with_name(path.stem + ending).is_file() for ending in endings)


def _may_be_anothers(name: str, number: int, scan: _Scan) -> bool:
    """Tell whether a receipt so called may be of another name: `A.2` and the second receipt of `A` look alike."""
    if number > 1:
        return True
    stem, dot, last = name.rpartition(".")
    return bool(dot) and last.isdecimal() and receipt_name(stem) in scan.receipts


def _is_of(receipt: Path, name: str) -> bool:
    said = read_receipt(receipt)
    return said is not None and said.get("source") == printable(name)


def _check_apart(folder: Path, archive: Path) -> None:
    """See that neither the archive lies in the watched folder nor the folder in the archive."""
    watched, held = folder.resolve(), archive.resolve()
    if watched == held or watched in held.parents or held in watched.parents:
        raise ConfigurationError(
            N_("The watched folder {path} and the archive {archive} lie one in the other."),
            hint=N_("Watch a folder that is outside the archive."),
            path=printable(str(folder)),
            archive=printable(str(archive)),
        )


def _locked(folder: Path) -> int:
    """Return the lock of a watched folder, in which stands who has it.

    Raises:
        ConflictError: another process watches the folder.
        StorageError: the folder cannot be written.
    """
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(lock, 200, 0).decode("utf-8", "replace").strip()
        os.close(lock)
        raise ConflictError(
            N_("{path} is being watched already, by {owner}."),
            hint=N_("One watcher is enough; end the other one first to watch with this one."),
            path=printable(str(folder)),
            owner=printable(owner) or "?",
        ) from error
    with suppress(OSError):  # a full disk: the lock holds without its owner's name
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{socket.gethostname()}:{os.getpid()}\n".encode(), 0)
    _remove_unfinished(folder)
    return lock


def _remove_unfinished(folder: Path) -> None:
    """Remove receipts that a killed watcher left half written."""
    with suppress(OSError), os.scandir(folder) as items:
        for item in items:
            inside = (SUFFIX + "." in item.name) or (FILES_SUFFIX + "." in item.name)
            if item.name.startswith(".") and item.name.endswith(".part") and inside:
                Path(item.path).unlink()


def _unusable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("The watched folder {path} cannot be used: {why}."),
        hint=N_("See that it is there, can be written by the archive, and has room for receipts."),
        path=printable(str(folder)),
        why=error.strerror or type(error).__name__,
    )


@contextmanager
def watching(
    folder: Path, archive: Archive, batch: BatchSettings, settings: WatchSettings
) -> Iterator[tuple[Watcher, Stopping]]:
    """Give a watcher that has the folder's lock, and what tells when to end.

    Raises:
        ConflictError: another process watches the folder.
        ConfigurationError, InputError, StorageError: the folder cannot be watched.
    """
    with Stopping() as stopping, Watcher(folder, archive, batch, settings, stopping) as watcher:
        yield watcher, stopping
