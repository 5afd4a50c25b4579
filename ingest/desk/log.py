"""The desk's folder: acts and contents, so written that a kill at any moment loses nothing and repeats nothing.

Layout below `desk/`:

    lock                     held by the one process that changes the desk
    batch.jsonl              the last batch of acts, with the place of each in its log: the commit point
    <case file>/acts.jsonl   acts on a case file; `tray/` documents in none, `plan/` the yearly plans
    content/<2 hex>/<hex>    messages and loose files as received, by SHA-256
    refused/<hex>, .json     messages that cannot be read, with the reasons
    staging/                 what is read or handed over just now
    removing/<case file>     content that is in a package now and leaves the desk

A batch is written as a whole and made durable first; only then its lines go to the logs, and then the catalogue
follows. Whoever opens the desk and finds the catalogue behind the batch writes the lines again, each at its place.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.durable import sync_folder
from ingest.desk.values import DeskAct
from model import codec
from model.errors import ConflictError, IntegrityError, StorageError
from model.text import N_

ACTS = "acts.jsonl"
BATCH = "batch.jsonl"
STAGING = "staging"
_NOT_LOGS = ("content", "refused", "removing", STAGING)
_WAIT_SECONDS = 30.0
_POLL = 0.05


class DeskFolder:
    """Reads and writes the logs below one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self, *, wait: float = _WAIT_SECONDS) -> Iterator[None]:
        """Keep every other process from changing the desk.

        Raises:
            ConflictError: another process changes it for longer than one waits.
        """
        with usable():
            self.path.mkdir(exist_ok=True)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(descriptor, wait)
            yield
        finally:
            os.close(descriptor)

    def write(self, acts: Sequence[DeskAct], *, anew: Container[str] = ()) -> None:
        """Write a batch of numbered acts: whole or not at all, whatever is killed.

        Args:
            anew: logs that begin with this batch; what was in them goes.
        """
        with usable():
            lines = self._placed(acts, anew)
            temporary = self.path / (BATCH + ".new")
            with temporary.open("wb") as file:
                file.writelines(line.whole for line in lines)
                file.write(_line({"end": len(lines), "last": acts[-1].seq}))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / BATCH)
            sync_folder(self.path)
            self._append(lines)

    def last(self) -> int:
        """Return the number of the last act that was written; 0 on an empty desk."""
        try:
            with (self.path / BATCH).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 200))
                return int(json.loads(file.read().splitlines()[-1])["last"])
        except FileNotFoundError:
            return 0
        except (ValueError, KeyError, IndexError) as error:
            raise _damaged(BATCH, 0) from error

    def redo(self) -> list[DeskAct]:
        """Write the lines of the last batch to their logs again, and return its acts; each log ends with them then."""
        with usable():
            lines = [
                _Placed(log=data["log"], at=int(data["at"]), content=_line(data["line"])) for data in self._batch()[0]
            ]
            self._append(lines)
        return [_act(line.log, json.loads(line.content)) for line in lines]

    def logs(self) -> Iterator[str]:
        """Yield the names of all logs, in order."""
        with suppress(FileNotFoundError), os.scandir(self.path) as entries:
            yield from sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and e.name not in _NOT_LOGS)

    def acts(self, log: str, torn: Callable[[str], None] = lambda _log: None) -> Iterator[DeskAct]:
        """Yield the acts of a log, oldest first and one at a time.

        Args:
            torn: told when the last line was cut off; it is left out.

        Raises:
            IntegrityError: a line before the last cannot be read.
        """
        try:
            file = (self.path / log / ACTS).open("rb")
        except FileNotFoundError:
            return
        with file, usable():
            for number, line in enumerate(file, 1):
                try:
                    act = _act(log, json.loads(_whole(line)))
                except (ValueError, KeyError, TypeError) as error:
                    if file.read(1):
                        raise _damaged(log, number) from error
                    torn(log)
                    return
                yield act

    def blank(self, log: str, is_known: Callable[[bytes], bool], blanked: Callable[[DeskAct], DeskAct]) -> None:
        """Write other acts in the place of some in a log; every other line stays where it is, byte for byte.

        Args:
            is_known: tells of a line whether it is to be looked at.
            blanked: returns the act to write; its line must not be longer.
        """
        path = self.path / log / ACTS
        with usable(), suppress(FileNotFoundError):
            temporary = path.with_suffix(".new")
            with path.open("rb") as lines, temporary.open("wb") as file:
                for line in lines:
                    file.write(_in_place(log, line, blanked) if is_known(line) else line)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)

    def raw(self, log: str) -> Iterator[bytes]:
        """Yield the lines of a log as they are."""
        with usable(), suppress(FileNotFoundError), (self.path / log / ACTS).open("rb") as lines:
            yield from lines

    def _placed(self, acts: Sequence[DeskAct], anew: Container[str]) -> list["_Placed"]:
        """Return the lines of a batch, each with its log and the place it begins at there."""
        ends: dict[str, int] = {}
        lines = []
        for act in acts:
            if act.log not in ends:
                path = self.path / act.log / ACTS
                ends[act.log] = path.stat().st_size if act.log not in anew and path.exists() else 0
            data = codec.encode(act)
            del data["log"]
            lines.append(_Placed(log=act.log, at=ends[act.log], content=_line(data)))
            ends[act.log] += len(lines[-1].content)
        return lines

    def _append(self, lines: Sequence["_Placed"]) -> None:
        by_log: dict[str, list[_Placed]] = {}
        for line in lines:
            by_log.setdefault(line.log, []).append(line)
        for log, parts in by_log.items():
            folder, start = self.path / log, parts[0].at
            new = not folder.is_dir()
            folder.mkdir(exist_ok=True)
            with (folder / ACTS).open("r+b" if (folder / ACTS).exists() else "w+b") as file:
                file.truncate(start)
                file.seek(start)
                file.writelines(part.content for part in parts)
                file.flush()
                os.fsync(file.fileno())
            if start == 0:
                sync_folder(folder)
            if new:
                sync_folder(self.path)

    def _batch(self) -> tuple[list[dict[str, Any]], int]:
        """Return the lines of the last batch, and the number of its last act."""
        try:
            lines = (self.path / BATCH).read_bytes().splitlines()
        except FileNotFoundError:
            return [], 0
        try:
            end = json.loads(lines[-1])
            found = [json.loads(line) for line in lines[:-1]]
            complete, last = int(end["end"]) == len(found), int(end["last"])
        except (ValueError, KeyError, IndexError) as error:
            raise _damaged(BATCH, len(lines)) from error
        if not complete:
            raise _damaged(BATCH, len(lines))
        return found, last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A line of a log, and where it begins there."""

    log: str
    at: int
    content: bytes

    @property
    def whole(self) -> bytes:
        """The line of the batch."""
        return b'{"log":%s,"at":%d,"line":%s}\n' % (json.dumps(self.log).encode(), self.at, self.content[:-1])


def _in_place(log: str, line: bytes, blanked: Callable[[DeskAct], DeskAct]) -> bytes:
    """Return the line of another act, filled up with spaces, so that every line after it keeps its place."""
    try:
        act = _act(log, json.loads(_whole(line)))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(log, 0) from error
    other = blanked(act)
    if other == act:
        return line
    data = codec.encode(other)
    del data["log"]
    return _line(data)[:-1].ljust(len(line) - 1) + b"\n"


def _act(log: str, line: dict[str, Any]) -> DeskAct:
    return codec.decode(DeskAct, {**line, "log": log})


def _whole(line: bytes) -> bytes:
    """Return a line that was written to its end.

    Raises:
        ValueError: it was cut off.
    """
    if not line.endswith(b"\n"):
        raise ValueError("cut off")
    return line


def _line(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def _take(descriptor: int, wait: float) -> None:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= until:
                raise ConflictError(
                    N_("The desk is being worked on by another process."),
                    hint=N_("Wait until it has ended, then run the same command again."),
                ) from error
            time.sleep(_POLL)
        else:
            return


@contextmanager
def usable() -> Iterator[None]:
    """Turn what the operating system refuses about the desk into an error of ours."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            N_("The desk cannot be used: {why}."),
            hint=N_("Free some space or check the disk, then run the same command again."),
            why=error.strerror or error,
        ) from error


def _damaged(log: str, line: int) -> IntegrityError:
    return IntegrityError(
        N_("The log {log} of the desk is damaged in line {line}."),
        hint=N_("Restore the folder `desk` from a backup; packages in the archive are not affected."),
        log=log,
        line=line,
    )
