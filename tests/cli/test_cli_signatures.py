"""`chauban signature check`: the public contract, exit codes, times, demands, reports."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.pki import write_trust
from tests.fakes.signing import Signing, sign_cms, sign_pdf
from tests.fakes.terminal import Terminal

CORPUS = Path(__file__).resolve().parents[1] / "data" / "signatures" / "corpus"
AT = "2026-03-03T08:00:00Z"
"""A day after the tests sign."""

FIELDS = {
    "id",
    "format",
    "form",
    "level",
    "indication",
    "sub_indication",
    "engine_value",
    "process",
    "integrity",
    "covers_whole_document",
    "covered",
    "uncovered",
    "modified_after_signing",
    "changes",
    "signer",
    "signer_certificate",
    "role",
    "issuer",
    "serial",
    "claimed_signing_time",
    "best_signature_time",
    "validation_time",
    "holds_until",
    "algorithms",
    "policy_identifier",
    "timestamps",
    "revocations",
    "proofs",
    "findings",
}


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the trust of the test PKI and a few signed files."""
    folder = tmp_path_factory.mktemp("signed")
    write_trust(folder / "trust")
    (folder / "good.pdf").write_bytes(sign_pdf(signing=Signing(level="LT")))
    both = sign_pdf(sign_pdf(signing=Signing(level="LT")), Signing(signer="agency", level="LT"), field="Seal")
    (folder / "both.pdf").write_bytes(both)
    return folder


def check(terminal: Terminal, *words: object) -> tuple[int, list[dict[str, Any]]]:
    said = terminal("signature", "check", "--json", *words)
    return said.code, said.objects


def test_a_good_signature_passes(terminal: Terminal, signed: Path) -> None:
    code, (told,) = check(terminal, signed / "good.pdf", "--trust", signed / "trust", "--at", AT)
    assert (code, told["schema"], told["outcome"]) == (0, "signature-check/1", "PASSED"), told
    assert set(told) >= {"path", "kind", "state", "timestamps", "evidence", "findings", "policy", "trust"}
    (one,) = told["signatures"]
    assert set(one) >= FIELDS
    wanted = {
        "format": "PAdES",
        "indication": "TOTAL-PASSED",
        "sub_indication": None,
        "integrity": "intact",
        "covers_whole_document": True,
        "modified_after_signing": "permitted",
        "role": "person",
        "claimed_signing_time": "2026-03-02T08:00:00.000Z",
    }
    assert {name: one[name] for name in wanted} == wanted
    assert one["best_signature_time"] < AT
    assert one["signer"]
    assert {use["status"] for use in one["revocations"]} <= {"good", "not-needed"}


def test_without_trust_nothing_passes(terminal: Terminal, signed: Path) -> None:
    code, (told,) = check(terminal, signed / "good.pdf", "--offline", "--at", AT)
    assert (code, told["outcome"]) == (4, "INDETERMINATE")
    (one,) = told["signatures"]
    assert (one["integrity"], one["sub_indication"]) == ("intact", "NO_CERTIFICATE_CHAIN_FOUND")
    assert "trust.empty" in {finding["code"] for finding in one["findings"]}


def test_the_time_of_the_check_decides(terminal: Terminal, signed: Path) -> None:
    for at, code in (("2026-03-03", 0), ("03/03/2026", 0), ("03/03/2026 09:30", 0), ("2020-01-01", 4)):
        assert check(terminal, signed / "good.pdf", "--trust", signed / "trust", "--at", at)[0] == code, at
    assert terminal("signature", "check", signed / "good.pdf", "--at", "soon").code == 2


