"""The index survives kills, full disks, damage and deletion: it is derived, and comes back by itself."""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from archive.catalogue.values import Change
from archive.search.follower import follow
from archive.search.index import SearchIndex
from archive.search.schema import SCHEMA_VERSION
from archive.search.values import IndexEntry, Level, SearchRequest
from model.errors import StorageError

PACKAGES = 160


def changes(after: int, limit: int) -> list[Change]:
    last = min(after + limit, PACKAGES)
    return [Change(sequence=n, aip_id=UUID(int=n), version=1, action="put") for n in range(after + 1, last + 1)]


def load(aip_id: UUID, version: int) -> list[IndexEntry]:
    return [
        IndexEntry(
            id=f"{aip_id}/{number}",
            aip_id=str(aip_id),
            level=Level.DOCUMENT,
            code=f"{aip_id.int}.{number}",
            title=f"Hồ sơ {aip_id.int}",
            text="Quyết định thu hồi đất. " * 20,
        )
        for number in range(2)
    ]


def run_follow(folder: str, batch: int = 40) -> None:
    with SearchIndex.open(Path(folder)) as index:
        follow(index, changes, load, batch=batch)


def is_complete(index: SearchIndex) -> bool:
    numbers = index.search(SearchRequest(query="hồ sơ", limit=0)).total
    return numbers == 2 * PACKAGES and index.cursor == PACKAGES


def kill_often(folder: Path, times: int, seed: int) -> int:
    """Kill followers at random moments; return how many were killed at work."""
    dice = random.Random(seed)
    context = multiprocessing.get_context("spawn")
    killed = 0
    for _ in range(times):
        process = context.Process(target=run_follow, args=(str(folder),))
        process.start()
        while not (folder / "write.lock").exists() and process.is_alive():
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.4))
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            killed += 1
        process.join()
        with SearchIndex.open(folder) as index:
            found = index.search(SearchRequest(query="dat", limit=0)).total
            assert found == 2 * index.cursor
    return killed


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    assert kill_often(tmp_path, 4, seed=1) > 0
    run_follow(str(tmp_path))
    with SearchIndex.open(tmp_path) as index:
        assert is_complete(index)


@pytest.mark.long
def test_many_kills(tmp_path: Path) -> None:
    for round_ in range(12):
        folder = tmp_path / str(round_)
        kill_often(folder, 10, seed=round_)
        run_follow(str(folder))
        with SearchIndex.open(folder) as index:
            assert is_complete(index)


