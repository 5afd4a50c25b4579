"""The registers of incoming and outgoing documents, and the list of documents in a case file, as printed forms.

Source:
    Decree 30/2020/NĐ-CP, Articles 15, 22 and 29.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from archive.catalogue.desk_values import TRAY, DeskRegisterQuery
from archive.forms.lists import write_document_list
from archive.forms.registers import write_register
from archive.forms.values import Direction, Issuer, ListedDocuments, RegisterEntry
from ingest.desk.closing import reviewed
from ingest.desk.desk import VIETNAM, Desk, case_of, document_of
from ingest.desk.keys import is_notice
from ingest.desk.values import DeskCase, DeskDocument, DocumentKind, FileState
from ingest.desk.view import order_of
from ingest.edxml.values import Business
from model.elements import code_word
from model.errors import InputError
from model.text import N_


def print_register(desk: Desk, direction: Direction, year: int, agency: str, target: Path) -> Path:
    """Write the register of a year: what the agency issued, or what came to it.

    Args:
        agency: code of the agency whose register it is; the only one on the desk when empty.
        target: `.docx`, `.xlsx` or `.pdf`.

    Raises:
        InputError: no agency is named, and there is not exactly one on the desk.
    """
    code = agency or _only_agency(desk, year)
    return write_register(register_entries(desk, direction, year, code), _issuer(desk, code), direction, year, target)


def register_entries(desk: Desk, direction: Direction, year: int, agency: str) -> Iterator[RegisterEntry]:
    """Yield the lines of a register in the order of their day, and of a day in the order of their time.

    Each document once: not what came again under the same number, and no file that nobody is said to have issued.
    Between the days of a register memory is bounded by a digest a document.
    """
    outgoing = direction is Direction.OUTGOING
    query = DeskRegisterQuery(
        organ=desk.keys.organ(agency), outgoing=outgoing, first=date(year, 1, 1), last=date(year, 12, 31)
    )
    codes: dict[str, str] = {TRAY: ""}
    others = {desk.keys.organ(code) for code in _agencies(desk, year)} - {query.organ}
    met: set[bytes] = set()
    ordinal = 0
    for day, rows in groupby(desk.index.register(query), lambda row: row.date if outgoing else row.registered):
        for document, place in sorted(((document_of(row), row.file_id) for row in rows), key=_time_of):
            elsewhere = not outgoing and _is_of_others(desk, document, query.organ, others)
            if elsewhere or not _is_registered(desk, document) or _is_met(desk, document, met):
                continue
            if place not in codes:
                case = desk.index.get_file(place)
                codes[place] = case_of(case).number if case is not None else ""
            ordinal += 1
            yield _entry(document, ordinal, day, codes[place])


def _time_of(item: tuple[DeskDocument, str]) -> tuple[str, datetime, int, str]:
    document, _place = item
    return ("", *order_of(document)[1:])


def _is_registered(desk: Desk, document: DeskDocument) -> bool:
    """Tell whether a document has a line of its own: no draft, nothing that only speaks of another one."""
    nameless = document.kind is DocumentKind.LOOSE and not (document.key.number or document.organ_name)
    return not (document.draft or nameless or is_notice(document, desk.keys))


def _is_met(desk: Desk, document: DeskDocument, met: set[bytes]) -> bool:
    """Tell whether a document of this name has a line already; one that replaces another of its number has its own."""
    if document.business is Business.REPLACE:
        return False
    names = {hashlib.sha256(key.encode("utf-8", "replace")).digest()[:12] for key in desk.keys.of(document.key)}
    if names & met:
        return True
    met |= names
    return False


def _is_of_others(desk: Desk, document: DeskDocument, own: str, others: set[str]) -> bool:
    """Tell whether a document went to other agencies of the desk, and not to this one."""
    receivers = {desk.keys.organ(code) for code in document.receiver_codes}
    return own not in receivers and bool(receivers & others)


def print_contents(desk: Desk, case: DeskCase, target: Path) -> Path:
    """Write the list of documents in a case file (mục lục văn bản), of what is, or will be, handed over."""
    issuer = _issuer(desk, case.agency_code, case.agency_name)
    if case.state is FileState.HANDED_OVER:
        from uuid import UUID

        held = desk.archive.catalogue.get_case_file(UUID(case.aip_id))
        if held is not None:
            documents = desk.archive.catalogue.documents(held.aip_id)
            return write_document_list(ListedDocuments(case_file=held.case_file, documents=documents), issuer, target)
    with reviewed(desk, case) as review:
        listed = ListedDocuments(case_file=review.case_file, documents=review.documents)
        return write_document_list(listed, issuer, target)


def _entry(document: DeskDocument, ordinal: int, day: str, case_code: str) -> RegisterEntry:
    type_words = document.type_name or (code_word("typeName", document.type_code, "vi") if document.type_code else "")
    return RegisterEntry(
        ordinal=ordinal,
        registered=date.fromisoformat(f"{day}-01-01"[:10] if len(day) == 4 else f"{day}-01"[:10]),
        code=document.key.code,
        date=document.key.date,
        organ=document.organ_name,
        type_and_subject=". ".join(part for part in (type_words, document.subject) if part),
        receiver="; ".join(document.receivers[:5]),
        signer=document.signer,
        pages=str(document.pages) if document.pages else "",
        case_code=case_code,
    )


def _issuer(desk: Desk, code: str, name: str = "") -> Issuer:
    agency = desk.archive.catalogue.get_agency(code) if code else None
    today: datetime = desk.now.astimezone(VIETNAM)
    return Issuer(agency=name or (agency.name if agency is not None else code), day=today.date())


def _agencies(desk: Desk, year: int) -> set[str]:
    """Return the codes of the agencies that have case files on the desk, or a plan of the year."""
    agencies = {row.agency for row in desk.index.plan(year)}
    agencies |= {row.agency for row in desk.index.files_after((), ("", ""), 1000)}
    return agencies - {""}


def _only_agency(desk: Desk, year: int) -> str:
    agencies = _agencies(desk, year)
    if len(agencies) != 1:
        raise InputError(
            N_("It is not clear whose register it is."),
            hint=N_("Name the agency with --agency and its identifier code."),
        )
    return agencies.pop()
