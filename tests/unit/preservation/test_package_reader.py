"""Reading a package back."""

import contextlib
import io
from pathlib import Path

import pytest

from model.errors import IntegrityError, UnsupportedVersionError
from model.preservation import FileObject
from preservation.package.container import END_OF_CONTAINER, member_header, padding, read_members
from preservation.package.reader import read_package
from tests.fakes.package_plans import changed, content_file, package_plan, written

PROFILES = ["vn-tt05", "eark"]


@pytest.mark.parametrize("profile", PROFILES)
def test_everything_comes_back(tmp_path: Path, profile: str) -> None:
    plan = package_plan(tmp_path, profile)
    data, result = written(plan, tmp_path)
    package = read_package(io.BytesIO(data))
    assert (package.aip_id, package.version, package.profile) == (plan.aip_id, plan.version, plan.profile)
    assert (package.policy, package.created, package.case_file) == (plan.policy, plan.created, plan.case_file)
    assert (package.events, package.agents) == (plan.events, plan.agents)
    assert package.report == plan.extras[1].content.read_bytes()
    assert (package.text_offset, package.text_size) == (result.text_offset, result.text_size)
    assert package.extras == ("chauban/report.json", "chauban/text.jsonl.gz")
    assert package.labels["Payload-Oxum"] == result.payload_oxum
    for _ in range(2):
        assert list(package.documents) == list(plan.documents)
        assert [file for file, _path, _offset in package.files] == [file.object for file in plan.files]
    members = {member.path: member.offset for member in result.content_members()}
    assert {path: offset for _file, path, offset in package.files} == members


