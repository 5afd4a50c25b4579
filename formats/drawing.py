"""Pictures made here: rectangles and words as PNG."""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont


class PngSheet:
    """A white picture to draw on; the origin is at the top left.

    Args:
        width: pixels.
        height: pixels.
        font: TrueType file.
    """

    def __init__(self, width: int, height: int, font: Path) -> None:
        self._image = Image.new("RGB", (width, height), "#ffffff")
        self._draw = ImageDraw.Draw(self._image)
        self._font = font

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """Draw a filled rectangle."""
        self._draw.rectangle((left, top, left + max(width - 1, 0), top + max(height - 1, 0)), fill=colour)

    def words(self, left: float, top: float, text: str, size: int, colour: str) -> None:
        """Write words whose top left corner is given."""
        self._draw.text((left, top), text, fill=colour, font=ImageFont.truetype(str(self._font), size))

    def content(self) -> bytes:
        """Return the PNG file."""
        stream = BytesIO()
        self._image.save(stream, "PNG")
        return stream.getvalue()
