"""Who takes in which case file: one fingerprint, one transfer, one package."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from archive.archive import Archive
from archive.catalogue.values import Transfer, TransferState
from ingest.workspace import Workspace
from model.errors import ArchiveError, ConflictError, StorageError
from model.text import N_

_PATIENCE = 60.0
"""Seconds to wait for a living process that takes the same case file in."""
_PAUSE = 0.1


def owner() -> str:
    """Return who works on a transfer here: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(transfer: Transfer, archive: Archive, go_on: Callable[[Workspace, Archive], object]) -> Transfer | None:
    """Claim a transfer's fingerprint, waiting a while for a living process that has it.

    Args:
        go_on: ends what a dead process began; of one case file there must never be two packages on the way.

    Returns:
        None when this transfer holds the claim; else the accepted transfer of the same case file.

    Raises:
        ConflictError: another process is still taking the same case file in.
        StorageError: what a dead process began cannot be ended now.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        other = archive.catalogue.claim_transfer(replace(transfer, state=TransferState.PROCESSING, owner=owner()))
        if other is None or other.state is TransferState.ACCEPTED:
            return other
        if not is_alive(other, archive):
            end_abandoned(other, archive, go_on)
        elif time.monotonic() > deadline:
            raise ConflictError(
                N_("Another process is taking in the same case file (transfer {transfer})."),
                hint=N_("Wait until it has ended, then run the command again: it will say what became of it."),
                transfer=other.id,
            )
        else:
            time.sleep(_PAUSE)


def is_alive(other: Transfer, archive: Archive) -> bool:
    """Whether a living process works on a transfer; one of another host is taken to be alive."""
    if other.owner.rpartition(":")[0] != socket.gethostname():
        return True
    path = archive.work / str(other.id)
    if not path.is_dir():
        return False
    try:
        Workspace.open(path).close()
    except ConflictError:
        return path.is_dir()
    return False


def end_abandoned(other: Transfer, archive: Archive, go_on: Callable[[Workspace, Archive], object]) -> None:
    """Go on with a dead process's transfer; give it up where it left nothing, unless somebody was faster."""
    path = archive.work / str(other.id)
    try:
        workspace = Workspace.open(path)
    except ConflictError:
        if not path.is_dir() and archive.catalogue.take_over_transfer(other.id, other.owner, owner()):
            archive.catalogue.save_transfer(replace(other, state=TransferState.FAILED, reason="interrupted", owner=""))
        return
    with workspace:
        try:
            go_on(workspace, archive)
        except ArchiveError as error:
            raise StorageError(
                N_("Transfer {transfer} of the same case file cannot be completed: {why}"),
                hint=N_("Put the cause right, then run the same command again."),
                transfer=other.id,
                why=error.message,
            ) from error
