"""Packages in ZIP and TAR archives, read in place with everything capped."""

import contextlib
import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from model.errors import ArchiveError, InputError
from model.findings import FindingLog
from model.fixity import CHUNK, Digester
from model.text import N_
from preservation.package import findings as kinds
from preservation.package.tree import (
    LIMITS,
    FolderTree,
    NameRegister,
    PackageTree,
    SingleFileTree,
    TreeLimits,
    unreadable,
)

_READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # zipfile: a password is needed; NotImplementedError: unknown compression
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
)
_HELD_FILE = 1024 * 1024
_HELD_TOTAL = 64 * 1024 * 1024


def open_tree(path: Path, limits: TreeLimits = LIMITS) -> PackageTree:
    """Open whatever lies at a path: a folder, a ZIP, a TAR (also gzipped), or a single file.

    Raises:
        InputError: nothing is there, or it cannot be read.
    """
    try:
        if path.is_dir():
            return FolderTree(path, limits)
        if path.exists() and not path.is_file():
            raise unreadable(str(path), OSError(N_("not a file or folder")))
        with path.open("rb") as stream:
            magic = stream.read(512)
    except OSError as error:
        raise InputError(
            N_("{name} cannot be read: {reason}."),
            hint=N_("Check the path and the rights of this account."),
            name=str(path),
            reason=error.strerror or str(error),
        ) from error
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08") or (path.suffix.lower() == ".zip" and magic):
        return ZipTree(path, limits)
    if magic[257:262] == b"ustar" or path.suffix.lower() == ".tar":
        return TarTree(path.open("rb"), str(path), limits=limits, owned=True)
    if magic[:2] == b"\x1f\x8b" and path.name.lower().endswith((".tar.gz", ".tgz")):
        unpacked = _Unpacker(path, limits)
        return TarTree(unpacked, str(path), limits=limits, owned=True, hold=True)  # type: ignore[arg-type]  # reads and seeks only
    return SingleFileTree(path)


class ZipTree:
    """A package in a ZIP file."""

    kind = "zip"

    def __init__(self, path: Path, limits: TreeLimits = LIMITS) -> None:
        self.location = str(path)
        self._limits = limits
        self._names = NameRegister(limits)
        self._members: dict[str, zipfile.ZipInfo] = {}
        try:
            _check_directory_size(path, limits)
            self._zip = zipfile.ZipFile(path)
        except ArchiveError:
            raise
        except (*_READ_ERRORS, UnicodeError) as error:
            raise unreadable(self.location, error) from error
        try:
            for info in self._zip.infolist():
                self._take(info)
        except BaseException:
            self._zip.close()
            raise

    @property
    def problems(self) -> FindingLog:
        """What was refused or noticed while the names were read."""
        return self._names.problems

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of every file, in the order of the archive."""
        return ((path, info.file_size) for path, info in self._members.items())

    def directories(self) -> Iterator[str]:
        """Yield the path of every folder, also of those only implied by their files."""
        return iter(self._names.folders)

    def size(self, path: str) -> int | None:
        """Return the unpacked size of a file; none when there is no such file."""
        info = self._members.get(path)
        return None if info is None else info.file_size

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading; errors of the archive become `InputError`."""
        info = self._members[path]
        try:
            return _Guarded(self._zip.open(info), path, info.file_size)  # type: ignore[return-value]  # reads only
        except _READ_ERRORS as error:
            raise unreadable(path, error) from error

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()

    def _take(self, info: zipfile.ZipInfo) -> None:
        self._names.count()
        name = info.orig_filename  # `filename` has backslashes changed and is cut at NUL
        path = self._names.accept(name)
        if path is None:
            return
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            self.problems.add(kinds.LINK.at(path))
        elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            self.problems.add(kinds.SPECIAL.at(path))
        elif name.endswith("/"):
            self._names.add_folder(path)
        elif path in self._members:
            self.problems.add(kinds.DUPLICATE_MEMBER.at(path))
        elif info.flag_bits & 0x1:
            self.problems.add(kinds.ENCRYPTED_MEMBER.at(path))
        elif info.file_size > self._limits.ratio_from and info.file_size > self._limits.ratio * info.compress_size:
            self.problems.add(kinds.BOMB.at(path, limit=self._limits.ratio))
        else:
            self._names.register(path)
            self._members[path] = info


