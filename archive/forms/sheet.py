"""Forms as XLSX, for people who go on working with the list.

Every cell is text (an inline string), so that nothing a stranger wrote can be taken for a formula.

Source:
    ECMA-376 part 1 (SpreadsheetML).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import accumulate, pairwise
from pathlib import Path

from archive.forms.layout import Align, Block, Form, Head, PageBreak, Paragraph, Signature, Table
from archive.forms.ooxml import MAIN, RELATIONS, PartWriter, relations, text_of
from archive.forms.page import BODY, MARGINS, MOTTO, NATION, PAGE, head_lines
from archive.forms.words import place_and_day, shown
from model.errors import InputError
from model.text import N_

_NAMESPACES = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATIONS}"'
_MOST_ROWS, _MOST_CHARACTERS = 1_048_576, 32_767
"""What a sheet and a cell hold (ECMA-376 has no limit; Excel refuses more)."""
_CHARACTERS_A_MM = 0.52
"""Characters of column width in a millimetre, for the sheet's font (Times New Roman 11)."""
_NAME = "Biểu mẫu"
"""What the sheet is called."""
_BARE_COLUMNS = 6
"""Columns of a form that has no table."""
_LINE = 17
_MOST_LINES = 24
_SIZE = 12
"""Size of what stands outside and inside the tables of a sheet, in points; a line of it is `_LINE` high."""


class _Style(IntEnum):
    """Cell formats, in the order of the styles part."""

    TEXT = 0
    TEXT_BOLD = 1
    TEXT_ITALIC = 2
    CENTER = 3
    CENTER_BOLD = 4
    CENTER_ITALIC = 5
    CENTER_BOLD_UNDERLINED = 6
    TITLE = 7
    HEAD = 8
    HEAD_NUMBER = 9
    CELL = 10
    CELL_CENTER = 11
    CELL_RIGHT = 12
    TOTAL = 13
    TOTAL_CENTER = 14
    TOTAL_RIGHT = 15


_CELL_STYLES = {Align.CENTER: _Style.CELL_CENTER, Align.RIGHT: _Style.CELL_RIGHT}
_TOTAL_STYLES = {Align.CENTER: _Style.TOTAL_CENTER, Align.RIGHT: _Style.TOTAL_RIGHT}


@dataclass(slots=True)
class _Sheet:
    """Where in the sheet the writing has come to, and what is told after its rows."""

    grid: Sequence[int]
    """Where each column ends, in hundredths of the width."""
    widths: Sequence[float]
    """Of each column, in characters."""
    rows: int = 0
    merged: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    repeated: tuple[int, int] | None = None
    """First and last row of the head of a table, printed on every page where it is the only one."""

    def row(self, cells: Sequence[tuple[int, str, _Style]], *, height: float = 0, fitted: bool = False) -> str:
        """Return the next row.

        Args:
            cells: number of the column from 0, text, format; empty texts are left out of plain rows.
            height: in points; 0: as the sheet's other rows.
            fitted: a program that can may find a better height.
        """
        if self.rows >= _MOST_ROWS:
            raise InputError(
                N_("A sheet has room for {most} rows; this list has more."),
                hint=N_("Ask for the form as .pdf or .docx, or divide the list."),
                most=_MOST_ROWS,
            )
        self.rows += 1
        number = self.rows
        custom = "" if fitted else ' customHeight="1"'
        high = f' ht="{height:g}"{custom}' if height else ""
        pieces = [_cell(f"{_letters(column)}{number}", text, style) for column, text, style in cells]
        return f'<row r="{number}"{high}>{"".join(pieces)}</row>'

    def span(self, first: int, last: int, text: str, style: _Style) -> tuple[int, str, _Style]:
        """Return a cell that reaches over columns of the next row."""
        if last > first:
            self.merged.append(f"{_letters(first)}{self.rows + 1}:{_letters(last)}{self.rows + 1}")
        return first, text, style

    def line(self, text: str, style: _Style) -> str:
        """Return a row of one text over the whole width, as high as its lines need."""
        return self.row([self.span(0, len(self.widths) - 1, text, style)], height=_LINE * _lines(text, self.widths))

    @property
    def middle(self) -> int:
        """Number of the column where the right half begins."""
        reached, half = 0.0, sum(self.widths) * 0.45
        for number, width in enumerate(self.widths[:-1]):
            reached += width
            if reached >= half:
                return number + 1
        return len(self.widths) - 1


