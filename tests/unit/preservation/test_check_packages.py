"""Circular 05/2025 packages, METS references, detection, and the command."""

import dataclasses
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.findings import Outcome, ValidationReport
from preservation.commands import package
from preservation.package.check import check_package
from tests.conftest import DATA
from tests.fakes.package_plans import changed, package_plan, written


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The information package of an archival package, without its bag."""
    folder = tmp_path_factory.mktemp("tt05")
    plan = package_plan(folder, "vn-tt05")
    first, second = plan.documents
    complete = dataclasses.replace(first, ordinal=2, files=second.files)
    container = written(changed(plan, documents=(first, complete)), folder)[0]
    with tarfile.open(fileobj=io.BytesIO(container)) as archive:
        archive.extractall(folder / "out", filter="data")
    return next(next((folder / "out").iterdir()).joinpath("data").iterdir())


@pytest.fixture
def aip(unpacked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(unpacked, tmp_path / unpacked.name))


def codes(report: ValidationReport) -> set[str]:
    return {finding.code for finding in report.findings}


def rewrite(root: Path, name: str, old: str, new: str) -> None:
    """Change a metadata file, and what the METS files above it say about it."""
    path = root / name
    before = path.read_bytes()
    after = before.decode().replace(old, new, 1).encode()
    assert after != before
    path.write_bytes(after)
    metadata = {"metadata/descriptive/EAD.xml": "METS.xml", DOCUMENT: "representations/rep1/METS.xml"}
    above = metadata.get(name, "METS.xml")
    if name == "METS.xml":
        return
    text = (root / above).read_text(encoding="utf-8")
    digest, size = hashlib.sha256(before).hexdigest().upper(), f'SIZE="{len(before)}"'
    line = next(part for part in text.split("<") if digest in part)
    fresh = line.replace(digest, hashlib.sha256(after).hexdigest().upper()).replace(size, f'SIZE="{len(after)}"')
    rewrite(root, above, line, fresh)


EAD = "metadata/descriptive/EAD.xml"
DOCUMENT = "representations/rep1/metadata/descriptive/EAD_doc_0000001.xml"


def test_an_archival_package_without_bag_is_recognised(aip: Path) -> None:
    report = check_package(aip)
    assert (report.type, report.outcome) == ("vn-tt05-aip", Outcome.PASSED), report.findings


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        (EAD, "<maintenance>01", "<maintenance>99", "tt05.code"),
        (EAD, "<startDate>2024", "<startDate>2024-1", "tt05.date"),
        (EAD, "<startDate>2024", "<startDate>2099", "tt05.dates"),
        (EAD, "<title>", "<title>" + "x" * 1001, "tt05.length"),
        (EAD, "<totalDoc>2", "<totalDoc>hai", "tt05.number"),
        (EAD, "<mode>02</mode>", "", "tt05.element-missing"),
        (EAD, "<simpledc", '<simpledc xmlns="http://example.org/"', "tt05.root"),
        (EAD, "</simpledc>", "", "xml.broken"),
        (DOCUMENT, "<typeName>02", "<typeName>77", "tt05.code"),
        (DOCUMENT, "<docCode>", "<docCodf></docCodf><docCode>", "tt05.element-unknown"),
    ],
)
def test_what_is_wrong_in_a_description_is_found(aip: Path, name: str, old: str, new: str, code: str) -> None:
    rewrite(aip, name, old, new)
    report = check_package(aip)
    assert code in codes(report)
    assert (report.outcome is Outcome.FAILED) == (code != "tt05.element-unknown"), report.findings


def test_known_contradictions_of_the_circular_pass(aip: Path) -> None:
    rewrite(aip, EAD, "arcFileCode", "fileCode")
    rewrite(aip, EAD, "</arcFileCode", "</fileCode")
    rewrite(aip, DOCUMENT, "<docCode>", "<arcDocCode>")
    rewrite(aip, DOCUMENT, "</docCode>", "</arcDocCode>")
    report = check_package(aip)
    assert report.outcome is Outcome.PASSED, report.findings
    assert "tt05.other-name" in codes(report)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (EAD, "tt05.no-description"),
        ("metadata/preservation/PREMIS.xml", "tt05.no-premis"),
        ("representations/rep1/metadata/preservation/PREMIS_rep1.xml", "tt05.no-premis"),
        ("METS.xml", "csip.csipstr4"),
        ("representations/rep1/data/01-quyet-dinh.pdf", "mets.reference-missing"),
    ],
)
def test_a_missing_part_is_found(aip: Path, name: str, code: str) -> None:
    (aip / name).unlink()
    report = check_package(aip)
    assert report.outcome is Outcome.FAILED
    assert code in codes(report)


def test_a_changed_document_is_named_by_mets_and_premis(aip: Path) -> None:
    name = "representations/rep1/data/01-quyet-dinh.pdf"
    (aip / name).write_bytes(b"%PDF-1.7 two")
    found = [finding for finding in check_package(aip).findings if finding.code == "package.checksum-differs"]
    assert {finding.location for finding in found} == {name}
    assert len(found) == 3  # METS, and PREMIS twice


def test_a_file_nobody_refers_to_is_a_warning(aip: Path) -> None:
    (aip / "documentation" / "extra.txt").write_bytes(b"x")
    report = check_package(aip)
    assert report.outcome is Outcome.PASSED
    assert [finding.location for finding in report.findings if finding.code == "mets.not-referenced"] == [
        "documentation/extra.txt"
    ]


@pytest.mark.parametrize("href", ["../../etc/passwd", "file:///etc/passwd", "http://example.org/x", "/etc/passwd"])
def test_a_reference_that_leaves_the_package_is_refused(aip: Path, href: str) -> None:
    mets = aip / "METS.xml"
    text = mets.read_text(encoding="utf-8").replace("metadata/descriptive/EAD.xml", href, 1)
    mets.write_text(text, encoding="utf-8")
    assert "mets.reference-outside" in codes(check_package(aip))


def test_an_entity_in_a_description_is_refused(aip: Path) -> None:
    path = aip / EAD
    text = path.read_text(encoding="utf-8").split("?>", 1)[1]
    path.write_text(f'<!DOCTYPE simpledc [<!ENTITY a SYSTEM "/etc/passwd">]>{text}', encoding="utf-8")
    assert "xml.document-type" in codes(check_package(aip))


def make(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


OTHERS: dict[str, tuple[Callable[[Path], Path], str, Outcome]] = {
    "edXML": (lambda root: make(root / "a.edxml", b"<edXML/>"), "edxml", Outcome.INDETERMINATE),
    "case folder": (lambda root: make(root / "c" / "hoso.json", b"{}").parent, "case-folder", Outcome.INDETERMINATE),
    "batch": (lambda root: make(root / "c" / "1" / "hoso.xml").parent.parent, "case-folder", Outcome.INDETERMINATE),
    "table": (lambda root: make(root / "c" / "mục lục.xlsx").parent, "case-folder", Outcome.INDETERMINATE),
    "TT 02/2019": (
        lambda root: make(root / "c" / "a.xml", b"<h><OrganId/><FileCatalog/><FileNotation/></h>").parent,
        "vn-tt02",
        Outcome.INDETERMINATE,
    ),
    "nothing": (lambda root: make(root / "c" / "a.pdf").parent, "unknown", Outcome.FAILED),
    "a file": (lambda root: make(root / "a.pdf"), "unknown", Outcome.FAILED),
    "an empty file": (lambda root: make(root / "METS.xml", b""), "eark-csip", Outcome.FAILED),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_kinds_are_recognised(tmp_path: Path, case: str) -> None:
    build, kind, outcome = OTHERS[case]
    report = check_package(build(tmp_path))
    assert (report.type, report.outcome) == (kind, outcome), report.findings


def test_a_case_folder_goes_to_the_checker_that_was_given(tmp_path: Path) -> None:
    make(tmp_path / "c" / "hoso.json")
    answer = ValidationReport.of("c", (), type="case-folder")
    report = check_package(tmp_path / "c", case_folder=lambda _path: answer)
    assert (report.type, report.outcome) == ("case-folder", Outcome.PASSED)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["bagit/v1.0/valid/basicBag"], 0),
        (["bagit/v0.97/invalid/corrupt-data-file"], 3),
        (["hostile/cyclic.xml"], 3),
        (["absent"], 10),
        (["absent", "bagit/v0.97/invalid/corrupt-data-file", "bagit/v1.0/valid/basicBag"], 10),
        (["bagit/v1.0/valid/basicBag", "bagit/v0.97/invalid/corrupt-data-file"], 3),
    ],
)
def test_the_command_ends_with_the_severest_code(names: list[str], code: int) -> None:
    result = CliRunner().invoke(package, ["check", "--json", *(str(DATA / name) for name in names)])
    assert result.exit_code == code
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == len(names)
    for line in lines:
        assert line["schema"] == "package-check/1"
        assert {"type", "outcome", "findings"} <= set(line) or line["error"] == "input"


def test_the_command_prints_what_was_found() -> None:
    bag = DATA / "bagit" / "v0.97" / "invalid" / "corrupt-data-file"
    result = CliRunner().invoke(package, ["check", str(bag)])
    assert result.exit_code == 3
    assert "(bagit): failed" in result.stdout
    assert "package.file-changed" in result.stdout
