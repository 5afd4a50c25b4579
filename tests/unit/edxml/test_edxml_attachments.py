"""What attachments really are is told from their content, and every file stays in its folder."""

import base64
import io
import stat
import zipfile
from pathlib import Path

import pytest

from ingest.edxml.reading import read_message
from ingest.edxml.values import EdxmlLimits, ReadMessage
from tests.fakes.edxml_messages import Sent, Shape, a_message, document_bytes, packed, write_message, write_mime


def read(data: bytes, folder: Path, limits: EdxmlLimits | None = None) -> ReadMessage:
    return read_message(io.BytesIO(data), folder, limits)


def codes(got: ReadMessage) -> set[str]:
    return {finding.code for finding in got.findings}


def zipped(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = (mode or (stat.S_IFREG | 0o644)) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


ONE = zipped(("6f2c.pdf", b"%PDF-1.4"))
TWO = zipped(("a.pdf", b"%PDF-1.4"), ("b.pdf", b"%PDF-1.5"))


@pytest.mark.parametrize(
    ("name", "type", "content", "kept", "said"),
    [
        ("QD.pdf", "application/zip", ONE, b"%PDF-1.4", set()),
        ("QD.pdf", "application/pdf", ONE, b"%PDF-1.4", {"edxml.zip-unlabelled"}),
        ("QD.zip", "application/zip", ONE, ONE, {"edxml.attachment-archive"}),
        ("QD.ZIP", "application/zip", TWO, TWO, {"edxml.attachment-archive"}),
        ("QD.pdf", "application/zip", TWO, TWO, {"edxml.zip-several"}),
        ("QD.pdf", "application/zip", b"%PDF-1.4", b"%PDF-1.4", {"edxml.zip-mislabelled"}),
        ("QD.docx", "application/zip", TWO, TWO, set()),
        ("QD.docx", "application/vnd.openxmlformats", ONE, ONE, set()),
        ("QD.xlsx", "application/zip", zipped(("1.xlsx", TWO)), TWO, set()),
        (
            "QD.rar",
            "application/zip",
            zipped(("1.rar", b"Rar!\x1a\x07\x00")),
            b"Rar!\x1a\x07\x00",
            {"edxml.attachment-archive"},
        ),
        ("QD.pdf", "application/pdf", ONE[:-10], ONE[:-10], {"edxml.zip-damaged"}),
        ("QD", "", ONE, b"%PDF-1.4", {"edxml.zip-unlabelled"}),
        ("QD.pdf", "application/zip", zipped(("deep/er/1.pdf", b"%PDF")), b"%PDF", set()),
    ],
)
def test_zips(name: str, type: str, content: bytes, kept: bytes, said: set[str], tmp_path: Path) -> None:
    got = read(document_bytes(files=[Sent(name, content, type=type)]), tmp_path)
    assert got.message is not None
    [item] = got.message.attachments
    assert item.path is not None
    assert (item.path.name, item.path.read_bytes()) == (name, kept)
    assert item.unpacked == (kept != content)
    assert codes(got) == said
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "content",
    [
        zipped(("../../evil.pdf", b"x")),
        zipped(("/etc/passwd", b"x")),
        zipped(("C:\\evil.pdf", b"x")),
        zipped(("a\\..\\..\\evil.pdf", b"x")),
        zipped(("link.pdf", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
        ONE[:-10],
        b"PK\x03\x04" + b"\0" * 40,
        zipped(("bomb.pdf", b"\0" * (64 << 20))),
    ],
    ids=["slip", "absolute", "drive", "backslash", "link", "cut", "damaged", "bomb"],
)
def test_unsafe_zips_are_refused(content: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    got = read(document_bytes(files=[Sent("a.txt", b"fine"), Sent("QD.pdf", content, type="application/zip")]), folder)
    assert got.message is None
    assert "edxml.zip-unsafe" in codes(got)
    assert str(tmp_path) not in "".join(finding.message() for finding in got.findings)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_password(tmp_path: Path) -> None:
    spoiled = bytearray(ONE)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        spoiled[spoiled.index(mark) + place] |= 1
    got = read(document_bytes(files=[Sent("QD.pdf", bytes(spoiled), type="application/zip")]), tmp_path)
    assert "edxml.zip-unsafe" in codes(got)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../evil.pdf", "_.._evil.pdf"),
        ("/etc/passwd", "_etc_passwd"),
        ("a\\b.pdf", "a_b.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("a:b?.pdf", "a_b_.pdf"),
        ("..", "attachment"),
        ("\u202egpj.exe", "_gpj.exe"),
    ],
)
def test_names_are_made_safe(name: str, kept: str, tmp_path: Path) -> None:
    got = read(document_bytes(files=[Sent(name, b"x")]), tmp_path / "in")
    assert got.message is not None
    [item] = got.message.attachments
    assert item.name == name
    assert item.path == tmp_path / "in" / kept
    assert "edxml.attachment-name-changed" in codes(got)


def test_long_and_equal_names(tmp_path: Path) -> None:
    long = "Phụ lục " * 60 + ".pdf"
    files = [Sent(long, b"1"), Sent("a.pdf", b"2"), Sent("a.pdf", b"3"), Sent("A.PDF", b"4")]
    (tmp_path / "A.pdf").write_bytes(b"here before")
    got = read(document_bytes(files=files), tmp_path)
    assert got.message is not None
    assert "edxml.attachment-name-twice" in codes(got)
    assert [item.path.read_bytes() for item in got.message.attachments if item.path] == [b"1", b"2", b"3", b"4"]
    assert (tmp_path / "A.pdf").read_bytes() == b"here before"


def test_names_of_mime_parts(tmp_path: Path) -> None:
    data = write_mime(a_message(), [Sent("x.pdf", b"x"), Sent("y.pdf", b"y")])
    data = data.replace(b'filename="x.pdf"', b"filename*=UTF-8''..%2F..%2Fevil%00%ED%A0%80.pdf")
    data = data.replace(b'filename="y.pdf"', b'filename="=?no-such?Q?a?="')
    data = data.replace(b"<edXML:AttachmentName>x.pdf</edXML:AttachmentName>", b"")
    got = read(data, tmp_path / "in")
    assert got.message is not None
    assert sorted(path.parent for path in tmp_path.rglob("*") if path.is_file()) == [tmp_path / "in"] * 2


def test_missing_empty_and_unlisted(tmp_path: Path) -> None:
    files = [Sent("there.pdf", b"1"), Sent("missing.pdf", b"2", enclosed=False), Sent("extra.pdf", b"3", listed=False)]
    got = read(document_bytes(files=[*files, Sent("empty.pdf", b"")]), tmp_path)
    assert got.message is not None
    assert not got.complete
    assert [(item.name, item.path is not None) for item in got.message.attachments] == [
        ("there.pdf", True),
        ("missing.pdf", False),
        ("empty.pdf", False),
        ("extra.pdf", True),
    ]
    assert codes(got) == {"edxml.attachment-missing", "edxml.attachment-empty", "edxml.attachment-unlisted"}


def test_identifiers(tmp_path: Path) -> None:
    """Matched with `cid:` and without, by name where there is no identifier, in order where it is double."""
    data = document_bytes(files=[Sent("a.pdf", b"1", id="X"), Sent("b.pdf", b"2", id="X")])
    got = read(data, tmp_path / "1")
    assert got.message is not None
    assert [item.path.read_bytes() for item in got.message.attachments if item.path] == [b"1", b"2"]
    assert "edxml.attachment-id-twice" in codes(got)
    once = document_bytes(files=[Sent("a.pdf", b"1", id="X")])
    got = read(once.replace(b"<ContentId>cid:X", b"<ContentId> X "), tmp_path / "2")
    assert codes(got) == {"edxml.content-id-form"}
    got = read(once.replace(b"<ContentId>cid:X</ContentId>", b""), tmp_path / "4")
    assert got.complete
    got = read(once.replace(b"cid:X", b""), tmp_path / "3")
    assert got.complete
    assert codes(got) == set()


def test_references_by_link(tmp_path: Path) -> None:
    data = document_bytes(files=[Sent("a.pdf", b"1")]).replace(
        b"<edXML:Reference><edXML:ContentId>cid:att-1</edXML:ContentId>",
        b'<edXML:Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:att-1">',
    )
    assert read(data, tmp_path).complete


@pytest.mark.parametrize(
    "text", ["@@@", "AAA", "A===", "AA=A", "AAAA=AAA", "QQ==QQ==", "ảAAA", "AA-_", "<x/>AAAA", "="]
)
def test_what_is_not_base64(text: str, tmp_path: Path) -> None:
    mark = base64.b64encode(b"in its place")
    data = document_bytes(files=[Sent("a.pdf", b"first"), Sent("b.pdf", b"in its place")])
    got = read(data.replace(mark, text.encode()), tmp_path)
    assert got.message is None
    assert got.findings[0].code == "edxml.base64"
    assert "b.pdf" in got.findings[0].message()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", [1, 3, 7, 76])
def test_blanks_in_base64(width: int, tmp_path: Path) -> None:
    content = bytes(range(256))
    got = read(write_message(a_message(), [Sent("a.bin", content)], Shape(width=width)), tmp_path)
    assert got.message is not None
    assert got.message.attachments[0].size == 256


def test_older_attachment_elements(tmp_path: Path) -> None:
    """Content in `value` under `attachment`, with its type in attributes."""
    data = write_message(a_message(), [], Shape(soap=True))
    text = base64.b64encode(b"%PDF-1.4").decode()
    inner = (
        '<edXML:attachment Content-Type="application/pdf" Content-Transfer-Encoding="base64">'
        f"<name>cv.pdf</name><value>{text}</value></edXML:attachment>"
    )
    document = f"<edXML:document><edXML:attach>{inner}</edXML:attach></edXML:document>"
    got = read(data.replace(b"</S:Body>", b"</S:Body>" + document.encode()), tmp_path)
    assert got.message is not None
    [item] = got.message.attachments
    assert (item.name, item.content_type, item.size) == ("cv.pdf", "application/pdf", 8)


def test_nested_message_and_what_only_mentions_one(tmp_path: Path) -> None:
    inner = document_bytes()
    files = [
        Sent("a.doc", inner),
        Sent("b.doc", inner, zipped=True),
        Sent("c.html", b"<p>about &lt;edXML&gt; edXML</p>"),
    ]
    files.append(Sent("d.eml", write_mime(a_message(), [])))
    got = read(document_bytes(files=files), tmp_path)
    assert got.message is not None
    assert [item.nested for item in got.message.attachments] == [True, True, False, True]


@pytest.mark.parametrize(
    "limits",
    [
        EdxmlLimits(message=1000),
        EdxmlLimits(header=1000),
        EdxmlLimits(depth=4),
        EdxmlLimits(elements=20),
        EdxmlLimits(attachments=1),
        EdxmlLimits(attachment=1000),
        EdxmlLimits(total=1500),
    ],
    ids=["message", "header", "depth", "elements", "attachments", "attachment", "total"],
)
def test_limits(limits: EdxmlLimits, tmp_path: Path) -> None:
    files = [Sent("a.pdf", b"1" * 1200), Sent("b.pdf", b"2" * 900, zipped=True)]
    for number, data in enumerate((document_bytes(files=files), write_mime(a_message(), files))):
        got = read(data, tmp_path / str(number), limits)
        assert got.message is None
        assert "edxml.beyond-limit" in codes(got)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_unpacked_size_counts(tmp_path: Path) -> None:
    files = [Sent("a.pdf", b"1" * 5000, zipped=True)]
    got = read(document_bytes(files=files), tmp_path, EdxmlLimits(attachment=4000))
    assert got.message is None
    assert len(packed(b"1" * 5000)) < 4000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("QD.pdf", zipped(("a.pdf", b"%PDF"), ("../../evil.pdf", b"x"))),
        ("QD.zip", zipped(("../../evil.pdf", b"x"))),
        ("QD.docx", zipped(("word/document.xml", b"<x/>"), ("C:\\evil.exe", b"x"))),
        ("QD.zip", zipped(("link", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777)),
    ],
)
def test_a_zip_that_is_kept_is_refused_too_when_a_member_climbs_out(name: str, content: bytes, tmp_path: Path) -> None:
    got = read(document_bytes(files=[Sent(name, content, type="application/zip")]), tmp_path)
    assert got.message is None
    assert "edxml.zip-unsafe" in codes(got)
    assert not list(tmp_path.iterdir())


def test_an_empty_file_in_a_zip_is_no_content(tmp_path: Path) -> None:
    got = read(document_bytes(files=[Sent("QD.pdf", zipped(("1.pdf", b"")), type="application/zip")]), tmp_path)
    assert got.message is not None
    assert "edxml.attachment-empty" in codes(got)
    assert got.message.attachments[0].path is None
    assert not list(tmp_path.iterdir())
