"""One writer at a time, across processes: a lock the operating system drops when its holder dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from model.errors import ConflictError, StorageError
from model.text import N_

LOCK_NAME = "write.lock"
_PAUSE = 0.02


class WriteLock:
    """The lock on an index's folder, held while the block runs.

    Args:
        folder: the index's folder; made when it is absent.
        wait: seconds to wait for another holder.
    """

    def __init__(self, folder: Path, *, wait: float) -> None:
        self.path = folder / LOCK_NAME
        self.wait = wait
        self._handle = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            ConflictError: another process still held it after the wait.
            StorageError: the folder cannot be written.
        """
        until = time.monotonic() + self.wait
        try:
            while not self._take():
                if time.monotonic() >= until:
                    raise ConflictError(
                        N_("Another process is writing the search index in {folder}."),
                        hint=N_("Wait until it has ended, then try again."),
                        folder=self.path.parent,
                    )
                time.sleep(_PAUSE)
        except OSError as error:
            raise StorageError(
                N_("The search index in {folder} cannot be written: {reason}."),
                hint=N_("Check free space and permissions of the folder."),
                folder=self.path.parent,
                reason=error.strerror or error,
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
        self._handle = -1

    def _take(self) -> bool:
        """Lock the file that has the name now: the folder may be deleted and made again at any time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.path.stat().st_ino == os.fstat(handle).st_ino:
                self._handle = handle
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(handle)
        return False
