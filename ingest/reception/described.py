"""The description of a transfer as it was read, kept beside its content until it is taken in and for ever after.

One JSON line of the case file, then one a document with its files (`described/1`): so a list of documents,
a comparison or a form needs no look into what was handed in.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from archive.archive import Archive
from archive.layout import described_key
from ingest.examine import Examined
from ingest.sources.guards import display_name
from model.casefile import CaseFile, Document
from model.errors import NotFoundError
from model.findings import Finding

SCHEMA = "described/1"
_PLACE = re.compile(r"document\[(\d+)\]")
_CODE, _CONTENT, _DOCUMENT = b"code", b"content", b"document"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedFile:
    """A file of a document."""

    path: str
    """Path it gets under the representation's `data/`."""
    name: str
    """As it was handed in, for people."""
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedDocument:
    """A document with its files."""

    document: Document
    files: tuple[DescribedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A description."""

    case_file: CaseFile
    documents: Iterable[DescribedDocument]
    """Can be iterated any number of times."""


def write_described(target: Path, case_file: CaseFile, examined: Examined) -> None:
    """Write a description into a file of the work area, durably."""
    files: dict[int, list[list[object]]] = {}
    for item in examined.files:
        stored = item.object
        if stored.document is not None:
            line: list[object] = [stored.path, display_name(stored.original_name), stored.size, stored.sha256.hex()]
            files.setdefault(stored.document, []).append(line)
    with target.open("w", encoding="utf-8", newline="\n") as text:
        text.write(_line({"schema": SCHEMA, "case_file": case_file.to_json()}))
        for document in examined.documents:
            text.write(_line({"document": document.to_json(), "files": files.get(document.ordinal, [])}))
        text.flush()
        os.fsync(text.fileno())


def read_described(archive: Archive, transfer_id: UUID) -> Described | None:
    """Return the description that was kept of a transfer; none when it could not be read."""
    key = described_key(transfer_id)
    try:
        with archive.copies.open(key) as stream:
            first = json.loads(stream.readline())
    except NotFoundError:
        return None
    return Described(case_file=CaseFile.from_json(first["case_file"]), documents=_Kept(archive, key))


def described_in(path: Path) -> Iterator[DescribedDocument]:
    """Yield the documents of a description in the work area."""
    with path.open("rb") as lines:
        lines.readline()
        for line in lines:
            yield _document(json.loads(line))


def submission_keys(fingerprint: str, case_file: CaseFile, documents: Iterable[DescribedDocument]) -> Iterator[bytes]:
    """Yield what may be in one submission once: a case file code, a content, a document's code with its bytes.

    Source:
        Circular 05/2025/TT-BNV, Article 24.1.
    """
    yield _key(_CONTENT, fingerprint.encode())
    if case_file.file_code:
        yield _key(_CODE, case_file.file_code.encode("utf-8", "surrogatepass"))
    for item in documents:
        if item.document.doc_code and item.files:
            digests = b"".join(sorted(file.sha256 for file in item.files))
            yield _key(_DOCUMENT, item.document.doc_code.encode("utf-8", "surrogatepass") + b"\0" + digests)


def failing_documents(
    findings: Iterable[Finding], refusing: frozenset[str], documents: Iterable[DescribedDocument]
) -> dict[int, list[Finding]]:
    """Return the findings that refuse, by the document they are about; what is about none is left out.

    Args:
        refusing: codes that refuse.
    """
    found: dict[int, list[Finding]] = {}
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code not in refusing:
            continue
        place = _PLACE.match(finding.location)
        if place is not None:
            found.setdefault(int(place[1]), []).append(finding)
        elif finding.location:
            by_path.setdefault(finding.location, []).append(finding)
    for item in documents if by_path else ():
        for name in {name for file in item.files for name in (file.path, file.name)} & by_path.keys():
            found.setdefault(item.document.ordinal, []).extend(by_path[name])
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    archive: Archive
    key: str

    def __iter__(self) -> Iterator[DescribedDocument]:
        with self.archive.copies.open(self.key) as stream:
            stream.readline()
            for line in stream:
                yield _document(json.loads(line))


def _document(data: Mapping[str, object]) -> DescribedDocument:
    document, files = data["document"], data["files"]
    if not isinstance(document, Mapping) or not isinstance(files, list):
        raise ValueError("not a line of a description")
    return DescribedDocument(
        document=Document.from_json(document),
        files=tuple(
            DescribedFile(path=path, name=name, size=size, sha256=bytes.fromhex(digest))
            for path, name, size, digest in files
        ),
    )


def _key(kind: bytes, content: bytes) -> bytes:
    return hashlib.sha256(kind + b"\0" + content).digest()[:16]


def _line(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"
