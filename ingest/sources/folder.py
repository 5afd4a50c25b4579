"""A case file handed in as a folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.sources.findings import EMPTY_FOLDER, LINK, SPECIAL_FILE
from ingest.sources.guards import Tally, display_name, moment, name_findings, unreadable
from ingest.sources.values import Limits, SourceEntry
from model.errors import InputError
from model.findings import Finding, FindingLog
from model.text import N_

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Not blocking: a named pipe put in a file's place must not stop us."""


class FolderSource:
    """The regular files below a folder; links and special files are findings and never followed."""

    kind = "folder"

    def __init__(self, location: Path, limits: Limits) -> None:
        self.location = location
        self.limits = limits
        self._log = FindingLog()
        self._root = -1
        self._folder: tuple[bytes, int] = (b"", -1)

    def __reduce__(self) -> tuple[type["FolderSource"], tuple[Path, Limits]]:
        return type(self), (self.location, self.limits)

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the regular files, each folder's sorted by bytes.

        Raises:
            InputError: a folder is unreadable, or a limit is met.
        """
        self._log = FindingLog()
        tally = Tally(self.limits, str(self.location))
        root = os.fsencode(self.location)
        todo: list[bytes] = [b""]
        while todo:
            prefix = todo.pop()
            folders: list[bytes] = []
            for item in self._listing(root, prefix):
                name = prefix + item.name
                tally.count(name)
                if item.is_dir(follow_symlinks=False):
                    folders.append(name + b"/")
                elif (entry := self._entry(item, name)) is not None:
                    tally.add_bytes(name, entry.size)
                    yield entry
            todo.extend(reversed(folders))

    def top_files(self) -> list[SourceEntry]:
        """Return the regular files directly in the folder, without walking the folders below."""
        found = []
        for item in self._listing(os.fsencode(self.location), b""):
            if item.is_file(follow_symlinks=False):
                found.append(SourceEntry(name=item.name, size=item.stat(follow_symlinks=False).st_size))
        return found

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the folder; complete once `entries` was exhausted."""
        return tuple(self._log)

    def open(self, entry: SourceEntry) -> BinaryIO:
        """Open a file without following a link at any step of its path.

        Raises:
            InputError: it is gone, unreadable, or no longer a regular file.
        """
        folder, _, base = entry.name.rpartition(b"/")
        try:
            descriptor = os.open(base, _FILE, dir_fd=self._folder_of(folder))
        except OSError as error:
            raise unreadable(display_name(entry.name), error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise InputError(
                N_("“{name}” is no longer an ordinary file."),
                hint=N_("Hand the case file in again when nobody is working on it."),
                name=display_name(entry.name),
            )
        return os.fdopen(descriptor, "rb")

    def close(self) -> None:
        """Release the folders that are open."""
        for descriptor in {self._root, self._folder[1]} - {-1}:
            os.close(descriptor)
        self._root = -1
        self._folder = (b"", -1)

    def _listing(self, root: bytes, prefix: bytes) -> list["os.DirEntry[bytes]"]:
        try:
            with os.scandir(root + b"/" + prefix) as found:
                listing = sorted(found, key=lambda item: item.name)
        except OSError as error:
            raise unreadable(display_name(root + b"/" + prefix), error) from error
        if not listing and prefix:
            self._log.add(EMPTY_FOLDER.at(display_name(prefix), name=display_name(prefix[:-1])))
        return listing

    def _entry(self, item: "os.DirEntry[bytes]", name: bytes) -> SourceEntry | None:
        try:
            facts = item.stat(follow_symlinks=False)
        except OSError as error:
            raise unreadable(display_name(name), error) from error
        if not stat.S_ISREG(facts.st_mode):
            self._log.add(_not_a_file(facts.st_mode, display_name(name)))
            return None
        self._log.extend(name_findings(name))
        return SourceEntry(
            name=name,
            size=facts.st_size,
            modified=moment(facts.st_mtime),
            path=Path(os.fsdecode(item.path)),
        )

    def _folder_of(self, folder: bytes) -> int:
        """Return a descriptor of a folder below the root; the last one asked for stays open."""
        if self._root < 0:
            self._root = os.open(self.location, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if not folder:
            return self._root
        if self._folder[0] == folder and self._folder[1] >= 0:
            return self._folder[1]
        current = os.dup(self._root)
        for part in folder.split(b"/"):
            try:
                below = os.open(part, _FOLDER, dir_fd=current)
            finally:
                os.close(current)
            current = below
        if self._folder[1] >= 0:
            os.close(self._folder[1])
        self._folder = (folder, current)
        return current


def _not_a_file(mode: int, name: str) -> Finding:
    if stat.S_ISLNK(mode):
        return LINK.at(name, name=name)
    return SPECIAL_FILE.at(name, name=name, what=special_word(mode))


def special_word(mode: int) -> str:
    """Return what a file that is not regular is, in the words of the operating system."""
    for test, word in (
        (stat.S_ISFIFO, "FIFO"),
        (stat.S_ISSOCK, N_("socket")),
        (stat.S_ISCHR, N_("character device")),
        (stat.S_ISBLK, N_("block device")),
    ):
        if test(mode):
            return word
    return N_("unknown type")
