"""Forms as files: whole or not at all, the same every time, safe with hostile text, right on paper."""

import io
import os
import re
import subprocess
import sys
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook

from archive.forms.certificate import write_certificate
from archive.forms.handover import write_handover
from archive.forms.layout import Align, Column, Form, Head, Paragraph, Signature, Table
from archive.forms.lists import write_case_list, write_document_list
from archive.forms.processing import write_processing_report
from archive.forms.sheet import _Sheet
from archive.forms.values import Issuer, ListedCaseFile, ListedDocuments
from archive.forms.words import shown
from archive.forms.writing import write_form
from model.errors import ConfigurationError, InputError, StorageError
from tests.fakes.form_facts import (
    ALL,
    CERTIFICATE,
    FORMS,
    HANDOVER,
    ISSUER,
    LETTERS,
    PROCESSING,
    case_file,
    document,
    text_of,
)

SUFFIXES = (".docx", ".xlsx", ".pdf")
ROOT = Path(__file__).resolve().parents[3]
MM = 72 / 25.4


def simple(text: str, rows: int = 1, **changes: object) -> Form:
    """Return a form that shows one text everywhere."""
    columns = (Column(title="STT", width=1), Column(title="Nội dung", width=5, align=Align.CENTER))
    form = Form(
        title="Biểu mẫu",
        subtitles=(text,),
        head=Head(issuer=replace(ISSUER, agency=text, number=text), numbered=True, dated=True),
        blocks=(
            Table(columns=columns, rows=((str(number), text) for number in range(rows)), totals=lambda: ("", text)),
            Paragraph(lead=text, text=lambda: text),
        ),
        signatures=(Signature(capacity="Người lập", name=text),),
    )
    return replace(form, **changes)  # type: ignore[arg-type]  # keywords of the dataclass


@pytest.mark.parametrize(("name", "suffix"), ALL)
def test_a_form_is_the_same_bytes_wherever_and_whenever(tmp_path: Path, name: str, suffix: str) -> None:
    first = FORMS[name](tmp_path / f"a{suffix}").read_bytes()
    assert FORMS[name](tmp_path / f"b{suffix}").read_bytes() == first


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_zone_language_and_hashing_of_the_machine_change_nothing(tmp_path: Path, suffix: str) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.fakes.form_facts import FORMS;"
        "[FORMS[name](Path(sys.argv[1])) for name in ('case-list', 'processing-report')]"
    )
    found = set()
    for zone, language, seed in (("Asia/Ho_Chi_Minh", "vi_VN.UTF-8", "1"), ("America/Los_Angeles", "C", "2")):
        target = tmp_path / f"{seed}{suffix}"
        env = os.environ | {"TZ": zone, "LC_ALL": language, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
        subprocess.run([sys.executable, "-c", code, str(target)], cwd=ROOT, env=env, check=True)
        found.add(target.read_bytes())
    assert len(found) == 1


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\.docx, \.xlsx, \.pdf"):
        write_form(simple("x"), tmp_path / "form.odt")
    with pytest.raises(ConfigurationError, match="PDF/A"):
        write_certificate(CERTIFICATE, tmp_path / "certificate.docx")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_list_that_breaks_off_leaves_no_file_and_the_old_one_as_it_was(tmp_path: Path, suffix: str) -> None:
    def rows() -> Iterator[ListedCaseFile]:
        yield ListedCaseFile(case_file=case_file(1))
        raise RuntimeError("the database went away")

    target = tmp_path / f"list{suffix}"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="went away"):
        write_case_list(rows(), ISSUER, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(StorageError, match="could not be written"):
        write_form(simple("x"), tmp_path / "nowhere" / f"form{suffix}")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="could not be written"):
        write_form(simple("x"), tmp_path / "file" / f"form{suffix}")


HOSTILE = st.text(
    alphabet=st.characters() | st.sampled_from("=+-@<>&\"'\x00\x1f\u202e\u2066\u200b\ufeffא😀漢ế\u0301\n\t"),
    max_size=60,
) | st.builds(lambda letter, times: letter * times, st.sampled_from("Wi漢😀\u0301"), st.integers(1, 4000))


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE)
def test_no_text_breaks_a_form(tmp_path: Path, suffix: str, text: str) -> None:
    said = text_of(write_form(simple(text), tmp_path / f"form{suffix}"))
    assert "BIỂU MẪU" in said
    if suffix != ".pdf":
        assert shown(text) in said


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_vietnamese_letter_is_kept_however_it_was_composed(tmp_path: Path, suffix: str) -> None:
    said = text_of(write_form(simple(unicodedata.normalize("NFD", LETTERS)), tmp_path / f"form{suffix}"))
    assert LETTERS in said.replace("\n", "")
    assert LETTERS.upper() in said.replace("\n", "")


def test_letters_the_font_lacks_are_shown_by_number_and_never_as_boxes(tmp_path: Path) -> None:
    assert "văn [U+6F22] [U+1F600]" in text_of(write_form(simple("văn 漢 😀"), tmp_path / "form.pdf"))
    assert "văn 漢 😀" in text_of(write_form(simple("văn 漢 😀"), tmp_path / "form.docx"))


