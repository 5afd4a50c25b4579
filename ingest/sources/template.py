"""Empty descriptors for clerks to fill in, and the schema for programs: all from the list of elements."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from ingest.sources import examples
from ingest.sources.schema import OBLIGATION_WORDS, json_schema
from model.elements import CASE_FILE_ELEMENTS, CODE_TABLES, DOCUMENT_ELEMENTS, Element, ElementType, Obligation
from model.errors import StorageError
from model.text import N_, translate

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

EXAMPLE_MARK = {"vi": "Ví dụ", "en": "Example"}
"""What stands in the first column of an example row; readers leave such a row out."""

_ROWS = 5000
"""Rows of the sheet of documents that offer lists of values."""
_PLACE_TITLES = {"fondsCode": "Mã phông", "agencyCode": "Mã cơ quan", "agencyName": "Tên cơ quan"}
_TEXT_FORMAT = "@"
"""Cells hold what was typed: no program turns a date around or drops a leading zero."""

_HELP = (
    N_("Fill in the sheets “Hồ sơ” (one value a field) and “Tài liệu” (one row a document)."),
    N_("Put the file into the folder of the case file, beside the documents, and hand in the folder or a ZIP of it."),
    N_("Write dates as dd/mm/yyyy; when the day is not known, mm/yyyy or yyyy."),
    N_("Several values in one cell are divided by semicolons; so are the files of one document."),
    N_("Rows marked as example in the first column are not read; they may stay."),
    N_(
        "Retention, access level, language and backup regime may be left empty for all documents: they then follow"
        " the case file."
    ),
)


def write_templates(folder: Path, language: str) -> tuple[Path, ...]:
    """Write the schema and the templates into a folder; return the paths.

    Args:
        language: `vi` or `en`, for explanations and code words; titles are the circular's.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = (
            _write(folder / "hoso.schema.json", _json(json_schema())),
            _write(folder / "hoso.json", _json({"caseFile": examples.CASE_FILE, "documents": examples.DOCUMENTS})),
            _write(folder / "hoso.xml", _xml()),
            _csv(folder / "mau-tai-lieu.csv", language),
            folder / "mau-ho-so.xlsx",
        )
        _workbook(language).save(written[-1])
    except OSError as error:
        raise StorageError(
            N_("The templates cannot be written to {folder}: {why}."),
            hint=N_("Choose another folder, or free some space."),
            folder=str(folder),
            why=error.strerror or type(error).__name__,
        ) from error
    return written


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _xml() -> str:
    root = etree.Element("hoso")
    _fill(etree.SubElement(root, "caseFile"), examples.CASE_FILE)
    documents = etree.SubElement(root, "documents")
    for example in examples.DOCUMENTS:
        _fill(etree.SubElement(documents, "document"), example)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode", pretty_print=True)


def _fill(parent: etree._Element, values: dict[str, object]) -> None:
    for name, value in values.items():
        for part in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, "file" if name == "files" else name)
            child.text = _shown(part)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    return "; ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _example(values: dict[str, object], name: str, language: str) -> str:
    """Return an example value, with the words of the language."""
    value = values.get(name, "")
    if language == "en":
        if isinstance(value, bool):
            return "yes" if value else "no"
        words = {vietnamese: english for table in CODE_TABLES.values() for vietnamese, english in table.values()}
        parts = value if isinstance(value, list) else [value]
        return "; ".join(words.get(str(part), str(part)) for part in parts)
    return _shown(value)


def _document_columns() -> list[tuple[str, str, Element | None]]:
    """Return name, title and element of each column of the table of documents."""
    elements: list[tuple[str, str, Element | None]] = [
        (element.name, element.vietnamese, element) for element in DOCUMENT_ELEMENTS
    ]
    return [("ordinal", "STT", None), ("files", "Tên tệp", None), *elements]


def _example_row(language: str) -> list[str]:
    return [
        EXAMPLE_MARK[language] if name == "ordinal" else _example(examples.DOCUMENTS[0], name, language)
        for name, _, _ in _document_columns()
    ]


def _csv(path: Path, language: str) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as text:
        table = csv.writer(text, delimiter=";")
        for element in CASE_FILE_ELEMENTS:
            table.writerow([f"#{element.vietnamese}", ""])
        for title in _PLACE_TITLES.values():
            table.writerow([f"#{title}", ""])
        table.writerow([title for _, title, _ in _document_columns()])
        table.writerow(_example_row(language))
    return path


