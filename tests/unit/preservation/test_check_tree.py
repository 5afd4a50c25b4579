"""Trees over hostile folders and archives: nothing followed, nothing unpacked, everything capped."""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from model.errors import InputError
from preservation.package.archives import TarTree, open_tree
from preservation.package.check import check_package
from preservation.package.tree import FolderTree, TreeLimits
from tests.conftest import DATA


def zip_of(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path


def tar_bytes(names: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def problem_codes(path: Path, limits: TreeLimits | None = None) -> set[str]:
    tree = open_tree(path, limits) if limits else open_tree(path)
    try:
        return {finding.code for finding in tree.problems}
    finally:
        tree.close()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tar-hardlink-and-device.tar", "package.link"),
        ("tar-hardlink-and-device.tar", "package.special-file"),
        ("tar-slip-parent.tar", "package.name-unsafe"),
        ("zip-slip-absolute.zip", "package.name-unsafe"),
        ("zip-slip-backslash.zip", "package.name-unsafe"),
        ("zip-slip-parent.zip", "package.name-unsafe"),
        ("zip-drive-letter.zip", "package.name-unsafe"),
        ("zip-symlink-then-write.zip", "package.link"),
        ("zip-duplicate-member.zip", "package.duplicate-member"),
        ("zip-bomb-1-to-1000.zip", "package.bomb"),
        ("testZipEncrypted.zip", "package.encrypted-member"),
    ],
)
def test_hostile_archive_is_named(name: str, code: str) -> None:
    assert code in problem_codes(DATA / "hostile" / name)


def test_links_and_pipes_of_a_folder_are_reported_and_not_listed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    tree = FolderTree(tmp_path)
    assert list(tree.files()) == [("file", 1)]
    assert {(finding.code, finding.location) for finding in tree.problems} == {
        ("package.link", "link"),
        ("package.special-file", "pipe"),
    }


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    tree = FolderTree(tmp_path)
    (tmp_path / "file").unlink()
    (tmp_path / "file").symlink_to("/etc/passwd")
    with pytest.raises(InputError):
        tree.open("file")


def test_names_that_collide_are_noticed(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path / "a.zip", {"x/Ho-so.pdf": b"", "x/ho-so.pdf": b"", "x/t\u00ea.txt": b"", "x/te\u0302.txt": b""}
    )
    tree = open_tree(path)
    assert [finding.location for finding in tree.problems] == ["x/ho-so.pdf", "x/te\u0302.txt"]
    tree.close()


def test_limits_are_errors(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {f"{number}": b"" for number in range(20)})
    with pytest.raises(InputError):
        open_tree(path, TreeLimits(entries=10))
    with pytest.raises(InputError):
        open_tree(path, TreeLimits(directory_bytes=100))


def test_depth_is_a_finding(tmp_path: Path) -> None:
    assert problem_codes(zip_of(tmp_path / "a.zip", {"a/" * 70 + "b": b""})) == {"package.name-too-deep"}


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(tar_bytes({"a/zeros": bytes(30_000_000)})))
    with pytest.raises(InputError):
        open_tree(path, TreeLimits(ratio=10, ratio_from=1000))


def test_a_lying_extended_header_does_not_fill_the_memory() -> None:
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    header.size = 1 << 33
    with pytest.raises(InputError):
        TarTree(io.BytesIO(header.tobuf() + bytes(10_240)), "x.tar")


def test_missing_path_and_device_are_input_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    for name in ("nothing", "pipe.zip"):
        with pytest.raises(InputError):
            check_package(tmp_path / name)


def test_a_damaged_member_of_a_zip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bag.zip"
    content = os.urandom(500)
    zip_of(path, {"b/bagit.txt": b"", "b/manifest-md5.txt": b"0" * 32 + b"  data/x\n", "b/data/x": content})
    raw = bytearray(path.read_bytes())
    place = raw.index(content[:100])
    raw[place + 50] ^= 1
    path.write_bytes(raw)
    assert ("package.unreadable", "b/data/x") in {
        (finding.code, finding.location) for finding in check_package(path).findings
    }


def test_a_tar_is_read_in_place_in_its_order() -> None:
    names = {"t/b": b"second", "t/a": b"first", "t/ố": b"third"}
    tree = TarTree(io.BytesIO(tar_bytes(names)), "x.tar", digests=("sha256",))
    assert [path for path, _size in tree.files()] == list(names)
    assert tree.open("t/ố").read() == b"third"
    assert set(tree.computed) == set(names)
    assert not list(tree.problems)
