"""What a source of submissions gives: one case file at a time, with its files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from model.casefile import CaseFile, Document
from model.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps on everything a stranger controls; a transfer beyond one is refused as unsafe."""

    entries: int = 200_000
    """Files and folders of one case file."""
    depth: int = 32
    """Folders below the case file's root."""
    name_bytes: int = 4096
    """Bytes of one relative path."""
    file_size: int = 64 << 30
    total_size: int = 256 << 30
    ratio: int = 200
    """Uncompressed over compressed bytes of an archive, once 16 MiB were unpacked."""
    nested_archives: int = 1
    """Levels of archives inside the transfer's archive that are looked at; deeper ones are kept as files."""
    descriptor_size: int = 64 << 20
    findings: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One regular file of a submission, as the source names it."""

    name: bytes
    """Relative path, `/` separated, byte for byte as received."""
    size: int
    modified: datetime | None = None
    path: Path | None = None
    """Where the file lies on disk; none for a member of an archive."""
    locator: int | None = None
    """Where an archive keeps the member: known to its source only."""


class Source(Protocol):
    """One case file as handed in. Nothing is written and nothing outside the source is read."""

    @property
    def kind(self) -> str:
        """folder, zip, tar or bag."""
        ...

    @property
    def location(self) -> Path:
        """The folder or archive file."""
        ...

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the regular files in a stable order.

        Raises:
            InputError: the source is unreadable, or beyond a limit.
        """
        ...

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd or unsafe about the source; complete once `entries` was exhausted."""
        ...

    def open(self, entry: SourceEntry) -> BinaryIO:
        """Open one file; reading stops with `InputError` at a limit or a damaged archive."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The package of another system that a submission came as."""

    type: str
    """As `package check` names it, such as `vn-tt05-sip`."""
    objid: str = ""
    profile: str = ""
    record_status: str = ""
    """RECORDSTATUS of METS: NEW, SUPPLEMENT, REPLACEMENT, TEST or another word."""

    def to_json(self) -> dict[str, str]:
        """Return the stored form."""
        return {name: getattr(self, name) for name in ("type", "objid", "profile", "record_status")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the descriptor says, and what is wrong with it."""

    case_file: CaseFile
    documents: Iterable[Document]
    """Can be iterated any number of times; kept on disk, not in memory."""
    findings: tuple[Finding, ...]
    descriptor: bytes = b""
    """Name of the descriptor's entry in the source; empty when it was supplied beside it."""
    supplied: Path | None = None
    """The descriptor beside the source, if it was supplied there."""
    copy: Path | None = None
    """The descriptor's bytes in the work area, whichever way it came; none when there is no descriptor."""
    further: frozenset[bytes] = frozenset()
    """Entries that are part of the description too: kept like other files, whether or not a document names them."""
    registration: str = ""
    """Registration code of the submission (altRecordID SUBMISSIONAGREEMENT of a package)."""
    origin: Origin | None = None
    """The package it came as; none for a case file with a descriptor."""
    standard: str = ""
    """The foreign standard the description follows, such as `EAD3`, which has not all elements of the circular."""
    links: frozenset[bytes] = frozenset()
    """Names of entries that stand for documents kept in other packages; no document need name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One case file found at a place the user named."""

    source: Source
    name: str
    """For people: the path, undecodable bytes as escapes."""
    beside: Path | None = None
    """A descriptor that lies beside the source instead of in it."""
    case_code: str = ""
    """Which case file to take from a descriptor beside that describes several; empty when it describes one."""
