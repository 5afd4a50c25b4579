"""Whatever a stranger hands in ends accepted, refused or failed, with a reason, in bounded time, and stays inside."""

import csv
import json
import os
import shutil
import socket
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from archive.catalogue.values import TransferQuery, TransferState
from archive.layout import transfer_folder
from ingest.sources.guards import readings
from ingest.values import IngestReport, IngestStatus
from tests.conftest import DATA
from tests.fakes.archives import codes, new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.catalogue_databases import BACKENDS, new_database
from tests.fakes.custody import assert_unharmed, chauban, leftovers, one_examiner

SECONDS = 20
UNSAFE = 17
PACKED = (".zip", ".tar", ".gz", ".tgz")


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive", stores=("a", "b")) as opened:
        yield opened


def database_for(backend: str, folder: Path) -> str:
    """Return the address of an empty database; that of SQLite lies in the archive's folder."""
    return "" if backend == "sqlite" else new_database(backend, folder)


def seen(folder: Path, but: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder but those of the archive, with size and time of change."""
    found = {}
    for root, folders, files in os.walk(os.fsencode(folder)):
        folders[:] = [name for name in folders if os.path.join(root, name) != os.fsencode(but)]  # noqa: PTH118 - bytes
        for name in folders + files:
            path = os.path.join(root, name)  # noqa: PTH118 - bytes
            status = os.lstat(path)
            found[os.fsdecode(path)] = status.st_size if status.st_mode & 0o100000 else 0, status.st_mtime_ns
    return found


@contextmanager
def nothing_outside(archive: Archive) -> Iterator[None]:
    """Nothing beside the archive is created, changed or removed, and the time is bounded."""
    parent = archive.folder.parent
    before = seen(parent, archive.folder)
    passwd = Path("/etc/passwd").read_bytes()
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS
    assert seen(parent, archive.folder) == before
    assert Path("/etc/passwd").read_bytes() == passwd


def judged(archive: Archive, *sources: Path) -> list[IngestReport]:
    """Ingest; every transfer ends with a reason a person can read, and nothing is left over."""
    with nothing_outside(archive):
        reports = take_in(archive, *sources)
    for report in reports:
        if report.status is IngestStatus.REFUSED:
            assert report.reason
            assert any(item.remedy() for item in report.findings if item.severity == "error"), report
        if report.status is IngestStatus.FAILED:
            assert report.reason
            assert report.exit_code
        assert "Traceback" not in report.reason
    assert leftovers(archive) == []
    assert not list(archive.catalogue.list_transfers(TransferQuery(states=(TransferState.PROCESSING,))))
    return reports


def is_kept(archive: Archive, source: Path) -> bool:
    """Whether every refused transfer was kept as it was handed in."""
    for transfer in archive.catalogue.list_transfers(TransferQuery(states=(TransferState.REFUSED,))):
        with archive.copies.open(transfer.kept_key) as stream:
            if stream.read() != source.read_bytes():
                return False
    return True


HOSTILE = sorted(path for path in (DATA / "hostile").iterdir() if path.suffix in PACKED)


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.name)
def test_hostile_archive(archive: Archive, tmp_path: Path, path: Path) -> None:
    source = tmp_path / path.name
    shutil.copy(path, source)
    (report,) = judged(archive, source)
    if path.name == "quine.gz":  # nothing that is named like an archive we take
        assert report.status is IngestStatus.FAILED
        return
    assert report.status is IngestStatus.REFUSED, report
    assert is_kept(archive, source)
    assert_unharmed(archive.folder)


@pytest.mark.corpus
@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_hostile_file_of_the_corpus(archive: Archive, tmp_path: Path, corpus: Path) -> None:
    for folder in ("hostile", "filenames"):
        with (corpus / folder / "expected.csv").open(encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        for number, row in enumerate(rows):
            source = tmp_path / "in" / f"{folder}-{number}" / Path(row["path"]).name
            source.parent.mkdir(parents=True)
            shutil.copy(corpus / folder / row["path"], source)
            (report,) = judged(archive, source)
            assert report.status in {IngestStatus.REFUSED, IngestStatus.FAILED}, (row, report)
            as_document(archive, tmp_path / "as" / f"{folder}-{number}", source)
    result = chauban(archive.folder, "ingest", *(tmp_path / "in").glob("*/*"), seconds=120)
    assert result.returncode == UNSAFE, result
    assert "Traceback" not in result.stdout + result.stderr
    assert_unharmed(archive.folder)


def as_document(archive: Archive, folder: Path, content: Path) -> IngestReport:
    """Hand a file in as a document of a case file that is otherwise in order."""
    source = make_case_folder(folder, f"H49.64.2024.{abs(hash(content.parent.name)) % 10**6}", documents=1)
    shutil.copy(content, source / content.name)
    described = json.loads((source / "hoso.json").read_text(encoding="utf-8"))
    described["documents"][0]["files"] = [content.name]
    next(source.glob("001*")).unlink()
    (source / "hoso.json").write_text(json.dumps(described), encoding="utf-8")
    (report,) = judged(archive, source)
    return report


@pytest.mark.parametrize(
    "name", ["xmlbomb.xml", "external_file.xml", "zip-bomb-1-to-1000.zip", "quine.gz", "droste.zip"]
)
def test_hostile_document(archive: Archive, tmp_path: Path, name: str) -> None:
    report = as_document(archive, tmp_path / "case", DATA / "hostile" / name)
    assert report.findings


# --- folders


def link(source: Path) -> None:
    (source / "mật khẩu.txt").symlink_to("/etc/passwd")
    (source / "cha").symlink_to("..")
    (source / "vòng").symlink_to(".")
    (source / "gãy").symlink_to("nowhere")


def pipe(source: Path) -> None:
    os.mkfifo(source / "ống")


def device(source: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a device")
    os.mknod(source / "zero", 0o600 | 0o020000, os.makedev(1, 5))


def plug(source: Path) -> None:
    where = Path.cwd()
    os.chdir(source)
    try:
        with socket.socket(socket.AF_UNIX) as endpoint:
            endpoint.bind("ổ cắm")
    finally:
        os.chdir(where)


def deep(source: Path) -> None:
    folder = source.joinpath(*(f"tầng {level}" for level in range(40)))
    folder.mkdir(parents=True)
    (folder / "đáy.txt").write_text("sâu", encoding="utf-8")


@pytest.mark.parametrize("act", [link, pipe, device, plug, deep])
def test_folder_with_what_is_no_file(archive: Archive, tmp_path: Path, act: Callable[[Path], None]) -> None:
    source = make_case_folder(tmp_path / "case")
    act(source)
    (report,) = judged(archive, source)
    assert report.status is IngestStatus.REFUSED, report
    archive.catalogue.close()
    assert b"root:" not in b"".join(path.read_bytes() for path in archive.folder.rglob("*") if path.is_file())


ODD_NAMES: dict[str, list[bytes]] = {
    "255 bytes": ["đ".encode() * 125 + b"x.txt"],
    "not UTF-8": ["công văn.txt".encode("cp1258")],
    "case": [b"BAO CAO.txt", b"bao cao.txt", b"Bao Cao.txt"],
    "normal forms": ["báo cáo.txt".encode(), "báo cáo.txt".encode()],
    "control": [b"a\nb.txt", b"a\tb.txt", b"a\x1b[31mb.txt", b"a\x7fb.txt", b"\r.txt"],
    "portable": [b"CON.txt", b"a.", b"a ", b" a", b"-rf", b"...", b"a:b", b"a*b?.txt", b'a"b', b"a|b", b"a\\b", b"%0A"],
    "direction": ["\u202efdp.txt".encode(), "a\u200bb.txt".encode(), "\ufeff.txt".encode()],
    "manifest": [b"manifest-sha256.txt", b"bagit.txt.txt", b"PREMIS.txt", b"tagmanifest-sha512.txt"],
    "planes": ["\U0001f600.txt".encode(), "\U00020000.txt".encode(), "\uffff.txt".encode(), "\ue000.txt".encode()],
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_odd_names_are_taken_in_byte_for_byte(tmp_path: Path, backend: str) -> None:
    with new_archive(tmp_path / "archive", stores=("a",), database=database_for(backend, tmp_path)) as archive:
        for number, (what, names) in enumerate(ODD_NAMES.items()):
            source = case_with_names(tmp_path / str(number), f"H49.64.2024.{number}", names)
            (report,) = judged(archive, source)
            assert report.status is IngestStatus.ACCEPTED, (what, report)
            assert report.aip_id is not None
            kept = {file.object.original_name for file in archive.catalogue.files(report.aip_id, 1)}
            assert kept == set(names), what
        assert_unharmed(archive.folder)


def case_with_names(folder: Path, code: str, names: list[bytes]) -> Path:
    """A case file whose one document has files with these names; the descriptor names the folder's files as it can."""
    source = make_case_folder(folder, code, documents=1)
    next(source.glob("001*")).unlink()
    described = json.loads((source / "hoso.json").read_text(encoding="utf-8"))
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(source) + b"/" + name)).write_text(f"{code} {number}", encoding="utf-8")
    described["documents"][0]["files"] = [readings(name)[0] for name in names]
    (source / "hoso.json").write_text(json.dumps(described), encoding="utf-8")
    return source


