"""A package as a tree of files, wherever it lies: a folder, a ZIP, a TAR. Nothing is ever unpacked to disk.

Every name is judged before anything is opened: what climbs out of the tree, hides behind a link or
cannot be told apart from another name becomes a finding and is not listed.
"""

import io
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from model.errors import InputError
from model.findings import Finding, FindingLog
from model.text import N_
from preservation.package import findings as kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLimits:
    """What a package that a stranger made may cost at most."""

    entries: int = 1_000_000
    """Files and folders."""
    depth: int = 64
    """Folders one inside the other."""
    path_bytes: int = 4096
    """Bytes of a path in UTF-8."""
    ratio: int = 200
    """Unpacked size over packed size, for members larger than `ratio_from`."""
    ratio_from: int = 10 * 1024 * 1024
    """Bytes; smaller members are never called a bomb."""
    directory_bytes: int = 256 * 1024 * 1024
    """Size of the central directory of a ZIP."""
    header_bytes: int = 1024 * 1024
    """Size of one extended header of a TAR."""
    compressed_total: int = 4 * 1024 * 1024 * 1024
    """Unpacked size of a compressed TAR, which has to be unpacked in order to be listed."""


LIMITS = TreeLimits()


class PackageTree(Protocol):
    """The files of a package, by path from its root."""

    kind: str
    """`folder`, `zip` or `tar`."""
    location: str
    """What was opened, for messages."""

    @property
    def problems(self) -> FindingLog:
        """What was refused or noticed while the names were read."""
        ...

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield path and size in bytes of every file, in the order they are cheapest to read."""
        ...

    def directories(self) -> Iterator[str]:
        """Yield the path of every folder, the root left out, in no order."""
        ...

    def size(self, path: str) -> int | None:
        """Return the size of a file in bytes; none when there is no such file."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading, once from beginning to end.

        Raises:
            KeyError: no such file.
            InputError: it is there and cannot be read.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened."""
        ...


class PathSet:
    """Paths, kept as hashes: a set of 100,000 long Vietnamese paths in a few megabytes.

    Two different paths are taken for one with a chance of about 2**-64 for each pair; the hash is
    keyed anew in every process, so nobody can choose such paths.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def add(self, path: str) -> bool:
        """Add a path; return whether it was new."""
        before = len(self._hashes)
        self._hashes.add(hash(path))
        return len(self._hashes) > before

    def add_hash(self, hashed: int) -> None:
        """Add a path of which only `hash` was kept."""
        self._hashes.add(hashed)

    def update(self, other: "PathSet") -> None:
        """Add all paths of another set."""
        self._hashes |= other._hashes

    def __contains__(self, path: str) -> bool:
        return hash(path) in self._hashes

    def __len__(self) -> int:
        return len(self._hashes)


