"""Nothing is deleted from a store but through an approved confirmation, and that is made in one place only."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CONFIRMATION = "DisposalConfirmation"
_TOLD = (ast.Call, ast.Attribute, ast.Name, ast.Constant, ast.ImportFrom)
NAMED_IN = {
    "model/preservation.py",
    "archive/disposal/warrant.py",
    "archive/store/protocol.py",
    "archive/store/copies.py",
    "archive/store/local.py",
    "archive/store/s3.py",
}
"""Where it is defined, made, and taken as a parameter."""


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Every node of the product that can call, name or import something, with its file."""
    return tuple((name, node) for name, module in product() for node in ast.walk(module) if isinstance(node, _TOLD))


def product() -> Iterator[tuple[str, ast.Module]]:
    tops = ("model", "formats", "preservation", "archive", "ingest")
    for path in (ROOT / "cli.py", *(path for top in tops for path in sorted((ROOT / top).rglob("*.py")))):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def test_only_the_warrant_makes_a_confirmation() -> None:
    named, made = set(), set()
    for name, node in nodes():
        words = {getattr(node, "id", ""), getattr(node, "attr", "")}
        words |= {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
        if CONFIRMATION in words or (isinstance(node, ast.Constant) and node.value == CONFIRMATION):
            named.add(name)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == CONFIRMATION:
            made.add(name)
    assert made == {"archive/disposal/warrant.py"}
    assert named <= NAMED_IN


def test_only_the_removal_deletes_from_a_store() -> None:
    found = set()
    for name, node in nodes():
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr == "delete" and ast.unparse(called.value) != "sa":
            found.add(name)
    assert found == {"archive/disposal/removing.py", "archive/store/copies.py"}


def test_nobody_reaches_a_store_past_its_protocol() -> None:
    """The calls that take objects away below the protocol are in the stores only."""
    found = {
        name
        for name, node in nodes()
        if isinstance(node, ast.Attribute) and node.attr in {"delete_object", "delete_objects"}
    }
    assert {name.rpartition("/")[0] for name in found} <= {"archive/store"}


def test_only_the_removal_asks_for_a_warrant() -> None:
    users = {
        name for name, node in nodes() if isinstance(node, ast.ImportFrom) and node.module == "archive.disposal.warrant"
    }
    assert users == {"archive/disposal/removing.py"}
