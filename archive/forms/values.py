"""The printed forms of the norms: what goes into them.

A form is prescribed in Vietnamese, whatever language its reader's program speaks. What a caller hands
over is facts; titles, columns and set phrases belong to the builder of each form.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from model.casefile import CaseFile, Document
from model.dates import PartialDate


class FormSuffix(StrEnum):
    """In which file formats a form can be had."""

    DOCX = ".docx"
    XLSX = ".xlsx"
    PDF = ".pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues a form: the head of its first page."""

    agency: str
    """Name of the agency; written in capitals."""
    superior: str = ""
    """Name of the agency above, where there is one."""
    place: str = ""
    number: str = ""
    """Number and notation of the form itself; left open for a pen when empty."""
    day: date | None = None
    """Left open for a pen when none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of a hand-over."""

    agency: str
    code: str = ""
    person: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCaseFile:
    """A line of the list of case files (`mục lục hồ sơ`)."""

    case_file: CaseFile
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDocument:
    """A document of a submission and whether it passed (Article 24.2)."""

    case_code: str
    title: str
    passed: bool
    reasons: Sequence[str] = ()
    """Sentences; empty when it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingFacts:
    """What the report on processing (`Báo cáo xử lý nghiệp vụ`, Article 24.4) says."""

    issuer: Issuer
    submitter: Party
    registration_code: str
    ordinal: int
    """Which submission of this registration it is, from 1."""
    received_at: datetime
    proposed: int
    """Case files, or loose documents, announced."""
    received: int
    passed: int
    failed: int
    documents_proposed: int
    documents_passed: int
    documents_failed: int
    failures: Iterable[JudgedDocument]
    duplicates: Sequence[tuple[str, str]] = ()
    """Code and what was decided about each duplicate."""
    proposals_to_submitter: Sequence[str] = ()
    proposals_to_approver: Sequence[str] = ()
    reporter: str = ""
    """Who reports; dots where that is not known."""
    approver: str = ""
    """Who approved, or is to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFacts:
    """What the minutes of a hand-over (`biên bản giao nhận`) say."""

    issuer: Issuer
    giver: Party
    receiver: Party
    block: str
    """Name of the body of records handed over."""
    basis: Sequence[str] = ()
    """What it rests on: registration, plan, approval."""
    first_date: PartialDate | None = None
    last_date: PartialDate | None = None
    case_files: int = 0
    documents: int = 0
    data_files: int = 0
    bytes: int = 0
    condition: str = ""
    digests: Sequence[tuple[str, str]] = ()
    """Package and its SHA-256, where there are few enough to print."""


class Direction(StrEnum):
    """Which register a document belongs to."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """A line of the register of incoming or outgoing documents (Decree 30/2020, Articles 15 and 22)."""

    ordinal: int
    """Arrival number, or number in the register."""
    registered: date
    code: str
    """Number and notation."""
    date: PartialDate | None
    organ: str
    """Who issued it."""
    type_and_subject: str
    receiver: str = ""
    signer: str = ""
    pages: str = ""
    case_code: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """The certificate that goes with a dissemination package: 11 items (Articles 41 and 42).

    Source:
        Circular 05/2025/TT-BNV, Articles 41, 42 and Annex V.
    """

    issuer: Issuer
    authentication_code: str
    archive: str
    recipient: str
    recipient_id: str
    """Number of the identity document."""
    original_code: str
    """Archival code of the original."""
    code: str
    """Number and notation of the document; empty for a case file."""
    type_name: str
    subject: str
    purpose: str
    issued: date
    valid_until: date
    copies: int = 1
    digests: Sequence[tuple[str, str]] = ()
    """File and its SHA-256: what the certificate certifies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDocuments:
    """What the list of documents in a case file (`mục lục văn bản trong hồ sơ`) shows."""

    case_file: CaseFile
    documents: Iterable[Document]
