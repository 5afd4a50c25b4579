"""Case files are handed over to another archive: prepared, resumed, receipted, and found again after a rebuild."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.access.export import find_one
from archive.archive import Archive, open_archive
from archive.catalogue.handovers import Handovers
from archive.catalogue.handovers_values import (
    Handover,
    HandoverItem,
    HandoverRequest,
    HandoverState,
    ItemState,
    state_of,
)
from archive.catalogue.submissions_values import Verdict
from archive.catalogue.values import AuditQuery
from archive.handover.folder import folder_lock, only_one
from archive.handover.preparing import left_out, prepare
from archive.handover.receipts import Registered, Said, find_handover, register_receipt, withdraw
from archive.handover.selecting import LeftOut, select
from archive.journal import read_journal
from cli import load_commands
from ingest.rebuild import rebuild
from ingest.receipts import write_receipt
from ingest.reception.deciding import decide_transfer
from ingest.reception.receipt import write_submission_receipt
from ingest.reception.registering import find_submission
from ingest.reception.standing import standing
from model.errors import ConflictError, InputError, IntegrityError, NotFoundError, PolicyError
from model.findings import Outcome
from model.preservation import EventType
from preservation.package.check import check_package
from tests.fakes.archives import container_paths, flip_byte, new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.catalogue_samples import registration
from tests.fakes.receptions import CODE as SUBMISSION
from tests.fakes.receptions import approve_all, keep_all, receive, registered
from tests.fakes.receptions import received as handed_in
from tests.fakes.sip_packages import make_sip_tailieu

PERMANENT = {"maintenance": "01"}
REQUEST = HandoverRequest(receiver="Lưu trữ lịch sử tỉnh Ví Dụ", receiver_code="H49.LS", registration="DK-2026/07")
CODES = ("H49.64.2020.1", "H49.64.2020.2", "H49.64.2021.3")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an archive with three case files to keep for ever and one that is not; every test works in a copy."""
    folder = tmp_path_factory.mktemp("template")
    with new_archive(folder / "archive") as opened:
        for number, code in enumerate(CODES):
            case = {**PERMANENT, "startDate": f"01/01/{2020 + number}", "endDate": f"31/12/{2020 + number}"}
            make_case_folder(folder / "in" / code, code, documents=2, case=case)
        make_case_folder(folder / "in" / "short", "H49.64.2020.9", documents=1)
        for report in take_in(opened, folder / "in"):
            assert report.aip_id is not None, report
    return folder / "archive"


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(template, tmp_path / "archive")
    with open_archive(tmp_path / "archive") as opened:
        yield opened


def prepared(archive: Archive, folder: Path, request: HandoverRequest = REQUEST) -> Handover:
    return prepare(archive, request, folder, "nộp lưu năm 2026", lambda item: None).handover


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def items(archive: Archive, handover: Handover) -> list[HandoverItem]:
    return list(archive.catalogue.handovers.all_items(handover.id))


def state(archive: Archive, handover: Handover) -> HandoverState:
    found = archive.catalogue.handovers.get(handover.id)
    assert found is not None
    return state_of(found, archive.catalogue.handovers.totals(handover.id))


def events(archive: Archive, code: str, kind: EventType) -> list[str]:
    held = find_one(archive, code)
    in_journal = [event for _, event in read_journal(archive.copies, held.aip_id) if event.type is kind]
    assert in_journal == [event for event in archive.catalogue.events(held.aip_id, kind=kind) if event in in_journal]
    return [event.detail for event in in_journal]


def acts(archive: Archive) -> list[str]:
    return [
        row.action for row in archive.catalogue.audit_page(AuditQuery(limit=50)) if row.action.startswith("handover")
    ]


# Selecting


def test_only_what_is_kept_for_ever_is_selected(archive: Archive) -> None:
    judged = list(select(archive, REQUEST))
    assert sorted(item.held.case_file.file_code for item in judged) == sorted(CODES)
    assert {item.reason for item in judged} == {None}


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"fonds": "P02", "identifiers": (CODES[0],)}, [LeftOut.OTHER_FONDS]),
        ({"identifiers": ("H49.64.2020.9",)}, [LeftOut.NOT_PERMANENT]),
        ({"identifiers": CODES, "ended_before": date(2021, 12, 31)}, [None, LeftOut.ENDED_LATER, LeftOut.ENDED_LATER]),
        ({"identifiers": (CODES[0], CODES[0])}, [None]),
    ],
)
def test_why_a_case_file_is_left_out(archive: Archive, changes: dict[str, object], reasons: list[object]) -> None:
    judged = select(archive, replace(REQUEST, **changes))  # type: ignore[arg-type]  # the request's own fields
    assert [item.reason for item in judged] == reasons


