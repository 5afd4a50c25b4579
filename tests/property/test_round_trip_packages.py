"""Round trips: SIP → AIP → DIP → SIP → AIP lose no field and no byte, whatever the case file says.

A generated case file is written as a submission, taken in, given out as a dissemination package, taken in by
a second archive, submitted from there, and taken in by a third: what the third holds is what was generated.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from archive.access.certificate import Recipient
from archive.access.dip import export_dip
from archive.access.export import find_one
from archive.access.sip import SipRequest, export_sip
from archive.archive import Archive, open_archive
from archive.catalogue.values import HeldCaseFile
from ingest.describe.values import clean_text
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import CODE_TABLES, MEDIA_ELEMENTS, PICTURE_ELEMENTS
from preservation.package.dip import AccessRequest
from preservation.package.sip import HandedFile, SipPlan, write_sip
from tests.fakes.archives import new_archive, take_in
from tests.fakes.package_plans import CREATED, content_file

POLICY = "id = 'round-trip'\n[default]\nerror = 'warn'\nwarning = 'inform'\ninfo = 'inform'\n"
PROFILES = ("vn-tt05", "eark")
SIP_ID = UUID("01970000-eeee-7fff-8aaa-0123456789ab")

ODD = st.sampled_from(["&", "<", ">", '"', "'", "\\u0041", "ệ", "Đ", "\U0001f600", "]]>", " x ", "\u00a0y", "ĳ"])
TEXTS = st.lists(ODD | st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=8), max_size=4).map(
    lambda parts: clean_text("".join(parts))[0]
)
"""As descriptions are taken in: in NFC, blanks around and characters that cannot be seen removed."""
NAMED = TEXTS.map(lambda text: text or "x")
YEARS = st.integers(1900, 2025)
DATES = st.none() | st.one_of(
    YEARS.map(PartialDate),
    st.builds(PartialDate, YEARS, st.integers(1, 12)),
    st.builds(PartialDate, YEARS, st.integers(1, 12), st.integers(1, 28)),
)
NUMBERS = st.none() | st.integers(0, 9999)
FLAGS = st.none() | st.booleans()


def code(table: str, *, without: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Return a code of a table, or none."""
    return st.sampled_from(["", *(item for item in CODE_TABLES[table] if item not in without)])


