"""`documentation/hoso.json`: the whole description, as our own descriptor has it, in a package that is given out.

The circular's `<simpledc>` files leave elements out, each kind of package others, and have no place for
further ones. A reader that knows this file gets back exactly what the archive holds.

Source:
    docs/format/sip-v1.md section 6; the JSON Schema of the descriptor is docs/schemas/hoso.schema.json.
"""

import json

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS, Element
from preservation.package.blob import Blob

HOSO = "documentation/hoso.json"
HOSO_SCHEMA = "urn:chauban:schema:hoso:1"
"""`$id` of the descriptor's JSON Schema."""

_BELONGING = (("fonds_code", "fondsCode"), ("agency_code", "agencyCode"), ("agency_name", "agencyName"))
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ASCII_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


def json_text(value: object) -> str:
    """Return JSON, readable where it can be, ASCII where a string is no valid Unicode."""
    text = _JSON.encode(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _ASCII_JSON.encode(value)
    return text


class Hoso:
    """The description as JSON, written while the documents pass by: a document a line."""

    def __init__(self, blob: Blob, case_file: CaseFile) -> None:
        self._blob = blob
        self._separator = ""
        names = [_pair(element) for element in CASE_FILE_ELEMENTS]
        found = _values(case_file, [*names, *_BELONGING, ("source", "source"), ("more", "more")])
        head = f'"$schema":{json_text(HOSO_SCHEMA)},\n"caseFile":{json_text(found)}'
        blob.write(f'{{{head},\n"documents":[\n')

    def add(self, document: Document) -> None:
        """Write one document; its files are paths under `representations/rep1/data/`."""
        self._blob.write(self._separator + json_text(_values(document, _DOCUMENT)))
        self._separator = ",\n"

    def finish(self) -> None:
        """End the description."""
        self._blob.write("\n]}\n")


def _pair(element: Element) -> tuple[str, str]:
    return element.attribute, element.name


_DOCUMENT = [
    ("ordinal", "ordinal"),
    *(_pair(element) for element in DOCUMENT_ELEMENTS),
    ("form", "form"),
    ("more", "more"),
    ("files", "files"),
]


def _values(subject: CaseFile | Document, names: list[tuple[str, str]]) -> dict[str, object]:
    values: dict[str, object] = {}
    for attribute, name in names:
        content = getattr(subject, attribute)
        if content is None or content == "" or content == ():
            continue
        values[name] = content.iso if isinstance(content, PartialDate) else content
    return values
