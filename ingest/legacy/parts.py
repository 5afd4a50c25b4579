"""Which files of a submission describe it by Circular 02/2019: told by the names in them, never by their own alone."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ingest.legacy.names import CASE_ONLY, DOCUMENT_ONLY, TELLING, field_named
from ingest.sources.guards import display_name, is_system_file
from ingest.sources.values import Limits, Source
from ingest.sources.zip_reader import ZipReader
from model.errors import InputError, StorageError
from model.fixity import read_chunks
from model.text import N_
from preservation.package.legacy import KINDS, start_text

_START = 1 << 20
"""Bytes at the start of a description in which its names stand."""
_SHEETS = 1 << 19
_LEVELS = 4
"""Folders in which a description may lie."""
_FEWEST = 4
"""Fields that make a further description of a package that has a telling one."""
_TITLE = re.compile(r"[^<>\"'=/;,\t\r\n{}\[\]]{3,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One description in a package."""

    name: bytes
    """Name of the entry."""
    copy: Path
    """Its bytes, in the work area."""

    @property
    def suffix(self) -> str:
        """Its kind."""
        return self.copy.suffix.lower()

    @property
    def shown(self) -> str:
        """Its name for people."""
        return display_name(self.name) if self.name else self.copy.name


def find_parts(source: Source, work: Path, limits: Limits) -> list[Part]:
    """Return the descriptions of a package by Circular 02/2019, in the order of their names; none of other sources.

    Everything that may be one is read once, in the order of the source, into the work area.

    Raises:
        InputError: the source cannot be read.
    """
    folder = work / "legacy"
    shutil.rmtree(folder, ignore_errors=True)
    found: list[tuple[Part, bool]] = []
    room = limits.descriptor_size
    for entry in list(source.entries()):
        suffix = _suffix(entry.name)
        if not suffix or entry.size > room or is_system_file(entry.name):
            continue
        copy = folder / f"{len(found):06d}{suffix}"
        with source.open(entry) as stream:
            _copy(stream, copy, limits)
        fields = fields_in(copy, limits)
        if not _may_describe(fields):
            copy.unlink()
            continue
        room -= entry.size
        found.append((Part(name=entry.name, copy=copy), fields >= TELLING))
    parts = [part for part, _ in found] if any(telling for _, telling in found) else []
    return sorted(parts, key=lambda part: _natural(part.name))


def is_legacy(path: Path, limits: Limits) -> bool:
    """Tell whether a description is by Circular 02/2019; quick, since every description is asked."""
    return fields_in(path, limits) >= TELLING


def fields_in(path: Path, limits: Limits) -> set[str]:
    """Return the fields of the circular that are named at the start of a description."""
    text = "\n".join(_texts(path, limits))
    if not text:
        return set()
    titles = {title.rpartition(":")[2] for title in _TITLE.findall(text)}
    titles |= {title.rpartition(" ")[2] for title in titles}  # the first attribute stands behind its element's name
    return {name for title in titles if (name := field_named(title))}


def _texts(path: Path, limits: Limits) -> Iterator[str]:
    if path.suffix.lower() == ".xlsx":
        yield from _sheets(path, limits)
        return
    with path.open("rb") as stream:
        yield start_text(stream.read(_START))


def _sheets(path: Path, limits: Limits) -> Iterator[str]:
    """Yield the start of what a workbook says, without reading it whole."""
    book = ZipReader(path, limits)
    try:
        for member in book.members():
            name = member.name.lower()
            if name == b"xl/sharedstrings.xml" or (name.startswith(b"xl/worksheets/") and name.endswith(b".xml")):
                with book.open(member) as stream:
                    yield start_text(stream.read(_SHEETS))
    except (InputError, OSError):
        return
    finally:
        book.close()


def _may_describe(fields: set[str]) -> bool:
    codes = {"FileCode", "DocCode"} & fields
    return fields >= TELLING or (bool(codes) and len(fields) >= _FEWEST and bool((CASE_ONLY | DOCUMENT_ONLY) & fields))


def _suffix(name: bytes) -> str:
    base = name.rpartition(b"/")[2]
    if name.count(b"/") >= _LEVELS or base.startswith(b"."):
        return ""
    suffix = Path(os.fsdecode(base)).suffix.lower()
    return suffix if suffix in KINDS else ""


def _copy(stream: BinaryIO, copy: Path, limits: Limits) -> None:
    size = 0
    try:
        copy.parent.mkdir(exist_ok=True)
        with copy.open("wb") as target:
            for chunk in read_chunks(stream):
                size += len(chunk)
                if size > limits.descriptor_size:
                    break
                target.write(chunk)
    except OSError as error:
        raise StorageError(
            N_("The work area cannot be written: {why}."),
            hint=N_("Free some space, then run the same command again."),
            why=error.strerror or type(error).__name__,
        ) from error


def _natural(name: bytes) -> list[tuple[int, bytes]]:
    """Return a key by which `VB2` comes before `VB10`."""
    return [(int(part), b"") if part.isdigit() else (-1, part) for part in re.split(rb"(\d+)", name)]
