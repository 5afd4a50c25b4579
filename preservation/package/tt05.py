"""The check of the packages of Circular 05/2025/TT-BNV: what CSIP does not say.

The printed circular contradicts itself in places and real accepted packages differ from it; what is
known to differ is told as a note and fails nothing.

Source:
    Circular 05/2025/TT-BNV, Annexes I (AIP_hoso), III (SIP_hoso) and V (DIP)
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from lxml import etree

from model.dates import PartialDate
from model.elements import (
    CASE_FILE_ELEMENTS,
    CODE_TABLES,
    DOCUMENT_ELEMENTS,
    Element,
    ElementType,
    Obligation,
)
from model.errors import InputError
from model.findings import FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package.safexml import XmlFault, local_name, namespace, read_small
from preservation.package.tree import SubTree

SUBMISSION, ARCHIVAL, DISSEMINATION = "SIP", "AIP", "DIP"
_SOURCES = {SUBMISSION: "TT 05/2025 PL III", ARCHIVAL: "TT 05/2025 PL I", DISSEMINATION: "TT 05/2025 PL V"}
_SYNONYMS = {
    "arcFileCode": ("arcFileCode", "fileCode"),
    "fileCode": ("fileCode", "arcFileCode"),
    "docCode": ("docCode", "arcDocCode"),
    "arcDocCode": ("arcDocCode", "docCode"),
}
_CONTESTED = frozenset(("riskRecovery", "riskRecoveryStatus", "process", "paperFileCode", "numberOfPaper", "docId"))
"""Elements that the circular's own lists, or real packages, leave out: missing ones are warnings."""
_AIP_ORDER = (
    "arcFileCode",
    "title",
    "maintenance",
    "mode",
    "language",
    "startDate",
    "endDate",
    "keyword",
    "totalDoc",
    "numberOfPaper",
    "numberOfPage",
    "format",
    "inforSign",
    "confidenceLevel",
    "paperFileCode",
    "description",
    "riskRecovery",
    "riskRecoveryStatus",
)
_AIP_DOCUMENT_ORDER = (
    "arcFileCode",
    "mode",
    "language",
    "keyword",
    "numberOfPage",
    "format",
    "inforSign",
    "confidenceLevel",
    "description",
    "docCode",
    "docOrdinal",
    "typeName",
    "codeNumber",
    "codeNotation",
    "issuedDate",
    "organName",
    "subject",
    "autograph",
    "process",
)
_SPLIT = re.compile(r"[;,|]")
_DATE = re.compile(r"(?:(?:(\d{2})/)?(\d{2})/)?(\d{4})")


def _text(name: str, length: int, obligation: Obligation = Obligation.OPTIONAL, codes: str = "") -> Element:
    return Element(
        attribute="",
        name=name,
        title=name,
        vietnamese=name,
        type=ElementType.CODE if codes else ElementType.TEXT,
        length=length,
        obligation=obligation,
        codes=codes,
    )


_MANDATORY = Obligation.MANDATORY
_BATCH = (_text("title", 1000, _MANDATORY), _text("source", 100, _MANDATORY), _text("description", 2000))
_REQUEST = (
    _text("requestID", 100, _MANDATORY),
    replace(_text("requestDate", 10, _MANDATORY), type=ElementType.DATE),
    _text("purpose", 2, _MANDATORY, "purpose"),
    _text("purposeContent", 500),
    _text("feeObjectType", 2),
    _text("researchTopic", 250),
    _text("description", 2000),
)
_TABLES: Mapping[str, Iterable[str]] = {**CODE_TABLES, "purpose": ("01", "02", "03")}
_PICTURE = tuple(
    _text(name, length)
    for name, length in (
        ("archivesNumber", 50),
        ("inforSign", 30),
        ("eventName", 500),
        ("imageTitle", 500),
        ("movieTitle", 500),
        ("photographer", 300),
        ("photoPlace", 300),
        ("recorder", 300),
        ("recordPlace", 300),
        ("filmSize", 30),
        ("playTime", 8),
        ("quality", 50),
    )
)


@cache
def case_elements(package_type: str) -> tuple[Element, ...]:
    """Return the elements of `EAD.xml` of a case file, in the order of the schema."""
    if package_type == DISSEMINATION:
        return _REQUEST
    if package_type == SUBMISSION:
        return CASE_FILE_ELEMENTS
    rows = (_named(row, "arcFileCode") if row.name == "fileCode" else row for row in CASE_FILE_ELEMENTS)
    return tuple(sorted(rows, key=lambda row: _AIP_ORDER.index(row.name)))


