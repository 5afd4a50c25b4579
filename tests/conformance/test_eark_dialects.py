"""E-ARK packages as real tools write them: what is unusual and allowed is no error; what is spelled oddly is found."""

import hashlib
import unicodedata
from pathlib import Path

import pytest
from lxml import etree

from model.findings import Outcome, Severity, ValidationReport
from preservation.package.check import check_package
from tests.fakes.eark_complete import NAMES, OBJID, XLINK, change, find, write_complete

METS = f"{{{NAMES['m']}}}"
CONTENT = "representations/rep1/METS.xml"


def errors(report: ValidationReport) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Severity.ERROR]


def codes(report: ValidationReport) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_complete(tmp_path)


def renamed(package: Path, name: str) -> None:
    """Give the content file another name; METS still has to be told."""
    data = package / "representations/rep1/data"
    (data / "a.txt").rename(data / name)


def pointed(package: Path, href: str) -> ValidationReport:
    def point(root: etree._Element) -> None:
        find(root, "//m:file/m:FLocat").set(f"{XLINK}href", href)

    change(package / CONTENT, point)
    change(package / "METS.xml", lambda root: retell(root, package))
    return check_package(package)


def retell(root: etree._Element, package: Path) -> None:
    """Tell the package's METS the size and checksum of the changed one of the representation."""
    content = (package / CONTENT).read_bytes()
    file = find(root, "//m:fileGrp[@ID='gr']/m:file")
    file.set("SIZE", str(len(content)))
    file.set("CHECKSUM", hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("name", "href"),
    [
        ("a.txt", "./data/a.txt"),
        ("a.txt", "file:data/a.txt"),
        ("a.txt", "file:///./data/a.txt"),
        ("a.txt", "representations/rep1/data/a.txt"),
        ("báo cáo 1.txt", "data/b%C3%A1o%20c%C3%A1o%201.txt"),
        ("báo cáo 1.txt", "data/báo cáo 1.txt"),
        ("100%25.txt", "data/100%25.txt"),
    ],
)
def test_a_path_is_understood_as_tools_write_it(package: Path, name: str, href: str) -> None:
    renamed(package, name)
    report = pointed(package, href)
    assert (report.outcome, report.findings) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    ("name", "href"),
    [
        ("a.txt", "data\\a.txt"),
        ("a.txt", "/data/a.txt"),
        ("a.txt", "file:///data/a.txt"),
        ("a.txt", f"file:///C:/xuất/{OBJID}/representations/rep1/data/a.txt"),
        ("a.txt", f"C:\\xuất\\{OBJID}\\representations\\rep1\\data\\a.txt"),
        (unicodedata.normalize("NFD", "báo cáo.txt"), "data/báo cáo.txt"),
        ("báo cáo.txt", "data/" + unicodedata.normalize("NFD", "báo cáo.txt")),
    ],
)
def test_a_path_spelled_otherwise_is_understood_and_told(package: Path, name: str, href: str) -> None:
    renamed(package, name)
    report = pointed(package, href)
    assert (report.outcome, codes(report)) == (Outcome.PASSED, {"mets.reference-spelling"}), report.findings
    (finding,) = report.findings
    assert finding.source == "CSIP 2.2.0 CSIP79"
    assert "(line " in finding.location


@pytest.mark.parametrize(
    "href", ["/etc/passwd", "..\\..\\a.txt", "file:///etc/passwd", "https://example.org/data/a.txt"]
)
def test_a_path_that_leads_out_is_not_understood(package: Path, href: str) -> None:
    assert errors(pointed(package, href)) == ["mets.reference-outside"]


@pytest.mark.parametrize(
    ("path", "source"),
    [("m:dmdSec/m:mdRef", "CSIP24"), ("m:amdSec/m:digiprovMD/m:mdRef", "CSIP38"), ("//m:mptr", "CSIP110")],
)
def test_a_reference_to_nothing_names_its_requirement(package: Path, path: str, source: str) -> None:
    change(package / "METS.xml", lambda root: find(root, path).set(f"{XLINK}href", "none.xml"))
    found = [finding for finding in check_package(package).findings if finding.code == "mets.reference-missing"]
    assert [finding.source for finding in found] == [f"CSIP 2.2.0 {source}"]


