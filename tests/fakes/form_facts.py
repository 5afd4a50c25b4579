"""Facts for every prescribed form, and writers of all of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from archive.forms.certificate import write_certificate
from archive.forms.handover import write_handover
from archive.forms.lists import write_case_list, write_document_list
from archive.forms.processing import write_processing_report
from archive.forms.registers import write_register
from archive.forms.values import (
    CertificateFacts,
    Direction,
    HandoverFacts,
    Issuer,
    JudgedDocument,
    ListedCaseFile,
    ListedDocuments,
    Party,
    ProcessingFacts,
    RegisterEntry,
)
from model.casefile import CaseFile, Document
from model.dates import PartialDate

ISSUER = Issuer(
    agency="Sở Tài nguyên và Môi trường",
    superior="Ủy ban nhân dân thành phố Hải Phòng",
    place="Hải Phòng",
    number="12/BB-STNMT",
    day=date(2026, 2, 5),
)
LETTERS = "ắằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữựỳỵỷỹýđĐỲỴỶỸ"
"""Letters that carry two marks, which a poor font or a wrong normalisation loses."""


def case_file(number: int, **changes: object) -> CaseFile:
    """Return a case file that differs by its number."""
    values: dict[str, object] = {
        "file_code": f"H41.2026.QLDD-{number:03d}",
        "title": f"Hồ sơ số {number} về việc phê duyệt kế hoạch sử dụng đất của quận Đồ Sơn",
        "maintenance": ("01", "02", "05", "06")[number % 4],
        "start_date": PartialDate(2025, 1, 3),
        "end_date": PartialDate(2026, 12, 30),
        "number_of_page": 120 + number,
        "number_of_paper": 60,
    }
    return CaseFile(**(values | changes))  # type: ignore[arg-type]  # keywords of the dataclass


def document(ordinal: int, **changes: object) -> Document:
    """Return a document that differs by its ordinal."""
    values: dict[str, object] = {
        "ordinal": ordinal,
        "code_number": str(ordinal),
        "code_notation": "QĐ-UBND",
        "type_name": "02",
        "issued_date": PartialDate(2026, 3, ordinal),
        "organ_name": "UBND thành phố Hải Phòng",
        "subject": "Về việc phê duyệt kế hoạch sử dụng đất",
        "number_of_page": ordinal,
    }
    return Document(**(values | changes))  # type: ignore[arg-type]  # keywords of the dataclass


def register_entry(ordinal: int) -> RegisterEntry:
    """Return a line of a register."""
    return RegisterEntry(
        ordinal=ordinal,
        registered=date(2026, 3, 1 + ordinal % 28),
        code=f"{ordinal}/STC-QLNS",
        date=PartialDate(2026, 2, 1 + ordinal % 28),
        organ="Sở Tài chính thành phố Hải Phòng",
        type_and_subject="Công văn về việc cấp kinh phí thực hiện nhiệm vụ số hóa tài liệu lưu trữ",
        receiver="Phòng Kế hoạch - Tài chính",
        signer="Nguyễn Văn Ưởng",
        pages="3",
        case_code="01.KHTC",
    )


HANDOVER = HandoverFacts(
    issuer=ISSUER,
    giver=Party(
        agency="Phòng Quản lý đất đai", code="000.00.12.H41", person="Nguyễn Thị Hường", position="Trưởng phòng"
    ),
    receiver=Party(agency="Lưu trữ cơ quan", person="Trần Quỹ Đạo", position="Lưu trữ viên"),
    block="Khối tài liệu quản lý đất đai",
    basis=("Danh mục hồ sơ năm 2026", "Căn cứ Kế hoạch số 15/KH-STNMT;"),
    first_date=PartialDate(2025),
    last_date=PartialDate(2026, 5),
    case_files=105,
    documents=2024,
    data_files=12_345,
    bytes=9_876_543_210,
    condition="Tốt; các tệp tin mở được, mã băm khớp",
    digests=(("SIP_hoso_1.zip", "ab12" * 16), ("SIP_hoso_2.zip", "cd34" * 16)),
)
PROCESSING = ProcessingFacts(
    issuer=ISSUER,
    submitter=Party(agency="Phòng Quản lý đất đai", code="000.00.12.H41"),
    registration_code="DK-2026-0001",
    ordinal=2,
    received_at=datetime(2026, 3, 2, 23, 5, tzinfo=UTC),
    proposed=105,
    received=105,
    passed=100,
    failed=5,
    documents_proposed=2024,
    documents_passed=2000,
    documents_failed=24,
    failures=(
        JudgedDocument(
            case_code="HS-1",
            title="Tờ trình về việc phân bổ",
            passed=False,
            reasons=("Chữ ký không hợp lệ", "Thiếu trích yếu"),
        ),
        JudgedDocument(case_code="HS-2", title="Báo cáo quý I", passed=True),
    ),
    duplicates=(("HS-01", "Không tiếp nhận"), ("HS-02", "Giữ cả hai")),
    proposals_to_submitter=("Bổ sung chữ ký số và nộp lại lần 3",),
)
CERTIFICATE = CertificateFacts(
    issuer=ISSUER,
    authentication_code="XT-2026-000123",
    archive="Trung tâm Lưu trữ lịch sử thành phố Hải Phòng",
    recipient="Nguyễn Thị Ánh Tuyết",
    recipient_id="031088001234",
    original_code="H41.12.2026.QLDD-001.05",
    code="245/QĐ-UBND",
    type_name="Quyết định",
    subject="Về việc phê duyệt kế hoạch sử dụng đất năm 2026",
    purpose="Phục vụ nghiên cứu khoa học",
    issued=date(2026, 3, 5),
    valid_until=date(2027, 3, 5),
    copies=2,
    digests=(("data/quyet-dinh.pdf", "0f" * 32),),
)

FORMS: dict[str, Callable[[Path], Path]] = {
    "case-list": lambda target: write_case_list(
        (ListedCaseFile(case_file=case_file(number), note="Có bản giấy" * (number == 2)) for number in range(1, 25)),
        ISSUER,
        target,
        title="Phòng Quản lý đất đai - Năm 2026",
    ),
    "document-list": lambda target: write_document_list(
        ListedDocuments(case_file=case_file(1), documents=(document(number) for number in range(1, 6))), ISSUER, target
    ),
    "register-incoming": lambda target: write_register(
        map(register_entry, range(1, 12)), ISSUER, Direction.INCOMING, 2026, target
    ),
    "register-outgoing": lambda target: write_register(
        map(register_entry, range(1, 12)), ISSUER, Direction.OUTGOING, 2026, target
    ),
    "handover": lambda target: write_handover(HANDOVER, target),
    "processing-report": lambda target: write_processing_report(PROCESSING, target),
    "certificate": lambda target: write_certificate(CERTIFICATE, target),
}
"""Writers by name; each asks for a file name whose suffix says the kind."""


def suffixes(name: str) -> tuple[str, ...]:
    """Return in which kinds of file a form can be had."""
    return (".pdf",) if name == "certificate" else (".docx", ".xlsx", ".pdf")


ALL = tuple((name, suffix) for name in FORMS for suffix in suffixes(name))


def text_of(path: Path) -> str:
    """Return the words of a written form, read by another program than the one that wrote it."""
    return {".docx": _docx_text, ".xlsx": _xlsx_text, ".pdf": _pdf_text}[path.suffix](path)


def _docx_text(path: Path) -> str:
    import docx
    from docx.table import Table

    lines = []
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            rows = [[cell.text.strip() for cell in row.cells] for row in block.rows]
            lines += [" | ".join(cell.replace("\n", " / ") for cell in row) for row in rows]
        else:
            lines.append(block.text)
    return "\n".join(lines) + "\n"


def _xlsx_text(path: Path) -> str:
    from openpyxl import load_workbook

    sheet = load_workbook(path).active
    rows = [[str(cell) for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    return "\n".join(" | ".join(row) for row in rows) + "\n"


def _pdf_text(path: Path) -> str:
    import pypdfium2

    pages = pypdfium2.PdfDocument(path)
    try:
        text = [pages[number].get_textpage().get_text_range() for number in range(len(pages))]
    finally:
        pages.close()
    return "\n-- page --\n".join(part.replace("\r\n", "\n") for part in text) + "\n"
