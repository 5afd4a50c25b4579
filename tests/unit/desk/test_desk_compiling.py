"""Laying down, sorting, standing and closing: what the desk does with messages and loose files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from archive.archive import create_archive
from archive.catalogue.desk_values import TRAY
from archive.catalogue.values import Agency
from archive.registry.registry import put_agency
from ingest.desk.adding import lay_down, place_by_hand, take_out
from ingest.desk.closing import Closed, ClosingFacts, close
from ingest.desk.describing import LooseFacts, says_draft
from ingest.desk.desk import Desk, reindex
from ingest.desk.opening import OpeningFacts, open_case, reopen
from ingest.desk.sorting import sort_tray
from ingest.desk.values import AddOutcome, DeskCase, FileState, Standing
from ingest.desk.view import view_case
from ingest.values import IngestStatus
from model.dates import PartialDate
from model.errors import ConflictError, InputError, NotFoundError, PolicyError
from tests.fakes.desk_messages import (
    AGENCY,
    NOTATION,
    compile_all,
    day_of,
    held_desk,
    key,
    message,
    outcomes,
    pdf,
    with_plan,
    write_messages,
)
from tests.fakes.edxml_messages import (
    RECEIVER,
    SENDER,
    Sent,
    recall_of,
    replacing,
    status_bytes,
    update_of,
)

ROAD, ARCHIVE = "Về việc sửa đường liên xã", "Về công tác lưu trữ"
ANYWAY = ClosingFacts(accept_incomplete=True, because="thử")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    create_archive(tmp_path / "archive", stores=("a",))
    with held_desk(tmp_path / "archive") as opened:
        with_plan(opened, tmp_path)
        yield opened


def road(desk: Desk) -> DeskCase:
    case = desk.case_by_number("01.TH", 2026)
    assert case is not None
    return case


def numbers(desk: Desk, case: str) -> list[str]:
    return [document.key.number for document in desk.documents(case)]


def standings(desk: Desk) -> dict[str, Standing]:
    return {
        item.document.key.number or item.document.status_code: item.standing
        for item in view_case(desk, road(desk)).documents
        if not (item.standing is Standing.NOTICE and item.document.key.number)
    }


def finding_codes(closed: Closed) -> set[str]:
    return {finding.code for finding in closed.findings}


def test_a_message_goes_where_its_subject_says(desk: Desk, tmp_path: Path) -> None:
    paths = write_messages(tmp_path / "in", message(1, ROAD), message(2, ARCHIVE), message(3, "Việc khác"))
    assert outcomes(compile_all(desk, *paths)) == [AddOutcome.TRAY] * 3
    assert numbers(desk, road(desk).id) == ["1"]
    assert numbers(desk, TRAY) == ["3"]
    assert road(desk).code == f"{AGENCY}.2026.01.TH"
    assert (road(desk).maintenance, road(desk).compiler) == ("01", "Nguyễn Văn Mẫu")


def test_two_lines_that_fit_leave_it_to_a_person(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "in", message(1, f"{ROAD} và lưu trữ")))
    assert numbers(desk, TRAY) == ["1"]


def test_a_chain_takes_all_its_members_along(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "1", message(3, answers=[key(2)]), message(2, answers=[key(1)])))
    assert numbers(desk, TRAY) == ["2", "3"]
    compile_all(desk, *write_messages(tmp_path / "2", message(1, ROAD)))
    assert numbers(desk, road(desk).id) == ["1", "2", "3"]
    compile_all(desk, *write_messages(tmp_path / "3", message(4, ARCHIVE, answers=[key(3)])))
    assert numbers(desk, road(desk).id) == ["1", "2", "3", "4"], "the chain comes before the plan"


def test_what_two_case_files_could_claim_stays_undecided(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "1", message(1, ROAD), message(2, ARCHIVE)))
    compile_all(desk, *write_messages(tmp_path / "2", message(3, answers=[key(1), key(2)])))
    assert numbers(desk, TRAY) == ["3"]
    added = list(place_by_hand(desk, road(desk), [next(desk.documents(TRAY)).id]))
    assert outcomes(added) == [AddOutcome.ADDED]
    assert numbers(desk, TRAY) == []


def test_the_same_bytes_again_change_nothing(desk: Desk, tmp_path: Path) -> None:
    paths = write_messages(tmp_path / "in", message(1, ROAD), message(1, ROAD))
    assert outcomes(compile_all(desk, *paths)) == [AddOutcome.TRAY, AddOutcome.KNOWN]
    before = desk.index.sequence()
    assert outcomes(compile_all(desk, *paths)) == [AddOutcome.KNOWN] * 2
    assert desk.index.sequence() == before


def test_recalled_replaced_updated(desk: Desk, tmp_path: Path) -> None:
    own = replace(key(1), document_id="")
    messages = (
        message(1, ROAD),
        message(2, answers=[key(1)]),
        message(3, business=replacing(key(1))),
        message(2, business=recall_of(key(2))),
        message(4, business=update_of(key(3))),
        status_bytes("03", of=own),
        status_bytes("15", of=key(2)),
    )
    compile_all(desk, *write_messages(tmp_path / "in", *messages))
    found = standings(desk)
    assert found["1"] is Standing.REPLACED
    assert found["2"] is Standing.RECALLED
    assert found["3"] is Standing.CURRENT
    assert found["4"] is Standing.CURRENT, "an update with a number of its own is a document"
    view = {item.document.key.number: item for item in view_case(desk, road(desk)).handed_over()}
    assert [notice.status_code for notice in view["1"].notices] == ["03"]
    assert {notice.status_code for notice in view["2"].notices} == {"", "15"}
    assert view["1"].other == view["3"].document.id


def test_nobody_recalls_what_another_agency_issued(desk: Desk, tmp_path: Path) -> None:
    foreign = message(9, sender=RECEIVER, receivers=[SENDER], business=recall_of(key(1)))
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), foreign))
    assert standings(desk)["1"] is Standing.CURRENT
    assert "casefile.recall-by-another" in finding_codes(close(desk, road(desk), ClosingFacts(hand_over=False)))


def test_same_number_other_bytes_is_a_duplicate(desk: Desk, tmp_path: Path) -> None:
    second = message(1, ROAD, files=[Sent("CV1.pdf", pdf(77))])
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), second))
    found = [item.standing for item in view_case(desk, road(desk)).documents]
    assert sorted(found) == [Standing.CURRENT, Standing.DUPLICATE]


def test_agencies_are_one_under_both_codes(desk: Desk, tmp_path: Path) -> None:
    put_agency(desk.archive, Agency(code="001.02.00.H49", name="Sở", successor_code=AGENCY))
    old = replace(key(1), document_id="", organ_code="001.02.00.h49", number="01", notation="cv-smau ")
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), message(2, answers=[old])))
    assert numbers(desk, road(desk).id) == ["1", "2"]


def test_a_broken_message_stops_nobody_elses(desk: Desk, tmp_path: Path, corpus_messages: Path) -> None:
    write_messages(tmp_path / "in", message(1, ROAD))
    (tmp_path / "in" / "00000-bad.edxml").write_bytes((corpus_messages / "bad-doctype-entity.edxml").read_bytes())
    (tmp_path / "in" / "gone.edxml").symlink_to(tmp_path / "nowhere")
    added = compile_all(desk, tmp_path / "in")
    assert sorted(outcomes(added)) == [AddOutcome.REFUSED, AddOutcome.TRAY, AddOutcome.UNREADABLE]
    assert numbers(desk, road(desk).id) == ["1"]
    (refused,) = desk.contents.refused()
    assert refused.name == "00000-bad.edxml"
    assert refused.findings
    kept = desk.folder.path / "refused" / refused.sha256
    assert kept.read_bytes() == (corpus_messages / "bad-doctype-entity.edxml").read_bytes()
    compile_all(desk, tmp_path / "in")
    assert len(list(desk.contents.refused())) == 1


@pytest.fixture
def corpus_messages() -> Path:
    return Path(__file__).resolve().parents[2] / "data" / "desk"


def test_a_document_taken_out_stays_out(desk: Desk, tmp_path: Path) -> None:
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), message(2, answers=[key(1)])))
    second = next(document for document in desk.documents(road(desk).id) if document.key.number == "2")
    take_out(desk, road(desk), second.id[:10], "không thuộc hồ sơ")
    list(sort_tray(desk))
    assert numbers(desk, TRAY) == ["2"]
    with pytest.raises(NotFoundError):
        take_out(desk, road(desk), second.id, "again")
    list(place_by_hand(desk, road(desk), [second.id]))
    assert numbers(desk, road(desk).id) == ["1", "2"]


def test_loose_files_drafts_and_several_files(desk: Desk, tmp_path: Path) -> None:
    names = ("Dự thảo quyết định.pdf", "quyết định.pdf", "phụ lục.pdf")
    paths = [tmp_path / name for name in names]
    for place, path in enumerate(paths):
        path.write_bytes(pdf(place))
    case = open_case(desk, OpeningFacts(year=2026, title="Hồ sơ rời", agency_code=AGENCY, maintenance="06", mode="01"))
    assert case.number == "NDM01"
    list(lay_down(desk, paths[:1], case))
    facts = LooseFacts(
        code="7/QĐ-SMAU",
        date=PartialDate(2026, 5, 1),
        type_name="Quyết định",
        organ_name="Sở Thử Nghiệm",
        subject="Quyết định thử",
        together=True,
    )
    list(lay_down(desk, paths[1:], case, facts))
    found = {item.standing: item.document for item in view_case(desk, case).documents}
    assert found[Standing.DRAFT].files[0].name == names[0]
    assert len(found[Standing.CURRENT].files) == 2
    closed = close(desk, case, ClosingFacts())
    assert closed.ingest is not None
    assert closed.ingest.status is IngestStatus.ACCEPTED, closed.ingest.findings
    assert (closed.removed, closed.kept) == (2, 1), "the draft stays"
    assert (closed.case_file.total_doc, closed.case_file.number_of_page) == (1, 2)


@pytest.mark.parametrize(
    ("text", "is_draft"),
    [
        ("DỰ THẢO Quyết định.docx", True),
        ("du-thao_v2.doc", True),
        ("Draft 3.pdf", True),
        ("overdrafts.pdf", False),
        ("Quyết định.pdf", False),
    ],
)
def test_what_a_draft_is_called(text: str, is_draft: bool) -> None:
    assert says_draft(text) is is_draft


def test_closing_hands_over_and_clears_the_desk(desk: Desk, tmp_path: Path) -> None:
    messages = (
        message(1, ROAD),
        message(2, answers=[key(1)]),
        message(3, business=replacing(key(2))),
        status_bytes("03", of=key(1)),
    )
    compile_all(desk, *write_messages(tmp_path / "in", *messages))
    closed = close(desk, road(desk), ClosingFacts())
    assert closed.ingest is not None and closed.ingest.status is IngestStatus.ACCEPTED, closed.ingest
    assert closed.case.state is FileState.HANDED_OVER
    assert (closed.removed, closed.kept) == (4, 0)
    assert not [path for path in (desk.folder.path / "content").rglob("*") if path.is_file()]
    catalogue = desk.archive.catalogue
    documents = list(catalogue.documents(UUID(closed.case.aip_id)))
    assert [document.doc_code for document in documents] == [
        f"{AGENCY}.2026.01.TH.{ordinal:07d}" for ordinal in (1, 2, 3)
    ]
    assert documents[1].description == f"Văn bản đã được thay thế bằng văn bản số 3/{NOTATION} ngày 04/01/2026"
    assert documents[2].description == f"Thay thế văn bản số 2/{NOTATION} ngày 03/01/2026"
    assert documents[0].process is True
    paths = {file.object.path for file in catalogue.files(UUID(closed.case.aip_id))}
    assert {"thong-diep/0001.xml", "thong-diep/0001-001.xml", "quy-trinh/0001.json", "0001 CV1.pdf"} <= paths
    held = catalogue.get_case_file(UUID(closed.case.aip_id))
    assert held is not None
    assert held.case_file.maintenance == "01"
    assert (held.case_file.start_date, held.case_file.end_date) == (day_of(1), day_of(3))
    assert outcomes(compile_all(desk, tmp_path / "in")) == [AddOutcome.KNOWN] * 4
    assert not [path for path in (desk.folder.path / "content").rglob("*") if path.is_file()]
    with pytest.raises(PolicyError):
        close(desk, closed.case, ClosingFacts())


def test_an_incomplete_case_file_stays_open(desk: Desk, tmp_path: Path) -> None:
    absent = message(1, ROAD, files=[Sent("CV1.pdf", pdf(1)), Sent("phu-luc.pdf", b"x", enclosed=False)])
    compile_all(desk, *write_messages(tmp_path / "in", absent, message(2, answers=[key(1), key(5)])))
    closed = close(desk, road(desk), ClosingFacts())
    assert closed.case.state is FileState.OPEN
    assert {"casefile.attachment-missing", "casefile.answer-without-question"} <= finding_codes(closed)
    assert "casefile.no-signature" in finding_codes(closed)
    assert road(desk).state is FileState.OPEN
    accepted = close(desk, road(desk), ANYWAY)
    assert accepted.case.state is FileState.HANDED_OVER
    assert accepted.case.incomplete == "thử"


def test_pages_annexes_and_due_answers_are_reviewed(desk: Desk, tmp_path: Path) -> None:
    wanting = message(1, ROAD, pages=9, appendixes=("Phụ lục I",), due_date=PartialDate(2026, 9, 1))
    compile_all(desk, *write_messages(tmp_path / "in", wanting))
    found = finding_codes(close(desk, road(desk), ClosingFacts()))
    assert {"casefile.pages-differ", "casefile.annex-missing", "casefile.question-without-answer"} <= found


def test_a_refused_case_file_stays_with_its_reasons(desk: Desk, tmp_path: Path) -> None:
    empty = message(1, ROAD, files=[Sent("CV1.pdf", pdf(1)), Sent("hỏng.pdf", b"%PDF-1.7 broken")])
    compile_all(desk, *write_messages(tmp_path / "in", empty))
    closed = close(desk, road(desk), ANYWAY)
    assert closed.ingest is not None and closed.ingest.status is IngestStatus.REFUSED
    assert closed.case.state is FileState.REFUSED
    assert closed.case.reasons
    assert [path for path in (desk.folder.path / "content").rglob("*") if path.is_file()], "everything is still here"
    with pytest.raises(PolicyError):
        list(lay_down(desk, [tmp_path / "in"], closed.case))
    opened = reopen(desk, closed.case, "sửa")
    assert (opened.state, opened.reasons) == (FileState.OPEN, ())


def test_the_same_attachment_twice_is_handed_over_once(desk: Desk, tmp_path: Path) -> None:
    again = message(2, answers=[key(1)], files=[Sent("CV2.pdf", pdf(2)), Sent("CV1.pdf", pdf(1))])
    compile_all(desk, *write_messages(tmp_path / "in", message(1, ROAD), again))
    closed = close(desk, road(desk), ClosingFacts())
    assert "casefile.same-file" in finding_codes(closed)
    assert closed.case.state is FileState.HANDED_OVER


def test_opening_twice_or_without_a_title(desk: Desk) -> None:
    case = open_case(desk, OpeningFacts(year=2026, number="02.th"))
    assert (case.number, case.title, case.maintenance) == ("02.TH", "Hồ sơ về công tác lưu trữ", "06")
    with pytest.raises(ConflictError):
        open_case(desk, OpeningFacts(year=2026, number="02.TH"))
    with pytest.raises(InputError):
        open_case(desk, OpeningFacts(year=2026, number="99.TH"))
    with pytest.raises(NotFoundError):
        desk.case("0000")


def test_the_folder_alone_brings_the_index_back(desk: Desk, tmp_path: Path) -> None:
    messages = [message(number, ROAD if number % 3 else "Việc khác") for number in range(1, 8)]
    compile_all(desk, *write_messages(tmp_path / "in", *messages))
    taken = next(desk.documents(road(desk).id))
    take_out(desk, road(desk), taken.id, "sai")

    def everything() -> list[object]:
        rows = [*desk.index.documents(TRAY), *desk.index.documents(road(desk).id)]
        links = sorted(desk.index.links([row.id for row in rows]), key=repr)
        return [*rows, *desk.index.files_after((), ("", ""), 99), *desk.index.plan(2026), *links]

    before = everything()
    assert reindex(desk) == ()
    assert everything() == before
    log = desk.folder.path / road(desk).id / "acts.jsonl"
    with log.open("ab") as file:
        file.write(b'{"act":"adde')
    assert reindex(desk) == (road(desk).id,)
    assert everything() == before
