"""Finding and reading the descriptor of a submission.

Precedence, where there are several: one supplied beside the source, then JSON, XML, XLSX, CSV; of
the same kind the plain name `hoso` first.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells, Converter
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.titles import fold
from ingest.sources.bag import BagSource
from ingest.sources.folder import FolderSource
from ingest.sources.guards import display_name, readings
from ingest.sources.package import PackageSource
from ingest.sources.values import Description, Limits, Source, SourceEntry, Submission
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import DOCUMENT_ELEMENTS, Element, code_word
from model.errors import InputError, StorageError
from model.findings import FindingLog
from model.spool import Spool
from model.text import N_

EXTENSIONS = (".json", ".xml", ".xlsx", ".csv")
"""In the order of precedence."""
DOCUMENTS = "described.jsonl"

_STEMS = (
    *(
        "hoso",
        "mauhoso",
        "mucluc",
        "muclucvanban",
        "muclucvanbantronghoso",
        "muclucvanbantailieu",
        "muclucvanbantailieutronghoso",
    ),
    *("mucluctailieu", "muclucvantailieu", "muclucholso", "mucluchoso", "mautailieu", "motahoso", "casefile"),
)
_INHERITED = ("maintenance", "mode", "languages", "risk_recovery", "risk_recovery_status")
"""What documents take from their case file when none of them gives it."""


_NAMES = tuple(item.name for item in fields(Document))
_VALUES = attrgetter(*_NAMES)
_ABSENT = (None, "", ())
_TUPLES = ("languages", "keywords", "files")


def descriptor_rank(name: str, folder: str = "") -> int | None:
    """Return how well a file name suits a descriptor (less is better); none when it does not.

    Args:
        name: the file's own name.
        folder: name of the case file's folder or archive: a descriptor may be called like it.
    """
    stem, dot, extension = name.rpartition(".")
    extension = dot + extension.lower()
    if extension not in EXTENSIONS or name.startswith(("~$", "._")):
        return None
    folded = fold(stem)
    if folded in _STEMS:
        place = _STEMS.index(folded)
    elif folder and folded and folded == fold(folder):
        place = len(_STEMS)
    else:
        return None
    return EXTENSIONS.index(extension) * 100 + place


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDescriptor:
    """A descriptor where it lies."""

    rank: int
    name: bytes
    """Name of the payload entry; empty for a tag file of a bag or one supplied beside."""
    shown: str
    suffix: str
    open: Callable[[], BinaryIO]


class DescribedDocuments:
    """The documents of a description, with what they take from the case file; kept on disk."""

    def __init__(self, spool: Spool[Document], taken: dict[str, object], code_stem: str) -> None:
        self._spool = spool
        self._taken = taken
        self._code_stem = code_stem

    def __iter__(self) -> Iterator[Document]:
        stem, taken = self._code_stem, self._taken
        for document in self._spool:
            changes = dict(taken)
            if stem and not document.doc_code:
                changes["doc_code"] = f"{stem}.{document.ordinal:07d}"
            yield replace(document, **changes) if changes else document  # type: ignore[arg-type]  # names from _INHERITED


def read_description(
    submission: Submission, work: Path, limits: Limits, agencies: Callable[[str], str] = lambda _code: ""
) -> Description:
    """Find and read what describes a submission: a package describes itself, anything else has a descriptor.

    Everything wrong with it is a finding; only a source that cannot be read at all is an error.

    Args:
        work: folder for the descriptor's copy and the documents, emptied of earlier ones.
        agencies: gives what an agency's old code became; empty where that is not known.

    Raises:
        InputError: the source is unreadable, unsafe, or beyond a limit.
    """
    if isinstance(submission.source, PackageSource):
        return submission.source.describe(submission, work, limits)
    log = FindingLog(limits.findings)
    chosen = _choose(submission, log)
    legacy = _read_legacy(chosen, submission, work, limits, agencies)
    if legacy is not None:
        return legacy
    if chosen is None:
        log.add(kinds.NO_DESCRIPTOR.at(submission.name))
        return Description(case_file=CaseFile(), documents=(), findings=tuple(log))
    return read_found(chosen, submission, work, limits, log)


def _read_legacy(
    chosen: FoundDescriptor | None,
    submission: Submission,
    work: Path,
    limits: Limits,
    agencies: Callable[[str], str],
) -> Description | None:
    """Read a description by Circular 02/2019; none where the descriptor, or in its absence the source, holds none."""
    from ingest.legacy.describe import describe_legacy
    from ingest.legacy.parts import is_legacy

    if submission.case_code:
        return None
    if chosen is not None:
        copy = work / f"sniffed{chosen.suffix}"
        try:
            _copy(chosen, copy, limits)
            if not is_legacy(copy, limits):
                return None
        except DescriptorError:
            return None  # said where it is read
        finally:
            copy.unlink(missing_ok=True)
    beside = submission.beside
    return describe_legacy(submission.source, work, limits, document_spool, agencies, beside)


def read_supplied(submission: Submission, work: Path, limits: Limits) -> Description:
    """Read the descriptor that lies beside a submission."""
    log = FindingLog(limits.findings)
    chosen = _choose(submission, log)
    if chosen is None:
        raise ValueError("nothing lies beside the submission")
    return read_found(chosen, submission, work, limits, log)


def document_spool(work: Path) -> Spool[Document]:
    """Return the sequence the documents of a description are written to, emptied."""
    path = work / DOCUMENTS
    path.unlink(missing_ok=True)
    return Spool(path, _encode, _decode, durable=False)


def read_found(
    chosen: FoundDescriptor, submission: Submission, work: Path, limits: Limits, log: FindingLog
) -> Description:
    """Read a descriptor that was found."""
    spool = document_spool(work)
    copy = work / f"described{chosen.suffix}"
    reading = Reading(
        path=copy,
        name=chosen.shown,
        limits=limits,
        log=log,
        case_code=submission.case_code,
    )
    converter = Converter(log)
    count = 0
    try:
        _copy(chosen, copy, limits)
        if submission.case_code and submission.beside is not None:
            reading.path = submission.beside
        for cells in _reader(chosen.suffix, batch=bool(submission.case_code))(reading):
            count += 1
            check_count(count, chosen.shown, limits)
            spool.append(converter.document(cells, count))
    except DescriptorError as error:
        log.add(kinds.UNREADABLE_DESCRIPTOR.at(chosen.shown, name=chosen.shown, reason=error))
    spool.close()
    case_file = converter.case_file(reading.case_cells)
    if len(reading.case_codes) > 1 and not submission.case_code:
        codes = ", ".join(sorted(reading.case_codes)[:5])
        log.add(kinds.SEVERAL_CASE_FILES.at(chosen.shown, codes=codes))
    documents = complete_documents(case_file, spool, converter, count, log)
    return Description(
        case_file=case_file,
        documents=documents,
        findings=tuple(log),
        descriptor=chosen.name,
        supplied=submission.beside,
        copy=copy if copy.exists() else None,
    )


def _encode(document: Document) -> object:
    """Return the values of a document that are there, by attribute: what `Document.to_json` gives, in fewer steps."""
    values = {name: value for name, value in zip(_NAMES, _VALUES(document), strict=True) if value not in _ABSENT}
    if document.issued_date is not None:
        values["issued_date"] = document.issued_date.iso
    return values


def _decode(data: dict[str, Any]) -> Document:
    for name in _TUPLES:
        if name in data:
            data[name] = tuple(data[name])
    if "more" in data:
        data["more"] = tuple((name, value) for name, value in data["more"])
    if "issued_date" in data:
        data["issued_date"] = _date(data["issued_date"])
    return Document(**data)


@lru_cache(4096)
def _date(text: str) -> PartialDate:
    return PartialDate.from_iso(text)


def complete_documents(
    case_file: CaseFile, spool: Spool[Document], converter: Converter, count: int, log: FindingLog
) -> Iterable[Document]:
    """Let documents take from the case file what none of them gives, and say so."""
    taken: dict[str, object] = {}
    for element in _elements(_INHERITED) if count else ():
        value = getattr(case_file, element.attribute)
        if element.attribute not in converter.given and value not in (None, "", ()):
            taken[element.attribute] = value
            log.add(
                kinds.INHERITED.at(
                    element.name, field=element.name, title=element.vietnamese, value=_shown(element.codes, value)
                )
            )
    stem = case_file.file_code if converter.without_code else ""
    if stem:
        log.add(kinds.GENERATED.at("docCode", field="docCode", count=converter.without_code))
    if count and "doc_id" not in converter.given:
        log.add(kinds.NO_DOCUMENT_IDENTIFIERS.at("docId", field="docId", title="Mã định danh tài liệu"))
    return DescribedDocuments(spool, taken, stem) if taken or stem else spool


def _elements(attributes: tuple[str, ...]) -> Iterator[Element]:
    return (element for element in DOCUMENT_ELEMENTS if element.attribute in attributes)


def _shown(table: str, value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    parts = value if isinstance(value, tuple) else (str(value),)
    return "; ".join(code_word(table, part, "vi") if table else part for part in parts)


def _choose(submission: Submission, log: FindingLog) -> FoundDescriptor | None:
    beside = submission.beside
    if beside is not None:
        return FoundDescriptor(
            rank=-1, name=b"", shown=beside.name, suffix=beside.suffix.lower(), open=lambda: _open_beside(beside)
        )
    found = sorted(find_descriptors(submission.source), key=lambda item: (item.rank, item.shown))
    if not found:
        return None
    if len(found) > 1:
        names = ", ".join(item.shown for item in found[:10])
        log.add(kinds.SEVERAL_DESCRIPTORS.at(submission.name, names=names, name=found[0].shown))
    return found[0]


def find_descriptors(source: Source) -> Iterator[FoundDescriptor]:
    """Yield the descriptors of a source: at its root, in its only top folder, or among a bag's tag files."""
    folder = source.location.name if source.kind == "folder" else source.location.name.split(".")[0]
    if isinstance(source, FolderSource):
        candidates: Iterable[SourceEntry] = source.top_files()
    else:
        candidates = [entry for entry in source.entries() if _may_be(entry.name, folder)]
    depth = min((entry.name.count(b"/") for entry in candidates), default=0)
    for entry in candidates:
        if entry.name.count(b"/") == depth and (found := _found(source, entry, folder)):
            yield found
    if isinstance(source, BagSource):
        for entry in source.tag_entries():
            if entry.name.count(b"/") <= 2 and (found := _found(source, entry, folder, tag=True)):
                yield found


