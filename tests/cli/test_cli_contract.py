"""What holds for every command of the installed program: streams, languages, names, signals, help."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli
from tests.cli.conftest import CODE
from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import PROGRAM, Terminal

WRITING = {
    *("init", "export", "evidence export", "template", "fonds add", "agency import", "trust add", "trust end"),
    *("casefile contents", "casefile plan template", "casefile register", "casefile remove"),
    *("submission documents", "submission receipt"),
    *("user add", "user disable", "user password", "user role", "login", "logout"),
    *("retention hold lift", "retention hold place", "retention event record", "retention override"),
    *("retention class assign", "retention class map", "retention schedule approve", "retention schedule sample"),
    *(f"retention review {act}" for act in ("appoint", "appraisal", "approve", "certificate", "confirm", "dossier")),
    *(f"retention review {act}" for act in ("execute", "extend", "minutes", "object", "open", "reject", "vote")),
}
"""Commands that write a file or record an act, and whose answer people read."""

WEIRD = b"b\xff\xfe\x1b[31m\xe2\x80\xae\nx"
"""Not UTF-8, with an escape sequence, an override of the writing direction and a line break."""


def every_command(command: click.Command | None = None, name: str = "chauban") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name, groups before their members."""
    command = command or cli.load_commands()
    yield name, command
    if isinstance(command, click.Group):
        for child, inner in command.commands.items():
            yield from every_command(inner, f"{name} {child}")


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=lambda value: value if value is str else "")
def test_every_command_and_option_has_help(name: str, command: click.Command) -> None:
    assert command.help, name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"


def test_every_reading_command_speaks_json() -> None:
    without = {
        name
        for name, command in every_command()
        if not isinstance(command, click.Group) and all("--json" not in parameter.opts for parameter in command.params)
    }
    assert without <= {f"chauban {name}" for name in WRITING}


def test_help_in_both_languages() -> None:
    english = Terminal()("--help")
    vietnamese = Terminal().run("--help", lang="vi")
    assert (english.code, vietnamese.code) == (0, 0)
    assert "Usage:" in english.out
    assert "Find case files" in english.out
    assert "Find case files" not in vietnamese.out
    assert "Usage:" not in vietnamese.out


def test_every_sentence_of_the_help_has_its_translation() -> None:
    from model.text import translate

    same = [
        f"{name}: {text}"
        for name, command in every_command()
        for text in (command.help, *(p.help for p in command.params if isinstance(p, click.Option)))
        if text and translate(text, "vi") == text
    ]
    assert same == []


ABSENT = "There is no archive in"


