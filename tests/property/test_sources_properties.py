"""Properties of names and archives, whatever they hold."""

import io
import re
import tarfile
import unicodedata
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.discovery import open_archive
from ingest.sources.naming import COMPONENT_BYTES, PATH_BYTES, portable_paths
from ingest.sources.values import Limits
from model.errors import InputError

AWKWARD = st.sampled_from(
    [
        *("con", "CON.txt", "a.", "a ", ".", "..", "é", "e\u0301", "\u202e", "\u200b", "đ", "Đ", "ẤM", "ấm", "x" * 300),
        *("~2", "a~2", "lpt1.pdf", "a:b", "a\\b", "\x07", "ß", "ss", "ſ", "ế" * 120 + ".pdf", "=c3", "İ", "\ufffe"),
        *("ﬁ", "fi"),
    ]
)
PARTS = st.one_of(AWKWARD, st.text(max_size=12).filter(lambda text: "/" not in text and "\0" not in text))
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: "/".join(parts).encode("utf-8", "surrogatepass")),
    st.binary(min_size=1, max_size=30),
)
FORBIDDEN = re.compile('[<>:"|?*\\\\\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ud800-\udfff]')
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$", re.IGNORECASE)


def fold(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


@given(st.lists(NAMES, max_size=12, unique=True))
@settings(max_examples=300)
def test_paths_are_safe_unique_and_stable(names: list[bytes]) -> None:
    given_paths = [(name, path) for name, path, _ in portable_paths(names)]
    paths = [path for _, path in given_paths]
    assert [name for name, _ in given_paths] == names
    folded = {fold(path) for path in paths}
    assert len(folded) == len(names)
    for path in paths:
        assert len(path.encode()) <= PATH_BYTES + COMPONENT_BYTES
        assert path == unicodedata.normalize("NFC", path)
        assert not any(fold(parent.as_posix()) in folded for parent in Path(path).parents if parent != Path())
        for part in path.split("/"):
            assert part not in ("", ".", "..")
            assert len(part.encode()) <= COMPONENT_BYTES + 1
            assert not FORBIDDEN.search(part)
            assert not part.endswith((".", " "))
            assert not DEVICE.match(part)
    assert [path for _, path, _ in portable_paths(names)] == paths
    again = list(portable_paths([path.encode() for path in paths]))
    assert [path for _, path, _ in again] == paths
    assert not any(findings for _, _, findings in again)


MEMBERS = st.dictionaries(
    st.from_regex(r"[a-zà-ỹ]{1,8}(/[a-z]{1,8}){0,2}\.pdf", fullmatch=True), st.binary(max_size=3000), max_size=6
)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: dict[str, bytes], mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def read_back(data: bytes, name: str) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        source = open_archive(path, Limits())
        try:
            found = {}
            for entry in source.entries():
                with source.open(entry) as stream:
                    found[entry.name.decode()] = stream.read()
            return found
        finally:
            source.close()


@given(MEMBERS, st.sampled_from(["zip", "w", "w:gz", "w:bz2", "w:xz"]))
@settings(max_examples=60, deadline=None)
def test_what_standard_tools_write_is_read_back(members: dict[str, bytes], how: str) -> None:
    data = zipped(members) if how == "zip" else tarred(members, how)
    assert read_back(data, "a.zip" if how == "zip" else "a.tar") == members


@given(MEMBERS, st.sampled_from(["zip", "w", "w:gz", "w:xz"]), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_archives_are_refused_or_read_but_never_crash(
    members: dict[str, bytes], how: str, draw: st.DataObject
) -> None:
    data = bytearray(zipped(members) if how == "zip" else tarred(members, how))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    kept = bytes(data) if draw.draw(st.booleans()) else bytes(data[:cut])
    try:
        read_back(kept, "a.zip" if how == "zip" else "a.tar")
    except (InputError, UnicodeDecodeError) as error:
        assert isinstance(error, InputError) or error.object  # a changed name may be no UTF-8: the test decodes it
