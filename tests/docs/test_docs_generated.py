"""The generated pages say what the code says, and what they say makes sense."""

import os
import re
import subprocess
import sys
from pathlib import Path

from model.errors import VERDICT_MEANINGS, ExternalServiceError, StorageError, TimestampError, error_classes
from model.text import translate

ROOT = Path(__file__).resolve().parents[2]


def test_no_generated_page_is_stale() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHAUBAN_")}
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"LANGUAGE": "en"},
    )
    assert (made.returncode, made.stdout, made.stderr) == (0, "", ""), "run `make docs`"


def test_every_exit_code_has_one_meaning() -> None:
    product = [error for error in error_classes() if error.__module__ == "model.errors"]
    kinds = {StorageError, TimestampError}
    codes = [error.exit_code for error in product if error not in kinds]
    assert len(set(codes)) == len(codes)
    assert all(issubclass(error, ExternalServiceError) for error in kinds)
    assert {error.exit_code for error in kinds} == {ExternalServiceError.exit_code}
    assert set(codes).isdisjoint(VERDICT_MEANINGS)
    assert len({error.code for error in product}) == len(product)


def test_every_exit_code_is_explained_in_both_languages() -> None:
    product = [error for error in error_classes() if error.__module__ == "model.errors"]
    own = [error.__dict__.get("meaning") for error in product]
    assert all(own), [error.__name__ for error in product if not error.__dict__.get("meaning")]
    meanings = [*VERDICT_MEANINGS.values(), *(error.meaning for error in product)]
    assert len(set(meanings)) == len(meanings)
    assert [text for text in meanings if translate(text, "vi") == text] == []


def test_every_finding_of_the_policy_and_of_the_pages_exists() -> None:
    page = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\*\*`([^`]+)`\*\*", page, re.MULTILINE))
    assert len(known) > 200
    policy = (ROOT / "ingest/data/policy.toml").read_text(encoding="utf-8")
    named = set(re.findall(r'^"([a-z0-9.-]+)" = ', policy, re.MULTILINE))
    for name in ("policy.md", "formats.md", "operations.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        named |= set(re.findall(r"`((?:intake|metadata|format|custody)\.[a-z0-9-]+)`", text))
    assert named - known == set()


def test_every_finding_says_what_to_do_where_something_is_wrong() -> None:
    page = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    entries = re.findall(r"^\*\*`([^`]+)`\*\* · (error|warning)[^\n]*\n\n- ([^\n]*)", page, re.MULTILINE)
    assert len(entries) > 150
    silent = [(code, weight) for code, weight, text in entries if "→" not in text]
    assert [code for code, weight in silent if weight == "error"] == []
    assert [code for code, _weight in silent if code.startswith(("intake.", "metadata.", "format.", "custody."))] == []


def test_every_command_has_its_section() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    for name in ("chauban", "chauban ingest", "chauban transfer resolve", "chauban package check"):
        assert f"\n## {name}\n" in page


def test_every_path_of_the_conformance_page_exists() -> None:
    page = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_.]+(?:/[A-Za-z0-9_.]+)+|cli\.py|Makefile|pyproject\.toml)`", page))
    assert len(named) > 60
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_row_of_the_conformance_page_has_a_status() -> None:
    page = (ROOT / "docs/conformance.md").read_text(encoding="utf-8").split("## Benchmarks")[0]
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| requirement")]
    assert len(rows) > 40
    for row in rows:
        _requirement, code, shown, status = (cell.strip() for cell in row.strip("| ").split(" | "))
        assert status.startswith(("done", "partly", "not yet")), row
        assert status.startswith("not yet") or (shown != "–" and (code != "–" or "tests/" in shown)), row


def test_the_policy_page_lists_what_cannot_be_relaxed() -> None:
    from ingest.sources.findings import UNSAFE_TO_KEEP_PARTLY

    page = (ROOT / "docs/policy.md").read_text(encoding="utf-8").split("## What no policy")[1].split("A line for")[0]
    assert set(re.findall(r"`(intake\.[a-z-]+)`", page)) == UNSAFE_TO_KEEP_PARTLY
