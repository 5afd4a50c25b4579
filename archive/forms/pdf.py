"""Forms as PDF/A-2b, to be kept and to be signed electronically.

Lines are set directly on the page: ReportLab's own tables hold every row as objects and take minutes
for lists of the size of a fonds.

Source:
    Decree 30/2020/NĐ-CP, Annex I; ISO 19005-2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.forms.layout import Align, Block, Form, Head, PageBreak, Paragraph, Signature, Table
from archive.forms.page import BODY, MARGINS, MOTTO, NATION, PAGE, TABLE, head_lines, rule_lengths
from archive.forms.words import place_and_day, shown
from preservation.printing.page import BOLD, FONT, ITALIC
from preservation.printing.pdfa import ArchivalPdf
from preservation.printing.setting import Line, break_lines, drawable, text_width

_POINTS = 72 / 25.4
_LEADING = 1.17
_INDENT = 10 * _POINTS
_PADDING_X, _PADDING_Y = 3.5, 2.5
_ABOVE_TABLE = 3
_LEFT_SHARE = 0.42
_SIGNING = 20 * _POINTS
"""Room for a signature and a seal."""
_HEADED = 3 * BODY * _LEADING
"""Room that must be left under a heading (a paragraph in bold) on its page."""


@dataclass(slots=True)
class _Pages:
    """The pages being written, and how far down the present one the writing has come."""

    paper: ArchivalPdf
    width: float
    height: float
    y: float = 0
    number: int = 1

    def __post_init__(self) -> None:
        self.y = self.top

    @property
    def left(self) -> float:
        """The left margin."""
        return MARGINS.left * _POINTS

    @property
    def room(self) -> float:
        """Width between the margins."""
        return self.width - (MARGINS.left + MARGINS.right) * _POINTS

    @property
    def top(self) -> float:
        """Where the first line of a page begins."""
        return self.height - MARGINS.top * _POINTS

    @property
    def depth(self) -> float:
        """How much room is left on the page."""
        return self.y - MARGINS.bottom * _POINTS

    @property
    def whole(self) -> float:
        """How much room an empty page has."""
        return self.top - MARGINS.bottom * _POINTS

    def turn(self) -> None:
        """Begin the next page and write its number in the middle of its top margin."""
        self.paper.end_page()
        self.number += 1
        self.y = self.top
        label = str(self.number)
        middle = (self.width - text_width(label, FONT, BODY)) / 2
        self.paper.words(middle, self.height - 12 * _POINTS, label, FONT, BODY)

    def need(self, depth: float) -> None:
        """Turn the page unless there is room for so much, or the page is empty anyway."""
        if self.depth < depth and self.y < self.top:
            self.turn()

    def line(
        self, line: Line, size: float, *, x: float, room: float, align: Align = Align.LEFT, last: bool = True
    ) -> None:
        """Set a line whose top is at the present height, without going down."""
        if not line:
            return
        natural = sum(word.width for word in line)
        space = text_width(" ", line[0].face, size)
        free = room - natural - space * (len(line) - 1)
        if align is Align.JUSTIFY and not last and len(line) > 1:
            self._words(line, size, x, space + free / (len(line) - 1))
            return
        shift = {Align.CENTER: free / 2, Align.RIGHT: free}.get(align, 0)
        self._words(line, size, x + max(shift, 0), space)

    def lines(self, lines: Sequence[Line], size: float, *, x: float, room: float, align: Align) -> None:
        """Set lines one under another, turning pages where they end."""
        for number, line in enumerate(lines, 1):
            self.need(size * _LEADING)
            self.line(line, size, x=x, room=room, align=align, last=number == len(lines))
            self.y -= size * _LEADING

    def rule(self, x: float, length: float) -> None:
        """Draw a horizontal line at the present height."""
        self.paper.line(x, self.y, x + length, self.y)

    def _words(self, line: Line, size: float, x: float, space: float) -> None:
        """Write the words of a line; those of one face in one go where the space is the font's own."""
        baseline = self.y - size * 0.93
        for face, text, begin in _stretches(line, size, x, space):
            self.paper.words(begin, baseline, text, face, size)


def _stretches(line: Line, size: float, x: float, space: float) -> Iterator[tuple[str, str, float]]:
    """Yield face, words and place of what can be written in one go."""
    first = line[0]
    natural = text_width(" ", first.face, size)
    if abs(space - natural) < 0.01 and all(word.face == first.face for word in line):
        yield first.face, " ".join(word.text for word in line), x
        return
    for number, word in enumerate(line, 1):
        yield word.face, word.text + (" " if number < len(line) else ""), x
        x += word.width + space


