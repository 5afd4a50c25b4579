"""Case files that ended long ago and were kept for ten years, digitised. Agencies, people and events are invented."""

from dataclasses import replace

from making.casebook import CHAIR, DISTRICT, HOME, PROVINCE, WORKS, CaseBook, Example, day
from making.pdfa import Letter

FONDS = "H99.15.02"
"""A fonds of their own, so that a review can be opened over them alone."""
_TEN_YEARS = "06"
_DIRECTOR = ("TRƯỞNG PHÒNG", "Trần Thị Minh Họa")


def _book(number: int, year: int, title: str, *keywords: str) -> CaseBook:
    return CaseBook(
        number=number, year=year, title=title, maintenance=_TEN_YEARS, confidence_level="02", keywords=keywords
    )


def _finish(book: CaseBook) -> Example:
    example = book.finish()
    return replace(example, case_file=replace(example.case_file, fonds_code=FONDS))


def office_supplies() -> Example:
    """Office supplies are bought; kept for ten years."""
    book = _book(51, 2006, "Hồ sơ mua sắm văn phòng phẩm năm 2006", "mua sắm", "văn phòng phẩm")
    letter = Letter(
        over=PROVINCE,
        body=DISTRICT,
        number="214/QĐ-UBND",
        place="Bình An",
        day=day(2006, 3, 20),
        kind="QUYẾT ĐỊNH",
        subject="Về việc mua sắm văn phòng phẩm năm 2006",
        paragraphs=("<b>Điều 1.</b> Phê duyệt mua sắm văn phòng phẩm, kinh phí 12.400.000 đồng./.",),
        signer=CHAIR,
    )
    book.letter(letter, "02", "quyet-dinh-214.pdf", scan=214)
    return _finish(book)


def sports_day() -> Example:
    """A sports day is held; kept for ten years."""
    book = _book(52, 2008, "Hồ sơ tổ chức hội thao cơ quan năm 2008", "hội thao")
    letter = Letter(
        over="UBND HUYỆN BÌNH AN",
        body=HOME,
        number="17/KH-NV",
        place="Bình An",
        day=day(2008, 8, 11),
        kind="KẾ HOẠCH",
        subject="Tổ chức hội thao cơ quan năm 2008",
        paragraphs=("Hội thao tổ chức ngày 02 tháng 9 năm 2008 tại sân vận động huyện, gồm 04 môn thi đấu.",),
        signer=_DIRECTOR,
    )
    book.letter(letter, "10", "ke-hoach-17.pdf", scan=17)
    return _finish(book)


def kiosk_lease() -> Example:
    """Kiosks of the market are leased; kept for ten years, and asked for by a court."""
    book = _book(53, 2009, "Hồ sơ cho thuê ki-ốt chợ huyện năm 2009", "cho thuê", "chợ huyện")
    letter = Letter(
        over="UBND HUYỆN BÌNH AN",
        body=WORKS,
        number="41/TB-KTHT",
        place="Bình An",
        day=day(2009, 11, 3),
        kind="THÔNG BÁO",
        subject="Về việc cho thuê ki-ốt chợ huyện năm 2009",
        paragraphs=("Cho thuê 06 ki-ốt chợ huyện, thời hạn 12 tháng, giá thuê 350.000 đồng một tháng.",),
        signer=_DIRECTOR,
    )
    book.letter(letter, "07", "thong-bao-41.pdf", scan=41)
    return _finish(book)
