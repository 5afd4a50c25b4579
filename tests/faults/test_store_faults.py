"""A store that is full, unmounted, exchanged, failing or unreachable: a typed error with advice, custody unharmed."""

import errno
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from archive.store.copies import CopySet
from archive.store.local import LocalStore, create_local_store
from archive.store.s3 import S3Store
from model.errors import (
    ArchiveError,
    ConfigurationError,
    ConflictError,
    IntegrityError,
    NotFoundError,
    StorageError,
    UnsupportedVersionError,
)
from model.fixity import Digest
from tests.fakes.failing_store import FailingStore
from tests.fakes.line import Line
from tests.fakes.s3_server import BUCKET, S3Server, shared_server, use_credentials

MIB = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create_local_store(tmp_path / "a")
    return tmp_path / "a"


@pytest.fixture
def second(tmp_path: Path) -> FailingStore:
    create_local_store(tmp_path / "b")
    return FailingStore(LocalStore("b", tmp_path / "b"))


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def advised(error: ArchiveError, store: str) -> None:
    """An error names the store and says what to do."""
    assert error.values["store"] == store
    assert store in error.message
    assert error.hint


# --- the disk


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small file system this needs")
def test_a_full_disk_leaves_nothing_and_the_store_stays_usable(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"this machine does not let root mount: {mounted.stderr.decode()}")
    try:
        create_local_store(disk)
        store = LocalStore("a", disk)
        assert store.probe().durable is False
        store.put("kept", b"kept")
        with pytest.raises(StorageError) as caught, store.create("large") as writer:
            for _ in range(10):
                writer.write(bytes(MIB))
            writer.commit()
        advised(caught.value, "a")
        assert "Free space" in caught.value.hint
        assert files(disk) == ["chauban-store.json", "kept"]
        store.put("small", bytes(2 * MIB))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_size_limit_leaves_nothing(root: Path) -> None:
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from archive.store.local import LocalStore\n"
        "from model.errors import StorageError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "store = LocalStore('a', Path(sys.argv[1]))\n"
        "try:\n"
        "    store.put('large', bytes(3 << 20))\n"
        "except StorageError as error:\n"
        "    print(error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=True)
    assert "limit" in done.stdout
    assert files(root) == ["chauban-store.json"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("turn", [0, 1])
def test_a_sync_that_fails_makes_nothing_visible(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int, turn: int
) -> None:
    store = LocalStore("a", root)
    calls = iter(range(100))
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if next(calls) == turn:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError) as caught:
        store.put("x/y", b"1")
    advised(caught.value, "a")
    assert files(root) == ["chauban-store.json"]
    store.put("x/y", b"2")


