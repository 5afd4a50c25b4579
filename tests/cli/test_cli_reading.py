"""The commands that read an archive: search, show, transfer, export, verify, doctor."""

import hashlib
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import CODE, OTHER_CODE
from tests.fakes.edxml_messages import Sent, document_bytes
from tests.fakes.legacy_packages import make_package
from tests.fakes.terminal import Terminal


def hit_codes(terminal: Terminal, *words: str) -> list[str]:
    said = terminal("search", "--json", "--limit", "100", "--level", "case-file", *words)
    assert said.code == 0
    return sorted(item["code"] for item in said.objects[1:])


def total(terminal: Terminal, *words: str) -> int:
    return int(terminal("search", "--json", *words).objects[0]["total"])


@pytest.mark.parametrize("query", ["sửa đường", "sua duong", "SUA ĐUONG", '"sửa đường liên xã"', "duon*"])
def test_search_finds_with_and_without_diacritics(reading: Terminal, query: str) -> None:
    assert hit_codes(reading, query) == [CODE, OTHER_CODE]


def test_search_finds_words_inside_documents(reading: Terminal) -> None:
    said = reading("search", "kinh phi", "--level", "document")
    assert said.code == 0
    assert "*kinh* *phí*" in said.out


@pytest.mark.parametrize("word", ["02", "Quyết định", "quyet dinh", "DECISION"])
def test_search_filters_types_by_code_or_word(reading: Terminal, word: str) -> None:
    assert total(reading, "--type", word) == 7


@pytest.mark.parametrize(
    ("option", "value", "codes"),
    [
        ("--retention", "Vĩnh viễn", [OTHER_CODE]),
        ("--retention", "vinh vien", [OTHER_CODE]),
        ("--retention", "05", [CODE]),
        ("--access", "02", [CODE]),
        ("--fonds", "P02", [OTHER_CODE]),
        ("--agency", "xa Binh An", [CODE, OTHER_CODE]),
        ("--agency", "H49.64", [CODE, OTHER_CODE]),
        ("--agency", "Ủy ban nhân dân xã Bình An (hư cấu)", [CODE, OTHER_CODE]),
        ("--agency", "xã An Bình", []),
        ("--from", "2024", [CODE, OTHER_CODE]),
        ("--to", "2024", [CODE, OTHER_CODE]),
        ("--to", "2023-12-31", []),
        ("--from", "2025", []),
    ],
)
def test_search_filters(reading: Terminal, option: str, value: str, codes: list[str]) -> None:
    assert hit_codes(reading, option, value) == codes


def test_search_reads_the_end_of_a_range_as_its_last_day(reading: Terminal) -> None:
    assert total(reading, "--level", "document", "--from", "2024-03", "--to", "2024-03") == 7


@pytest.mark.parametrize(("option", "value"), [("--from", "99"), ("--to", "31/12/2024"), ("--from", "2024-3-5")])
def test_search_refuses_other_dates(reading: Terminal, option: str, value: str) -> None:
    said = reading("search", option, value)
    assert said.code == 2
    assert f"{value} is not a date like 2026-03-02." in said.err


def test_search_names_the_values_of_a_code_table(reading: Terminal) -> None:
    assert "02 Decision" in reading("search", "--type", "nonsense").err
    assert "02 Quyết định" in reading("search", "--type", "nonsense", lang="vi").err


def test_search_pages_without_a_gap_or_a_repetition(reading: Terminal) -> None:
    whole = [item["id"] for item in reading("search", "--json", "--limit", "100", "--sort", "newest").objects[1:]]
    pages = [reading("search", "--json", "--limit", "2", "--offset", n, "--sort", "newest") for n in range(0, 10, 2)]
    assert [item["id"] for page in pages for item in page.objects[1:]] == whole
    assert len(whole) == 9
    assert "9 found, 3-4 shown" in reading("search", "--limit", "2", "--offset", "2").out
    assert "9 found, 0-0 shown" in reading("search", "--offset", "500").out


def test_search_counts_facets(reading: Terminal) -> None:
    head = reading("search", "--json", "--facets").objects[0]
    assert head["schema"] == "search/1"
    assert head["facets"]["type"] == {"02": 7}
    assert head["facets"]["level"] == {"document": 7, "case-file": 2}
    shown = reading("search", "--facets").out
    assert "type: Decision 7" in shown


def test_search_hits_have_their_fields(reading: Terminal) -> None:
    hit = reading("search", "--json", "duong", "--limit", "1").objects[1]
    assert hit["schema"] == "search-hit/1"
    assert {"id", "aip_id", "level", "code", "title", "number", "notation", "agency", "start", "snippet"} <= set(hit)


@pytest.mark.parametrize("query", ['"', "title:(", "AND OR NOT", "*", "((((", "a" * 5000, "\x00\x1b[31m"])
def test_search_takes_any_text(reading: Terminal, query: str) -> None:
    said = reading("search", "--", query)
    assert said.code == 0
    assert said.err == ""
    assert "\x1b" not in said.out


