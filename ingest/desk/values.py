"""What lies on the desk: case files being compiled, their documents, lines of the yearly plan, and acts on them.

The desk is not custody (Decree 30/2020/NĐ-CP, Articles 28 to 30): what is on it is compiled, closed and handed
over to ingest. An act carries the whole new state of what it changed, so that the last act on a thing tells of it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from archive.catalogue.desk_values import DISCARDED, TRAY
from ingest.edxml.values import Business, DocumentKey, SignatureState, TraceEntry
from model.dates import PartialDate
from model.findings import Finding

PLAN = "plan"
"""Log of the yearly plans."""
LOGS_THAT_ARE_NO_FILE = (TRAY, DISCARDED, PLAN)


class DocumentKind(StrEnum):
    """What a document on the desk came as."""

    MESSAGE = "message"
    STATUS = "status"
    """A status message: tells what became of a document."""
    LOOSE = "loose"
    """Files that came without a message."""


class FileState(StrEnum):
    """How far a case file on the desk is."""

    OPEN = "open"
    CLOSED = "closed"
    """Closed, and not handed over yet."""
    REFUSED = "refused"
    """Closed and handed over, and refused by ingest."""
    HANDED_OVER = "handed-over"
    """In the archive; its content is in the package."""


class ActKind(StrEnum):
    """What was done on the desk."""

    OPENED = "opened"
    ADDED = "added"
    TAKEN = "taken"
    """Out of the tray, into a case file."""
    REMOVED = "removed"
    """Out of a case file, into the tray."""
    CHANGED = "changed"
    CLOSED = "closed"
    REFUSED = "refused"
    HANDED_OVER = "handed-over"
    REOPENED = "reopened"
    PLANNED = "planned"
    DESTROYED = "destroyed"
    """The record that a case file became was destroyed in the archive, or a discarded document went with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """One file of a document, kept on the desk by its digest."""

    name: str
    """As it was called where it came from."""
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAttachment:
    """What a message says of an attachment; its bytes are in the message."""

    name: str
    size: int = 0
    sha256: str = ""
    """Empty where the bytes are missing or cannot be decoded."""
    description: str = ""
    nested: bool = False
    """It is another edXML message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDocument:
    """One document on the desk: a message as received, or loose files, and what is known about it."""

    id: str
    """SHA-256 of the message or of the loose file; of several files, of their digests."""
    kind: DocumentKind
    files: tuple[DeskFile, ...]
    key: DocumentKey
    business: Business = Business.NEW
    concerns: tuple[DocumentKey, ...] = ()
    """The documents that this one recalls, updates, replaces or tells the status of."""
    answers: tuple[DocumentKey, ...] = ()
    """The documents that this one answers."""
    sender: str = ""
    """Code of the organisation that sent the message, as written."""
    organ_name: str = ""
    receivers: tuple[str, ...] = ()
    """Names."""
    receiver_codes: tuple[str, ...] = ()
    type_name: str = ""
    """In words."""
    type_code: str = ""
    """Code 01-32 of Circular 05/2025, where the words are known."""
    subject: str = ""
    pages: int | None = None
    due: PartialDate | None = None
    """By when an answer is wanted."""
    signer: str = ""
    appendixes: tuple[str, ...] = ()
    attachments: tuple[DeskAttachment, ...] = ()
    reason: str = ""
    """Why it recalls, updates or replaces."""
    status_code: str = ""
    status_text: str = ""
    time: datetime | None = None
    """When the message was sent, as it says."""
    trace: tuple[TraceEntry, ...] = ()
    signature: SignatureState = SignatureState.ABSENT
    findings: tuple[Finding, ...] = ()
    """What the reader of messages noticed."""
    draft: str = ""
    """Why it is taken for a draft; empty: it is none."""
    maintenance: str = ""
    """Retention period of its own, code."""
    mode: str = ""
    description: str = ""
    received_at: datetime
    source: str = ""
    """Where it was found, for people."""
    by_hand: bool = False
    """An archivist said where it belongs, or took it out of where it was: it is not sorted again."""


def name_of(document: DeskDocument) -> str:
    """Return what people call a document: number and notation, or the name of its file."""
    return document.key.code or document.files[0].name


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCase:
    """One case file on the desk: what is said about it before it is handed over."""

    id: str
    state: FileState = FileState.OPEN
    year: int
    number: str
    """Number and notation (số và ký hiệu hồ sơ)."""
    title: str = ""
    agency_code: str = ""
    agency_name: str = ""
    maintenance: str = ""
    mode: str = ""
    fonds: str = ""
    compiler: str = ""
    keywords: tuple[str, ...] = ()
    description: str = ""
    plan_id: str = ""
    opened_at: datetime
    closed_at: datetime | None = None
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None
    incomplete: str = ""
    """Why it was closed though it is not complete."""
    transfer_id: str = ""
    aip_id: str = ""
    reasons: tuple[Finding, ...] = ()
    """Why ingest refused it."""

    @property
    def code(self) -> str:
        """The case file's code: agency, year, number and notation (Circular 05/2025, `fileCode`)."""
        return ".".join(part for part in (self.agency_code, str(self.year), self.number) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One line of a yearly list of case files (danh mục hồ sơ, Decree 30/2020, Article 28)."""

    id: str
    year: int
    agency_code: str = ""
    number: str
    title: str
    maintenance: str = ""
    mode: str = ""
    compiler: str = ""
    note: str = ""
    group: str = ""
    """The heading it stands under."""
    place: int = 0
    keywords: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """Codes of document types that belong into it."""
    organs: tuple[str, ...] = ()
    """Codes or names of the organisations whose documents belong into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAct:
    """One act on the desk: a line of a log."""

    log: str
    """Identifier of the case file, `tray` or `plan`."""
    act: ActKind
    seq: int = 0
    """Position among all acts on the desk; given when it is written."""
    time: datetime | None = None
    actor: str = ""
    because: str = ""
    case: DeskCase | None = None
    document: DeskDocument | None = None
    document_id: str = ""
    """Where the document stays as it is."""
    line: PlanLine | None = None
    to: str = ""
    """Of a document that was taken or removed: where to."""
    aip_id: str = ""
    """Of a case file that was destroyed: the record it was in the archive."""


class Standing(StrEnum):
    """What a document in a case file is, seen together with the others. Never stored."""

    CURRENT = "current"
    RECALLED = "recalled"
    REPLACED = "replaced"
    NOTICE = "notice"
    """A message that only speaks of another document: kept with that one."""
    DUPLICATE = "duplicate"
    DRAFT = "draft"

    @property
    def is_handed_over(self) -> bool:
        """Whether it becomes a document of the package."""
        return self in (Standing.CURRENT, Standing.RECALLED, Standing.REPLACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDocument:
    """A document of a case file, and what it is there."""

    document: DeskDocument
    standing: Standing
    other: str = ""
    """The document that recalls or replaces it, that it is a duplicate of, or that it speaks of."""
    notices: tuple[DeskDocument, ...] = ()
    """Messages that speak of it: recall, updates, replies on its status; oldest first."""


class AddOutcome(StrEnum):
    """What became of something that was laid on the desk."""

    ADDED = "added"
    """Into a case file."""
    TRAY = "tray"
    """On the desk, in no case file yet."""
    KNOWN = "known"
    """It is on the desk already."""
    DESCRIBED = "described"
    """It is on the desk already, and what is said about it is new."""
    REFUSED = "refused"
    """The message cannot be read; it is kept with the reasons."""
    UNREADABLE = "unreadable"
    """The file cannot be read at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one path."""

    path: str
    outcome: AddOutcome
    document: str = ""
    case: str = ""
    findings: tuple[Finding, ...] = ()
    why: str = ""
