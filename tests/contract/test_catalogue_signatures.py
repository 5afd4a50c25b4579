"""Signatures in the catalogue, on both databases: registered, read, judged again, and after the first schema."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.catalogue import schema
from archive.catalogue.catalogue import Catalogue, create_catalogue, open_catalogue
from archive.catalogue.database import Database
from archive.catalogue.signature_rows import recheck_detail
from archive.catalogue.values import HeldSignedFile, Judgement, Registration, SignatureChange
from archive.signatures.values import held_signed_file
from model.identifiers import derived_uuid
from model.preservation import Event, EventOutcome, EventType
from model.signatures import Indication, SignedState, SubIndication
from tests.fakes.catalogue_databases import BACKENDS, new_database
from tests.fakes.catalogue_samples import registration
from tests.fakes.signature_reports import CHECKED, PASSED, REVOKED, TRY_LATER, signed_report, unsigned_report


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def catalogue(backend: str, tmp_path: Path) -> Iterator[Catalogue]:
    with create_catalogue(new_database(backend, tmp_path)) as opened:
        yield opened


def signed(number: int) -> list[HeldSignedFile]:
    """Return facts about the files of a sample: signed twice, unsigned, unreadable."""
    first, second, third = (f"tài liệu {place:05}.pdf" for place in (1, 2, 3))
    reports = (
        signed_report(first, PASSED, TRY_LATER, signer=f"Người ký {number} \x00 \ud800"),
        unsigned_report(second),
        unsigned_report(third, SignedState.UNREADABLE),
    )
    return [held_signed_file(report) for report in reports]


def with_signatures(number: int) -> Registration:
    return replace(registration(number), signatures=iter(signed(number)))


def changed(path: str, ordinal: int, now: Judgement) -> Event:
    """Return an event that carries a new verdict."""
    change = SignatureChange(path=path, ordinal=ordinal, before="TOTAL-PASSED", now=now)
    return Event(
        id=derived_uuid(registration(1).held.aip_id, f"{path}{ordinal}{now.judged_at}"),
        type=EventType.SIGNATURE_VALIDATION,
        time=now.judged_at,
        outcome=EventOutcome.FAIL,
        outcome_detail=recheck_detail(now.policy, now.trust, [change]),
    )


def judged(indication: Indication, reason: SubIndication | None, days: int) -> Judgement:
    moment = CHECKED + timedelta(days=days)
    return Judgement(indication=indication, sub_indication=reason, judged_at=moment, policy="policy+2", trust="trust-2")


def test_what_is_registered_is_read_back(catalogue: Catalogue) -> None:
    item = with_signatures(1)
    catalogue.register(item)
    found = list(catalogue.signed_files(item.held.aip_id))
    expected = [replace(file, document=place) for place, file in enumerate(signed(1), 1)]
    name = "Người ký 1 \ufffd \ufffd"
    expected[0] = replace(expected[0], signatures=tuple(replace(one, signer=name) for one in expected[0].signatures))
    assert found[1:] == expected[1:]
    assert [one.signer.rstrip("\ufffd") for one in found[0].signatures] == ["Người ký 1 \ufffd "] * 2
    assert [replace(one, signer=name) for one in found[0].signatures] == list(expected[0].signatures)
    assert list(catalogue.signed_files(item.held.aip_id, by_document=True)) == found


def test_totals_count_files_and_verdicts(catalogue: Catalogue) -> None:
    item = with_signatures(1)
    catalogue.register(item)
    totals = catalogue.signature_totals(item.held.aip_id)
    assert totals.files == {SignedState.SIGNED: 1, SignedState.UNSIGNED: 1, SignedState.UNREADABLE: 1}
    assert totals.signatures == {Indication.TOTAL_PASSED: 1, Indication.INDETERMINATE: 1}
    assert not catalogue.signature_totals(registration(9).held.aip_id).files


def test_packages_with_signatures_in_order_of_identifiers(catalogue: Catalogue) -> None:
    for number in range(1, 8):
        catalogue.register(with_signatures(number) if number % 2 else registration(number))
    expected = sorted(registration(number).held.aip_id for number in (1, 3, 5, 7))
    found = []
    last = None
    while page := catalogue.signed_versions(last, 3):
        found += [version.aip_id for version in page]
        last = page[-1].aip_id, page[-1].version
    assert found == expected


def test_an_event_with_new_verdicts_changes_the_current_one_only(catalogue: Catalogue) -> None:
    item = with_signatures(1)
    catalogue.register(item)
    path = "tài liệu 00001.pdf"
    before = catalogue.last_change()
    newest = judged(*REVOKED, days=20)
    catalogue.record_events(item.held.aip_id, 1, [changed(path, 1, newest)])
    catalogue.record_events(item.held.aip_id, 1, [changed(path, 1, judged(*TRY_LATER, days=10))])
    first, second = next(iter(catalogue.signed_files(item.held.aip_id))).signatures
    assert first.current == newest
    assert first.filed.indication is Indication.TOTAL_PASSED
    assert second.current == second.filed
    assert catalogue.last_change() == before + 1
    assert catalogue.signature_totals(item.held.aip_id).signatures[Indication.TOTAL_FAILED] == 1


def test_events_without_verdicts_change_nothing(catalogue: Catalogue) -> None:
    item = with_signatures(1)
    catalogue.register(item)
    before = list(catalogue.signed_files(item.held.aip_id)), catalogue.last_change()
    event = changed("tài liệu 00001.pdf", 1, judged(*REVOKED, days=20))
    for number, detail in enumerate(("", "{", '{"schema":"other/1","changes":[]}', '{"schema":"signature-recheck/1"}')):
        other = replace(event, id=derived_uuid(item.held.aip_id, str(number)), outcome_detail=detail)
        catalogue.record_events(item.held.aip_id, 1, [other])
    catalogue.record_events(item.held.aip_id, 1, [changed("no such file", 1, judged(*REVOKED, days=20))])
    assert (list(catalogue.signed_files(item.held.aip_id)), catalogue.last_change()) == before


def test_journalled_verdicts_hold_when_a_package_is_registered_anew(catalogue: Catalogue) -> None:
    path = "tài liệu 00001.pdf"
    newest = judged(*REVOKED, days=20)
    item = with_signatures(1)
    events = (changed(path, 1, newest), changed(path, 1, judged(*TRY_LATER, days=10)), *item.events)
    catalogue.register(replace(item, events=events))
    first = next(iter(catalogue.signed_files(item.held.aip_id))).signatures[0]
    assert first.current == newest
    before = list(catalogue.dump())
    catalogue.clear()
    assert "signatures" not in {name for name, _row in catalogue.dump()}
    catalogue.register(replace(with_signatures(1), events=events))
    assert list(catalogue.dump()) == before


def test_a_catalogue_of_the_first_schema_is_brought_up_to_date(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database(backend, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISIONS", ("0001_initial",))
        create_catalogue(url).close()
    assert not _tables(url) & {"signatures", "signed_files"}
    with open_catalogue(url) as opened:
        opened.register(with_signatures(1))
        assert len(list(opened.signed_files(registration(1).held.aip_id))) == 3
    assert {"signatures", "signed_files"} <= _tables(url)


def _tables(url: str) -> set[str]:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        names = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    return names


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT version_id FROM signatures WHERE indication = 'TOTAL-FAILED'", "ix_signatures_verdict"),
        ("SELECT version_id FROM signatures WHERE signer = 'A'", "ix_signatures_signer"),
        ("SELECT version_id FROM signatures WHERE expires < '2027'", "ix_signatures_expires"),
        ("SELECT version_id FROM signatures WHERE holds_until < '2027'", "ix_signatures_holds"),
    ],
)
def test_questions_about_signatures_use_an_index(tmp_path: Path, query: str, index: str) -> None:
    url = new_database("sqlite", tmp_path)
    create_catalogue(url).close()
    database = Database(url)
    with database.read() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
    database.close()
    assert index in plan
