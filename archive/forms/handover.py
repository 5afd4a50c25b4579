"""The minutes of a hand-over of case files (biên bản giao nhận hồ sơ, tài liệu).

Source:
    Decree 30/2020/NĐ-CP, Article 30.3 and Annex V, V.
"""

from collections.abc import Sequence
from pathlib import Path

from archive.forms.layout import Align, Block, Column, Form, Head, Paragraph, Signature, Table
from archive.forms.values import HandoverFacts, Party
from archive.forms.words import DOTS, grouped, number_in_words, span
from archive.forms.writing import write_form

DECREE = "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;"
DIGEST_COLUMNS = (
    Column(title="Số TT", width=10, align=Align.CENTER),
    Column(title="Gói tin, tệp tin", width=60),
    Column(title="Mã băm SHA-256", width=95),
)


def write_handover(facts: HandoverFacts, target: Path) -> Path:
    """Write the minutes of a hand-over of electronic records.

    Args:
        facts: parties, what was handed over and its condition.
        target: `.docx`, `.xlsx` or `.pdf`.
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        StorageError: the file could not be written.
    Source:
        Decree 30/2020/NĐ-CP, Annex V, V.
    """
    form = Form(
        title="Biên bản",
        subtitles=("Giao nhận hồ sơ, tài liệu",),
        head=Head(issuer=facts.issuer, numbered=bool(facts.issuer.number), dated=True),
        blocks=(*_parties(facts), *_content(facts)),
        signatures=(
            Signature(capacity="Đại diện bên giao", name=facts.giver.person),
            Signature(capacity="Đại diện bên nhận", name=facts.receiver.person),
        ),
        appendix=_digests(facts),
    )
    return write_form(form, target)


def _parties(facts: HandoverFacts) -> list[Block]:
    basis = [Paragraph(text=f"Căn cứ {_without_word(line)};") for line in facts.basis]
    return [
        Paragraph(text=DECREE),
        *basis,
        Paragraph(text="Chúng tôi gồm:"),
        *_party("Bên giao", facts.giver),
        *_party("Bên nhận", facts.receiver),
        Paragraph(text="Thống nhất lập biên bản giao nhận tài liệu với những nội dung như sau:"),
    ]


def _without_word(line: str) -> str:
    """Return a basis without the word that every basis begins with, and without its closing sign."""
    return line.strip().removeprefix("Căn cứ").strip().rstrip(".;,") or DOTS


def _party(side: str, party: Party) -> list[Block]:
    code = f" (mã định danh: {party.code})" if party.code else ""
    return [
        Paragraph(lead=f"{side.upper()}:", text=f"{party.agency or DOTS}{code}"),
        Paragraph(text=f"Ông (bà): {party.person or DOTS}"),
        Paragraph(text=f"Chức vụ công tác: {party.position or DOTS}"),
    ]


def _content(facts: HandoverFacts) -> list[Block]:
    lines = [
        f"1. Tên khối tài liệu giao nộp: {facts.block or DOTS}",
        f"2. Thời gian của hồ sơ, tài liệu: {span(facts.first_date, facts.last_date) or DOTS}",
        "3. Số lượng hồ sơ, tài liệu điện tử:",
        f"- Tổng số hồ sơ: {_counted(facts.case_files)}",
        f"- Tổng số văn bản, tài liệu: {_counted(facts.documents)}",
        f"- Tổng số tệp tin trong hồ sơ: {_counted(facts.data_files)}",
        f"- Tổng dung lượng: {grouped(facts.bytes)} byte",
        f"4. Tình trạng tài liệu giao nộp: {facts.condition or DOTS}",
        "5. Mục lục hồ sơ, tài liệu nộp lưu kèm theo.",
    ]
    if facts.digests:
        lines.append("6. Mã băm của các gói tin giao nhận tại Phụ lục kèm theo.")
    closing = "Biên bản này được lập thành hai bản; bên giao giữ một bản, bên nhận giữ một bản./."
    return [*(Paragraph(text=line) for line in lines), Paragraph(text=closing)]


def _counted(number: int) -> str:
    return f"{grouped(number)} (bằng chữ: {number_in_words(number)})"


def _digests(facts: HandoverFacts) -> tuple[Block, ...]:
    if not facts.digests:
        return ()
    return (
        Paragraph(text="PHỤ LỤC", bold=True, align=Align.CENTER, indented=False),
        Paragraph(text="Mã băm của các gói tin giao nhận", bold=True, align=Align.CENTER, indented=False),
        digest_table(facts.digests),
    )


def digest_table(digests: Sequence[tuple[str, str]]) -> Table:
    """Return a table of files and their digests."""
    return Table(
        columns=DIGEST_COLUMNS,
        rows=[(str(number), name, digest) for number, (name, digest) in enumerate(digests, 1)],
        numbered=False,
    )
