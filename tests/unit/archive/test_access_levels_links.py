"""Who is given what: access levels, and the documents that links point to."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.access.certificate import Recipient
from archive.access.content import Taken, read_links
from archive.access.dip import export_dip
from archive.access.export import find_one
from archive.access.sip import SipRequest, export_sip
from archive.archive import Archive, database_url
from archive.catalogue.database import Database
from archive.catalogue.tables import case_files, documents, package_versions
from archive.catalogue.values import HeldCaseFile
from model.errors import PolicyError
from model.findings import Outcome
from preservation.package.check import check_package
from preservation.package.dip import AccessRequest
from tests.fakes.archives import new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.sip_packages import CASE, Heading, make_sip_hoso
from tests.fakes.sip_packages import documents as sip_documents

DATA = "representations/rep1/data"
LINKING = "H49.64.2024.2"
KNOWN = Recipient(name="Nguyễn Thị B", valid_days=30)
PURPOSE = AccessRequest(purpose="01", purpose_content="Nghiên cứu")
LINK = "quyết định 2.txt.fetch.txt"
PLACE = "quyết định 2.txt"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as opened:
        yield opened


def with_mode(archive: Archive, report_id: object, level: str, ordinal: int = 0) -> HeldCaseFile:
    """Return a case file that has, or whose document has, another access level: the intake lets no secret one in."""
    held = find_one(archive, str(report_id))
    change = sa.update(case_files).where(case_files.c.aip_id == held.aip_id).values(mode=level)
    if ordinal:
        version = sa.select(package_versions.c.id).where(package_versions.c.aip_id == held.aip_id)
        change = sa.update(documents).where(documents.c.version_id.in_(version), documents.c.ordinal == ordinal)
        change = change.values(mode=level)
    with open_database(archive).write() as connection:
        connection.execute(change)
    return find_one(archive, str(held.aip_id))


def open_database(archive: Archive) -> Database:
    return Database(database_url(archive.folder, archive.configuration.database))


@pytest.fixture
def case_file(archive: Archive, tmp_path: Path) -> object:
    (report,) = take_in(archive, make_case_folder(tmp_path / "in", "H49.64.2024.1"))
    return report.aip_id


# Levels


@pytest.mark.parametrize("ordinal", [0, 2])
def test_what_is_secret_is_given_to_nobody(archive: Archive, tmp_path: Path, case_file: object, ordinal: int) -> None:
    held = with_mode(archive, case_file, "03", ordinal)
    with pytest.raises(PolicyError, match="secret"):
        export_dip(archive, held, tmp_path / "out", PURPOSE, recipient=KNOWN)
    with pytest.raises(PolicyError, match="secret"):
        export_sip(archive, held, tmp_path / "out")
    if not ordinal:
        with pytest.raises(PolicyError, match="secret"):
            export_dip(archive, held, tmp_path / "out", PURPOSE, recipient=KNOWN, document=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ordinal", [0, 2])
def test_conditional_use_needs_who_and_what_for(
    archive: Archive, tmp_path: Path, case_file: object, ordinal: int
) -> None:
    held = with_mode(archive, case_file, "02", ordinal)
    for request, recipient in ((PURPOSE, None), (AccessRequest(), KNOWN), (None, None)):
        with pytest.raises(PolicyError, match="conditions"):
            export_dip(archive, held, tmp_path / "out", request, recipient=recipient)
    assert not (tmp_path / "out").exists()
    assert export_dip(archive, held, tmp_path / "out", PURPOSE, recipient=KNOWN).exists()
    assert export_sip(archive, held, tmp_path / "sip").exists()


def test_one_document_has_its_own_level(archive: Archive, tmp_path: Path, case_file: object) -> None:
    held = with_mode(archive, case_file, "02", 2)
    assert export_dip(archive, held, tmp_path / "out", document=1).exists()
    with pytest.raises(PolicyError, match="conditions"):
        export_dip(archive, held, tmp_path / "other", document=2)


# Links


@pytest.fixture
def linking(archive: Archive, tmp_path: Path) -> tuple[object, HeldCaseFile]:
    """Return a case file, and another one that names its second document."""
    (first,) = take_in(archive, make_sip_hoso(tmp_path / "one"))
    heading = Heading(objid="uuid-9F0E0D0C-0B0A-4908-8706-050403020100")
    package = make_sip_hoso(
        tmp_path / "two",
        LINKING,
        described=list(sip_documents(LINKING, 1)),
        heading=heading,
        linked={PLACE: f"{CASE['fileCode']}-2\n"},
        case={"totalDoc": "1", "numberOfPage": "1"},
    )
    (second,) = take_in(archive, package)
    assert second.aip_id is not None
    return first.aip_id, find_one(archive, str(second.aip_id))


def given(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder / DATA).as_posix(): path.read_bytes() for path in (folder / DATA).iterdir()}


@pytest.mark.parametrize("profile", ["vn-tt05", "eark"])
@pytest.mark.parametrize("kind", ["dip", "sip"])
def test_a_linked_document_takes_the_place_of_its_link(
    archive: Archive, tmp_path: Path, linking: tuple[object, HeldCaseFile], kind: str, profile: str
) -> None:
    _first, held = linking
    if kind == "dip":
        folder = export_dip(archive, held, tmp_path / "out", recipient=KNOWN)
    else:
        folder = export_sip(archive, held, tmp_path / "out", SipRequest(profile=profile, registration="DK"))
    content = (tmp_path / "one" / Heading().objid / DATA / "002 văn bản.txt").read_bytes()
    files = given(folder)
    assert sorted(files) == ["001 văn bản.txt", PLACE]
    assert files[PLACE] == content
    report = check_package(folder)
    assert report.outcome is Outcome.PASSED
    assert [item.code for item in report.findings if item.severity.value != "info"] == []
    hoso = json.loads((folder / "documentation/hoso.json").read_bytes())
    assert not any(name.endswith(".fetch.txt") for document in hoso["documents"] for name in document["files"])


@pytest.mark.parametrize("kind", ["dip", "sip"])
def test_a_link_stays_when_it_is_asked_for(
    archive: Archive, tmp_path: Path, linking: tuple[object, HeldCaseFile], kind: str
) -> None:
    _first, held = linking
    if kind == "dip":
        folder = export_dip(archive, held, tmp_path / "out", keep_links=True)
        assert given(folder)[LINK].startswith(b"urn_P01_")
    else:
        folder = export_sip(archive, held, tmp_path / "out", SipRequest(keep_links=True, registration="DK"))
        assert given(folder)[LINK] == f"{CASE['fileCode']}-2".encode()
    assert check_package(folder).outcome is Outcome.PASSED


@pytest.mark.parametrize(("level", "ordinal"), [("03", 0), ("03", 2), ("02", 2)])
def test_a_link_does_not_lead_to_what_is_not_public(
    archive: Archive, tmp_path: Path, linking: tuple[object, HeldCaseFile], level: str, ordinal: int
) -> None:
    first, held = linking
    with_mode(archive, first, level, ordinal)
    assert LINK in given(export_dip(archive, held, tmp_path / "dip"))
    sip = given(export_sip(archive, held, tmp_path / "sip"))
    assert (PLACE in sip) is (level == "02")


def test_a_link_does_not_lead_into_another_fonds(
    archive: Archive, tmp_path: Path, linking: tuple[object, HeldCaseFile]
) -> None:
    first, held = linking
    other = sa.update(case_files).where(case_files.c.aip_id == first).values(fonds_code="P02")
    with open_database(archive).write() as connection:
        connection.execute(other)
    assert LINK in given(export_sip(archive, held, tmp_path / "sip"))
    assert LINK in given(export_dip(archive, held, tmp_path / "dip"))


@pytest.mark.parametrize("taken", [PLACE, "Quyết định 2.TXT", f"{PLACE}/a.txt"])
def test_the_place_of_a_link_may_be_taken(taken: str) -> None:
    paths = Taken([LINK, taken])
    assert not paths.take([PLACE])
    assert paths.take(["b.txt", "b/c.txt"])
    assert not paths.take(["b.txt/x"])
    assert not paths.take([])


def test_hostile_links_are_read_in_no_time() -> None:
    package = "01970000-AAAA-7BBB-8CCC-0123456789AB"
    started = time.monotonic()
    for middle in (" 1 x" * 4_000, f"_{package}" * 400, " " * 16_000, " 1" * 8_000):
        read_links(f"urn_P01_{package}_x{middle}\ty".encode())
    assert time.monotonic() - started < 0.5
