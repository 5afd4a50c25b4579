"""Reading hoso.xlsx row by row.

The workbook comes from a stranger, so it is read through the guarded ZIP reader and a parser without
entities; formulas, hidden rows and date cells, which matter to a verdict, are seen as they stand in
the file.

Source:
    ECMA-376 Part 1, clause 18 (SpreadsheetML).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from posixpath import normpath
from typing import BinaryIO

from lxml import etree

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.tables import Rows, Tables, read_one_case
from ingest.describe.titles import CASE_CONTAINERS, DOCUMENT_CONTAINERS, fold
from ingest.sources.zip_reader import ZipMember, ZipReader
from model.errors import InputError
from model.text import N_

_CASE_SHEETS = CASE_CONTAINERS | {"thongtinhoso"}
_DOCUMENT_SHEETS = DOCUMENT_CONTAINERS | {"muclucvanban", "muclucvanbantronghoso", "mucluctailieu"}
_OTHER_SHEETS = frozenset(("huongdan", "guide", "help", "danhmuc", "bangma", "codes", "lists"))
_DATE_FORMATS = frozenset((*range(14, 18), 22, *range(27, 37), *range(50, 59)))
_SHARED_TEXT = 96 << 20
"""Characters of shared strings at most."""
_PARTS = 5000
_ELEMENT = 16 << 20
"""Bytes of XML that one row or other element asked for may take."""


def read_xlsx(reading: Reading) -> Iterator[Cells]:
    """Yield the documents of an Excel descriptor; case-level values go to `reading`.

    Raises:
        DescriptorError: not a readable Excel workbook.
    """
    tables = xlsx_tables(reading)
    try:
        yield from read_one_case(reading, tables)
    finally:
        tables.close()


def xlsx_tables(reading: Reading) -> Tables:
    """Return the sheets of a workbook that describe the case file and its documents."""
    book = _Workbook(reading)
    sheets = [sheet for sheet in book.sheets if not sheet.hidden and fold(sheet.name) not in _OTHER_SHEETS]
    case = next((sheet for sheet in sheets if fold(sheet.name) in _CASE_SHEETS), None)
    documents = next((sheet for sheet in sheets if fold(sheet.name) in _DOCUMENT_SHEETS), None)
    if documents is None:
        documents = next((sheet for sheet in sheets if sheet is not case), case)
    if documents is None:
        raise DescriptorError(N_("it has no visible sheet"))
    separate = case is not None and case is not documents
    return Tables(book.rows(case) if case is not None and separate else None, book.rows(documents), book.close)


def xlsx_sheets(reading: Reading) -> Iterator[tuple[str, Rows]]:
    """Yield every visible sheet of a workbook, by name; a sheet's rows are read before the next is asked for.

    Raises:
        DescriptorError: not a readable Excel workbook.
    """
    book = _Workbook(reading)
    try:
        for sheet in book.sheets:
            if not sheet.hidden:
                yield sheet.name, book.rows(sheet)
    finally:
        book.close()


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: bytes
    hidden: bool


class _Workbook:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        with reading.path.open("rb") as stream:
            if stream.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
                raise DescriptorError(N_("it has a password, or is an old .xls; save it as .xlsx without a password"))
        self._zip = ZipReader(reading.path, reading.limits)
        try:
            self._members = self._list()
            self._strings = self._shared_strings()
            self._dates = self._date_styles()
            self._epoch, self.sheets = self._read_sheets()
        except InputError as error:
            raise DescriptorError(f"{N_('it is no readable Excel workbook')}: {error.message}") from error

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def rows(self, sheet: _Sheet) -> Rows:
        """Yield the rows of a sheet.

        Raises:
            DescriptorError: the sheet cannot be read.
        """
        hidden = 0
        try:
            for row in self._elements(sheet.part, "row"):
                hidden += row.get("hidden") in ("1", "true")
                number = int(row.get("r") or 0)
                yield number, self._cells(row)
        except (InputError, ValueError) as error:
            raise DescriptorError(f"{N_('a sheet is damaged')}: {sheet.name}") from error
        finally:
            if hidden:
                self._reading.log.add(kinds.HIDDEN_ROWS.at(self._reading.name, sheet=sheet.name[:100], count=hidden))

    def _list(self) -> dict[bytes, ZipMember]:
        members: dict[bytes, ZipMember] = {}
        for member in self._zip.members():
            members[member.name.lower()] = member
            if len(members) > _PARTS:
                raise DescriptorError(N_("it has too many parts"))
        return members

    def _open(self, part: bytes) -> BinaryIO | None:
        member = self._members.get(part.lower())
        if member is None:
            return None
        if member.size > self._reading.limits.descriptor_size * 8:
            raise DescriptorError(N_("one of its sheets is too large"))
        return self._zip.open(member)

    def _elements(self, part: bytes, name: str) -> Iterator[etree._Element]:
        """Yield the elements of one name of a part, each cleared before the next."""
        opened = self._open(part)
        if opened is None:
            return
        stream = _Paced(opened)
        try:
            for _, element in etree.iterparse(
                stream,
                events=("end",),
                tag="{*}" + name,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
            ):
                if element.getroottree().docinfo.doctype:
                    raise DescriptorError(N_("it declares a document type, which is not accepted"))
                yield element
                stream.since = 0
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
        except etree.XMLSyntaxError as error:
            raise DescriptorError(f"{N_('a part of the workbook is damaged')}: {error.msg}") from error

    def _shared_strings(self) -> list[str]:
        strings: list[str] = []
        total = 0
        for item in self._elements(b"xl/sharedStrings.xml", "si"):
            text = _text(item)
            total += len(text) + 40
            if total > _SHARED_TEXT:
                raise DescriptorError(N_("it holds too much text"))
            strings.append(text)
        return strings

    def _date_styles(self) -> set[int]:
        """Return the numbers of the cell styles that show a date."""
        custom: dict[int, str] = {}
        dates: set[int] = set()
        for sheet in self._elements(b"xl/styles.xml", "styleSheet"):
            for node in sheet.iter("{*}numFmt"):
                custom[int(node.get("numFmtId") or 0)] = node.get("formatCode") or ""
            formats = sheet.find("{*}cellXfs")
            for place, node in enumerate(formats if formats is not None else ()):
                number = int(node.get("numFmtId") or 0)
                code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", custom.get(number, "")).lower()
                if number in _DATE_FORMATS or ("y" in code or ("d" in code and "m" in code)):
                    dates.add(place)
        return dates

    def _read_sheets(self) -> tuple[date, list[_Sheet]]:
        targets = {
            str(node.get("Id")): node.get("Target") or ""
            for node in self._whole(b"xl/_rels/workbook.xml.rels", "Relationships")
        }
        epoch = date(1899, 12, 30)
        sheets = []
        for book in self._elements(b"xl/workbook.xml", "workbook"):
            properties = book.find("{*}workbookPr")
            if properties is not None and properties.get("date1904") in ("1", "true"):
                epoch = date(1904, 1, 1)
            for node in book.iter("{*}sheet"):
                ids = [value for key, value in node.attrib.items() if str(key).endswith("}id")]
                target = targets.get(str(ids[0]), "") if ids else ""
                part = target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")
                sheets.append(
                    _Sheet(str(node.get("name") or ""), part.encode(), node.get("state") in ("hidden", "veryHidden"))
                )
        if not sheets:
            raise DescriptorError(N_("it is no Excel workbook (.xlsx)"))
        return epoch, sheets

    def _whole(self, part: bytes, name: str) -> list[etree._Element]:
        return [node for root in self._elements(part, name) for node in list(root)]

    def _cells(self, row: etree._Element) -> list[object]:
        cells: list[object] = []
        for cell in row:
            place = _column(cell.get("r") or "", len(cells))
            if place >= 256:
                break
            value = self._value(cell)
            cells.extend([None] * (place - len(cells)))
            cells.append(value)
        return cells

    def _value(self, cell: etree._Element) -> object:
        kind = cell.get("t") or "n"
        value: object = None
        formula = False
        for part in cell:
            name = part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""
            if name == "v":
                value = part.text
            elif name == "is":
                value = _text(part)
            elif name == "f":
                formula = True
        if formula:
            self._reading.log.add(
                kinds.FORMULA.at(self._reading.name, cell=cell.get("r") or "", value=str(value or "")[:200])
            )
        return self._typed(kind, str(value), int(cell.get("s") or 0)) if value is not None else None

    def _typed(self, kind: str, text: str, style: int) -> object:
        if kind == "s":
            place = int(text)
            return self._strings[place] if 0 <= place < len(self._strings) else None
        if kind == "b":
            return text.strip() == "1"
        if kind == "n":
            number = float(text)
            if style in self._dates:
                return self._epoch + timedelta(days=int(number)) if 1 <= number < 2_958_466 else text
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
        if kind == "d":
            return text[:10]
        return None if kind == "e" else _unescaped(text)


class _Paced:
    """A part being parsed: ends the reading when too much goes by without one of the elements asked for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self.since += len(data)
        if self.since > _ELEMENT:
            raise DescriptorError(N_("a part of the workbook is too large"))
        return data


def _text(element: etree._Element) -> str:
    """Return the text of a string item: its runs joined, phonetic hints left out."""
    parts = []
    for node in element.iter("{*}t"):
        parent = node.getparent()
        if parent is None or not str(parent.tag).endswith("}rPh"):
            parts.append(node.text or "")
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _column(reference: str, expected: int) -> int:
    """Return the column of a reference such as `AB12`, from 0."""
    number = 0
    for character in reference:
        if not "A" <= character <= "Z":
            break
        number = number * 26 + ord(character) - 64
        if number > 1 << 20:
            break
    return number - 1 if number and number - 1 >= expected else expected
