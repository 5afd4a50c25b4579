"""Many case files in one run: in this process, or in a pool of worker processes."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from archive.archive import Archive, open_archive
from archive.pending import complete_pending
from formats.examine import Examiner
from formats.policy import FormatPolicy
from ingest.pipeline import Ingest, IngestOptions, ingest, resume
from ingest.policy import load_policy
from ingest.recording import recorded
from ingest.sources.discovery import discover
from ingest.sources.values import Limits, Submission
from ingest.values import IngestReport, IngestStatus
from ingest.workspace import abandoned
from model.errors import InputError, PartialError
from model.identifiers import new_uuid
from model.text import N_, language_in_force, use_language

_QUEUED_PER_WORKER = 16
"""Enough that workers stay busy while this process brings the index level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """What every worker of a run needs to open the archive for itself."""

    folder: Path
    profile: str
    fonds: str
    waive: tuple[str, ...] = ()
    workers: int = 1
    submission: str = ""
    """Identifier of the registered submission that everything is handed in under; empty for a plain ingest."""
    queued: int = _QUEUED_PER_WORKER
    """Case files handed to each worker ahead: they are finished before the run can be ended."""


def options_for(archive: Archive, settings: BatchSettings) -> IngestOptions:
    """Return the options of a run: its settings, over the archive's configuration."""
    configuration = archive.configuration
    return IngestOptions(
        profile=settings.profile or configuration.profile,
        fonds=settings.fonds or configuration.fonds,
        policy=load_policy(archive.folder / configuration.policy, waive=settings.waive),
        formats=FormatPolicy.load(archive.folder / configuration.formats if configuration.formats else None),
        limits=Limits(),
    )


@contextmanager
def running(archive: Archive, options: IngestOptions, *, submission: str = "") -> Iterator[Ingest]:
    """Give a run of ingest with the processes it needs; they end with the block.

    Args:
        submission: identifier of the registered submission that everything is handed in under.
    """
    from ingest.reception.receiving import receiving
    from ingest.signatures import checker_for

    reception = receiving(archive, UUID(submission)) if submission else None
    with Examiner() as examiner, checker_for(archive) as checker:
        yield Ingest(archive=archive, options=options, examiner=examiner, checker=checker, reception=reception)


def recover(archive: Archive) -> Iterator[IngestReport]:
    """Finish or drop what killed processes left: work areas, and temporary files in the stores."""
    archive.copies.sweep()
    complete_pending(archive)
    for workspace in abandoned(archive.work):
        with workspace:
            report = resume(workspace, archive)
        if report is not None:
            yield report


def ingest_all(paths: Sequence[Path], archive: Archive, settings: BatchSettings) -> Iterator[IngestReport]:
    """Take in every case file found at the paths; yield what became of each when the audit log has it."""
    return recorded(_ingest_all(paths, archive, settings), archive)


def ingest_submissions(
    submissions: Iterable[Submission], archive: Archive, settings: BatchSettings
) -> Iterator[IngestReport]:
    """Take in case files that were found already; yield what became of each when the audit log has it.

    What killed processes left is not looked for: see `recover`.
    """
    return recorded(_ingest_submissions(submissions, archive, settings), archive)


def _ingest_all(paths: Sequence[Path], archive: Archive, settings: BatchSettings) -> Iterator[IngestReport]:
    unreadable: list[IngestReport] = []
    submissions = _found(paths, Limits(), unreadable, archive)
    yield from recover(archive)
    yield from _ingest_submissions(submissions, archive, settings)
    yield from unreadable


def _ingest_submissions(
    submissions: Iterable[Submission], archive: Archive, settings: BatchSettings
) -> Iterator[IngestReport]:
    options = options_for(archive, settings)
    if settings.workers == 1:
        with running(archive, options, submission=settings.submission) as run:
            for submission in submissions:
                yield ingest(submission, run)
    else:
        yield from _in_processes(submissions, settings)


def _found(
    paths: Sequence[Path], limits: Limits, unreadable: list[IngestReport], archive: Archive
) -> Iterator[Submission]:
    """Yield the case files at each path; a path that holds none does not keep the others from being taken in."""
    for path in paths:
        try:
            yield from discover([path], limits)
        except InputError as error:
            unreadable.append(
                IngestReport(
                    transfer_id=new_uuid(archive.clock.now()),
                    source=str(path),
                    status=IngestStatus.FAILED,
                    reason=str(error),
                    exit_code=error.exit_code,
                )
            )


def _in_processes(submissions: Iterable[Submission], settings: BatchSettings) -> Iterator[IngestReport]:
    context = multiprocessing.get_context("spawn")
    waiting: set[Future[IngestReport]] = set()
    with ProcessPoolExecutor(
        settings.workers, mp_context=context, initializer=_start_worker, initargs=(settings, language_in_force())
    ) as pool:
        try:
            for submission in submissions:
                waiting.add(pool.submit(_ingest_in_worker, submission))
                if len(waiting) >= settings.workers * settings.queued:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in as_completed(waiting))
        except BrokenProcessPool as exc:
            raise PartialError(
                N_("A worker process died; some case files were not processed."),
                hint=N_("Run the same command again: what was taken in is not taken in twice."),
            ) from exc


_worker: "tuple[ExitStack, Ingest] | None" = None


def _start_worker(settings: BatchSettings, language: str) -> None:
    global _worker
    threading.Thread(target=_die_with_parent, daemon=True).start()
    if signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        threading.Thread(target=_end_for_parent, daemon=True).start()
    use_language(language)
    stack = ExitStack()
    archive = stack.enter_context(open_archive(settings.folder))
    options = options_for(archive, settings)
    _worker = stack, stack.enter_context(running(archive, options, submission=settings.submission))


def _die_with_parent() -> None:
    """End this process with the one that started it, which may be killed: its queue would never say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


def _end_for_parent() -> None:
    """Where signals are held back so that the run ends by itself: heed a SIGTERM of the parent's and no other."""
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(1)


def _ingest_in_worker(submission: Submission) -> IngestReport:
    if _worker is None:
        raise RuntimeError("the worker process was not started properly")
    return ingest(submission, _worker[1])
