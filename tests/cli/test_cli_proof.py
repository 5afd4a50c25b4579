"""`chauban export --as proof` and `chauban signature show --proven` as people use them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.custody import one_examiner
from tests.fakes.pki import PkiServer, serve
from tests.fakes.sealed_archives import Tsa, make_archive, opened, sealed, take_in_cases
from tests.fakes.signed_cases import FILED
from tests.fakes.terminal import Terminal

NOW = FILED + timedelta(hours=1)
SEALED, WAITING = "H49.64.2024.1", "H49.64.2024.2"


@pytest.fixture(scope="module")
def authority() -> Iterator[PkiServer]:
    with serve(NOW) as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, authority: PkiServer) -> Terminal:
    """The command line on an archive with a sealed case file and one that waits."""
    home = make_archive(tmp_path / "archive", authority, Tsa("first", authority.own_tsa()), at=NOW)
    with one_examiner(), opened(home, NOW) as archive:
        take_in_cases(archive, tmp_path / "first", 1)
        sealed(archive)
        take_in_cases(archive, tmp_path / "second", 1, first=2)
    return Terminal(home)


def test_a_sealed_case_file_gives_a_proof_that_verifies(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("export", SEALED, "--as", "proof", "--to", tmp_path / "proof")
    assert said.out == f"{tmp_path / 'proof'}\n"
    root = tmp_path / "proof" / "roots" / "root-1.pem"
    line = [sys.executable, "-I", "verify.pyz", "--roots", str(root), "--at", NOW.isoformat(), "--json"]
    done = subprocess.run(line, cwd=tmp_path / "proof", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "PASSED")
    (entry,) = [item for item in terminal("audit", "show", "--action", "export", "--json").objects]
    assert entry["details"] == {"form": "proof"}
    again = terminal("export", SEALED, "--as", "proof", "--to", tmp_path / "proof")
    assert again.code == 11
    assert terminal("export", SEALED, "--as", "proof", "--document", "9", "--to", tmp_path / "other").code == 10
    assert terminal("export", "nothing", "--as", "proof", "--to", tmp_path / "other").code == 10
    assert terminal("export", SEALED, "--as", "proof", "--to", "-").code == 2
    assert not (tmp_path / "other").exists()


def test_a_revocation_list_that_is_too_old_is_told(terminal: Terminal, tmp_path: Path) -> None:
    """The command line judges by the machine's clock, long after the lists of the test were made."""
    said = terminal("export", SEALED, "--as", "proof", "--document", "1", "--to", tmp_path / "proof")
    assert said.code == 4
    assert "TRY_LATER" in said.err


@pytest.mark.parametrize(("lang", "word"), [("en", "not sealed"), ("vi", "niêm phong")])
def test_what_waits_is_given_out_with_a_warning(terminal: Terminal, tmp_path: Path, lang: str, word: str) -> None:
    said = terminal("export", WAITING, "--as", "proof", "--to", tmp_path / "proof", lang=lang)
    assert said.code == 4
    assert word in said.err
    assert (tmp_path / "proof" / "README.html").is_file()


def test_without_signatures_nothing_is_proven_of_them(terminal: Terminal) -> None:
    said = terminal("signature", "show", SEALED, "--proven", "--at", NOW.isoformat())
    assert said.code == 4
    assert "Evidence record of first: passed" in said.out
    assert "No file of this case file carries a signature." in said.err


def test_of_what_was_destroyed_the_evidence_is_given_out(terminal: Terminal, tmp_path: Path) -> None:
    (version,) = [item for item in terminal("show", SEALED, "--json").objects[0]["versions"]]
    assert terminal.archive is not None
    for path in terminal.archive.rglob(version["container"].rpartition("/")[2]):
        path.unlink()
    said = terminal("export", SEALED, "--as", "proof", "--to", tmp_path / "proof")
    assert said.code == 4
    assert "no longer held" in said.err
    assert "no longer holds" in (tmp_path / "proof" / "README.txt").read_text(encoding="utf-8")
    (record,) = (tmp_path / "proof" / "evidence").glob("*.ers")
    assert record.stat().st_size
