"""Safe, portable paths for the names that files were handed in under.

The original name stays on record byte for byte; the path in the package is one that Windows, macOS
and Linux can all hold, in Unicode NFC, and unique even where case and accents are folded.

Source:
    RFC 8493 section 6.1; Microsoft, Naming Files, Paths, and Namespaces.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from ingest.sources.findings import NAME_CHANGED, NAME_COLLISION, NAME_UNDECODABLE
from ingest.sources.guards import display_name
from model.findings import Finding
from preservation.package.tree import folded_path

COMPONENT_BYTES = 200
"""Bytes of one component at most: 255 is what file systems hold, the rest is room for suffixes of other tools."""
PATH_BYTES = 1000

_PLAIN = re.compile(r"[A-Za-z0-9_\-(),+=@#&'!~\[\]{} ./%$;^`]*")
_FORBIDDEN = re.compile(
    '[<>:"|?*\\\\\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f'
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\uffff\U000e0000-\U000e007f"
    + "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Reserved, control, bidirectional and invisible characters, and code points that are no characters."""
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"\.[^. ]{1,16}$")


def portable_paths(names: Iterable[bytes]) -> Iterator[tuple[bytes, str, tuple[Finding, ...]]]:
    """Yield each name with its path in the package and what was changed.

    The same names in the same order always give the same paths; a path given again as a name stays
    as it is. Memory holds one folded path a name.
    """
    taken = _Taken()
    for name in names:
        wanted, decodable = _readable(name)
        path = "/".join(_safe_component(part) for part in wanted.split("/") if part) or "_"
        path = _within_length(path)
        unique = taken.claim(path)
        yield name, unique, _findings(name, wanted, path, unique, decodable)


class _Taken:
    """The paths given so far, folded by case and normal form."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: dict[str, bool] = {"": True}

    def claim(self, path: str) -> str:
        """Return the path, or one with `~2`, `~3` … where it would meet another."""
        folder, slash, base = path.rpartition("/")
        if folder and folded_path(folder) not in self._folders:
            folder = self._claim_folder(folder)
        unique = folder + slash + base
        folded = folded_path(unique)
        number = 2
        while folded in self._files or folded in self._folders:
            unique = folder + slash + _numbered(base, number)
            folded = folded_path(unique)
            number += 1
        self._files.add(folded)
        return unique

    def _claim_folder(self, folder: str) -> str:
        current = ""
        for part in folder.split("/"):
            below = f"{current}/{part}" if current else part
            number = 2
            while folded_path(below) in self._files:
                numbered = _numbered(part, number)
                below = f"{current}/{numbered}" if current else numbered
                number += 1
            self._folders[folded_path(below)] = True
            current = below
        return current


def _readable(name: bytes) -> tuple[str, bool]:
    try:
        return name.decode("utf-8"), True
    except UnicodeDecodeError:
        return re.sub(r"\\x([0-9a-f]{2})", r"=\1", name.decode("utf-8", "backslashreplace")), False


def _safe_component(part: str) -> str:
    if not _PLAIN.fullmatch(part):
        part = unicodedata.normalize("NFC", part)
        part = unicodedata.normalize("NFC", _FORBIDDEN.sub("_", part))
    kept = part.rstrip(". ")
    if kept != part:
        part = kept + "_"
    if _DEVICE.match(part):
        part = "_" + part
    return _shortened(part) if len(part) * 4 > COMPONENT_BYTES else part


def _shortened(part: str) -> str:
    """Return a component within the limit: its start, a hash of the whole, its extension."""
    if len(part.encode()) <= COMPONENT_BYTES:
        return part
    found = _EXTENSION.search(part)
    extension = found[0] if found and len(found[0].encode()) <= 40 else ""
    mark = "~" + hashlib.sha256(part.encode()).hexdigest()[:8]
    room = COMPONENT_BYTES - len(mark) - len(extension.encode())
    return _cut(part[: len(part) - len(extension)], room).rstrip(". ") + mark + extension


def _cut(text: str, room: int) -> str:
    return text.encode()[:room].decode("utf-8", "ignore")


def _within_length(path: str) -> str:
    """Replace the folders of a path that is too long altogether by a hash of them."""
    if len(path) * 4 <= PATH_BYTES or len(path.encode()) <= PATH_BYTES:
        return path
    folder, _, base = path.rpartition("/")
    return f"_{hashlib.sha256(folder.encode()).hexdigest()[:24]}/{base}"


def _numbered(base: str, number: int) -> str:
    found = _EXTENSION.search(base)
    extension = found[0] if found and found.start() else ""
    mark = f"~{number}"
    stem = _cut(base[: len(base) - len(extension)], COMPONENT_BYTES - len(mark) - len(extension.encode()))
    return (stem.rstrip(". ") or "_") + mark + extension


def _findings(name: bytes, wanted: str, path: str, unique: str, decodable: bool) -> tuple[Finding, ...]:
    if unique == wanted and decodable:
        return ()
    shown = display_name(name)
    if not decodable:
        return (NAME_UNDECODABLE.at(unique, name=shown, path=unique),)
    if unique != path:
        return (NAME_COLLISION.at(unique, name=shown, path=unique),)
    if path == unicodedata.normalize("NFC", wanted):
        return ()
    return (NAME_CHANGED.at(unique, name=shown, path=unique),)