def codes(table: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return several codes of a table."""
    return st.lists(st.sampled_from(list(CODE_TABLES[table])), max_size=3, unique=True).map(tuple)


_KNOWN = {
    "maintenance": code("maintenance"),
    "mode": code("mode", without=("03",)),
    "languages": codes("language"),
    "format": code("format"),
    "confidence_level": code("confidenceLevel"),
    "risk_recovery_status": code("riskRecoveryStatus"),
    "type_name": code("typeName"),
}
_BY_TYPE = {
    "tuple[str, ...]": st.lists(
        NAMED.map(lambda text: clean_text(re.sub("[;,|]", "", text))[0]).filter(bool), max_size=3, unique=True
    ).map(tuple),
    "PartialDate | None": DATES,
    "int | None": NUMBERS,
    "bool | None": FLAGS,
    "str": TEXTS,
}


def _described(cls: type, **fixed: st.SearchStrategy) -> st.SearchStrategy:
    values = {}
    for item in fields(cls):
        kind = str(item.type).replace("model.dates.", "").replace("<class 'str'>", "str")
        named = {**_KNOWN, **fixed}
        values[item.name] = named[item.name] if item.name in named else _BY_TYPE[kind]
    return st.builds(cls, **values)


def _more(rows: tuple) -> st.SearchStrategy:  # type: ignore[type-arg]  # rows of elements
    names = st.sampled_from([row.name for row in rows if not row.attribute] + ["người lập", "x-other"])
    return st.lists(st.tuples(names, NAMED), max_size=4, unique_by=lambda pair: pair[0]).map(tuple)


INHERITED: dict[str, st.SearchStrategy] = {
    "maintenance": st.sampled_from(["01", "05"]),
    "mode": st.sampled_from(["01", "02"]),
    "languages": st.sampled_from([("01",), ("02", "05")]),
    "risk_recovery": st.booleans(),
    "risk_recovery_status": st.sampled_from(["01", "02"]),
}
"""What documents take from their case file when none of them says it, which is a rule of the intake."""


@st.composite
def case_files(draw: st.DrawFn) -> tuple[CaseFile, list[Document], dict[str, bytes]]:
    """Return a case file or loose documents, their descriptions, and the bytes of their files by path."""
    loose = draw(st.booleans())
    nothing = st.just(())
    case_file = draw(
        _described(
            CaseFile,
            file_code=st.sampled_from(["H49.64.33.2025.160", "G09.2025.Đ-1"]),
            title=NAMED,
            agency_name=NAMED,
            source=st.sampled_from(["0", "1"] if loose else [""]),
            more=_more(()),
            fonds_code=st.sampled_from(["", "P01", "P.ệ"]),
        )
    )
    documents: list[Document] = []
    content: dict[str, bytes] = {}
    for ordinal in range(1, draw(st.integers(1, 4)) + 1):
        form = draw(st.sampled_from(["", "", "pic", "media"]))
        rows = {"pic": PICTURE_ELEMENTS, "media": MEDIA_ELEMENTS}.get(form, ())
        paths = [f"{ordinal:03d} {name}" for name in draw(st.sampled_from([["a.txt"], ["a.txt", "phụ lục/b.txt"]]))]
        content |= {path: draw(st.binary(min_size=1, max_size=40)) + path.encode() for path in paths}
        documents.append(
            draw(
                _described(
                    Document,
                    ordinal=st.just(ordinal),
                    doc_code=st.just(f"{case_file.file_code}.{ordinal:07d}"),
                    **INHERITED,
                    subject=NAMED,
                    form=st.just(form),
                    more=_more(rows) if form else nothing,
                    files=st.just(tuple(paths)),
                )
            )
        )
    return case_file, documents, content


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Archive]]]:
    """Make three archives of each profile, which take in whatever is read."""
    with ExitStack() as stack:
        opened: dict[str, list[Archive]] = {}
        for profile in PROFILES:
            for number in range(3):
                folder = tmp_path_factory.mktemp("round-trip") / f"{profile}-{number}"
                with new_archive(folder):
                    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
                opened.setdefault(profile, []).append(stack.enter_context(open_archive(folder)))
        yield opened


def _reader(path: Path) -> Callable[[], Iterable[bytes]]:
    return lambda: [path.read_bytes()]


def submission(folder: Path, profile: str, generated: tuple[CaseFile, list[Document], dict[str, bytes]]) -> Path:
    """Write a generated case file as a submission package."""
    case_file, documents, content = generated
    owners = {path: document.ordinal for document in documents for path in document.files}
    files = [content_file(folder / "source", path, content[path], document=owners[path]) for path in sorted(content)]
    plan = SipPlan(
        package_id=SIP_ID,
        profile=profile,
        policy="p",
        created=CREATED,
        case_file=case_file,
        documents=documents,
        files=[HandedFile(file.object, _reader(file.content)) for file in files],
        registration="DK-1",
    )

    def add(path: str, _size: int, chunks: Iterable[bytes]) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"".join(chunks))

    return folder / write_sip(plan, folder, add)


def held(archive: Archive, package: Path, profile: str) -> HeldCaseFile:
    """Take a package in; return what is held of it then."""
    (report,) = take_in(archive, package, profile=profile)
    assert report.aip_id is not None, (report.reason, [(item.code, item.args) for item in report.findings])
    return find_one(archive, str(report.aip_id))


def told(archive: Archive, item: HeldCaseFile) -> dict[str, object]:
    """Return everything an archive says of a case file, and the digests of its files."""
    documents = list(archive.catalogue.documents(item.aip_id))
    digests = {file.object.path: file.object.sha256 for file in archive.catalogue.files(item.aip_id)}
    return {
        "case": item.case_file.to_json(),
        "documents": [replace(document, files=()).to_json() for document in documents],
        "files": [[digests[path] for path in document.files] for document in documents],
    }


def expected(generated: tuple[CaseFile, list[Document], dict[str, bytes]]) -> dict[str, object]:
    """Return what an archive should say of a generated case file."""
    import hashlib

    case_file, documents, content = generated
    return {
        "case": case_file.to_json(),
        "documents": [replace(document, files=()).to_json() for document in documents],
        "files": [[hashlib.sha256(content[path]).digest() for path in document.files] for document in documents],
    }


ASKED = AccessRequest(purpose="01", purpose_content="Nghiên cứu")
KNOWN = Recipient(name="Nguyễn Thị B")


def round_trip(archives: list[Archive], profile: str, folder: Path, generated: tuple) -> None:  # type: ignore[type-arg]  # see case_files
    """Carry a case file through all three archives."""
    first = held(archives[0], submission(folder / "sip", profile, generated), profile)
    assert told(archives[0], first) == expected(generated)
    dip = export_dip(archives[0], first, folder / "dip", ASKED, recipient=KNOWN)
    second = held(archives[1], dip, profile)
    assert told(archives[1], second) == expected(generated)
    sip = export_sip(archives[1], second, folder / "again", SipRequest(profile=profile))
    third = held(archives[2], sip, profile)
    assert told(archives[2], third) == expected(generated)


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(generated=case_files())
def test_no_field_and_no_byte_is_lost(
    archives: dict[str, list[Archive]],
    tmp_path: Path,
    profile: str,
    generated: tuple,  # type: ignore[type-arg]  # see case_files
) -> None:
    folder = tmp_path / "case"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    round_trip(archives[profile], profile, folder, generated)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(generated=case_files())
def test_no_field_and_no_byte_is_lost_often(
    archives: dict[str, list[Archive]],
    tmp_path: Path,
    profile: str,
    generated: tuple,  # type: ignore[type-arg]  # see case_files
) -> None:
    folder = tmp_path / "case"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    round_trip(archives[profile], profile, folder, generated)


def test_a_full_description_is_in_every_package_given_out(archives: dict[str, list[Archive]], tmp_path: Path) -> None:
    """The machine-readable description is the archive's own, field by field."""
    case_file = CaseFile(
        file_code="H1.2026.9", title="Một", mode="01", maintenance="01", agency_code="H1", fonds_code="P"
    )
    documents = [Document(ordinal=1, doc_code="H1.2026.9.0000001", subject="Hai", files=("a.txt",))]
    generated = (case_file, documents, {"a.txt": b"a"})
    item = held(archives["vn-tt05"][0], submission(tmp_path / "s", "vn-tt05", generated), "vn-tt05")
    dip = export_dip(archives["vn-tt05"][0], item, tmp_path / "dip")
    data = json.loads((dip / "documentation" / "hoso.json").read_bytes())
    assert data["caseFile"]["agencyCode"] == "H1"
    assert data["documents"][0]["files"] == ["a.txt"]
