"""Extracted text made fit for the index: NFC, no control characters, one space between words, bounded."""

import re
import unicodedata

_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]"
)


def tidy(text: str, limit: int) -> tuple[str, bool]:
    """Return the text made fit for the index, at most `limit` characters, and whether it was cut."""
    raw = text[: limit * 2]
    if not raw.isascii():
        raw = unicodedata.normalize("NFC", raw)
    if not raw.replace("\n", "").isprintable():
        raw = _UNWANTED.sub("", raw)
    cleaned = "\n".join(filter(None, [" ".join(line.split()) for line in raw.splitlines()]))
    return cleaned[:limit], len(cleaned) > limit or len(text) > limit * 2
