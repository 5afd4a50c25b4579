"""Messages of every shape that is really sent are read to the same values."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.edxml.reading import read_message
from ingest.edxml.times import read_date, read_time
from ingest.edxml.values import Business, DocumentKey, EdxmlMessage, Generation, MessageKind, ReadMessage
from model.dates import PartialDate
from model.errors import InputError
from model.findings import outcome_of
from tests.fakes.edxml_messages import (
    OLDER,
    Sent,
    Shape,
    a_message,
    document_bytes,
    key_of,
    recall_of,
    replacing,
    status_bytes,
    update_of,
    write_message,
    write_mime,
)

FILES = (
    Sent("QD15.signed.pdf", b"%PDF-1.4 body"),
    Sent("Phụ lục.xlsx", b"\xd0\xcf\x11\xe0 a table", zipped=True),
)
SHAPES = {
    "prescribed": (Shape(), set()),
    "no-prefix": (Shape(prefix=""), {"edxml.prefix-missing"}),
    "other-prefix": (Shape(prefix="ns2"), set()),
    "no-namespace": (Shape(prefix="", namespace=""), {"edxml.no-namespace"}),
    "older-namespace": (Shape(namespace=OLDER), set()),
    "foreign-namespace": (Shape(namespace="http://example.vn/x"), {"edxml.namespace"}),
    "unprefixed-content": (Shape(encoded_prefix=False), set()),
    "without-cid": (Shape(cid=False), set()),
    "correct-spelling": (Shape(business="Business"), {"edxml.spelling"}),
    "day-first": (Shape(date="%d/%m/%Y"), {"edxml.date-form"}),
    "dots": (Shape(date="%d.%m.%Y"), {"edxml.date-form"}),
    "dashes": (Shape(date="%Y-%m-%d"), {"edxml.date-form"}),
    "with-time": (Shape(date="%d-%m-%Y 00:00:00"), {"edxml.date-form"}),
    "bom": (Shape(bom=True), {"edxml.bom"}),
    "utf-16": (Shape(encoding="UTF-16"), {"edxml.bom", "edxml.not-utf8"}),
    "windows-1258": (Shape(encoding="windows-1258"), {"edxml.not-utf8"}),
    "lines": (Shape(width=76), set()),
    "soap": (Shape(soap=True, namespace=OLDER), {"edxml.older-generation"}),
}


def read(data: bytes, folder: Path) -> ReadMessage:
    return read_message(io.BytesIO(data), folder)


def codes(got: ReadMessage) -> set[str]:
    return {finding.code for finding in got.findings}


def values(got: ReadMessage) -> EdxmlMessage:
    assert got.message is not None, [finding.message() for finding in got.findings]
    return replace(got.message, attachments=(), generation=Generation.CURRENT)


def contents(got: ReadMessage) -> dict[str, bytes]:
    assert got.message is not None
    return {item.name: item.path.read_bytes() for item in got.message.attachments if item.path}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_give_the_same_values(name: str, tmp_path: Path) -> None:
    shape, said = SHAPES[name]
    message = a_message(due_date=PartialDate(2026, 4, 1), to_places=("Như trên", "Lưu: VT"))
    got = read(write_message(message, FILES, shape), tmp_path)
    assert values(got) == message
    assert contents(got) == {file.name: file.content for file in FILES}
    assert codes(got) == said
    assert outcome_of(got.findings) == "PASSED"
    assert got.complete


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("transfer", ["base64", "quoted-printable", "binary"])
def test_older_generation_in_mime(headers: bool, line_end: bytes, transfer: str, tmp_path: Path) -> None:
    body = b"%PDF-1.4\r\nline = one\n\xff\x00--Boundar\r\n\r\n"
    files = [Sent("Tờ trình.pdf", body, transfer=transfer), Sent("b.doc", b"x" * 70_000, transfer=transfer)]
    got = read(write_mime(a_message(), files, headers=headers, line_end=line_end), tmp_path)
    assert values(got) == a_message()
    assert contents(got) == {"Tờ trình.pdf": body, "b.doc": b"x" * 70_000}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Tờ trình.pdf", "b.doc"]


def test_mime_boundary_across_reads(tmp_path: Path) -> None:
    """The dividing line lies across the pieces in which the message is read."""
    for size in range((1 << 18) - 1100, (1 << 18) - 900, 7):
        files = [Sent("a.bin", b"a" * size, transfer="binary"), Sent("b.bin", b"b", transfer="binary")]
        got = read(write_mime(a_message(), files), tmp_path / str(size))
        assert [len(content) for content in contents(got).values()] == [size, 1]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda data: data[:-20], "cut off"),
        (lambda data: data.replace(b'boundary="Boundary"', b"other=1"), "divided"),
        (lambda data: data.replace(b"base64", b"uuencode"), "not known"),
        (lambda data: data.replace(b"Content-ID: <att-1>", b"X: " + b"y" * 40_000), "too long"),
    ],
)
def test_damaged_mime(spoil: object, what: str, tmp_path: Path) -> None:
    data = write_mime(a_message(), [Sent("a.pdf", b"%PDF-1.4")])
    got = read(spoil(data), tmp_path)  # type: ignore[operator]  # a function of bytes
    assert got.message is None
    assert what in got.findings[0].message()
    assert not list(tmp_path.iterdir())


def test_business_of_every_kind(tmp_path: Path) -> None:
    first = key_of("101", "SMAU-VP", PartialDate(2026, 3, 1))
    for kind, part in (
        (Business.RECALL, recall_of(first)),
        (Business.UPDATE, update_of(first)),
        (Business.REPLACE, replacing(first)),
    ):
        got = values(read(document_bytes(business=part), tmp_path))
        assert got.business == part
        assert got.business.type is kind


def test_replacement_named_in_the_business_part_alone(tmp_path: Path) -> None:
    first = key_of("101", "SMAU-VP", PartialDate(2026, 3, 1))
    part = replace(replacing(first), replaces=(), document_id=first.document_id)
    got = read(document_bytes(business=part), tmp_path)
    assert [one.document_id for one in values(got).business.replaces] == [first.document_id]
    assert "edxml.replacement-place" in codes(got)


def test_unknown_business_is_said(tmp_path: Path) -> None:
    data = document_bytes().replace(b"DocType>0<", b"DocType>9<")
    got = read(data, tmp_path)
    assert values(got).business.type is Business.NEW
    assert "edxml.business-type" in codes(got)


def test_status_message(tmp_path: Path) -> None:
    key = key_of("101", "SMAU-VP", PartialDate(2026, 3, 1))
    got = read(status_bytes("03", of=key), tmp_path)
    assert got.message is not None
    assert (got.message.kind, got.message.status_code) == (MessageKind.STATUS, "03")
    assert got.message.response_for == (key,)
    assert got.message.time == datetime(2026, 3, 2, 3, tzinfo=UTC)


def test_answers(tmp_path: Path) -> None:
    keys = (key_of("1", "A-B", PartialDate(2026, 1, 1)), DocumentKey(document_id="5ad0", organ_code="G09"))
    assert values(read(document_bytes(answers=keys), tmp_path)).response_for == keys


@pytest.mark.parametrize("blank", [b" ", b"\r\n\r\n", b"\xef\xbb\xbf\xef\xbb\xbf", b"\t"])
def test_blanks_before_the_declaration(blank: bytes, tmp_path: Path) -> None:
    got = read(blank + document_bytes(), tmp_path)
    assert got.message is not None
    assert "edxml.blank-before-declaration" in codes(got)


@pytest.mark.parametrize("text", [b"", b"   \n", b"%PDF-1.4 <</a>> <b>", b"\x89PNG", b"<html><body/></html>", b"<a/>"])
def test_what_is_no_message(text: bytes, tmp_path: Path) -> None:
    got = read(text, tmp_path)
    assert got.message is None
    assert codes(got) == {"edxml.not-edxml"}


def test_no_header(tmp_path: Path) -> None:
    assert codes(read(b"<edXML/>", tmp_path)) == {"edxml.no-header"}


def test_first_of_several(tmp_path: Path) -> None:
    data = document_bytes().replace(b"<edXML:Subject>", "<edXML:Subject>Một</edXML:Subject><edXML:Subject>".encode(), 1)
    got = read(data, tmp_path)
    assert values(got).subject == "Một"
    assert "edxml.repeated" in codes(got)


def test_secret_documents_are_an_error(tmp_path: Path) -> None:
    for word, found in (("Mật", True), ("Tối mật", True), ("Thường", False), ("0", False)):
        got = read(write_message(a_message(secrecy=word)), tmp_path)
        assert ("edxml.secret" in codes(got)) is found, word


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_message(tmp_path / "nothing", tmp_path)
    assert caught.value.hint
    with pytest.raises(InputError):
        read_message(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026/03/02", PartialDate(2026, 3, 2)),
        ("02/03/2026", PartialDate(2026, 3, 2)),
        ("2-3-2026", PartialDate(2026, 3, 2)),
        ("2026.3.2 08:00:00", PartialDate(2026, 3, 2)),
        ("2026-03-02T08:00:00.000+07:00", PartialDate(2026, 3, 2)),
        ("02/03/2026 8:00:00 SA", PartialDate(2026, 3, 2)),
    ],
)
def test_dates(text: str, date: PartialDate) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    "text", ["", "31/02/2026", "2026/13/01", "02/03/26", "3/2026", "0000/01/01", "٢٠٢٦/٠٣/٠٢", "1" * 99]
)
def test_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_date(text)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026/03/02 08:00:00", 1), ("02/03/2026 08:00", 1), ("2026-03-02T08:00:00Z", 8), ("02/03/2026 1:00:00 CH", 6)],
)
def test_times_are_vietnamese(text: str, hour: int) -> None:
    assert read_time(text) == datetime(2026, 3, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["0001/01/01 00:00:00", "2026/03/02 25:00:00", "2026/03/02 08:61", "2026/03/02 08:00 +99:99"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_time(text)
