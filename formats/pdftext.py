"""Text of plainly built PDF pages, several times faster than laying them out with PDFium.

Only pages whose text is certain are read: every font maps its codes to Unicode, nothing is drawn through
form objects, and each piece of text either follows the last one directly or begins on another line. For
anything else `plain_text` gives none, and PDFium reads the document.

Source:
    ISO 32000-2 9.4 (text objects), 9.10 (extraction of text content)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pikepdf

_MAX_PAGES = 50
_MAX_CONTENT = 4 << 20
_GAP = -180.0
"""Thousandths of the font size; a wider step back inside a line is a space."""
_SAME_LINE = 0.5
_TOKEN = re.compile(
    rb"(\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\))|<([0-9A-Fa-f\s]*)>|(<<.*?>>|%[^\r\n]*|\[)|(\])|"
    rb"/([^\s()<>\[\]{}/%]*)|([-+]?(?:\d+\.?\d*|\.\d+))(?=[\s/\[\]<>()%]|$)|([A-Za-z'\"][A-Za-z0-9*'\"]*)|([^\s])",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_CODESPACE = re.compile(rb"begincodespacerange\s*<([0-9A-Fa-f]+)>")
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f\s]*)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f\s]*)>|\[([^\]]*)\])")
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_STANDARD = re.compile(r"/(?:Helvetica|Times|Courier)(?:-\w+)?$")

_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class NotPlain(Exception):
    """The page is not plainly built: PDFium has to read it."""


@dataclass(slots=True)
class _Font:
    """How the codes of one font become text."""

    width: int
    """Bytes of one code."""
    table: dict[int, str]

    def decode(self, data: bytes) -> str:
        """Return the text of codes.

        Raises:
            NotPlain: a code has no text.
        """
        try:
            if self.width == 1:
                return "".join([self.table[code] for code in data])
            return "".join([self.table[data[at] << 8 | data[at + 1]] for at in range(0, len(data), 2)])
        except (KeyError, IndexError) as error:
            raise NotPlain from error


@dataclass(slots=True)
class _Page:
    """Follows the operators of one page."""

    fonts: dict[str, _Font | None]
    parts: list[str] = field(default_factory=list)
    font: _Font | None = None
    space: _Matrix = _IDENTITY
    stack: list[tuple[_Matrix, _Font | None]] = field(default_factory=list)
    line: _Matrix = _IDENTITY
    leading: float = 0.0
    moved: bool = True
    last: float | None = None

    def show(self, data: bytes) -> None:
        """Take one string."""
        if not data:
            return
        if self.font is None:
            raise NotPlain
        if self.moved:
            height = self.space[1] * self.line[4] + self.space[3] * self.line[5] + self.space[5]
            if self.last is not None:
                if abs(height - self.last) < _SAME_LINE:
                    raise NotPlain
                self.parts.append("\n")
            self.last, self.moved = height, False
        self.parts.append(self.font.decode(data))

    def move(self, x: float, y: float) -> None:
        """Begin another line of text at a distance from the last (Td)."""
        a, b, c, d, e, f = self.line
        self.line = (a, b, c, d, a * x + c * y + e, b * x + d * y + f)
        self.moved = True

    def operate(self, operator: bytes, operands: list[object]) -> None:
        """Obey one operator."""
        if operator in (b"Tj", b"TJ", b"'", b'"'):
            self._text(operator, operands)
        elif operator in (b"Td", b"TD", b"T*", b"Tm", b"BT", b"TL"):
            self._place(operator, operands)
        elif operator in (b"q", b"Q", b"cm"):
            self._space(operator, operands)
        elif operator == b"Tf":
            self.font = self.fonts.get(str(operands[-2]))
        elif operator in (b"BI", b"Do"):
            self._drawn(operator, operands)

    def _text(self, operator: bytes, operands: list[object]) -> None:
        if operator in (b"'", b'"'):
            self.move(0.0, -self.leading)
            operands = operands[-1:]
        for operand in operands:
            if isinstance(operand, bytes):
                self.show(operand)
            elif isinstance(operand, float) and operand < _GAP and self.parts and not self.moved:
                self.parts.append(" ")

    def _place(self, operator: bytes, operands: list[object]) -> None:
        numbers = [one for one in operands if isinstance(one, float)]
        if operator == b"BT":
            self.line, self.moved = _IDENTITY, True
        elif operator == b"Tm":
            self.line, self.moved = _matrix(numbers), True
        elif operator == b"T*":
            self.move(0.0, -self.leading)
        elif operator == b"TL":
            self.leading = numbers[-1]
        else:
            self.leading = -numbers[-1] if operator == b"TD" else self.leading
            self.move(numbers[-2], numbers[-1])

    def _space(self, operator: bytes, operands: list[object]) -> None:
        if operator == b"q":
            self.stack.append((self.space, self.font))
        elif operator == b"Q":
            if self.stack:
                self.space, self.font = self.stack.pop()
        else:
            self.space = _product(_matrix([one for one in operands if isinstance(one, float)]), self.space)

    def _drawn(self, operator: bytes, operands: list[object]) -> None:
        """Inline images hide operators; form objects may hold text, other objects do not."""
        if operator == b"BI" or f"image:{operands[-1]}" not in self.fonts:
            raise NotPlain


def plain_text(pdf: pikepdf.Pdf, limit: int) -> str | None:
    """Return the text of a plainly built document; none when it is not one.

    Args:
        pdf: the open document.
        limit: characters after which reading stops.
    """
    if len(pdf.pages) > _MAX_PAGES:
        return None
    known: dict[tuple[int, int], _Font | None] = {}
    pages: list[str] = []
    length = 0
    try:
        for page in pdf.pages:
            pages.append(_read_page(page, known))
            length += len(pages[-1])
            if length > limit:
                break
    except (NotPlain, pikepdf.PdfError, ValueError, IndexError, TypeError):
        return None
    return "\n".join(pages)


def _read_page(page: pikepdf.Page, known: dict[tuple[int, int], _Font | None]) -> str:
    resources = page.resources
    state = _Page(fonts=dict(_fonts(resources, known)))
    data = _content(page.obj.get("/Contents"))
    operands: list[object] = []
    for match in _TOKEN.finditer(data):
        kind = match.lastindex
        if kind == 7:
            state.operate(match[7], operands)
            operands.clear()
        elif kind == 6:
            operands.append(float(match[6]))
        elif kind == 1:
            operands.append(_unescaped(match[1][1:-1]))
        elif kind == 2:
            operands.append(_from_hex(match[2]))
        elif kind == 5:
            operands.append(match[5].decode("latin-1"))
        elif kind == 8:
            raise NotPlain
    return "".join(state.parts)


def _content(contents: pikepdf.Object | None) -> bytes:
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    data = b"\n".join(stream.read_bytes() for stream in streams if isinstance(stream, pikepdf.Stream))
    if len(data) > _MAX_CONTENT:
        raise NotPlain
    return data


def _fonts(
    resources: pikepdf.Dictionary, known: dict[tuple[int, int], _Font | None]
) -> Iterator[tuple[str, _Font | None]]:
    """Yield the fonts by name, and a mark for each image."""
    for name, font in (resources.get("/Font") or {}).items():
        key = font.objgen
        if key not in known or not key[0]:
            known[key] = _font(font)
        yield name[1:], known[key]
    for name, drawn in (resources.get("/XObject") or {}).items():
        if drawn.get("/Subtype") == "/Image":
            yield f"image:{name[1:]}", None


def _font(font: pikepdf.Object) -> _Font | None:
    mapping = font.get("/ToUnicode")
    if isinstance(mapping, pikepdf.Stream):
        return _mapped(mapping.read_bytes(), composite=font.get("/Subtype") == "/Type0")
    if font.get("/Subtype") not in ("/Type1", "/TrueType"):
        return None
    encoding = font.get("/Encoding")
    if encoding == "/WinAnsiEncoding":
        return _Font(1, {code: bytes((code,)).decode("cp1252", "ignore") for code in range(256)})
    if encoding is None and _STANDARD.match(str(font.get("/BaseFont", ""))):
        return _Font(1, {code: chr(code) for code in range(32, 127) if code not in (0x27, 0x60)})
    return None


def _mapped(data: bytes, *, composite: bool) -> _Font | None:
    """Read a ToUnicode map."""
    space = _CODESPACE.search(data)
    width = len(space[1]) // 2 if space else 0
    if width != (2 if composite else 1):
        return None
    table: dict[int, str] = {}
    for kind, body in _SECTION.findall(data):
        if kind == b"bfchar":
            table.update((int(code, 16), _unicode(text)) for code, text in _PAIR.findall(body))
            continue
        for low, high, first, listed in _RANGE.findall(body):
            start, end = int(low, 16), min(int(high, 16), int(low, 16) + 0xFFFF)
            if listed:
                texts = [_unicode(text) for text in _HEX.findall(listed)]
                table.update(zip(range(start, end + 1), texts, strict=False))
            else:
                text = _unicode(first)
                table.update((code, text[:-1] + chr(ord(text[-1]) + code - start)) for code in range(start, end + 1))
    return _Font(width, table)


def _unicode(code: bytes) -> str:
    return _from_hex(code).decode("utf-16-be")


def _from_hex(code: bytes) -> bytes:
    digits = b"".join(code.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _unescaped(data: bytes) -> bytes:
    if b"\\" not in data:
        return data
    return _ESCAPE.sub(
        lambda match: bytes((int(match[1], 8) & 0xFF,)) if match[1][:1].isdigit() else _ESCAPED.get(match[1], match[1]),
        data,
    )


def _matrix(numbers: list[float]) -> _Matrix:
    a, b, c, d, e, f = numbers[-6:]
    return a, b, c, d, e, f


def _product(one: _Matrix, two: _Matrix) -> _Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = two
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m