def write_xlsx(form: Form, target: Path) -> None:
    """Write a form as XLSX; rows are streamed.

    Raises:
        InputError: more rows than a sheet holds.
    """
    grid = _grid(form)
    sheet = _Sheet(grid=grid, widths=_widths(form, grid))
    with PartWriter(target) as parts:
        parts.write_package("xl/workbook.xml", form.title, form.head.issuer, _TYPES)
        parts.write(
            "xl/_rels/workbook.xml.rels", relations({"worksheet": "worksheets/sheet1.xml", "styles": "styles.xml"})
        )
        parts.write("xl/styles.xml", [_styles()])
        parts.write("xl/worksheets/sheet1.xml", _worksheet(form, sheet))
        parts.write("xl/workbook.xml", [_workbook(form, sheet)])


def _tables(form: Form) -> list[Table]:
    return [block for block in (*form.blocks, *form.appendix) if isinstance(block, Table)]


def _edges(table: Table) -> list[int]:
    """Return where the columns of a table end, in hundredths of its width."""
    whole = sum(column.width for column in table.columns)
    return [round(100 * reached / whole) for reached in accumulate(column.width for column in table.columns)]


def _grid(form: Form) -> list[int]:
    """Return where the columns of the sheet end: wherever a column of one of its tables does."""
    tables = _tables(form)
    if not tables:
        return [round(100 * number / _BARE_COLUMNS) for number in range(1, _BARE_COLUMNS + 1)]
    return sorted({edge for table in tables for edge in _edges(table)})


def _widths(form: Form, grid: Sequence[int]) -> list[float]:
    room = (PAGE[1 if form.landscape else 0] - MARGINS.left - MARGINS.right) * _CHARACTERS_A_MM
    return [round(room * (edge - begun) / 100, 2) for begun, edge in pairwise((0, *grid))]


def _worksheet(form: Form, sheet: _Sheet) -> Iterator[str]:
    yield f'<worksheet {_NAMESPACES}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
    yield '<sheetViews><sheetView workbookViewId="0" showGridLines="0"/></sheetViews>'
    yield f'<sheetFormatPr defaultRowHeight="{_LINE}"/><cols>'
    for number, width in enumerate(sheet.widths, 1):
        yield f'<col min="{number}" max="{number}" width="{width:g}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield from _head(form.head, sheet)
    yield sheet.row([]) + sheet.line(form.title.upper(), _Style.TITLE)
    for line in form.subtitles:
        yield sheet.line(line, _Style.CENTER_BOLD)
    yield sheet.row([])
    yield from _blocks(form.blocks, sheet)
    if form.signatures:
        yield sheet.row([])
        yield from _signatures(form.signatures, sheet)
    if form.appendix:
        sheet.breaks.append(sheet.rows)
        yield from _blocks(form.appendix, sheet)
    yield "</sheetData>" + _after_rows(form, sheet)


def _head(head: Head, sheet: _Sheet) -> Iterator[str]:
    superior, agency, number = head_lines(head)
    left = [(superior, _Style.CENTER)] if superior else []
    left += [(agency, _Style.CENTER_BOLD)]
    left += [(number, _Style.CENTER)] if number else []
    right = [(NATION, _Style.CENTER_BOLD), (MOTTO, _Style.CENTER_BOLD_UNDERLINED)]
    if head.dated:
        right.append((place_and_day(head.issuer.place, head.issuer.day), _Style.CENTER_ITALIC))
    yield from _halves(left, right, sheet)


def _signatures(signatures: Sequence[Signature], sheet: _Sheet) -> Iterator[str]:
    columns = [_signature(signature) for signature in signatures]
    yield from _halves(columns[0] if len(columns) > 1 else [], columns[-1], sheet)


def _signature(signature: Signature) -> list[tuple[str, _Style]]:
    return [
        *([(signature.dated, _Style.CENTER_ITALIC)] if signature.dated else []),
        (signature.capacity.upper(), _Style.CENTER_BOLD),
        (signature.hint, _Style.CENTER_ITALIC),
        *[("", _Style.CENTER)] * 4,
        (signature.name, _Style.CENTER_BOLD),
    ]


