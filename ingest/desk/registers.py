"""The registers of incoming and outgoing documents, and the list of documents in a case file, as printed forms.

Source:
    Decree 30/2020/NĐ-CP, Articles 15, 22 and 29.
"""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from archive.catalogue.desk_values import TRAY, DeskRegisterQuery
from archive.forms.lists import write_document_list
from archive.forms.registers import write_register
from archive.forms.values import Direction, Issuer, ListedDocuments, RegisterEntry
from ingest.desk.closing import reviewed
from ingest.desk.desk import VIETNAM, Desk, case_of, document_of
from ingest.desk.keys import is_notice
from ingest.desk.values import DeskCase, DeskDocument, FileState
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
    """Yield the lines of a register in the order of their day; in bounded memory."""
    outgoing = direction is Direction.OUTGOING
    query = DeskRegisterQuery(
        organ=desk.keys.organ(agency), outgoing=outgoing, first=date(year, 1, 1), last=date(year, 12, 31)
    )
    codes: dict[str, str] = {TRAY: ""}
    ordinal = 0
    for row in desk.index.register(query):
        document = document_of(row)
        if document.draft or is_notice(document, desk.keys):
            continue
        if row.file_id not in codes:
            case = desk.index.get_file(row.file_id)
            codes[row.file_id] = case_of(case).number if case is not None else ""
        ordinal += 1
        yield _entry(document, ordinal, row.date if outgoing else row.registered, codes[row.file_id])


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
        note=f"Hồ sơ {case_code}" if case_code else "",
    )


def _issuer(desk: Desk, code: str, name: str = "") -> Issuer:
    agency = desk.archive.catalogue.get_agency(code) if code else None
    today: datetime = desk.now.astimezone(VIETNAM)
    return Issuer(agency=name or (agency.name if agency is not None else code), day=today.date())


def _only_agency(desk: Desk, year: int) -> str:
    agencies = {row.agency for row in desk.index.plan(year)}
    agencies |= {row.agency for row in desk.index.files_after((), ("", ""), 1000)}
    agencies.discard("")
    if len(agencies) != 1:
        raise InputError(
            N_("It is not clear whose register it is."),
            hint=N_("Name the agency with --agency and its identifier code."),
        )
    return agencies.pop()
