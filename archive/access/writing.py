"""Writing what is given out: new files and folders that appear whole or not at all, bytes compared on the way."""

import errno
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from model.errors import ConflictError, IntegrityError, StorageError
from model.fixity import SHA256, Digester
from model.text import N_

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What file systems without hard links answer: those of memory sticks, and some network shares."""


_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)


def verified(chunks: Iterable[bytes], sha256: bytes, name: str) -> Iterator[bytes]:
    """Yield the bytes of something held; the digest is compared when the last one was read.

    Raises:
        IntegrityError: they are not what was taken in.
    """
    digester = Digester((SHA256,))
    for chunk in chunks:
        digester.update(chunk)
        yield chunk
    (found,) = digester.digests()
    if found.value != sha256:
        raise IntegrityError(
            N_("The stored bytes of {name} are not what was taken in."),
            hint=N_("Run `chauban verify --all --repair` and tell the person responsible."),
            name=name,
        )


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that does not exist yet; it appears under its name only when the block ends well.

    Raises:
        ConflictError: it exists.
        StorageError: it cannot be written.
    """
    must_be_new(path)
    temporary = path.with_name(f".{uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
        _publish_file(temporary, path)
    except OSError as exc:
        raise _unwritable(path, exc) from exc
    finally:
        with suppress(NotADirectoryError):  # then the temporary file could not be made either
            temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill; it appears under its name only when the block ends well, else nothing stays.

    Raises:
        ConflictError: the path exists.
        StorageError: it cannot be written.
    """
    must_be_new(path)
    work = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(suffix=".part", prefix=".", dir=path.parent))
        folder = work / "new"
        folder.mkdir()
        yield folder
        _publish_folder(folder, path)
    except OSError as exc:
        raise _unwritable(path, exc) from exc
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def must_be_new(path: Path) -> None:
    """See that nothing is at a path.

    Raises:
        ConflictError: something is.
    """
    if path.exists() or path.is_symlink():
        raise _exists(path)


class Sink(Protocol):
    """Takes files one after the other."""

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> None:
        """Write one file; `size` is that of its content in bytes."""
        ...


class FolderSink:
    """Writes files into a folder."""

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        self._folder = ""

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> None:  # noqa: ARG002 - a folder need not know
        """Write one file."""
        full = f"{self._root}/{path}"
        folder = full.rpartition("/")[0]
        if folder != self._folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._folder = folder
        with open(full, "xb") as file:  # noqa: PTH123 - done 100,000 times, and a Path costs as much as the write
            for chunk in chunks:
                file.write(chunk)


class ZipSink:
    """Writes files into a ZIP: stored, names in UTF-8, Zip64 where the size asks for it."""

    def __init__(self, file: BinaryIO, moment: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._time = (max(moment.year, 1980), moment.month, moment.day, moment.hour, moment.minute, moment.second)

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> None:
        """Write one file."""
        member = zipfile.ZipInfo(path, self._time)
        member.external_attr = 0o100644 << 16
        member.file_size = size
        with self._zip.open(member, "w") as target:
            for chunk in chunks:
                target.write(chunk)

    def close(self) -> None:
        """Write the directory at the end."""
        self._zip.close()


def _publish_file(temporary: Path, path: Path) -> None:
    """Give a finished file its name, unless the name was taken meanwhile."""
    try:
        try:
            os.link(temporary, path)
        except OSError as exc:
            if exc.errno not in _NO_LINKS:
                raise
            path.open("xb").close()  # takes the name; what was written then replaces it, empty as it is
            temporary.replace(path)
    except FileExistsError as exc:
        raise _exists(path) from exc


def _publish_folder(folder: Path, path: Path) -> None:
    """Give a finished folder its name, unless the name was taken meanwhile."""
    must_be_new(path)
    try:
        folder.rename(path)  # fails when a file or a filled folder took the name since the line above
    except OSError as exc:
        if exc.errno in _TAKEN:
            raise _exists(path) from exc
        raise


def _unwritable(path: Path, exc: OSError) -> StorageError:
    return StorageError(
        N_("{path} cannot be written: {why}."),
        hint=N_("Choose another place or free some space."),
        path=path,
        why=exc.strerror or exc,
    )


def _exists(path: Path) -> ConflictError:
    return ConflictError(
        N_("{path} exists already."), hint=N_("Choose another name: nothing is overwritten."), path=path
    )
