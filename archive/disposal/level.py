"""Before anything is destroyed: the catalogue knows everything that the stores know was decided.

A database brought back from a backup is behind the stores. What it does not know is entered again; where the audit log
shows that it is behind, everything stops.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from archive.archive import Archive
from archive.disposal.stubs import restore_stubs
from archive.layout import AUDIT_HEADS, RETENTION, audit_head_key
from archive.retention.decisions import restore_retention
from archive.retention.holding import refresh_queries, restore_holds
from model.errors import ConflictError, IntegrityError
from model.text import N_

_LOCK = "destroying.lock"


def bring_level(archive: Archive) -> None:
    """Let the catalogue know every stub, decision and hold of the stores, and ask the queries of holds again.

    Raises:
        IntegrityError: the catalogue is older than the stores.
        StorageError: a store cannot be read.
    """
    _check_audit_log(archive)
    restore_stubs(archive)
    _replay_decisions(archive)
    restore_holds(archive)
    refresh_queries(archive)


@contextmanager
def alone(archive: Archive) -> Iterator[None]:
    """Keep every other process of this machine from destroying anything.

    Raises:
        ConflictError: another process does.
    """
    descriptor = os.open(archive.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                N_("Another process is executing a decision to destroy."),
                hint=N_("Wait until it has ended, then run the same command again."),
            ) from error
        yield
    finally:
        os.close(descriptor)


def _check_audit_log(archive: Archive) -> None:
    known = archive.catalogue.audit_state().size
    for store in archive.copies.stores:
        beyond = next(iter(store.list(AUDIT_HEADS, after=audit_head_key(known))), None)
        if beyond is not None:
            raise IntegrityError(
                N_("The catalogue is older than store {store}: it knows {known} entries of the audit log only."),
                hint=N_("Nothing was destroyed. Run `chauban rebuild`, then execute the decision again."),
                known=known,
                store=store.name,
            )


def _replay_decisions(archive: Archive) -> None:
    """Enter the decisions about retention again, in order; again from the beginning when one was added meanwhile.

    Nothing is destroyed anywhere while an older decision stands in the place of a newer one.
    """
    last = ""
    with archive.catalogue.stubs.excluding():
        while (newest := _newest_decision(archive, last)) != last:
            restore_retention(archive)
            last = newest


def _newest_decision(archive: Archive, after: str) -> str:
    newest = after
    for item in archive.copies.list(RETENTION, after=after):
        newest = item.key
    return newest
