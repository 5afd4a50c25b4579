"""The commands that change an archive: init, ingest, transfer resolve, rebuild, template."""

import json
import shutil
from pathlib import Path

import pytest

from model.errors import severest_exit
from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import Said, Terminal


def statuses(said: Said) -> list[str]:
    return [item["status"] for item in said.objects]


def test_init_makes_an_archive_once(tmp_path: Path) -> None:
    terminal = Terminal()
    said = terminal("init", tmp_path / "archive", "--name", "Kho thử")
    assert said.code == 0
    assert str(tmp_path / "archive") in said.out
    before = (tmp_path / "archive" / "chauban.toml").read_bytes()
    assert terminal("init", tmp_path / "archive").code == 11
    assert (tmp_path / "archive" / "chauban.toml").read_bytes() == before


def test_init_refuses_a_place_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert Terminal()("init", tmp_path / "file" / "archive").code == 13
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("x")
    assert Terminal()("init", tmp_path / "archive", "--store", tmp_path / "full").code == 13


def test_init_refuses_two_copies_in_one_place(tmp_path: Path) -> None:
    said = Terminal()("init", tmp_path / "archive", "--store", "x", "--store", "../archive/x")
    assert said.code == 13
    assert not (tmp_path / "archive" / "chauban.toml").exists()
    assert Terminal()("init", tmp_path / "archive", "--store", "x", "--store", "y").code == 0


