"""Which file of a submission each name in the description means.

A name matches exactly, or apart from Unicode normal form, or (with a finding) apart from case. A
bare name also matches a file in a folder, when only one file is called so.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from ingest.describe import findings as kinds
from ingest.sources.descriptor import descriptor_rank
from ingest.sources.guards import display_name, is_system_file, plain_name, readings
from ingest.sources.values import Description
from model.findings import Finding
from preservation.package.tree import folded_path


@dataclass(slots=True)
class _Named:
    """One name given by the description."""

    written: str
    ordinal: int
    exact: str
    """The name with `/` as separator, in NFC."""
    matched: bytes | None = None


@dataclass(slots=True)
class FileMatches:
    """Names handed in against names described."""

    owners: dict[bytes, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    described: frozenset[bytes] = frozenset()
    """Files that are part of the description, which need no document."""
    _named: dict[str, list[_Named]] = field(default_factory=dict)
    """By folded name."""
    _loose: list[tuple[bytes, str]] = field(default_factory=list)
    """Names no description meant directly, with their plainest reading."""

    def is_absent(self, written: str) -> bool:
        """Tell whether a name in the description meant no file that was handed in."""
        exact = plain_name(written)
        for named in self._named.get(folded_path(exact), ()):
            if named.exact == exact:
                return named.matched is None
        return True

    def unnamed(self, needless: Container[bytes] = ()) -> Iterator[Finding]:
        """Yield the files that no document names; files of the computer and further descriptors need no name.

        Args:
            needless: names of further files that need none.
        """
        for name, text in self._loose:
            if name in self.owners or name in self.described or name in needless or is_system_file(name):
                continue
            if "/" not in text and descriptor_rank(text) is not None:
                continue
            shown = display_name(name)
            yield kinds.FILE_UNNAMED.at(shown, name=shown)


def match_files(description: Description, names: Iterable[bytes]) -> FileMatches:
    """Match the names of handed-in files with those the description gives."""
    matches = FileMatches(described=description.further)
    _index(description, matches)
    head, slash, _ = description.descriptor.rpartition(b"/")
    top = head + slash
    direct = _Direct(matches)
    for name in names:
        if name != description.descriptor:
            direct.add(name, readings(name.removeprefix(top)))
    direct.settle()
    _match_bare(matches)
    return matches


def _index(description: Description, matches: FileMatches) -> None:
    for document in description.documents:
        for written in document.files:
            exact = plain_name(written)
            held = matches._named.setdefault(folded_path(exact), [])
            first = next((named for named in held if named.exact == exact), None)
            if first is None:
                held.append(_Named(written, document.ordinal, exact))
            elif first.ordinal != document.ordinal:
                matches.findings.append(
                    kinds.FILE_NAMED_TWICE.at(
                        f"document[{document.ordinal}]/file", name=written, first=first.ordinal, second=document.ordinal
                    )
                )


class _Direct:
    """Matches whole paths: exact ones at once, those that differ in case once all exact ones are known."""

    def __init__(self, matches: FileMatches) -> None:
        self._matches = matches
        self._later: list[tuple[bytes, str, list[_Named]]] = []

    def add(self, name: bytes, texts: tuple[str, ...]) -> None:
        for text in texts:
            exact = plain_name(text)
            held = self._matches._named.get(folded_path(exact))
            if held is None:
                continue
            for named in held:
                if named.exact == exact:
                    self._take(name, text, named)
                    return
            self._later.append((name, text, held))
            return
        self._matches._loose.append((name, texts[0] if texts else display_name(name)))

    def settle(self) -> None:
        for name, text, held in self._later:
            free = [named for named in held if named.matched is None]
            if len(free) == 1:
                _claim(self._matches, name, free[0])
                self._matches.findings.append(_differs(name, free[0]))
            else:
                self._matches._loose.append((name, text))

    def _take(self, name: bytes, text: str, named: _Named) -> None:
        """Of two files whose names differ in normal form only, the one written so byte for byte comes first."""
        if named.matched is None:
            _claim(self._matches, name, named)
        elif text == named.written:
            self._matches._loose.append((named.matched, text))
            del self._matches.owners[named.matched]
            _claim(self._matches, name, named)
        else:
            self._matches._loose.append((name, text))


def _match_bare(matches: FileMatches) -> None:
    """Match files in folders that the description calls by their bare name."""
    candidates: dict[int, list[tuple[bytes, _Named]]] = {}
    for name, text in matches._loose:
        path = plain_name(text)
        base = path.rpartition("/")[2]
        held = matches._named.get(folded_path(base), []) if base != path else []
        free = [named for named in held if named.matched is None]
        exact = [named for named in free if named.exact == base] or (free if len(free) == 1 else [])
        for named in exact[:1]:
            candidates.setdefault(id(named), []).append((name, named))
    for group in candidates.values():
        named = group[0][1]
        if len(group) == 1:
            _claim(matches, group[0][0], named)
            if named.exact != plain_name(display_name(group[0][0])).rpartition("/")[2]:
                matches.findings.append(_differs(group[0][0], named))
        else:
            shown = display_name(group[0][0])
            matches.findings.append(kinds.FILE_AMBIGUOUS.at(shown, written=named.written, name=shown))


def _claim(matches: FileMatches, name: bytes, named: _Named) -> None:
    named.matched = name
    matches.owners[name] = named.ordinal


def _differs(name: bytes, named: _Named) -> Finding:
    shown = display_name(name)
    return kinds.FILE_NAME_DIFFERS.at(shown, name=shown, written=named.written)
