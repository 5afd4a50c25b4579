"""A dissemination package is made from what is held, whole or not at all."""

import errno
import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from archive.access.dip import export_dip
from archive.access.export import find_one
from archive.access.writing import new_file, new_folder
from archive.archive import Archive, open_archive
from archive.journal import read_journal
from cli import load_commands
from model.errors import ConflictError, IntegrityError, NotFoundError, StorageError
from model.findings import Outcome
from model.preservation import EventType
from preservation.package.check import check_package
from preservation.package.dip import AccessRequest
from tests.fakes.archives import container_paths, flip_byte, new_archive, take_in
from tests.fakes.casefiles import make_case_folder

CODES = {"vn-tt05": "H49.64.2024.1", "eark": "H49.64.2024.2"}
TYPES = {"vn-tt05": "vn-tt05-dip", "eark": "eark-csip"}
DATA = "representations/rep1/data"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an archive and what was handed in, once; every test works in a copy."""
    folder = tmp_path_factory.mktemp("template")
    with new_archive(folder / "archive") as opened:
        for profile, code in CODES.items():
            (report,) = take_in(opened, make_case_folder(folder / profile, code), profile=profile)
            assert report.aip_id is not None
    (folder / "out").mkdir()
    return folder


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    with open_archive(tmp_path / "archive") as opened:
        yield opened


def damage(archive: Archive, code: str) -> None:
    """Change one byte of one document in the store."""
    text = f"Nội dung văn bản số 1 của hồ sơ {code}".encode()
    (path,) = (path for path in container_paths(archive) if text in path.read_bytes())
    flip_byte(path, path.read_bytes().index(text))


def disseminations(archive: Archive, code: str) -> list[str]:
    held = find_one(archive, code)
    in_journal = [event for _, event in read_journal(archive.copies, held.aip_id)]
    assert [event for event in archive.catalogue.events(held.aip_id) if event in in_journal] == in_journal
    return [event.detail for event in in_journal if event.type is EventType.DISSEMINATION]


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("profile", CODES)
def test_folder_holds_one_package_that_passes_the_check(archive: Archive, tmp_path: Path, profile: str) -> None:
    target = tmp_path / "out" / "new" / "dip"
    folder = export_dip(archive, find_one(archive, CODES[profile]), target)
    assert folder.parent == target
    assert list(target.iterdir()) == [folder]
    report = check_package(folder)
    assert (report.type, report.outcome, report.findings) == (TYPES[profile], Outcome.PASSED, ())
    assert etree.parse(folder / "METS.xml").getroot().get("OBJID") == folder.name
    source = {name: content for name, content in tree(tmp_path / profile).items() if name != "hoso.json"}
    assert tree(folder / DATA) == source
    assert [path.name for path in target.parent.iterdir()] == ["dip"]
    assert oct(target.stat().st_mode & 0o777) == oct(0o777 & ~_umask())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@pytest.mark.parametrize("profile", CODES)
def test_zip_is_the_same_package_stored(archive: Archive, tmp_path: Path, profile: str) -> None:
    held = find_one(archive, CODES[profile])
    path = export_dip(archive, held, tmp_path / "out" / "gói.ZIP")
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["gói.ZIP"]
    report = check_package(path)
    assert (report.type, report.outcome, report.findings) == (TYPES[profile], Outcome.PASSED, ())
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        members = package.infolist()
        (top,) = {member.filename.split("/")[0] for member in members}
        assert {member.compress_type for member in members} == {zipfile.ZIP_STORED}
        assert f"{top}/{DATA}/001 văn bản.txt" in package.namelist()
        assert len(members) == len(set(package.namelist()))
        names = {name.removeprefix(top) for name in package.namelist()}
    folder = export_dip(archive, held, tmp_path / "out" / "folder")
    assert names == {f"/{name}" for name in tree(folder)}


def test_each_package_is_a_new_one_recorded_in_the_journal(archive: Archive, tmp_path: Path) -> None:
    code = CODES["vn-tt05"]
    held = find_one(archive, code)
    request = AccessRequest(request_id="YC-7", purpose="01", purpose_content="chuyện riêng của ông A")
    one = export_dip(archive, held, tmp_path / "out" / "one", request)
    two = export_dip(archive, held, tmp_path / "out" / "two")
    assert one.name != two.name
    assert str(held.aip_id).upper() not in (one.name, two.name)
    first, second = disseminations(archive, code)
    assert one.name.removeprefix("uuid-").lower() in first
    assert ", request YC-7, purpose 01" in first
    assert second.endswith("purpose 02")
    assert "chuyện riêng" not in first
    premis = (one / "metadata/preservation/PREMIS.xml").read_text(encoding="utf-8")
    assert first in premis
    assert "chuyện riêng" in (one / "metadata/descriptive/EAD.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", CODES)
def test_one_document_alone(archive: Archive, tmp_path: Path, profile: str) -> None:
    folder = export_dip(archive, find_one(archive, CODES[profile]), tmp_path / "out" / "dip", document=2)
    assert [path.name for path in (folder / DATA).iterdir()] == ["002 phụ lục.xml"]
    report = check_package(folder)
    assert (report.type, report.outcome, report.findings) == (TYPES[profile], Outcome.PASSED, ())
    assert "(document 2)" in disseminations(archive, CODES[profile])[0]


def test_no_such_document(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        export_dip(archive, find_one(archive, CODES["eark"]), tmp_path / "out" / "dip", document=99)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["dip", "dip.zip"])
@pytest.mark.parametrize("profile", CODES)
def test_damage_leaves_nothing_and_records_nothing(archive: Archive, tmp_path: Path, profile: str, name: str) -> None:
    damage(archive, CODES[profile])
    with pytest.raises(IntegrityError) as raised:
        export_dip(archive, find_one(archive, CODES[profile]), tmp_path / "out" / name)
    assert "001 văn bản.txt" in raised.value.message
    assert list((tmp_path / "out").iterdir()) == []
    assert disseminations(archive, CODES[profile]) == []


def test_a_container_that_is_cut_off_is_damage(archive: Archive, tmp_path: Path) -> None:
    held = find_one(archive, CODES["eark"])
    for path in container_paths(archive):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-4096])
    with pytest.raises(IntegrityError):
        export_dip(archive, held, tmp_path / "out" / "dip")
    assert list((tmp_path / "out").iterdir()) == []


def _a_file(path: Path) -> None:
    path.write_bytes(b"mine")


def _a_dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _identity(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_ino, status.st_size, status.st_mtime_ns


@pytest.mark.parametrize("name", ["dip", "dip.zip"])
@pytest.mark.parametrize("make", [_a_file, Path.mkdir, _a_dead_link])
def test_what_exists_is_not_touched(archive: Archive, tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    target = tmp_path / "out" / name
    make(target)
    before = _identity(target)
    with pytest.raises(ConflictError):
        export_dip(archive, find_one(archive, CODES["eark"]), target)
    assert _identity(target) == before
    assert list((tmp_path / "out").iterdir()) == [target]
    assert disseminations(archive, CODES["eark"]) == []


def test_a_place_that_cannot_be_written_is_told(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "out" / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        export_dip(archive, find_one(archive, CODES["eark"]), tmp_path / "out" / "file" / "dip")


def test_journal_that_cannot_be_written_gives_nothing_out(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("no room")

    monkeypatch.setattr("archive.access.dip.record_event", fail)
    with pytest.raises(StorageError):
        export_dip(archive, find_one(archive, CODES["eark"]), tmp_path / "out" / "dip")
    assert list((tmp_path / "out").iterdir()) == []


# --- writing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [_a_file, _a_dead_link, lambda path: (path / "full").mkdir(parents=True)])
def test_a_folder_made_meanwhile_is_not_overwritten(tmp_path: Path, late: Callable[[Path], None]) -> None:
    target = tmp_path / "dip"
    with pytest.raises(ConflictError), new_folder(target) as folder:
        (folder / "a").write_bytes(b"a")
        late(target)
    assert [path.name for path in tmp_path.iterdir()] == ["dip"]
    assert not (target / "a").exists()


@pytest.mark.parametrize("links", [True, False])
def test_a_file_made_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr("archive.access.writing.os.link", _no_links)
    with pytest.raises(ConflictError), new_file(tmp_path / "a") as file:
        file.write(b"new")
        (tmp_path / "a").write_bytes(b"old")
    assert tree(tmp_path) == {"a": b"old"}


def test_a_disk_without_hard_links_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.access.writing.os.link", _no_links)
    with new_file(tmp_path / ("ă" * 125 + ".zip")) as file:
        file.write(b"new")
    assert list(tree(tmp_path).values()) == [b"new"]


def _no_links(*_: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_interrupted_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "dip") as folder:
        (folder / "a").write_bytes(b"a")
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), new_file(tmp_path / "a"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


# --- command line -------------------------------------------------------------------------------------


@pytest.fixture
def run(archive: Archive, tmp_path: Path) -> Callable[..., Result]:
    def invoke(*arguments: str) -> Result:
        command = ["--archive", str(archive.folder), "--lang", "en", "export", *arguments]
        return CliRunner().invoke(load_commands(), command)

    return invoke


@pytest.mark.parametrize("name", ["dip", "dip.zip"])
def test_command_writes_the_package_and_prints_its_place(run: Callable[..., Result], tmp_path: Path, name: str) -> None:
    target = tmp_path / "out" / name
    options = ("--request-id", "YC-1", "--purpose", "03", "--purpose-text", "Thanh tra", "--research-topic", "Đất đai")
    result = run(CODES["vn-tt05"], "--as", "dip", "--to", str(target), *options)
    assert result.exit_code == 0, result.output
    assert check_package(Path(result.stdout.strip())).outcome is Outcome.PASSED
    if name == "dip":
        root = etree.parse(Path(result.stdout.strip()) / "metadata/descriptive/EAD.xml").getroot()
        assert [element.text or "" for element in root][2:6] == ["03", "Thanh tra", "", "Đất đai"]
        assert root.findtext("requestID") == "YC-1"


def test_command_exit_codes(run: Callable[..., Result], archive: Archive, tmp_path: Path) -> None:
    target = tmp_path / "out" / "dip"
    code = CODES["eark"]
    assert run(code, "--as", "dip", "--to", str(target)).exit_code == 0
    assert run(code, "--as", "dip", "--to", str(target)).exit_code == 11
    assert run(code, "--as", "dip", "--to", str(target / "2"), "--document", "77").exit_code == 10
    damage(archive, code)
    result = run(code, "--as", "dip", "--to", str(tmp_path / "out" / "damaged.zip"))
    assert result.exit_code == 12
    assert not (tmp_path / "out" / "damaged.zip").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--as", "files", "--purpose", "01"),
        ("--request-id", "YC-1"),
        ("--as", "dip", "--purpose", "09"),
        ("--as", "dip", "--research-topic", "x" * 251),
        ("--as", "dip", "--to", "-"),
        ("--as", "aip", "--to", "-"),
    ],
)
def test_command_refuses_what_makes_no_sense(run: Callable[..., Result], tmp_path: Path, options: tuple[str]) -> None:
    result = run(CODES["eark"], "--to", str(tmp_path / "out" / "x"), *options)
    assert result.exit_code == 2, result.output
    assert list((tmp_path / "out").iterdir()) == []


def test_command_with_a_document_gives_a_package_of_it(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run(CODES["eark"], "--as", "dip", "--document", "1", "--to", str(tmp_path / "out" / "dip"))
    assert result.exit_code == 0, result.output
    assert [path.name for path in (Path(result.stdout.strip()) / DATA).iterdir()] == ["001 văn bản.txt"]


def test_content_is_what_was_handed_in_after_the_archive_was_opened_anew(tmp_path: Path, archive: Archive) -> None:
    with open_archive(archive.folder) as again:
        folder = export_dip(again, find_one(again, CODES["eark"]), tmp_path / "out" / "dip")
    digests = {hashlib.sha256(content).hexdigest() for content in tree(folder / DATA).values()}
    mets = (folder / "representations/rep1/METS.xml").read_text(encoding="utf-8")
    assert all(digest in mets for digest in digests)