class TarTree:
    """A package in a TAR, read where it lies: a file, or a stream over a stored container.

    With `digests`, the one pass that lists the members also hashes them, so that a container that
    has to be fetched is fetched once.
    """

    kind = "tar"

    def __init__(
        self,
        stream: BinaryIO,
        location: str,
        *,
        limits: TreeLimits = LIMITS,
        owned: bool = False,
        hold: bool = False,
        digests: tuple[str, ...] = (),
    ) -> None:
        """Read the list of members.

        Args:
            stream: seekable, at the start of the archive.
            owned: close the stream with the tree.
            hold: keep small files in memory, because seeking back is expensive.
            digests: algorithms to compute for every member in the same pass.
        """
        self.location = location
        self._stream = stream
        self._owned = owned
        self._limits = limits
        self._names = NameRegister(limits)
        self._places: dict[str, int] = {}
        self._offsets = array("Q")
        self._sizes = array("Q")
        self._held: dict[str, bytes] = {}
        self._hold_left = _HELD_TOTAL if hold else 0
        self._algorithms = digests
        self.computed: dict[str, bytes] = {}
        """Digests of every member, one after the other in the order of `digests`."""
        try:
            self._read()
        except (*_READ_ERRORS, UnicodeError) as error:
            self.close()
            raise unreadable(location, error) from error
        except BaseException:
            self.close()
            raise

    @property
    def problems(self) -> FindingLog:
        """What was refused or noticed while the names were read."""
        return self._names.problems

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of every file, in the order of the archive."""
        return ((path, self._sizes[index]) for path, index in self._places.items())

    def directories(self) -> Iterator[str]:
        """Yield the path of every folder, also of those only implied by their files."""
        return iter(self._names.folders)

    def size(self, path: str) -> int | None:
        """Return the size of a file; none when there is no such file."""
        index = self._places.get(path)
        return None if index is None else self._sizes[index]

    def open(self, path: str) -> BinaryIO:
        """Open a file; only the newest opened one may be read."""
        index = self._places[path]
        if path in self._held:
            return io.BytesIO(self._held[path])
        section = _Section(self._stream, self._offsets[index], self._sizes[index])
        return _Guarded(section, path, self._sizes[index])  # type: ignore[return-value]  # reads only

    def close(self) -> None:
        """Close the stream if it is ours."""
        if self._owned:
            self._stream.close()

    def _read(self) -> None:
        with tarfile.open(
            fileobj=_Headers(self._stream, self._limits.header_bytes),  # type: ignore[call-overload]  # reads and seeks only
            mode="r:",
            errorlevel=0,
            encoding="utf-8",
            errors="surrogateescape",
        ) as archive:
            self._read_members(archive)
            end = archive.offset
        self._stream.seek(end)
        if self._stream.read(tarfile.BLOCKSIZE).count(0) != tarfile.BLOCKSIZE:
            self.problems.add(kinds.TRUNCATED.at(offset=end))

    def _read_members(self, archive: tarfile.TarFile) -> None:
        try:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # else every header is kept in memory
                self._take(member)
        except tarfile.TarError:
            if not self._places:
                raise
            self.problems.add(kinds.TRUNCATED.at(offset=archive.offset))

    def _take(self, member: tarfile.TarInfo) -> None:
        self._names.count()
        path = self._names.accept(member.name)
        if path is None:
            return
        if member.issym() or member.islnk():
            self.problems.add(kinds.LINK.at(path))
        elif member.isdir():
            self._names.add_folder(path)
        elif not member.isreg() or member.issparse():
            self.problems.add(kinds.SPECIAL.at(path))
        elif path in self._places:
            self.problems.add(kinds.DUPLICATE_MEMBER.at(path))
        else:
            self._names.register(path)
            self._places[path] = len(self._offsets)
            self._offsets.append(member.offset_data)
            self._sizes.append(member.size)
            self._pass_over(path, member)

    def _pass_over(self, path: str, member: tarfile.TarInfo) -> None:
        if self._algorithms:
            with contextlib.suppress(OSError):  # whoever asks for this digest reads again, and names the member
                self._compute(path, member)
        elif 0 < member.size <= min(_HELD_FILE, self._hold_left):
            self._held[path] = self._section(member).read(member.size)
            self._hold_left -= member.size

    def _compute(self, path: str, member: tarfile.TarInfo) -> None:
        section = self._section(member)
        digester = Digester(self._algorithms)
        while chunk := section.read(CHUNK):
            digester.update(chunk)
        if digester.size == member.size:
            self.computed[path] = b"".join(digest.value for digest in digester.digests())

    def _section(self, member: tarfile.TarInfo) -> "_Section":
        return _Section(self._stream, member.offset_data, member.size)


class _Section:
    """A stretch of a seekable stream."""

    def __init__(self, stream: BinaryIO, offset: int, size: int) -> None:
        self._stream = stream
        self._position = offset
        self._left = size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted == 0:
            return b""
        self._stream.seek(self._position)
        chunk = self._stream.read(wanted)
        self._position += len(chunk)
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._left = 0


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


class _Guarded:
    """A member being read: library errors become `InputError`, and it never gives more than its declared size."""

    def __init__(self, stream: _Readable, path: str, size: int) -> None:
        self._stream = stream
        self._path = path
        self._left = size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        try:
            chunk = self._stream.read(wanted) if wanted else b""
        except _READ_ERRORS as error:
            raise unreadable(self._path, error) from error
        if wanted and not chunk:
            raise unreadable(self._path, EOFError("unexpected end"))
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        with contextlib.suppress(*_READ_ERRORS):
            self._stream.close()

    def __enter__(self) -> "_Guarded":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Headers:
    """What tarfile reads headers through: a lying extended header cannot ask for gigabytes."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, size: int) -> bytes:
        if size > self._limit:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