def write_pdf(form: Form, target: Path) -> None:
    """Write a form as PDF/A-2b; pages are finished as they fill."""
    size = tuple(side * _POINTS for side in (reversed(PAGE) if form.landscape else PAGE))
    paper = ArchivalPdf(
        target,
        (size[0], size[1]),
        title=shown(form.title),
        author=shown(form.head.issuer.agency),
        day=form.head.issuer.day,
    )
    pages = _Pages(paper=paper, width=size[0], height=size[1])
    _head(pages, form.head)
    _title(pages, form)
    _blocks(pages, form.blocks, form.signatures)
    if form.appendix:
        pages.turn()
        _blocks(pages, form.appendix, ())
    paper.end_page()
    paper.save()


def _set(text: str, face: str, size: float, room: float) -> list[Line]:
    return break_lines([(drawable(shown(text)), face)], size, room)


def _balanced(text: str, face: str, size: float, room: float) -> list[Line]:
    """Return centred lines of about the same length, not a full one over a single word."""
    lines = best = _set(text, face, size, room)
    while len(best) == len(lines) > 1:
        lines, room = best, room * 0.95
        best = _set(text, face, size, room)
    return lines


def _head(pages: _Pages, head: Head) -> None:
    """Write the two halves of the head beside each other."""
    issuer, rules = head.issuer, rule_lengths(head.issuer)
    superior, agency, number = head_lines(head)
    left_room = pages.room * _LEFT_SHARE - 6
    right, right_room = pages.left + pages.room * _LEFT_SHARE, pages.room * (1 - _LEFT_SHARE)
    lowest = top = pages.y
    for x, room, parts in (
        (pages.left, left_room, [(superior, FONT, 12, 0.0), (agency, BOLD, 12, rules.agency), (number, FONT, BODY, 0)]),
        (
            right,
            right_room,
            [
                (NATION, BOLD, 12, 0),
                (MOTTO, BOLD, BODY, rules.motto),
                (place_and_day(issuer.place, issuer.day) if head.dated else "", ITALIC, BODY, 0),
            ],
        ),
    ):
        pages.y = top
        for text, face, size, rule in parts:
            if text:
                pages.lines(_balanced(text, face, size, room), size, x=x, room=room, align=Align.CENTER)
            if rule:
                pages.y -= 3
                pages.rule(x + (room - rule) / 2, rule)
                pages.y -= 4
        lowest = min(lowest, pages.y)
    pages.y = lowest - 14


def _title(pages: _Pages, form: Form) -> None:
    for text, size in ((form.title.upper(), BODY + 1), *((line, BODY) for line in form.subtitles)):
        lines = _balanced(text, BOLD, size, pages.room)
        pages.lines(lines, size, x=pages.left, room=pages.room, align=Align.CENTER)
    pages.y -= 4
    pages.rule(pages.left + pages.room * 0.44, pages.room * 0.12)
    pages.y -= 12


def _blocks(pages: _Pages, blocks: Sequence[Block], signatures: Sequence[Signature]) -> None:
    """Write the blocks; the last paragraph stays with the signatures, which never stand alone on a page."""
    signed = _signatures_depth(pages, signatures)
    for left, block in zip(range(len(blocks) - 1, -1, -1), blocks, strict=True):
        match block:
            case Paragraph():
                headed = _HEADED if block.bold else 0
                _paragraph(pages, block, headed + (signed if left <= bool(headed) else 0))
            case Table():
                _TableSetting(pages, block).write()
                pages.y -= 8
            case PageBreak():
                pages.turn()
    if signatures:
        _signatures(pages, signatures, signed)


def _paragraph(pages: _Pages, paragraph: Paragraph, after: float) -> None:
    face = BOLD if paragraph.bold else ITALIC if paragraph.italic else FONT
    runs = [(drawable(shown(paragraph.lead)), BOLD), (drawable(shown(paragraph.words())), face)]
    indent = _INDENT if paragraph.indented else 0
    lines = break_lines(runs, BODY, pages.room, indent)
    depth = len(lines) * BODY * _LEADING + 6
    pages.need(min(depth + after, pages.whole) if after or len(lines) < 4 else BODY * _LEADING * 2)
    pages.y -= 3
    pages.line(
        lines[0],
        BODY,
        x=pages.left + indent,
        room=pages.room - indent,
        align=paragraph.align,
        last=len(lines) == 1,
    )
    pages.y -= BODY * _LEADING
    pages.lines(lines[1:], BODY, x=pages.left, room=pages.room, align=paragraph.align)
    pages.y -= 3


def _signature_parts(signature: Signature, room: float) -> list[tuple[list[Line], float, float]]:
    """Return the lines of a signature, their size and the room before them."""
    parts = [
        (signature.dated, ITALIC, BODY, 0.0),
        (signature.capacity.upper(), BOLD, BODY, 0.0),
        (signature.hint, ITALIC, BODY - 1, 0.0),
        (signature.name, BOLD, BODY, _SIGNING),
    ]
    return [
        (_set(text, face, size, room) if text else [], size, before)
        for text, face, size, before in parts
        if text or before
    ]


