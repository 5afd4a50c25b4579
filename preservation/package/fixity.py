"""The digests of a package's files, each file read once for every algorithm anybody asks about."""

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import Protocol, runtime_checkable

from model.errors import InputError
from model.findings import FindingLog
from model.fixity import CHUNK, Digester
from preservation.package import findings as kinds
from preservation.package.archives import TarTree
from preservation.package.tree import PackageTree


@runtime_checkable
class ReadBefore(Protocol):
    """A tree whose files were read already, by who takes them in: their digests are known."""

    known_algorithms: tuple[str, ...]
    known_digests: dict[str, bytes]
    """Digests by path, those of one file behind each other in the order of the algorithms."""


@cache
def algorithm_named(name: str) -> str:
    """Return hashlib's name of an algorithm as BagIt, METS or PREMIS write it; empty when it cannot be computed."""
    plain = name.strip().lower().replace("-", "").replace("_", "").replace("/", "")
    for known in hashlib.algorithms_available:
        if known.replace("-", "").replace("_", "").replace("/", "").lower() == plain:
            return known if _fixed_length(known) else ""
    return ""


def _fixed_length(name: str) -> bool:
    try:
        return hashlib.new(name, usedforsecurity=False).digest_size > 0
    except ValueError:
        return False


class Fixity:
    """Digests by path, computed at most once for each file."""

    def __init__(self, tree: PackageTree, log: FindingLog, algorithms: Iterable[str] = ()) -> None:
        self._tree = tree
        self._log = log
        self._algorithms = tuple(dict.fromkeys(algorithms))
        self._known: dict[str, bytes] = {}
        self._further: dict[tuple[str, str], bytes] = {}
        self.unreadable: set[str] = set()
        if isinstance(tree, TarTree) and tree.computed:
            self._known = tree.computed
        elif isinstance(tree, ReadBefore):
            self._algorithms = tree.known_algorithms
            self._known = tree.known_digests

    def want(self, algorithms: Iterable[str]) -> None:
        """Compute these algorithms too, in the same read as the others; only before the first file is read."""
        if not self._known:
            self._algorithms = tuple(dict.fromkeys((*self._algorithms, *algorithms)))

    def digest(self, path: str, algorithm: str) -> bytes | None:
        """Return a digest of a file, raw; none (with a finding, once) when the file cannot be read."""
        if algorithm not in self._algorithms:
            return self._one_more(path, algorithm)
        values = self._known.get(path)
        if values is None:
            values = self._read(path, self._algorithms)
            self._known[path] = values
        if not values:
            return None
        start = 0
        for name in self._algorithms:
            length = _SIZES.setdefault(name, hashlib.new(name, usedforsecurity=False).digest_size)
            if name == algorithm:
                return values[start : start + length]
            start += length
        return None

    def _one_more(self, path: str, algorithm: str) -> bytes | None:
        key = (path, algorithm)
        if key not in self._further:
            self._further[key] = self._read(path, (algorithm,))
        return self._further[key] or None

    def _read(self, path: str, algorithms: tuple[str, ...]) -> bytes:
        if path in self.unreadable:
            return b""
        try:
            digester = Digester(algorithms)
            with self._tree.open(path) as stream:
                while chunk := stream.read(CHUNK):
                    digester.update(chunk)
        except (InputError, OSError, KeyError) as error:
            self.unreadable.add(path)
            self._log.add(kinds.UNREADABLE.at(path, reason=error))
            return b""
        return b"".join(digest.value for digest in digester.digests())


_SIZES: dict[str, int] = {}
