"""Examination of files that strangers made, in a worker process that can be killed.

An `Examiner` owns one worker. It hands it files in batches, watches its time and memory, and when a file
hangs, crashes or eats memory, kills and replaces it: that file alone gets an undecided finding.
"""

import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from formats import findings as kinds
from formats.aliases import AliasFolder
from formats.tools import tool_versions
from model.errors import ConfigurationError
from model.findings import Finding
from model.formats import UNKNOWN_PUID, FormatFacts, FormatIdentification, ValidatorRun
from model.text import N_
from model.worker import frames
from model.worker.process import WorkerProcess

__all__ = ["ExamineItem", "ExamineLimits", "Examiner", "tool_versions"]

_POLL = 0.2
_WHY_NO_TEXT = {
    kinds.TIMEOUT.code: N_("it took too long"),
    kinds.MEMORY.code: N_("it needed too much memory"),
    kinds.CRASHED.code: N_("the program that examines files broke off"),
}
_STARTS_WITHOUT_RESULT = 4


_MANY = 5_000
"""A worker that served so many files in one go has grown; it is let go, and the next files get a fresh one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineItem:
    """One file to examine."""

    path: Path
    """Where its bytes are; read only."""
    name: str
    """The name its maker gave it: location of findings, and the extension compared with the content."""
    links: bool = True
    """Whether a symbolic link is followed; if not, it is a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineLimits:
    """What one file may cost."""

    seconds: float = 30.0
    """Wall time of each step of a small file."""
    bytes_per_second: int = 2 << 20
    """A large file gets one more second for each of these."""
    memory: int = 1536 << 20
    """Bytes of private memory of the worker."""
    text_characters: int = 1_000_000
    """Characters of text taken for the search."""
    batch_files: int = 64
    batch_bytes: int = 256 << 20


@dataclass(slots=True)
class _Job:
    """One file on its way through the worker."""

    number: int
    item: ExamineItem
    size: int
    steps: int
    """Highest step to be made."""
    sent: bool = False
    findings: list[Finding] = field(default_factory=list)
    validators: list[ValidatorRun] = field(default_factory=list)
    facts: FormatFacts | None = None
    """Set when the worker is not to be asked again."""


