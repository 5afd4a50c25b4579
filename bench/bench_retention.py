"""A million case files under retention: what is due, and what a changed schedule would move; and mass destruction.

The rows of the first are those the program itself writes; the case files exist in the catalogue only.
"""

import json
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from archive.archive import open_archive
from archive.catalogue.retention_rows import retention_row
from archive.disposal.execution import execute
from archive.disposal.values import REVIEW, DisposalState, Permission
from archive.retention.rules import DEFAULTS, END_DATE, Rules, retention_of
from archive.retention.values import Period, RecordFacts, ScheduleStatus, Unit
from bench.corpora import small_files
from bench.measuring import CHAUBAN, RESULTS, fresh_archive, report, run
from model.identifiers import new_uuid

RECORDS = 1_000_000
DESTROYED = 1_000
DUE_TARGET, DIFF_TARGET = 1.0, 5.0
"""Seconds, whole process."""
_BY = "2026-01-01"
_PERIODS = ("01", "02", "03", "04", "05", "06")


def retention() -> None:
    """`due` and a schedule preview over a million records, against the same questions asked of SQLite alone."""
    archive = RESULTS / f"retention-{RECORDS}"
    if not archive.is_dir():
        _fill(archive)
    plain_due = _plain(
        archive,
        f"SELECT count(*) FROM retention WHERE due_day <= '{_BY}'",
        f"SELECT * FROM retention WHERE due_day <= '{_BY}' ORDER BY due_day, aip_id LIMIT 1000",
    )
    due = run([CHAUBAN, "-A", str(archive), "retention", "due", "--by", _BY, "--json"], memory=True)
    listed = due.output.splitlines()
    print(
        f"retention due, {RECORDS} records held\n    ours {due.seconds:.2f} s with the start of the program, peak"
        f" {due.peak / (1 << 20):.0f} MiB, SQLite alone {plain_due:.2f} s (target < {DUE_TARGET:g} s);"
        f" {listed[-1]}",
        flush=True,
    )
    plain_diff = _plain(
        archive,
        "SELECT trigger_day, due_day, count(*) FROM retention WHERE schedule = 'TT05-06' GROUP BY trigger_day, due_day",
    )
    diff = run([CHAUBAN, "-A", str(archive), "retention", "schedule", "diff", "TT05-06", "--json"], memory=True)
    moved = json.loads(diff.output.splitlines()[0])
    print(
        f"retention schedule diff, {RECORDS} records held\n    ours {diff.seconds:.2f} s, peak"
        f" {diff.peak / (1 << 20):.0f} MiB, SQLite alone {plain_diff:.2f} s (target < {DIFF_TARGET:g} s);"
        f" {moved['later']} records later on {len(moved['moves'])} dates",
        flush=True,
    )


def destroying() -> None:
    """Destroy a thousand small case files by one decision, against plainly unlinking the same files."""
    folder = fresh_archive("destroying")
    run([CHAUBAN, "-A", str(folder), "ingest", str(small_files(DESTROYED, 2))])
    copied = folder.with_name("destroying-unlinked")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(folder / "store" / "aips", copied)
    plain = _unlink(copied)
    now = datetime(2060, 3, 2, tzinfo=UTC)
    decision = Permission(
        review_id=new_uuid(now),
        kind=REVIEW,
        opened_by="a",
        approved_by="b",
        approved_at=now - timedelta(days=5),
        confirmed_by="c",
        confirmed_at=now - timedelta(days=4),
        not_before=now,
        not_after=now + timedelta(days=10),
        because="bench",
    )
    with open_archive(folder, clock=_Later()) as archive:
        records = [version.aip_id for version in archive.catalogue.iter_versions(None, 2 * DESTROYED)]
        started = time.perf_counter()
        states = [done.state for done in execute(archive, decision, records, lambda _connection, _aip_id: "")]
        seconds = time.perf_counter() - started
    if states != [DisposalState.DESTROYED] * DESTROYED:
        raise SystemExit(f"{len(states)} records, not all destroyed")
    print(f"retention destroying, {DESTROYED} records: {DESTROYED / seconds:.0f} records/s", flush=True)
    report("    stub, evidence, audit log and reading back included", "plain unlink", seconds, plain, "none")


class _Later:
    """A clock of the day on which everything is due."""

    def now(self) -> datetime:
        """Return it."""
        return datetime(2060, 3, 2, tzinfo=UTC)


def _unlink(folder: Path) -> float:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    started = time.perf_counter()
    for path in paths:
        path.unlink()
    return time.perf_counter() - started


def _plain(archive: Path, *questions: str) -> float:
    with sqlite3.connect(archive / "catalogue.sqlite") as database:
        started = time.perf_counter()
        for question in questions:
            database.execute(question).fetchall()
        return time.perf_counter() - started


def _fill(archive: Path) -> None:
    making = fresh_archive(f"{archive.name}.new")
    with open_archive(making) as opened:
        draft = replace(
            DEFAULTS["TT05-06"],
            version=2,
            period=Period(number=15, unit=Unit.YEARS),
            status=ScheduleStatus.DRAFT,
            entered_by="bench",
        )
        opened.catalogue.retention.put_schedules([draft])
    database = sqlite3.connect(making / "catalogue.sqlite")
    database.execute("PRAGMA synchronous = OFF")
    columns = [row[1] for row in database.execute("PRAGMA table_info(retention)")]
    insert = f"INSERT INTO retention ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    case = "INSERT INTO case_files VALUES (?, ?, ?, ?, '01', NULL, ?, ?, ?, '{}', ?, ?, 1)"
    rows = _rows()
    while some := list(islice(rows, 10_000)):
        database.executemany(insert, [[_stored(row[name]) for name in columns] for row, _case in some])
        database.executemany(case, [case_row for _row, case_row in some])
    database.commit()
    database.execute("ANALYZE")
    database.close()
    shutil.move(making, archive)


def _rows() -> Iterator[tuple[dict[str, object], tuple[object, ...]]]:
    generator, rules = random.Random(42), Rules()
    first, now = date(1990, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)
    for number in range(RECORDS):
        ended = first + timedelta(days=generator.randrange(12_500))
        period, fonds = generator.choice(_PERIODS), f"P{generator.randrange(50):02d}"
        facts = RecordFacts(
            aip_id=new_uuid(now),
            case_code=f"H49.{number}",
            fonds=fonds,
            agency="H49.64",
            mode="01",
            infor_sign="",
            periods=frozenset([period]),
            days={END_DATE: ended},
            accepted=ended + timedelta(days=60),
        )
        row = retention_row(retention_of(facts, rules, None, {}))
        title = f"Hồ sơ về việc số {number}"
        identifier = str(facts.aip_id)
        accepted = facts.accepted.isoformat() + "T00:00:00.000Z"
        code = (identifier, facts.case_code, title, period, ended.isoformat(), fonds, "H49.64", identifier, accepted)
        yield row, code


def _stored(value: object) -> object:
    return value if value is None or isinstance(value, int) else str(value)


if __name__ == "__main__":
    retention()
    destroying()
