"""A case file handed in as an information package: Circular 05/2025 or E-ARK, of any system, also inside a bag.

The files under `representations/*/data/` are the case file's files. Everything else of the package is
kept as it is, byte for byte, beside them. The package itself is checked completely, requirement by
requirement, with the digests of the one pass that reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ingest.sources.package_tree import SourceTree
from ingest.sources.values import Description, Limits, Source, SourceEntry, Submission
from model.findings import Finding
from model.fixity import PACKAGE_ALGORITHMS, Digest

if TYPE_CHECKING:
    from preservation.package.detect import Detected
    from preservation.package.tree import SubTree

METS_NAME = b"METS.xml"
LINK_SUFFIX = b".fetch.txt"
_REPRESENTATIONS = "representations/"
_APART = ("metadata", "schemas", "documentation")
"""Folders of a package or representation that hold no content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which files of a package are content, and what they are called without the folders above them."""

    prefixes: tuple[tuple[str, str], ...] = ()
    """Folder of each representation's content, and what stands for it in the content's names."""

    @classmethod
    def of(cls, package: "SubTree") -> "Layout":
        """Return the layout of a package by the folders it has."""
        held: dict[str, bool] = {}
        for path, _size in package.files():
            parts = path.split("/")
            if len(parts) > 2 and parts[0] == "representations":
                in_data = len(parts) > 3 and parts[2] == "data"
                held[parts[1]] = held.get(parts[1], False) or in_data
        if not any(held.values()):
            return cls(prefixes=(("", ""),))
        names = [name for name, in_data in held.items() if in_data]
        folders = [(f"{_REPRESENTATIONS}{name}/data/", f"{name}/" if len(names) > 1 else "") for name in names]
        return cls(prefixes=tuple(sorted(folders)))

    def content_name(self, path: str) -> tuple[str, str] | None:
        """Return the folder of a content file, and what stands for it in its name; none when it is not content."""
        for folder, shown in self.prefixes:
            if (folder and path.startswith(folder)) or (not folder and not _is_apart(path)):
                return folder, shown
        return None


def _is_apart(path: str) -> bool:
    """Tell, in a package without data folders, whether a file is about the content."""
    parts = path.split("/")
    if parts[0] == "representations" and len(parts) > 2:
        parts = parts[2:]
    return parts[0] in _APART or (len(parts) == 1 and parts[0].lower() == "mets.xml")


class PackageSource:
    """The content of an information package, named from inside its representation.

    Args:
        inner: the source that reads the folder or archive the package lies in.
        kind: what was recognised, as `package check` names it.
    """

    def __init__(self, inner: Source, kind: str, limits: Limits) -> None:
        self.inner = inner
        self.kind = kind
        self.limits = limits
        self._opened: Opened | None = None
        self._checked: tuple[Finding, ...] | None = None

    def __reduce__(self) -> tuple[type["PackageSource"], tuple[Source, str, Limits]]:
        return type(self), (self.inner, self.kind, self.limits)

    @property
    def location(self) -> Path:
        """The folder or archive file."""
        return self.inner.location

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Digests wanted of every file, the two that are always computed first."""
        return self.opened.tree.known_algorithms

    @property
    def opened(self) -> "Opened":
        """What was found in the source; looked for once."""
        if self._opened is None:
            self._opened = Opened.of(self.inner)
        return self._opened

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the content files, named without the folders above them.

        Raises:
            InputError: the source is unreadable, or beyond a limit.
        """
        return self.opened.named(self.opened.content)

    def extra_entries(self) -> Iterator[SourceEntry]:
        """Yield everything else, under the names it has in the package, or in the bag around it."""
        return self.opened.named(self.opened.extra)

    def original_name(self, name: bytes) -> bytes:
        """Return the whole name of a content file, from the folder that everything lies in."""
        entry = self.opened.tree.entry(self.opened.content[name])
        return entry.name[len(self.opened.top) :]

    def note_digests(self, entry: SourceEntry, digests: tuple[Digest, ...], *, extra: bool = False) -> None:
        """Take the digests of a file that was read, in the order of `algorithms`: it is not read again."""
        names = self.opened.extra if extra else self.opened.content
        self.opened.tree.known_digests[names[entry.name]] = b"".join(digest.value for digest in digests)

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the source, then what the check of the package found."""
        if self._checked is None:
            from preservation.package.check import check_opened

            self._checked = check_opened(self.opened.tree, root_name=self._root_name()).findings
        return self.inner.findings() + self._checked

    def open(self, entry: SourceEntry) -> BinaryIO:
        """Open a content file."""
        return self.opened.tree.open(self.opened.content[entry.name])

    def open_extra(self, entry: SourceEntry) -> BinaryIO:
        """Open one of the package's other files."""
        return self.opened.tree.open(self.opened.extra[entry.name])

    def describe(self, submission: Submission, work: Path, limits: Limits) -> Description:
        """Read what the package says of itself."""
        from ingest.packages.describing import describe_package

        return describe_package(self, submission, work, limits)

    def want(self, algorithms: tuple[str, ...]) -> None:
        """Have further digests computed in the one pass that reads the files."""
        tree = self.opened.tree
        if not tree.known_digests:
            tree.known_algorithms = tuple(dict.fromkeys((*PACKAGE_ALGORITHMS, *algorithms)))

    def close(self) -> None:
        """Release what is open."""
        self.inner.close()

    def _root_name(self) -> str:
        return self.location.name if self.inner.kind == "folder" else ""


@dataclass(slots=True)
class Opened:
    """The tree of a source and what was recognised in it."""

    tree: SourceTree
    detected: "Detected"
    package: "SubTree"
    """The tree seen from the package's root folder."""
    outer: "SubTree"
    """The tree seen from the folder that everything lies in: the bag's, where there is one."""
    content: dict[bytes, str]
    """Path in the tree of each content file, by the name it is given out with."""
    extra: dict[bytes, str]
    """The same of every other file."""

    @classmethod
    def of(cls, inner: Source) -> "Opened":
        """Look at the names of a source, and at the first lines of what they promise."""
        from preservation.package.detect import detect
        from preservation.package.tree import SubTree

        tree = SourceTree(inner)
        detected = detect(tree)
        package = detected.package or SubTree(tree, "")
        opened = cls(tree, detected, package, detected.bag or package, {}, {})
        layout = Layout.of(package)
        for path, entry in tree.entries():
            opened._add(path, entry.name, layout)
        return opened

    @property
    def top(self) -> bytes:
        """Folder that everything lies in, with a trailing `/`."""
        return self.outer.prefix.encode("utf-8", "surrogateescape")

    def named(self, names: dict[bytes, str]) -> Iterator[SourceEntry]:
        """Yield entries under the names they are given out with."""
        for name, path in names.items():
            yield replace(self.tree.entry(path), name=name)

    def _add(self, path: str, raw: bytes, layout: Layout) -> None:
        found = layout.content_name(path[len(self.package.prefix) :]) if path.startswith(self.package.prefix) else None
        if found is None:
            self.extra[raw[len(self.top) :] if raw.startswith(self.top) else raw] = path
            return
        folder, shown = found
        parts = raw.split(b"/")[(self.package.prefix + folder).count("/") :]
        self.content[shown.encode("utf-8", "surrogateescape") + b"/".join(parts)] = path
