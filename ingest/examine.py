"""Second step: what each file is, whether it is sound, what it says, and whether it is there already.

Only facts are collected here; nothing is judged.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import TextIOWrapper
from itertools import tee
from pathlib import Path

from archive.catalogue.catalogue import Catalogue
from formats.examine import ExamineItem, Examiner
from formats.policy import FormatPolicy
from ingest.signature_spools import SignatureSpools
from ingest.sources.describe_checks import check_description, resolve_files
from ingest.sources.findings import CASE_CODE_HELD, DUPLICATE_IN_ARCHIVE, DUPLICATE_IN_SUBMISSION, EMPTY_SUBMISSION
from ingest.sources.guards import is_system_file
from ingest.sources.values import Description
from ingest.values import ReceivedFile
from ingest.workspace import Workspace
from model.casefile import CaseFile, Document
from model.findings import Finding, FindingLog
from model.formats import FormatFacts
from model.preservation import FileObject
from model.spool import Spool
from preservation.package.plan import ContentFile

FILES = "files.jsonl"
TEXT = "text.jsonl.gz"
DOCUMENTS = "documents.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The facts about a submission's files."""

    documents: Spool[Document]
    """With the paths their files have under `data/`."""
    files: Spool[ContentFile]
    text: Path
    """Extracted text, one JSON line a file that has any, gzip."""
    signatures: SignatureSpools


def examined_in(workspace: Workspace) -> Examined:
    """Return the spools of a finished examination."""
    return Examined(
        documents=Spool(workspace.path / DOCUMENTS, Document.to_json, Document.from_json),
        files=Spool(workspace.path / FILES, _encode_content, _decode_content),
        text=workspace.path / TEXT,
        signatures=SignatureSpools(workspace.path),
    )


def examine(
    description: Description,
    received: Spool[ReceivedFile],
    workspace: Workspace,
    log: FindingLog,
    *,
    examiner: Examiner,
    formats: FormatPolicy,
    catalogue: Catalogue,
) -> Examined:
    """Gather everything that can be known about a submission.

    Args:
        log: all findings are added to it.
    """
    workspace.discard_after(FILES, TEXT, DOCUMENTS)
    examined = examined_in(workspace)
    log.extend(check_description(description, received_names(received)))
    owners = resolve_files(description, received_names(received))
    _write_documents(description, received, owners, examined.documents)
    _examine_files(received, owners, examined, log, examiner, formats)
    if not any(received):
        log.add(EMPTY_SUBMISSION.at())
    log.extend(_duplicates(description.case_file, received, catalogue))
    return examined


def received_names(received: Iterable[ReceivedFile]) -> Iterator[bytes]:
    """Yield the names of received files."""
    return (file.name for file in received)


def _write_documents(
    description: Description, received: Iterable[ReceivedFile], owners: Mapping[bytes, int], spool: Spool[Document]
) -> None:
    paths: dict[int, list[str]] = {}
    for file in received:
        if (ordinal := owners.get(file.name)) is not None:
            paths.setdefault(ordinal, []).append(file.path)
    for document in description.documents:
        spool.append(replace(document, files=tuple(paths.get(document.ordinal, ()))))
    spool.close()


def _examine_files(
    received: Spool[ReceivedFile],
    owners: Mapping[bytes, int],
    examined: Examined,
    log: FindingLog,
    examiner: Examiner,
    formats: FormatPolicy,
) -> None:
    files, items = tee(received)
    facts = examiner.examine(ExamineItem(path=file.content, name=file.path) for file in items)
    with (
        gzip.GzipFile(examined.text, "wb", compresslevel=1, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
    ):
        for file, fact in zip(files, facts, strict=True):
            log.extend(fact.findings)
            log.extend(formats.findings(fact.identification, file.path))
            document = owners.get(file.name)
            examined.files.append(_content_file(file, fact, document))
            if fact.text:
                line = {"document": document, "path": file.path, "text": fact.text}
                text.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    examined.files.close()


def _content_file(file: ReceivedFile, fact: FormatFacts, document: int | None) -> ContentFile:
    return ContentFile(
        object=FileObject(
            path=file.path,
            original_name=file.name,
            size=file.size,
            sha256=file.sha256,
            sha512=file.sha512,
            format=fact.identification,
            document=document,
            modified=file.modified,
        ),
        content=file.content,
    )


def _duplicates(case_file: CaseFile, received: Spool[ReceivedFile], catalogue: Catalogue) -> Iterator[Finding]:
    """Yield what is there twice: in the submission itself, and against the archive.

    Source:
        Circular 05/2025/TT-BNV, Article 24.1.
    """
    first: dict[bytes, str] = {}
    for file in received:
        if not file.size or is_system_file(file.name):
            continue
        other = first.setdefault(file.sha256, file.path)
        if other != file.path:
            yield DUPLICATE_IN_SUBMISSION.at(file.path, other=other)
    for held in catalogue.find_duplicates(first):
        yield DUPLICATE_IN_ARCHIVE.at(
            first[held.sha256], code=held.case_code, package=str(held.aip_id), other=held.path
        )
    for case in catalogue.find_case_by_code(case_file.file_code) if case_file.file_code else ():
        yield CASE_CODE_HELD.at(
            "fileCode", code=case_file.file_code, package=str(case.aip_id), title=case.case_file.title
        )


def _encode_content(file: ContentFile) -> object:
    return [file.object.to_json(), str(file.content)]


def _decode_content(data: list[object]) -> ContentFile:
    stored, content = data
    if not isinstance(stored, Mapping):
        raise ValueError("a content file's object is not an object")
    return ContentFile(object=FileObject.from_json(stored), content=Path(str(content)))
