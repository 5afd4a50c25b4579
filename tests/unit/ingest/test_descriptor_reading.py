"""Descriptors as clerks write them: every kind, both languages, and everything that is wrong in one report."""

import datetime
import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.describe.titles import case_field, document_field
from ingest.describe.values import boolean_of, code_of, read_date, split_number
from ingest.sources import examples
from ingest.sources.describe_checks import check_description, resolve_files
from ingest.sources.descriptor import read_description
from ingest.sources.discovery import discover
from ingest.sources.schema import elements_table, json_schema
from ingest.sources.secrecy import is_secret
from ingest.sources.template import write_templates
from ingest.sources.values import Description, Limits
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS
from model.findings import finding_kinds

ROOT = Path(__file__).resolve().parents[3]
FILES = ("01-quyet-dinh.pdf", "02-bien-ban.pdf", "02-phu-luc.pdf")


def case_folder(folder: Path, descriptor: str, content: bytes | str, files: tuple[str, ...] = FILES) -> Path:
    folder.mkdir()
    (folder / descriptor).write_bytes(content.encode() if isinstance(content, str) else content)
    for name in files:
        (folder / name).write_text(name)
    return folder


def read(folder: Path, limits: Limits | None = None) -> tuple[Description, list[str]]:
    """Return the description and the codes of everything found, reading and checking."""
    (submission,) = discover([folder], limits or Limits())
    work = folder.parent / "work"
    work.mkdir(exist_ok=True)
    description = read_description(submission, work, limits or Limits())
    names = [entry.name for entry in submission.source.entries()]
    submission.source.close()
    return description, [
        f"{finding.code} {finding.location}"
        for finding in (*description.findings, *check_description(description, names))
    ]


def example(**changes: Any) -> dict[str, Any]:
    return {"caseFile": {**examples.CASE_FILE, **changes}, "documents": [dict(d) for d in examples.DOCUMENTS]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1/2/2024", PartialDate(2024, 2, 1)),
        ("01-02-2024", PartialDate(2024, 2, 1)),
        ("01.02.2024", PartialDate(2024, 2, 1)),
        ("ngày 1 tháng 2 năm 2024", PartialDate(2024, 2, 1)),
        ("Ngày 01/02/2024", PartialDate(2024, 2, 1)),
        ("tháng 2/2024", PartialDate(2024, 2)),
        ("tháng 2 năm 2024", PartialDate(2024, 2)),
        ("02/2024", PartialDate(2024, 2)),
        ("2024", PartialDate(2024)),
        ("năm 2024", PartialDate(2024)),
        ("2024-02-01", PartialDate(2024, 2, 1)),
        ("2024-02-01T00:00:00", PartialDate(2024, 2, 1)),
        ("1/2/24", None),
    ],
)
def test_dates_as_people_write_them(text: str, wanted: PartialDate | None) -> None:
    assert read_date(text) == wanted


@pytest.mark.parametrize("text", ["31/2/2024", "13/13/2024", "hôm qua", "00/01/2024", "45292"])
def test_impossible_dates_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        read_date(text)


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        ("maintenance", "vinh vien", "01"),
        ("maintenance", "10 năm", "06"),
        ("maintenance", "6", "06"),
        ("maintenance", "15 năm", "15 năm"),
        ("mode", "MẬT", "03"),
        ("mode", "Conditional use", "02"),
        ("language", "Việt", "01"),
        ("typeName", "QĐ", "02"),
        ("typeName", "ĐA", "12"),
        ("typeName", "DA", "13"),
    ],
)
def test_codes_and_words(table: str, text: str, code: str) -> None:
    assert code_of(table, text) == code


def test_titles_of_every_element_are_known_in_both_languages() -> None:
    for element in CASE_FILE_ELEMENTS:
        assert {case_field(t) for t in (element.name, element.title, element.vietnamese)} == {element.attribute}
    for element in DOCUMENT_ELEMENTS:
        assert {document_field(t) for t in (element.name, element.title, element.vietnamese)} == {element.attribute}


