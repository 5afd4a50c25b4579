"""The XML of a message, read once from beginning to end in bounded memory.

Names are told apart without namespaces, since messages are sent with and without them; a prefix that
is not declared is noted and reading goes on, so that the refusal can name the document.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from ingest.edxml import findings as kinds
from ingest.edxml.content import Contents
from ingest.edxml.nodes import Node
from ingest.edxml.refusal import DEPTH, ELEMENTS, PREFIXES, SIZE, TEXTS, TOKEN, Refused, beyond
from ingest.edxml.values import EdxmlLimits
from model.findings import Finding
from model.text import N_
from preservation.package.edxml import begins_as_edxml

CHUNK = 1 << 18
_TOKEN = 1 << 20
"""Bytes of one tag or comment: more would be scanned again and again."""
_PREFIXES = 256
_NOTED = 100
_SNIFF = 4096
_BLANKS = b" \t\r\n\xef\xbb\xbf"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_UTF_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_ENCODINGS = re.compile(r"utf-?(8|16(-?(le|be))?)|us-ascii|ascii|iso-8859-1|windows-125[28]|cp125[28]", re.IGNORECASE)
_CONTENT = {
    "ContentTransferEncoded": ("Attachment",),
    "Content": ("Attachment",),
    "value": ("attachment", "Attachment"),
}
"""Elements whose text is base64, and the elements they stand in."""
_CUT_OFF = (
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
)
_AFTER = N_("something follows the last element")
_INNER = N_("an element stands inside it")
_EMPTY = N_("the file is empty")
_NOT_XML = N_("it does not begin as XML does")


@dataclass(slots=True)
class Parsed:
    """What was read of a document, whole or up to where it had to be given up."""

    root: Node | None = None
    findings: list[Finding] = field(default_factory=list)
    refused: bool = False
    """Whether one of the findings forbids taking the message in."""
    encoding: str = "UTF-8"

    def refuse(self, finding: Finding) -> None:
        """Note what forbids taking the message in."""
        self.findings.append(finding)
        self.refused = True


def parse_message(stream: BinaryIO, contents: Contents, limits: EdxmlLimits) -> Parsed:
    """Read the XML of a message; the content of attachments goes to `contents`.

    Never raises for what is in the document: what must be refused is in the result's findings.
    """
    parsed = Parsed()
    reader = _Reader(parsed, contents, limits)
    try:
        reader.read(stream)
    except Refused as refused:
        parsed.refuse(refused.finding)
    except expat.ExpatError as error:
        parsed.refuse(_fault(error))
    except (LookupError, ValueError) as error:  # the codec of a declared encoding
        parsed.refuse(kinds.ENCODING.at(encoding=parsed.encoding, detail=type(error).__name__))
    finally:
        contents.abandon()
        reader.release()
    return parsed


class _Reader:
    """Turns the parser's events into elements, and counts everything against the limits."""

    def __init__(self, parsed: Parsed, contents: Contents, limits: EdxmlLimits) -> None:
        self._parsed = parsed
        self._contents = contents
        self._limits = limits
        self._stack: list[Node] = []
        self._scopes: list[dict[str, str]] = [{"": "", "xml": "http://www.w3.org/XML/1998/namespace"}]
        self._elements = 0
        self._texts = 0
        self._fed = 0
        self._diverted = False
        self._compose = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.buffer_size = CHUNK
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.XmlDeclHandler = self._declaration

    def release(self) -> None:
        """Let go of the parser, which refers to this object and is referred to by it."""
        parser = self._parser
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.StartDoctypeDeclHandler = parser.XmlDeclHandler = None

    def read(self, stream: BinaryIO) -> None:
        chunk = self._beginning(stream.read(CHUNK))
        while chunk:
            self._fed += len(chunk)
            if self._fed > self._limits.message:
                raise beyond(SIZE, self._limits.message)
            self._parser.Parse(chunk, False)
            if self._fed - max(self._parser.CurrentByteIndex, 0) > _TOKEN + CHUNK:
                raise beyond(TOKEN, _TOKEN, self._place())
            chunk = stream.read(CHUNK)
        self._parser.Parse(b"", True)

    def _beginning(self, chunk: bytes) -> bytes:
        """Judge what stands before the XML declaration, and return the document from there."""
        if chunk.startswith(_UTF_32):
            raise Refused(kinds.ENCODING.at(encoding="UTF-32"))
        bom = next((mark for mark in _BOMS if chunk.startswith(mark)), b"")
        if bom:
            self._parsed.findings.append(kinds.BOM.at())
        if bom in _BOMS[1:] or chunk[:2] in (b"<\0", b"\0<"):
            return chunk
        if not chunk.strip(_BLANKS):
            raise Refused(kinds.NOT_EDXML.at(what=_EMPTY))
        start = chunk.find(b"<")
        before = chunk[:start].strip(_BLANKS) if start >= 0 else chunk
        if not before:
            return self._without_blanks(chunk, start, bom)
        if start < 0 or not begins_as_edxml(chunk[:_SNIFF]):
            raise Refused(kinds.NOT_EDXML.at(what=_NOT_XML))
        shown = before[:20].decode("utf-8", "backslashreplace")
        self._parsed.refuse(kinds.STRAY_BYTES.at("line 1", count=start, text=shown))
        return chunk[start:]

    def _without_blanks(self, chunk: bytes, start: int, bom: bytes) -> bytes:
        if start > len(bom) and chunk.startswith(b"<?xml", start):
            self._parsed.findings.append(kinds.BLANK_BEFORE.at())
            return chunk[start:]
        return chunk

    def _place(self) -> str:
        return f"line {self._parser.CurrentLineNumber}, column {self._parser.CurrentColumnNumber + 1}"

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:  # noqa: ARG002 - expat's signature
        if encoding:
            self._parsed.encoding = encoding[:40]
            if not _ENCODINGS.fullmatch(encoding):
                raise Refused(kinds.ENCODING.at("line 1", encoding=encoding[:40]))
            if encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
                self._parsed.findings.append(kinds.NOT_UTF8.at(encoding=encoding))
                self._compose = encoding.endswith("1258")  # it writes letter and tone as two characters

    def _doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:  # noqa: ARG002 - expat's signature
        raise Refused(kinds.DOCTYPE.at(self._place()))

    def _start(self, written: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self._limits.elements:
            raise beyond(ELEMENTS, self._limits.elements, self._place())
        if len(self._stack) >= self._limits.depth:
            raise beyond(DEPTH, self._limits.depth, self._place())
        scope = self._scopes[-1]
        if attributes:
            scope = self._declare(scope, attributes)
        self._scopes.append(scope)
        prefix, _, name = written.rpartition(":")
        node = Node(name, prefix, scope.get(prefix, ""), self._parser.CurrentLineNumber)
        if prefix not in scope:
            self._undeclared(prefix, written)
        if attributes:
            self._attributes(node, scope, attributes)
        self._count(len(written))
        self._open(node)

    def _open(self, node: Node) -> None:
        if self._diverted:
            slot = self._stack[-1].slot
            self._contents.broken.setdefault(slot, _INNER)
        if self._stack:
            parent = self._stack[-1]
            parent.children.append(node)
            if parent.name in _CONTENT.get(node.name, ()) and not self._diverted:
                node.slot = self._contents.begin()
                self._diverted = True
        else:
            self._parsed.root = node
        self._stack.append(node)

    def _end(self, _name: str) -> None:
        self._scopes.pop()
        node = self._stack.pop()
        if node.slot >= 0:
            self._contents.end()
            self._diverted = False

    def _text(self, text: str) -> None:
        if self._diverted:
            self._contents.feed(text)
            return
        parts = self._stack[-1].parts
        if self._compose:
            text = unicodedata.normalize("NFC", text)
        if parts or not text.isspace():
            self._count(len(text))
            parts.append(text)

    def _count(self, size: int) -> None:
        self._texts += size
        if self._texts > self._limits.header:
            raise beyond(TEXTS, self._limits.header, self._place())

    def _declare(self, scope: dict[str, str], attributes: dict[str, str]) -> dict[str, str]:
        new = {
            name[6:]: value for name, value in attributes.items() if name.startswith("xmlns") and name[5:6] in ("", ":")
        }
        if not new:
            return scope
        if len(scope) + len(new) > _PREFIXES:
            raise beyond(PREFIXES, _PREFIXES, self._place())
        return scope | new

    def _attributes(self, node: Node, scope: dict[str, str], attributes: dict[str, str]) -> None:
        for written, value in attributes.items():
            self._count(len(written) + len(value))
            prefix, _, name = written.rpartition(":")
            if prefix == "xmlns" or written == "xmlns":
                continue
            if prefix not in scope:
                self._undeclared(prefix, written)
            node.attributes.setdefault(name, value.strip())

    def _undeclared(self, prefix: str, written: str) -> None:
        if len(self._parsed.findings) < _NOTED:
            self._parsed.refuse(kinds.UNDECLARED_PREFIX.at(self._place(), prefix=prefix[:80], name=written[:120]))


def _fault(error: expat.ExpatError) -> Finding:
    place = f"line {error.lineno}, column {error.offset + 1}"
    if error.code in _CUT_OFF:
        return kinds.TRUNCATED.at(place)
    if error.code == expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]:
        return kinds.NOT_WELL_FORMED.at(place, what=_AFTER)
    return kinds.NOT_WELL_FORMED.at(place, what=expat.ErrorString(error.code))