@pytest.mark.parametrize("formula", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_nothing_in_a_sheet_is_a_formula(tmp_path: Path, formula: str) -> None:
    sheet = load_workbook(write_form(simple(formula), tmp_path / "form.xlsx")).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert formula in [cell.value for cell in cells]
    with zipfile.ZipFile(tmp_path / "form.xlsx") as archive:
        content = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in content
    assert content.count(b"<t ") == content.count(b't="inlineStr"') == len(cells)


def test_a_sheet_says_when_it_is_full_and_when_a_cell_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1048576"):
        _Sheet(grid=[100], widths=[10.0], rows=1_048_576).row([])
    sheet = load_workbook(write_form(simple("ô " * 40_000), tmp_path / "form.xlsx")).active
    longest = max((str(cell.value) for row in sheet.iter_rows() for cell in row), key=len)
    assert len(longest) <= 32_767
    assert longest.endswith("ký tự)")


@pytest.mark.parametrize(("name", "suffix"), [item for item in ALL if item[1] != ".pdf"])
def test_every_part_of_an_office_file_is_xml_named_in_its_types(tmp_path: Path, name: str, suffix: str) -> None:
    with zipfile.ZipFile(FORMS[name](tmp_path / f"form{suffix}")) as archive:
        types = etree.fromstring(archive.read("[Content_Types].xml"))
        named = {str(item.get("PartName")).removeprefix("/") for item in types if item.get("PartName")}
        for part in archive.namelist():
            etree.fromstring(archive.read(part))
        assert named == {part for part in archive.namelist() if not part.endswith(".rels") and part[0] != "["}


def test_a_document_has_the_page_and_the_type_of_the_decree(tmp_path: Path) -> None:
    section = docx.Document(str(FORMS["handover"](tmp_path / "form.docx"))).sections[0]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides] == [20, 20, 30, 15]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert section.different_first_page_header_footer
    content = zipfile.ZipFile(tmp_path / "form.docx").read("word/styles.xml").decode()
    assert 'w:ascii="Times New Roman"' in content
    assert '<w:sz w:val="26"/>' in content
    turned = docx.Document(str(FORMS["register-incoming"](tmp_path / "turned.docx"))).sections[0]
    assert (round(turned.page_width.mm), round(turned.page_height.mm)) == (297, 210)


def test_the_head_of_a_table_is_repeated(tmp_path: Path) -> None:
    FORMS["case-list"](tmp_path / "form.docx")
    content = zipfile.ZipFile(tmp_path / "form.docx").read("word/document.xml").decode()
    assert content.count("<w:tblHeader/>") == 2
    assert load_workbook(FORMS["case-list"](tmp_path / "form.xlsx")).active.print_title_rows == "$8:$9"
    pages = text_of(write_form(simple("hồ sơ", rows=200), tmp_path / "form.pdf")).split("-- page --")
    assert len(pages) > 3
    assert all("STT" in page and "(2)" in page for page in pages[:-1])
    assert all(page.strip().startswith(str(number)) for number, page in enumerate(pages, 1) if number > 1)


def test_words_stay_inside_the_margins(tmp_path: Path) -> None:
    form = simple("W" * 300 + " " + "ượ" * 200, rows=30)
    document_ = pypdfium2.PdfDocument(write_form(form, tmp_path / "form.pdf"))
    try:
        for page in document_:
            words = page.get_textpage()
            boxes = [words.get_charbox(number) for number in range(words.count_chars())]
            assert min(box[0] for box in boxes if box[2] > box[0]) >= 30 * MM - 1
            assert max(box[2] for box in boxes) <= 195 * MM + 1
            assert min(box[1] for box in boxes if box[3] > box[1]) >= 20 * MM - 4
    finally:
        document_.close()


def test_a_row_higher_than_a_page_goes_on_on_the_next(tmp_path: Path) -> None:
    words = [f"từ{number}" for number in range(6000)]
    columns = (Column(title="STT", width=1), Column(title="Nội dung", width=5))
    form = simple("x", blocks=(Table(columns=columns, rows=[("1", " ".join(words))]),))
    said = text_of(write_form(form, tmp_path / "form.pdf"))
    assert [word for word in re.findall(r"từ\d+", said)] == words


@pytest.mark.parametrize("rows", range(20, 32))
def test_a_signature_never_stands_alone_on_a_page(tmp_path: Path, rows: int) -> None:
    pages = text_of(write_form(simple("hồ sơ", rows=rows), tmp_path / "form.pdf")).split("-- page --")
    (page,) = [page for page in pages if "NGƯỜI LẬP" in page]
    assert "hồ sơ hồ sơ" in page


