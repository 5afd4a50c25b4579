"""Package plans for tests: real files on disk, real digests, hostile names."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from lxml import etree

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.formats import FormatIdentification
from model.preservation import Agent, AgentType, Event, EventOutcome, EventType, FileObject
from preservation.package.plan import ContentFile, ExtraFile, PackagePlan
from preservation.package.writer import WrittenPackage, write_package

SCHEMAS = Path(__file__).resolve().parents[2] / "preservation" / "package" / "schemas"
AIP_ID = UUID("01970000-aaaa-7bbb-8ccc-0123456789ab")
CREATED = datetime(2026, 3, 2, 1, 0, 0, 123000, tzinfo=UTC)

PDF = FormatIdentification(
    puid="fmt/477",
    name="Acrobat PDF/A - Portable Document Format",
    version="2b",
    mime="application/pdf",
    basis="extension match pdf; byte match at 0, 4",
    warnings=("match on extension only", "second warning"),
    signature_release="siegfried 1.11.2; DROID_SignatureFile_V119.xml",
)
UNKNOWN = FormatIdentification(puid="UNKNOWN")


def content_file(
    folder: Path,
    path: str,
    content: bytes,
    *,
    original: bytes | None = None,
    document: int | None = 1,
    format: FormatIdentification = PDF,
    modified: datetime | None = datetime(2025, 12, 31, 17, 0, 0, 5000, tzinfo=UTC),
) -> ContentFile:
    """Write a content file and say everything about it."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / hashlib.sha256(path.encode()).hexdigest()[:24]
    source.write_bytes(content)
    return ContentFile(
        object=FileObject(
            path=path,
            original_name=path.encode() if original is None else original,
            size=len(content),
            sha256=hashlib.sha256(content).digest(),
            sha512=hashlib.sha512(content).digest(),
            format=format,
            document=document,
            modified=modified,
        ),
        content=source,
    )


def package_plan(folder: Path, profile: str = "vn-tt05") -> PackagePlan:
    """Return a plan with everything in it that has a form of its own in the package."""
    source = folder / "source"
    files = [
        content_file(source, "01-quyet-dinh.pdf", b"%PDF-1.7 one"),
        content_file(source, "phụ lục/Báo cáo số 2 & 3 (bản cuối)+.docx", b"PK two" * 100),
        content_file(source, "phụ lục/" + "x" * 150 + ".txt", b"", document=None, format=UNKNOWN, modified=None),
        content_file(source, "zz_.bin", b"\0" * 1500, original=b"d\xf4i \xff\\u0041.bin", document=2),
    ]
    report = source / "report"
    report.write_bytes(b'{"schema":"ingest-report/1"}')
    text = source / "text"
    text.write_bytes(b"\x1f\x8b" + bytes(3000))
    letter = source / "letter"
    letter.write_bytes("Biên bản giao nhận".encode())
    return PackagePlan(
        aip_id=AIP_ID,
        version=1,
        profile=profile,
        policy="chauban-policy/2026-1",
        created=CREATED,
        case_file=case_file(),
        documents=documents(files),
        files=files,
        events=events(),
        agents=(
            Agent(identifier="chauban", name="Châu Bản", type=AgentType.SOFTWARE, version="0.1.0"),
            Agent(identifier="clerk", name="Văn thư <A&B>", type=AgentType.PERSON),
        ),
        extras=(
            ExtraFile(path="chauban/text.jsonl.gz", content=text, mime="application/gzip"),
            ExtraFile(path="chauban/report.json", content=report, mime="application/json"),
            ExtraFile(path="documentation/submission/biên bản.txt", content=letter, mime="text/plain"),
        ),
        software_version="0.1.0",
    )


