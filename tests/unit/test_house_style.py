"""The house style, measured: sizes, who may import what, reasons beside exceptions, docstrings."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("model", "formats", "preservation", "archive", "ingest")
MAX_FILE, MAX_FUNCTION, MAX_P90, MAX_CLI = 600, 80, 35, 200

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def product() -> tuple[Path, ...]:
    return (ROOT / "cli.py", *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))))


@cache
def everything() -> tuple[Path, ...]:
    """The product, and what is kept beside it to the same reading."""
    beside = [path for top in ("tests", "examples", "docs") for path in sorted((ROOT / top).rglob("*.py"))]
    return (*product(), *beside, *sorted((ROOT / "bench").glob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@cache
def imports(path: Path) -> set[str]:
    """Everything a file imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def importers(module: str) -> set[str]:
    """The files of the product that import a module or a part of it."""
    return {
        name(path)
        for path in product()
        if any(item == module or item.startswith(f"{module}.") for item in imports(path))
    }


def comments(path: Path) -> Iterator[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)


def test_files_are_short() -> None:
    long = {name(path): count for path in product() if (count := _line_count(path)) > MAX_FILE}
    assert long == {}
    assert _line_count(ROOT / "cli.py") < MAX_CLI


def _line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_functions_are_short() -> None:
    sizes = {f"{name(path)}:{node.name}": lines(node) for path in product() for node in functions(path)}
    assert {where: size for where, size in sizes.items() if size > MAX_FUNCTION} == {}
    ordered = sorted(sizes.values())
    assert len(ordered) > 1000
    assert ordered[len(ordered) * 9 // 10] <= MAX_P90


def test_package_files_are_empty() -> None:
    assert [name(path) for path in product() if path.name == "__init__.py" and path.stat().st_size] == []


def test_no_folder_for_odds_and_ends() -> None:
    folders = {part for path in product() for part in (*path.relative_to(ROOT).parts[:-1], path.stem)}
    assert folders & {"utils", "util", "common", "core", "helpers", "misc"} == set()


def test_the_root_command_is_nobodys_library() -> None:
    assert importers("cli") == set()


def test_click_is_known_to_commands_only() -> None:
    others = {path for path in importers("click") if not path.endswith("commands.py")}
    assert others <= {"cli.py", "model/locale/update.py"}


@pytest.mark.parametrize(
    ("module", "folder"),
    [
        ("sqlalchemy", "archive/catalogue/"),
        ("alembic", "archive/catalogue/"),
        ("tantivy", "archive/search/"),
        ("boto3", "archive/store/"),
        ("botocore", "archive/store/"),
        ("pygfried", "formats/"),
        ("pikepdf", "formats/"),
        ("pypdfium2", "formats/"),
        ("PIL", "formats/"),
    ],
)
def test_a_library_is_wrapped_in_one_place(module: str, folder: str) -> None:
    using = importers(module)
    assert using
    assert [path for path in using if not path.startswith(folder)] == []


def test_bagit_never_builds_what_is_kept() -> None:
    assert importers("bagit") == set(), "a verifier beside us, in the tests"


def test_the_model_knows_the_standard_library_only() -> None:
    known = {*sys.stdlib_module_names, "model"}
    own = [path for path in product() if name(path).startswith("model/") and name(path) != "model/locale/update.py"]
    foreign = {(name(path), item) for path in own for item in imports(path) if item.partition(".")[0] not in known}
    assert foreign == set()


def test_every_exception_to_a_rule_says_why() -> None:
    silent = []
    for path in everything():
        for line, text in comments(path):
            waived = re.search(r"#\s*(noqa|type:\s*ignore|nosec|pragma)(:?\s*[A-Z0-9, ]+|\[[a-z, -]+\])?(.*)", text)
            if waived and not re.search(r"\w{3,}", waived[3]):
                silent.append(f"{name(path)}:{line} {text}")
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    here = Path(__file__).name
    assert [
        f"{name(path)}:{line}"
        for path in everything()
        if path.name != here
        for line, text in comments(path)
        if later.search(text)
    ] == []
    raised = [
        f"{name(path)}:{node.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node)
    ]
    assert raised == []


def public_definitions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield public classes and functions of a module, and public methods of its public classes."""
    for node in tree(path).body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, Function) and not method.name.startswith("_"):
                        yield f"{node.name}.{method.name}", method


def is_overload(node: ast.AST) -> bool:
    return isinstance(node, Function) and any("overload" in ast.dump(item) for item in node.decorator_list)


def test_everything_public_has_a_docstring() -> None:
    bare = [
        f"{name(path)}:{where}"
        for path in product()
        for where, node in public_definitions(path)
        if isinstance(node, Function | ast.ClassDef) and not ast.get_docstring(node) and not is_overload(node)
    ]
    assert bare == []
    modules = [name(path) for path in product() if path.stat().st_size and not ast.get_docstring(tree(path))]
    assert modules == []


def test_values_between_steps_are_frozen() -> None:
    contracts = [path for path in product() if path.name in {"values.py", "protocol.py", "plan.py"}]
    changing = {
        f"{name(path)}:{node.name}"
        for path in (*contracts, *(path for path in product() if name(path).startswith("model/")))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.dump(decorator) and "frozen" not in ast.dump(decorator)
    }
    collecting = {"model/findings.py:FindingLog", "model/material.py:Material"}
    assert changing == collecting, "these collect; everything else is a value"


def test_no_message_is_built_before_it_is_translated() -> None:
    built = [
        f"{name(path)}:{node.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"_", "N_", "ngettext"}
        and any(isinstance(argument, ast.JoinedStr) for argument in node.args)
    ]
    assert built == []


def test_dates_have_a_zone_and_files_an_encoding() -> None:
    naive = []
    for path in product():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in {"utcnow", "utcfromtimestamp"}:
                    naive.append(f"{name(path)}:{node.lineno}")
                if node.func.attr in {"read_text", "write_text"} and not any(
                    keyword.arg == "encoding" for keyword in node.keywords
                ):
                    naive.append(f"{name(path)}:{node.lineno}")
    assert naive == []
