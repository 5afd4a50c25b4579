"""E-ARK packages of any tool as sources: what is described comes in, what is hostile is a finding."""

import shutil
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from archive.archive import Archive
from ingest.sources.discovery import discover
from ingest.sources.values import Limits
from ingest.values import IngestReport, IngestStatus
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import CASE_FILE_ELEMENTS
from tests.fakes.archives import codes, container_paths, new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.sip_packages import EARK_SIP_PROFILE, Heading, make_eark_sip, make_sip_hoso, zipped

EAD3 = "http://ead3.archivists.org/schema/"
DECIDED = ("submission.decision-missing",)
"""What an officer lets pass where retention and access level are to be decided later."""
OBJID = "uuid-3F0E0D0C-0B0A-4908-8706-050403020100"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as opened:
        yield opened


def held(archive: Archive, report: IngestReport) -> tuple[CaseFile, list[Document]]:
    assert report.aip_id is not None, [finding.message() for finding in report.findings if finding.severity == "error"]
    found = archive.catalogue.get_case_file(report.aip_id)
    assert found is not None
    return found.case_file, list(archive.catalogue.documents(report.aip_id))


def errors(report: IngestReport) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity == "error"}


def ead(kind: str, components: str, *, extra: str = "") -> bytes:
    space = {"ead3": f' xmlns="{EAD3}"', "ead2002": ' xmlns="urn:isbn:1-931666-22-9"', "plain": ""}[kind]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ead{space}><archdesc level="fonds"><did>'
        "<unittitle>Hồ sơ <emph>dự án</emph> cầu</unittitle><unitid>CAU-17</unitid>"
        '<unitdate normal="2019-03/2020-11-30">2019-2020</unitdate>'
        "<origination><corpname><part>Sở Giao thông</part></corpname></origination>"
        '<langmaterial><language langcode="vie">Tiếng Việt</language></langmaterial></did>'
        "<accessrestrict><p>Công khai</p></accessrestrict>"
        "<custodhist><p>Chuyển từ kho cũ</p></custodhist>"
        f"{extra}<dsc>{components}</dsc></archdesc></ead>"
    ).encode()


COMPONENTS = (
    '<c01 level="series"><did><unittitle>Giai đoạn 1</unittitle></did>'
    '<c02 level="item"><did><unitid>1</unitid><unittitle>Tờ trình</unittitle><unitdate normal="2019-03-05"/>'
    '<dao href="../../representations/rep1/data/to%20trinh.txt"/></did>'
    "<controlaccess><subject><part>cầu</part></subject></controlaccess></c02>"
    '<c02 level="item"><did><unitid>qd</unitid><unittitle>Quyết định</unittitle><physdesc>3 trang</physdesc></did>'
    "</c02></c01>"
)
FILES = {"to trinh.txt": b"to trinh", "qd.txt": b"quyet dinh"}


@pytest.mark.parametrize("kind", ["ead3", "ead2002", "plain"])
@pytest.mark.parametrize("representation_mets", [True, False])
def test_finding_aids_of_others(archive: Archive, tmp_path: Path, kind: str, representation_mets: bool) -> None:
    metadata = {"metadata/descriptive/ead.xml": ("EAD", ead(kind, COMPONENTS))}
    package = make_eark_sip(
        tmp_path / "sip",
        metadata=metadata,
        representations={"rep1": FILES},
        representation_mets=representation_mets,
    )
    (report,) = take_in(archive, zipped(package, tmp_path / "sip.zip"), fonds="P01", waive=DECIDED)
    case_file, (first, second) = held(archive, report)
    assert case_file.title == "Hồ sơ dự án cầu"
    assert case_file.file_code == "CAU-17"
    assert (case_file.start_date, case_file.end_date) == (PartialDate(2019, 3), PartialDate(2020, 11, 30))
    assert (case_file.mode, case_file.languages) == ("01", ("01",))
    assert ("custodhist", "Chuyển từ kho cũ") in case_file.more
    assert (first.subject, first.issued_date, first.keywords) == ("Tờ trình", PartialDate(2019, 3, 5), ("cầu",))
    assert first.files == ("to trinh.txt",)
    assert second.files == ("qd.txt",)
    assert ("physdesc", "3 trang") in second.more