def test_show_by_code_identifier_and_beginning(reading: Terminal) -> None:
    shown = reading("show", CODE, "--json").objects
    assert [item["schema"] for item in shown] == ["case-file/1"]
    data = shown[0]
    assert len(data["documents"]) == 3
    assert {copy["store"] for copy in data["versions"][0]["copies"]} == {"a", "b"}
    assert data["versions"][0]["sha256"]
    assert {event["type"] for event in data["events"]} >= {"accession", "replication"}
    aip = data["aip_id"]
    assert reading("show", aip).out == reading("show", CODE).out
    assert reading("show", aip[:-3], "--json").objects == shown


def test_show_speaks_two_languages(reading: Terminal) -> None:
    english, vietnamese = reading("show", CODE).out, reading("show", CODE, lang="vi").out
    assert "2024-01-02" in english
    assert "Documents:" in english
    assert "02/01/2024" in vietnamese
    assert "Documents:" not in vietnamese


@pytest.mark.parametrize(
    "words", [("show", "H0"), ("show", ""), ("verify", "H0"), ("export", "H0", "--to", "x"), ("transfer", "show", "x")]
)
def test_what_is_not_there_is_not_found(reading: Terminal, words: tuple[str, ...]) -> None:
    said = reading(*words)
    assert said.code == 10
    assert said.out == ""
    assert said.err.startswith("Error: ")
    assert "→" in said.err


def test_transfers_are_listed_and_shown(reading: Terminal) -> None:
    listed = reading("transfer", "list", "--json").objects
    assert [item["state"] for item in listed] == ["refused", "accepted", "accepted"]
    assert {item["schema"] for item in listed} == {"transfer/1"}
    refused = reading("transfer", "list", "--state", "refused", "--json").objects
    assert [item["id"] for item in refused] == [listed[0]["id"]]
    assert len(reading("transfer", "list", "--limit", "1").out.splitlines()) == 1
    shown = reading("transfer", "show", listed[0]["id"], "--json").objects[0]
    assert "metadata.total-differs" in {finding["code"] for finding in shown["findings"]}
    assert all({"code", "severity", "location", "message", "source"} <= set(item) for item in shown["findings"])
    lines = reading("transfer", "show", listed[0]["id"]).out
    assert "<metadata.total-differs>" in lines
    assert "→" in lines


def test_a_document_comes_out_byte_for_byte(reading: Terminal, held: Path, tmp_path: Path) -> None:
    original = next((held.parent / "batch" / "1").glob("003*")).read_bytes()
    said = reading.run("export", CODE, "--document", 3, "--to", "-")
    assert (said.code, said.raw, said.err) == (0, original, "")
    target = tmp_path / "out.pdf"
    assert reading("export", CODE, "--document", 3, "--to", target).code == 0
    assert target.read_bytes() == original
    again = reading("export", CODE, "--document", 3, "--to", target)
    assert again.code == 11
    assert target.read_bytes() == original


def test_all_files_come_out_with_their_manifest(reading: Terminal, held: Path, tmp_path: Path) -> None:
    target = tmp_path / "files"
    said = reading("export", CODE, "--to", target)
    assert (said.code, said.err) == (0, "")
    for source in (held.parent / "batch" / "1").glob("0*"):
        assert source.read_bytes() in {path.read_bytes() for path in target.rglob("*") if path.is_file()}
    lines = [line.split("  ", 1) for line in (target / "manifest-sha512.txt").read_text("utf-8").splitlines()]
    assert lines
    assert all(hashlib.sha512((target / name).read_bytes()).hexdigest() == digest for digest, name in lines)
    assert reading("export", CODE, "--to", target).code == 11


def test_the_package_comes_out_as_it_is_stored(reading: Terminal, tmp_path: Path) -> None:
    target = tmp_path / "package.tar"
    assert reading("export", CODE, "--as", "aip", "--to", target).code == 0
    recorded = reading("show", CODE, "--json").objects[0]["versions"][0]["sha256"]
    assert hashlib.sha256(target.read_bytes()).hexdigest() == recorded
    assert reading("export", CODE, "--as", "aip", "--to", target).code == 11
    assert reading("verify", target).code == 0
    checked = reading("package", "check", target, "--json")
    assert (checked.code, checked.objects[0]["type"]) == (0, "vn-tt05-aip")


def test_a_dissemination_package_comes_out(reading: Terminal, tmp_path: Path) -> None:
    target = tmp_path / "dip"
    assert reading("export", OTHER_CODE, "--as", "dip", "--to", target).code == 0
    assert target.exists()
    assert reading("export", OTHER_CODE, "--as", "dip", "--to", target).code == 11


