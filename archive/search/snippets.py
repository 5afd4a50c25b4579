"""The text around what was found, with its own diacritics, whatever the query was typed with."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain

from archive.search.compiler import Needle
from archive.search.folding import compose, fold
from archive.search.values import SNIPPET_MARKS

SNIPPET_CHARACTERS = 220
"""Length of a snippet, without the marks."""
_MAX_MATCHES = 48
"""Places of a text that are looked at to choose the best."""
_MAX_NEEDLES = 12
_BREAK = re.compile(r"\s+")
_LETTER_RANGES = ((0x41, 0x250), (0x1E00, 0x1F00))


@cache
def _variants() -> dict[str, str]:
    """Return for every folded Latin letter the class of all letters that fold to it."""
    letters: dict[str, list[str]] = {}
    for low, high in _LETTER_RANGES:
        for letter in map(chr, range(low, high)):
            folded = fold(letter)
            if letter.isalpha() and len(folded) == 1 and unicodedata.is_normalized("NFC", letter):
                letters.setdefault(folded, []).append(letter)
    return {folded: f"[{''.join(found)}]" for folded, found in letters.items()}


class Snippets:
    """Makes the snippets of one query.

    Args:
        needles: what to mark, in the order of the query.
    """

    def __init__(self, needles: Sequence[Needle]) -> None:
        self.needles = needles[:_MAX_NEEDLES]
        branches = sorted({_pattern(needle) for needle in self.needles}, key=len, reverse=True)
        self.pattern = re.compile("|".join(branches)) if branches else None
        self.exact = frozenset(" ".join(needle.exact) for needle in self.needles)

    def best(self, texts: Iterable[str]) -> str:
        """Return the snippet of the first text with something to mark, else the beginning of the first text."""
        beginning = ""
        for text in texts:
            places = self.places(text)
            if places:
                return self.cut(text, places)
            beginning = beginning or _head(text)
        return beginning

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return where whole words of the query stand, at most `_MAX_MATCHES`."""
        if self.pattern is None:
            return []
        found: list[tuple[int, int]] = []
        for match in self.pattern.finditer(text):
            start, end = match.span()
            if start and text[start - 1].isalnum():
                continue
            found.append((start, end))
            if len(found) == _MAX_MATCHES:
                break
        return found

    def cut(self, text: str, places: list[tuple[int, int]]) -> str:
        """Return the stretch with the most different words of the query, exact ones counting double."""
        best, best_weight = 0, -1
        words = [" ".join(text[start:end].lower().split()) for start, end in places]
        for first, (start, _) in enumerate(places):
            seen: set[str] = set()
            for (_, end), word in zip(places[first:], words[first:], strict=True):
                if end - start > SNIPPET_CHARACTERS // 2:
                    break
                seen.add(word)
            weight = len({fold(word) for word in seen}) + len(seen & self.exact)
            if weight > best_weight:
                best, best_weight = start, weight
        low, high = _window(text, best)
        return _marked(text, low, high, places)


_NO_MARKS = {ord(mark): None for mark in SNIPPET_MARKS}


def _pattern(needle: Needle) -> str:
    words = [
        "".join(_variants().get(letter) or f"[{re.escape(letter)}{re.escape(letter.upper()[:1])}]" for letter in word)
        for word in needle.folded
    ]
    tail = r"[^\W_]*" if needle.prefix else r"(?![^\W_])"
    return r"[\W_]{1,8}".join(words) + tail


def _window(text: str, place: int) -> tuple[int, int]:
    low = max(0, place - SNIPPET_CHARACTERS // 4)
    high = min(len(text), low + SNIPPET_CHARACTERS)
    while low and low < place and not text[low - 1].isspace():
        low += 1
    while high < len(text) and high > place + SNIPPET_CHARACTERS // 2 and not text[high].isspace():
        high -= 1
    return low, high


def _marked(text: str, low: int, high: int, places: list[tuple[int, int]]) -> str:
    opening, closing = SNIPPET_MARKS
    parts = ["…" if low else ""]
    at = low
    for start, end in places:
        if start < low or end > high:
            continue
        parts += [text[at:start].translate(_NO_MARKS), opening, text[start:end], closing]
        at = end
    parts += [text[at:high].translate(_NO_MARKS), "…" if high < len(text) else ""]
    return _BREAK.sub(" ", "".join(parts)).strip()


def _head(text: str) -> str:
    start = text.lstrip()
    if len(start) <= SNIPPET_CHARACTERS:
        return _BREAK.sub(" ", start).strip()
    return _marked(start, 0, _window(start, 0)[1], [])


def texts_to_search(body: str, note: str, keywords: str, title: str) -> Iterable[str]:
    """Return an entry's texts in the order in which a snippet is looked for; the body is composed already."""
    return chain([body] if body else [], (compose(text) for text in (note, keywords, title) if text))
