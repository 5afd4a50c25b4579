"""The fields of Circular 02/2019/TT-BNV: their names, lengths, and what they are called in Circular 05/2025.

No official XML schema of the circular is known, so names are recognised however they are written: as element,
attribute, key or column title, in any case, in English or by the circular's Vietnamese title.

Source:
    Circular 02/2019/TT-BNV, Annex (data of the case file and of the document). Lengths are those that systems built
    to it agree on; the ones marked `recalled` are less certain and only warn. Which fields are mandatory is an
    assumption, told in docs/legacy-tt02.md.
"""

from dataclasses import dataclass

from ingest.describe.titles import fold

SOURCE = "TT 02/2019/TT-BNV"
PARTS = ("Identifier", "OrganId", "FileCatalog", "FileNotation")
"""What a FileCode is made of."""
TELLING = frozenset(("FileCatalog", "FileNotation", "OrganId"))
"""Names that no other description has together: what has them is by this circular."""
FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a case file or document."""

    name: str
    """Name in the circular."""
    length: int
    """Characters at most; 0 where none is known."""
    attribute: str = ""
    """Attribute of `CaseFile` or `Document` it becomes; empty when it is no element of its own any more."""
    kind: str = "text"
    """text, date or number."""
    mandatory: bool = False
    recalled: bool = False
    """The length is not certain: longer values only warn."""
    titles: str = ""
    """Vietnamese titles, folded, divided by spaces."""


def _field(name: str, length: int, attribute: str = "", titles: str = "", *, marks: str = "", kind: str = "") -> Field:
    """Return a field; its marks are `M` mandatory and `K` recalled length."""
    return Field(
        name=name,
        length=length,
        attribute=attribute,
        titles=titles,
        kind=kind or "text",
        mandatory="M" in marks,
        recalled="K" in marks,
    )


_PART_FIELDS = (
    _field("FileCode", 30, "", "mahoso", marks="M"),
    _field("Identifier", 13, "", "macoquanluutrulichsu macoquanluutru"),
    _field("OrganId", 13, "", "maphong maphongcongtrinhsuutapluutru maphongluutru"),
    _field("FileCatalog", 4, "", "muclucsohoacnam muclucsohoacnamhinhthanhhoso muclucsohoacnamhinhthanh"),
    _field("FileNotation", 20, "", "sovakyhieuhoso sokyhieuhoso"),
)

_PAGES = "soluongtrangcuavanban sotrangcuavanban sotrang soluongtrang"
CASE_FIELDS: tuple[Field, ...] = (
    *_PART_FIELDS,
    _field("Title", 1000, "title", "tieudehoso tieude", marks="M"),
    _field("Maintenance", 100, "maintenance", "thoihanbaoquan thoihanluutru", marks="M"),
    _field("Rights", 30, "mode", "chedosudung", marks="M"),
    _field("Language", 100, "languages", "ngonngu", marks="M"),
    _field("StartDate", 10, "start_date", "thoigianbatdau", marks="M", kind="date"),
    _field("EndDate", 10, "end_date", "thoigianketthuc", marks="M", kind="date"),
    _field("TotalDoc", 10, "total_doc", "tongsovanbantronghoso tongsovanban", marks="M", kind="number"),
    _field("Description", 2000, "description", "chugiai ghichu", marks="K"),
    _field("InforSign", 30, "infor_sign", "kyhieuthongtin", marks="K"),
    _field("Keyword", 100, "keywords", "tukhoa", marks="K"),
    _field("Maximum", 10, "number_of_paper", "soluongto", marks="K", kind="number"),
    _field("PageNumber", 10, "number_of_page", "soluongtrang", marks="K", kind="number"),
    _field("Format", 50, "format", "tinhtrangvatly", marks="K"),
)
DOCUMENT_FIELDS: tuple[Field, ...] = (
    _field("DocCode", 25, "", "madinhdanhvanban maluutruvanban", marks="M"),
    *_PART_FIELDS,
    _field("DocOrdinal", 4, "", "sothutuvanbantronghoso sothutu stt", kind="number"),
    _field("TypeName", 100, "type_name", "tenloaivanban loaivanban", marks="M"),
    _field("CodeNumber", 11, "code_number", "socuavanban sovanban"),
    _field("CodeNotation", 30, "code_notation", "kyhieucuavanban kyhieuvanban"),
    _field("IssuedDate", 10, "issued_date", "ngaythangnamvanban ngaybanhanh", marks="M", kind="date"),
    _field("OrganName", 200, "organ_name", "tencoquantochucbanhanhvanban tencoquanbanhanh coquanbanhanh", marks="M"),
    _field("Subject", 500, "subject", "trichyeunoidung trichyeu", marks="M"),
    _field("Language", 100, "languages", "ngonngu", marks="M"),
    _field(
        "PageAmount",
        4,
        "number_of_page",
        _PAGES,
        marks="M",
        kind="number",
    ),
    _field("Description", 500, "description", "ghichu chugiai"),
    _field("InforSign", 30, "infor_sign", "kyhieuthongtin"),
    _field("Keyword", 100, "keywords", "tukhoa"),
    _field("Mode", 20, "mode", "mucdotruycap chedosudungvanban"),
    _field("ConfidenceLevel", 30, "confidence_level", "mucdotincay"),
    _field("Autograph", 2000, "autograph", "buttich"),
    _field("Format", 50, "format", "tinhtrangvatly"),
)

_FILE_TITLES = """
    filename filenames filepath filepaths file files url fileurl attachment attachments attachmentname attachmentnames
    attachedfile docfile pdf pdffile link path tentep tenfile tentaptin tepdinhkem filedinhkem duongdan duongdantep
