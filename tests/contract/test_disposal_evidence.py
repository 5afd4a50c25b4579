"""The evidence of a destroyed record still proves, by the digests beside its stub, since when it existed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from archive.disposal.values import DisposalState
from archive.evidence.holding import held_records
from archive.layout import stub_digests_key, stub_key
from archive.retention.decisions import decide_records, decide_schedules
from archive.retention.values import Assignment, DisposalAction, Period, Schedule, ScheduleStatus, Unit
from model.findings import Outcome
from preservation.evidence.commands import RecordJudge
from preservation.evidence.values import DataObject
from tests.fakes.custody import one_examiner
from tests.fakes.disposal import destroyed, permission
from tests.fakes.pki import SIGNED, PkiServer, serve
from tests.fakes.sealed_archives import Tsa, make_archive, opened, sealed, take_in_cases


@pytest.fixture(scope="module")
def server() -> Iterator[PkiServer]:
    with serve() as running:
        yield running


def test_evidence_outlives_the_record(server: PkiServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", server, Tsa("a", server.tsa()))
    later = SIGNED + timedelta(minutes=1)
    with one_examiner(), opened(folder) as archive:
        take_in_cases(archive, tmp_path / "cases", 2)
        sealed(archive)
        version, other = archive.catalogue.iter_versions(None, 10)
        rule = Schedule(
            code="NGAY",
            version=1,
            title="Một ngày",
            action=DisposalAction.DESTROY,
            period=Period(number=0, unit=Unit.DAYS),
            status=ScheduleStatus.APPROVED,
        )
        decide_schedules(archive, [rule])
        officer = Assignment(aip_id=version.aip_id, override="NGAY", reason="x", decided_by="lan", decided_at=SIGNED)
        decide_records(archive, [officer])
    with opened(folder, later) as archive:
        done = destroyed(archive, [version.aip_id], permission(later))[version.aip_id]
        assert done.state is DisposalState.DESTROYED, [item.message() for item in done.findings]
        stub = json.loads(archive.copies.open(stub_key(version.aip_id)).read())
        assert all(archive.copies.stat(key) is not None for key in stub["evidence"])
        assert len(stub["evidence"]) == 2
        judge = RecordJudge(trust=folder / "trust", policy=None, at=archive.clock.now())
        (held,) = held_records(archive, str(version.aip_id))
        assert judge.held(held).outcome is not Outcome.FAILED
        lines = [json.loads(line) for line in archive.copies.open(stub_digests_key(version.aip_id)).read().splitlines()]
        (digests,) = [line["digests"] for line in lines if line["algorithm"] == "sha256"]
        objects = tuple(DataObject(name=value, digest=partial(_kept, bytes.fromhex(value))) for value in digests)
        assert judge.held(replace(held, objects=objects)).outcome is Outcome.PASSED
        forged = (replace(objects[0], digest=partial(_kept, bytes(32))), *objects[1:])
        assert judge.held(replace(held, objects=forged)).outcome is Outcome.FAILED
        assert archive.catalogue.get_case_file(other.aip_id) is not None


def _kept(digest: bytes, _algorithm: str) -> bytes:
    return digest
