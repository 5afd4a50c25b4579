"""A case file with a good, a revoked, an altered and an unsigned document, signed with the demonstration authority."""

import hashlib
from datetime import datetime, timedelta
from io import BytesIO

from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from making import demo_pki
from making.casebook import BASES, CHAIR, DISTRICT, PROVINCE, CaseBook, Example, day
from making.demo_signing import signed_data
from making.pdfa import Letter

_RESERVED = 16_384
TRUST = "signed/trust"
"""Where the demonstration's trust folder lies: an authority for each purpose."""


def trust_folder() -> dict[str, bytes]:
    """Return the files of the trust folder by name: anchors by purpose, the authority below, its revocation lists."""
    root = demo_pki.der("root")
    return {
        "document-signer/root.cer": root,
        "agency-seal/root.cer": root,
        "tsa/root.cer": root,
        "ca.cer": demo_pki.der("ca"),
        "root.crl": demo_pki.crl("root"),
        "ca.crl": demo_pki.crl("ca"),
    }


def signed_case() -> Example:
    """Renaming of a street: signed by person and agency; one signer retired; one figure changed afterwards; a draft."""
    book = CaseBook(
        number=7,
        year=2025,
        title="Hồ sơ đặt tên đường thị trấn Bình An (hư cấu)",
        maintenance="01",
        keywords=("đặt tên đường", "chữ ký số"),
    )
    book.letter(_DECISION, "02", "01-quyet-dinh-88.pdf")
    book.letter(_REPORT, "15", "02-to-trinh-31.pdf")
    book.letter(_MINUTES, "20", "03-bien-ban-04.pdf")
    book.letter(_DRAFT, "22", "04-cong-van-112.pdf")
    example = book.finish()
    when = day(2025, 6, 20)
    files = dict(example.files)
    decision = sign_pdf(files["01-quyet-dinh-88.pdf"], "person", when + timedelta(hours=9), field="NguoiKy")
    files["01-quyet-dinh-88.pdf"] = sign_pdf(decision, "agency", when + timedelta(hours=10), field="CoQuan")
    files["02-to-trinh-31.pdf"] = sign_pdf(files["02-to-trinh-31.pdf"], "revoked", when + timedelta(hours=11))
    minutes = sign_pdf(files["03-bien-ban-04.pdf"], "person", when + timedelta(hours=12))
    files["03-bien-ban-04.pdf"] = _altered(minutes)
    return Example(case_file=example.case_file, documents=example.documents, files=files)


def sign_pdf(document: bytes, who: str, when: datetime, *, field: str = "ChuKy") -> bytes:
    """Return a PDF with a PAdES signature of level B-T added."""
    writer = _Writer(document, hashlib.md5(f"{who} {when}".encode(), usedforsecurity=False).digest())
    steps = PdfCMSEmbedder(SigFieldSpec(field)).write_cms(field, writer)
    next(steps)
    placeholder = SignatureObject(timestamp=when, subfilter=SigSeedSubFilter.PADES, bytes_reserved=_RESERVED)
    steps.send(SigObjSetup(sig_placeholder=placeholder))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    whole = output.getvalue()
    data = whole[: prepared.reserved_region_start] + whole[prepared.reserved_region_end :]
    steps.send(signed_data(data, who, when))
    return bytes(output.getvalue())


class _Writer(IncrementalPdfFileWriter):
    """Adds to a PDF without telling when: the same bytes each time."""

    def __init__(self, document: bytes, mark: bytes) -> None:
        super().__init__(BytesIO(document))
        self._document_id = ArrayObject([self._document_id[0], ByteStringObject(mark)])

    def _update_meta(self) -> None:
        """Leave the document information as it is."""


def _altered(document: bytes) -> bytes:
    """Return a signed PDF in which one signed byte was changed afterwards: the year of its making."""
    place = document.index(b"/CreationDate")
    digit = next(spot for spot in range(place, place + 40) if document[spot : spot + 1].isdigit()) + 3
    return document[:digit] + bytes([document[digit] ^ 1]) + document[digit + 1 :]


_DECISION = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="88/QĐ-UBND",
    place="Bình An",
    day=day(2025, 6, 20),
    kind="QUYẾT ĐỊNH",
    subject="Về việc đặt tên đường trên địa bàn thị trấn Bình An",
    paragraphs=(
        BASES,
        "<b>Điều 1.</b> Đặt tên đường Suối Ngọc cho tuyến đường nối từ chợ huyện đến cầu Suối Ngọc, dài 1.250 m.",
        "<b>Điều 2.</b> Quyết định này có hiệu lực kể từ ngày ký.",
    ),
    signer=CHAIR,
)
_REPORT = Letter(
    over="UBND HUYỆN BÌNH AN",
    body="PHÒNG KINH TẾ<br/>VÀ HẠ TẦNG",
    number="31/TTr-KTHT",
    place="Bình An",
    day=day(2025, 6, 2),
    kind="TỜ TRÌNH",
    subject="Về việc đề nghị đặt tên đường trên địa bàn thị trấn Bình An",
    to="Ủy ban nhân dân huyện",
    paragraphs=(
        "Phòng Kinh tế và Hạ tầng kính trình Ủy ban nhân dân huyện xem xét, quyết định đặt tên đường Suối Ngọc.",
    ),
    signer=("TRƯỞNG PHÒNG", "Phạm Thị Đã Nghỉ"),
)
_MINUTES = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="04/BB-UBND",
    place="Bình An",
    day=day(2025, 6, 12),
    kind="BIÊN BẢN",
    subject="Họp Hội đồng tư vấn đặt tên đường",
    paragraphs=("Hội đồng biểu quyết: 9/9 thành viên nhất trí tên đường Suối Ngọc.",),
    signer=CHAIR,
)
_DRAFT = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="112/UBND-KTHT",
    place="Bình An",
    day=day(2025, 6, 23),
    kind="",
    subject="gắn biển tên đường",
    to="Ủy ban nhân dân thị trấn Bình An",
    paragraphs=("Ủy ban nhân dân huyện yêu cầu hoàn thành việc gắn biển tên đường trước ngày 30 tháng 6 năm 2025.",),
    signer=CHAIR,
)
