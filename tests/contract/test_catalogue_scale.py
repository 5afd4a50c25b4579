"""What questions and registrations cost when much is held."""

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.values import CopyVerification, TransferQuery, TransferState
from model.findings import Outcome
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue
from tests.fakes.catalogue_samples import NOW, documents, files, registration, transfer

PACKAGES = 25
FILES = {"sqlite": 2000, "postgresql": 400}
"""Files of a package; PostgreSQL is asked for plans that use indexes whatever the size, so it needs fewer."""

SMALL = ("counters", "alembic_version", "settings")


@pytest.fixture(scope="module", params=BACKENDS)
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """A catalogue with 50,000 (PostgreSQL: 10,000) files."""
    with open_catalogue(new_catalogue(request.param, tmp_path_factory.mktemp("full"))) as catalogue:
        for number in range(PACKAGES):
            catalogue.register(
                replace(registration(number, count=FILES[request.param]), documents=documents(number, 50))
            )
        for number in range(100, 130):
            catalogue.save_transfer(replace(transfer(number), state=TransferState.REFUSED))
        if not catalogue._database.sqlite:
            with catalogue._database.write() as connection:
                connection.exec_driver_sql("ANALYZE")
        yield catalogue


@contextmanager
def _statements(catalogue: Catalogue) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        seen.append((statement, parameters[0] if many else parameters))

    engine = catalogue._database._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def _ask_everything(catalogue: Catalogue) -> None:
    one = registration(3)
    aip_id = one.held.aip_id
    catalogue.get_case_file(aip_id)
    catalogue.find_case_files(str(aip_id)[:9])
    catalogue.find_case_by_code("HS.3")
    list(catalogue.find_duplicates(file.object.sha256 for file in files(3, 20)))
    list(catalogue.documents(aip_id))
    list(catalogue.files(aip_id))
    catalogue.document_files(aip_id, 5)
    catalogue.file_by_path(aip_id, "tài liệu 00005.pdf")
    catalogue.versions(aip_id)
    catalogue.iter_versions((aip_id, 1), 5)
    catalogue.events(aip_id)
    catalogue.changes(3, 5)
    catalogue.last_change()
    catalogue.unfinished_job("verify")
    catalogue.get_transfer(one.transfer.id)
    catalogue.find_transfer(str(one.transfer.id)[:8])
    catalogue.list_transfers(TransferQuery(limit=5))
    page = TransferQuery(states=(TransferState.REFUSED, TransferState.ACCEPTED), limit=5, before=one.transfer.id)
    catalogue.list_transfers(page)
    catalogue.record_verifications(
        [CopyVerification(aip_id=aip_id, version=1, store="a", time=NOW, outcome=Outcome.PASSED)]
    )
    catalogue.record_events(aip_id, 1, one.events)
    catalogue.take_over_transfer(one.transfer.id, "x", "y")
    catalogue.claim_transfer(transfer("rival", fingerprint=one.transfer.fingerprint))
    catalogue.register(registration(3))


def test_every_question_uses_an_index(full: Catalogue) -> None:
    with _statements(full) as seen:
        _ask_everything(full)
    explained = 0
    with full._database.read() as connection:
        if not full._database.sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # then it scans only without an index
        for statement, parameters in seen:
            if not statement.startswith(("SELECT", "WITH", "UPDATE")) or any(name in statement for name in SMALL):
                continue
            plan = _plan(connection, full._database.sqlite, statement, parameters)
            scans = [line for line in plan if _reads_whole_table(line)]
            assert scans == [], (statement, plan)
            explained += 1
    assert explained > 25


def _plan(connection: sa.Connection, sqlite: bool, statement: str, parameters: Any) -> list[str]:
    prefix = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    return [str(row[-1]) for row in connection.exec_driver_sql(prefix + statement, parameters)]


def _reads_whole_table(line: str) -> bool:
    if "Seq Scan" in line:
        return True
    return line.startswith("SCAN") and "USING" not in line and not re.match(r"SCAN (wanted|\d+ CONSTANT)", line)


def test_questions_return_what_they_should_at_scale(full: Catalogue) -> None:
    count = FILES["sqlite" if full._database.sqlite else "postgresql"]
    assert full.counts().files >= PACKAGES * count
    found = list(full.find_duplicates(file.object.sha256 for file in files(7, count)))
    assert len(found) == count
    assert {item.case_code for item in found} == {"HS.7"}


def _steps_of_a_registration(catalogue: Catalogue, number: int) -> int:
    """Return how many instructions of SQLite's virtual machine (in hundreds) a registration takes."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with catalogue._database.read() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_progress_handler(count, 100)
    wanted = registration(number, count=100)
    assert catalogue.claim_transfer(wanted.transfer) is None
    list(catalogue.find_duplicates(file.object.sha256 for file in files(number, 100)))
    catalogue.register(wanted)
    driver.set_progress_handler(None, 0)
    return steps


def test_a_registration_costs_the_same_however_much_is_held(full: Catalogue, tmp_path: Path) -> None:
    if not full._database.sqlite:
        pytest.skip("instructions can be counted in SQLite only")
    with open_catalogue(new_catalogue("sqlite", tmp_path)) as empty:
        _steps_of_a_registration(empty, 900)
        little = _steps_of_a_registration(empty, 901)
    much = _steps_of_a_registration(full, 901)
    assert little > 50
    assert much <= little * 1.05


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_does_not_grow_with_the_case_file(backend: str, tmp_path: Path) -> None:
    with open_catalogue(new_catalogue(backend, tmp_path)) as catalogue:
        catalogue.register(registration("warm"))
        list(catalogue.files(registration("warm").held.aip_id))
        peaks = []
        for number, count in ((1, 1000), (2, 3000)):
            wanted = registration(number, count=count)
            tracemalloc.start()
            catalogue.register(wanted)
            assert sum(1 for _ in catalogue.documents(wanted.held.aip_id)) == count
            assert sum(1 for _ in catalogue.files(wanted.held.aip_id)) == count
            assert sum(1 for row in catalogue.dump() if row[0] == "files") >= count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 12_000_000
    assert peaks[1] < peaks[0] * 1.5
