"""From what a clerk wrote to what the circular wants: dates, codes, numbers, yes and no."""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache

from ingest.describe.titles import fold
from model.dates import PartialDate
from model.elements import CODE_TABLES

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?")
_DAY_FIRST = re.compile(
    r"(?:(?P<day>\d{1,2})\s*[/.\-\s]\s*)?(?P<month>\d{1,2})\s*[/.\-\s]\s*(?P<year>\d{4}|\d{2})"
    r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?"
)
_WORDS = re.compile(r"(?:(?:ngay\s*)?(?P<day>\d{1,2})\s*)?thang\s*(?P<month>\d{1,2})\s*nam\s*(?P<year>\d{4}|\d{2})")
_YEAR = re.compile(r"(?:nam\s*)?(\d{4})")
_YES = frozenset(("1", "co", "x", "true", "yes", "y", "dung", "c", "✓", "✔"))
_NO = frozenset(("0", "khong", "false", "no", "n", "sai", "k"))
_TYPE_ABBREVIATIONS = {
    **{"nq": "01", "qđ": "02", "ct": "03", "qc": "04", "qyđ": "05", "tc": "06", "tb": "07", "hd": "08", "ctr": "09"},
    **{"kh": "10", "pa": "11", "đa": "12", "da": "13", "bc": "14", "ttr": "15", "guq": "16", "pg": "17", "pc": "18"},
    **{"pb": "19", "bb": "20", "hđ": "21", "cv": "22", "cđ": "23", "bgn": "24", "btt": "25", "gm": "26", "ggt": "27"},
    "gnp": "28",
}
"""Abbreviations of Decree 30/2020, Annex III; accents tell some of them apart."""
_SYNONYMS = {
    "maintenance": {"vinhvienluutru": "01", "vv": "01", "forever": "01"},
    "mode": {"hanche": "02", "codieukien": "02", "restricted": "02", "khonghanche": "01", "congkhairongrai": "01"},
    "confidenceLevel": {"dientu": "01", "taolapdientu": "01", "digital": "01", "sohoatugiay": "02", "scan": "02"},
    "language": {
        **{"viet": "01", "vi": "01", "vie": "01", "vn": "01", "anh": "02", "en": "02", "eng": "02", "phap": "03"},
        **{"fr": "03", "fra": "03", "nga": "04", "ru": "04", "rus": "04", "trung": "05", "trungquoc": "05", "zh": "05"},
        **{"tienghan": "05", "hannom": "09", "vietanh": "06", "vietnga": "07", "vietphap": "08", "viettrung": "10"},
    },
    "format": {"bt": "02", "hong": "03", "rachnat": "03"},
    "riskRecoveryStatus": {"da": "01", "chua": "02"},
    "typeName": {"vanbankhac": "32", "loaikhac": "32", "other": "32", "letter": "22"},
}


