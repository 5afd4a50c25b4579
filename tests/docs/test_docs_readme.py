"""The two READMEs say the same thing, and every command in them exists."""

import re
import shlex
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
WITH_COMMANDS = [ROOT / "README.md", ROOT / "README.vi.md", ROOT / "docs/operations.md", ROOT / "examples/README.md"]


def _blocks(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _commands(page: Path) -> list[str]:
    lines = [line for block in _blocks(page) for line in block.splitlines()]
    return [line[line.index("chauban ") :] for line in lines if re.match(r"(\S*/)?chauban ", line)]


def _levels(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+(?= )", text, re.MULTILINE)


def _without_words(line: str) -> str:
    """A command without what may be translated: quoted text, comments, places in angle brackets."""
    return re.sub(r'"[^"]*"|#.*$|<[^>]*>', "…", line).strip()


def test_both_readmes_have_the_same_headings_and_commands() -> None:
    english, vietnamese = ROOT / "README.md", ROOT / "README.vi.md"
    assert _levels(english) == _levels(vietnamese)
    assert [[_without_words(line) for line in block.splitlines()] for block in _blocks(english)] == [
        [_without_words(line) for line in block.splitlines()] for block in _blocks(vietnamese)
    ]


def test_both_readmes_link_to_the_same_places() -> None:
    targets = [
        sorted(
            set(re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))) - {"README.md", "README.vi.md"}
        )
        for name in ("README.md", "README.vi.md")
    ]
    assert targets[0] == targets[1]


def test_the_first_screen_says_what_how_and_what_not() -> None:
    first = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:32]
    text = "\n".join(first)
    assert all(word in text for word in ("git clone", "make demo", "make test", "does not do"))


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists_with_its_options(page: Path) -> None:
    import cli

    root = cli.load_commands()
    assert _commands(page)
    for line in _commands(page):
        _walk(root, shlex.split(re.split(r" (?:\||\|\||>|#) ?", line)[0])[1:], line)


def _walk(command: click.Command, words: list[str], line: str) -> None:
    path = [command]
    expected_value = False
    for word in words:
        if expected_value:
            expected_value = False
        elif word.startswith("-") and word != "-":
            option = next(
                (p for c in path[-1:] for p in c.params if word.partition("=")[0] in (*p.opts, *p.secondary_opts)), None
            )
            assert isinstance(option, click.Option), f"{line}: no option {word}"
            expected_value = not option.is_flag and "=" not in word
        elif isinstance(path[-1], click.Group):
            assert word in path[-1].commands, f"{line}: no command {word}"
            path.append(path[-1].commands[word])
        else:
            assert any(isinstance(p, click.Argument) for p in path[-1].params), f"{line}: takes no argument {word}"
    assert not isinstance(path[-1], click.Group) or path[-1].invoke_without_command, f"{line}: incomplete"


def test_the_readme_names_every_everyday_command() -> None:
    import cli

    used = "\n".join(_commands(ROOT / "README.md"))
    missing = [name for name in cli.load_commands().commands if f"chauban {name}" not in used]
    assert set(missing) <= {"demo", "completion"}, missing
