"""What an evidence record says, and what its verification found; the same for RFC 4998 and RFC 6283."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from model.findings import Finding, Outcome
from model.signatures import SubIndication

RFC4998 = "RFC 4998"
RFC6283 = "RFC 6283"

Digest = Callable[[str], "bytes | None"]  # quoted: the stand-alone verifier also runs on Python 3.9
"""Returns the digest of something by algorithm name (`sha256`); none where it cannot be computed."""

HashLists = tuple[tuple[bytes, ...], ...]
"""A reduced hash tree: lists of hash values from the data objects up to the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTimestamp:
    """One timestamp of a record and the path that leads to it."""

    algorithm: str
    """Hash algorithm of the path."""
    path: HashLists
    """Empty where the timestamp covers a single value directly."""
    token: bytes
    """DER `TimeStampToken`."""
    time: datetime
    """genTime of the token."""
    imprint_algorithm: str
    imprint: bytes
    """What the token says it stamped."""
    covered_by_next: bytes
    """The bytes whose digest the next timestamp of the chain must cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Archive timestamps of one hash algorithm; each covers the one before it."""

    algorithm: str
    timestamps: tuple[ArchiveTimestamp, ...]
    before: bytes
    """The older part of the sequence, as the first timestamp of this chain covers it; empty in the first chain."""
    canonicalization: str = ""
    """RFC 6283: how XML data objects are canonicalised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A decoded evidence record."""

    kind: str
    """`RFC 4998` or `RFC 6283`."""
    chains: tuple[Chain, ...]
    algorithms: tuple[str, ...]
    """Hash algorithms the record declares (RFC 4998 only)."""

    @property
    def timestamps(self) -> tuple[ArchiveTimestamp, ...]:
        """All timestamps in order, over all chains."""
        return tuple(stamp for chain in self.chains for stamp in chain.timestamps)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataObject:
    """Something whose existence the record is to prove."""

    name: str
    digest: Digest
    canonical: Callable[[str, str], bytes | None] | None = None
    """RFC 6283: the digest of its canonical form by algorithm and method, where it is XML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVerdict:
    """What a timestamp token is worth at a time."""

    outcome: Outcome
    sub_indication: SubIndication | None = None
    holds_until: datetime | None = None
    """Until when it can be verified without a further timestamp over it."""
    findings: tuple[Finding, ...] = ()


class TokenCheck(Protocol):
    """Judges a timestamp token: the authority's signature and its path to a trusted anchor."""

    def __call__(self, token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        """Return what the token is worth at a time; `number` counts the record's timestamps from 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampCheck:
    """One timestamp of the record, verified."""

    chain: int
    """From 1."""
    number: int
    """Position in its chain, from 1."""
    time: datetime
    algorithm: str
    root: str
    """The value it stamps, hexadecimal."""
    verified_at: datetime
    """The time at which it had to hold: that of the next timestamp, or the time of the verification."""
    outcome: Outcome
    sub_indication: SubIndication | None = None
    holds_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCoverage:
    """Whether the record proves one data object."""

    name: str
    covered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReport:
    """What the verification of a record found."""

    kind: str = ""
    outcome: Outcome
    sub_indication: SubIndication | None = None
    proof_time: datetime | None = None
    """The time at which the covered objects are proven to have existed; none unless the record itself is sound."""
    holds_until: datetime | None = None
    objects: tuple[ObjectCoverage, ...] = ()
    timestamps: tuple[TimestampCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
