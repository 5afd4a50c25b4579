"""What the catalogue knows of hand-overs to another archive."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from archive.retention.values import DisposalAction

GOING = (DisposalAction.RETAIN, DisposalAction.TRANSFER)
"""What a retention rule says of a case file that goes to the historical archive."""


class HandoverState(StrEnum):
    """Where a hand-over stands."""

    PREPARING = "preparing"
    """Packages are being written, or their writing was interrupted."""
    PREPARED = "prepared"
    """Everything is written; no receipt was registered."""
    PARTLY = "partly"
    """A receipt decided about some case files, not all."""
    DONE = "done"
    """Every case file was accepted, refused or withdrawn."""


class ItemState(StrEnum):
    """Where a case file of a hand-over stands."""

    OPEN = "open"
    """No receipt tells of it: not handed over."""
    ACCEPTED = "accepted"
    """The receiver has it and says so: handed over."""
    REFUSED = "refused"
    """The receiver did not take it: not handed over, and free for another hand-over."""
    WITHDRAWN = "withdrawn"
    """Taken out again before any receipt: not handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRequest:
    """What a hand-over is to be."""

    receiver: str
    receiver_code: str
    registration: str
    """Registration code that the receiving archive gave (Article 22)."""
    profile: str = "vn-tt05"
    """Norm of the submission packages."""
    packed: bool = True
    """One ZIP a case file; else one folder."""
    fonds: str = ""
    """Only this fonds."""
    ended_before: date | None = None
    """Only case files that ended before this day."""
    identifiers: tuple[str, ...] = ()
    """Only these case files."""
    keep_links: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "receiver": self.receiver,
            "receiver_code": self.receiver_code,
            "registration": self.registration,
            "profile": self.profile,
            "packed": self.packed,
            "fonds": self.fonds,
            "ended_before": self.ended_before.isoformat() if self.ended_before else None,
            "identifiers": list(self.identifiers),
            "keep_links": self.keep_links,
        }

    @classmethod
    def from_json(cls, data: dict[str, object]) -> "HandoverRequest":
        """Read the stored form back."""
        ended, identifiers = data["ended_before"], data["identifiers"]
        return cls(
            receiver=str(data["receiver"]),
            receiver_code=str(data["receiver_code"]),
            registration=str(data["registration"]),
            profile=str(data["profile"]),
            packed=bool(data["packed"]),
            fonds=str(data["fonds"]),
            ended_before=date.fromisoformat(str(ended)) if ended else None,
            identifiers=tuple(map(str, identifiers)) if isinstance(identifiers, list) else (),
            keep_links=bool(data["keep_links"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A hand-over of case files to another archive."""

    id: UUID
    request: HandoverRequest
    started: datetime
    because: str
    prepared: datetime | None = None
    """When everything was written; none before."""
    decided: datetime | None = None
    """When the last receipt was registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverItem:
    """A case file of a hand-over."""

    handover_id: UUID
    ordinal: int
    """Position in the hand-over, from 1."""
    aip_id: UUID
    version: int
    code: str
    """Of the case file."""
    state: ItemState = ItemState.OPEN
    name: str = ""
    """Of the written package under `packages/`; empty before."""
    size: int = 0
    sha256: bytes = b""
    """Of the ZIP, or of `METS.xml` in a package folder."""
    documents: int = 0
    files: int = 0
    bytes: int = 0
    """Of the content files."""
    decided: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverTotals:
    """How far a hand-over is."""

    case_files: int = 0
    documents: int = 0
    files: int = 0
    bytes: int = 0
    states: dict[ItemState, int] = field(default_factory=dict)
    """How many case files stand where."""


def state_of(handover: Handover, totals: HandoverTotals) -> HandoverState:
    """Return where a hand-over stands."""
    still_open = totals.states.get(ItemState.OPEN, 0)
    if still_open == 0:
        return HandoverState.DONE
    if handover.prepared is None:
        return HandoverState.PREPARING
    return HandoverState.PREPARED if still_open == totals.case_files else HandoverState.PARTLY
