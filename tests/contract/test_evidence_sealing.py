"""Sealing: one timestamp proves every package of a batch, in every store, and the stores alone tell of it."""

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import pem

from archive.archive import Archive
from archive.evidence.groups import read_group
from archive.evidence.holding import held_records
from archive.evidence.records import PackageRecord, package_records
from archive.evidence.seal import choose, seal, seal_if_due
from archive.evidence.values import NotSealed, PackageKey, SealedBatch, SealSettings, WouldSeal
from archive.layout import batch_folder, evidence_prefix, token_key
from ingest.rebuild import rebuild
from model.errors import ConflictError, TimestampError
from model.findings import Outcome
from model.preservation import EventType
from model.signatures import SubIndication
from preservation.evidence.commands import RecordJudge
from preservation.evidence.reading import read_record
from tests.fakes.archives import container_paths, flip_byte
from tests.fakes.custody import assert_whole, one_examiner
from tests.fakes.pki import SIGNED, PkiServer, serve
from tests.fakes.rfc4998 import verify as verified_independently
from tests.fakes.sealed_archives import (
    Tsa,
    batches,
    configure,
    make_archive,
    opened,
    sealed,
    take_in_cases,
)


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[PkiServer]:
    with serve() as running:
        yield running


@pytest.fixture
def archive(server: PkiServer, tmp_path: Path) -> Iterator[Archive]:
    """Three packages wait for one authority."""
    folder = make_archive(tmp_path / "archive", server, Tsa("a", server.tsa()))
    with opened(folder) as running:
        take_in_cases(running, tmp_path / "cases", 3)
        yield running


def packages(archive: Archive) -> list[PackageKey]:
    return [PackageKey(item.aip_id, item.version) for item in archive.catalogue.iter_versions(None, 100)]


def records(archive: Archive, package: PackageKey) -> list[PackageRecord]:
    return package_records(archive.copies, package)


def judged(archive: Archive, package: PackageKey) -> list[tuple[Outcome, SubIndication | None]]:
    judge = RecordJudge(trust=archive.folder / "trust", policy=None, at=archive.clock.now())
    found = [judge.held(item) for item in held_records(archive, str(package.aip_id))]
    return [(report.outcome, report.sub_indication) for report in found]


def test_one_timestamp_seals_everything_that_waits(archive: Archive, server: PkiServer) -> None:
    asked = sum(server.requests.values())
    (done,) = batches(sealed(archive))
    assert sum(server.requests.values()) == asked + 1
    assert (done.batch.count, done.batch.authority, done.batch.time) == (3, "a", SIGNED)
    for package in packages(archive):
        assert judged(archive, package) == [(Outcome.PASSED, None)]
        (told,) = archive.catalogue.events(package.aip_id, kind=EventType.EVIDENCE_RECORD_CREATION)
        assert str(done.batch.id) in told.outcome_detail
    assert archive.catalogue.evidence_counts() == (1, 0)
    assert sealed(archive) == []
    assert_whole(archive, 3)


def test_a_verifier_that_shares_no_code_agrees(archive: Archive) -> None:
    sealed(archive)
    for package in packages(archive):
        (record,) = records(archive, package)
        (path,) = [path for path in container_paths(archive) if str(package.aip_id) in path.name]
        with tarfile.open(path) as container:
            found = {item.name.partition("/")[2]: container.extractfile(item) for item in container}
            contents = [file.read() for name, file in found.items() if file and not name.startswith("tagmanifest-")]
        assert verified_independently(record.content, contents)
        assert not verified_independently(record.content, [*contents[1:], contents[0] + b"."])
        assert not verified_independently(record.content, [*contents, b"one more"])


def test_openssl_confirms_the_timestamp_over_the_root(archive: Archive, server: PkiServer, tmp_path: Path) -> None:
    (done,) = batches(sealed(archive))
    with archive.copies.open(token_key(done.batch.id)) as stream:
        (tmp_path / "token.tst").write_bytes(stream.read())
    roots = b"".join(_pem(server.pki.certificate(label)) for label in ("root-public", "tsa-ca"))
    (tmp_path / "roots.pem").write_bytes(roots)
    command = ["openssl", "ts", "-verify", "-digest", done.batch.root.hex(), "-token_in", "-in", "token.tst"]
    command += ["-CAfile", "roots.pem", "-attime", str(int(SIGNED.timestamp()))]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in result.stdout + result.stderr


def _pem(der: bytes) -> bytes:
    return bytes(pem.armor("CERTIFICATE", der))


def test_the_group_is_every_file_but_evidence_and_tag_manifests(archive: Archive, tmp_path: Path) -> None:
    (version, *_) = archive.catalogue.iter_versions(None, 1)
    (container, *_) = [path for path in container_paths(archive) if str(version.aip_id) in path.name]
    (tmp_path / "bag").mkdir()
    subprocess.run(["tar", "-xf", container, "-C", tmp_path / "bag", "--strip-components=1"], check=True)
    bag = tmp_path / "bag"
    files = sorted(path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file())
    expected = [name for name in files if not name.startswith(("evidence/", "tagmanifest-"))]
    assert len(files) == len(expected) + 2
    for algorithm, name in (("sha256", "sha256"), ("sha512", "sha512"), ("sha3-512", "sha3_512")):
        group = read_group(archive, version, algorithm)
        assert [member.path for member in group] == expected
        assert all(m.digest == hashlib.new(name, (bag / m.path).read_bytes()).digest() for m in group)


