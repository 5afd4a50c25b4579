"""The files that lie beside a signed file: what a detached signature was made for, found by name and by digest."""

import os
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePath

from preservation.cms.digests import UnsupportedAlgorithm, digest_file
from preservation.signatures.detect import DETACHED_SUFFIXES
from preservation.signatures.source import Companion

_SEARCHED_FILES = 200
_SEARCHED_BYTES = 1 << 30
_LISTED = 20_000
_FOLDERS = 8


class Surroundings:
    """What lies beside the files of a run: the files of their folders, and the other paths the user named.

    Args:
        named: files given by the user, wherever they lie.
    """

    def __init__(self, named: Iterable[Path] = ()) -> None:
        self._named = tuple(dict.fromkeys(path for path in named if path.is_file()))[:_LISTED]
        self._folders: OrderedDict[Path, Folder] = OrderedDict()

    def of(self, path: Path) -> "Beside":
        """Return what finds the companions of one file."""
        return Beside(self, path)

    def folder(self, path: Path) -> "Folder":
        """Return the folder a file lies in, with the files the user named; kept for the next file of that folder."""
        key = path.parent
        known = self._folders.get(key)
        if known is None:
            known = self._folders[key] = Folder((*_files(key), *self._named))
            if len(self._folders) > _FOLDERS:
                self._folders.popitem(last=False)
        self._folders.move_to_end(key)
        return known


class Beside:
    """Finds the files beside one signed file."""

    def __init__(self, surroundings: Surroundings, path: Path) -> None:
        self._surroundings = surroundings
        self._path = path

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion | None:
        """Return the file that was signed: one whose digest fits, else one whose name fits.

        At most 200 files and 1 GiB of a folder are read in search of a digest.
        """
        folder = self._surroundings.folder(self._path)
        named = [path for name in names for path in folder.named(name) if path != self._path]
        found = named[0] if named else None
        if digests:
            found = next((path for path in named if folder.fits(path, digests)), None) or (
                folder.search(digests, self._path) or found
            )
        return Companion(name=found.name, path=found) if found else None


class Folder:
    """The files of one folder by name, and by the digests already made of them.

    Args:
        files: the likelier ones first.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = tuple(dict.fromkeys(files))
        self._by_name: dict[str, list[Path]] = {}
        for path in self._files:
            self._by_name.setdefault(_plain(path.name), []).append(path)
        self._digests: dict[tuple[Path, str], bytes | None] = {}
        self._unread: dict[str, Iterator[Path]] = {}
        self._by_digest: dict[tuple[str, bytes], Path] = {}
        self._searched_files = 0
        self._searched_bytes = 0

    def named(self, name: str) -> list[Path]:
        """Return the files of a name, exact ones first, then those that differ in case or in how accents are coded."""
        base = PurePath(name.replace("\\", "/")).name
        return sorted(self._by_name.get(_plain(base), ()), key=lambda path: path.name != base)

    def signatures_of(self, path: Path) -> list[Path]:
        """Return the files beside one that may be its detached signature, by their names."""
        bases = dict.fromkeys((path.name, path.stem))
        found = chain.from_iterable(self.named(base + suffix) for base in bases for suffix in DETACHED_SUFFIXES)
        return [other for other in dict.fromkeys(found) if other != path]

    def fits(self, path: Path, digests: Mapping[str, bytes]) -> bool:
        """Tell whether a file has the digests; an algorithm unknown here, or an unreadable file, proves nothing."""
        made = {name: self._digest(path, name) for name in digests}
        return any(made.values()) and all(value in {None, digests[name]} for name, value in made.items())

    def search(self, digests: Mapping[str, bytes], without: Path) -> Path | None:
        """Return a file with one of the digests, as long as files of this folder may still be read for it."""
        for name, value in digests.items():
            known = self._by_digest.get((name, value))
            if known is not None and known != without:
                return known
            for path in self._unread.setdefault(name, iter(self._files)):
                if (path, name) not in self._digests and not self._affords(path):
                    continue
                if self._digest(path, name) == value and path != without:
                    return path
        return None

    def _digest(self, path: Path, name: str) -> bytes | None:
        if (path, name) not in self._digests:
            self._digests[path, name] = made = _digest_of(path, name)
            if made is not None:
                self._by_digest.setdefault((name, made), path)
        return self._digests[path, name]

    def _affords(self, path: Path) -> bool:
        """Tell whether a file may be read in search of a digest, and count it."""
        try:
            size = path.stat().st_size
        except OSError:
            return False
        if self._searched_files >= _SEARCHED_FILES or self._searched_bytes + size > _SEARCHED_BYTES:
            return False
        self._searched_files += 1
        self._searched_bytes += size
        return True


def _files(folder: Path) -> Iterator[Path]:
    """Yield the plain files of a folder, sorted; links are not followed."""
    try:
        with os.scandir(folder) as entries:
            first = [entry for _, entry in zip(range(_LISTED), entries, strict=False)]
            names = sorted(entry.name for entry in first if entry.is_file(follow_symlinks=False))
    except OSError:
        return
    yield from (folder / name for name in names)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _digest_of(path: Path, name: str) -> bytes | None:
    try:
        return digest_file(path, (name,))[name]
    except (UnsupportedAlgorithm, OSError):
        return None
