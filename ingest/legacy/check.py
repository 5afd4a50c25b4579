"""Checking a package against Circular 02/2019 itself, requirement by requirement, as it was written then.

What the circular's new successor asks is not asked here: that is for the conversion, and for ingest.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ingest.describe.titles import fold
from ingest.describe.values import number_of, read_date
from ingest.legacy import findings as kinds
from ingest.legacy import values
from ingest.legacy.describe import LegacyPackage, read_package
from ingest.legacy.matching import FileIndex
from ingest.legacy.names import CASE_FIELDS, DOCUMENT_FIELDS, PARTS, Field
from ingest.legacy.parts import Part, find_parts
from ingest.legacy.records import Record
from ingest.sources.discovery import archive_stem, discover
from ingest.sources.guards import display_name, is_system_file
from ingest.sources.secrecy import is_secret_mode
from ingest.sources.values import Limits, Submission
from model.dates import PartialDate
from model.findings import Finding, FindingLog, Severity, ValidationReport
from model.text import N_

TYPE = "vn-tt02"
_DATE = re.compile(r"\d{2}/\d{2}/\d{4}")
_RECALLED_TITLE = 500
"""Characters of a title by another reading of the circular."""
_OLD_FORM, _YEAR_FORM = N_("13 characters such as 000.00.00.G09"), N_("a year or the number of an inventory")


def check_legacy(path: Path, limits: Limits | None = None) -> ValidationReport:
    """Check the package (or each of a batch) at a path.

    Raises:
        InputError: it cannot be read.
    """
    limits = limits or Limits()
    log = FindingLog()
    with tempfile.TemporaryDirectory(prefix="chauban-check-") as folder:
        work = Path(folder)
        if path.is_file() and not archive_stem(path.name):
            _check(read_package([Part(name=b"", copy=path)], work, limits, log), None, log)
        else:
            for submission in discover([path], limits):
                _check_submission(submission, work, limits, log)
    return ValidationReport(subject=str(path), type=TYPE, findings=tuple(log), outcome=log.outcome)


def _check_submission(submission: Submission, work: Path, limits: Limits, log: FindingLog) -> None:
    source = submission.source
    try:
        beside = submission.beside
        parts = [Part(name=b"", copy=beside)] if beside else find_parts(source, work, limits)
        if not parts:
            log.add(kinds.NO_CASE_FILE.at(submission.name))
            return
        package = read_package(parts, work, limits, log)
        described = {part.name for part in parts}
        names = [entry.name for entry in source.entries() if entry.name not in described]
        _check(package, names, log)
        log.extend(source.findings())
    finally:
        source.close()


def _check(package: LegacyPackage, names: list[bytes] | None, log: FindingLog) -> None:
    """Check what was read.

    Args:
        names: of the files of the package; none where only the description is there.
    """
    try:
        secret = _secret(package)
        if secret is not None:
            log.add(secret)
            return
        state = _Check(package=package, case=package.case, index=FileIndex.of(names or (), package.top))
        log.extend(state.of_case_file())
        for ordinal, record in enumerate(package.records(), 1):
            log.extend(state.of_document(record, ordinal))
            if names is not None:
                log.extend(state.of_files(record, ordinal))
        log.extend(state.totals())
        if names is None:
            log.add(kinds.FILES_NOT_CHECKED.at(package.main.shown))
        else:
            log.extend(state.unnamed(names))
        matched = sum(state.index.how.values())
        log.add(
            kinds.READ.at(
                package.main.shown,
                code=package.code() or "?",
                documents=len(package.documents),
                names=package.names,
                files=matched,
            )
        )
    finally:
        package.documents.close()


def _secret(package: LegacyPackage) -> Finding | None:
    """Return a finding where the case file or a document is secret; then nothing else of the package is told."""
    rights = package.case.fields.get("Rights", "") if package.case else ""
    if is_secret_mode(values.access_code(rights)):
        return kinds.SECRET.at("Rights", value=rights)
    for ordinal, record in enumerate(package.records(), 1):
        mode = record.fields.get("Mode", "")
        if is_secret_mode(values.access_code(mode)):
            return kinds.SECRET.at(f"document[{ordinal}]/Mode", value=mode)
    return None


@dataclass(slots=True, kw_only=True)
class _Check:
    """The checks of one package, and what they need to remember from document to document."""

    package: LegacyPackage
    case: Record | None
    index: FileIndex
    codes: set[int] = field(default_factory=set)
    ordinals: set[str] = field(default_factory=set)
    pages: int | None = 0
    start: date | None = None
    end: date | None = None

    def of_case_file(self) -> Iterator[Finding]:
        """Yield what is wrong with the case file's own data."""
        if self.case is None:
            yield kinds.NO_CASE_FILE.at(self.package.main.shown)
            return
        if self.package.others:
            codes = ", ".join(sorted({self.package.code(), *self.package.others})[:5])
            yield kinds.SEVERAL_CASE_FILES.at(self.package.main.shown, codes=codes)
        yield from _fields(self.case, CASE_FIELDS, "")
        yield from self._code_parts()
        yield from _words(self.case, _CASE_WORDS, "")
        start, end = _date(self.case, "StartDate"), _date(self.case, "EndDate")
        if start and end and end.latest < start.earliest:
            yield kinds.DATES_REVERSED.at("EndDate", start=start.vietnamese, end=end.vietnamese)
        elif start and end:
            self.start, self.end = start.earliest, end.latest

    def of_document(self, record: Record, ordinal: int) -> Iterator[Finding]:
        """Yield what is wrong with one document's data."""
        place = f"document[{ordinal}]/"
        yield from _fields(record, DOCUMENT_FIELDS, place)
        yield from _words(record, _DOCUMENT_WORDS, place)
        yield from self._codes(record, place)
        issued = _date(record, "IssuedDate")
        if issued and self.start and self.end and (issued.latest < self.start or issued.earliest > self.end):
            yield kinds.DATE_OUTSIDE.at(
                f"{place}IssuedDate", date=issued.vietnamese, start=_shown(self.start), end=_shown(self.end)
            )
        pages = _number(record, "PageAmount")
        self.pages = self.pages + pages if self.pages is not None and pages is not None else None

    def of_files(self, record: Record, ordinal: int) -> Iterator[Finding]:
        """Yield what is wrong with the files of one document."""
        files = self.index.files_of(record, ordinal)
        if not files:
            yield kinds.NO_FILE.at(f"document[{ordinal}]")
        for name in files:
            if not self.index.has(name):
                yield kinds.FILE_ABSENT.at(f"document[{ordinal}]", name=name)

    def totals(self) -> Iterator[Finding]:
        """Yield what the documents together say against the case file."""
        count = len(self.package.documents)
        if not count:
            yield kinds.NO_DOCUMENTS.at(self.package.main.shown)
            return
        yield from self._ordinals(count)
        if self.case is None:
            return
        claimed = _number(self.case, "TotalDoc")
        if claimed is not None and claimed != count:
            yield kinds.TOTAL.at("TotalDoc", claimed=claimed, listed=count)
        pages = _number(self.case, "PageNumber")
        if pages is not None and self.pages not in (None, pages):
            yield kinds.PAGES.at("PageNumber", claimed=pages, listed=self.pages)

    def unnamed(self, names: list[bytes]) -> Iterator[Finding]:
        """Yield the files that belong to no document."""
        for name in names:
            if name not in self.index.taken and not is_system_file(name):
                yield kinds.FILE_UNNAMED.at(display_name(name), name=display_name(name))

    def _code_parts(self) -> Iterator[Finding]:
        fields = self.case.fields if self.case else {}
        code = fields.get("FileCode", "")
        given = [name for name in PARTS if fields.get(name)]
        if code and given and not values.is_made_of(code, fields):
            parts = ", ".join(f"{name} {fields[name]}" for name in given)
            yield kinds.CODE_PARTS.at("FileCode", code=code, parts=parts)
        identifier = fields.get("Identifier", "")
        if identifier and not values.OLD_AGENCY.fullmatch(identifier):
            yield kinds.PART_FORM.at("Identifier", field="Identifier", value=identifier[:200], form=_OLD_FORM)
        catalog = fields.get("FileCatalog", "")
        if catalog and not re.fullmatch(r"\d{1,4}", catalog):
            yield kinds.PART_FORM.at("FileCatalog", field="FileCatalog", value=catalog[:200], form=_YEAR_FORM)

    def _codes(self, record: Record, place: str) -> Iterator[Finding]:
        """Yield what is wrong with a document's codes, against its case file and the other documents."""
        fields = record.fields
        code, file_code, own = fields.get("DocCode", ""), fields.get("FileCode", ""), self.package.code()
        if file_code and own and fold(file_code) != fold(own):
            yield kinds.OTHER_FILE.at(f"{place}FileCode", other=file_code[:200], code=own[:200])
        if code and own and not _begins(code, own, self.case or record):
            yield kinds.DOC_CODE.at(f"{place}DocCode", value=code[:200], code=own[:200])
        if code and hash(code) in self.codes:
            yield kinds.DUPLICATE.at(f"{place}DocCode", field="DocCode", value=code[:200])
        if code:
            self.codes.add(hash(code))
        ordinal = fields.get("DocOrdinal", "")
        if ordinal and ordinal in self.ordinals:
            yield kinds.DUPLICATE.at(f"{place}DocOrdinal", field="DocOrdinal", value=ordinal[:200])
        if ordinal:
            self.ordinals.add(ordinal)

    def _ordinals(self, count: int) -> Iterator[Finding]:
        given = sorted(ordinal for ordinal in self.package.ordinals if ordinal is not None)
        if len(given) != count or len(set(given)) != count:
            return
        wrong = next((value for place, value in enumerate(given, 1) if value != place), None)
        if wrong is not None:
            yield kinds.ORDINALS.at("DocOrdinal", count=count, value=wrong)


