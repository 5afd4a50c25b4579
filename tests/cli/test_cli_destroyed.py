"""`chauban transfer release`, `chauban retention destroyed …`, and an archive where everything happened."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from archive.archive import open_archive
from archive.layout import AIPS, HANDOVERS, REVIEW_FILES, REVIEWS, STUBS, container_key
from tests.fakes.casefiles import make_case_folder
from tests.fakes.reviews import APPROVER, CHAIR, OFFICER, WHY, Office, make_archive, make_office

CODE = "H49.forever"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive made once: its review is executed, and a case file was handed over."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "bare").mkdir()
    make_archive(folder / "bare", count=2)
    with pytest.MonkeyPatch.context() as patch:
        office = make_office(folder / "bare", folder / "made", patch)
        office.until("executed")
        case = {"maintenance": "01", "startDate": "01/01/2001", "endDate": "31/12/2003"}
        make_case_folder(folder / "later", CODE, case=case)
        assert office.by(OFFICER, "ingest", folder / "later").code == 0
        words = ("--receiver", "Lưu trữ lịch sử", "--receiver-code", "H49.LS", "--registration", "DK-1", "--ids", CODE)
        said = office.by(OFFICER, "transfer", "prepare", "--to", folder / "out", *words, *WHY)
        assert said.code == 0, said.err
        (folder / "made" / "scan.pdf").write_bytes(b"%PDF signed")
        receipt = ("receipt", _handover(office), folder / "made" / "scan.pdf", "--accepted", "all")
        assert office.by(OFFICER, "transfer", *receipt, *WHY).code == 0
        (folder / "made" / "time").write_text(office.clock.time.isoformat())
    return folder / "made"


def _handover(office: Office) -> str:
    return str(office.by(OFFICER, "transfer", "handovers", "--json").objects[0]["id"])


@pytest.fixture
def office(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    again = make_office(made, tmp_path, monkeypatch)
    again.clock.time = datetime.fromisoformat((made / "time").read_text())
    again.wait(days=31)
    return again


def destroyed(office: Office) -> list[str]:
    said = office.by(OFFICER, "retention", "destroyed", "list", "--json")
    assert said.code == 0, said.err
    return sorted(item["case_code"] for item in said.objects)


def test_released_and_everything_is_accounted_for(office: Office) -> None:
    assert destroyed(office) == ["H49.1", "H49.2"]
    release = ("transfer", "release", _handover(office), *WHY)
    assert office.by(CHAIR, *release).code == 15
    dry = office.by(APPROVER, *release, "--dry-run", "--json")
    assert (dry.code, dry.objects[0]["state"]) == (0, "kept")
    done = office.by(APPROVER, *release)
    assert done.code == 0, (done.out, done.err)
    assert "handed over and released" in done.out
    assert destroyed(office) == ["H49.1", "H49.2", CODE]
    shown = office.by(OFFICER, "retention", "destroyed", "show", CODE)
    assert "handed over and released" in shown.out
    assert "Lưu trữ lịch sử (H49.LS), registration DK-1" in shown.out
    assert office.by(OFFICER, "retention", "destroyed", "show", CODE, "--json").objects[0]["schema"] == "stub/1"
    assert office.by(OFFICER, "retention", "destroyed", "show", "H49.9").code == 10
    assert office.by(OFFICER, "show", CODE).out == shown.out
    with open_archive(office.folder / "archive", clock=office.clock) as archive:
        for prefix in (REVIEWS, REVIEW_FILES, HANDOVERS, STUBS):
            assert next(archive.copies.list(prefix), None), prefix
    verified = office.by(OFFICER, "verify", "--all", "--json")
    assert verified.code == 0, verified.out
    assert "surplus" not in verified.out
    doctor = office.by(OFFICER, "doctor")
    assert "surplus" not in doctor.out
    assert doctor.code == 0, doctor.out


def test_a_release_before_its_time_is_told_and_counts_as_not_done(office: Office) -> None:
    office.clock.time = datetime.fromisoformat((office.folder / "time").read_text())
    office.wait(minutes=5)
    said = office.by(APPROVER, "transfer", "release", _handover(office), *WHY, "--json")
    assert said.code == 5
    assert [item["code"] for item in said.objects[0]["findings"]] == ["disposal.too-early"]


def test_a_record_that_reappears_is_removed_again(office: Office) -> None:
    (record,) = (item for item in office.by(OFFICER, "retention", "destroyed", "list", "--json").objects[:1])
    code = record["case_code"]
    with open_archive(office.folder / "archive", clock=office.clock) as archive:
        archive.copies.put(container_key(UUID(record["aip_id"]), 1), b"brought back")
    assert office.by(OFFICER, "verify", "--all").code != 0
    again = ("retention", "destroyed", "remove-again", code)
    assert office.by(CHAIR, *again, *WHY).code == 15
    assert office.by(OFFICER, *again, "--dry-run", *WHY).code == 0
    assert office.by(OFFICER, *again).code == 2, "a reason is needed"
    done = office.by(OFFICER, *again, *WHY, "--json")
    assert (done.code, done.objects[0]["state"]) == (0, "destroyed"), done.err
    assert office.by(OFFICER, "verify", "--all").code == 0
    assert office.by(OFFICER, "retention", "destroyed", "remove-again", "H49.young", *WHY).code == 10


def test_what_is_not_finished_is_listed_and_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    resume = ("retention", "destroyed", "resume", *WHY)
    assert office.by(OFFICER, *resume).code == 0, "nothing is left to do"
    assert office.by(CHAIR, *resume).code == 15
    with monkeypatch.context() as patch:
        patch.setattr("archive.disposal.execution.purge_index", _killed)
        with pytest.raises(KeyError):
            office.by(APPROVER, "transfer", "release", _handover(office), *WHY)
    waiting = office.by(OFFICER, "retention", "destroyed", "list", "--unfinished", "--json").objects
    assert [(item["case_code"], item["state"]) for item in waiting] == [(CODE, "destroying")]
    assert json.loads(office.by(OFFICER, *resume, "--dry-run", "--json").out)["case_code"] == CODE
    done = office.by(OFFICER, *resume)
    assert done.code == 0, (done.out, done.err)
    assert office.by(OFFICER, "retention", "destroyed", "list", "--unfinished").out == ""
    with open_archive(office.folder / "archive", clock=office.clock) as archive:
        left = {item.key.split("/")[3] for item in archive.copies.list(AIPS)}
    assert len(left) == 2, "the young one and the dossier"
    shutil.rmtree(office.folder / "archive" / "index", ignore_errors=True)
    assert office.by(OFFICER, "search", CODE).code == 0


def _killed(*_given: object) -> None:
    raise KeyError("killed")
