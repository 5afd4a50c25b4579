"""The other files of a case file, as what a detached signature may sign: found by digest and by name."""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from preservation.cms.digests import UnsupportedAlgorithm, digest_file
from preservation.package.plan import ContentFile
from preservation.signatures.source import Companion

_TRIED = 16
"""Files of a fitting name whose digest is computed when it is not known."""


class _Place(NamedTuple):
    path: str
    content: str


class CaseCompanions:
    """Indexes the files of a case file by digest and name, when the first detached signature asks."""

    def __init__(self, files: Iterable[ContentFile]) -> None:
        self._files = files
        self._by_digest: dict[tuple[str, bytes], _Place] | None = None
        self._by_name: dict[str, list[_Place]] = {}
        self.found: set[str] = set()
        """Paths of the files that a detached signature was found to belong to."""

    def of(self, path: str) -> "FileCompanions":
        """Return what finds the companions of one file."""
        return FileCompanions(self, path)

    def with_digest(self, digests: Mapping[str, bytes], path: str) -> _Place | None:
        """Return another file that has a digest known from receiving; none also where no such digest is asked for."""
        known = self._index()
        for name, value in digests.items():
            place = known.get((name, value))
            if place is not None and place.path != path:
                return place
        return None

    def named(self, names: tuple[str, ...], path: str) -> list[_Place]:
        """Return the other files with one of the names, those of the same folder first."""
        self._index()
        folder = PurePosixPath(path).parent
        found = [
            place
            for name in names
            for place in self._by_name.get(_plain(name.replace("\\", "/")), ())
            if place.path != path
        ]
        return sorted(dict.fromkeys(found), key=lambda place: PurePosixPath(place.path).parent != folder)

    def _index(self) -> dict[tuple[str, bytes], _Place]:
        if self._by_digest is None:
            self._by_digest = {}
            for file in self._files:
                item = file.object
                place = _Place(item.path, str(file.content))
                self._by_digest.setdefault(("sha256", item.sha256), place)
                self._by_digest.setdefault(("sha512", item.sha512), place)
                original = item.original_name.decode("utf-8", "surrogateescape")
                for name in {_plain(item.path), _plain(original)}:
                    self._by_name.setdefault(name, []).append(place)
        return self._by_digest


class FileCompanions:
    """Finds the files beside one signed file of a case file."""

    def __init__(self, case: CaseCompanions, path: str) -> None:
        self._case = case
        self._path = path

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion | None:
        """Return the file that was signed: one whose digest fits, else one whose name fits."""
        place = self._case.with_digest(digests, self._path)
        if place is None:
            named = self._case.named(names, self._path)
            place = next((item for item in named[:_TRIED] if digests and _fits(item, digests)), None)
            place = place or next(iter(named), None)
        if place is None:
            return None
        self._case.found.add(place.path)
        return Companion(name=place.path, path=Path(place.content))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", PurePosixPath(name).name).casefold()


def _fits(place: _Place, digests: Mapping[str, bytes]) -> bool:
    try:
        computed = digest_file(Path(place.content), digests)
    except (UnsupportedAlgorithm, OSError):
        return False
    return all(computed[name] == value for name, value in digests.items())
