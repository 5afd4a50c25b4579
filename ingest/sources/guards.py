"""The caps and name rules that every source applies to what a stranger hands in."""

import re
import unicodedata
from datetime import UTC, datetime

from ingest.sources.findings import NESTED_ARCHIVE, SYSTEM_FILE
from ingest.sources.values import Limits
from model.errors import InputError
from model.findings import Finding
from model.text import N_

RATIO_FROM = 16 << 20
"""Bytes unpacked before the ratio of an archive is judged."""

_DRIVE = re.compile(rb"[A-Za-z]:")
_SYSTEM_FILES = frozenset((b"thumbs.db", b".ds_store", b"desktop.ini", b"ehthumbs.db", b".directory"))
_ARCHIVES = (b".zip", b".tar", b".gz", b".tgz", b".bz2", b".xz", b".7z", b".rar", b".zst", b".lz", b".iso", b".cab")
_UNSAFE_HINT = N_("Nothing was taken in. Make the archive anew with an ordinary program and hand it in again.")
_LIMIT_HINT = N_("Nothing was taken in. Divide the case file, or ask the archive to raise the limit.")
_LEGACY = ("cp1258", "gb18030", "cp437")


def display_name(name: bytes) -> str:
    """Return a name for people: UTF-8, undecodable bytes as escapes."""
    return name.decode("utf-8", "backslashreplace")


def readings(name: bytes) -> tuple[str, ...]:
    """Return what the bytes of a name may mean, likeliest first: UTF-8, or else the legacy encodings of ZIP files."""
    try:
        return (name.decode("utf-8"),)
    except UnicodeDecodeError:
        guesses = []
        for encoding in _LEGACY:
            try:
                guesses.append(unicodedata.normalize("NFC", name.decode(encoding)))
            except UnicodeDecodeError:
                continue
        return tuple(guesses)


def plain_name(text: str) -> str:
    """Return a name with `/` as separator, without a leading `./`, in NFC."""
    if "\\" in text:
        text = text.replace("\\", "/")
    while text.startswith("./"):
        text = text[2:]
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_system_file(name: bytes) -> bool:
    """Tell whether an operating system made the file: Thumbs.db, .DS_Store, __MACOSX, `._` twins, `~$` locks."""
    base = name.rsplit(b"/", 1)[-1]
    if base[:2] in (b"._", b"~$") or base.lower() in _SYSTEM_FILES:
        return True
    return name.startswith(b"__MACOSX/") or b"/__MACOSX/" in name


def is_archive_name(name: bytes) -> bool:
    """Tell whether a name looks like an archive's."""
    return name.lower().endswith(_ARCHIVES)


def unsafe_member(name: bytes, where: str) -> InputError:
    """Return the error for a member name that could leave the work area."""
    return InputError(
        N_("The archive {where} names a file outside itself: “{name}”."),
        hint=_UNSAFE_HINT,
        where=where,
        name=display_name(name),
    )


def member_path(raw: bytes, where: str) -> bytes:
    """Return the relative path of an archive member without a leading `./` or trailing `/`.

    Backslashes count as separators when judging safety and are otherwise kept as received.

    Raises:
        InputError: absolute, a drive letter, `..`, `.` or an empty component, or a NUL.
    """
    name = raw
    while name.startswith(b"./"):
        name = name[2:]
    name = name[:-1] if name.endswith(b"/") else name
    if not name:
        if raw in (b".", b"./", b""):
            return b""
        raise unsafe_member(raw, where)
    if b"\0" in name or _DRIVE.match(name):
        raise unsafe_member(raw, where)
    parts = (name.replace(b"\\", b"/") if b"\\" in name else name).split(b"/")
    if b"" in parts or b".." in parts or b"." in parts:
        raise unsafe_member(raw, where)
    return name


