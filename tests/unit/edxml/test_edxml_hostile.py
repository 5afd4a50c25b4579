"""Hostile messages get an answer in bounded time and memory, and leave nothing behind."""

import base64
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.edxml.reading import read_message
from ingest.edxml.values import EdxmlLimits, ReadMessage
from tests.fakes.edxml_messages import NAMESPACE, Sent, document_bytes

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = document_bytes(files=[Sent("a.pdf", b"%PDF-1.4")])
HEAD = f'<edXML xmlns="{NAMESPACE}"><MessageHeader>'.encode()
TAIL = b"</MessageHeader></edXML>"


def within(body: bytes) -> bytes:
    return HEAD + body + TAIL


def with_doctype(doctype: bytes, use: bytes = b"") -> bytes:
    data = DOCUMENT.replace(b"?>\n", b"?>\n" + doctype, 1)
    return data.replace(b"<edXML:Subject>", b"<edXML:Subject>" + use, 1)


LAUGHS = (
    b"<!DOCTYPE edXML [<!ENTITY a '"
    + b"ha" * 50
    + b"'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (c, b"&%c;" % (c - 1) * 20) for c in range(ord("b"), ord("m")))
    + b"]>"
)

CASES: dict[str, tuple[bytes, str]] = {
    "billion-laughs": (with_doctype(LAUGHS, b"&l;"), "edxml.doctype"),
    "external-entity": (
        with_doctype(b"<!DOCTYPE e [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"&x;"),
        "edxml.doctype",
    ),
    "external-subset": (with_doctype(b"<!DOCTYPE e SYSTEM 'http://example.test/e.dtd'>"), "edxml.doctype"),
    "entity-without-doctype": (within(b"<Subject>&x;</Subject>"), "edxml.not-well-formed"),
    "deep": (within(b"<a>" * 100_000), "edxml.beyond-limit"),
    "many-elements": (within(b"<a/>" * 200_000), "edxml.beyond-limit"),
    "huge-attribute": (within(b"<a b='" + b"x" * (20 << 20) + b"'/>"), "edxml.beyond-limit"),
    "huge-comment": (within(b"<!--" + b"x" * (20 << 20) + b"-->"), "edxml.beyond-limit"),
    "huge-name": (within(b"<" + b"x" * (20 << 20) + b"/>"), "edxml.beyond-limit"),
    "huge-text": (within(b"<Subject>" + b"x " * (5 << 20) + b"</Subject>"), "edxml.beyond-limit"),
    "many-attributes": (
        within(b"<a " + b" ".join(b"a%d='x'" % n for n in range(300_000)) + b"/>"),
        "edxml.beyond-limit",
    ),
    "many-prefixes": (
        within(
            b"<a "
            + b" ".join(b"xmlns:p%d='x'" % n for n in range(5000))
            + b">"
            + b"<b xmlns:q='x'/>" * 20_000
            + b"</a>"
        ),
        "edxml.beyond-limit",
    ),
    "many-attachments": (
        within(b"").replace(b"</edXML>", b"<Attachment><Content>QUFB</Content></Attachment>" * 1500 + b"</edXML>"),
        "edxml.beyond-limit",
    ),
    "many-undeclared": (within(b"<p:a q:b='x'/>" * 30_000), "edxml.undeclared-prefix"),
    "nul": (within(b"<Subject>a\0b</Subject>"), "edxml.not-well-formed"),
    "surrogate-reference": (within(b"<Subject>&#xD800;</Subject>"), "edxml.not-well-formed"),
    "surrogate-bytes": (within(b"<Subject>\xed\xa0\x80</Subject>"), "edxml.not-well-formed"),
    "surrogate-utf-16": (
        b"\xff\xfe"
        + "<edXML><MessageHeader><Subject>".encode("utf-16-le")
        + b"\x00\xd8"
        + "</Subject></MessageHeader></edXML>".encode("utf-16-le"),
        "edxml.not-well-formed",
    ),
    "utf-7": (DOCUMENT.replace(b"UTF-8", b"UTF-7"), "edxml.encoding"),
    "rot13": (DOCUMENT.replace(b"UTF-8", b"rot13"), "edxml.encoding"),
    "gb18030": (DOCUMENT.replace(b"UTF-8", b"gb18030"), "edxml.encoding"),
    "utf-32": ("\ufeff<edXML/>".encode("utf-32-le"), "edxml.encoding"),
    "two-roots": (DOCUMENT + DOCUMENT.partition(b"\n")[2], "edxml.not-well-formed"),
    "xinclude": (within(b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>"), ""),
}
"""What is sent, and what must be said of it; nothing: it is harmless."""


def read(data: bytes, folder: Path, limits: EdxmlLimits | None = None) -> ReadMessage:
    return read_message(io.BytesIO(data), folder, limits)


@pytest.mark.parametrize("name", CASES)
def test_hostile_xml(name: str, tmp_path: Path) -> None:
    data, code = CASES[name]
    started = time.monotonic()
    got = read(data, tmp_path / "in")
    assert time.monotonic() - started < 10
    assert (got.message is None) == bool(code)
    if code:
        assert code in {finding.code for finding in got.findings}
        assert len(got.findings) <= 1100
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert all(len(finding.message()) < 2000 for finding in got.findings)


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"--x\r\nContent-Type: text/xml\r\n\r\n" + b"a" * (8 << 20),
        lambda: b'Content-Type: multipart/related; boundary="' + b"y" * 5000 + b'"\r\n\r\n--y',
        lambda: b"Content-Type: multipart/related; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 50_000,
        lambda: b"Content-Type: multipart/related; boundary=x\r\n\r\n" + b"\r\n--x" * 200_000,
        lambda: b"Content-Type: multipart/related; boundary=x\r\n" + b"A: b;" * 50_000,
        lambda: (
            b"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * (4 << 20)
        ),
        lambda: b"Content-Type: multipart/related; boundary=x; boundary*0=\xff\r\n\r\n--x\r\n" + b": " * 4000,
        lambda: b"Content-Type: multipart/related; boundary=x\r\n\r\n--x--\r\n",
    ],
)
def test_hostile_mime(make: Callable[[], bytes], tmp_path: Path) -> None:
    started = time.monotonic()
    got = read(make(), tmp_path / "in")
    assert time.monotonic() - started < 10
    assert got.message is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_every_cut_is_refused(tmp_path: Path) -> None:
    for end in range(0, len(DOCUMENT.rstrip()), 13):
        got = read(DOCUMENT[:end], tmp_path)
        assert got.message is None, end
        assert got.findings
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_fails(tmp_path: Path) -> None:
    from model.errors import InputError

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100:
                raise OSError(5, "Input/output error")
            return super().read(100 if size is None else min(size, 4096))

    with pytest.raises(InputError):
        read_message(Failing(DOCUMENT), tmp_path)
    assert list(tmp_path.iterdir()) == []


def large(path: Path, mebibytes: int) -> None:
    """A message with one attachment, written piece by piece."""
    mark = b"in its place"
    head, tail = document_bytes(files=[Sent("a.bin", mark)]).split(base64.b64encode(mark))
    block = base64.b64encode(os.urandom(3 << 20))
    with path.open("wb") as stream:
        stream.write(head)
        for _ in range(-(-mebibytes // 3)):
            stream.write(block)
        stream.write(tail)


MEASURE = """
import resource, sys
from pathlib import Path
from ingest.edxml.reading import read_message
import preservation.signatures.source
path, folder = Path(sys.argv[1]), Path(sys.argv[2])
read_message(Path(sys.argv[3]), folder / "warm")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
got = read_message(path, folder / "large")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, got.message.attachments[0].size)
"""


@pytest.fixture
def growth(tmp_path: Path) -> Iterator[Callable[[int], tuple[int, int]]]:
    def measure(mebibytes: int) -> tuple[int, int]:
        path, small = tmp_path / "large.edxml", tmp_path / "small.edxml"
        large(path, mebibytes)
        large(small, 1)
        command = [sys.executable, "-c", MEASURE, str(path), str(tmp_path), str(small)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        grown, size = done.stdout.split()
        return int(grown) // 1024, int(size) >> 20

    yield measure
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


def test_memory_does_not_follow_size(growth: Callable[[int], tuple[int, int]]) -> None:
    grown, size = growth(30)
    assert size >= 30
    assert grown < 20


@pytest.mark.long
def test_memory_of_half_a_gibibyte(growth: Callable[[int], tuple[int, int]]) -> None:
    grown, size = growth(500)
    assert size >= 500
    assert grown < 100