def test_without_hard_links_a_rename_keeps_keys_from_being_replaced(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*values: object, **options: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", link)
    store = LocalStore("a", root)
    store.put("x/y", b"1")
    with pytest.raises(ConflictError):
        store.put("x/y", b"2")
    assert store.probe().conditional_write
    assert files(root) == ["chauban-store.json", "x/y"]
    assert (root / "x" / "y").read_bytes() == b"1"


def test_a_folder_removed_by_a_deletion_next_door_is_made_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore("a", root)
    real, calls = os.link, iter(range(100))

    def link(source: Any, target: Any, **options: Any) -> None:
        if next(calls) == 0:
            (root / "x").rmdir()
        real(source, target, **options)

    monkeypatch.setattr(os, "link", link)
    store.put("x/y", b"1")
    assert (root / "x" / "y").read_bytes() == b"1"


# --- the mount


def test_an_unmounted_disk_is_noticed_and_never_written_to(root: Path) -> None:
    store = LocalStore("a", root)
    store.put("x", b"1")
    root.rename(root.with_name("elsewhere"))
    root.mkdir()
    for attempt in (
        lambda: store.put("y", b"2"),
        lambda: store.open("x"),
        lambda: store.stat("x"),
        lambda: list(store.list()),
        lambda: store.replace_damaged("x"),
        lambda: store.set_aside("x"),
        store.sweep,
        store.probe,
    ):
        with pytest.raises(StorageError) as caught:
            attempt()
        advised(caught.value, "a")
        assert "mount" in caught.value.hint
    assert list(root.iterdir()) == []
    root.rmdir()
    root.with_name("elsewhere").rename(root)
    assert store.stat("x") is not None


def test_another_disk_in_its_place_is_noticed(root: Path) -> None:
    store = LocalStore("a", root)
    store.put("x", b"1")
    root.rename(root.with_name("elsewhere"))
    create_local_store(root)
    with pytest.raises(StorageError, match="Another store"):
        store.put("y", b"2")
    assert files(root) == ["chauban-store.json"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"id": 1, "format": 1}', b"\xff", b"null", b'{"id":"x"}'])
def test_a_damaged_marker_is_a_matter_of_configuration(root: Path, content: bytes) -> None:
    (root / "chauban-store.json").write_bytes(content)
    with pytest.raises(ConfigurationError):
        LocalStore("a", root).put("x", b"1")


def test_a_store_of_a_newer_program_is_left_alone(root: Path) -> None:
    marker = root / "chauban-store.json"
    marker.write_text(marker.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(UnsupportedVersionError):
        LocalStore("a", root).put("x", b"1")


# --- copies


@pytest.mark.parametrize("operation", ["create", "write", "commit", "stat", "read", "open"])
def test_a_failing_second_copy_fails_the_write_which_can_be_taken_up_again(
    root: Path, second: FailingStore, operation: str
) -> None:
    copies = CopySet([LocalStore("a", root), second])
    second.failing[operation] = 0
    with pytest.raises(StorageError) as caught, copies.create("x") as writer:
        for _ in range(12):
            writer.write(bytes(MIB))
        writer.commit()
    assert caught.value.values["store"] == "b"
    assert copies.stores[0].sweep() == second.store.sweep() == 0
    second.failing.clear()
    stored, digest = copies.put("x", bytes(12 * MIB))
    assert (stored.size, digest.value) == (12 * MIB, hashlib.sha256(bytes(12 * MIB)).digest())
    assert list(second.list()) == list(copies.stores[0].list()) == [stored]


def test_copies_are_written_at_the_same_time(root: Path, tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=30)

    class Meeting(FailingStore):
        def strike(self, operation: str) -> None:
            if operation == "write":
                together.wait()

    create_local_store(tmp_path / "b")
    copies = CopySet([Meeting(LocalStore("a", root)), Meeting(LocalStore("b", tmp_path / "b"))])
    assert copies.put("x", bytes(3 * MIB))[0].size == 3 * MIB


def test_a_commit_whose_answer_was_lost_is_found_done(root: Path, second: FailingStore) -> None:
    copies = CopySet([second, LocalStore("a", root)])
    second.after_commit = True
    second.failing["commit"] = 0
    with pytest.raises(StorageError):
        copies.put("x", b"1")
    second.after_commit = False
    second.failing.clear()
    copies.put("x", b"1")
    assert [store.stat("x") is not None for store in copies.stores] == [True, True]


def test_a_copy_that_does_not_keep_what_was_written_is_refused_and_set_aside(root: Path, second: FailingStore) -> None:
    copies = CopySet([LocalStore("a", root), second])
    second.corrupt = True
    with pytest.raises(StorageError, match="did not keep") as caught:
        copies.put("x", b"content")
    advised(caught.value, "b")
    assert second.stat("x") is None
    second.corrupt = False
    copies.put("x", b"content")
    assert second.open("x").read() == b"content"


def test_reading_goes_on_with_the_next_copy(root: Path, second: FailingStore) -> None:
    copies = CopySet([second, LocalStore("a", root)])
    content = os.urandom(MIB)
    copies.put("x", content)
    for failing in ({"open": 0}, {"read": 0}, {"read": 3}):
        second.failing = dict(failing)
        with copies.open("x", offset=10, length=MIB - 100) as stream:
            assert stream.read() == content[10 : MIB - 90]
    second.failing = {"stat": 0}
    found = copies.stat("x")
    assert found is not None
    assert found.size == MIB


def test_absence_is_said_only_when_every_copy_says_so(root: Path, second: FailingStore) -> None:
    copies = CopySet([LocalStore("a", root), second])
    with pytest.raises(NotFoundError):
        copies.open("x")
    assert copies.stat("x") is None
    second.failing = {"open": 0, "stat": 0}
    with pytest.raises(StorageError):
        copies.open("x")
    with pytest.raises(StorageError):
        copies.stat("x")


def test_repairs_a_damaged_copy_from_a_good_one(root: Path, second: FailingStore) -> None:
    copies = CopySet([LocalStore("a", root), second])
    digest = copies.put("x", b"content")[1]
    first = copies.stores[0]
    path = root / "x"
    path.chmod(0o644)
    path.write_bytes(b"CONTENT")
    copies.repair("x", first, digest)
    assert path.read_bytes() == b"content"
    (kept,) = first.list("damaged/")
    assert first.open(kept.key).read() == b"CONTENT"
    path.unlink()
    copies.repair("x", first, digest)
    assert path.read_bytes() == b"content"
    with pytest.raises(IntegrityError):
        copies.repair("x", first, Digest("sha256", bytes(32)))


def test_copies_in_one_place_are_refused(root: Path) -> None:
    with pytest.raises(ConfigurationError):
        CopySet([LocalStore("a", root), LocalStore("b", root)])
    with pytest.raises(ConfigurationError):
        CopySet([LocalStore("a", root), LocalStore("a", root / "b")])
    with pytest.raises(ConfigurationError):
        CopySet([])


# --- S3


@pytest.fixture(scope="module")
def server() -> S3Server:
    use_credentials()
    return shared_server()


class Linked:
    """A store reached over a line that can be cut."""

    def __init__(self, server: S3Server) -> None:
        self.line = Line(server.port)
        self.prefix = f"f/{uuid4().hex}"
        self.server = server
        self.store = S3Store("s", f"s3://{BUCKET}/{self.prefix}?endpoint=http://127.0.0.1:{self.line.port}")
        self.direct = S3Store("s", server.url(self.prefix))


@pytest.fixture
def linked(server: S3Server) -> Iterator[Linked]:
    made = Linked(server)
    yield made
    made.line.cut()
    made.store.close()
    made.direct.close()


def test_an_unreachable_server_is_a_storage_error(linked: Linked) -> None:
    linked.store.put("x", b"1")
    linked.line.cut()
    for attempt in (lambda: linked.store.put("y", b"2"), lambda: linked.store.stat("x"), linked.store.probe):
        with pytest.raises(StorageError) as caught:
            attempt()
        advised(caught.value, "s")


def test_a_server_lost_in_the_middle_of_an_upload_leaves_nothing_visible(linked: Linked) -> None:
    with pytest.raises(StorageError), linked.store.create("large") as writer:
        writer.write(bytes(17 * MIB))
        linked.line.cut()
        writer.write(bytes(17 * MIB))
        writer.commit()
    assert list(linked.direct.list()) == []


def test_a_server_lost_in_the_middle_of_a_download_is_no_short_file(linked: Linked) -> None:
    linked.store.put("x", bytes(4 * MIB))
    linked.line.cut_after = MIB
    with pytest.raises(StorageError), linked.store.open("x") as stream:
        stream.read()


@pytest.mark.parametrize("size", [10, 17 * MIB])
def test_a_lost_answer_does_not_make_a_write_its_own_rival(linked: Linked, size: int) -> None:
    with linked.store.create("x") as writer:
        writer.write(bytes(size))
        for thread in list(getattr(writer, "_flying", ())):
            thread.result()
        real = writer._finish  # type: ignore[attr-defined]  # the moment at which the answer is to be lost

        def finish(condition: Any) -> None:
            linked.line.lose_answers = 1
            real(condition)

        writer._finish = finish  # type: ignore[attr-defined]  # as above
        stored = writer.commit()[0]
    assert stored.size == size
    assert [found.key for found in linked.direct.list()] == ["x"]


def test_an_unreachable_second_copy_fails_the_write_which_can_be_taken_up_again(root: Path, linked: Linked) -> None:
    copies = CopySet([LocalStore("a", root), linked.store])
    with pytest.raises(StorageError) as caught, copies.create("x") as writer:
        writer.write(b"1")
        linked.line.cut()
        writer.commit()
    assert caught.value.values["store"] == "s"
    CopySet([LocalStore("a", root), linked.direct]).put("x", b"1")
    assert linked.direct.stat("x") is not None


def test_wrong_credentials_and_buckets_are_matters_of_configuration(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = S3Store("s", server.url("x", bucket="no-such-bucket"))
    for attempt in (lambda: absent.put("x", b"1"), lambda: absent.stat("x"), absent.probe, lambda: list(absent.list())):
        with pytest.raises(ConfigurationError):
            attempt()
    absent.close()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    wrong = S3Store("s", server.url("x"))
    for attempt in (lambda: wrong.put("x", b"1"), lambda: wrong.stat("x"), wrong.probe):
        with pytest.raises(ConfigurationError) as caught:
            attempt()
        assert "wrong" not in str(caught.value)
    wrong.close()
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    without = S3Store("s", server.url("x"))
    with pytest.raises(ConfigurationError, match="credentials"):
        without.put("x", b"1")
    without.close()


def test_without_boto3_the_advice_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigurationError, match=r"chauban\[s3\]"):
        S3Store("s", "s3://bucket/x").stat("x")
