"""Which field a column title, element name or JSON key means, in Vietnamese and English, as clerks write them."""

import re
import unicodedata
from functools import lru_cache

from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS, ELEMENT_SETS

FILES = "files"
ORDINAL = "ordinal"
NUMBER_AND_NOTATION = "number_and_notation"
TYPE_AND_SUBJECT = "type_and_subject"
PAGE_RANGE = "page_range"
SECRECY = "secrecy"
KNOWN_ELSEWHERE = "known_elsewhere"
"""A usual column that is no element of the circular, such as the sheet a document starts at on paper."""
FORM = "form"
SOURCE = "source"
MORE = "more"
"""Further elements by name; one of them alone is known as `more:` and its name."""
REPEATABLE = frozenset(("languages", "keywords", FILES))

_NOT_ALNUM = re.compile(r"[^a-z0-9]+")

_CASE_ALIASES = {
    "file_code": "mahoso filecode casefilecode sohoso hososo kyhieuhoso sokyhieuhoso sovakyhieuhoso",
    "title": "tieudehoso tieude tenhoso title casefiletitle",
    "maintenance": "thoihanluutru thoihanbaoquan thbq thlt retention retentionperiod",
    "mode": "chedosudung mucdotiepcan mucdotruycap accesslevel access",
    "languages": "ngonngu language languages",
    "start_date": "thoigianbatdau ngaybatdau batdau tungay ngaymohoso ngaymo start",
    "end_date": "thoigianketthuc ngayketthuc ketthuc denngay ngaydonghoso ngaydong end",
    "keywords": "tukhoa keyword keywords",
    "total_doc": "tongsotailieutronghoso tongsotailieu tongsovanban sotailieu sovanban soluongtailieu soluongvanban",
    "number_of_paper": "soluongto soto tongsoto numberofsheets sheets",
    "number_of_page": "soluongtrang sotrang tongsotrang numberofpages pages",
    "format": "tinhtrangvatly physicalcondition condition",
    "infor_sign": "kyhieuthongtin",
    "confidence_level": "mucdotincay origin",
    "paper_file_code": "mahosogocgiay mahosogiay paperfile",
    "risk_recovery": "chedoduphong backup",
    "risk_recovery_status": "tinhtrangduphong backupstatus",
    "description": "ghichu note notes remark remarks",
    "fonds_code": "maphong phong phongluutru fondscode fonds",
    "agency_code": "madinhdanhcoquan macoquan agencycode",
    "agency_name": "tencoquan tencoquannop coquannop donvinop agencyname agency",
    SECRECY: "domat mucdomat daumat capdomat secrecy classification",
    SOURCE: "nguontailieu source",
    MORE: "more",
    KNOWN_ELSEWHERE: "stt tt sott nguoilap nguoilaphoso mucluc muclucso mucluchoso truongthongtin field",
}
_DOCUMENT_ALIASES = {
    "doc_id": "madinhdanhtailieu madinhdanh madinhdanhvanban documentidentifier documentid identifier",
    "doc_code": "maluutrucuatailieu maluutrutailieu maluutru matailieu archivaldocumentcode documentcode",
    "maintenance": "thoihanluutru thoihanbaoquan thbq thlt retention retentionperiod",
    "type_name": "tenloaitailieu tenloaivanban tenloai loaivanban loaitailieu loai documenttype type",
    "code_number": "sovanban socuatailieu sotailieu number so",
    "code_notation": "kyhieucuatailieu kyhieuvanban kyhieu notation",
    NUMBER_AND_NOTATION: (
        "sokyhieu sovakyhieu sohieu sohieuvanban sokyhieuvanban sovakyhieuvanban sokyhieutailieu numberandnotation"
        " referencenumber reference"
    ),
    "issued_date": (
        "ngaythangnamtailieu ngaythangnam ngaythang ngaythangvanban ngaythangnamvanban ngayvanban ngaybanhanh ngayky"
        " ngay dateofthedocument documentdate issued date"
    ),
    "organ_name": (
        "tencoquantochuccanhanbanhanh coquantochuccanhanbanhanh coquanbanhanh donvibanhanh noibanhanh tacgia"
        " tencoquanbanhanh tencoquan issuingbody issuer author"
    ),
    "subject": "trichyeunoidung trichyeu noidung noidungtrichyeu tentailieu tenvanban subject summary",
    TYPE_AND_SUBJECT: (
        "tenloaivatrichyeunoidung tenloaivatrichyeu tenloaivatrichyeunoidungvanban tenloaitrichyeunoidung"
        " tenloaivatrichyeunoidungtailieu loaivatrichyeu typeandsubject"
    ),
    "languages": "ngonngu language languages",
    "number_of_page": "soluongtrang sotrang numberofpages pages",
    "infor_sign": "kyhieuthongtin",
    "keywords": "tukhoa keyword keywords",
    "mode": "chedosudung mucdotiepcan mucdotruycap accesslevel access",
    "confidence_level": "mucdotincay origin",
    "autograph": "buttich handwrittennotes",
    "format": "tinhtrangvatly physicalcondition condition",
    "process": "quytrinhxuly workflowlog workflow",
    "risk_recovery": "chedoduphong backup",
    "risk_recovery_status": "tinhtrangduphong backupstatus",
    "description": "ghichu note notes remark remarks",
    FILES: (
        "file files tep teptin tentep tenteptin teptindinhkem tepdinhkem tentaptin taptin tenfile tenfiles filename"
        " filenames duongdan duongdantep path filedinhkem tentepdientu"
    ),
    ORDINAL: "stt tt sott sothutu thutu ordinal docordinal no",
    PAGE_RANGE: "trangso tutrangdentrang",
    FORM: "form",
    MORE: "more",
    SECRECY: "domat mucdomat daumat capdomat secrecy classification",
    KNOWN_ELSEWHERE: "toso tosotrangso tosotrang totrangso hopso",
}
CASE_CONTAINERS = frozenset(("hoso", "casefile", "case"))
DOCUMENT_CONTAINERS = frozenset(("documents", "tailieu", "danhsachtailieu", "vanban", "danhsachvanban", "mucluc"))
DOCUMENT_NAMES = frozenset(("document", "doc", "tailieu", "vanban"))