def _halves(left: list[tuple[str, _Style]], right: list[tuple[str, _Style]], sheet: _Sheet) -> Iterator[str]:
    """Yield rows whose two halves are written side by side."""
    last, middle = len(sheet.widths) - 1, sheet.middle
    for number in range(max(len(left), len(right))):
        cells, height = [], _LINE
        for half, first, end in ((left, 0, middle - 1), (right, middle, last)):
            if number < len(half) and half[number][0]:
                text, style = half[number]
                cells.append(sheet.span(first, max(first, end), text, style))
                height = max(height, _LINE * _lines(text, sheet.widths[first : max(first, end) + 1]))
        yield sheet.row(cells, height=height)


def _blocks(blocks: Sequence[Block], sheet: _Sheet) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph():
                yield sheet.line(f"{block.lead} {block.words()}".strip(), _paragraph_style(block))
            case Table():
                yield from _table(block, sheet)
                yield sheet.row([])
            case PageBreak():
                sheet.breaks.append(sheet.rows)


def _paragraph_style(paragraph: Paragraph) -> _Style:
    if paragraph.align is Align.CENTER:
        return _Style.CENTER_BOLD if paragraph.bold else _Style.CENTER
    if paragraph.bold:
        return _Style.TEXT_BOLD
    return _Style.TEXT_ITALIC if paragraph.italic else _Style.TEXT


def _table(table: Table, sheet: _Sheet) -> Iterator[str]:
    first = sheet.rows + 1
    spans = _spans(table, sheet.grid)
    aligns = [column.align for column in table.columns]
    heads = [_Style.HEAD] * len(spans)
    yield _row([column.title for column in table.columns], heads, spans, sheet)
    if table.numbered:
        numbers = [f"({number})" for number in range(1, len(spans) + 1)]
        yield _row(numbers, [_Style.HEAD_NUMBER] * len(spans), spans, sheet)
    if sheet.repeated is None:
        sheet.repeated = (first, sheet.rows)
    styles = [_CELL_STYLES.get(align, _Style.CELL) for align in aligns]
    for cells in table.rows:
        yield _row(cells, styles, spans, sheet)
    if table.totals is not None:
        yield _row(table.totals(), [_TOTAL_STYLES.get(align, _Style.TOTAL) for align in aligns], spans, sheet)