@cache
def document_elements(package_type: str) -> tuple[Element, ...]:
    """Return the elements of `EAD_doc_*.xml`: 21 in a SIP, 19 in an AIP, 20 in a DIP."""
    if package_type == SUBMISSION:
        return DOCUMENT_ELEMENTS
    if package_type == DISSEMINATION:
        return tuple(
            _named(row, "arcDocCode") if row.name == "docCode" else row
            for row in DOCUMENT_ELEMENTS
            if row.name != "organName"
        )
    left_out = ("docId", "maintenance", "riskRecovery", "riskRecoveryStatus")
    added = (_text("arcFileCode", 100, _MANDATORY), _text("docOrdinal", 10, _MANDATORY))
    kept = (row for row in DOCUMENT_ELEMENTS if row.name not in left_out)
    return tuple(sorted((*added, *kept), key=lambda row: _AIP_DOCUMENT_ORDER.index(row.name)))


def _named(row: Element, name: str) -> Element:
    return replace(row, name=name)


@dataclass(slots=True, kw_only=True)
class _Description:
    """One `simpledc` file being checked."""

    place: str
    values: dict[str, list[str]]
    order: list[str]
    weight: Severity
    source: str
    log: FindingLog
    partial_dates: bool

    def first(self, name: str) -> str:
        """Return the first value of an element or of the other name it is known by."""
        for known in _SYNONYMS.get(name, (name,)):
            for value in self.values.get(known, ()):
                if value:
                    return value
        return ""


def check_tt05(package: SubTree, package_type: str, log: FindingLog, *, ours: bool) -> None:
    """Check what Circular 05/2025 adds to CSIP.

    Args:
        package: the tree seen from the package's root folder.
        package_type: SIP, AIP or DIP.
        log: where findings go.
        ours: the package was written by this archive: what it lacks was judged at intake and is only noted.
    """
    weight = Severity.WARNING if ours else Severity.ERROR
    documents = 0
    held = 0
    preserved = False
    for path, _size in package.files():
        kind = _kind_of(path)
        documents += kind == "document"
        held += kind == "data"
        preserved = preserved or kind == "premis"
        if kind == "document" or kind == "media":
            _check_document(package, path, package_type, log, weight)
        elif kind == "linked":
            log.add(kinds.TT05_LINKED.at(package.at(path)))
    if not held:
        log.add(kinds.TT05_NO_DATA.at(package.at("representations")))
    _check_case(package, package_type, log, weight, documents)
    _check_preservation(package, package_type, log, preserved=preserved)
    if not any(path.startswith("schemas/") for path, _size in package.files()):
        log.add(kinds.TT05_NO_SCHEMAS.at(package.at("schemas")))


def _kind_of(path: str) -> str:
    parts = path.split("/")
    if len(parts) < 4 or parts[0] != "representations":
        return ""
    if parts[2] == "data":
        return "linked" if path.endswith(".fetch.txt") else "data"
    name = parts[-1].lower()
    if parts[2] == "metadata" and name.endswith(".xml"):
        if parts[3] == "preservation":
            return "premis"
        if name.startswith("ead_doc"):
            return "document"
        if name.startswith(("ead_pic", "ead_media")):
            return "media"
    return ""


def _check_case(package: SubTree, package_type: str, log: FindingLog, weight: Severity, documents: int) -> None:
    path = "metadata/descriptive/EAD.xml"
    if package.size(path) is None:
        log.add(kinds.TT05_NO_DESCRIPTION.at(package.at(path)))
        return
    description = _read(package, path, package_type, log, weight)
    if description is None:
        return
    batch = package_type != DISSEMINATION and "source" in description.values
    elements = case_elements(package_type)
    if batch:
        code = "arcFileCode" if package_type == ARCHIVAL else "fileCode"
        elements = (_text(code, 100, _MANDATORY), *_BATCH)
    _check_elements(description, elements)
    start, end = (_date(description.first(name)) for name in ("startDate", "endDate"))
    if start and end and end.latest < start.earliest:
        log.add(kinds.TT05_DATES.at(description.place, severity=weight, start=start.iso, end=end.iso))
    total = description.first("totalDoc")
    if total.isdecimal() and documents and int(total[:12]) != documents:
        log.add(kinds.TT05_COUNT.at(description.place, total=total, found=documents))


def _check_document(package: SubTree, path: str, package_type: str, log: FindingLog, weight: Severity) -> None:
    description = _read(package, path, package_type, log, weight)
    if description is None:
        return
    if "/ead_doc" not in path.lower():
        _check_elements(description, _PICTURE, complete=False)
        return
    _check_elements(description, document_elements(package_type))


