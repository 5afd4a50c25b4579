"""`chauban evidence seal|verify|export`, and where the seal of a package is shown."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import one_examiner
from tests.fakes.pki import PkiServer, serve
from tests.fakes.sealed_archives import Tsa, configure, make_archive
from tests.fakes.terminal import Terminal

CODE, OTHER = "H49.64.2024.1", "H49.64.2024.2"


class Running(NamedTuple):
    """An archive on the command line, and the authority it asks."""

    terminal: Terminal
    folder: Path
    server: PkiServer


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two case files held, sealed by the end of their ingest."""
    now = datetime.now(UTC)
    base = tmp_path_factory.mktemp("evidence")
    with serve(now) as server, one_examiner():
        authorities = Tsa("a", server.tsa()), Tsa("b", server.own_tsa("tsa-ec"), "sha3-512")
        folder = make_archive(base / "archive", server, *authorities, seal="ingest", at=now)
        for number, code in enumerate((CODE, OTHER)):
            make_case_folder(base / "cases" / str(number), code)
        terminal = Terminal(folder)
        result = terminal("ingest", base / "cases")
        assert result.code == 0
        assert result.err.count("2 packages sealed under one timestamp") == 2
        yield Running(terminal, folder, server)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_nothing_waits_after_it(running: Running) -> None:
    result = running.terminal("evidence", "seal")
    assert (result.code, result.out) == (0, "")
    assert "Nothing waits" in result.err


def test_show_says_since_when_and_by_whom(running: Running) -> None:
    shown = running.terminal("show", CODE)
    assert shown.out.count("Sealed since ") == 2
    assert "Sông Hồng TSA (thử nghiệm) (a, sha256, 2 packages under one timestamp)" in shown.out
    assert "evidence record creation: success" in shown.out
    (data,) = lines(running.terminal("show", CODE, "--json").out)
    assert [(item["authority"], item["packages"]) for item in data["evidence"]] == [("a", 2), ("b", 2)]  # type: ignore[attr-defined] # JSON


def test_search_says_it_of_every_hit(running: Running) -> None:
    assert "sealed since " in running.terminal("search", "đường").out
    hits = lines(running.terminal("search", "đường", "--json").out)[1:]
    assert hits
    assert all(hit["sealed"]["by"] for hit in hits)  # type: ignore[index] # JSON


def test_transfer_show_says_it(running: Running) -> None:
    identifier = lines(running.terminal("transfer", "list", "--json").out)[0]["id"]
    assert "sealed since " in running.terminal("transfer", "show", identifier).out
    (data,) = lines(running.terminal("transfer", "show", identifier, "--json").out)
    assert data["sealed"]["since"]  # type: ignore[index] # JSON


def test_doctor_says_what_waits(running: Running) -> None:
    result = running.terminal("doctor")
    assert "2 batches; 0 case files are not sealed" in result.out
    assert "timestamp authority b (sha3-512): nothing waits" in result.out


def test_verify_reads_the_stored_package(running: Running) -> None:
    result = running.terminal("evidence", "verify", CODE)
    assert result.code == 0
    assert result.out.count("28 files covered") == 2
    assert result.out.count("Existed at the latest on ") == 2
    first, second = lines(running.terminal("evidence", "verify", CODE, "--json").out)
    assert first["schema"] == second["schema"] == "evidence-verify/1"
    assert {item["covered"] for item in first["objects"]} == {True}  # type: ignore[attr-defined] # JSON
    assert first["holds_until"]


def test_verify_without_trust_is_undecided(running: Running, tmp_path: Path) -> None:
    (tmp_path / "nobody").mkdir()
    assert running.terminal("evidence", "verify", CODE, "--trust", tmp_path / "nobody").code == 4


def test_verify_takes_an_identifier_or_a_record(running: Running, tmp_path: Path) -> None:
    assert running.terminal("evidence", "verify").code == 2
    assert running.terminal("evidence", "verify", CODE, "--record", tmp_path / "x.ers").code == 2
    assert running.terminal("evidence", "verify", CODE, "--data", tmp_path / "x").code == 2
    assert running.terminal("evidence", "verify", "H49.64.2024.77").code == 10


def test_an_exported_record_proves_the_package_and_a_document(running: Running, tmp_path: Path) -> None:
    exported = running.terminal("evidence", "export", CODE, "--document", 1, "--to", tmp_path / "proof.ers")
    assert exported.out.splitlines() == [str(tmp_path / "proof-a.ers"), str(tmp_path / "proof-b.ers")]
    assert running.terminal("export", CODE, "--document", 1, "--to", tmp_path / "1.txt").code == 0
    trust = running.folder / "trust"
    command = ("evidence", "verify", "--record", tmp_path / "proof-a.ers", "--data", tmp_path / "1.txt")
    outside = Terminal(tmp_path / "nowhere")
    proven = outside(*command, "--trust", trust)
    assert proven.code == 0
    (tmp_path / "1.txt").chmod(0o644)
    (tmp_path / "1.txt").write_bytes((tmp_path / "1.txt").read_bytes() + b".")
    assert outside(*command, "--trust", trust).code in {3, 4}


