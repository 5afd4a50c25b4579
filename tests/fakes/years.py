"""Archives whose years go by: the clock is set, trust and configuration follow, and what is due is renewed."""

import re
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from archive.archive import Archive, create_archive, open_archive
from archive.catalogue.values import PackageVersion
from archive.evidence.authorities import TokenTrust
from archive.evidence.checking import AloneCheck
from archive.evidence.holding import held_objects
from archive.evidence.records import package_records
from archive.evidence.renewal_values import NotRenewed, RenewedBatches, RenewResult, RenewSettings
from archive.evidence.renewing import renew
from archive.evidence.values import PackageKey
from preservation.evidence.reading import token_contents
from preservation.evidence.values import RecordReport, TokenVerdict
from preservation.evidence.verify import verify_record
from preservation.signatures.judging.tokens import judge_token
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import SHIPPED
from tests.fakes.epochs import World
from tests.fakes.sealed_archives import Tsa, batches, configure, sealed, take_in_cases

SUNSETS = {"sha256": 2048, "sha512": 2066}
"""Years at whose beginning hash algorithms end."""


@dataclass(slots=True)
class Machine:
    """An archive whose years go by."""

    folder: Path
    world: World
    provider: str = "one"
    algorithm: str = "sha256"
    authorities: tuple[str, ...] = ("a",)
    """The first seals by `algorithm`, the others by SHA3-512."""
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        if not self.folder.exists():
            create_archive(self.folder, stores=("a",))
            write_policy(self.folder / "signature-policy.toml")

    def copied(self, folder: Path) -> "Machine":
        """Return another of the same past."""
        shutil.copytree(self.folder, folder)
        return Machine(folder, self.world, self.provider, self.algorithm, self.authorities, self.numbers)

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

    def opened(self) -> AbstractContextManager[Archive]:
        """Open it at the time of its world."""
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
    """Return all package versions."""
    return archive.catalogue.iter_versions(None, 1000)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Judges tokens with what is in them and the roots; only the newest with the revocation lists of the day."""

    trust: TokenTrust
    now: datetime

    @classmethod
    def of(cls, archive: Archive) -> "Inspector":
        """Return one who trusts as an archive does, today."""
        return cls(TokenTrust.of(archive), archive.clock.now())

    def __call__(self, token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        """Judge one token."""
        if at < self.now:
            return AloneCheck(trust=self.trust)(token, at, number=number)
        _time, algorithm, value = token_contents(token)
        judging = Judging(trust=self.trust.trust, policy=self.trust.policy, at=at)
        return judge_token(token, {algorithm: value}.get, judging, id=str(number))


def proven(archive: Archive, version: PackageVersion, authority: str = "a") -> RecordReport:
    """Verify the record of one authority against what is stored."""
    package = PackageKey(version.aip_id, version.version)
    (record,) = [item for item in package_records(archive.copies, package) if item.authority == authority]
    objects = tuple(held_objects(archive.copies, version))
    return verify_record(
        record.content, objects, at=archive.clock.now(), check_token=Inspector.of(archive), whole_group=True
    )


def destroy(machine: Machine, aip_id: UUID) -> None:
    """Take the container of a package away."""
    paths = [path for path in (machine.folder / "a" / "aips").rglob(f"{aip_id}-v*.tar*") if path.is_file()]
    assert len(paths) == 2
    for path in paths:
        path.unlink()


def renewals(results: list[RenewResult]) -> list[RenewedBatches]:
    """Return what was renewed."""
    return [item for item in results if isinstance(item, RenewedBatches)]


def no_failures(results: list[RenewResult]) -> None:
    """Nothing was left as it was."""
    assert not [item for item in results if isinstance(item, NotRenewed)], results
