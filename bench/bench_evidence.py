"""Sealing many packages under one timestamp, against one timestamp for each package, and against hashing alone."""

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from archive.archive import open_archive
from archive.evidence.authorities import TokenTrust
from archive.evidence.groups import read_group
from archive.evidence.holding import held_records
from archive.evidence.seal import seal
from archive.evidence.storing import batch_json
from archive.evidence.values import BatchPlan, Leaf, PackageKey, SealedBatch, SealSettings
from archive.layout import EvidencePart
from bench.measuring import RESULTS, report
from model.findings import Outcome
from model.ports import SystemClock
from preservation.evidence.build import ArchiveTimestampParts, HashTree, assemble, group_value
from preservation.evidence.commands import RecordJudge
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import PkiServer, serve
from tests.fakes.sealed_archives import Tsa, make_archive

MANY = 100_000
SIZES = (10, 100, 1_000, 10_000)
REAL = 60
"""Case files of ten documents that are taken in and sealed for real."""

Group = tuple[bytes, ...]
Stamp = Callable[[bytes], bytes]


def evidence() -> None:
    """Batches of 10 to 100,000 packages of ten documents, with a timestamp authority on the loopback."""
    now = datetime.now(UTC)
    with serve(now) as server:
        folder = RESULTS / "evidence"
        shutil.rmtree(folder, ignore_errors=True)
        tsa = Tsa("a", f"{server.own_tsa('tsa-ec')}?chain=no")
        make_archive(folder / "archive", server, tsa, at=now, stores=("store",))
        (folder / "archive" / "trust" / "ec-ca.cer").write_bytes(server.pki.certificate("ec-ca"))
        members, size = _real(folder, server)
        with open_archive(folder / "archive") as archive:
            authority = archive.configuration.evidence.authorities[0]
            stamp = TokenTrust.of(archive).stamp(authority)
            server.clock.time = datetime.now(UTC)
            alone = _each_alone(stamp)
            _batches(stamp, members, alone)
            _many(stamp, members, size)
        shutil.rmtree(folder)


def _groups(count: int, members: int) -> list[Group]:
    """Return groups as large as those of real packages; their digests are what was computed at ingest."""
    return [tuple(secrets.token_bytes(32) for _ in range(members)) for _ in range(count)]


def _sealed(groups: list[Group], stamp: Stamp) -> dict[str, bytes]:
    """Seal groups into a store in memory: description, token, and the archive timestamp of every package."""
    values = [group_value("sha256", group) for group in groups]
    tree = HashTree.over("sha256", values)
    batch_id = UUID(int=1)
    keys = [PackageKey(UUID(int=number), 1) for number in range(len(groups))]
    plan = BatchPlan(
        id=batch_id,
        authority="a",
        algorithm="sha256",
        chain=1,
        created=SystemClock().now(),
        leaves=tuple(Leaf(key, value) for key, value in zip(keys, values, strict=True)),
        root=tree.root,
    )
    token = stamp(tree.root)
    store = {"batch.json": batch_json(plan), "token.tst": token}
    for place, group in enumerate(groups):
        part = EvidencePart(keys[place].aip_id, 1, "a", 1, batch_id).key
        store[part] = ArchiveTimestampParts(
            algorithm="sha256", first=group, siblings=tree.siblings(place), token=token
        ).der()
    return store


def _each_alone(stamp: Stamp) -> float:
    """Return the seconds of one timestamp for one package, by our own client."""
    started = time.perf_counter()
    for _ in range(20):
        stamp(secrets.token_bytes(32))
    return (time.perf_counter() - started) / 20


def _batches(stamp: Stamp, members: int, alone: float) -> None:
    for count in SIZES:
        groups = _groups(count, members)
        started = time.perf_counter()
        _sealed(groups, stamp)
        taken = (time.perf_counter() - started) / count
        text = f"ours {taken * 1000:.3f} ms a package, a timestamp for each package {alone * 1000:.1f} ms"
        print(f"sealing in a batch of {count}\n    {text}, ratio {taken / alone:.4f} (target: falls)", flush=True)


def _many(stamp: Stamp, members: int, size: int) -> None:
    groups = _groups(MANY, members)
    started = time.perf_counter()
    store = _sealed(groups, stamp)
    taken = time.perf_counter() - started
    started = time.perf_counter()
    for group in groups:
        hashlib.sha256(b"".join(sorted(group))).digest()
    hashing = time.perf_counter() - started
    report(f"sealing {MANY} packages, in memory", "hashlib over their digests", taken, hashing, "≤ 10 s")
    print(f"    {taken:.2f} s (target < 10 s)")
    part = max((len(content), key) for key, content in store.items() if key.endswith(".ats"))[1]
    largest = len(assemble([[store[part]]]))
    token = len(store["token.tst"])
    print(f"    record of a package of ten documents: {largest} bytes (target ≤ 4096), {token} of them the token's")
    print(f"    in a batch of {REAL} packages: {size} bytes")


def _real(folder: Path, server: PkiServer) -> tuple[int, int]:
    """Take in and seal real packages; return how many files a group has, and the size of a record."""
    for number in range(REAL):
        make_case_folder(folder / "cases" / str(number), f"H49.64.2024.{number}", documents=10)
    with open_archive(folder / "archive") as archive:
        take_in(archive, folder / "cases")
        server.clock.time = datetime.now(UTC)
        for limit in (REAL // 10, REAL - REAL // 10):
            started = time.perf_counter()
            (done,) = seal(archive, SealSettings(limit=limit))
            taken = (time.perf_counter() - started) / limit
            if not isinstance(done, SealedBatch):
                raise SystemExit(f"not sealed: {done}")
            print(f"    whole seal of {limit} held packages on this disk: {taken * 1000:.1f} ms a package", flush=True)
        (version, *_) = archive.catalogue.iter_versions(None, 1)
        (held,) = held_records(archive, str(version.aip_id))
        judge = RecordJudge(trust=archive.folder / "trust", policy=None, at=datetime.now(UTC))
        for item in held.objects:
            item.digest("sha256")  # reading the files is not the matter here
        if judge.held(held).outcome is not Outcome.PASSED:
            raise SystemExit("a record does not verify")
        started = time.perf_counter()
        for _ in range(20):
            judge.held(held)
        print(f"    verifying one record: {(time.perf_counter() - started) / 20 * 1000:.1f} ms (target: milliseconds)")
        return len(read_group(archive, version, "sha256")), len(held.content or b"")
