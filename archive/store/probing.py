"""Trying what a folder really does."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from archive.store.folders import fsync_folder, move_once
from archive.store.protocol import StoreCapabilities
from archive.store.writers import WriterName

RACERS = 8
"""Writers that try to create the same key at once."""

_VOLATILE = frozenset({"tmpfs", "ramfs"})
_REMOTE = ("nfs", "cifs", "smb", "fuse", "9p", "ceph", "glusterfs", "lustre", "afs", "virtiofs", "overlay")


def probe_folder(root: Path, temporary: Path) -> StoreCapabilities:
    """Race several writers for one name, then sync it.

    Args:
        temporary: folder on the same file system in which the trial files are made and removed.
    """
    temporary.mkdir(exist_ok=True)
    target = temporary / f"{WriterName.new()}.probe"
    try:
        with ThreadPoolExecutor(RACERS) as pool:
            winners = sum(pool.map(lambda _: _compete(temporary, target), range(RACERS)))
        refused = not _compete(temporary, target)
        fsync_folder(temporary)
    finally:
        target.unlink(missing_ok=True)
    system = _file_system(root)
    return StoreCapabilities(
        conditional_write=winners == 1 and refused,
        refuses_wrong_checksum=False,
        versioning=False,
        object_lock=False,
        durable=_durable(system),
        sorted_listing=True,
        detail=f"{system}; a folder takes no checksum, everything written is read back and compared instead",
    )


def _compete(temporary: Path, target: Path) -> bool:
    path = temporary / f"{WriterName.new()}.part"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(16))
        os.fsync(descriptor)
        move_once(path, target)
    except FileExistsError:
        return False
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)
    return True


def _durable(system: str) -> bool | None:
    if system in _VOLATILE:
        return False
    return None if system == "unknown" or system.startswith(_REMOTE) else True


def _file_system(root: Path) -> str:
    """Return the type of the file system a folder lies on, from `/proc/self/mountinfo` (proc(5))."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "unknown"
    folder, best, system = str(root.resolve()), "", "unknown"
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = left.split()[4]
        if len(mount) >= len(best) and (folder + "/").startswith(mount.rstrip("/") + "/"):
            best, system = mount, right.split()[0]
    return system
