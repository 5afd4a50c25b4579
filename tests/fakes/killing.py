"""A process that kills itself: at the n-th boundary of what it writes, or whenever its parent likes.

A boundary is a call that changes something durable: a file synced, linked, renamed, removed, a
folder made or removed, a database transaction committed. Odd numbers kill before the call, even
ones after it, so that both sides of every boundary are met.
"""

import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CALLS = ("fsync", "link", "rename", "replace", "unlink", "rmdir", "mkdir")


def server() -> Any:
    """Return the context whose children start in milliseconds, with everything imported and no thread."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fakes.killing", "ingest.batch", "archive.indexing"])
    return context


def ingest_until(archive: Path, sources: list[str], boundary: int, counted: Any) -> None:
    """Ingest; kill this process at a boundary (0: never); leave the number of boundaries in `counted`."""
    _count(boundary, counted)
    run_ingest(archive, sources)


def killing_itself(act: Callable[[Path], None], archive: Path, boundary: int, counted: Any) -> None:
    """Do something with an archive; kill this process at a boundary (0: never); leave their number in `counted`."""
    _count(boundary, counted)
    act(archive)


def _count(boundary: int, counted: Any) -> None:
    counter = _Counter(boundary, counted)
    for name in _CALLS:
        setattr(os, name, counter.around(getattr(os, name)))
    _count_commits(counter)


def run_ingest(archive: Path, sources: list[str]) -> None:
    """Ingest as the command does: recover, take in, bring the index level."""
    from archive.archive import open_archive
    from archive.indexing import bring_level, open_index
    from ingest.batch import BatchSettings, ingest_all

    with open_archive(archive) as opened:
        settings = BatchSettings(folder=archive, profile="", fonds="")
        for report in ingest_all([Path(source) for source in sources], opened, settings):
            if report.status not in {"accepted", "held-already"}:
                raise SystemExit(f"{report.source}: {report.status} {report.reason} {report.findings}")
        with open_index(opened) as index:
            bring_level(opened, index)


def start(context: Any, archive: Path, sources: list[Path], boundary: int = 0) -> tuple[Any, Any]:
    """Start a process that ingests; return it and its counter of boundaries."""
    counted = context.Value("i", 0)
    process = context.Process(target=ingest_until, args=(archive, [str(item) for item in sources], boundary, counted))
    process.start()
    return process, counted


def kill_after(process: Any, seconds: float) -> bool:
    """Kill a process after a while, wherever it is; return false when it had ended before."""
    process.join(seconds)
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    return bool(process.exitcode)


class _Counter:
    def __init__(self, boundary: int, counted: Any) -> None:
        self._boundary = boundary
        self._counted = counted

    def step(self) -> None:
        self._counted.value += 1
        if self._counted.value == self._boundary:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.step()
            result = function(*arguments, **options)
            self.step()
            return result

        return counted


def _count_commits(counter: _Counter) -> None:
    connect = sqlite3.dbapi2.connect

    class Counted(sqlite3.Connection):
        def commit(self) -> None:
            counter.step()
            super().commit()
            counter.step()

    def counting(*arguments: Any, **options: Any) -> sqlite3.Connection:
        options["factory"] = Counted
        return connect(*arguments, **options)

    sqlite3.dbapi2.connect = counting
    sqlite3.connect = counting
