"""Letters and decisions as PDF/A-2b, laid out as Decree 30/2020/NĐ-CP asks (Annex I)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import pikepdf
import pypdfium2
from PIL import ImageCms
from reportlab import rl_config
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from making.images import scan_jpeg

FONTS = Path(__file__).resolve().parents[2] / "preservation" / "printing" / "fonts"
HANOI = timezone(timedelta(hours=7))
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
INVENTED = "Văn bản minh họa phần mềm: cơ quan, nhân vật và sự việc đều hư cấu."
SCAN_DPI = 150
_IN_SERIF = ("FONTNAME", (0, 0), (-1, -1), "Serif")
"""Tables would name Helvetica, which is not embedded, even where nothing is set in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What stands in one administrative document."""

    over: str
    """The superior body, above the issuing one; may be empty."""
    body: str
    """The issuing body, in capitals."""
    number: str
    """Number and notation, such as `245/QĐ-UBND`."""
    place: str
    day: datetime
    kind: str
    """Name of the type in capitals; empty for an official letter (công văn)."""
    subject: str
    paragraphs: tuple[str, ...]
    """Text with the mark-up of reportlab paragraphs."""
    table: tuple[tuple[str, ...], ...] = ()
    """Rows of a table after the text, the first one its head."""
    to: str = ""
    """`Kính gửi` line."""
    recipients: tuple[str, ...] = ("Như trên;", "Lưu: VT.")
    signer: tuple[str, ...] = ()
    """Capacity, position, then name."""


def write_letter(letter: Letter) -> bytes:
    """Return the letter as PDF/A-2b."""
    return _as_pdfa(_draw(letter), letter)


def write_scanned_letter(letter: Letter, seed: int) -> bytes:
    """Return the letter as a scan: an image of each page over invisible text, PDF/A-2b.

    Source:
        Circular 05/2025/TT-BNV article 8: digitised paper is PDF/A of two layers.
    """
    drawn = _draw(letter)
    with pikepdf.open(io.BytesIO(drawn)) as pdf:
        for number, page in enumerate(pdf.pages):
            image = scan_jpeg(render_page(drawn, number, SCAN_DPI), seed + number, SCAN_DPI)
            _cover_with_scan(pdf, page, *image)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return _as_pdfa(out.getvalue(), letter)


def render_page(content: bytes, number: int, dpi: int):  # type: ignore[no-untyped-def]  # a Pillow image
    """Return one page as an image."""
    document = pypdfium2.PdfDocument(content)
    try:
        return document[number].render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()


def page_count(content: bytes) -> int:
    """Return how many pages a PDF has."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return len(pdf.pages)


def encrypt(content: bytes, password: str) -> bytes:
    """Return the PDF with a password, as a clerk would hand it in by mistake (RC4: AES would differ at every run)."""
    lock = pikepdf.Encryption(owner=password, user=password, R=4, aes=False, metadata=False)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=lock, static_id=True)
    return out.getvalue()


@cache
def _fonts() -> None:
    rl_config.canvas_basefontname = "Serif"
    for name, file in (("Serif", "Regular"), ("Serif-Bold", "Bold"), ("Serif-Italic", "Italic")):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"LiberationSerif-{file}.ttf"))
    pdfmetrics.registerFontFamily("Serif", normal="Serif", bold="Serif-Bold", italic="Serif-Italic")


def _style(name: str, size: float, align: int = TA_JUSTIFY, **more: object) -> ParagraphStyle:
    return ParagraphStyle(name + str(size), fontName=name, fontSize=size, leading=size * 1.3, alignment=align, **more)


def _draw(letter: Letter) -> bytes:
    _fonts()
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        leftMargin=30 * mm,
        rightMargin=18 * mm,
        invariant=1,
        title=f"{letter.kind.capitalize() or 'Công văn'} số {letter.number}",
        lang="vi-VN",
    )
    document.build(_story(letter, document.width - 12), onFirstPage=_footer, onLaterPages=_later_page)
    return out.getvalue()


def _footer(canvas: Canvas, _document: SimpleDocTemplate) -> None:
    canvas.setFont("Serif-Italic", 8)
    canvas.setFillGray(0.35)
    canvas.drawCentredString(A4[0] / 2, 10 * mm, INVENTED)


