"""`chauban retention review …`: one review from the due list to its dossier, and every step that is forbidden."""

from pathlib import Path

import pytest

from tests.fakes.reviews import APPROVER, CHAIR, MEMBER, OFFICER, SECRETARY, WHY, Office, make_office
from tests.fakes.terminal import Terminal


@pytest.fixture
def office(fresh: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Four case files that are due, one that is not, and five people."""
    return make_office(fresh, tmp_path, monkeypatch)


def test_a_review_from_the_due_list_to_the_dossier(office: Office, tmp_path: Path) -> None:
    office.until("voted")
    office.done(MEMBER, "object", "--case", "H49.2")
    office.done(CHAIR, "vote", "--keep", "--case", "H49.3")
    office.done(SECRETARY, "vote", "--keep", "--case", "H49.3")
    assert office.items() == {"H49.1": "listed", "H49.2": "objected", "H49.3": "listed", "H49.4": "listed"}
    office.done(SECRETARY, "minutes")
    assert office.items() == {"H49.1": "listed", "H49.2": "objected", "H49.3": "kept", "H49.4": "listed"}
    from tests.fakes.reviews import _appraise, _approve, _confirm

    _appraise(office)
    _approve(office)
    assert office.show()["phrase"] == f"HỦY {office.number} / 2 HỒ SƠ"
    _confirm(office)
    office.wait(days=3, minutes=1)
    office.done(OFFICER, "execute")
    shown = office.show()
    assert shown["state"] == "closed"
    assert office.items() == {"H49.1": "destroyed", "H49.2": "objected", "H49.3": "kept", "H49.4": "destroyed"}
    assert office.review(OFFICER, "certificate", "--to", tmp_path / "papers", because=False).code == 0
    assert {path.name for path in (tmp_path / "papers").iterdir()} >= {
        "danh-muc-het-gia-tri.xlsx",
        "giay-chung-nhan-huy.pdf",
        "bien-ban-huy.docx",
    }
    said = office.by(OFFICER, "show", str(shown["dossier"]))
    assert said.code == 0
    assert f"Hồ sơ hủy số {office.number}" in said.out
