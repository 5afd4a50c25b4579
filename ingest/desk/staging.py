"""A case file of the desk laid out as a folder that ingest takes in: files, original messages, description.

The same case file always gives the same folder, byte for byte: one that was taken in before a kill is recognised.
Layout: `0001 <name>` the files of the first document, `thong-diep/0001…` the messages about it as received,
`quy-trinh/0001.json` its process log, and `hoso.json`.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.desk.desk import VIETNAM, Desk
from ingest.desk.log import STAGING
from ingest.desk.values import DeskCase, DeskDocument, DeskFile, DocumentKind, Standing, StandingDocument
from ingest.desk.view import CaseView
from ingest.edxml.reading import read_message
from ingest.edxml.values import Attachment
from ingest.edxml.wording import BUSINESS_WORDS, STATUS_WORDS, word_of
from ingest.sources.naming import portable_paths
from model.casefile import CaseFile, Document
from model.dates import utc_text
from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS, Element
from model.errors import StorageError
from model.text import N_

MESSAGES = "thong-diep"
PROCESS = "quy-trinh"
DESCRIPTOR = "hoso.json"
_BORN_DIGITAL = "01"
_VIETNAMESE = "01"
_BASE = 100
_DOCUMENT_LENGTHS = {element.attribute: element.length for element in DOCUMENT_ELEMENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedDocument:
    """One document, its files laid out."""

    ordinal: int
    item: StandingDocument
    contents: tuple[Path, ...]
    """What a reader reads: attachments, or the loose files."""
    lost: tuple[DeskFile, ...]
    """Files that are not on the desk as they were received."""
    same: tuple[tuple[str, int], ...]
    """Attachments that an earlier document has too, with its number: the archive takes a file once, and the message
    still has them."""
    names: tuple[str, ...]
    """All files of the document, by their path in the folder."""
    has_process: bool


@contextmanager
def staged(desk: Desk, view: CaseView) -> Iterator[tuple[Path, tuple[StagedDocument, ...]]]:
    """Lay a case file out, but for its description; the folder is gone when the block ends.

    Raises:
        StorageError: the desk's folder cannot be written.
    """
    folder = desk.folder.path / STAGING / view.case.id
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seen: dict[str, int] = {}
        documents = tuple(
            _lay_out(desk, folder, ordinal, item, seen) for ordinal, item in enumerate(view.handed_over(), 1)
        )
    except OSError as error:
        raise StorageError(
            N_("The desk cannot be used: {why}."),
            hint=N_("Free some space or check the disk, then run the same command again."),
            why=error.strerror or error,
        ) from error
    try:
        yield folder, documents
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(desk: Desk, folder: Path, ordinal: int, item: StandingDocument, seen: dict[str, int]) -> StagedDocument:
    document = item.document
    lost: list[DeskFile] = []
    same: list[tuple[str, int]] = []
    messages = [*([document] if document.kind is DocumentKind.MESSAGE else ()), *item.notices]
    kept: list[Path] = []
    for number, message in enumerate(messages):
        name = f"{ordinal:04d}" if not number else f"{ordinal:04d}-{number:03d}"
        target = folder / MESSAGES / f"{name}{_suffix(desk, message.files[0])}"
        if _put(desk, message.files[0], target, lost):
            kept.append(target)
    if document.kind is DocumentKind.MESSAGE:
        contents: tuple[Path, ...] = ()
        if kept and document.files[0] not in lost:
            contents = _attachments(folder, ordinal, kept[0], seen, same)
    else:
        contents = tuple(
            path
            for file, path in zip(
                document.files, _paths(folder, ordinal, [f.name for f in document.files]), strict=True
            )
            if _put(desk, file, path, lost)
        )
    process = _write_process(folder, ordinal, item)
    names = (*contents, *kept, *process)
    return StagedDocument(
        ordinal=ordinal,
        item=item,
        contents=contents,
        lost=tuple(lost),
        same=tuple(same),
        names=tuple(str(path.relative_to(folder)) for path in names),
        has_process=bool(process),
    )


def _suffix(desk: Desk, message: DeskFile) -> str:
    """Return what a message is called for what it is: XML, or the MIME message of the older generation."""
    try:
        with desk.contents.path(message.sha256).open("rb") as stream:
            start = stream.read(64)
    except OSError:
        return ".xml"
    return ".xml" if start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<") else ".mime"


def _put(desk: Desk, file: DeskFile, target: Path, lost: list[DeskFile]) -> bool:
    """Lay a content of the desk into the folder: by a link, since nobody writes into it."""
    if not desk.contents.is_whole(file):
        lost.append(file)
        return False
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(desk.contents.path(file.sha256), target)
    except OSError:
        shutil.copyfile(desk.contents.path(file.sha256), target)
    return True


def _attachments(
    folder: Path, ordinal: int, message: Path, seen: dict[str, int], same: list[tuple[str, int]]
) -> tuple[Path, ...]:
    """Decode the attachments of a message, but for those that an earlier document has: `same` tells of them."""
    decoded = folder / f".{ordinal:04d}"
    read = read_message(message, decoded)
    found: list[Attachment] = []
    for item in read.message.attachments if read.message else ():
        if item.path is None:
            continue
        first = seen.setdefault(item.sha256.hex(), ordinal)
        if first != ordinal:
            same.append((item.name, first))
        elif all(item.sha256 != other.sha256 for other in found):
            found.append(item)
    paths = _paths(folder, ordinal, [item.name for item in found])
    for item, path in zip(found, paths, strict=True):
        if item.path is not None:
            item.path.rename(path)
    shutil.rmtree(decoded, ignore_errors=True)
    return tuple(paths)


def _paths(folder: Path, ordinal: int, names: Sequence[str]) -> list[Path]:
    """Return where the files of a document go: their own names behind the number of the document."""
    plain = (f"{ordinal:04d} {_base(name)}".encode("utf-8", "backslashreplace") for name in names)
    return [folder / path for _name, path, _findings in portable_paths(plain)]


def _base(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = base.rpartition(".")
    return f"{stem[:_BASE]}{dot}{extension[:12]}" if dot and stem else base[:_BASE]


def _write_process(folder: Path, ordinal: int, item: StandingDocument) -> list[Path]:
    """Write what is known of a document's way: stations, replies on its status, recalls and updates."""
    document = item.document
    steps = [
        {"time": utc_text(entry.time) if entry.time else entry.written, "organ": entry.organ_code, "step": "trace"}
        for entry in document.trace
    ]
    for notice in item.notices:
        steps.append(
            {
                "time": utc_text(notice.time or notice.received_at),
                "organ": notice.sender,
                "step": notice.kind.value if notice.kind is DocumentKind.STATUS else notice.business.name.lower(),
                "code": notice.status_code,
                "words": notice.status_text
                or word_of(STATUS_WORDS, notice.status_code, "vi")
                or word_of(BUSINESS_WORDS, notice.business.value, "vi"),
                "reason": notice.reason,
            }
        )
    if not steps:
        return []
    path = folder / PROCESS / f"{ordinal:04d}.json"
    path.parent.mkdir(exist_ok=True)
    content = {"schema": "chauban-process-log/1", "document": document.key.code, "steps": steps}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return [path]


