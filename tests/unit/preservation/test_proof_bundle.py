"""Proof bundles: what is written, and that standard tools alone verify it."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from model.errors import ConflictError, InputError
from preservation.proof.bundle import ProofFile, ProofParts, ProofRecord, pack_bundle, write_bundle
from tests.fakes.proofs import NAMES, Sealing, parts, proof_file

RENEWED = Sealing(renewals=("timestamp", "sha512"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "proof", parts(RENEWED, container="gói 1.tar", member_prefix="gói 1/"))
    return tmp_path / "proof"


def shell(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_everything_is_there_and_listed(bundle: Path) -> None:
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    assert manifest["schema"] == "proof-bundle/1"
    assert [one["path"] for one in manifest["data"]] == [f"data/{name}" for name in NAMES]
    for name in (*manifest["records"][0]["tokens"], *manifest["material"], *manifest["reports"], "README.html"):
        assert (bundle / name).is_file()
    assert shell(bundle, "sha512sum", "--quiet", "-c", "sha512sum.txt").returncode == 0
    written = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    listed = {line[130:] for line in (bundle / "sha512sum.txt").read_text(encoding="utf-8").splitlines()}
    assert written - listed == {"sha512sum.txt"}


def test_the_shell_alone_proves_a_document(bundle: Path) -> None:
    done = shell(bundle, "sh", "verify.sh", "roots/root-1.pem")
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout
    (bundle / "data" / NAMES[0]).write_bytes(b"changed")
    assert shell(bundle, "sh", "verify.sh").returncode == 2


@pytest.mark.parametrize(
    "sealing", [Sealing(documents=(b"alone",), neighbours=0), Sealing(algorithm="sha3-512"), Sealing(tsa="tsa-ec")]
)
def test_the_shell_proves_other_shapes(tmp_path: Path, sealing: Sealing) -> None:
    files = tuple(proof_file(f"f{number}", one) for number, one in enumerate(sealing.documents))
    write_bundle(tmp_path / "proof", parts(sealing, data=files))
    done = shell(tmp_path / "proof", "sh", "verify.sh")
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_shell_notices_a_changed_path_and_another_root(bundle: Path, tmp_path: Path) -> None:
    from tests.fakes.pki import pki

    other = tmp_path / "other.pem"
    openssl = ["openssl", "x509", "-inform", "DER", "-out", str(other)]
    subprocess.run(openssl, input=pki().certificate("root-unknown"), check=True, timeout=60)
    assert shell(bundle, "sh", "verify.sh", str(other)).returncode == 2
    text = (bundle / "path.txt").read_text(encoding="utf-8")
    last = re.findall(r"^\d+ ([0-9a-f]{64})$", text, re.MULTILINE)[-1]
    (bundle / "path.txt").write_text(text.replace(last, "0" * 64), encoding="utf-8")
    assert shell(bundle, "sh", "verify.sh").returncode == 2


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_command_of_the_readme_works(bundle: Path, language: str) -> None:
    text = (bundle / "README.txt").read_text(encoding="utf-8")
    page = text.partition("PROOF OF EXISTENCE")[0 if language == "vi" else 2]
    commands = re.findall(r"^    ((?:python3|sha512sum|openssl|sh|tar) .*(?:\n      .*)*)", page, re.MULTILINE)
    assert len(commands) >= 9
    top = bundle / "gói 1"
    shutil.copytree(bundle / "data", top)
    assert shell(bundle, "tar", "-cf", "gói 1.tar", "gói 1").returncode == 0
    for command in commands:
        done = shell(bundle, "sh", "-c", command)
        expected = {3} if "verify.pyz" in command else {0}  # the revocation lists are older than today
        assert done.returncode in expected, (command, done.stderr, done.stdout)
    assert "$" not in page.replace("$ ", "")


def test_a_zip_holds_the_same(bundle: Path, tmp_path: Path) -> None:
    with (tmp_path / "proof.zip").open("xb") as stream:
        pack_bundle(stream, "proof", parts(RENEWED, container="gói 1.tar", member_prefix="gói 1/"))
    with zipfile.ZipFile(tmp_path / "proof.zip") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert inside == {
        f"proof/{path.relative_to(bundle).as_posix()}": path.read_bytes()
        for path in bundle.rglob("*")
        if path.is_file()
    }


def test_nothing_is_written_over(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ConflictError):
        write_bundle(bundle, parts())


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a//b", "a/../b", "", "a\0b", "."])
def test_unsafe_names_are_refused(tmp_path: Path, path: str) -> None:
    files = (proof_file(path, b"decision"),)
    with pytest.raises(InputError):
        write_bundle(tmp_path / "proof", parts(Sealing(documents=(b"decision",)), data=files))
    assert not (tmp_path / "x").exists()


def test_what_the_record_does_not_cover_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not cover"):
        write_bundle(tmp_path / "proof", parts(data=(proof_file("x", b"something else"),)))
    with pytest.raises(InputError, match="cannot be read"):
        write_bundle(tmp_path / "two", parts(records=(ProofRecord(authority="A", content=b"0"),)))
    with pytest.raises(InputError, match="nothing to prove"):
        write_bundle(tmp_path / "three", parts(records=(), data=()))


def test_names_that_meet_on_some_systems_are_refused(tmp_path: Path) -> None:
    sealing = Sealing(documents=(b"one", b"two"))
    files = (proof_file("Annex", b"one"), proof_file("annex", b"two"))
    with pytest.raises(InputError, match="Two files"):
        write_bundle(tmp_path / "proof", parts(sealing, data=files))


def test_odd_names_are_listed_as_sha512sum_reads_them(tmp_path: Path) -> None:
    sealing = Sealing(documents=(b"one", b"two"))
    files = (proof_file("one", b"one"), proof_file("a\nb\\c", b"two"))
    write_bundle(tmp_path / "proof", parts(sealing, data=files))
    assert shell(tmp_path / "proof", "sha512sum", "--quiet", "-c", "sha512sum.txt").returncode == 0


def test_one_document_of_a_package_is_proven_alone(tmp_path: Path) -> None:
    given = parts(RENEWED, data=(proof_file("map.bin", b"map"),), complete=False)
    write_bundle(tmp_path / "proof", given)
    command = ["python3", "-I", "-S", "verify.pyz", "--roots", "roots/root-1.pem", "--at", "2026-03-21", "--json"]
    done = shell(tmp_path / "proof", *command)
    assert done.returncode == 0, done.stdout
    two = tuple(proof_file(name, content) for name, content in zip(NAMES[1:], RENEWED.documents[1:], strict=True))
    write_bundle(tmp_path / "two", parts(RENEWED, data=two, complete=False))
    assert shell(tmp_path / "two", *command).returncode == 0
    (tmp_path / "two" / "data" / "map.bin").write_bytes(b"mop")
    assert shell(tmp_path / "two", *command).returncode == 2


def test_two_records_of_two_authorities(tmp_path: Path) -> None:
    from tests.fakes.pki import pki
    from tests.fakes.proofs import AT

    second = Sealing(tsa="tsa-ec", algorithm="sha3-512")
    labels = ("tsa", "tsa-ec")
    given = parts(
        records=(
            ProofRecord(authority="A", content=Sealing().record()),
            ProofRecord(authority="B", content=second.record()),
        ),
        certificates=tuple(
            one for label in labels for one in (pki().certificate(label), *pki().chain(label, root=True))
        ),
        revocation_lists=tuple(one for label in labels for one in pki().crls(label, AT)),
    )
    write_bundle(tmp_path / "proof", given)
    command = ["python3", "-I", "-S", "verify.pyz", "--at", "2026-03-21", "--json", "--roots"]
    both = shell(tmp_path / "proof", *command, "roots/root-1.pem", "roots/root-2.pem")
    assert [one["outcome"] for one in json.loads(both.stdout)["records"]] == ["PASSED", "PASSED"]
    one = shell(tmp_path / "proof", *command, "roots/root-2.pem")
    assert (one.returncode, [r["outcome"] for r in json.loads(one.stdout)["records"]]) == (
        0,
        ["INDETERMINATE", "PASSED"],
    )


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    piece = bytes(1 << 20)
    whole = hashlib.sha256(piece * 64).digest()

    class _Zeros(io.RawIOBase):
        left = 64 << 20

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any writable buffer
            size = min(len(buffer), self.left)
            buffer[:size] = bytes(size)
            self.left -= size
            return size

    @contextmanager
    def zeros() -> Iterator[BinaryIO]:
        yield io.BufferedReader(_Zeros())  # type: ignore[misc]  # is a binary stream

    given = _sealed_digest(whole, ProofFile(path="zeros.bin", open=zeros))
    tracemalloc.start()
    write_bundle(tmp_path / "proof", given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 << 20


def _sealed_digest(digest: bytes, file: ProofFile) -> ProofParts:
    from preservation.evidence.build import ArchiveTimestampParts, new_record
    from tests.fakes.proofs import stamped

    token = stamped(digest, "sha256", "tsa", 0)
    record = new_record(ArchiveTimestampParts(algorithm="sha256", first=(digest,), siblings=(), token=token))
    return parts(data=(file,), records=(ProofRecord(authority="A", content=record),))
