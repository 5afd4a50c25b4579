"""Checking a description against the circular and against the files that were handed in.

Pure: everything comes from the description and the names; nothing is opened.

Source:
    Circular 05/2025/TT-BNV, Annexes I and III, Article 24.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from ingest.describe import findings as kinds
from ingest.describe.convert import case_place, document_place
from ingest.packages.findings import CASE_NOT_DESCRIBED, DECISION_MISSING, NOT_IN_STANDARD
from ingest.sources.matching import FileMatches, match_files
from ingest.sources.values import Description
from model.casefile import CaseFile, Document
from model.elements import (
    CASE_FILE_ELEMENTS,
    CODE_TABLES,
    ELEMENT_SETS,
    LOOSE_ELEMENTS,
    Element,
    ElementType,
    Obligation,
)
from model.findings import Finding

_BORN_DIGITAL, _DIGITISED, _MIXED = "01", "02", "03"
_RETENTION_RANK = {code: rank for rank, code in enumerate(("06", "05", "04", "03", "02", "01"))}
_ALWAYS = ("fileCode", "title")
_DECIDED = ("maintenance", "mode")
"""Elements of a case file that no standard can leave out: an archivist decides how long it is kept and who sees it."""
"""What every standard of description has a place for."""
_UNREADABLE = frozenset(
    kind.code for kind in (kinds.BAD_DATE, kinds.BAD_NUMBER, kinds.BAD_BOOLEAN, kinds.TWO_DIGIT_YEAR)
)
_NOT_THERE = frozenset(
    kind.code
    for kind in (kinds.NO_DESCRIPTOR, kinds.UNREADABLE_DESCRIPTOR, kinds.CASE_NOT_DESCRIBED, CASE_NOT_DESCRIBED)
)
"""Nothing can be checked field by field: the reader said why."""


def resolve_files(description: Description, names: Iterable[bytes]) -> dict[bytes, int]:
    """Return which document each handed-in file belongs to; files no document names are left out."""
    return match_files(description, names).owners


def check_description(description: Description, names: Iterable[bytes]) -> Iterator[Finding]:
    """Yield everything wrong with a description, alone and against the names of the files handed in.

    Args:
        names: names of the entries, the descriptor's own left out (it is tolerated).
    """
    if any(finding.code in _NOT_THERE for finding in description.findings):
        return
    matches = match_files(description, names)
    unreadable = {finding.location for finding in description.findings if finding.code in _UNREADABLE}
    no_identifiers = any(f.code == kinds.NO_DOCUMENT_IDENTIFIERS.code for f in description.findings)
    case_file = description.case_file
    yield from _checked(description, _case_file(case_file, unreadable))
    state = _Documents(case_file=case_file, unreadable=unreadable, no_identifiers=no_identifiers)
    yield from _checked(description, _documents(description, state, matches))
    yield from state.totals()
    yield from matches.findings
    yield from matches.unnamed(description.links)


def _documents(description: Description, state: "_Documents", matches: FileMatches) -> Iterator[Finding]:
    for document in description.documents:
        yield from state.check(document)
        yield from _named_files(document, matches)


def _checked(description: Description, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings; what a foreign standard has no place for is told once an element, and weighs less."""
    if not description.standard:
        yield from findings
        return
    told: set[str] = set()
    for finding in findings:
        field_name, title = dict(finding.args).get("field", ""), dict(finding.args).get("title", "")
        if finding.code != kinds.MISSING.code or field_name in _ALWAYS:
            yield finding
        elif field_name not in told:
            told.add(field_name)
            decided = finding.location.startswith(case_place("")) and field_name in _DECIDED
            kind = DECISION_MISSING if decided else NOT_IN_STANDARD
            yield kind.at(field_name, standard=description.standard, title=title)


def _case_file(case_file: CaseFile, unreadable: set[str]) -> Iterator[Finding]:
    for element in LOOSE_ELEMENTS if case_file.is_loose else CASE_FILE_ELEMENTS:
        value = getattr(case_file, element.attribute)
        place = case_place(element.name)
        if value is None or value == "" or value == ():
            if place not in unreadable and _is_due(element, case_file, case_file.confidence_level):
                yield _missing(element, place)
        else:
            yield from _value(element, value, place)
    start, end = case_file.start_date, case_file.end_date
    if start and end and end.latest < start.earliest:
        yield kinds.END_BEFORE_START.at(case_place("endDate"), start=start.vietnamese, end=end.vietnamese)
    yield from _backup(case_file, case_place("riskRecoveryStatus"))


