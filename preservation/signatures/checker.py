"""Checks the signatures of files that strangers made, in a worker process that can be killed.

A `SignatureChecker` owns one worker, used for many files. It watches the worker's time and memory, answers what the
worker asks (which file lies beside a detached signature, what an address on the network says), and when a file
hangs, crashes or eats memory, kills and replaces it: that file alone is undecided.
"""

import signal
import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import preservation.signatures.vocabulary  # noqa: F401 (what the worker finds is known here)
from model import codec
from model.dates import from_utc_text, utc_text
from model.errors import ConfigurationError
from model.findings import Finding
from model.material import Material
from model.ports import Clock, SystemClock
from model.signatures import FileSignatures, ProofOfExistence, SignatureReport, SignedState
from model.text import N_
from model.worker import frames
from model.worker.process import WorkerProcess
from preservation.signatures import exchange
from preservation.signatures import findings as kinds
from preservation.signatures.detect import SignedKind, detect
from preservation.signatures.dispatch import undecided
from preservation.signatures.judging.findings import NONE
from preservation.signatures.policy import load_signature_policy
from preservation.signatures.source import Companions, NoCompanions, SignatureLimits
from preservation.signatures.unsigned import certainly_unsigned
from preservation.trust.fetch import Fetcher, FetchFailure, FetchKind
from preservation.trust.lists import read_list
from preservation.trust.store import EMPTY_TRUST, load_trust

_POLL = 0.2
_FLIGHT = 2
"""Files in the worker's hands: one at work, one waiting, so that it never idles while its last report is used."""
_ATTEMPTS = 2
"""A file on which the worker broke off is tried once more in a fresh one."""
_STARTS_WITHOUT_RESULT = 4
_MOST_NAMES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """One file to check."""

    path: Path
    """Where its bytes are; read only."""
    name: str
    """The name its maker gave it."""
    companions: Companions = field(default_factory=NoCompanions)
    """Finds the files that lie beside it."""
    mime: str = ""
    """Its MIME type where it was identified: pictures and sound are then not opened."""
    links: bool = True
    """Whether a symbolic link is followed; if not, it is a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignatures:
    """What was once found in a file, to be judged again without its bytes."""

    file: FileSignatures
    material: Material
    proofs: tuple[ProofOfExistence, ...] = ()
    """Proofs that came later, such as an evidence record over the package."""
    alone: bool = False
    """Only the material and the anchors count, no revocation list of the trust folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """One file checked."""

    report: SignatureReport
    material: Material


@dataclass(slots=True)
class _Job:
    """One file on its way through the worker."""

    number: int
    name: str
    request: dict[str, Any]
    seconds: float
    file: FileSignatures
    """What is known when the worker cannot say more."""
    material: Material
    companions: Companions
    sent: bool = False
    attempts: int = 0
    done: CheckedFile | None = None