def test_name_that_is_no_text_is_refused_with_its_bytes_on_record(archive: Archive, tmp_path: Path) -> None:
    source = case_with_names(tmp_path / "case", "H49.64.2024.1", [b"a.txt", b"\xff\xfe.txt"])
    data = json.loads((source / "hoso.json").read_text(encoding="utf-8"))
    data["documents"][0]["files"] = ["a.txt", "\udcff\udcfe.txt", "\ud800.txt"]
    (source / "hoso.json").write_text(json.dumps(data), encoding="utf-8")
    (report,) = judged(archive, source)
    assert report.status is IngestStatus.REFUSED
    for form in ((), ("--json",)):
        shown = chauban(archive.folder, "transfer", "show", *form, report.transfer_id)
        assert shown.returncode == 0, shown
        assert "Traceback" not in shown.stderr
        again = chauban(archive.folder, "ingest", *form, source)
        assert again.returncode == 3, again
    with archive.copies.open(f"{transfer_folder(report.transfer_id)}content.tar") as stream:
        kept = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115 - it is closed with the stream
        assert b"\xff\xfe.txt" in {os.fsencode(member.name) for member in kept}


# --- descriptors


def described(**case: Any) -> Callable[[Path], None]:
    def write(source: Path) -> None:
        data = json.loads((source / "hoso.json").read_text(encoding="utf-8"))
        data["caseFile"].update(case)
        for document in data["documents"]:
            document["subject"] = case.get("title", document["subject"])
        (source / "hoso.json").write_text(json.dumps(data), encoding="utf-8")

    return write


