"""The certificate of a dissemination package, submission packages of what is held, and links on their way out."""

import hashlib
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result
from lxml import etree

from archive.access.certificate import Recipient, authentication_code
from archive.access.content import Link, read_links
from archive.access.dip import export_dip
from archive.access.export import find_one
from archive.access.sip import SipRequest, export_sip
from archive.archive import Archive, open_archive
from archive.catalogue.values import AuditQuery
from archive.journal import read_journal
from cli import load_commands
from model.errors import ConflictError, InputError
from model.findings import Outcome
from preservation.package.check import check_package
from preservation.package.dip import AccessRequest
from tests.fakes.archives import new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.sip_packages import make_sip_tailieu

CODE = "H49.64.2024.1"
NAME, NUMBER = "Nguyễn Thị Bí Mật", "001099012345"
DATA = "representations/rep1/data"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an archive with one case file; every test works in a copy."""
    folder = tmp_path_factory.mktemp("template")
    with new_archive(folder / "archive") as opened:
        (report,) = take_in(opened, make_case_folder(folder / "in", CODE))
        assert report.aip_id is not None
    return folder / "archive"


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(template, tmp_path / "archive")
    with open_archive(tmp_path / "archive") as opened:
        yield opened


@pytest.fixture
def run(archive: Archive) -> Callable[..., Result]:
    def invoke(*arguments: str) -> Result:
        command = ["--archive", str(archive.folder), "--lang", "en", "export", CODE, *arguments]
        return CliRunner().invoke(load_commands(), command)

    return invoke


def journal(archive: Archive) -> str:
    held = find_one(archive, CODE)
    return "\n".join(event.detail for _, event in read_journal(archive.copies, held.aip_id))


# The certificate


def test_the_certificate_is_in_the_package_and_its_code_can_be_worked_out(archive: Archive, tmp_path: Path) -> None:
    recipient = Recipient(name=NAME, identifier=NUMBER, copies=2, valid_days=15)
    folder = export_dip(archive, find_one(archive, CODE), tmp_path / "dip", recipient=recipient)
    report = check_package(folder)
    assert (report.type, report.outcome, report.findings) == ("vn-tt05-dip", Outcome.PASSED, ())
    pdf = (folder / "documentation" / "certificate.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    mets = etree.parse(folder / "METS.xml")
    (listed,) = (item for item in mets.iterfind(".//{*}file") if "certificate.pdf" in etree.tostring(item).decode())
    assert listed.get("CHECKSUM") == hashlib.sha256(pdf).hexdigest().upper()
    digest = hashlib.sha256(f"{folder.name}\n".encode())
    for path in sorted((folder / DATA).rglob("*"), key=lambda path: path.relative_to(folder / DATA).as_posix()):
        name = path.relative_to(folder / DATA).as_posix()
        digest.update(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n".encode())
    code = "-".join(re.findall("....", digest.hexdigest()[:20].upper()))
    assert f"certificate {code}" in journal(archive)


def test_the_shell_of_the_documentation_gives_the_code(tmp_path: Path) -> None:
    """Names that a shell takes for options, or hides, are no exception."""
    page = (Path(__file__).parents[3] / "docs/format/dip-v1.md").read_text(encoding="utf-8")
    (block,) = (part for part in page.split("```") if "sha256sum" in part and "OBJID" in part)
    code = make_case_folder(tmp_path / "in", "H49.64.2024.7", documents=1)
    hoso = json.loads((code / "hoso.json").read_bytes())
    for name in ("-b c.txt", ".ẩn.txt", "thư mục/(1) '\"&.txt"):
        (code / name).parent.mkdir(exist_ok=True)
        (code / name).write_text(f"Nội dung của {name}", encoding="utf-8")
        hoso["documents"][0]["files"].append(name)
    (code / "hoso.json").write_text(json.dumps(hoso, ensure_ascii=False), encoding="utf-8")
    with new_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, code)
        held = find_one(archive, str(report.aip_id))
        folder = export_dip(archive, held, tmp_path / "dip", recipient=Recipient(name=NAME))
        details = "\n".join(event.detail for _, event in read_journal(archive.copies, held.aip_id))
    script = block.replace("PACKAGE", shlex.quote(str(folder))).replace("OBJID", folder.name)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert "certificate " + "-".join(re.findall("....", done.stdout.strip().upper())) in details


def certificate(folder: Path) -> str:
    document = pypdfium2.PdfDocument(folder / "documentation" / "certificate.pdf")
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return " ".join(text.split())


def test_the_certificate_says_its_eleven_items(archive: Archive, tmp_path: Path) -> None:
    held = find_one(archive, CODE)
    request = AccessRequest(purpose="01", purpose_content="Chứng minh quyền sử dụng đất")
    recipient = Recipient(name=NAME, identifier=NUMBER, copies=2, valid_until=date(2040, 12, 31))
    folder = export_dip(archive, held, tmp_path / "dip", request, document=1, recipient=recipient)
    said = certificate(folder)
    (document,) = (item for item in archive.catalogue.documents(held.aip_id) if item.ordinal == 1)
    (code,) = re.findall(r"certificate (\S+)", journal(archive))
    words = (code, archive.configuration.name, NAME, NUMBER, document.doc_code, document.code_notation)
    for word in (*words, document.subject, request.purpose_content, "31 tháng 12 năm 2040", "bằng chữ: hai"):
        assert word in said, word
    assert [number for number in range(1, 12) if f"{number}. " not in said] == []
    for path in (folder / DATA).iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() in said.replace(" ", "")


def test_the_certificate_says_what_it_is_of(tmp_path: Path) -> None:
    with new_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, make_sip_tailieu(tmp_path / "loose"))
        held = find_one(archive, str(report.aip_id))
        folder = export_dip(archive, held, tmp_path / "dip", recipient=Recipient(name=NAME))
        assert "Loại tài liệu: Tài liệu rời" in certificate(folder)


def test_the_recipient_is_personal_and_in_no_record(archive: Archive, tmp_path: Path) -> None:
    request = AccessRequest(purpose="01", purpose_content="chuyện riêng")
    export_dip(
        archive, find_one(archive, CODE), tmp_path / "dip", request, recipient=Recipient(name=NAME, valid_days=15)
    )
    for path in archive.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in (NAME, "chuyện riêng") if word.encode() in content], path
            assert json.dumps(NAME).encode() not in content, path


def test_without_a_recipient_there_is_no_certificate(archive: Archive, tmp_path: Path) -> None:
    folder = export_dip(archive, find_one(archive, CODE), tmp_path / "dip")
    assert sorted(path.name for path in (folder / "documentation").iterdir()) == ["README.txt", "hoso.json"]


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 201},
        {"name": "a\nb"},
        {"name": "a", "copies": 0},
        {"name": "a", "valid_days": -1},
        {"name": "a", "valid_until": date(2040, 1, 1)},
    ],
)
def test_a_recipient_nobody_can_print_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Recipient(**{"valid_days": 15, **values})  # type: ignore[arg-type]  # the values are wrong on purpose


def test_a_certificate_does_not_end_before_it_begins(archive: Archive, tmp_path: Path) -> None:
    recipient = Recipient(name=NAME, valid_until=date(2020, 1, 1))
    with pytest.raises(InputError):
        export_dip(archive, find_one(archive, CODE), tmp_path / "dip", recipient=recipient)
    assert not (tmp_path / "dip").exists()


def test_another_package_has_another_code() -> None:
    assert authentication_code("uuid-1", []) != authentication_code("uuid-2", [])


def test_command_writes_the_certificate(run: Callable[..., Result], archive: Archive, tmp_path: Path) -> None:
    options = ("--recipient", NAME, "--recipient-id", NUMBER, "--valid-days", "30", "--copies", "3")
    result = run("--as", "dip", "--document", "1", "--to", str(tmp_path / "dip"), *options)
    assert result.exit_code == 0, result.output
    assert (Path(result.stdout.strip()) / "documentation" / "certificate.pdf").exists()
    assert "no certificate" not in result.stderr
    assert NAME not in result.output
    (row,) = archive.catalogue.audit_page(AuditQuery(limit=1))
    assert row.action == "export"
    short = run("--as", "dip", "--to", str(tmp_path / "short"), "--recipient", NAME)
    assert "holds 15 days" in short.stderr
    without = run("--as", "dip", "--to", str(tmp_path / "other"))
    assert "no certificate" in without.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--as", "dip", "--recipient-id", "1"),
        ("--as", "dip", "--recipient", "a", "--valid-days", "1", "--valid-until", "2030-01-01"),
        ("--as", "dip", "--recipient", " ", "--valid-days", "1"),
        ("--as", "files", "--recipient", "a"),
        ("--as", "dip", "--registration", "DK"),
        ("--as", "sip", "--purpose", "01"),
        ("--as", "sip", "--document", "1"),
        ("--keep-links",),
    ],
)
def test_command_refuses_what_makes_no_sense(run: Callable[..., Result], tmp_path: Path, options: tuple[str]) -> None:
    assert run("--to", str(tmp_path / "x"), *options).exit_code == 2
    assert not (tmp_path / "x").exists()


# Submission packages


@pytest.mark.parametrize(("profile", "kind"), [("", "vn-tt05-sip"), ("eark", "eark-sip")])
def test_a_submission_package_of_what_is_held(archive: Archive, tmp_path: Path, profile: str, kind: str) -> None:
    request = SipRequest(profile=profile, registration="DK-7")
    path = export_sip(archive, find_one(archive, CODE), tmp_path / "nop.zip", request)
    report = check_package(path)
    assert (report.type, report.outcome) == (kind, Outcome.PASSED)
    assert "registration DK-7" in journal(archive)
    with pytest.raises(ConflictError):
        export_sip(archive, find_one(archive, CODE), path, request)


def test_command_writes_a_submission_package(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run("--as", "sip", "--to", str(tmp_path / "nop"), "--registration", "DK-7")
    assert result.exit_code == 0, result.output
    assert b">DK-7<" in (Path(result.stdout.strip()) / "METS.xml").read_bytes()


# Links

PACKAGE = "01970000-AAAA-7BBB-8CCC-0123456789AB"


def test_the_link_of_an_archival_package_is_read() -> None:
    there = "representations/rep1/data/v%C4%83n%20b%E1%BA%A3n.pdf"
    line = f"urn_P01_{PACKAGE}_{there} 120 representations/rep1/data/xa H49.64-0099\n"
    (link,) = read_links(line.encode())
    assert str(link.package).upper() == PACKAGE
    assert (link.path, link.document) == ("representations/rep1/data/văn bản.pdf", "H49.64-0099")
    assert isinstance(link, Link)


@pytest.mark.parametrize("content", [b"", b"H49.64-0099", b"\xff\xfe", b"urn_P_x 1 2 3", b"a\nb\n"])
def test_what_is_no_link_of_an_archival_package_is_left_alone(content: bytes) -> None:
    assert read_links(content) == ()
