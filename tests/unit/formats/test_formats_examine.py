"""What the examiner says about single files, each with one property."""

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from formats.examine import ExamineItem, ExamineLimits, Examiner, tool_versions
from model.findings import Outcome, outcome_of
from model.formats import FormatFacts

DATA = Path(__file__).resolve().parents[2] / "data" / "formats"


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as one:
        yield one


def look(examiner: Examiner, path: Path, name: str | None = None) -> FormatFacts:
    (facts,) = examiner.examine([ExamineItem(path=path, name=name or path.name)])
    return facts


def codes(facts: FormatFacts) -> set[str]:
    return {finding.code for finding in facts.findings}


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("name", "puid", "outcome", "code", "text"),
    [
        ("valid_1.4_0xFFFF_character.pdf", "fmt/18", Outcome.PASSED, "", ""),
        ("T04_002_EOF-missing.pdf", "UNKNOWN", Outcome.FAILED, "format.damaged", "Hello PDF-world!"),
        ("encryption_nocopy.pdf", "fmt/276", Outcome.FAILED, "format.encrypted", ""),
        ("valid_2007_onwards.docx", "fmt/412", Outcome.PASSED, "", ""),
        ("testODTEncrypted.odt", "x-fmt/263", Outcome.FAILED, "format.encrypted", ""),
        ("valid_1.2.png", "fmt/11", Outcome.PASSED, "", ""),
        ("testWORD.doc", "fmt/40", Outcome.PASSED, "", "Sample Word Document"),
        ("testEXCEL.xls", "fmt/61", Outcome.PASSED, "", "Sample Excel Worksheet"),
        ("testRTF.rtf", "fmt/53", Outcome.PASSED, "", "Test d’indexation Word"),
        ("testRFC822_base64", "x-fmt/111", Outcome.PASSED, "", "base64 encoded body"),
        ("30_2020_ND_CP_Phuluc5.doc", "fmt/40", Outcome.PASSED, "", "LẬP HỒ SƠ VÀ GIAO NỘP HỒ SƠ"),
    ],
)
def test_real_files(examiner: Examiner, name: str, puid: str, outcome: Outcome, code: str, text: str) -> None:
    facts = look(examiner, DATA / name)
    assert facts.identification.puid == puid
    assert outcome_of(facts.findings) is outcome
    assert not code or code in codes(facts)
    assert text in facts.text
    assert facts.validators and facts.validators[0].ran


def test_a_release_is_recorded_and_the_tools_are_agents(examiner: Examiner) -> None:
    assert examiner.signature_release.startswith("siegfried 1.")
    assert "DROID_SignatureFile_V" in examiner.signature_release
    assert {agent.name for agent in tool_versions()} >= {"pygfried", "pikepdf", "lxml"}


def test_order_is_kept_over_several_batches(examiner: Examiner, tmp_path: Path) -> None:
    files = [write(tmp_path / f"{number}.txt", f"số {number}") for number in range(200)]
    facts = list(examiner.examine(ExamineItem(path=file, name=file.name) for file in files))
    assert [one.text for one in facts] == [f"số {number}" for number in range(200)]


def test_the_given_name_decides_the_extension(examiner: Examiner, tmp_path: Path) -> None:
    stored = write(tmp_path / "0001", (DATA / "valid_1.2.png").read_bytes())
    assert look(examiner, stored, "scan.png").findings == ()
    facts = look(examiner, stored, "scan.pdf")
    assert codes(facts) == {"format.extension-mismatch"}
    assert facts.findings[0].location == "scan.pdf"


