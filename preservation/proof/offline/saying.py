"""What the stand-alone verifier says, in Vietnamese and English: the same sentences as on the HTML page."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from model.dates import from_utc_text, utc_text
from model.findings import Finding, Severity, printable
from preservation.evidence.values import RecordReport
from preservation.proof.offline.tokens import Authority

LANGUAGES = ("vi", "en")
_SHOWN = 30
"""Files of one record that are listed to a person."""


@cache
def words() -> dict[str, dict[str, str]]:
    """Return every sentence by key and language."""
    content = pkgutil.get_data("preservation.proof", "data/words.json")
    return dict(json.loads(content or b"{}"))


def say(key: str, language: str, **values: object) -> str:
    """Return a sentence with its values; a value is never read as a sentence."""
    shown = {name: printable(str(value)) for name, value in values.items()}
    return words()[key][language].format(**shown)


def say_finding(finding: Finding, language: str) -> str:
    """Return the sentence of a finding, with where it was found."""
    values: dict[str, Any] = dict(finding.args)
    reason = f"reason.{values.get('reason', '')}"
    if reason in words():
        values["reason"] = words()[reason][language]
    for name in ("time", "at"):
        if name in values:
            values[name] = day(from_utc_text(values[name].replace("Z", "+00:00")), language)
    known = finding.code in words()
    sentence = say(finding.code, language, **values) if known else printable(finding.message())
    return f"{printable(finding.location)}: {sentence}" if finding.location else sentence


def day(moment: datetime, language: str) -> str:
    """Return a time for people; always UTC."""
    return f"{moment:%d/%m/%Y %H:%M:%S} UTC" if language == "vi" else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def record_lines(name: str, report: RecordReport, authorities: dict[int, Authority], language: str) -> Iterator[str]:
    """Yield what is to be said of one record."""
    outcome = say(f"outcome.{report.outcome.value}", language)
    yield say("heading", language, name=name, outcome=outcome)
    if report.proof_time:
        yield "  " + say("existed", language, time=day(report.proof_time, language))
    if report.holds_until:
        yield "  " + say("holds-until", language, time=day(report.holds_until, language))
    ordered = sorted(report.objects, key=lambda item: item.covered)
    for item in ordered[:_SHOWN]:
        yield f"  {printable(item.name)}: " + say("covered" if item.covered else "uncovered", language)
    if len(ordered) > _SHOWN:
        yield "  " + say("more", language, count=len(ordered) - _SHOWN)
    for place, stamp in enumerate(report.timestamps, start=1):
        yield "  " + say(
            "timestamp",
            language,
            chain=stamp.chain,
            number=stamp.number,
            time=day(stamp.time, language),
            algorithm=stamp.algorithm,
            outcome=say(f"outcome.{stamp.outcome.value}", language),
        )
        yield from _authority_lines(authorities.get(place), language)
    for finding in _once(report.findings):
        yield f"  {'-' if finding.severity is Severity.INFO else '!'} {say_finding(finding, language)}"


def _authority_lines(authority: Authority | None, language: str) -> Iterator[str]:
    if authority is not None:
        yield "      " + say("authority", language, name=authority.name)
    if authority is not None and authority.root:
        yield "      " + say("authority-root", language, root=authority.root, fingerprint=authority.root_sha256)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    return iter(list(dict.fromkeys(findings))[:_SHOWN])


def record_json(name: str, report: RecordReport, authorities: dict[int, Authority]) -> dict[str, object]:
    """Return one record's result as data."""
    return {
        "record": printable(name),
        "kind": report.kind,
        "outcome": report.outcome.value,
        "sub_indication": report.sub_indication.value if report.sub_indication else None,
        "proof_time": utc_text(report.proof_time) if report.proof_time else None,
        "holds_until": utc_text(report.holds_until) if report.holds_until else None,
        "objects": [{"path": printable(item.name), "covered": item.covered} for item in report.objects],
        "timestamps": [
            {
                "chain": stamp.chain,
                "number": stamp.number,
                "time": utc_text(stamp.time),
                "algorithm": stamp.algorithm,
                "root": stamp.root,
                "verified_at": utc_text(stamp.verified_at),
                "outcome": stamp.outcome.value,
                "sub_indication": stamp.sub_indication.value if stamp.sub_indication else None,
                **_authority_json(authorities.get(place)),
            }
            for place, stamp in enumerate(report.timestamps, start=1)
        ],
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "location": printable(finding.location),
                "message": say_finding(finding, "en"),
            }
            for finding in _once(report.findings)
        ],
    }


def _authority_json(authority: Authority | None) -> dict[str, object]:
    if authority is None:
        return {}
    return {
        "authority": printable(authority.name),
        "authority_root": printable(authority.root),
        "authority_root_sha256": authority.root_sha256,
        "authority_trusted": authority.trusted,
    }