def _later_page(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Serif", 13)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 13 * mm, str(document.page))
    _footer(canvas, document)


def _story(letter: Letter, width: float) -> list[Flowable]:
    text = _style("Serif", 13.5, firstLineIndent=10 * mm, spaceAfter=5)
    story: list[Flowable] = [_heading(letter, width), Spacer(1, 5 * mm)]
    if letter.kind:
        bold = _style("Serif-Bold", 14, TA_CENTER)
        story += [Paragraph(letter.kind, bold), Paragraph(letter.subject, bold), _Rule(28 * mm), Spacer(1, 4 * mm)]
    if letter.to:
        story += [Paragraph(f"Kính gửi: {letter.to}", _style("Serif", 13.5, TA_CENTER)), Spacer(1, 3 * mm)]
    middle = _style("Serif", 13.5, TA_CENTER, spaceAfter=5)
    story += [Paragraph(line, middle if line == "<b>QUYẾT ĐỊNH:</b>" else text) for line in letter.paragraphs]
    if letter.table:
        story += [Spacer(1, 2 * mm), _table(letter.table, width), Spacer(1, 2 * mm)]
    return [*story, Spacer(1, 4 * mm), _closing(letter, width)]


class _Rule(Flowable):
    """A short line in the middle of its column."""

    def __init__(self, length: float) -> None:
        super().__init__()
        self.length = length

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.column = width
        return width, 5

    def draw(self) -> None:
        self.canv.setLineWidth(0.6)
        self.canv.line((self.column - self.length) / 2, 2.5, (self.column + self.length) / 2, 2.5)


def _heading(letter: Letter, width: float) -> Table:
    capitals = _style("Serif", 12, TA_CENTER)
    bold = _style("Serif-Bold", 12, TA_CENTER)
    left: list[Flowable] = [Paragraph(letter.over, capitals)] if letter.over else []
    left += [Paragraph(letter.body, bold), _Rule(22 * mm), Paragraph(f"Số: {letter.number}", _style("Serif", 13, 1))]
    if not letter.kind:
        left.append(Paragraph(f"V/v {letter.subject}", _style("Serif", 11.5, TA_CENTER)))
    date = f"{letter.place}, ngày {letter.day:%d} tháng {letter.day.month} năm {letter.day.year}"
    right = [
        Paragraph(MOTTO[0], bold),
        Paragraph(MOTTO[1], _style("Serif-Bold", 13, TA_CENTER)),
        _Rule(52 * mm),
        Paragraph(date, _style("Serif-Italic", 13, TA_CENTER)),
    ]
    return _plain([[left, right]], [width * 0.42, width * 0.58])


def _closing(letter: Letter, width: float) -> Table:
    small = _style("Serif", 11, 0)
    left = [Paragraph("<b><i>Nơi nhận:</i></b>", _style("Serif-Bold", 12, 0))]
    left += [Paragraph(f"- {line}", small) for line in letter.recipients]
    right: list[Flowable] = [Paragraph(line, _style("Serif-Bold", 13.5, TA_CENTER)) for line in letter.signer[:-1]]
    right += [Spacer(1, 20 * mm), Paragraph(letter.signer[-1], _style("Serif-Bold", 13.5, TA_CENTER))]
    return _plain([[left, right]], [width * 0.5, width * 0.5])


def _plain(rows: Sequence[Sequence[object]], widths: Sequence[float]) -> Table:
    flush = [(side, (0, 0), (-1, -1), 0) for side in ("LEFTPADDING", "RIGHTPADDING")]
    style = TableStyle([_IN_SERIF, ("VALIGN", (0, 0), (-1, -1), "TOP"), *flush])
    return Table(rows, colWidths=widths, style=style)


def _table(rows: tuple[tuple[str, ...], ...], width: float) -> Table:
    head, cell = _style("Serif-Bold", 11.5, TA_CENTER), _style("Serif", 11.5, 0)
    cells = [[Paragraph(text, head if not index else cell) for text in row] for index, row in enumerate(rows)]
    grid, middle = ("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")
    style = TableStyle([_IN_SERIF, grid, middle])
    longest = [max(len(row[column]) for row in rows) + 2 for column in range(len(rows[0]))]
    widths = [width * size / sum(longest) for size in longest]
    return Table(cells, colWidths=widths, repeatRows=1, style=style)


def _cover_with_scan(pdf: pikepdf.Pdf, page: pikepdf.Page, jpeg: bytes, width: int, height: int) -> None:
    """Put an image under the page's text and make that text invisible."""
    image = pdf.make_stream(
        jpeg,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    page.Resources.XObject = pikepdf.Dictionary(Scan=image)
    kept = []
    for operands, operator in pikepdf.parse_content_stream(page):
        paints = str(operator) in {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*"}
        kept.append(([], pikepdf.Operator("n")) if paints else (operands, operator))
    box = page.mediabox
    under = f"q {float(box[2]):.2f} 0 0 {float(box[3]):.2f} 0 0 cm /Scan Do Q\n3 Tr\n".encode()
    page.Contents = pdf.make_stream(under + pikepdf.unparse_content_stream(kept))


def _as_pdfa(content: bytes, letter: Letter) -> bytes:
    """Add what PDF/A-2b asks for: XMP, output intent, language; and nothing that changes from run to run."""
    moment = letter.day.replace(hour=9, tzinfo=HANOI)
    title = f"{letter.kind.capitalize() or 'Công văn'} số {letter.number}: {letter.subject}"
    with pikepdf.open(io.BytesIO(content)) as pdf:
        del pdf.trailer["/Info"]
        stamp = moment.strftime("D:%Y%m%d%H%M%S+07'00'")
        pdf.docinfo["/Title"] = title
        pdf.docinfo["/Author"] = letter.body
        pdf.docinfo["/Producer"] = "examples/generate.py"
        pdf.docinfo["/CreationDate"] = stamp
        pdf.docinfo["/ModDate"] = stamp
        pdf.Root.Lang = "vi-VN"
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        metadata = pdf.make_stream(_xmp(title, letter.body, moment.isoformat()).encode())
        metadata.Type, metadata.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        pdf.Root.Metadata = metadata
        profile = pdf.make_stream(_srgb(), N=3)
        intent = pikepdf.Dictionary(
            Type=pikepdf.Name.OutputIntent,
            S=pikepdf.Name.GTS_PDFA1,
            OutputConditionIdentifier="sRGB IEC61966-2.1",
            Info="sRGB IEC61966-2.1",
            DestOutputProfile=profile,
        )
        pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, min_version="1.7", compress_streams=True)
    return out.getvalue()


@cache
def _srgb() -> bytes:
    """Return an sRGB profile without the time it was made (bytes 24 to 35 of its header)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = b"\x07\xe8\x00\x01\x00\x01" + bytes(6)
    return bytes(profile)


def _xmp(title: str, author: str, moment: str) -> str:
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>vi-VN</rdf:li></rdf:Bag></dc:language>
<pdf:Producer>examples/generate.py</pdf:Producer>
<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