def _read(package: SubTree, path: str, package_type: str, log: FindingLog, weight: Severity) -> _Description | None:
    place = package.at(path)
    try:
        root = read_small(package, path)
    except XmlFault as error:
        log.add(error.at(place))
        return None
    except InputError as error:
        log.add(kinds.UNREADABLE.at(place, reason=error))
        return None
    if local_name(root) != "simpledc" or namespace(root):
        log.add(kinds.TT05_ROOT.at(place, name=str(root.tag)[:100]))
        return None
    values: dict[str, list[str]] = {}
    order: list[str] = []
    for child in root.iterchildren(etree.Element):
        name = local_name(child)
        if name not in values:
            order.append(name)
        values.setdefault(name, []).append((child.text or "").strip())
    return _Description(
        place=place,
        values=values,
        order=order,
        weight=weight,
        source=_SOURCES[package_type],
        log=log,
        partial_dates=package_type != SUBMISSION,
    )


def _check_elements(description: _Description, elements: tuple[Element, ...], *, complete: bool = True) -> None:
    known: set[str] = set()
    for element in elements:
        names = _SYNONYMS.get(element.name, (element.name,))
        known.update(names)
        if element.name not in description.values and any(name in description.values for name in names):
            description.log.add(
                kinds.TT05_OTHER_NAME.at(description.place, element=element.name, source=description.source)
            )
        values = [value for name in names for value in description.values.get(name, ()) if value]
        if not values and not _optional(element, description):
            _missing(element, description)
        for value in values:
            _check_value(element, value, description)
    if not complete:
        return
    for name in description.order:
        if name not in known:
            description.log.add(
                kinds.TT05_UNKNOWN_ELEMENT.at(description.place, element=name[:60], source=description.source)
            )
    expected = [element.name for element in elements if element.name in description.values]
    if [name for name in description.order if name in expected] != expected:
        description.log.add(kinds.TT05_ORDER.at(description.place, source=description.source))


def _optional(element: Element, description: _Description) -> bool:
    origin = description.first("confidenceLevel")
    if element.obligation is Obligation.IF_DIGITISED:
        return origin not in ("02", "03")
    if element.obligation is Obligation.IF_BORN_DIGITAL:
        return origin not in ("01", "03")
    if element.obligation is Obligation.IF_RISK_RECOVERY:
        return description.first("riskRecovery") != "1"
    return element.obligation is Obligation.OPTIONAL


def _missing(element: Element, description: _Description) -> None:
    weight = Severity.WARNING if element.name in _CONTESTED else description.weight
    description.log.add(
        kinds.TT05_MISSING.at(
            description.place,
            severity=weight,
            element=element.name,
            source=description.source,
            title=element.vietnamese,
        )
    )


def _check_value(element: Element, value: str, description: _Description) -> None:
    parts = [value]
    if element.type in (ElementType.CODES, ElementType.TEXTS):
        parts = [part.strip() for part in _SPLIT.split(value) if part.strip()]
    for part in parts:
        fault = _fault_of(element, part, description)
        if fault is not None:
            description.log.add(
                fault.at(
                    description.place,
                    severity=description.weight,
                    element=element.name,
                    value=part[:80],
                    limit=element.length,
                    source=description.source,
                )
            )


def _fault_of(element: Element, value: str, description: _Description) -> kinds.FindingKind | None:
    if element.type in (ElementType.CODE, ElementType.CODES):
        return None if not element.codes or value in _TABLES[element.codes] else kinds.TT05_CODE
    if element.type is ElementType.DATE:
        date = _date(value)
        if date is None or (date.day is None and not description.partial_dates):
            return kinds.TT05_DATE
        return None
    if element.type is ElementType.BOOLEAN:
        return None if value in ("0", "1") else kinds.TT05_CODE
    if element.type is ElementType.NUMBER and not value.isdecimal():
        return kinds.TT05_NUMBER
    return kinds.TT05_LENGTH if len(value) > element.length else None


def _date(text: str) -> PartialDate | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return PartialDate(int(match[3]), int(match[2]) if match[2] else None, int(match[1]) if match[1] else None)
    except ValueError:
        return None


def _check_preservation(package: SubTree, package_type: str, log: FindingLog, *, preserved: bool) -> None:
    path = "metadata/preservation/PREMIS.xml"
    there = package.size(path) is not None
    if package_type == ARCHIVAL:
        if not there:
            log.add(kinds.TT05_NO_PREMIS.at(package.at(path)))
        if not preserved:
            log.add(kinds.TT05_NO_PREMIS.at(package.at("representations/rep1/metadata/preservation/PREMIS_rep1.xml")))
    elif package_type == SUBMISSION and (there or preserved):
        log.add(kinds.TT05_PREMIS_IN_SIP.at(package.at(path)))