class NameRegister:
    """The names of a tree as they are read: judges each, refuses what is unsafe, notices what collides."""

    def __init__(self, limits: TreeLimits = LIMITS) -> None:
        self.problems = FindingLog()
        self.folders: set[str] = set()
        self._limits = limits
        self._seen = 0
        self._folded: dict[int, str] = {}

    def count(self) -> None:
        """Count one entry.

        Raises:
            InputError: there are more than the limit.
        """
        self._seen += 1
        if self._seen > self._limits.entries:
            raise InputError(
                N_("The package holds more than {limit} files and folders."),
                hint=N_("Split it into several packages."),
                limit=self._limits.entries,
            )

    def accept(self, name: str) -> str | None:
        """Return the path of an entry, or none (with a finding) when its name is unsafe."""
        refusal = unsafe_name(name, self._limits)
        if refusal is not None:
            self.problems.add(refusal)
            return None
        path = "/".join(part for part in name.split("/") if part not in ("", "."))
        self._parents(path)
        return path

    def register(self, path: str) -> None:
        """Note a file; two names that differ only in case or normal form are a finding."""
        folded = folded_path(path)
        other = self._folded.setdefault(hash(folded), path)
        if other != path and folded_path(other) == folded:
            self.problems.add(kinds.NAME_COLLISION.at(path, other=other))

    def add_folder(self, path: str) -> None:
        """Note a folder."""
        if path:
            self.folders.add(path)

    def _parents(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        while parent and parent not in self.folders:
            self.folders.add(parent)
            parent = parent.rpartition("/")[0]


def folded_path(path: str) -> str:
    """Return what two paths share that a file system without case, or with another normal form, takes for one."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def unsafe_name(name: str, limits: TreeLimits = LIMITS) -> Finding | None:
    """Return the finding that refuses a member's name, or none when it stays inside the tree."""
    parts = name.split("/")
    if not name or "\0" in name or not any(part not in ("", ".") for part in parts):
        return kinds.NAME_UNSAFE.at(name)
    if name.startswith("/") or ".." in parts or (len(name) > 1 and name[1] == ":" and name[0].isalpha()):
        return kinds.NAME_UNSAFE.at(name)
    if "\\" in name and (name.startswith("\\") or ".." in name.replace("\\", "/").split("/")):
        return kinds.NAME_UNSAFE.at(name)
    if len(parts) > limits.depth or len(name.encode("utf-8", "surrogatepass")) > limits.path_bytes:
        return kinds.NAME_TOO_DEEP.at(name[:200], limit=limits.depth)
    return None


class FolderTree:
    """A package in a folder; links and devices are reported and never followed."""

    kind = "folder"

    def __init__(self, root: Path, limits: TreeLimits = LIMITS) -> None:
        self.location = str(root)
        self._root = os.fspath(root)
        self._names = NameRegister(limits)
        self._sizes: dict[str, int] = {}
        self._walk()

    @property
    def problems(self) -> FindingLog:
        """What was refused or noticed while the names were read."""
        return self._names.problems

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of every file, sorted within each folder."""
        return iter(self._sizes.items())

    def directories(self) -> Iterator[str]:
        """Yield the path of every folder."""
        return iter(self._names.folders)

    def size(self, path: str) -> int | None:
        """Return the size of a file; none when there is no such file."""
        return self._sizes.get(path)

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading without following a link that took its place.

        Raises:
            KeyError: no such file.
            InputError: it is there and cannot be read.
        """
        if path not in self._sizes:
            raise KeyError(path)
        try:
            handle = os.open(f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise unreadable(path, error) from error
        return io.FileIO(handle, "rb")

    def close(self) -> None:
        """Nothing stays open."""

    def _walk(self) -> None:
        todo = [""]
        while todo:
            folder = todo.pop()
            below: list[str] = []
            for entry in self._entries(folder):
                self._names.count()
                path = self._names.accept(f"{folder}/{entry.name}" if folder else entry.name)
                if path is not None:
                    self._take(entry, path, below)
            todo.extend(reversed(below))

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(f"{self._root}/{folder}") as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise InputError(
                    N_("The folder {name} cannot be read: {reason}."),
                    hint=N_("Check the path and the rights of this account."),
                    name=self.location,
                    reason=error.strerror,
                ) from error
            self._names.problems.add(kinds.UNREADABLE.at(folder, reason=error.strerror))
            return []

    def _take(self, entry: os.DirEntry[str], path: str, below: list[str]) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._names.problems.add(kinds.UNREADABLE.at(path, reason=error.strerror))
            return
        if stat.S_ISDIR(status.st_mode):
            self._names.add_folder(path)
            below.append(path)
        elif stat.S_ISREG(status.st_mode):
            self._names.register(path)
            self._sizes[path] = status.st_size
        elif stat.S_ISLNK(status.st_mode):
            self._names.problems.add(kinds.LINK.at(path))
        else:
            self._names.problems.add(kinds.SPECIAL.at(path))


def unreadable(path: str, error: BaseException) -> InputError:
    """Return the error that says a file of the tree cannot be read."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return InputError(
        N_("{name} cannot be read: {reason}."),
        hint=N_("Ask for the package to be sent again."),
        name=path,
        reason=reason,
    )


class SingleFileTree:
    """One file as a tree of one: a bare METS.xml."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self._path = path
        self.problems = FindingLog()

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield the one file."""
        yield self._path.name, self._path.stat().st_size

    def directories(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())

    def size(self, path: str) -> int | None:
        """Return the size of the one file."""
        return self._path.stat().st_size if path == self._path.name else None

    def open(self, path: str) -> BinaryIO:
        """Open the one file."""
        if path != self._path.name:
            raise KeyError(path)
        return self._path.open("rb")

    def close(self) -> None:
        """Nothing stays open."""


class SubTree:
    """A part of a tree, seen from one of its folders."""

    def __init__(self, tree: PackageTree, prefix: str) -> None:
        """`prefix` is a folder's path; empty for the whole tree."""
        self.base = tree
        self.kind = tree.kind
        self.location = tree.location
        self.prefix = f"{prefix}/" if prefix else ""

    @property
    def name(self) -> str:
        """Name of the folder this tree is seen from; empty for the root of what was opened."""
        return self.prefix.rstrip("/").rpartition("/")[2]

    @property
    def problems(self) -> FindingLog:
        """What was refused or noticed while the names were read."""
        return self.base.problems

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of every file below the folder."""
        cut = len(self.prefix)
        return ((path[cut:], size) for path, size in self.base.files() if path.startswith(self.prefix))

    def directories(self) -> Iterator[str]:
        """Yield the path of every folder below the folder."""
        cut = len(self.prefix)
        return (path[cut:] for path in self.base.directories() if path.startswith(self.prefix))

    def size(self, path: str) -> int | None:
        """Return the size of a file; none when there is no such file."""
        return self.base.size(self.prefix + path)

    def open(self, path: str) -> BinaryIO:
        """Open a file."""
        return self.base.open(self.prefix + path)

    def at(self, path: str) -> str:
        """Return the path of a file from the root of what was opened, for messages."""
        return self.prefix + path

    def close(self) -> None:
        """The base stays open; whoever opened it closes it."""
