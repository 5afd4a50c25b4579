"""The catalogue's values: what goes in and what comes out, never a database row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from model.casefile import CaseFile, Document
from model.findings import Outcome
from model.preservation import Event, FileObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An agency with an identifier code; ministries merge, so codes have dates and successors."""

    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonds:
    """A fonds (phông)."""

    code: str
    title: str = ""
    closed: bool = False
    agency_code: str = ""
    history: str = ""
    note: str = ""


class TransferState(StrEnum):
    """Where a transfer stands."""

    PROCESSING = "processing"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD_ALREADY = "held-already"
    """The same case file with the same bytes is in the archive: nothing was added."""
    FAILED = "failed"
    """An error stopped it; it can be resumed."""
    RETURNED = "returned"
    """Refused and closed by an officer."""
    RESOLVED = "resolved"
    """Refused, then taken in by an officer's decision as another transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One case file handed in, and what became of it."""

    id: UUID
    source: str
    """Path as the user gave it; undecodable bytes as escapes."""
    kind: str
    """folder, zip, tar or bag."""
    received_at: datetime
    state: TransferState
    fingerprint: str = ""
    """SHA-256 hex over description, names and digests; empty until everything was read."""
    case_code: str = ""
    title: str = ""
    aip_id: UUID | None = None
    decided_at: datetime | None = None
    reason: str = ""
    """Why it was refused or what stopped it, as the finding codes or the error's sentence."""
    files: int = 0
    bytes: int = 0
    kept_key: str = ""
    """Key of the kept content of a refused transfer in the store; empty when there is none."""
    report: str = ""
    """The ingest report as JSON text (schema `ingest-report/1`)."""
    owner: str = ""
    """Who processes it: `host:pid`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file of a package version as the catalogue knows it."""

    object: FileObject
    container_path: str
    """Path inside the stored container."""
    offset: int
    """First byte of the content inside the stored container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCopy:
    """One copy of a package version's container."""

    store: str
    verified_at: datetime | None = None
    """When its digest was last compared."""
    outcome: Outcome = Outcome.INDETERMINATE
    detail: str = ""
    """What the last comparison said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageVersion:
    """One immutable version of an archival package."""

    aip_id: UUID
    version: int
    profile: str
    policy: str
    """Identifier of the preservation policy in force."""
    created: datetime
    container_key: str
    container_size: int
    container_sha256: bytes
    file_count: int
    """Files under `data/` of the representations."""
    byte_count: int
    text_offset: int = 0
    """Where the member with the extracted text starts in the container."""
    text_size: int = 0
    """Its size in bytes; 0 when there is none."""
    copies: tuple[StoredCopy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCaseFile:
    """A case file in the archive."""

    aip_id: UUID
    case_file: CaseFile
    transfer_id: UUID
    accepted_at: datetime
    current_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Everything one accepted case file adds to the catalogue, in one transaction."""

    held: HeldCaseFile
    version: PackageVersion
    documents: Iterable[Document]
    """Streamed once."""
    files: Iterable[HeldFile]
    """Streamed once."""
    events: tuple[Event, ...]
    """Package events; events of single files stay in the package."""
    transfer: Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateFile:
    """A file already held with the same bytes."""

    sha256: bytes
    aip_id: UUID
    case_code: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the change feed, which derived indexes follow."""

    sequence: int
    aip_id: UUID
    version: int
    action: str
    """`put` or `remove`."""


class JobState(StrEnum):
    """State of a long-running campaign."""

    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A long-running campaign over the holdings that can be interrupted and resumed."""

    id: UUID
    kind: str
    """`verify`, `verify-deep`."""
    state: JobState
    started_at: datetime
    cursor: str = ""
    """Where to go on: the last key or identifier done."""
    updated_at: datetime | None = None
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVerification:
    """The result of checking one stored copy."""

    aip_id: UUID
    version: int
    store: str
    time: datetime
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferQuery:
    """Which transfers to list, newest first."""

    states: tuple[TransferState, ...] = ()
    limit: int = 50
    before: UUID | None = None
    """Identifier of the last one of the page before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingsCount:
    """How much the archive holds."""

    case_files: int = 0
    documents: int = 0
    files: int = 0
    bytes: int = 0
    transfers: dict[str, int] = field(default_factory=dict)