def test_own_finding_aid_comes_back_whole(archive: Archive, tmp_path: Path) -> None:
    folder = make_case_folder(tmp_path / "case", documents=3)
    text = (folder / "hoso.json").read_text(encoding="utf-8")
    text = text.replace('"riskRecovery": false', '"keyword": ["đường", "cầu"], "riskRecovery": false')
    (folder / "hoso.json").write_text(text, encoding="utf-8")
    (first,) = take_in(archive, folder, profile="eark")
    case_file, documents = held(archive, first)
    (container,) = container_paths(archive)
    with tarfile.open(container) as tar:
        (member,) = [item for item in tar if item.name.endswith("metadata/descriptive/EAD3.xml")]
        stream = tar.extractfile(member)
        assert stream is not None
        content = stream.read()
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "hoso.json"}
    package = make_eark_sip(
        tmp_path / "sip", metadata={"metadata/descriptive/EAD3.xml": ("EAD", content)}, representations={"rep1": files}
    )
    with new_archive(tmp_path / "other") as other:
        (second,) = take_in(other, package)
        again, found = held(other, second)
    assert found == documents
    for element in CASE_FILE_ELEMENTS:
        assert getattr(again, element.attribute) == getattr(case_file, element.attribute), element.name
    assert again.fonds_code == case_file.fonds_code


def test_dublin_core_of_single_documents_in_several_representations(archive: Archive, tmp_path: Path) -> None:
    record = b'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>%s</dc:title><dc:date>2020</dc:date></metadata>'
    package = make_eark_sip(
        tmp_path / "sip",
        representations={"rep1": {"a.txt": b"a", "b.txt": b"b"}, "rep2": {"a.txt": b"a as text"}},
        extra={
            "documentation/x.txt": b"x",
            "representations/rep1/metadata/descriptive/a.xml": record % b"A",
            "representations/rep1/metadata/descriptive/b.xml": record % b"B",
        },
    )
    (report,) = take_in(archive, package, fonds="P01", waive=DECIDED)
    case_file, documents = held(archive, report)
    assert case_file.title == "Dự án đường vành đai"
    assert case_file.file_code == "DA-2023-17"
    assert ("publisher", "Nhà xuất bản") in case_file.more
    assert {document.subject: document.files for document in documents} == {
        "A": ("rep1/a.txt", "rep2/a.txt"),
        "B": ("rep1/b.txt",),
    }


def test_mods_describes_the_whole(archive: Archive, tmp_path: Path) -> None:
    mods = (
        '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Bản đồ</title></titleInfo>'
        "<identifier>BD-1</identifier><originInfo><dateIssued>2018-05-01</dateIssued></originInfo>"
        "<language><languageTerm>vie</languageTerm></language><physicalDescription><extent>2 tờ</extent>"
        "</physicalDescription></mods>"
    ).encode()
    metadata = {"metadata/descriptive/mods.xml": ("MODS", mods), "metadata/descriptive/erms.xml": ("OTHER", b"<erms/>")}
    (report,) = take_in(archive, make_eark_sip(tmp_path / "sip", metadata=metadata), fonds="P01", waive=DECIDED)
    case_file, (document,) = held(archive, report)
    assert (case_file.title, case_file.file_code, case_file.total_doc) == ("Bản đồ", "BD-1", 1)
    assert ("extent", "2 tờ") in case_file.more
    assert document.subject == "Bản đồ"
    assert {"submission.one-document", "submission.description-not-used"} <= codes(report)


def test_without_description_it_waits_for_an_officer_or_a_descriptor(archive: Archive, tmp_path: Path) -> None:
    folder = make_case_folder(tmp_path / "case", documents=2)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "hoso.json"}
    package = make_eark_sip(tmp_path / "sip", metadata={}, representations={"rep1": files})
    packed = zipped(package, tmp_path / "goi.zip")
    (report,) = take_in(archive, packed)
    assert report.status is IngestStatus.REFUSED
    assert "submission.no-description" in errors(report)
    shutil.copy(folder / "hoso.json", tmp_path / "goi.json")
    (report,) = take_in(archive, packed)
    assert len(held(archive, report)[1]) == 2


@pytest.mark.parametrize("checksum_type", ["MD5", "SHA-1", "SHA-512"])
def test_other_digests_are_compared_in_the_one_pass(archive: Archive, tmp_path: Path, checksum_type: str) -> None:
    heading = Heading(objid=OBJID, profile=EARK_SIP_PROFILE, checksum_type=checksum_type)
    package = make_eark_sip(tmp_path / "sip", heading=heading, representations={"rep1": {"a.txt": b"a"}})
    (report,) = take_in(archive, package, fonds="P01", waive=DECIDED)
    assert report.status is IngestStatus.ACCEPTED, errors(report)
    changed = make_eark_sip(tmp_path / "other", heading=heading, representations={"rep1": {"a.txt": b"a"}})
    (changed / "representations/rep1/data/a.txt").write_bytes(b"b")
    (report,) = take_in(archive, changed, fonds="P01")
    assert "package.checksum-differs" in errors(report)


