"""The words of a review: what is done in it, by whom, and how each case file of its list stands.

Source:
    Circular 06/2025/TT-BNV (destruction of records past their period); Law on Archives 33/2024/QH15,
    Article 16; MoReq2010 8.3 (review decisions).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID


class ReviewState(StrEnum):
    """How far a review is."""

    DRAFT = "draft"
    """The list and the explanation are there."""
    COUNCIL = "council"
    """The council is appointed: it votes."""
    MINUTED = "minuted"
    """The council has ended its work."""
    APPRAISED = "appraised"
    """The competent archives body has given its opinion in writing."""
    APPROVED = "approved"
    """Decided; the typed confirmation is missing."""
    CONFIRMED = "confirmed"
    """Cooling off, then to be executed."""
    EXECUTING = "executing"
    """Executed, but a store does not let go of some records yet."""
    EXECUTED = "executed"
    """Executed; its dossier is not in the archive yet."""
    CLOSED = "closed"
    REJECTED = "rejected"


ENDED = frozenset({ReviewState.EXECUTED, ReviewState.CLOSED, ReviewState.REJECTED})
"""States in which a review destroys nothing any more."""


class Choice(StrEnum):
    """What a member of the council votes for."""

    DESTROY = "destroy"
    KEEP = "keep"


class ItemState(StrEnum):
    """How one case file of the list stands."""

    LISTED = "listed"
    HELD = "held"
    """A hold was in force when the list was made: told of, not proposed."""
    ELSEWHERE = "elsewhere"
    """Another open review has it: told of, not proposed."""
    OBJECTED = "objected"
    EXTENDED = "extended"
    """It was given another rule."""
    KEPT = "kept"
    """No majority of the council for its destruction."""
    REFUSED = "refused"
    """Kept when the decision was executed: held, not due any more, changed."""
    BLOCKED = "blocked"
    """Marked as destroyed; a store does not let go of it yet."""
    DESTROYED = "destroyed"


class Reason(StrEnum):
    """Why a case file is on the list."""

    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    """Its period has ended, and another case file holds the same content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """A list kept as objects of a thousand lines."""

    id: UUID
    objects: int
    lines: int
    sha256: str
    """Over all bytes of all objects, in their order; hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A review was opened over a list."""

    number: str
    title: str
    fonds: str
    """Empty: every fonds."""
    schedule: str
    """Empty: every schedule."""
    day: date
    """Due on this day or before."""
    listed: int
    held: int
    elsewhere: int
    items: Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed:
    """The council was appointed: at least three persons, each once."""

    chair: str
    secretary: str
    members: tuple[str, ...]
    """The other members."""
    names: tuple[str, ...]
    """Names of all persons, in the order of `people`."""
    decision: str = ""
    """Number of the decision that founds it."""
    day: date | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Logins of all of them, the chair first."""
        return (self.chair, self.secretary, *self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """A member voted; a later vote of the same member about the same case file replaces it."""

    choice: Choice
    cases: tuple[UUID, ...] = ()
    """None: about every case file of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    """Somebody objects: the case files are out of the review."""

    cases: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """Case files were given another rule: they are out of the review."""

    cases: tuple[UUID, ...]
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Minuted:
    """The council's work ended; its reason is what the minutes conclude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraised:
    """A written appraisal was registered."""

    authority: str
    day: date
    file: str
    """Name it came under."""
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The destruction of what is left was decided."""

    number: str
    day: date
    count: int
    """Case files it covers."""
    not_after: datetime
    """End of the days the law gives for the execution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Nothing is destroyed; every case file may be reviewed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The decision was confirmed by typing what it does."""

    phrase: str
    not_before: datetime
    """End of the cooling-off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A run of the execution ended."""

    results: Spool
    destroyed: int
    blocked: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The dossier is in the archive."""

    aip_id: UUID


Body = (
    Opened
    | Appointed
    | Voted
    | Objected
    | Extended
    | Minuted
    | Appraised
    | Approved
    | Rejected
    | Confirmed
    | Executed
    | Closed
)
B_co = TypeVar("B_co", bound=Body, covariant=True)

KINDS: Mapping[str, type[Body]] = {
    "opened": Opened,
    "appointed": Appointed,
    "voted": Voted,
    "objected": Objected,
    "extended": Extended,
    "minuted": Minuted,
    "appraised": Appraised,
    "approved": Approved,
    "rejected": Rejected,
    "confirmed": Confirmed,
    "executed": Executed,
    "closed": Closed,
}
"""What an act is called in its key and in the audit log."""
_NAMES: Mapping[type[object], str] = {body: name for name, body in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Generic[B_co]):
    """One act of a review: who did what, when and why. It is created once and never changed."""

    seq: int
    """From 1, without gaps."""
    by: str
    """Login."""
    name: str
    """Name of the person."""
    at: datetime
    because: str
    body: B_co

    @property
    def kind(self) -> str:
        """What it is called."""
        return _NAMES[type(self.body)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How one member votes."""

    general: tuple[Choice, str] | None = None
    """About every case file not named by itself, and why."""
    special: Mapping[UUID, tuple[Choice, str]] = field(default_factory=dict)

    def on(self, aip_id: UUID) -> tuple[Choice, str] | None:
        """Return the vote about one case file, and its reason; none when there is none."""
        return self.special.get(aip_id, self.general)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Why a case file is out of the review."""

    state: ItemState
    by: str = ""
    name: str = ""
    at: datetime | None = None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Where a review stands: what its acts, read in order, come to."""

    id: UUID
    acts: int
    """How many there are."""
    last: datetime
    """Time of the newest."""
    state: ReviewState
    opened: Act[Opened]
    council: Act[Appointed] | None = None
    votes: Mapping[str, Votes] = field(default_factory=dict)
    """By login."""
    dropped: Mapping[UUID, Drop] = field(default_factory=dict)
    """Case files that are out, one by one."""
    passing: frozenset[UUID] | None = None
    """After the minutes: the only ones with a majority; none where all have one but those dropped."""
    minutes: Act[Minuted] | None = None
    appraisal: Act[Appraised] | None = None
    approval: Act[Approved] | None = None
    confirmation: Act[Confirmed] | None = None
    rejection: Act[Rejected] | None = None
    runs: tuple[Act[Executed], ...] = ()
    closing: Act[Closed] | None = None

    @property
    def number(self) -> str:
        """Its number, such as `2026-001`."""
        return self.opened.body.number

    @property
    def left(self) -> int:
        """How many case files are still to be destroyed, or were."""
        if self.passing is not None:
            return len(self.passing - self.dropped.keys())
        return self.opened.body.listed - len(self.dropped)

    @property
    def present(self) -> tuple[str, ...]:
        """The members of the council who voted, in the order of the council."""
        people = self.council.body.people if self.council else ()
        return tuple(login for login in people if login in self.votes)

    @property
    def phrase(self) -> str:
        """What must be typed to confirm the decision."""
        return f"HỦY {self.number} / {self.left} HỒ SƠ"

    def state_of(self, aip_id: UUID) -> ItemState:
        """Tell how a case file of the list stands by the acts alone."""
        if aip_id in self.dropped:
            return self.dropped[aip_id].state
        if self.passing is not None and aip_id not in self.passing:
            return ItemState.KEPT
        return ItemState.LISTED

    def name_of(self, login: str) -> str:
        """Return the name of a member of the council."""
        if self.council is None:
            return login
        return dict(zip(self.council.body.people, self.council.body.names, strict=True)).get(login, login)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One case file of a review's list, as it was when the list was made."""

    position: int
    """From 1."""
    aip_id: UUID
    code: str
    title: str
    fonds: str
    schedule: str
    """Code and version: `TT05-05 v1`."""
    trigger: str
    due: str
    start: str
    """First date of its documents, as the description gives it."""
    end: str
    documents: int
    files: int
    bytes: int
    reason: Reason
    state: ItemState
    note: str = ""
    """Holds, the other review, or the case file with the same content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one case file when the decision was executed."""

    aip_id: UUID
    state: ItemState
    note: str = ""
