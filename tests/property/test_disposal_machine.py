"""Whatever is done in whatever order, nothing is destroyed that must be kept, and what is destroyed leaves its stub."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.catalogue.disposal import StubTable
from archive.disposal.execution import execute, resume
from archive.disposal.values import DisposalState, Permission
from archive.layout import hold_key, stub_key
from archive.retention.decisions import decide_records
from archive.retention.hold_values import Hold, Lifting, lifting_json
from archive.retention.values import Assignment
from archive.store.copies import CopySet
from archive.store.local import LocalStore
from ingest.rebuild import rebuild
from model.dates import from_utc_text
from model.errors import IntegrityError
from tests.fakes.custody import one_examiner
from tests.fakes.disposal import Coverage, hold_on, is_gone, is_whole, make_due, opened, permission, put_hold

TAKEN_IN = datetime(2060, 1, 31, 8, tzinfo=UTC)
PEOPLE = ("lan", "minh", "hoa")
RECORDS = st.integers(0, 2)


class Crash(BaseException):
    """The process is gone."""


@cache
def template() -> tuple[Path, tuple[UUID, ...], str]:
    """An archive with three records, and the code of a rule that keeps for ever."""
    folder = Path(tempfile.mkdtemp(prefix="chauban-disposal-")) / "archive"
    with one_examiner():
        records = make_due(folder, 3, stores=("a",))
    with opened(folder, TAKEN_IN) as archive:
        rules = archive.catalogue.retention.rules().schedules
        permanent = next(code for code, item in rules.items() if item.action.value == "retain")
    return folder, tuple(records), permanent


class DisposalMachine(RuleBasedStateMachine):
    """People, clocks, crashes and backups around one archive."""

    @initialize()
    def begin(self) -> None:
        source, self.records, self.permanent = template()
        self.folder = Path(tempfile.mkdtemp(prefix="chauban-disposal-")) / "archive"
        shutil.copytree(source, self.folder)
        self.now = TAKEN_IN + timedelta(days=10)
        self.holds: dict[int, Hold] = {}
        self.held: dict[int, set[int]] = {position: set() for position in range(3)}
        self.coverage = Coverage()
        self.extended: set[int] = set()
        self.decision: Permission | None = None
        self.marked: set[int] = set()
        self.backups: list[bytes] = [self.database.read_bytes()]
        with self.open() as archive:
            self.versions = {aip_id: archive.catalogue.versions(aip_id) for aip_id in self.records}
            archive.catalogue.retention.refresh()

    @property
    def database(self) -> Path:
        return self.folder / "catalogue.sqlite"

    @contextmanager
    def open(self) -> Iterator[Archive]:
        with opened(self.folder, self.now) as archive:
            yield archive

    def teardown(self) -> None:
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    # What people and time do

    @rule(hours=st.integers(1, 24 * 8))
    def advance(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(years=st.sampled_from((1, 40)))
    def turn_back(self, years: int) -> None:
        self.now = self.now.replace(year=self.now.year - years, day=1)

    @rule()
    def set_right(self) -> None:
        self.now = max(self.now, TAKEN_IN + timedelta(days=10))

    @rule(position=RECORDS, number=st.integers(0, 1))
    def place(self, position: int, number: int) -> None:
        if number in self.holds:
            return
        hold = hold_on(self.records[position], self.now)
        self.holds[number] = hold
        self.held[position].add(number)
        with self.open() as archive:
            put_hold(archive, hold)
            archive.catalogue.holds.place(hold)
            record_act(archive, Action.HOLD, hold.id)

    @rule(number=st.integers(0, 1))
    def lift(self, number: int) -> None:
        hold = self.holds.pop(number, None)
        if hold is None:
            return
        for numbers in self.held.values():
            numbers.discard(number)
        lifting = Lifting(by="lan", at=self.now, because="xong")
        with self.open() as archive:
            content = json.dumps({"schema": "chauban-hold/1", **lifting_json(lifting)})
            archive.copies.put(hold_key(hold.id, "lifted"), content.encode())
            archive.catalogue.holds.lift(hold, lifting)

    @rule(position=RECORDS)
    def object(self, position: int) -> None:
        self.coverage.objected[self.records[position]] = "phản đối"

    @rule(position=RECORDS)
    def extend(self, position: int) -> None:
        self.extended.add(position)
        officer = Assignment(
            aip_id=self.records[position],
            override=self.permanent,
            reason="gia hạn",
            decided_by="lan",
            decided_at=self.now,
        )
        with self.open() as archive:
            decide_records(archive, [officer])

    @rule(
        opened_by=st.sampled_from(PEOPLE),
        approved_by=st.sampled_from(("", *PEOPLE)),
        confirmed_by=st.sampled_from(PEOPLE),
    )
    def approve(self, opened_by: str, approved_by: str, confirmed_by: str) -> None:
        self.decision = permission(self.now, opened_by=opened_by, approved_by=approved_by, confirmed_by=confirmed_by)

    @rule()
    def approve_rightly(self) -> None:
        self.decision = permission(self.now)

    # What goes wrong

    @rule()
    def back_up(self) -> None:
        self.backups.append(self.database.read_bytes())

    @rule(which=st.integers(0, 5))
    def restore_backup(self, which: int) -> None:
        for path in self.folder.glob("catalogue.sqlite*"):
            path.unlink()
        self.database.write_bytes(self.backups[which % len(self.backups)])

    @rule()
    def rebuild_catalogue(self) -> None:
        with self.open() as archive:
            assert rebuild(archive).problems == ()
            archive.catalogue.retention.refresh()

    @rule(boundary=st.integers(0, 40))
    def crash(self, boundary: int) -> None:
        if self.decision is None:
            return
        allowed = self.allowed()
        with pytest.MonkeyPatch.context() as patch:
            crash_at(patch, boundary)
            try:
                with self.open() as archive:
                    list(execute(archive, self.decision, self.records, self.coverage))
            except (Crash, IntegrityError):
                pass
        self.learn(allowed)

    @rule()
    def run(self) -> None:
        if self.decision is None:
            return
        allowed = self.allowed()
        with self.open() as archive:
            try:
                done = {item.aip_id: item for item in execute(archive, self.decision, self.records, self.coverage)}
            except IntegrityError:
                return
        for position, aip_id in enumerate(self.records):
            expected = DisposalState.DESTROYED if position in allowed | self.marked else None
            assert done[aip_id].state is expected, (position, done[aip_id])
        self.learn(allowed)

    @rule()
    def go_on(self) -> None:
        with self.open() as archive:
            assert {item.state for item in resume(archive)} <= {DisposalState.DESTROYED}

    # What must hold

    def allowed(self) -> set[int]:
        """Which records may be destroyed now: told from what was done, not from what the archive says."""
        decision = self.decision
        if decision is None or not self.due():
            return set()
        people = decision.approved_by, decision.opened_by, decision.confirmed_by
        if not people[0] or people[0] in people[1:]:
            return set()
        if not decision.not_before <= self.now <= decision.not_after or self.now < decision.confirmed_at:
            return set()
        with self.open() as archive:
            newest = archive.catalogue.audit_state().time
        if newest and self.now < from_utc_text(newest):
            return set()
        free = {position for position in range(3) if not self.held[position]} - self.extended
        return {position for position in free if self.records[position] not in self.coverage.objected}

    def due(self) -> bool:
        """All three ended in 2024 and are kept for at most thirty years."""
        return self.now.year >= 2055

    def learn(self, allowed: set[int]) -> None:
        """See which records are marked now; none that was not allowed is."""
        with self.open() as archive:
            found = {
                position
                for position, aip_id in enumerate(self.records)
                if archive.catalogue.stubs.get(aip_id) is not None or archive.copies.stat(stub_key(aip_id)) is not None
            }
        assert found <= allowed | self.marked, "destroyed, and nothing allowed it"
        self.marked |= found

    @invariant()
    def whole_or_marked(self) -> None:
        if not hasattr(self, "folder"):
            return
        with self.open() as archive:
            for position, aip_id in enumerate(self.records):
                if position in self.marked:
                    continue
                for version in self.versions[aip_id]:
                    assert archive.copies.stat(version.container_key) is not None
                if archive.catalogue.get_case_file(aip_id) is not None:
                    assert is_whole(archive, aip_id, self.versions[aip_id])

    @rule()
    def everything_ends(self) -> None:
        """After a rebuild and another run, what was marked in the stores is gone, with stub and report."""
        with self.open() as archive:
            rebuild(archive)
            assert {item.state for item in resume(archive)} <= {DisposalState.DESTROYED}
            for aip_id in self.records:
                if archive.copies.stat(stub_key(aip_id)) is not None:
                    assert is_gone(archive, aip_id)
                    assert archive.catalogue.stubs.get(aip_id) is not None
                else:
                    assert is_whole(archive, aip_id, self.versions[aip_id])
            archive.catalogue.retention.refresh()


def crash_at(patch: pytest.MonkeyPatch, boundary: int) -> None:
    """Let the process be gone at one of the calls that change something durable: before it, or after it."""
    left = [boundary]

    def struck() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    def around(function: Any) -> Any:
        def called(*arguments: Any, **options: Any) -> Any:
            struck()
            result = function(*arguments, **options)
            struck()
            return result

        return called

    for holder, name in ((LocalStore, "delete"), (CopySet, "put"), (StubTable, "settle"), (os, "replace")):
        patch.setattr(holder, name, around(getattr(holder, name)))


TestDisposal = DisposalMachine.TestCase
TestDisposal.settings = settings(
    max_examples=10,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class LongMachine(DisposalMachine):
    """The same, much longer."""


TestDisposalLong = pytest.mark.long(LongMachine.TestCase)
TestDisposalLong.settings = settings(TestDisposal.settings, max_examples=300, stateful_step_count=40)
