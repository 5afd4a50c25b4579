"""PDF: structure by qpdf, rules of our own beside it, and text by PDFium.

qpdf repairs what it can and says so; whatever it had to repair is damage here.

Source:
    ISO 32000-2 7.5 (file structure), 7.6 (encryption), 7.7 (document structure); ISO 19005
"""

import ctypes
import re
import shutil
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf

from formats import findings as kinds
from formats.content import READ_AT_ONCE, Content
from formats.tools import tool_version
from model.text import N_

_HEADER = re.compile(rb"%PDF-(1\.[0-7]|2\.0)(?=[\s%])")
_ANY_HEADER = re.compile(rb"%PDF-")
_PART = re.compile(rb"pdfaid:part(?:\s*=\s*[\"']|>)\s*([1-4])")
_LEVEL = re.compile(rb"pdfaid:conformance(?:\s*=\s*[\"']|>)\s*([A-Fa-f])")
_MAX_OBJECTS = 200_000
_MAX_PAGES = 5_000
_CHECKED_PAGES = 500
_DECODED = 64 << 20
_REPORTED = 5
_HARMLESS = (
    "Resources is missing or invalid",
    "extraneous whitespace seen",
    "ignoring non-stream",
    "xref entry for the xref stream itself",
)
_DECODABLE = frozenset(("/FlateDecode", "/LZWDecode", "/ASCIIHexDecode", "/ASCII85Decode", "/RunLengthDecode"))
_STREAM_NAME = re.compile(r"^(?:WARNING: )?(?:stream <[^>]*>[:,]? ?)?")


def validate(content: Content) -> None:
    """Check header, end, cross-references, every object, page tree and streams; note encryption and risks."""
    content.ran("qpdf (pikepdf)", tool_version("pikepdf"))
    version = _header(content)
    _end(content)
    source = BytesIO(content.view) if content.size <= READ_AT_ONCE else content.stream
    try:
        pdf = pikepdf.open(source, suppress_warnings=True)
    except pikepdf.PasswordError:
        content.add(kinds.ENCRYPTED, detail=N_("needs a password to open"))
        return
    except (pikepdf.PdfError, ValueError) as error:
        content.add(kinds.DAMAGED, detail=_said(error))
        return
    with pdf:
        _document(content, pdf, version)


