"""Fonds and agencies: entered, followed through mergers, and brought back by a rebuild."""

from datetime import date
from pathlib import Path

import pytest

from archive.archive import open_archive
from archive.catalogue.values import Fonds
from archive.registry.registry import put_agency, put_fonds, read_agencies
from ingest.rebuild import rebuild
from model.errors import InputError
from tests.fakes.archives import new_archive, take_in
from tests.fakes.casefiles import make_case_folder

MERGED = """code,name,valid_from,valid_to,successor
G04,Bộ Giao thông vận tải,,28/02/2025,G17
G17,Bộ Xây dựng,2025-03-01,,
"""


def test_merged_ministry_leads_to_its_successor(tmp_path: Path) -> None:
    path = tmp_path / "agencies.csv"
    path.write_text(MERGED, encoding="utf-8")
    with new_archive(tmp_path / "archive") as archive:
        for agency in read_agencies(path):
            put_agency(archive, agency)
        assert [agency.code for agency in archive.catalogue.successor_chain("G04")] == ["G04", "G17"]
        now = archive.catalogue.agency_at("G04", date(2026, 1, 1))
        assert now is not None
        assert now.code == "G17"


def test_vietnamese_titles_and_semicolons_are_read(tmp_path: Path) -> None:
    path = tmp_path / "agencies.csv"
    path.write_text("Mã;Tên cơ quan;Từ ngày\nH49;Ủy ban nhân dân tỉnh;01/07/2025\n", encoding="utf-8-sig")
    (agency,) = read_agencies(path)
    assert (agency.code, agency.valid_from) == ("H49", date(2025, 7, 1))


@pytest.mark.parametrize("text", ["", "name\nX\n", "code,name,valid_from\nA,B,31/02/2025\n", "code,name\nA\n"])
def test_unreadable_list_names_the_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "agencies.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        list(read_agencies(path))


def test_rebuild_brings_the_registry_back(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        take_in(archive, make_case_folder(tmp_path / "case"))
        assert archive.catalogue.get_fonds("P01") == Fonds(code="P01")
        put_fonds(archive, Fonds(code="P01", title="Phông Ủy ban nhân dân xã Bình An", agency_code="H49.64"))
        before = list(archive.catalogue.dump())
    for path in (tmp_path / "archive").glob("catalogue.sqlite*"):
        path.unlink()
    with open_archive(tmp_path / "archive", for_rebuild=True) as archive:
        rebuild(archive)
        assert list(archive.catalogue.dump()) == before
