"""Packages by Circular 02/2019: recognised, read, converted and checked, whatever they are wrapped in."""

import json
import tarfile
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.legacy.check import check_legacy
from ingest.sources.case_folder import check_case_folder
from ingest.sources.descriptor import read_description
from ingest.sources.discovery import discover
from ingest.sources.secrecy import is_secret
from ingest.sources.values import Description, Limits
from model.casefile import Document
from model.findings import Finding, Outcome, Severity
from preservation.package.check import check_package
from tests.fakes.legacy_packages import KINDS, case_fields, document_fields, documents, make_package, xml_of

Described = tuple[Description, list[Document]]


def described(path: Path, work: Path, agencies: dict[str, str] | None = None) -> Described:
    (submission,) = discover([path], Limits())
    work.mkdir(exist_ok=True)
    found = read_description(submission, work, Limits(), lambda code: (agencies or {}).get(code, ""))
    submission.source.close()
    return found, list(found.documents)


def checked(path: Path) -> dict[str, list[Finding]]:
    report = check_package(path, legacy=check_legacy, case_folder=check_case_folder)
    assert report.type == "vn-tt02"
    codes: dict[str, list[Finding]] = {}
    for finding in report.findings:
        codes.setdefault(finding.code, []).append(finding)
    failed = any(finding.severity is Severity.ERROR for finding in report.findings)
    assert report.outcome is (Outcome.FAILED if failed else Outcome.PASSED)
    return codes


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_case_file(tmp_path: Path, kind: str) -> None:
    description, listed = described(make_package(tmp_path / "p", kind), tmp_path / "work")
    case = description.case_file
    assert (case.file_code, case.maintenance, case.mode, case.languages, case.total_doc, case.number_of_page) == (
        "000.00.00.H49.2010.1.TH",
        "01",
        "01",
        ("01",),
        3,
        3,
    )
    assert dict(case.more)["tt02FileCode"] == "000.00.00.H49.2010.1.TH"
    assert [document.type_name for document in listed] == ["22", "14", "02"]
    assert [document.files[0] for document in listed] == ["vb001.pdf", "vb002.pdf", "vb003.pdf"]
    assert listed[2].doc_code == "000.00.00.H49.2010.1.TH.0000003"
    assert dict(listed[2].more)["tt02DocCode"] == "000.00.00.H49.2010.1.TH.3"
    assert set(checked(tmp_path / "p")) == {"tt02.read"}
    report = check_case_folder(tmp_path / "p")
    assert report.outcome is Outcome.PASSED, [finding.message() for finding in report.findings]


@pytest.mark.parametrize("packing", ["zip", "tar", "tar.gz"])
def test_archives_are_read_like_folders(tmp_path: Path, packing: str) -> None:
    folder = make_package(tmp_path / "p", "files")
    packed = tmp_path / f"out.{packing}"
    if packing == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, f"top/{path.name}")
    else:
        with tarfile.open(packed, "w:gz" if packing.endswith("gz") else "w:") as tar:
            tar.add(folder, "top")
    description, listed = described(packed, tmp_path / "work")
    assert description.descriptor == b"top/metadata.xml"
    assert [document.files for document in listed] == [
        (f"vb{number:03d}.pdf", f"VB{number}.xml") for number in (1, 2, 3)
    ]
    assert set(checked(packed)) == {"tt02.read"}


def test_a_file_name_alone_says_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "TT02"
    folder.mkdir()
    (folder / "tt02.xml").write_text("<a><FileCode>1</FileCode><Title>x</Title></a>", encoding="utf-8")
    assert check_package(folder, legacy=check_legacy).type == "unknown"


def test_an_old_agency_code_becomes_its_successor(tmp_path: Path) -> None:
    folder = make_package(tmp_path / "p")
    description, listed = described(folder, tmp_path / "work", {"000.00.00.H49": "H49"})
    assert description.case_file.file_code == "H49.2010.1.TH"
    assert description.case_file.agency_code == "H49"
    assert listed[0].doc_code == "H49.2010.1.TH.0000001"
    assert "legacy.agency-successor" in {finding.code for finding in description.findings}