def extract(content: Content, limit: int) -> str:
    """Return the text of the pages in order."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # it has no stubs

    data = content.data()
    document = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    if not document:
        raise ValueError("PDFium cannot open the document")
    parts: list[str] = []
    length = 0
    try:
        for number in range(min(pdfium.FPDF_GetPageCount(document), _MAX_PAGES)):
            parts.append(_page_text(pdfium, document, number))
            length += len(parts[-1])
            if length > limit:
                break
    finally:
        pdfium.FPDF_CloseDocument(document)
    return "\n".join(parts)


def _page_text(pdfium: Any, document: Any, number: int) -> str:
    page = pdfium.FPDF_LoadPage(document, number)
    if not page:
        return ""
    text = pdfium.FPDFText_LoadPage(page)
    try:
        count = pdfium.FPDFText_CountChars(text) if text else 0
        if count <= 0:
            return ""
        buffer = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(text, 0, count, buffer)
        return bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", "replace")
    finally:
        pdfium.FPDFText_ClosePage(text)
        pdfium.FPDF_ClosePage(page)


def _header(content: Content) -> str:
    """Check the first line. Return the version it names, empty when none."""
    head = content.view[:1024]
    match = _HEADER.match(head)
    if match:
        return match[1].decode("ascii")
    later = _HEADER.search(head)
    if later:
        content.add(kinds.IRREGULAR, detail=f"{N_('bytes stand before the PDF header')}: {later.start()}")
        return later[1].decode("ascii")
    detail = N_("the header names no PDF version") if _ANY_HEADER.search(head) else N_("there is no PDF header")
    content.add(kinds.DAMAGED, detail=detail)
    return ""


def _end(content: Content) -> None:
    """Check that the file ends with its end-of-file marker."""
    tail = content.view[-1024:].rstrip(b"\x00\r\n\t \x1a")
    at = tail.rfind(b"%%EOF")
    if at < 0:
        content.add(kinds.DAMAGED, detail=N_("the end-of-file marker %%EOF is missing"))
    elif at + 5 < len(tail):
        content.add(kinds.IRREGULAR, detail=f"{N_('bytes follow the end-of-file marker')}: {len(tail) - at - 5}")


def _document(content: Content, pdf: pikepdf.Pdf, version: str) -> None:
    if pdf.is_encrypted:
        content.add(kinds.ENCRYPTED, detail=N_("restrictions set by an owner password"))
    claim = _claim(pdf)
    searched = [content.view]
    flate = False
    problems: list[str] = []
    try:
        pages = _pages(pdf)
        content.pages = len(pdf.pages)
        for piece, compressed in _streams(pdf):
            flate = flate or compressed
            if piece:
                searched.append(piece)
        problems.extend(_page_problems(pdf, pages))
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, TypeError) as error:
        problems.append(_said(error))
    if flate and version in ("1.0", "1.1"):
        problems.append(f"{N_('the compression is newer than the PDF version in the header')}: {version}")
    _report(content, pdf, problems, claim)
    active = _active(searched)
    if active:
        content.add(kinds.ACTIVE, detail=active)
    embedded = any(piece.find(b"/EmbeddedFile") >= 0 for piece in searched)
    if embedded:
        content.add(kinds.EMBEDDED, detail=N_("attachments of the PDF"))
    if claim:
        _judge_claim(content, pdf, claim, active, embedded=embedded)


def count_pages(path: Path) -> int:
    """Return how many pages a PDF of our own making has."""
    with pikepdf.open(path) as pdf:
        return len(pdf.pages)


def _pages(pdf: pikepdf.Pdf) -> list[pikepdf.Page]:
    count = len(pdf.pages)
    return [pdf.pages[number] for number in range(min(count, _CHECKED_PAGES))]


def _streams(pdf: pikepdf.Pdf) -> Iterator[tuple[bytes, bool]]:
    """Resolve every object and decode every stream within the cap.

    Yields:
        The decoded bytes of object streams (else nothing), and whether the stream is Flate-compressed.
    """
    left = _DECODED
    for number, item in enumerate(pdf.objects):
        if number >= _MAX_OBJECTS:
            return
        if not isinstance(item, pikepdf.Stream):
            continue
        filters = item.get("/Filter")
        names = [str(name) for name in filters] if isinstance(filters, pikepdf.Array) else [str(filters or "")]
        flate = "/FlateDecode" in names
        packed = int(item.get("/Length", 0))
        if left <= packed or not (names == [""] or _DECODABLE.issuperset(names)):
            yield b"", flate
            continue
        data = item.read_bytes()
        left -= len(data)
        yield (data if item.get("/Type") == "/ObjStm" else b""), flate


def _page_problems(pdf: pikepdf.Pdf, pages: list[pikepdf.Page]) -> Iterator[str]:
    """Yield what is wrong with the catalog and the page tree (ISO 32000-2 7.7.2, 7.7.3)."""
    tree = pdf.Root.get("/Pages")
    if not isinstance(tree, pikepdf.Dictionary) or "/Count" not in tree:
        yield N_("the page tree has no page count")
    elif int(tree.Count) != len(pdf.pages):
        yield N_("the page count differs from the pages")
    if not pages:
        yield N_("the document has no page")
    for number, page in enumerate(pages, 1):
        yield from (f"{problem}: {number}" for problem in _one_page(page.obj))


def _one_page(page: pikepdf.Object) -> Iterator[str]:
    parent = page.get("/Parent")
    if not isinstance(parent, pikepdf.Dictionary) or "/Kids" not in parent:
        yield N_("the parent of this page is not a page tree node")
    contents = page.get("/Contents")
    if contents is not None and not isinstance(contents, pikepdf.Stream | pikepdf.Array):
        yield N_("the content of this page is not a stream")
    resources = page.get("/Resources")
    fonts = resources.get("/Font") if isinstance(resources, pikepdf.Dictionary) else None
    if fonts is not None and not isinstance(fonts, pikepdf.Dictionary):
        yield N_("the fonts of this page are not a dictionary")
    elif fonts is not None:
        for name, font in list(fonts.items())[:200]:
            if not isinstance(font, pikepdf.Dictionary) or font.get("/Type") != "/Font" or "/Subtype" not in font:
                yield f"{N_('a font of this page is none')}: {name}"


def _report(content: Content, pdf: pikepdf.Pdf, problems: list[str], claim: str) -> None:
    """Turn qpdf's warnings and our own problems into findings, a few of each."""
    said = [_said(warning) for warning in pdf.get_warnings()]
    light = [one for one in said if one.endswith(_HARMLESS) or any(word in one for word in _HARMLESS)]
    if claim[:1] in ("2", "3", "4"):
        # ISO 19005-2 6.2.2: a content stream has its resources explicitly; qpdf only repairs their absence.
        problems.extend(one for one in light if "Resources" in one)
        light = [one for one in light if "Resources" not in one]
    problems[:0] = [one for one in said if one not in light and one not in problems]
    for detail in dict.fromkeys(problems[:_REPORTED]):
        content.add(kinds.DAMAGED, detail=detail)
    for detail in dict.fromkeys(light[:_REPORTED]):
        content.add(kinds.IRREGULAR, detail=detail)


def _active(searched: list[Any]) -> str:
    """Return the kinds of program code named in the file's own bytes or its object streams."""
    found = [
        label
        for mark, label in ((b"/JavaScript", "JavaScript"), (b"/Launch", N_("starting of programs")))
        if any(piece.find(mark) >= 0 for piece in searched)
    ]
    return "; ".join(found)


def _claim(pdf: pikepdf.Pdf) -> str:
    """Return the PDF/A part and level that the metadata claim, such as `2b`; empty for none."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return ""
    try:
        data = metadata.read_bytes()
    except pikepdf.PdfError:
        return ""
    part, level = _PART.search(data), _LEVEL.search(data)
    if part is None:
        return ""
    return part[1].decode("ascii") + (level[1].decode("ascii").lower() if level else "")


def _judge_claim(content: Content, pdf: pikepdf.Pdf, claim: str, active: str, *, embedded: bool) -> None:
    """Record the claim to be PDF/A, and the cheapest reasons to doubt it."""
    content.add(kinds.PDFA_CLAIMED, flavour=claim)
    doubts = [
        reason
        for applies, reason in (
            (pdf.is_encrypted, N_("it is encrypted (6.1.3)")),
            (bool(active), N_("it holds program code (6.6.1)")),
            (embedded and claim[0] == "1", N_("it holds embedded files (6.1.11)")),
            ("/ID" not in pdf.trailer, N_("its trailer has no ID (6.1.3)")),
        )
        if applies
    ]
    if doubts:
        content.add(kinds.PDFA_DOUBTFUL, flavour=claim, detail="; ".join(doubts))
    if not _verapdf_installed():
        content.skipped("veraPDF", "veraPDF not installed")


@cache
def _verapdf_installed() -> bool:
    return shutil.which("verapdf") is not None


def _said(error: object) -> str:
    """Return qpdf's sentence without the name of the file."""
    return _STREAM_NAME.sub("", str(error)).strip()[:300]