@pytest.mark.parametrize("where", ["case file", "document"])
def test_secret_case_files_never_go(archive: Archive, where: str) -> None:
    """The intake refuses them; what got in all the same, under another policy, still does not leave."""
    made = registration(1)
    mode = "03" if where == "case file" else "01"
    case_file = replace(made.held.case_file, maintenance="01", mode=mode, file_code="H49.64.2019.7")
    documents = [replace(document, mode="03" if where == "document" else "01") for document in made.documents]
    archive.catalogue.register(replace(made, held=replace(made.held, case_file=case_file), documents=documents))
    (judged,) = select(archive, replace(REQUEST, identifiers=("H49.64.2019.7",)))
    assert judged.reason is LeftOut.SECRET


def described(folder: Path, code: str, period: str, **more: object) -> Path:
    """Make a case file of a retention period, whose first document may have another."""
    made = make_case_folder(folder, code, documents=2, case={"maintenance": period})
    hoso = json.loads((made / "hoso.json").read_bytes())
    hoso["documents"][0].update(more)
    (made / "hoso.json").write_text(json.dumps(hoso, ensure_ascii=False), encoding="utf-8")
    return made


def test_the_most_valuable_document_decides(archive: Archive, tmp_path: Path) -> None:
    """As in the rest of the program: one rule a case file, from its class or its most valuable document."""
    take_in(archive, described(tmp_path / "a", "H49.64.2022.1", "05", maintenance="01"))
    take_in(archive, described(tmp_path / "b", "H49.64.2022.2", "05"))
    assert {item.held.case_file.file_code for item in select(archive, REQUEST)} == {*CODES, "H49.64.2022.1"}


def test_loose_documents_are_selected_without_being_named(archive: Archive, tmp_path: Path) -> None:
    (report,) = take_in(archive, make_sip_tailieu(tmp_path / "loose"))
    assert report.aip_id is not None
    held = find_one(archive, str(report.aip_id))
    judged = {item.held.aip_id: item.reason for item in select(archive, REQUEST)}
    assert judged[held.aip_id] is None
    ended = max(item.issued_date.latest for item in archive.catalogue.documents(held.aip_id) if item.issued_date)
    for day, reason in ((ended, LeftOut.ENDED_LATER), (ended + timedelta(days=1), None)):
        asked = replace(REQUEST, identifiers=(str(held.aip_id),), ended_before=day)
        assert [item.reason for item in select(archive, asked)] == [reason]


# Preparing


@pytest.mark.parametrize("packed", [True, False])
def test_packages_pass_the_check_and_the_manifest_names_their_digests(
    archive: Archive, tmp_path: Path, packed: bool
) -> None:
    folder = tmp_path / "out"
    handover = prepared(archive, folder, replace(REQUEST, packed=packed))
    manifest = json.loads((folder / "handover.json").read_bytes())
    assert (manifest["id"], manifest["case_files"], manifest["documents"]) == (str(handover.id), 3, 6)
    assert sorted(package["code"] for package in manifest["packages"]) == sorted(CODES)
    for package in manifest["packages"]:
        path = folder / package["path"]
        measured = path if packed else next(path.iterdir()) / "METS.xml"
        assert hashlib.sha256(measured.read_bytes()).hexdigest() == package["sha256"]
        report = check_package(path if packed else next(path.iterdir()))
        assert (report.type, report.outcome) == ("vn-tt05-sip", Outcome.PASSED)
    names = {path.name for path in folder.iterdir()}
    papers = {"muc-luc-ho-so.xlsx", "muc-luc-ho-so.pdf", "bien-ban-giao-nhan.docx", "bien-ban-giao-nhan.pdf"}
    assert names == {"handover.json", "packages", *papers}
    assert state(archive, handover) is HandoverState.PREPARED
    assert [len(events(archive, code, EventType.DISSEMINATION)) for code in CODES] == [1, 1, 1]
    assert acts(archive) == ["handover-prepare"]