def test_documents_and_files_may_be_read_alternately(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    data, _ = written(plan, tmp_path)
    package = read_package(io.BytesIO(data))
    pairs = list(zip(package.files, package.documents, strict=False))
    assert [document for _, document in pairs] == list(plan.documents)
    assert [entry.object for entry, _ in pairs] == [file.object for file in plan.files][:2]


def test_a_package_without_extras(tmp_path: Path) -> None:
    data, _ = written(changed(package_plan(tmp_path), extras=()), tmp_path)
    package = read_package(io.BytesIO(data))
    assert (package.report, package.text_offset, package.text_size, package.extras) == (b"", 0, 0, ())
    assert package.read("chauban/none") is None


def repacked(data: bytes, edit: dict[str, bytes | None]) -> bytes:
    """Return the container with members, named by the end of their path, replaced or left out."""
    parts = []
    for entry in read_members(io.BytesIO(data)):
        content: bytes | None = data[entry.offset : entry.offset + entry.size]
        for name, other in edit.items():
            if entry.path.endswith(name):
                content = other
        if content is not None:
            parts.append(member_header(entry.path, len(content), 0) + content + padding(len(content)))
    return b"".join(parts) + END_OF_CONTAINER


def member(data: bytes, name: str) -> bytes:
    entry = next(entry for entry in read_members(io.BytesIO(data)) if entry.path.endswith(name))
    return data[entry.offset : entry.offset + entry.size]


@pytest.fixture
def package(tmp_path: Path) -> bytes:
    return written(package_plan(tmp_path), tmp_path)[0]


def read_all(data: bytes) -> list[FileObject]:
    package = read_package(io.BytesIO(data))
    list(package.documents)
    return [item.object for item in package.files]


def test_a_newer_format_is_refused(package: bytes) -> None:
    info = member(package, "bag-info.txt").replace(b"AIP-Format: 1", b"AIP-Format: 2")
    with pytest.raises(UnsupportedVersionError, match="format 2"):
        read_package(io.BytesIO(repacked(package, {"bag-info.txt": info})))


def test_labels_and_keys_of_later_programs_are_passed_over(package: bytes) -> None:
    info = member(package, "bag-info.txt") + b"Chauban-Later: yes\n  folded\n"
    description = member(package, "description.jsonl").replace(b'"case_file":{', b'"new":1,"case_file":{"newer":[2],')
    data = repacked(package, {"bag-info.txt": info, "description.jsonl": description})
    assert read_package(io.BytesIO(data)).labels["Chauban-Later"] == "yes folded"
    assert len(read_all(data)) == 4


LAUGHS = b'<!DOCTYPE premis [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("name", ["bag-info.txt", "description.jsonl", "PREMIS.xml", "PREMIS_rep1.xml", "/METS.xml"])
def test_a_missing_part_is_damage(package: bytes, name: str) -> None:
    with pytest.raises(IntegrityError):
        read_all(repacked(package, {name: None}))


@pytest.mark.parametrize("name", ["bag-info.txt", "description.jsonl", "PREMIS.xml", "PREMIS_rep1.xml"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0", b"{}", b"[" * 100_000, b"<a><b/></a>", b"<premis", b"a: b\n"])
def test_a_broken_part_is_damage(package: bytes, name: str, content: bytes) -> None:
    if name == "PREMIS.xml" and content == b"<a><b/></a>":
        return  # no events and no agents
    with pytest.raises(IntegrityError):
        read_all(repacked(package, {name: content}))


@pytest.mark.parametrize("name", ["PREMIS.xml", "PREMIS_rep1.xml"])
def test_entities_are_refused(package: bytes, name: str) -> None:
    content = member(package, name).replace(b"<premis ", LAUGHS + b"<premis ", 1).replace(b"chauban", b"&b;")
    with pytest.raises(IntegrityError):
        read_all(repacked(package, {name: content}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<size>12</size>", b"<size>13</size>"),
        (b"<size>12</size>", b"<size>x</size>"),
        (b"<messageDigest>", b"<messageDigest>zz"),
        (b"data/01-quyet-dinh.pdf", b"data/../../../etc/passwd"),
        (b"data/01-quyet-dinh.pdf", b"metadata/01-quyet-dinh.pdf"),
        (b"SHA-512", b"MD5"),
        (b"T17:00:00", b"T99:00:00"),
        (b"T00:00:00.005+07:00", b"yesterday"),
    ],
)
def test_file_objects_that_do_not_fit_are_damage(package: bytes, old: bytes, new: bytes) -> None:
    premis = member(package, "PREMIS_rep1.xml")
    if old not in premis:
        return
    with pytest.raises(IntegrityError):
        read_all(repacked(package, {"PREMIS_rep1.xml": premis.replace(old, new)}))


def test_missing_and_surplus_content_is_damage(package: bytes) -> None:
    with pytest.raises(IntegrityError, match="is not where it should be"):
        read_all(repacked(package, {"01-quyet-dinh.pdf": None}))
    premis = member(package, "PREMIS_rep1.xml")
    start = premis.index(b'<object xsi:type="file">')
    end = premis.index(b"</object>", start) + len(b"</object>\n")
    with pytest.raises(IntegrityError):
        read_all(repacked(package, {"PREMIS_rep1.xml": premis[:start] + premis[end:]}))


def test_junk_in_premis_does_not_fill_the_memory(package: bytes) -> None:
    junk = b'<premis xmlns="http://www.loc.gov/premis/v3">' + b"<junk/>" * 1_000_000
    with pytest.raises(IntegrityError, match="too much"):
        read_all(repacked(package, {"PREMIS_rep1.xml": junk}))


@pytest.mark.parametrize("data", [b"", b"PK\3\4" * 300, END_OF_CONTAINER])
def test_something_else_is_damage(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        read_package(io.BytesIO(data))


def test_two_top_folders_are_damage(package: bytes) -> None:
    extra = member_header("other/bagit.txt", 0, 0)
    with pytest.raises(IntegrityError, match="top folder"):
        read_package(io.BytesIO(extra + package))


@pytest.mark.parametrize("cut", [0.1, 0.3, 0.5, 0.9])
def test_a_container_cut_off_is_damage(package: bytes, cut: float) -> None:
    with pytest.raises(IntegrityError):
        read_all(package[: int(len(package) * cut)])


def test_a_flipped_byte_is_never_a_traceback(package: bytes) -> None:
    step = len(package) // 150
    for at in range(0, len(package), step):
        data = bytearray(package)
        data[at] ^= 0x20
        with contextlib.suppress(IntegrityError, UnsupportedVersionError):
            read_all(bytes(data))


def test_original_names_byte_for_byte(tmp_path: Path) -> None:
    names = [b"\xff\xfe", b"a\x01\nb", b"\\u0041", b" lead", "ệ".encode(), b"a&<>\"'", b"\xed\xa0\x80", b""]
    files = [
        content_file(tmp_path / "names", f"{number}.bin", b"x", original=name, document=None)
        for number, name in enumerate(names)
    ]
    data, _ = written(changed(package_plan(tmp_path), files=files, documents=[]), tmp_path)
    assert [item.original_name for item in read_all(data)] == names
