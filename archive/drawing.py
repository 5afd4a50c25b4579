"""Something simple to draw on: rectangles and words, on paper (PDF), as vectors (SVG) or as pixels (PNG)."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol
from xml.sax.saxutils import escape

from preservation.printing.page import FONT, FONTS, register_fonts

FORMATS = (".svg", ".png", ".pdf")


class Sheet(Protocol):
    """Something to draw on; the origin is at the top left."""

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """Draw a filled rectangle."""
        ...

    def words(self, left: float, top: float, text: str, size: int, colour: str) -> None:
        """Write words whose top left corner is given."""
        ...

    def content(self) -> bytes:
        """Return the file."""
        ...


def new_sheet(suffix: str, width: int, height: int) -> Sheet:
    """Return an empty sheet.

    Args:
        suffix: one of `FORMATS`.
        width: in pixels, or points on paper.
        height: likewise.
    """
    sheets: dict[str, Callable[[int, int], Sheet]] = {".svg": _Svg, ".png": _png, ".pdf": _Pdf}
    return sheets[suffix](width, height)


class _Svg:
    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._parts = [f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        self._parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
        )

    def words(self, left: float, top: float, text: str, size: int, colour: str) -> None:
        place = f'x="{left:.1f}" y="{top + size:.1f}" font-size="{size}" fill="{colour}"'
        self._parts.append(f"<text {place}>{escape(text)}</text>")

    def content(self) -> bytes:
        width, height = self._size
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="serif">'
        return "\n".join([head, *self._parts, "</svg>\n"]).encode()


def _png(width: int, height: int) -> Sheet:
    from formats.drawing import PngSheet

    return PngSheet(width, height, FONTS / f"{FONT}-Regular.ttf")


class _Pdf:
    def __init__(self, width: int, height: int) -> None:
        from reportlab.pdfgen.canvas import Canvas

        register_fonts()
        self._height = height
        self._stream = BytesIO()
        self._canvas: Any = Canvas(self._stream, pagesize=(width, height), invariant=True)

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        self._canvas.setFillColor(colour)
        self._canvas.rect(left, self._height - top - height, width, height, stroke=0, fill=1)

    def words(self, left: float, top: float, text: str, size: int, colour: str) -> None:
        self._canvas.setFillColor(colour)
        self._canvas.setFont(FONT, size)
        self._canvas.drawString(left, self._height - top - size, text)

    def content(self) -> bytes:
        self._canvas.showPage()
        self._canvas.save()
        return self._stream.getvalue()
