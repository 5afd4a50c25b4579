"""What sealing is about: groups of digests, batches being made, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from archive.catalogue.evidence_values import EvidenceBatch
from model.errors import ArchiveError


class GroupMember(NamedTuple):
    """One file of a package version as it is sealed."""

    path: str
    """Path in the bag."""
    digest: bytes


class PackageKey(NamedTuple):
    """A package version."""

    aip_id: UUID
    version: int


class ObjectKey(NamedTuple):
    """An object of the stores that is sealed beside packages, such as a head of the audit log."""

    key: str


class Leaf(NamedTuple):
    """One group in the tree of a batch."""

    what: PackageKey | ObjectKey
    value: bytes
    """Value of its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """A batch before its timestamp: who is in it, in the order of the tree's leaves."""

    id: UUID
    authority: str
    algorithm: str
    chain: int
    created: datetime
    leaves: tuple[Leaf, ...]
    root: bytes

    @property
    def packages(self) -> int:
        """Number of package versions in it."""
        return sum(isinstance(leaf.what, PackageKey) for leaf in self.leaves)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSettings:
    """What a seal is told."""

    limit: int | None = None
    """Packages at most for each authority; none: all that wait."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBatch:
    """A batch that was sealed."""

    batch: EvidenceBatch
    resumed: bool = False
    """An earlier process had begun it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldSeal:
    """What a dry run says of one authority."""

    authority: str
    algorithm: str
    packages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSealed:
    """A package version that could not be put into a batch; it waits on."""

    authority: str
    package: PackageKey
    problem: ArchiveError


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFailed:
    """An authority that gave no timestamp, or a store that could not be written; its packages wait on."""

    authority: str
    waiting: int
    problem: ArchiveError


SealResult = SealedBatch | WouldSeal | NotSealed | SealFailed
