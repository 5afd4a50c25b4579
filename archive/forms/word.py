"""Forms as DOCX, for a person to complete and sign.

Source:
    Decree 30/2020/NĐ-CP, Annex I: A4, margins, Times New Roman, sizes; ECMA-376 part 1 (WordprocessingML).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.forms.layout import Align, Block, Form, Head, PageBreak, Paragraph, Signature, Table
from archive.forms.ooxml import MAIN, RELATIONS, PartWriter, measured, relations, text_of
from archive.forms.page import BODY, MARGINS, MOTTO, NATION, PAGE, TABLE, head_lines, rule_lengths
from archive.forms.words import place_and_day

_NAMESPACES = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{RELATIONS}"'
_TWIPS = 1440 / 25.4
_FONT = "Times New Roman"
_LEFT_SHARE, _RIGHT_SHARE = 42, 58


def write_docx(form: Form, target: Path) -> None:
    """Write a form as DOCX; rows are streamed."""
    with PartWriter(target) as parts:
        parts.write_package("word/document.xml", form.title, form.head.issuer, _TYPES)
        parts.write(
            "word/_rels/document.xml.rels",
            relations({"styles": "styles.xml", "settings": "settings.xml", "header": "header1.xml"}),
        )
        parts.write("word/styles.xml", [_STYLES])
        parts.write("word/settings.xml", [_SETTINGS])
        parts.write("word/header1.xml", [_HEADER])
        parts.write("word/document.xml", _document(form))


def _document(form: Form) -> Iterator[str]:
    width = _text_width(form.landscape)
    yield f"<w:document {_NAMESPACES}><w:body>"
    yield from _head(form.head, width)
    yield _line(form.title.upper(), bold=True, size=BODY + 0.5, before=12, keep=True)
    for line in form.subtitles:
        yield _line(line, bold=True, keep=True)
    yield _rule(width, width * 0.12) + _gap(6)
    yield from _blocks(form.blocks, width, signed=bool(form.signatures))
    if form.signatures:
        yield from _signatures(form.signatures, width)
    if form.appendix:
        yield _PAGE_BREAK
        yield from _blocks(form.appendix, width, signed=False)
    yield _section(form.landscape) + "</w:body></w:document>"


def _text_width(landscape: bool) -> int:
    """Return the width between the margins in twentieths of a point."""
    return round((PAGE[1 if landscape else 0] - MARGINS.left - MARGINS.right) * _TWIPS)


def _blocks(blocks: Sequence[Block], width: int, *, signed: bool) -> Iterator[str]:
    for number, block in enumerate(blocks, 1):
        match block:
            case Paragraph():
                yield _paragraph(block, keep=signed and number == len(blocks))
            case Table():
                yield from _table(block, width)
                yield _gap(6)
            case PageBreak():
                yield _PAGE_BREAK


def _head(head: Head, width: int) -> Iterator[str]:
    left, right = measured(width, (_LEFT_SHARE, _RIGHT_SHARE))
    rules = rule_lengths(head.issuer)
    superior, agency, number = head_lines(head)
    yield _grid((left, right), bordered=False) + "<w:tr>" + _cell_start(left)
    if superior:
        yield _line(superior, size=12)
    yield _line(agency, bold=True, size=12) + _rule(left, rules.agency * 20)
    if number:
        yield _line(number)
    yield "</w:tc>" + _cell_start(right) + _line(NATION, bold=True, size=12)
    yield _line(MOTTO, bold=True) + _rule(right, rules.motto * 20)
    if head.dated:
        yield _line(place_and_day(head.issuer.place, head.issuer.day), italic=True)
    yield "</w:tc></w:tr></w:tbl>"


def _signatures(signatures: Sequence[Signature], width: int) -> Iterator[str]:
    halves = measured(width, (1, 1))
    shown = (None, *signatures) if len(signatures) == 1 else signatures
    yield _gap(6) + _grid(halves, bordered=False) + "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
    for half, signature in zip(halves, shown, strict=True):
        yield _cell_start(half) + (_signature(signature) if signature else _line("")) + "</w:tc>"
    yield "</w:tr></w:tbl>" + _gap(0)


def _signature(signature: Signature) -> str:
    dated = _line(signature.dated, italic=True) if signature.dated else ""
    hint = _line(signature.hint, italic=True, size=12)
    return (
        dated
        + _line(signature.capacity.upper(), bold=True)
        + hint
        + _line("", before=56)
        + _line(signature.name, bold=True)
    )


def _table(table: Table, width: int) -> Iterator[str]:
    widths = measured(width, (column.width for column in table.columns))
    aligns = [column.align for column in table.columns]
    centred = [Align.CENTER] * len(widths)
    yield _grid(widths, bordered=True)
    yield _row([column.title for column in table.columns], widths, centred, bold=True, repeated=True)
    if table.numbered:
        numbers = [f"({number})" for number in range(1, len(widths) + 1)]
        yield _row(numbers, widths, centred, italic=True, repeated=True)
    for cells in table.rows:
        yield _row(cells, widths, aligns)
    if table.totals is not None:
        yield _row(table.totals(), widths, aligns, bold=True)
    yield "</w:tbl>"


def _row(
    cells: Sequence[str],
    widths: Sequence[int],
    aligns: Sequence[Align],
    *,
    bold: bool = False,
    italic: bool = False,
    repeated: bool = False,
) -> str:
    properties = "<w:trPr><w:cantSplit/>" + ("<w:tblHeader/>" if repeated else "") + "</w:trPr>"
    run = _run_properties(bold=bold, italic=italic, size=TABLE)
    pieces = [
        f'{_cell_start(width)}<w:p><w:pPr><w:pStyle w:val="Cell"/><w:jc w:val="{align}"/></w:pPr>'
        f'<w:r>{run}<w:t xml:space="preserve">{text_of(cell)}</w:t></w:r></w:p></w:tc>'
        for cell, width, align in zip(cells, widths, aligns, strict=True)
    ]
    return f"<w:tr>{properties}{''.join(pieces)}</w:tr>"


def _grid(widths: Sequence[int], *, bordered: bool) -> str:
    style = "Ruled" if bordered else "Plain"
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>'
    )


def _cell_start(width: int) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'


def _paragraph(paragraph: Paragraph, *, keep: bool) -> str:
    indent = '<w:ind w:firstLine="567"/>' if paragraph.indented else ""
    properties = (
        f'<w:pPr>{"<w:keepNext/>" if keep or paragraph.bold else ""}<w:spacing w:before="60" w:after="60"/>{indent}'
        f'<w:jc w:val="{paragraph.align}"/></w:pPr>'
    )
    lead = _run(paragraph.lead + " ", bold=True) if paragraph.lead else ""
    text = _run(paragraph.words(), bold=paragraph.bold, italic=paragraph.italic)
    return f"<w:p>{properties}{lead}{text}</w:p>"


def _run(text: str, *, bold: bool = False, italic: bool = False, size: float = BODY) -> str:
    space = " " if text.endswith(" ") else ""
    properties = _run_properties(bold=bold, italic=italic, size=size)
    return f'<w:r>{properties}<w:t xml:space="preserve">{text_of(text)}{space}</w:t></w:r>'


def _run_properties(*, bold: bool, italic: bool, size: float) -> str:
    marks = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    if size != BODY:
        marks += f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>'
    return f"<w:rPr>{marks}</w:rPr>" if marks else ""


def _line(
    text: str, *, bold: bool = False, italic: bool = False, size: float = BODY, before: int = 0, keep: bool = False
) -> str:
    """Return a centred line, as in the head and above a signature."""
    kept = "<w:keepNext/>" if keep else ""
    spacing = f'<w:spacing w:before="{before * 20}" w:after="0"/>'
    properties = f'<w:pPr>{kept}{spacing}<w:jc w:val="center"/></w:pPr>'
    return f"<w:p>{properties}{_run(text, bold=bold, italic=italic, size=size)}</w:p>"


def _rule(width: float, length: float) -> str:
    """Return a centred line drawn under words: not their underline, which the decree does not use."""
    indent = max(0, round((width - 216 - length) / 2))
    return (
        '<w:p><w:pPr><w:keepNext/><w:pBdr><w:top w:val="single" w:sz="4" w:space="1" w:color="auto"/></w:pBdr>'
        '<w:spacing w:before="20" w:after="0" w:line="60" w:lineRule="exact"/>'
        f'<w:ind w:left="{indent}" w:right="{indent}"/></w:pPr></w:p>'
    )


def _gap(points: int) -> str:
    height = max(points, 1) * 20
    return f'<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="{height}" w:lineRule="exact"/></w:pPr></w:p>'


def _section(landscape: bool) -> str:
    width, height = (round(side * _TWIPS) for side in (reversed(PAGE) if landscape else PAGE))
    turned = ' w:orient="landscape"' if landscape else ""
    top, bottom, left, right = (
        round(margin * _TWIPS) for margin in (MARGINS.top, MARGINS.bottom, MARGINS.left, MARGINS.right)
    )
    return (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId3"/>'
        f'<w:pgSz w:w="{width}" w:h="{height}"{turned}/>'
        f'<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}"'
        ' w:header="567" w:footer="567" w:gutter="0"/><w:titlePg/></w:sectPr>'
    )


_PAGE_BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
_WORD = f"{MAIN}wordprocessingml."
_TYPES = {
    "word/document.xml": f"{_WORD}document.main+xml",
    "word/styles.xml": f"{_WORD}styles+xml",
    "word/settings.xml": f"{_WORD}settings+xml",
    "word/header1.xml": f"{_WORD}header+xml",
}
_FACES = f'<w:rFonts w:ascii="{_FONT}" w:hAnsi="{_FONT}" w:eastAsia="{_FONT}" w:cs="{_FONT}"/>'
_SIZES = f'<w:sz w:val="{BODY * 2}"/><w:szCs w:val="{BODY * 2}"/>'
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_PADDING = '<w:tblCellMar><w:left w:w="{0}" w:type="dxa"/><w:right w:w="{0}" w:type="dxa"/></w:tblCellMar>'
_STYLES = (
    f"<w:styles {_NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>{_FACES}{_SIZES}"
    '<w:lang w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
    "<w:pPrDefault/></w:docDefaults>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:customStyle="1" w:styleId="Cell"><w:name w:val="Cell"/>'
    '<w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="20" w:after="20"/></w:pPr></w:style>'
    '<w:style w:type="table" w:default="1" w:styleId="Plain"><w:name w:val="Normal Table"/>'
    f"<w:tblPr>{_PADDING.format(108)}</w:tblPr></w:style>"
    '<w:style w:type="table" w:customStyle="1" w:styleId="Ruled"><w:name w:val="Ruled"/><w:basedOn w:val="Plain"/>'
    f"<w:tblPr><w:tblBorders>{_BORDERS}</w:tblBorders>{_PADDING.format(70)}</w:tblPr></w:style></w:styles>"
)
_SETTINGS = (
    f'<w:settings {_NAMESPACES}><w:compat><w:compatSetting w:name="compatibilityMode"'
    ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    '<w:themeFontLang w:val="vi-VN"/></w:settings>'
)
_HEADER = (
    f'<w:hdr {_NAMESPACES}><w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    '<w:r><w:t>2</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:hdr>'
)
"""The number of the page, in the middle of the top margin, from the second page on (Annex I, I.4)."""
