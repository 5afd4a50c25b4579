"""Renewal: in time it keeps every proof, at a handful of timestamps; too late or over a broken chain it is refused."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from asn1crypto import cms
from click.testing import CliRunner, Result

from archive.archive import Archive
from archive.campaign import CampaignSettings, verify_all
from archive.evidence.calendar import renewal_calendar
from archive.evidence.chains import batch_chain, token_in
from archive.evidence.records import package_records
from archive.evidence.renewal_values import (
    NotRenewed,
    Postponed,
    RenewalKind,
    RenewalState,
    WouldRenew,
)
from archive.evidence.values import PackageKey
from archive.layout import renewal_key, renewals_prefix
from cli import load_commands
from ingest.rebuild import rebuild
from model.errors import ConfigurationError, IntegrityError, NotFoundError, TimestampError
from model.findings import Outcome
from model.preservation import EventType
from preservation.cms.digests import digest_bytes
from preservation.evidence.build import ArchiveTimestampParts, new_record, renew_timestamp
from preservation.evidence.reading import read_record
from preservation.evidence.values import DataObject
from preservation.evidence.verify import digests_of, verify_record
from preservation.signatures.judging.lifetime import LimitKind
from tests.fakes.custody import one_examiner
from tests.fakes.epochs import World, moment, world
from tests.fakes.years import Inspector, Machine, no_failures, proven, renewals, versions


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture
def served() -> Iterator[World]:
    with world(2030, "one", "two") as running:
        yield running


@pytest.fixture
def machine(served: World, tmp_path: Path) -> Machine:
    """Three packages, sealed in 2030 by two batches."""
    found = Machine(tmp_path / "archive", served)
    found.go_to(moment(2030))
    found.take_in(2)
    found.take_in()
    return found


def held_versions(machine: Machine) -> list[PackageKey]:
    with machine.opened() as archive:
        return [PackageKey(item.aip_id, item.version) for item in versions(archive)]


def all_proven(machine: Machine, authority: str = "a") -> None:
    with machine.opened() as archive:
        for version in versions(archive):
            report = proven(archive, version, authority)
            assert report.outcome is Outcome.PASSED, report.findings
            assert report.proof_time == moment(2030)


def test_one_timestamp_renews_every_batch_that_is_due(machine: Machine, served: World) -> None:
    machine.go_to(moment(2034))
    asked = served.asked
    (result,) = renewals(machine.renewed())
    assert result.kind is RenewalKind.TIMESTAMP
    assert (len(result.batches), result.packages) == (2, 3)
    assert served.asked == asked + 1
    all_proven(machine)
    assert machine.renewed() == []
    with machine.opened() as archive:
        keys = [
            item.key
            for batch in archive.catalogue.evidence_batches()
            for item in archive.copies.list(renewals_prefix(batch.id))
        ]
        assert len(keys) == 6
        for batch in archive.catalogue.evidence_batches():
            with archive.copies.open(renewal_key(batch.id, 1, "json")) as stream:
                assert json.loads(stream.read())["type"] == EventType.EVIDENCE_RECORD_RENEWAL.value


def test_the_covered_token_carries_what_proves_it(machine: Machine) -> None:
    machine.go_to(moment(2034))
    no_failures(machine.renewed())
    with machine.opened() as archive:
        batch = next(archive.catalogue.evidence_batches())
        first, _second = batch_chain(archive.copies, batch.id, batch.algorithm)
        signed = cms.ContentInfo.load(token_in(first))["content"]
        assert len(signed["crls"]) == 2
        assert len(signed["certificates"]) == 2


def test_only_the_last_timestamp_needs_data_from_elsewhere(machine: Machine) -> None:
    machine.go_to(moment(2034))
    no_failures(machine.renewed())
    machine.go_to(moment(2038))
    no_failures(machine.renewed())
    machine.go_to(moment(2042))
    no_failures(machine.renewed())
    all_proven(machine)
    machine.go_to(moment(2042, 6), lists=False)
    with machine.opened() as archive:
        report = proven(archive, versions(archive)[0])
        assert report.outcome is Outcome.INDETERMINATE
        assert [stamp.outcome for stamp in report.timestamps] == [*[Outcome.PASSED] * 3, Outcome.INDETERMINATE]


def test_renewal_missed(machine: Machine, served: World) -> None:
    machine.go_to(moment(2036))
    with machine.opened() as archive:
        assert {plan.state for plan in renewal_calendar(archive)} >= {RenewalState.OVERDUE}
        assert proven(archive, versions(archive)[0]).outcome is not Outcome.PASSED
    asked = served.asked
    results = machine.renewed()
    assert len(results) == 2
    assert all(isinstance(item, NotRenewed) and isinstance(item.problem, IntegrityError) for item in results)
    assert served.asked == asked, "nothing is stamped over a broken chain"


def test_renewed_after_the_certificate_ended(machine: Machine, served: World) -> None:
    machine.go_to(moment(2036))
    with machine.opened() as archive:
        record, value = by_hand(archive, served)
        report = verify_record(record, [value], at=archive.clock.now(), check_token=Inspector.of(archive))
        assert report.outcome is not Outcome.PASSED
        assert report.timestamps[-1].outcome is Outcome.PASSED


def test_renewed_without_validation_data(machine: Machine, served: World) -> None:
    machine.go_to(moment(2034))
    with machine.opened() as archive:
        record, value = by_hand(archive, served)
    machine.go_to(moment(2035))
    with machine.opened() as archive:
        report = verify_record(record, [value], at=archive.clock.now(), check_token=Inspector.of(archive))
        assert report.outcome is Outcome.INDETERMINATE
        assert report.timestamps[-1].outcome is Outcome.PASSED


def by_hand(archive: Archive, served: World) -> tuple[bytes, DataObject]:
    """Return a batch's record renewed by somebody who neither looks nor keeps anything."""
    batch = next(archive.catalogue.evidence_batches())
    (stamp,) = batch_chain(archive.copies, batch.id, batch.algorithm)
    value = digest_bytes(token_in(stamp), "sha256")
    token = served.token("one", value)
    first = ArchiveTimestampParts(algorithm="sha256", first=(), siblings=(), token=token_in(stamp))
    later = ArchiveTimestampParts(algorithm="sha256", first=(), siblings=(), token=token)
    known = DataObject(name="root", digest=digests_of({"sha256": batch.root}))
    return renew_timestamp(new_record(first), later), known


