"""`<simpledc>`, the circular's form of a description: which elements, in which order, and their texts.

The printed circular names the same elements differently in each kind of package; a layout tells how one
file is written. Elements that no layout knows (`CaseFile.more`, `Document.more`) go into
`documentation/hoso.json` of a package given out, and into `chauban/description.jsonl` of an archival one.

Source:
    Circular 05/2025/TT-BNV, Annexes I to V; docs/format/aip-v1.md section 6.4; docs/format/sip-v1.md section 5;
    docs/format/dip-v1.md section 5.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import CASE_FILE_ELEMENTS, ELEMENT_SETS, LOOSE_ELEMENTS, Element
from preservation.package.xmltext import escape

SUBMISSION, ARCHIVAL, DISSEMINATION = "SIP", "AIP", "DIP"
_TEXTUAL = "doc"
_SEPARATOR = "; "

_ARCHIVAL_CASE = (
    "arcFileCode title maintenance mode language startDate endDate keyword totalDoc numberOfPaper numberOfPage format"
    " inforSign confidenceLevel paperFileCode description riskRecovery riskRecoveryStatus"
)
_ARCHIVAL_LOOSE = "arcFileCode title source description"
_ARCHIVAL_DOCUMENT = (
    "arcFileCode mode language keyword numberOfPage format inforSign confidenceLevel description docCode docOrdinal"
    " typeName codeNumber codeNotation issuedDate organName subject autograph process"
)
_ARCHIVAL_LEFT_OUT = ("maintenance", "riskRecovery", "riskRecoveryStatus")
"""What Annex I leaves out of the description of a picture or recording, as it does of a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of `<simpledc>` file."""

    schema: str
    """Its XML Schema among those shipped with the program."""
    elements: tuple[tuple[str, str], ...]
    """Name and attribute of each element in the order of the schema; no attribute for one kept in `more`, or for
    what the package knows and the description does not."""

    @property
    def names(self) -> tuple[str, ...]:
        """The element names."""
        return tuple(name for name, _attribute in self.elements)


@cache
def case_layout(package_type: str, *, loose: bool) -> Layout:
    """Return how `EAD.xml` of a case file, or of loose documents, is written in a SIP or an AIP."""
    rows = LOOSE_ELEMENTS if loose else CASE_FILE_ELEMENTS
    names = [row.name for row in rows]
    if package_type == ARCHIVAL:
        names = (_ARCHIVAL_LOOSE if loose else _ARCHIVAL_CASE).split()
    return _layout(f"EAD{'_loose' if loose else ''}{_SUFFIXES[package_type]}.xsd", names, rows)


@cache
def document_layout(package_type: str, form: str) -> Layout:
    """Return how the description of a document is written.

    Args:
        package_type: SIP, AIP or DIP.
        form: a key of `ELEMENT_SETS`.
    """
    rows = ELEMENT_SETS[form]
    names = [row.name for row in rows]
    if package_type == ARCHIVAL:
        names = _archival_form(names) if form else _ARCHIVAL_DOCUMENT.split()
    elif package_type == DISSEMINATION:
        names = ["arcDocCode" if name == "docCode" else name for name in names if form or name != "organName"]
    return _layout(f"EAD_{form or _TEXTUAL}{_SUFFIXES[package_type]}.xsd", names, rows)


_SUFFIXES = {SUBMISSION: "_sip", ARCHIVAL: "", DISSEMINATION: "_dip"}
_OTHER_NAMES = {"arcFileCode": "fileCode", "arcDocCode": "docCode"}


def _archival_form(names: Iterable[str]) -> list[str]:
    """Return a picture's or recording's elements as Annex I has them: with the case file's code and the ordinal."""
    kept = [name for name in names if name not in _ARCHIVAL_LEFT_OUT]
    return ["arcFileCode", kept[0], "docOrdinal", *kept[1:]]


def _layout(schema: str, names: Iterable[str], rows: Iterable[Element]) -> Layout:
    attributes = {row.name: row.attribute for row in rows} | {"docOrdinal": "ordinal"}
    pairs = ((name, attributes.get(name) or attributes.get(_OTHER_NAMES.get(name, ""), "")) for name in names)
    return Layout(schema=schema, elements=tuple(pairs))


def case_file_simpledc(case_file: CaseFile, package_type: str = ARCHIVAL) -> str:
    """Return `EAD.xml` of a case file or of loose documents: each element exactly once, in the schema's order."""
    layout = case_layout(package_type, loose=case_file.is_loose)
    return simpledc("../../schemas/EAD.xsd", _values(layout, case_file))


def document_simpledc(document: Document, case_file: CaseFile, package_type: str = ARCHIVAL) -> str:
    """Return the description of a document: each element exactly once, in the schema's order."""
    form = _form(document)
    values = _values(document_layout(package_type, form), document, case_file.file_code)
    return simpledc(f"../../../../schemas/EAD_{form or _TEXTUAL}.xsd", values)


def document_path(document: Document) -> str:
    """Return where the description of a document lies in its representation."""
    return f"metadata/descriptive/EAD_{_form(document) or _TEXTUAL}_{document.ordinal:07d}.xml"


def _form(document: Document) -> str:
    return document.form if document.form in ELEMENT_SETS else ""


def _values(layout: Layout, subject: CaseFile | Document, case_code: str = "") -> list[tuple[str, str]]:
    found = []
    for name, attribute in layout.elements:
        if attribute:
            text = element_text(getattr(subject, attribute))
        elif name == "arcFileCode":
            text = case_code
        else:
            text = _SEPARATOR.join([value for key, value in subject.more if key == name])
        found.append((name, text))
    return found


def element_text(value: object) -> str:
    """Return a value as the circular writes it: dates as `DD/MM/YYYY`, yes and no as 1 and 0."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, PartialDate):
        return value.vietnamese
    if isinstance(value, tuple):
        return _SEPARATOR.join(value)
    return str(value)


def simpledc(schema: str, elements: Sequence[tuple[str, str]]) -> str:
    """Return a `<simpledc>` document.

    Args:
        schema: of the document, relative to it.
        elements: names and values, in the order of the schema.
    """
    lines = "".join([f"  <{name}>{escape(value)}</{name}>\n" for name, value in elements])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<simpledc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:noNamespaceSchemaLocation="{schema}">\n{lines}</simpledc>\n'
    )
