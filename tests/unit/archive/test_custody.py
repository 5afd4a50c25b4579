"""What is held is verified, repaired, given back and rebuilt."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.access.export import export_container, export_document, export_files, find_one, stream_document
from archive.archive import Archive, open_archive
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.values import TransferQuery
from archive.fixity import verify_version
from ingest.rebuild import rebuild
from ingest.transfers import close_transfer
from model.errors import ConflictError, IntegrityError, NotFoundError
from model.findings import Outcome, ValidationReport
from tests.fakes.archives import container_paths, find, flip_byte, new_archive, take_in
from tests.fakes.casefiles import make_case_folder


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive", stores=("a", "b")) as opened:
        take_in(opened, make_case_folder(tmp_path / "one", "H49.64.2024.1"))
        yield opened


def all_codes(reports: list[ValidationReport]) -> set[str]:
    return {finding.code for report in reports for finding in report.findings}


def verify(archive: Archive, **settings: bool) -> list[ValidationReport]:
    return list(verify_all(archive, CampaignSettings(**settings)))


def test_nothing_held_is_not_passed(tmp_path: Path) -> None:
    with new_archive(tmp_path / "empty") as archive:
        (report,) = verify(archive)
    assert report.outcome is Outcome.INDETERMINATE


def test_whole_archive_passes_and_says_how_much(archive: Archive) -> None:
    (report,) = verify(archive)
    assert report.outcome is Outcome.PASSED
    assert report.findings[0].args == (("done", "1"),)


def test_changed_byte_is_named_by_copy_and_file_and_repaired(archive: Archive) -> None:
    damaged = container_paths(archive, "b")[0]
    content = damaged.read_bytes()
    flip_byte(damaged, content.index("Nội dung văn bản số 1".encode()))
    reports = verify(archive)
    assert "custody.copy-changed" in all_codes(reports)
    places = [finding.location for report in reports for finding in report.findings]
    assert any(place.startswith("b:") for place in places)
    assert not any(place.startswith("a:") for place in places)
    assert any("001" in place for place in places), places
    repaired = verify(archive, repair=True)
    assert "custody.copy-repaired" in all_codes(repaired)
    assert damaged.read_bytes() == content
    assert all_codes(verify(archive)) == {"custody.verified"}
    held = archive.catalogue.find_case_by_code("H49.64.2024.1")[0]
    types = {event.type.value for event in archive.catalogue.events(held.aip_id)}
    assert {"fixity check", "recovery"} <= types


def test_missing_copy_is_named_and_repaired(archive: Archive) -> None:
    missing = container_paths(archive, "b")[0]
    missing.unlink()
    assert "custody.copy-missing" in all_codes(verify(archive))
    verify(archive, repair=True)
    assert missing.exists()
    assert all_codes(verify(archive)) == {"custody.verified"}


def test_missing_digest_file_is_named_and_repaired(archive: Archive) -> None:
    path = next((archive.folder / "b").rglob("*.sha256"))
    content = path.read_bytes()
    path.unlink()
    assert "custody.digest-file-missing" in all_codes(verify(archive))
    verify(archive, repair=True)
    assert path.read_bytes() == content


def test_damage_in_every_copy_is_not_repaired_away(archive: Archive) -> None:
    for store in ("a", "b"):
        flip_byte(container_paths(archive, store)[0])
    reports = verify(archive, repair=True)
    assert "custody.copy-unrepairable" in all_codes(reports)
    assert any(report.outcome is Outcome.FAILED for report in reports)


def test_surplus_object_is_named(archive: Archive) -> None:
    stray = archive.folder / "a" / "aips" / "00" / "00" / "stray.tar"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"who put me here")
    assert "custody.surplus" in all_codes(verify(archive))


def test_interrupted_campaign_goes_on_where_it_stopped(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(archive, make_case_folder(tmp_path / "two", "H49.64.2024.2"))
    monkeypatch.setattr("archive.campaign.PART", 1)
    flip_byte(container_paths(archive, "b")[0])
    flip_byte(container_paths(archive, "b")[1])
    first = verify_all(archive, CampaignSettings())
    seen = next(first).subject
    # the first part is written down only when the generator goes on: interrupted here, it is checked again
    first.close()
    again = [report.subject for report in verify(archive)]
    assert seen in again
    running = verify_all(archive, CampaignSettings())
    next(running)
    second = next(running).subject
    running.close()
    resumed = [report.subject for report in verify(archive) if report.type != "archive"]
    assert resumed == [second]


def test_document_is_streamed_from_inside_the_container(archive: Archive, tmp_path: Path) -> None:
    held = find_one(archive, "H49.64.2024.1")
    stream = io.BytesIO()
    stream_document(archive, held, 1, stream)
    assert stream.getvalue() == (tmp_path / "one" / "001 văn bản.txt").read_bytes()
    (path,) = export_document(archive, held, 2, tmp_path / "out.xml")
    assert path.read_bytes() == (tmp_path / "one" / "002 phụ lục.xml").read_bytes()
    with pytest.raises(ConflictError):
        export_document(archive, held, 2, tmp_path / "out.xml")
    with pytest.raises(NotFoundError):
        export_document(archive, held, 99, tmp_path / "other")


def test_damaged_document_is_not_given_out(archive: Archive, tmp_path: Path) -> None:
    for store in ("a", "b"):
        path = container_paths(archive, store)[0]
        flip_byte(path, path.read_bytes().index("Nội dung văn bản số 1".encode()))
    with pytest.raises(IntegrityError):
        export_document(archive, find_one(archive, "H49.64.2024.1"), 1, tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_document_is_given_out_from_the_copy_that_is_whole(archive: Archive, tmp_path: Path) -> None:
    path = container_paths(archive, "a")[0]
    flip_byte(path, path.read_bytes().index("Nội dung văn bản số 1".encode()))
    (written,) = export_document(archive, find_one(archive, "H49.64.2024.1"), 1, tmp_path / "out.txt")
    assert written.read_bytes() == (tmp_path / "one" / "001 văn bản.txt").read_bytes()


def test_package_whose_text_is_damaged_stays_findable(archive: Archive) -> None:
    for store in ("a", "b"):
        path = container_paths(archive, store)[0]
        version = archive.catalogue.iter_versions(None, 1)[0]
        flip_byte(path, version.text_offset + version.text_size // 2)
    assert find(archive, "sửa đường").total > 0


def test_files_and_container_are_given_out(archive: Archive, tmp_path: Path) -> None:
    held = find_one(archive, "H49.64.2024.1")
    assert export_files(archive, held, tmp_path / "files") == 3
    given = {path.read_bytes() for path in (tmp_path / "files" / "data").iterdir()}
    assert given == {path.read_bytes() for path in (tmp_path / "one").iterdir() if path.name != "hoso.json"}
    path = export_container(archive, held, tmp_path / "package.tar")
    assert path.read_bytes() == container_paths(archive)[0].read_bytes()


def test_catalogue_rebuilt_from_the_stores_alone_is_equal(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, make_case_folder(tmp_path / "two", "H49.64.2024.2", documents=6), profile="eark")
    take_in(archive, make_case_folder(tmp_path / "one-again", "H49.64.2024.1"))
    (refused,) = take_in(archive, make_case_folder(tmp_path / "bad", "H49.64.2024.3", case={"title": ""}))
    take_in(archive, make_case_folder(tmp_path / "secret", "H49.64.2024.4", case={"mode": "03"}))
    transfer = archive.catalogue.get_transfer(refused.transfer_id)
    assert transfer is not None
    close_transfer(archive, transfer, "trả lại nơi nộp")
    verify_version(archive, archive.catalogue.iter_versions(None, 1)[0])
    before = list(archive.catalogue.dump())
    transfers = len(archive.catalogue.list_transfers(TransferQuery(limit=100)))
    archive.catalogue.close()
    for path in archive.folder.glob("catalogue.sqlite*"):
        path.unlink()
    shutil.rmtree(archive.folder / "work")
    with open_archive(archive.folder, for_rebuild=True) as opened:
        rebuilt = rebuild(opened)
        assert rebuilt.problems == ()
        assert rebuilt.packages == 2
        after = list(opened.catalogue.dump())
        assert len(opened.catalogue.list_transfers(TransferQuery(limit=100))) == transfers
        assert find(opened, "kinh phí").total > 0
        assert all_codes(verify(opened)) == {"custody.verified"}
    assert after == before


def test_interrupted_rebuild_is_noticed(archive: Archive) -> None:
    archive.catalogue.put_setting("rebuilding", "1")
    with pytest.raises(ConflictError), open_archive(archive.folder):
        pass


def test_journal_missing_from_one_copy_is_named_and_brought_back(archive: Archive) -> None:
    path = next((archive.folder / "b").rglob("journal/*.json"))
    content = path.read_bytes()
    path.unlink()
    assert "custody.object-missing" in all_codes(verify(archive))
    assert "custody.object-restored" in all_codes(verify(archive, repair=True))
    assert path.read_bytes() == content
    assert all_codes(verify(archive)) == {"custody.verified"}


def test_copies_that_differ_are_named(archive: Archive) -> None:
    flip_byte(next((archive.folder / "b").rglob("journal/*.json")))
    assert "custody.object-differs" in all_codes(verify(archive))


def test_empty_copy_added_later_is_filled_by_repair(archive: Archive) -> None:
    for path in sorted((archive.folder / "b").rglob("*"), reverse=True):
        if path.name == "chauban-store.json":
            continue
        path.unlink() if path.is_file() else path.rmdir()
    verify(archive, repair=True)
    assert all_codes(verify(archive, deep=True)) == {"custody.verified"}


def test_catalogue_is_rebuilt_over_an_existing_one(archive: Archive) -> None:
    before = list(archive.catalogue.dump())
    archive.catalogue.close()
    with open_archive(archive.folder, for_rebuild=True) as opened:
        assert rebuild(opened).packages == 1
        assert list(opened.catalogue.dump()) == before
