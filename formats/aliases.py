"""A private folder for aliases of files, which does not outlive the processes that use it by long.

It lies in the system's temporary folder. A process that is killed cannot remove its own; the next one
does, and knows by the lock on it that nobody uses it any more.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "chauban-identify-"


class AliasFolder:
    """A new folder, removed by `close`; those of killed processes are removed when one is made."""

    def __init__(self) -> None:
        self._lock = -1
        _sweep(Path(tempfile.gettempdir()))
        while self._lock < 0:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            self._lock = _locked(self.path)

    def close(self) -> None:
        """Remove the folder with all aliases in it."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _locked(folder: Path) -> int:
    """Return the lock of a folder; -1 where another process has it, or removed the folder as nobody's."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return -1


def _sweep(folder: Path) -> None:
    for path in folder.glob(f"{_PREFIX}*"):
        if (lock := _locked(path)) >= 0:
            if os.fstat(lock).st_uid == os.geteuid():
                shutil.rmtree(path, ignore_errors=True)
            os.close(lock)
