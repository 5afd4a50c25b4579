"""A case file handed in as a BagIt bag: a folder, a ZIP or a TAR that is a bag.

The files under `data/` are the case file's files. The bag itself is checked completely: every rule
of RFC 8493, every digest.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ingest.sources.values import Limits, Source, SourceEntry
from model.findings import Finding, FindingLog


class BagSource:
    """The payload of a bag, named from inside `data/`.

    Args:
        inner: the source that reads the folder or archive the bag lies in.
        top: the bag's top folder inside it, with a trailing `/`; empty when the bag is at its root.
    """

    kind = "bag"

    def __init__(self, inner: Source, top: bytes, limits: Limits) -> None:
        self.inner = inner
        self.top = top
        self.limits = limits
        self._checked: tuple[Finding, ...] | None = None

    def __reduce__(self) -> tuple[type["BagSource"], tuple[Source, bytes, Limits]]:
        return type(self), (self.inner, self.top, self.limits)

    @property
    def location(self) -> Path:
        """The folder or archive file."""
        return self.inner.location

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the payload files, named without `data/`.

        Raises:
            InputError: the source is unreadable, or beyond a limit.
        """
        prefix = self.top + b"data/"
        for entry in self.inner.entries():
            if entry.name.startswith(prefix):
                yield replace(entry, name=entry.name[len(prefix) :])

    def tag_entries(self) -> Iterator[SourceEntry]:
        """Yield the bag's other files, with their names from the bag's top folder."""
        prefix = self.top + b"data/"
        for entry in self.inner.entries():
            if not entry.name.startswith(prefix):
                yield replace(entry, name=entry.name.removeprefix(self.top))

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the source, then what the check of the bag found."""
        if self._checked is None:
            self._checked = self._check()
        return self.inner.findings() + self._checked

    def open(self, entry: SourceEntry) -> BinaryIO:
        """Open a payload file."""
        return self.inner.open(replace(entry, name=self.top + b"data/" + entry.name))

    def open_tag(self, entry: SourceEntry) -> BinaryIO:
        """Open one of the bag's other files."""
        return self.inner.open(replace(entry, name=self.top + entry.name))

    def close(self) -> None:
        """Release what is open."""
        self.inner.close()

    def _check(self) -> tuple[Finding, ...]:
        from preservation.package.archives import open_tree
        from preservation.package.bagcheck import check_bag
        from preservation.package.fixity import Fixity
        from preservation.package.tree import SubTree, TreeLimits

        limits = self.limits
        tree = open_tree(
            self.location,
            TreeLimits(entries=limits.entries, depth=limits.depth + 8, ratio=limits.ratio),
        )
        try:
            log = FindingLog()
            check_bag(SubTree(tree, self.top[:-1].decode("utf-8", "surrogateescape")), Fixity(tree, log), log)
            log.extend(tree.problems)
            return tuple(log)
        finally:
            tree.close()
