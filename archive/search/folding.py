"""One folding for text and query: `Hồ sơ`, `hồ sơ` in decomposed form, and `ho so` meet in one word.

What Python folds (codes, numbers, filter values, words to mark in a snippet) is folded by `fold`. Running text
is only composed here; the index's own analyzer splits it, lowers it and folds it with the same result.
"""

import re
import unicodedata

_STRAY = re.compile("[\u0300-\u036f\ud800-\udfff]")
"""Marks that NFC could not join to a letter, and halves of surrogate pairs, which UTF-8 cannot carry."""

_LETTERS = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})


def compose(text: str) -> str:
    """Return the text in NFC without stray marks and lone surrogates; diacritics stay."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _STRAY.sub("", text)


def fold(text: str) -> str:
    """Return the text in lower case without diacritics, `đ` as `d`."""
    if text.isascii():
        return text.lower()
    return _STRAY.sub("", unicodedata.normalize("NFD", text)).translate(_LETTERS).lower()


def key(value: str) -> str:
    """Return a code, number or name as it is compared whole: folded, inner white space as one space, capped."""
    return " ".join(fold(value).split())[:MAX_KEY]


MAX_KEY = 500
"""Characters of a code, number or name that are compared."""
