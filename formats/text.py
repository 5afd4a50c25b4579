"""Extracted text made fit for the index: NFC, no control characters, one space between words, bounded."""

import re
import unicodedata

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\xa0\r\f\u2000-\u200a\u202f\u3000]{2,}|[\t\xa0\r\f\u2000-\u200a\u202f\u3000]")
_LINES = re.compile(r" ?\n[ \n]*")


def tidy(text: str, limit: int) -> tuple[str, bool]:
    """Return the text made fit for the index, at most `limit` characters, and whether it was cut."""
    raw = text[: limit * 2]
    if not raw.isascii():
        raw = unicodedata.normalize("NFC", raw)
    cleaned = _UNWANTED.sub("", raw)
    cleaned = _LINES.sub("\n", _SPACES.sub(" ", cleaned)).strip()
    return cleaned[:limit], len(cleaned) > limit or len(text) > len(raw) + limit
