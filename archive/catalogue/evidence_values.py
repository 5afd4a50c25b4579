"""What the catalogue knows about evidence: batches sealed by one timestamp, and the seals of packages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive.catalogue.values import PackageVersion
from model.preservation import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBatch:
    """Many packages under one timestamp."""

    id: UUID
    authority: str
    """Name of the authority in the configuration of the time."""
    algorithm: str
    """Hash algorithm of the tree."""
    chain: int = 1
    """Which archive timestamp chain of the packages' records it begins; above 1 after a hash-tree renewal."""
    created: datetime
    """When the packages were chosen."""
    time: datetime
    """When the timestamp was made, by its own word."""
    tsa: str
    """Name in the certificate of the timestamp authority."""
    policy: str
    """OID of the policy the timestamp was made under."""
    expires: datetime
    """End of the timestamp authority's certificate."""
    count: int
    """Packages under the timestamp."""
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One evidence record of a package version, as far as its first timestamp."""

    aip_id: UUID
    version: int
    authority: str
    chain: int
    batch: EvidenceBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedVersion:
    """A package version that a batch has sealed."""

    aip_id: UUID
    version: int
    event: Event | None = None
    """The event of its journal that tells of it; none where the journal was read already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingVersion:
    """A package version that waits for an authority."""

    number: int
    """Place in the queue: larger ones came later."""
    package: PackageVersion