class _Unpacker:
    """A gzipped file as a seekable stream that refuses bombs."""

    def __init__(self, path: Path, limits: TreeLimits) -> None:
        self._stream = gzip.GzipFile(path, "rb")
        self._limit = min(limits.compressed_total, limits.ratio_from + limits.ratio * path.stat().st_size)
        self._name = str(path)

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._check(self._stream.tell())
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0:
            self._check(offset)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()

    def _check(self, position: int) -> None:
        if position > self._limit:
            raise InputError(
                N_("{name} unpacks to more than the limit of {limit} bytes."),
                hint=N_("Send the package as an uncompressed TAR or as a ZIP."),
                name=self._name,
                limit=self._limit,
            )


def _check_directory_size(path: Path, limits: TreeLimits) -> None:
    """Refuse a ZIP whose list of members alone would fill the memory."""
    with path.open("rb") as stream:
        length = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, length - 65_557 - 56))
        tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return
    size = struct.unpack_from("<L", tail, end + 12)[0]
    large = tail.rfind(b"PK\x06\x06")
    if size == 0xFFFFFFFF and large >= 0 and len(tail) >= large + 48:
        size = struct.unpack_from("<Q", tail, large + 40)[0]
    if min(size, length) > limits.directory_bytes:
        raise InputError(
            N_("The list of members of {name} is larger than {limit} bytes."),
            hint=N_("Split it into several packages."),
            name=str(path),
            limit=limits.directory_bytes,
        )