def as_text(text: str) -> Callable[[Path], None]:
    def write(source: Path) -> None:
        (source / "hoso.json").write_text(text, encoding="utf-8")

    return write


def large(source: Path) -> None:
    with (source / "hoso.json").open("wb") as file:
        file.write(b'{"caseFile": {"title": "')
        for _turn in range(70):
            file.write(b"x" * (1 << 20))
        file.write(b'"}}')


def as_xml(text: str) -> Callable[[Path], None]:
    def write(source: Path) -> None:
        (source / "hoso.json").unlink()
        (source / "hoso.xml").write_text(text, encoding="utf-8")

    return write


def xlsx_bomb(source: Path) -> None:
    (source / "hoso.json").unlink()
    with zipfile.ZipFile(source / "hoso.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _turn in range(300):
                sheet.write(b"<row/>" * 170_000)


def wide_sheet(source: Path) -> None:
    import openpyxl

    (source / "hoso.json").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["XFD1048576"] = "x"
    book.save(source / "hoso.xlsx")


def folder_instead(source: Path) -> None:
    (source / "hoso.json").unlink()
    (source / "hoso.json").mkdir()


def link_instead(source: Path) -> None:
    (source / "hoso.json").rename(source.parent / f"{source.name}.away")
    (source / "hoso.json").symlink_to(f"../{source.name}.away")


def climbing(source: Path) -> None:
    data = json.loads((source / "hoso.json").read_text(encoding="utf-8"))
    data["documents"][0]["files"] = ["../../etc/passwd", "/etc/passwd"]
    (source / "hoso.json").write_text(json.dumps(data), encoding="utf-8")


ENTITIES = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><hoso><title>&c;</title></hoso>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><hoso><title>&b;</title></hoso>'

DESCRIPTORS: dict[str, Callable[[Path], None]] = {
    "70 MB": large,
    "deep JSON": as_text("[" * 200_000 + "]" * 200_000),
    "deep JSON objects": as_text('{"caseFile":' * 100_000 + "1" + "}" * 100_000),
    "huge number": as_text('{"caseFile": {"totalDoc": 1' + "0" * 100_000 + "}}"),
    "huge exponent": as_text('{"caseFile": {"totalDoc": 1e999999, "numberOfPage": NaN}}'),
    "not JSON": as_text("{"),
    "list": as_text("[1, 2]"),
    "wrong kinds": as_text('{"caseFile": {"title": {"a": 1}, "language": 7, "startDate": []}, "documents": {"a": 1}}'),
    "null": as_text('{"caseFile": null, "documents": null}'),
    "empty": as_text(""),
    "XML entities": as_xml(ENTITIES),
    "XML outside": as_xml(OUTSIDE),
    "deep XML": as_xml("<a>" * 100_000 + "</a>" * 100_000),
    "xlsx bomb": xlsx_bomb,
    "wide sheet": wide_sheet,
    "a folder": folder_instead,
    "a link": link_instead,
    "climbing file": climbing,
    "NUL": described(title="Hồ sơ\x00ẩn"),
    "lone surrogate": described(title="Hồ sơ \ud800"),
    "control": described(title="Hồ sơ \x1b[31m\x07 ẩn"),
    "not a character": described(title="Hồ sơ \ufffe\uffff"),
    "NUL in code": described(fileCode="H49.64.2024\x00.1"),
    "surrogate in code": described(fileCode="H49\udcff"),
    "long title": described(title="x" * 1_000_000),
    "long code": described(fileCode="x" * 100_000),
    "far dates": described(startDate="01/01/9999999", endDate="99/99/0000"),
    "format string": described(title="{0} {title} %s %(x)s {__class__}"),
}


UNUSUAL = {
    "control",
    "not a character",
    "NUL",
    "format string",
    "lone surrogate",
    "long title",
    "NUL in code",
    "surrogate in code",
}
"""What may be taken in, when it is said what was changed."""


@pytest.mark.parametrize(
    ("what", "backend"),
    [(what, "sqlite") for what in DESCRIPTORS] + [(what, "postgresql") for what in sorted(UNUSUAL)],
)
def test_hostile_descriptor(tmp_path: Path, backend: str, what: str) -> None:
    source = make_case_folder(tmp_path / "case")
    DESCRIPTORS[what](source)
    with new_archive(tmp_path / "archive", stores=("a",), database=database_for(backend, tmp_path)) as archive:
        (report,) = judged(archive, source)
        assert report.exit_code in {0, 17}, report
        if report.status is IngestStatus.ACCEPTED:
            assert what in UNUSUAL
            about_signatures = {"signature.required-missing"}
            assert what == "format string" or codes(report) - about_signatures == {"metadata.unprintable"}
        assert_unharmed(archive.folder)


def test_command_survives_everything_in_one_batch(archive: Archive, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for number, act in enumerate((link, deep, *DESCRIPTORS.values())):
        act(make_case_folder(batch / f"case-{number:02}", f"H49.64.2024.{number}"))
    make_case_folder(batch / "good", "H49.64.2024.good")
    result = chauban(archive.folder, "ingest", batch, "--workers", "2", seconds=120)
    assert result.returncode in {3, 17}, result
    assert "Traceback" not in result.stdout + result.stderr
    assert len([line for line in result.stdout.splitlines() if line.startswith(("✓", "✗"))]) >= 30
    assert "\x1b" not in result.stdout
    assert "H49.64.2024.good" in result.stdout
    assert codes(take_in(archive, batch / "good")[0]) is not None
    assert_unharmed(archive.folder)


# --- archives


def tar_with(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with tarfile.open(path, "w") as tar:
            for name, target in members:
                member = tarfile.TarInfo(name)
                member.type = kind
                member.linkname = target.decode()
                tar.addfile(member)

    return write


def bytes_of(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


ARCHIVES: dict[str, Callable[[Path], None]] = {
    "empty": bytes_of(b""),
    "noise": bytes_of(os.urandom(100_000)),
    "half a ZIP": bytes_of(b"PK\x03\x04" + bytes(50)),
    "links": tar_with(("a", b"/etc/passwd"), ("b", b".."), kind=tarfile.SYMTYPE),
    "hard link": tar_with(("a", b"/etc/passwd"), kind=tarfile.LNKTYPE),
    "device": tar_with(("a", b""), kind=tarfile.CHRTYPE),
    "absolute": tar_with(("/tmp/chauban-was-here", b"")),
    "climbing": tar_with(("../../chauban-was-here", b"")),
}


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
@pytest.mark.parametrize("what", ARCHIVES)
def test_hostile_made_archive(archive: Archive, tmp_path: Path, what: str, suffix: str) -> None:
    source = tmp_path / f"case{suffix}"
    ARCHIVES[what](source)
    (report,) = judged(archive, source)
    assert report.status is IngestStatus.REFUSED, report
    assert is_kept(archive, source)
    assert not Path("/tmp/chauban-was-here").exists()
