"""Writing a package."""

import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.casefile import CaseFile, Document
from model.errors import ConfigurationError, InputError, StorageError
from model.identifiers import derived_uuid, derived_uuids
from preservation.package.container import read_members
from preservation.package.plan import ExtraFile
from preservation.package.writer import write_package
from tests.fakes.package_plans import AIP_ID, changed, content_file, package_plan, written

PROFILES = ["vn-tt05", "eark"]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_plan_gives_the_same_bytes(tmp_path: Path, profile: str) -> None:
    plan = package_plan(tmp_path, profile)
    assert written(plan, tmp_path)[0] == written(plan, tmp_path)[0]


@pytest.mark.parametrize("profile", PROFILES)
def test_members_tell_where_every_file_lies(tmp_path: Path, profile: str) -> None:
    plan = package_plan(tmp_path, profile)
    data, result = written(plan, tmp_path)
    members = list(result.members)
    assert [tuple(entry) for entry in read_members(io.BytesIO(data))] == [
        (member.path, member.offset, member.size) for member in members
    ]
    for member in members:
        content = data[member.offset : member.offset + member.size]
        assert hashlib.sha256(content).digest() == member.sha256
        assert hashlib.sha512(content).digest() == member.sha512
    assert result.size == len(data)
    assert result.top_folder == f"{AIP_ID}-v00001"
    assert data[result.text_offset : result.text_offset + result.text_size] == plan.extras[0].content.read_bytes()
    content_members = list(result.content_members())
    assert [member.size for member in content_members] == [file.object.size for file in plan.files]
    assert (result.file_count, result.byte_count) == (4, sum(file.object.size for file in plan.files))
    payload = [member for member in members if "/data/" in member.path]
    assert result.payload_oxum == f"{sum(member.size for member in payload)}.{len(payload)}"


def test_the_order_of_the_format_document(tmp_path: Path) -> None:
    _, result = written(package_plan(tmp_path), tmp_path)
    folder = f"{AIP_ID}-v00001/"
    payload = f"data/urn_uuid_{str(AIP_ID).upper()}/"
    paths = [member.path.removeprefix(folder).replace(payload, "P/") for member in result.members]
    assert paths[:14] == [
        "bagit.txt",
        "bag-info.txt",
        "chauban/description.jsonl",
        "chauban/report.json",
        "chauban/text.jsonl.gz",
        "P/METS.xml",
        "P/metadata/descriptive/EAD.xml",
        "P/metadata/preservation/PREMIS.xml",
        "P/representations/rep1/METS.xml",
        "P/representations/rep1/metadata/preservation/PREMIS_rep1.xml",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha512.txt",
    ]
    assert paths[-6:-4] == [
        f"P/representations/rep1/metadata/descriptive/EAD_doc_000000{number}.xml" for number in (1, 2)
    ]
    assert paths[-4] == "P/representations/rep1/data/01-quyet-dinh.pdf"
    assert {"P/schemas/METS.xsd", "P/documentation/README.txt", "P/documentation/submission/biên bản.txt"} <= set(paths)


def test_nothing_but_the_member_list_stays_in_staging(tmp_path: Path) -> None:
    written(package_plan(tmp_path), tmp_path)
    assert {path.name for path in (tmp_path / "staging").iterdir()} <= {"members.jsonl"}


def test_pieces_are_large_and_never_empty(tmp_path: Path) -> None:
    source = tmp_path / "many"
    plan = package_plan(tmp_path)
    files = [content_file(source, f"{number:03d}.bin", b"x" * 20_000, document=None) for number in range(200)]
    files.append(content_file(source, "large.bin", b"y" * 5_000_001, document=None))
    sizes: list[int] = []
    (tmp_path / "staging").mkdir()
    write_package(
        changed(plan, files=files, documents=[]), tmp_path / "staging", lambda piece: sizes.append(len(piece))
    )
    assert min(sizes) > 0
    assert max(sizes) < 3 << 20
    assert len(sizes) < sum(sizes) / (1 << 20) * 2


def broken(content: bytes) -> list[bytes]:
    return [content + b"x", content[:-1], b"", b"X" + content[1:]]


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("change", range(4))
def test_a_file_changed_meanwhile_is_refused(tmp_path: Path, size: int, change: int) -> None:
    plan = package_plan(tmp_path)
    file = content_file(tmp_path / "changing", "a.bin", b"a" * size, document=None)
    file.content.write_bytes(broken(b"a" * size)[change])
    with pytest.raises(InputError, match=r"a\.bin was changed"):
        written(changed(plan, files=[file], documents=[]), tmp_path)