def test_a_revoked_authority_is_not_covered(machine: Machine, served: World) -> None:
    provider = served.providers["one"]
    provider.revoked[provider.tsa(2030).certificate.serial_number] = moment(2033)
    machine.go_to(moment(2034))
    results = machine.renewed()
    assert all(isinstance(item, NotRenewed) and isinstance(item.problem, IntegrityError) for item in results)


def test_without_revocation_lists_nothing_is_renewed(machine: Machine) -> None:
    machine.go_to(moment(2034), lists=False)
    assert all(isinstance(item, NotRenewed) for item in machine.renewed())
    machine.go_to(moment(2034))
    assert len(renewals(machine.renewed())) == 1


def test_an_authority_that_is_away_costs_nothing(machine: Machine, served: World) -> None:
    machine.go_to(moment(2034))
    served.away = True
    (result,) = machine.renewed()
    assert isinstance(result, NotRenewed)
    assert isinstance(result.problem, TimestampError)
    assert list((machine.folder / "renewing").iterdir()) == []
    served.away = False
    machine.go_to(moment(2034, 2))
    assert len(renewals(machine.renewed())) == 1
    all_proven(machine)


def test_a_renewal_that_gains_nothing_waits(machine: Machine, served: World) -> None:
    served.stuck = 2030
    machine.go_to(moment(2034))
    (result,) = machine.renewed()
    assert isinstance(result, Postponed)
    served.stuck = None
    machine.go_to(moment(2034, 2))
    assert len(renewals(machine.renewed())) == 1


def test_dry_run_and_single_batch(machine: Machine, served: World) -> None:
    with machine.opened() as archive:
        batch = next(archive.catalogue.evidence_batches())
    asked = served.asked
    machine.go_to(moment(2034))
    (would,) = machine.renewed(dry_run=True)
    assert isinstance(would, WouldRenew)
    assert served.asked == asked
    (result,) = renewals(machine.renewed(batch=batch.id, because="asked for"))
    assert result.batches == (batch.id,)
    (rest,) = renewals(machine.renewed())
    assert len(rest.batches) == 1
    with pytest.raises(NotFoundError):
        machine.renewed(batch=archive.configuration.archive_id)


def test_hash_tree_renewal_binds_the_content_anew(machine: Machine) -> None:
    machine.algorithm = "sha512"
    machine.go_to(moment(2034))
    no_failures(machine.renewed())
    machine.go_to(moment(2035))
    with machine.opened() as archive:
        first = [batch.id for batch in archive.catalogue.evidence_batches()]
    for batch_id in first:
        (result,) = renewals(machine.renewed(batch=batch_id, algorithm="sha512"))
        assert result.kind is RenewalKind.HASH_TREE
    all_proven(machine)
    with machine.opened() as archive:
        for package in held_versions(machine):
            (record,) = package_records(archive.copies, package)
            assert [len(chain.timestamps) for chain in read_record(record.content).chains] == [2, 1]
        assert {plan.batch.algorithm for plan in renewal_calendar(archive)} == {"sha512"}


def test_hashing_anew_by_a_weaker_or_the_same_algorithm_is_refused(machine: Machine) -> None:
    with machine.opened() as archive:
        batch = next(archive.catalogue.evidence_batches())
    for algorithm in ("sha256", "sha1", "md5"):
        (result,) = machine.renewed(batch=batch.id, algorithm=algorithm)
        assert isinstance(result, NotRenewed)
        assert isinstance(result.problem, ConfigurationError)