def test_small_values() -> None:
    assert split_number("123/QĐ-UBND") == ("123", "QĐ-UBND")
    assert [boolean_of(text) for text in ("có", "x", "TRUE", "không", "0")] == [True, True, True, False, False]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_templates_are_read_back_without_findings(tmp_path: Path, language: str) -> None:
    for path in write_templates(tmp_path / language, language):
        if path.name == "hoso.schema.json":
            continue
        description, codes = read(case_folder(tmp_path / path.name.replace(".", "-"), path.name, path.read_bytes()))
        assert description.findings == ()
        if path.suffix in (".json", ".xml"):
            assert codes == []
            assert len(list(description.documents)) == 2


@pytest.mark.parametrize("language", ["vi", "en"])
def test_filled_in_workbook_is_complete(tmp_path: Path, language: str) -> None:
    write_templates(tmp_path, language)
    book = openpyxl.load_workbook(tmp_path / "mau-ho-so.xlsx")
    for row in book["Hồ sơ"].iter_rows(min_row=2):
        row[1].value = row[2].value
    book["Hồ sơ"]["B10"].value = 1
    book["Tài liệu"]["A2"].value = 1
    folder = case_folder(tmp_path / "case", "unused.txt", "", FILES[:1])
    (folder / "unused.txt").unlink()
    book.save(folder / "hoso.xlsx")
    book.close()
    description, codes = read(folder)
    assert [code for code in codes if "pages-differ" not in code] == []
    assert description.case_file.fonds_code == "P99"
    (document,) = description.documents
    assert document.files == FILES[:1]
    assert document.process is False


def test_what_xlsx_hides_is_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Mã hồ sơ:", "H1"])
    sheet.append(["STT", "Số, ký hiệu", "Ngày tháng", "Tên loại và trích yếu", "Số trang", "Tên tệp", "Cột lạ"])
    sheet.append([1, "016/QĐ-UBND", datetime.date(2024, 2, 3), "Quyết định về đất", 160.0, "a.pdf", "?"])
    sheet.append([2, "17/TB", datetime.datetime(2024, 2, 4), "Thông báo", "=1+1", "b.pdf"])
    sheet.append(["Tổng số: 2"])
    sheet.row_dimensions[4].hidden = True
    folder = case_folder(tmp_path / "case", "x", "", ("a.pdf", "b.pdf"))
    (folder / "x").unlink()
    book.save(folder / "Mục lục.xlsx")
    description, codes = read(folder)
    first, second = description.documents
    assert (first.code_number, first.code_notation, first.number_of_page) == ("016", "QĐ-UBND", 160)
    assert (first.type_name, first.subject) == ("02", "Quyết định về đất")
    assert second.issued_date == PartialDate(2024, 2, 4)
    assert description.case_file.file_code == "H1"
    for code in ("formula", "hidden-rows", "unknown-column", "row-skipped"):
        assert any(found.startswith(f"metadata.{code}") for found in codes), code


