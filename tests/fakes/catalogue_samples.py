"""Made-up registrations for tests of the catalogue."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from archive.catalogue.values import (
    HeldCaseFile,
    HeldFile,
    PackageVersion,
    Registration,
    StoredCopy,
    Transfer,
    TransferState,
)
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.formats import FormatIdentification
from model.identifiers import derived_uuid
from model.preservation import Event, EventOutcome, EventType, FileObject

NOW = datetime(2026, 3, 2, 8, 0, 0, 123000, tzinfo=UTC)
ROOT = UUID("6a0f0a52-0000-4b9c-9d52-000000000001")

PDF = FormatIdentification(
    puid="fmt/477",
    name="Acrobat PDF/A - Portable Document Format",
    version="2b",
    mime="application/pdf",
    basis="byte match at 0, 137",
    signature_release="siegfried 1.11.9; DROID_SignatureFile_V125.xml",
)


def transfer(number: int | str, *, fingerprint: str | None = None, **changes: object) -> Transfer:
    """Return a transfer; the same number gives the same identifier."""
    values: dict[str, object] = {
        "id": derived_uuid(ROOT, f"transfer {number}"),
        "source": f"/in/hồ sơ {number}",
        "kind": "folder",
        "received_at": NOW + timedelta(seconds=number if isinstance(number, int) else 0),
        "state": TransferState.PROCESSING,
        "fingerprint": fingerprint if fingerprint is not None else hashlib.sha256(str(number).encode()).hexdigest(),
        "case_code": f"HS.{number}",
        "title": f"Hồ sơ {number}",
        "owner": "host:1",
    }
    return Transfer(**(values | changes))


def documents(number: int | str, count: int) -> Iterator[Document]:
    """Yield documents with one file each."""
    for place in range(1, count + 1):
        yield Document(
            ordinal=place,
            doc_id=f"{number}.{place}",
            doc_code=f"HS.{number}.{place:05}",
            maintenance="01",
            type_name="02",
            code_number=str(place),
            code_notation="QĐ-UBND",
            issued_date=PartialDate(2024, 5, 1 + place % 28),
            organ_name="Ủy ban nhân dân tỉnh Thử Nghiệm",
            subject=f"Về việc phê duyệt kế hoạch số {place}",
            languages=("01",),
            number_of_page=3,
            mode="01",
            process=False,
            files=(f"tài liệu {place:05}.pdf",),
        )


def files(number: int | str, count: int, *, content: str = "") -> Iterator[HeldFile]:
    """Yield files; equal `content` gives equal digests."""
    for place in range(1, count + 1):
        path = f"tài liệu {place:05}.pdf"
        seed = f"{content or number}/{place}".encode()
        yield HeldFile(
            object=FileObject(
                path=path,
                original_name=path.encode(),
                size=1000 + place,
                sha256=hashlib.sha256(seed).digest(),
                sha512=hashlib.sha512(seed).digest(),
                format=PDF,
                document=place,
                modified=NOW,
            ),
            container_path=f"package-{number}/data/representations/rep1/data/{path}",
            offset=place * 2048,
        )


def registration(
    number: int | str, *, count: int = 3, version: int = 1, code: str | None = None, content: str = ""
) -> Registration:
    """Return what one accepted case file adds; documents and files are streams that can be read once."""
    aip_id = derived_uuid(ROOT, f"package {number}")
    accepted = transfer(number, aip_id=aip_id, decided_at=NOW, files=count)
    case_file = CaseFile(
        file_code=code if code is not None else f"HS.{number}",
        title=f"Hồ sơ {number}",
        maintenance="01",
        mode="01",
        languages=("01", "02"),
        start_date=PartialDate(2023),
        end_date=PartialDate(2024, 12),
        total_doc=count,
        risk_recovery=False,
        fonds_code="P01",
        agency_code="H26",
    )
    return Registration(
        held=HeldCaseFile(
            aip_id=aip_id,
            case_file=case_file,
            transfer_id=accepted.id,
            accepted_at=NOW,
            current_version=version,
        ),
        version=PackageVersion(
            aip_id=aip_id,
            version=version,
            profile="vn-tt05",
            policy="policy-1",
            created=NOW,
            container_key=f"aips/{aip_id}/v{version:05}/{aip_id}.tar",
            container_size=4096 * count,
            container_sha256=hashlib.sha256(f"{number}/{version}".encode()).digest(),
            file_count=count,
            byte_count=1000 * count,
            text_offset=512,
            text_size=77,
            copies=(StoredCopy(store="a"), StoredCopy(store="b")),
        ),
        documents=documents(number, count),
        files=files(number, count, content=content),
        events=tuple(
            Event(
                id=derived_uuid(aip_id, f"event {version} {kind.value}"),
                type=kind,
                time=NOW,
                outcome=EventOutcome.SUCCESS,
                detail="done",
                agent="chauban",
            )
            for kind in (EventType.INGESTION_START, EventType.VALIDATION, EventType.INGESTION_END)
        ),
        transfer=accepted,
    )
