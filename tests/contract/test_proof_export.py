"""Proof bundles of what is held, used as an inspector uses them: in a clean folder, with what the README prints."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.access.export import export_container
from archive.access.proof import GONE, ProofExport, export_proof, proof_subject
from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from model.errors import ConflictError, IntegrityError, NotFoundError
from model.findings import Outcome
from model.preservation import EventType
from preservation.evidence.findings import NOT_SEALED
from preservation.evidence.reading import read_record
from tests.fakes.archives import container_paths, flip_byte, take_in
from tests.fakes.custody import one_examiner
from tests.fakes.pki import PkiServer, serve
from tests.fakes.sealed_archives import Tsa, batches, make_archive, opened, sealed, take_in_cases
from tests.fakes.signed_cases import FILED, detached, good, make_signed_case
from tests.fakes.signing import plain_pdf

NOW = FILED + timedelta(hours=1)
AT = NOW.isoformat()
SIGNED_CODE, OTHER_CODE = "H49.64.2024.70", "H49.64.2024.1"
GOOD, PLAIN = "1 quyết định.pdf", "2 nháp.pdf"
INDENTED = re.compile(r"^    ((?:.*\\\n)*.*)", re.MULTILINE)


@pytest.fixture(scope="module")
def authority() -> Iterator[PkiServer]:
    with serve(NOW) as server:
        yield server


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, authority: PkiServer) -> Path:
    """An archive with a signed and an unsigned case file, sealed together by two authorities under two roots."""
    folder = tmp_path_factory.mktemp("kept")
    tsas = (Tsa("first", authority.own_tsa()), Tsa("second", authority.own_tsa("tsa-ec"), "sha512"))
    home = make_archive(folder / "archive", authority, *tsas, at=NOW)
    plain = plain_pdf("Plain")
    case = make_signed_case(folder / "case", SIGNED_CODE, {GOOD: good(), PLAIN: plain, f"{PLAIN}.p7s": detached(plain)})
    with one_examiner(), opened(home, NOW) as archive:
        (report,) = take_in(archive, case)
        record_act(archive, Action.INGEST, report.aip_id)
        take_in_cases(archive, folder / "others", 1)
        assert len(batches(sealed(archive))) == 2
    return home


@pytest.fixture
def archive(kept: Path, tmp_path: Path) -> Iterator[Archive]:
    with opened(Path(shutil.copytree(kept, tmp_path / "archive")), NOW) as copy:
        yield copy


def given(archive: Archive, code: str, target: Path, document: int | None = None) -> ProofExport:
    return export_proof(archive, proof_subject(archive, code), target, document=document)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def commands(folder: Path) -> list[str]:
    """Return the commands of the English half of the README, as they are printed."""
    text = (folder / "README.txt").read_text(encoding="utf-8")
    english = text[re.search(r"^(PROOF OF|NO PROOF|EVIDENCE OF)", text, re.MULTILINE).start() :]  # type: ignore[union-attr]  # there is one
    programs = ("python3", "sha512sum", "sh ", "openssl", "tar ")
    return [found for found in INDENTED.findall(english) if found.strip().startswith(programs)]


def verified(folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    roots = [str(path) for path in sorted((folder / "roots").glob("*.pem"))]
    line = [sys.executable, "-I", "verify.pyz", "--json", "--at", AT, *(["--roots", *roots] if roots else []), *more]
    done = subprocess.run(line, cwd=folder, env={}, capture_output=True, text=True, timeout=120, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_whole_package_is_proven_by_every_command_of_its_readme(archive: Archive, tmp_path: Path) -> None:
    proof = given(archive, SIGNED_CODE, tmp_path / "proof")
    assert (proof.outcome, proof.findings) == (Outcome.PASSED, ())
    clean = Path(shutil.copytree(proof.path, tmp_path / "inspector" / "bằng chứng"))
    held = proof_subject(archive, SIGNED_CODE).held
    assert held is not None
    export_container(archive, held, clean / proof_name(archive))
    shutil.rmtree(archive.folder)

    code, result = verified(clean)
    assert (code, result["outcome"], len(result["records"])) == (0, "PASSED", 2), result
    assert all(item["covered"] for record in result["records"] for item in record["objects"])

    printed = commands(clean)
    programs = [line.split()[0] for line in printed]
    assert [programs.count(name) for name in ("python3", "sh", "tar")] == [1, 1, 2]
    assert sum("openssl ts -verify" in line for line in printed) == 2
    for line in printed:
        done = run(line.replace("verify.pyz", f"verify.pyz --at {AT}"), clean)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if line.startswith("sha512sum -c"):
            assert "FAILED" not in done.stdout
    sums = [line for line in printed if "sha512sum" in line and " -c " not in line]
    from_tar, beside = (run(line, clean).stdout.split()[0] for line in sums)
    assert from_tar == beside


def proof_name(archive: Archive) -> str:
    version = proof_subject(archive, SIGNED_CODE).version
    assert version is not None
    return version.container_key.rpartition("/")[2]


def test_what_lies_in_the_reports(archive: Archive, tmp_path: Path) -> None:
    proof = given(archive, SIGNED_CODE, tmp_path / "proof")
    reports = proof.path / "reports"
    names = {path.relative_to(reports).as_posix() for path in reports.rglob("*") if path.is_file()}
    assert {"filed.vi.pdf", "filed.en.pdf", "proven.jsonl", "proven.vi.txt", "proven.en.txt"} <= names
    assert sum(name.startswith("filed/") for name in names) == 2
    assert {Path(name).suffix for name in names if name.startswith("validation-data/")} >= {".cer", ".crl"}
    assert any(name.startswith("audit/") for name in names)
    files = [json.loads(line) for line in (reports / "proven.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {signature["proven"]["indication"] for file in files for signature in file["signatures"]} == {"TOTAL-PASSED"}
    assert (proof.path / "certs.pem").read_bytes().count(b"BEGIN CERTIFICATE") >= 4
    assert len(list((proof.path / "roots").iterdir())) == 2


def test_one_document_is_proven_alone(archive: Archive, tmp_path: Path) -> None:
    proof = given(archive, SIGNED_CODE, tmp_path / "proof", document=2)
    assert (proof.outcome, proof.files) == (Outcome.PASSED, 2)
    names = sorted(path.name for path in (proof.path / "data").rglob("*") if path.is_file())
    assert names == [PLAIN, f"{PLAIN}.p7s"]
    assert verified(proof.path)[0] == 0
    (proven,) = (proof.path / "reports" / "proven.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(proven)["path"].endswith((PLAIN, f"{PLAIN}.p7s"))
    next((proof.path / "data").rglob("*.p7s")).write_bytes(b"another")
    assert verified(proof.path)[0] == 2
    with pytest.raises(NotFoundError):
        given(archive, SIGNED_CODE, tmp_path / "absent", document=9)


def test_giving_out_a_proof_is_an_event_and_overwrites_nothing(archive: Archive, tmp_path: Path) -> None:
    subject = proof_subject(archive, OTHER_CODE)
    proof = given(archive, OTHER_CODE, tmp_path / "proof")
    (event,) = archive.catalogue.events(subject.package.aip_id, kind=EventType.DISSEMINATION)
    assert event.detail == "given out: proof bundle (whole package)"
    with pytest.raises(ConflictError):
        given(archive, OTHER_CODE, proof.path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "proof"]


def test_a_proof_in_one_file(archive: Archive, tmp_path: Path) -> None:
    proof = given(archive, OTHER_CODE, tmp_path / "bằng chứng.zip")
    with zipfile.ZipFile(proof.path) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert verified(tmp_path / "unpacked" / "bằng chứng")[0] == 0
    assert run("sha512sum -c sha512sum.txt", tmp_path / "unpacked" / "bằng chứng").returncode == 0
    with pytest.raises(ConflictError):
        given(archive, OTHER_CODE, proof.path)


def test_what_is_not_sealed_is_given_out_as_such(archive: Archive, tmp_path: Path) -> None:
    take_in_cases(archive, tmp_path / "more", 1, first=5)
    proof = given(archive, "H49.64.2024.5", tmp_path / "proof")
    assert (proof.outcome, proof.findings) == (Outcome.INDETERMINATE, (NOT_SEALED.at(),))
    text = (proof.path / "README.txt").read_text(encoding="utf-8")
    assert "CHƯA CÓ BẰNG CHỨNG VỀ THỜI GIAN" in text
    assert "NO PROOF OF TIME YET" in text
    assert "-- $" not in text
    assert not (proof.path / "verify.sh").exists()
    code, result = verified(proof.path)
    assert (code, result["outcome"]) == (3, "INDETERMINATE")
    assert "no-record" in [one["problem"] for one in result["files"]]
    assert run("sha512sum -c sha512sum.txt", proof.path).returncode == 0


def test_a_destroyed_package_leaves_its_evidence_and_the_others_stay_provable(archive: Archive, tmp_path: Path) -> None:
    subject = proof_subject(archive, OTHER_CODE)
    whole = given(archive, OTHER_CODE, tmp_path / "before")
    first = archive.catalogue.document_files(subject.package.aip_id, 1)[0]
    copy = whole.path / "data" / first.container_path.partition("/")[2]
    assert subject.version is not None
    for path in archive.folder.rglob(subject.version.container_key.rpartition("/")[2]):
        path.unlink()
    gone = proof_subject(archive, OTHER_CODE)
    assert gone.gone
    proof = export_proof(archive, gone, tmp_path / "proof")
    assert (proof.outcome, proof.files, proof.findings) == (Outcome.INDETERMINATE, 0, (GONE.at(),))
    text = (proof.path / "README.txt").read_text(encoding="utf-8")
    assert "no longer holds" in text
    assert "không còn giữ" in text
    for line in commands(proof.path):
        done = run(line.replace("YOUR-FILE", f"'{copy}' --at {AT}"), proof.path)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    digests = (proof.path / "reports" / "sealed-sha512.txt").read_text(encoding="utf-8")
    assert run(f"sha512sum '{copy}'", tmp_path).stdout.split()[0] in digests
    assert verified(proof.path)[0] == 3
    with pytest.raises(NotFoundError):
        export_proof(archive, gone, tmp_path / "document", document=1)

    others = given(archive, SIGNED_CODE, tmp_path / "others")
    assert others.outcome is Outcome.PASSED
    assert verified(others.path)[0] == 0
    shared = [read_record((path / "evidence" / "record-1.ers").read_bytes()) for path in (proof.path, others.path)]
    assert shared[0].timestamps[0].imprint == shared[1].timestamps[0].imprint


def test_a_package_that_nobody_remembers_is_known_by_its_evidence(archive: Archive, tmp_path: Path) -> None:
    subject = proof_subject(archive, OTHER_CODE)
    forgotten = type(subject)(package=subject.package, gone=True)
    proof = export_proof(archive, forgotten, tmp_path / "proof")
    assert proof.outcome is Outcome.INDETERMINATE
    assert str(subject.package.aip_id) in (proof.path / "README.txt").read_text(encoding="utf-8")


def test_a_good_copy_takes_the_place_of_a_damaged_one(archive: Archive, tmp_path: Path) -> None:
    for path in container_paths(archive, "a"):
        flip_byte(path)
    proof = given(archive, OTHER_CODE, tmp_path / "proof")
    assert proof.outcome is Outcome.PASSED
    assert verified(proof.path)[0] == 0
    for path in container_paths(archive, "b"):
        flip_byte(path)
    with pytest.raises(IntegrityError):
        given(archive, OTHER_CODE, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert not list(tmp_path.glob(".*"))
