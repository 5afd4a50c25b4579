"""What a package by Circular 02/2019 describes, converted to the description every other source gives."""

import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from ingest.describe import findings as common
from ingest.describe.reading import DescriptorError, Reading
from ingest.legacy import findings as kinds
from ingest.legacy.convert import Agencies, LegacyConverter
from ingest.legacy.matching import FileIndex
from ingest.legacy.parts import Part, find_parts
from ingest.legacy.records import Record, read_records
from ingest.sources.secrecy import is_secret_mode
from ingest.sources.values import Description, Limits, Source
from model.casefile import CaseFile, Document
from model.errors import InputError
from model.findings import FindingLog
from model.spool import Spool
from model.text import N_

_RECORDS = "legacy.jsonl"
_OTHER_CODES = 100
_NAMED = 5
"""Names of descriptions that a finding tells."""


class RecordFile:
    """The records of documents, on disk, read in any order."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._file: BinaryIO = path.open("w+b")
        self._starts = array("Q")

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, position: int) -> Record:
        self._file.seek(self._starts[position])
        return Record.document_from_json(json.loads(self._file.readline()))

    def append(self, record: Record) -> None:
        """Add a record; only before any is read."""
        self._starts.append(self._file.tell())
        self._file.write(json.dumps(record.to_json()).encode("ascii") + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(slots=True)
class LegacyPackage:
    """The records of a package: its case file, and its documents in their order."""

    parts: list[Part]
    documents: RecordFile
    log: FindingLog
    case: Record | None = None
    others: set[str] = field(default_factory=set)
    """Codes of further case files."""
    counts: dict[str, int] = field(default_factory=dict)
    """Documents by the description they stand in."""
    order: list[int] = field(default_factory=list)
    ordinals: list[int | None] = field(default_factory=list)
    """DocOrdinal of each document as it was read."""

    @property
    def names(self) -> str:
        """The descriptions' names, for people."""
        shown = ", ".join(part.shown for part in self.parts[:_NAMED])
        return f"{shown}, …" if len(self.parts) > _NAMED else shown

    @property
    def main(self) -> Part:
        """The description that tells of the case file."""
        place = self.case.place if self.case else ""
        return next((part for part in self.parts if part.shown == place), self.parts[0])

    @property
    def top(self) -> bytes:
        """Folder of the main description, `/` at its end; empty where it lies at the root."""
        head, slash, _ = self.main.name.rpartition(b"/")
        return head + slash

    def own_parts(self) -> Iterator[Part]:
        """Yield the descriptions that tell of one document alone."""
        return (part for part in self.parts if part is not self.main and self.counts.get(part.shown) == 1)

    def records(self) -> Iterator[Record]:
        """Yield the documents in the order of their ordinals, or as they were described."""
        return (self.documents[position] for position in self.order)

    def code(self) -> str:
        """Return the case file's code as it was given."""
        return self.case.fields.get("FileCode", "") if self.case else ""


def read_package(parts: list[Part], work: Path, limits: Limits, log: FindingLog) -> LegacyPackage:
    """Read the records out of the descriptions of a package; the documents are kept on disk.

    Raises:
        InputError: there are more documents than the limit.
    """
    package = LegacyPackage(parts, RecordFile(work / _RECORDS), log)
    for part in parts:
        reading = Reading(path=part.copy, name=part.shown, limits=limits, log=log)
        try:
            for record in read_records(reading, part.suffix):
                _take(package, record, limits)
        except DescriptorError as error:
            log.add(kinds.UNREADABLE.at(part.shown, name=part.shown, reason=error))
    given = [ordinal for ordinal in package.ordinals if ordinal is not None]
    package.order = list(range(len(package.documents)))
    if len(given) == len(package.order) and len(set(given)) == len(given):
        package.order.sort(key=lambda position: package.ordinals[position] or 0)
    return package


