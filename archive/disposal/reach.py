"""Everything that is there of a record: in the stores, in the work area, on the desk.

Evidence stays: it proves that the record existed, and says nothing of what was in it.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from archive.archive import Archive
from archive.disposal.values import Stub
from archive.layout import (
    DAMAGED,
    evidence_part,
    kept_record_part,
    package_folder,
    shared_tables,
    transfer_folder,
    transfer_left_key,
)
from archive.store.protocol import Store

_LOCK = "lock"
_RESOLUTION = "resolution-"
_LEFT = transfer_left_key(UUID(int=0)).removeprefix(transfer_folder(UUID(int=0)).rstrip("/"))


def stored_keys(store: Store, stub: Stub, submissions: Iterable[UUID] = ()) -> Iterator[str]:
    """Yield the keys of everything one store keeps of a record, in any version.

    The package's folder (containers, digest files, archival copies, journal), what was set aside of it as damaged,
    and what was kept of transfers of the same content.

    Args:
        submissions: those of which nothing else is held: the tables that describe them go too.
    """
    for submission in submissions:
        yield from store.remains(shared_tables(submission))
    folder = package_folder(stub.aip_id)
    yield from (key for key in store.remains(folder) if not is_evidence(key))
    transfers = [transfer_folder(item) for item in handed_in(stub)]
    for prefix in transfers:
        yield from (key for key in store.remains(prefix) if not _is_record(key))
    for key in store.remains(DAMAGED):
        original = "/".join(key.split("/")[2:])
        if original.startswith((folder, *transfers)) and not is_evidence(original) and not _is_record(original):
            yield key


def is_evidence(key: str) -> bool:
    """Tell whether an object in a package's folder is evidence, which stays."""
    return evidence_part(key) is not None or kept_record_part(key) is not None


def handed_in(stub: Stub) -> tuple[UUID, ...]:
    """Return the transfers whose content is the record's."""
    came = (stub.transfer.id,) if stub.transfer is not None else ()
    return tuple(dict.fromkeys((*came, *stub.transfers)))


def clear_work(archive: Archive, stub: Stub) -> Iterator[UUID]:
    """Remove what killed processes left of a record in the work area; yield the transfers still worked on."""
    for transfer in handed_in(stub):
        path = archive.work / str(transfer)
        if path.is_dir() and not _removed_unlocked(path):
            yield transfer
    for path in archive.work.glob("pending-*.json"):
        with suppress(ValueError, FileNotFoundError, KeyError):
            if json.loads(path.read_bytes())["aip_id"] == str(stub.aip_id):
                path.unlink(missing_ok=True)


def _removed_unlocked(path: Path) -> bool:
    """Remove the work area of a dead process; leave that of a living one."""
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _is_record(key: str) -> bool:
    """Tell whether an object in a transfer's folder is the record of what became of it, which stays without names."""
    name = key.rpartition("/")[2]
    return key.endswith(_LEFT) or (name.startswith(_RESOLUTION) and name.endswith(".json"))
