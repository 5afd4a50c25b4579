"""`chauban retention review …`: one review from the due list to its dossier, and every step that is forbidden."""

import json
import sqlite3
from pathlib import Path

import pikepdf
import pytest

from tests.fakes.reviews import (
    APPROVER,
    CHAIR,
    COUNCIL,
    MEMBER,
    OFFICER,
    SECRETARY,
    WHY,
    Office,
    appraise,
    approve,
    confirm,
    make_archive,
    make_office,
    opened_review,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive made once."""
    folder = tmp_path_factory.mktemp("office")
    make_archive(folder)
    return folder


@pytest.fixture
def office(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Four case files that are due, one that is not, and five people."""
    return make_office(made, tmp_path, monkeypatch)


def refused(office: Office, login: str, verb: str, *words: object, code: int = 15) -> str:
    """Run a step that is forbidden; it changes nothing."""
    before = office.show(), office.items()
    said = office.review(login, verb, *words)
    assert said.code == code, (said.code, said.out, said.err)
    assert (office.show(), office.items()) == before
    return said.err


def lose_catalogue(office: Office) -> None:
    """Delete the catalogue and make it again."""
    for path in (office.folder / "archive").glob("catalogue.sqlite*"):
        path.unlink()
    assert office.terminal("rebuild").code == 0


def hold(office: Office, code: str) -> None:
    """Place a hold on a case file."""
    words = ("retention", "hold", "place", "--title", "Vụ án", "--mandate", "Tòa án", "--record", code, *WHY)
    assert office.by(OFFICER, *words).code == 0


def test_a_review_from_the_due_list_to_the_dossier(office: Office, tmp_path: Path) -> None:
    office.until("voted")
    office.done(MEMBER, "object", "--case", "H49.2")
    for login in (CHAIR, SECRETARY):
        office.done(login, "vote", "--keep", "--case", "H49.3")
    assert office.items() == {"H49.1": "listed", "H49.2": "objected", "H49.3": "listed", "H49.4": "listed"}
    office.done(SECRETARY, "minutes")
    assert office.items() == {"H49.1": "listed", "H49.2": "objected", "H49.3": "kept", "H49.4": "listed"}
    appraise(office)
    approve(office)
    assert office.show()["phrase"] == f"HỦY {office.number} / 2 HỒ SƠ"
    confirm(office)
    office.wait(days=3, minutes=1)
    assert office.review(OFFICER, "execute", "--dry-run").code == 0
    assert office.by(OFFICER, "show", "H49.1").code == 0
    office.done(OFFICER, "execute")
    shown = office.show()
    assert shown["state"] == "closed"
    assert office.items() == {"H49.1": "destroyed", "H49.2": "objected", "H49.3": "kept", "H49.4": "destroyed"}
    assert office.review(OFFICER, "certificate", "--to", tmp_path / "papers", because=False).code == 0
    with pikepdf.open(tmp_path / "papers" / "giay-chung-nhan-huy.pdf") as pdf:
        assert len(pdf.pages) >= 1
    said = office.by(OFFICER, "show", str(shown["dossier"]))
    assert f"Hồ sơ hủy số {office.number}" in said.out
    assert office.review(OFFICER, "dossier", because=False).code == 0, "done already"
    lose_catalogue(office)
    assert office.show() == shown
    assert office.items() == {"H49.1": "destroyed", "H49.2": "objected", "H49.3": "kept", "H49.4": "destroyed"}


def test_what_is_held_or_in_another_review_is_listed_apart(office: Office) -> None:
    hold(office, "H49.1")
    dry = office.by(OFFICER, "retention", "review", "open", "--title", "x", "--dry-run", *WHY)
    assert "held, not proposed  H49.1" in dry.out
    assert office.by(OFFICER, "retention", "review", "list", "--json").objects == []
    opened_review(office)
    assert office.items() == {"H49.1": "held", "H49.2": "listed", "H49.3": "listed", "H49.4": "listed"}
    open_ = ("retention", "review", "open", "--title", "lần hai", *WHY)
    said = office.by(OFFICER, *open_)
    assert said.code == 15
    assert "3 are in another open review" in said.err
    assert office.by(OFFICER, *open_, "--by", office.day(1)).code == 15
    office.done(APPROVER, "reject")
    again = office.by(OFFICER, *open_)
    assert again.code == 0
    assert again.out.split()[0].endswith("-002")


def test_every_step_needs_its_role_its_person_and_its_turn(office: Office) -> None:
    open_ = ("retention", "review", "open", "--title", "Một", *WHY)
    for login in (CHAIR, APPROVER):
        assert office.by(login, *open_).code == 15
    office.until("draft")
    refused(office, CHAIR, "vote", "--destroy", "--all")
    refused(office, SECRETARY, "minutes")
    refused(office, APPROVER, "approve", "--decision", "1", "--date", office.day())
    refused(office, CHAIR, "appoint", *COUNCIL)
    refused(office, OFFICER, "appoint", "--chair", CHAIR, "--secretary", CHAIR, "--member", MEMBER)
    refused(office, OFFICER, "appoint", "--chair", CHAIR, "--secretary", SECRETARY, "--member", APPROVER)
    office.done(OFFICER, "appoint", *COUNCIL)
    refused(office, OFFICER, "vote", "--destroy", "--all")
    office.done(CHAIR, "vote", "--destroy", "--all")
    assert "no majority" in refused(office, SECRETARY, "minutes")
    for login in (SECRETARY, MEMBER):
        office.done(login, "vote", "--destroy", "--all")
    refused(office, MEMBER, "minutes")
    refused(office, CHAIR, "vote", "--keep", "--case", "H49.young", code=10)
    office.done(SECRETARY, "minutes")
    refused(office, CHAIR, "vote", "--keep", "--all")
    refused(office, APPROVER, "approve", "--decision", "1", "--date", office.day())
    appraise(office)
    refused(office, OFFICER, "approve", "--decision", "1", "--date", office.day())
    refused(office, APPROVER, "approve", "--decision", "1", "--date", office.day(1))
    refused(office, APPROVER, "approve", "--decision", "1", "--date", office.day(-20))
    refused(office, OFFICER, "confirm", "--phrase", "HỦY")
    approve(office)
    phrase = office.show()["phrase"]
    refused(office, APPROVER, "confirm", "--phrase", phrase)
    refused(office, OFFICER, "confirm", "--phrase", str(phrase).replace("4", "5"))
    refused(office, OFFICER, "execute")
    confirm(office)
    assert "cooling-off" in refused(office, OFFICER, "execute")
    assert office.review(OFFICER, "certificate", "--to", office.folder / "no", because=False).code == 15
    office.wait(days=16)
    assert "new decision" in refused(office, OFFICER, "execute")
    approve(office)
    assert office.show()["state"] == "approved"


def test_one_person_with_every_role_stands_on_one_side_only(office: Office) -> None:
    every = [word for role in ("records-officer", "council-member", "approver") for word in ("--role", role)]
    for login in (OFFICER, CHAIR, APPROVER):
        assert office.by(OFFICER, "user", "role", login, "--role", "administrator", *every, *WHY).code == 0
    office.until("draft")
    refused(office, OFFICER, "appoint", "--chair", OFFICER, "--secretary", SECRETARY, "--member", MEMBER)
    office.done(OFFICER, "appoint", *COUNCIL)
    for login in (CHAIR, SECRETARY, MEMBER):
        office.done(login, "vote", "--destroy", "--all")
    office.done(SECRETARY, "minutes")
    appraise(office)
    for login in (OFFICER, CHAIR):
        assert "other side" in refused(office, login, "approve", "--decision", "1", "--date", office.day())
        refused(office, login, "reject")
    approve(office)
    refused(office, APPROVER, "confirm", "--phrase", office.show()["phrase"])


def test_holds_objections_and_extensions_after_the_confirmation_win(office: Office) -> None:
    office.until("confirmed")
    hold(office, "H49.1")
    office.done(CHAIR, "object", "--case", "H49.2")
    refused(office, CHAIR, "object", "--case", "H49.2")
    refused(office, OFFICER, "extend", "--case", "H49.3", "--schedule", "không có", code=10)
    office.done(OFFICER, "extend", "--case", "H49.3", "--schedule", "TT05-02")
    office.wait(days=3, minutes=1)
    office.done(OFFICER, "execute")
    assert office.items() == {"H49.1": "refused", "H49.2": "objected", "H49.3": "extended", "H49.4": "destroyed"}
    refused(office, CHAIR, "object", "--case", "H49.4")
    told = office.by(OFFICER, "retention", "explain", "H49.3", "--json").objects[0]
    assert (told["schedule"], told["state"]) == ("TT05-02", "running")


def test_an_objection_during_the_execution_stops_its_case_file(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever objects while records are destroyed one by one is heard before the next."""
    from archive.disposal import testing

    office.until("cooled")
    real, marked, last = testing.mark, [0], list(office.items())[-1]

    def marking(*arguments: object, **options: object) -> object:
        found = real(*arguments, **options)  # type: ignore[arg-type]  # handed through
        marked[0] += 1
        if marked[0] == 1:
            said = office.review(CHAIR, "object", "--case", last)
            assert said.code == 0, said.err
            office.use_token(office.folder / f"token-{OFFICER}")
        return found

    monkeypatch.setattr("archive.disposal.execution.mark", marking)
    office.done(OFFICER, "execute")
    assert list(office.items().values()) == ["destroyed", "destroyed", "destroyed", "objected"]
    assert office.by(OFFICER, "export", last, "--to", office.folder / "out").code == 0


def test_an_act_that_was_killed_before_the_catalogue_knew_it_counts(office: Office) -> None:
    office.until("cooled")
    office.done(CHAIR, "object", "--case", "H49.1")
    with sqlite3.connect(office.folder / "archive" / "catalogue.sqlite") as database:
        database.execute("DELETE FROM review_acts WHERE seq = (SELECT max(seq) FROM review_acts)")
        database.execute("UPDATE review_items SET state = 'listed', note = ''")
    office.done(OFFICER, "execute")
    assert office.items()["H49.1"] == "objected"
    assert office.by(OFFICER, "show", "H49.1", "--json").code == 0


def test_a_catalogue_that_says_something_else_than_the_stores_stops_everything(office: Office) -> None:
    office.until("cooled")
    with sqlite3.connect(office.folder / "archive" / "catalogue.sqlite") as database:
        seq, content = database.execute("SELECT seq, content FROM review_acts ORDER BY seq DESC LIMIT 1").fetchone()
        changed = json.dumps(json.loads(content) | {"because": "khác"}, ensure_ascii=False, sort_keys=True)
        database.execute("UPDATE review_acts SET content = ? WHERE seq = ?", (changed, seq))
    assert "disagree" in refused(office, OFFICER, "execute", code=12)
    assert office.by(OFFICER, "show", "H49.1").code == 0


def test_duplicates_are_named(office: Office) -> None:
    said = office.by(OFFICER, "retention", "review", "open", "--title", "x", "--duplicates", "--dry-run", *WHY)
    assert said.code == 0
    assert said.out.count("proposed") == 4
