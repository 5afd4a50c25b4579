"""Reading descriptions that are tables: one row a document, as registers of documents have always been."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.titles import (
    FILES,
    KNOWN_ELSEWHERE,
    NUMBER_AND_NOTATION,
    ORDINAL,
    TYPE_AND_SUBJECT,
    case_field,
    case_field_beside_documents,
    document_field,
    fold,
)
from ingest.describe.values import clean_text
from model.text import N_

Rows = Iterator[tuple[int, list[object]]]
"""Number of each row, from 1, and its cells."""

_TELLING = frozenset(("subject", TYPE_AND_SUBJECT, FILES, "issued_date", NUMBER_AND_NOTATION, "code_number"))
_EXAMPLE = frozenset(("vidu", "example"))
_COLUMNS = 256
_ROWS_BEFORE_TITLES = 200


@dataclass(frozen=True, slots=True)
class Tables:
    """The sheets of a descriptor that matter."""

    case: Rows | None
    """Of a sheet about the case file; none when everything is in one sheet."""
    documents: Rows
    close: Callable[[], None] = lambda: None
    """Releases the file; called by whoever read the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One document's row."""

    code: str
    """Code of the case file, when there is a column for it."""
    case: dict[str, tuple[object, str]]
    """Case-level values by attribute, with their column's title."""
    document: Cells


@dataclass(slots=True)
class _Columns:
    documents: dict[int, str] = field(default_factory=dict)
    case: dict[int, tuple[str, str]] = field(default_factory=dict)


def read_one_case(reading: Reading, tables: Tables) -> Iterator[Cells]:
    """Yield the documents of a table that describes one case file; case-level values go to `reading`."""
    cases = list(case_rows(reading, tables.case)) if tables.case is not None else []
    for case in cases:
        code = clean_text(case["file_code"][0])[0] if "file_code" in case else ""
        if code:
            reading.case_codes.add(code)
        if len(reading.case_codes) <= 1:
            _say(reading, case)
    for row in document_rows(reading, tables.documents):
        if row.code and len(reading.case_codes) < 1000:
            reading.case_codes.add(row.code)
        if len(reading.case_codes) <= 1:
            _say(reading, row.case)
        yield row.document


def read_cases(reading: Reading, tables: Tables) -> Iterator[TableRow]:
    """Yield the rows of a table that describes several case files; a case sheet's rows come first, without document."""
    for case in case_rows(reading, tables.case) if tables.case is not None else ():
        code = clean_text(case["file_code"][0])[0] if "file_code" in case else ""
        yield TableRow(code=code, case=case, document={})
    yield from document_rows(reading, tables.documents)


def _say(reading: Reading, case: dict[str, tuple[object, str]]) -> None:
    for attribute, (value, title) in case.items():
        reading.say_of_case(attribute, value, title)


def case_rows(reading: Reading, rows: Rows) -> Iterator[dict[str, tuple[object, str]]]:
    """Yield the case files of a sheet: field and value down the sheet, or titles in a row and one row each."""
    down: dict[str, tuple[object, str]] = {}
    titles: dict[int, tuple[str, str]] = {}
    for _, cells in rows:
        cells = cells[:_COLUMNS]
        if titles:
            found = {attribute: (cells[at], title) for at, (attribute, title) in titles.items() if _holds(cells, at)}
            if found and not _is_example(cells):
                yield found
            continue
        known = [(at, case_field(_text(cell)), _text(cell)) for at, cell in enumerate(cells) if isinstance(cell, str)]
        fields = [(at, attribute, title) for at, attribute, title in known if attribute]
        if len(fields) >= 3:
            titles = {at: (attribute, title) for at, attribute, title in fields if attribute != KNOWN_ELSEWHERE}
            _note_unknown(reading, [title for _, attribute, title in known if not attribute and title])
        elif fields and fields[0][1] != KNOWN_ELSEWHERE and _holds(cells, fields[0][0] + 1):
            at, attribute, title = fields[0]
            down.setdefault(attribute, (cells[at + 1], title))
        elif not fields:
            _note_unknown(reading, [title for at, _, title in known[:1] if title and _holds(cells, at + 1)])
    if down:
        yield down


