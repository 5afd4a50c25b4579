"""What may be destroyed, by whose decision, and what is left of it.

Source:
    Law on Archives 33/2024/QH15, Article 16; Circular 06/2025/TT-BNV (destruction); MoReq2010 chapter 8
    (residual records).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from model.findings import Finding

HANDOVER = "handover"
"""Kind of a permission: the receipt of another archive."""
REVIEW = "review"


class DisposalState(StrEnum):
    """Where the destruction of one record stands."""

    DESTROYING = "destroying"
    """Marked in the transaction that tested it; its bytes are being removed, and the removal is resumed."""
    BLOCKED = "blocked"
    """A store does not let go of it yet (object lock): tried again by the next run."""
    DESTROYED = "destroyed"
    """Read back: nothing of it is left in any store, index or table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Where a record is that another archive has received, and what proves it."""

    receiver: str
    receiver_code: str
    registration: str
    """Registration code that the receiving archive gave."""
    package: str
    """Name of the submission package."""
    sha256: str
    """Of the package, in hexadecimal: of the ZIP, or of `METS.xml` in a folder."""
    receipt: str
    """SHA-256 of the receipt, in hexadecimal; it lies with the hand-over."""
    registered_at: datetime
    """When the receipt was registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A decision to destroy, confirmed: what every single destruction is tested against."""

    review_id: UUID
    """Of the review, or of the hand-over whose receipt was registered."""
    kind: str
    """`review` or `handover`."""
    opened_by: str
    """Login."""
    approved_by: str
    approved_at: datetime
    confirmed_by: str
    confirmed_at: datetime
    not_before: datetime
    """End of the cooling-off."""
    not_after: datetime
    """End of the days the law gives for the execution."""
    because: str
    """The decision, by number and date."""
    handed_over: HandedOver | None = None
    """Of a hand-over: where the record is now."""


PermissionOf = Callable[[UUID], Permission]
"""The permission of each record, where they differ: each has the receipt that tells of it."""


class Allowing(Protocol):
    """Asked inside the transaction that destroys one record."""

    def __call__(self, connection: Any, aip_id: UUID) -> str:
        """Return why the decision does not cover the record any more (objection, extension, taken out); else nothing.

        Args:
            connection: of the transaction; only `archive.catalogue` uses it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What stays known of the transfer by which a destroyed record came."""

    id: UUID
    source: str
    kind: str
    received_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """What is left of a destroyed record: enough to say that it was here, what it was, and why it is not."""

    aip_id: UUID
    case_code: str
    title: str
    fonds: str
    agency: str
    schedule: str
    """Code and version: `TT05-06 v1`."""
    basis: str
    trigger: str
    """Day that began its period, ISO."""
    due: str
    accepted_at: datetime
    permission: Permission
    destroyed_at: datetime
    """When it was marked; the bytes went after that."""
    versions: tuple[tuple[int, str, int], ...]
    """Version, SHA-256 of the container (hex) and its size in bytes."""
    documents: int
    files: int
    bytes: int
    evidence: tuple[str, ...]
    """Keys of the evidence that stays: records, batches."""
    audit_size: int
    """Size of the audit log when it was marked."""
    transfer: HandedIn | None = None
    """How it came."""
    transfers: tuple[UUID, ...] = ()
    """Transfers whose kept content is the record's, and goes with it."""
    fingerprint: str = ""
    """SHA-256 (hex) over description, names and digests, as it was handed in."""


Forget = Callable[[Any, Sequence[Stub]], Mapping[UUID, str]]
"""Makes something outside stores and catalogue forget destroyed records; called with the archive and their stubs.

It returns of which records something is left, and why; called again it goes on.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """What became of one record of a run."""

    aip_id: UUID
    state: DisposalState | None
    """None: it was kept whole."""
    findings: tuple[Finding, ...] = ()
    """Why it was kept, what blocked it, what lies in offline backups."""
