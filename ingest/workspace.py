"""The work area of one transfer: locked while it is worked on, journalled so that a killed ingest goes on.

Layout: `work/<transfer id>/` with `lock` (held by the living owner), `journal.jsonl` (one line a
finished step, made durable before the next step begins), `content/` (files unpacked from an
archive under plain numbers, so that no name of a stranger ever reaches the file system) and the
spools of the steps.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from model.errors import ConflictError
from model.text import N_

JOURNAL = "journal.jsonl"
LOCK = "lock"


class Workspace:
    """One transfer's folder under `work/`, owned by this process until it is closed."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.transfer_id = UUID(path.name)
        self._lock = lock
        self._steps: dict[str, Mapping[str, Any]] = {}
        self._end = 0
        for name, result, end in _read_journal(path / JOURNAL):
            self._steps[name] = result
            self._end = end

    @classmethod
    def create(cls, work: Path, transfer_id: UUID) -> Self:
        """Make the work area of a new transfer and lock it."""
        path = work / str(transfer_id)
        work.mkdir(exist_ok=True)
        with _alone(work):
            (path / "content").mkdir(parents=True)
            lock = _locked(path)
        return cls(path, lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Lock an existing work area.

        Raises:
            ConflictError: a living process works on it, or has just ended with it.
        """
        with _alone(path.parent):
            lock = _locked(path)
        return cls(path, lock)

    @property
    def content(self) -> Path:
        """Folder of the files unpacked from an archive."""
        return self.path / "content"

    def step(self, name: str) -> Mapping[str, Any] | None:
        """Return what a finished step wrote down; none if it was not finished."""
        return self._steps.get(name)

    def finish(self, name: str, result: Mapping[str, Any]) -> None:
        """Write down that a step is finished; durable when this returns."""
        line = json.dumps({"step": name, **result}, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
        with (self.path / JOURNAL).open("ab") as file:
            file.truncate(self._end)  # a line that was cut off must not run into this one
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._end += len(line)
        self._steps[name] = dict(result)

    def discard_after(self, *spools: str) -> None:
        """Remove spools that a killed step may have left half written."""
        for name in spools:
            (self.path / name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the work area; nothing in it is needed any more.

        The journal goes first, so that nobody goes on with what is only half there, and the lock last.
        """
        (self.path / JOURNAL).unlink(missing_ok=True)
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                elif entry.name != LOCK:
                    Path(entry.path).unlink()
        with _alone(self.path.parent):
            (self.path / LOCK).unlink()
            self.path.rmdir()
        self.close()

    def close(self) -> None:
        """Give up the lock; the work area stays for whoever resumes it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def abandoned(work: Path) -> Iterator[Workspace]:
    """Yield, locked, each work area that no living process owns."""
    for path in sorted(work.iterdir()) if work.is_dir() else ():
        try:
            UUID(path.name)
        except ValueError:
            continue
        try:
            workspace = Workspace.open(path)
        except ConflictError:
            continue
        yield workspace


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Keep others from making, locking or removing a work area meanwhile: none is ever seen half made."""
    descriptor = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _locked(path: Path) -> int:
    """Return the lock of a work area."""
    try:
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError as exc:
        raise _busy(path) from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise _busy(path) from exc
    return descriptor


def _read_journal(path: Path) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yield the finished steps, each with where its line ends; a line that a crash left unusable ends them."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    end = 0
    for line in content.split(b"\n")[:-1]:
        try:
            data = json.loads(line)
        except ValueError:
            return
        end += len(line) + 1
        yield data.pop("step"), data, end


def _busy(path: Path) -> ConflictError:
    return ConflictError(
        N_("The transfer {transfer} is being worked on by another process."),
        hint=N_("Wait until it has ended."),
        transfer=path.name,
    )
