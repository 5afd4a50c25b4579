"""The documentation names everything it has to name."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VALUES = (
    *sorted((ROOT / "model").glob("*.py")),
    ROOT / "ingest/values.py",
    ROOT / "ingest/sources/values.py",
    ROOT / "archive/audit/values.py",
    ROOT / "archive/catalogue/values.py",
    ROOT / "archive/search/values.py",
    ROOT / "archive/store/protocol.py",
    ROOT / "archive/configuration.py",
    ROOT / "preservation/package/plan.py",
)


def _classes(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def test_every_central_type_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    names = [name for path in VALUES if path.name != "errors.py" for name in _classes(path)]
    assert len(names) > 60
    assert [name for name in names if f"`{name}`" not in glossary] == []


def test_the_glossary_names_no_type_that_is_gone() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    folders = ("model", "formats", "preservation", "archive", "ingest")
    known = {name for folder in folders for path in (ROOT / folder).rglob("*.py") for name in _classes(path)}
    assert set(re.findall(r"`([A-Z][A-Za-z]+)`", glossary)) - known == set()


def test_every_runtime_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(item for extra in extras for item in extra)]
    names = {re.split(r"[\[<>=~! ]", item)[0] for item in required}
    page = (ROOT / "docs/adr/0006-dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)) == names


def test_every_variable_is_in_the_operations_guide() -> None:
    sources = [
        ROOT / "cli.py",
        *(path for top in ("model", "archive", "ingest") for path in (ROOT / top).rglob("*.py")),
    ]
    read = {name for path in sources for name in re.findall(r"\bCHAUBAN_[A-Z]+\b", path.read_text(encoding="utf-8"))}
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert read
    assert {name for name in read if name not in page} == set()


def test_decisions_are_numbered_once_and_have_the_same_parts() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers) >= 4
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert "Status: " in text and "## Context" in text and "## Outcome" in text and "## Consequences" in text, (
            page.name
        )


def test_the_changelog_has_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds
