"""Images: opened and decoded completely, within a cap on pixels.

Source:
    ISO/IEC 10918-1 (JPEG), ISO/IEC 15948 (PNG), TIFF 6.0
"""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from formats import findings as kinds
from formats.content import READ_AT_ONCE, Content
from formats.tools import tool_version
from model.text import N_

_FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "JPEG2000", "MPO")
_PIXELS = 250_000_000
_PIXELS_PER_BYTE = 2_000
_FROM = 100_000_000
_FRAMES = 500
_PNG = b"\x89PNG\r\n\x1a\n"
_EXIF_VERSION = 0x9000

Image.MAX_IMAGE_PIXELS = None  # the caps above say more than Pillow's warning


def validate(content: Content) -> None:
    """Decode every frame; check PNG chunks and the Exif version beside it."""
    content.ran("Pillow", tool_version("pillow"))
    if content.view[:8] == _PNG:
        _chunks(content)
    try:
        with Image.open(_source(content), formats=_FORMATS) as image:
            if _bounded(content, image):
                _decode(content, image)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (Pillow's decoders raise anything on damaged data)
        content.add(kinds.DAMAGED, detail=_said(error))


def extract(_content: Content, _limit: int) -> str:
    """Return nothing: an image has no text of its own."""
    return ""


def _source(content: Content) -> Any:
    if content.size <= READ_AT_ONCE:
        return BytesIO(content.view)
    content.stream.seek(0)
    return content.stream


def _bounded(content: Content, image: Image.Image) -> bool:
    """Tell whether the image may be decoded."""
    pixels = image.width * image.height
    if pixels > _FROM and pixels > content.size * _PIXELS_PER_BYTE:
        content.add(kinds.BOMB, detail=f"{content.size} B → {image.width} × {image.height} px")
        return False
    if pixels > _PIXELS:
        content.add(kinds.TOO_LARGE, what=N_("the number of pixels of the image"), limit=_PIXELS)
        return False
    return True


def _decode(content: Content, image: Image.Image) -> None:
    if image.format == "JPEG":
        image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
        _exif(content, image)
    frames = min(getattr(image, "n_frames", 1), _FRAMES)
    for number in range(frames):
        if number:
            image.seek(number)
            if not _bounded(content, image):
                return
        image.load()


def _exif(content: Content, image: Image.Image) -> None:
    """Check the Exif version: four digits, no terminator (Exif 2.32 4.6.5)."""
    if "exif" not in image.info:
        return
    version = image.getexif().get_ifd(0x8769).get(_EXIF_VERSION)
    if version is not None and not (isinstance(version, bytes) and len(version) == 4 and version.isdigit()):
        content.add(kinds.DAMAGED, detail=N_("the Exif version is not four digits"))


def _chunks(content: Content) -> None:
    """Check order, lengths and CRCs of the PNG chunks, which decoders forgive."""
    view = content.view
    position, first, ended = 8, True, False
    while position + 12 <= content.size and not ended:
        length, kind = struct.unpack(">I4s", view[position : position + 8])
        end = position + 12 + length
        if first and kind != b"IHDR":
            content.add(kinds.DAMAGED, detail=N_("the first PNG chunk is not IHDR"))
            return
        if end > content.size:
            break
        (crc,) = struct.unpack(">I", view[end - 4 : end])
        if zlib.crc32(view[position + 4 : end - 4]) != crc:
            content.add(kinds.DAMAGED, detail=N_("the CRC of a PNG chunk does not fit"))
            return
        first, ended, position = False, kind == b"IEND", end
    if not ended:
        content.add(kinds.DAMAGED, detail=N_("the PNG does not end with IEND"))
    elif position < content.size:
        content.add(kinds.IRREGULAR, detail=f"{N_('bytes follow the end of the PNG')}: {content.size - position}")


def _said(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return N_("it cannot be opened as an image")
    return str(error) or type(error).__name__
