"""`chauban audit …` and the traces that every other command leaves."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CODE
from tests.fakes.archives import flip_byte
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import pki
from tests.fakes.terminal import Terminal


@pytest.fixture
def used(fresh: Terminal, tmp_path: Path) -> Terminal:
    """An archive on which something was done."""
    make_case_folder(tmp_path / "batch" / "1", CODE)
    make_case_folder(tmp_path / "batch" / "2", "H49.64.2024.2", case={"totalDoc": 7})
    assert fresh("ingest", tmp_path / "batch").code == 3
    return fresh


def entries(terminal: Terminal, *words: object) -> list[dict[str, object]]:
    """Return what `audit show` says, oldest first."""
    said = terminal("audit", "show", *words, "--json")
    assert said.code == 0
    assert all(item["schema"] == "audit-entry/1" for item in said.objects)
    return said.objects[::-1]


def test_every_act_leaves_an_entry(used: Terminal, tmp_path: Path) -> None:
    refused = used("transfer", "list", "--state", "refused", "--json").objects[0]["id"]
    csv = tmp_path / "agencies.csv"
    csv.write_text("code,name\nH49,Sở Xây dựng\n", "utf-8")
    assert used("transfer", "resolve", refused, "--close", "--because", "trả lại đơn vị").code == 0
    assert used("export", CODE, "--to", tmp_path / "files").code == 0
    assert used("export", CODE, "--document", 1, "--to", "-").code == 0
    assert used("export", CODE, "--as", "dip", "--to", tmp_path / "dip", "--request-id", "R5").code == 0
    assert used("export", CODE, "--to", tmp_path / "files").code == 11
    assert used("verify", CODE).code == 0
    assert used("verify", "--all").code == 0
    assert used("fonds", "add", "P01", "--title", "Phông").code == 0
    assert used("agency", "import", csv).code == 0
    assert used("rebuild").code == 0
    told = [(item["action"], item["outcome"]) for item in entries(used)]
    assert told == [
        ("init", "done"),
        ("ingest", "accepted"),
        ("ingest", "refused"),
        ("resolve", "done"),
        ("export", "done"),
        ("export", "done"),
        ("export", "done"),
        ("export", "failed"),
        ("verify", "done"),
        ("verify", "done"),
        ("registry", "done"),
        ("registry", "done"),
        ("rebuild", "done"),
    ]
    exports = entries(used, "--action", "export")
    assert [item["details"] for item in exports[:3]] == [
        {"form": "files"},
        {"form": "stream", "document": 1},
        {"form": "dip", "purpose": "02", "request": "R5", "certificate": False},
    ]
    assert entries(used, "--action", "resolve")[0]["reason"] == "trả lại đơn vị"
    assert used("audit", "verify").code == 0


def test_reading_leaves_no_entry(used: Terminal) -> None:
    before = entries(used)
    for words in (("search", "duong"), ("show", CODE), ("transfer", "list"), ("doctor",), ("audit", "verify")):
        assert used(*words).code == 0
    assert entries(used) == before


def test_filters(used: Terminal) -> None:
    everything = entries(used)
    accepted = next(item for item in everything if item["outcome"] == "accepted")
    assert entries(used, "--object", accepted["object"]) == [accepted]
    assert len(entries(used, "--action", "ingest")) == 2
    assert entries(used, "--since", "2100-01-01") == []
    assert entries(used, "--since", "2020-01-01") == everything
    assert entries(used, "--limit", 1) == everything[-1:]
    text = used("audit", "show").out
    assert str(accepted["object"]) in text


def test_who_acts_can_be_said(used: Terminal, tmp_path: Path) -> None:
    assert used.run("verify", CODE, env={"CHAUBAN_ACTOR": "lưu trữ viên 7"}).code == 0
    newest = entries(used)[-1]
    assert newest["actor"] == "lưu trữ viên 7"
    assert newest["account"] != newest["actor"]


def test_acts_on_the_trust_folder_of_the_archive(used: Terminal, tmp_path: Path) -> None:
    certificate = tmp_path / "root.crt"
    certificate.write_bytes(pki().certificate("root-gov"))
    assert used("trust", "add", certificate, "--because", "thử").code == 0
    newest = entries(used)[-1]
    assert (newest["action"], newest["details"], newest["reason"]) == ("trust", {"what": "add"}, "thử")
    before = entries(used)
    assert used("trust", "add", certificate, "--trust", tmp_path / "other").code == 0
    assert entries(used) == before


def test_a_tampered_log_is_damage_in_custody(used: Terminal) -> None:
    store = Path(str(used.archive)) / "store"
    path = sorted((store / "audit" / "segments").iterdir())[1]
    flip_byte(path)
    said = used("audit", "verify", "--json")
    assert said.code == 12
    assert said.objects[0]["outcome"] == "FAILED"
    assert said.objects[0]["findings"]
    assert used("audit", "show").code == 12


def test_heads_and_proofs(used: Terminal, tmp_path: Path) -> None:
    one, two, proof = tmp_path / "one.json", tmp_path / "two.json", tmp_path / "proof.json"
    assert used("audit", "head", "--to", one).code == 0
    assert used("audit", "head", "--to", one).code == 11
    assert used("verify", CODE).code == 0
    said = used("audit", "head", "--to", two, "--json")
    assert said.objects[0]["schema"] == "chauban-audit-head/1"
    assert used("audit", "verify", "--head", one, "--head", two).code == 0
    assert used("audit", "prove", "--from", one, "--to", two, "--out", proof).code == 0
    offline = Terminal(tmp_path / "nowhere")
    assert offline("audit", "check-proof", proof).code == 0
    data = json.loads(proof.read_bytes())
    data["from"]["root"] = "00" * 32
    proof.write_text(json.dumps(data))
    said = offline("audit", "check-proof", proof, "--json")
    assert (said.code, said.objects[0]["outcome"]) == (3, "FAILED")
    assert used("audit", "prove", "--from", two, "--to", one, "--out", tmp_path / "x").code == 17
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps({**json.loads(one.read_bytes()), "root": "00" * 32}))
    assert used("audit", "verify", "--head", forged).code == 12
    assert used("audit", "prove", "--from", forged, "--out", tmp_path / "x").code == 12


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_head_is_said_to_be_none(used: Terminal, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "head.json"
    path.write_bytes(content)
    assert used("audit", "verify", "--head", path).code == 17
    assert used("audit", "check-proof", path).code == 17
    assert used("audit", "verify", "--head", tmp_path / "absent").code == 10


def test_damage_is_told_even_where_it_cannot_be_recorded(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "archive")
    assert terminal("init", tmp_path / "archive", "--store", "a", "--store", "b").code == 0
    make_case_folder(tmp_path / "case", CODE)
    assert terminal("ingest", tmp_path / "case").code == 0
    (tmp_path / "archive" / "b").rename(tmp_path / "archive" / "away")
    assert terminal("verify", CODE).code == 12
    (tmp_path / "archive" / "away").rename(tmp_path / "archive" / "b")
    assert terminal("verify", CODE).code == 0
    assert [item["outcome"] for item in entries(terminal, "--action", "verify")] == ["damage", "done"]
