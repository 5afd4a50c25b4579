"""The descriptors a submitter hands in: JSON, XML, and the spreadsheets of registry clerks."""

import csv
import io
import json
from collections.abc import Callable
from xml.sax.saxutils import escape

from making.casebook import Example
from making.office import write_xlsx
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import CASE_FILE_ELEMENTS, CODE_TABLES, DOCUMENT_ELEMENTS, Element

BELONGING = {"fonds_code": "fondsCode", "agency_code": "agencyCode", "agency_name": "agencyName"}
BELONGING_TITLES = {"fonds_code": "Mã phông", "agency_code": "Mã cơ quan", "agency_name": "Tên cơ quan nộp"}


def json_descriptor(example: Example) -> dict[str, bytes]:
    """Return `hoso.json`: element names of the circular, codes, dates as Vietnamese people write them."""
    case_file = _named(example.case_file, CASE_FILE_ELEMENTS, _json_value)
    case_file |= {name: getattr(example.case_file, attribute) for attribute, name in BELONGING.items()}
    documents = [
        _named(document, DOCUMENT_ELEMENTS, _json_value) | {"files": list(document.files)}
        for document in example.documents
    ]
    data = {"caseFile": case_file, "documents": documents}
    return {"hoso.json": (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()}


def xml_descriptor(example: Example) -> dict[str, bytes]:
    """Return `hoso.xml`: the same elements, one file an element."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<hoso>", "  <caseFile>"]
    lines += _xml(example.case_file, CASE_FILE_ELEMENTS, "    ")
    lines += [f"    <{tag}>{escape(getattr(example.case_file, name))}</{tag}>" for name, tag in BELONGING.items()]
    lines += ["  </caseFile>", "  <documents>"]
    for document in example.documents:
        lines += ["    <document>", *_xml(document, DOCUMENT_ELEMENTS, "      ")]
        lines += [f"      <file>{escape(name)}</file>" for name in document.files]
        lines += ["    </document>"]
    return {"hoso.xml": "\n".join([*lines, "  </documents>", "</hoso>", ""]).encode()}


def xlsx_descriptor(example: Example) -> dict[str, bytes]:
    """Return `hoso.xlsx`: a sheet for the case file, a sheet with one row a document; titles and words Vietnamese."""
    used = [item for item in CASE_FILE_ELEMENTS if _word(example.case_file, item)]
    case_rows = [(item.vietnamese, _word(example.case_file, item)) for item in used]
    case_rows += [(title, getattr(example.case_file, name)) for name, title in BELONGING_TITLES.items()]
    return {"hoso.xlsx": write_xlsx({"Hồ sơ": case_rows, "Tài liệu": _document_rows(example)}, head=0)}


def csv_descriptor(example: Example) -> dict[str, bytes]:
    """Return `hoso.csv` as a spreadsheet program exports it: one row a document, the case file repeated in each."""
    used = [item for item in CASE_FILE_ELEMENTS if _word(example.case_file, item)]
    head = [f"Hồ sơ: {item.vietnamese}" for item in used] + list(BELONGING_TITLES.values())
    values = [_word(example.case_file, item) for item in used]
    values += [getattr(example.case_file, name) for name in BELONGING_TITLES]
    rows = _document_rows(example)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([[*head, *rows[0]], *([*values, *row] for row in rows[1:])])
    return {"hoso.csv": b"\xef\xbb\xbf" + out.getvalue().encode()}


def _document_rows(example: Example) -> list[list[object]]:
    used = [item for item in DOCUMENT_ELEMENTS if any(_word(document, item) for document in example.documents)]
    rows: list[list[object]] = [[item.vietnamese for item in used] + ["Tên tệp"]]
    for document in example.documents:
        rows.append([_word(document, item) for item in used] + ["; ".join(document.files)])
    return rows


def _named(
    value: CaseFile | Document, elements: tuple[Element, ...], convert: Callable[[object], object]
) -> dict[str, object]:
    named = ((item.name, convert(getattr(value, item.attribute))) for item in elements)
    return {name: content for name, content in named if content not in (None, "", [])}


def _json_value(content: object) -> object:
    if isinstance(content, PartialDate):
        return content.vietnamese
    return list(content) if isinstance(content, tuple) else content


def _xml(value: CaseFile | Document, elements: tuple[Element, ...], indent: str) -> list[str]:
    lines = []
    for name, content in _named(value, elements, _json_value).items():
        for one in content if isinstance(content, list) else [content]:
            text = {True: "1", False: "0"}.get(one, one) if isinstance(one, bool) else one
            lines.append(f"{indent}<{name}>{escape(str(text))}</{name}>")
    return lines


def _word(value: CaseFile | Document, item: Element) -> str:
    """Return an element as a clerk types it: words instead of codes, `Có`/`Không`, `DD/MM/YYYY`."""
    content = getattr(value, item.attribute)
    if content is None or content in ("", ()):
        return ""
    if isinstance(content, PartialDate):
        return content.vietnamese
    if isinstance(content, bool):
        return "Có" if content else "Không"
    words = CODE_TABLES.get(item.codes, {})
    texts = content if isinstance(content, tuple) else (str(content),)
    return "; ".join(words[text][0] if text in words else text for text in texts)
