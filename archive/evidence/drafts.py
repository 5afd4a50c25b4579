"""Batches being made: what a killed seal has done already lies in the archive's folder and is taken up again.

Each batch has a folder `sealing/{batch id}`. The digests of its groups come first, the description second: a folder
without description was never finished and is dropped. From then on nothing of the batch changes.
"""

import fcntl
import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import UUID

from archive.archive import Archive
from archive.durable import sync_folder, write_durably
from archive.evidence.storing import batch_json, parse_batch
from archive.evidence.values import BatchPlan
from model.errors import ConflictError, StorageError
from model.text import N_
from preservation.cms.digests import new

FOLDER = "sealing"
_DESCRIPTION = "batch.json"
_GROUPS = "groups"
_TOKEN = "token.tst"
_MATERIAL = "validation-data"
_OBJECTS = "objects"
_COUNT = struct.Struct(">I")

Group = tuple[bytes, ...]
"""Digests of the files of one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A batch whose packages are chosen."""

    path: Path
    plan: BatchPlan

    @property
    def token(self) -> bytes | None:
        """The timestamp token, where one was obtained already."""
        return _read(self.path / _TOKEN)

    def keep_token(self, token: bytes) -> None:
        """Keep a token before it goes to the stores: no second one is ever asked for."""
        with working():
            write_durably(self.path / _TOKEN, token)

    def groups(self) -> Iterator[Group]:
        """Yield the digests of each group, in the order of the leaves."""
        size = new(self.plan.algorithm).digest_size
        with working(), (self.path / _GROUPS).open("rb") as stream:
            for _leaf in self.plan.leaves:
                (count,) = _COUNT.unpack(stream.read(_COUNT.size))
                content = stream.read(count * size)
                yield tuple(content[place : place + size] for place in range(0, len(content), size))

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yield key and content of what goes into the stores before anything of the batch."""
        folder = self.path / _OBJECTS
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                with working():
                    content = path.read_bytes()
                yield unquote(path.name), content

    @property
    def material(self) -> list[tuple[str, bytes]] | None:
        """Validation data of the token by file name; none where it was not gathered yet."""
        folder = self.path / _MATERIAL
        if not folder.is_dir():
            return None
        with working():
            return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]

    def keep_material(self, found: Iterable[tuple[str, bytes]]) -> None:
        """Keep the validation data of the token before it goes to the stores."""
        with working():
            fresh = self.path / f"{_MATERIAL}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            for name, content in found:
                write_durably(fresh / name, content)
            sync_folder(fresh)
            fresh.rename(self.path / _MATERIAL)
            sync_folder(self.path)

    def remove(self) -> None:
        """Forget the draft: everything is in the stores and the catalogue, or it shall not be made."""
        with working():
            (self.path / _DESCRIPTION).unlink(missing_ok=True)
            shutil.rmtree(self.path)


class DraftWriter:
    """A draft being written: groups as they come, then the description."""

    def __init__(self, archive: Archive, batch_id: UUID) -> None:
        self.path = archive.folder / FOLDER / str(batch_id)
        with working():
            self.path.mkdir(parents=True)
            self._stream = (self.path / _GROUPS).open("xb")

    def add(self, group: Group) -> None:
        """Add the digests of the next group."""
        with working():
            self._stream.write(_COUNT.pack(len(group)) + b"".join(group))

    def keep_object(self, key: str, content: bytes) -> None:
        """Keep an object that goes into the stores before anything of the batch."""
        with working():
            folder = self.path / _OBJECTS
            folder.mkdir(exist_ok=True)
            write_durably(folder / quote(key, safe=""), content)

    def finish(self, plan: BatchPlan) -> Draft:
        """Write the description; from here on the draft is taken up again after a crash."""
        with working():
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            write_durably(self.path / _DESCRIPTION, batch_json(plan))
            sync_folder(self.path.parent)
        return Draft(path=self.path, plan=plan)

    def drop(self) -> None:
        """Leave nothing behind."""
        self._stream.close()
        with working():
            shutil.rmtree(self.path)


def open_drafts(archive: Archive) -> Iterator[Draft]:
    """Yield the drafts that earlier processes left, oldest first; drop what was never finished."""
    folder = archive.folder / FOLDER
    with working():
        paths = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    for path in paths:
        content = _read(path / _DESCRIPTION)
        try:
            plan = parse_batch(content) if content is not None else None
        except ValueError:
            plan = None
        if plan is None:
            with working():
                shutil.rmtree(path)
        else:
            yield Draft(path=path, plan=plan)


def anything_begun(archive: Archive) -> bool:
    """Whether an earlier process left anything, finished or not."""
    folder = archive.folder / FOLDER
    with working():
        return folder.is_dir() and any(folder.iterdir())


@contextmanager
def sealing(archive: Archive) -> Iterator[None]:
    """Hold the right to seal: one process at a time.

    Raises:
        ConflictError: another process is sealing.
    """
    folder = archive.folder / FOLDER
    with working():
        folder.mkdir(exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                N_("Another process is sealing packages of this archive."), hint=N_("Wait until it has ended.")
            ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def working() -> Iterator[None]:
    """Turn what the operating system refuses in the archive's folder into the archive's error."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            N_("The work area cannot be used: {why}."),
            hint=N_("Free some space or check the disk, then run the same command again."),
            why=error.strerror or error,
        ) from error


def _read(path: Path) -> bytes | None:
    with working(), suppress(FileNotFoundError):
        return path.read_bytes()
    return None
