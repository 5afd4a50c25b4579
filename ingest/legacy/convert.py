"""From records by Circular 02/2019 to a case file and documents by Circular 05/2025, with a note of every change.

Notes are gathered by field and value, so that 10,000 documents do not give 100,000 of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from ingest.describe.convert import Cells, Converter
from ingest.legacy import findings as kinds
from ingest.legacy import values
from ingest.legacy.names import CASE_FIELDS, DOCUMENT_FIELDS, PARTS, Field
from ingest.legacy.records import Record
from model.casefile import CaseFile, Document
from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS, code_word
from model.findings import Finding, FindingKind, FindingLog

Agencies = Callable[[str], str]
"""Gives the code that an agency's old code became; empty when none is registered."""
KEPT = "tt02"
"""What the names of values begin with that are kept as they were."""
_DISTINCT = 40
"""Values of a field that are told one by one."""
_CASE = {element.attribute: element.name for element in CASE_FILE_ELEMENTS}
_DOCUMENT = {element.attribute: element.name for element in DOCUMENT_ELEMENTS}


@dataclass(slots=True)
class _Group:
    """The changes of one field, by kind."""

    pairs: dict[tuple[str, str], int] = field(default_factory=dict)
    count: int = 0
    unique: bool = False


@dataclass(slots=True)
class Notes:
    """What a conversion changed."""

    _groups: dict[tuple[FindingKind, str], _Group] = field(default_factory=dict)

    def add(self, kind: FindingKind, field: str, old: str, new: str, *, unique: bool = False) -> None:
        """Note one change of a value; one that no other document has is told as an example only."""
        group = self._groups.setdefault((kind, field), _Group())
        group.count += 1
        group.unique = group.unique or unique
        pair = (old[:200], new[:200])
        if pair in group.pairs or len(group.pairs) <= _DISTINCT:
            group.pairs[pair] = group.pairs.get(pair, 0) + 1

    def findings(self) -> Iterator[Finding]:
        """Yield the notes: by value where there are few, else as an example with their number."""
        for (kind, name), group in self._groups.items():
            if len(group.pairs) > _DISTINCT or group.unique:
                old, new = next(iter(group.pairs))
                many = kinds.CONVERTED_MANY if kind is kinds.CONVERTED else kind
                yield many.at(name, field=name, old=old, new=new, value=new, count=group.count)
                continue
            for (old, new), count in group.pairs.items():
                yield kind.at(name, field=name, old=old, new=new, value=new, count=count)