def test_what_is_not_known_is_kept_and_told_once(tmp_path: Path) -> None:
    docs = documents(100, TypeName="Sớ tấu", ConfidenceLevel="Lạ", Format=None)
    folder = make_package(tmp_path / "p", case=case_fields(TotalDoc="100", PageNumber="100"), docs=docs)
    description, listed = described(folder, tmp_path / "work")
    assert {document.type_name for document in listed} == {"32"}
    assert dict(listed[7].more)["tt02TypeName"] == "Sớ tấu"
    assert dict(listed[7].more)["tt02ConfidenceLevel"] == "Lạ"
    unknown = [finding for finding in description.findings if finding.code == "legacy.unknown-value"]
    assert [dict(finding.args)["count"] for finding in unknown] == ["100", "100"]
    assert len(description.findings) < 40


@pytest.mark.parametrize("period", ["Lâu dài", "lâu dài", "Tạm thời"])
def test_an_old_retention_period_needs_a_decision(tmp_path: Path, period: str) -> None:
    folder = make_package(tmp_path / "p", case=case_fields(Maintenance=period))
    description, _ = described(folder, tmp_path / "work")
    assert "legacy.retention-undecided" in {finding.code for finding in description.findings}
    assert dict(description.case_file.more)["tt02Maintenance"] == period


@pytest.mark.parametrize("word", ["Mật", "Tối mật", "TUYỆT MẬT"])
@pytest.mark.parametrize("level", ["case", "document"])
def test_a_secret_is_seen_in_the_description(tmp_path: Path, word: str, level: str) -> None:
    case = case_fields(Rights=word) if level == "case" else case_fields()
    docs = documents(3, Mode=word) if level == "document" else documents(3)
    folder = make_package(tmp_path / "p", case=case, docs=docs)
    description, _ = described(folder, tmp_path / "work")
    assert is_secret(description.case_file, description.documents) is not None
    assert set(checked(folder)) == {"tt02.secret"}


@pytest.mark.parametrize(
    "names",
    [
        [f"000.00.00.H49.2010.1.TH.{number}.pdf" for number in (1, 2, 3)],
        [f"{100 + number}_QĐ-UBND.pdf" for number in (1, 2, 3)],
        [f"{100 + number}-QD-UBND (scan).PDF" for number in (1, 2, 3)],
        ["1.pdf", "2.pdf", "3.pdf"],
        ["files/VB 01.pdf", "files/VB 02.pdf", "files/VB 03.pdf"],
    ],
    ids=["code", "number", "number folded", "ordinal", "ordinal below"],
)
def test_files_are_found_without_being_named(tmp_path: Path, names: list[str]) -> None:
    folder = make_package(tmp_path / "p", docs=documents(3, FileName=None), files=names)
    _, listed = described(folder, tmp_path / "work")
    assert [document.files for document in listed] == [(name,) for name in names]
    assert set(checked(folder)) == {"tt02.read"}


@pytest.mark.parametrize(
    "written", ["D:\\scan\\2010\\vb001.pdf", "https://example.vn/files/vb001.pdf?x=1", "./VB001.PDF"]
)
def test_paths_of_the_old_system_mean_the_file_called_so(tmp_path: Path, written: str) -> None:
    docs = [document_fields(1, FileName=written)]
    folder = make_package(
        tmp_path / "p", case=case_fields(TotalDoc="1", PageNumber="1"), docs=docs, files=["vb001.pdf"]
    )
    _, listed = described(folder, tmp_path / "work")
    assert listed[0].files == ("vb001.pdf",)