def test_an_accepted_case_file_can_be_found_at_once(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case")
    said = fresh("ingest", tmp_path / "case", "--json")
    assert (said.code, statuses(said)) == (0, ["accepted"])
    report = said.objects[0]
    assert report["schema"] == "ingest/1"
    assert {"transfer_id", "path", "case_code", "aip_id", "files", "bytes", "findings"} <= set(report)
    assert fresh("show", report["aip_id"]).code == 0
    assert report["aip_id"] in fresh("search", "sua duong").out
    again = fresh("ingest", tmp_path / "case", "--json")
    assert (again.code, statuses(again)) == (0, ["held-already"])


def test_options_of_ingest_reach_the_package(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case", case={"fondsCode": ""})
    assert fresh("ingest", tmp_path / "case", "--fonds", "P77", "--profile", "eark").code == 0
    data = fresh("show", "H49.64.2024.1", "--json").objects[0]
    assert data["versions"][0]["profile"] == "eark"
    assert data["case_file"]["fonds_code"] == "P77"


def test_a_refusal_names_everything_at_once(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case", case={"title": "", "totalDoc": 9, "endDate": "31/02/2024"})
    said = fresh("ingest", tmp_path / "case", "--json")
    assert (said.code, statuses(said)) == (3, ["refused"])
    assert {"metadata.missing", "metadata.total-differs", "metadata.bad-date"} <= {
        finding["code"] for finding in said.objects[0]["findings"]
    }
    assert "1 refused" in said.err


def test_the_severest_outcome_of_a_batch_is_its_exit_code(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "good", "H49.64.2024.1")
    make_case_folder(tmp_path / "bad", "H49.64.2024.2", case={"title": ""})
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    said = fresh("ingest", tmp_path / "broken.zip", tmp_path / "bad", tmp_path / "good", "--json")
    assert sorted(statuses(said)) == ["accepted", "refused", "refused"]
    assert said.code == 17


def test_the_order_of_severity() -> None:
    assert severest_exit({0, 3, 12, 17, 130}) == 130
    assert severest_exit({0, 3, 12, 17}) == 12
    assert severest_exit({3, 17, 5}) == 17
    assert severest_exit({4, 3, 5}) == 5
    assert severest_exit({4, 3}) == 3
    assert severest_exit({0, 4}) == 4
    assert severest_exit({0}) == severest_exit(set()) == 0
    assert severest_exit({99}) == 1


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_take_in_is_not_found(fresh: Terminal, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    said = fresh("ingest", tmp_path / name)
    assert said.code in ({10} if name == "nowhere" else {3, 10})
    assert said.err


def test_a_secret_case_file_leaves_no_trace_of_its_title(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case", case={"mode": "03", "title": "Kế hoạch Chim Ưng"})
    said = fresh("ingest", tmp_path / "case", "--json")
    assert (said.code, said.objects[0]["findings"][0]["code"]) == (3, "intake.secret")
    assert "Chim" not in said.out + said.err
    everything = [path for path in Path(str(fresh.archive)).rglob("*") if path.is_file()]
    assert everything
    assert not [path for path in everything if "Chim Ưng".encode() in path.read_bytes()]


def refused_id(terminal: Terminal, folder: Path) -> str:
    """Hand a case file in whose count of documents is wrong; return its transfer."""
    make_case_folder(folder, case={"totalDoc": 9, "maintenance": "99"})
    return str(terminal("ingest", folder, "--json").objects[0]["transfer_id"])


def test_an_officer_takes_a_refused_transfer_in(fresh: Terminal, tmp_path: Path) -> None:
    transfer = refused_id(fresh, tmp_path / "case")
    shutil.rmtree(tmp_path / "case")
    assert fresh("transfer", "resolve", transfer, "--accept").code == 2, "a reason is asked for"
    other = fresh("transfer", "resolve", transfer, "--accept", "--because", "x", "--waive", "metadata.total-differs")
    assert other.code == 3, "what was not waived still refuses"
    unknown = fresh("transfer", "resolve", transfer, "--accept", "--because", "x", "--waive", "metadata.misspelt")
    assert unknown.code == 2
    said = fresh("transfer", "resolve", transfer, "--accept", "--because", "đã đối chiếu")
    assert said.code == 0
    assert fresh("transfer", "list", "--state", "resolved", "--json").objects[0]["id"] == transfer
    assert fresh("search", "sua duong", "--json").objects[0]["total"] > 0
    for decision in ("--accept", "--close"):
        late = fresh("transfer", "resolve", transfer, decision, "--because", "x")
        assert late.code == 15
        assert "resolved" in late.err


def test_an_officer_closes_a_refused_transfer(fresh: Terminal, tmp_path: Path) -> None:
    transfer = refused_id(fresh, tmp_path / "case")
    said = fresh("transfer", "resolve", transfer, "--close", "--because", "trả lại", "--json")
    assert (said.code, said.objects[0]["state"]) == (0, "returned")
    assert fresh("transfer", "resolve", transfer, "--accept", "--because", "x").code == 15


def test_what_was_accepted_cannot_be_resolved(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case")
    transfer = fresh("ingest", tmp_path / "case", "--json").objects[0]["transfer_id"]
    assert fresh("transfer", "resolve", transfer, "--close", "--because", "x").code == 15


def test_a_transfer_without_files_cannot_be_waived_into_the_archive(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case", documents=0)
    said = fresh("ingest", tmp_path / "case", "--json")
    assert "intake.empty" in {finding["code"] for finding in said.objects[0]["findings"]}
    assert fresh("transfer", "resolve", said.objects[0]["transfer_id"], "--accept", "--because", "x").code == 3
    make_case_folder(tmp_path / "other", "H49.64.2024.2")
    assert fresh("ingest", tmp_path / "other").code == 0


def test_a_policy_that_forgives_everything_breaks_nothing(fresh: Terminal, tmp_path: Path) -> None:
    (Path(str(fresh.archive)) / "policy.toml").write_text(
        'id = "own-1"\n[default]\nerror = "inform"\nwarning = "inform"\ninfo = "inform"\n', "utf-8"
    )
    shutil.copytree(Path(__file__).parents[2] / "examples" / "refused", tmp_path / "batch")
    for number, case in enumerate(({"fileCode": ""}, {"title": ""}, {"startDate": "x", "endDate": ""}, {"mode": "9"})):
        make_case_folder(tmp_path / "batch" / f"odd-{number}", f"H49.64.2024.{number}", case=case)
    make_case_folder(tmp_path / "batch" / "without", "H49.64.2024.8")
    (tmp_path / "batch" / "without" / "hoso.json").unlink()
    make_case_folder(tmp_path / "batch" / "nothing", "H49.64.2024.9", documents=0)
    said = fresh("ingest", *sorted((tmp_path / "batch").iterdir()), "--json")
    assert said.code == 17
    by_name = {Path(item["path"]).name: item["status"] for item in said.objects}
    refused = {name for name, status in by_name.items() if status == "refused"}
    assert refused == {"02-ho-so-mat", "05-zip-doc-hai.zip", "nothing"}
    assert set(by_name.values()) == {"refused", "accepted"}
    verified = fresh("verify", "--all", "--deep", "--json")
    assert (verified.code, verified.objects[-1]["outcome"]) == (0, "PASSED")
    assert fresh("rebuild").code == 0


def test_an_ambiguous_beginning_is_a_conflict(fresh: Terminal, tmp_path: Path) -> None:
    for number in (1, 2):
        make_case_folder(tmp_path / "batch" / str(number), f"H49.64.2024.{number}")
    first, second = fresh("ingest", tmp_path / "batch", "--json").objects
    shared = _common(first["transfer_id"], second["transfer_id"])
    assert fresh("transfer", "show", shared).code == 11
    assert fresh("show", _common(first["aip_id"], second["aip_id"])).code == 11
    assert fresh("transfer", "show", "ffffffff-ffff").code == 10


def _common(one: str, other: str) -> str:
    """The longest common beginning: of identifiers made in the same minute at least eight characters."""
    length = next(position for position, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    assert length >= 8
    return one[:length]


def test_rebuild_brings_the_same_answers_back(fresh: Terminal, tmp_path: Path) -> None:
    for number in (1, 2):
        make_case_folder(tmp_path / "batch" / str(number), f"H49.64.2024.{number}")
    make_case_folder(tmp_path / "bad", "H49.64.2024.3", case={"title": ""})
    fresh("ingest", tmp_path / "batch", tmp_path / "bad")
    asked = (("show", "H49.64.2024.1", "--json"), ("transfer", "list", "--json"))
    before = [fresh(*words).objects for words in asked]
    archive = Path(str(fresh.archive))
    for path in (*archive.glob("catalogue.sqlite*"),):
        path.unlink()
    shutil.rmtree(archive / "index")
    assert fresh("search", "duong").code != 0
    said = fresh("rebuild", "--json")
    assert (said.code, said.objects) == (0, [{"schema": "rebuild/1", "packages": 2, "transfers": 1, "problems": []}])
    after = [fresh(*words).objects for words in asked]
    for item in (before[0][0], after[0][0]):
        for copy in item["versions"][0]["copies"]:
            copy.pop("verified_at"), copy.pop("outcome")  # learnt again by the next verification
    assert after == before
    assert fresh("search", "duong", "--json").objects[0]["total"] == 8


def test_template_writes_what_ingest_takes(fresh: Terminal, tmp_path: Path) -> None:
    said = fresh("template", tmp_path / "template")
    assert said.code == 0
    written = [Path(line) for line in said.out.splitlines()]
    assert {path.suffix for path in written} == {".json", ".xml", ".csv", ".xlsx"}
    assert all(path.stat().st_size for path in written)
    assert json.loads((tmp_path / "template" / "hoso.schema.json").read_text("utf-8"))["$schema"]
    assert fresh("template", tmp_path / "template").code in (0, 11)


@pytest.mark.parametrize(
    "words",
    [
        ("search", "x"),
        ("show", "x"),
        ("ingest", "."),
        ("verify", "--all"),
        ("transfer", "list"),
        ("rebuild",),
        ("export", "x", "--to", "y"),
    ],
)
def test_no_archive(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = Terminal(tmp_path / "nothing")(*words)
    assert said.code == 13
    assert "chauban init" in said.err
    assert not (tmp_path / "nothing").exists()


def test_doctor_without_an_archive(tmp_path: Path) -> None:
    said = Terminal(tmp_path / "nothing")("doctor")
    assert said.code == 3
    assert "✗ archive: There is no archive" in said.out


def test_a_newer_archive_is_left_alone(fresh: Terminal) -> None:
    path = Path(str(fresh.archive)) / "chauban.toml"
    path.write_text(path.read_text("utf-8").replace("format = 1", "format = 99"), "utf-8")
    for words in (("search", "x"), ("ingest", "."), ("rebuild",), ("verify", "--all")):
        said = fresh(*words)
        assert said.code == 16
        assert "newer version" in said.err


@pytest.mark.parametrize(
    "text", ["not toml [", "[archive]\nid = 3\n", "", "language = 'fr'\n", "archive = 3", "ingest = 3"]
)
def test_a_configuration_that_cannot_be_used(fresh: Terminal, text: str) -> None:
    (Path(str(fresh.archive)) / "chauban.toml").write_text(text, "utf-8")
    assert fresh("search", "x").code == 13


def test_an_unusable_policy(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case")
    (Path(str(fresh.archive)) / "policy.toml").write_text("id = 'x'\n[default]\nerror = 'forgive'\n", "utf-8")
    said = fresh("ingest", tmp_path / "case")
    assert said.code == 13
    assert "policy.md" in said.err


def test_the_archive_s_own_policy_decides(fresh: Terminal, tmp_path: Path) -> None:
    make_case_folder(tmp_path / "case", case={"totalDoc": 9})
    (Path(str(fresh.archive)) / "policy.toml").write_text(
        'id = "own-1"\n[default]\nerror = "refuse"\nwarning = "warn"\ninfo = "inform"\n'
        '[findings]\n"metadata.total-*" = "warn"\n"intake.secret" = "inform"\n',
        "utf-8",
    )
    assert fresh("ingest", tmp_path / "case").code == 0
    make_case_folder(tmp_path / "secret", "H49.64.2024.2", case={"mode": "03"})
    assert fresh("ingest", tmp_path / "secret").code == 3