def test_the_content_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receiving computes the digests; the check of the package asks for them and opens no content again."""
    from ingest.sources.folder import FolderSource
    from ingest.sources.values import SourceEntry

    opened: list[bytes] = []
    original = FolderSource.open

    def counting(self: FolderSource, entry: SourceEntry) -> object:
        opened.append(entry.name)
        return original(self, entry)

    monkeypatch.setattr(FolderSource, "open", counting)
    with new_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, make_sip_hoso(tmp_path / "sip"))
    assert report.status is IngestStatus.ACCEPTED
    content = [name for name in opened if b"/data/" in name]
    assert len(content) == len(set(content)) == 3


def hostile(tmp_path: Path, name: str, change: Mapping[str, bytes] | None = None) -> Path:
    package = make_eark_sip(tmp_path / name, representations={"rep1": {"a.txt": b"a"}})
    for path, content in (change or {}).items():
        (package / path).write_bytes(content)
    return package


def mets_of(package: Path) -> bytes:
    return (package / "METS.xml").read_bytes()


@pytest.mark.parametrize(
    "href",
    [
        "../../../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://127.0.0.1:9/x",
        "https://example.org/x.pdf",
        "C:/Windows/win.ini",
        "..%2f..%2f..%2fetc%2fpasswd",
        "\\\\server\\share\\x",
    ],
)
def test_references_out_of_the_package_are_findings(archive: Archive, tmp_path: Path, href: str) -> None:
    package = hostile(tmp_path, "sip")
    mets = mets_of(package).replace(b"documentation/readme.txt", href.encode())
    (package / "METS.xml").write_bytes(mets)
    (report,) = take_in(archive, package, fonds="P01")
    assert report.status is IngestStatus.REFUSED
    assert errors(report) & {"mets.reference-outside", "mets.reference-missing"}
    assert b"root:" not in b"".join(path.read_bytes() for path in archive.folder.rglob("*") if path.is_file())


def test_pointers_in_a_circle_end(archive: Archive, tmp_path: Path) -> None:
    package = hostile(tmp_path, "sip")
    inner = package / "representations/rep1/METS.xml"
    pointer = (
        b'<div ID="x1" LABEL="Representations/rep1"><mptr LOCTYPE="URL" xlink:type="simple" '
        b'xlink:href="../../METS.xml"/></div></div>\n</structMap>'
    )
    inner.write_bytes(inner.read_bytes().replace(b"</div>\n</structMap>", pointer))
    (report,) = take_in(archive, package, fonds="P01")
    assert report.status is IngestStatus.REFUSED  # the digest of the inner METS is not the one stated


def test_identifiers_given_twice_are_told(archive: Archive, tmp_path: Path) -> None:
    package = hostile(tmp_path, "sip")
    mets = mets_of(package)
    ids = [part.split(b'"')[0] for part in mets.split(b'<file ID="')[1:]]
    (package / "METS.xml").write_bytes(mets.replace(ids[1], ids[0]))
    (report,) = take_in(archive, package, fonds="P01")
    assert "submission.id-twice" in codes(report)
    assert report.status is IngestStatus.REFUSED


def test_retention_and_access_are_decided_by_an_archivist(archive: Archive, tmp_path: Path) -> None:
    package = make_eark_sip(tmp_path / "sip")
    (report,) = take_in(archive, package, fonds="P01")
    assert report.status is IngestStatus.REFUSED
    assert errors(report) == {"submission.decision-missing"}
    assert {f.location for f in report.findings if f.severity == "error"} == {"maintenance", "mode"}
    (report,) = take_in(archive, package, fonds="P01", waive=DECIDED)
    case_file, _documents = held(archive, report)
    assert (case_file.mode, case_file.maintenance) == ("", "")


def test_the_reason_why_mets_was_not_read_is_told(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    (package / "METS.xml").write_bytes(b'<!DOCTYPE x [<!ENTITY a "b">]>' + mets_of(package).partition(b"?>")[2])
    (report,) = take_in(archive, package, fonds="P01")
    (unread,) = [finding for finding in report.findings if finding.code == "submission.mets-unread"]
    assert "document type" in unread.message("en")


@pytest.mark.parametrize("broken", [b"", b"<mets", b"<html/>", b"\x00" * 100, b'<!DOCTYPE x [<!ENTITY a "b">]><mets/>'])
def test_broken_mets_refuses(archive: Archive, tmp_path: Path, broken: bytes) -> None:
    (report,) = take_in(archive, hostile(tmp_path, "sip", {"METS.xml": broken}), fonds="P01")
    assert report.status is IngestStatus.REFUSED
    assert errors(report)


@pytest.mark.parametrize(
    "content",
    [
        b"<ead><archdesc><did><unittitle>x</unittitle>" + b"<p>" * 300,
        b"<ead>" + b"<c>" * 200 + b"</c>" * 200 + b"</ead>",
        b'<!DOCTYPE ead [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><ead><archdesc>&b;</archdesc></ead>',
        b"<ead><archdesc><did>" + b"<unitid>1</unitid>" * 250_000 + b"</did></archdesc></ead>",
    ],
    ids=["cut off", "deep", "entities", "wide"],
)
def test_hostile_finding_aids_are_findings(archive: Archive, tmp_path: Path, content: bytes) -> None:
    package = make_eark_sip(tmp_path / "sip", metadata={"metadata/descriptive/ead.xml": ("EAD", content)})
    start = time.monotonic()
    (report,) = take_in(archive, package, fonds="P01")
    assert report.status is IngestStatus.REFUSED
    assert time.monotonic() - start < 20


def test_large_finding_aid_of_others_in_bounded_time(archive: Archive, tmp_path: Path) -> None:
    one = '<c level="item"><did><unitid>{0}</unitid><unittitle>Văn bản {0}</unittitle></did></c>'
    components = "".join(one.format(number) for number in range(3000))
    metadata = {"metadata/descriptive/ead.xml": ("EAD", ead("ead3", components))}
    package = make_eark_sip(tmp_path / "sip", metadata=metadata, representations={"rep1": {"7.txt": b"bay"}})
    (report,) = take_in(archive, package, fonds="P01")
    assert report.status is IngestStatus.REFUSED  # 2,999 of the documents have no file
    assert "intake.document-without-file" in errors(report)


def test_member_names_that_escape_are_refused(archive: Archive, tmp_path: Path) -> None:
    packed = zipped(hostile(tmp_path, "sip"), tmp_path / "sip.zip")
    with zipfile.ZipFile(packed, "a") as stream:
        stream.writestr("../../escaped.txt", b"x")
    (report,) = take_in(archive, packed, fonds="P01")
    assert report.status is IngestStatus.REFUSED
    assert not list(tmp_path.rglob("escaped.txt"))


def test_mets_that_lists_too_much_is_told(tmp_path: Path) -> None:
    from ingest.packages.structure import read_structure
    from model.findings import FindingLog
    from preservation.package.archives import open_tree
    from preservation.package.tree import SubTree

    package = hostile(tmp_path, "sip")
    mets = mets_of(package)
    file = b'<file ID="n%d"><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="nowhere/%d"/></file>'
    many = b"".join(file % (number, number) for number in range(20_000))
    (package / "METS.xml").write_bytes(mets.replace(b"</fileGrp>", many + b"</fileGrp>", 1))
    log = FindingLog()
    read_structure(SubTree(open_tree(package), ""), 10_000, log)
    assert {finding.code for finding in log} == {"submission.mets-too-large"}


@pytest.mark.corpus
def test_every_corpus_package_ends_accepted_or_refused(archive: Archive, corpus: Path) -> None:
    places = [
        *sorted((corpus / "eark" / "csip-examples").iterdir()),
        *sorted((corpus / "eark" / "structure").rglob("*.zip")),
        *sorted(path for path in (corpus / "eark" / "sip-example").iterdir() if path.suffix == ".zip" or path.is_dir()),
    ]
    assert len(places) > 5
    for place in places:
        for submission in discover([place], Limits()):
            assert submission.source.kind.startswith(("eark", "zip", "tar", "folder")), place
        for report in take_in(archive, place, fonds="P01"):
            assert report.status in {IngestStatus.ACCEPTED, IngestStatus.REFUSED}, (place, report.reason)
            assert report.findings, place


@pytest.mark.long
def test_five_thousand_documents_in_bounded_memory(tmp_path: Path) -> None:
    """Memory grows by a few kilobytes a document at most: descriptions and findings lie on disk."""
    import subprocess
    import sys

    package = make_sip_hoso(tmp_path / "sip", count=5000)
    with new_archive(tmp_path / "archive"):
        pass
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from archive.archive import open_archive\n"
        "from tests.fakes.archives import take_in\n"
        "if __name__ == '__main__':\n"
        "    with open_archive(Path(sys.argv[1])) as archive:\n"
        "        (report,) = take_in(archive, Path(sys.argv[2]))\n"
        "    print(report.status.value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "archive"), str(package)],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    status, megabytes = done.stdout.split()
    assert status == "accepted"
    assert int(megabytes) < 400
