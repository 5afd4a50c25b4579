"""Closing a case file: reviewed, described, laid out as a folder, taken in by ingest, and taken off the desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from formats.examine import Examiner
from ingest.batch import BatchSettings, ingest_all
from ingest.desk.completeness import (
    PageCounter,
    has_errors,
    review_case,
    review_documents,
    review_pages,
    review_signatures,
)
from ingest.desk.desk import Desk
from ingest.desk.staging import StagedDocument, described_case, described_documents, staged, write_descriptor
from ingest.desk.values import ActKind, DeskAct, DeskCase, FileState, name_of
from ingest.desk.view import CaseView, view_case
from ingest.values import IngestReport, IngestStatus
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.errors import ArchiveError, PolicyError
from model.findings import Finding, FindingLog
from model.text import N_
from preservation.signatures.checker import SignatureChecker

_REASONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingFacts:
    """What an archivist says when closing a case file; empty: as it is."""

    title: str = ""
    maintenance: str = ""
    mode: str = ""
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None
    because: str = ""
    """Why it is closed though it is not complete."""
    accept_incomplete: bool = False
    hand_over: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A case file laid out and reviewed."""

    view: CaseView
    folder: Path
    staged: tuple[StagedDocument, ...]
    case_file: CaseFile
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDocument:
    """What a document is called in a review: findings name it by its position."""

    ordinal: int
    id: str
    """Its identifier on the desk."""
    name: str
    """Number and notation, or the name of its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What became of a case file that was to be closed."""

    case: DeskCase
    case_file: CaseFile
    findings: tuple[Finding, ...]
    ingest: IngestReport | None = None
    """None: it was not handed over."""
    removed: int = 0
    """Contents that left the desk, being in the package."""
    kept: int = 0
    """Documents that were not handed over and stay on the desk."""
    listed: tuple[ListedDocument, ...] = ()


@contextmanager
def reviewed(desk: Desk, case: DeskCase) -> Iterator[Reviewed]:
    """Lay a case file out and review it; the folder is gone when the block ends."""
    view = view_case(desk, case)
    with staged(desk, view) as (folder, parts):
        log = FindingLog()
        with Examiner(text=False) as examiner:
            counted = PageCounter(examiner).count(parts)
        pages: dict[int, int] = {}
        for part in parts:
            pages[part.ordinal], findings = review_pages(part, counted[part.ordinal])
            log.extend(findings)
        documents = list(described_documents(parts, view, pages))
        case_file = described_case(view, documents)
        log.extend(review_case(case_file, view, documents))
        log.extend(review_documents(desk, view, parts, documents, case_file))
        with SignatureChecker(clock=desk.archive.clock) as checker:
            log.extend(review_signatures(parts, checker))
        yield Reviewed(
            view=view,
            folder=folder,
            staged=parts,
            case_file=case_file,
            documents=tuple(documents),
            findings=tuple(log),
        )


def close(desk: Desk, case: DeskCase, facts: ClosingFacts) -> Closed:
    """Close a case file and hand it over to ingest; one that is not complete stays open unless that is accepted.

    A closed case file that was not handed over, or refused, is handed over again. Whatever is killed, closing again
    goes on: the archive recognises what it has taken in.

    Raises:
        PolicyError: it is in the archive already, or incompleteness is accepted without a reason.
    """
    if case.state is FileState.HANDED_OVER:
        raise PolicyError(
            N_("The case file {code} is in the archive already."),
            hint=N_("`chauban show {aip}` shows it."),
            code=case.code,
            aip=case.aip_id,
        )
    case = _said(case, facts)
    with reviewed(desk, case) as review:
        accepted = facts.accept_incomplete or bool(case.incomplete)
        if has_errors(review.findings) and not accepted:
            return _closed(case, review)
        closed = replace(
            case,
            state=FileState.CLOSED,
            closed_at=desk.now,
            incomplete=facts.because if facts.accept_incomplete else case.incomplete,
            maintenance=review.case_file.maintenance,
            transfer_id="",
            reasons=(),
        )
        desk.commit([DeskAct(log=case.id, act=ActKind.CLOSED, case=closed, because=facts.because)])
        if not facts.hand_over:
            return _closed(closed, review)
        write_descriptor(review.folder, review.case_file, review.documents)
        return _hand_over(desk, closed, review)


def _said(case: DeskCase, facts: ClosingFacts) -> DeskCase:
    return replace(
        case,
        title=facts.title or case.title,
        maintenance=facts.maintenance or case.maintenance,
        mode=facts.mode or case.mode,
        start_date=facts.start_date or case.start_date,
        end_date=facts.end_date or case.end_date,
    )


def _closed(case: DeskCase, review: Reviewed) -> Closed:
    names = tuple(
        ListedDocument(ordinal=part.ordinal, id=part.item.document.id, name=name_of(part.item.document))
        for part in review.staged
    )
    return Closed(case=case, case_file=review.case_file, findings=review.findings, listed=names)


def _hand_over(desk: Desk, case: DeskCase, review: Reviewed) -> Closed:
    """Have the folder taken in, and note what became of it."""
    settings = BatchSettings(folder=desk.archive.folder, profile="", fonds=case.fonds)
    report = _taken_in(desk, review.folder, settings)
    result = replace(_closed(case, review), ingest=report)
    if report.status in (IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY):
        return _off_the_desk(desk, result, report)
    if report.status is IngestStatus.REFUSED:
        refused = replace(
            case,
            state=FileState.REFUSED,
            transfer_id=str(report.transfer_id),
            reasons=report.findings[:_REASONS],
        )
        desk.commit([DeskAct(log=case.id, act=ActKind.REFUSED, case=refused, because=report.reason)])
        return replace(result, case=refused)
    return result


def _taken_in(desk: Desk, folder: Path, settings: BatchSettings) -> IngestReport:
    """Return what became of this folder; what a killed run had begun is ended beside it."""
    reports = [report for report in ingest_all([folder], desk.archive, settings) if report.source == str(folder)]
    if not reports:
        raise ArchiveError(N_("The case file was not taken in."), hint=N_("Run the same command again."))
    return reports[-1]


def _off_the_desk(desk: Desk, result: Closed, report: IngestReport) -> Closed:
    """Take the content that is in the package off the desk; what the package does not hold stays."""
    case = replace(
        result.case,
        state=FileState.HANDED_OVER,
        transfer_id=str(report.transfer_id),
        aip_id=str(report.aip_id or ""),
        reasons=(),
    )
    held = (
        {file.object.sha256.hex() for file in desk.archive.catalogue.files(report.aip_id)} if report.aip_id else set()
    )
    on_desk = list(desk.documents(case.id))
    digests = {file.sha256 for document in on_desk for file in document.files} & held
    going = sorted(digests - desk.needed(digests, {document.id for document in on_desk}))
    desk.contents.begin_removing(case.id, going)
    desk.commit([DeskAct(log=case.id, act=ActKind.HANDED_OVER, case=case)])
    removed = desk.contents.finish_removing(case.id)
    kept = sum(1 for document in on_desk if any(file.sha256 not in held for file in document.files))
    return replace(result, case=case, removed=removed, kept=kept)
