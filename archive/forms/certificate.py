"""The certificate of a copy given out (bản xác thực), always PDF/A.

Source:
    Circular 05/2025/TT-BNV, Articles 41 and 42 and Annex V: eleven items, in this order.
"""

from pathlib import Path

from archive.forms.handover import digest_table
from archive.forms.layout import Align, Block, Form, Head, Paragraph, Signature
from archive.forms.values import CertificateFacts, FormSuffix
from archive.forms.words import capitalised, day_in_words, grouped, number_in_words
from archive.forms.writing import write_form
from model.errors import ConfigurationError
from model.text import N_

_NONE = "không có"


def write_certificate(facts: CertificateFacts, target: Path) -> Path:
    """Write the certificate of a copy.

    Args:
        facts: the eleven items and the files the certificate vouches for.
        target: must end in `.pdf`.
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        StorageError: the file could not be written.
    Source:
        Circular 05/2025/TT-BNV, Article 41 and Annex V.
    """
    if target.suffix.lower() != FormSuffix.PDF:
        raise ConfigurationError(
            N_("A certificate cannot be written as {path}: it is a PDF/A file."),
            hint=N_("Give it a name that ends in .pdf."),
            path=target.name,
        )
    form = Form(
        title="Xác thực bản sao tài liệu lưu trữ",
        head=Head(issuer=facts.issuer, numbered=bool(facts.issuer.number), dated=True),
        blocks=_items(facts),
        signatures=(Signature(capacity="Đại diện cơ quan lưu trữ", hint="(Chữ ký, dấu của cơ quan lưu trữ)"),),
        appendix=_files(facts),
    )
    return write_form(form, target)


def _items(facts: CertificateFacts) -> list[Block]:
    items = (
        ("Mã xác thực", facts.authentication_code),
        ("Cơ quan lưu trữ", facts.archive),
        ("Người nhận bản sao", _recipient(facts)),
        ("Mã lưu trữ của bản gốc", facts.original_code),
        ("Số, ký hiệu tài liệu", facts.code),
        ("Loại tài liệu", facts.type_name),
        ("Trích yếu nội dung (tiêu đề)", facts.subject),
        ("Mục đích sử dụng", facts.purpose),
        ("Ngày cấp", capitalised(day_in_words(facts.issued))),
        ("Thời hạn hiệu lực", f"đến hết {day_in_words(facts.valid_until)}"),
        ("Số lượng bản", f"{grouped(facts.copies)} (bằng chữ: {number_in_words(facts.copies)})"),
    )
    return [
        Paragraph(lead=f"{number}. {label}:", text=value or _NONE, align=Align.LEFT)
        for number, (label, value) in enumerate(items, 1)
    ]


def _recipient(facts: CertificateFacts) -> str:
    return f"{facts.recipient or _NONE}; số giấy tờ tùy thân: {facts.recipient_id or _NONE}"


def _files(facts: CertificateFacts) -> list[Block]:
    if not facts.digests:
        return []
    return [
        Paragraph(text="DANH SÁCH TỆP TIN ĐƯỢC XÁC THỰC", bold=True, align=Align.CENTER, indented=False),
        Paragraph(text=f"(Kèm theo mã xác thực {facts.authentication_code})", align=Align.CENTER, indented=False),
        digest_table(facts.digests),
    ]