def test_prefixes_and_capitals_of_checksums_mean_nothing(package: Path) -> None:
    text = (package / "METS.xml").read_text(encoding="utf-8")
    for name in ("mets", "metsHdr", "agent", "name", "note", "altRecordID", "dmdSec", "mdRef", "amdSec", "rightsMD"):
        text = (
            text.replace(f"<{name} ", f"<m:{name} ")
            .replace(f"<{name}>", f"<m:{name}>")
            .replace(f"</{name}>", f"</m:{name}>")
        )
    for name in ("digiprovMD", "fileSec", "fileGrp", "file", "FLocat", "structMap", "div", "fptr", "mptr"):
        text = text.replace(f"<{name} ", f"<m:{name} ").replace(f"</{name}>", f"</m:{name}>")
    text = text.replace("xmlns=", "xmlns:m=")
    (package / "METS.xml").write_text(text, encoding="utf-8")

    def shout(root: etree._Element) -> None:
        for element in root.iterfind(".//*[@CHECKSUM]"):
            element.set("CHECKSUM", element.get("CHECKSUM", "").upper())

    change(package / "METS.xml", shout)
    assert check_package(package).findings == ()


def test_metadata_inside_mets_is_a_warning(package: Path) -> None:
    def wrap(root: etree._Element) -> None:
        section = find(root, "m:dmdSec")
        section.remove(section[0])
        wrapper = etree.SubElement(section, f"{METS}mdWrap", MDTYPE="DC")
        data = etree.SubElement(wrapper, f"{METS}xmlData")
        etree.SubElement(data, "title").text = "Tên"

    change(package / "METS.xml", wrap)
    report = check_package(package)
    assert (report.outcome, codes(report)) == (Outcome.PASSED, {"csip.csip21", "mets.not-referenced"})


def test_another_structural_map_is_its_makers_own(package: Path) -> None:
    def add(root: etree._Element) -> None:
        own = etree.SubElement(root, f"{METS}structMap", TYPE="LOGICAL", LABEL="Own")
        etree.SubElement(own, f"{METS}div", LABEL="Metadata")

    change(package / "METS.xml", add)
    assert check_package(package).findings == ()


def test_lists_of_identifiers_are_followed_one_by_one(package: Path) -> None:
    change(package / "METS.xml", lambda root: find(root, "//m:file").set("ADMID", "p1  r1 nowhere"))
    report = check_package(package)
    (finding,) = report.findings
    assert (report.outcome, finding.code, dict(finding.args)["identifier"]) == (
        Outcome.PASSED,
        "mets.identifier-unresolved",
        "nowhere",
    )


def test_an_identifier_given_twice_is_an_error(package: Path) -> None:
    change(package / "METS.xml", lambda root: find(root, "//m:fileGrp[@ID='gs']").set("ID", "gd"))
    assert "csip.csip65" in errors(check_package(package))


def test_content_without_mets_of_its_own_and_metadata_at_the_root_only(package: Path) -> None:
    (package / CONTENT).unlink()

    def own(root: etree._Element) -> None:
        group = find(root, "//m:fileGrp[@ID='gr']")
        group.remove(group[0])
        div = find(root, "//m:div[@ID='v4']")
        div.set("LABEL", "Representations")
        div.remove(div[0])
        etree.SubElement(div, f"{METS}fptr", FILEID="gr")

    change(package / "METS.xml", own)
    report = check_package(package)
    assert errors(report) == []
    assert {"csip.csipstr12", "csip.csip66", "mets.not-referenced"} <= codes(report)


def test_a_word_for_the_content_that_the_vocabulary_does_not_know_is_a_note(package: Path) -> None:
    def say(root: etree._Element) -> None:
        root.set(f"{{{NAMES['csip']}}}CONTENTINFORMATIONTYPE", "citsnew_v9_0")

    change(package / "METS.xml", say)
    report = check_package(package)
    assert [(finding.code, finding.severity) for finding in report.findings] == [("csip.csip4", Severity.INFO)]
