"""The Vietnamese catalogue is complete, keeps every named place, and is compiled."""

import ast
import gettext
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Catalog, Message

from model.elements import CASE_FILE_ELEMENTS, CODE_TABLES, DOCUMENT_ELEMENTS
from model.errors import VERDICT_MEANINGS, error_classes
from model.findings import finding_kinds
from model.locale import update
from model.text import DOMAIN, LANGUAGES, LOCALE_DIR, translate

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("model", "formats", "preservation", "archive", "ingest")
MARKS = ("_", "N_", "translate", "ngettext")
PLACE = re.compile(r"\{[^{}]*\}|%\(\w+\)[a-z]|`[^`]+`")
VIETNAMESE = re.compile(r"[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.IGNORECASE)


@cache
def catalogue() -> Catalog:
    return update.merged()


def messages() -> list[Message]:
    return [message for message in catalogue() if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


@pytest.fixture
def every_module() -> None:
    """Import what registers finding kinds and defines errors."""
    for package in PACKAGES:
        path = [str(ROOT / package)]
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.endswith((".__main__", ".env")) and ".versions." not in module.name:
                importlib.import_module(module.name)


def is_vietnamese(message: str) -> bool:
    return translate(message, "vi") != message


def test_every_message_is_translated() -> None:
    assert not update.untranslated(catalogue()), "run `make messages` and translate what it names"
    assert len(messages()) > 800


def test_translations_keep_every_named_place_and_command() -> None:
    lost = [
        (ids(message), string)
        for message in messages()
        for string in strings(message)
        if all(places(string) != places(identifier) for identifier in ids(message))
    ]
    assert not lost


def test_translations_can_be_filled() -> None:
    """No brace is left open: a broken template would fail only when its error occurs."""
    for message in messages():
        for string in strings(message):
            assert string.count("{") == string.count("}"), string
            assert (string[:1].isspace(), string[-1:].isspace()) in {
                (identifier[:1].isspace(), identifier[-1:].isspace()) for identifier in ids(message)
            } or message.id == "d"


def test_committed_catalogue_is_level_with_the_code() -> None:
    assert update.CATALOGUE.read_bytes() == update.po_bytes(catalogue()), "run `make messages`"


def test_compiled_catalogue_is_that_of_the_text() -> None:
    compiled = update.CATALOGUE.with_suffix(".mo")
    assert compiled.read_bytes() == update.mo_bytes(catalogue()), "run `make messages`"
    with compiled.open("rb") as file:
        read = gettext.GNUTranslations(file)
    for message in messages():
        found = (
            read.gettext(message.id) if isinstance(message.id, str) else read.ngettext(message.id[0], message.id[1], 2)
        )
        assert found == strings(message)[0]


def test_messages_are_marked_whole() -> None:
    """Text put together before it is looked up is never found in the catalogue."""
    wrong = []
    for path in update.sources():
        if not path.is_relative_to(ROOT) or ".venv" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS and node.args:
                filled = isinstance(node.args[0], ast.Call) and ast.unparse(node.args[0].func).endswith(".format")
                if filled or isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
                    wrong.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong


@pytest.mark.usefixtures("every_module")
def test_errors_and_findings_are_marked() -> None:
    """A sentence handed to an error or a kind of finding as a bare string is never extracted."""
    errors = {error.__name__ for error in error_classes()}
    wrong = []
    for path in update.sources():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in errors:
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "hint")]
            elif node.func.id == "finding_kind":
                given = [*node.args[2:3], *(word.value for word in node.keywords if word.arg in {"message", "remedy"})]
            else:
                continue
            bare = [text for text in given if isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp)]
            wrong += [f"{path.name}:{node.lineno}: {ast.unparse(text)}" for text in bare if ast.unparse(text) != "''"]
    assert not wrong


def test_catalogue_has_no_leftovers() -> None:
    text = update.CATALOGUE.read_text(encoding="utf-8")
    assert "#~" not in text
    assert "fuzzy" not in text
    assert {ids(message) for message in update.committed() if message.id} == {ids(message) for message in messages()}


@pytest.mark.usefixtures("every_module")
def test_every_finding_kind_speaks_vietnamese() -> None:
    kinds = finding_kinds()
    assert len(kinds) > 100
    silent = [
        kind.code for kind in kinds.values() for text in (kind.message, kind.remedy) if text and not is_vietnamese(text)
    ]
    assert not silent


@pytest.mark.usefixtures("every_module")
def test_every_error_says_what_it_means_in_vietnamese() -> None:
    meanings = [error.meaning for error in error_classes()] + list(VERDICT_MEANINGS.values())
    assert not [meaning for meaning in meanings if not is_vietnamese(meaning)]


def test_elements_and_codes_are_called_as_the_circular_calls_them() -> None:
    for element in (*CASE_FILE_ELEMENTS, *DOCUMENT_ELEMENTS):
        assert translate(element.title, "vi") == element.vietnamese
    for table in CODE_TABLES.values():
        for vietnamese, english in table.values():
            assert translate(english, "vi") == vietnamese


DUMP = """
import json, click, cli
def walk(command, name):
    options = [option.help or "" for option in command.params if isinstance(option, click.Option)]
    yield {"name": name, "help": command.help or "", "options": options}
    for child in getattr(command, "commands", {}).values():
        yield from walk(child, [*name, child.name])
print(json.dumps(list(walk(cli.load_commands(), []))))
"""


def run(*arguments: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CHAUBAN_", "LC_", "LANG"))
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment, "PYTHONUTF8": "1", "COLUMNS": "400"},
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert not done.stderr
    return done.stdout


@cache
def helps() -> dict[tuple[str, ...], tuple[str, list[str]]]:
    """Return the English help of every command and of its options.

    A fresh process is asked, because the program translates help in place.
    """
    return {tuple(item["name"]): (item["help"], item["options"]) for item in json.loads(run("-c", DUMP))}


def beginning(text: str) -> str:
    """Return what the terminal's line folding leaves in one piece: the first sentence, without examples."""
    return re.split(r"\. | \(|\n", text, maxsplit=1)[0].rstrip(".")


def test_every_command_and_option_has_help_in_both_languages() -> None:
    assert len(helps()) > 15
    for name, (text, options) in helps().items():
        for shown in (text, *options):
            assert shown, f"no help: {name}"
            assert is_vietnamese(shown), (name, shown)


@pytest.mark.parametrize("command", [(), ("search",)], ids=["chauban", "search"])
def test_help_on_the_command_line_is_in_the_language_asked_for(command: tuple[str, ...]) -> None:
    shown = {
        language: " ".join(run("-m", "cli", "--lang", language, *command, "--help").split()) for language in LANGUAGES
    }
    text, options = helps()[command]
    for sentence in (text, *options):
        assert beginning(translate(sentence, "vi")) in shown["vi"]
        assert beginning(sentence) in shown["en"]
    assert "Cách dùng:" in shown["vi"]
    assert "Hiển thị hướng dẫn này rồi thoát." in shown["vi"]
    assert "Usage:" in shown["en"]
    assert "Usage:" not in shown["vi"]
    assert not VIETNAMESE.search(shown["en"].replace("Châu Bản", ""))


def test_catalogue_is_where_the_program_looks() -> None:
    assert LOCALE_DIR / "vi" / "LC_MESSAGES" / f"{DOMAIN}.po" == update.CATALOGUE