def test_two_authorities_with_two_hash_families_give_two_records(server: PkiServer, tmp_path: Path) -> None:
    authorities = Tsa("a", server.tsa()), Tsa("b", server.own_tsa("tsa-ec"), "sha3-512")
    with opened(make_archive(tmp_path / "archive", server, *authorities)) as archive:
        take_in_cases(archive, tmp_path / "cases", 2)
        assert [item.batch.algorithm for item in batches(sealed(archive))] == ["sha256", "sha3-512"]
        for package in packages(archive):
            assert [record.authority for record in records(archive, package)] == ["a", "b"]
            assert judged(archive, package) == [(Outcome.PASSED, None)] * 2


def test_what_comes_later_waits_and_gets_the_next_batch(archive: Archive, tmp_path: Path) -> None:
    sealed(archive)
    take_in_cases(archive, tmp_path / "more", 2, first=10)
    assert archive.catalogue.count_waiting("a") == 2
    assert archive.catalogue.evidence_counts() == (1, 2)
    (done,) = batches(sealed(archive))
    assert done.batch.count == 2


def test_a_new_authority_seals_what_is_held_already(archive: Archive, server: PkiServer) -> None:
    sealed(archive)
    configure(archive.folder, Tsa("a", server.tsa()), Tsa("c", server.own_tsa(), "sha512"))
    with opened(archive.folder) as again:
        (done,) = batches(sealed(again))
        assert (done.batch.authority, done.batch.count) == ("c", 3)


def test_a_limit_seals_the_first_that_came(archive: Archive) -> None:
    (done,) = batches(sealed(archive, 2))
    assert done.batch.count == 2
    assert archive.catalogue.count_waiting("a") == 1


def test_a_dry_run_changes_nothing(archive: Archive) -> None:
    (said,) = seal(archive, SealSettings(dry_run=True))
    assert said == WouldSeal(authority="a", algorithm="sha256", packages=3)
    assert list(archive.copies.list("evidence/")) == []
    assert archive.catalogue.evidence_counts() == (0, 3)


def test_a_damaged_package_waits_and_keeps_no_other_from_being_sealed(archive: Archive) -> None:
    for store in ("a", "b"):
        damaged = container_paths(archive, store)[0]
        flip_byte(damaged, damaged.read_bytes().index(b"/manifest-sha256.txt") + 1024)
    problem, done = sealed(archive)
    assert isinstance(problem, NotSealed)
    assert problem.problem.exit_code == 12
    assert isinstance(done, SealedBatch)
    assert done.batch.count == 2
    assert archive.catalogue.count_waiting("a") == 1


def test_a_damaged_copy_is_left_for_a_good_one(archive: Archive) -> None:
    damaged = container_paths(archive, "a")[0]
    flip_byte(damaged, damaged.read_bytes().index(b"/manifest-sha256.txt") + 1024)
    (done,) = batches(sealed(archive))
    assert done.batch.count == 3


