"""Values of reception: what was registered to be handed in, what came, and what was decided about it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from archive.catalogue.values import TransferState


class Verdict(StrEnum):
    """What an officer decided about a case file or a document."""

    KEEP = "keep"
    REFUSE = "refuse"


class ActKind(StrEnum):
    """What was decided upon."""

    CASE = "case"
    """A whole case file."""
    DOCUMENT = "document"
    APPROVAL = "approval"
    """The submission, or the part of it that is named."""
    REJECTION = "rejection"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredSubmission:
    """What an agency registered to hand in (đợt nộp).

    Source:
        Circular 05/2025/TT-BNV, Article 23.
    """

    id: UUID
    """The same for the same registration code and ordinal in the same archive."""
    code: str
    """Registration code."""
    ordinal: int
    """Which submission under this registration it is, from 1."""
    agency_code: str
    agency_name: str
    fonds: str = ""
    """Fonds of case files whose description names none."""
    packages: int
    """Announced packages."""
    case_files: int
    """Announced case files, or loose documents."""
    documents: int
    bytes: int | None = None
    """Announced size; none when it was not announced."""
    deadline: date | None = None
    """Until when it is to be handed in."""
    asked: date
    """Day on which the agency asked to hand in."""
    registered_at: datetime
    registered_by: str
    listed: int = 0
    """Lines of the announced list; 0 when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedItem:
    """A line of the announced list (mục lục nộp)."""

    code: str
    """Case file code."""
    title: str = ""
    maintenance: str = ""
    """Retention period, as a code where it is one."""
    documents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedTransfer:
    """A transfer handed in under a submission, and how it stands."""

    transfer_id: UUID
    submission_id: UUID
    received_at: datetime
    case_code: str = ""
    mark: bytes
    """Digest over where it came from and what it is: the same hand-in is known again."""
    documents: int = 0
    failed: int = 0
    """Documents that failed a check."""
    waits: bool = False
    """Whether an officer has to decide about it."""
    decision: Verdict | None = None
    """What the officer decided last."""
    failed_by_hand: int = 0
    """Documents an officer failed."""
    state: TransferState = TransferState.AWAITING
    """Of its transfer; only when read."""
    title: str = ""
    files: int = 0
    bytes: int = 0
    aip_id: UUID | None = None
    reason: str = ""

    @property
    def undecided(self) -> bool:
        """Whether it waits for an officer's decision."""
        waiting = self.state is TransferState.AWAITING and self.waits and self.decision is None
        return waiting and not self.failed_by_hand

    @property
    def refused(self) -> bool:
        """Whether it did not pass: by its checks or by an officer."""
        if self.state is TransferState.AWAITING:
            return self.decision is Verdict.REFUSE or self.failed_by_hand > 0
        return self.state in {TransferState.REFUSED, TransferState.RETURNED, TransferState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionAct:
    """One decision about a submission or a part of it; it is never changed, a later one stands before it."""

    id: UUID
    submission_id: UUID
    kind: ActKind
    verdict: Verdict
    transfer_id: UUID | None = None
    document: int | None = None
    """Ordinal of the document."""
    because: str
    actor: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionTotals:
    """How far a submission is."""

    received: int = 0
    """Transfers, whatever became of them."""
    undecided: int = 0
    passed: int = 0
    """Passed every check and decision, and wait for approval."""
    approved: int = 0
    held: int = 0
    """In the archive already, the same in every byte."""
    failed: int = 0
    documents: int = 0
    documents_passed: int = 0
    documents_failed: int = 0
    files: int = 0
    bytes: int = 0
    first: datetime | None = None
    """When the first of it was received."""
    last: datetime | None = None
    concluded_at: datetime | None = None
    """When nothing was left to decide and the submission was approved or rejected."""

    @property
    def open(self) -> int:
        """How many still wait for a decision or for approval."""
        return self.undecided + self.passed