def _workbook(language: str) -> "Workbook":
    from openpyxl import Workbook

    book = Workbook()
    case = book.active
    if case is None:
        case = book.create_sheet()
    lists = book.create_sheet("Danh mục")
    places = _write_lists(lists, language)
    _case_sheet(case, language, places)
    _documents_sheet(book.create_sheet("Tài liệu", 1), language, places)
    _help_sheet(book.create_sheet("Hướng dẫn", 2), language)
    lists.sheet_state = "hidden"
    return book


def _write_lists(sheet: "Worksheet", language: str) -> dict[str, str]:
    """Write the code words, a column a table; return the range of each."""
    from openpyxl.utils import get_column_letter

    places = {}
    tables = {
        name: [pair[0 if language == "vi" else 1] for pair in table.values()] for name, table in CODE_TABLES.items()
    }
    tables["boolean"] = ["có", "không"] if language == "vi" else ["yes", "no"]
    for column, (name, words) in enumerate(tables.items(), 1):
        for row, word in enumerate([name, *words], 1):
            sheet.cell(row, column, word)
        letter = get_column_letter(column)
        places[name] = f"'{sheet.title}'!${letter}$2:${letter}${len(words) + 1}"
    return places


def _case_sheet(sheet: "Worksheet", language: str, places: dict[str, str]) -> None:
    sheet.title = "Hồ sơ"
    sheet.append(["Trường thông tin", "Giá trị", EXAMPLE_MARK[language], translate(N_("Obligation"), language)])
    for element in CASE_FILE_ELEMENTS:
        duty = translate(OBLIGATION_WORDS[element.obligation], language)
        sheet.append([element.vietnamese, None, _example(examples.CASE_FILE, element.name, language), duty])
        row = sheet.max_row
        _offer(sheet, f"B{row}", element, places)
    for name, title in _PLACE_TITLES.items():
        duty = translate(OBLIGATION_WORDS[Obligation.OPTIONAL], language)
        sheet.append([title, None, _example(examples.CASE_FILE, name, language), duty])
    _style(sheet, widths=(34, 50, 50, 34), grey_columns=(3, 4))
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 2).number_format = _TEXT_FORMAT


def _documents_sheet(sheet: "Worksheet", language: str, places: dict[str, str]) -> None:
    from openpyxl.utils import get_column_letter

    columns = _document_columns()
    sheet.append([title for _, title, _ in columns])
    sheet.append(_example_row(language))
    for place, (_, _, element) in enumerate(columns, 1):
        letter = get_column_letter(place)
        if element is not None:
            _offer(sheet, f"{letter}2:{letter}{_ROWS}", element, places)
        sheet.column_dimensions[letter].number_format = _TEXT_FORMAT
    _style(sheet, widths=(8, 26, *(20 for _ in columns[2:])), grey_rows=(2,))
    sheet.freeze_panes = "C2"


def _offer(sheet: "Worksheet", cells: str, element: Element, places: dict[str, str]) -> None:
    """Offer the words of a code table as a list; other values may be typed, and are judged when they are read."""
    from openpyxl.worksheet.datavalidation import DataValidation

    table = "boolean" if element.type is ElementType.BOOLEAN else element.codes
    if not table:
        return
    validation = DataValidation(type="list", formula1=places[table], allow_blank=True, showErrorMessage=False)
    validation.add(cells)
    sheet.add_data_validation(validation)


def _help_sheet(sheet: "Worksheet", language: str) -> None:
    heads = (N_("Field"), N_("Element"), N_("Meaning"), N_("Obligation"), N_("Length"), N_("Values"), N_("Example"))
    sheet.append([translate(head, language) for head in heads])
    for values, elements in ((examples.CASE_FILE, CASE_FILE_ELEMENTS), (examples.DOCUMENTS[0], DOCUMENT_ELEMENTS)):
        for element in elements:
            words = CODE_TABLES.get(element.codes, {})
            sheet.append(
                [
                    element.vietnamese,
                    element.name,
                    translate(element.title, language),
                    translate(OBLIGATION_WORDS[element.obligation], language),
                    element.length,
                    "; ".join(f"{code} {pair[0 if language == 'vi' else 1]}" for code, pair in words.items()),
                    _example(values, element.name, language),
                ]
            )
        sheet.append([])
    for sentence in _HELP:
        sheet.append([translate(sentence, language)])
    _style(sheet, widths=(34, 20, 34, 34, 10, 60, 50))


def _style(
    sheet: "Worksheet", *, widths: Iterable[int], grey_columns: tuple[int, ...] = (), grey_rows: tuple[int, ...] = ()
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="1F4E79")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    grey = Font(italic=True, color="808080")
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.column in grey_columns or cell.row in grey_rows:
                cell.font = grey
    sheet.freeze_panes = "A2"
