"""What was handed in and what the archive holds, side by side: what an officer decides a duplicate by.

Source:
    Circular 05/2025/TT-BNV, Article 24.1.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.submissions_values import SubmittedTransfer
from archive.catalogue.values import HeldCaseFile
from ingest.reception.described import Described, DescribedDocument, read_described
from model.casefile import CaseFile, Document
from model.errors import NotFoundError
from model.text import N_

CANDIDATES = 5
"""Held case files compared with at most, those that have most in common first."""


class Match(StrEnum):
    """By what two documents are taken for one."""

    CONTENT = "content"
    """A file has the same bytes."""
    CODE = "code"
    """The archival code is the same."""
    NUMBER = "number"
    """Number, notation and date are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A document that was handed in beside one that is held; one of them may be none."""

    received: Document | None
    held: Document | None
    match: Match | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A case file that was handed in beside one that is held."""

    case_file: CaseFile
    held: HeldCaseFile
    pairs: tuple[Pair, ...]
    """In the order of the documents handed in; then what is held only."""


def compare(archive: Archive, submitted: SubmittedTransfer) -> Iterator[Comparison]:
    """Yield a transfer beside each held case file that has its code or some of its files.

    Raises:
        NotFoundError: nothing could be read of the transfer.
    """
    described = read_described(archive, submitted.transfer_id)
    if described is None:
        raise NotFoundError(
            N_("Transfer {transfer} could not be read, so there is nothing to compare."),
            hint=N_("`chauban transfer show` tells why."),
            transfer=submitted.transfer_id,
        )
    for aip_id in _candidates(archive, described):
        held = archive.catalogue.get_case_file(aip_id)
        if held is not None and held.transfer_id != submitted.transfer_id:
            yield Comparison(case_file=described.case_file, held=held, pairs=tuple(_pairs(archive, described, aip_id)))


def _candidates(archive: Archive, described: Described) -> list[UUID]:
    """Return the held case files of the same code, then those with most of the same files."""
    code = described.case_file.file_code
    same_code = [held.aip_id for held in archive.catalogue.find_case_by_code(code)] if code else []
    digests = (file.sha256 for item in described.documents for file in item.files)
    shared = Counter(found.aip_id for found in archive.catalogue.find_duplicates(digests))
    others = [aip_id for aip_id, _count in shared.most_common(CANDIDATES) if aip_id not in same_code]
    return (same_code + others)[:CANDIDATES]


def _pairs(archive: Archive, described: Described, aip_id: UUID) -> Iterator[Pair]:
    held = {document.ordinal: document for document in archive.catalogue.documents(aip_id)}
    by_content = {
        file.object.sha256: file.object.document
        for file in archive.catalogue.files(aip_id)
        if file.object.document is not None
    }
    by_code = {document.doc_code: document.ordinal for document in held.values() if document.doc_code}
    by_number = {_number(document): document.ordinal for document in held.values() if document.code_number}
    met: set[int] = set()
    for item in described.documents:
        ordinal, match = _held_as(item, by_content, by_code, by_number)
        met |= {ordinal} if ordinal is not None else set()
        yield Pair(received=item.document, held=held.get(ordinal) if ordinal is not None else None, match=match)
    for ordinal, document in held.items():
        if ordinal not in met:
            yield Pair(received=None, held=document)


def _held_as(
    item: DescribedDocument,
    by_content: dict[bytes, int],
    by_code: dict[str, int],
    by_number: dict[tuple[str, ...], int],
) -> tuple[int | None, Match | None]:
    for file in item.files:
        if file.sha256 in by_content:
            return by_content[file.sha256], Match.CONTENT
    document = item.document
    if document.doc_code in by_code:
        return by_code[document.doc_code], Match.CODE
    if document.code_number and _number(document) in by_number:
        return by_number[_number(document)], Match.NUMBER
    return None, None


def _number(document: Document) -> tuple[str, ...]:
    issued = document.issued_date.iso if document.issued_date else ""
    return document.code_number, document.code_notation, issued
