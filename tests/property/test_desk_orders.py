"""Whatever the order in which messages come, and in however many runs: the same desk, and nothing lost."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.archive import create_archive
from archive.catalogue.desk_values import TRAY
from ingest.desk.desk import Desk, case_of
from ingest.desk.view import view_case
from tests.fakes.desk_messages import PLAN, compile_all, held_desk, key, message, with_plan
from tests.fakes.edxml_messages import recall_of, replacing, status_bytes, update_of

ROAD, ARCHIVE = "Về việc sửa đường liên xã", "Về công tác lưu trữ"
BROKEN = b'<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope'


@cache
def messages() -> tuple[bytes, ...]:
    """Two chains with answers, a recall, a replacement, an update, replies on status; one alone, one broken."""
    return (
        message(1, ROAD),
        message(2, answers=[key(1)]),
        message(3, answers=[key(2)]),
        message(4, business=replacing(key(2))),
        message(3, business=recall_of(key(3))),
        status_bytes("03", of=key(3)),
        message(11, ARCHIVE),
        message(12, business=update_of(key(11))),
        message(13, answers=[key(12)], business=replacing(key(11))),
        status_bytes("15", of=key(12)),
        message(21, "Việc khác", answers=[key(99)]),
        BROKEN,
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with the plan of 2026."""
    folder = tmp_path_factory.mktemp("desk")
    create_archive(folder / "archive", stores=("a",))
    with held_desk(folder / "archive") as desk:
        with_plan(desk, folder, PLAN)
    return folder / "archive"


def picture(desk: Desk) -> dict[str, object]:
    """Return everything a person sees of a desk, apart from times."""
    cases: dict[str, object] = {TRAY: sorted(document.id for document in desk.documents(TRAY))}
    for row in desk.index.files_after((), ("", ""), 99):
        cases[row.id] = [
            (item.document.id, item.standing, item.other, [notice.id for notice in item.notices])
            for item in view_case(desk, case_of(row)).documents
        ]
    return cases


def contents(desk: Desk) -> set[str]:
    """Return the digests of everything that is kept, checked against the bytes."""
    kept = set()
    for path in _kept(desk):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        kept.add(path.name)
    return kept


def _kept(desk: Desk) -> Iterator[Path]:
    for folder in ("content", "refused"):
        yield from (path for path in (desk.folder.path / folder).rglob("*") if path.is_file() and not path.suffix)


def compiled(template: Path, runs: list[list[int]]) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=template.parent) as name:
        folder = Path(name)
        shutil.copytree(template, folder / "archive")
        handed_in = set()
        with held_desk(folder / "archive") as desk:
            for number, run in enumerate(runs):
                (folder / str(number)).mkdir()
                for place, chosen in enumerate(run):
                    path = folder / str(number) / f"{place:03d}.edxml"
                    path.write_bytes(messages()[chosen])
                    handed_in.add(hashlib.sha256(messages()[chosen]).hexdigest())
                compile_all(desk, folder / str(number))
            assert contents(desk) == handed_in
            return picture(desk)


@cache
def in_order(template: Path) -> dict[str, object]:
    return compiled(template, [list(range(len(messages())))])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(len(messages()))),
    cuts=st.lists(st.integers(0, len(messages())), max_size=3),
    again=st.lists(st.sampled_from(range(len(messages()))), max_size=3),
)
def test_every_order_gives_the_same_desk(template: Path, order: list[int], cuts: list[int], again: list[int]) -> None:
    places = [0, *sorted(cuts), len(order)]
    runs = [order[start:stop] for start, stop in pairwise(places)]
    assert compiled(template, [*runs, again]) == in_order(template)


def test_in_order_it_is_what_it_should_be(template: Path) -> None:
    found = in_order(template)
    assert len(found) == 3
    assert sum(len(documents) for documents in found.values() if isinstance(documents, list)) == len(messages()) - 1
    tray = found[TRAY]
    assert isinstance(tray, list)
    assert len(tray) == 1
