"""Any message that is written is read back equal; any damage to one is survived."""

import hashlib
import io
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.edxml.checks import check_message
from ingest.edxml.reading import read_message
from ingest.edxml.values import (
    Business,
    BusinessPart,
    DocumentKey,
    EdxmlMessage,
    Generation,
    Organization,
    ReceiverChange,
    Replacement,
    TraceEntry,
)
from model.dates import PartialDate
from tests.fakes.edxml_messages import Sent, Shape, a_message, write_message, write_mime

CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
TEXT = st.text(CHARACTERS, max_size=20).map(str.strip)
WORD = st.text(CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
DATES = st.dates(min_value=datetime(1000, 1, 1).date()).map(lambda day: PartialDate(day.year, day.month, day.day))
CODES = st.sampled_from(["H49.64.33", "000.00.00.G09", "G17", "x", "  lạ  ".strip()])
ORGANIZATIONS = st.builds(
    Organization,
    code=CODES,
    name=TEXT,
    in_charge=TEXT,
    address=TEXT,
    email=TEXT,
    telephone=TEXT,
    fax=TEXT,
    website=TEXT,
)
NUMBERS = st.text("0123456789abc", min_size=1, max_size=8)
NOTATIONS = st.text("ABCĐQ-", min_size=1, max_size=8)
KEYS = st.builds(
    DocumentKey, document_id=TEXT, organ_code=CODES, number=NUMBERS, notation=NOTATIONS, date=st.none() | DATES
)
BUSINESS = st.builds(
    BusinessPart,
    type=st.sampled_from(Business),
    document_id=TEXT,
    reason=TEXT,
    paper=TEXT,
    receivers=st.lists(st.builds(ReceiverChange, organ_code=WORD, added=st.booleans()), max_size=3).map(tuple),
    replaces=st.lists(
        st.builds(Replacement, document_id=WORD, organ_codes=st.lists(WORD, max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    department=TEXT,
    staff=TEXT,
    mobile=TEXT,
    email=TEXT,
)
TIMES = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
FILES = st.lists(
    st.builds(Sent, name=WORD, content=st.binary(min_size=1, max_size=300), zipped=st.booleans(), type=st.just("x/y")),
    max_size=4,
)
SHAPES = st.builds(
    Shape,
    prefix=st.sampled_from(["edXML", "", "e"]),
    encoded_prefix=st.booleans(),
    cid=st.booleans(),
    business=st.sampled_from(["Bussiness", "Business"]),
    date=st.sampled_from(["%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y", "%Y.%m.%d", "%d/%m/%Y 08:00:00"]),
    bom=st.booleans(),
    width=st.sampled_from([0, 1, 64, 76]),
    encoding=st.sampled_from(["UTF-8", "UTF-16"]),
    soap=st.booleans(),
)


@st.composite
def messages(draw: st.DrawFn) -> EdxmlMessage:
    times = draw(st.lists(TIMES, min_size=1, max_size=3))
    sender = draw(ORGANIZATIONS)
    trace = tuple(TraceEntry(organ_code=sender.code, time=time, written="") for time in times)
    key = replace(draw(KEYS), organ_code=sender.code)
    business = draw(BUSINESS)
    if business.type is Business.REPLACE and not business.replaces:  # what it replaces is then told by DocumentId
        business = replace(business, document_id="")
    return a_message(
        key=key,
        sender=sender,
        receivers=tuple(draw(st.lists(ORGANIZATIONS, max_size=3))),
        place=draw(TEXT),
        type_name=draw(TEXT),
        subject=draw(TEXT),
        content=draw(TEXT),
        signer_name=draw(TEXT),
        due_date=draw(st.none() | DATES),
        to_places=tuple(draw(st.lists(WORD, max_size=3))),
        priority=draw(TEXT),
        pages=draw(st.none() | st.integers(0, 999_999_999)),
        appendixes=tuple(draw(st.lists(WORD, max_size=2))),
        response_for=tuple(draw(st.lists(KEYS, max_size=2))),
        business=business,
        trace=trace,
        time=times[0],
    )


def comparable(message: EdxmlMessage) -> EdxmlMessage:
    trace = tuple(replace(entry, written="") for entry in message.trace)
    return replace(message, attachments=(), generation=Generation.CURRENT, trace=trace)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(), files=FILES, shape=SHAPES)
def test_written_is_read_back(message: EdxmlMessage, files: list[Sent], shape: Shape) -> None:
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "in"
        got = read_message(io.BytesIO(write_message(message, files, shape)), folder)
        assert got.message is not None, [finding.message() for finding in got.findings]
        assert comparable(got.message) == comparable(message)
        assert [item.sha256 for item in got.message.attachments] == [
            hashlib.sha256(file.content).digest() for file in files
        ]
        assert [item.path.read_bytes() for item in got.message.attachments if item.path] == [
            file.content for file in files
        ]
        assert all(path.parent == folder for path in Path(work).rglob("*") if path.is_file())
        list(check_message(got.message, today=datetime(2026, 1, 1, tzinfo=UTC).date()))


SAMPLES = [
    write_message(a_message(), [Sent("a.pdf", b"%PDF-1.4"), Sent("b.xlsx", b"x" * 100, zipped=True)]),
    write_message(a_message(), [Sent("a.pdf", b"%PDF-1.4")], Shape(encoding="UTF-16", soap=True)),
    write_mime(
        a_message(), [Sent("a.pdf", b"%PDF-1.4"), Sent("b.bin", bytes(range(256)), transfer="quoted-printable")]
    ),
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_damage_is_survived(data: st.DataObject) -> None:
    sample = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(sample) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert", "delete", "repeat"])):
            case "set":
                sample[place] = data.draw(st.integers(0, 255))
            case "cut" if place:
                del sample[place:]
            case "insert":
                sample[place:place] = data.draw(
                    st.sampled_from([b"<", b"&", b"\0", b"</", b"]]>", b"\r\n--", b"../", b"<!"])
                )
            case "delete":
                del sample[place : place + data.draw(st.integers(1, 50))]
            case "repeat":
                sample[place:place] = sample[place : place + 40]
        if not sample:
            sample = bytearray(b" ")
    survived(bytes(sample))


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=200),
    head=st.sampled_from([b"", b"<edXML>", b"<?xml ", b"--b\r\nContent-Type: text/xml\r\n\r\n"]),
)
def test_any_bytes_are_survived(data: bytes, head: bytes) -> None:
    survived(head + data)


def survived(content: bytes) -> None:
    work = Path(tempfile.mkdtemp())
    try:
        got = read_message(io.BytesIO(content), work / "in")
        files = [path for path in work.rglob("*") if path.is_file() or path.is_symlink()]
        assert all(path.parent == work / "in" for path in files)
        named = {item.path for item in got.message.attachments} - {None} if got.message else set()
        assert set(files) == named
        assert got.message is not None or any(finding.severity == "error" for finding in got.findings)
        for finding in got.findings:
            assert finding.message()
    finally:
        shutil.rmtree(work)