def document_rows(reading: Reading, rows: Rows) -> Iterator[TableRow]:
    """Yield the documents below the row of titles; what stands above it may describe the case file.

    Raises:
        DescriptorError: no row of titles was found.
    """
    columns: _Columns | None = None
    just_after = True
    code = ""
    for number, cells in rows:
        cells = cells[:_COLUMNS]
        if columns is None:
            columns = _titles(reading, cells)
            if columns is None:
                _above(reading, cells)
                if number > _ROWS_BEFORE_TITLES:
                    break
            continue
        if just_after and _is_numbering(cells):
            continue
        just_after = False
        case = {attribute: (cells[at], title) for at, (attribute, title) in columns.case.items() if _holds(cells, at)}
        if "file_code" in case:
            code = clean_text(case["file_code"][0])[0]
        document = {attribute: cells[at] for at, attribute in columns.documents.items() if _holds(cells, at)}
        if _is_document(reading, number, cells, document):
            yield TableRow(code=code, case=case, document=document)
    if columns is None:
        raise DescriptorError(N_("no row with column titles was found; take the titles of the template"))


def _titles(reading: Reading, cells: list[object]) -> _Columns | None:
    """Return the columns when a row is the row of titles."""
    texts = [(at, _text(cell)) for at, cell in enumerate(cells) if isinstance(cell, str) and _text(cell)]
    known = [document_field(text) for _, text in texts]
    recognised = sum(1 for attribute in known if attribute)
    if recognised < 2 or recognised * 3 < len(texts) or not _TELLING.intersection(known):
        return None
    columns = _Columns()
    for (at, text), attribute in zip(texts, known, strict=True):
        if attribute == KNOWN_ELSEWHERE:
            continue
        if attribute in columns.documents.values():
            reading.log.add(kinds.FIELD_TWICE.at(reading.name, title=text[:200]))
        elif attribute:
            columns.documents[at] = attribute
        elif case := case_field_beside_documents(text):
            columns.case[at] = (case, text)
        else:
            reading.unknown(text)
    return columns


def _above(reading: Reading, cells: list[object]) -> None:
    """Take a case-level value from a row above the titles: `Mã hồ sơ; H49.1`, `#Mã hồ sơ; …` or `Mã hồ sơ: H49.1`."""
    filled = [cell for cell in cells if cell not in (None, "")]
    if not filled or not isinstance(filled[0], str):
        return
    title, colon, rest = filled[0].strip().lstrip("#").partition(":")
    attribute = case_field(title)
    if attribute and attribute != KNOWN_ELSEWHERE:
        value = rest.strip() if colon and rest.strip() else (filled[1] if len(filled) > 1 else "")
        reading.say_of_case(attribute, value, title.strip())
    elif filled[0].startswith("#") and len(filled) > 1:
        reading.unknown(title.strip())


def _is_document(reading: Reading, number: int, cells: list[object], document: Cells) -> bool:
    """Tell a document's row from empty rows, the example row and closing lines such as a total."""
    if _is_example(cells):
        return False
    telling = [attribute for attribute in document if attribute != ORDINAL]
    if len(telling) >= 2 or FILES in telling or (telling and ORDINAL in document):
        return True
    text = " ".join(_text(cell) for cell in cells if cell not in (None, ""))
    if text.strip():
        reading.log.add(kinds.ROW_SKIPPED.at(f"{reading.name}:{number}", row=number, text=text[:200]))
    return False


def _is_example(cells: list[object]) -> bool:
    return any(isinstance(cell, str) and fold(cell) in _EXAMPLE for cell in cells[:1])


def _is_numbering(cells: list[object]) -> bool:
    """Tell whether a row only numbers the columns: (1) (2) (3), as printed forms do."""
    texts = [clean_text(cell)[0] for cell in cells if cell not in (None, "")]
    if len(texts) < 3 or not all(re.fullmatch(r"\(?\d{1,2}\)?", text) for text in texts):
        return False
    numbers = [int(text.strip("()")) for text in texts]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _holds(cells: list[object], at: int) -> bool:
    return at < len(cells) and cells[at] is not None and cells[at] != ""


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else clean_text(cell)[0]


def _note_unknown(reading: Reading, titles: list[str]) -> None:
    for title in titles:
        reading.unknown(title)
