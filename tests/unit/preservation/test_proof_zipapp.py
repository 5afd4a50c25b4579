"""The stand-alone verifier, run as an inspector runs it: alone, in an empty environment."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from preservation.proof.bundle import write_bundle
from preservation.proof.zipapp import build_verifier
from tests.conftest import DATA
from tests.fakes.pki import pki, write_trust
from tests.fakes.proofs import AT, Sealing, parts

RFC4998 = DATA / "evidence" / "rfc4998"
AT_TEXT = AT.isoformat()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program unpacked: the same modules, compiled once for all tests; those of bundles run the file itself."""
    path = tmp_path_factory.mktemp("program") / "verify"
    with zipfile.ZipFile(io.BytesIO(build_verifier())) as archive:
        archive.extractall(path)
    return path


@pytest.fixture(scope="module")
def kept_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "proof"
    write_bundle(folder, parts(Sealing(renewals=("timestamp", "sha512", "timestamp", "sha3-512"))))
    return folder


@pytest.fixture
def bundle(kept_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept_bundle, tmp_path / "proof"))


def run(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(program), *map(str, arguments)]
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, timeout=60, check=False)


def verdict(program: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    done = run(program, *arguments, "--json")
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def root_file(bundle: Path) -> Path:
    return bundle / "roots" / "root-1.pem"


def in_bundle(bundle: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Run the program that lies in a bundle, from elsewhere."""
    return verdict(bundle / "verify.pyz", "--roots", root_file(bundle), "--at", AT_TEXT, *arguments)


def test_it_is_small_and_always_the_same() -> None:
    first = build_verifier()
    build_verifier.cache_clear()
    assert first == build_verifier()
    assert len(first) < 250_000
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert "asn1crypto/LICENSE" in archive.namelist()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_sound_bundle_with_renewals_to_two_hashes_passes(bundle: Path) -> None:
    code, result = in_bundle(bundle)
    assert (code, result["outcome"]) == (0, "PASSED"), result
    (record,) = result["records"]
    assert record["proof_time"] == "2026-03-01T00:00:00.000Z"
    assert record["holds_until"] == "2034-01-01T00:00:00.000Z"
    assert [stamp["algorithm"] for stamp in record["timestamps"]] == [
        "sha256",
        "sha256",
        "sha512",
        "sha512",
        "sha3-512",
    ]
    assert all(stamp["authority_trusted"] for stamp in record["timestamps"])


def test_a_person_reads_the_result_in_both_languages(bundle: Path) -> None:
    done = run(bundle / "verify.pyz", "--roots", root_file(bundle), "--at", AT_TEXT)
    assert done.returncode == 0
    assert "== ĐẠT ==" in done.stdout
    assert "muộn nhất là vào 01/03/2026 00:00:00 UTC" in done.stdout
    assert "== PASSED ==" in done.stdout
    assert "data/phụ lục/annex 1.txt" in done.stdout
    english = run(bundle / "verify.pyz", "--roots", root_file(bundle), "--at", AT_TEXT, "--lang", "en")
    assert "ĐẠT" not in english.stdout


def _change(bundle: Path) -> str:
    (bundle / "data" / "map.bin").write_bytes(b"mop")
    return "changed"


def _remove(bundle: Path) -> str:
    (bundle / "data" / "map.bin").unlink()
    return "missing"


def _add(bundle: Path) -> str:
    (bundle / "data" / "phụ lục" / "annex 2.txt").write_bytes(b"another")
    return "added"


def _link(bundle: Path) -> str:
    (bundle / "data" / "link").symlink_to("/etc/passwd")
    return "added"


@pytest.mark.parametrize("act", [_change, _remove, _add, _link])
def test_a_bundle_that_is_not_as_it_says_fails(bundle: Path, act: Callable[[Path], str]) -> None:
    problem = act(bundle)
    code, result = in_bundle(bundle)
    assert (code, result["outcome"]) == (2, "FAILED")
    assert problem in [one["problem"] for one in result["files"]]


def test_a_changed_document_fails_even_when_the_list_was_changed_with_it(bundle: Path) -> None:
    import hashlib

    (bundle / "data" / "map.bin").write_bytes(b"mop")
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    manifest["data"][2]["sha256"] = hashlib.sha256(b"mop").hexdigest()
    (bundle / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    code, result = in_bundle(bundle)
    assert code == 2
    assert not result["files"]
    assert result["records"][0]["sub_indication"] == "SIGNED_DATA_NOT_FOUND"


def test_a_removed_document_fails_even_when_the_list_was_changed_with_it(bundle: Path) -> None:
    (bundle / "data" / "map.bin").unlink()
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    del manifest["data"][2]
    (bundle / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert in_bundle(bundle)[0] == 2


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "data/../../x", "data\\..\\..\\x", "C:\\x", ""])
def test_a_list_that_names_a_file_outside_is_refused(bundle: Path, path: str) -> None:
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    manifest["data"][0]["path"] = path
    (bundle / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = run(bundle / "verify.pyz")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema":"proof-bundle/2"}', "[" * 100_000])
def test_a_damaged_list_cannot_be_run(bundle: Path, content: str) -> None:
    (bundle / "bundle.json").write_text(content, encoding="utf-8")
    done = run(bundle / "verify.pyz")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_truncated_record_fails(bundle: Path) -> None:
    record = bundle / "evidence" / "record-1.ers"
    record.write_bytes(record.read_bytes()[:-10])
    code, result = in_bundle(bundle)
    assert code == 2
    assert result["records"][0]["sub_indication"] == "FORMAT_FAILURE"


def test_without_a_root_the_authority_is_shown_and_the_result_open(bundle: Path) -> None:
    code, result = verdict(bundle / "verify.pyz", "--at", AT_TEXT)
    assert (code, result["outcome"]) == (3, "INDETERMINATE")
    assert result["records"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"
    done = run(bundle / "verify.pyz", "--at", AT_TEXT)
    (fingerprint,) = {stamp["authority_root_sha256"] for stamp in result["records"][0]["timestamps"]}
    assert f"vân tay SHA-256 {fingerprint}" in done.stdout


def test_another_root_is_not_trusted(bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.cer"
    other.write_bytes(pki().certificate("root-unknown"))
    code, result = verdict(bundle / "verify.pyz", "--roots", other, "--at", AT_TEXT)
    assert (code, result["records"][0]["sub_indication"]) == (3, "NO_CERTIFICATE_CHAIN_FOUND")


def test_a_trust_folder_gives_the_roots_for_timestamps(bundle: Path, tmp_path: Path) -> None:
    good = write_trust(tmp_path / "good")
    assert verdict(bundle / "verify.pyz", "--trust", good, "--at", AT_TEXT)[0] == 0
    unfit = write_trust(tmp_path / "unfit", anchors={"document-signer": ("root-public",), "tsa": ("root-unknown",)})
    assert verdict(bundle / "verify.pyz", "--trust", unfit, "--at", AT_TEXT)[0] == 3
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(bundle / "verify.pyz", "--trust", empty).returncode == 1


@pytest.mark.parametrize(
    ("years", "reason"), [(1, "TRY_LATER"), (9, "OUT_OF_BOUNDS_NO_POE")], ids=["stale revocation", "ended certificate"]
)
def test_time_goes_by(bundle: Path, years: int, reason: str) -> None:
    at = AT + timedelta(days=366 * years)
    code, result = verdict(bundle / "verify.pyz", "--roots", root_file(bundle), "--at", at.isoformat())
    assert (code, result["records"][0]["sub_indication"]) == (3, reason)
    if reason == "TRY_LATER":
        done = run(bundle / "verify.pyz", "--roots", root_file(bundle), "--at", at.isoformat(), "--lang", "en")
        assert f"--at {AT:%Y-%m-%d}T00:00:00.000Z" in done.stdout


# -- a record and files


@pytest.mark.parametrize(
    ("tsa", "code", "reason"),
    [
        ("tsa", 0, None),
        ("tsa-ec", 0, None),
        ("tsa-gov", 0, None),
        ("tsa-lax", 0, None),
        ("tsa-expired", 3, "OUT_OF_BOUNDS_NO_POE"),
        ("tsa-revoked", 3, "REVOKED_NO_POE"),
        ("tsa-unknown", 3, "NO_CERTIFICATE_CHAIN_FOUND"),
        ("tsa-not-tsa", 3, "CHAIN_CONSTRAINTS_FAILURE"),
    ],
)
def test_each_authority_gets_its_verdict(
    program: Path, tmp_path: Path, tsa: str, code: int, reason: str | None
) -> None:
    found = _verified(program, tmp_path, Sealing(tsa=tsa))
    assert (found[0], found[1]["records"][0]["sub_indication"]) == (code, reason)


def test_a_damaged_token_fails(program: Path, tmp_path: Path) -> None:
    code, result = _verified(program, tmp_path, Sealing(damage=True))
    assert (code, result["records"][0]["sub_indication"]) == (2, "SIG_CRYPTO_FAILURE")


def test_a_foreign_token_fails(program: Path, tmp_path: Path) -> None:
    mine, other = Sealing(), Sealing(documents=(b"something", b"else", b"entirely"))
    from preservation.evidence.reading import read_record

    record = mine.record()
    token, foreign = (read_record(one).timestamps[0].token for one in (record, other.record()))
    assert len(token) == len(foreign)
    code, result = _verified(program, tmp_path, mine, record.replace(token, foreign))
    assert (code, result["records"][0]["sub_indication"]) == (2, "HASH_FAILURE")


def _verified(program: Path, folder: Path, sealing: Sealing, record: bytes | None = None) -> tuple[int, dict[str, Any]]:
    trust = write_trust(folder / "trust")
    (folder / "record.ers").write_bytes(record or sealing.record())
    names = []
    for number, document in enumerate(sealing.documents):
        names.append(folder / f"file {number}")
        names[-1].write_bytes(document)
    return verdict(program, "--record", folder / "record.ers", "--trust", trust, "--at", AT_TEXT, "--data", *names)


FOREIGN = [
    ("1_0_Initial.er", ["d1-123456.bin"], "PASSED"),
    ("1_1_Renew_Unsorted.er", ["d1-123456.bin"], "PASSED"),
    ("BIN-1_ER.ers", ["d7-some-binary-content.bin"], "PASSED"),
    ("er-asn1-simple.ers", ["d2-one.bin"], "PASSED"),
    ("er-asn1-simple.ers", ["d3-zero.bin"], "UNCOVERED"),
    ("er-asn1-full-renewal.ers", ["d5-x03.bin", "d6-x01.bin"], "PASSED"),
    ("er-asn1-chain-renewal-invalid.ers", ["d4-tab.bin"], "FAILED"),
    ("BIN-1_ER_malformed.ers", ["d2-one.bin"], "FAILED"),
]


@pytest.mark.parametrize(("record", "names", "expected"), FOREIGN, ids=lambda value: str(value))
def test_records_by_others(program: Path, record: str, names: list[str], expected: str) -> None:
    code, result = verdict(program, "--record", RFC4998 / record, "--data", *(RFC4998 / "data" / one for one in names))
    (found,) = result["records"]
    covered = [one["covered"] for one in found["objects"]]
    if expected == "FAILED":
        assert code == 2
    else:  # nobody named a root: sound, and open only for that or for what comes after it
        assert code == 3
        assert found["sub_indication"] != "HASH_FAILURE"
        assert all(covered) == (expected == "PASSED")
        assert found["proof_time"]


def test_an_xml_record_is_left_to_the_full_program(program: Path) -> None:
    code, result = verdict(program, "--record", DATA / "evidence" / "rfc6283" / "er-simple.xml")
    assert (code, result["files"][0]["problem"]) == (3, "xml-record")


@pytest.mark.parametrize(
    "arguments",
    [["--record", "/nothing"], ["--nonsense"], ["--data", "/x"], [], ["--at", "yesterday"], ["/nowhere"]],
)
def test_what_cannot_be_run_ends_with_1(program: Path, arguments: list[str]) -> None:
    done = run(program, *arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_modules_are_written_for_python_3_9() -> None:
    import ast

    with zipfile.ZipFile(io.BytesIO(build_verifier())) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                ast.parse(archive.read(name), feature_version=(3, 9))
