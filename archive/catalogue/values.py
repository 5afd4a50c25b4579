"""The catalogue's values: what goes in and what comes out, never a database row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from model.casefile import CaseFile, Document
from model.findings import Outcome
from model.preservation import Event, FileObject
from model.signatures import Indication, Integrity, Modification, SignedState, SubIndication


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
    AWAITING = "awaiting"
    """Passed the checks of its submission: kept, and not taken in before the submission is approved."""
    APPROVED = "approved"
    """Awaited approval, then taken in as another transfer, whose package it names."""


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
class Judgement:
    """What a signature was found to be worth, at one time."""

    indication: Indication
    sub_indication: SubIndication | None = None
    best_time: datetime | None = None
    """Earliest time at which the signature is proven to have existed."""
    holds_until: datetime | None = None
    """Until when the verdict can be reached again without further proof."""
    judged_at: datetime
    policy: str = ""
    trust: str = ""

    @property
    def verdict(self) -> str:
        """Indication and sub-indication in one piece: `TOTAL-FAILED/REVOKED`."""
        return f"{self.indication.value}/{self.sub_indication.value}" if self.sub_indication else self.indication.value


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSignature:
    """One signature of a file of a package version as the catalogue knows it."""

    ordinal: int
    """Position among the file's signatures, from 1."""
    id: str
    """Unique within the file."""
    format: str
    level: str = ""
    integrity: Integrity
    modification: Modification = Modification.NONE
    whole_document: bool | None = None
    role: str = ""
    signer: str = ""
    organisation: str = ""
    issuer: str = ""
    serial: str = ""
    expires: datetime | None = None
    """End of the signing certificate."""
    algorithms: tuple[str, ...] = ()
    """Digest and signature algorithm, the latter with its key size: `sha256`, `rsa 2048`."""
    claimed_time: datetime | None = None
    filed: Judgement
    """The verdict when the package was made; it never changes."""
    current: Judgement
    """The newest verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSignedFile:
    """What the catalogue knows about the signatures of one file of a package version."""

    path: str
    document: int | None = None
    """Ordinal of the document the file belongs to; only when read."""
    kind: str = ""
    state: SignedState
    outcome: Outcome
    checked_at: datetime
    policy: str = ""
    trust: str = ""
    signatures: tuple[HeldSignature, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureTotals:
    """How the signatures of a package stand."""

    files: dict[SignedState, int] = field(default_factory=dict)
    """Files by what was found in them; a file that can carry no signatures is not counted."""
    signatures: dict[Indication, int] = field(default_factory=dict)
    """Signatures by their current verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureChange:
    """A new verdict on one signature, and the one before."""

    path: str
    ordinal: int
    before: str
    """The verdict before, `INDETERMINATE/TRY_LATER`."""
    now: Judgement


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
    signatures: Iterable[HeldSignedFile] = ()
    """Streamed once."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """What the catalogue repeats of one entry of the audit log."""

    seq: int
    act: UUID
    time: str
    """As it stands in the entry: UTC, ISO 8601."""
    actor: str
    action: str
    object: str
    outcome: str
    hash: bytes
    segment: int
    """Number of the first entry of the segment it lies in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """Where the audit log ends."""

    size: int = 0
    last: bytes = bytes(32)
    """Hash of the last entry; zeros when there is none."""
    time: str = ""
    """Time of the last entry."""
    peaks: tuple[bytes, ...] = ()
    """Frontier of the Merkle tree over all entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries of the audit log to show, newest first."""

    object: str = ""
    action: str = ""
    since: datetime | None = None
    limit: int = 50
