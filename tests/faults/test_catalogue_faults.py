"""The catalogue when processes are killed, disks are full, and databases are locked, gone or damaged."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from archive.catalogue import database
from archive.catalogue.catalogue import Catalogue, create_catalogue, open_catalogue
from archive.catalogue.values import HeldFile, TransferState
from model.errors import ArchiveError, ConfigurationError, ExternalServiceError, IntegrityError, StorageError
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue, new_database
from tests.fakes.catalogue_samples import files, registration, transfer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_catalogue(request.param, tmp_path)


_CHILD = """
import sys, time
from archive.catalogue.catalogue import open_catalogue
from tests.fakes.catalogue_samples import files, registration
url, stop_at = sys.argv[1], int(sys.argv[2])
wanted = registration("killed", count=1500)
def stream():
    for place, file in enumerate(files("killed", 1500)):
        if place == stop_at:
            print("there", flush=True)
            time.sleep(60)
        yield file
object.__setattr__(wanted, "files", stream())
with open_catalogue(url) as catalogue:
    catalogue.claim_transfer(wanted.transfer)
    if stop_at < 0:
        print("there", flush=True)
    catalogue.register(wanted)
"""


def _kill_in_registration(url: str, stop_at: int, delay: float = 0.0) -> None:
    command = [sys.executable, "-c", _CHILD, url, str(stop_at)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        time.sleep(delay)
        os.kill(child.pid, signal.SIGKILL)


def _is_whole_or_absent(catalogue: Catalogue) -> bool:
    """Return whether the package is there, after making sure that it is so entirely or not at all."""
    wanted = registration("killed", count=1500)
    aip_id = wanted.held.aip_id
    stored = catalogue.get_transfer(wanted.transfer.id)
    assert stored is not None
    there = catalogue.get_case_file(aip_id) is not None
    number = 1500 if there else 0
    assert sum(1 for _ in catalogue.documents(aip_id)) == number
    assert sum(1 for _ in catalogue.files(aip_id)) == number
    assert catalogue.counts().files == number
    assert catalogue.last_change() == len(catalogue.changes(0, 10)) == int(there)
    assert len(catalogue.events(aip_id)) == (3 if there else 0)
    assert (stored.state is TransferState.ACCEPTED) == there
    return there


@pytest.mark.parametrize("stop_at", [0, 600, 1499])
def test_a_killed_registration_leaves_nothing_and_can_be_done_again(url: str, stop_at: int) -> None:
    _kill_in_registration(url, stop_at)
    with open_catalogue(url) as catalogue:
        assert not _is_whole_or_absent(catalogue)
        assert catalogue.claim_transfer(registration("killed").transfer) is None
        catalogue.register(registration("killed", count=1500))
        assert catalogue.counts().files == 1500


def test_a_registration_killed_at_any_moment_is_whole_or_absent(tmp_path: Path) -> None:
    for turn in range(4):
        folder = tmp_path / str(turn)
        folder.mkdir()
        url = new_catalogue("sqlite", folder)
        _kill_in_registration(url, -1, delay=turn * 0.04)
        with open_catalogue(url) as catalogue:
            _is_whole_or_absent(catalogue)


@pytest.mark.long
@pytest.mark.parametrize("turn", range(25))
def test_a_registration_killed_at_many_moments_is_whole_or_absent(url: str, turn: int) -> None:
    _kill_in_registration(url, -1, delay=turn * 0.01)
    with open_catalogue(url) as catalogue:
        _is_whole_or_absent(catalogue)


def test_a_killed_making_of_a_catalogue_can_be_repeated(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as half_made:  # what a kill right at the start leaves
        half_made.execute("PRAGMA journal_mode = WAL")
    create_catalogue(url).close()


def test_an_error_of_the_caller_in_a_stream_undoes_everything(url: str) -> None:
    def failing() -> Iterator[HeldFile]:
        yield from files(1, 700)
        raise StorageError("the spool cannot be read")

    with open_catalogue(url) as catalogue:
        wanted = replace(registration(1), files=failing())
        with pytest.raises(StorageError, match="the spool"):
            catalogue.register(wanted)
        assert catalogue.get_case_file(wanted.held.aip_id) is None
        assert catalogue.get_transfer(wanted.transfer.id) is None
        catalogue.register(registration(1))


def test_a_locked_database_is_a_retryable_error(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 1)
    with open_catalogue(url) as catalogue, open_catalogue(url) as other:
        kept = transfer(1)
        catalogue.save_transfer(kept)
        with other._database.write() as holder:
            holder.exec_driver_sql("UPDATE transfers SET owner = 'x'")
            with pytest.raises(StorageError) as caught:
                catalogue.save_transfer(replace(kept, title="new"))
            assert catalogue.get_transfer(kept.id) == kept
        assert caught.value.retryable
        assert caught.value.hint
        catalogue.save_transfer(replace(kept, title="new"))


def test_a_database_that_may_not_be_written_is_a_matter_of_configuration(url: str) -> None:
    with open_catalogue(url) as catalogue:
        catalogue.save_transfer(transfer(1))
        with catalogue._database.read() as connection:
            if catalogue._database.sqlite:
                connection.exec_driver_sql("PRAGMA query_only = ON")
            else:
                connection.exec_driver_sql("SET default_transaction_read_only = on")
        with pytest.raises(ConfigurationError):
            catalogue.save_transfer(transfer(2))
        assert catalogue.get_transfer(transfer(1).id) == transfer(1)


def test_a_full_disk_is_a_retryable_error_and_nothing_is_half_there(tmp_path: Path) -> None:
    with open_catalogue(new_catalogue("sqlite", tmp_path)) as catalogue:
        with catalogue._database.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
        wanted = registration(1, count=1500)
        with pytest.raises(StorageError) as caught:
            catalogue.register(wanted)
        assert caught.value.retryable
        assert catalogue.get_case_file(wanted.held.aip_id) is None
        with catalogue._database.read() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        catalogue.register(registration(1, count=1500))


def test_a_damaged_database_is_damage_and_says_how_to_mend_it(tmp_path: Path) -> None:
    url = new_catalogue("sqlite", tmp_path)
    with open_catalogue(url) as catalogue:
        catalogue.register(registration(1, count=2000))
    path = tmp_path / "catalogue.db"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2  # behind the schema, within the rows
    content[middle:] = b"\xa5" * (len(content) - middle)
    path.write_bytes(content)
    with open_catalogue(url) as catalogue, pytest.raises(IntegrityError) as caught:
        list(catalogue.dump())
    assert "rebuild" in caught.value.hint


def test_no_server_is_an_external_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for act in (open_catalogue, create_catalogue):
            with pytest.raises(ExternalServiceError) as caught:
                act(f"postgresql://archive:secret-word@127.0.0.1:{port}/archive")
            assert caught.value.retryable
            assert "secret-word" not in str(caught.value)


def test_no_such_database_is_told(tmp_path: Path) -> None:
    url = new_catalogue("postgresql", tmp_path)
    with pytest.raises(ArchiveError) as caught:
        open_catalogue(url + "x")
    assert isinstance(caught.value, ExternalServiceError)


def test_a_server_that_breaks_off_undoes_the_registration(tmp_path: Path) -> None:
    url = new_catalogue("postgresql", tmp_path)

    def broken_off() -> Iterator[HeldFile]:
        for place, file in enumerate(files(1, 1500)):
            if place == 700:
                _end_all_connections(url)
            yield file

    with open_catalogue(url) as catalogue:
        with pytest.raises(ExternalServiceError):
            catalogue.register(replace(registration(1), files=broken_off()))
        assert catalogue.get_case_file(registration(1).held.aip_id) is None
        catalogue.register(registration(1))
        assert catalogue.counts().case_files == 1


def _end_all_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
