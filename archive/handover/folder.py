"""The folder a hand-over is written into: whose it is, and how far it is.

`.handover.json` says which hand-over is being written here, from before its first package; `handover.json`
appears when everything is written. So a killed preparation goes on, and a finished one is not begun again.
"""

import fcntl
import json
import os
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
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConflictError(
            N_("Another process is writing into {path}."), hint=N_("Wait until it ends."), path=folder
        ) from error
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        os.close(descriptor)
        if made:
            with suppress(OSError):  # something was written into it
                folder.rmdir()


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
        (folder / MARK).unlink(missing_ok=True)
        sync_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _head_of(path: Path) -> bytes:
    """Return the first line of a manifest, which is closed by its packages, as an object of its own."""
    with path.open("rb") as file:
        return file.readline(_HEAD).rstrip().removesuffix(b',"packages":[') + b"}"


def _must_be_empty(folder: Path) -> None:
    if any(path.name != LOCK for path in folder.iterdir()):
        raise ConflictError(
            N_("{path} holds something else already."), hint=N_("Name a new folder, or an empty one."), path=folder
        )


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("{path} cannot be written: {why}."),
        hint=N_("Choose another place or free some space."),
        path=folder,
        why=error.strerror or error,
    )