class Examiner:
    """Examines files in one worker process; a context manager. Not to be shared between threads.

    Args:
        text: also extract text for the search.
        validate: also check that the files are well-formed.
        limits: what one file may cost.
    """

    def __init__(self, *, text: bool = True, validate: bool = True, limits: ExamineLimits | None = None) -> None:
        self._limits = limits or ExamineLimits()
        self._steps = frames.STEP_TEXT if text else frames.STEP_VALIDATE if validate else frames.STEP_IDENTIFY
        self._options = {
            "validate": validate,
            "memory": self._limits.memory,
            "text_characters": self._limits.text_characters,
        }
        self._worker: WorkerProcess | None = None
        self._aliases: AliasFolder | None = None
        self._flight: deque[_Job] = deque()
        self._batches: deque[int] = deque()
        self._careful = 0
        self._fruitless = 0
        self._number = 0
        self._late: str | None = None
        self._release = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
        if self._aliases is not None:
            self._aliases.close()
            self._aliases = None
        self._flight.clear()
        self._batches.clear()

    @property
    def signature_release(self) -> str:
        """Siegfried's version and signature files; starts the worker when it never ran."""
        if not self._release:
            path = Path(__file__)
            for _facts in self.examine([ExamineItem(path=path, name=path.name)]):
                pass
        return self._release

    def examine(self, items: Iterable[ExamineItem]) -> Iterator[FormatFacts]:
        """Yield the facts of each file, in the order given; items are taken as they are needed.

        Raises:
            ConfigurationError: the worker cannot be started.
        """
        if self._flight:
            raise RuntimeError("one examination at a time")
        source, first = iter(items), self._number
        try:
            while True:
                self._send(source)
                if not self._flight:
                    return
                yield self._next()
        finally:
            if self._flight or self._number - first > _MANY:
                self.close()

    # -- sending

    def _send(self, source: Iterator[ExamineItem]) -> None:
        """Keep two batches in the worker's hands: one at work, one waiting."""
        while len(self._batches) < 2:
            batch = self._batch(source)
            if not batch:
                return
            worker = self._running()
            worker.queue(
                frames.encode({"items": [[job.number, str(job.item.path), job.item.name, job.steps] for job in batch]})
            )
            for job in batch:
                job.sent = True
            self._batches.append(batch[-1].number)

    def _batch(self, source: Iterator[ExamineItem]) -> list[_Job]:
        """Take what is to be sent again, then new items, up to the size of a batch."""
        size = 1 if self._careful else self._limits.batch_files
        batch = [job for job in self._flight if not job.sent and job.facts is None][:size]
        total = sum(job.size for job in batch)
        if self._careful:
            self._careful -= len(batch)
            if batch:
                return batch
            self._careful = 0
        while len(batch) < size and total < self._limits.batch_bytes:
            item = next(source, None)
            if item is None:
                break
            job = self._job(item)
            self._flight.append(job)
            if job.facts is None:
                batch.append(job)
                total += job.size
        return batch

    def _job(self, item: ExamineItem) -> _Job:
        self._number += 1
        job = _Job(number=self._number, item=item, size=0, steps=self._steps)
        try:
            status = item.path.stat(follow_symlinks=item.links)
            job.size = status.st_size
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            job.facts = _without_worker(kinds.UNREADABLE.at(item.name, why=why))
        else:
            if not stat.S_ISREG(status.st_mode):
                job.facts = _without_worker(kinds.NOT_A_FILE.at(item.name))
        return job

    # -- receiving

    def _next(self) -> FormatFacts:
        """Return the facts of the file that is first in flight."""
        while True:
            job = self._flight[0]
            if job.facts is not None:
                self._flight.popleft()
                return job.facts
            message = self._receive()
            if message is None:
                continue
            if message["number"] != job.number:
                raise RuntimeError("worker answered out of turn")
            self._flight.popleft()
            while self._batches and self._batches[0] <= job.number:
                self._batches.popleft()
            self._fruitless = 0
            facts = _facts(message, job)
            self._release = self._release or facts.identification.signature_release
            return facts

    def _receive(self) -> dict[str, Any] | None:
        """Return the worker's next message; None when it was replaced, or batches must be sent."""
        while True:
            if not self._batches:
                self._send(iter(()))
            worker = self._running()
            message = worker.message()
            if message is not None:
                return message
            if not worker.pump(_POLL):
                self._bury(worker)
                return None
            if self._late is None:
                self._watch(worker)

    def _watch(self, worker: WorkerProcess) -> None:
        """Kill the worker when the file it works on has had its time."""
        number, step, started = worker.marker()
        if number == frames.IDLE:
            return
        sizes = [job.size for job in self._flight if job.number == number or step == frames.STEP_IDENTIFY]
        allowed = self._limits.seconds + sum(sizes) / self._limits.bytes_per_second
        if time.monotonic() - started > allowed:
            self._late = f"{allowed:.0f}"
            worker.signal_kill()

    # -- when the worker died

    def _bury(self, worker: WorkerProcess) -> None:
        """Find out which file ended the worker, take it out of the way, and have the rest sent again."""
        number, step, _ = worker.marker()
        code, peak = worker.reap()
        self._worker = None
        self._batches.clear()
        late, self._late = self._late, None
        waiting = [job for job in self._flight if job.sent]
        for job in waiting:
            job.sent = False
        self._fruitless += 1
        if code == frames.EXIT_RENEW:
            return
        if number == frames.IDLE:
            if self._fruitless >= _STARTS_WITHOUT_RESULT:
                raise ConfigurationError(
                    N_("The program that examines files does not start (exit code {code})."),
                    hint=N_("Run `python -m formats.worker` in the program's environment to see why."),
                    code=code,
                )
            return
        culprit = next((job for job in waiting if job.number == number), None)
        if culprit is None:
            return
        if step == frames.STEP_IDENTIFY and not self._alone(waiting):
            self._careful = len(waiting)
            return
        self._blame(culprit, step, self._reason(culprit, late, code, peak))

    def _alone(self, waiting: list[_Job]) -> bool:
        return self._careful > 0 or len(waiting) == 1

    def _reason(self, job: _Job, late: str | None, code: int, peak: int) -> Finding:
        if late is not None:
            return kinds.TIMEOUT.at(job.item.name, seconds=late)
        if peak > self._limits.memory * 2 // 3:
            return kinds.MEMORY.at(job.item.name, megabytes=self._limits.memory >> 20)
        detail = f"{N_('signal')}: {-code}" if code < 0 else f"{N_('exit code')}: {code}"
        return kinds.CRASHED.at(job.item.name, detail=detail)

    def _blame(self, job: _Job, step: int, reason: Finding) -> None:
        """Leave out the step that went wrong; a file that cannot even be identified is done."""
        if step == frames.STEP_TEXT:
            job.steps = frames.STEP_VALIDATE
            job.findings.append(kinds.TEXT_FAILED.at(job.item.name, why=_WHY_NO_TEXT[reason.code]))
            return
        job.findings.append(reason)
        job.steps = frames.STEP_IDENTIFY
        if step == frames.STEP_IDENTIFY:
            job.facts = _without_worker(*job.findings)
        else:
            job.validators.append(
                ValidatorRun(name="chauban", version="", ran=False, why_not=reason.code.partition(".")[2])
            )

    def _running(self) -> WorkerProcess:
        if self._worker is None:
            self._aliases = self._aliases or AliasFolder()
            self._worker = WorkerProcess("formats.worker")
            self._worker.queue(frames.encode({**self._options, "aliases": str(self._aliases.path)}))
        return self._worker


def _without_worker(*findings: Finding) -> FormatFacts:
    return FormatFacts(identification=FormatIdentification(puid=UNKNOWN_PUID), findings=findings)


def _facts(message: dict[str, Any], job: _Job) -> FormatFacts:
    return FormatFacts(
        identification=FormatIdentification.from_json(message["identification"]),
        validators=(*(ValidatorRun(**run) for run in message["validators"]), *job.validators),
        findings=(*(Finding.from_json(finding) for finding in message["findings"]), *job.findings),
        text=message["text"],
        pages=message["pages"],
    )
