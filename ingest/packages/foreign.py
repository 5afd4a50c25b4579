"""Values of foreign standards as the circular has them: languages, dates and rules of access."""

import re

from ingest.describe.values import code_of, date_of
from ingest.sources.secrecy import is_secret_mode
from model.elements import CODE_TABLES

_LANGUAGES = {
    **{"vie": "01", "vi": "01", "vi-vn": "01", "eng": "02", "en": "02", "fre": "03", "fra": "03", "fr": "03"},
    **{"rus": "04", "ru": "04", "chi": "05", "zho": "05", "zh": "05", "lzh": "09"},
}
_PAIRS = {frozenset(("01", "02")): "06", frozenset(("01", "04")): "07", frozenset(("01", "03")): "08"}
_ISO_RANGE = re.compile(r"(\d{4}(?:-\d\d){0,2})(?:T[^/]*)?\s*/\s*(\d{4}(?:-\d\d){0,2})(?:T.*)?")
_WORD_RANGE = re.compile(r"(.+?)\s+[-–—]\s+(.+)|(\d{4})\s*[-–—]\s*(\d{4})")
_OTHER = "11"


def language_codes(texts: list[str]) -> list[str]:
    """Return the circular's codes of languages given by ISO 639 codes or by their names."""
    codes = [_LANGUAGES.get(text.lower()) or code_of("language", text) for text in texts if text]
    known = [code if code in CODE_TABLES["language"] else _OTHER for code in codes]
    joined = _PAIRS.get(frozenset(known)) if len(known) == 2 else None
    return [joined] if joined else list(dict.fromkeys(known))


def date_range(text: str) -> tuple[str, str] | None:
    """Return the two ends of a range of dates, or a date twice; none when it is no date that can be read."""
    found = _ISO_RANGE.fullmatch(text.strip())
    ends = (found[1], found[2]) if found else (text.strip(), text.strip())
    if not found and (words := _WORD_RANGE.fullmatch(text.strip())):
        ends = (words[1] or words[3], words[2] or words[4])
    try:
        readable = all(date_of(end) is not None for end in ends)
    except (ValueError, OverflowError):
        return None
    return ends if readable else None


def access_level(text: str) -> str:
    """Return the circular's access level a rule of access means; words of secrecy stay as they are, else empty."""
    code = code_of("mode", text)
    if code in CODE_TABLES["mode"]:
        return code
    return text[:200] if is_secret_mode(text) else ""
