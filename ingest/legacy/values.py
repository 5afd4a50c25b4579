"""From the words of Circular 02/2019 to the codes of Circular 05/2025."""

import re
from collections.abc import Mapping

from ingest.describe.titles import fold
from ingest.describe.values import code_of, split_list, split_type
from ingest.legacy.names import PARTS
from model.elements import CODE_TABLES

OLD_AGENCY = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2,3}", re.IGNORECASE)
"""An agency code of 13 characters: four levels, the highest last."""
NEW_AGENCY = re.compile(r"[A-Z]\d{2}(\.\d{1,3}){0,6}", re.IGNORECASE)
"""An agency code by Decision 20/2020: the highest level first."""
OTHER_TYPE, OTHER_LANGUAGE, OTHER_PERIOD = "32", "11", "07"
UNDECIDED_PERIOD = frozenset(("laudai", "tamthoi"))
"""Periods of older schedules that no code stands for."""

_YEARS = {70: "02", 50: "03", 30: "04", 20: "05", 10: "06"}
_TYPES = {
    **{"qd": "02", "cv": "22", "congvandi": "22", "congvanden": "22", "vanban": "32", "tt": "32", "thongtu": "32"},
    **{"giayphep": "32", "hopdongkinhte": "21", "bienbanhop": "20", "tt.": "32", "bando": "30", "banve": "31"},
}
"""Words and abbreviations, folded, that the common table does not know; accents are often left out."""
_LEVELS = {"bangoc": "01", "gocdientu": "01", "bandientu": "01", "bansohoa": "02", "sohoa": "02", "honhop": "03"}
_CONDITIONS = {"tot": "01", "binhthuong": "02", "bt": "02", "hong": "03", "ratot": "01", "kem": "03", "xau": "03"}
_ACCESS = {
    **{"khonghanche": "01", "congkhai": "01", "tudo": "01", "rongrai": "01", "sudungrongrai": "01"},
    **{"hanche": "02", "hanchesudung": "02", "sudunghanche": "02", "codieukien": "02", "noibo": "02"},
}


def period_code(text: str) -> str:
    """Return the retention code of a legacy period: words, or a number of years; empty when it needs a decision."""
    folded = fold(text)
    if folded in UNDECIDED_PERIOD:
        return ""
    if re.fullmatch(r"0[1-7]", text):
        return text
    years = re.fullmatch(r"(\d{1,3})(nam|years?)?", folded)
    if years:
        return _YEARS.get(int(years[1]), OTHER_PERIOD)
    code = code_of("maintenance", text)
    return code if code in CODE_TABLES["maintenance"] else OTHER_PERIOD


def access_code(text: str) -> str:
    """Return the access level a word means; the word itself when none, so that a word of secrecy stays in sight."""
    return _ACCESS.get(fold(text)) or code_of("mode", text)


def type_code(text: str) -> str:
    """Return the code of a document type written as text; empty when it is not known."""
    code = code_of("typeName", text)
    if code in CODE_TABLES["typeName"]:
        return code
    found = _TYPES.get(fold(text)) or split_type(text)[0]
    if found:
        return found
    first = re.split(r"[\s\-/]", text.strip(), maxsplit=1)[0]
    code = code_of("typeName", first) if first != text and len(first) <= 4 else ""
    return code if code in CODE_TABLES["typeName"] else ""


def language_codes(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the codes of the languages a text names, and the words that are not known."""
    whole = "" if re.search(r"[;,|\n]", text) else _language(text)
    if whole:
        return (whole,), ()
    codes: list[str] = []
    unknown: list[str] = []
    for part in split_list(re.sub(r"\s+và\s+|/|\+", ";", text)):
        code = _language(part)
        codes.append(code or OTHER_LANGUAGE)
        if not code:
            unknown.append(part)
    return tuple(dict.fromkeys(codes)), tuple(unknown)


def _language(text: str) -> str:
    for candidate in (text, re.sub(r"(?i)^\s*(tiếng|chữ)\s+", "", text)):
        code = code_of("language", candidate)
        if code in CODE_TABLES["language"]:
            return code
    return ""


def level_code(text: str) -> str:
    """Return the code of a level of confidence; empty when it is not known."""
    code = _LEVELS.get(fold(text)) or code_of("confidenceLevel", text)
    return code if code in CODE_TABLES["confidenceLevel"] else ""


def condition_code(text: str) -> str:
    """Return the code of a physical condition; empty when it is not known."""
    code = _CONDITIONS.get(fold(text)) or code_of("format", text)
    return code if code in CODE_TABLES["format"] else ""


def agency_of(fields: Mapping[str, str]) -> str:
    """Return the agency code among the parts of a file code: the fonds where it is one, else the archive's."""
    fonds, archive = fields.get("OrganId", ""), fields.get("Identifier", "")
    for code in (fonds, archive):
        if is_agency(code):
            return code
    return archive or fonds


def is_agency(code: str) -> bool:
    """Tell whether a code has the form of an agency's, old or new."""
    return bool(OLD_AGENCY.fullmatch(code) or NEW_AGENCY.fullmatch(code))


def is_made_of(code: str, fields: Mapping[str, str]) -> bool:
    """Tell whether a file code is made of its parts, in their order; how they are joined is not prescribed.

    The four parts together may be longer than the code may be, so systems leave out the archive or the fonds.
    """
    parts = [fold(fields.get(name, "")) for name in PARTS]
    rest = parts[2] + parts[3]
    return fold(code) in {parts[0] + parts[1] + rest, parts[0] + rest, parts[1] + rest, rest}


def year_of(catalog: str) -> str:
    """Return the year a file catalogue is of; empty when it is the number of an inventory instead."""
    return catalog if re.fullmatch(r"(1[89]|20)\d\d", catalog) else ""
