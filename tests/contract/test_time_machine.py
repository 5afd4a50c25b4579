"""Fifty years in one test: certificates end, hash algorithms fall, providers change; what is stored stays provable."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from archive.archive import Archive, create_archive, open_archive
from archive.catalogue.values import PackageVersion
from archive.evidence.authorities import TokenTrust
from archive.evidence.calendar import renewal_calendar
from archive.evidence.checking import AloneCheck
from archive.evidence.gone import nested_records, verify_nested
from archive.evidence.groups import read_group
from archive.evidence.holding import held_objects
from archive.evidence.records import package_records
from archive.evidence.renewal_values import (
    NotRenewed,
    PackageNotHashed,
    RenewalKind,
    RenewalState,
    RenewedBatches,
    RenewResult,
    RenewSettings,
)
from archive.evidence.renewing import renew
from archive.evidence.values import PackageKey
from model.errors import IntegrityError
from model.findings import Outcome
from preservation.evidence.reading import read_record, token_contents
from preservation.evidence.values import DataObject, RecordReport, TokenVerdict
from preservation.evidence.verify import digests_of, verify_record
from preservation.signatures.judging.tokens import judge_token
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import SHIPPED
from tests.fakes.custody import one_examiner
from tests.fakes.epochs import World, moment, world
from tests.fakes.rfc4998 import verify as verified_independently
from tests.fakes.sealed_archives import Tsa, batches, configure, sealed, take_in_cases

BEGIN, END = 2030, 2080
SUNSETS = {"sha256": 2048, "sha512": 2066}


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@dataclass(slots=True)
class Machine:
    """An archive whose years go by."""

    folder: Path
    world: World
    provider: str = "one"
    algorithm: str = "sha256"
    numbers: "count[int]" = None  # type: ignore[assignment]  # set below
    authorities: tuple[str, ...] = ("a",)

    def __post_init__(self) -> None:
        self.numbers = count(1)
        create_archive(self.folder, stores=("a",))
        write_policy(self.folder / "signature-policy.toml")

    def go_to(self, time: datetime, *, lists: bool = True) -> None:
        """Set the clock; the trust folder gets the revocation lists of that day."""
        self.world.clock.time = time
        for provider in self.world.providers.values():
            provider.tsa(self.world.stuck or time.year)
        self.world.write_trust(self.folder / "trust", lists=lists)
        addresses = [
            Tsa(name, self.world.address(self.provider), self.algorithm if number == 0 else "sha3-512")
            for number, name in enumerate(self.authorities)
        ]
        configure(self.folder, *addresses)
        path = self.folder / "chauban.toml"
        path.write_text(path.read_text().replace('seal = "off"', 'seal = "off"\nrenew_lead_days = 400'))

    def opened(self) -> Iterator[Archive]:
        return open_archive(self.folder, clock=self.world.clock)

    def take_in(self, number: int = 1) -> None:
        """Take in so many case files and seal them."""
        with self.opened() as archive:
            first = next(self.numbers)
            for _ in range(number - 1):
                next(self.numbers)
            take_in_cases(archive, self.folder / f"cases-{first}", number, first=first, documents=1)
            batches(sealed(archive))

    def renewed(self, **settings: object) -> list[RenewResult]:
        """Renew what is due."""
        with self.opened() as archive:
            return list(renew(archive, RenewSettings(**settings)))


def write_policy(path: Path) -> None:
    """Write the shipped policy with two hash algorithms that end."""
    text = SHIPPED.read_text(encoding="utf-8")
    for name, year in SUNSETS.items():
        text = re.sub(rf'name = "{name}"\nuse = "digest"\n', rf"\g<0>until = {year}-01-01T00:00:00Z\n", text)
    path.write_text(text, encoding="utf-8")


def versions(archive: Archive) -> list[PackageVersion]:
    return archive.catalogue.iter_versions(None, 1000)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Judges tokens with what is in them and the roots; only the newest with the revocation lists of the day."""

    trust: TokenTrust
    now: datetime

    def __call__(self, token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        if at < self.now:
            return AloneCheck(trust=self.trust)(token, at, number=number)
        _time, algorithm, value = token_contents(token)
        judging = Judging(trust=self.trust.trust, policy=self.trust.policy, at=at)
        return judge_token(token, {algorithm: value}.get, judging, id=str(number))


def check(archive: Archive) -> Inspector:
    return Inspector(TokenTrust.of(archive), archive.clock.now())


def proven(archive: Archive, version: PackageVersion, authority: str = "a") -> RecordReport:
    package = PackageKey(version.aip_id, version.version)
    (record,) = [item for item in package_records(archive.copies, package) if item.authority == authority]
    objects = tuple(held_objects(archive, version))
    return verify_record(record.content, objects, at=archive.clock.now(), check_token=check(archive), whole_group=True)


def destroy(machine: Machine, aip_id: UUID) -> None:
    """Take the container of a package away."""
    paths = [path for path in (machine.folder / "a" / "aips").rglob(f"{aip_id}-v*.tar*") if path.is_file()]
    assert len(paths) == 2
    for path in paths:
        path.unlink()


def renewals(results: list[RenewResult]) -> list[RenewedBatches]:
    return [item for item in results if isinstance(item, RenewedBatches)]


def no_failures(results: list[RenewResult]) -> None:
    assert not [item for item in results if isinstance(item, NotRenewed)], results


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
            report = verify_nested(records, known[1], at=at, check_token=check(archive))
            assert report.outcome is Outcome.PASSED, report.findings
            assert report.proof_time == moment(BEGIN)
            wrong = replace(known[1][0], digest=digests_of({"sha256": bytes(32), "sha512": bytes(64)}))
            changed = verify_nested(records, (wrong, *known[1][1:]), at=at, check_token=check(archive))
            assert changed.outcome is not Outcome.PASSED
            alone = verify_nested(records[:1], known[1], at=at, check_token=check(archive))
            assert alone.outcome is not Outcome.PASSED


def machine_calendar(machine: Machine) -> list[object]:
    with machine.opened() as archive:
        return list(renewal_calendar(archive))
