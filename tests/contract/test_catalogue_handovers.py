"""Hand-overs in the catalogue, on SQLite and on PostgreSQL alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from archive.catalogue.catalogue import Catalogue, open_catalogue
from archive.catalogue.handovers_values import (
    Handover,
    HandoverItem,
    HandoverRequest,
    HandoverState,
    ItemState,
    state_of,
)
from model.errors import ConflictError
from model.identifiers import derived_uuid
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue
from tests.fakes.catalogue_samples import NOW, registration

REQUEST = HandoverRequest(receiver="Lưu trữ", receiver_code="H49.LS", registration="DK-1", identifiers=("a", "b"))
ROOT = UUID("01970000-0000-7000-8000-00000000000a")


@pytest.fixture(params=BACKENDS)
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(new_catalogue(request.param, tmp_path)) as opened:
        yield opened


def handover(number: int) -> Handover:
    started = NOW + timedelta(minutes=number)
    return Handover(id=derived_uuid(ROOT, str(number)), request=REQUEST, started=started, because="nộp \x00lưu")


def items(of: Handover, *numbers: int) -> list[HandoverItem]:
    return [
        HandoverItem(
            handover_id=of.id,
            ordinal=ordinal,
            aip_id=derived_uuid(ROOT, f"aip {number}"),
            version=1,
            code=f"H.{number}",
            documents=2,
            files=3,
            bytes=1 << 40,
        )
        for ordinal, number in enumerate(numbers, 1)
    ]


def test_what_is_put_comes_back(catalogue: Catalogue) -> None:
    one = handover(1)
    catalogue.handovers.put(one, items(one, 1, 2))
    catalogue.handovers.put(replace(one, because="other"), items(one, 3, 4))
    assert catalogue.handovers.get(one.id) == replace(one, because="nộp \ufffdlưu")
    assert list(catalogue.handovers.all_items(one.id)) == items(one, 1, 2)
    assert catalogue.handovers.find(str(one.id)[:8]) == [replace(one, because="nộp \ufffdlưu")]
    assert catalogue.handovers.find("xyz") == []


def test_a_case_file_is_in_one_at_a_time(catalogue: Catalogue) -> None:
    one, two = handover(1), handover(2)
    catalogue.handovers.put(one, items(one, 1, 2))
    with pytest.raises(ConflictError):
        catalogue.handovers.put(two, items(two, 3, 2))
    assert catalogue.handovers.get(two.id) is None
    second = items(one, 1, 2)[1]
    catalogue.handovers.decide(one.id, [replace(second, state=ItemState.REFUSED, reason="mờ")], NOW)
    catalogue.handovers.put(two, items(two, 3, 2))
    holding = catalogue.handovers.holding(second.aip_id)
    assert holding is not None
    assert holding.handover_id == two.id
    assert [item.state for item in catalogue.handovers.of_package(second.aip_id)] == [ItemState.OPEN, ItemState.REFUSED]


def test_states_and_totals_follow_the_decisions(catalogue: Catalogue) -> None:
    one = handover(1)
    listed = items(one, 1, 2, 3)
    catalogue.handovers.put(one, listed)

    def state() -> HandoverState:
        found = catalogue.handovers.get(one.id)
        assert found is not None
        return state_of(found, catalogue.handovers.totals(one.id))

    assert state() is HandoverState.PREPARING
    written = replace(listed[0], name="000001.zip", size=7, sha256=b"s" * 32)
    catalogue.handovers.written(written)
    assert catalogue.handovers.by_code(one.id, "H.1") == [written]
    catalogue.handovers.prepared(one.id, NOW)
    assert state() is HandoverState.PREPARED
    catalogue.handovers.decide(one.id, [replace(written, state=ItemState.ACCEPTED)], NOW)
    assert state() is HandoverState.PARTLY
    catalogue.handovers.decide(one.id, [replace(item, state=ItemState.WITHDRAWN) for item in listed[1:]], NOW)
    assert state() is HandoverState.DONE
    totals = catalogue.handovers.totals(one.id)
    assert (totals.case_files, totals.documents, totals.files, totals.bytes) == (3, 6, 9, 3 << 40)
    assert totals.states == {ItemState.ACCEPTED: 1, ItemState.WITHDRAWN: 2}


def test_pages_go_on_where_the_one_before_ended(catalogue: Catalogue) -> None:
    made = [handover(number) for number in range(5)]
    for number, one in enumerate(made):
        catalogue.handovers.put(one, items(one, number))
    first = catalogue.handovers.page(None, 2)
    second = catalogue.handovers.page(first[-1], 5)
    assert [one.id for one in (*first, *second)] == [one.id for one in reversed(made)]


def test_what_is_kept_for_ever_is_found_page_by_page(catalogue: Catalogue) -> None:
    kept = []
    for number in range(6):
        made = registration(number)
        maintenance = "01" if number % 2 else "05"
        case_file = replace(made.held.case_file, maintenance=maintenance, fonds_code="P1" if number < 4 else "P2")
        documents = [replace(document, maintenance=maintenance) for document in made.documents]
        catalogue.register(replace(made, held=replace(made.held, case_file=case_file), documents=documents))
        kept += [made.held.aip_id] if number % 2 else []
    catalogue.retention.refresh()
    first = catalogue.handovers.candidates(None, 2)
    rest = catalogue.handovers.candidates(first[-1].aip_id, 5)
    assert sorted(held.aip_id for held in (*first, *rest)) == sorted(kept)
    assert len(catalogue.handovers.candidates(None, 9, "P1")) == 2
    assert catalogue.handovers.extent(first[0])[1] > 0