def test_the_description_may_lie_beside_the_archive(tmp_path: Path) -> None:
    folder = make_package(tmp_path / "p")
    with zipfile.ZipFile(tmp_path / "goi.zip", "w") as archive:
        for path in folder.glob("*.pdf"):
            archive.write(path, path.name)
    (folder / "goi.xml").rename(tmp_path / "goi.xml")
    description, listed = described(tmp_path / "goi.zip", tmp_path / "work")
    assert description.supplied == tmp_path / "goi.xml"
    assert [document.files for document in listed] == [("vb001.pdf",), ("vb002.pdf",), ("vb003.pdf",)]


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "missing": ({"Title": None}, {}, {"tt02.missing"}),
    "too long": ({"FileNotation": "x" * 21, "FileCode": None}, {"FileCode": None, "DocCode": None}, {"tt02.too-long"}),
    "recalled length": ({"Keyword": "x" * 101}, {}, {"tt02.too-long"}),
    "parts": ({"FileNotation": "9.KH"}, {}, {"tt02.code-parts"}),
    "old form": ({"Identifier": "G09"}, {}, {"tt02.part-form", "tt02.code-parts"}),
    "total": ({"TotalDoc": "4"}, {}, {"tt02.total"}),
    "pages": ({"PageNumber": "9"}, {}, {"tt02.pages"}),
    "date": ({"StartDate": "31/02/2010"}, {}, {"tt02.bad-date"}),
    "date form": ({"StartDate": "2010-01-02"}, {}, {"tt02.date-form"}),
    "reversed": ({"EndDate": "01/01/2009"}, {}, {"tt02.dates-reversed"}),
    "outside": ({}, {"IssuedDate": "01/01/2012"}, {"tt02.date-outside"}),
    "number": ({"TotalDoc": "ba"}, {}, {"tt02.bad-number"}),
    "other file": ({}, {"FileCode": "000.00.00.H50.2010.1.TH"}, {"tt02.other-file"}),
    "doc code": ({}, {"DocCode": "ABC"}, {"tt02.doc-code", "tt02.duplicate"}),
    "ordinal": ({}, {"DocOrdinal": "1"}, {"tt02.duplicate"}),
    "word": ({"Rights": "Bất kỳ"}, {}, {"tt02.unknown-word"}),
    "absent": ({}, {"FileName": "no.pdf"}, {"tt02.file-absent", "tt02.file-unnamed"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_requirement_is_told(tmp_path: Path, case: str) -> None:
    of_case, of_documents, expected = WRONG[case]
    folder = make_package(
        tmp_path / "p",
        case=case_fields(**of_case),
        docs=documents(3, **of_documents),
        files=["vb001.pdf", "vb002.pdf", "vb003.pdf"],
    )
    found = set(checked(folder))
    assert expected <= found, found
    assert found - expected <= {"tt02.read", "tt02.missing"}, found


def test_recalled_lengths_only_warn(tmp_path: Path) -> None:
    folder = make_package(tmp_path / "p", case=case_fields(Keyword="x" * 101, Title="t" * 501))
    assert [finding.severity for finding in checked(folder)["tt02.too-long"]] == [Severity.WARNING] * 2


def test_two_case_files_in_one_package_are_told(tmp_path: Path) -> None:
    folder = make_package(tmp_path / "p")
    (folder / "other.xml").write_text(xml_of("HoSo", case_fields(FileCode="A.2.B")), encoding="utf-8")
    assert "tt02.several-case-files" in checked(folder)
    description, _ = described(folder, tmp_path / "work")
    assert "metadata.several-case-files" in {finding.code for finding in description.findings}


def test_a_description_alone_is_undecided(tmp_path: Path) -> None:
    path = make_package(tmp_path / "p") / "goi.xml"
    report = check_package(path, legacy=check_legacy)
    assert (report.type, report.outcome) == ("vn-tt02", Outcome.INDETERMINATE)


def test_fields_may_be_named_by_attributes_and_nested_codes(tmp_path: Path) -> None:
    fields = case_fields()
    named = "".join(f'<truong ten="{name}">{value}</truong>' for name, value in fields.items())
    nested = document_fields(1)
    parts = {name: nested.pop(name) for name in ("Identifier", "OrganId", "FileCatalog", "FileNotation")}
    nested.pop("FileCode")
    code = xml_of("FILECODE", parts)
    text = f"<goi><hoso>{named}</hoso>{xml_of('vb', nested, code)}</goi>"
    folder = tmp_path / "p"
    make_package(folder, files=["vb001.pdf"])
    (folder / "goi.xml").write_text(text, encoding="utf-8")
    description, listed = described(folder, tmp_path / "work")
    assert description.case_file.title == fields["Title"]
    assert [document.files for document in listed] == [("vb001.pdf",)]


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a FileCatalog="" FileNotation="" OrganId="">&e;</a>',
        "<a FileCatalog='' FileNotation='' OrganId=''>" + "<b>" * 200,
        '{"FileCatalog": 1, "FileNotation": 2, "OrganId": ' + "[" * 5000,
    ],
    ids=["entity", "cut off", "deep"],
)
def test_hostile_descriptions_are_findings(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / ("x.json" if content.startswith("{") else "x.xml")).write_text(content, encoding="utf-8")
    found = checked(folder)
    assert "tt02.unreadable" in found and "tt02.no-case-file" in found


def test_document_order_follows_the_ordinals(tmp_path: Path) -> None:
    docs = list(reversed(documents(3)))
    folder = tmp_path / "p"
    make_package(folder, "json", docs=docs)
    _, listed = described(folder, tmp_path / "work")
    assert [document.code_number for document in listed] == ["101", "102", "103"]
    assert json.loads((folder / "export.json").read_text())["data"]["hoSo"]["vanBans"][0]["CodeNumber"] == "103"


