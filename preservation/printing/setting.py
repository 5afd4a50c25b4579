"""Setting words in lines: their widths, where lines break, and what to do about letters the fonts lack."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from preservation.printing.page import BOLD, FONT, ITALIC, register_fonts

_BREAKABLE = "/-._,;:@"
"""Signs after which a word too long for its line may be broken."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a piece of one, in one face."""

    text: str
    face: str
    width: float
    """In points."""


Line = tuple[Word, ...]


@cache
def _face(name: str) -> Any:
    from reportlab.pdfbase.pdfmetrics import getFont

    register_fonts()
    return getFont(name).face


@cache
def _advance(character: str, face: str) -> float:
    """Return the width of a character in thousandths of the size."""
    font = _face(face)
    return float(font.charWidths.get(ord(character), font.defaultWidth))


@lru_cache(maxsize=1 << 16)
def _units(text: str, face: str) -> float:
    return sum(_advance(character, face) for character in text)


def text_width(text: str, face: str, size: float) -> float:
    """Return how wide a text is in points."""
    return _units(text, face) * size / 1000


@cache
def _has(character: str) -> bool:
    """Whether all faces have a letter; one that a face lacks would be an empty box, which PDF/A forbids."""
    return all(ord(character) in _face(name).charToGlyph for name in (FONT, BOLD, ITALIC))


@lru_cache(maxsize=1 << 16)
def drawable(text: str) -> str:
    """Return text with every letter the fonts lack replaced by its number, such as `[U+1F600]`."""
    if text.isascii() or all(map(_has, text)):
        return text
    return "".join(character if _has(character) else f"[U+{ord(character):04X}]" for character in text)


def break_lines(runs: Sequence[tuple[str, str]], size: float, room: float, indent: float = 0) -> list[Line]:
    """Break text into lines.

    Args:
        runs: pieces of drawable text with their faces.
        size: of the letters, in points.
        room: width of a line in points; a word that is wider is broken.
        indent: by how much the first line is shorter.
    Returns:
        At least one line; its words are in order.
    """
    lines: list[Line] = []
    current: list[Word] = []
    left = room - indent
    for text, face in runs:
        space = text_width(" ", face, size)
        for piece in text.split():
            width = text_width(piece, face, size)
            needed = width + (space if current else 0)
            if needed <= left:
                current.append(Word(piece, face, width))
                left -= needed
                continue
            if current:
                lines.append(tuple(current))
                current, left = [], room
            while width > left:
                head = _fitting(piece, face, size, left)
                lines.append((Word(head, face, text_width(head, face, size)),))
                piece, left = piece[len(head) :], room
                width = text_width(piece, face, size)
            current.append(Word(piece, face, width))
            left -= width
    lines.append(tuple(current))
    return lines


def _fitting(piece: str, face: str, size: float, room: float) -> str:
    """Return the beginning of a long word that fits, broken after a sign where that wastes little."""
    reached, count, last = 0.0, 0, 0
    limit = room * 1000 / size
    for count, character in enumerate(piece):
        reached += _advance(character, face)
        if reached > limit:
            break
        if character in _BREAKABLE:
            last = count + 1
    kept = last if last > count // 2 else count
    return piece[: max(kept, 1)]
