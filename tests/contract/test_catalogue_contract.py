"""What every catalogue does, on SQLite and on PostgreSQL alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from archive.catalogue.catalogue import Catalogue, create_catalogue, open_catalogue
from archive.catalogue.values import (
    Agency,
    CopyVerification,
    Fonds,
    HoldingsCount,
    Job,
    JobState,
    StoredCopy,
    TransferQuery,
    TransferState,
)
from model.casefile import Document
from model.errors import ConflictError, InputError, NotFoundError
from model.findings import Outcome
from model.identifiers import derived_uuid
from model.preservation import Event, EventOutcome, EventType
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue, new_database
from tests.fakes.catalogue_samples import NOW, PDF, ROOT, documents, files, registration, transfer


@pytest.fixture(params=BACKENDS)
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(new_catalogue(request.param, tmp_path)) as opened:
        yield opened


# Transfers


def test_first_claim_wins_and_the_second_learns_who_did(catalogue: Catalogue) -> None:
    first, second = transfer(1, fingerprint="f"), transfer(2, fingerprint="f")
    assert catalogue.claim_transfer(first) is None
    assert catalogue.claim_transfer(second) == first
    assert catalogue.get_transfer(second.id) is None


def test_same_transfer_claims_again_with_new_values(catalogue: Catalogue) -> None:
    assert catalogue.claim_transfer(transfer(1, fingerprint="")) is None
    again = transfer(1, fingerprint="f", owner="host:2", files=7)
    assert catalogue.claim_transfer(again) is None
    assert catalogue.get_transfer(again.id) == again


@pytest.mark.parametrize("state", [TransferState.REFUSED, TransferState.FAILED, TransferState.RETURNED])
def test_a_fingerprint_is_free_again_when_its_transfer_ended_without_package(
    catalogue: Catalogue, state: TransferState
) -> None:
    first, second = transfer(1, fingerprint="f"), transfer(2, fingerprint="f")
    catalogue.claim_transfer(first)
    catalogue.save_transfer(replace(first, state=state, reason="metadata.missing", decided_at=NOW))
    assert catalogue.claim_transfer(second) is None
    with pytest.raises(ConflictError):
        catalogue.save_transfer(first)


def test_empty_fingerprints_claim_nothing(catalogue: Catalogue) -> None:
    assert catalogue.claim_transfer(transfer(1, fingerprint="")) is None
    assert catalogue.claim_transfer(transfer(2, fingerprint="")) is None


def test_an_accepted_transfer_is_not_demoted_by_its_own_late_claim(catalogue: Catalogue) -> None:
    wanted = registration(1)
    catalogue.register(wanted)
    assert catalogue.claim_transfer(wanted.transfer) is None
    found = catalogue.get_transfer(wanted.transfer.id)
    assert found is not None
    assert found.state is TransferState.ACCEPTED


def test_only_one_takes_over(catalogue: Catalogue) -> None:
    abandoned = transfer(1)
    catalogue.claim_transfer(abandoned)
    assert catalogue.take_over_transfer(abandoned.id, "host:1", "host:2")
    assert not catalogue.take_over_transfer(abandoned.id, "host:1", "host:3")
    assert not catalogue.take_over_transfer(uuid4(), "host:1", "host:3")
    catalogue.save_transfer(replace(abandoned, state=TransferState.REFUSED, owner="host:2"))
    assert not catalogue.take_over_transfer(abandoned.id, "host:2", "host:3")


def test_transfers_are_found_by_the_beginning_of_their_identifier(catalogue: Catalogue) -> None:
    one = transfer(1)
    twin = replace(transfer(2), id=one.id.__class__(int=one.id.int ^ 1))
    catalogue.save_transfer(one)
    assert catalogue.find_transfer(str(one.id)[:8]) == one
    assert catalogue.find_transfer(one.id.hex.upper()) == one
    catalogue.save_transfer(twin)
    with pytest.raises(ConflictError):
        catalogue.find_transfer(str(one.id)[:12])
    assert catalogue.find_transfer(str(one.id)) == one
    for nothing in ("", str(one.id)[:7], "zzzzzzzz", "00000000", str(one.id) + "0"):
        assert catalogue.find_transfer(nothing) is None


def test_transfers_are_listed_newest_first_in_pages(catalogue: Catalogue) -> None:
    kept = [replace(transfer(number), state=TransferState.REFUSED) for number in range(7)]
    kept += [replace(transfer(number), state=TransferState.FAILED) for number in range(7, 10)]
    for item in kept:
        catalogue.save_transfer(item)
    newest_first = kept[::-1]
    first = catalogue.list_transfers(TransferQuery(limit=4))
    rest = catalogue.list_transfers(TransferQuery(limit=50, before=first[-1].id))
    assert first + rest == newest_first
    both = TransferQuery(states=(TransferState.REFUSED, TransferState.FAILED), limit=5)
    assert catalogue.list_transfers(both) == newest_first[:5]
    assert catalogue.list_transfers(replace(both, before=newest_first[4].id)) == newest_first[5:]
    assert catalogue.list_transfers(TransferQuery(states=(TransferState.FAILED,))) == newest_first[:3]
    assert catalogue.list_transfers(TransferQuery(states=(TransferState.ACCEPTED,))) == []


def test_text_no_database_keeps_is_replaced_in_transfers(catalogue: Catalogue) -> None:
    hostile = transfer(1, title="a\x00b\ud800c", reason="\x00")
    catalogue.save_transfer(hostile)
    found = catalogue.get_transfer(hostile.id)
    assert found is not None
    assert found.title.startswith("a\ufffdb\ufffd")
    assert found.title.endswith("c")


# Packages


def test_registration_comes_back_as_it_was_given(catalogue: Catalogue) -> None:
    wanted = registration(1, count=5)
    aip_id = wanted.held.aip_id
    catalogue.register(wanted)
    assert catalogue.get_case_file(aip_id) == wanted.held
    assert list(catalogue.documents(aip_id)) == list(documents(1, 5))
    assert list(catalogue.files(aip_id)) == list(files(1, 5))
    assert catalogue.versions(aip_id) == [wanted.version]
    assert catalogue.events(aip_id) == list(wanted.events)
    assert catalogue.get_transfer(wanted.transfer.id) == replace(wanted.transfer, state=TransferState.ACCEPTED)
    assert catalogue.document_files(aip_id, 2) == list(files(1, 5))[1:2]
    assert catalogue.document_files(aip_id, 99) == []
    assert catalogue.file_by_path(aip_id, "tài liệu 00003.pdf") == list(files(1, 5))[2]
    assert catalogue.file_by_path(aip_id, "tài liệu\x00") is None


def test_unusual_files_come_back_byte_for_byte(catalogue: Catalogue) -> None:
    usual = next(files(1, 1))
    odd_format = replace(PDF, puid="UNKNOWN", warnings=("no match", "a\x00b"))
    odd = replace(
        usual,
        object=replace(
            usual.object,
            path="zz/renamed.bin",
            original_name=b"t\xe0i li\xeau\x00 \xff.bin",
            format=odd_format,
            document=None,
            modified=None,
        ),
        container_path="elsewhere/%0Afile",
    )
    wanted = replace(registration(1), files=iter((usual, odd)))
    catalogue.register(wanted)
    assert list(catalogue.files(wanted.held.aip_id)) == [usual, odd]


def test_unusual_texts_come_back_exactly_and_can_be_found(catalogue: Catalogue) -> None:
    strange = Document(ordinal=1, subject="a\x00b", organ_name="\ud83d", keywords=("\x00", "\udcff"), process=True)
    wanted = registration(1, code="HS\x001")
    wanted = replace(wanted, documents=iter((strange,)))
    catalogue.register(wanted)
    assert list(catalogue.documents(wanted.held.aip_id)) == [strange]
    assert catalogue.find_case_by_code("HS\x001") == [wanted.held]
    assert catalogue.find_case_by_code("HS\ufffd1") == []


def test_a_path_that_is_no_text_is_an_input_error_and_registers_nothing(catalogue: Catalogue) -> None:
    bad = next(files(1, 1))
    wanted = registration(1)
    wanted = replace(wanted, files=iter((replace(bad, object=replace(bad.object, path="\ud800")),)))
    with pytest.raises(InputError):
        catalogue.register(wanted)
    assert catalogue.get_case_file(wanted.held.aip_id) is None
    assert catalogue.counts().case_files == 0
    assert catalogue.get_transfer(wanted.transfer.id) is None


def test_one_path_twice_is_a_conflict_and_registers_nothing(catalogue: Catalogue) -> None:
    one = next(files(1, 1))
    wanted = replace(registration(1), files=iter((one, one)))
    with pytest.raises(ConflictError):
        catalogue.register(wanted)
    assert catalogue.get_case_file(wanted.held.aip_id) is None
    assert catalogue.last_change() == 0


def test_registering_again_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.register(registration(1))
    before = list(catalogue.dump()), catalogue.counts(), catalogue.last_change()
    catalogue.register(registration(1))
    catalogue.register(registration(1, count=9))
    assert (list(catalogue.dump()), catalogue.counts(), catalogue.last_change()) == before


def test_registering_again_settles_a_transfer_that_was_recorded_otherwise_since(catalogue: Catalogue) -> None:
    wanted = registration(1)
    catalogue.register(wanted)
    catalogue.save_transfer(wanted.transfer)
    catalogue.register(registration(1))
    found = catalogue.get_transfer(wanted.transfer.id)
    assert found is not None
    assert found.state is TransferState.ACCEPTED
    assert catalogue.counts().transfers["accepted"] == 1


def test_a_second_version_becomes_the_current_one_and_the_first_stays(catalogue: Catalogue) -> None:
    first = registration(1, count=3)
    second = registration(1, count=5, version=2)
    second = replace(second, held=replace(second.held, case_file=replace(second.held.case_file, title="Mới")))
    catalogue.register(first)
    catalogue.register(second)
    aip_id = first.held.aip_id
    assert catalogue.get_case_file(aip_id) == second.held
    assert [item.version for item in catalogue.versions(aip_id)] == [1, 2]
    assert len(list(catalogue.files(aip_id))) == 5
    assert len(list(catalogue.files(aip_id, version=1))) == 3
    assert len(list(catalogue.documents(aip_id, version=1))) == 3
    assert list(catalogue.documents(aip_id, version=3)) == []
    assert catalogue.counts().files == 5
    assert [change.version for change in catalogue.changes(0, 10)] == [1, 2]


def test_versions_may_be_registered_in_any_order(catalogue: Catalogue) -> None:
    catalogue.register(registration(1, count=5, version=2))
    catalogue.register(registration(1, count=3, version=1))
    held = catalogue.get_case_file(registration(1).held.aip_id)
    assert held is not None
    assert held.current_version == 2
    assert catalogue.counts() == HoldingsCount(
        case_files=1, documents=5, files=5, bytes=5000, transfers=catalogue.counts().transfers
    )


def test_case_files_are_found_by_code_identifier_and_its_beginning(catalogue: Catalogue) -> None:
    one, two, other = registration(1, code="A"), registration(2, code="A"), registration(3, code="a")
    for item in (one, two, other):
        catalogue.register(item)
    assert {held.aip_id for held in catalogue.find_case_by_code("A")} == {one.held.aip_id, two.held.aip_id}
    assert catalogue.find_case_files("a") == [other.held]
    assert catalogue.find_case_files(str(one.held.aip_id)) == [one.held]
    assert catalogue.find_case_files(str(one.held.aip_id)[:8]) == [one.held]
    assert catalogue.find_case_files(str(one.held.aip_id)[:7]) == []
    named_like_it = registration(4, code=str(one.held.aip_id)[:8])
    catalogue.register(named_like_it)
    assert catalogue.find_case_files(str(one.held.aip_id)[:8]) == [named_like_it.held, one.held]


def test_duplicates_are_found_once_for_each_digest(catalogue: Catalogue) -> None:
    catalogue.register(registration(1, count=700, content="same"))
    catalogue.register(registration(2, count=3, content="same"))
    held = [file.object.sha256 for file in files(1, 700, content="same")]
    absent = [bytes([number % 256]) * 32 for number in range(700)]
    found = list(catalogue.find_duplicates(iter(held + absent + held)))
    assert sorted(item.sha256 for item in found) == sorted(held)
    assert {(item.case_code, item.path) for item in found} >= {("HS.1", "tài liệu 00700.pdf")}
    assert list(catalogue.find_duplicates(())) == []
    assert list(catalogue.find_duplicates(absent[:1])) == []


def test_package_versions_are_read_on_from_where_one_stopped(catalogue: Catalogue) -> None:
    for number in range(5):
        catalogue.register(registration(number, count=1))
    catalogue.register(registration(0, count=1, version=2))
    found = []
    last = None
    while page := catalogue.iter_versions(last, 4):
        found += page
        last = page[-1].aip_id, page[-1].version
    keys = [(item.aip_id, item.version) for item in found]
    assert len(keys) == 6
    assert keys == sorted(keys)
    assert all(len(item.copies) == 2 for item in found)


def test_events_are_added_once(catalogue: Catalogue) -> None:
    wanted = registration(1)
    catalogue.register(wanted)
    checked = Event(
        id=derived_uuid(ROOT, "check"),
        type=EventType.FIXITY_CHECK,
        time=NOW + timedelta(days=1),
        outcome=EventOutcome.FAIL,
        outcome_detail="a byte changed",
        subject="data/x",
    )
    for _ in range(2):
        catalogue.record_events(wanted.held.aip_id, 1, [checked])
    assert catalogue.events(wanted.held.aip_id) == [*wanted.events, checked]
    with pytest.raises(NotFoundError):
        catalogue.record_events(wanted.held.aip_id, 2, [checked])


def test_verifications_say_how_each_copy_fared_last(catalogue: Catalogue) -> None:
    one, two = registration(1), registration(2)
    catalogue.register(one)
    catalogue.register(two)
    bad = CopyVerification(
        aip_id=one.held.aip_id, version=1, store="b", time=NOW, outcome=Outcome.FAILED, detail="digest differs"
    )
    good = replace(bad, aip_id=two.held.aip_id, outcome=Outcome.PASSED, detail="")
    catalogue.record_verifications([bad, good, replace(good, store="a"), replace(bad, store="c")])
    copies = {copy.store: copy for copy in catalogue.versions(one.held.aip_id)[0].copies}
    assert copies["a"] == StoredCopy(store="a")
    assert copies["b"] == StoredCopy(store="b", verified_at=NOW, outcome=Outcome.FAILED, detail="digest differs")
    assert set(copies) == {"a", "b", "c"}
    with pytest.raises(NotFoundError):
        catalogue.record_verifications([replace(good, outcome=Outcome.FAILED), replace(bad, version=9)])
    assert [copy.outcome for copy in catalogue.versions(two.held.aip_id)[0].copies] == [Outcome.PASSED] * 2


def test_counts_follow_every_change(catalogue: Catalogue) -> None:
    assert catalogue.counts().case_files == 0
    assert set(catalogue.counts().transfers) == {state.value for state in TransferState}
    catalogue.register(registration(1, count=3))
    catalogue.register(registration(2, count=4))
    refused = transfer(3)
    catalogue.claim_transfer(refused)
    catalogue.save_transfer(replace(refused, state=TransferState.REFUSED))
    catalogue.claim_transfer(transfer(4))
    counts = catalogue.counts()
    assert (counts.case_files, counts.documents, counts.files, counts.bytes) == (2, 7, 7, 7000)
    assert {state: number for state, number in counts.transfers.items() if number} == {
        "accepted": 2,
        "refused": 1,
        "processing": 1,
    }


# Feed, jobs, reference


def test_feed_tells_each_change_in_order(catalogue: Catalogue) -> None:
    assert catalogue.last_change() == 0
    wanted = [registration(number, count=1) for number in range(5)]
    for item in wanted:
        catalogue.register(item)
    changes = catalogue.changes(0, 3) + catalogue.changes(catalogue.changes(0, 3)[-1].sequence, 100)
    assert [change.aip_id for change in changes] == [item.held.aip_id for item in wanted]
    assert {change.action for change in changes} == {"put"}
    assert catalogue.last_change() == changes[-1].sequence
    assert catalogue.changes(catalogue.last_change(), 10) == []


def test_jobs_are_resumed_until_they_are_done(catalogue: Catalogue) -> None:
    assert catalogue.unfinished_job("verify") is None
    job = Job(id=uuid4(), kind="verify", state=JobState.RUNNING, started_at=NOW)
    catalogue.start_job(job)
    with pytest.raises(ConflictError):
        catalogue.start_job(job)
    later = replace(job, cursor="aips/x", updated_at=NOW + timedelta(minutes=1), done=7, failed=1)
    catalogue.save_job(later)
    assert catalogue.unfinished_job("verify") == later
    assert catalogue.unfinished_job("verify-deep") is None
    catalogue.save_job(replace(later, state=JobState.DONE))
    assert catalogue.unfinished_job("verify") is None
    with pytest.raises(NotFoundError):
        catalogue.save_job(replace(job, id=uuid4()))


def test_fonds_are_kept_by_code(catalogue: Catalogue) -> None:
    one = Fonds(code="P01", title="Phông UBND", agency_code="H26", history="…", note="")
    catalogue.put_fonds(Fonds(code="P02"))
    catalogue.put_fonds(Fonds(code="P01"))
    catalogue.put_fonds(replace(one, closed=True))
    assert catalogue.get_fonds("P01") == replace(one, closed=True)
    assert catalogue.get_fonds("P03") is None
    assert [item.code for item in catalogue.list_fonds()] == ["P01", "P02"]


def test_agencies_are_followed_to_their_successors(catalogue: Catalogue) -> None:
    finance = Agency(code="G10", name="Bộ Tài chính")
    planning = Agency(code="G09", name="Bộ Kế hoạch và Đầu tư", valid_to=date(2025, 2, 28), successor_code="G10")
    older = Agency(
        code="G08",
        name="Ủy ban Kế hoạch Nhà nước",
        valid_from=date(1955, 10, 8),
        valid_to=date(1995, 10, 31),
        successor_code="G09",
    )
    for item in (finance, planning, older):
        catalogue.put_agency(item)
    assert catalogue.get_agency("G08") == older
    assert catalogue.successor_chain("G08") == [older, planning, finance]
    assert catalogue.agency_at("G08", date(1995, 10, 31)) == older
    assert catalogue.agency_at("G08", date(1995, 11, 1)) == planning
    assert catalogue.agency_at("G08", date(2026, 1, 1)) == finance
    assert catalogue.agency_at("G08", date(1955, 1, 1)) is None
    assert catalogue.agency_at("none", date(2026, 1, 1)) is None
    catalogue.put_agency(replace(finance, valid_to=date(2025, 12, 31), successor_code="G08"))
    assert len(catalogue.successor_chain("G08")) == 3
    assert catalogue.agency_at("G09", date(2026, 1, 1)) is None


def test_settings_are_replaced(catalogue: Catalogue) -> None:
    assert catalogue.get_setting("archive-id") is None
    catalogue.put_setting("archive-id", "1")
    catalogue.put_setting("archive-id", "2")
    assert catalogue.get_setting("archive-id") == "2"


# Rebuild


def test_a_rebuilt_catalogue_equals_the_one_it_replaces(catalogue: Catalogue) -> None:
    catalogue.put_fonds(Fonds(code="P01"))
    catalogue.save_transfer(replace(transfer("refused"), state=TransferState.REFUSED))
    for number in (1, 2, 3):
        catalogue.register(registration(number, count=4))
    before, counts, last = list(catalogue.dump()), catalogue.counts(), catalogue.last_change()
    catalogue.clear()
    assert catalogue.counts().case_files == 0
    assert catalogue.counts().transfers["refused"] == 1
    assert catalogue.get_case_file(registration(1).held.aip_id) is None
    removed = catalogue.changes(last, 100)
    assert {change.action for change in removed} == {"remove"}
    assert len(removed) == 3
    for number in (3, 1, 2):
        catalogue.register(registration(number, count=4))
    assert list(catalogue.dump()) == before
    assert catalogue.counts() == counts
    assert len(catalogue.changes(last, 100)) == 6


def test_dump_differs_where_content_differs(catalogue: Catalogue) -> None:
    catalogue.register(registration(1))
    before = list(catalogue.dump())
    aip_id = registration(1).held.aip_id
    catalogue.record_verifications(
        [CopyVerification(aip_id=aip_id, version=1, store="a", time=NOW, outcome=Outcome.PASSED)]
    )
    assert list(catalogue.dump()) == before
    catalogue.put_fonds(Fonds(code="P09"))
    assert list(catalogue.dump()) != before


def test_both_databases_dump_the_same(tmp_path: Path) -> None:
    dumps = []
    for backend in BACKENDS:
        with open_catalogue(new_catalogue(backend, tmp_path)) as catalogue:
            for number in (2, 1):
                catalogue.register(registration(number, count=4))
            catalogue.save_transfer(transfer("Đ"))
            dumps.append(list(catalogue.dump()))
    assert dumps[0] == dumps[1]


def test_a_stream_left_unread_does_not_stand_in_the_way(catalogue: Catalogue) -> None:
    wanted = registration(1, count=2500)
    catalogue.register(wanted)
    stream = catalogue.files(wanted.held.aip_id)
    next(stream)
    catalogue.register(registration(2))
    assert len(list(stream)) == 2499
    half_read = catalogue.documents(wanted.held.aip_id)
    next(half_read)
    del half_read
    catalogue.clear()


def test_reopening_finds_everything(tmp_path: Path) -> None:
    for backend in BACKENDS:
        url = new_database(backend, tmp_path)
        with create_catalogue(url) as made:
            made.register(registration(1))
        with open_catalogue(url) as opened:
            opened.register(registration(2))
            assert opened.get_case_file(registration(1).held.aip_id) == registration(1).held