def case_file() -> CaseFile:
    """Return a case file with every element filled."""
    return CaseFile(
        file_code="H49.64.33.2025.160",
        title="Hồ sơ cấp phép xây dựng nhà ở <riêng lẻ> & công trình phụ",
        maintenance="01",
        mode="02",
        languages=("01", "02"),
        start_date=PartialDate(2024),
        end_date=PartialDate(2025, 12, 31),
        keywords=("xây dựng", "cấp phép"),
        total_doc=2,
        number_of_paper=3,
        number_of_page=12,
        format="01",
        infor_sign="KH",
        confidence_level="01",
        paper_file_code="H49.1.2.3",
        risk_recovery=True,
        risk_recovery_status="02",
        description="Dòng một\nDòng hai\tcó tab",
        fonds_code="P.049",
        agency_code="H49.64",
        agency_name="Ủy ban nhân dân phường Ví Dụ",
    )


def documents(files: Sequence[ContentFile]) -> list[Document]:
    """Return two documents that name the files."""
    return [
        Document(
            ordinal=1,
            doc_id="H49.64-0001",
            doc_code="H49.64.33.2025.160.0000001",
            maintenance="01",
            type_name="02",
            code_number="15",
            code_notation="QĐ-UBND",
            issued_date=PartialDate(2025, 3, 2),
            organ_name="Ủy ban nhân dân phường Ví Dụ",
            subject="Về việc cấp phép \x0b xây dựng",
            languages=("01",),
            number_of_page=2,
            infor_sign="A",
            keywords=("một", "hai"),
            mode="01",
            confidence_level="01",
            autograph="Đồng ý",
            format="01",
            process=True,
            risk_recovery=False,
            risk_recovery_status="",
            description="",
            files=tuple(file.object.path for file in files if file.object.document == 1),
        ),
        Document(ordinal=2, subject="Bản vẽ", files=("zz_.bin",)),
    ]


def events() -> tuple[Event, ...]:
    """Return an event of the package and one of a single file."""
    return (
        Event(
            id=UUID("01970000-0000-7000-8000-000000000001"),
            type=EventType.INGESTION_START,
            time=CREATED,
            outcome=EventOutcome.SUCCESS,
            detail="taken in from a folder",
            agent="chauban",
        ),
        Event(
            id=UUID("01970000-0000-7000-8000-000000000002"),
            type=EventType.VALIDATION,
            time=datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC),
            outcome=EventOutcome.WARNING,
            detail="tool said: \x1b[31m<bad> & \\u0041",
            outcome_detail="two\r\nlines",
            agent="chauban",
            subject="representations/rep1/data/01-quyet-dinh.pdf",
        ),
    )


def written(plan: PackagePlan, folder: Path) -> tuple[bytes, WrittenPackage]:
    """Write a package into memory."""
    staging = folder / "staging"
    staging.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    result = write_package(plan, staging, buffer.write)
    return buffer.getvalue(), result


def changed(plan: PackagePlan, **values: object) -> PackagePlan:
    """Return the plan with some values replaced."""
    return replace(plan, **values)  # type: ignore[arg-type]  # the tests name the plan's own fields


def validator(name: str) -> Callable[[etree._Element], None]:
    """Return what validates an XML file of a package by the schema for its name, offline."""
    if name == "METS.xml":
        imports = (
            ("http://www.loc.gov/METS/", "mets.xsd"),
            ("https://DILCIS.eu/XML/METS/CSIPExtensionMETS", "DILCISExtensionMETS.xsd"),
            ("http://www.w3.org/1999/xlink", "xlink.xsd"),
        )
        lines = "".join(f'<xs:import namespace="{ns}" schemaLocation="{SCHEMAS / file}"/>' for ns, file in imports)
        source = etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{lines}</xs:schema>')
        schema = etree.XMLSchema(source)
    else:
        known = ("EAD.xml", "EAD_loose.xml", "EAD_pic.xml", "EAD_media.xml")
        file = "ead3.xsd" if name == "EAD3.xml" else name.replace(".xml", ".xsd") if name in known else ""
        file = file or ("premis-v3.xsd" if name.startswith("PREMIS") else "EAD_doc.xsd")
        schema = etree.XMLSchema(etree.parse(SCHEMAS / file))
    return schema.assertValid
