"""The elements of Circular 05/2025/TT-BNV and its code tables, as data.

Source:
    Circular 05/2025/TT-BNV, Annexes I and III; the obligation and length of each element and the
    code tables are listed in docs/metadata.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from model.text import N_


class Obligation(StrEnum):
    """Whether an element must be there."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    IF_DIGITISED = "if-digitised"
    """Mandatory when `confidenceLevel` says digitised (02) or mixed (03)."""
    IF_BORN_DIGITAL = "if-born-digital"
    """Mandatory when `confidenceLevel` says born digital (01) or mixed (03)."""
    IF_RISK_RECOVERY = "if-risk-recovery"
    """Mandatory when `riskRecovery` is 1."""


class ElementType(StrEnum):
    """What an element holds."""

    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    TEXTS = "texts"
    DATE = "date"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a description."""

    attribute: str
    """Name of the attribute of `CaseFile` or `Document`."""
    name: str
    """Element name of the circular."""
    title: str
    """English title; its translation is the circular's Vietnamese one."""
    vietnamese: str
    """The circular's Vietnamese title, used as column title whatever language is in force."""
    type: ElementType
    length: int
    """Characters at most; for numbers digits at most; for texts and codes of each value."""
    obligation: Obligation
    codes: str = ""
    """Name of the code table for CODE and CODES."""


def _element(
    attribute: str,
    name: str,
    title: str,
    vietnamese: str,
    type: ElementType,
    length: int,
    obligation: str,
    codes: str = "",
) -> Element:
    return Element(
        attribute=attribute,
        name=name,
        title=title,
        vietnamese=vietnamese,
        type=type,
        length=length,
        obligation=Obligation(obligation),
        codes=codes,
    )


_T = ElementType
_M, _O = "mandatory", "optional"

CASE_FILE_ELEMENTS: tuple[Element, ...] = (
    _element("file_code", "fileCode", N_("Case file code"), "Mã hồ sơ", _T.TEXT, 100, _M),
    _element("title", "title", N_("Case file title"), "Tiêu đề hồ sơ", _T.TEXT, 1000, _M),
    _element("maintenance", "maintenance", N_("Retention period"), "Thời hạn lưu trữ", _T.CODE, 100, _M, "maintenance"),
    _element("mode", "mode", N_("Access level"), "Chế độ sử dụng", _T.CODE, 30, _M, "mode"),
    _element("languages", "language", N_("Language"), "Ngôn ngữ", _T.CODES, 100, _M, "language"),
    _element("start_date", "startDate", N_("Start date"), "Thời gian bắt đầu", _T.DATE, 10, _M),
    _element("end_date", "endDate", N_("End date"), "Thời gian kết thúc", _T.DATE, 10, _M),
    _element("keywords", "keyword", N_("Keywords"), "Từ khóa", _T.TEXTS, 100, _O),
    _element("total_doc", "totalDoc", N_("Number of documents"), "Tổng số tài liệu trong hồ sơ", _T.NUMBER, 10, _M),
    _element("number_of_paper", "numberOfPaper", N_("Number of sheets"), "Số lượng tờ", _T.NUMBER, 10, "if-digitised"),
    _element("number_of_page", "numberOfPage", N_("Number of pages"), "Số lượng trang", _T.NUMBER, 10, _M),
    _element("format", "format", N_("Physical condition"), "Tình trạng vật lý", _T.CODE, 50, _O, "format"),
    _element("infor_sign", "inforSign", N_("Information symbol"), "Ký hiệu thông tin", _T.TEXT, 30, _O),
    _element("confidence_level", "confidenceLevel", N_("Origin"), "Mức độ tin cậy", _T.CODE, 40, _O, "confidenceLevel"),
    _element(
        "paper_file_code",
        "paperFileCode",
        N_("Code of the paper file"),
        "Mã hồ sơ gốc giấy",
        _T.TEXT,
        100,
        "if-digitised",
    ),
    _element("risk_recovery", "riskRecovery", N_("Backup copy regime"), "Chế độ dự phòng", _T.BOOLEAN, 1, _M),
    _element(
        "risk_recovery_status",
        "riskRecoveryStatus",
        N_("Backup copy status"),
        "Tình trạng dự phòng",
        _T.CODE,
        2,
        "if-risk-recovery",
        "riskRecoveryStatus",
    ),
    _element("description", "description", N_("Note"), "Ghi chú", _T.TEXT, 2000, _O),
)
"""The 18 elements of a case file, in the order of the AIP schema's frame (description last but for risk recovery there)."""

