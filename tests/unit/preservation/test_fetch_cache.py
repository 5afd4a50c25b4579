"""What was fetched is kept on disk as long as it is good, and never longer or larger than allowed."""

import multiprocessing
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import StorageError
from preservation.trust.cache import CacheEntry, FetchCache, cache_key

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def entry(content: bytes = b"list", hours: float = 1, **fields: str) -> CacheEntry:
    return CacheEntry(url="http://a/", content=content, obtained=NOW, expires=NOW + timedelta(hours=hours), **fields)


def test_fetch_cache_keeps_until_the_end(tmp_path: Path) -> None:
    cache, key = FetchCache(tmp_path), cache_key("crl", "http://a/")
    assert cache.read(key, NOW) is None
    cache.write(key, entry(failure="timeout", detail="quá hạn"))
    assert cache.read(key, NOW) == entry(failure="timeout", detail="quá hạn")
    assert cache.read(key, NOW + timedelta(minutes=59)) is not None
    assert cache.read(key, NOW + timedelta(hours=1)) is None
    assert cache.read(key, NOW - timedelta(hours=1)) is None, "a clock that went back must not make it eternal"
    assert FetchCache(tmp_path).read(key, NOW) is not None, "another process sees it"


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe\n", b'{"url": 1}\nx', b"[]\n", b"1\n"])
def test_fetch_cache_damage_is_absence(tmp_path: Path, damage: bytes) -> None:
    cache, key = FetchCache(tmp_path), cache_key("x")
    cache.write(key, entry())
    (path,) = tmp_path.glob("answers/??/*")
    path.write_bytes(damage)
    assert cache.read(key, NOW) is None


def test_fetch_cache_changed_content_is_absence(tmp_path: Path) -> None:
    cache, key = FetchCache(tmp_path), cache_key("x")
    cache.write(key, entry(b"list"))
    (path,) = tmp_path.glob("answers/??/*")
    path.write_bytes(path.read_bytes().replace(b"\nlist", b"\nlisT"))
    assert cache.read(key, NOW) is None


def test_fetch_cache_is_bounded(tmp_path: Path) -> None:
    cache = FetchCache(tmp_path, max_bytes=100_000, max_entries=1000)
    for number in range(130):
        cache.write(cache_key(str(number)), entry(bytes(2000)))
    cache.prune()
    sizes = [path.stat().st_size for path in tmp_path.glob("answers/??/*")]
    assert sum(sizes) <= 100_000
    assert cache.read(cache_key("129"), NOW) is not None, "the newest stay"


def test_fetch_cache_unwritable_says_so(tmp_path: Path) -> None:
    (tmp_path / "answers").write_bytes(b"in the way")
    with pytest.raises(StorageError, match="cannot be kept"):
        FetchCache(tmp_path).write(cache_key("x"), entry())


def test_fetch_cache_lock_lets_one_in(tmp_path: Path) -> None:
    cache, key, order = FetchCache(tmp_path), cache_key("x"), []

    def work(number: int) -> None:
        with cache.locked(key, 10) as mine:
            assert mine
            order.append(number)
            time.sleep(0.02)
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order[::2] == order[1::2], "nobody was inside together with another"


def _hold(folder: str, key: str, ready: Any, done: Any) -> None:
    with FetchCache(Path(folder)).locked(key, 10):
        ready.set()
        done.wait(10)


def test_fetch_cache_lock_holds_between_processes_and_gives_up(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done, key = context.Event(), context.Event(), cache_key("x")
    process = context.Process(target=_hold, args=(str(tmp_path), key, ready, done))
    process.start()
    try:
        assert ready.wait(30)
        with FetchCache(tmp_path).locked(key, 0.1) as mine:
            assert not mine
        done.set()
        with FetchCache(tmp_path).locked(key, 10) as mine:
            assert mine
    finally:
        done.set()
        process.join(10)