def test_only_one_authority_s_record_is_exported(running: Running, tmp_path: Path) -> None:
    result = running.terminal("evidence", "export", CODE, "--authority", "b", "--to", tmp_path / "proof.ers")
    assert result.out.splitlines() == [str(tmp_path / "proof.ers")]
    assert running.terminal("evidence", "export", CODE, "--authority", "b", "--to", tmp_path / "proof.ers").code == 11
    assert running.terminal("evidence", "export", CODE, "--authority", "z", "--to", tmp_path / "z.ers").code == 10
    assert running.terminal("evidence", "export", CODE, "--document", 99, "--to", tmp_path / "d.ers").code == 10


def test_an_exported_package_carries_its_records_and_stays_valid(running: Running, tmp_path: Path) -> None:
    assert running.terminal("export", CODE, "--as", "aip", "--to", tmp_path / "p.tar").code == 0
    assert running.terminal("package", "check", tmp_path / "p.tar").code == 0
    check = ["sha256sum", "-c", "--quiet", "p.tar.sha256"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "bag").mkdir()
    subprocess.run(["tar", "-xf", "p.tar", "-C", "bag", "--strip-components=1"], cwd=tmp_path, check=True)
    bag = tmp_path / "bag"
    assert sorted(path.name for path in (bag / "evidence").iterdir()) == ["a.ers", "b.ers"]
    manifests = ["sha512sum", "-c", "--quiet", "manifest-sha512.txt", "tagmanifest-sha512.txt"]
    assert subprocess.run(manifests, cwd=bag, check=False).returncode == 0
    for name in ("a", "b"):
        record = bag / "evidence" / f"{name}.ers"
        assert running.terminal("evidence", "verify", "--record", record, "--data", bag).code == 0
    (bag / "added.txt").write_text("added")
    assert running.terminal("evidence", "verify", "--record", bag / "evidence" / "a.ers", "--data", bag).code == 4


def test_without_an_authority_it_waits_visibly_and_is_sealed_later(running: Running, tmp_path: Path) -> None:
    server = running.server
    now = datetime.now(UTC)
    server.clock.time = now
    folder = make_archive(tmp_path / "archive", server, seal="ingest", at=now)
    terminal = Terminal(folder)
    make_case_folder(tmp_path / "case", CODE)
    assert terminal("ingest", tmp_path / "case").code == 0
    assert "Not sealed yet" in terminal("show", CODE).out
    assert "not sealed" in terminal("search", "đường").out
    assert "1 case files are not sealed" in terminal("doctor").out
    assert terminal("evidence", "verify", CODE).code == 4
    assert terminal("evidence", "export", CODE, "--to", tmp_path / "x.ers").code == 10
    refused = terminal("evidence", "seal")
    assert refused.code == 14
    assert "No timestamp authority is configured: 1 packages wait unsealed." in refused.err
    configure(folder, Tsa("a", "http://127.0.0.1:9/", timeout=0.5))
    (said,) = lines(terminal("evidence", "seal", "--dry-run", "--json").out)
    assert (said["state"], said["packages"]) == ("would-seal", 1)
    away = terminal("evidence", "seal")
    assert away.code == 14
    assert "1 package waits for a: " in away.out
    assert "cannot be reached" in away.out
    configure(folder, Tsa("a", server.tsa()))
    server.clock.time = datetime.now(UTC)
    (done,) = lines(terminal("evidence", "seal", "--all", "--json").out)
    assert (done["state"], done["packages"], done["resumed"]) == ("sealed", 1, True)
    assert terminal("evidence", "verify", CODE).code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        'seal = "sometimes"',
        'seal = "every:0"',
        'seal = "ingest:3"',
        'seal = "off"\n[[evidence.authority]]\nname = "A B"\nurl = "http://x/"',
        'seal = "off"\n[[evidence.authority]]\nname = "a"\nurl = "ftp://x/"',
        'seal = "off"\n[[evidence.authority]]\nname = "a"\nurl = "http://x/"\nalgorithm = "md5"',
        'seal = "off"\n[[evidence.authority]]\nname = "a"\nurl = "http://x/"\npassword = "secret"',
        'seal = "off"\n[[evidence.authority]]\nname = "a"\nurl = "http://x/"\ntimeout = 0',
        'seal = "off"\n[[evidence.authority]]\nurl = "http://x/"',
    ],
)
def test_a_wrong_setting_is_said(fresh: Terminal, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "archive" / "chauban.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('seal = "off"', wrong), encoding="utf-8")
    result = fresh("search", "x")
    assert result.code == 13
    assert "chauban.toml cannot be used" in result.err
