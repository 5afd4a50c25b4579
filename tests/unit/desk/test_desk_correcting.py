"""Describing and discarding what is on the desk, and what several documents share."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.archive import create_archive
from archive.catalogue.desk_values import DISCARDED, TRAY
from archive.forms.values import Direction
from ingest.desk.adding import lay_down, place_by_hand, take_out
from ingest.desk.closing import ClosingFacts, close
from ingest.desk.correcting import describe, discard
from ingest.desk.describing import LooseFacts
from ingest.desk.desk import Desk, reindex
from ingest.desk.opening import OpeningFacts, open_case
from ingest.desk.registers import register_entries
from ingest.desk.showing import closed_lines
from ingest.desk.values import AddOutcome, DeskCase, FileState
from ingest.desk.view import view_case
from ingest.values import IngestStatus
from model.dates import PartialDate
from model.errors import InputError, NotFoundError, PolicyError
from tests.fakes.desk_messages import (
    AGENCY,
    compile_all,
    held_desk,
    key,
    message,
    pdf,
    with_plan,
    write_messages,
)
from tests.fakes.edxml_messages import RECEIVER, update_of
from tests.fakes.terminal import Terminal

ROAD = "Về việc sửa đường liên xã"
FACTS = LooseFacts(
    code="7/QĐ-SMAU", date=PartialDate(2026, 5, 1), type_name="Quyết định", organ_name="Sở Thử Nghiệm", subject="Thử"
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    create_archive(tmp_path / "archive", stores=("a",))
    with held_desk(tmp_path / "archive") as opened:
        with_plan(opened, tmp_path)
        yield opened


def a_case(desk: Desk, title: str = "Hồ sơ rời", maintenance: str = "06") -> DeskCase:
    facts = OpeningFacts(year=2026, title=title, agency_code=AGENCY, maintenance=maintenance, mode="01")
    return open_case(desk, facts)


def road(desk: Desk) -> DeskCase:
    case = desk.case_by_number("01.TH", 2026)
    assert case is not None
    return case


def loose(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for place, path in enumerate(paths):
        path.write_bytes(pdf(200 + place))
    return paths


def contents_of(desk: Desk) -> int:
    return sum(1 for path in (desk.folder.path / "content").rglob("*") if path.is_file())


def test_what_is_missing_of_a_loose_file_can_be_given_later(desk: Desk, tmp_path: Path) -> None:
    case, paths = a_case(desk), loose(tmp_path, "van-ban.pdf")
    (added,) = lay_down(desk, paths, case)
    closed = close(desk, case, ClosingFacts())
    assert "casefile.document-missing" in {finding.code for finding in closed.findings}
    described = describe(desk, added.document[:12], FACTS)
    assert (described.key.code, described.type_code, described.subject) == ("7/QĐ-SMAU", "02", "Thử")
    assert close(desk, case, ClosingFacts()).case.state is FileState.HANDED_OVER


def test_adding_it_again_with_what_is_missing_describes_it(desk: Desk, tmp_path: Path) -> None:
    case, paths = a_case(desk), loose(tmp_path, "van-ban.pdf")
    list(lay_down(desk, paths, case))
    assert [item.outcome for item in lay_down(desk, paths, case)] == [AddOutcome.KNOWN]
    assert [item.outcome for item in lay_down(desk, paths, case, FACTS)] == [AddOutcome.DESCRIBED]
    assert [item.outcome for item in lay_down(desk, paths, case, FACTS)] == [AddOutcome.KNOWN]
    (document,) = desk.documents(case.id)
    assert document.key.code == "7/QĐ-SMAU"
    take_out(desk, case, document.id, "sai")
    (placed,) = lay_down(desk, paths, case, LooseFacts(subject="Khác"))
    assert placed.outcome is AddOutcome.ADDED
    (document,) = desk.documents(case.id)
    assert (document.subject, document.key.code) == ("Khác", "7/QĐ-SMAU")


def test_a_message_keeps_what_it_says_of_itself(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD)))
    (document,) = desk.documents(road(desk).id)
    described = describe(desk, document.id, LooseFacts(pages=7, maintenance="05", type_name="Thông báo"))
    assert (described.pages, described.maintenance, described.type_code) == (7, "05", "07")
    with pytest.raises(InputError):
        describe(desk, document.id, LooseFacts(code="99/QĐ"))
    with pytest.raises(InputError):
        describe(desk, document.id, LooseFacts())


def test_what_is_handed_over_is_described_no_more(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD)))
    (document,) = desk.documents(road(desk).id)
    assert close(desk, road(desk), ClosingFacts()).case.state is FileState.HANDED_OVER
    with pytest.raises(PolicyError):
        describe(desk, document.id, LooseFacts(pages=7))


def test_drafts_and_duplicates_leave_the_desk_with_a_record(desk: Desk, tmp_path: Path) -> None:
    messages = write_messages(tmp_path / "in", message(1, ROAD), message(1, "Trùng"), message(2, "Việc khác"))
    compile_all(desk, *messages)
    (draft,) = loose(tmp_path, "Dự thảo.pdf")
    list(lay_down(desk, [draft], road(desk)))
    list(place_by_hand(desk, road(desk), list(desk.index.document_ids(TRAY))))
    assert close(desk, road(desk), ClosingFacts()).case.state is FileState.HANDED_OVER
    left = [item.document for item in view_case(desk, road(desk)).documents if not item.standing.is_handed_over]
    assert len(left) == 2
    kept = [item.document.id for item in view_case(desk, road(desk)).documents if item.standing.is_handed_over]
    with pytest.raises(PolicyError):
        discard(desk, [kept[0]], "nhầm")
    assert contents_of(desk) == 2
    gone = discard(desk, [document.id for document in left], "bản trùng và bản thảo")
    assert {document.id for document in gone} == {document.id for document in left}
    assert contents_of(desk) == 0
    acts = list(desk.folder.acts(DISCARDED))
    assert [act.because for act in acts] == ["bản trùng và bản thảo"] * 2
    assert {act.document.id for act in acts if act.document} == {document.id for document in left}
    assert len(list(desk.documents(road(desk).id))) == len(kept)
    reindex(desk)
    assert desk.index.count(DISCARDED) == 2


def test_what_was_discarded_can_be_laid_down_again(desk: Desk, tmp_path: Path) -> None:
    case, paths = a_case(desk), loose(tmp_path, "Dự thảo.pdf")
    (added,) = lay_down(desk, paths, case)
    discard(desk, [added.document], "thừa")
    (again,) = lay_down(desk, paths)
    assert (again.outcome, contents_of(desk)) == (AddOutcome.KNOWN, 0)
    assert again.why
    (back,) = lay_down(desk, paths, case)
    assert (back.outcome, contents_of(desk)) == (AddOutcome.ADDED, 1)
    assert [document.id for document in desk.documents(case.id)] == [added.document]


def test_a_document_that_counts_is_taken_out_before_it_is_discarded(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), message(2, answers=[key(1)])))
    second = next(document for document in desk.documents(road(desk).id) if document.key.number == "2")
    with pytest.raises(PolicyError):
        discard(desk, [second.id], "thừa")
    with pytest.raises(InputError):
        discard(desk, [second.id], "  ")
    with pytest.raises(NotFoundError):
        discard(desk, ["0" * 64], "thừa")
    take_out(desk, road(desk), second.id, "không thuộc hồ sơ")
    discard(desk, [second.id], "gửi nhầm")
    assert [document.key.number for document in desk.documents(road(desk).id)] == ["1"]
    compile_all(desk, *write_messages(tmp_path / "more", message(3, answers=[key(2)])))
    assert [document.key.number for document in desk.documents(TRAY)] == ["3"], "what was discarded draws nothing along"


def test_a_killed_discarding_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    (added,) = lay_down(desk, loose(tmp_path, "Dự thảo.pdf"))
    discard(desk, [added.document], "thừa")
    list(lay_down(desk, loose(tmp_path, "Dự thảo.pdf")))
    desk.contents.path(added.document).parent.mkdir(exist_ok=True)
    desk.contents.path(added.document).write_bytes(b"left by a kill")
    desk.contents.begin_removing(f"{DISCARDED}-{added.document}", [added.document])
    desk.finish_leaving()
    assert contents_of(desk) == 0
    assert desk.contents.removing() == []


def test_a_file_of_two_documents_stays_while_one_needs_it(desk: Desk, tmp_path: Path) -> None:
    one, two = loose(tmp_path, "quyết định.pdf", "phụ lục.pdf")
    first, second = a_case(desk, "Một"), a_case(desk, "Hai")
    list(lay_down(desk, [two], first, FACTS))
    together = replace(FACTS, code="8/QĐ-SMAU", together=True)
    list(lay_down(desk, [one, two], second, together))
    assert close(desk, first, ClosingFacts()).case.state is FileState.HANDED_OVER
    assert contents_of(desk) == 2, "the other case file still needs it"
    closed = close(desk, second, ClosingFacts(accept_incomplete=True, because="thử"))
    assert "casefile.content-lost" not in {finding.code for finding in closed.findings}
    assert closed.case.state is FileState.REFUSED, "the archive takes a file once, by its policy"
    assert contents_of(desk) == 2


def test_documents_inherit_the_retention_of_the_most_valuable(desk: Desk, tmp_path: Path) -> None:
    case, paths = a_case(desk, maintenance=""), loose(tmp_path, "a.pdf", "b.pdf")
    list(lay_down(desk, paths[:1], case, replace(FACTS, maintenance="01")))
    list(lay_down(desk, paths[1:], case, replace(FACTS, code="8/QĐ-SMAU")))
    closed = close(desk, case, ClosingFacts())
    assert closed.ingest is not None and closed.ingest.status is IngestStatus.ACCEPTED
    assert closed.ingest.aip_id is not None
    documents = list(desk.archive.catalogue.documents(closed.ingest.aip_id))
    assert [document.maintenance for document in documents] == ["01", "01"]


def test_an_update_with_a_number_of_its_own_replaces_nothing(desk: Desk, tmp_path: Path) -> None:
    updated = message(2, "Cập nhật", business=update_of(key(1)))
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), updated))
    closed = close(desk, road(desk), ClosingFacts())
    assert closed.ingest is not None and closed.ingest.aip_id is not None
    descriptions = [document.description for document in desk.archive.catalogue.documents(closed.ingest.aip_id)]
    assert not any("Thay thế" in description for description in descriptions)


def test_a_review_names_the_documents_and_says_the_same_once(desk: Desk, tmp_path: Path) -> None:
    messages = [message(1, ROAD), *(message(number, answers=[key(1)]) for number in range(2, 12))]
    compile_all(desk, *write_messages(tmp_path / "in", *messages))
    (path,) = loose(tmp_path, "Ảnh.pdf")
    list(lay_down(desk, [path], road(desk)))
    closed = close(desk, road(desk), ClosingFacts())
    lines = list(closed_lines(closed))
    unsigned = [line for line in lines if "casefile.no-signature" in line]
    assert len(unsigned) == 1
    assert "document[1] 1/CV-SMAU" in unsigned[0] and "+8" in unsigned[0]
    missing = [line for line in lines if "casefile.document-missing" in line]
    assert "Ảnh.pdf" in missing[0]
    assert lines.index(missing[0]) < lines.index(unsigned[0]), "what keeps it open comes first"


def test_the_register_names_each_document_once(desk: Desk, tmp_path: Path) -> None:
    sent = [message(1, ROAD), message(1, "Trùng số"), message(2, answers=[key(1)])]
    compile_all(desk, *write_messages(tmp_path / "in", *sent))
    list(lay_down(desk, loose(tmp_path, "Ảnh.pdf")))
    entries = list(register_entries(desk, Direction.OUTGOING, 2026, AGENCY))
    assert [entry.code for entry in entries] == ["1/CV-SMAU", "2/CV-SMAU"]
    assert [(entry.note, entry.case_code) for entry in entries] == [("", "01.TH"), ("", "01.TH")]
    incoming = list(register_entries(desk, Direction.INCOMING, 2026, RECEIVER.code))
    assert [entry.ordinal for entry in incoming] == [1, 2]
    assert "" not in {entry.code for entry in incoming}, "a file nobody issued is no incoming document"


def test_the_register_leaves_out_what_went_to_another_agency_of_the_desk(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD)))
    open_case(desk, OpeningFacts(year=2026, title="Khác", agency_code="H49.99"))
    open_case(desk, OpeningFacts(year=2026, title="Nhận", agency_code=RECEIVER.code))
    assert not list(register_entries(desk, Direction.INCOMING, 2026, "H49.99"))
    assert len(list(register_entries(desk, Direction.INCOMING, 2026, RECEIVER.code))) == 1


def test_describing_and_discarding_by_commands(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "archive")
    assert terminal("init", tmp_path / "archive").code == 0
    (path,) = loose(tmp_path, "Dự thảo.pdf")
    assert terminal("casefile", "add", path).code == 0
    (shown,) = terminal("casefile", "tray", "--json").objects
    identifier = shown["id"][:12]
    described = terminal("casefile", "describe", identifier, "--code", "1/TB", "--no-draft", "--json")
    assert described.code == 0, described.err
    assert (described.objects[0]["code"], described.objects[0]["draft"]) == ("1/TB", False)
    assert terminal("casefile", "discard", identifier).code == 2
    gone = terminal("casefile", "discard", identifier, "--because", "bản nháp", "--json")
    assert gone.code == 0, gone.err
    assert terminal("casefile", "tray", "--json").objects == []
    (record,) = terminal("casefile", "discarded", "--json").objects
    assert (record["schema"], record["because"], record["document"]["id"]) == (
        "casefile-discarded/1",
        "bản nháp",
        shown["id"],
    )
    assert "bản nháp" in terminal("casefile", "discarded").out
    acts = [item for item in terminal("audit", "show", "--json").objects if item.get("action") == "compile"]
    assert [item["details"].get("act") for item in acts][:2] == ["discard", "describe"], acts
    assert terminal("rebuild").code == 0
    assert len(terminal("casefile", "discarded", "--json").objects) == 1
