"""Puts a case file together: every document is made and described in one place, so that both agree."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from making.pdfa import HANOI, Letter, page_count, write_letter, write_scanned_letter
from model.casefile import CaseFile, Document
from model.dates import PartialDate

AGENCY = "Ủy ban nhân dân huyện Bình An (hư cấu)"
AGENCY_CODE = "H99.15"
FONDS = "H99.15.01"
PROVINCE = "UBND TỈNH LAM GIANG"
DISTRICT = "ỦY BAN NHÂN DÂN<br/>HUYỆN BÌNH AN"
CHAIR = ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Lê Hữu Giả Định")
BASES = (
    "<i>Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015; Luật sửa đổi, bổ sung một số điều của "
    "Luật Tổ chức Chính phủ và Luật Tổ chức chính quyền địa phương ngày 22 tháng 11 năm 2019;</i>"
)
LAND = "PHÒNG TÀI NGUYÊN<br/>VÀ MÔI TRƯỜNG"
WORKS = "PHÒNG KINH TẾ<br/>VÀ HẠ TẦNG"
HOME = "PHÒNG NỘI VỤ"
INSPECTORATE = "THANH TRA HUYỆN"
COMMUNE = "UBND XÃ ĐỒNG MẪU"
LIBRARY = "THƯ VIỆN HUYỆN BÌNH AN"
STORMS = "BAN CHỈ HUY PHÒNG, CHỐNG<br/>THIÊN TAI HUYỆN BÌNH AN"


def day(year: int, month: int, number: int) -> datetime:
    """Return a day in Vietnam."""
    return datetime(year, month, number, tzinfo=HANOI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One case file: its description, and its files by name."""

    case_file: CaseFile
    documents: tuple[Document, ...]
    files: dict[str, bytes]


@dataclass(slots=True, kw_only=True)
class CaseBook:
    """A case file being put together."""

    number: int
    """Number of the case file in its year."""
    year: int
    title: str
    maintenance: str
    mode: str = "01"
    confidence_level: str = "01"
    keywords: tuple[str, ...] = ()
    description: str = ""
    documents: list[Document] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Case file code: agency, year, number (Circular 05/2025)."""
        return f"{AGENCY_CODE}.{self.year}.{self.number:03d}"

    def letter(self, letter: Letter, type_name: str, name: str, *, scan: int = 0, **more: object) -> bytes:
        """Add a document drawn as PDF/A; `scan` is the seed of its grain when it came from paper."""
        content = write_scanned_letter(letter, scan) if scan else write_letter(letter)
        number, _, notation = letter.number.partition("/")
        self.add(
            {name: content},
            type_name,
            day=letter.day,
            subject=letter.subject[:1].upper() + letter.subject[1:],
            organ=_plain(letter.body),
            pages=page_count(content),
            code_number=number,
            code_notation=notation,
            confidence_level="02" if scan else "01",
            **more,
        )
        return content

    def add(
        self,
        files: dict[str, bytes],
        type_name: str,
        *,
        day: datetime,
        subject: str,
        pages: int,
        organ: str = AGENCY,
        **more: object,
    ) -> None:
        """Add a document that is made up of the given files."""
        ordinal = len(self.documents) + 1
        self.files.update(files)
        document = Document(
            ordinal=ordinal,
            doc_id=f"BA.{self.year}.{self.number:03d}.{ordinal:04d}",
            doc_code=f"{self.code}.{ordinal:07d}",
            maintenance=self.maintenance,
            type_name=type_name,
            issued_date=PartialDate(day.year, day.month, day.day),
            organ_name=organ,
            subject=subject,
            languages=("01",),
            number_of_page=pages,
            mode=self.mode,
            confidence_level="01",
            format="01",
            risk_recovery=False,
            files=tuple(files),
        )
        document = replace(document, **more)
        self.documents.append(replace(document, process=None if document.confidence_level == "02" else False))

    def finish(self) -> Example:
        """Return the case file with its totals and dates."""
        dates = sorted(document.issued_date for document in self.documents if document.issued_date)
        pages = sum(document.number_of_page or 0 for document in self.documents)
        on_paper = self.confidence_level != "01"
        case_file = CaseFile(
            file_code=self.code,
            title=self.title,
            maintenance=self.maintenance,
            mode=self.mode,
            languages=("01",),
            start_date=dates[0],
            end_date=dates[-1],
            keywords=self.keywords,
            total_doc=len(self.documents),
            number_of_paper=pages if on_paper else None,
            number_of_page=pages,
            format="01",
            confidence_level=self.confidence_level,
            paper_file_code=f"{AGENCY_CODE}.K01/G03/H{self.number:02d}.{self.number:03d}" if on_paper else "",
            risk_recovery=False,
            description=self.description or "Hồ sơ minh họa phần mềm; mọi dữ liệu đều hư cấu.",
            fonds_code=FONDS,
            agency_code=AGENCY_CODE,
            agency_name=AGENCY,
        )
        return Example(case_file=case_file, documents=tuple(self.documents), files=dict(self.files))


def _plain(body: str) -> str:
    names = {
        DISTRICT: AGENCY,
        LAND: "Phòng Tài nguyên và Môi trường huyện Bình An (hư cấu)",
        WORKS: "Phòng Kinh tế và Hạ tầng huyện Bình An (hư cấu)",
        HOME: "Phòng Nội vụ huyện Bình An (hư cấu)",
        INSPECTORATE: "Thanh tra huyện Bình An (hư cấu)",
        COMMUNE: "Ủy ban nhân dân xã Đồng Mẫu (hư cấu)",
        LIBRARY: "Thư viện huyện Bình An (hư cấu)",
        STORMS: "Ban Chỉ huy Phòng, chống thiên tai huyện Bình An (hư cấu)",
    }
    return names[body]