def test_what_is_prepared_already_is_not_prepared_again(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    handover = prepared(archive, folder)
    before = tree(folder)
    again = prepare(archive, REQUEST, folder, "nộp lưu năm 2026", lambda item: pytest.fail("written again"))
    assert again.already
    assert again.handover.id == handover.id
    assert tree(folder) == before
    assert acts(archive) == ["handover-prepare"]


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupted_preparation_goes_on_with_the_same_packages(
    archive: Archive, tmp_path: Path, after: int
) -> None:
    seen: list[str] = []

    def stop(item: HandoverItem) -> None:
        seen.append(item.name)
        if len(seen) == after:
            raise KeyboardInterrupt

    folder = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        prepare(archive, REQUEST, folder, "nộp lưu", stop)
    first = {name: content for name, content in tree(folder).items() if name.startswith("packages/")}
    (folder / "packages" / "000003-half.zip").write_bytes(b"half")
    (folder / "packages" / "000003-half.zip").unlink()
    (handover,) = archive.catalogue.handovers.page(None, 5)
    assert state(archive, handover) is HandoverState.PREPARING
    done = prepare(archive, REQUEST, folder, "nộp lưu", lambda item: seen.append(item.name))
    assert done.handover.id == handover.id
    assert len(seen) == len(set(seen)) == 3
    whole = tree(folder)
    assert {name: whole[name] for name in first} == first
    assert [len(events(archive, code, EventType.DISSEMINATION)) for code in CODES] == [1, 1, 1]
    assert acts(archive) == ["handover-prepare"]


def test_the_same_package_is_written_again_byte_for_byte(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def stop(item: HandoverItem) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(archive, REQUEST, folder, "nộp lưu", stop)
    ((name, content),) = ((name, content) for name, content in tree(folder).items() if name.startswith("packages/"))
    (folder / name).unlink()
    prepared(archive, folder)
    assert (folder / name).read_bytes() == content


def test_a_case_file_is_in_one_hand_over_only(archive: Archive, tmp_path: Path) -> None:
    prepared(archive, tmp_path / "one", replace(REQUEST, identifiers=(CODES[0],)))
    second = prepared(archive, tmp_path / "two")
    assert {item.code for item in items(archive, second)} == set(CODES[1:])
    assert list(left_out(archive, second.id)) == [(CODES[0], LeftOut.UNDER_WAY)]
    with pytest.raises(NotFoundError, match="under-way"):
        prepared(archive, tmp_path / "three")
    assert not (tmp_path / "three").exists()


@pytest.mark.parametrize("changes", [{"registration": "DK-2"}, {"packed": False}, {"fonds": "P01"}])
def test_a_folder_belongs_to_one_hand_over(archive: Archive, tmp_path: Path, changes: dict[str, object]) -> None:
    prepared(archive, tmp_path / "out")
    before = tree(tmp_path / "out")
    with pytest.raises(ConflictError):
        prepared(archive, tmp_path / "out", replace(REQUEST, **changes))  # type: ignore[arg-type]  # its own fields
    assert tree(tmp_path / "out") == before


def test_a_folder_with_something_else_in_it_is_left_alone(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_bytes(b"mine")
    with pytest.raises(ConflictError):
        prepared(archive, tmp_path / "out")
    assert tree(tmp_path / "out") == {"mine": b"mine"}
    assert archive.catalogue.handovers.page(None, 5) == []


def test_damage_stops_a_preparation_which_goes_on_when_it_is_repaired(archive: Archive, tmp_path: Path) -> None:
    text = f"Nội dung văn bản số 1 của hồ sơ {CODES[1]}".encode()
    (path,) = (path for path in container_paths(archive) if text in path.read_bytes())
    place = path.read_bytes().index(text)
    flip_byte(path, place)
    with pytest.raises(IntegrityError):
        prepared(archive, tmp_path / "out")
    assert not (tmp_path / "out" / "handover.json").exists()
    flip_byte(path, place)
    assert len(items(archive, prepared(archive, tmp_path / "out"))) == 3


@pytest.mark.parametrize(
    "changes", [{"receiver": " "}, {"registration": ""}, {"receiver": "x" * 201}, {"fonds": "a\x00"}]
)
def test_a_request_that_says_nothing_or_too_much_is_refused(
    archive: Archive, tmp_path: Path, changes: dict[str, str]
) -> None:
    with pytest.raises(InputError):
        prepared(archive, tmp_path / "out", replace(REQUEST, **changes))  # type: ignore[arg-type]  # its own fields
    assert not (tmp_path / "out").exists()


def test_case_files_taken_meanwhile_are_left_out_when_it_is_said_again(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process plans them between the selection and the plan."""
    put = Handovers.put

    def late(self: Handovers, handover: Handover, chosen: Iterable[HandoverItem]) -> None:
        monkeypatch.undo()
        prepared(archive, tmp_path / "other", replace(REQUEST, identifiers=(CODES[0],)))
        put(self, handover, chosen)

    monkeypatch.setattr(Handovers, "put", late)
    with pytest.raises(ConflictError, match="another hand-over"):
        prepared(archive, tmp_path / "out")
    handover = prepared(archive, tmp_path / "out")
    assert {item.code for item in items(archive, handover)} == set(CODES[1:])
    assert list(left_out(archive, handover.id)) == [(CODES[0], LeftOut.UNDER_WAY)]


def interrupted(archive: Archive, folder: Path) -> Handover:
    def stop(item: HandoverItem) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(archive, REQUEST, folder, "nộp lưu", stop)
    (handover,) = archive.catalogue.handovers.page(None, 5)
    return handover


def test_what_was_withdrawn_is_not_gone_on_with(archive: Archive, tmp_path: Path) -> None:
    handover = interrupted(archive, tmp_path / "out")
    withdraw(archive, handover, "sai đợt")
    before = tree(tmp_path / "out")
    with pytest.raises(ConflictError, match="withdrawn"):
        prepared(archive, tmp_path / "out")
    assert tree(tmp_path / "out") == before
    assert state(archive, handover) is HandoverState.DONE


def test_a_package_that_was_cut_off_is_written_again(archive: Archive, tmp_path: Path) -> None:
    handover = interrupted(archive, tmp_path / "out")
    (item,) = (item for item in items(archive, handover) if item.name)
    path = tmp_path / "out" / "packages" / item.name
    whole = path.read_bytes()
    path.write_bytes(b"")
    (path.parent / ".0123.part").write_bytes(b"half")
    (tmp_path / "out" / ".muc-luc-ho-so.xlsx.7.new").write_bytes(b"half")
    prepared(archive, tmp_path / "out")
    assert path.read_bytes() == whole
    assert not [name for name in tree(tmp_path / "out") if "/." in f"/{name}"]


def test_a_folder_is_one_process_s_at_a_time(archive: Archive, tmp_path: Path) -> None:
    with folder_lock(tmp_path / "out"), pytest.raises(ConflictError, match="Another process"):
        prepared(archive, tmp_path / "out")
    prepared(archive, tmp_path / "out")


# Receipts


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Archive]:
    """Make the archive that receives."""
    with new_archive(tmp_path / "receiver") as opened:
        yield opened


def received(receiver: Archive, folder: Path, handover: Handover) -> list[Path]:
    """Take a hand-over in at the receiver; return its receipts."""
    receipts = []
    for path in sorted((folder / "packages").iterdir()):
        (report,) = take_in(receiver, path)
        assert report.aip_id is not None, [(finding.code, finding.message("en")) for finding in report.findings]
        receipts.append(write_receipt(report, receiver, folder / f"{path.stem}.receipt.json"))
    return receipts


def test_the_receivers_own_receipts_make_the_hand_over_done(
    archive: Archive, receiver: Archive, tmp_path: Path
) -> None:
    handover = prepared(archive, tmp_path / "out")
    receipts = received(receiver, tmp_path / "out", handover)
    states = []
    for path in receipts:
        registered = register_receipt(archive, handover, path, Said(), "biên nhận")
        assert (registered.accepted, registered.refused) == (1, 0)
        states.append(state(archive, handover))
    assert states == [HandoverState.PARTLY, HandoverState.PARTLY, HandoverState.DONE]
    assert {item.state for item in items(archive, handover)} == {ItemState.ACCEPTED}
    for code in CODES:
        (detail,) = events(archive, code, EventType.TRANSFER)
        assert "accepted by H49.LS" in detail
        assert archive.catalogue.handovers.holding(find_one(archive, code).aip_id) is not None
    kept = [stored.key for stored in archive.copies.list(f"handovers/{handover.id}/receipts/")]
    assert {key.rpartition("/")[2] for key in kept} == {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in receipts
    }
    again = register_receipt(archive, handover, receipts[0], Said(), "biên nhận")
    assert (again.accepted, again.refused, again.still_open) == (0, 0, 0)
    assert acts(archive) == ["handover-receipt"] * 3 + ["handover-prepare"]


def test_a_receipt_that_names_other_bytes_decides_nothing(archive: Archive, receiver: Archive, tmp_path: Path) -> None:
    handover = prepared(archive, tmp_path / "out")
    path = received(receiver, tmp_path / "out", handover)[0]
    data = json.loads(path.read_bytes())
    data["transfers"][0]["file_list"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="names no file with the digest"):
        register_receipt(archive, handover, path, Said(), "biên nhận")
    assert {item.state for item in items(archive, handover)} == {ItemState.OPEN}
    assert list(archive.copies.list(f"handovers/{handover.id}/receipts/")) == []


def machine_receipt(path: Path, **entry: object) -> Path:
    path.write_text(json.dumps({"schema": "receipt/1", "transfers": [entry]}))
    return path


def test_what_a_receipt_refuses_is_free_again(archive: Archive, tmp_path: Path) -> None:
    handover = prepared(archive, tmp_path / "out")
    finding = {"code": "format.broken", "severity": "error"}
    path = machine_receipt(tmp_path / "r.json", status="refused", case_code=CODES[0], findings=[finding])
    registered = register_receipt(archive, handover, path, Said(), "biên nhận")
    assert (registered.accepted, registered.refused, registered.still_open) == (0, 1, 2)
    (item,) = archive.catalogue.handovers.by_code(handover.id, CODES[0])
    assert (item.state, item.reason) == (ItemState.REFUSED, "format.broken")
    assert archive.catalogue.handovers.holding(item.aip_id) is None
    second = prepared(archive, tmp_path / "second")
    assert [item.code for item in items(archive, second)] == [CODES[0]]


@pytest.mark.parametrize(
    "entry",
    [
        {"status": "accepted", "case_code": "H49.64.1999.1", "file_list": []},
        {"status": "accepted"},
        {"status": "accepted", "case_code": CODES[0]},
        {"status": "accepted", "case_code": CODES[0], "file_list": {"table": "../../etc/passwd"}},
        {"status": "accepted", "case_code": CODES[0], "file_list": ["x", {"sha256": None}]},
    ],
)
def test_a_receipt_of_something_else_decides_nothing(
    archive: Archive, tmp_path: Path, entry: dict[str, object]
) -> None:
    handover = prepared(archive, tmp_path / "out")
    with pytest.raises(InputError):
        register_receipt(archive, handover, machine_receipt(tmp_path / "r.json", **entry), Said(), "biên nhận")
    assert {item.state for item in items(archive, handover)} == {ItemState.OPEN}


@pytest.mark.parametrize("statuses", [("accepted", "refused"), ("refused", "accepted")])
def test_a_receipt_that_contradicts_itself_decides_nothing(
    archive: Archive, tmp_path: Path, statuses: tuple[str, str]
) -> None:
    handover = prepared(archive, tmp_path / "out")
    (item,) = archive.catalogue.handovers.by_code(handover.id, CODES[0])
    files = [{"sha256": file.object.sha256.hex()} for file in archive.catalogue.files(item.aip_id, 1)]
    entries = [{"status": status, "case_code": CODES[0], "file_list": files} for status in statuses]
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"schema": "receipt/1", "transfers": entries}))
    with pytest.raises(InputError, match="both accepts and refuses"):
        register_receipt(archive, handover, path, Said(), "biên nhận")
    assert {item.state for item in items(archive, handover)} == {ItemState.OPEN}


@pytest.mark.parametrize(
    "entry",
    [
        {"status": "refused", "case_code": CODES[0], "findings": 5},
        {"status": "refused", "case_code": CODES[0], "findings": "x", "reason": ["\ud800\x00"]},
        {"status": ["refused"], "case_code": {}, "source": "999999-x"},
        {"status": "refused", "case_code": "\ud800", "source": 7},
    ],
)
def test_a_receipt_that_is_written_badly_is_no_bug(archive: Archive, tmp_path: Path, entry: dict[str, object]) -> None:
    handover = prepared(archive, tmp_path / "out")
    with suppress(InputError):
        register_receipt(archive, handover, machine_receipt(tmp_path / "r.json", **entry), Said(), "biên nhận")


def test_nobody_receipts_his_own_hand_over(archive: Archive, tmp_path: Path) -> None:
    handover = prepared(archive, tmp_path / "out")
    entry = {"status": "refused", "case_code": CODES[0]}
    issuer = {"id": str(archive.configuration.archive_id).upper()}
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"schema": "receipt/1", "archive": issuer, "transfers": [entry]}))
    with pytest.raises(InputError, match="this archive itself"):
        register_receipt(archive, handover, path, Said(), "biên nhận")


def test_one_process_at_a_time_decides(archive: Archive, tmp_path: Path) -> None:
    handover = prepared(archive, tmp_path / "out")
    with only_one(archive.work / f"handover-{handover.id}.lock"), pytest.raises(ConflictError):
        withdraw(archive, handover, "sai đợt")
    withdraw(archive, handover, "sai đợt")
    (tmp_path / "r.pdf").write_bytes(b"%PDF")
    with pytest.raises(PolicyError):  # who asked before the withdrawal is told of it
        register_receipt(archive, handover, tmp_path / "r.pdf", Said(accepted=(CODES[0],)), "biên nhận")


def test_the_receipt_of_a_registered_submission_is_understood(
    archive: Archive, receiver: Archive, tmp_path: Path
) -> None:
    """What `submission receipt` of the receiving archive writes, of one approved and one refused."""
    handover = prepared(archive, tmp_path / "out")
    submission = registered(receiver)
    paths = sorted((tmp_path / "out" / "packages").iterdir())
    receive(receiver, submission, *paths)
    waiting = register_from(archive, handover, receiver, tmp_path / "waiting.json")
    assert (waiting.accepted, waiting.refused, waiting.still_open) == (0, 0, 3)
    items_there = handed_in(receiver, submission)
    decide_transfer(receiver, items_there[0], Verdict.REFUSE, "thiếu trang")
    keep_all(receiver, submission)
    approve_all(receiver, submission)
    done = register_from(archive, handover, receiver, tmp_path / "done.json")
    assert (done.accepted, done.refused, done.still_open) == (2, 1, 0)
    (refused,) = (item for item in items(archive, handover) if item.state is ItemState.REFUSED)
    assert refused.code == items_there[0].case_code
    with pytest.raises(InputError, match="whole submission"):
        register_receipt(archive, handover, tmp_path / "done.json", Said(), "biên nhận")


def register_from(archive: Archive, handover: Handover, receiver: Archive, target: Path) -> Registered:
    now = standing(receiver, find_submission(receiver, SUBMISSION))
    written = write_submission_receipt(receiver, now, target)
    return register_receipt(archive, handover, written[1], Said(), "biên nhận")


def test_a_scanned_receipt_needs_an_officer(archive: Archive, tmp_path: Path) -> None:
    handover = prepared(archive, tmp_path / "out")
    scan = tmp_path / "biên nhận.pdf"
    scan.write_bytes(b"%PDF-1.7 signed")
    with pytest.raises(InputError, match="no `receipt/1`"):
        register_receipt(archive, handover, scan, Said(), "biên nhận")
    with pytest.raises(InputError, match="not in this hand-over"):
        register_receipt(archive, handover, scan, Said(accepted=("H1",)), "biên nhận")
    registered = register_receipt(
        archive, handover, scan, Said(accepted=("all",), refused=((CODES[2], "thiếu trang"),)), "biên nhận"
    )
    assert (registered.accepted, registered.refused, registered.still_open) == (2, 1, 0)
    assert state(archive, handover) is HandoverState.DONE
    with pytest.raises(PolicyError, match="decided otherwise"):
        register_receipt(archive, handover, scan, Said(accepted=(CODES[2],)), "biên nhận")
    with archive.copies.open(
        f"handovers/{handover.id}/receipts/{hashlib.sha256(b'%PDF-1.7 signed').hexdigest()}"
    ) as kept:
        assert kept.read() == b"%PDF-1.7 signed"


def test_nothing_is_received_before_it_is_written(archive: Archive, tmp_path: Path) -> None:
    def stop(item: HandoverItem) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(archive, REQUEST, tmp_path / "out", "nộp lưu", stop)
    (handover,) = archive.catalogue.handovers.page(None, 5)
    with pytest.raises(PolicyError):
        register_receipt(archive, handover, tmp_path / "x", Said(accepted=("all",)), "biên nhận")


def test_a_withdrawn_hand_over_frees_its_case_files(archive: Archive, tmp_path: Path) -> None:
    handover = prepared(archive, tmp_path / "out")
    assert withdraw(archive, handover, "sai đợt").still_open == 0
    assert state(archive, handover) is HandoverState.DONE
    assert [events(archive, code, EventType.TRANSFER) for code in CODES] == [[], [], []]
    assert len(items(archive, prepared(archive, tmp_path / "again"))) == 3
    assert acts(archive)[1] == "handover-withdraw"


# Rebuilding


def test_a_rebuild_brings_every_hand_over_back(archive: Archive, tmp_path: Path) -> None:
    first = prepared(archive, tmp_path / "out")
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF")
    register_receipt(archive, first, scan, Said(accepted=(CODES[0],), refused=((CODES[1], "mờ"),)), "biên nhận")
    withdraw(archive, first, "phần còn lại")
    prepared(archive, tmp_path / "second")
    before = list(archive.catalogue.dump())
    assert sum(name == "handover_items" for name, _row in before) == 5
    rebuilt = rebuild(archive)
    assert rebuilt.problems == ()
    assert list(archive.catalogue.dump()) == before


# Command line


def run(archive: Archive, *arguments: str) -> Result:
    return CliRunner().invoke(
        load_commands(), ["--archive", str(archive.folder), "--lang", "en", "transfer", *arguments]
    )


OPTIONS = ("--receiver", "Lưu trữ lịch sử", "--receiver-code", "H49.LS", "--registration", "DK-1", "--because", "nộp")


def test_commands_from_dry_run_to_done(archive: Archive, tmp_path: Path) -> None:
    folder = str(tmp_path / "out")
    tried = run(archive, "prepare", "--to", folder, *OPTIONS, "--dry-run", "--ended-before", "2021-01-01")
    assert tried.exit_code == 0, tried.output
    assert "1 case file would be handed over" in tried.stderr
    assert f"- {CODES[1]}: ended later" in tried.stdout
    assert not Path(folder).exists()
    done = run(archive, "prepare", "--to", folder, *OPTIONS, "--json")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["schema"] for line in lines] == ["handover-item/1"] * 3 + ["handover/1"]
    identifier = lines[-1]["id"]
    (tmp_path / "r.pdf").write_bytes(b"%PDF")
    half = run(archive, "receipt", identifier[:13], str(tmp_path / "r.pdf"), "--accepted", CODES[0], "--because", "x")
    assert half.exit_code == 0, half.output
    assert "receipt for a part" in half.stdout
    ended = run(archive, "withdraw", identifier, "--because", "x", "--json")
    assert json.loads(ended.stdout)["state"] == "done"
    shown = run(archive, "handovers", identifier)
    assert "handed over" in shown.stdout
    assert "withdrawn" in shown.stdout
    assert run(archive, "handovers").stdout.count("DK-1") == 1
    assert run(archive, "handovers", "00000000").exit_code == 10


@pytest.mark.parametrize("arguments", [("--accepted", "x", "--refused", "y"), ("--refused", "=z")])
def test_a_refusal_needs_a_reason(archive: Archive, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(archive, "receipt", "00000000", "r", *arguments, "--because", "x").exit_code == 2


def test_packages_are_the_ones_the_folder_says(archive: Archive, tmp_path: Path) -> None:
    handover = find_handover(archive, str(prepared(archive, tmp_path / "out").id)[:13])
    for item in items(archive, handover):
        path = tmp_path / "out" / "packages" / item.name
        assert path.name.startswith(f"{item.ordinal:06d}-uuid-")
        with zipfile.ZipFile(path) as package:
            assert package.testzip() is None
            assert {name.split("/")[0] for name in package.namelist()} == {path.stem[7:]}