def _fields(record: Record, fields: tuple[Field, ...], place: str) -> Iterator[Finding]:
    """Yield fields that are missing, too long, or of the wrong kind."""
    for item in fields:
        value = record.fields.get(item.name, "")
        where = f"{place}{item.name}"
        if not value:
            if item.mandatory:
                yield kinds.MISSING.at(where, field=item.name)
            continue
        yield from _length(item, value, where)
        if item.kind == "date":
            yield from _date_form(item, value, where)
        elif item.kind == "number" and _number(record, item.name) is None:
            yield kinds.BAD_NUMBER.at(where, field=item.name, value=value[:200])


def _length(item: Field, value: str, where: str) -> Iterator[Finding]:
    length = len(value)
    if item.name == "Title" and _RECALLED_TITLE < length <= item.length:
        yield kinds.TOO_LONG.at(where, severity=Severity.WARNING, field=item.name, length=length, limit=_RECALLED_TITLE)
    elif length > item.length:
        severity = Severity.WARNING if item.recalled else None
        yield kinds.TOO_LONG.at(where, severity=severity, field=item.name, length=length, limit=item.length)


def _date_form(item: Field, value: str, where: str) -> Iterator[Finding]:
    try:
        found = read_date(value)
    except ValueError:
        found = None
    if found is None:
        yield kinds.BAD_DATE.at(where, field=item.name, value=value[:200])
    elif not _DATE.fullmatch(value):
        yield kinds.DATE_FORM.at(where, field=item.name, value=value[:200])


