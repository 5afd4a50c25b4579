"""What an href of a METS file means: the path of a file inside the package, however the maker spelled it.

Source:
    CSIP 2.2.0 CSIP24, CSIP38, CSIP51, CSIP79 and CSIP110: the location, relative to the METS file.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import unquote

from preservation.package.tree import SubTree

_SCHEMES = ("file:///./", "file://./", "file:./", "file:///", "file://localhost/", "file:")
_DRIVE = re.compile(r"/?[A-Za-z]:/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Where an href leads."""

    path: str = ""
    """Path inside the package of the file that is there; empty when there is none."""
    outside: bool = False
    """No file of the package was found, and the href leads out of it."""
    spelled: bool = True
    """The href is spelled as the specification says; otherwise it was understood all the same."""


def target(folder: str, href: str) -> str | None:
    """Return the path an href means, from the package's root; none when it leads out of the package."""
    plain = href.split("#", 1)[0]
    for prefix in ("file:///./", "file://./", "file:./", "file:"):
        if plain.startswith(prefix):
            plain = plain[len(prefix) :]
            break
    if "://" in plain or plain.startswith(("/", "\\")) or "\\" in plain:
        return None
    path = posixpath.normpath(posixpath.join(folder, unquote(plain, errors="surrogateescape")))
    return None if path.startswith("../") or path in ("..", ".") else path


def resolve(package: SubTree, folder: str, href: str) -> Resolved:
    """Find the file an href means.

    A name that was not percent-encoded as it should be, and a path from the root instead of from the METS
    file, are understood too. So are, as other spellings, backslashes, absolute paths that lead to the
    package, and accents stored in another normal form.

    Args:
        package: the tree seen from the package's root folder.
        folder: of the METS file inside the package.
        href: as the METS file has it.
    """
    bases = (folder, "") if folder else ("",)
    for base in bases:
        for text in (href, href.replace("%", "%25")):
            path = target(base, text)
            if path is not None and package.size(path) is not None:
                return Resolved(path=path)
    for candidate in _other_spellings(package, folder, href):
        if package.size(candidate) is not None:
            return Resolved(path=candidate, spelled=False)
    return Resolved(outside=target(folder, href) is None)


def _other_spellings(package: SubTree, folder: str, href: str) -> Iterator[str]:
    plain = href.strip().split("#", 1)[0].replace("\\", "/")
    absolute = plain.startswith("/")
    for scheme in _SCHEMES:
        if plain.startswith(scheme):
            plain = plain[len(scheme) :]
            absolute = scheme.endswith("/") and not scheme.endswith("./")
            break
    if "://" in plain:
        return
    absolute = absolute or _DRIVE.match(plain) is not None
    for text in dict.fromkeys((unquote(plain, errors="surrogateescape"), plain)):
        name = package.name or PurePath(package.location).name
        if absolute and name and f"/{name}/" in f"/{text}":
            yield from _forms("", f"/{text}".rpartition(f"/{name}/")[2])
        text = text.lstrip("/")
        yield from _forms(folder, text)
        if folder:
            yield from _forms("", text)


def _forms(folder: str, text: str) -> Iterator[str]:
    path = posixpath.normpath(posixpath.join(folder, text))
    if path.startswith("../") or path in ("..", "."):
        return
    yield path
    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, path)
        if other != path:
            yield other
