"""Identification by PRONOM with pygfried (Siegfried in process); only ever called in the worker.

pygfried hangs in a forked process and holds the interpreter's lock, hence the spawned worker. It takes
paths as text only and looks at their extension, so a file whose path does not end like its given name, or
is not UTF-8, is shown to it under an alias: a symbolic link in a private folder. It also maps a file into
memory as far as it reads, which may be all of it, so of a very large file it is shown a copy of the
beginning and the end: signatures are anchored there (DROID itself looks no further than 64 KiB). The folder
is the examiner's, which removes it, since a worker may be killed.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from formats import findings as kinds
from formats.content import extension_of
from model.findings import Finding
from model.formats import UNKNOWN_PUID, FormatIdentification

_MAX_EXTENSION = 16
_WHOLE = 256 << 20
"""Bytes up to which a file is shown whole; larger ones only if they are containers, which are read by their index."""
_WINDOW = 8 << 20
_CONTAINERS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


class Identifier:
    """Identifies files in batches.

    Args:
        aliases: an existing folder for aliases.
    """

    def __init__(self, aliases: str) -> None:
        import pygfried

        self._identify = pygfried.identify_many
        self._aliases = f"{aliases}/{os.getpid()}"
        self._release = ""

    def identify(self, files: Sequence[tuple[str, str]]) -> list[tuple[FormatIdentification, tuple[Finding, ...]]]:
        """Identify files given as (path, name), in order.

        Returns:
            For each file its identification and the findings about it.
        """
        aliases: list[str] = []
        paths = [self._shown(path, name, aliases) for path, name in files]
        try:
            result = self._identify(paths)
        finally:
            for alias in aliases:
                Path(alias).unlink()
        if not self._release:
            details = "; ".join(identifier["details"] for identifier in result["identifiers"])
            self._release = f"siegfried {result['siegfried']}; {details}"
        return [_read(entry, name, self._release) for entry, (_, name) in zip(result["files"], files, strict=True)]

    def _shown(self, path: str, name: str, aliases: list[str]) -> str:
        """Return a UTF-8 path to the file that ends like its name, making an alias when needed."""
        extension = extension_of(name)
        large = _is_large(path)
        if extension_of(path) == extension and path.isprintable() and not large:
            return path
        suffix = f".{extension}" if extension.isalnum() and len(extension) <= _MAX_EXTENSION else ""
        alias = Path(f"{self._aliases}-{len(aliases)}{suffix}")
        aliases.append(str(alias))
        if large:
            _copy_ends(Path(path), alias)
        else:
            alias.symlink_to(Path(path).absolute())
        return str(alias)


def _is_large(path: str) -> bool:
    try:
        if os.stat(path).st_size <= _WHOLE:  # noqa: PTH116 - called for every file: a Path costs more than the call
            return False
        with Path(path).open("rb") as file:
            return not file.read(8).startswith(_CONTAINERS)
    except OSError:
        return False


def _copy_ends(path: Path, target: Path) -> None:
    """Write the beginning and the end of a file one after the other."""
    with path.open("rb") as source, target.open("xb") as copy:
        copy.write(source.read(_WINDOW))
        source.seek(-_WINDOW, os.SEEK_END)
        copy.write(source.read(_WINDOW))


def _read(entry: Any, name: str, release: str) -> tuple[FormatIdentification, tuple[Finding, ...]]:
    """Turn one entry of pygfried's answer into an identification and findings."""
    match = entry["matches"][0] if entry["matches"] else {}
    puid = match.get("id") or UNKNOWN_PUID
    warning = match.get("warning", "")
    identification = FormatIdentification(
        puid=puid,
        name=match.get("format", ""),
        version=match.get("version", ""),
        mime=match.get("mime", ""),
        basis=match.get("basis", ""),
        warnings=_warnings(entry["matches"]),
        signature_release=release,
    )
    error = entry["errors"]
    if error == "empty source":
        return identification, (kinds.EMPTY.at(name),)
    if error:
        return identification, (kinds.NOT_IDENTIFIED.at(name, why=_without_path(error)),)
    if puid == UNKNOWN_PUID:
        return identification, (kinds.UNKNOWN.at(name),)
    if "extension mismatch" in warning and extension_of(name):
        label = " ".join(filter(None, (identification.name, identification.version)))
        return identification, (
            kinds.EXTENSION_MISMATCH.at(name, extension=extension_of(name), format=label, puid=puid),
        )
    return identification, ()


def _warnings(matches: Sequence[Any]) -> tuple[str, ...]:
    """Return the tool's warnings, and the other formats it thinks possible."""
    warnings = [part for part in str(matches[0].get("warning", "")).split("; ") if part] if matches else []
    others = [match["id"] for match in matches[1:]]
    if others:
        warnings.append("also possible: " + ", ".join(others))
    return tuple(warnings)


def _without_path(error: str) -> str:
    """Return the tool's error without the path in it, which may be an alias."""
    return error.rsplit(": ", 1)[-1]