_CASE_WORDS: dict[str, Callable[[str], bool]] = {
    "Maintenance": lambda text: text == "07" or values.period_code(text) not in ("", values.OTHER_PERIOD),
    "Rights": lambda text: values.access_code(text) in ("01", "02"),
    "Language": lambda text: not values.language_codes(text)[1],
    "Format": lambda text: bool(values.condition_code(text)),
}
_DOCUMENT_WORDS: dict[str, Callable[[str], bool]] = {
    "Mode": lambda text: values.access_code(text) in ("01", "02"),
    "Language": lambda text: not values.language_codes(text)[1],
    "ConfidenceLevel": lambda text: bool(values.level_code(text)),
    "Format": lambda text: bool(values.condition_code(text)),
}


def _words(record: Record, known: dict[str, Callable[[str], bool]], place: str) -> Iterator[Finding]:
    for name, is_known in known.items():
        value = record.fields.get(name, "")
        if value and not is_known(value):
            yield kinds.UNKNOWN_WORD.at(f"{place}{name}", field=name, value=value[:200])


def _begins(code: str, own: str, case: Record) -> bool:
    """Tell whether a document's code begins with that of its file, or with what a file code may be made of."""
    folded = fold(code)
    parts = [fold(case.fields.get(name, "")) for name in PARTS]
    starts = [fold(own), parts[0] + parts[2] + parts[3], parts[1] + parts[2] + parts[3]]
    return any(start and folded.startswith(start) for start in starts)


def _date(record: Record, name: str) -> PartialDate | None:
    value = record.fields.get(name, "")
    try:
        return read_date(value) if value else None
    except ValueError:
        return None


def _number(record: Record, name: str) -> int | None:
    value = record.fields.get(name, "")
    try:
        return number_of(value) if value else None
    except ValueError:
        return None


def _shown(day: date) -> str:
    return f"{day:%d/%m/%Y}"