def _missing(element: Element, place: str) -> Finding:
    return kinds.MISSING.at(place, field=element.name, title=element.vietnamese)


def _is_due(element: Element, described: CaseFile | Document, confidence: str) -> bool:
    match element.obligation:
        case Obligation.MANDATORY:
            return True
        case Obligation.IF_DIGITISED:
            return confidence in (_DIGITISED, _MIXED)
        case Obligation.IF_BORN_DIGITAL:
            return confidence in (_BORN_DIGITAL, _MIXED)
        case Obligation.IF_RISK_RECOVERY:
            return described.risk_recovery is True
        case Obligation.OPTIONAL:
            return False


def _value(element: Element, value: object, place: str) -> Iterator[Finding]:
    """Yield what is wrong with a value that is there."""
    if element.type is ElementType.CODE and isinstance(value, str):
        if value not in CODE_TABLES[element.codes]:
            yield _unknown_code(element, value, place)
    elif element.type is ElementType.CODES and isinstance(value, tuple):
        yield from (_unknown_code(element, part, place) for part in value if part not in CODE_TABLES[element.codes])
    elif isinstance(value, str):
        if len(value) > element.length:
            yield _too_long(element, len(value), place)
    elif element.type is ElementType.TEXTS and isinstance(value, tuple):
        yield from (_too_long(element, len(part), place) for part in value if len(part) > element.length)
    elif element.type is ElementType.NUMBER:
        if len(str(value)) > element.length:
            yield _too_long(element, len(str(value)), place)
    elif element.type is ElementType.DATE and getattr(value, "year", 1000) < 1000:
        shown = getattr(value, "vietnamese", "")
        yield kinds.IMPLAUSIBLE_DATE.at(place, field=element.name, title=element.vietnamese, value=shown)


def _too_long(element: Element, length: int, place: str) -> Finding:
    return kinds.TOO_LONG.at(place, field=element.name, title=element.vietnamese, length=length, limit=element.length)


def _unknown_code(element: Element, value: str, place: str) -> Finding:
    allowed = "; ".join(f"{code} {words[0]}" for code, words in CODE_TABLES[element.codes].items())
    return kinds.UNKNOWN_CODE.at(
        place, field=element.name, title=element.vietnamese, value=value[:200], allowed=allowed
    )


def _backup(described: CaseFile | Document, place: str) -> Iterator[Finding]:
    if described.risk_recovery is False and described.risk_recovery_status:
        yield kinds.RISK_STATUS_WITHOUT.at(place, field="riskRecoveryStatus")


