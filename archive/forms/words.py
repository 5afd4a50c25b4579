"""Vietnamese words for numbers, dates and codes, as they stand in forms."""

import unicodedata
from datetime import date, datetime, timedelta, timezone

from model.dates import PartialDate
from model.elements import code_word
from model.findings import printable

DOTS = "……"
"""Where a pen writes what is not known."""
VIETNAM = timezone(timedelta(hours=7))
"""The hour of Viet Nam, which has no summer time; forms do not depend on where the machine stands."""
LARGEST = 10**18 - 1
"""Largest number that has words here."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu")


def shown(text: str) -> str:
    """Return text as a form shows it: composed (NFC), on one line, with control characters visible."""
    composed = unicodedata.normalize("NFC", text)
    if not composed.isprintable():
        composed = "".join(" " if char in "\t\n\r" or unicodedata.category(char) == "Zs" else char for char in composed)
    return printable(composed).strip()


def number_in_words(number: int) -> str:
    """Return a whole number in words, such as `một trăm linh năm`.

    Raises:
        ValueError: negative, or beyond `LARGEST`.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"no words for {number}")
    if number == 0:
        return _DIGITS[0]
    words: list[str] = []
    billions = [number // 10**9, number % 10**9]
    for scale, part in zip(("tỷ", ""), billions, strict=True):
        words += _below_billion(part, leading=not words)
        if part and scale:
            words.append(scale)
    return " ".join(words)


def _below_billion(number: int, *, leading: bool) -> list[str]:
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            words += _below_thousand(group, leading=leading)
            words += [_SCALES[power]] if power else []
            leading = False
    return words


def _below_thousand(number: int, *, leading: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words: list[str] = []
    if hundreds or not leading:
        words += [_DIGITS[hundreds], "trăm"]
    tens, ones = divmod(rest, 10)
    if tens == 0:
        if ones:
            words += ["linh", _DIGITS[ones]] if words else [_DIGITS[ones]]
        return words
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones:
        words.append(_after_tens(tens, ones))
    return words


def _after_tens(tens: int, ones: int) -> str:
    """Return the word of a final digit, which some tens change: mốt, tư, lăm."""
    if ones == 5:
        return "lăm"
    if tens > 1 and ones in (1, 4):
        return "mốt" if ones == 1 else "tư"
    return _DIGITS[ones]


def capitalised(text: str) -> str:
    """Return text with its first letter in capital."""
    return text[:1].upper() + text[1:]


def grouped(number: int) -> str:
    """Return a number with points between its thousands, as in Viet Nam: `1.234.567`."""
    return f"{number:,}".replace(",", ".")


def day_in_words(day: date | None) -> str:
    """Return `ngày 05 tháng 3 năm 2026`; dots for a pen when there is no day.

    Source:
        Decree 30/2020/NĐ-CP, Annex I, II.4: a zero stands before days below 10 and before months 1 and 2.
    """
    if day is None:
        return f"ngày {DOTS} tháng {DOTS} năm {DOTS}"
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def place_and_day(place: str, day: date | None) -> str:
    """Return the line of place and date, with dots for what is not known."""
    return f"{place or DOTS}, {day_in_words(day)}"


def short_day(day: date | PartialDate | None) -> str:
    """Return `dd/mm/yyyy`, or as much of it as is known."""
    if day is None:
        return ""
    return day.vietnamese if isinstance(day, PartialDate) else f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def moment(at: datetime) -> str:
    """Return a time by the clock of Viet Nam."""
    local = at.astimezone(VIETNAM)
    return f"{local.hour:02d} giờ {local.minute:02d} phút, {day_in_words(local.date())}"


def span(first: PartialDate | None, last: PartialDate | None) -> str:
    """Return from when to when, or the one date there is."""
    known = [short_day(day) for day in (first, last) if day is not None]
    return known[0] if len(set(known)) == 1 else " - ".join(known)


def words_of(table: str, *codes: str) -> str:
    """Return the Vietnamese words of codes of Circular 05/2025/TT-BNV; an unknown code stays as it is."""
    return ", ".join(code_word(table, code, "vi") for code in codes if code)