def as_windows_1258(text: str) -> bytes:
    """Encode as Windows does: a letter the code page lacks is a base letter and a combining tone."""
    parts = []
    for character in text:
        try:
            parts.append(character.encode("cp1258"))
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", character)
            tones = "".join(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
            letter = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tones))
            parts.append((letter + tones).encode("cp1258"))
    return b"".join(parts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
@pytest.mark.parametrize("divider", [";", ",", "\t"])
def test_csv_of_any_program(tmp_path: Path, encoding: str, divider: str) -> None:
    rows = [["#Mã hồ sơ", "H1"], ["Tên tệp", "Trích yếu nội dung", "Tác giả"], ["a.pdf", "Về đất", "Sở"]]
    text = "\r\n".join(divider.join(row) for row in rows)
    data = as_windows_1258(text) if encoding == "cp1258" else text.encode(encoding)
    description, codes = read(case_folder(tmp_path / "case", "hoso.csv", data, ("a.pdf",)))
    (document,) = description.documents
    assert (document.subject, document.organ_name, document.files) == ("Về đất", "Sở", ("a.pdf",))
    assert description.case_file.file_code == "H1"
    assert any("legacy-encoding" in code for code in codes) == (encoding == "cp1258")


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("hoso.json", '{"caseFile": {"title": "x"},\n "documents": [{"subject": }]}', "line 2, column 28"),
        ("hoso.json", '{"caseFile": {}, "documents": [' + "[" * 100_000, ""),
        ("hoso.json", b"\xff\xfe\x00", ""),
        ("hoso.json", '{"caseFile": {"mode": "03", "mode": "01"}}', "twice"),
        ("hoso.json", '{"caseFile": {"totalDoc": NaN}}', "NaN"),
        ("hoso.json", "[]", "expected here: {"),
        ("hoso.json", "", "empty"),
        ("hoso.xml", "<hoso><title>x</hoso>", "line 1"),
        ("hoso.xml", "<a>" * 40, "nested"),
        ("hoso.csv", "a;b\n1;2", "column titles"),
        ("hoso.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "password"),
        ("hoso.xlsx", b"PK nonsense", "workbook"),
    ],
)
def test_unreadable_descriptors_say_where(tmp_path: Path, name: str, content: str | bytes, place: str) -> None:
    description, codes = read(case_folder(tmp_path / "case", name, content, ("a.pdf",)))
    assert [code.split()[0] for code in codes] == ["metadata.unreadable-descriptor"]
    assert place in description.findings[0].message()


def test_a_descriptor_beyond_the_limit_is_a_finding(tmp_path: Path) -> None:
    folder = case_folder(tmp_path / "case", "hoso.json", json.dumps(example()))
    assert read(folder, Limits(descriptor_size=100))[1][0].startswith("metadata.unreadable-descriptor")


def test_everything_wrong_is_in_one_report(tmp_path: Path) -> None:
    data = example(title="", startDate="31/12/2024", endDate="01/01/2024", maintenance="10 năm", totalDoc=7, mode="lạ")
    data["documents"][0] |= {"issuedDate": "30/02/2024", "subject": "x" * 501, "files": ["vắng.pdf"]}
    data["documents"][1] |= {"docCode": data["documents"][0]["docCode"], "process": "có thể"}
    _, codes = read(case_folder(tmp_path / "case", "hoso.json", json.dumps(data)))
    assert sorted(codes) == sorted(
        [
            "metadata.bad-date document[1]/issuedDate",
            "metadata.bad-boolean document[2]/process",
            "metadata.missing caseFile/title",
            "metadata.unknown-code caseFile/mode",
            "metadata.end-before-start caseFile/endDate",
            "metadata.too-long document[1]/subject",
            "metadata.duplicate-value document[2]/docCode",
            "metadata.date-outside document[2]/issuedDate",
            "metadata.total-differs caseFile/totalDoc",
            "metadata.retention-shorter caseFile/maintenance",
            "intake.file-absent document[1]/file",
            "intake.file-unnamed 01-quyet-dinh.pdf",
        ]
    )


def test_documents_take_from_the_case_file_what_none_of_them_gives(tmp_path: Path) -> None:
    data = example()
    for document in data["documents"]:
        for name in ("maintenance", "mode", "language", "docCode", "docId"):
            document.pop(name)
    description, codes = read(case_folder(tmp_path / "case", "hoso.json", json.dumps(data)))
    documents = list(description.documents)
    assert [document.maintenance for document in documents] == ["01", "01"]
    assert documents[1].doc_code == "H99.01.02.2024.15.0000002"
    assert [code.split()[0] for code in codes] == [
        *["metadata.inherited"] * 3,
        "metadata.generated",
        "metadata.no-document-identifiers",
    ]


