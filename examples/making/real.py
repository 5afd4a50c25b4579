"""Descriptions for real documents made by others (examples/real/). The registration data is invented."""

from dataclasses import dataclass
from datetime import datetime

from making.casebook import CaseBook, Example, day

_NOTE = "Tài liệu có thật do người khác tạo lập; thông tin đăng ký hồ sơ do chúng tôi đặt ra để minh họa."


@dataclass(frozen=True, slots=True)
class _Real:
    """One document made by somebody else."""

    name: str
    type_name: str
    day: datetime
    organ: str
    subject: str
    pages: int
    language: str = "02"
    number: str = ""
    notation: str = ""


def decree() -> Example:
    """Decree 30/2020/NĐ-CP on records work: its text and two annexes."""
    issued = day(2020, 3, 5)
    body = "Chính phủ"
    return _case(
        CaseBook(number=60, year=2020, title="Nghị định số 30/2020/NĐ-CP về công tác văn thư", maintenance="01"),
        (
            _Real(
                "30_2020_ND_CP.docx",
                "32",
                issued,
                body,
                "Nghị định về công tác văn thư",
                20,
                "01",
                "30",
                "2020/NĐ-CP",
            ),
            _Real(
                "30_2020_ND_CP_Phuluc5.doc",
                "32",
                issued,
                body,
                "Phụ lục V: Lập hồ sơ và nộp lưu hồ sơ, tài liệu vào Lưu trữ cơ quan",
                5,
                "01",
            ),
            _Real(
                "30_2020_ND_CP_Phuluc6.docx",
                "32",
                issued,
                body,
                "Phụ lục VI: Hệ thống quản lý tài liệu điện tử",
                5,
                "01",
            ),
        ),
    )


def signed_documents() -> Example:
    """PDF documents with digital signatures of test identities."""
    organ = "pyHanko (Matthias Valvekens)"
    when = day(2021, 1, 15)
    return _case(
        CaseBook(number=61, year=2021, title="Văn bản điện tử có chữ ký số (mẫu thử của pyHanko)", maintenance="04"),
        (
            _Real("minimal-two-fields-signed-twice.pdf", "32", when, organ, "Two signatures in one document", 1),
            _Real("pades-lta-dss-indirect-arrs-test.pdf", "32", when, organ, "PAdES B-LTA with archive timestamp", 1),
            _Real("form-update-override-appearance-stream.pdf", "32", when, organ, "Form filled in after signing", 1),
            _Real("sig-no-signed-attrs.pdf", "32", when, organ, "Signature without signed attributes", 1),
        ),
    )


def office_and_mail() -> Example:
    """Office documents, pictures and e-mail of the Apache Tika project."""
    organ = "Apache Tika"
    when = day(2010, 6, 1)
    return _case(
        CaseBook(
            number=62, year=2010, title="Tệp văn phòng và thư điện tử (mẫu thử của Apache Tika)", maintenance="06"
        ),
        (
            _Real("testWORD.docx", "32", when, organ, "Word document", 1),
            _Real("testEXCEL.xlsx", "32", when, organ, "Excel workbook", 1),
            _Real("testPPT.pptx", "32", when, organ, "PowerPoint presentation", 2),
            _Real("testODFwithOOo3.odt", "32", when, organ, "OpenDocument text", 1),
            _Real("testRTF.rtf", "32", when, organ, "Rich text", 1),
            _Real("testEmailWithPNGAtt.eml", "29", when, organ, "E-mail with a picture attached", 1),
            _Real("testTIFF.tif", "32", when, organ, "Scanned picture", 1),
        ),
    )


def _case(book: CaseBook, documents: tuple[_Real, ...]) -> Example:
    book.description = _NOTE
    for real in documents:
        book.add(
            {real.name: b""},
            real.type_name,
            day=real.day,
            subject=real.subject,
            pages=real.pages,
            organ=real.organ,
            code_number=real.number,
            code_notation=real.notation,
            languages=(real.language,),
        )
    return book.finish()
