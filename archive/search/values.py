"""What the search index takes and gives."""

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """What a hit is."""

    CASE_FILE = "case-file"
    DOCUMENT = "document"


class Verdict(StrEnum):
    """How a signature stands, in the words of the search."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NONE = "none"
    """Files that can carry signatures, and none of them does."""
    UNREADABLE = "unreadable"
    """Whether a file is signed could not be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureTerms:
    """What can be searched of the signatures of a document, or of all documents of a case file; each value once."""

    signers: tuple[str, ...] = ()
    """Names of people, agencies and organisations."""
    issuers: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    sub_indications: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    """Formats, levels, and both in one word: `PAdES`, `LT`, `PAdES-LT`."""
    algorithms: tuple[str, ...] = ()
    """`sha256`, `rsa`, `rsa-2048`."""
    expiry: tuple[str, ...] = ()
    """Last days of the signing certificates, ISO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One thing that can be found: a case file, or one of its documents."""

    id: str
    """`{aip_id}` for a case file, `{aip_id}/{ordinal}` for a document."""
    aip_id: str
    level: Level
    code: str
    """Case file code or archival document code."""
    title: str
    """Title of the case file or subject of the document."""
    case_title: str = ""
    number: str = ""
    """Number of the document."""
    notation: str = ""
    """Notation of the document, such as `QĐ-UBND`; number and notation are found together as `123/QĐ-UBND`."""
    fonds: str = ""
    agency: str = ""
    """Name of the issuing body (document) or of the agency (case file)."""
    agency_code: str = ""
    start: str = ""
    """First day, ISO `YYYY-MM-DD`."""
    end: str = ""
    """Last day, ISO."""
    type: str = ""
    """Document type code 01-32; empty for a case file."""
    retention: str = ""
    access: str = ""
    keywords: tuple[str, ...] = ()
    note: str = ""
    text: str = ""
    """Extracted text in NFC; empty for a case file."""
    signatures: SignatureTerms = SignatureTerms()


class Sort(StrEnum):
    """Order of the hits."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One search. All conditions must hold."""

    query: str = ""
    """Words, "phrases", prefix*, AND OR NOT ( ), field:word (title, number, agency, signer, verdict, …)."""
    level: Level | None = None
    fonds: str = ""
    agency: str = ""
    type: tuple[str, ...] = ()
    retention: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    date_from: str = ""
    """ISO date; finds what ends on it or later."""
    date_to: str = ""
    """ISO date; finds what begins on it or earlier."""
    sort: Sort = Sort.RELEVANCE
    offset: int = 0
    limit: int = 20
    facets: bool = False
    snippets: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing found."""

    id: str
    aip_id: str
    level: Level
    code: str
    title: str
    case_title: str
    number: str
    notation: str
    agency: str
    start: str
    end: str
    type: str
    retention: str
    access: str
    score: float
    snippet: str = ""
    """Text around the words found; the words stand between `snippet_marks`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of hits, with the exact total."""

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """Facet name (level, type, retention, access, agency, fonds, verdict, year) -> (value, count) by count."""
    milliseconds: float = 0.0


SNIPPET_MARKS = ("\ue000", "\ue001")
"""Private-use characters around found words, replaced by the caller with what its medium uses."""
