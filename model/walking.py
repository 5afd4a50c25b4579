"""Folders given to a command are walked: in the order of names, links not followed, within limits."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model.errors import InputError, NotFoundError
from model.findings import printable
from model.text import N_

_MAX_FILES = 1_000_000
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """Something at or below a path that is no folder."""

    path: Path
    links: bool
    """Whether a symbolic link is to be followed: the user named this very path."""


def found_files(path: Path) -> Iterator[FoundFile]:
    """Yield the file at a path, or the files of the folder in the order of their names.

    Raises:
        NotFoundError: nothing is there.
        InputError: the folder has too many files or levels, or cannot be read.
    """
    if not os.path.lexists(path):
        raise NotFoundError(
            N_("There is nothing at {path}."), hint=N_("Check the spelling of the path."), path=printable(str(path))
        )
    if not path.is_dir():
        yield FoundFile(path=path, links=True)
        return
    for number, file in enumerate(_walk(path, 0)):
        if number >= _MAX_FILES:
            raise InputError(
                N_("The folder {path} holds more than {limit} files."),
                hint=N_("Check its subfolders one after another."),
                path=printable(str(path)),
                limit=_MAX_FILES,
            )
        yield FoundFile(path=file, links=False)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Yield everything that is no folder; symbolic links are not followed."""
    if depth >= _MAX_DEPTH:
        raise InputError(
            N_("Folders are nested deeper than {limit} levels at {path}."),
            hint=N_("Check the inner folders alone."),
            path=printable(str(folder)),
            limit=_MAX_DEPTH,
        )
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise InputError(
            N_("The folder {path} cannot be read: {why}."),
            hint=N_("Check that this account may read it."),
            path=printable(str(folder)),
            why=error.strerror or error,
        ) from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), depth + 1)
        else:
            yield Path(entry.path)
