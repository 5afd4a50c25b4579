"""How verdicts are shown on a terminal or as JSON Lines: one way for every command."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime

from model.dates import PartialDate, local_text
from model.errors import EXIT_DONE, EXIT_FAILED, EXIT_INDETERMINATE
from model.findings import Finding, Outcome, Severity, ValidationReport, printable
from model.text import N_, _, language_in_force

_OUTCOME_WORDS = {
    Outcome.PASSED: N_("passed"),
    Outcome.FAILED: N_("failed"),
    Outcome.INDETERMINATE: N_("could not be decided"),
}
_SEVERITY_WORDS = {Severity.ERROR: N_("error"), Severity.WARNING: N_("warning"), Severity.INFO: N_("note")}
_EXIT_CODES = {Outcome.PASSED: EXIT_DONE, Outcome.FAILED: EXIT_FAILED, Outcome.INDETERMINATE: EXIT_INDETERMINATE}


def exit_code_of(outcome: Outcome) -> int:
    """Return 0, 3 or 4."""
    return _EXIT_CODES[outcome]


def outcome_word(outcome: Outcome) -> str:
    """Return the outcome in words, in the language in force."""
    return _(_OUTCOME_WORDS[outcome])


def severity_word(severity: Severity) -> str:
    """Return the severity in words, in the language in force."""
    return _(_SEVERITY_WORDS[severity])


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield the lines that show one finding: what and where, then what to do."""
    place = f"{printable(finding.location)}: " if finding.location else ""
    source = f" ({_clause(finding.source)})" if finding.source else ""
    yield f"  [{severity_word(finding.severity)}] {place}{printable(finding.message())} <{finding.code}>{source}"
    remedy = finding.remedy()
    if remedy:
        yield f"      → {printable(remedy)}"


_CLAUSE_WORDS = (
    N_("Law on Archives"),
    N_("Circular"),
    N_("Decree"),
    N_("Annexes"),
    N_("Annex"),
    N_("Art."),
    N_("sections"),
    N_("section"),
    N_("AIP format"),
    N_(" and "),
    N_(" to "),
)
"""Words in the clauses that findings rest on, longer ones before those they contain."""


def _clause(source: str) -> str:
    """Return a clause as it is cited in the language in force."""
    for word in _CLAUSE_WORDS:
        source = source.replace(word, _(word))
    return source


_TYPE_WORDS = {"archive": N_("archive"), "unknown": N_("unknown kind"), "case-folder": N_("case file folder")}
"""Kinds of subject that are words; the names of package types stay as they are."""


def report_lines(report: ValidationReport) -> Iterator[str]:
    """Yield the lines that show one report: the subject and its outcome, then each finding."""
    kind = f" ({_(_TYPE_WORDS.get(report.type, report.type))})" if report.type else ""
    yield f"{printable(report.subject)}{kind}: {outcome_word(report.outcome)}"
    for finding in report.findings:
        yield from finding_lines(finding)


def report_json(schema: str, report: ValidationReport) -> dict[str, object]:
    """Return the public JSON object of a report: `path`, `type`, `outcome`, `findings`."""
    return {
        "schema": schema,
        **path_fields(report.subject),
        "type": report.type,
        "outcome": report.outcome.value,
        "findings": [finding.to_public() for finding in report.findings],
    }


def path_fields(path: str) -> dict[str, str]:
    """Return a path for JSON: `path` safe to print, and `path_b64` byte for byte where it is not UTF-8."""
    raw = os.fsencode(path)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"path": printable(path), "path_b64": base64.b64encode(raw).decode("ascii")}
    return {"path": printable(path)}


def json_line(data: Mapping[str, object]) -> str:
    """Return one line of JSON, non-ASCII text kept readable."""
    return json.dumps(data, ensure_ascii=False, separators=(", ", ": "))


def size_text(size: int) -> str:
    """Return a number of bytes for people, such as `1.4 MiB` (`1,4 MiB` in Vietnamese)."""
    value = float(size)
    unit = "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    text = f"{value:.0f}" if unit == "B" else f"{value:.1f}"
    return f"{decimal_text(text)} {unit}"


def date_text(moment: datetime) -> str:
    """Return a time for people: `dd/mm/yyyy HH:MM` local time in Vietnamese, ISO 8601 in English."""
    return local_text(moment, language_in_force())


def day_text(day: PartialDate | None) -> str:
    """Return a date for people: `dd/mm/yyyy` in Vietnamese, ISO 8601 in English; `?` when there is none."""
    if day is None:
        return "?"
    return day.vietnamese if language_in_force() == "vi" else day.iso


def decimal_text(text: str) -> str:
    """Return a number with the decimal sign of the language in force."""
    return text.replace(".", ",") if language_in_force() == "vi" else text
