"""From cells by attribute name to a `CaseFile` and `Document`s, with a finding for every value that cannot be used."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.describe import findings as kinds
from ingest.describe.titles import (
    FILES,
    FORM,
    MORE,
    NUMBER_AND_NOTATION,
    ORDINAL,
    PAGE_RANGE,
    SECRECY,
    TYPE_AND_SUBJECT,
    fold,
)
from ingest.describe.values import (
    boolean_of,
    clean_text,
    code_of,
    date_of,
    number_of,
    page_count,
    split_files,
    split_list,
    split_number,
    split_type,
)
from model.casefile import CaseFile, Document
from model.elements import (
    CASE_FILE_ELEMENTS,
    ELEMENT_SETS,
    LOOSE_ELEMENTS,
    SECRET_MODE,
    Element,
    ElementType,
)
from model.findings import FindingLog

Cells = Mapping[str, object]
"""What was written for each attribute: text, a number, a date, a boolean, or a list of them."""

_SECRECY_NONE = frozenset(("", "khong", "thuong", "khongmat", "none", "no", "0", "binhthuong"))
_DIVIDED = re.compile(r"[;,|\n]")
_CASE = {element.attribute: element for element in (*LOOSE_ELEMENTS, *CASE_FILE_ELEMENTS)}
_DOCUMENT = {element.attribute: element for element in ELEMENT_SETS[""]}
_FORMS = {
    form: {**_DOCUMENT, **{element.attribute: element for element in elements if element.attribute}}
    for form, elements in ELEMENT_SETS.items()
}
_MORE_ONE = f"{MORE}:"
_PLACE_FIELDS = ("fonds_code", "agency_code", "agency_name")


def case_place(element: str) -> str:
    """Return the location of a case-file element in findings."""
    return f"caseFile/{element}"


def document_place(ordinal: int, element: str = "") -> str:
    """Return the location of a document, or of one of its elements, in findings."""
    return f"document[{ordinal}]/{element}" if element else f"document[{ordinal}]"


class Converter:
    """Converts cells; remembers which document attributes were ever given."""

    def __init__(self, log: FindingLog) -> None:
        self._log = log
        self.given: set[str] = set()
        self.without_code = 0

    def case_file(self, cells: Cells) -> CaseFile:
        """Return the case file that cells describe."""
        values: dict[str, Any] = {}
        for attribute, raw in cells.items():
            if (element := _CASE.get(attribute)) is not None:
                self._put(values, element, raw, case_place(element.name))
            elif attribute in _PLACE_FIELDS:
                values[attribute] = clean_text(raw)[0]
        if further := tuple(_further(cells)):
            values[MORE] = further
        _add_secrecy(values, cells)
        return CaseFile(**values)

    def document(self, cells: Cells, ordinal: int) -> Document:
        """Return the document that cells describe, at a place in the case file."""
        values: dict[str, Any] = {}
        elements = _DOCUMENT
        if FORM in cells and (form := clean_text(cells[FORM])[0]) in _FORMS and form:
            values[FORM], elements = form, _FORMS[form]
        for attribute, raw in cells.items():
            if (element := elements.get(attribute)) is not None:
                self._put(values, element, raw, document_place(ordinal, element.name))
            elif attribute == FILES:
                values[FILES] = tuple(split_files(raw))
        if len(cells) != len(values):
            if further := tuple(_further(cells)):
                values[MORE] = further
            self._combined(values, cells, ordinal)
        _add_secrecy(values, cells)
        self.given.update(values)
        if "doc_code" not in values:
            self.without_code += 1
        return Document(ordinal=ordinal, **values)

    def _put(self, values: dict[str, Any], element: Element, raw: object, place: str) -> None:
        try:
            value = _READERS[element.type](self, element, raw, place)
        except (ValueError, OverflowError):
            kind = _BAD[element.type]
            self._log.add(
                kind.at(place, field=element.name, title=element.vietnamese, value=clean_text(_flat(raw))[0][:200])
            )
            return
        if value is not None and value not in ("", ()):
            values[element.attribute] = value

    def _text(self, element: Element, raw: object, place: str) -> str:
        text, changed = clean_text(_flat(raw))
        if changed:
            self._log.add(kinds.UNPRINTABLE.at(place, field=element.name, title=element.vietnamese))
        return text

    def _code(self, element: Element, raw: object, place: str) -> str:
        text = self._text(element, raw, place)
        return code_of(element.codes, text) if text else ""

    def _codes(self, element: Element, raw: object, _place: str) -> tuple[str, ...]:
        text = clean_text(_flat(raw))[0]
        whole = code_of(element.codes, text) if text and not _DIVIDED.search(text) else text
        if whole != text:
            return (whole,)
        return tuple(dict.fromkeys(code_of(element.codes, part) for part in split_list(raw)))

    def _texts(self, _element: Element, raw: object, _place: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(split_list(raw)))

    def _date(self, element: Element, raw: object, place: str) -> object:
        text, _ = clean_text(_flat(raw))
        if not text:
            return None
        found = date_of(_flat(raw))
        if found is None:
            self._log.add(
                kinds.TWO_DIGIT_YEAR.at(place, field=element.name, title=element.vietnamese, value=text[:200])
            )
        return found

    def _number(self, _element: Element, raw: object, _place: str) -> int | None:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return number_of(str(raw))
        text = clean_text(_flat(raw))[0]
        return number_of(text) if text else None

    def _boolean(self, _element: Element, raw: object, _place: str) -> bool | None:
        if isinstance(raw, bool):
            return raw
        text = clean_text(_flat(raw))[0]
        return boolean_of(text) if text else None

    def _combined(self, values: dict[str, Any], cells: Cells, ordinal: int) -> None:
        """Divide the columns that registers join: number and notation, type and subject, pages from and to."""
        if text := clean_text(_flat(cells.get(NUMBER_AND_NOTATION)))[0]:
            number, notation = split_number(text)
            for attribute, part in (("code_number", number), ("code_notation", notation)):
                if part:
                    values.setdefault(attribute, part)
        if text := clean_text(_flat(cells.get(TYPE_AND_SUBJECT)))[0]:
            code, subject = split_type(text)
            values.setdefault("subject", subject)
            if code:
                values.setdefault("type_name", code)
        if pages := page_count(clean_text(_flat(cells.get(PAGE_RANGE)))[0]):
            values.setdefault("number_of_page", pages)
        given = clean_text(_flat(cells.get(ORDINAL)))[0].strip(".")
        if given.isdecimal() and given.lstrip("0") != str(ordinal):
            self._log.add(kinds.ORDINAL.at(document_place(ordinal), given=given[:20], place=ordinal))


_READERS: dict[ElementType, Callable[[Converter, Element, object, str], object]] = {
    ElementType.TEXT: Converter._text,
    ElementType.CODE: Converter._code,
    ElementType.CODES: Converter._codes,
    ElementType.TEXTS: Converter._texts,
    ElementType.DATE: Converter._date,
    ElementType.NUMBER: Converter._number,
    ElementType.BOOLEAN: Converter._boolean,
}
_BAD = {
    ElementType.DATE: kinds.BAD_DATE,
    ElementType.NUMBER: kinds.BAD_NUMBER,
    ElementType.BOOLEAN: kinds.BAD_BOOLEAN,
}


def _further(cells: Cells) -> Iterator[tuple[str, str]]:
    """Yield the elements that no attribute holds, by name: those given one by one, then those given together."""
    for attribute, raw in cells.items():
        if attribute.startswith(_MORE_ONE):
            yield from _pairs(attribute.removeprefix(_MORE_ONE), raw)
    given = cells.get(MORE)
    if isinstance(given, Mapping):
        for name, raw in given.items():
            yield from _pairs(name, raw)
        return
    for item in given if isinstance(given, list | tuple) else [given]:
        if isinstance(item, list | tuple) and len(item) == 2:
            yield from _pairs(item[0], item[1])
        elif item not in (None, ""):
            yield from _pairs(MORE, item)


def _pairs(name: object, raw: object) -> Iterator[tuple[str, str]]:
    for value in raw if isinstance(raw, list | tuple) else [raw]:
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else clean_text(value)[0]
        if text:
            yield clean_text(name)[0], text


def _flat(raw: object) -> object:
    """Return a single value: the items of a list joined with semicolons."""
    if isinstance(raw, list | tuple):
        return "; ".join(clean_text(item)[0] for item in raw)
    return raw


def _add_secrecy(values: dict[str, Any], cells: Cells) -> None:
    """A column of its own for secrecy, as registers of secret papers have, outweighs the access level."""
    text = clean_text(_flat(cells.get(SECRECY)))[0]
    if fold(text) not in _SECRECY_NONE:
        values["mode"] = code_of("mode", text) if code_of("mode", text) == SECRET_MODE else text
