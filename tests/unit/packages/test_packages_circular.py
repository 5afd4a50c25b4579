"""Packages of Circular 05/2025 of other systems come in: description, files, links, and nothing lost."""

import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.archive import Archive
from ingest.values import IngestReport, IngestStatus
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.findings import Outcome
from preservation.package.check import check_package
from preservation.package.reader import read_package
from tests.fakes.archives import codes, container_paths, new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.sip_packages import (
    CASE,
    MEDIA,
    PICTURE,
    Heading,
    SipDocument,
    document_elements,
    documents,
    make_aip_hoso,
    make_sip_hoso,
    make_sip_tailieu,
    seal,
    simpledc,
    zipped,
)

CODE = CASE["fileCode"]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as opened:
        yield opened


def held(archive: Archive, report: IngestReport) -> tuple[CaseFile, list[Document]]:
    assert report.aip_id is not None, [finding.message() for finding in report.findings if finding.severity == "error"]
    found = archive.catalogue.get_case_file(report.aip_id)
    assert found is not None
    return found.case_file, list(archive.catalogue.documents(report.aip_id))


def members(archive: Archive) -> dict[str, bytes]:
    """The files of the only package, by the end of their path."""
    (container,) = container_paths(archive)
    found = {}
    with tarfile.open(container) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            if stream is not None:
                found[member.name.partition("/")[2]] = stream.read()
    return found


def errors(report: IngestReport) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity == "error"}


@pytest.mark.parametrize("form", ["folder", "zip", "zip without its folder", "tar.gz", "bag"])
def test_sip_hoso_becomes_a_package_that_passes(archive: Archive, tmp_path: Path, form: str) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    handed_in = package
    if form.startswith("zip"):
        handed_in = zipped(package, tmp_path / "b0b.zip", top=form == "zip")
    elif form == "tar.gz":
        handed_in = Path(shutil.make_archive(str(tmp_path / "packed"), "gztar", package.parent, package.name))
    elif form == "bag":
        import bagit

        bagit.make_bag(str(tmp_path / "sip"), checksums=["sha256", "md5"])
        handed_in = tmp_path / "sip"
    (report,) = take_in(archive, handed_in)
    case_file, described = held(archive, report)
    assert report.files == 3
    assert case_file.file_code == CODE
    assert case_file.keywords == ("đường", "kinh phí")
    assert case_file.start_date == PartialDate(2024, 1, 2)
    assert (case_file.fonds_code, case_file.agency_code) == ("P01", "H49.64")
    assert [document.files for document in described] == [(f"00{number} văn bản.txt",) for number in (1, 2, 3)]
    assert described[1].doc_id == f"{CODE}-2"
    (container,) = container_paths(archive)
    checked = check_package(container)
    assert checked.outcome is Outcome.PASSED, [finding.message() for finding in checked.findings]


