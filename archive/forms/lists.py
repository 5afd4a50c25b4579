"""The list of case files (mục lục hồ sơ) and the list of documents in a case file (mục lục văn bản).

Source:
    Decree 30/2020/NĐ-CP, Articles 29 and 30 and Annex V, III and IV.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.forms.layout import Align, Column, Form, Head, Paragraph, Signature, Table
from archive.forms.values import Issuer, ListedCaseFile, ListedDocuments
from archive.forms.words import capitalised, grouped, number_in_words, place_and_day, short_day, span, words_of
from archive.forms.writing import write_form
from model.casefile import CaseFile, Document

CASE_FILE_COLUMNS = (
    Column(title="Số TT", width=10, align=Align.CENTER),
    Column(title="Số, ký hiệu hồ sơ", width=27),
    Column(title="Tiêu đề hồ sơ", width=52),
    Column(title="Thời gian tài liệu", width=23, align=Align.CENTER),
    Column(title="Thời hạn bảo quản", width=17, align=Align.CENTER),
    Column(title="Số tờ/ Số trang", width=15, align=Align.CENTER),
    Column(title="Ghi chú", width=21),
)
DOCUMENT_COLUMNS = (
    Column(title="STT", width=10, align=Align.CENTER),
    Column(title="Số, ký hiệu văn bản", width=25),
    Column(title="Ngày tháng năm văn bản", width=21, align=Align.CENTER),
    Column(title="Tên loại và trích yếu nội dung văn bản", width=51),
    Column(title="Tác giả văn bản", width=26),
    Column(title="Tờ số/ Trang số", width=14, align=Align.CENTER),
    Column(title="Ghi chú", width=18),
)
COMPILER_HINT = "(Ký và ghi rõ họ và tên, chức vụ)"


@dataclass(slots=True)
class _Count:
    """What the closing sentence tells of the lines above it."""

    lines: int = 0
    pages: int = 0


def write_case_list(listed: Iterable[ListedCaseFile], issuer: Issuer, target: Path, *, title: str = "") -> Path:
    """Write the list of case files handed in (mục lục hồ sơ, tài liệu nộp lưu).

    Args:
        listed: case files in the order of the list; read once.
        issuer: the unit or agency that hands in.
        target: `.docx`, `.xlsx` or `.pdf`.
        title: line under the title, such as the name of the unit or body of records, or the year.
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        StorageError: the file could not be written.
    Source:
        Decree 30/2020/NĐ-CP, Article 30.3a and Annex V, III.
    """
    count = _Count()
    closing = (
        Paragraph(text=lambda: f"Mục lục này gồm: {grouped(count.lines)} hồ sơ (đơn vị bảo quản)."),
        Paragraph(text=lambda: f"Viết bằng chữ: {_words(count.lines)} hồ sơ (đơn vị bảo quản).", italic=True),
    )
    form = Form(
        title="Mục lục hồ sơ, tài liệu nộp lưu",
        subtitles=tuple(line for line in (title,) if line),
        head=Head(issuer=issuer, numbered=bool(issuer.number)),
        blocks=(Table(columns=CASE_FILE_COLUMNS, rows=_case_file_rows(listed, count)), *closing),
        signatures=(_compiler(issuer),),
    )
    return write_form(form, target)


def write_document_list(listed: ListedDocuments, issuer: Issuer, target: Path) -> Path:
    """Write the list of documents in a case file (mục lục văn bản, tài liệu trong hồ sơ).

    Args:
        listed: the case file and its documents in their order; read once.
        issuer: the unit or agency the case file belongs to.
        target: `.docx`, `.xlsx` or `.pdf`.
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        StorageError: the file could not be written.
    Source:
        Decree 30/2020/NĐ-CP, Article 29.4 and Annex V, IV.
    """
    case_file, count = listed.case_file, _Count()
    closing = Paragraph(
        text=lambda: (
            f"Mục lục này gồm: {grouped(count.lines)} văn bản, tài liệu"
            f" (bằng chữ: {number_in_words(count.lines)} văn bản, tài liệu)."
        )
    )
    form = Form(
        title="Mục lục văn bản, tài liệu",
        subtitles=_of_case_file(case_file),
        head=Head(issuer=issuer, numbered=bool(issuer.number)),
        blocks=(Table(columns=DOCUMENT_COLUMNS, rows=_document_rows(listed.documents, count)), closing),
        signatures=(_compiler(issuer),),
    )
    return write_form(form, target)


def _words(number: int) -> str:
    return capitalised(number_in_words(number))


def _compiler(issuer: Issuer) -> Signature:
    return Signature(capacity="Người lập", hint=COMPILER_HINT, dated=place_and_day(issuer.place, issuer.day))


def _of_case_file(case_file: CaseFile) -> tuple[str, ...]:
    code = case_file.paper_file_code or case_file.file_code
    lines = [f"Số, ký hiệu hồ sơ: {code}" if code else "", case_file.title]
    if case_file.start_date is not None:
        lines.append(f"Năm {case_file.start_date.year}")
    return tuple(line for line in lines if line)


def _case_file_rows(listed: Iterable[ListedCaseFile], count: _Count) -> Iterator[tuple[str, ...]]:
    for line in listed:
        case_file = line.case_file
        count.lines += 1
        yield (
            str(count.lines),
            case_file.file_code,
            case_file.title,
            span(case_file.start_date, case_file.end_date),
            words_of("maintenance", case_file.maintenance),
            _extent(case_file),
            line.note or case_file.description,
        )


def _extent(case_file: CaseFile) -> str:
    """Return sheets and pages as `12 tờ/ 24 trang`, as far as they are known."""
    numbers = ((case_file.number_of_paper, "tờ"), (case_file.number_of_page, "trang"))
    return "/ ".join(f"{grouped(number)} {unit}" for number, unit in numbers if number)


def _document_rows(documents: Iterable[Document], count: _Count) -> Iterator[tuple[str, ...]]:
    for document in documents:
        count.lines += 1
        yield (
            str(count.lines),
            _code(document),
            short_day(document.issued_date),
            _type_and_subject(document),
            document.organ_name,
            _pages(document, count),
            document.description,
        )


def _code(document: Document) -> str:
    """Return number and notation: `245/QĐ-UBND`."""
    return "/".join(part for part in (document.code_number, document.code_notation) if part)


def _type_and_subject(document: Document) -> str:
    """Return the name of the type and the subject, without saying the type twice."""
    name = words_of("typeName", document.type_name) if document.type_name not in ("", "32") else ""
    subject = document.subject
    if not name or subject.casefold().startswith(name.casefold()):
        return subject
    if subject.startswith("Về "):
        subject = "v" + subject[1:]
    return f"{name} {subject}".rstrip()


def _pages(document: Document, count: _Count) -> str:
    """Return which pages of the case file a document fills, counted from the first document on."""
    pages = document.number_of_page or 0
    if count.pages < 0 or pages <= 0:
        count.pages = -1
        return f"{pages} trang" if pages > 0 else ""
    first = count.pages + 1
    count.pages += pages
    return f"{first}-{count.pages}" if pages > 1 else str(first)
