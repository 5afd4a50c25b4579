"""Who takes in which case file: one fingerprint, one transfer, one package."""

import os
import socket
import time
from dataclasses import replace

from archive.archive import Archive
from archive.catalogue.values import Transfer, TransferState
from ingest.workspace import Workspace
from model.errors import ConflictError
from model.text import N_

_PATIENCE = 60.0
"""Seconds to wait for a living process that takes the same case file in."""
_PAUSE = 0.1


def owner() -> str:
    """Return who works on a transfer here: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(transfer: Transfer, archive: Archive) -> Transfer | None:
    """Claim a transfer's fingerprint, waiting a while for a living process that has it.

    Returns:
        None when this transfer holds the claim; else the accepted transfer of the same case file.

    Raises:
        ConflictError: another process is still taking the same case file in.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        other = archive.catalogue.claim_transfer(replace(transfer, state=TransferState.PROCESSING, owner=owner()))
        if other is None or other.state is TransferState.ACCEPTED:
            return other
        if not _is_alive(other, archive):
            _take_over(other, archive)
        elif time.monotonic() > deadline:
            raise ConflictError(
                N_("Another process is taking in the same case file (transfer {transfer})."),
                hint=N_("Wait until it has ended, then run the command again: it will say what became of it."),
                transfer=other.id,
            )
        else:
            time.sleep(_PAUSE)


def _is_alive(other: Transfer, archive: Archive) -> bool:
    """Whether a living process works on a transfer; one of another host is taken to be alive."""
    host, _, pid = other.owner.rpartition(":")
    if host != socket.gethostname():
        return True
    if pid == str(os.getpid()):
        return False
    path = archive.work / str(other.id)
    if not path.is_dir():
        return False
    try:
        Workspace.open(path).close()
    except ConflictError:
        return True
    return False


def _take_over(other: Transfer, archive: Archive) -> None:
    """Mark a dead process's transfer as stopped, unless somebody else was faster."""
    if archive.catalogue.take_over_transfer(other.id, other.owner, owner()):
        archive.catalogue.save_transfer(replace(other, state=TransferState.FAILED, reason="interrupted", owner=""))