def test_two_processes_follow_at_once_while_one_reads(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    followers = [context.Process(target=run_follow, args=(str(tmp_path),)) for _ in range(2)]
    for process in followers:
        process.start()
    seen = 0
    with SearchIndex.open(tmp_path) as index:
        while any(process.is_alive() for process in followers):
            found = index.search(SearchRequest(query="thu hoi", limit=5)).total
            assert found >= seen
            assert found % 2 == 0
            seen = found
            time.sleep(0.02)
        assert [process.exitcode for process in followers] == [0, 0]
        assert is_complete(index)


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("complete")
    run_follow(str(folder))
    return folder


@pytest.fixture
def copy(complete: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(complete, tmp_path / "copy"))


def comes_back(folder: Path) -> bool:
    run_follow(str(folder), batch=10_000)
    with SearchIndex.open(folder) as index:
        return is_complete(index)


@pytest.mark.parametrize(
    ("suffix", "how"),
    [("term", "deleted"), ("idx", "halved"), ("pos", "emptied"), ("store", "halved"), ("fast", "deleted")],
)
def test_a_missing_or_short_file_makes_the_index_anew(copy: Path, suffix: str, how: str) -> None:
    path = max((copy / f"v{SCHEMA_VERSION}").glob(f"*.{suffix}"), key=lambda found: found.stat().st_size)
    if how == "deleted":
        path.unlink()
    else:
        os.truncate(path, 0 if how == "emptied" else path.stat().st_size // 2)
    assert comes_back(copy)


@pytest.mark.parametrize("name", ["meta.json", ".managed.json"])
@pytest.mark.parametrize("content", [None, b"", b'{"segments": 1}'])
def test_damaged_lists_make_the_index_anew(copy: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (copy / f"v{SCHEMA_VERSION}" / name).unlink()
    else:
        (copy / f"v{SCHEMA_VERSION}" / name).write_bytes(content)
    assert comes_back(copy)


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bytes_never_crash_and_the_index_comes_back(copy: Path, seed: int) -> None:
    dice = random.Random(seed)
    for path in (copy / f"v{SCHEMA_VERSION}").glob("*.*"):
        if len(path.name.split(".")[0]) == 32:
            content = bytearray(path.read_bytes())
            for _ in range(max(1, len(content) // 200)):
                content[dice.randrange(len(content))] = dice.randrange(256)
            path.write_bytes(content)
    with SearchIndex.open(copy) as index:
        for query in ("hồ sơ", '"thu hồi"', "qu*", ""):
            try:
                index.search(SearchRequest(query=query, facets=True))
            except StorageError:
                break
        index.discard()
    assert comes_back(copy)


def test_deleted_while_open(copy: Path) -> None:
    with SearchIndex.open(copy) as index:
        assert is_complete(index)
        shutil.rmtree(copy)
        assert index.search(SearchRequest(query="ho so")).total == 0
        assert index.cursor == 0
        follow(index, changes, load)
        assert is_complete(index)
        shutil.rmtree(copy / f"v{SCHEMA_VERSION}")
        follow(index, changes, load)
        assert is_complete(index)


def test_another_version_is_thrown_away(copy: Path) -> None:
    (copy / f"v{SCHEMA_VERSION}").rename(copy / "v0")
    (copy / "discarded-abc").mkdir()
    with SearchIndex.open(copy) as index:
        assert index.cursor == 0
    assert sorted(path.name for path in copy.iterdir()) == [f"v{SCHEMA_VERSION}", "write.lock"]


def test_what_another_process_commits_is_seen(tmp_path: Path) -> None:
    with SearchIndex.open(tmp_path) as reader, SearchIndex.open(tmp_path) as writer:
        assert reader.cursor == 0
        writer.apply(load(UUID(int=1), 1), (), 1)
        assert (reader.cursor, reader.search(SearchRequest(query="ho")).total) == (1, 2)
        writer.discard()
        assert (reader.cursor, reader.search(SearchRequest(query="ho")).total) == (0, 0)


FULL = """
import resource, sys
from pathlib import Path
from archive.search.index import SearchIndex
from archive.search.values import SearchRequest
from model.errors import StorageError
from tests.faults.test_search_kill import load
from uuid import UUID
with SearchIndex.open(Path(sys.argv[1])) as index:
    index.apply(load(UUID(int=1), 1), (), 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    try:
        index.apply((entry for n in range(2, 4000) for entry in load(UUID(int=n), 1)), (), 4000)
    except StorageError:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(index.cursor, index.search(SearchRequest(query="ho")).total)
        index.apply(load(UUID(int=2), 1), (), 2)
        print(index.cursor, index.search(SearchRequest(query="ho")).total)
"""


def test_a_full_disk_is_a_typed_error_and_changes_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == ["1", "2", "2", "4"], done.stderr


def test_a_folder_that_cannot_be_used_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        SearchIndex.open(tmp_path / "file")
    with pytest.raises(StorageError):
        SearchIndex.open(tmp_path / "file" / "below")


def test_a_big_package_needs_bounded_memory(tmp_path: Path) -> None:
    def many() -> object:
        for number in range(20_000):
            yield IndexEntry(
                id=f"x/{number}",
                aip_id="x",
                level=Level.DOCUMENT,
                code=str(number),
                title="Hồ sơ",
                text=f"đất {number} " * 50,
            )

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with SearchIndex.open(tmp_path) as index:
        index.apply(many(), (), 1)  # type: ignore[arg-type]  # a generator of entries
        assert index.search(SearchRequest(query="dat", limit=0)).total == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
