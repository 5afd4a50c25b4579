"""E-ARK packages, METS files and structure cases made by others, with their verdicts."""

import csv
from pathlib import Path

import pytest
from lxml import etree

from model.errors import ArchiveError
from model.findings import Outcome, Severity
from preservation.package.check import check_package
from tests.conftest import DATA

PACKAGES = DATA / "eark"


def rows(folder: Path) -> list[tuple[Path, str]]:
    """Return the cases of a folder that are here, with their verdicts."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as stream:
        return [
            (folder / row["path"], row["expected"])
            for row in csv.DictReader(stream)
            if (folder / row["path"]).exists() and row["expected"] not in ("reference", "informative")
        ]


def assert_verdict(path: Path, expected: str) -> None:
    report = check_package(path)
    if "wellformed" in expected:
        found = {finding.severity for finding in report.findings if finding.code.startswith("csip.csipstr")}
        verdicts = {
            "wellformed": set(),
            "wellformed-with-warning": {Severity.WARNING},
            "not-wellformed": {Severity.ERROR},
        }
        if expected == "not-wellformed":
            assert Severity.ERROR in found
        else:
            assert found == verdicts[expected], report.findings
        return
    assert report.outcome is (Outcome.FAILED if expected == "invalid" else Outcome.PASSED), report.findings
    if expected == "valid-with-warning":
        assert any(finding.severity is Severity.WARNING for finding in report.findings)


@pytest.mark.parametrize(("path", "expected"), rows(PACKAGES), ids=lambda value: str(value)[-40:])
def test_case_has_the_stated_verdict(path: Path, expected: str) -> None:
    assert_verdict(path, expected)


@pytest.mark.corpus
def test_every_case_of_the_corpus(corpus: Path) -> None:
    for path, expected in rows(corpus / "eark"):
        assert_verdict(path, expected)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("METS-no-hdr.xml", "csip.csip117"),
        ("METS-no-objid.xml", "csip.csip1"),
        ("METS-no-profile.xml", "csip.csip6"),
        ("METS-no-structmap.xml", "csip.csip80"),
        ("METS-no-root.xml", "xml.invalid"),
    ],
)
def test_what_is_wrong_is_named(name: str, code: str) -> None:
    assert code in {finding.code for finding in check_package(PACKAGES / "mets" / name).findings}


@pytest.mark.corpus
def test_hostile_input_of_the_corpus_ends_with_a_verdict_or_a_typed_error(corpus: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.parent.iterdir())
    for path in sorted((corpus / "hostile").rglob("*")):
        if not path.is_file():
            continue
        try:
            assert check_package(path).outcome is not Outcome.PASSED, path
        except ArchiveError as error:
            assert error.exit_code == 17, path
    assert sorted(tmp_path.parent.iterdir()) == before


def test_an_error_in_another_document_before_changes_nothing() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(b"no XML at all")
    codes = {finding.code for finding in check_package(PACKAGES / "mets" / "METS-no-root.xml").findings}
    assert "xml.invalid" in codes
    assert "xml.broken" not in codes