class SignatureChecker:
    """Checks files in one worker process; a context manager. Not to be shared between threads.

    Args:
        trust: the trust folder; without one nothing is trusted.
        policy: the signature policy; without one the shipped policy.
        fetcher: fetches validation material from the network; without one there is no network.
        limits: what one file may cost.
        at: the time to judge at; without it, the clock's.
        clock: tells the time.

    Raises:
        ConfigurationError: the trust folder or the policy cannot be used.
    """

    def __init__(
        self,
        trust: Path | None = None,
        policy: Path | None = None,
        *,
        fetcher: Fetcher | None = None,
        limits: SignatureLimits | None = None,
        at: datetime | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.trust = load_trust(trust, read_list) if trust else EMPTY_TRUST
        self.policy = load_signature_policy(policy)
        self._fetcher = fetcher
        self._limits = limits or SignatureLimits()
        self._at = at
        self._clock = clock or SystemClock()
        self._options = {
            "trust": str(trust) if trust else "",
            "trust_id": self.trust.id,
            "policy": str(policy) if policy else "",
            "policy_id": self.policy.id,
            "fetch": fetcher is not None,
            "limits": asdict(self._limits),
        }
        self._worker: WorkerProcess | None = None
        self._flight: deque[_Job] = deque()
        self._number = 0
        self._late: str | None = None
        self._fruitless = 0

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
        self._flight.clear()

    def check(self, items: Iterable[CheckItem]) -> Iterator[CheckedFile]:
        """Yield report and material of each file, in the order given; items are taken as they are needed.

        Raises:
            ConfigurationError: the worker cannot be started.
        """
        return self._run(self._check_job(item) for item in items)

    def judge(self, stored: Iterable[StoredSignatures]) -> Iterator[CheckedFile]:
        """Yield a new report on stored facts, under the trust store and policy of this checker, in the order given.

        Raises:
            ConfigurationError: the worker cannot be started.
        """
        return self._run(self._judge_job(facts) for facts in stored)

    # -- jobs

    def _check_job(self, item: CheckItem) -> _Job:
        job = self._job("check", item.name, FileSignatures(path=item.name, state=SignedState.UNREADABLE), Material())
        job.companions = item.companions
        try:
            status = item.path.stat(follow_symlinks=item.links)
            if not stat.S_ISREG(status.st_mode):
                return self._settle(job, kinds.NOT_A_FILE.at(item.name))
            kind = detect(item.path, item.name, item.mime)
            unsigned = certainly_unsigned(item.path, kind, status.st_size)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            return self._settle(job, kinds.UNREADABLE.at(item.name, why=why))
        if kind is SignedKind.NOTHING:
            job.file = FileSignatures(path=item.name, state=SignedState.NOT_SIGNABLE)
            return self._settle(job, kinds.NOT_SIGNABLE.at(item.name))
        if unsigned:
            job.file = FileSignatures(path=item.name, kind=kind.value, state=SignedState.UNSIGNED)
            return self._settle(job, NONE.at(item.name))
        job.file = FileSignatures(path=item.name, kind=kind, state=SignedState.UNREADABLE)
        job.seconds = self._limits.seconds + status.st_size / self._limits.bytes_per_second
        job.request |= {"path": str(item.path), "kind": kind.value, "seconds": job.seconds}
        return job

    def _judge_job(self, stored: StoredSignatures) -> _Job:
        job = self._job("judge", stored.file.path, stored.file, stored.material)
        job.request |= {
            "file": codec.encode(stored.file),
            "material": exchange.encode_material(stored.material),
            "proofs": codec.encode(stored.proofs),
            "alone": stored.alone,
        }
        return job

    def _job(self, operation: str, name: str, file: FileSignatures, material: Material) -> _Job:
        self._number += 1
        seconds = self._limits.seconds
        request = {
            "number": self._number,
            "operation": operation,
            "name": name,
            "seconds": seconds,
            "at": utc_text(self._at or self._clock.now()),
        }
        return _Job(
            number=self._number,
            name=name,
            request=request,
            seconds=seconds,
            file=file,
            material=material,
            companions=NoCompanions(),
        )

    def _settle(self, job: _Job, finding: Finding) -> _Job:
        """End a job without the worker."""
        file = replace(job.file, findings=(*job.file.findings, finding))
        report = undecided(file, at=from_utc_text(job.request["at"]), policy=self.policy.id, trust=self.trust.id)
        job.done = CheckedFile(report=report, material=job.material)
        return job

    # -- the worker at work

    def _run(self, jobs: Iterator[_Job]) -> Iterator[CheckedFile]:
        if self._flight:
            raise RuntimeError("one check at a time")
        try:
            while True:
                self._send(jobs)
                if not self._flight:
                    return
                yield self._next()
        finally:
            if self._flight:
                self.close()

    def _send(self, jobs: Iterator[_Job]) -> None:
        while sum(job.done is None for job in self._flight) < _FLIGHT and len(self._flight) < 100:
            job = next(jobs, None)
            if job is None:
                break
            self._flight.append(job)
        for job in self._flight:
            if job.done is None and not job.sent:
                self._running().queue(frames.encode(job.request))
                job.sent = True

    def _next(self) -> CheckedFile:
        """Return what is known of the file that is first in flight."""
        job = self._flight[0]
        while job.done is None:
            self._send(iter(()))
            worker = self._running()
            message = worker.message()
            if message is not None:
                self._receive(worker, job, message)
            elif not worker.pump(_POLL):
                self._bury(worker)
            elif self._late is None:
                self._watch(worker)
        self._flight.popleft()
        return job.done

    def _receive(self, worker: WorkerProcess, job: _Job, message: dict[str, Any]) -> None:
        if message["number"] != job.number:
            raise RuntimeError("worker answered out of turn")
        if "ask" in message:
            worker.queue(frames.encode(self._told(job, message)))
            return
        self._fruitless = 0
        job.done = CheckedFile(
            report=codec.decode(SignatureReport, message["report"]),
            material=exchange.decode_material(message["material"]),
        )

    def _told(self, job: _Job, question: dict[str, Any]) -> dict[str, Any]:
        """Answer what the worker asks; what it says is data of a stranger."""
        if question["ask"] == "companion":
            names = tuple(str(name) for name in question["names"])[:_MOST_NAMES]
            digests = {str(name): bytes.fromhex(value) for name, value in question["digests"].items()}
            found = job.companions.find(names, digests)
            return {"name": found.name, "path": str(found.path)} if found else {}
        if self._fetcher is None:
            return {"url": str(question["url"]), "failure": FetchFailure.DISABLED.value}
        data = question["data"]
        kind = FetchKind(question["kind"])
        told = self._fetcher.fetch(str(question["url"]), kind, None if data is None else bytes.fromhex(data))
        return dict(codec.encode(told))

    def _watch(self, worker: WorkerProcess) -> None:
        """Kill the worker when the file it works on has had its time; time it waits for us does not count."""
        number, step, started = worker.marker()
        job = next((job for job in self._flight if job.number == number), None)
        if job is None or step == exchange.STEP_ASKING:
            return
        if time.monotonic() - started > job.seconds:
            self._late = f"{job.seconds:.0f}"
            worker.signal_kill()

    def _bury(self, worker: WorkerProcess) -> None:
        """Find out which file ended the worker, try it once more or leave it, and have the rest sent again."""
        number, _, _ = worker.marker()
        code, peak = worker.reap()
        self._worker = None
        late, self._late = self._late, None
        for job in self._flight:
            job.sent = False
        if code == frames.EXIT_RENEW:
            return
        culprit = next((job for job in self._flight if job.number == number), None)
        if culprit is None:
            self._fruitless += 1
            if self._fruitless >= _STARTS_WITHOUT_RESULT:
                raise ConfigurationError(
                    N_("The program that checks signatures does not start (exit code {code})."),
                    hint=N_("Run `python -m preservation.signatures.worker` in the program's environment to see why."),
                    code=code,
                )
            return
        reason = self._reason(culprit, late, code, peak)
        culprit.attempts += 1
        if reason.code != kinds.CHECKER_FAILED.code or culprit.attempts >= _ATTEMPTS:
            self._settle(culprit, reason)

    def _reason(self, job: _Job, late: str | None, code: int, peak: int) -> Finding:
        if late is not None or code == -signal.SIGXCPU:
            return kinds.TIMEOUT.at(job.name, seconds=late or f"{job.seconds:.0f}")
        if peak > self._limits.memory * 2 // 3:
            return kinds.MEMORY.at(job.name, megabytes=self._limits.memory >> 20)
        detail = f"{N_('signal')}: {-code}" if code < 0 else f"{N_('exit code')}: {code}"
        return kinds.CHECKER_FAILED.at(job.name, what=detail)

    def _running(self) -> WorkerProcess:
        if self._worker is None:
            self._worker = WorkerProcess("preservation.signatures.worker")
            self._worker.queue(frames.encode(self._options))
        return self._worker
