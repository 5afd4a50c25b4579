"""Folders, archives and bags as sources, and how case files are found."""

import gzip
import io
import os
import pickle
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from ingest.sources.case_folder import check_case_folder
from ingest.sources.discovery import discover, open_archive
from ingest.sources.folder import FolderSource
from ingest.sources.values import Limits, Source
from model.errors import InputError
from model.findings import Outcome


def contents(source: Source) -> dict[bytes, bytes]:
    found = {}
    for entry in source.entries():
        with source.open(entry) as stream:
            found[entry.name] = stream.read()
    source.close()
    return found


def make_bag(folder: Path) -> Path:
    import bagit

    (folder / "data-in").mkdir(parents=True)
    (folder / "data-in" / "a.pdf").write_text("a")
    bagit.make_bag(str(folder), checksums=["sha256"])
    return folder


def test_folder_gives_files_in_order_and_never_links_or_pipes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.pdf", "a.pdf", "sub/c.pdf"):
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "Thumbs.db").write_text("")
    (tmp_path / "x.zip").write_text("")
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "linked-folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pdf")).write_text("raw")
    source = FolderSource(tmp_path, Limits())
    assert list(contents(source)) == [b"Thumbs.db", b"a.pdf", b"b.pdf", b"x.zip", b"\xff.pdf", b"sub/c.pdf"]
    assert sorted(finding.code for finding in source.findings()) == sorted(
        [
            *("intake.link", "intake.link", "intake.special-file", "intake.empty-folder"),
            *("intake.system-file", "intake.nested-archive"),
        ]
    )


def test_a_file_swapped_for_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("a")
    source = FolderSource(tmp_path, Limits())
    (entry,) = source.entries()
    (tmp_path / "a.pdf").unlink()
    (tmp_path / "a.pdf").symlink_to("/etc/hostname")
    with pytest.raises(InputError):
        source.open(entry)
    source.close()


@pytest.mark.parametrize(
    "limits", [Limits(entries=2), Limits(depth=1), Limits(name_bytes=8), Limits(file_size=3), Limits(total_size=9)]
)
@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_every_limit_refuses(tmp_path: Path, limits: Limits, kind: str) -> None:
    case = tmp_path / "case"
    (case / "one" / "two").mkdir(parents=True)
    for name in ("a.pdf", "one/two/b.pdf", "one/c.pdf"):
        (case / name).write_text("four")
    source: Source = FolderSource(case, limits)
    if kind != "folder":
        packed = shutil.make_archive(str(tmp_path / "packed"), kind, case)
        source = open_archive(Path(packed), limits)
    with pytest.raises(InputError) as caught:
        contents(source)
    source.close()
    assert caught.value.hint


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz"])
def test_packed_tar_is_read_in_one_pass_and_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.tar{suffix}"
    long_name = "đ" * 90 + "/" + "x" * 120 + ".pdf"
    big = os.urandom(3 << 20)
    with tarfile.open(path, "w:" + suffix[1:]) as archive:
        for name, content in ((long_name, b"one"), ("./big.bin", big), ("last", b"3")):
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    source = open_archive(path, Limits())
    wanted = {long_name.encode(): b"one", b"big.bin": big, b"last": b"3"}
    assert contents(source) == wanted
    assert contents(pickle.loads(pickle.dumps(source))) == wanted


def test_packed_tar_bomb_is_stopped(tmp_path: Path) -> None:
    header = tarfile.TarInfo("zeros")
    header.size = 512 << 20
    with gzip.open(tmp_path / "bomb.tar.gz", "wb") as packed:
        packed.write(header.tobuf())
        for _ in range(64):
            packed.write(bytes(1 << 20))
    with pytest.raises(InputError, match="times its size"):
        contents(open_archive(tmp_path / "bomb.tar.gz", Limits()))


def test_lying_sizes_are_damage(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"x" * 1000)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    at = data.rindex(b"PK\x01\x02") + 24
    for size in (10, 5000):
        data[at : at + 4] = size.to_bytes(4, "little")
        (tmp_path / "b.zip").write_bytes(data)
        with pytest.raises(InputError, match="damaged"):
            contents(open_archive(tmp_path / "b.zip", Limits()))


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", b"x" * 100)
        archive.writestr("b.txt", b"y" * 100)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="share the same bytes"):
        list(open_archive(tmp_path / "a.zip", Limits()).entries())


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_bag_gives_its_payload_and_is_checked(tmp_path: Path, kind: str) -> None:
    bag = make_bag(tmp_path / "bag")
    path = bag if kind == "folder" else Path(shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path, "bag"))
    (submission,) = discover([path], Limits())
    assert submission.source.kind == "bag"
    assert contents(submission.source) == {b"data-in/a.pdf": b"a"}
    assert [finding.code for finding in submission.source.findings() if finding.severity == "error"] == []
    submission.source.close()


def test_damaged_bag_and_fetch_are_errors(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag")
    (bag / "data" / "data-in" / "a.pdf").write_text("b")
    (bag / "fetch.txt").write_text("http://localhost/x 1 data/x\n")
    (submission,) = discover([bag], Limits())
    contents(submission.source)
    errors = {finding.code for finding in submission.source.findings() if finding.severity == "error"}
    assert any("fetch" in code for code in errors)
    assert len(errors) >= 2


def test_batches_and_loose_files(tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for name in ("b", "a", "deep/c"):
        (batch / name).mkdir(parents=True)
        (batch / name / "hoso.json").write_text("{}")
    with zipfile.ZipFile(batch / "z.zip", "w") as archive:
        archive.writestr("x.pdf", "x")
    (batch / "z.json").write_text("{}")
    found = [(s.source.location.name, s.beside is not None) for s in discover([batch], Limits())]
    assert found == [("a", False), ("b", False), ("c", False), ("z.zip", True)]
    (batch / "loose.pdf").write_text("x")
    with pytest.raises(InputError, match="loose"):
        list(discover([batch], Limits()))
    with pytest.raises(InputError, match="does not exist"):
        list(discover([tmp_path / "nothing"], Limits()))


def test_check_of_a_folder_without_descriptor(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("x")
    report = check_case_folder(tmp_path)
    assert report.outcome is Outcome.FAILED
    assert [finding.code for finding in report.findings] == ["metadata.no-descriptor"]
