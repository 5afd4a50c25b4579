"""Several processes at one catalogue."""

import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import Pool
from pathlib import Path
from uuid import UUID

import pytest

from archive.catalogue.catalogue import open_catalogue
from archive.catalogue.values import Transfer
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue
from tests.fakes.catalogue_samples import files, registration, transfer


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_catalogue(request.param, tmp_path)


@pytest.fixture(scope="module")
def processes() -> Pool:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        yield pool


def _claim(url: str, numbers: list[int], rounds: int) -> list[tuple[str, Transfer | None]]:
    """Claim every fingerprint once for each number, from a thread for each number."""
    with open_catalogue(url) as catalogue, ThreadPoolExecutor(len(numbers)) as pool:
        wanted = [transfer(f"{turn}/{n}", fingerprint=f"f{turn}") for turn in range(rounds) for n in numbers]
        return list(zip([item.fingerprint for item in wanted], pool.map(catalogue.claim_transfer, wanted), strict=True))


def test_of_eight_claimants_of_one_fingerprint_one_wins(url: str, processes: Pool) -> None:
    rounds = 10
    answers = processes.starmap(_claim, [(url, [2 * n, 2 * n + 1], rounds) for n in range(4)], chunksize=1)
    with open_catalogue(url) as catalogue:
        assert catalogue.counts().transfers["processing"] == rounds
    results = [answer for answers_of_one in answers for answer in answers_of_one]
    for turn in range(rounds):
        of_turn = [holder for fingerprint, holder in results if fingerprint == f"f{turn}"]
        assert len(of_turn) == 8
        assert of_turn.count(None) == 1
        assert len({holder.id for holder in of_turn if holder is not None}) == 1


def _register(url: str, numbers: list[int]) -> None:
    with open_catalogue(url) as catalogue:
        for number in numbers:
            catalogue.register(registration(number, count=20))


def test_of_several_registrations_of_one_package_one_counts(url: str, processes: Pool) -> None:
    processes.starmap(_register, [(url, list(range(5)))] * 4, chunksize=1)
    with open_catalogue(url) as catalogue:
        assert catalogue.counts().case_files == 5
        assert catalogue.counts().files == 100
        assert len(catalogue.changes(0, 100)) == 5
        assert len(list(catalogue.files(registration(0).held.aip_id))) == 20


def test_totals_and_feed_are_exact_after_many_writers(url: str, processes: Pool) -> None:
    seen: list[int] = []
    ended = threading.Event()

    def follow() -> None:
        with open_catalogue(url) as reader:
            while True:
                last_round = ended.is_set()
                found = reader.changes(seen[-1] if seen else 0, 100)
                seen.extend(change.sequence for change in found)
                for change in found:
                    assert len(list(reader.files(change.aip_id))) == 20
                if last_round and not found:
                    return

    with ThreadPoolExecutor(1) as pool:
        follower = pool.submit(follow)
        processes.starmap(_register, [(url, list(range(n, 40, 4))) for n in range(4)], chunksize=1)
        ended.set()
        follower.result()
    with open_catalogue(url) as catalogue:
        assert seen == [change.sequence for change in catalogue.changes(0, 1000)]
        assert len(seen) == 40
        assert catalogue.counts().case_files == 40
        assert catalogue.counts().transfers["accepted"] == 40


def test_readers_see_the_state_before_while_a_registration_runs(url: str) -> None:
    half = threading.Event()
    go_on = threading.Event()

    def slowly(count: int):
        for place, file in enumerate(files("slow", count)):
            if place == count - 1:
                half.set()
                go_on.wait(30)
            yield file

    wanted = registration("slow", count=1200)
    object.__setattr__(wanted, "files", slowly(1200))
    with open_catalogue(url) as writer, open_catalogue(url) as reader, ThreadPoolExecutor(1) as pool:
        reader.get_case_file(wanted.held.aip_id)
        done = pool.submit(writer.register, wanted)
        assert half.wait(30)
        began = time.perf_counter()
        assert reader.get_case_file(wanted.held.aip_id) is None
        assert list(reader.files(wanted.held.aip_id)) == []
        assert list(reader.find_duplicates(file.object.sha256 for file in files("slow", 5))) == []
        assert reader.counts().files == 0
        assert reader.last_change() == 0
        assert time.perf_counter() - began < 5
        go_on.set()
        done.result()
        assert reader.counts().files == 1200
        assert len(list(reader.find_duplicates(file.object.sha256 for file in files("slow", 5)))) == 5


def test_a_change_that_commits_late_is_never_behind_the_follower(tmp_path: Path) -> None:
    """On PostgreSQL numbers are drawn before the commit: whoever draws holds the others off until then."""
    from archive.catalogue import feed
    from archive.catalogue.database import Database

    url = new_catalogue("postgresql", tmp_path)
    database = Database(url)
    seen: list[int] = []
    with open_catalogue(url) as other, ThreadPoolExecutor(1) as pool:
        with database.write() as slow:
            feed.append(database, slow, UUID(int=1), 1, feed.PUT)
            quick = pool.submit(other.register, registration(1))
            time.sleep(0.3)
            assert not quick.done()
            seen += [change.sequence for change in other.changes(0, 10)]
            assert seen == []
        quick.result()
        seen += [change.sequence for change in other.changes(0, 10)]
        assert len(seen) == 2
    database.close()


def test_long_registrations_that_need_each_others_formats_do_not_wait_for_ever(url: str) -> None:
    from dataclasses import replace

    from tests.fakes.catalogue_samples import PDF

    meet = threading.Barrier(2)

    def two_formats(number: int, order: Callable[[list[str]], list[str]]):
        for place, file in enumerate(files(number, 1200)):
            name = order(["fmt/1", "fmt/2"])[0 if place < 600 else 1]
            if place == 600 and url.startswith("postgresql"):
                meet.wait(20)
            yield replace(file, object=replace(file.object, format=replace(PDF, puid=name)))

    one, two = registration(1, count=1200), registration(2, count=1200)
    object.__setattr__(one, "files", two_formats(1, list))
    object.__setattr__(two, "files", two_formats(2, lambda names: names[::-1]))
    with open_catalogue(url) as a, open_catalogue(url) as b, ThreadPoolExecutor(2) as pool:
        for waiting in [pool.submit(a.register, one), pool.submit(b.register, two)]:
            waiting.result(60)
        assert a.counts().files == 2400
