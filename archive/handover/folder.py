"""The folder a hand-over is written into: whose it is, and how far it is.

`.handover.json` says which hand-over is being written here, from before its first package; `handover.json`
appears when everything is written. So a killed preparation goes on, and a finished one is not begun again.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.catalogue.handovers_values import HandoverRequest
from archive.durable import sync_folder, write_durably
from model.dates import from_utc_text, utc_text
from model.errors import ConflictError, InputError, StorageError
from model.text import N_

MARK = ".handover.json"
LOCK = ".handover.lock"
SELECTION = ".selection.jsonl"
LEFT_OUT = ".left-out.jsonl"
MANIFEST = "handover.json"
PACKAGES = "packages"
MARK_SCHEMA = "chauban-handover-folder/1"
_HEAD = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The hand-over of a folder."""

    id: UUID
    request: HandoverRequest
    started: datetime
    because: str
    finished: bool


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold a folder while a hand-over is written into it; it is made if absent.

    Raises:
        ConflictError: another process holds it, or it holds something else than a hand-over.
        StorageError: it cannot be written.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARK).exists() and not (folder / MANIFEST).exists():
            _must_be_empty(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        with only_one(folder / LOCK):
            yield
    finally:
        if made:
            with suppress(OSError):  # something was written into it
                folder.rmdir()


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold a lock file, which is there only as long.

    Raises:
        ConflictError: another process holds it.
        StorageError: it cannot be written.
    """
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unwritable(lock, error) from error
    try:
        if not _locked(descriptor, lock):
            raise ConflictError(
                N_("Another process is working on {path}."), hint=N_("Wait until it ends."), path=lock.parent
            )
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, path: Path) -> bool:
    """Lock a file that still has its name: who held it before takes the name away."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def clear_leftovers(folder: Path) -> None:
    """Remove what a killed preparation had not given its name yet.

    Raises:
        StorageError: it cannot be removed.
    """
    try:
        for path in (*folder.glob(".*.part"), *folder.glob(".*.new"), *(folder / PACKAGES).glob(".*.part")):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def read_mark(folder: Path) -> Marked | None:
    """Return the hand-over of a folder; none where none was begun.

    Raises:
        InputError: what is there cannot be read.
    """
    finished = (folder / MANIFEST).exists()
    path = folder / (MANIFEST if finished else MARK)
    try:
        data: dict[str, Any] = json.loads(_head_of(path) if finished else path.read_bytes())
        return Marked(
            id=UUID(data["id"]),
            request=HandoverRequest.from_json(data["request"]),
            started=from_utc_text(data["started"]),
            because=str(data["because"]),
            finished=finished,
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            N_("{path} is not what a hand-over wrote."), hint=N_("Name another folder."), path=path
        ) from error


def write_mark(folder: Path, mark: Marked) -> None:
    """Say whose a folder is; durable when this returns.

    Raises:
        StorageError: it cannot be written.
    """
    content = json.dumps({"schema": MARK_SCHEMA, **mark_json(mark)}, ensure_ascii=True, indent=1)
    try:
        (folder / PACKAGES).mkdir(exist_ok=True)
        write_durably(folder / MARK, content.encode())
    except OSError as error:
        raise _unwritable(folder, error) from error


def mark_json(mark: Marked) -> dict[str, object]:
    """Return what every record of a hand-over begins with."""
    return {
        "id": str(mark.id),
        "started": utc_text(mark.started),
        "because": mark.because,
        "request": mark.request.to_json(),
    }


def finish_folder(folder: Path, manifest: Path) -> None:
    """Give the manifest its name: the hand-over is written.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        with manifest.open("rb") as file:
            os.fsync(file.fileno())
        manifest.replace(folder / MANIFEST)
        sync_folder(folder)
        tidy(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def tidy(folder: Path) -> None:
    """Remove the files that are for a preparation alone."""
    for name in (MARK, LEFT_OUT):
        (folder / name).unlink(missing_ok=True)


def _head_of(path: Path) -> bytes:
    """Return the first line of a manifest, which is closed by its packages, as an object of its own."""
    with path.open("rb") as file:
        return file.readline(_HEAD).rstrip().removesuffix(b',"packages":[') + b"}"


def _must_be_empty(folder: Path) -> None:
    begun = (LOCK, SELECTION, LEFT_OUT, MARK + ".new")
    if any(path.name not in begun and not _is_begun(path) for path in folder.iterdir()):
        raise ConflictError(
            N_("{path} holds something else already."), hint=N_("Name a new folder, or an empty one."), path=folder
        )


def _is_begun(path: Path) -> bool:
    """Whether a killed preparation left something before the folder was marked as its own."""
    return path.suffix == ".part" if path.is_file() else path.name == PACKAGES and not any(path.iterdir())


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("{path} cannot be written: {why}."),
        hint=N_("Choose another place or free some space."),
        path=folder,
        why=error.strerror or error,
    )