def test_a_name_that_is_not_utf8(examiner: Examiner, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/c\xf4ng v\xffn.png"))
    path.write_bytes((DATA / "valid_1.2.png").read_bytes())
    facts = look(examiner, path)
    assert facts.identification.puid == "fmt/11"
    assert facts.findings == ()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"", "format.empty"),
        ("a.zzz", bytes(range(256)), "format.unknown"),
        ("a.xml", b"<a><b></a>", "format.damaged"),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "format.entities"),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), "format.entities"),
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://x/y.dtd"><a/>', "format.external-reference"),
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "y.dtd"><a/>', "format.external-dtd"),
        ("a.json", b'{"a": NaN}', "format.damaged"),
        ("a.json", b"[" * 100_000, "format.damaged"),
        ("a.txt", "Cộng hòa xã hội".encode() * 3 + b"\xc3", "format.damaged"),
        ("a.odt", b"this is no ZIP file", "format.damaged"),
        ("a.docx", b"PK\x03\x04 broken", "format.damaged"),
        ("a.html", b"<!DOCTYPE html><html><body><blah>x</blah></body></html>", "format.damaged"),
        ("a.rtf", b"{\\rtf1 {open", "format.damaged"),
        ("a.csv", b'a,b\n"open,2\n', "format.damaged"),
        ("a.wav", b"RIFF\xff\xff\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(16), "format.damaged"),
    ],
)
def test_bad_files(examiner: Examiner, tmp_path: Path, name: str, data: bytes, code: str) -> None:
    assert code in codes(look(examiner, write(tmp_path / name, data)))


def test_special_files_are_not_opened(examiner: Examiner, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    assert codes(look(examiner, tmp_path / "pipe.pdf")) == {"format.not-a-file"}
    assert codes(look(examiner, tmp_path / "absent.pdf")) == {"format.unreadable"}
    (tmp_path / "link.png").symlink_to(DATA / "valid_1.2.png")
    item = ExamineItem(path=tmp_path / "link.png", name="link.png", links=False)
    assert codes(next(iter(list(examiner.examine([item]))))) == {"format.not-a-file"}


def test_a_format_without_validator_is_undecided(examiner: Examiner, tmp_path: Path) -> None:
    facts = look(examiner, write(tmp_path / "a.gz", b"\x1f\x8b\x08\x00" + bytes(40)))
    assert outcome_of(facts.findings) is Outcome.INDETERMINATE
    assert not facts.validators[0].ran and facts.validators[0].why_not


def test_an_image_bomb_is_not_decoded(examiner: Examiner, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    assert "format.bomb" in codes(look(examiner, write(tmp_path / "a.png", buffer.getvalue())))


def test_a_truncated_image(examiner: Examiner, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "JPEG")
    assert "format.damaged" in codes(look(examiner, write(tmp_path / "a.jpg", buffer.getvalue()[:-400])))


def test_a_legacy_font_in_a_docx(examiner: Examiner, tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = (
        f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:rPr><w:rFonts w:ascii=".VnTime"/></w:rPr>'
        "<w:t>C«ng v¨n sè 15</w:t></w:r></w:p></w:body></w:document>"
    )
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(DATA / "valid_2007_onwards.docx") as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            new.writestr(member, body if member == "word/document.xml" else old.read(member))
    assert "Công văn số 15" in look(examiner, path).text


def test_text_is_cut_at_the_cap(tmp_path: Path) -> None:
    with Examiner(limits=ExamineLimits(text_characters=100)) as examiner:
        facts = look(examiner, write(tmp_path / "a.txt", "hồ sơ " * 100))
    assert len(facts.text) == 100
    assert "format.text-cut" in codes(facts)


def test_a_huge_file_is_identified_by_its_ends_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "recording.wav"
    size = 1 << 30
    with path.open("wb") as file:
        head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", size - 8, b"WAVE", b"fmt ", 16, 1, 2, 44100, 176400, 4, 16)
        file.write(head + struct.pack("<4sI", b"data", size - 44))
        file.truncate(size)
    before = set(psutil.Process().children())
    with Examiner() as examiner:
        facts = look(examiner, path)
        (worker,) = set(psutil.Process().children()) - before
        assert worker.memory_info().rss < 400 << 20
    assert facts.identification.puid in {"fmt/6", "fmt/141"}
    assert outcome_of(facts.findings) is not Outcome.FAILED