def clean_text(value: object) -> tuple[str, bool]:
    """Return a value as text in NFC without surrounding space, and whether unprintable characters were left out."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "1" if value else "0"
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    elif isinstance(value, datetime | date):
        text = f"{value:%d/%m/%Y}"
    else:
        text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text.strip(), False
    cleaned = _UNPRINTABLE.sub("", text)
    return unicodedata.normalize("NFC", cleaned).strip("\ufeff\u200b\u00a0 \t\r\n"), cleaned != text


@lru_cache(4096)
def read_date(text: str) -> PartialDate | None:
    """Read a date as Vietnamese people write it: the day before the month, always.

    Returns:
        None for a date whose year has two digits.

    Raises:
        ValueError: not a date, or an impossible one.
    """
    plain = _without_accents(text)
    if found := _ISO.fullmatch(plain) or _YEAR_FIRST.fullmatch(plain):
        return _date(found[3], found[2], found[1])
    plain = re.sub(r"^(ngay|thang|nam)\s*(?=\d)", "", plain) if "/" in plain or "-" in plain or "." in plain else plain
    if found := _DAY_FIRST.fullmatch(plain) or _WORDS.fullmatch(re.sub(r"[,.]", " ", plain)):
        return _date(found["day"], found["month"], found["year"])
    if found := _YEAR.fullmatch(plain):
        return PartialDate(int(found[1]))
    raise ValueError(f"not a date: {text!r}")


def _date(day: str | None, month: str, year: str) -> PartialDate | None:
    whole = int(year) if len(year) == 4 else 2000
    if day is not None and int(day) == 0:
        raise ValueError("there is no day 0")
    found = PartialDate(whole, int(month), int(day) if day else None)
    return found if len(year) == 4 else None


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.strip().lower().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def date_of(value: object) -> PartialDate | None:
    """Read a date cell or text; see `read_date`."""
    if isinstance(value, datetime | date):
        return PartialDate(value.year, value.month, value.day)
    return read_date(clean_text(value)[0])


def number_of(text: str) -> int:
    """Read a whole number; thousands may be grouped.

    Raises:
        ValueError: not a whole number.
    """
    if text.isdecimal() and len(text) < 16:
        return int(text)
    if re.fullmatch(r"\d{1,3}([., ]\d{3})+", text):
        return int(re.sub(r"\D", "", text))
    if re.fullmatch(r"\d{1,15}\s*(trang|to|tờ|pages?|sheets?)", text.lower()):
        return int(re.match(r"\d+", text)[0])  # type: ignore[index]  # the pattern above starts with digits
    raise ValueError(f"not a whole number: {text!r}")


def boolean_of(text: str) -> bool:
    """Read yes or no.

    Raises:
        ValueError: neither.
    """
    word = text.strip() if text.strip() in _YES else fold(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"neither yes nor no: {text!r}")


@lru_cache(8192)
def code_of(table: str, text: str) -> str:
    """Return the code that a code or word means; the text itself when the table does not know it."""
    if text in CODE_TABLES[table]:
        return text
    if table == "typeName" and (found := _TYPE_ABBREVIATIONS.get(text.lower())):
        return found
    return _WORDS_OF[table].get(fold(text)) or text


def _word_table(table: str) -> dict[str, str]:
    words = dict(_SYNONYMS.get(table, {}))
    for code, (vietnamese, english) in CODE_TABLES[table].items():
        words[fold(vietnamese)] = words[fold(english)] = words[code] = words[code.lstrip("0")] = code
        words[f"{code}{fold(vietnamese)}"] = words[f"{code}{fold(english)}"] = code
    words.pop("", None)
    return words


_WORDS_OF = {table: _word_table(table) for table in CODE_TABLES}
_TYPE_STARTS = sorted(
    ((vietnamese.lower(), code) for code, (vietnamese, _) in CODE_TABLES["typeName"].items() if code != "32"),
    key=lambda item: -len(item[0]),
)


def split_number(text: str) -> tuple[str, str]:
    """Split a number and notation such as `123/QĐ-UBND`; what has no number is all notation."""
    number, slash, notation = text.partition("/")
    number = number.strip()
    if slash and number[:1].isdigit() and len(number) <= 11:
        return number, notation.strip()
    if text.isdecimal():
        return text, ""
    found = re.fullmatch(r"(\d+[A-Za-z]?)\s*[-–]\s*(\D.*)", text)
    return (found[1], found[2].strip()) if found else ("", text)


def split_type(text: str) -> tuple[str, str]:
    """Split a type from the start of a subject such as `Quyết định về việc …`; the subject stays whole."""
    lowered = text.lower()
    for word, code in _TYPE_STARTS:
        if lowered.startswith(word) and not lowered[len(word) : len(word) + 1].isalnum():
            return code, text
    return "", text


def page_count(text: str) -> int | None:
    """Return how many pages a range such as `5-12` or a single page has; none when it is neither."""
    found = re.fullmatch(r"(\d{1,6})\s*[-–]\s*(\d{1,6})", text)
    if found:
        first, last = int(found[1]), int(found[2])
        return last - first + 1 if last >= first else None
    return 1 if re.fullmatch(r"\d{1,6}", text) else None


def split_list(value: object) -> list[str]:
    """Return the parts of a value that may hold several: a list, or text divided by `;`, `,`, `|` or lines."""
    if isinstance(value, list | tuple):
        return [part for item in value for part in split_list(item)]
    text = clean_text(value)[0]
    divider = r"[;|\n]" if ";" in text or "|" in text or "\n" in text else r","
    return [part for part in (piece.strip() for piece in re.split(divider, text)) if part]


def split_files(value: object) -> list[str]:
    """Return file names: each item of a list; in text only `;`, `|` and line ends divide, a comma may be in a name."""
    if isinstance(value, list | tuple):
        return [name for item in value if (name := item if isinstance(item, str) else clean_text(item)[0])]
    text = value if isinstance(value, str) else clean_text(value)[0]
    return [part for part in (piece.strip() for piece in re.split(r"[;|\r\n]", text)) if part]
