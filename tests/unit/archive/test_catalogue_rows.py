"""Descriptions and files become rows and come back as they were."""

import string
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue import rows
from archive.catalogue.transfers import prefix_range
from archive.catalogue.values import HeldFile
from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.formats import FormatIdentification
from model.preservation import FileObject

ANY_TEXT = st.text(st.characters(codec=None), max_size=30)
NUMBERS = st.none() | st.integers(0, 10**12)
TEXTS = st.lists(ANY_TEXT, max_size=3).map(tuple)
FLAGS = st.none() | st.booleans()
DATES = (
    st.none()
    | st.builds(PartialDate, st.integers(1, 9999), st.none() | st.integers(1, 12), st.none())
    | st.builds(PartialDate, st.integers(1, 9999), st.integers(1, 12), st.integers(1, 28))
)
MOMENTS = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


def _of_class(cls: type) -> st.SearchStrategy:
    by_type = {
        "str": ANY_TEXT,
        "tuple[str, ...]": TEXTS,
        "pairs": st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=3).map(tuple),
        "int | None": NUMBERS,
        "int": st.integers(1, 10**6),
        "bool | None": FLAGS,
        "PartialDate | None": DATES,
    }
    import typing

    hints = typing.get_type_hints(cls)
    names = {
        str: "str",
        int: "int",
        tuple[str, ...]: "tuple[str, ...]",
        tuple[tuple[str, str], ...]: "pairs",
        int | None: "int | None",
        bool | None: "bool | None",
        PartialDate | None: "PartialDate | None",
    }
    return st.builds(cls, **{name: by_type[names[hint]] for name, hint in hints.items()})


@given(_of_class(CaseFile))
def test_case_file_round_trip(case_file: CaseFile) -> None:
    row = rows.CASE_FILE.row(case_file)
    assert set(row) == set(rows.CASE_FILE.columns())
    _assert_storable(row)
    assert rows.CASE_FILE.value(SimpleNamespace(**row)) == case_file


@given(_of_class(Document))
def test_document_round_trip(document: Document) -> None:
    row = rows.DOCUMENT.row(document)
    assert set(row) == set(rows.DOCUMENT.columns())
    _assert_storable(row)
    assert rows.DOCUMENT.value(SimpleNamespace(**row), ordinal=document.ordinal) == document


def _assert_storable(row: rows.Row) -> None:
    for content in row.values():
        if isinstance(content, str):
            assert "\x00" not in content
            content.encode()


FORMATS = st.builds(
    FormatIdentification,
    puid=ANY_TEXT,
    name=ANY_TEXT,
    version=ANY_TEXT,
    mime=ANY_TEXT,
    basis=ANY_TEXT,
    warnings=TEXTS,
    signature_release=ANY_TEXT,
)

PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)

FILES = st.builds(
    FileObject,
    path=PATHS,
    original_name=st.binary(max_size=60) | PATHS.map(str.encode),
    size=st.integers(0, 2**62),
    sha256=st.binary(min_size=32, max_size=32),
    sha512=st.binary(min_size=64, max_size=64),
    format=FORMATS,
    document=st.none() | st.integers(1, 10**6),
    modified=MOMENTS,
)


@given(FILES, PATHS, st.booleans(), PATHS)
def test_file_round_trip(subject: FileObject, folder: str, inside: bool, elsewhere: str) -> None:
    held = HeldFile(object=subject, container_path=folder + subject.path if inside else elsewhere, offset=512)
    for known_folder in (folder, rows.content_folder(held), ""):
        row = SimpleNamespace(**dict(zip(rows.FILE_COLUMNS, rows.file_row(7, known_folder, held), strict=True)))
        _key, _puid, details = rows.format_row(subject.format)
        assert rows.file_of(row, known_folder, rows.format_of(details)) == held


@given(FORMATS, FORMATS)
def test_equal_formats_and_only_they_share_a_key(one: FormatIdentification, other: FormatIdentification) -> None:
    assert (rows.format_row(one)[0] == rows.format_row(other)[0]) == (one == other)


@given(ANY_TEXT)
def test_storable_text_is_kept_and_other_text_made_storable(text: str) -> None:
    kept = rows.storable(text)
    kept.encode()
    assert "\x00" not in kept
    assert rows.storable(kept) == kept


@given(st.uuids(), st.integers(0, 40))
def test_prefix_range_holds_exactly_what_begins_so(identifier: UUID, length: int) -> None:
    prefix = str(identifier)[:length]
    bounds = prefix_range(prefix)
    if len(prefix.replace("-", "")) < 8:
        assert bounds is None
        return
    assert bounds is not None
    first, last = bounds
    assert first <= identifier <= last
    assert str(first).startswith(prefix) and str(last).startswith(prefix)
    if first.int:
        assert not str(UUID(int=first.int - 1)).startswith(prefix)


def test_prefix_range_refuses_what_is_no_identifier() -> None:
    for text in ("", "1234567", "x" * 8, "1" * 33, "12345678\x00", string.punctuation):
        assert prefix_range(text) is None
