"""The BagIt conformance suite of the Library of Congress, with the `bagit` library as second opinion."""

import csv
import shutil
from pathlib import Path

import bagit
import pytest

from model.findings import Outcome, Severity, ValidationReport
from preservation.package.check import check_package
from tests.conftest import DATA

BAGS = DATA / "bagit"
DIFFER = {
    "v1.0/invalid/notAllManifestsListAllFiles",
    "v1.0/invalid/same-filename-listed-twice-with-the-same-hash",
    "v0.97/invalid/out-of-scope-file-paths-using-dot-notation",
    "v0.97/linux-only/out-of-scope-file-paths-using-absolute-path",
    "v0.93/valid/basic-bag",
}
"""Bags on which bagit 1.9.0 says something else than the suite, or refuses the version."""


def rows(folder: Path) -> list[tuple[Path, str]]:
    """Return the cases of a folder that are here, with their verdicts."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as stream:
        return [
            (folder / row["path"], row["expected"])
            for row in csv.DictReader(stream)
            if (folder / row["path"]).exists() and row["expected"] not in ("reference", "informative")
        ]


def assert_verdict(report: ValidationReport, expected: str) -> None:
    warnings = [finding for finding in report.findings if finding.severity is Severity.WARNING]
    outcome = Outcome.FAILED if expected == "invalid" else Outcome.PASSED
    assert report.outcome is outcome, report.findings
    assert expected != "valid-with-warning" or warnings


@pytest.mark.parametrize(("bag", "expected"), rows(BAGS), ids=lambda value: str(value)[-60:])
def test_bag_has_the_verdict_of_the_suite(bag: Path, expected: str) -> None:
    report = check_package(bag)
    assert report.type == "bagit"
    assert_verdict(report, expected)


@pytest.mark.corpus
def test_every_bag_of_the_corpus(corpus: Path) -> None:
    for bag, expected in rows(corpus / "bagit"):
        assert_verdict(check_package(bag), expected)


def test_the_bagit_library_agrees_where_it_follows_the_suite(tmp_path: Path) -> None:
    compared = 0
    for number, (bag, expected) in enumerate(rows(BAGS)):
        if str(bag.relative_to(BAGS)) in DIFFER:
            continue
        copy = tmp_path / str(number)
        shutil.copytree(bag, copy)
        try:
            bagit.Bag(str(copy)).validate()
            second = Outcome.PASSED
        except bagit.BagError:
            second = Outcome.FAILED
        assert second is (Outcome.FAILED if expected == "invalid" else Outcome.PASSED), bag
        compared += 1
    assert compared >= 12
