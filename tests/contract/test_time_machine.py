"""Fifty years in one test: certificates end, hash algorithms fall, providers change; what is stored stays provable."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from archive.evidence.calendar import renewal_calendar
from archive.evidence.gone import nested_records
from archive.evidence.groups import read_group
from archive.evidence.records import package_records
from archive.evidence.renewal_values import PackageNotHashed, PlannedRenewal, RenewalState
from archive.evidence.values import PackageKey
from model.findings import Outcome
from preservation.evidence.nested import verify_nested
from preservation.evidence.reading import read_record
from preservation.evidence.values import DataObject
from preservation.evidence.verify import digests_of
from tests.fakes.custody import one_examiner
from tests.fakes.epochs import moment, world
from tests.fakes.years import Inspector, Machine, destroy, no_failures, proven, versions

BEGIN, END = 2030, 2080


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


def test_fifty_years(tmp_path: Path) -> None:
    filed: dict[str, int] = {}
    with world(BEGIN, "one", "two", "three", "four") as served:
        machine = Machine(tmp_path / "archive", served)
        known: tuple[UUID, tuple[DataObject, ...]] | None = None
        missing = 0
        for year in range(BEGIN, END + 1):
            machine.provider = "one" if year < 2042 else "two" if year < 2055 else "three" if year < 2068 else "four"
            machine.algorithm = "sha256" if year < 2046 else "sha512" if year < 2064 else "sha3-512"
            served.digest = "sha256" if year < 2046 else "sha384"
            machine.go_to(moment(year))
            results = machine.renewed()
            no_failures(results)
            missing += sum(isinstance(item, PackageNotHashed) for item in results)
            assert not [item for item in machine_calendar(machine) if item.state is RenewalState.OVERDUE], year
            if year % 8 == BEGIN % 8:
                machine.take_in(2 if year == BEGIN else 1)
                with machine.opened() as archive:
                    filed |= {str(item.aip_id): year for item in versions(archive) if str(item.aip_id) not in filed}
            if year == 2051:
                with machine.opened() as archive:
                    first = versions(archive)[0]
                    gone = next(item for item in versions(archive) if filed[str(item.aip_id)] == BEGIN) or first
                    members = read_group(archive, gone, "sha256")
                    strong = dict(read_group(archive, gone, "sha512"))
                    known = (
                        gone.aip_id,
                        tuple(
                            DataObject(name=path, digest=digests_of({"sha256": digest, "sha512": strong[path]}))
                            for path, digest in members
                        ),
                    )
                destroy(machine, gone.aip_id)
        assert missing == 1
        assert known is not None
        assert served.asked < 60
        with machine.opened() as archive:
            surviving = [item for item in versions(archive) if item.aip_id != known[0]]
            assert len(surviving) == 7
            for version in surviving:
                report = proven(archive, version)
                year = filed[str(version.aip_id)]
                assert report.outcome is Outcome.PASSED, (year, report.findings)
                assert report.proof_time == moment(year)
                assert report.holds_until is not None
                assert report.holds_until > archive.clock.now()
            longest = next(item for item in surviving if filed[str(item.aip_id)] == BEGIN)
            (record,) = package_records(archive.copies, PackageKey(longest.aip_id, longest.version))
            chains = [chain.algorithm for chain in read_record(record.content).chains]
            assert chains == ["sha256", "sha512", "sha3-512"]
            records = nested_records(archive.copies, PackageKey(known[0], 1), "a")
            assert len(records) == 2
            at = archive.clock.now()
            report = verify_nested(records, known[1], at=at, check_token=Inspector.of(archive))
            assert report.outcome is Outcome.PASSED, report.findings
            assert report.proof_time == moment(BEGIN)
            wrong = replace(known[1][0], digest=digests_of({"sha256": bytes(32), "sha512": bytes(64)}))
            changed = verify_nested(records, (wrong, *known[1][1:]), at=at, check_token=Inspector.of(archive))
            assert changed.outcome is not Outcome.PASSED
            alone = verify_nested(records[:1], known[1], at=at, check_token=Inspector.of(archive))
            assert alone.outcome is not Outcome.PASSED


def machine_calendar(machine: Machine) -> list[PlannedRenewal]:
    with machine.opened() as archive:
        return list(renewal_calendar(archive))


@pytest.mark.long
def test_fifty_years_with_two_authorities(tmp_path: Path) -> None:
    """Every half year is lived through; each package keeps two proofs with two hash families."""
    with world(BEGIN, "one", "two", "three", "four") as served:
        machine = Machine(tmp_path / "archive", served, authorities=("a", "b"))
        filed: dict[UUID, int] = {}
        for year in range(BEGIN, END + 1):
            machine.provider = "one" if year < 2042 else "two" if year < 2055 else "three" if year < 2068 else "four"
            machine.algorithm = "sha256" if year < 2046 else "sha512" if year < 2064 else "sha384"
            served.digest = "sha256" if year < 2046 else "sha384"
            for month in (1, 7):
                machine.go_to(moment(year, month))
                no_failures(machine.renewed())
                assert not [item for item in machine_calendar(machine) if item.state is RenewalState.OVERDUE], year
            if year % 2 == 0:
                machine.take_in(3)
                with machine.opened() as archive:
                    filed |= {item.aip_id: year for item in versions(archive) if item.aip_id not in filed}
        with machine.opened() as archive:
            assert len(filed) == 78
            for version in versions(archive):
                for authority in ("a", "b"):
                    report = proven(archive, version, authority)
                    assert report.outcome is Outcome.PASSED, report.findings
                    assert report.proof_time == moment(filed[version.aip_id], 7)
            assert served.asked < 300