TITLES = {
    "FileCode": "Mã hồ sơ",
    "OrganId": "Mã phông/công trình/sưu tập lưu trữ",
    "FileCatalog": "Mục lục số hoặc năm hình thành hồ sơ",
    "FileNotation": "Số và ký hiệu hồ sơ",
    "Rights": "Chế độ sử dụng",
    "Mode": "Chế độ sử dụng",
    "PageAmount": "Số lượng trang của văn bản",
    "FileName": "Tên tệp",
}
"""Titles of the circular; other fields keep their English names."""


def titled(fields: dict[str, Any]) -> dict[str, Any]:
    return {TITLES.get(name, name): value for name, value in fields.items()}


@pytest.mark.parametrize("escaped", [True, False])
def test_vietnamese_titles_are_recognised_also_escaped(tmp_path: Path, escaped: bool) -> None:
    folder = make_package(tmp_path / "p", "json")
    data = {"hoSo": titled(case_fields()), "vanBan": [titled(fields) for fields in documents()]}
    (folder / "export.json").write_text(json.dumps(data, ensure_ascii=escaped), encoding="utf-8")
    assert set(checked(folder)) == {"tt02.read"}
    assert len(described(folder, tmp_path / "work")[1]) == 3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1258", "utf-8"])
def test_tables_are_recognised_in_every_encoding_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    folder = make_package(tmp_path / "p", "csv2")
    for name, rows in (("ho so.csv", [titled(case_fields())]), ("van ban.csv", [titled(doc) for doc in documents()])):
        lines = ["\t".join(rows[0]), *("\t".join(map(str, row.values())) for row in rows)]
        text = "\n".join(lines)
        if encoding == "cp1258":
            text = "".join(written_1258(letter) for letter in text)
        (folder / name).write_bytes(text.encode(encoding))
    codes = checked(folder)
    assert "tt02.missing" not in codes
    assert len(described(folder, tmp_path / "work")[1]) == 3


def written_1258(letter: str) -> str:
    """Return a letter as Windows-1258 has it: what it has no letter for, it writes as letter and tone."""
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        tone = next(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
        return unicodedata.normalize("NFC", parts.replace(tone, "")) + tone
    return letter


@pytest.mark.parametrize("more", [{}, {"Maintenance": "20 năm"}])
def test_a_document_may_call_its_access_level_as_a_case_file_does(tmp_path: Path, more: dict[str, str]) -> None:
    listed = [{**fields, "Rights": "Hạn chế", **more} for fields in documents(Mode=None)]
    folder = make_package(tmp_path / "p", "xml", docs=listed)
    description, read = described(folder, tmp_path / "work")
    assert [document.mode for document in read] == ["02"] * 3
    assert (description.case_file.mode, description.case_file.maintenance) == ("01", "01")
    assert all(("Maintenance", "20 năm") in document.more for document in read) == bool(more)


@pytest.mark.parametrize("kind", ["xml", "csv", "csv2", "json"])
def test_a_document_that_is_secret_by_that_title_is_seen(tmp_path: Path, kind: str) -> None:
    listed = documents(Mode=None)
    listed = [{**fields, "Rights": "Mật" if at == 2 else "Không hạn chế"} for at, fields in enumerate(listed)]
    folder = make_package(tmp_path / "p", kind, docs=listed)
    assert set(checked(folder)) == {"tt02.secret"}
    description, read = described(folder, tmp_path / "work")
    assert is_secret(description.case_file, read) is not None


def test_what_is_said_of_the_case_file_itself_comes_first(tmp_path: Path) -> None:
    listed = [{**fields, "Maintenance": "5 năm", "StartDate": "01/01/2009"} for fields in documents()]
    description, _ = described(make_package(tmp_path / "p", "xml", docs=listed), tmp_path / "work")
    assert description.case_file.maintenance == "01"
    assert description.case_file.start_date is not None
    assert description.case_file.start_date.year == 2010


def test_names_in_another_normal_form_mean_the_same_file(tmp_path: Path) -> None:
    listed = documents(1, FileName="Quyết định số 1.pdf")
    decomposed = unicodedata.normalize("NFD", "Quyết định số 1.pdf")
    folder = make_package(tmp_path / "p", "json", case=case_fields(TotalDoc="1"), docs=listed, files=[decomposed])
    assert "tt02.file-absent" not in checked(folder)
    report = check_case_folder(folder)
    assert not {finding.code for finding in report.findings} & {"intake.file-absent", "intake.file-unnamed"}
