"""Renewals by a timestamp being made: from the moment the timestamp is there, nothing of it is lost or asked for again.

Each has a folder `renewing/{id}`: the last timestamp of each batch with its validation data, and at last the
description with the new timestamp. A folder without description never got a timestamp and is dropped.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from archive.archive import Archive
from archive.durable import sync_folder, write_durably
from archive.evidence.drafts import working
from model.identifiers import new_uuid

FOLDER = "renewing"
SCHEMA = "chauban-renewing/1"
_DESCRIPTION = "renewal.json"


class RenewedBatch(NamedTuple):
    """One batch in a renewal, in the order of the tree's leaves."""

    batch_id: UUID
    number: int
    """Of the renewal among those of its batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalDraft:
    """A renewal whose timestamp is there."""

    path: Path
    authority: str
    algorithm: str
    because: str
    batches: tuple[RenewedBatch, ...]
    token: bytes
    """The new timestamp."""

    def covered(self, batch: RenewedBatch) -> bytes:
        """Return a batch's last timestamp with its validation data."""
        with working():
            return (self.path / f"{batch.batch_id}.tst").read_bytes()

    def remove(self) -> None:
        """Forget it: everything is in the stores."""
        with working():
            (self.path / _DESCRIPTION).unlink(missing_ok=True)
            shutil.rmtree(self.path)


class RenewalWriter:
    """A renewal being prepared."""

    def __init__(self, archive: Archive) -> None:
        self.path = archive.folder / FOLDER / str(new_uuid(archive.clock.now()))
        with working():
            self.path.mkdir(parents=True)

    def keep(self, batch_id: UUID, token: bytes) -> None:
        """Keep a batch's last timestamp with its validation data."""
        with working():
            (self.path / f"{batch_id}.tst").write_bytes(token)

    def read(self, batch_id: UUID) -> bytes:
        """Return what was kept of a batch."""
        with working():
            return (self.path / f"{batch_id}.tst").read_bytes()

    def finish(
        self, token: bytes, *, authority: str, algorithm: str, because: str, batches: Sequence[RenewedBatch]
    ) -> RenewalDraft:
        """Write the description with the token; from here on the renewal is ended after a crash."""
        data = {
            "schema": SCHEMA,
            "authority": authority,
            "algorithm": algorithm,
            "because": because,
            "batches": [(str(item.batch_id), item.number) for item in batches],
            "token": token.hex(),
        }
        with working():
            for item in batches:
                write_durably(self.path / f"{item.batch_id}.tst", self.read(item.batch_id))
            write_durably(self.path / _DESCRIPTION, json.dumps(data).encode())
            sync_folder(self.path.parent)
        return RenewalDraft(
            path=self.path,
            authority=authority,
            algorithm=algorithm,
            because=because,
            batches=tuple(batches),
            token=token,
        )

    def drop(self) -> None:
        """Leave nothing behind."""
        with working():
            shutil.rmtree(self.path)


def renewal_drafts(archive: Archive) -> Iterator[RenewalDraft]:
    """Yield the renewals that earlier processes left, oldest first; drop what never got a timestamp."""
    folder = archive.folder / FOLDER
    with working():
        paths = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    for path in paths:
        draft = _read(path)
        if draft is not None:
            yield draft
        elif _is_draft(path):
            with working():
                shutil.rmtree(path)


def _is_draft(path: Path) -> bool:
    try:
        UUID(path.name)
    except ValueError:
        return False
    return True


def _read(path: Path) -> RenewalDraft | None:
    try:
        data = json.loads((path / _DESCRIPTION).read_bytes())
        return RenewalDraft(
            path=path,
            authority=str(data["authority"]),
            algorithm=str(data["algorithm"]),
            because=str(data["because"]),
            batches=tuple(RenewedBatch(UUID(batch_id), int(number)) for batch_id, number in data["batches"]),
            token=bytes.fromhex(data["token"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
