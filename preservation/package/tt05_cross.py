"""What the descriptions of a package say about each other.

Source:
    Circular 05/2025/TT-BNV, Annexes I to IV; Circular 10/2022/TT-BNV: the period of a case file
"""

from dataclasses import dataclass

from model.dates import PartialDate
from model.elements import SECRET_MODE
from model.findings import Finding, FindingKind, FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package import tt05_findings as more
from preservation.package.tree import PathSet
from preservation.package.tt05_codes import belongs, is_batch_code, is_file_code, other_year, read_document_code
from preservation.package.tt05_description import Description, written_date
from preservation.package.tt05_elements import ARCHIVAL, SUBMISSION

_PERMANENT = "01"
_RANKED = ("01", "02", "03", "04", "05", "06")
"""Retention periods that can be compared, the longest first; `07` is any other."""
_DIGITISED = ("02", "03")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the description of a package says about it as a whole."""

    place: str
    known: bool = False
    """There is a description of a case file or of loose documents."""
    loose: bool = False
    code: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    maintenance: str = ""
    mode: str = ""
    origin: str = ""
    total: str = ""


class CrossCheck:
    """Compares each document with its case file, and the documents with each other, in bounded memory."""

    def __init__(
        self, package_type: str, case: CaseFacts, notes: more.Gathered, log: FindingLog, *, ours: bool
    ) -> None:
        self._type = package_type
        self._case = case
        self._notes = notes
        self._log = log
        self._ours = ours
        self._documents = 0
        self._digitised = case.origin in _DIGITISED
        self._codes = {"docCode": PathSet(), "docId": PathSet()}

    def count(self) -> None:
        """Count a document whose description cannot be read."""
        self._documents += 1

    def add(self, description: Description) -> None:
        """Compare one document."""
        self._documents += 1
        self._digitised = self._digitised or description.first("confidenceLevel") in _DIGITISED
        for element, seen in self._codes.items():
            value = description.first(element)
            if value and not seen.add(value):
                self._say(more.CODE_TWICE, description.place, element=element, value=value[:100])
        if not self._case.known:
            return
        self._check_code(description)
        self._check_date(description)
        self._check_value(description)

    def finish(self) -> None:
        """Judge the case file as a whole."""
        case = self._case
        if case.total.isdecimal() and self._documents and int(case.total[:12]) != self._documents:
            weight = Severity.WARNING if self._ours else None  # an officer of this archive let it pass
            found = self._documents
            self._log.add(kinds.TT05_COUNT.at(case.place, severity=weight, total=case.total[:12], found=found))
        if self._digitised and not self._ours:
            self._log.add(more.DIGITISED.at(case.place))
        if not case.known:
            return
        if case.start and case.end and case.end.latest < case.start.earliest:
            weight = Severity.WARNING if self._ours else None
            self._log.add(kinds.TT05_DATES.at(case.place, severity=weight, start=case.start.iso, end=case.end.iso))
        self._check_file_code()
        if self._type == SUBMISSION:
            if case.maintenance in _RANKED and case.maintenance != _PERMANENT:
                self._say(more.NOT_PERMANENT, case.place, value=case.maintenance)
            if case.mode == SECRET_MODE:
                self._say(more.SECRET, case.place)

    def _say(self, kind: FindingKind, place: str, **args: str) -> None:
        self._log.add(kind.at(place, severity=self._weight(kind), **args))

    def _note(self, kind: FindingKind, place: str, **args: str) -> None:
        finding: Finding = kind.at(place, severity=self._weight(kind), **args)
        self._notes.add(kind, finding)

    def _weight(self, kind: FindingKind) -> Severity:
        return Severity.INFO if self._ours else kind.severity

    def _check_file_code(self) -> None:
        case = self._case
        if not case.code:
            return
        if case.loose:
            if self._type == SUBMISSION and not is_batch_code(case.code):
                self._say(more.BATCH_CODE_FORM, case.place, value=case.code[:100])
        elif not is_file_code(case.code):
            self._say(more.CODE_FORM, case.place, value=case.code[:100])

    def _check_code(self, description: Description) -> None:
        case, place = self._case, description.place
        own = description.first("docCode")
        if self._type == ARCHIVAL:
            parent = (description.values.get("arcFileCode") or [""])[0]
            if parent and case.code and parent != case.code:
                self._note(more.PARENT_CODE, place, value=parent[:100], code=case.code[:100])
        if not own or not case.code or case.loose:
            return
        code = read_document_code(own)
        if not code.ordinal or not belongs(code.prefix, case.code):
            years = other_year(code.prefix, case.code) if code.ordinal else None
            if years is not None:
                self._note(more.DOCUMENT_YEAR, place, found=years[0], year=years[1])
            else:
                self._note(more.DOCUMENT_CODE, place, value=code.prefix[:100], code=case.code[:100])
        ordinal = description.first("docOrdinal")
        if ordinal.isdecimal() and code.ordinal and int(ordinal[:12]) != int(code.ordinal):
            self._say(more.ORDINAL, place, value=ordinal[:12], code=own[:100])

    def _check_date(self, description: Description) -> None:
        case = self._case
        date = written_date(description.first("issuedDate"))
        if date is None or case.start is None or case.end is None:
            return
        if date.latest < case.start.earliest or date.earliest > case.end.latest:
            self._say(more.DATE_OUTSIDE, description.place, date=date.iso, start=case.start.iso, end=case.end.iso)

    def _check_value(self, description: Description) -> None:
        document, case = description.first("maintenance"), self._case.maintenance
        if document in _RANKED and case in _RANKED and document < case:
            self._say(more.MORE_VALUABLE, description.place, document=document, case=case)
        if self._type == SUBMISSION and description.first("mode") == SECRET_MODE:
            self._say(more.SECRET, description.place)
