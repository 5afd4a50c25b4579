"""Rich Text Format: braces balance, and text, legacy Vietnamese fonts decoded.

Source:
    Rich Text Format Specification 1.9.1
"""

import re
from dataclasses import dataclass, field

from formats import findings as kinds
from formats import vietnamese
from formats.content import Content
from model.text import N_

LARGEST = 64 << 20
_DEPTH = 2_000
_TOKEN = re.compile(
    rb"\\(?:([A-Za-z]{1,32})(-?\d{1,10})? ?|'([0-9A-Fa-f]{2})|(.))|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.DOTALL
)
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"page": "\n", b"sect": "\n"}
_SIGNS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SILENT = frozenset(
    b"""fonttbl colortbl stylesheet info pict object themedata colorschememapping latentstyles datastore filetbl
    listtable listoverridetable rsidtbl generator xmlnstbl fldinst wgrffmtfilter mmathPr""".split()
)
_CHARSETS = {
    0: "cp1252", 128: "cp932", 134: "gbk", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 204: "cp1251",
    238: "cp1250",
}  # fmt: skip


@dataclass(slots=True)
class _State:
    """Formatting in force inside one group."""

    silent: bool = False
    font: int = 0
    skip: int = 1
    """Characters that follow a Unicode character for older readers."""
    table: bool = False
    """Inside the font table."""


@dataclass(slots=True)
class _Reader:
    """Collects the text of one document."""

    limit: int
    codec: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    charsets: dict[int, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    length: int = 0
    pending: bytearray = field(default_factory=bytearray)
    stack: list[_State] = field(default_factory=list)
    state: _State = field(default_factory=_State)
    ignore: int = 0

    def flush(self) -> None:
        """Decode the bytes collected in one font."""
        if self.pending:
            font = self.fonts.get(self.state.font, "")
            if font.lower().startswith((".vn", "vni")):
                self.put(vietnamese.by_font(self.pending.decode("cp1252", "replace"), font))
            else:
                self.put(self.pending.decode(self.charsets.get(self.state.font, self.codec), "replace"))
            self.pending.clear()

    def put(self, text: str) -> None:
        """Take decoded text."""
        self.parts.append(text)
        self.length += len(text)

    def take(self, data: bytes) -> None:
        """Take bytes of text: of a font's name, or of the document."""
        if self.state.table:
            name = self.fonts.get(self.state.font, "") + data.decode("latin-1")
            self.fonts[self.state.font] = name.strip(";")
        elif not self.state.silent:
            dropped = min(self.ignore, len(data))
            self.ignore -= dropped
            self.pending += data[dropped:]

    def brace(self, brace: bytes) -> None:
        """Open or close a group."""
        self.flush()
        self.ignore = 0
        if brace == b"{":
            if len(self.stack) < _DEPTH:
                now = self.state
                self.stack.append(now)
                self.state = _State(now.silent, now.font, now.skip, now.table)
        elif self.stack:
            self.state = self.stack.pop()

    def word(self, word: bytes, number: int | None) -> None:
        """Obey a control word."""
        if word in _SILENT:
            self.state.silent = True
            self.state.table = word == b"fonttbl"
        elif word == b"f" and number is not None:
            self.flush()
            self.state.font = number
        elif word == b"fcharset" and number in _CHARSETS:
            self.charsets[self.state.font] = _CHARSETS[number]
        elif word == b"ansicpg" and number:
            self.codec = _codec(number)
        elif word == b"uc":
            self.state.skip = max(0, min(number or 0, 8))
        elif not self.state.silent:
            self._visible(word, number)

    def _visible(self, word: bytes, number: int | None) -> None:
        sign = _BREAKS.get(word) or _SIGNS.get(word)
        if word == b"u" and number is not None:
            self.flush()
            self.put(chr(number % 0x10000))
            self.ignore = self.state.skip
        elif sign:
            self.flush()
            self.put(sign)

    def symbol(self, symbol: bytes) -> None:
        """Obey a control symbol."""
        if symbol == b"*":
            self.state.silent = True
        elif symbol in b"\\{}":
            self.take(symbol)
        elif symbol == b"~":
            self.take(b" ")
        elif symbol in b"\r\n" and not self.state.silent:
            self.flush()
            self.put("\n")


def validate(content: Content) -> None:
    """Check that it begins and ends as RTF and that groups close."""
    if content.size > LARGEST:
        content.skipped("chauban rtf", "too large")
        content.add(kinds.TOO_LARGE, what=N_("the document"), limit=f"{LARGEST >> 20} MiB")
        return
    content.ran("chauban rtf", "1")
    data = content.data()
    if not data.lstrip().startswith(b"{\\rtf"):
        content.add(kinds.DAMAGED, detail=N_("the RTF header is missing"))
        return
    bare = re.sub(rb"\\[\\{}]", b"", re.sub(rb"\\bin\d+ ?", b"", data)) if b"\\bin" not in data else b""
    if bare and bare.count(b"{") != bare.count(b"}"):
        content.add(kinds.DAMAGED, detail=N_("groups do not close"))
    if b"\\objdata" in data:
        content.add(kinds.EMBEDDED, detail=N_("OLE objects"))


def extract(content: Content, limit: int) -> str:
    """Return the text."""
    data = content.data() if content.size <= LARGEST else content.view[:LARGEST]
    reader = _Reader(limit=limit * 2)
    for match in _TOKEN.finditer(data):
        word, number, code, symbol, brace, plain = match.groups()
        if plain is not None:
            reader.take(plain)
        elif brace is not None:
            reader.brace(brace)
        elif code is not None:
            reader.take(bytes((int(code, 16),)))
        elif word is not None:
            reader.word(word, int(number) if number else None)
        elif symbol is not None:
            reader.symbol(symbol)
        if reader.length > reader.limit:
            break
    reader.flush()
    return "".join(reader.parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _codec(page: int) -> str:
    try:
        "".encode(f"cp{page}")
    except LookupError:
        return "cp1252"
    return f"cp{page}"
