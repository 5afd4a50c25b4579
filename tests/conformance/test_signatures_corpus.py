"""Signed files by others, each with the verdict its makers' tests state, through the command line, offline, trusting
nobody: integrity, coverage and changes after signing must come out as expected, and nothing may ever look good."""

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from preservation.signatures.commands import signature

COPIED = Path(__file__).resolve().parents[1] / "data" / "signatures" / "corpus"
WHOLE = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "signatures"

EXPLAINED: dict[str, str] = {}
"""Disagreements that were looked into, with the reason."""

Report = dict[str, Any]


def rows(folder: Path) -> list[tuple[str, str]]:
    table = folder / "expected.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as stream:
        return [(row["path"], row["expected"]) for row in csv.DictReader(stream)]


@cache
def reports(folder: Path) -> dict[str, Report]:
    paths = [str(folder / path) for path, _ in rows(folder)]
    said = CliRunner().invoke(signature, ["check", "--offline", "--json", *paths], catch_exceptions=False)
    assert said.exit_code == 3, "some are broken, all were looked at"
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert [line["path"] for line in lines] == paths
    return {str(Path(line["path"]).relative_to(folder)): line for line in lines}


def stamps(report: Report) -> Iterator[Report]:
    yield from report["timestamps"]
    for one in report["signatures"]:
        yield from one["timestamps"]


def each(report: Report, **wanted: object) -> bool:
    return all(one[name] == value for one in report["signatures"] for name, value in wanted.items())


def sound(report: Report) -> bool:
    """Every signature verifies over the whole document, and nothing unexplained was added."""
    clean = all(one["modified_after_signing"] in {"none", "permitted"} for one in report["signatures"])
    covering = all(one["covers_whole_document"] is not False for one in report["signatures"])
    return bool(report["signatures"]) and each(report, integrity="intact") and clean and covering


def flagged(report: Report) -> bool:
    """It verifies, and it is said that it does not cover everything."""
    told = [one for one in report["signatures"] if one["covers_whole_document"] is False]
    return bool(told) and all(one["integrity"] != "broken" for one in report["signatures"])


def broken(report: Report) -> bool:
    integrities = {one["integrity"] for one in report["signatures"]}
    formless = any(one["sub_indication"] == "FORMAT_FAILURE" for one in report["signatures"])
    return report["outcome"] == "FAILED" and ("broken" in integrities or formless)


def unverifiable(report: Report) -> bool:
    return report["outcome"] == "INDETERMINATE" and (
        report["state"] == "unreadable" or any(one["integrity"] == "unknown" for one in report["signatures"])
    )


def stamped_wrongly(report: Report) -> bool:
    wrong = [one for one in stamps(report) if one["imprint_matches"] is False or one["integrity"] == "broken"]
    return each(report, integrity="intact") and bool(wrong) and all(one["findings"] for one in wrong)


def modified(report: Report) -> bool:
    changed = [one for one in report["signatures"] if one["modified_after_signing"] == "suspicious"]
    return each(report, integrity="intact") and bool(changed) and all(one["changes"] for one in changed)


def recorded(report: Report, state: str) -> bool:
    return [record["state"] for record in report["evidence"]] == [state]


JUDGES = {
    "intact": sound,
    "broken": broken,
    "intact-but-modified": modified,
    "intact-but-coverage": flagged,
    "intact-but-uncovered-file": lambda report: each(report, integrity="intact") and flagged(report),
    "intact-timestamp-broken": stamped_wrongly,
    "cannot-verify": unverifiable,
    "malformed": unverifiable,
    "broken-or-malformed": lambda report: broken(report) or unverifiable(report),
    "no-signature": lambda report: report["state"] == "unsigned" and not report["signatures"],
    "er-valid": lambda report: recorded(report, "valid"),
    "er-invalid": lambda report: recorded(report, "invalid"),
    "er-not-covering": lambda report: recorded(report, "not-covering"),
    "no-crash": lambda report: True,
}


def judge(folder: Path, path: str, expected: str) -> None:
    if path in EXPLAINED:
        pytest.xfail(EXPLAINED[path])
    report = reports(folder)[path]
    told = json.dumps(report, indent=1, ensure_ascii=False)
    assert report["outcome"] != "PASSED", "nobody is trusted here"
    assert "signature.checker-failed" not in told
    assert all(one["indication"] != "TOTAL-PASSED" for one in report["signatures"])
    assert JUDGES[expected](report), f"{expected}: {told}"


@pytest.mark.parametrize(("path", "expected"), rows(COPIED))
def test_a_few_of_every_family(path: str, expected: str) -> None:
    judge(COPIED, path, expected)


@pytest.mark.corpus
@pytest.mark.parametrize(("path", "expected"), rows(WHOLE))
def test_the_whole_corpus(path: str, expected: str, corpus: Path) -> None:
    judge(corpus / "signatures", path, expected)
