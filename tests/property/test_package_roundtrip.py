"""Whatever a plan says, the package says it again, and its XML stays valid."""

import io
import string
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.formats import FormatIdentification
from model.preservation import Agent, AgentType, Event, EventOutcome, EventType
from preservation.package.container import read_members
from preservation.package.plan import PackagePlan
from preservation.package.reader import read_package
from preservation.package.xmltext import escape, unescape
from tests.fakes.package_plans import content_file, validator, written

WILD = st.text(
    st.one_of(
        st.sampled_from(
            "&<>\"'\\u0041%;\t\n\r\0\x0b\x1b\x7f\x85\u2028\ufeff\ufffe\uffff\ud800\udfff\udcff]>{}ệĐ\U0001f600"
        ),
        st.characters(),
    ),
    max_size=30,
)
HOSTILE = WILD | st.sampled_from(["", "Hồ sơ", "\\u0041", "\\\ud800u0041", "a\x0b\\b", "]]>&<", "x: none", "\r\n\t "])
PATH_PART = st.text(
    st.one_of(st.sampled_from("&<>'%+ #?~ệĐ\u00a0\u3000ab.,()"), st.characters(exclude_categories=["Cs", "Cc"])),
    min_size=1,
    max_size=60,
).filter(lambda part: part not in (".", "..") and not set(part) & set("/\\"))
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
DATES = st.dates().map(lambda day: PartialDate(day.year, day.month, day.day)) | st.integers(1, 9999).map(PartialDate)
CODES = st.sampled_from(["", "01", "02", "11", "99"])
WORDS = st.lists(HOSTILE, max_size=3).map(tuple)
FORMATS = st.builds(
    FormatIdentification,
    puid=st.sampled_from(["UNKNOWN", "fmt/1", "x-fmt/2"]),
    name=HOSTILE | st.just("Unknown"),
    version=HOSTILE,
    mime=HOSTILE,
    basis=HOSTILE,
    warnings=WORDS,
    signature_release=HOSTILE,
)
_VALUES = {
    "tuple[str, ...]": WORDS,
    "tuple[tuple[str, str], ...]": st.lists(st.tuples(HOSTILE, HOSTILE), max_size=3).map(tuple),
    "PartialDate | None": st.none() | DATES,
    "int | None": st.none() | st.integers(0, 10**9),
    "bool | None": st.none() | st.booleans(),
    "str": HOSTILE,
}


def _description(cls: type, **fixed: st.SearchStrategy) -> st.SearchStrategy:
    values = {
        item.name: fixed[item.name] if item.name in fixed else _VALUES[_annotation(item.type)] for item in fields(cls)
    }
    return st.builds(cls, **values)


def _annotation(annotation: object) -> str:
    return "str" if annotation is str else str(annotation).replace("model.dates.", "")


CASE_FILES = _description(CaseFile)
FORMS = st.sampled_from(["", "pic", "media"]) | HOSTILE


@st.composite
def plans(draw: st.DrawFn, folder: Path) -> PackagePlan:
    paths = draw(
        st.lists(st.lists(PATH_PART, min_size=1, max_size=4).map("/".join), min_size=1, max_size=4, unique=True)
    )
    files = [
        content_file(
            folder,
            path,
            draw(st.binary(max_size=2000)),
            original=draw(st.binary(max_size=40)),
            document=draw(st.none() | st.integers(1, 3)),
            format=draw(FORMATS),
            modified=draw(st.none() | TIMES),
        )
        for path in paths
    ]
    documents = [
        draw(
            _description(
                Document, ordinal=st.just(number + 1), form=FORMS, files=st.lists(st.sampled_from(paths)).map(tuple)
            )
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    events = st.builds(
        Event,
        id=st.uuids(),
        type=st.sampled_from([kind for kind in EventType if kind is not EventType.SIGNATURE_VALIDATION]),
        time=TIMES,
        outcome=st.sampled_from(EventOutcome),
        detail=HOSTILE,
        outcome_detail=HOSTILE,
        agent=HOSTILE,
        subject=st.sampled_from(["", "representations/rep1/data/" + paths[0], "representations/rep1"]) | HOSTILE,
    )
    agents = st.builds(Agent, identifier=HOSTILE, name=HOSTILE, type=st.sampled_from(AgentType), version=HOSTILE)
    return PackagePlan(
        aip_id=draw(st.uuids()),
        version=draw(st.integers(1, 99999)),
        profile=draw(st.sampled_from(["vn-tt05", "eark"])),
        policy=draw(st.text(string.ascii_letters + string.digits + "/-.", min_size=1, max_size=20)),
        created=draw(TIMES),
        case_file=draw(CASE_FILES),
        documents=documents,
        files=files,
        events=tuple(draw(st.lists(events, max_size=3))),
        agents=tuple(draw(st.lists(agents, max_size=2))),
        software_version=draw(HOSTILE),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_read_gives_back_what_was_written(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        plan = data.draw(plans(folder / "source"))
        content, _ = written(plan, folder)
    package = read_package(io.BytesIO(content))
    assert (package.aip_id, package.version, package.profile) == (plan.aip_id, plan.version, plan.profile)
    assert (package.policy, package.created) == (plan.policy, plan.created)
    assert package.case_file == plan.case_file
    assert list(package.documents) == list(plan.documents)
    assert [item.object for item in package.files] == [file.object for file in plan.files]
    assert (package.events, package.agents) == (plan.events, plan.agents)
    assert_valid(content, loose=plan.case_file.is_loose)


SCHEMA_OF = {
    name: validator(name)
    for name in (
        *("METS.xml", "PREMIS.xml", "EAD.xml", "EAD_loose.xml"),
        *("EAD3.xml", "EAD_doc.xml", "EAD_pic.xml", "EAD_media.xml"),
    )
}


def assert_valid(content: bytes, *, loose: bool) -> None:
    for entry in read_members(io.BytesIO(content)):
        path, _, name = entry.path.rpartition("/")
        if not name.endswith(".xml") or "/rep1/data/" in path + "/":
            continue
        kind = "PREMIS.xml" if name.startswith("PREMIS") else name
        if name.startswith("EAD_"):
            kind = name[: name.index("_", 4)] + ".xml"
        if name == "EAD.xml" and loose:
            kind = "EAD_loose.xml"
        SCHEMA_OF[kind](etree.fromstring(content[entry.offset : entry.offset + entry.size]))


@given(HOSTILE)
def test_any_text_survives_xml(text: str) -> None:
    element = etree.fromstring(f'<a b="{escape(text)}">{escape(text)}</a>')
    assert unescape(element.text or "") == text
    assert unescape(element.get("b") or "") == text