DOCUMENT_ELEMENTS: tuple[Element, ...] = (
    _element("doc_id", "docId", N_("Document identifier"), "Mã định danh tài liệu", _T.TEXT, 25, _M),
    _element("doc_code", "docCode", N_("Archival document code"), "Mã lưu trữ của tài liệu", _T.TEXT, 100, _M),
    _element("maintenance", "maintenance", N_("Retention period"), "Thời hạn lưu trữ", _T.CODE, 100, _M, "maintenance"),
    _element("type_name", "typeName", N_("Document type"), "Tên loại tài liệu", _T.CODE, 10, _M, "typeName"),
    _element("code_number", "codeNumber", N_("Number"), "Số của tài liệu", _T.TEXT, 11, _O),
    _element("code_notation", "codeNotation", N_("Notation"), "Ký hiệu của tài liệu", _T.TEXT, 30, _O),
    _element("issued_date", "issuedDate", N_("Date of the document"), "Ngày, tháng, năm tài liệu", _T.DATE, 10, _M),
    _element("organ_name", "organName", N_("Issuing body"), "Tên cơ quan, tổ chức, cá nhân ban hành", _T.TEXT, 200, _M),
    _element("subject", "subject", N_("Subject"), "Trích yếu nội dung", _T.TEXT, 500, _M),
    _element("languages", "language", N_("Language"), "Ngôn ngữ", _T.CODES, 100, _M, "language"),
    _element("number_of_page", "numberOfPage", N_("Number of pages"), "Số lượng trang", _T.NUMBER, 4, _M),
    _element("infor_sign", "inforSign", N_("Information symbol"), "Ký hiệu thông tin", _T.TEXT, 30, _O),
    _element("keywords", "keyword", N_("Keywords"), "Từ khóa", _T.TEXTS, 100, _O),
    _element("mode", "mode", N_("Access level"), "Chế độ sử dụng", _T.CODE, 20, _M, "mode"),
    _element("confidence_level", "confidenceLevel", N_("Origin"), "Mức độ tin cậy", _T.CODE, 30, _O, "confidenceLevel"),
    _element("autograph", "autograph", N_("Handwritten notes"), "Bút tích", _T.TEXT, 2000, _O),
    _element("format", "format", N_("Physical condition"), "Tình trạng vật lý", _T.CODE, 50, _O, "format"),
    _element("process", "process", N_("Workflow log attached"), "Quy trình xử lý", _T.BOOLEAN, 1, "if-born-digital"),
    _element("risk_recovery", "riskRecovery", N_("Backup copy regime"), "Chế độ dự phòng", _T.BOOLEAN, 1, _M),
    _element(
        "risk_recovery_status",
        "riskRecoveryStatus",
        N_("Backup copy status"),
        "Tình trạng dự phòng",
        _T.CODE,
        2,
        "if-risk-recovery",
        "riskRecoveryStatus",
    ),
    _element("description", "description", N_("Note"), "Ghi chú", _T.TEXT, 500, _O),
)
"""The 21 elements of a textual document in a submission."""

PICTURE_ELEMENTS: tuple[Element, ...] = (
    _element("doc_code", "docCode", N_("Archival document code"), "Mã lưu trữ của tài liệu", _T.TEXT, 100, _M),
    _element("maintenance", "maintenance", N_("Retention period"), "Thời hạn lưu trữ", _T.CODE, 100, _M, "maintenance"),
    _element("", "typePic", N_("Kind of picture"), "Loại tài liệu ảnh", _T.CODE, 10, _M, "typePic"),
    _element("", "archivesNumber", N_("Archives number"), "Số lưu trữ", _T.TEXT, 50, _O),
    _element("infor_sign", "inforSign", N_("Information symbol"), "Ký hiệu thông tin", _T.TEXT, 30, _O),
    _element("", "eventName", N_("Event"), "Tên sự kiện", _T.TEXT, 500, _O),
    _element("subject", "imageTitle", N_("Title of the picture"), "Tiêu đề phim/ảnh", _T.TEXT, 500, _O),
    _element("organ_name", "photographer", N_("Photographer"), "Tác giả", _T.TEXT, 300, _O),
    _element("", "photoPlace", N_("Place taken"), "Địa điểm chụp", _T.TEXT, 300, _O),
    _element("issued_date", "photoTime", N_("Time taken"), "Thời gian chụp", _T.DATE, 10, _O),
    _element("", "colour", N_("Colour"), "Màu sắc", _T.CODE, 10, _O, "colour"),
    _element("", "filmSize", N_("Size of the film or picture"), "Cỡ phim/ảnh", _T.TEXT, 30, _O),
    _element("", "docAttached", N_("Attached documents"), "Tài liệu đi kèm", _T.TEXT, 300, _O),
    _element("mode", "mode", N_("Access level"), "Chế độ sử dụng", _T.CODE, 20, _M, "mode"),
    _element("format", "format", N_("Physical condition"), "Tình trạng vật lý", _T.CODE, 50, _O, "format"),
    _element("risk_recovery", "riskRecovery", N_("Backup copy regime"), "Chế độ dự phòng", _T.BOOLEAN, 1, _O),
    _element(
        "risk_recovery_status",
        "riskRecoveryStatus",
        N_("Backup copy status"),
        "Tình trạng dự phòng",
        _T.CODE,
        2,
        "if-risk-recovery",
        "riskRecoveryStatus",
    ),
    _element("description", "description", N_("Note"), "Ghi chú", _T.TEXT, 500, _O),
)
"""The elements of a picture (`EAD_pic`). Those with an empty attribute are kept in `Document.more`."""

