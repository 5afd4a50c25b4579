"""Input that attacks the reader: refused or bounded, never followed, never a traceback."""

import csv
import shutil
from pathlib import Path

import pytest

from ingest.sources.case_folder import check_case_folder
from ingest.sources.discovery import open_archive
from ingest.sources.values import Limits
from model.errors import InputError
from model.findings import Outcome, Severity
from tests.conftest import DATA

REFUSED = [
    "dot.asice",
    "quine.gz",
    "tar-slip-parent.tar",
    "zip-bomb-1-to-1000.zip",
    "zip-drive-letter.zip",
    "zip-duplicate-member.zip",
    "zip-slip-absolute.zip",
    "zip-slip-backslash.zip",
    "zip-slip-parent.zip",
    "zip-symlink-then-write.zip",
]
JUDGED_ELSEWHERE = {
    "containers-and-xml/pt-empty.asice": "the ZIP is sound; its signature manifest is wrong",
}
ARCHIVES = (".zip", ".tar", ".gz", ".asice", ".odt", ".docx")


def read_all(path: Path) -> tuple[int, list[str]]:
    """Return the bytes read and the codes of error findings."""
    source = open_archive(path, Limits())
    try:
        size = 0
        for entry in source.entries():
            with source.open(entry) as stream:
                while chunk := stream.read(1 << 16):
                    size += len(chunk)
        return size, [finding.code for finding in source.findings() if finding.severity is Severity.ERROR]
    finally:
        source.close()


@pytest.mark.parametrize("name", REFUSED)
def test_unsafe_archives_are_refused_with_a_hint(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_all(DATA / "hostile" / name)
    assert caught.value.hint


def test_links_and_devices_are_findings_and_never_given() -> None:
    assert read_all(DATA / "hostile" / "tar-hardlink-and-device.tar") == (0, ["intake.link", "intake.special-file"])


def test_a_password_is_noticed_and_the_rest_is_read() -> None:
    assert read_all(DATA / "hostile" / "testZipEncrypted.zip") == (13, ["intake.encrypted-member"])


def test_an_archive_that_contains_itself_is_kept_as_a_file() -> None:
    source = open_archive(DATA / "hostile" / "droste.zip", Limits())
    assert len(list(source.entries())) == 2
    assert [finding.code for finding in source.findings()] == ["intake.nested-archive"]
    source.close()


def test_names_in_a_legacy_encoding_are_kept_byte_for_byte() -> None:
    source = open_archive(DATA / "hostile" / "gbk.zip", Limits())
    (entry,) = source.entries()
    source.close()
    assert entry.name.decode("gb18030").endswith(".doc")


@pytest.mark.parametrize("path", sorted((DATA / "hostile").glob("*.xml")), ids=lambda path: path.name)
def test_hostile_xml_is_an_unreadable_descriptor(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "hoso.xml")
    (tmp_path / "a.pdf").write_bytes(b"x")
    report = check_case_folder(tmp_path)
    assert report.outcome is Outcome.FAILED
    assert "metadata.unreadable-descriptor" in [finding.code for finding in report.findings]


@pytest.mark.corpus
def test_the_whole_corpus_as_expected(corpus: Path) -> None:
    wrong = []
    for row in csv.DictReader((corpus / "hostile" / "expected.csv").read_text(encoding="utf-8").splitlines()):
        path = corpus / "hostile" / row["path"]
        if path.suffix not in ARCHIVES or row["path"] in JUDGED_ELSEWHERE:
            continue
        try:
            size, errors = read_all(path)
            verdict = "refuse" if errors else "accept"
            assert size < 64 << 20
        except InputError:
            verdict = "refuse"
        wanted = {"accept": {"accept"}, "bounded": {"accept", "refuse"}}.get(row["expected"], {"refuse"})
        if verdict not in wanted:
            wrong.append((row["path"], row["expected"], verdict))
    assert not wrong