@pytest.mark.parametrize(
    "words",
    [
        ("export", CODE),
        ("export", CODE, "--to", "-"),
        ("export", CODE, "--as", "aip", "--to", "-"),
        ("export", CODE, "--document", "0", "--to", "x"),
        ("export", CODE, "--as", "zip", "--to", "x"),
        ("verify",),
        ("verify", CODE, "--all"),
        ("search", "--limit", "0"),
        ("search", "--sort", "size"),
        ("transfer",),
        ("nonsense",),
        ("show",),
    ],
)
def test_a_wrong_line_is_a_usage_error(reading: Terminal, words: tuple[str, ...], tmp_path: Path) -> None:
    said = reading(*words)
    assert said.code == 2
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_an_absent_document_is_not_found(reading: Terminal, tmp_path: Path) -> None:
    assert reading("export", CODE, "--document", 99, "--to", tmp_path / "x").code == 10
    assert not (tmp_path / "x").exists()


def test_verify_says_what_was_verified(reading: Terminal, tmp_path: Path) -> None:
    one = reading("verify", CODE, "--json").objects
    assert [(item["schema"], item["outcome"]) for item in one] == [("verify/1", "PASSED")]
    last = reading("verify", "--all", "--json").objects[-1]
    assert (last["type"], last["outcome"]) == ("archive", "PASSED")
    assert "2" in last["findings"][0]["message"]
    (tmp_path / "bag").mkdir()
    assert reading("verify", tmp_path / "bag").code == 3


def test_doctor_finds_everything_in_order(reading: Terminal) -> None:
    said = reading("doctor", "--json")
    assert said.code == 0
    assert {item["schema"] for item in said.objects} == {"doctor/1"}
    assert all({"what", "ok", "detail"} <= set(item) for item in said.objects)
    assert any("2 case files" in item["detail"] for item in said.objects)


@pytest.fixture
def copied(held: Path, tmp_path: Path) -> Path:
    """A copy of the archive, to be damaged."""
    return Path(shutil.copytree(held, tmp_path / "copied"))


def test_damage_in_custody_is_named_and_repaired(copied: Path) -> None:
    terminal = Terminal(copied)
    container = next(path for path in (copied / "store-b").rglob("*.tar"))
    with tarfile.open(container) as tar:
        member = next(item for item in tar if item.name.endswith(".pdf"))
    content = bytearray(container.read_bytes())
    content[member.offset_data + 10] ^= 1
    container.chmod(0o644)
    container.write_bytes(content)

    said = terminal("verify", "--all", "--json")
    assert said.code == 12
    damaged = said.objects[0]
    assert damaged["outcome"] == "FAILED"
    assert any(Path(member.name).name in item["location"] for item in damaged["findings"])
    assert all("b:" in item["location"] for item in damaged["findings"])
    assert terminal("verify", damaged["path"]).code == 12
    assert terminal("verify", "--all", "--repair").code == 0
    assert terminal("verify", "--all", "--deep").code == 0


def test_damaged_documents_are_not_given_out(copied: Path, tmp_path: Path) -> None:
    terminal = Terminal(copied)
    for container in copied.glob("store-*/**/*.tar"):
        with tarfile.open(container) as tar:
            member = next(item for item in tar if item.name.endswith(".pdf"))
        content = bytearray(container.read_bytes())
        content[member.offset_data + 10] ^= 1
        container.chmod(0o644)
        container.write_bytes(content)
    said = terminal("export", CODE, "--document", 3, "--to", tmp_path / "x.pdf")
    assert said.code == 12
    assert not (tmp_path / "x.pdf").exists()


def test_a_store_that_is_not_there(copied: Path) -> None:
    terminal = Terminal(copied)
    shutil.move(copied / "store-b", copied / "elsewhere")
    assert terminal("doctor").code == 3
    assert terminal("ingest", copied.parent / "nothing").code == 10
    assert terminal("search", "duong").code == 0
    said = terminal("verify", "--all")
    assert said.code != 0
    assert "Traceback" not in said.err


ASKED = ("--as", "dip", "--recipient", "Nguyễn Văn A", "--purpose-text", "nghiên cứu")
"""The case file has conditional access."""


@pytest.mark.parametrize("more", [(), ("--document", "1"), ("--as", "aip"), ASKED])
def test_a_place_that_cannot_be_written(reading: Terminal, tmp_path: Path, more: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "file" / "sub", Path("/proc/nowhere/sub")):
        said = reading("export", CODE, *more, "--to", target)
        assert said.code == 14
        assert "cannot be written" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_digest_file_beside_an_exported_package_replaces_nothing(reading: Terminal, tmp_path: Path) -> None:
    (tmp_path / "package.tar.sha256").write_text("something else")
    assert reading("export", CODE, "--as", "aip", "--to", tmp_path / "package.tar").code == 11
    assert [path.name for path in tmp_path.iterdir()] == ["package.tar.sha256"]
    assert (tmp_path / "package.tar.sha256").read_text() == "something else"


def test_verify_of_a_path_judges_every_kind_of_package(reading: Terminal, tmp_path: Path) -> None:
    message = tmp_path / "m.edxml"
    message.write_bytes(document_bytes(files=[Sent("a.pdf", b"%PDF-1.4")]))
    for path, kind in ((message, "edxml"), (make_package(tmp_path / "old"), "vn-tt02")):
        said = reading("verify", str(path), "--json")
        assert said.code == 0
        assert said.objects[0]["type"] == kind
