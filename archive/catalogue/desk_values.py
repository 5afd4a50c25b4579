"""What the catalogue says about the desk: lines of the yearly plan, case files being compiled, documents, their keys.

The facts themselves are JSON text that only `ingest/desk` reads; the columns beside it are what is asked for.
"""

from dataclasses import dataclass
from datetime import date

TRAY = "tray"
"""In the place of a case file: documents that are in none yet."""

DISCARDED = "discarded"
"""In the place of a case file: documents that were taken off the desk for good; only the record of them is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPlanRow:
    """One line of a yearly list of case files (danh mục hồ sơ)."""

    id: str
    seq: int
    """Number of the act that says so; of two states of one thing the one with the higher number holds."""
    year: int
    agency: str
    folded: str
    """Number and notation, apart from case, spaces and signs."""
    place: int
    """Position in the list."""
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFileRow:
    """One case file on the desk."""

    id: str
    seq: int
    state: str
    agency: str
    year: int
    folded: str
    opened_at: str
    data: str
    documents: int = 0
    """How many documents it has; filled in where it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDocumentRow:
    """One document on the desk."""

    id: str
    seq: int
    file_id: str
    """The case file it is in, or `tray`."""
    organ: str
    """Code of who issued it, as keys have it."""
    date: str
    """ISO date of the document; empty when not known."""
    registered: str
    """ISO date of its arrival."""
    data: str
    keys: tuple[tuple[str, str], ...] | None = None
    """Key and role of each: what it is called, what it answers or speaks of. None: they stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChange:
    """What one batch of acts changes, applied together."""

    last: int
    """Number of its last act."""
    gone: tuple[str, ...] = ()
    """Case files that are forgotten with their documents, and single documents; before anything else."""
    plan: tuple[DeskPlanRow, ...] = ()
    files: tuple[DeskFileRow, ...] = ()
    documents: tuple[DeskDocumentRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLink:
    """A document that names another one by a key."""

    document_id: str
    """Who names it."""
    role: str
    target: str
    """Whom it names."""
    file_id: str = ""
    """Where the one that was not asked for is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRegisterQuery:
    """Which documents a register lists."""

    organ: str
    """Code of the agency whose register it is, as keys have it."""
    outgoing: bool
    first: date
    last: date