MEDIA_ELEMENTS: tuple[Element, ...] = (
    _element("doc_code", "docCode", N_("Archival document code"), "Mã lưu trữ của tài liệu", _T.TEXT, 100, _M),
    _element("maintenance", "maintenance", N_("Retention period"), "Thời hạn lưu trữ", _T.CODE, 100, _M, "maintenance"),
    _element("", "typeMedia", N_("Sound or video"), "Loại tài liệu nghe nhìn", _T.CODE, 10, _M, "typeMedia"),
    _element("", "archivesNumber", N_("Archives number"), "Số lưu trữ", _T.TEXT, 50, _O),
    _element("infor_sign", "inforSign", N_("Information symbol"), "Ký hiệu thông tin", _T.TEXT, 30, _O),
    _element("", "eventName", N_("Event"), "Tên sự kiện", _T.TEXT, 500, _O),
    _element("subject", "movieTitle", N_("Title of the recording"), "Tiêu đề phim/âm thanh", _T.TEXT, 500, _O),
    _element("organ_name", "recorder", N_("Recorded by"), "Tác giả", _T.TEXT, 300, _O),
    _element("", "recordPlace", N_("Place recorded"), "Địa điểm ghi", _T.TEXT, 300, _O),
    _element("issued_date", "recordDate", N_("Date recorded"), "Thời gian ghi", _T.DATE, 10, _O),
    _element("languages", "language", N_("Language"), "Ngôn ngữ", _T.CODES, 100, _O, "language"),
    _element("", "playTime", N_("Playing time"), "Thời lượng", _T.TEXT, 8, _O),
    _element("", "docAttached", N_("Attached documents"), "Tài liệu đi kèm", _T.TEXT, 300, _O),
    _element("mode", "mode", N_("Access level"), "Chế độ sử dụng", _T.CODE, 20, _M, "mode"),
    _element("", "quality", N_("Quality"), "Chất lượng", _T.TEXT, 50, _O),
    _element("format", "format", N_("Physical condition"), "Tình trạng vật lý", _T.CODE, 50, _O, "format"),
    _element("risk_recovery", "riskRecovery", N_("Backup copy regime"), "Chế độ dự phòng", _T.BOOLEAN, 1, _O),
    _element(
        "risk_recovery_status",
        "riskRecoveryStatus",
        N_("Backup copy status"),
        "Tình trạng dự phòng",
        _T.CODE,
        2,
        "if-risk-recovery",
        "riskRecoveryStatus",
    ),
    _element("description", "description", N_("Note"), "Ghi chú", _T.TEXT, 500, _O),
)
"""The elements of sound or video (`EAD_media`). Those with an empty attribute are kept in `Document.more`."""

ELEMENT_SETS = {"": DOCUMENT_ELEMENTS, "pic": PICTURE_ELEMENTS, "media": MEDIA_ELEMENTS}
"""The elements of a document by `Document.form`."""

LOOSE_ELEMENTS: tuple[Element, ...] = (
    _element("file_code", "fileCode", N_("Code of the submission"), "Mã đợt nộp", _T.TEXT, 100, _M),
    _element("title", "title", N_("Title"), "Tiêu đề", _T.TEXT, 1000, _M),
    _element("source", "source", N_("Outgoing or incoming"), "Nguồn tài liệu", _T.CODE, 1, _M, "source"),
    _element("total_doc", "totalDoc", N_("Number of documents"), "Tổng số tài liệu", _T.NUMBER, 10, _M),
    _element("description", "description", N_("Note"), "Ghi chú", _T.TEXT, 2000, _O),
)
"""The 5 elements of a submission of loose documents (`SIP_tailieu`); the archival package lacks `totalDoc`.

Source:
    Circular 05/2025/TT-BNV, Annexes II and IV.
"""

CODE_TABLES_VERSION = "TT05-2025"