def test_exit_codes(terminal: Terminal, tmp_path: Path) -> None:
    unsigned, broken = CORPUS / "minimal.pdf", CORPUS / "xades-tampered-reference.xml"
    assert check(terminal, broken)[0] == 3
    code, (told,) = check(terminal, unsigned)
    assert (code, told["state"], told["signatures"]) == (4, "unsigned", [])
    assert [finding["code"] for finding in told["findings"]] == ["signature.none"]
    assert check(terminal, unsigned, "--require", "none")[0] == 0
    assert check(terminal, unsigned, broken, "--require", "none")[0] == 3
    assert check(terminal, CORPUS / "minimal-startxref-hopeless.pdf", "--require", "none")[0] == 4
    code, (absent, found) = check(terminal, tmp_path / "absent", unsigned)
    assert (code, absent["error"], found["state"]) == (10, "not-found", "unsigned")
    assert terminal("signature", "check").code == 2
    assert terminal("signature", "check", unsigned, "--trust", tmp_path / "absent").code == 13
    assert terminal("signature", "check", unsigned, "--policy", tmp_path / "absent").code == 13


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "secret.pdf").chmod(0)
    assert check(terminal, tmp_path / "secret.pdf")[0] == 17


def test_demands_on_who_signed(terminal: Terminal, signed: Path) -> None:
    under = ("--trust", signed / "trust", "--at", AT, "--require")
    assert check(terminal, signed / "good.pdf", *under, "person")[0] == 0
    code, (told,) = check(terminal, signed / "good.pdf", *under, "both")
    assert code == 4
    assert "signature.role-missing" in {finding["code"] for finding in told["findings"]}
    code, (told,) = check(terminal, signed / "both.pdf", *under, "both")
    assert code == 0, told
    assert [one["role"] for one in told["signatures"]] == ["person", "agency"]


def test_folders_and_detached_signatures(terminal: Terminal, signed: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_bytes(b"ghi")
    (tmp_path / "note.txt.p7s").write_bytes(sign_cms(b"ghi", Signing(level="LT")))
    trusting = ("--trust", signed / "trust", "--at", AT)
    code, lines = check(terminal, tmp_path, *trusting)
    assert [Path(line["path"]).name for line in lines] == ["note.txt", "note.txt.p7s"]
    assert code == 4, "the document is not beside its signature"
    code, lines = check(terminal, tmp_path / "note.txt.p7s", tmp_path / "in" / "note.txt", *trusting)
    assert code == 0, lines
    assert [line["signed_by"] for line in lines] == [[], ["note.txt.p7s"]]
    assert lines[0]["signatures"][0]["covered"] == ["note.txt"]


def test_reports_are_written(terminal: Terminal, signed: Path, tmp_path: Path) -> None:
    for name, start in (("report.xml", b"<?xml"), ("report.pdf", b"%PDF-")):
        target = tmp_path / name
        said = terminal(
            "signature", "check", signed / "good.pdf", "--trust", signed / "trust", "--at", AT, "--report", target
        )
        assert said.code == 0
        assert target.read_bytes().startswith(start)
        assert terminal("signature", "check", signed / "good.pdf", "--report", target).code == 11


def test_people_read_sentences(terminal: Terminal, signed: Path) -> None:
    said = terminal("signature", "check", signed / "good.pdf", "--trust", signed / "trust", "--at", AT)
    assert "good.pdf: passed" in said.out
    assert "valid" in said.out
    assert "intact" in said.out
    broken = terminal("signature", "check", CORPUS / "xades-tampered-reference.xml")
    assert "NOT valid" in broken.out
    assert "→" in broken.out
    vietnamese = terminal("signature", "check", signed / "good.pdf", lang="vi")
    assert vietnamese.code == 4


def test_the_archive_says_what_is_trusted(signed: Path, fresh: Terminal) -> None:
    assert fresh.archive is not None
    words = ("signature", "check", "--json", signed / "good.pdf", "--at", AT)
    assert fresh(*words).code == 4
    write_trust(fresh.archive / "trust")
    assert fresh(*words).code == 0
    assert fresh(*words, "--trust", CORPUS).code == 4, "what is named comes before the archive's"


def test_names_that_are_not_utf8(terminal: Terminal, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pdf"))
    path.write_bytes((CORPUS / "minimal.pdf").read_bytes())
    code, (told,) = check(terminal, path)
    assert (code, told["state"]) == (4, "unsigned")
    assert "path_b64" in told


def test_every_line_is_json_even_for_the_odd(terminal: Terminal) -> None:
    code, lines = check(terminal, CORPUS)
    assert code == 3
    assert len(lines) == len(list(CORPUS.iterdir()))
    assert json.dumps(lines)
