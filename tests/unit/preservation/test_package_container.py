"""The container: what is written, and what is refused when read."""

import contextlib
import io
import subprocess
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import IntegrityError, StorageError
from preservation.package.container import END_OF_CONTAINER, Entry, member_header, padding, read_members

LONG = "thư mục/" + "đ" * 120 + "/tệp.pdf"


def container(*members: tuple[str, bytes]) -> bytes:
    parts = [member_header(path, len(content), 7) + content + padding(len(content)) for path, content in members]
    return b"".join(parts) + END_OF_CONTAINER


def entries(data: bytes) -> list[Entry]:
    return list(read_members(io.BytesIO(data)))


@pytest.mark.parametrize(
    "path",
    ["top/a.txt", "top/" + "a" * 96, "top/" + "b" * 140 + "/" + "c" * 100, "top/" + "d" * 150, "top/ệ.txt", LONG],
)
def test_header_is_read_by_us_and_by_tarfile(path: str) -> None:
    data = container((path, b"content"), ("top/next", b""))
    first, second = entries(data)
    assert (first.path, data[first.offset : first.offset + first.size]) == (path, b"content")
    assert second.path == "top/next"
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        member = tar.getmembers()[0]
        assert (member.name, member.size, member.mtime, member.mode) == (path, 7, 7, 0o644)
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")


def test_pax_header_stands_only_where_it_is_needed() -> None:
    assert len(member_header("top/" + "b" * 140 + "/" + "c" * 100, 1, 0)) == 512
    assert len(member_header("top/" + "d" * 150, 1, 0)) == 3 * 512
    assert len(member_header("top/ệ", 1, 0)) == 3 * 512


def test_sizes_from_eight_gibibytes_need_a_pax_header() -> None:
    header = member_header("top/large.bin", 20 << 30, 0)
    assert len(header) == 3 * 512
    with tarfile.open(fileobj=io.BytesIO(header)) as tar:
        member = tar.next()
    assert member is not None
    assert member.size == 20 << 30
    assert len(member_header("top/large.bin", (1 << 33) - 1, 0)) == 512


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=300))
def test_any_name_comes_back(name: str) -> None:
    if name in (".", ".."):
        return
    data = container((f"top/{name}", b"x"))
    assert [entry.path for entry in entries(data)] == [f"top/{name}"]


def test_gnu_tar_lists_and_extracts(tmp_path) -> None:
    data = container((LONG, b"hello"), ("thư mục/b", b"x" * 1000))
    (tmp_path / "c.tar").write_bytes(data)
    subprocess.run(["tar", "-xf", "c.tar"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / LONG).read_bytes() == b"hello"
    assert (tmp_path / "thư mục/b").read_bytes() == b"x" * 1000


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_containers_packed_again_by_others_are_read(tmp_path, format: int) -> None:
    names = ["top/" + "n" * 60 + "/" + "m" * 90, "top/ệ"] if format != tarfile.USTAR_FORMAT else ["top/a"]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        folder = tarfile.TarInfo("top")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"abc"))
    assert [(entry.path, entry.size) for entry in entries(buffer.getvalue())] == [(name, 3) for name in names]


def special(kind: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("top/a")
        info.type = kind
        info.linkname = "/etc/passwd"
        tar.addfile(info)
    return buffer.getvalue()


GOOD = container(("top/a", b"content"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a tar" * 100,
        GOOD[:-1024],
        GOOD[:515],
        GOOD[:300],
        b"x" + GOOD[1:],
        GOOD[:148] + b"9999999\0" + GOOD[156:],
        special(tarfile.SYMTYPE),
        special(tarfile.LNKTYPE),
        special(tarfile.CHRTYPE),
        special(tarfile.FIFOTYPE),
        container(("../a", b"")),
        container(("top/../../a", b"")),
        container(("/etc/a", b"")),
        container(("top//a", b"")),
        container(("top/./a", b"")),
        member_header("top/a", 1 << 40, 0) + END_OF_CONTAINER,
        member_header("top/a", 1 << 30, 0) + END_OF_CONTAINER,
    ],
)
def test_broken_and_hostile_containers_are_damage(data: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        entries(data)
    assert "cannot be read" in str(caught.value)


@pytest.mark.parametrize(
    "records", [b"5 a=", b"x path=a\n", b"99 path=a\n", b"9 path=\xff\n", b"22 GNU.sparse.major=1\n", b"10 size=-\n"]
)
def test_broken_extended_headers_are_damage(records: bytes) -> None:
    from preservation.package.container import _header

    block = _header(b"", b"PaxHeaders/a", len(records), 0, b"x") + records + padding(len(records))
    with pytest.raises(IntegrityError):
        entries(block + GOOD)


def test_an_extended_header_is_capped() -> None:
    from preservation.package.container import _header

    with pytest.raises(IntegrityError):
        entries(_header(b"", b"a", 1 << 20, 0, b"x") + bytes(1 << 20) + GOOD)


@given(st.binary(max_size=64), st.integers(0, len(GOOD) - 1))
def test_no_bytes_make_a_traceback(garbage: bytes, at: int) -> None:
    data = GOOD[:at] + garbage + GOOD[at + len(garbage) :]
    with contextlib.suppress(IntegrityError):
        entries(data)


def test_a_read_error_is_a_storage_error() -> None:
    class Bad(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(StorageError):
        list(read_members(Bad(GOOD)))


def test_reading_goes_on_from_a_member() -> None:
    data = container(("top/a", b"1"), ("top/b", b"2"))
    first = next(read_members(io.BytesIO(data)))
    rest = list(read_members(io.BytesIO(data), start=first.offset + 512))
    assert [entry.path for entry in rest] == ["top/b"]
