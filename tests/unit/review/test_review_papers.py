"""The papers of a review: they say what its acts say."""

from pathlib import Path
from zipfile import ZipFile

import pikepdf
import pytest

from archive.archive import open_archive
from archive.review.council import appoint, minute, object_, vote
from archive.review.opening import Request, open_review
from archive.review.papers import write_papers
from archive.review.showing import next_step
from archive.review.values import Choice
from tests.fakes.reviews import CHAIR, MEMBER, SECRETARY, make_archive
from tests.fakes.terminal import Terminal


def words(path: Path) -> str:
    with ZipFile(path) as file:
        return file.read("word/document.xml").decode("utf-8")


def test_the_papers_of_a_council(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_archive(tmp_path, count=3)
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "token"))
    terminal = Terminal(tmp_path / "archive")
    with open_archive(tmp_path / "archive") as archive:
        review = open_review(archive, Request(title="Hồ sơ 2001-2003"), "kế hoạch năm")
        assert "Appoint the council" in next_step(archive, review)
        review = appoint(archive, review, (CHAIR, SECRETARY, [MEMBER]), "theo quyết định", ("3/QĐ", None))
        for login in (CHAIR, SECRETARY):
            assert terminal("login", login, "--password-file", tmp_path / "password.txt").code == 0
            review = vote(archive, review, Choice.DESTROY, [], f"ý của {login}")
        review = object_(archive, review, ["H49.2"], "còn giá trị lịch sử")
        review = minute(archive, review, "thống nhất")
        written = {path.name for path in write_papers(archive, review, tmp_path)}
    assert written == {
        *(f"danh-muc-het-gia-tri.{suffix}" for suffix in ("docx", "xlsx", "pdf")),
        *(f"ban-thuyet-minh.{suffix}" for suffix in ("docx", "pdf")),
        *(f"quyet-dinh-thanh-lap-hoi-dong.{suffix}" for suffix in ("docx", "pdf")),
        *(f"bien-ban-hop-hoi-dong.{suffix}" for suffix in ("docx", "pdf")),
    }
    minutes = words(tmp_path / "bien-ban-hop-hoi-dong.docx")
    for told in ("còn giá trị lịch sử", f"ý của {CHAIR}", "Đồng ý hủy", f"Vắng mặt: {MEMBER.title()}", "thống nhất"):
        assert told in minutes
    assert "Hết thời hạn lưu trữ (TT05-05 v1), đến hạn ngày 01/01/2024" in words(tmp_path / "danh-muc-het-gia-tri.docx")
    explained = words(tmp_path / "ban-thuyet-minh.docx")
    assert "kế hoạch năm" in explained
    assert "01/01/2001 - 31/12/2003" in explained
    assert "Hết thời hạn lưu trữ: 3 (ba) hồ sơ" in explained
    assert "Số: 3/QĐ" in words(tmp_path / "quyet-dinh-thanh-lap-hoi-dong.docx")
    for name in written:
        if name.endswith(".pdf"):
            with pikepdf.open(tmp_path / name) as pdf, pdf.open_metadata() as metadata:
                assert metadata["pdfaid:part"] == "2"
