"""The report on processing a submission (Báo cáo xử lý nghiệp vụ).

The circular names what the report holds and prescribes no model; its layout follows Decree 30/2020/NĐ-CP.

Source:
    Circular 05/2025/TT-BNV, Article 24.4.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from archive.forms.layout import Align, Block, Column, Form, Head, Paragraph, Signature, Table
from archive.forms.values import JudgedDocument, ProcessingFacts
from archive.forms.words import DOTS, grouped, moment
from archive.forms.writing import write_form

TOTAL_COLUMNS = (
    Column(title="Nội dung", width=70),
    Column(title="Đề nghị nộp", width=24, align=Align.RIGHT),
    Column(title="Đạt", width=24, align=Align.RIGHT),
    Column(title="Không đạt", width=24, align=Align.RIGHT),
)
FAILURE_COLUMNS = (
    Column(title="Số TT", width=10, align=Align.CENTER),
    Column(title="Mã hồ sơ", width=38),
    Column(title="Hồ sơ, tài liệu", width=55),
    Column(title="Lý do không đạt", width=62),
)
DUPLICATE_COLUMNS = (
    Column(title="Số TT", width=10, align=Align.CENTER),
    Column(title="Mã hồ sơ, tài liệu trùng", width=75),
    Column(title="Quyết định xử lý", width=80),
)


def write_processing_report(facts: ProcessingFacts, target: Path) -> Path:
    """Write the report on processing a submission, for the person who approves it.

    Args:
        facts: what was proposed, received, passed and failed, and what is proposed now.
        target: `.docx`, `.xlsx` or `.pdf`.
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        StorageError: the file could not be written.
    Source:
        Circular 05/2025/TT-BNV, Article 24.4.
    """
    form = Form(
        title="Báo cáo",
        subtitles=("Xử lý nghiệp vụ hồ sơ, tài liệu nộp lưu",),
        head=Head(issuer=facts.issuer, numbered=True, dated=True),
        blocks=(*_submission(facts), *_totals(facts), *_failures(facts), *_duplicates(facts), *_proposals(facts)),
        signatures=(
            Signature(capacity="Người báo cáo", name=facts.reporter),
            Signature(capacity="Người phê duyệt", name=facts.approver),
        ),
    )
    return write_form(form, target)


def _heading(text: str) -> Paragraph:
    return Paragraph(text=text, bold=True)


def _submission(facts: ProcessingFacts) -> list[Block]:
    code = f" (mã định danh: {facts.submitter.code})" if facts.submitter.code else ""
    return [
        _heading("1. Thông tin nộp lưu"),
        Paragraph(text=f"- Cơ quan, tổ chức nộp lưu: {facts.submitter.agency or DOTS}{code}"),
        Paragraph(text=f"- Mã đăng ký nộp lưu: {facts.registration_code or DOTS}; lần nộp thứ: {facts.ordinal}"),
        Paragraph(text=f"- Thời gian tiếp nhận: {moment(facts.received_at)}"),
        Paragraph(
            text=f"- Số lượng đề nghị nộp: {grouped(facts.proposed)}; số lượng đã nhận: {grouped(facts.received)}"
        ),
    ]


def _totals(facts: ProcessingFacts) -> list[Block]:
    rows = (
        ("Hồ sơ, tài liệu rời lẻ", facts.proposed, facts.passed, facts.failed),
        ("Văn bản, tài liệu", facts.documents_proposed, facts.documents_passed, facts.documents_failed),
    )
    return [
        _heading("2. Kết quả xử lý"),
        Table(
            columns=TOTAL_COLUMNS,
            rows=[(name, *(grouped(number) for number in numbers)) for name, *numbers in rows],
            numbered=False,
        ),
    ]


def _failures(facts: ProcessingFacts) -> list[Block]:
    if not facts.failed and not facts.documents_failed:
        return [_heading("3. Hồ sơ, tài liệu không đạt"), Paragraph(text="Không có.")]
    return [
        _heading("3. Hồ sơ, tài liệu không đạt"),
        Table(columns=FAILURE_COLUMNS, rows=_failure_rows(facts.failures), numbered=False),
    ]


def _failure_rows(failures: Iterable[JudgedDocument]) -> Iterator[tuple[str, ...]]:
    failed = (document for document in failures if not document.passed)
    for number, document in enumerate(failed, 1):
        yield str(number), document.case_code, document.title, "; ".join(document.reasons)


def _duplicates(facts: ProcessingFacts) -> list[Block]:
    heading = _heading("4. Hồ sơ, tài liệu trùng lặp")
    if not facts.duplicates:
        return [heading, Paragraph(text="Không có.")]
    rows = [(str(number), code, decision) for number, (code, decision) in enumerate(facts.duplicates, 1)]
    return [heading, Table(columns=DUPLICATE_COLUMNS, rows=rows, numbered=False)]


def _proposals(facts: ProcessingFacts) -> list[Block]:
    return [
        _heading("5. Đề xuất đối với cơ quan, tổ chức nộp lưu"),
        *_listed(facts.proposals_to_submitter),
        _heading("6. Đề xuất đối với người có thẩm quyền phê duyệt"),
        *_listed(facts.proposals_to_approver),
    ]


def _listed(lines: Sequence[str]) -> list[Paragraph]:
    return [Paragraph(text=f"- {line}") for line in lines] or [Paragraph(text="Không có.")]