@pytest.mark.parametrize("mode", ["03", "3", "Mật", "TỐI MẬT", "tuyệt mật", "tai lieu mat", "Top secret", "Bí mật"])
def test_secrecy_is_seen_in_any_spelling(mode: str) -> None:
    assert is_secret(CaseFile(mode=mode), ()) is not None
    assert is_secret(CaseFile(mode="01"), (Document(ordinal=1), Document(ordinal=2, mode=mode))) is not None
    assert is_secret(CaseFile(mode="01"), (Document(ordinal=1, mode="02"),)) is None


def test_a_column_for_secrecy_outweighs_the_access_level(tmp_path: Path) -> None:
    table = "Mã hồ sơ;Chế độ sử dụng;Độ mật;Trích yếu;Tên tệp\nH1;Công khai;Mật;x;a.pdf\n"
    description, _ = read(case_folder(tmp_path / "case", "hoso.csv", table, ("a.pdf",)))
    assert is_secret(description.case_file, description.documents) is not None


def test_names_match_in_any_normal_form_and_apart_from_case(tmp_path: Path) -> None:
    documents = [Document(ordinal=1, files=("Văn bản.pdf",)), Document(ordinal=2, files=("B.PDF", "sub\\c.pdf"))]
    documents.append(Document(ordinal=3, files=("d.pdf",)))
    description = Description(case_file=CaseFile(), documents=documents, findings=(), descriptor=b"top/hoso.json")
    names = ["top/Va\u0306n ba\u0309n.pdf", "top/b.pdf", "top/sub/c.pdf", "top/deep/d.pdf", "top/e.pdf"]
    assert resolve_files(description, [name.encode() for name in names]) == {
        names[0].encode(): 1,
        b"top/b.pdf": 2,
        b"top/sub/c.pdf": 2,
        b"top/deep/d.pdf": 3,
    }


def test_a_table_beside_folders_describes_a_batch(tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    batch.mkdir()
    for code in ("H1", "H2"):
        case_folder(batch / code, "1.pdf", code, ())
    (batch / "hoso.csv").write_text("Mã hồ sơ,Tiêu đề hồ sơ,Trích yếu,Tên tệp\nH1,Một,x,1.pdf\nH2,Hai,y,1.pdf\n")
    titles = {}
    (tmp_path / "work").mkdir()
    for submission in discover([batch], Limits()):
        description = read_description(submission, tmp_path / "work", Limits())
        titles[submission.source.location.name] = (description.case_file.title, len(list(description.documents)))
    assert titles == {"H1": ("Một", 1), "H2": ("Hai", 1)}


def test_a_zip_with_its_descriptor_beside_or_in_its_top_folder(tmp_path: Path) -> None:
    text = json.dumps(example())
    for archive, top, inside in (("a.zip", "", False), ("b.zip", "b/", True)):
        with zipfile.ZipFile(tmp_path / archive, "w") as packed:
            for name in FILES:
                packed.writestr(top + name, name)
            if inside:
                packed.writestr(top + "hoso.json", text)
    (tmp_path / "a.json").write_text(text)
    assert read(tmp_path / "a.zip")[1] == []
    assert read(tmp_path / "b.zip")[1] == []


def test_several_descriptors_and_their_precedence(tmp_path: Path) -> None:
    folder = case_folder(tmp_path / "case", "hoso.json", json.dumps(example()))
    (folder / "hoso.csv").write_text("x")
    description, codes = read(folder)
    assert description.descriptor == b"hoso.json"
    assert [code.split()[0] for code in codes] == ["metadata.several-descriptors"]


def test_published_schema_and_table_are_the_elements_of_today() -> None:
    published = json.loads((ROOT / "docs/schemas/hoso.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    assert elements_table("en") in (ROOT / "docs/metadata.md").read_text(encoding="utf-8")


def test_every_kind_of_error_says_what_to_do() -> None:
    for kind in finding_kinds().values():
        if kind.code.startswith(("metadata.", "intake.")) and kind.severity == "error":
            assert kind.remedy, kind.code
