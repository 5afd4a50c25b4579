"""Identification by PRONOM with pygfried (Siegfried in process); only ever called in the worker.

pygfried hangs in a forked process and holds the interpreter's lock, hence the spawned worker. It takes
paths as text only and looks at their extension, so a file whose path does not end like its given name, or
is not UTF-8, is shown to it under an alias: a symbolic link in a private folder.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from formats import findings as kinds
from formats.content import extension_of
from model.findings import Finding
from model.formats import UNKNOWN_PUID, FormatIdentification

_MAX_EXTENSION = 16


class Identifier:
    """Identifies files in batches."""

    def __init__(self) -> None:
        import pygfried

        self._identify = pygfried.identify_many
        self._folder = tempfile.TemporaryDirectory(prefix="chauban-identify-")
        self._release = ""

    def close(self) -> None:
        """Remove the folder of aliases."""
        self._folder.cleanup()

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
        if extension_of(path) == extension and path.isprintable():
            return path
        suffix = f".{extension}" if extension.isalnum() and len(extension) <= _MAX_EXTENSION else ""
        alias = f"{self._folder.name}/{len(aliases)}{suffix}"
        Path(alias).symlink_to(Path(path).absolute())
        aliases.append(alias)
        return alias


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