# Describing


def described_case(view: CaseView, documents: Sequence[Document]) -> CaseFile:
    """Return the description of a case file: what the archivist and the plan say, and what its documents add up to."""
    case = view.case
    dates = [document.issued_date for document in documents if document.issued_date is not None]
    born = all(document.confidence_level == _BORN_DIGITAL for document in documents)
    notes = [f"Người lập: {case.compiler}" if case.compiler else "", case.description]
    return CaseFile(
        file_code=case.code,
        title=case.title,
        maintenance=longest_retention([case.maintenance, *(document.maintenance for document in documents)]),
        mode=case.mode,
        languages=(_VIETNAMESE,),
        start_date=case.start_date or min(dates, key=lambda day: day.earliest, default=None),
        end_date=case.end_date or max(dates, key=lambda day: day.latest, default=None),
        keywords=case.keywords,
        total_doc=len(documents),
        number_of_page=sum(document.number_of_page or 0 for document in documents),
        confidence_level=_BORN_DIGITAL if documents and born else "",
        risk_recovery=False,
        description="; ".join(part for part in notes if part),
        fonds_code=case.fonds,
        agency_code=case.agency_code,
        agency_name=case.agency_name,
    )


def described_documents(
    staged: Sequence[StagedDocument], view: CaseView, pages: Mapping[int, int]
) -> Iterator[Document]:
    """Yield the description of each document.

    Args:
        pages: of each document, by its number.
    """
    named = {item.document.id: item.document for item in view.documents}
    retention = longest_retention([view.case.maintenance, *(part.item.document.maintenance for part in staged)])
    for part in staged:
        remarks = _remarks(part.item, named, view.replaces.get(part.item.document.id, ()))
        yield _described_document(part, view.case, retention, pages[part.ordinal], remarks)