def test_everything_of_the_submission_is_in_the_package(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip", extra={"documentation/ghi chú.txt": "Đọc tôi".encode()})
    take_in(archive, package)
    found = members(archive)
    for path in package.rglob("*"):
        if path.is_file():
            name = path.relative_to(package).as_posix()
            ending = name if name.startswith("representations/rep1/data/") else f"documentation/submission/{name}"
            assert [content for key, content in found.items() if key.endswith(ending)] == [path.read_bytes()], name


def test_the_events_say_what_the_package_was_made_from(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_sip_hoso(tmp_path / "sip"))
    (container,) = container_paths(archive)
    with container.open("rb") as stream:
        events = {event.type.value: event for event in read_package(stream).events}
    creation = events["information package creation"]
    assert Heading().objid in creation.detail
    assert "vn-tt05-sip" in creation.detail
    assert "documentation/submission" in creation.outcome_detail


def test_any_order_other_names_and_unknown_elements(archive: Archive, tmp_path: Path) -> None:
    elements = dict(reversed(document_elements(CODE, 1).items()))
    elements["arcDocCode"] = elements.pop("docCode")
    elements |= {"issuedDate": "2024-03-05", "language": "01|02", "nguonGoc": "Văn thư"}
    many = [*elements.items(), ("keyword", "cầu"), ("keyword", "cống, rãnh")]
    item = SipDocument(elements=many, files={"a.txt": b"mot"})
    case = {"startDate": "2024", "endDate": "12/2024", "totalDoc": "1", "numberOfPage": "1", "ghiThem": "giữ lại"}
    (report,) = take_in(archive, make_sip_hoso(tmp_path / "sip", described=[item], case=case))
    if report.status is IngestStatus.REFUSED:  # partial dates of a submission are an error of its form
        assert errors(report) == {"tt05.date"}
        from ingest.batch import BatchSettings
        from ingest.transfers import accept_transfer

        transfer = archive.catalogue.get_transfer(report.transfer_id)
        assert transfer is not None
        settings = BatchSettings(folder=archive.folder, profile="", fonds="", waive=("tt05.date",))
        report = accept_transfer(archive, transfer, "ngày tháng không rõ", settings)
    case_file, (document,) = held(archive, report)
    assert (case_file.start_date, case_file.end_date) == (PartialDate(2024), PartialDate(2024, 12))
    assert case_file.more == (("ghiThem", "giữ lại"),)
    assert document.doc_code == f"{CODE}.0000001"
    assert document.issued_date == PartialDate(2024, 3, 5)
    assert document.languages == ("01", "02")
    assert document.keywords == ("đường", "cầu", "cống", "rãnh")
    assert document.more == (("nguonGoc", "Văn thư"),)


def test_pictures_and_sound_keep_their_elements(archive: Archive, tmp_path: Path) -> None:
    picture = {"docCode": f"{CODE}.0000001", **PICTURE}
    sound = {"docCode": f"{CODE}.0000002", **MEDIA}
    described = [
        SipDocument(elements=tuple(picture.items()), files={"anh.txt": b"anh"}, form="pic"),
        SipDocument(elements=tuple(sound.items()), files={"ghi âm.txt": b"am"}, form="media"),
    ]
    case = {"totalDoc": "2", "numberOfPage": "0"}
    (report,) = take_in(archive, make_sip_hoso(tmp_path / "sip", described=described, case=case))
    _case, found = held(archive, report)
    by_form = {document.form: document for document in found}
    assert set(by_form) == {"pic", "media"}
    assert by_form["pic"].subject == PICTURE["imageTitle"]
    assert by_form["pic"].issued_date == PartialDate(2024, 3, 5)
    assert ("typePic", "02") in by_form["pic"].more
    assert ("colour", "02") in by_form["pic"].more
    assert ("playTime", "00:10:00") in by_form["media"].more
    assert by_form["media"].files == ("ghi âm.txt",)


def test_loose_documents(archive: Archive, tmp_path: Path) -> None:
    (report,) = take_in(archive, make_sip_tailieu(tmp_path / "sip", source="1"))
    case_file, found = held(archive, report)
    assert case_file.is_loose
    assert case_file.source == "1"
    assert case_file.total_doc == len(found) == 3
    assert found[0].maintenance == "01"


def test_archival_package_of_another_system(archive: Archive, tmp_path: Path) -> None:
    package = make_aip_hoso(tmp_path / "aip", count=12)
    (report,) = take_in(archive, package)
    case_file, found = held(archive, report)
    assert case_file.file_code == CODE
    assert [document.code_number for document in found] == [str(number) for number in range(1, 13)]
    assert {document.maintenance for document in found} == {"01"}
    assert "submission.events-kept" in codes(report)
    kept = [name for name in members(archive) if name.endswith("submission/metadata/preservation/PREMIS.xml")]
    assert len(kept) == 1


def test_files_are_found_by_name_where_mets_does_not_link(archive: Archive, tmp_path: Path) -> None:
    described = []
    for item in documents(CODE, 3):
        elements = dict(item.elements)
        name = f"{elements['docCode']} văn bản.txt"
        described.append(replace(item, files={name: elements["docCode"].encode()}, linked=False))
    (report,) = take_in(archive, make_sip_hoso(tmp_path / "sip", described=described))
    _case, found = held(archive, report)
    assert all(len(document.files) == 1 for document in found)
    assert "submission.document-unlinked" in codes(report)


def test_a_file_no_description_means_refuses(archive: Archive, tmp_path: Path) -> None:
    described = list(documents(CODE, 2))
    described[1] = replace(described[1], linked=False)
    (report,) = take_in(archive, make_sip_hoso(tmp_path / "sip", described=described, case={"totalDoc": "2"}))
    assert report.status is IngestStatus.REFUSED
    assert {"intake.document-without-file", "intake.file-unnamed"} <= errors(report)


def test_changed_and_missing_files_refuse_and_are_named(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    data = package / "representations/rep1/data"
    (data / "001 văn bản.txt").write_bytes((data / "001 văn bản.txt").read_bytes().replace(b"001", b"009") + b" ")
    (data / "002 văn bản.txt").unlink()
    (report,) = take_in(archive, package)
    assert report.status is IngestStatus.REFUSED
    changed = [finding for finding in report.findings if finding.code == "package.checksum-differs"]
    assert [finding.location.rpartition("/")[2] for finding in changed] == ["001 văn bản.txt"]
    assert "mets.reference-missing" in codes(report)
    transfer = archive.catalogue.get_transfer(report.transfer_id)
    assert transfer is not None
    with archive.copies.open(transfer.kept_key) as stream, tarfile.open(fileobj=stream, mode="r|") as kept:
        names = {member.name for member in kept}
    assert {"METS.xml", "metadata/descriptive/EAD.xml", "representations/rep1/data/001 văn bản.txt"} <= names


def test_refused_package_is_taken_in_from_what_was_kept(archive: Archive, tmp_path: Path) -> None:
    from ingest.batch import BatchSettings
    from ingest.transfers import accept_transfer

    package = make_sip_hoso(tmp_path / "sip", heading=Heading(status="TEST"))
    (report,) = take_in(archive, package)
    assert errors(report) == {"submission.test"}
    transfer = archive.catalogue.get_transfer(report.transfer_id)
    assert transfer is not None
    settings = BatchSettings(folder=archive.folder, profile="", fonds="", waive=("submission.test",))
    again = accept_transfer(archive, transfer, "Nạp thử", settings)
    assert again.status is IngestStatus.ACCEPTED
    assert len(held(archive, again)[1]) == 3


@pytest.mark.parametrize("place", ["case file", "document"])
def test_secret_package_leaves_nothing_but_the_fact(archive: Archive, tmp_path: Path, place: str) -> None:
    described = list(documents(CODE, 2))
    if place == "document":
        elements = {**dict(described[1].elements), "mode": "03", "subject": "TIEUDEMAT"}
        described[1] = replace(described[1], elements=tuple(elements.items()))
    case = {"mode": "03", "title": "TIEUDEMAT"} if place == "case file" else {}
    (report,) = take_in(archive, make_sip_hoso(tmp_path / "sip", described=described, case=case))
    assert report.status is IngestStatus.REFUSED
    assert codes(report) == {"intake.secret"}
    archive.catalogue.close()
    held_bytes = b"".join(path.read_bytes() for path in archive.folder.rglob("*") if path.is_file())
    assert b"TIEUDEMAT" not in held_bytes


def test_public_descriptor_beside_a_secret_package_does_not_open_it(archive: Archive, tmp_path: Path) -> None:
    packed = zipped(make_sip_hoso(tmp_path / "sip", case={"mode": "03"}), tmp_path / "goi.zip")
    folder = make_case_folder(tmp_path / "case", CODE)
    shutil.copy(folder / "hoso.json", tmp_path / "goi.json")
    (report,) = take_in(archive, packed)
    assert codes(report) == {"intake.secret"}


def test_batch_of_packages_in_folders_and_archives(archive: Archive, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for number in range(1, 4):
        heading = Heading(objid=f"uuid-{number}F0E0D0C-0B0A-4908-8706-050403020100")
        package = make_sip_hoso(tmp_path / str(number), f"H49.64.2024.{number}", heading=heading)
        if number == 3:
            shutil.move(package, batch / package.name)
        else:
            batch.mkdir(exist_ok=True)
            zipped(package, batch / f"{number}.zip", top=number == 1)
    reports = take_in(archive, batch, workers=2)
    assert [report.status for report in reports] == [IngestStatus.ACCEPTED] * 3
    assert {report.case_code for report in reports} == {f"H49.64.2024.{number}" for number in range(1, 4)}


def test_same_package_packed_otherwise_is_held_already(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    (first,) = take_in(archive, package)
    (second,) = take_in(archive, zipped(package, tmp_path / "again.zip"))
    assert second.status is IngestStatus.HELD_ALREADY
    assert second.aip_id == first.aip_id


def test_package_of_this_archive_comes_back_exactly(archive: Archive, tmp_path: Path) -> None:
    (first,) = take_in(archive, make_sip_hoso(tmp_path / "sip", case={"ghiThem": "giữ lại"}))
    before = held(archive, first)
    (container,) = container_paths(archive)
    with new_archive(tmp_path / "other") as other:
        (second,) = take_in(other, container)
        assert held(other, second) == before
        assert errors(second) == set()


def test_linked_documents_are_resolved_within_the_fonds(archive: Archive, tmp_path: Path) -> None:
    (first,) = take_in(archive, make_sip_hoso(tmp_path / "one"))
    heading = Heading(objid="uuid-9F0E0D0C-0B0A-4908-8706-050403020100")
    described = list(documents("H49.64.2024.2", 1))
    linked = {"quyết định 2.txt": f"{CODE}-2\n"}
    case = {"totalDoc": "1", "numberOfPage": "1"}
    package = make_sip_hoso(
        tmp_path / "two", "H49.64.2024.2", described=described, heading=heading, linked=linked, case=case
    )
    (second,) = take_in(archive, package)
    assert second.status is IngestStatus.ACCEPTED, [finding.message() for finding in second.findings]
    assert "submission.link-made" in codes(second)
    container = max(container_paths(archive), key=lambda path: path.stat().st_mtime_ns)
    with tarfile.open(container) as tar:
        found = {member.name: tar.extractfile(member) for member in tar if member.name.endswith(".fetch.txt")}
        texts = {name: stream.read().decode() for name, stream in found.items() if stream is not None}
    ends = {name.partition("/data/")[2].partition("/")[2]: text for name, text in texts.items()}
    rewritten = ends["representations/rep1/data/quyết định 2.txt.fetch.txt"]
    assert rewritten.startswith(f"urn_P01_{str(first.aip_id).upper()}_representations/rep1/data/002%20")
    assert rewritten.split()[1:] == [
        str(len((tmp_path / "one" / Heading().objid / "representations/rep1/data/002 văn bản.txt").read_bytes())),
        "representations/rep1/data/quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh%202.txt",
        f"{CODE}-2",
    ]
    assert [text for name, text in ends.items() if name.startswith("documentation/")] == [f"{CODE}-2\n"]
    assert check_package(container).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("fonds", "identifier", "expected"),
    [
        ("P01", "H49.64.9999.1-1", "submission.link-not-found"),
        ("P02", f"{CODE}-2", "submission.link-other-fonds"),
        ("P01", "https://example.org/x.pdf", "submission.link-form"),
        ("P01", "", "submission.link-form"),
        ("P01", "trùng", "submission.link-ambiguous"),
    ],
)
def test_links_that_lead_nowhere_refuse(
    archive: Archive, tmp_path: Path, fonds: str, identifier: str, expected: str
) -> None:
    same = [replace(item, elements=(*item.elements[1:], ("docId", "trùng"))) for item in documents(CODE, 1)]
    for number, described in enumerate((None, same, same), 1):
        heading = Heading(objid=f"uuid-{number}F0E0D0C-0B0A-4908-8706-050403020100")
        code = CODE if described is None else f"{CODE}.{number}"
        items = described and [
            replace(
                item,
                elements=tuple(
                    (name, value + str(number) if name == "docCode" else value) for name, value in item.elements
                ),
                files={"một.txt": code.encode()},
            )
            for item in described
        ]
        case = {"totalDoc": "1", "numberOfPage": "1"} if items else {}
        (made,) = take_in(
            archive, make_sip_hoso(tmp_path / str(number), code, described=items, heading=heading, case=case)
        )
        assert made.status is IngestStatus.ACCEPTED, [finding.message() for finding in made.findings]
    heading = Heading(objid="uuid-9F0E0D0C-0B0A-4908-8706-050403020100", fonds=fonds)
    package = make_sip_hoso(
        tmp_path / "two",
        "H49.64.2024.2",
        described=list(documents("H49.64.2024.2", 1)),
        heading=heading,
        linked={"x.txt": identifier},
        case={"totalDoc": "1", "numberOfPage": "1"},
    )
    (report,) = take_in(archive, package)
    assert report.status is IngestStatus.REFUSED
    assert expected in errors(report)


def test_a_killed_ingest_of_a_package_goes_on(archive: Archive, tmp_path: Path) -> None:
    """What an accepted package needs to be shelved is in its work area, not at its source."""
    from ingest import pipeline

    package = make_sip_hoso(tmp_path / "sip")
    original = pipeline.shelve
    try:
        pipeline.shelve = _power_cut  # type: ignore[assignment]  # as if the process had died just there
        with pytest.raises(KeyboardInterrupt):
            take_in(archive, package)
    finally:
        pipeline.shelve = original
    shutil.rmtree(package / "metadata")
    (report,) = [item for item in take_in(archive, package) if item.status is IngestStatus.ACCEPTED]
    assert len(held(archive, report)[1]) == 3
    assert any(name.endswith("documentation/submission/metadata/descriptive/EAD.xml") for name in members(archive))


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt


def test_many_parts_are_packed_into_one(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip", count=502)
    (report,) = take_in(archive, package)
    assert report.status is IngestStatus.ACCEPTED
    found = members(archive)
    (packed,) = [content for name, content in found.items() if name.endswith("documentation/submission/submission.tar")]
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        kept = {member.name for member in tar}
    whole = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert kept == {name for name in whole if not name.startswith("representations/rep1/data/")}


def test_description_that_is_no_xml_is_a_finding(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    (package / "representations/rep1/metadata/descriptive/EAD_doc_2.xml").write_bytes(b"<simpledc><docId>")
    seal(package, Heading())
    (report,) = take_in(archive, package)
    assert report.status is IngestStatus.REFUSED
    assert "submission.description-broken" in errors(report)


def test_entities_are_never_resolved(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    evil = simpledc(CASE.items()).replace(
        b"<simpledc>", b'<!DOCTYPE simpledc [<!ENTITY x SYSTEM "file:///etc/passwd">]><simpledc>'
    )
    (package / "metadata/descriptive/EAD.xml").write_bytes(evil.replace("Hồ sơ".encode(), b"&x;"))
    seal(package, Heading())
    (report,) = take_in(archive, package)
    assert report.status is IngestStatus.REFUSED
    assert "root:" not in str(report)


def test_a_missing_description_of_the_case_file_is_named(archive: Archive, tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path / "sip")
    (package / "metadata/descriptive/EAD.xml").unlink()
    (report,) = take_in(archive, package)
    assert report.status is IngestStatus.REFUSED
    assert "submission.case-not-described" in errors(report)
    assert "metadata.case-not-described" not in errors(report)


@pytest.mark.parametrize("fonds", ["P_01", "Phông 1/ủy ban", ""])
def test_links_of_any_fonds_and_of_documents_with_several_files_pass(
    archive: Archive, tmp_path: Path, fonds: str
) -> None:
    item = SipDocument(
        elements=tuple(document_elements(CODE, 1).items()), files={"a.txt": b"mot", "phụ lục.txt": b"hai"}
    )
    one = {"totalDoc": "1", "numberOfPage": "1"}
    heading = Heading(fonds=fonds)
    (first,) = take_in(archive, make_sip_hoso(tmp_path / "one", described=[item], case=one, heading=heading))
    assert first.status is IngestStatus.ACCEPTED, errors(first)
    heading = Heading(objid="uuid-9F0E0D0C-0B0A-4908-8706-050403020100", fonds=fonds)
    linked = {"công văn 1.txt": f"{CODE}-1"}
    described = documents("H49.64.2024.2", 1)
    package = make_sip_hoso(
        tmp_path / "two", "H49.64.2024.2", described=described, heading=heading, linked=linked, case=one
    )
    (second,) = take_in(archive, package)
    assert second.status is IngestStatus.ACCEPTED, errors(second)
    container = max(container_paths(archive), key=lambda path: path.stat().st_mtime_ns)
    report = check_package(container)
    assert not {finding.code for finding in report.findings} & {"tt05.linked-form", "tt05.linked-fonds"}
    assert report.outcome is Outcome.PASSED, report.findings


def test_a_line_written_by_this_archive_is_found_again(archive: Archive, tmp_path: Path) -> None:
    from ingest.packages.links import LinkResolver
    from model.findings import FindingLog

    elements = document_elements(CODE, 1) | {"docId": "Văn bản 1%"}
    item = SipDocument(elements=tuple(elements.items()), files={"a.txt": b"mot", "b.txt": b"hai"})
    case = {"totalDoc": "1", "numberOfPage": "1"}
    take_in(archive, make_sip_hoso(tmp_path / "one", described=[item], case=case))
    resolver = LinkResolver(archive.catalogue.identifiers, "P01")
    log = FindingLog()
    once = resolver.rewritten("Văn bản 1%".encode(), "x.pdf.fetch.txt", log)
    assert once.count(b"\n") == 2
    assert resolver.rewritten(once, "x.pdf.fetch.txt", log) == once
    assert {finding.code for finding in log} == {"submission.link-made"}