def test_streamed_digests_never_seal_damage(server: PkiServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", server, Tsa("b", server.own_tsa("tsa-ec"), "sha3-256"), stores=("a",))
    with opened(folder) as archive:
        take_in_cases(archive, tmp_path / "cases", 1)
        damaged = container_paths(archive)[0]
        flip_byte(damaged, damaged.read_bytes().index("Nội dung văn bản".encode()))
        (problem,) = sealed(archive)
        assert isinstance(problem, NotSealed)


@pytest.mark.parametrize("where", ["Nội dung văn bản", "BagIt-Version"])
def test_a_flipped_bit_is_found_by_the_verification(archive: Archive, where: str) -> None:
    sealed(archive)
    for store in ("a", "b"):
        path = container_paths(archive, store)[0]
        flip_byte(path, path.read_bytes().index(where.encode()))
    verdicts = [verdict for package in packages(archive) for verdict in judged(archive, package)]
    assert sorted(verdicts, key=str) == [(Outcome.FAILED, SubIndication.HASH_FAILURE)] + [(Outcome.PASSED, None)] * 2


def test_an_unsealed_package_is_never_passed(archive: Archive) -> None:
    assert judged(archive, packages(archive)[0]) == [(Outcome.INDETERMINATE, None)]


def test_the_head_of_the_audit_log_is_sealed_with_them(archive: Archive) -> None:
    (done,) = batches(sealed(archive))
    with archive.copies.open(f"{batch_folder(done.batch.id)}batch.json") as stream:
        data = json.loads(stream.read())
    ((key, value),) = data["objects"]
    with archive.copies.open(key) as stream:
        assert hashlib.sha256(stream.read()).hexdigest() == value
    with archive.copies.open(f"{batch_folder(done.batch.id)}objects/0001.ats") as stream:
        assert bytes.fromhex(value) in stream.read()


def test_the_validation_data_of_the_timestamp_is_kept(archive: Archive) -> None:
    (done,) = batches(sealed(archive))
    kept = [item.key for item in archive.copies.list(f"{batch_folder(done.batch.id)}validation-data/")]
    assert {key.rpartition(".")[2] for key in kept} == {"cer", "crl"}
    for item in kept:
        with archive.copies.open(item) as stream:
            assert hashlib.sha256(stream.read()).hexdigest() in item


def test_it_verifies_with_the_lists_that_were_kept(archive: Archive) -> None:
    """Those of the trust folder are gone."""
    sealed(archive)
    for path in (archive.folder / "trust").glob("*.crl"):
        path.unlink()
    assert judged(archive, packages(archive)[0]) == [(Outcome.PASSED, None)]


def test_a_rebuild_brings_everything_back(server: PkiServer, tmp_path: Path) -> None:
    authorities = Tsa("a", server.tsa()), Tsa("b", server.own_tsa("tsa-ec"), "sha512")
    with opened(make_archive(tmp_path / "archive", server, *authorities)) as archive:
        take_in_cases(archive, tmp_path / "cases", 3)
        sealed(archive, 2)
        sealed(archive, 1)
        take_in_cases(archive, tmp_path / "more", 1, first=10)
        before = list(archive.catalogue.dump())
        assert {name for name, _row in before} >= {"evidence_batches", "evidence_members", "evidence_pending"}
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before


def test_evidence_of_what_is_gone_stays(archive: Archive) -> None:
    """Nothing but the objects of the evidence is needed to have the record of a package."""
    sealed(archive)
    package = packages(archive)[0]
    before = records(archive, package)
    for store in ("a", "b"):
        for path in container_paths(archive, store):
            if str(package.aip_id) in path.name:
                path.unlink()
                path.with_name(path.name + ".sha256").unlink()
    assert records(archive, package) == before
    others = [item for item in packages(archive) if item != package]
    assert len(rebuild(archive).problems) == 0
    assert archive.catalogue.get_case_file(package.aip_id) is None
    assert [seal.version for seal in archive.catalogue.seals([package.aip_id])[package.aip_id]] == [1]
    (held,) = held_records(archive, str(package.aip_id))
    assert held.content == before[0].content
    assert all(judged(archive, item) == [(Outcome.PASSED, None)] for item in others)


def test_one_process_seals_at_a_time(archive: Archive) -> None:
    results = seal(archive, SealSettings(limit=1))
    next(results)
    with pytest.raises(ConflictError):
        list(seal(archive, SealSettings()))
    list(results)


def test_without_an_authority_everything_waits(server: PkiServer, tmp_path: Path) -> None:
    with opened(make_archive(tmp_path / "archive", server, seal="ingest")) as archive:
        take_in_cases(archive, tmp_path / "cases", 1)
        with pytest.raises(TimestampError, match="1 packages wait"):
            sealed(archive)
        assert list(seal_if_due(archive, ingest_ended=True)) == []
        assert archive.catalogue.evidence_counts() == (0, 1)


@pytest.mark.parametrize(
    ("when", "ended", "minutes", "expected"),
    [
        ("off", True, 100, 0),
        ("ingest", False, 100, 0),
        ("ingest", True, 0, 2),
        ("every:3", True, 0, 0),
        ("every:2", False, 0, 2),
        ("minutes:10", False, 9, 0),
        ("minutes:10", False, 10, 2),
    ],
)
def test_the_archive_seals_by_itself_when_it_is_told_to(
    server: PkiServer, tmp_path: Path, when: str, ended: bool, minutes: int, expected: int
) -> None:
    folder = make_archive(tmp_path / "archive", server, Tsa("a", server.tsa()), seal=when)
    with opened(folder) as archive:
        take_in_cases(archive, tmp_path / "cases", 2)
    later = SIGNED + timedelta(minutes=minutes)
    server.clock.time = later
    try:
        with opened(folder, later) as archive:
            done = batches(list(seal_if_due(archive, ingest_ended=ended)))
            assert sum(item.batch.count for item in done) == expected
    finally:
        server.clock.time = SIGNED


def test_a_draft_of_an_authority_that_is_gone_is_dropped(archive: Archive, server: PkiServer) -> None:
    authority = archive.configuration.evidence.authorities[0]
    choose(archive, authority, 10)
    configure(archive.folder, Tsa("z", server.tsa()))
    with opened(archive.folder) as again:
        (done,) = batches(sealed(again))
        assert (done.resumed, done.batch.authority) == (False, "z")
    assert list((archive.folder / "sealing").iterdir()) == []


def test_records_are_what_the_parts_say_byte_for_byte(archive: Archive) -> None:
    (done,) = batches(sealed(archive))
    package = packages(archive)[0]
    (record,) = records(archive, package)
    (part,) = archive.copies.list(evidence_prefix(package.aip_id, package.version))
    with archive.copies.open(part.key) as stream:
        assert stream.read() in record.content
    with archive.copies.open(token_key(done.batch.id)) as stream:
        assert read_record(record.content).timestamps[0].token == stream.read()
