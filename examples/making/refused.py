"""The case files that an archive refuses, each for a reason that the person who made it can put right."""

from dataclasses import replace

from making.casebook import DISTRICT, LAND, PROVINCE, CaseBook, Example, day
from making.cases_building import land_certificate
from making.office import write_zip
from making.pdfa import Letter, encrypt
from model.dates import PartialDate

_ELF = bytes.fromhex("7f454c46020101000000000000000000") + bytes.fromhex("02003e0001000000") + bytes(104)
"""The first bytes of a program for Linux; it does nothing."""

_NOTICE = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=LAND,
    number="15/TB-TNMT",
    place="Bình An",
    day=day(2023, 5, 4),
    kind="THÔNG BÁO",
    subject="Về lịch tiếp công dân tháng 5 năm 2023",
    paragraphs=("Phòng Tài nguyên và Môi trường thông báo lịch tiếp công dân vào các ngày thứ Năm hằng tuần.",),
    signer=("TRƯỞNG PHÒNG", "Trần Thị Minh Họa"),
)
_PLAN = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="19/KH-UBND",
    place="Bình An",
    day=day(2023, 6, 1),
    kind="KẾ HOẠCH",
    subject="Kiểm tra công tác văn thư, lưu trữ năm 2023",
    paragraphs=("Kiểm tra 06 xã, thị trấn và 04 phòng, ban trong quý III năm 2023.",),
    signer=("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Bùi Đức Khả Dĩ"),
)


def badly_described() -> Example:
    """Several mistakes of one description, to be shown in one report.

    The title is missing; the end lies before the start; the retention code does not exist; the totals do
    not match; a document names a file that is not there; a file is named by no document.
    """
    book = CaseBook(number=40, year=2023, title="", maintenance="01")
    book.letter(_NOTICE, "07", "thong-bao-15.pdf")
    book.letter(_PLAN, "10", "ke-hoach-19.pdf")
    good = book.finish()
    absent = replace(good.documents[1], files=("ke-hoach-19-ban-ky.pdf",))
    case_file = replace(
        good.case_file,
        maintenance="99",
        start_date=PartialDate(2023, 6, 30),
        end_date=PartialDate(2023, 5, 1),
        total_doc=5,
    )
    return Example(case_file=case_file, documents=(good.documents[0], absent), files=good.files)


def secret() -> Example:
    """A case file marked secret: the law keeps it off networked archives. Its content is harmless."""
    book = CaseBook(number=41, year=2023, title="Hồ sơ minh họa có chế độ sử dụng Mật", maintenance="01", mode="03")
    book.letter(_PLAN, "10", "ke-hoach.pdf")
    return book.finish()


def locked() -> Example:
    """A PDF with a password, which nobody could read in thirty years."""
    book = CaseBook(number=42, year=2023, title="Hồ sơ thông báo lịch tiếp công dân năm 2023", maintenance="05")
    content = book.letter(_NOTICE, "07", "thong-bao-15-co-mat-khau.pdf")
    good = book.finish()
    return replace(good, files={"thong-bao-15-co-mat-khau.pdf": encrypt(content, "matkhau")})


def duplicate() -> Example:
    """The decision of the land case file, handed in once more with another case file."""
    original = land_certificate()
    name = "03-quyet-dinh-245.pdf"
    number, notation = "245", "QĐ-UBND"
    decision = next(document for document in original.documents if name in document.files)
    book = CaseBook(number=43, year=2023, title="Hồ sơ quyết định về đất đai tháng 3 năm 2023", maintenance="01")
    book.add(
        {"quyet-dinh-245-ban-sao.pdf": original.files[name]},
        "02",
        day=day(2023, 3, 6),
        subject=decision.subject,
        pages=1,
        code_number=number,
        code_notation=notation,
    )
    return book.finish()


def hostile_zip(descriptor: dict[str, bytes], files: dict[str, bytes]) -> bytes:
    """Return a ZIP with a member that would be written outside the folder it is unpacked in."""
    return write_zip({**descriptor, **files, "../../../../tmp/chauban-vi-du.txt": b"khong duoc ghi ra ngoai\n"})


def ordinary() -> Example:
    """An ordinary small case file, for the hostile ZIP."""
    book = CaseBook(number=44, year=2023, title="Hồ sơ kiểm tra công tác văn thư, lưu trữ năm 2023", maintenance="05")
    book.letter(_PLAN, "10", "ke-hoach-19.pdf")
    return book.finish()


def misnamed() -> Example:
    """A program that calls itself a PDF, and a PDF that calls itself a Word document."""
    book = CaseBook(number=45, year=2023, title="Hồ sơ có tệp sai phần mở rộng", maintenance="05")
    book.letter(_NOTICE, "07", "thong-bao-15.docx")
    book.add({"phu-luc.pdf": _ELF}, "32", day=day(2023, 5, 4), subject="Phụ lục kèm theo thông báo", pages=1)
    return book.finish()
