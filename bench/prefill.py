"""Fills an archive's catalogue and index with case files that exist only there, to measure against holdings."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from archive.archive import open_archive
from archive.catalogue.values import (
    HeldCaseFile,
    HeldFile,
    PackageVersion,
    Registration,
    Transfer,
    TransferState,
)
from archive.indexing import bring_level, open_index
from archive.layout import container_key
from bench.corpora import sentence
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.formats import FormatIdentification
from model.identifiers import new_uuid
from model.preservation import FileObject

_PDF = FormatIdentification(puid="fmt/477", name="Acrobat PDF/A", version="2b", mime="application/pdf")


def prefill(folder: Path, count: int) -> None:
    """Register `count` case files of two documents each, and bring the index level."""
    generator = random.Random(42)
    with open_archive(folder) as archive:
        for number in range(count):
            archive.catalogue.register(_registration(number, generator))
        with open_index(archive) as index:
            bring_level(archive, index)


def _registration(number: int, generator: random.Random) -> Registration:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    aip_id, transfer_id = new_uuid(now), new_uuid(now)
    code = f"H49.65.2020.{number}"
    case = CaseFile(
        file_code=code,
        title=f"Hồ sơ {number} {sentence(generator, 12)}",
        maintenance="05",
        mode="01",
        languages=("01",),
        start_date=PartialDate(2020, 1, 2),
        end_date=PartialDate(2020, 12, 30),
        total_doc=2,
        fonds_code="P01",
        agency_code="H49.65",
        agency_name="Ủy ban nhân dân xã Bình An (hư cấu)",
    )
    return Registration(
        held=HeldCaseFile(aip_id=aip_id, case_file=case, transfer_id=transfer_id, accepted_at=now, current_version=1),
        version=PackageVersion(
            aip_id=aip_id,
            version=1,
            profile="vn-tt05",
            policy="bench",
            created=now,
            container_key=container_key(aip_id, 1),
            container_size=1000,
            container_sha256=generator.randbytes(32),
            file_count=2,
            byte_count=1000,
        ),
        documents=[_document(code, ordinal, generator) for ordinal in (1, 2)],
        files=list(_files(generator)),
        events=(),
        transfer=Transfer(
            id=transfer_id,
            source="bench",
            kind="folder",
            received_at=now,
            state=TransferState.ACCEPTED,
            fingerprint=generator.randbytes(32).hex(),
            case_code=code,
            title=case.title,
            aip_id=aip_id,
            decided_at=now,
            files=2,
            bytes=1000,
        ),
    )


def _document(code: str, ordinal: int, generator: random.Random) -> Document:
    return Document(
        ordinal=ordinal,
        doc_code=f"{code}.{ordinal:07d}",
        type_name="02",
        code_number=str(ordinal),
        code_notation="QĐ-UBND",
        issued_date=PartialDate(2020, 3, 5),
        organ_name="Ủy ban nhân dân xã Bình An (hư cấu)",
        subject=sentence(generator, 15),
        mode="01",
        languages=("01",),
        files=(f"{ordinal}.pdf",),
    )


def _files(generator: random.Random) -> Iterator[HeldFile]:
    for ordinal in (1, 2):
        yield HeldFile(
            object=FileObject(
                path=f"{ordinal}.pdf",
                original_name=f"{ordinal}.pdf".encode(),
                size=500,
                sha256=generator.randbytes(32),
                sha512=generator.randbytes(64),
                format=_PDF,
                document=ordinal,
            ),
            container_path=f"x/data/{ordinal}.pdf",
            offset=512 * ordinal,
        )
