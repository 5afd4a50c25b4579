"""Keys, addresses, capabilities, names of writers, and the marker of a folder store."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.store import capabilities
from archive.store.folders import FolderTree
from archive.store.keys import check_key, check_new_key, is_key
from archive.store.local import LocalStore, create_local_store
from archive.store.opening import create_store, open_store
from archive.store.protocol import StoreCapabilities
from archive.store.s3_client import S3Address
from archive.store.writers import WriterName
from model.errors import ConfigurationError, InputError

PART = st.text("abzAZ09._+=@~,-/ \\:ăđ\0", min_size=0, max_size=8)


PATHS = ("", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.b", "tmp/x", "chauban-store.json")
NAMES = ("a.", "a./b", "ă", "a b", "a\\b", "a\n", "a\n/b", "-a", "a" * 201, "abcdefghi/" * 80 + "x")


@pytest.mark.parametrize("key", PATHS + NAMES)
def test_refuses_what_cannot_be_a_key(key: str) -> None:
    with pytest.raises(InputError) as caught:
        check_key(key)
    assert caught.value.hint


def test_damaged_bytes_may_be_read_but_not_written() -> None:
    assert check_key("damaged/x/y") == "damaged/x/y"
    with pytest.raises(InputError):
        check_new_key("damaged/x/y")


@given(st.lists(PART, max_size=5).map("/".join))
def test_a_key_never_leaves_its_root(key: str) -> None:
    if not is_key(key):
        return
    assert key.isascii()
    assert os.path.normpath(f"/root/{key}") == f"/root/{key}"


def test_lists_a_tree_of_any_names_in_order(tmp_path: Path) -> None:
    create_local_store(tmp_path)
    store = LocalStore("a", tmp_path)
    names = ["a/a", "a-a", "a.a", "aa", "a+a/x", "a=a/x", "a~", "A/1", "a,b/c.d/e", "0"]
    for name in names:
        store.put(name, b"")
    (tmp_path / "Bản sao.txt").touch()
    (tmp_path / "lost+found").mkdir(mode=0)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert [found.key for found in store.list()] == sorted(names)


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3:///x",
        "s3://key:secret@bucket/x",
        "s3://b/x?other=1",
        "s3://b/x#f",
        "s3://b/" + "x" * 300,
        "http://b",
    ],
)
def test_refuses_an_s3_address_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        S3Address.parse(url)
    assert "secret" not in str(caught.value)


def test_reads_an_s3_address() -> None:
    address = S3Address.parse("s3://bucket/a/b/?endpoint=http://127.0.0.1:1&region=hn-1")
    assert (address.bucket, address.prefix, address.endpoint, address.region) == (
        "bucket",
        "a/b/",
        "http://127.0.0.1:1",
        "hn-1",
    )
    assert str(address) == "s3://bucket/a/b/?endpoint=http://127.0.0.1:1"
    assert S3Address.parse("s3://bucket").prefix == ""


@pytest.mark.parametrize("url", ["kho", "file://{base}/kho", "{base}/kho", "file://localhost{base}/kho"])
def test_opens_folders(tmp_path: Path, url: str) -> None:
    url = url.format(base=tmp_path)
    made = create_store("a", url, base=tmp_path)
    made.put("x", b"1")
    store = open_store("a", url, base=tmp_path)
    assert store.location == str(tmp_path / "kho")
    assert store.open("x").read() == b"1"


@pytest.mark.parametrize("url", ["", "ftp://x/y", "file://elsewhere/x", "s3://"])
def test_refuses_addresses_it_does_not_know(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store("a", url, base=tmp_path)
    assert caught.value.hint


def test_capabilities_are_recorded_and_read_back() -> None:
    for durable in (True, False, None):
        found = StoreCapabilities(
            conditional_write=True,
            refuses_wrong_checksum=False,
            versioning=True,
            object_lock=False,
            durable=durable,
            sorted_listing=True,
            detail="x",
        )
        assert capabilities.from_json(capabilities.to_json(found)) == found
    assert not capabilities.from_json({}).conditional_write


def test_making_a_store_twice_keeps_its_identity(tmp_path: Path) -> None:
    assert create_local_store(tmp_path / "a") == create_local_store(tmp_path / "a")
    assert create_local_store(tmp_path / "a") != create_local_store(tmp_path / "b")


def test_a_folder_with_other_content_is_not_made_a_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(ConfigurationError, match=r"thesis\.doc"):
        create_local_store(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_objects_are_read_only_files(tmp_path: Path) -> None:
    create_local_store(tmp_path)
    LocalStore("a", tmp_path).put("x/y", b"1")
    assert (tmp_path / "x" / "y").stat().st_mode & 0o777 == 0o444


def test_a_folder_is_no_object(tmp_path: Path) -> None:
    create_local_store(tmp_path)
    store = LocalStore("a", tmp_path)
    store.put("x/y", b"1")
    assert store.stat("x") is None
    assert store.stat("x/y/z") is None


def test_tells_living_writers_from_dead_ones() -> None:
    mine = WriterName.new()
    assert WriterName.parse(str(mine)) == mine
    assert not mine.is_dead()
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    dead = WriterName(host=mine.host, pid=child.pid, start=mine.start, token=mine.token)
    assert dead.is_dead()
    reused = WriterName(host=mine.host, pid=mine.pid, start=str(int(mine.start) + 1), token=mine.token)
    assert reused.is_dead()
    assert not WriterName(host="elsewhere", pid=child.pid, start="1", token=mine.token).is_dead()
    assert WriterName.parse("x-1-2-3") is None


def test_sweeps_leftovers_of_other_machines_after_a_day(tmp_path: Path) -> None:
    create_local_store(tmp_path)
    store = LocalStore("a", tmp_path)
    leftover = tmp_path / "tmp" / "elsewhere-1-2-0123456789abcdef.part"
    leftover.touch()
    foreign = tmp_path / "tmp" / "something"
    foreign.touch()
    assert store.sweep() == 0
    long_ago = time.time() - 90_000
    os.utime(leftover, (long_ago, long_ago))
    assert store.sweep() == 1
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["something"]


def test_set_aside_names_carry_the_time(tmp_path: Path) -> None:
    class Fixed:
        def now(self) -> datetime:
            return datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)

    create_local_store(tmp_path)
    store = LocalStore("a", tmp_path, clock=Fixed())
    store.put("x", b"1")
    assert store.set_aside("x").startswith("damaged/20261122T010203-")


def test_remembers_few_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.store.folders._MAX_REMEMBERED", 3)
    tree = FolderTree(tmp_path)
    for number in range(10):
        folder = tmp_path / str(number) / "x"
        assert tree.make(folder) == [folder.parent, folder]
        assert tree.make(folder) == []
        tree.secure(folder)
    assert len(tree._durable) <= 4
