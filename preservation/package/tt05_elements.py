"""The elements of each kind of description in each kind of package of Circular 05/2025.

The annexes name the same elements differently and contradict each other in places, so every kind has a
profile of its own.

Source:
    Circular 05/2025/TT-BNV, Annexes I (`AIP_hoso`), II (`AIP_tailieu`), III (`SIP_hoso`), IV (`SIP_tailieu`)
    and V (`DIP`)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

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

SUBMISSION, ARCHIVAL, DISSEMINATION = "SIP", "AIP", "DIP"
TABLES: Mapping[str, Iterable[str]] = {**CODE_TABLES, "purpose": ("01", "02", "03")}
"""Codes by the name of their table."""
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "arcFileCode": ("arcFileCode", "fileCode"),
    "fileCode": ("fileCode", "arcFileCode"),
    "docCode": ("docCode", "arcDocCode"),
    "arcDocCode": ("arcDocCode", "docCode"),
}
"""Names that stand for each other, the first being the profile's own."""
CONTESTED = frozenset(("riskRecovery", "riskRecoveryStatus", "process", "paperFileCode", "numberOfPaper", "docId"))
"""Elements that the circular's own lists, or real packages, leave out: missing ones are warnings."""

_SOURCES = {
    (SUBMISSION, False): "TT 05/2025 PL III",
    (SUBMISSION, True): "TT 05/2025 PL IV",
    (ARCHIVAL, False): "TT 05/2025 PL I",
    (ARCHIVAL, True): "TT 05/2025 PL II",
    (DISSEMINATION, False): "TT 05/2025 PL V",
    (DISSEMINATION, True): "TT 05/2025 PL V",
}
_ONLY_CASES = frozenset(row.name for row in CASE_FILE_ELEMENTS) - frozenset(row.name for row in LOOSE_ELEMENTS)
_RISK = ("riskRecovery", "riskRecoveryStatus")
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
_REQUEST = (
    _text("requestID", 100, _MANDATORY),
    replace(_text("requestDate", 10, _MANDATORY), type=ElementType.DATE),
    _text("purpose", 2, _MANDATORY, "purpose"),
    _text("purposeContent", 500),
    _text("feeObjectType", 2),
    _text("researchTopic", 250),
    _text("description", 2000),
)
_PARENT = _text("arcFileCode", 100, _MANDATORY)
_ORDINAL = _text("docOrdinal", 10, _MANDATORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of description."""

    elements: tuple[Element, ...]
    """In the order of its schema."""
    tolerated: frozenset[str] = frozenset()
    """Names of further elements that another annex, or its example, has in the same place."""
    source: str
    uncertain: bool = False
    """Obligations and lengths of this kind are not certain: what differs warns."""
    rows: tuple[tuple[Element, tuple[str, ...]], ...] = field(init=False)
    """Each element with the names it is known by, its own first."""
    known: frozenset[str] = field(init=False)
    """Every name that may stand there."""
    positions: Mapping[str, int] = field(init=False)
    """Place of each element in the order of the schema, by name."""

    def __post_init__(self) -> None:
        rows = tuple((row, SYNONYMS.get(row.name, (row.name,))) for row in self.elements)
        object.__setattr__(self, "rows", rows)
        names = (name for _row, synonyms in rows for name in synonyms)
        object.__setattr__(self, "known", self.tolerated.union(names))
        object.__setattr__(self, "positions", {row.name: place for place, row in enumerate(self.elements)})


def is_loose(names: Iterable[str]) -> bool:
    """Tell by the names of its elements whether `EAD.xml` describes loose documents instead of a case file."""
    present = frozenset(names)
    return "source" in present or not present & _ONLY_CASES


@cache
def case_elements(package_type: str, *, loose: bool = False) -> tuple[Element, ...]:
    """Return the elements of `EAD.xml`, in the order of the schema.

    Args:
        package_type: SIP, AIP or DIP.
        loose: of loose documents, instead of a case file.
    """
    if package_type == DISSEMINATION:
        return _REQUEST
    rows = LOOSE_ELEMENTS if loose else CASE_FILE_ELEMENTS
    if package_type == SUBMISSION:
        return rows
    rows = tuple(_named(row, "arcFileCode") if row.name == "fileCode" else row for row in rows)
    if loose:
        # Annex II: a text of 100 characters, where Annex IV has a yes or no; and no number of documents
        return tuple(
            replace(row, type=ElementType.TEXT, length=100, codes="") if row.name == "source" else row
            for row in rows
            if row.name != "totalDoc"
        )
    return tuple(sorted(rows, key=lambda row: _AIP_ORDER.index(row.name)))


@cache
def case_layout(package_type: str, *, loose: bool) -> Layout:
    """Return the profile of `EAD.xml`."""
    return Layout(elements=case_elements(package_type, loose=loose), source=_SOURCES[package_type, loose])


@cache
def document_elements(package_type: str) -> tuple[Element, ...]:
    """Return the elements of `EAD_doc_*.xml`: 21 in a SIP, 19 in an AIP, 20 in a DIP."""
    if package_type == SUBMISSION:
        return DOCUMENT_ELEMENTS
    if package_type == DISSEMINATION:
        rows = (row for row in DOCUMENT_ELEMENTS if row.name != "organName")
        return tuple(_named(row, "arcDocCode") if row.name == "docCode" else row for row in rows)
    kept = (row for row in DOCUMENT_ELEMENTS if row.name not in ("docId", "maintenance", *_RISK))
    return tuple(sorted((_PARENT, _ORDINAL, *kept), key=lambda row: _AIP_DOCUMENT_ORDER.index(row.name)))


@cache
def document_layout(package_type: str, form: str, *, loose: bool) -> Layout:
    """Return the profile of the description of a document.

    Args:
        package_type: SIP, AIP or DIP.
        form: a key of `ELEMENT_SETS`: empty for texts, `pic`, `media`.
        loose: the package holds loose documents.
    """
    source = _SOURCES[package_type, loose]
    if not form:
        rows = document_elements(package_type)
        # Annex II keeps what Annex I leaves out, at least for pictures and recordings
        further = ("docId", "maintenance", *_RISK) if package_type == ARCHIVAL and loose else ()
        return Layout(elements=rows, tolerated=frozenset(further), source=source)
    rows = ELEMENT_SETS[form]
    if package_type == ARCHIVAL and not loose:
        rest = tuple(row for row in rows if row.name not in ("docCode", "maintenance", *_RISK))
        code = next(row for row in rows if row.name == "docCode")
        return Layout(
            elements=(_PARENT, code, _ORDINAL, *rest),
            tolerated=frozenset(("maintenance", *_RISK)),
            source=source,
            uncertain=True,
        )
    tolerated: tuple[str, ...] = ()
    if package_type != SUBMISSION:
        rows = tuple(_named(row, "arcDocCode") if row.name == "docCode" else row for row in rows)
        tolerated = ("arcFileCode", "docOrdinal")
        if package_type == ARCHIVAL:
            rows = tuple(_optional(row) if row.name in ("maintenance", *_RISK) else row for row in rows)
    return Layout(elements=rows, tolerated=frozenset(tolerated), source=source, uncertain=True)


def _named(row: Element, name: str) -> Element:
    return replace(row, name=name)


def _optional(row: Element) -> Element:
    return replace(row, obligation=Obligation.OPTIONAL)
