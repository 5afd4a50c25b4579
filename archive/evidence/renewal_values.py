"""What renewing is about: what must be renewed by when and why, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from archive.catalogue.evidence_values import EvidenceBatch
from archive.evidence.values import PackageKey
from model.errors import ArchiveError
from preservation.signatures.judging.lifetime import Limit


class RenewalKind(StrEnum):
    """How evidence is renewed (RFC 4998 5.2)."""

    TIMESTAMP = "timestamp"
    """A further timestamp covers the last one: the packages are not read."""
    HASH_TREE = "hash-tree"
    """Everything is hashed anew by another algorithm: every package is read."""


class RenewalState(StrEnum):
    """How urgent it is."""

    OVERDUE = "overdue"
    """The date has passed: what was not renewed is proven by nothing else of this authority any more."""
    DUE = "due"
    PLANNED = "planned"
    UNKNOWN = "unknown"
    """When its timestamp ends cannot be told: nobody who is trusted stands behind it, or it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRenewal:
    """One renewal of one batch."""

    batch: EvidenceBatch
    kind: RenewalKind
    state: RenewalState
    last: datetime | None
    """When its newest timestamp was made."""
    timestamps: int
    """How many there are."""
    begin: datetime | None
    """From when on it is due."""
    by: datetime | None
    """Until when it must be done."""
    reason: Limit | None
    """What ends then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewSettings:
    """What a renewal is told."""

    batch: UUID | None = None
    """Only this batch, whether it is due or not; none: all that is due."""
    algorithm: str = ""
    """Hash algorithm for hashing anew; empty: the authority's own."""
    because: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedBatches:
    """Batches that one new timestamp renewed."""

    kind: RenewalKind
    authority: str
    algorithm: str
    batches: tuple[UUID, ...]
    packages: int
    time: datetime
    """Of the new timestamp."""
    tsa: str
    expires: datetime
    """End of the new timestamp authority's certificate."""
    resumed: bool = False
    """An earlier process had begun it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldRenew:
    """What a dry run says: these batches, by one timestamp."""

    kind: RenewalKind
    authority: str
    algorithm: str
    batches: tuple[UUID, ...]
    packages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRenewed:
    """Batches that were not renewed; they stay due."""

    authority: str
    batches: tuple[UUID, ...]
    problem: ArchiveError


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageNotHashed:
    """A package version that could not be hashed anew, as it is damaged or gone."""

    authority: str
    package: PackageKey
    problem: ArchiveError


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """Batches that a new timestamp would not help: the authority still signs with what ends as soon."""

    authority: str
    batches: tuple[UUID, ...]


RenewResult = RenewedBatches | WouldRenew | NotRenewed | PackageNotHashed | Postponed
