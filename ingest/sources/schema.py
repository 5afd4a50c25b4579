"""The JSON Schema of hoso.json and the table of elements in the documentation, both made from the element list."""

from collections.abc import Iterable, Iterator

from model.elements import (
    CASE_FILE_ELEMENTS,
    CODE_TABLES,
    DOCUMENT_ELEMENTS,
    ELEMENT_SETS,
    LOOSE_ELEMENTS,
    Element,
    ElementType,
    Obligation,
)
from model.text import N_, translate

SCHEMA_ID = "urn:chauban:schema:hoso:1"
NOT_REQUIRED_OF_DOCUMENTS = frozenset(
    ("docId", "docCode", "maintenance", "mode", "language", "riskRecovery", "riskRecoveryStatus")
)
"""Mandatory elements that a document may leave to its case file or to the archive."""

OBLIGATION_WORDS = {
    Obligation.MANDATORY: N_("mandatory"),
    Obligation.OPTIONAL: N_("optional"),
    Obligation.IF_DIGITISED: N_("mandatory for digitised records"),
    Obligation.IF_BORN_DIGITAL: N_("mandatory for born-digital records"),
    Obligation.IF_RISK_RECOVERY: N_("mandatory when there is a backup copy regime"),
}


def json_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of hoso.json."""
    case = {element.name: _property(element) for element in CASE_FILE_ELEMENTS}
    document = {element.name: _property(element) for element in DOCUMENT_ELEMENTS}
    for name, title in (("fondsCode", "Mã phông"), ("agencyCode", "Mã cơ quan"), ("agencyName", "Tên cơ quan")):
        case[name] = {"title": title, "type": "string"}
    case["source"] = _property(next(element for element in LOOSE_ELEMENTS if element.name == "source"))
    case["more"] = document["more"] = {
        "title": "Trường khác",
        "description": "Further elements, each as its name and its value.",
        "type": "array",
        "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
    }
    document["form"] = {
        "title": "Loại mô tả",
        "description": "Absent for text, pic for a picture, media for sound or video.",
        "type": "string",
        "enum": list(ELEMENT_SETS),
    }
    document["files"] = {
        "title": "Tên tệp",
        "description": "File names relative to the descriptor's folder, / between folders.",
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "minItems": 1,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Hồ sơ (Circular 05/2025/TT-BNV)",
        "type": "object",
        "required": ["caseFile", "documents"],
        "properties": {
            "caseFile": {"type": "object", "properties": case, "required": _required(CASE_FILE_ELEMENTS)},
            "documents": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": document,
                    "required": [
                        *(name for name in _required(DOCUMENT_ELEMENTS) if name not in NOT_REQUIRED_OF_DOCUMENTS),
                        "files",
                    ],
                },
            },
        },
    }


def _required(elements: Iterable[Element]) -> list[str]:
    return [element.name for element in elements if element.obligation is Obligation.MANDATORY]


def _property(element: Element) -> dict[str, object]:
    words = (
        [*CODE_TABLES[element.codes], *(word for pair in CODE_TABLES[element.codes].values() for word in pair)]
        if (element.codes)
        else []
    )
    code: dict[str, object] = {"type": "string", "enum": list(dict.fromkeys(words))}
    text: dict[str, object] = {"type": "string", "maxLength": element.length}
    kinds: dict[ElementType, dict[str, object]] = {
        ElementType.TEXT: text,
        ElementType.CODE: code,
        ElementType.CODES: {"type": "array", "items": code, "minItems": 1},
        ElementType.TEXTS: {"type": "array", "items": text},
        ElementType.DATE: {
            "type": "string",
            "pattern": r"^((\d{1,2}[/.-])?\d{1,2}[/.-])?\d{4}$|^\d{4}(-\d{2}(-\d{2})?)?$",
            "description": "dd/mm/yyyy, mm/yyyy, yyyy or ISO 8601",
        },
        ElementType.NUMBER: {"type": "integer", "minimum": 0, "maximum": 10**element.length - 1},
        ElementType.BOOLEAN: {"type": "boolean"},
    }
    return {"title": element.vietnamese, **kinds[element.type]}


def elements_table(language: str) -> str:
    """Return the tables of elements and codes as Markdown, for docs/metadata.md."""
    return "\n".join(_table_lines(language)) + "\n"


def _table_lines(language: str) -> Iterator[str]:
    for heading, elements in ((N_("Case file"), CASE_FILE_ELEMENTS), (N_("Document"), DOCUMENT_ELEMENTS)):
        yield f"### {translate(heading, language)}"
        yield ""
        yield "| Element | Tiếng Việt | English | Type | Length | Obligation | Codes |"
        yield "|---|---|---|---|---|---|---|"
        for element in elements:
            duty = translate(OBLIGATION_WORDS[element.obligation], language)
            yield (
                f"| `{element.name}` | {element.vietnamese} | {element.title} | {element.type.value} |"
                f" {element.length} | {duty} | {element.codes} |"
            )
        yield ""
    for table, codes in CODE_TABLES.items():
        yield f"- `{table}`: " + " · ".join(
            f"{code} {vietnamese} ({english})" for code, (vietnamese, english) in codes.items()
        )