def _spans(table: Table, grid: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last column of the sheet that each column of a table fills."""
    lasts = [grid.index(edge) for edge in _edges(table)]
    return [(before + 1, last) for before, last in pairwise((-1, *lasts))]


def _row(cells: Sequence[str], styles: Sequence[_Style], spans: Sequence[tuple[int, int]], sheet: _Sheet) -> str:
    """Return a row of a table; a cell over several columns is merged.

    Its height is told: no program fits a row with merged cells, and not every one fits the others.
    """
    written: list[tuple[int, str, _Style]] = []
    for text, style, (first, last) in zip(cells, styles, spans, strict=True):
        if first == last:
            written.append((first, text, style))
            continue
        written.append(sheet.span(first, last, text, style))
        written += [(column, "", style) for column in range(first + 1, last + 1)]
    height = max(_lines(text, sheet.widths[first : last + 1]) for text, (first, last) in zip(cells, spans, strict=True))
    return sheet.row(written, height=height * _LINE, fitted=len(written) == len(spans))


def _lines(text: str, widths: Sequence[float]) -> int:
    """Return about how many lines a text fills, broken between words; a row is never higher than a program allows."""
    room = max(1, int(sum(widths) / 1.05))
    if len(text) <= room:
        return 1
    lines, used = 1, 0
    for word in shown(text[: room * _MOST_LINES]).split():
        wanted = used + 1 + len(word) if used else len(word)
        if used and wanted > room:
            lines, wanted = lines + 1, len(word)
        lines, used = lines + (wanted - 1) // room, (wanted - 1) % room + 1
    return min(lines, _MOST_LINES)


def _cell(reference: str, text: str, style: _Style) -> str:
    if not text:
        return f'<c r="{reference}" s="{style:d}"/>'
    if len(text) > _MOST_CHARACTERS // 2:
        text = _fitting(text)
    return f'<c r="{reference}" s="{style:d}" t="inlineStr"><is><t xml:space="preserve">{text_of(text)}</t></is></c>'


def _fitting(text: str) -> str:
    """Return a text that a cell holds, saying how much was left out of it."""
    whole = shown(text)
    if len(whole) <= _MOST_CHARACTERS:
        return whole
    kept = whole[: _MOST_CHARACTERS - 40]
    return f"{kept}… (còn {len(whole) - len(kept)} ký tự)"


def _letters(column: int) -> str:
    return chr(ord("A") + column)


def _after_rows(form: Form, sheet: _Sheet) -> str:
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    turned = "landscape" if form.landscape else "portrait"
    inches = {name: getattr(MARGINS, name) / 25.4 for name in ("left", "right", "top", "bottom")}
    margins = " ".join(f'{name}="{size:.3f}"' for name, size in inches.items())
    breaks = "".join(f'<brk id="{row}" max="16383" man="1"/>' for row in sheet.breaks)
    count = len(sheet.breaks)
    return (
        (f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else "")
        + '<printOptions horizontalCentered="1"/>'
        + f'<pageMargins {margins} header="0.4" footer="0.3"/>'
        + f'<pageSetup paperSize="9" orientation="{turned}" fitToHeight="0"/>'
        + '<headerFooter differentFirst="1"><oddHeader>&amp;C&amp;"Times New Roman,Regular"&amp;13&amp;P</oddHeader>'
        + "</headerFooter>"
        + (f'<rowBreaks count="{count}" manualBreakCount="{count}">{breaks}</rowBreaks>' if breaks else "")
        + "</worksheet>"
    )


def _workbook(form: Form, sheet: _Sheet) -> str:
    names = ""
    if sheet.repeated and len(_tables(form)) == 1 and not form.appendix:
        first, last = sheet.repeated
        names = (
            '<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">'
            f"'{_NAME}'!${first}:${last}</definedName></definedNames>"
        )
    return f'<workbook {_NAMESPACES}><sheets><sheet name="{_NAME}" sheetId="1" r:id="rId1"/></sheets>{names}</workbook>'


def _styles() -> str:
    """Return the styles part; the formats stand in the order of `_Style`."""
    fonts = "".join(
        f'<font>{marks}<sz val="{size}"/><name val="Times New Roman"/><family val="1"/></font>'
        for marks, size in (
            ("", _SIZE),
            ("<b/>", _SIZE),
            ("<i/>", _SIZE),
            ("<b/><u/>", _SIZE),
            ("<b/>", BODY + 1),
        )
    )
    thin = "".join(f'<{side} style="thin"><color auto="1"/></{side}>' for side in ("left", "right", "top", "bottom"))
    formats = "".join(
        f'<xf numFmtId="49" fontId="{font}" fillId="0" borderId="{border}" xfId="0" applyNumberFormat="1"'
        f' applyFont="1" applyBorder="1" applyAlignment="1"><alignment horizontal="{align}" vertical="{vertical}"'
        ' wrapText="1"/></xf>'
        for font, border, align, vertical in _FORMATS
    )
    return (
        f'<styleSheet {_NAMESPACES}><fonts count="5">{fonts}</fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        f'</fill></fills><borders count="2"><border/><border>{thin}</border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_FORMATS)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


_FORMATS = (
    (0, 0, "left", "center"),
    (1, 0, "left", "center"),
    (2, 0, "left", "center"),
    (0, 0, "center", "center"),
    (1, 0, "center", "center"),
    (2, 0, "center", "center"),
    (3, 0, "center", "center"),
    (4, 0, "center", "center"),
    (1, 1, "center", "center"),
    (2, 1, "center", "center"),
    (0, 1, "left", "top"),
    (0, 1, "center", "top"),
    (0, 1, "right", "top"),
    (1, 1, "left", "top"),
    (1, 1, "center", "top"),
    (1, 1, "right", "top"),
)
"""Font, border, horizontal and vertical place of each format."""
_SHEET = f"{MAIN}spreadsheetml."
_TYPES = {
    "xl/workbook.xml": f"{_SHEET}sheet.main+xml",
    "xl/styles.xml": f"{_SHEET}styles+xml",
    "xl/worksheets/sheet1.xml": f"{_SHEET}worksheet+xml",
}
