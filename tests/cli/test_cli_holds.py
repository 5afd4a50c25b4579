"""`chauban retention hold …`."""

from pathlib import Path

import pytest

from archive.archive import open_archive
from archive.pending import complete_pending, put_everywhere
from archive.retention.holding import refresh_queries, restore_holds
from model.errors import ConflictError, IntegrityError
from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import Terminal

PASSWORD = "châu bản triều Nguyễn"
MANDATE = ("--mandate", "Công văn số 5/TA", "--because", "theo yêu cầu")


@pytest.fixture
def officer(fresh: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An archive with two case files, and a records officer who is logged in."""
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "token"))
    secret = tmp_path / "password.txt"
    secret.write_text(PASSWORD, "utf-8")
    roles = ("--role", "administrator", "--role", "records-officer")
    assert fresh("user", "add", "lan", "--name", "Lan", *roles, "--password-file", secret).code == 0
    make_case_folder(tmp_path / "batch" / "1", "H49.1", case={"title": "Hồ sơ cầu Đông Trù", "fondsCode": "P01"})
    make_case_folder(tmp_path / "batch" / "2", "H49.2", case={"title": "Hồ sơ đường Láng", "fondsCode": "P02"})
    assert fresh("ingest", tmp_path / "batch").code == 0
    assert fresh("login", "lan", "--password-file", secret).code == 0
    return fresh


def on(terminal: Terminal, code: str) -> list[str]:
    return [item["title"] for item in terminal("retention", "hold", "list", "--on", code, "--json").objects]


def test_only_a_records_officer_places_a_hold(fresh: Terminal) -> None:
    refused = fresh("retention", "hold", "place", "--title", "Án", "--fonds", "P01", *MANDATE)
    assert refused.code == 15
    assert "records officer" in refused.err


def test_a_hold_is_placed_found_and_lifted(officer: Terminal) -> None:
    place = ("retention", "hold", "place")
    assert officer(*place, "--title", "Một", "--record", "H49.1", *MANDATE).code == 0
    assert officer(*place, "--title", "Hai", "--query", '"đường Láng"', *MANDATE).code == 0
    assert officer(*place, "--title", "Ba", "--fonds", "P02", *MANDATE).code == 0
    assert on(officer, "H49.1") == ["Một"]
    assert sorted(on(officer, "H49.2")) == ["Ba", "Hai"]
    found = officer("retention", "hold", "list", "--json").objects
    assert [(item["schema"], item["title"], item["lifting"]) for item in found] == [
        ("hold/1", "Một", None),
        ("hold/1", "Hai", None),
        ("hold/1", "Ba", None),
    ]
    assert officer("retention", "hold", "lift", found[0]["id"], "--because", "xong").code == 0
    assert officer("retention", "hold", "lift", found[0]["id"], "--because", "xong").code == 15
    assert on(officer, "H49.1") == []
    assert len(officer("retention", "hold", "list", "--lifted", "--json").objects) == 3
    assert "Mandate: Công văn số 5/TA" in officer("retention", "hold", "list").out
    assert officer("retention", "hold", "lift", "0000", "--because", "x").code == 10


@pytest.mark.parametrize("scope", [(), ("--fonds", " "), ("--query", "")])
def test_a_hold_on_nothing_is_refused(officer: Terminal, scope: tuple[str, ...]) -> None:
    assert officer("retention", "hold", "place", "--title", "Một", *scope, *MANDATE).code == 17
    assert officer("retention", "hold", "list", "--lifted").out == ""


def test_a_query_also_covers_what_is_taken_in_later(officer: Terminal, tmp_path: Path) -> None:
    officer("retention", "hold", "place", "--title", "Hai", "--query", "đường", *MANDATE)
    make_case_folder(tmp_path / "later", "H49.3", case={"title": "Hồ sơ đường Bưởi"})
    assert officer("ingest", tmp_path / "later").code == 0
    with open_archive(tmp_path / "archive") as archive:
        refresh_queries(archive)
    assert on(officer, "H49.3") == ["Hai"]


def test_holds_survive_the_loss_of_the_catalogue(officer: Terminal, tmp_path: Path) -> None:
    place = ("retention", "hold", "place")
    officer(*place, "--title", "Một", "--record", "H49.1", *MANDATE)
    officer(*place, "--title", "Hai", "--fonds", "P01", *MANDATE)
    lifted = officer("retention", "hold", "list", "--json").objects[1]["id"]
    officer("retention", "hold", "lift", lifted, "--because", "xong")
    before = officer("retention", "hold", "list", "--lifted", "--json").objects
    for path in (tmp_path / "archive").glob("catalogue.sqlite*"):
        path.unlink()
    assert officer("rebuild").code == 0
    assert officer("retention", "hold", "list", "--lifted", "--json").objects == before
    assert on(officer, "H49.1") == ["Một"]


def test_a_hold_lifted_before_the_database_came_back_from_a_backup_is_lifted(officer: Terminal, tmp_path: Path) -> None:
    database = tmp_path / "archive" / "catalogue.sqlite"
    assert officer("retention", "hold", "place", "--title", "Một", "--record", "H49.1", *MANDATE).code == 0
    (hold,) = officer("retention", "hold", "list", "--json").objects
    backup = database.read_bytes()
    lift = ("retention", "hold", "lift", hold["id"], "--because")
    assert officer(*lift, " ").code == 17
    assert officer(*lift, "xong").code == 0
    for path in tmp_path.glob("archive/catalogue.sqlite*"):
        path.unlink()
    database.write_bytes(backup)
    assert on(officer, "H49.1") == ["Một"]
    assert officer(*lift, "lần hai").code == 15
    assert on(officer, "H49.1") == []
    assert list((tmp_path / "archive" / "work").glob("pending-*")) == []


def test_what_another_one_wrote_first_does_not_stop_the_next_ingest(officer: Terminal, tmp_path: Path) -> None:
    with open_archive(tmp_path / "archive") as archive:
        put_everywhere(archive, "holds/x", "one")
        with pytest.raises(ConflictError):
            put_everywhere(archive, "holds/x", "two")
        put_everywhere(archive, "holds/x", "one")
        (archive.work / "pending-1.json").write_text('{"key": "holds/x", "content": "three"}')
        complete_pending(archive)
        assert list(archive.work.glob("pending-*")) == []


def test_a_hold_that_cannot_be_read_stops_everything(officer: Terminal, tmp_path: Path) -> None:
    assert officer("retention", "hold", "place", "--title", "Một", "--record", "H49.1", *MANDATE).code == 0
    for path in tmp_path.rglob("placed.json"):
        path.chmod(0o600)
        path.write_text("[")
    with open_archive(tmp_path / "archive") as archive, pytest.raises(IntegrityError):
        restore_holds(archive)