class LegacyConverter:
    """Converts the records of one package.

    Args:
        log: what is wrong with values is added to it.
        agencies: knows what old agency codes became.
    """

    def __init__(self, log: FindingLog, agencies: Agencies) -> None:
        self.notes = Notes()
        self._log = log
        self._agencies = agencies
        self._converter = Converter(log)
        self._agency: dict[str, str] = {}

    def case_file(self, record: Record) -> CaseFile:
        """Return the case file a record describes."""
        cells: dict[str, object] = {}
        kept: list[tuple[str, str]] = []
        for item in CASE_FIELDS:
            text = record.fields.get(item.name, "")
            if text and item.attribute:
                self._convert(cells, kept, item, text, _CASE)
        case_file = self._converter.case_file(cells)
        fields = record.fields
        agency = self._mapped(values.agency_of(fields))
        code = self._file_code(fields, agency)
        kept += [(KEPT + name, fields[name]) for name in ("FileCode", *PARTS) if fields.get(name)]
        if case_file.risk_recovery is None:
            self.notes.add(kinds.DEFAULT, "caseFile/riskRecovery", "", "0")
        self._formed("caseFile", record, case_file)
        return replace(
            case_file,
            file_code=code,
            fonds_code=fields.get("OrganId", ""),
            agency_code=agency if values.is_agency(agency) else "",
            risk_recovery=False,
            more=(*kept, *record.others),
        )

    def document(self, record: Record, ordinal: int, case_file: CaseFile) -> Document:
        """Return the document a record describes, at a place in the case file."""
        cells: dict[str, object] = {}
        kept: list[tuple[str, str]] = []
        for item in DOCUMENT_FIELDS:
            text = record.fields.get(item.name, "")
            if text and item.attribute:
                self._convert(cells, kept, item, text, _DOCUMENT)
        document = self._converter.document(cells, ordinal)
        code = f"{case_file.file_code}.{ordinal:07d}"
        old = record.fields.get("DocCode", "")
        self.notes.add(kinds.CONVERTED, "document/docCode", old or "—", code, unique=True)
        kept += [(KEPT + name, record.fields[name]) for name in ("DocCode", "DocOrdinal") if record.fields.get(name)]
        if record.fields.get("FileCode", "") not in ("", dict(case_file.more).get(f"{KEPT}FileCode", "")):
            kept.append((f"{KEPT}FileCode", record.fields["FileCode"]))
        self._formed("document", record, document)
        return replace(
            self._completed(document, case_file),
            doc_code=code,
            more=(*kept, *record.others),
        )

    def _completed(self, document: Document, case_file: CaseFile) -> Document:
        """Give a document what the old circular did not ask for: from its case file, or as the norm allows."""
        note = partial(self.notes.add, kinds.DEFAULT)
        changes: dict[str, object] = {"maintenance": case_file.maintenance, "risk_recovery": False}
        note("document/maintenance", "", code_word("maintenance", case_file.maintenance, "vi") or "—")
        note("document/riskRecovery", "", "0")
        if not document.mode and case_file.mode:
            changes["mode"] = case_file.mode
            note("document/mode", "", code_word("mode", case_file.mode, "vi"))
        if not document.languages and case_file.languages:
            changes["languages"] = case_file.languages
            note("document/language", "", "; ".join(code_word("language", code, "vi") for code in case_file.languages))
        if document.confidence_level in ("01", "03"):
            changes["process"] = False
            note("document/process", "", "0")
        return replace(document, **changes)  # type: ignore[arg-type]  # names of attributes, each with its own type

    def _convert(
        self, cells: dict[str, object], kept: list[tuple[str, str]], item: Field, text: str, names: dict[str, str]
    ) -> None:
        """Put the value of a field where the new circular has it, as a code where it has codes."""
        attribute = item.attribute
        place = f"{'caseFile' if names is _CASE else 'document'}/{names[attribute]}"
        code = _CODED.get(attribute)
        if code is None:
            cells[attribute] = text
            return
        new, kind = code(text)
        cells[attribute] = new
        if new == text:
            return
        if kind is not kinds.CONVERTED:
            kept.append((KEPT + item.name, text))
        shown = new if isinstance(new, str) else "; ".join(new)
        self.notes.add(kind, place, text, shown or "—")
        if kind is kinds.CONVERTED and item.name in ("TypeName", "Maintenance"):
            kept.append((KEPT + item.name, text))

    def _file_code(self, fields: "dict[str, str] | Cells", agency: str) -> str:
        """Return the file code of the new circular: agency, year, notation; the old one where parts are missing."""
        catalog, notation = str(fields.get("FileCatalog", "")), str(fields.get("FileNotation", ""))
        old = str(fields.get("FileCode", ""))
        parts = [part for part in (agency, catalog, notation) if part]
        new = ".".join(parts) if agency and notation else old
        shown = "; ".join(f"{name}={fields[name]}" for name in ("FileCode", *PARTS) if fields.get(name))
        if new != old or len(parts) > 1:
            self.notes.add(kinds.CONVERTED, "caseFile/fileCode", shown, new)
        return new

    def _mapped(self, code: str) -> str:
        """Return what an agency code became."""
        if code not in self._agency:
            new = self._agencies(code) if code else ""
            self._agency[code] = new or code
            if new and new != code:
                self._log.add(kinds.AGENCY.at("caseFile/fileCode", old=code, new=new))
            elif values.OLD_AGENCY.fullmatch(code):
                self._log.add(kinds.AGENCY_KEPT.at("caseFile/fileCode", old=code))
        return self._agency[code]

    def _formed(self, level: str, record: Record, described: CaseFile | Document) -> None:
        """Note dates and numbers that are written in another form now."""
        for item in CASE_FIELDS if level == "caseFile" else DOCUMENT_FIELDS:
            if item.kind == "text" or not item.attribute:
                continue
            value, old = getattr(described, item.attribute), record.fields.get(item.name, "")
            if value is None or not old:
                continue
            new = value.vietnamese if item.kind == "date" else str(value)
            if new != old:
                names = _CASE if level == "caseFile" else _DOCUMENT
                self.notes.add(kinds.CONVERTED, f"{level}/{names[item.attribute]}", old, new)


_Coded = tuple["str | tuple[str, ...]", FindingKind]


def _period(text: str) -> _Coded:
    code = values.period_code(text)
    if not code:
        return values.OTHER_PERIOD, kinds.RETENTION
    known = code != values.OTHER_PERIOD or text == code
    return code, kinds.CONVERTED if known else kinds.UNKNOWN


def _type(text: str) -> _Coded:
    code = values.type_code(text)
    return (code, kinds.CONVERTED) if code else (values.OTHER_TYPE, kinds.UNKNOWN)


def _languages(text: str) -> _Coded:
    codes, unknown = values.language_codes(text)
    return codes if codes != (text,) else text, kinds.UNKNOWN if unknown else kinds.CONVERTED


def _access(text: str) -> _Coded:
    return values.access_code(text), kinds.CONVERTED


def _level(text: str) -> _Coded:
    code = values.level_code(text)
    return code, kinds.CONVERTED if code else kinds.UNKNOWN


def _condition(text: str) -> _Coded:
    code = values.condition_code(text)
    return code, kinds.CONVERTED if code else kinds.UNKNOWN


_CODED: dict[str, Callable[[str], _Coded]] = {
    "maintenance": _period,
    "mode": _access,
    "languages": _languages,
    "type_name": _type,
    "confidence_level": _level,
    "format": _condition,
}
