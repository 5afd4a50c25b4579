"""Pages for people: A4 with Vietnamese type, made with ReportLab."""

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from model.findings import printable

FONTS = Path(__file__).parent / "fonts"
FONT, BOLD, ITALIC = "LiberationSerif", "LiberationSerif-Bold", "LiberationSerif-Italic"


@cache
def register_fonts() -> None:
    """Tell ReportLab the fonts, embedded as subsets: they have every Vietnamese letter."""
    from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in ((FONT, "Regular"), (BOLD, "Bold"), (ITALIC, "Italic")):
        registerFont(TTFont(name, str(FONTS / f"LiberationSerif-{file}.ttf")))
    registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


@cache
def styles() -> dict[str, Any]:
    """Return the paragraph styles of a report: `title`, `heading`, `body`, `small`, `label`."""
    from reportlab.lib.styles import ParagraphStyle

    register_fonts()
    body = ParagraphStyle("body", fontName=FONT, fontSize=9.5, leading=12, spaceAfter=2)
    title = ParagraphStyle("title", parent=body, fontName=BOLD, fontSize=15, leading=18, alignment=1, spaceAfter=4)
    return {
        "title": title,
        "subtitle": ParagraphStyle("subtitle", parent=body, fontName=ITALIC, alignment=1, spaceAfter=6),
        "heading": ParagraphStyle("heading", parent=body, fontName=BOLD, fontSize=11, leading=14, spaceBefore=6),
        "body": body,
        "label": ParagraphStyle("label", parent=body, fontName=BOLD),
        "small": ParagraphStyle("small", parent=body, fontSize=8, leading=10),
    }


def escaped(text: str) -> str:
    """Return text for a paragraph: its markup characters as they are, control characters visible."""
    return escape(printable(text))