@lru_cache(8192)
def fold(text: str) -> str:
    """Return letters and digits only, lower case, without diacritics, đ as d."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return _NOT_ALNUM.sub("", "".join(c for c in plain if not unicodedata.combining(c)))


def case_field(title: str) -> str:
    """Return the case-file attribute a title means in a description of a case file; empty when none."""
    return _CASE.get(fold(title), "")


def document_field(title: str) -> str:
    """Return the document attribute (or one of the names above) a title means; empty when none."""
    return _DOCUMENT.get(fold(title), "")


def case_field_beside_documents(title: str) -> str:
    """Return the case-file attribute a column of a table of documents means.

    Titles that documents have too mean the case file only with “hồ sơ” or “case file” in them.
    """
    folded = fold(title)
    found = _CASE.get(folded, "")
    if found and folded not in _DOCUMENT:
        return found
    for mark in ("cuahoso", "hoso", "casefile", "case"):
        if folded.endswith(mark) and folded[: -len(mark)] in _CASE:
            return _CASE[folded[: -len(mark)]]
        if folded.startswith(mark) and folded[len(mark) :] in _CASE:
            return _CASE[folded[len(mark) :]]
    return ""


def _table(aliases: dict[str, str], level: str) -> dict[str, str]:
    table = {fold(word): attribute for attribute, words in aliases.items() for word in words.split()}
    for element in CASE_FILE_ELEMENTS if level == "case" else DOCUMENT_ELEMENTS:
        for title in (element.name, element.attribute, element.title, element.vietnamese):
            table[fold(title)] = element.attribute
    for attribute in aliases:
        table.setdefault(fold(attribute), attribute)
    for element in (*ELEMENT_SETS["pic"], *ELEMENT_SETS["media"]) if level == "document" else ():
        table.setdefault(fold(element.name), element.attribute or f"{MORE}:{element.name}")
    return table


_CASE = _table(_CASE_ALIASES, "case")
_DOCUMENT = _table(_DOCUMENT_ALIASES, "document")
