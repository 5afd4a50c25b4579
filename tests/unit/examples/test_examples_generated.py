"""The shipped examples: made by the script as shipped, sound, and as the README says."""

import csv
import io
import re
import subprocess
import sys
import unicodedata
import warnings
import zipfile
import zlib
from pathlib import Path

import bagit
import pikepdf
import pypdfium2
import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
LOCKED = EXAMPLES / "refused/03-pdf-co-mat-khau/thong-bao-15-co-mat-khau.pdf"
GENERATED = ("batch/", "refused/", "old/", "axis/")
PDFS = sorted(path for folder in GENERATED for path in (EXAMPLES / folder).rglob("*.pdf"))
MADE = [path for path in PDFS if path != LOCKED and path.read_bytes()[:5] == b"%PDF-"]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, str(EXAMPLES / "generate.py"), "--to", str(folder)], check=True, timeout=120)
    return folder


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="another zlib compresses to other bytes")
def test_the_script_writes_what_is_shipped(again: Path) -> None:
    different = [name for name in _files(again) if (again / name).read_bytes() != (EXAMPLES / name).read_bytes()]
    assert different == []


def test_nothing_but_the_script_s_files_is_shipped_as_generated(again: Path) -> None:
    shipped = {name for name in _files(EXAMPLES) if name.startswith(GENERATED)}
    assert shipped == {name for name in _files(again) if name.startswith(GENERATED)}


def test_the_examples_stay_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) < 6 << 20


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_a_pdf_claims_and_has_what_pdfa_2b_asks(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pikepdf.open(path) as pdf:
            assert pdf.check_pdf_syntax() == []
            assert pdf.get_warnings() == []
            assert pdf.Root.Lang == "vi-VN"
            assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
            with pdf.open_metadata() as metadata:
                assert metadata.pdfa_status == "2B"
                assert metadata["dc:title"] == str(pdf.docinfo["/Title"])
            for page in pdf.pages:
                fonts = list(page.Resources.Font.values())
                assert fonts and all("/FontFile2" in font.FontDescriptor for font in fonts)


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_a_pdf_gives_its_vietnamese_text_back(path: Path) -> None:
    with pypdfium2.PdfDocument(path) as document:
        text = unicodedata.normalize("NFC", document[0].get_textpage().get_text_bounded())
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Độc lập - Tự do - Hạnh phúc" in text
    assert "hư cấu" in text
    assert "\ufffd" not in text


def test_scans_are_an_image_over_invisible_text() -> None:
    scans = sorted((EXAMPLES / "batch/04-giai-quyet-khieu-nai").glob("*.pdf"))
    assert scans
    for path in scans:
        with pikepdf.open(path) as pdf:
            content = pdf.pages[0].Contents.read_bytes()
        assert b"/Scan Do" in content
        assert b"3 Tr" in content


def test_the_locked_pdf_needs_a_password() -> None:
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(LOCKED).close()


def test_the_bag_is_valid_for_the_reference_implementation() -> None:
    bag = bagit.Bag(str(EXAMPLES / "batch/06-mua-sach-thu-vien"))
    assert bag.version_info == (1, 0)
    bag.validate()


def test_the_hostile_zip_would_leave_its_folder_and_the_good_one_would_not() -> None:
    hostile = zipfile.ZipFile(EXAMPLES / "refused/05-zip-doc-hai.zip")
    assert any(name.startswith("../") for name in hostile.namelist())
    good = zipfile.ZipFile(EXAMPLES / "batch/05-phong-chong-bao-so-3.zip")
    assert good.testzip() is None and not any(".." in name or name.startswith("/") for name in good.namelist())


def test_the_readme_s_table_says_what_expected_csv_says() -> None:
    table = re.findall(r"^\| \[([^\]]+)\]\([^)]+\) \|.*\| (\w+) \|$", (EXAMPLES / "README.md").read_text("utf-8"), re.M)
    rows = csv.DictReader(io.StringIO((EXAMPLES / "expected.csv").read_text("utf-8")))
    assert table == [(row["path"], row["outcome"]) for row in rows]
    assert all((EXAMPLES / path).exists() for path, _ in table)


def test_every_case_file_has_its_expectation() -> None:
    tops = ("batch", "refused", "real", "old")
    there = {path.relative_to(EXAMPLES).as_posix() for top in tops for path in (EXAMPLES / top).iterdir()}
    rows = csv.DictReader(io.StringIO((EXAMPLES / "expected.csv").read_text("utf-8")))
    assert {row["path"] for row in rows} == there


def test_real_documents_are_named_with_origin_and_licence() -> None:
    page = (EXAMPLES / "licences/README.md").read_text("utf-8")
    assert all(f"](../real/{path.name})" in page for path in (EXAMPLES / "real").iterdir())
    assert all(f"]({path.name})" in page for path in (EXAMPLES / "licences").glob("*.txt"))
    named = [path for path in (EXAMPLES / "real").rglob("*") if path.is_file() and not path.name.startswith("hoso.")]
    assert all(path.name.removeprefix("30_2020_ND_CP_") in page for path in named)


def test_the_axis_examples_stay_small() -> None:
    assert sum(path.stat().st_size for path in (EXAMPLES / "axis").rglob("*") if path.is_file()) < 3 << 19