def _take(package: LegacyPackage, record: Record, limits: Limits) -> None:
    if record.is_document:
        if len(package.documents) >= limits.entries:
            raise InputError(
                N_("The package describes more than {limit} documents."),
                hint=N_("Nothing was taken in. Divide the case file, or ask the archive to raise the limit."),
                limit=limits.entries,
            )
        given = record.fields.get("DocOrdinal", "")
        package.ordinals.append(int(given) if given.isdecimal() and len(given) < 10 else None)
        package.documents.append(record)
        package.counts[record.place] = package.counts.get(record.place, 0) + 1
    else:
        _take_case(package, record)


def _take_case(package: LegacyPackage, record: Record) -> None:
    """Add what is said of the case file; of several, what says it is secret counts, whichever it is."""
    case = package.case
    if case is None:
        package.case = record
        return
    if record.fields.get("FileCode", "") in ("", package.code()):
        first, second = (record, case) if case.aside and not record.aside else (case, record)
        package.case = replace(first, fields={**second.fields, **first.fields})
    elif len(package.others) < _OTHER_CODES:
        package.others.add(record.fields["FileCode"])
    for one in (case, record):
        if is_secret_mode(rights := one.fields.get("Rights", "")):
            package.case = replace(package.case or case, fields={**(package.case or case).fields, "Rights": rights})


def describe_legacy(
    source: Source,
    work: Path,
    limits: Limits,
    new_spool: Callable[[Path], Spool[Document]],
    agencies: Agencies = lambda _code: "",
    beside: Path | None = None,
) -> Description | None:
    """Describe a package by Circular 02/2019; none when it is no such package.

    Args:
        new_spool: makes the sequence that the documents are written to.
        agencies: gives what an old agency code became.
        beside: the description, where it lies beside the source instead of in it.

    Raises:
        InputError: the source cannot be read, or there are more documents than the limit.
    """
    parts = [Part(name=b"", copy=beside)] if beside is not None else find_parts(source, work, limits)
    if not parts:
        return None
    log = FindingLog(limits.findings)
    package = read_package(parts, work, limits, log)
    log.add(kinds.DESCRIBED.at(package.main.shown, names=package.names))
    described = {part.name for part in parts}
    index = FileIndex.of((entry.name for entry in source.entries() if entry.name not in described), package.top)
    spool = new_spool(work)
    case_file = _convert(package, index, spool, LegacyConverter(log, agencies))
    spool.close()
    package.documents.close()
    return Description(
        case_file=case_file,
        documents=spool,
        findings=tuple(log),
        descriptor=package.main.name,
        supplied=beside,
        copy=package.main.copy,
        further=frozenset(part.name for part in parts if part is not package.main),
    )


def _convert(package: LegacyPackage, index: FileIndex, spool: Spool[Document], converter: LegacyConverter) -> CaseFile:
    log, place = package.log, package.main.shown
    case_file = CaseFile()
    if package.case is None:
        log.add(kinds.NO_CASE_FILE.at(place))
    else:
        case_file = converter.case_file(package.case)
    if package.others:
        codes = ", ".join(sorted({package.code(), *package.others})[:5])
        log.add(common.SEVERAL_CASE_FILES.at(place, codes=codes))
    own = {part.shown: index.written(part.name) for part in package.own_parts()}
    pages: int | None = 0
    for ordinal, record in enumerate(package.records(), 1):
        document = converter.document(record, ordinal, case_file)
        files = index.files_of(record, ordinal)
        if files and record.place in own:  # the document's own description goes with it
            files = (*files, own[record.place])
        spool.append(replace(document, files=files))
        known = document.number_of_page
        pages = pages + known if pages is not None and known is not None else None
    if case_file.number_of_page is None and pages and package.case is not None:
        case_file = replace(case_file, number_of_page=pages)
        converter.notes.add(kinds.DEFAULT, "caseFile/numberOfPage", "", str(pages))
    if len(package.documents):
        log.add(common.NO_DOCUMENT_IDENTIFIERS.at("docId", field="docId", title="Mã định danh tài liệu"))
    log.extend(converter.notes.findings())
    for how, count in index.how.items():
        log.add(kinds.MATCHED.at(place, count=count, what=how))
    return case_file
