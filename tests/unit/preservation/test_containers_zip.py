"""The reader of signed containers: what it reads, what it refuses, what it notices."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes
from preservation.signatures.containers.container import Container, ContainerFault, open_container
from preservation.signatures.source import SignatureLimits
from tests.fakes.signed_containers import packed

FILES = {"mimetype": b"x", "a/b.txt": b"text" * 1000, "quyết.txt": b"", "META-INF/s.xml": b"<x/>"}


def _open(folder: Path, content: bytes, **limits: int) -> Container:
    path = folder / "c.zip"
    path.write_bytes(content)
    return open_container(path, SignatureLimits(**limits))  # type: ignore[arg-type]  # all given ones are numbers


def _refused(folder: Path, content: bytes, **limits: int) -> str:
    with pytest.raises(ContainerFault) as caught, _open(folder, content, **limits) as container:
        container.inspect()
    return caught.value.finding.code.removeprefix("signature.container-")


def _zip(*entries: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, content in entries:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.filename = name
            if change:
                change(info)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=1, max_size=12).map(lambda name: f"d/{name}.x"),
        st.binary(max_size=5000),
        max_size=8,
    )
)
def test_what_is_packed_is_read(tmp_path: Path, files: dict[str, bytes]) -> None:
    with _open(tmp_path, packed(files)) as container:
        assert set(container.names) == set(files)
        for name, content in files.items():
            assert container.read(name) == content
            assert container.digest(name, "sha256") == digest_bytes(content, "sha256")


def test_an_ordinary_container_is_noteworthy_in_nothing(tmp_path: Path) -> None:
    with _open(tmp_path, packed(FILES)) as container:
        assert container.inspect() == ()
        assert container.first is not None
        assert container.first.name == "mimetype"
        with pytest.raises(UnsupportedAlgorithm):
            container.digest("mimetype", "sha999")
        with pytest.raises(ContainerFault):
            container.read("missing")


def test_streamed_and_zip64_containers_are_read(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.content = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            self.content += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[type-var]  # writes only
        for name in ("a.txt", "b.txt"):
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(name.encode() * 50)
    with _open(tmp_path, bytes(pipe.content)) as container:
        assert container.inspect() == ()
        assert container.read("b.txt") == b"b.txt" * 50


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([("a.txt", b"1"), ("a.txt", b"2")], "duplicate-name"),
        ([("a.txt", b"1"), ("A.TXT", b"2")], "name-collision"),
        ([("Quyết.txt", b"1"), ("Quye\u0302\u0301t.txt", b"2")], "name-collision"),
        ([("straße", b"1"), ("STRASSE", b"2")], "name-collision"),
        ([("a", b"1"), ("a/", b"")], "duplicate-name"),
        ([("/etc/passwd", b"1")], "unsafe-name"),
        ([("../a", b"1")], "unsafe-name"),
        ([("a/../../b", b"1")], "unsafe-name"),
        ([("a\\b", b"1")], "unsafe-name"),
        ([("C:a", b"1")], "unsafe-name"),
        ([("a//b", b"1")], "unsafe-name"),
        ([("a\nb", b"1")], "unsafe-name"),
    ],
)
def test_names_no_reader_can_be_sure_of(tmp_path: Path, entries: list[tuple[str, bytes]], code: str) -> None:
    assert _refused(tmp_path, _zip(*entries)) == code


def test_encrypted_files_are_refused(tmp_path: Path) -> None:
    content = bytearray(_zip(("a", b"1")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert _refused(tmp_path, bytes(content)) == "encrypted"


def test_bombs_and_limits(tmp_path: Path) -> None:
    bomb = _zip(("a", bytes(8 << 20)))
    assert _refused(tmp_path, bomb) == "bomb"
    assert _refused(tmp_path, bomb, ratio=10_000, document=1 << 20) == "over-limit"
    assert _refused(tmp_path, bomb, ratio=10_000, unpacked=1 << 20) == "over-limit"
    assert _refused(tmp_path, _zip(*((str(number), b"") for number in range(30))), entries=29) == "over-limit"


def test_a_lie_about_the_size_is_found_before_it_costs_anything(tmp_path: Path) -> None:
    content = bytearray(_zip(("a", bytes(64 << 20))))
    directory = content.index(b"PK\x01\x02")
    for place in (22, directory + 24):
        content[place : place + 4] = struct.pack("<L", 1000)
    with _open(tmp_path, bytes(content)) as container:
        container.inspect()
        with pytest.raises(ContainerFault) as caught:
            container.read("a")
        assert caught.value.finding.code == "signature.container-file-damaged"
        with pytest.raises(ContainerFault):
            container.digest("a", "sha256")


@pytest.mark.parametrize(
    ("place", "value"),
    [(30, b"b"), (8, b"\0\0"), (18, b"\xff"), (22, b"\xff"), (14, b"\xff\xff\xff\xff"), (0, b"XX")],
)
def test_local_header_that_contradicts_the_directory(tmp_path: Path, place: int, value: bytes) -> None:
    content = bytearray(_zip(("a", b"1")))
    content[place : place + len(value)] = value
    assert _refused(tmp_path, bytes(content)) == "inconsistent"


def test_overlapping_files_are_refused(tmp_path: Path) -> None:
    content = bytearray(_zip(("a", b"1" * 50), ("a", b"1" * 50)))
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    content[second + 46 : second + 47] = b"a"
    with _open(tmp_path, bytes(content)) as container, pytest.raises(ContainerFault):
        container.inspect()


def test_second_name_in_an_extra_field(tmp_path: Path) -> None:
    def rename(info: zipfile.ZipInfo) -> None:
        field = struct.pack("<BL", 1, zlib.crc32(b"a")) + b"b"
        info.extra = struct.pack("<2H", 0x7075, len(field)) + field

    assert _refused(tmp_path, _zip(("a", b"1"), change=rename)) == "inconsistent"


@pytest.mark.parametrize("where", ["before", "between", "after"])
def test_hidden_bytes_are_found(tmp_path: Path, where: str) -> None:
    content = _zip(("a", b"1"), ("b", b"2"))
    if where == "before":
        content = b"%PDF-1.7 hidden" + content
    elif where == "after":
        content += b"hidden"
    else:
        directory = content.index(b"PK\x01\x02")
        end = bytearray(content[directory:])
        at = end.index(b"PK\x05\x06") + 16
        end[at : at + 4] = struct.pack("<L", directory + 6)
        content = content[:directory] + b"hidden" + bytes(end)
    with _open(tmp_path, content) as container:
        (finding,) = container.inspect()
        assert finding.code == "signature.container-hidden-bytes"
        assert container.read("b") == b"2"


@pytest.mark.parametrize("cut", [0, 3, 30, 60, -1, -10, -25])
def test_truncated_containers_are_unreadable(tmp_path: Path, cut: int) -> None:
    with pytest.raises(ContainerFault), _open(tmp_path, packed(FILES)[:cut]) as container:
        container.inspect()
        for name in FILES:
            container.read(name)


def test_wrong_checksum_only_matters_where_nothing_better_decides(tmp_path: Path) -> None:
    content = bytearray(_zip(("a", b"1")))
    directory = content.index(b"PK\x01\x02")
    for place in (14, directory + 16):
        content[place] ^= 0xFF
    with _open(tmp_path, bytes(content)) as container:
        assert container.read("a", check=False) == b"1"
        with pytest.raises(ContainerFault):
            container.read("a")
