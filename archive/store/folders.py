"""Folders that survive a power failure, and a way into them that never replaces a file."""

import ctypes
import errno
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

_MAX_REMEMBERED = 100_000

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_NO_FSYNC = frozenset({errno.EINVAL, errno.EOPNOTSUPP})
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1


def fsync_folder(folder: Path) -> None:
    """Put the names in a folder on the medium (some network file systems cannot be asked to, and are not)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FSYNC:
            raise
    finally:
        os.close(descriptor)


def move_once(source: Path, target: Path) -> None:
    """Give a file its name, in one step, unless the name is taken.

    A hard link is the surest way; where the file system has none, a rename that refuses to replace.

    Raises:
        FileExistsError: the name is taken; both files are as they were.
        OSError: the file system can do neither, or something else failed.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_once(source, target)
    else:
        with suppress(OSError):  # the object is in place; a name left in the temporary folder is swept later
            source.unlink()


class FolderTree:
    """Makes folders under a root and remembers which of them are known to be on the medium."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._durable: set[Path] = set()

    def make(self, folder: Path) -> list[Path]:
        """Make a folder and those above it; return the new ones, topmost first."""
        new: list[Path] = []
        while folder != self._root:
            try:
                folder.mkdir()
            except FileExistsError:
                break
            except FileNotFoundError:
                new.append(folder)
                folder = folder.parent
                continue
            self._durable.discard(folder)
            return [folder, *self._make_down(new)]
        return self._make_down(new)

    def secure(self, folder: Path) -> None:
        """Put a folder's names on the medium, and those of every folder above it not known to be there.

        A folder that another process has just made counts as unknown: it may not have been secured yet.
        """
        fsync_folder(folder)
        while folder != self._root and folder not in self._durable:
            parent = folder.parent
            fsync_folder(parent)
            if len(self._durable) >= _MAX_REMEMBERED:
                self._durable.clear()
            self._durable.add(folder)
            folder = parent

    def remove_empty(self, folder: Path) -> None:
        """Remove a folder and those above it as long as they are empty."""
        with suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                self._durable.discard(folder)
                folder = folder.parent

    def _make_down(self, folders: list[Path]) -> list[Path]:
        made = []
        for folder in reversed(folders):
            with suppress(FileExistsError):
                folder.mkdir()
                self._durable.discard(folder)
                made.append(folder)
        return made


def _rename_once(source: Path, target: Path) -> None:
    """Call renameat2(2) with RENAME_NOREPLACE."""
    if _libc().renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        if number == errno.EEXIST:
            raise FileExistsError(number, os.strerror(number), str(target))
        raise OSError(number, os.strerror(number), str(target))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
