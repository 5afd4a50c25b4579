"""The checks that need no archive, and the public form of what they say."""

import shutil
from pathlib import Path

import pytest

from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
BAG = ROOT / "examples" / "batch" / "06-mua-sach-thu-vien"
FINDING = {"code", "severity", "location", "message", "source"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small PDF, a text, an XML file, and one that claims to be a PDF."""
    folder = make_case_folder(tmp_path / "files")
    (folder / "false.pdf").write_text("no PDF at all")
    return folder


def test_identify_says_what_a_file_is_and_why(files: Path) -> None:
    said = Terminal()("format", "identify", files, "--json")
    assert said.code == 0
    assert {item["schema"] for item in said.objects} == {"format-identify/1"}
    fields = {"path", "puid", "name", "version", "mime", "basis", "warnings", "signature_release"}
    assert all(fields <= set(item) for item in said.objects)
    pdf = next(item for item in said.objects if "bản vẽ" in item["path"])
    assert pdf["puid"].startswith("fmt/")
    assert pdf["basis"]
    assert [item["path"] for item in said.objects] == sorted(
        (item["path"] for item in said.objects), key=lambda path: path.encode()
    )


def test_check_says_what_was_run(files: Path) -> None:
    said = Terminal()("format", "check", files, "--json")
    assert said.code == 3
    by_name = {Path(item["path"]).name: item for item in said.objects}
    fields = {"schema", "path", "puid", "outcome", "validators", "findings"}
    for item in by_name.values():
        assert fields <= set(item)
        assert item["schema"] == "format-check/1"
        assert all({"name", "version", "ran", "why_not"} <= set(run) for run in item["validators"])
        assert all(set(finding) >= FINDING for finding in item["findings"])
    assert by_name["003 bản vẽ.pdf"]["outcome"] == "PASSED"
    assert by_name["false.pdf"]["outcome"] == "FAILED"


def test_nothing_checked_is_not_passed(tmp_path: Path) -> None:
    (tmp_path / "unknown.zzz").write_bytes(bytes(range(256)))
    said = Terminal()("format", "check", tmp_path, "--json")
    assert said.code in (3, 4)
    assert said.objects[0]["outcome"] != "PASSED"


@pytest.mark.parametrize("words", [("format", "identify"), ("format", "check"), ("package", "check")])
def test_checks_of_nothing(tmp_path: Path, words: tuple[str, str]) -> None:
    assert Terminal()(*words).code == 2
    said = Terminal()(*words, tmp_path / "absent")
    assert said.code == 10
    assert said.out == ""
    assert "absent" in said.err


@pytest.mark.parametrize(
    ("path", "type_", "code", "outcome"),
    [
        (BAG, "bagit", 0, "PASSED"),
        (ROOT / "examples/batch/01-cap-giay-chung-nhan-dat", "case-folder", 0, "PASSED"),
        (ROOT / "examples/refused/01-mo-ta-sai", "case-folder", 3, "FAILED"),
        (ROOT / "examples/refused/02-ho-so-mat", "case-folder", 3, "FAILED"),
        (ROOT / "docs/adr", "unknown", 3, "FAILED"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else str(value),
)
def test_package_check_tells_kinds_apart(path: Path, type_: str, code: int, outcome: str) -> None:
    said = Terminal()("package", "check", path, "--json")
    assert said.code == code
    (report,) = said.objects
    assert (report["schema"], report["path"]) == ("package-check/1", str(path))
    assert (report["type"], report["outcome"]) == (type_, outcome)
    assert all(set(finding) >= FINDING for finding in report["findings"])
    assert report["findings"] or outcome == "PASSED"


def test_package_check_names_the_damaged_file(tmp_path: Path) -> None:
    shutil.copytree(BAG, tmp_path / "bag")
    victim = next((tmp_path / "bag" / "data").glob("*.pdf"))
    victim.write_bytes(victim.read_bytes() + b"x")
    said = Terminal()("package", "check", tmp_path / "bag")
    assert said.code == 3
    assert victim.name in said.out


def test_package_check_of_a_packed_case_file(tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case")
    packed = shutil.make_archive(str(tmp_path / "case"), "zip", tmp_path / "case")
    said = Terminal()("package", "check", packed, "--json")
    assert (said.code, said.objects[0]["type"]) == (0, "case-folder")


def test_one_unreadable_path_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    said = Terminal()("package", "check", tmp_path / "broken.zip", tmp_path / "absent", BAG, "--json")
    assert [item["outcome"] for item in said.objects] == ["INDETERMINATE", "INDETERMINATE", "PASSED"]
    assert all({"path", "type", "outcome", "findings"} <= set(item) for item in said.objects)
    assert [item.get("error") for item in said.objects] == ["input", "not-found", None]
    assert said.code == 10


def test_checks_change_nothing(files: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files.iterdir()}
    for words in (("format", "check"), ("format", "identify"), ("package", "check")):
        Terminal()(*words, files)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files.iterdir()} == before


def test_a_case_folder_is_judged_by_verify_as_well(files: Path, tmp_path: Path) -> None:
    (files / "false.pdf").unlink()
    said = Terminal(tmp_path)("verify", files, "--json")
    assert (said.code, said.objects[0]["type"]) == (0, "case-folder")