@pytest.mark.parametrize(
    ("lang", "environment", "english"),
    [
        ("en", {"LC_ALL": "vi_VN.UTF-8", "CHAUBAN_LANG": "vi"}, True),
        ("vi", {"LC_ALL": "en_US.UTF-8", "CHAUBAN_LANG": "en"}, False),
        ("", {"LC_ALL": "vi_VN.UTF-8", "CHAUBAN_LANG": "en"}, True),
        ("", {"LC_ALL": "en_US.UTF-8", "CHAUBAN_LANG": "vi"}, False),
        ("", {"LC_ALL": "en_US.UTF-8"}, True),
        ("", {"LC_ALL": "vi_VN.UTF-8"}, False),
        ("", {"LC_ALL": "C"}, False),
    ],
)
def test_who_chooses_the_language(
    lang: str, environment: dict[str, str], english: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    said = Terminal(tmp_path / "none")("search", "x", lang=lang)
    assert said.code == 13
    assert (ABSENT in said.err) is english


def test_the_configuration_chooses_before_the_locale(fresh: Terminal) -> None:
    path = Path(str(fresh.archive)) / "chauban.toml"
    path.write_text(path.read_text("utf-8").replace('language = ""', 'language = "vi"'), "utf-8")
    for words in (("search", "x"), ("doctor",), ("rebuild",), ("verify", "--all")):
        english, vietnamese = fresh(*words), fresh(*words, lang="")
        assert english.out != vietnamese.out
    assert "found" in fresh.run("search", "x", env={"CHAUBAN_LANG": "en"}).out


def test_the_archive_is_named_by_option_variable_or_folder(held: Path, tmp_path: Path) -> None:
    by_variable = Terminal().run("show", CODE, "--json", env={"CHAUBAN_HOME": str(held)})
    assert by_variable.code == 0
    assert Terminal(tmp_path).run("show", CODE, env={"CHAUBAN_HOME": str(held)}).code == 13
    with subprocess.Popen([PROGRAM, "show", CODE, "--json"], cwd=held, stdout=subprocess.PIPE) as process:
        out, _ = process.communicate(timeout=60)
    assert out == by_variable.raw


def test_options_have_variables(held: Path) -> None:
    said = Terminal(held).run("search", "--json", env={"CHAUBAN_SEARCH_LIMIT": "1"})
    assert len(said.objects) == 2


def test_data_on_stdout_and_the_rest_on_stderr(reading: Terminal, tmp_path: Path) -> None:
    for words in (("search", "duong"), ("transfer", "list"), ("show", CODE), ("doctor",), ("verify", "--all")):
        said = reading(*words, "--json")
        assert said.objects
        assert said.err == ""
    failed = reading.run("show", "nothing", "--json")
    assert (failed.code, failed.raw) == (10, b"")
    error = json.loads(failed.err)
    assert error["schema"] == "error/1"
    assert {"code", "message", "hint"} <= set(error)
    assert error["code"] == "not-found"


@pytest.mark.parametrize("as_json", [True, False])
def test_any_name_is_printed_safely(fresh: Terminal, tmp_path: Path, as_json: bool) -> None:
    place = tmp_path / os.fsdecode(WEIRD)
    make_case_folder(place / os.fsdecode(WEIRD))
    name = place / os.fsdecode(WEIRD)
    more = ("--json",) if as_json else ()
    lines = (
        ("package", "check", name, *more),
        ("package", "check", name / "absent", *more),
        ("format", "identify", name, *more),
        ("ingest", name / "absent", *more),
        ("ingest", name, *more),
        ("show", name, *more),
        ("verify", name, *more),
        ("transfer", "list", *more),
        ("search", name, *more),
    )
    for words in lines:
        said = fresh(*words)
        assert said.code in {0, 3, 4, 10}, words
        for line in (said.out + said.err).splitlines():
            assert "Traceback" not in line
            assert not set(line) & {"\x1b", "\u202e", "\udcff"}, words
        assert said.objects or said.code == 10 if as_json else said.out + said.err


def test_an_error_about_any_name_is_json_as_well(fresh: Terminal, tmp_path: Path) -> None:
    said = fresh.run("ingest", tmp_path / os.fsdecode(WEIRD), "--json", lang="en")
    assert (said.code, said.out) == (10, "")
    error = json.loads(said.err)
    assert error["message"].endswith("does not exist.")
    assert error["message"].isprintable()


def test_a_name_that_is_not_text_is_also_given_byte_for_byte(tmp_path: Path) -> None:
    import base64

    name = tmp_path / os.fsdecode(WEIRD)
    make_case_folder(name)
    for words in (("package", "check", name), ("format", "identify", name)):
        item = Terminal()(*words, "--json").objects[0]
        assert base64.b64decode(item["path_b64"]).startswith(os.fsencode(name))
    assert "path_b64" not in Terminal()("package", "check", tmp_path, "--json").objects[0]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_does_not_depend_on_the_encoding_of_the_locale(reading: Terminal, encoding: str) -> None:
    said = reading.run("show", CODE, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, lang="vi")
    assert said.code == 0
    assert "Hồ sơ về việc sửa đường" in said.out


@pytest.mark.parametrize(
    "words",
    [("search", "duong", "--json"), ("doctor",), ("show", CODE), ("transfer", "list"), ("verify", "--all", "--json")],
)
def test_a_reader_that_goes_away_is_no_error(reading: Terminal, words: tuple[str, ...]) -> None:
    with reading.start(*words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        process.wait(60)
    assert (process.returncode, err) == (141, b"")


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_stops_an_ingest_that_then_goes_on(fresh: Terminal, tmp_path: Path, workers: int) -> None:
    count = 12
    for number in range(count):
        make_case_folder(tmp_path / "batch" / f"{number:03}", f"H49.64.2024.{number}")
    process = fresh.start("ingest", tmp_path / "batch", "--workers", workers, lang="en")
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        begun = time.monotonic()
        err = process.stderr.read().decode("utf-8")
        process.wait(60)
    assert process.returncode == 130
    assert time.monotonic() - begun < 20
    assert err == "Interrupted. Run the same command again to go on.\n"
    again = fresh("ingest", tmp_path / "batch")
    assert again.code == 0
    assert fresh("search", "--level", "case-file", "--json").objects[0]["total"] == count
    assert fresh("verify", "--all", "--json").objects[-1]["outcome"] == "PASSED"
    assert list((Path(str(fresh.archive)) / "work").iterdir()) == []


def test_version_and_short_options(held: Path) -> None:
    said = Terminal().run("--version")
    assert said.code == 0
    assert said.out.startswith("chauban ")
    assert Terminal()("-h").code == 0
    assert Terminal()("-A", held, "show", CODE).code == 0


@pytest.mark.parametrize("words", [("search", "duong"), ("export", CODE, "--document", "3", "--to", "-")])
def test_output_to_a_full_disk(held: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        line = [PROGRAM, "--lang", "en", "-A", held, *words]
        with subprocess.Popen(line, stdout=full, stderr=subprocess.PIPE) as process:
            _, err = process.communicate(timeout=60)
    assert process.returncode == 14
    assert err.startswith(b"Error: ")
    assert b"Traceback" not in err
