"""From a package version to what can be found of it: the case file, and each of its documents."""

import gzip
import json
import logging
import zlib
from collections.abc import Iterator
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, PackageVersion
from archive.search.signed import SignedDocuments, terms_of
from archive.search.values import IndexEntry, Level, SignatureTerms
from model.casefile import Document
from model.dates import PartialDate
from model.errors import ArchiveError

_log = logging.getLogger(__name__)

_IN_MEMORY = 16 << 20
"""Bytes of text kept in memory before they go to disk."""

TEXT_PER_DOCUMENT = 400_000
"""Characters of extracted text a document brings into the index."""


def index_entries(archive: Archive, aip_id: UUID, version: int) -> Iterator[IndexEntry]:
    """Yield everything that can be found of a package version; nothing if it is not held any more."""
    held = archive.catalogue.get_case_file(aip_id)
    found = next((item for item in archive.catalogue.versions(aip_id) if item.version == version), None)
    if held is None or found is None:
        return
    yield _case_entry(held, terms_of(archive.catalogue.signed_files(aip_id, version)))
    signed = SignedDocuments(archive.catalogue.signed_files(aip_id, version, by_document=True))
    with closing(_Texts(archive, found)) as texts:
        for document in archive.catalogue.documents(aip_id, version):
            yield _document_entry(held, document, texts.of(document.ordinal), signed.of(document.ordinal))


class _Texts:
    """The package's extracted text by document, unpacked once into an unnamed temporary file."""

    def __init__(self, archive: Archive, version: PackageVersion) -> None:
        self._file = SpooledTemporaryFile(  # noqa: SIM115 - closed by `close`, which every user calls
            max_size=_IN_MEMORY, dir=str(archive.work)
        )
        self._places: dict[int, list[tuple[int, int]]] = {}
        for line in _text_lines(archive, version):
            if line["document"] is not None:
                content = line["text"][:TEXT_PER_DOCUMENT].encode("utf-8", "replace")
                self._places.setdefault(line["document"], []).append((self._file.tell(), len(content)))
                self._file.write(content)

    def of(self, ordinal: int) -> str:
        """Return the text of one document's files."""
        parts = []
        for offset, length in self._places.get(ordinal, ()):
            self._file.seek(offset)
            parts.append(self._file.read(length).decode("utf-8"))
        return "\n".join(parts)[:TEXT_PER_DOCUMENT]

    def close(self) -> None:
        """Let go of the temporary file."""
        self._file.close()


def _text_lines(archive: Archive, version: PackageVersion) -> Iterator[dict[str, Any]]:
    """Yield the lines of the extracted text; a package whose text is damaged stays findable by its description."""
    if not version.text_size:
        return
    try:
        with (
            archive.copies.open(version.container_key, offset=version.text_offset, length=version.text_size) as packed,
            gzip.GzipFile(fileobj=packed) as lines,
        ):
            for line in lines:
                yield json.loads(line)
    except (EOFError, OSError, zlib.error, ValueError, ArchiveError):
        _log.warning("extracted text of package %s cannot be read", version.aip_id, extra={"msgid": "text-unreadable"})


def _case_entry(held: HeldCaseFile, signatures: SignatureTerms) -> IndexEntry:
    case = held.case_file
    return IndexEntry(
        id=str(held.aip_id),
        aip_id=str(held.aip_id),
        level=Level.CASE_FILE,
        code=case.file_code,
        title=case.title,
        case_title=case.title,
        fonds=case.fonds_code,
        agency=case.agency_name,
        agency_code=case.agency_code,
        start=_first_day(case.start_date),
        end=_last_day(case.end_date),
        retention=case.maintenance,
        access=case.mode,
        keywords=case.keywords,
        note=case.description,
        signatures=signatures,
    )


def _document_entry(held: HeldCaseFile, document: Document, text: str, signatures: SignatureTerms) -> IndexEntry:
    case = held.case_file
    return IndexEntry(
        id=f"{held.aip_id}/{document.ordinal}",
        aip_id=str(held.aip_id),
        level=Level.DOCUMENT,
        code=document.doc_code,
        title=document.subject,
        case_title=case.title,
        number=document.code_number,
        notation=document.code_notation,
        fonds=case.fonds_code,
        agency=document.organ_name,
        agency_code=case.agency_code,
        start=_first_day(document.issued_date),
        end=_last_day(document.issued_date),
        type=document.type_name,
        retention=document.maintenance or case.maintenance,
        access=document.mode or case.mode,
        keywords=document.keywords,
        note=document.description,
        text=text,
        signatures=signatures,
    )


def _first_day(day: PartialDate | None) -> str:
    return day.earliest.isoformat() if day else ""


def _last_day(day: PartialDate | None) -> str:
    return day.latest.isoformat() if day else ""
