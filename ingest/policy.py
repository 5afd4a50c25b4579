"""Intake policy: what each finding does to a transfer. Facts and policy in, decision out."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from ingest.sources.findings import UNSAFE_TO_KEEP_PARTLY
from model.errors import ConfigurationError
from model.findings import FindingLog, Severity
from model.text import N_

SHIPPED = Path(__file__).parent / "data" / "policy.toml"


class Action(StrEnum):
    """What a finding does to a transfer."""

    REFUSE = "refuse"
    WARN = "warn"
    INFORM = "inform"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePolicy:
    """Which findings refuse, warn or inform."""

    id: str
    """Name given in the file and the first digits of its SHA-256: two different policies never share one."""
    defaults: Mapping[Severity, Action]
    findings: Mapping[str, Action]
    """By exact code or by pattern with `*`."""
    waived: frozenset[str] = frozenset()
    """Codes that an officer decided not to refuse for, in this one transfer."""

    def action(self, code: str, severity: Severity) -> Action:
        """Return what a finding does; an exact code comes before patterns, a longer pattern before a shorter."""
        action = self._rule(code, severity)
        if action is Action.REFUSE and code in self.waived and code not in UNSAFE_TO_KEEP_PARTLY:
            return Action.WARN
        return action

    def _rule(self, code: str, severity: Severity) -> Action:
        if code in UNSAFE_TO_KEEP_PARTLY:
            return Action.REFUSE
        if code in self.findings:
            return self.findings[code]
        matching = [pattern for pattern in self.findings if "*" in pattern and fnmatchcase(code, pattern)]
        return self.findings[max(matching, key=len)] if matching else self.defaults[severity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a transfer is accepted, and why."""

    accepted: bool
    policy: str
    refusing: tuple[tuple[str, int], ...] = ()
    """Codes that refuse it, with how often each was found; most frequent first."""
    warnings: int = 0
    waived: tuple[str, ...] = ()
    """Codes that would have refused it but for an officer's decision."""

    @property
    def reason(self) -> str:
        """The refusing codes in one line; empty for an accepted transfer."""
        return ", ".join(f"{code} ({count})" if count > 1 else code for code, count in self.refusing)


def decide(facts: FindingLog, policy: IntakePolicy) -> Decision:
    """Judge what was found. Pure: no clock, no files, the same answer for the same facts and policy."""
    refusing: Counter[str] = Counter()
    waived: set[str] = set()
    warnings = 0
    for (code, severity), count in facts.counts.items():
        action = policy.action(code, severity)
        if action is Action.REFUSE:
            refusing[code] += count
        elif action is Action.WARN:
            warnings += count
            if code in policy.waived:
                waived.add(code)
    return Decision(
        accepted=not refusing,
        policy=policy.id,
        refusing=tuple(refusing.most_common()),
        warnings=warnings,
        waived=tuple(sorted(waived)),
    )


def load_policy(path: Path | None = None, *, waive: Iterable[str] = ()) -> IntakePolicy:
    """Read an intake policy; the shipped strict one where no file is given or the file is absent.

    Raises:
        ConfigurationError: the file cannot be read or names an unknown action.
    """
    source = path if path is not None and path.exists() else SHIPPED
    try:
        content = source.read_bytes()
        data = tomllib.loads(content.decode("utf-8"))
        return IntakePolicy(
            id=f"{data['id']}+{hashlib.sha256(content).hexdigest()[:12]}",
            defaults={severity: Action(data["default"][severity.value]) for severity in Severity},
            findings={code: Action(action) for code, action in data.get("findings", {}).items()},
            waived=frozenset(waive),
        )
    except (OSError, KeyError, ValueError, TypeError) as exc:
        raise ConfigurationError(
            N_("The intake policy {path} cannot be used: {why}."),
            hint=N_("Compare it with the shipped policy; docs/policy.md explains each line."),
            path=source,
            why=str(exc),
        ) from exc