def _described_document(staged: StagedDocument, case: DeskCase, retention: str, pages: int, remarks: str) -> Document:
    document = staged.item.document
    is_message = document.kind is DocumentKind.MESSAGE
    described = Document(
        ordinal=staged.ordinal,
        doc_id=document.id[: _DOCUMENT_LENGTHS["doc_id"]],
        doc_code=f"{case.code}.{staged.ordinal:07d}",
        maintenance=document.maintenance or retention,
        type_name=document.type_code,
        code_number=document.key.number,
        code_notation=document.key.notation,
        issued_date=document.key.date,
        organ_name=document.organ_name,
        subject=document.subject,
        languages=(_VIETNAMESE,),
        number_of_page=pages,
        mode=document.mode or case.mode,
        confidence_level=_BORN_DIGITAL if is_message else "",
        process=staged.has_process if is_message or staged.has_process else None,
        risk_recovery=False,
        description=remarks,
        files=staged.names,
    )
    cut = {
        name: _cut(getattr(described, name), _DOCUMENT_LENGTHS[name])
        for name in ("subject", "organ_name", "description")
    }
    return replace(described, **cut)  # type: ignore[arg-type]  # all three are text


def longest_retention(codes: Sequence[str]) -> str:
    """Return the retention of the most valuable: 01 permanent before 02 70 years … before 06, and 07 other last."""
    return min((code for code in codes if code), default="")


def write_descriptor(folder: Path, case_file: CaseFile, documents: Sequence[Document]) -> None:
    """Write `hoso.json` by the published schema."""
    case = _elements(CASE_FILE_ELEMENTS, case_file)
    places = (("fondsCode", case_file.fonds_code), ("agencyCode", case_file.agency_code))
    case |= {name: value for name, value in (*places, ("agencyName", case_file.agency_name)) if value}
    listed = [{**_elements(DOCUMENT_ELEMENTS, item), "files": list(item.files)} for item in documents]
    content = json.dumps({"caseFile": case, "documents": listed}, ensure_ascii=False, indent=1)
    (folder / DESCRIPTOR).write_text(content + "\n", encoding="utf-8")


def _elements(elements: Sequence[Element], described: CaseFile | Document) -> dict[str, object]:
    values: dict[str, object] = {}
    for element in elements:
        value = getattr(described, element.attribute)
        if value is None or value == "" or value == ():
            continue
        values[element.name] = value.vietnamese if hasattr(value, "vietnamese") else value
    return values


def _remarks(item: StandingDocument, named: Mapping[str, DeskDocument], replaces: Sequence[DeskDocument]) -> str:
    """Return what the description says of a document's fate; archival description is in Vietnamese."""
    remarks = [item.document.description] if item.document.description else []
    other = named.get(item.other)
    if item.standing is Standing.RECALLED:
        recall = other or next(iter(item.notices), None)
        remarks.append("Văn bản đã bị thu hồi" + _of(recall) + _because(recall))
    elif item.standing is Standing.REPLACED:
        remarks.append("Văn bản đã được thay thế bằng" + (_of(other) or " văn bản khác"))
    remarks += [f"Thay thế{_of(document)}" for document in replaces]
    updates = sum(
        notice.kind is not DocumentKind.STATUS and notice.business.name == "UPDATE" for notice in item.notices
    )
    if updates:
        remarks.append(f"Đã được cập nhật {updates} lần qua trục liên thông")
    return "; ".join(remarks)


def _of(document: DeskDocument | None) -> str:
    if document is None:
        return ""
    day = document.key.date.vietnamese if document.key.date is not None else ""
    if not day and document.time is not None:
        day = document.time.astimezone(VIETNAM).strftime("%d/%m/%Y")
    number = f" văn bản số {document.key.code}" if document.key.code else ""
    return f"{number}{' ngày ' + day if day else ''}"


def _because(document: DeskDocument | None) -> str:
    return f" ({document.reason})" if document is not None and document.reason else ""


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
