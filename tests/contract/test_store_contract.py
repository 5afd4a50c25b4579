"""What every store must do, tried on each kind: a folder, a real S3 server, and sets of copies of both."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from archive.store.copies import CopySet
from archive.store.local import LocalStore, create_local_store
from archive.store.opening import create_store, open_store
from archive.store.protocol import Store
from archive.store.s3 import S3Store
from model.errors import ConflictError, InputError, NotFoundError, PolicyError
from model.preservation import DisposalConfirmation
from tests.fakes.s3_server import BUCKET, S3Server, shared_server, use_credentials

CONFIRMED = DisposalConfirmation(
    identifier=uuid4(), reason="retention ended", approved_by="hội đồng", approved_at=datetime(2026, 1, 2, tzinfo=UTC)
)
MIB = 1 << 20


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def pattern(size: int) -> bytes:
    """Bytes in which no two blocks are equal."""
    blocks = (hashlib.sha512(number.to_bytes(8, "big")).digest() * 64 for number in range(size // 4096 + 1))
    return b"".join(blocks)[:size]


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    use_credentials()
    yield shared_server()


class StoreContract:
    """The contract; a subclass names the store."""

    store: Any
    kill_command: tuple[str, ...]

    def put(self, key: str, content: bytes) -> Any:
        return self.store.put(key, content)

    def leftovers(self) -> list[str]:
        """Names of everything that is not an object: it must be empty after every test."""
        raise NotImplementedError

    def keys(self, prefix: str = "", after: str = "") -> list[str]:
        return [found.key for found in self.store.list(prefix, after=after)]

    def test_gives_back_what_was_written(self) -> None:
        with self.store.create("aips/00/x.tar") as writer:
            writer.write(b"hello ")
            writer.write(memoryview(b"world"))
            stored, digest = writer.commit()
        assert (stored.key, stored.size) == ("aips/00/x.tar", 11)
        assert digest.value == sha256(b"hello world")
        with self.store.open("aips/00/x.tar") as stream:
            assert stream.read() == b"hello world"
        assert self.store.stat("aips/00/x.tar") == stored
        assert self.leftovers() == []

    def test_a_buffer_may_be_used_again_after_write(self) -> None:
        buffer = bytearray(2 * MIB)
        with self.store.create("k") as writer:
            for value in range(3):
                buffer[:] = bytes([value]) * len(buffer)
                writer.write(memoryview(buffer))
            buffer[:] = b"\xff" * len(buffer)
            digest = writer.commit()[1]
        expected = b"".join(bytes([value]) * len(buffer) for value in range(3))
        assert digest.value == sha256(expected)
        with self.store.open("k") as stream:
            assert stream.read() == expected

    def test_creates_a_key_once(self) -> None:
        self.put("a/b", b"first")
        with pytest.raises(ConflictError):
            self.put("a/b", b"second")
        with self.store.create("a/b") as writer:
            writer.write(b"third")
            with pytest.raises(ConflictError):
                writer.commit()
        with self.store.open("a/b") as stream:
            assert stream.read() == b"first"
        assert self.leftovers() == []

    def test_of_eight_racing_writers_one_wins(self) -> None:
        start = threading.Barrier(8)

        def compete(number: int) -> bool:
            with self.store.create("race/key") as writer:
                writer.write(bytes([number]) * 1000)
                start.wait()
                try:
                    writer.commit()
                except ConflictError:
                    return False
                return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(compete, range(8)))
        assert won.count(True) == 1
        with self.store.open("race/key") as stream:
            assert stream.read() == bytes([won.index(True)]) * 1000
        assert self.leftovers() == []

    @pytest.mark.parametrize("size", [0, 10, 17 * MIB])
    def test_leaves_nothing_of_an_abandoned_write(self, size: int) -> None:
        with pytest.raises(ZeroDivisionError), self.store.create("gone/away") as writer:
            writer.write(pattern(size))
            raise ZeroDivisionError
        assert self.store.stat("gone/away") is None
        assert self.keys() == []
        assert self.leftovers() == []

    def test_keeps_an_empty_object(self) -> None:
        with self.store.create("empty") as writer:
            stored, digest = writer.commit()
        assert stored.size == 0
        assert digest.value == sha256(b"")
        with self.store.open("empty") as stream:
            assert stream.read() == b""
        with self.store.open("empty", offset=0, length=10) as stream:
            assert stream.read() == b""

    def test_keeps_a_large_object_and_gives_ranges_of_it(self) -> None:
        content = pattern(40 * MIB + 12345)
        with self.store.create("large") as writer:
            for start in range(0, len(content), MIB):
                writer.write(content[start : start + MIB])
            stored, digest = writer.commit()
        assert stored.size == len(content)
        assert digest.value == sha256(content)
        with self.store.open("large") as stream:
            assert sha256(stream.read()) == digest.value
        for offset, length in [(0, 1), (511, 1), (16 * MIB - 1, 2), (len(content) - 5, None), (3 * MIB, 5 * MIB)]:
            with self.store.open("large", offset=offset, length=length) as stream:
                end = len(content) if length is None else offset + length
                assert stream.read() == content[offset:end]
                assert stream.read(1) == b""
        assert self.leftovers() == []

    def test_cuts_ranges_off_at_the_end(self) -> None:
        self.put("digits", b"0123456789")
        for offset, length, expected in [
            (0, 0, b""),
            (2, 0, b""),
            (2, 3, b"234"),
            (8, 5, b"89"),
            (10, 1, b""),
            (50, None, b""),
            (50, 5, b""),
        ]:
            with self.store.open("digits", offset=offset, length=length) as stream:
                assert stream.read() == expected, (offset, length)

    def test_says_what_is_absent(self) -> None:
        assert self.store.stat("no/such") is None
        for offset, length in [(0, None), (0, 0), (3, 4)]:
            with pytest.raises(NotFoundError):
                self.store.open("no/such", offset=offset, length=length)
        with pytest.raises(NotFoundError):
            self.store.delete("no/such", CONFIRMED)
        assert self.keys() == []

    def test_lists_by_key_from_any_place(self) -> None:
        names = ["Z", "a-1", "a.x", "a/b", "a/c/d", "a/c/e", "a0", "aB/z", "b", "deep/1/2/3/4-5", "deep/1/2/3/4/5"]
        for name in reversed(names):
            self.put(name, name.encode())
        assert self.keys() == sorted(names)
        for prefix in ("", "a", "a/", "a/c", "a/c/", "deep/1/2", "no", "b"):
            for after in ("", "a", "a-1", "a/", "a/b", "a/c/", "a/c/d", "a/zzz", "b", "deep/1/2/3/4", "zz"):
                expected = [name for name in sorted(names) if name.startswith(prefix) and name > after]
                assert self.keys(prefix, after) == expected, (prefix, after)
        sizes = {found.key: found.size for found in self.store.list()}
        assert sizes == {name: len(name) for name in names}

    def test_deletes_only_with_a_confirmation(self) -> None:
        self.put("x/y/z", b"1")
        for unconfirmed in (None, True, "yes"):
            with pytest.raises(PolicyError):
                self.store.delete("x/y/z", unconfirmed)
        assert self.keys() == ["x/y/z"]
        self.store.delete("x/y/z", CONFIRMED)
        assert self.store.stat("x/y/z") is None
        assert self.keys() == []
        assert self.leftovers() == []

    def test_refuses_what_cannot_be_a_key(self) -> None:
        for key in ("../outside", "/etc/x", "hồ-sơ", "tmp/x", "damaged/x"):
            with pytest.raises(InputError):
                self.put(key, b"x")
            with pytest.raises(InputError):
                self.store.create(key)
        assert self.leftovers() == []

    def test_sweeps_what_a_killed_writer_left_but_not_what_a_living_one_writes(self) -> None:
        with self.store.create("living") as writer:
            writer.write(pattern(17 * MIB))
            self.kill_a_writer()
            assert self.keys() == []
            assert self.store.sweep() >= 1
            assert self.store.sweep() == 0
            writer.commit()
        assert self.keys() == ["living"]
        assert self.leftovers() == []

    def kill_a_writer(self) -> None:
        """Kill a process (SIGKILL) that has written 17 MiB and not committed."""
        program = (
            "import sys, time\n"
            "from pathlib import Path\n"
            "from archive.store.copies import CopySet\n"
            "from archive.store.opening import open_store\n"
            "urls = sys.argv[1:]\n"
            "stores = [open_store(str(n), url, base=Path('/')) for n, url in enumerate(urls)]\n"
            "with (CopySet(stores) if len(stores) > 1 else stores[0]).create('killed/object') as writer:\n"
            "    for _ in range(20):\n"
            "        writer.write(bytes(1 << 20))\n"
            "    for branch in getattr(writer, '_branches', {}).values():\n"
            "        branch.wait()\n"
            "    print('written', flush=True)\n"
            "    time.sleep(60)\n"
        )
        process = subprocess.Popen([sys.executable, "-c", program, *self.kill_command], stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"written\n"
            os.kill(process.pid, signal.SIGKILL)
            process.wait()


class SingleStoreContract(StoreContract):
    """What only a single store offers."""

    def test_replaces_damaged_bytes_and_keeps_them(self) -> None:
        self.put("a/b", b"damaged")
        with self.store.replace_damaged("a/b") as writer:
            writer.write(b"good")
            with self.store.open("a/b") as stream:
                assert stream.read() == b"damaged"
            writer.commit()
        with self.store.open("a/b") as stream:
            assert stream.read() == b"good"
        assert self.keys() == ["a/b"]
        (kept,) = self.keys("damaged/")
        assert kept.endswith("/a/b")
        with self.store.open(kept) as stream:
            assert stream.read() == b"damaged"

    def test_an_abandoned_replacement_changes_nothing(self) -> None:
        self.put("a/b", b"damaged")
        with self.store.replace_damaged("a/b") as writer:
            writer.write(b"good")
        with self.store.open("a/b") as stream:
            assert stream.read() == b"damaged"
        assert self.keys("damaged/") == []
        assert self.leftovers() == []

    def test_restores_what_is_missing(self) -> None:
        with self.store.replace_damaged("lost") as writer:
            writer.write(b"found")
            writer.commit()
        assert self.keys() == ["lost"]
        assert self.keys("damaged/") == []

    def test_sets_aside(self) -> None:
        self.put("a/b", b"damaged")
        kept = self.store.set_aside("a/b")
        assert self.keys() == []
        with self.store.open(kept) as stream:
            assert stream.read() == b"damaged"
        with pytest.raises(NotFoundError):
            self.store.set_aside("a/b")
        self.store.delete(kept, CONFIRMED)
        assert self.keys("damaged/") == []

    def test_probe_finds_what_it_can_rely_on_and_leaves_nothing(self) -> None:
        found = self.store.probe()
        assert found.conditional_write
        assert self.leftovers() == []
        assert self.keys() == []


class CopiesContract(StoreContract):
    """What a set of copies does beyond the contract."""

    store: CopySet

    def test_the_same_bytes_again_change_nothing(self) -> None:
        first = self.store.put("a", b"same")
        assert self.store.put("a", b"same") == first
        assert self.leftovers() == []

    def test_every_store_has_what_was_written(self) -> None:
        content = pattern(3 * MIB)
        with self.store.create("a") as writer:
            for start in range(0, len(content), 1000):
                writer.write(content[start : start + 1000])
            writer.commit()
        for store in self.store.stores:
            with store.open("a") as stream:
                assert stream.read() == content

    @pytest.mark.parametrize("held", [0, 1])
    def test_completes_what_was_begun(self, held: int) -> None:
        self.store.stores[held].put("a", b"content")
        stored, digest = self.store.put("a", b"content")
        assert (stored.size, digest.value) == (7, sha256(b"content"))
        assert all(store.stat("a") for store in self.store.stores)

    @pytest.mark.parametrize("held", [0, 1])
    def test_other_bytes_in_one_store_are_a_conflict(self, held: int) -> None:
        self.store.stores[held].put("a", b"content")
        with pytest.raises(ConflictError):
            self.store.put("a", b"CONTENT")
        with self.store.stores[held].open("a") as stream:
            assert stream.read() == b"content"

    def test_racing_writers_of_the_same_bytes_all_succeed(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.store.put("same", b"same bytes"), range(4)))
        assert len(set(answers)) == 1
        assert self.leftovers() == []


class TestLocalStore(SingleStoreContract):
    @pytest.fixture(autouse=True)
    def begin(self, tmp_path: Path) -> None:
        self.root = tmp_path / "store"
        create_local_store(self.root)
        self.store = LocalStore("a", self.root)
        self.kill_command = (str(self.root),)

    def leftovers(self) -> list[str]:
        return local_leftovers(self.root)


class TestS3Store(SingleStoreContract):
    @pytest.fixture(autouse=True)
    def begin(self, server: S3Server) -> Iterator[None]:
        url = server.url(f"t/{uuid4().hex}")
        self.server = server
        self.store = S3Store("s", url)
        self.kill_command = (url,)
        yield
        self.store.close()

    def leftovers(self) -> list[str]:
        return s3_leftovers(self.server, self.store)

    def test_the_server_is_not_found_to_sort(self) -> None:
        found = self.store.probe()
        assert not found.sorted_listing
        assert found.refuses_wrong_checksum
        assert not found.versioning
        assert "SeaweedFS" in found.detail


class TestLocalCopies(CopiesContract):
    @pytest.fixture(autouse=True)
    def begin(self, tmp_path: Path) -> None:
        self.roots = [tmp_path / "a", tmp_path / "b"]
        stores: list[Store] = [create_store(root.name, str(root), base=tmp_path) for root in self.roots]
        self.store = CopySet(stores)
        self.kill_command = tuple(str(root) for root in self.roots)

    def leftovers(self) -> list[str]:
        return [name for root in self.roots for name in local_leftovers(root)]


class TestLocalAndS3Copies(CopiesContract):
    @pytest.fixture(autouse=True)
    def begin(self, server: S3Server, tmp_path: Path) -> Iterator[None]:
        url = server.url(f"t/{uuid4().hex}")
        self.server = server
        self.root = tmp_path / "a"
        create_local_store(self.root)
        self.remote = S3Store("s", url)
        self.store = CopySet([open_store("a", "a", base=tmp_path), self.remote])
        self.kill_command = (str(self.root), url)
        yield
        self.remote.close()

    def leftovers(self) -> list[str]:
        return local_leftovers(self.root) + s3_leftovers(self.server, self.remote)


def local_leftovers(root: Path) -> list[str]:
    """Temporary files and empty folders."""
    empty: Callable[[Path], bool] = lambda path: path.is_dir() and not any(path.iterdir())  # noqa: E731 - one use
    found = [path.name for path in (root / "tmp").iterdir()]
    return found + [str(path) for path in root.rglob("*") if empty(path) and path != root / "tmp"]


def s3_leftovers(server: S3Server, store: S3Store) -> list[str]:
    """Records of writers and unfinished uploads under the store's prefix."""
    prefix = store.location.removeprefix(f"s3://{BUCKET}/").partition("?")[0].rstrip("/") + "/"
    client = server.client()
    try:
        uploads = client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads", ())
        records = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix + "tmp/").get("Contents", ())
    finally:
        client.close()
    return [upload["Key"] for upload in uploads] + [record["Key"] for record in records]