@dataclass(slots=True, kw_only=True)
class _Documents:
    """The checks of documents one after the other, and what they need to remember."""

    case_file: CaseFile
    unreadable: set[str]
    no_identifiers: bool
    count: int = 0
    pages: int = 0
    pages_known: bool = True
    longest: tuple[int, int, str] = (-1, 0, "")
    """Rank, ordinal and code of the longest retention period."""
    codes: set[int] = field(default_factory=set)
    """Hashes, which need less memory than the texts."""
    identifiers: set[int] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)

    def check(self, document: Document) -> Iterator[Finding]:
        """Yield what is wrong with one document."""
        self.count += 1
        confidence = document.confidence_level or self.case_file.confidence_level
        elements, plains, values = _SETS.get(document.form) or _SETS[""]
        for element, plain, value in zip(elements, plains, values(document), strict=True):
            if value is None or value == "" or value == ():
                if element.obligation is not Obligation.OPTIONAL and self._due(element, document, confidence):
                    yield _missing(element, document_place(document.ordinal, element.name))
            elif not plain(value):
                yield from _value(element, value, document_place(document.ordinal, element.name))
        yield from _backup(document, document_place(document.ordinal, "riskRecoveryStatus"))
        yield from self._date(document)
        yield from self._unique(document)
        if document.number_of_page is None:
            self.pages_known = False
        self.pages += document.number_of_page or 0
        rank = _RETENTION_RANK.get(document.maintenance, -1)
        if rank > self.longest[0]:
            self.longest = (rank, document.ordinal, document.maintenance)

    def totals(self) -> Iterator[Finding]:
        """Yield what the documents together say against the case file."""
        case_file = self.case_file
        if not self.count:
            yield kinds.NO_DOCUMENTS.at()
        elif case_file.total_doc is not None and case_file.total_doc != self.count:
            yield kinds.TOTAL_DIFFERS.at(case_place("totalDoc"), claimed=case_file.total_doc, listed=self.count)
        if self.pages_known and self.count and case_file.number_of_page not in (None, self.pages):
            yield kinds.PAGES_DIFFER.at(case_place("numberOfPage"), claimed=case_file.number_of_page, listed=self.pages)
        rank, ordinal, code = self.longest
        if rank > _RETENTION_RANK.get(case_file.maintenance, rank):
            words = CODE_TABLES["maintenance"]
            yield kinds.RETENTION_SHORTER.at(
                case_place("maintenance"),
                case=words[case_file.maintenance][0],
                document=ordinal,
                longest=words[code][0],
            )

    def _due(self, element: Element, document: Document, confidence: str) -> bool:
        if not _is_due(element, document, confidence):
            return False
        if element.attribute == "doc_id" and self.no_identifiers:
            return False
        return not self.unreadable or document_place(document.ordinal, element.name) not in self.unreadable

    def _date(self, document: Document) -> Iterator[Finding]:
        issued, start, end = document.issued_date, self.case_file.start_date, self.case_file.end_date
        if issued is None or start is None or end is None:
            return
        if issued.latest < start.earliest or issued.earliest > end.latest:
            yield kinds.DATE_OUTSIDE.at(
                document_place(document.ordinal, "issuedDate"),
                date=issued.vietnamese,
                start=start.vietnamese,
                end=end.vietnamese,
            )

    def _unique(self, document: Document) -> Iterator[Finding]:
        for name, title, value, seen in (
            ("docCode", "Mã lưu trữ của tài liệu", document.doc_code, self.codes),
            ("docId", "Mã định danh tài liệu", document.doc_id, self.identifiers),
        ):
            if value and _seen(seen, value):
                place = document_place(document.ordinal, name)
                yield kinds.DUPLICATE_VALUE.at(place, field=name, title=title, value=value)
        if document.code_number and document.issued_date:
            key = f"{document.code_number}/{document.code_notation}, {document.issued_date.vietnamese}"
            if _seen(self.numbers, f"{key}, {document.organ_name}"):
                yield kinds.DUPLICATE_DOCUMENT.at(document_place(document.ordinal), value=key)


def _plain_check(element: Element) -> Callable[[Any], bool]:
    """Return a quick test that most values pass; those that do not get a closer look."""
    length = element.length
    if element.type is ElementType.CODE:
        return CODE_TABLES[element.codes].__contains__
    if element.type is ElementType.CODES:
        return frozenset(CODE_TABLES[element.codes]).issuperset
    if element.type is ElementType.TEXT:
        return lambda value: len(value) <= length
    if element.type is ElementType.NUMBER:
        return lambda value: bool(value < 10**length)
    if element.type is ElementType.DATE:
        return lambda value: bool(value.year >= 1000)
    return lambda value: element.type is ElementType.BOOLEAN and isinstance(value, bool)


def _reader(elements: tuple[Element, ...]) -> Callable[[Document], tuple[Any, ...]]:
    """Return what gives the values of a document for a set of elements, those kept by name among them."""
    if all(element.attribute for element in elements):
        return attrgetter(*(element.attribute for element in elements))

    def values(document: Document) -> tuple[Any, ...]:
        more = dict(document.more)
        return tuple(
            getattr(document, element.attribute) if element.attribute else more.get(element.name, "")
            for element in elements
        )

    return values


_SETS = {
    form: (elements, tuple(_plain_check(element) for element in elements), _reader(elements))
    for form, elements in ELEMENT_SETS.items()
}


def _seen(seen: set[int], value: str) -> bool:
    key = hash(value)
    if key in seen:
        return True
    seen.add(key)
    return False


def _named_files(document: Document, matches: FileMatches) -> Iterator[Finding]:
    if not document.files:
        yield kinds.NO_FILE.at(document_place(document.ordinal))
    for name in document.files:
        if matches.is_absent(name):
            yield kinds.FILE_ABSENT.at(document_place(document.ordinal, "file"), name=name)
