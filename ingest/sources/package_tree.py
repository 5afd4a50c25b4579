"""A submission seen as a package tree, so that the checks of packages run on what ingest reads, as it reads it."""

import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from ingest.sources.guards import readings
from ingest.sources.values import Source, SourceEntry
from model.findings import FindingLog
from model.fixity import PACKAGE_ALGORITHMS


class SourceTree:
    """The files of a source by readable path in NFC; digests that were computed elsewhere are known here.

    Args:
        source: its own limits and refusals hold.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.kind = source.kind
        self.location = str(source.location)
        self.problems = FindingLog()
        self.known_algorithms: tuple[str, ...] = PACKAGE_ALGORITHMS
        """Algorithms of `known_digests`, in this order."""
        self.known_digests: dict[str, bytes] = {}
        """Digests by path, one behind the other."""
        self._entries: dict[str, SourceEntry] = {}
        self._folders: set[str] = set()
        for entry in source.entries():
            self._add(entry)

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of every file, in the order of the source."""
        return ((path, entry.size) for path, entry in self._entries.items())

    def entries(self) -> Iterator[tuple[str, SourceEntry]]:
        """Yield every file with its path here."""
        return iter(self._entries.items())

    def entry(self, path: str) -> SourceEntry:
        """Return a file that `entries` gives.

        Raises:
            KeyError: no such file.
        """
        return self._entries[path]

    def directories(self) -> Iterator[str]:
        """Yield the path of every folder that holds a file."""
        return iter(self._folders)

    def size(self, path: str) -> int | None:
        """Return the size of a file; none when there is no such file."""
        entry = self._find(path)
        return None if entry is None else entry.size

    def open(self, path: str) -> BinaryIO:
        """Open a file.

        Raises:
            KeyError: no such file.
            InputError: it cannot be read, or is beyond a limit.
        """
        entry = self._find(path)
        if entry is None:
            raise KeyError(path)
        return self._source.open(entry)

    def close(self) -> None:
        """The source stays open; whoever opened it closes it."""

    def _find(self, path: str) -> SourceEntry | None:
        return self._entries.get(path) or self._entries.get(_plain(path))

    def _add(self, entry: SourceEntry) -> None:
        path = tree_path(entry.name)
        if path in self._entries:
            path = entry.name.decode("utf-8", "surrogateescape")
        self._entries[path] = entry
        folder = path.rpartition("/")[0]
        while folder and folder not in self._folders:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]


def tree_path(name: bytes) -> str:
    """Return the path a file has in a tree."""
    meant = readings(name)
    return _plain(meant[0]) if meant else name.decode("utf-8", "surrogateescape")


def _plain(path: str) -> str:
    return path if path.isascii() else unicodedata.normalize("NFC", path)