def _may_be(name: bytes, folder: str) -> bool:
    parts = name.split(b"/")
    if len(parts) > 2:
        return False
    own = parts[0].decode("utf-8", "replace") if len(parts) == 2 else folder
    return any(descriptor_rank(text.rsplit("/", 1)[-1], own) is not None for text in readings(name))


def _found(source: Source, entry: SourceEntry, folder: str, *, tag: bool = False) -> FoundDescriptor | None:
    head, _, base = entry.name.rpartition(b"/")
    own = display_name(head) if head and not tag else folder
    for text in readings(base):
        rank = descriptor_rank(text, own)
        if rank is not None:
            opener = source.open_tag if tag and isinstance(source, BagSource) else source.open
            return FoundDescriptor(
                rank=rank + (1000 if tag else 0),
                name=b"" if tag else entry.name,
                shown=display_name(entry.name),
                suffix=Path(text).suffix.lower(),
                open=partial(opener, entry),
            )
    return None


def _copy(found: FoundDescriptor, target: Path, limits: Limits) -> None:
    """Copy a descriptor into the work area, so that every reader has a file, wherever it came from."""
    size = 0
    try:
        with found.open() as stream, target.open("wb") as copy:
            while size <= limits.descriptor_size and (chunk := stream.read(1 << 20)):
                size += len(chunk)
                copy.write(chunk)
    except OSError as error:
        raise StorageError(
            N_("The work area cannot be written: {why}."),
            hint=N_("Free some space, then run the same command again."),
            why=error.strerror or type(error).__name__,
        ) from error
    if size > limits.descriptor_size:
        target.unlink()
        raise DescriptorError(f"it is larger than {limits.descriptor_size} bytes")
    if size == 0:
        raise DescriptorError("it is empty")


def _open_beside(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise DescriptorError(f"{error.strerror}") from error


def check_count(count: int, name: str, limits: Limits) -> None:
    """Stop at a description of more documents than one case file may have.

    Raises:
        InputError: there are more.
    """
    if count > limits.entries:
        raise InputError(
            N_("The descriptor {name} lists more than {limit} documents."),
            hint=N_("Nothing was taken in. Divide the case file, or ask the archive to raise the limit."),
            name=name,
            limit=limits.entries,
        )


def _reader(suffix: str, *, batch: bool) -> Callable[[Reading], Iterator[Cells]]:
    if batch and suffix in (".xlsx", ".csv"):
        from ingest.describe.batch_table import read_batch as reader
    elif suffix == ".json":
        from ingest.describe.json_reader import read_json as reader
    elif suffix == ".xml":
        from ingest.describe.xml_reader import read_xml as reader
    elif suffix == ".csv":
        from ingest.describe.csv_reader import read_csv as reader
    elif suffix == ".xlsx":
        from ingest.describe.xlsx_reader import read_xlsx as reader
    else:
        raise DescriptorError(f"{suffix or 'it'} is no kind of descriptor")
    return reader
