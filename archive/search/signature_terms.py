"""Conditions on signatures: verdicts in words, sub-indications, levels, algorithms, and when certificates end."""

import re
from typing import Any

from tantivy import FieldType, Query

from archive.search.folding import fold, key
from archive.search.query import Word
from archive.search.schema import EXPIRY, day_number, schema
from archive.search.values import Verdict

_WORDS = {
    Verdict.PASSED: ("passed", "valid", "total-passed", "hợp lệ", "đạt"),
    Verdict.FAILED: ("failed", "invalid", "total-failed", "không hợp lệ", "hỏng"),
    Verdict.INDETERMINATE: ("indeterminate", "undecided", "chưa xác định", "không xác định"),
    Verdict.NONE: ("none", "unsigned", "không ký", "chưa ký", "không có"),
    Verdict.UNREADABLE: ("unreadable", "không đọc được"),
}
_ENDS = re.compile(r"(?P<sign><=|>=|<|>)?(?P<first>[^.<>=]*)(?P<dots>\.\.)?(?P<last>[^.<>=]*)")


def _letters(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())


VERDICTS = {_letters(word): verdict for verdict, words in _WORDS.items() for word in words}
"""Folded word without spaces and hyphens -> verdict."""


def keyed_query(word: Word) -> Any:
    """Return the query of a field that is compared whole; a verdict that is no word for one finds nothing."""
    value = key(word.text)
    if word.field == "verdict":
        verdict = VERDICTS.get(_letters(word.text))
        return Query.term_query(schema(), "verdict", verdict.value) if verdict else Query.empty_query()
    if word.prefix:
        literal = "".join(f"\\{sign}" if not sign.isalnum() else sign for sign in value)
        return Query.regex_query(schema(), word.field, f"{literal}.*")
    return Query.term_query(schema(), word.field, value)


def expiry_query(text: str) -> Any:
    """Return the query of certificates that end on a day, in a month or year, or between two of these.

    Args:
        text: `2026`, `2026-03`, `2026-03-31`, `31/03/2026`; `2026..2027`, `..2026`, `2026..`; `<2026`, `>=2026-03`.
            Anything else finds nothing.
    """
    bounds = _bounds(text.strip())
    if bounds is None:
        return Query.empty_query()
    low, high = bounds
    return Query.range_query(schema(), EXPIRY, FieldType.Integer, lower_bound=low, upper_bound=high)


def _bounds(text: str) -> tuple[int | None, int | None] | None:
    match = _ENDS.fullmatch(text)
    if match is None or (match["sign"] and match["dots"]):
        return None
    first, first_last = _days(match["first"])
    last = _days(match["last"])[1] if match["dots"] else first_last
    if (match["first"] and first is None) or (match["last"] and last is None) or (first is None and last is None):
        return None
    if match["sign"] and first is not None and last is not None:
        return {"<": (None, first - 1), "<=": (None, last), ">": (last + 1, None), ">=": (first, None)}[match["sign"]]
    return first, last


def _days(text: str) -> tuple[int | None, int | None]:
    """Return the first and the last day that a date may mean."""
    iso = "-".join(reversed(text.split("/")))
    return day_number(iso), day_number(iso, last=True)
