"""Messages and loose files on the desk: byte for byte as received, each once, by SHA-256."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.durable import sync_folder, write_durably
from ingest.desk.log import STAGING, usable
from ingest.desk.values import DeskFile
from model.dates import from_utc_text, utc_text
from model.errors import InputError
from model.findings import Finding, printable
from model.fixity import CHUNK
from model.text import N_

_TEMPORARY = "incoming-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """A message that cannot be read; it is kept."""

    sha256: str
    name: str
    size: int
    time: datetime
    findings: tuple[Finding, ...]


class Contents:
    """The files below `content/` and `refused/` of a desk."""

    def __init__(self, desk: Path) -> None:
        self._content = desk / "content"
        self._refused = desk / "refused"
        self._removing = desk / "removing"
        self._staging = desk / STAGING
        self._unsynced: set[Path] = set()
        self._new: set[str] = set()

    def path(self, sha256: str) -> Path:
        """Return where a content is, or would be."""
        return self._content / sha256[:2] / sha256

    def take(self, source: Path) -> DeskFile:
        """Copy a file onto the desk; its bytes are durable when this returns, its name after `sync`.

        Raises:
            InputError: the file cannot be read.
        """
        with usable():
            self._content.mkdir(parents=True, exist_ok=True)
            temporary = self._content / f"{_TEMPORARY}{secrets.token_hex(8)}"
            with temporary.open("xb") as target:
                digest = hashlib.sha256()
                size = 0
                for chunk in _chunks(source, temporary):
                    digest.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
                sha256 = digest.hexdigest()
                if self.path(sha256).exists():
                    temporary.unlink()
                    return DeskFile(name=_name(source), sha256=sha256, size=size)
                target.flush()
                os.fsync(target.fileno())
            folder = self.path(sha256).parent
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                self._unsynced.add(self._content)
            temporary.rename(self.path(sha256))
            self._unsynced.add(folder)
            self._new.add(sha256)
        return DeskFile(name=_name(source), sha256=sha256, size=size)

    def sync(self) -> None:
        """Make the names of everything that was taken durable."""
        with usable():
            for folder in sorted(self._unsynced, reverse=True):
                sync_folder(folder)
            self._unsynced.clear()
            self._new.clear()

    def put_back(self, sha256: str) -> None:
        """Remove a content that was taken just now: its document is known, and had left the desk."""
        with usable():
            if sha256 in self._new:
                self._new.discard(sha256)
                self.path(sha256).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what a killed process left half copied, half read or half laid out."""
        with usable(), suppress(FileNotFoundError):
            for path in self._content.glob(f"{_TEMPORARY}*"):
                path.unlink()
        shutil.rmtree(self._staging, ignore_errors=True)

    def is_whole(self, file: DeskFile) -> bool:
        """Tell whether a content is there with the bytes that were received."""
        try:
            with self.path(file.sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        except FileNotFoundError:
            return False

    # Refused messages

    def refuse(self, file: DeskFile, findings: tuple[Finding, ...], now: datetime, *, keep: bool) -> None:
        """Keep a message that cannot be read, with the reasons; again changes nothing.

        Args:
            keep: whether its bytes are kept; those of a secret one are not, and its name is not noted.
        """
        with usable():
            self._refused.mkdir(exist_ok=True)
            record = self._refused / f"{file.sha256}.json"
            if not record.exists():
                reasons = [finding.to_json() for finding in findings]
                data = {
                    "name": file.name if keep else "",
                    "size": file.size,
                    "time": utc_text(now),
                    "findings": reasons,
                }
                write_durably(record, json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace"))
            if not keep:
                self.path(file.sha256).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                self.path(file.sha256).rename(self._refused / file.sha256)
            sync_folder(self._refused)

    def refused(self) -> Iterator[RefusedMessage]:
        """Yield the messages that cannot be read, in a stable order."""
        for path in sorted(self._refused.glob("*.json")) if self._refused.is_dir() else ():
            with usable():
                data = json.loads(path.read_text(encoding="utf-8"))
            yield RefusedMessage(
                sha256=path.stem,
                name=data["name"],
                size=data["size"],
                time=from_utc_text(data["time"]),
                findings=tuple(Finding.from_json(item) for item in data["findings"]),
            )

    # Leaving the desk

    def begin_removing(self, case: str, digests: list[str]) -> None:
        """Note which contents are in a package now; they go when `finish_removing` is called."""
        with usable():
            self._removing.mkdir(exist_ok=True)
            write_durably(self._removing / case, json.dumps(digests).encode())

    def finish_removing(self, case: str) -> int:
        """Remove what was noted; return how many contents that were."""
        with usable():
            note = self._removing / case
            try:
                digests = json.loads(note.read_bytes())
            except FileNotFoundError:
                return 0
            for digest in digests:
                self.path(digest).unlink(missing_ok=True)
            note.unlink()
        return len(digests)

    def forget_removing(self, case: str) -> None:
        """Leave what was noted where it is: the hand-over was not recorded."""
        with usable():
            (self._removing / case).unlink(missing_ok=True)

    def removing(self) -> list[str]:
        """Return the case files whose contents are noted to go."""
        with usable():
            return sorted(path.name for path in self._removing.glob("*")) if self._removing.is_dir() else []


def _chunks(source: Path, temporary: Path) -> Iterator[bytes]:
    try:
        if not source.is_file():
            raise IsADirectoryError(N_("it is no regular file"))
        with source.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            N_("{path} cannot be read: {why}."),
            hint=N_("Check the file and the right to read it; the other files were not affected."),
            path=printable(str(source)),
            why=error.strerror or error,
        ) from error


def _name(path: Path) -> str:
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")
