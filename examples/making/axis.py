"""A correspondence as the document axis carries it: edXML messages, the yearly list of case files, a loose file.

Source:
    QCVN 102:2016/BTTTT and its amendment 1:2022; Decree 30/2020/NĐ-CP, Annex V (danh mục hồ sơ).
"""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from making import axis_letters as letters
from making.casebook import AGENCY, AGENCY_CODE
from making.office import write_xlsx, write_zip
from making.pdfa import Letter, page_count, write_letter, write_scanned_letter
from making.signed import sign_pdf

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
FILE_NUMBER = "03.KTHT"
"""Number of the case file in the yearly list."""
_PDF, _ZIP = "application/pdf", "application/zip"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NEW, _RECALL, _UPDATE, _REPLACE = "0", "1", "2", "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An agency on the axis."""

    code: str
    name: str
    place: str
    address: str
    email: str
    person: str
    """Who signs, in the demonstration authority."""
    agency: str
    """The agency's own certificate there."""


OURS = Party(
    code=AGENCY_CODE,
    name=AGENCY,
    place="Bình An",
    address="Số 1, đường Suối Ngọc, thị trấn Bình An",
    email="vanthu@binhan.example",
    person="person",
    agency="agency",
)
WORKS = Party(
    code="H99.08",
    name="Sở Xây dựng tỉnh Lam Giang (hư cấu)",
    place="Lam Giang",
    address="Số 8, đường Minh Họa, thành phố Lam Giang",
    email="vanthu@sxd-lamgiang.example",
    person="builder",
    agency="works",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """A file in a message."""

    name: str
    content: bytes
    type: str = _PDF
    zipped: bool = False
    """As most sending software does it: a ZIP whose one member has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What a message does with a document."""

    kind: str = _NEW
    reason: str = "Văn bản điện tử mới"
    of: Letter | None = None
    """The document it speaks of, issued by the same agency."""


_AS_NEW = Business()


def axis_files() -> Iterator[tuple[str, bytes]]:
    """Yield the files of `examples/axis`: path below it, content."""
    yield "danh-muc-ho-so-2025.xlsx", _plan()
    lines = [f"{party.code},{party.name}" for party in (OURS, WORKS)]
    yield "co-quan.csv", ("\n".join(["code,name", *lines]) + "\n").encode()
    for name, content in _messages():
        yield f"messages/{name}", content
    yield "bien-ban-kiem-tra-05.pdf", write_scanned_letter(letters.INSPECTION, 5)


def _plan() -> bytes:
    """Return the yearly list of case files, with the columns that help to sort."""
    head = ("Số và ký hiệu hồ sơ", "Đề mục và tiêu đề hồ sơ", "Thời hạn bảo quản", "Người lập hồ sơ", "Ghi chú")
    rows = (
        ("I", "TỔNG HỢP", "", "", "", "", ""),
        (
            "01.TH",
            "Chương trình, kế hoạch công tác năm 2025",
            "Vĩnh viễn",
            "Vũ Thị Tỷ Dụ",
            "",
            "chương trình công tác",
            "",
        ),
        ("02.TH", "Hồ sơ tổ chức các ngày lễ lớn năm 2025", "10 năm", "Vũ Thị Tỷ Dụ", "", "ngày lễ; kỷ niệm", ""),
        ("II", "KINH TẾ, HẠ TẦNG", "", "", "", "", ""),
        (
            FILE_NUMBER,
            "Hồ sơ sửa chữa kè bờ suối Ngọc năm 2025",
            "Vĩnh viễn",
            "Trần Thị Minh Họa",
            "Công trình",
            "kè bờ suối Ngọc",
            "Công khai",
        ),
        (
            "04.KTHT",
            "Hồ sơ cấp giấy phép xây dựng nhà ở năm 2025",
            "20 năm",
            "Trần Thị Minh Họa",
            "",
            "giấy phép xây dựng",
            "",
        ),
    )
    return write_xlsx({"Danh mục hồ sơ": [(*head, "Từ khóa", "Chế độ sử dụng"), *rows]})


def _messages() -> Iterator[tuple[str, bytes]]:
    request, answer, recall = letters.REQUEST, letters.ANSWER, letters.INVITATION
    wrong, right = letters.DECISION_WITH_A_SLIP, letters.DECISION
    annex = Enclosed(name="Phụ lục 1 - Biểu báo cáo hiện trạng kè.pdf", content=write_letter(letters.ANNEX))
    named = ("Phụ lục 1 - Biểu báo cáo hiện trạng kè", "Phụ lục 2 - Bản đồ vị trí kè")
    costs = Enclosed(name="Khái toán sửa chữa kè.xlsx", content=_costs(), type=_XLSX, zipped=True)
    yield (
        "01-cong-van-142.edxml",
        _document(request, WORKS, [_signed(request, WORKS), annex], appendixes=named, due="2025/04/25"),
    )
    yield (
        "02-tra-loi-96.edxml",
        _document(answer, OURS, [_signed(answer, OURS, zipped=True), costs], answers=request),
    )
    yield "03-quyet-dinh-57.edxml", _document(wrong, OURS, [_signed(wrong, OURS)])
    replaced = Business(kind=_REPLACE, reason="Thay thế do ghi sai kinh phí tại Điều 1", of=wrong)
    yield "04-thay-the-bang-quyet-dinh-61.edxml", _document(right, OURS, [_signed(right, OURS)], business=replaced)
    yield "05-giay-moi-28.edxml", _document(recall, WORKS, [_signed(recall, WORKS)])
    recalled = Business(kind=_RECALL, reason="Thu hồi do hoãn cuộc họp", of=recall)
    yield "06-thu-hoi-giay-moi-28.edxml", _document(recall, WORKS, [], business=recalled, later=1)
    updated = Business(kind=_UPDATE, reason="Cập nhật nơi nhận: bổ sung Ủy ban nhân dân thị trấn Bình An", of=right)
    yield "07-cap-nhat-quyet-dinh-61.edxml", _document(right, OURS, [], business=updated, later=1)
    yield "08-trang-thai-da-tiep-nhan.edxml", _status("03", "Đã tiếp nhận", WORKS, answer, OURS)
    yield "09-trang-thai-dong-y-thu-hoi.edxml", _status("15", "Đồng ý thu hồi", OURS, recall, WORKS, later=1)
    yield "10-viec-khac-33.edxml", _document(letters.TRAINING, WORKS, [_signed(letters.TRAINING, WORKS)])
    whole = _document(letters.REMINDER, WORKS, [_signed(letters.REMINDER, WORKS)])
    yield "11-bi-cat-cut.edxml", whole[: len(whole) * 2 // 3]


def _costs() -> bytes:
    rows = (
        ("STT", "Hạng mục", "Khối lượng", "Thành tiền (đồng)"),
        (1, "Rọ đá gia cố chân kè", "320 m³", 412_000_000),
        (2, "Bê tông mái kè", "86 m³", 198_500_000),
        (3, "Đắp đất, trồng cỏ", "540 m²", 37_800_000),
        ("", "Cộng (minh họa, hư cấu)", "", 648_300_000),
    )
    return write_xlsx({"Khái toán": rows})


def _signed(letter: Letter, party: Party, *, zipped: bool = False) -> Enclosed:
    """Return a document as PDF/A, signed by the person, then by the agency (Decree 30/2020/NĐ-CP Art. 13, 18)."""
    when = letter.day + timedelta(hours=9)
    content = sign_pdf(write_letter(letter), party.person, when, field="NguoiKy")
    content = sign_pdf(content, party.agency, when + timedelta(hours=1), field="CoQuan")
    number, _, notation = letter.number.partition("/")
    return Enclosed(name=f"{number}-{notation}.pdf", content=content, zipped=zipped)


def _document(
    letter: Letter,
    sender: Party,
    files: list[Enclosed],
    *,
    answers: Letter | None = None,
    business: Business = _AS_NEW,
    appendixes: tuple[str, ...] = (),
    due: str = "",
    later: int = 0,
) -> bytes:
    """Return a message with a document; `later` is the days from its date to the sending."""
    receiver = WORKS if sender is OURS else OURS
    number, _, notation = letter.number.partition("/")
    pages = str(page_count(write_letter(letter)) + sum(file.name.startswith("Phụ lục") for file in files))
    header = (
        *(_party("From", sender), _party("To", receiver)),
        _text("DocumentId", _identifier(letter, sender)),
        _tag("Code", _text("CodeNumber", number), _text("CodeNotation", notation)),
        _tag("PromulgationInfo", _text("Place", sender.place), _text("PromulgationDate", _day(letter.day))),
        _tag("DocumentType", _text("Type", "2"), _text("TypeName", _kind(letter))),
        _text("Subject", letter.subject[:1].upper() + letter.subject[1:]),
        _tag(
            "SignerInfo",
            _text("Competence", letter.signer[-3]),
            _text("Position", letter.signer[-2].capitalize()),
            _text("FullName", letter.signer[-1]),
        ),
        _text("DueDate", due),
        _tag("OtherInfo", _text("Priority", "0"), _text("PageAmount", pages), _appendixes(appendixes)),
        _answered(answers, receiver) if answers else "",
        _text("SteeringType", "1"),
    )
    sent = letter.day + timedelta(days=later, hours=14)
    trace = _tag("TraceHeader", _text("OrganId", sender.code), _text("Timestamp", f"{sent:%Y/%m/%d %H:%M:%S}"))
    head = _tag("MessageHeader", *header) + _tag("TraceHeaderList", trace, _business(business, sender, receiver))
    body = _tag("edXMLBody", _tag("edXMLManifest", *map(_reference, files))) if files else ""
    return _message(_tag("edXMLHeader", head) + body, files)


def _status(code: str, words: str, sender: Party, of: Letter, issuer: Party, *, later: int = 0) -> bytes:
    """Return a message that tells what became of a document: no body, no files."""
    time = of.day + timedelta(days=later, hours=15)
    header = (
        _party("From", sender),
        _answered(of, issuer),
        _text("StatusCode", code),
        _text("Description", words),
        _text("Timestamp", f"{time:%Y/%m/%d %H:%M:%S}"),
    )
    return _message(_tag("edXMLHeader", _tag("MessageHeader", *header)), [])


def _message(envelope: str, files: list[Enclosed]) -> bytes:
    opening = f'<edXML:edXMLEnvelope xmlns:edXML="{NAMESPACE}">'
    encoded = f"<AttachmentEncoded>{''.join(map(_attachment, files))}</AttachmentEncoded>" if files else ""
    xml = f'<edXML xmlns="{NAMESPACE}">{opening}{envelope}</edXML:edXMLEnvelope>{encoded}</edXML>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}\n'.encode()


def _tag(name: str, *inner: str) -> str:
    return f"<edXML:{name}>{''.join(inner)}</edXML:{name}>"


def _text(name: str, text: str) -> str:
    """Return an element with a text; nothing when there is none."""
    return _tag(name, escape(text)) if text else ""


def _party(name: str, party: Party) -> str:
    parts = (("OrganId", party.code), ("OrganName", party.name), ("OrganAdd", party.address), ("Email", party.email))
    return _tag(name, *(_text(part, text) for part, text in parts))


def _kind(letter: Letter) -> str:
    return letter.kind.capitalize() if letter.kind else "Công văn"


def _day(day: datetime) -> str:
    return f"{day:%Y/%m/%d}"


def _identifier(letter: Letter, issuer: Party) -> str:
    return f"{issuer.code},{_day(letter.day)},{letter.number}"


def _answered(letter: Letter, issuer: Party) -> str:
    return _tag(
        "ResponseFor",
        _text("OrganId", issuer.code),
        _text("Code", letter.number),
        _text("PromulgationDate", _day(letter.day)),
        _text("DocumentId", _identifier(letter, issuer)),
    )


def _appendixes(names: tuple[str, ...]) -> str:
    return _tag("Appendixes", *(_text("Appendix", name) for name in names)) if names else ""


def _business(business: Business, sender: Party, receiver: Party) -> str:
    inner = [
        _text("BussinessDocType", business.kind),
        _text("BussinessDocReason", business.reason),
        _text("Paper", "0"),
    ]
    if business.of and business.kind == _REPLACE:
        receivers = _tag("OrganIdList", _text("OrganId", receiver.code))
        info = _tag("ReplacementInfo", _text("DocumentId", _identifier(business.of, sender)), receivers)
        inner.append(_tag("ReplacementInfoList", info))
    elif business.of:
        inner.insert(0, _text("DocumentId", _identifier(business.of, sender)))
    return _tag("Bussiness", *inner)


def _content_id(file: Enclosed) -> str:
    return f"cid:{uuid.uuid5(uuid.NAMESPACE_URL, file.name)}"


def _sent_type(file: Enclosed) -> str:
    return _ZIP if file.zipped else file.type


def _reference(file: Enclosed) -> str:
    return _tag(
        "Reference",
        _text("ContentId", _content_id(file)),
        _text("ContentType", _sent_type(file)),
        _text("AttachmentName", file.name),
    )


def _attachment(file: Enclosed) -> str:
    content = file.content
    if file.zipped:
        content = write_zip({f"{uuid.uuid5(uuid.NAMESPACE_OID, file.name)}.bin": content})
    text = base64.b64encode(content).decode()
    return (
        f"<Attachment><ContentId>{_content_id(file)}</ContentId><AttachmentName>{escape(file.name)}</AttachmentName>"
        f"<ContentType>{_sent_type(file)}</ContentType>"
        f'<edXML:ContentTransferEncoded xmlns:edXML="{NAMESPACE}">{text}</edXML:ContentTransferEncoded></Attachment>'
    )