@pytest.fixture(scope="module")
def two_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with world(2030, "one", "two") as running:
        machine = Machine(tmp_path_factory.mktemp("two") / "archive", running, authorities=("a", "b"))
        machine.go_to(moment(2030))
        machine.take_in(2)
        yield machine


@pytest.mark.parametrize("order", list(permutations(("a", "b", "hash a"))))
def test_renewal_in_any_order_keeps_every_earlier_proof(
    order: tuple[str, ...], two_authorities: Machine, tmp_path: Path
) -> None:
    machine = two_authorities.copied(tmp_path / "archive")
    for number, step in enumerate(order, start=1):
        machine.go_to(moment(2031) + timedelta(days=30 * number))
        with machine.opened() as archive:
            newest = {batch.authority: batch.id for batch in archive.catalogue.evidence_batches()}
        name = step[-1]
        no_failures(machine.renewed(batch=newest[name], algorithm="sha512" if step == "hash a" else ""))
        all_proven(machine, "a")
        all_proven(machine, "b")


def test_a_rebuild_restores_what_was_renewed(machine: Machine) -> None:
    machine.algorithm = "sha512"
    machine.go_to(moment(2034))
    no_failures(machine.renewed())
    with machine.opened() as archive:
        batch = next(archive.catalogue.evidence_batches())
    no_failures(machine.renewed(batch=batch.id, algorithm="sha512"))
    with machine.opened() as archive:
        before = list(archive.catalogue.dump())
        assert rebuild(archive).problems == ()
        assert list(archive.catalogue.dump()) == before
        reports = list(verify_all(archive, CampaignSettings(deep=True, restart=True)))
        assert all(report.outcome is Outcome.PASSED for report in reports)
    all_proven(machine)


def test_the_calendar_names_what_ends(machine: Machine) -> None:
    with machine.opened() as archive:
        plans = renewal_calendar(archive)
        assert {plan.kind for plan in plans} == {RenewalKind.TIMESTAMP, RenewalKind.HASH_TREE}
        by_kind = {plan.kind: plan for plan in plans}
        assert by_kind[RenewalKind.TIMESTAMP].by == moment(2035)
        reason = by_kind[RenewalKind.HASH_TREE].reason
        assert reason is not None
        assert (reason.kind, reason.name, reason.until.year) == (LimitKind.HASH_ALGORITHM, "sha256", 2048)
        assert renewal_calendar(archive, until=moment(2031)) == []
        assert len(renewal_calendar(archive, until=moment(2034, 6))) == 2


def run(machine: Machine, *arguments: object) -> Result:
    """Run the program, by the clock of this machine: years before the first seal."""
    root = ["--lang", "en", "--archive", str(machine.folder)]
    return CliRunner().invoke(load_commands(), [*root, "evidence", *map(str, arguments)])


def test_the_calendar_on_the_command_line(machine: Machine, tmp_path: Path) -> None:
    shown = run(machine, "calendar", "--json")
    assert shown.exit_code == 0, shown.output
    plans = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {plan["schema"] for plan in plans} == {"evidence-calendar/1"}
    assert {plan["state"] for plan in plans} == {"planned"}
    for suffix, magic in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF")):
        path = tmp_path / f"calendar{suffix}"
        drawn = run(machine, "calendar", "--plot", path)
        assert drawn.exit_code == 0, drawn.output
        assert path.read_bytes().startswith(magic)
        assert "the hash algorithm sha256 no longer counts" in drawn.stdout
    assert run(machine, "calendar", "--plot", tmp_path / "calendar.gif").exit_code == 2


def test_renewal_on_the_command_line(tmp_path: Path) -> None:
    with world(2025, "one") as served:
        machine = Machine(tmp_path / "archive", served)
        machine.go_to(moment(2025))
        machine.take_in()
        machine.go_to(datetime.now(UTC))
        assert run(machine, "renew").exit_code == 2
        unknown = run(machine, "renew", "--batch", "00000000-0000-4000-8000-000000000000")
        assert unknown.exit_code == NotFoundError.exit_code
        with machine.opened() as archive:
            batch = next(archive.catalogue.evidence_batches())
        served.away = True
        away = run(machine, "renew", "--batch", batch.id, "--json")
        assert away.exit_code == TimestampError.exit_code, away.output
        assert json.loads(away.stdout)["state"] == "not-renewed"
        served.away = False
        done = run(machine, "renew", "--batch", batch.id, "--because", "drill")
        assert done.exit_code == 0, done.output
        assert "new timestamp: 1 batch, 1 packages" in done.stdout
        anew = run(machine, "renew", "--batch", batch.id, "--algorithm", "sha3-512", "--json")
        assert anew.exit_code == 0, anew.output
        assert json.loads(anew.stdout)["renewal"] == "hash-tree"
        quiet = run(machine, "renew", "--due", "--json")
        assert (quiet.exit_code, quiet.stdout) == (0, "")
