"""The tag files about signatures: where they lie, and one line of each as a value.

Source:
    docs/format/aip-v1.md section 5.1.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from model.codec import decode, encode
from model.dates import from_utc_text, utc_text
from model.material import MaterialItem, MaterialKind, MaterialSource
from model.signatures import SignatureReport
from preservation.package.plan import SignatureRecord

SIGNATURES = "chauban/signatures.jsonl"
MATERIAL = "chauban/validation-data.jsonl"
BULK = "chauban/validation-"
"""What the paths begin with that stand behind the front of the container."""
MATERIAL_FOLDER = "chauban/validation-data/"
REPORT_FOLDER = "chauban/validation-reports/"
SIGNATURES_SCHEMA = "chauban-signatures/1"


class Provenance(NamedTuple):
    """One line of `validation-data.jsonl`: what a piece of validation material is and where it came from."""

    id: str
    kind: MaterialKind
    source: MaterialSource
    url: str
    obtained: str
    """ISO 8601; empty for what the document held."""

    def item(self, content: bytes) -> MaterialItem:
        """Return the piece with its content."""
        obtained = from_utc_text(self.obtained) if self.obtained else None
        return MaterialItem(kind=self.kind, content=content, source=self.source, url=self.url, obtained=obtained)


def is_bulk(path: str) -> bool:
    """Whether a path in the bag is one of the many files of validation material or reports."""
    return path.startswith((MATERIAL_FOLDER, REPORT_FOLDER))


def material_path(identifier: str, kind: MaterialKind) -> str:
    """Return the path in the bag of a piece of validation material."""
    return f"{MATERIAL_FOLDER}{identifier}.{kind.value}"


def report_path(number: int) -> str:
    """Return the path in the bag of the validation report of the file on a line of `signatures.jsonl`, from 1."""
    return f"{REPORT_FOLDER}{number:07d}.xml"


def record_line(record: SignatureRecord) -> str:
    """Return one line of `signatures.jsonl`."""
    data = {"schema": SIGNATURES_SCHEMA, **encode(record.report), "material": list(record.material)}
    return _JSON.encode(data) + "\n"


def record_of(data: Mapping[str, Any]) -> SignatureRecord:
    """Read one line of `signatures.jsonl`.

    Raises:
        ValueError: not such a line; also `KeyError`.
    """
    if data.get("schema") != SIGNATURES_SCHEMA:
        raise ValueError(f"not a line of {SIGNATURES_SCHEMA}")
    material = data.get("material", [])
    if not all(isinstance(identifier, str) for identifier in material):
        raise ValueError("an id of validation material is not text")
    report = decode(SignatureReport, data)
    if len(report.verdicts) != len(report.file.signatures):
        raise ValueError("not one verdict for each signature")
    return SignatureRecord(report=report, material=tuple(material))


def material_line(item: MaterialItem, identifier: str) -> str:
    """Return one line of `validation-data.jsonl`; what is absent is left out."""
    data = {"id": identifier, "kind": item.kind.value, "source": item.source.value}
    if item.url:
        data["url"] = item.url
    if item.obtained is not None:
        data["obtained"] = utc_text(item.obtained)
    return _JSON.encode(data) + "\n"


def provenance_of(data: Mapping[str, Any]) -> Provenance:
    """Read one line of `validation-data.jsonl`.

    Raises:
        ValueError: not such a line; also `KeyError`.
    """
    identifier, url, obtained = str(data["id"]), str(data.get("url", "")), str(data.get("obtained", ""))
    if obtained:
        from_utc_text(obtained)
    return Provenance(identifier, MaterialKind(data["kind"]), MaterialSource(data["source"]), url, obtained)


_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
"""ASCII: names in certificates and files may be no valid Unicode."""
