"""Reading Dublin Core, simple or qualified, and the part of MODS that says the same.

Source:
    DCMI Metadata Terms (ISO 15836); MODS 3.8.
"""

from collections.abc import Iterable

from lxml import etree

from ingest.describe.titles import MORE
from ingest.packages.foreign import access_level, date_range, language_codes
from preservation.package.safexml import local_name, read_small
from preservation.package.tree import SubTree

DocumentPairs = list[tuple[str, str]]
"""Name and text of each element that has a text."""

_ELEMENTS = 20_000
_TEXT = 20_000
_MODS_NAMES = {
    "namePart": "creator",
    "dateIssued": "date",
    "dateCreated": "date",
    "languageTerm": "language",
    "abstract": "description",
    "topic": "subject",
    "accessCondition": "rights",
    "physicalLocation": "source",
}
_DATES = ("date", "created", "issued", "temporal")
_RIGHTS = ("rights", "accessRights")
_CASE = {"title": "title", "identifier": "file_code", "creator": "agency_name", "description": "description"}
_DOCUMENT = {"title": "subject", "identifier": "doc_code", "creator": "organ_name", "description": "description"}


def read_pairs(package: SubTree, path: str) -> DocumentPairs:
    """Return the elements of a record that have a text.

    Raises:
        XmlFault: not well-formed, too large, or with a document type.
        InputError: it cannot be read.
    """
    root = read_small(package, path)
    pairs: DocumentPairs = []
    for element in root.iter(etree.Element):
        text = (element.text or "").strip()
        if text and len(element) == 0:
            name = local_name(element)
            if name == "element" and element.get("element"):
                name = element.get("element", "")
            if name == "dcvalue":
                name = element.get("element", name)
            pairs.append((_MODS_NAMES.get(name, name)[:200], text[:_TEXT]))
        if len(pairs) >= _ELEMENTS:
            break
    return pairs


def case_of(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Return the cells of a case file."""
    return _cells(pairs, _CASE, ("start_date", "end_date"))


def document_of(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Return the cells of a document."""
    return _cells(pairs, _DOCUMENT, ("issued_date", "issued_date"))


def _cells(pairs: Iterable[tuple[str, str]], names: dict[str, str], dates: tuple[str, str]) -> dict[str, object]:
    cells: dict[str, object] = {}
    more: DocumentPairs = []
    languages: list[str] = []
    keywords: list[str] = []
    for name, text in pairs:
        attribute = names.get(name, "")
        ends = date_range(text) if name in _DATES and dates[0] not in cells else None
        if attribute and attribute not in cells:
            cells[attribute] = text
        elif ends:
            cells[dates[0]], cells[dates[1]] = ends if dates[0] != dates[1] else (ends[0], ends[0])
        elif name == "language":
            languages.append(text)
        elif name == "subject":
            keywords.append(text)
        elif name in _RIGHTS and "mode" not in cells and (level := access_level(text)):
            cells["mode"] = level
        else:
            more.append((name, text))
    if languages:
        cells["languages"] = language_codes(languages)
    if keywords:
        cells["keywords"] = keywords
    if more:
        cells[MORE] = more
    return cells