CODE_TABLES: dict[str, dict[str, tuple[str, str]]] = {
    "maintenance": {
        "01": ("Vĩnh viễn", N_("Permanent")),
        "02": ("70 năm", N_("70 years")),
        "03": ("50 năm", N_("50 years")),
        "04": ("30 năm", N_("30 years")),
        "05": ("20 năm", N_("20 years")),
        "06": ("10 năm", N_("10 years")),
        "07": ("Khác", N_("Other")),
    },
    "mode": {
        "01": ("Công khai", N_("Public")),
        "02": ("Sử dụng có điều kiện", N_("Conditional use")),
        "03": ("Mật", N_("Secret")),
    },
    "confidenceLevel": {
        "01": ("Gốc điện tử", N_("Born digital")),
        "02": ("Số hóa", N_("Digitised")),
        "03": ("Hỗn hợp", N_("Mixed")),
    },
    "language": {
        "01": ("Tiếng Việt", N_("Vietnamese")),
        "02": ("Tiếng Anh", N_("English")),
        "03": ("Tiếng Pháp", N_("French")),
        "04": ("Tiếng Nga", N_("Russian")),
        "05": ("Tiếng Trung", N_("Chinese")),
        "06": ("Việt-Anh", N_("Vietnamese-English")),
        "07": ("Việt-Nga", N_("Vietnamese-Russian")),
        "08": ("Việt-Pháp", N_("Vietnamese-French")),
        "09": ("Hán Nôm", N_("Sino-Vietnamese")),
        "10": ("Việt-Trung", N_("Vietnamese-Chinese")),
        "11": ("Khác", N_("Other")),
    },
    "format": {"01": ("Tốt", N_("Good")), "02": ("Bình thường", N_("Normal")), "03": ("Hỏng", N_("Damaged"))},
    "typePic": {"01": ("Phim âm bản", N_("Negative")), "02": ("Ảnh", N_("Photograph"))},
    "typeMedia": {"01": ("Âm thanh", N_("Sound")), "02": ("Video", N_("Video"))},
    "colour": {"01": ("Đen trắng", N_("Black and white")), "02": ("Màu", N_("In colour"))},
    "source": {"0": ("Văn bản đi", N_("Outgoing documents")), "1": ("Văn bản đến", N_("Incoming documents"))},
    "riskRecoveryStatus": {"01": ("Đã dự phòng", N_("Backed up")), "02": ("Chưa dự phòng", N_("Not backed up"))},
    "typeName": {
        "01": ("Nghị quyết", N_("Resolution")),
        "02": ("Quyết định", N_("Decision")),
        "03": ("Chỉ thị", N_("Directive")),
        "04": ("Quy chế", N_("Statute")),
        "05": ("Quy định", N_("Regulation")),
        "06": ("Thông cáo", N_("Communiqué")),
        "07": ("Thông báo", N_("Notice")),
        "08": ("Hướng dẫn", N_("Guidance")),
        "09": ("Chương trình", N_("Programme")),
        "10": ("Kế hoạch", N_("Plan")),
        "11": ("Phương án", N_("Scheme")),
        "12": ("Đề án", N_("Scheme proposal")),
        "13": ("Dự án", N_("Project")),
        "14": ("Báo cáo", N_("Report")),
        "15": ("Tờ trình", N_("Submission")),
        "16": ("Giấy ủy quyền", N_("Power of attorney")),
        "17": ("Phiếu gửi", N_("Dispatch slip")),
        "18": ("Phiếu chuyển", N_("Transfer slip")),
        "19": ("Phiếu báo", N_("Notification slip")),
        "20": ("Biên bản", N_("Minutes")),
        "21": ("Hợp đồng", N_("Contract")),
        "22": ("Công văn", N_("Official letter")),
        "23": ("Công điện", N_("Official telegram")),
        "24": ("Bản ghi nhớ", N_("Memorandum")),
        "25": ("Bản thỏa thuận", N_("Agreement")),
        "26": ("Giấy mời", N_("Invitation")),
        "27": ("Giấy giới thiệu", N_("Letter of introduction")),
        "28": ("Giấy nghỉ phép", N_("Leave permit")),
        "29": ("Thư công", N_("Official correspondence")),
        "30": ("Bản đồ", N_("Map")),
        "31": ("Bản vẽ kỹ thuật", N_("Technical drawing")),
        "32": ("Khác", N_("Other")),
    },
}
"""Code table -> code -> (Vietnamese word, English word)."""

SECRET_MODE = "03"
"""Access level of secret case files, which the law keeps off networked archives."""


def code_word(table: str, code: str, language: str) -> str:
    """Return the word of a code in `vi` or `en`; the code itself when the table does not know it."""
    words = CODE_TABLES[table].get(code)
    if words is None:
        return code
    return words[0] if language == "vi" else words[1]