def _signatures_depth(pages: _Pages, signatures: Sequence[Signature]) -> float:
    parts = [_signature_parts(signature, pages.room / 2) for signature in signatures]
    return max((sum(len(lines) * size * _LEADING + gap for lines, size, gap in part) for part in parts), default=0) + 10


def _signatures(pages: _Pages, signatures: Sequence[Signature], depth: float) -> None:
    pages.need(depth)
    pages.y -= 10
    half = pages.room / 2
    top = lowest = pages.y
    first = 2 - len(signatures)
    for number, signature in enumerate(signatures, first):
        pages.y = top
        for lines, size, gap in _signature_parts(signature, half):
            pages.y -= gap
            pages.lines(lines, size, x=pages.left + number * half, room=half, align=Align.CENTER)
        lowest = min(lowest, pages.y)
    pages.y = lowest


@dataclass(slots=True)
class _TableSetting:
    """Writes one table, row by row."""

    pages: _Pages
    table: Table
    edges: list[float] = field(default_factory=list)
    """Left edge of each column, and the right edge of the last."""
    rooms: list[float] = field(default_factory=list)
    begun: float = 0
    """Where the rows of this page begin."""

    def __post_init__(self) -> None:
        shares = [column.width for column in self.table.columns]
        edge = self.pages.left
        for share in shares:
            self.edges.append(edge)
            edge += self.pages.room * share / sum(shares)
        self.edges.append(edge)
        self.rooms = [right - left - 2 * _PADDING_X for left, right in zip(self.edges, self.edges[1:], strict=False)]

    def write(self) -> None:
        """Write the table."""
        aligns = [column.align for column in self.table.columns]
        self.pages.y -= _ABOVE_TABLE
        self.pages.need(self._head_depth() + 3 * TABLE * _LEADING)
        self._begin()
        for cells in self.table.rows:
            self._row(cells, FONT, aligns)
        if self.table.totals is not None:
            self._row(self.table.totals(), BOLD, aligns)
        self._end()

    def _begin(self) -> None:
        """Write the head of the table at the present height."""
        self.begun = self.pages.y
        self.pages.rule(self.edges[0], self.edges[-1] - self.edges[0])
        for lines, _face in self._head():
            self._draw(lines, [Align.CENTER] * len(self.rooms), middle=True)

    def _head(self) -> list[tuple[list[list[Line]], str]]:
        rows = [([column.title for column in self.table.columns], BOLD)]
        if self.table.numbered:
            rows.append(([f"({number})" for number in range(1, len(self.rooms) + 1)], ITALIC))
        return [(self._cells(cells, face), face) for cells, face in rows]

    def _head_depth(self) -> float:
        return sum(_depth(lines) for lines, _face in self._head())

    def _end(self) -> None:
        """Draw the upright lines of what stands on this page."""
        for edge in self.edges:
            self.pages.paper.line(edge, self.begun, edge, self.pages.y)

    def _turn(self) -> None:
        self._end()
        self.pages.turn()
        self._begin()

    def _cells(self, cells: Sequence[str], face: str) -> list[list[Line]]:
        return [_set(cell, face, TABLE, room) if cell else [()] for cell, room in zip(cells, self.rooms, strict=True)]

    def _row(self, cells: Sequence[str], face: str, aligns: Sequence[Align]) -> None:
        """Write a row whole; one that is higher than a page is continued on the next."""
        lines = self._cells(cells, face)
        if _depth(lines) > self.pages.depth:
            self._turn()
        while _depth(lines) > self.pages.depth:
            fitting = max(1, int((self.pages.depth - 2 * _PADDING_Y) / (TABLE * _LEADING)))
            self._draw([cell[:fitting] for cell in lines], aligns)
            lines = [cell[fitting:] for cell in lines]
            self._turn()
        self._draw(lines, aligns)

    def _draw(self, cells: list[list[Line]], aligns: Sequence[Align], *, middle: bool = False) -> None:
        pages, tallest = self.pages, max(len(lines) for lines in cells)
        top = pages.y
        for edge, room, align, lines in zip(self.edges, self.rooms, aligns, cells, strict=False):
            lower = (tallest - len(lines)) * TABLE * _LEADING / 2 if middle else 0
            pages.y = top - _PADDING_Y - lower
            for line in lines:
                pages.line(line, TABLE, x=edge + _PADDING_X, room=room, align=align)
                pages.y -= TABLE * _LEADING
        pages.y = top - _depth(cells)
        pages.rule(self.edges[0], self.edges[-1] - self.edges[0])


def _depth(cells: list[list[Line]]) -> float:
    return max(len(lines) for lines in cells) * TABLE * _LEADING + 2 * _PADDING_Y