def test_an_extra_changed_while_writing_is_refused(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    report = plan.extras[1].content

    class Documents:
        def __iter__(self):
            yield from ()

    def write(piece: bytes | memoryview) -> None:
        report.write_bytes(b"changed")

    big = content_file(tmp_path / "big", "chauban", b"z" * 2_000_000, document=None).content
    extras = (ExtraFile(path="chauban/a.bin", content=big, mime=""), *plan.extras)
    (tmp_path / "staging").mkdir()
    with pytest.raises(InputError, match="report"):
        write_package(changed(plan, documents=Documents(), extras=extras), tmp_path / "staging", write)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    list(plan.files)[1].content.unlink()
    with pytest.raises(InputError, match="Báo cáo số 2 & 3"):
        written(plan, tmp_path)


def test_a_disk_error_is_a_storage_error(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    names = [str(number) for number in range(3000)]
    files = [content_file(tmp_path / "many", name, b"x", document=None) for name in names]
    with pytest.raises(StorageError):
        write_package(changed(plan, files=files, documents=[]), tmp_path / "absent", lambda piece: None)

    def full(piece: bytes | memoryview) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "staging").mkdir()
    with pytest.raises(StorageError, match="No space left"):
        write_package(plan, tmp_path / "staging", full)


def test_an_unknown_profile_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="vn-tt05, eark"):
        written(changed(package_plan(tmp_path), profile="tt02"), tmp_path)


def test_plans_that_contradict_themselves(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    files = list(plan.files)
    with pytest.raises(ValueError, match="without files"):
        written(changed(plan, files=[], documents=[]), tmp_path)
    with pytest.raises(ValueError, match="two files"):
        written(changed(plan, files=[*files, files[0]]), tmp_path)
    with pytest.raises(ValueError, match="does not have"):
        written(changed(plan, documents=[Document(ordinal=1, files=("nowhere.pdf",))]), tmp_path)
    for path in ("../a", "/a", "a//b", "a\nb", "a\\b", "\udcff", ""):
        wrong = replace(files[0], object=replace(files[0].object, path=path))
        with pytest.raises(ValueError, match="portable"):
            written(changed(plan, files=[wrong], documents=[]), tmp_path)
    for path in ("chauban/description.jsonl", "documentation/README.txt", "metadata/x", "bagit.txt"):
        extra = ExtraFile(path=path, content=files[0].content, mime="text/plain")
        with pytest.raises(ValueError, match="extra file"):
            written(changed(plan, extras=(extra,)), tmp_path)


def test_an_empty_description_still_makes_a_package(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    bare = changed(
        plan, case_file=CaseFile(), documents=[], events=(), agents=(), extras=(), policy="", software_version=""
    )
    for profile in PROFILES:
        data, _ = written(changed(bare, profile=profile), tmp_path)
        assert data


def test_description_keeps_every_element(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    data, result = written(plan, tmp_path)
    member = next(item for item in result.members if item.path.endswith("/chauban/description.jsonl"))
    lines = data[member.offset : member.offset + member.size].decode().splitlines()
    head, *rest = [json.loads(line) for line in lines]
    assert head == {"schema": "chauban-description/1", "case_file": plan.case_file.to_json()}
    assert rest == [document.to_json() for document in plan.documents]
    assert "Hồ sơ cấp phép" in lines[0]


def test_times_outside_the_calendar_of_a_zone(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    late = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    files = [content_file(tmp_path / "late", "a.bin", b"a", document=None, modified=late)]
    data, _ = written(changed(plan, files=files, documents=[]), tmp_path)
    assert b"<dateCreatedByApplication>9999-12-31T23:59:59.000Z" in data


def test_content_behind_a_link_is_read(tmp_path: Path) -> None:
    plan = package_plan(tmp_path)
    file = next(iter(plan.files))
    alias = tmp_path / "alias"
    alias.symlink_to(file.content)
    data, _ = written(changed(plan, files=[replace(file, content=alias)], documents=[]), tmp_path)
    assert b"%PDF-1.7 one" in data


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])))
def test_identifiers_are_the_derived_ones(parent: UUID, name: str) -> None:
    assert derived_uuids(parent)(name) == str(derived_uuid(parent, name))