class Tally:
    """Counts what a source gives against the limits, and refuses names given twice."""

    def __init__(self, limits: Limits, where: str) -> None:
        self._limits = limits
        self._where = where
        self._seen = 0
        self._bytes = 0
        self._files: set[bytes] = set()
        self._folders: set[bytes] = set()

    def count(self, name: bytes) -> None:
        """Count a file or folder.

        Raises:
            InputError: too many, too deep, or too long a name.
        """
        self._seen += 1
        limits = self._limits
        if self._seen > limits.entries:
            raise self._beyond(N_("{where} holds more than {limit} files and folders."), limits.entries)
        if len(name) > limits.name_bytes:
            raise self._beyond(N_("{where} holds a path of more than {limit} bytes."), limits.name_bytes)
        if name.count(b"/") > limits.depth:
            raise self._beyond(N_("{where} holds folders nested more than {limit} deep."), limits.depth)

    def add_bytes(self, name: bytes, size: int) -> None:
        """Count a file's bytes.

        Raises:
            InputError: the file or the whole is too large.
        """
        limits = self._limits
        self._bytes += size
        if size > limits.file_size:
            raise InputError(
                N_("“{name}” in {where} is larger than {limit} bytes."),
                hint=_LIMIT_HINT,
                name=display_name(name),
                where=self._where,
                limit=limits.file_size,
            )
        if self._bytes > limits.total_size:
            raise self._beyond(N_("{where} holds more than {limit} bytes."), limits.total_size)

    def claim(self, name: bytes) -> None:
        """Take a member's name.

        Raises:
            InputError: the archive gives the name twice, or as a file and as a folder.
        """
        if name in self._files or name in self._folders:
            raise InputError(
                N_("The archive {where} holds “{name}” twice: which of them is meant cannot be known."),
                hint=_UNSAFE_HINT,
                where=self._where,
                name=display_name(name),
            )
        self._files.add(name)
        folder = name.rpartition(b"/")[0]
        while folder and folder not in self._folders:
            if folder in self._files:
                raise InputError(
                    N_("In the archive {where} “{name}” is both a file and a folder."),
                    hint=_UNSAFE_HINT,
                    where=self._where,
                    name=display_name(folder),
                )
            self._folders.add(folder)
            folder = folder.rpartition(b"/")[0]

    def _beyond(self, message: str, limit: int) -> InputError:
        return InputError(message, hint=_LIMIT_HINT, where=self._where, limit=limit)


def too_dense(where: str, ratio: int) -> InputError:
    """Return the error for an archive that unpacks to far more than its size."""
    return InputError(
        N_("The archive {where} unpacks to more than {ratio} times its size: it looks like a decompression bomb."),
        hint=_LIMIT_HINT,
        where=where,
        ratio=ratio,
    )


def damaged(where: str, name: bytes = b"") -> InputError:
    """Return the error for an archive that cannot be read to its end."""
    if name:
        return InputError(
            N_("“{name}” in the archive {where} is damaged."),
            hint=N_("Copy the archive again from where it was made, or make it anew."),
            where=where,
            name=display_name(name),
        )
    return InputError(
        N_("The archive {where} is damaged or not what its name says."),
        hint=N_("Copy the archive again from where it was made, or make it anew."),
        where=where,
    )


def unreadable(where: str, reason: OSError) -> InputError:
    """Return the error for a file or folder the operating system does not let us read."""
    return InputError(
        N_("{where} cannot be read: {reason}."),
        hint=N_("Check that it is there and that this program may read it."),
        where=where,
        reason=reason.strerror or type(reason).__name__,
    )


def name_findings(name: bytes) -> tuple[Finding, ...]:
    """Return what a file's name alone says: a system file, or an archive inside the case file."""
    if is_archive_name(name):
        return (NESTED_ARCHIVE.at(display_name(name), name=display_name(name)),)
    if is_system_file(name):
        return (SYSTEM_FILE.at(display_name(name), name=display_name(name)),)
    return ()


def moment(seconds: float) -> datetime | None:
    """Return a time stamp as an aware time; none when it is beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
