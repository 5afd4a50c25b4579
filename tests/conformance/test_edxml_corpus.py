"""Every message of the corpus gets the verdict it must get, by its id, and attachments come out byte for byte."""

import base64
import csv
import hashlib
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from ingest.edxml.check import check_edxml
from ingest.edxml.reading import read_message
from ingest.edxml.values import ReadMessage, SignatureState
from model.findings import Outcome, Severity
from preservation.package.check import check_package

HERE = Path(__file__).resolve().parents[1] / "data" / "edxml"
TODAY = date(2026, 3, 10)
WHAT = {
    "bad-attachment-zip-slip": "edxml.zip-unsafe",
    "bad-base64": "edxml.base64",
    "bad-bytes-before-declaration": "edxml.stray-bytes",
    "bad-doctype-entity": "edxml.doctype",
    "bad-manifest-without-attachment": "edxml.attachment-missing",
    "bad-undeclared-prefix": "edxml.undeclared-prefix",
    "odd-nested-edxml": "edxml.attachment-nested",
    "odd-signature-truncated-certificate": "edxml.signature-broken",
}
"""What must be said of each message about which something must be said."""
OUTCOMES = {
    "accept": Outcome.PASSED,
    "accept-signature-broken": Outcome.PASSED,
    "flag": Outcome.PASSED,
    "incomplete": Outcome.FAILED,
    "refuse": Outcome.FAILED,
}


def rows(folder: Path) -> list[tuple[Path, str]]:
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as table:
        return [(folder / row["path"], row["expected"]) for row in csv.DictReader(table)]


@pytest.mark.parametrize(("path", "expected"), rows(HERE), ids=lambda value: getattr(value, "stem", value))
def test_verdicts(path: Path, expected: str, tmp_path: Path) -> None:
    judge(path, expected, tmp_path)


@pytest.mark.corpus
def test_whole_corpus_in_place(corpus: Path, tmp_path: Path) -> None:
    found = rows(corpus / "edxml")
    assert len(found) >= 18
    for number, (path, expected) in enumerate(found):
        judge(path, expected, tmp_path / str(number))


def judge(path: Path, expected: str, folder: Path) -> None:
    read = read_message(path, folder)
    codes = {finding.code for finding in read.findings}
    assert (read.message is None) == (expected == "refuse"), codes
    if path.stem in WHAT:
        assert WHAT[path.stem] in codes
    if expected == "refuse":
        assert not list(folder.iterdir())
    else:
        accepted(path, expected, read)
    report = check_package(path, edxml=lambda subject: check_edxml(subject, today=TODAY))
    assert (report.type, report.outcome) == ("edxml", OUTCOMES[expected])
    if expected == "accept":
        assert report.findings == ()
    assert all(finding.message() and finding.source for finding in report.findings if finding.severity != Severity.INFO)


def accepted(path: Path, expected: str, read: ReadMessage) -> None:
    message = read.message
    assert message is not None
    assert read.complete == (expected != "incomplete")
    broken = message.signature.state is SignatureState.BROKEN
    assert broken == (expected == "accept-signature-broken")
    sent = independently(path)
    there = [item for item in message.attachments if item.path is not None]
    assert [item.path.read_bytes() for item in there if item.path] == sent
    assert [item.sha256 for item in there] == [hashlib.sha256(content).digest() for content in sent]
    assert [item.size for item in there] == [len(content) for content in sent]


def independently(path: Path) -> list[bytes]:
    """The attachments as lxml and zipfile see them."""
    found = []
    for element in etree.parse(str(path)).iter("{*}ContentTransferEncoded"):
        content = base64.b64decode(element.text or "")
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read(archive.namelist()[0])
        found.append(content)
    return found


def test_refusals_name_the_document(tmp_path: Path) -> None:
    """What could be read of a refused message names the document, so that one can ask for it."""
    for stem in ("bad-undeclared-prefix", "bad-bytes-before-declaration", "bad-base64", "bad-attachment-zip-slip"):
        read = read_message(HERE / f"{stem}.edxml", tmp_path)
        said = next(finding for finding in read.findings if finding.code == "edxml.salvaged")
        assert "Sở Thử Nghiệm tỉnh Mẫu" in said.message()
        assert "/SMAU-VP" in said.message()


def test_refusals_say_where_and_what_to_do(tmp_path: Path) -> None:
    undeclared = read_message(HERE / "bad-undeclared-prefix.edxml", tmp_path).findings[0]
    assert "xlink" in undeclared.message()
    assert undeclared.location == "line 82, column 9"
    assert "xmlns:xlink" in undeclared.remedy()
    stray = read_message(HERE / "bad-bytes-before-declaration.edxml", tmp_path).findings[0]
    assert "4 bytes" in stray.message()
    assert "1212" in stray.message()
