"""Which content files belong to which description: what METS says, else what their names say."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.packages.structure import PackageFacts
from ingest.sources.package import PackageSource
from ingest.sources.package_tree import tree_path

_DESCRIPTION = re.compile(r"ead[_-](?:doc|pic|media)[_-]?(.*)\.xml", re.IGNORECASE)
_MARK = ".fetch.txt"
_ENDS = " ._-("


@dataclass(slots=True)
class FileLinks:
    """The content files of a package by their path in it, and the names documents use for them."""

    source: PackageSource
    facts: PackageFacts
    _names: dict[str, str] = field(default_factory=dict)
    """Name as content by path from the package's root."""
    _stems: dict[str, list[str]] | None = None
    _claimed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        prefix = len(self.source.opened.package.prefix)
        for name, path in self.source.opened.content.items():
            self._names[path[prefix:]] = tree_path(name)
        for paths in self.facts.files_of.values():
            self._claimed.update(path for path in paths if path in self._names)

    def linked(self, description: str) -> tuple[str, ...]:
        """Return the files that METS links with a description, by the names of content."""
        return tuple(self._names[path] for path in self.facts.files_of.get(description, ()) if path in self._names)

    def by_path(self, path: str) -> str | None:
        """Return the name of the content file at a path from the package's root."""
        return self._names.get(path)

    def similar(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return the files whose names begin with one of the keys; the first key that fits decides."""
        stems = self._by_stem()
        for key in keys:
            found = stems.get(key.casefold()) if key else None
            if found:
                return tuple(found)
        return ()

    def all_names(self) -> Iterator[str]:
        """Yield the names of all content files."""
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._names)

    def _by_stem(self) -> dict[str, list[str]]:
        if self._stems is None:
            self._stems = {}
            for path, name in self._names.items():
                if path not in self._claimed:
                    for stem in _stems(name):
                        self._stems.setdefault(stem, []).append(name)
        return self._stems


def description_keys(path: str, codes: Sequence[str]) -> Iterator[str]:
    """Yield what the files of a document may be called, likeliest first.

    Args:
        path: of the description.
        codes: identifiers of the document, likeliest first.
    """
    base = path.rpartition("/")[2]
    found = _DESCRIPTION.fullmatch(base)
    yield found[1] if found else base.rpartition(".")[0]
    for code in codes:
        yield code
        yield code.replace("/", "-")
        yield code.rpartition(".")[2]


def _stems(name: str) -> set[str]:
    """Return what a file name may begin with to be called by it: all of it, and all before its first separators."""
    base = name.rpartition("/")[2].casefold().removesuffix(_MARK)
    stem = base.rpartition(".")[0] or base
    found = {base, stem}
    for mark in _ENDS:
        if mark in stem:
            found.add(stem.partition(mark)[0])
    return found