"""


def _table(fields: tuple[Field, ...]) -> dict[str, str]:
    table = {word: field.name for field in fields for word in field.titles.split()}
    table.update({fold(field.name): field.name for field in fields})
    table.update(dict.fromkeys(_FILE_TITLES.split(), FILES))
    return table


_CASE, _DOCUMENT = _table(CASE_FIELDS), _table(DOCUMENT_FIELDS)
_CASE_NAMES = {field.name for field in CASE_FIELDS}
_DOCUMENT_NAMES = {field.name for field in DOCUMENT_FIELDS}
CASE_ONLY = frozenset(_CASE_NAMES - _DOCUMENT_NAMES)
DOCUMENT_ONLY = frozenset(_DOCUMENT_NAMES - _CASE_NAMES)


def field_named(title: str) -> str:
    """Return the field an element name or column title means, or `files`; empty when none.

    Where a case file and a document call different things alike, the document's wins: see `as_case_field`.
    """
    folded = fold(title)
    return _DOCUMENT.get(folded) or _CASE.get(folded, "")


def as_case_field(title: str) -> str:
    """Return the field a title means in a description of a case file; empty when none."""
    return _CASE.get(fold(title), "")


def is_document(names: frozenset[str] | set[str]) -> bool:
    """Tell whether fields together describe a document."""
    telling = DOCUMENT_ONLY & names
    return len(telling) >= 2 or (bool(telling) and not CASE_ONLY & names)


def is_of_document_alone(names: frozenset[str] | set[str]) -> bool:
    """Tell whether a description of a document has nothing of its case file but what is called alike in both.

    The circular's title of the access level is the same, `Chế độ sử dụng`; systems give documents a period too.
    """
    return CASE_ONLY & names <= {"Rights", "Maintenance"} and len(DOCUMENT_ONLY & names) >= 2


def is_case(names: frozenset[str] | set[str]) -> bool:
    """Tell whether fields together describe a case file."""
    return bool(CASE_ONLY & names) or (bool(TELLING & names) and not DOCUMENT_ONLY & names)