@pytest.mark.parametrize("name", FORMS)
def test_a_pdf_is_built_as_pdfa_2b(tmp_path: Path, name: str) -> None:
    content = FORMS[name](tmp_path / "form.pdf").read_bytes()
    assert content.startswith(b"%PDF-1.7\n%")
    assert re.search(rb"[^\n\r]endstream", content) is None
    with pikepdf.open(io.BytesIO(content)) as pdf:
        with pdf.open_metadata() as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("2", "B")
            assert xmp["dc:title"] == str(pdf.docinfo["/Title"])
            assert xmp["xmp:CreateDate"] == "2026-02-05T00:00:00+07:00"
        assert str(pdf.Root.Lang) == "vi-VN"
        profile = pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes()
        assert profile[12:24] == b"mntrRGB XYZ "
        assert int.from_bytes(profile[:4]) == len(profile)
        assert "/ID" in pdf.trailer
        assert "/Encrypt" not in pdf.trailer
        fonts = {font.objgen: font for page in pdf.pages for font in page.Resources.Font.values()}
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor and "/ToUnicode" in font for font in fonts.values())
        assert all("/Group" not in page and "/ExtGState" not in page.Resources for page in pdf.pages)
        assert pdf.check_pdf_syntax() == [] if hasattr(pdf, "check_pdf_syntax") else pdf.check() == []


def test_a_form_without_day_place_and_number_leaves_them_to_a_pen(tmp_path: Path) -> None:
    facts = replace(HANDOVER, issuer=Issuer(agency="Văn phòng"), digests=(), basis=())
    said = text_of(write_handover(facts, tmp_path / "form.pdf"))
    assert "……, ngày …… tháng …… năm ……" in said
    with pikepdf.open(tmp_path / "form.pdf") as pdf:
        assert "/CreationDate" not in pdf.docinfo


def test_an_empty_list_says_so(tmp_path: Path) -> None:
    said = text_of(write_case_list([], ISSUER, tmp_path / "form.docx"))
    assert "Mục lục này gồm: 0 hồ sơ" in said
    assert "Viết bằng chữ: Không hồ sơ" in said


def test_the_document_list_counts_pages_until_it_cannot(tmp_path: Path) -> None:
    documents = [
        document(1, number_of_page=2),
        document(2, number_of_page=1),
        document(3, number_of_page=None),
        document(4, number_of_page=4, type_name="32", subject="Về việc khác"),
    ]
    listed = ListedDocuments(case_file=case_file(1), documents=documents)
    said = text_of(write_document_list(listed, ISSUER, tmp_path / "form.docx"))
    cells = [line.split(" | ") for line in said.splitlines() if "UBND thành phố" in line]
    assert [row[5] for row in cells] == ["1-2", "3", "", "4 trang"]
    assert cells[0][3] == "Quyết định về việc phê duyệt kế hoạch sử dụng đất"
    assert cells[3][3] == "Về việc khác"


def test_the_report_names_only_what_failed(tmp_path: Path) -> None:
    said = text_of(write_processing_report(PROCESSING, tmp_path / "form.docx"))
    assert "Chữ ký không hợp lệ; Thiếu trích yếu" in said
    assert "Báo cáo quý I" not in said
    clean = replace(PROCESSING, failed=0, documents_failed=0, failures=(), duplicates=())
    assert text_of(write_processing_report(clean, tmp_path / "form.docx")).count("Không có.") == 3


def test_the_certificate_has_eleven_items_in_order_and_the_files_on_the_next_page(tmp_path: Path) -> None:
    first, second = text_of(write_certificate(CERTIFICATE, tmp_path / "form.pdf")).split("-- page --")
    assert [int(number) for number in re.findall(r"^(\d+)\. ", first, re.MULTILINE)] == list(range(1, 12))
    assert "0f0f" not in first
    assert "0f0f" in second
    bare = text_of(write_certificate(replace(CERTIFICATE, code="", digests=()), tmp_path / "form.pdf"))
    assert "5. Số, ký hiệu tài liệu: không có" in bare
    assert "-- page --" not in bare


@pytest.mark.parametrize("suffix", [".docx", ".xlsx"])
def test_ten_thousand_lines_need_no_memory(tmp_path: Path, suffix: str) -> None:
    rows = (ListedCaseFile(case_file=case_file(number)) for number in range(10_000))
    tracemalloc.start()
    try:
        write_case_list(rows, replace(ISSUER, day=date(2026, 1, 1)), tmp_path / f"form{suffix}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000


def test_a_line_of_a_sheet_is_as_high_as_its_longest_cell(tmp_path: Path) -> None:
    """LibreOffice fits no row by itself: what fills several lines would lie over the line below."""
    columns = (Column(title="STT", width=1), Column(title="Trích yếu nội dung", width=3))
    rows = [("1", "ngắn"), ("2", "Về việc sửa chữa đường liên xã và các công trình phụ trợ năm 2026; " * 3 + "hết")]
    form = Form(title="Biểu mẫu", subtitles=(), head=Head(issuer=ISSUER), blocks=(Table(columns=columns, rows=rows),))
    sheet = load_workbook(write_form(form, tmp_path / "form.xlsx")).active
    assert sheet is not None
    places = {cell.value: cell.row for row in sheet.iter_rows() for cell in row if cell.value is not None}
    low, high = (sheet.row_dimensions[places[row[1]]].height for row in rows)
    assert low is not None and high is not None and 3 * low <= high <= 8 * low
