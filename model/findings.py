"""What a check has to say: outcomes, kinds of findings, findings and reports.

A finding stores its code and its values, not its sentence, so that it can be judged again under a
later policy and read in another language. The sentence belongs to the registered kind.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from model.dates import from_utc_text, local_text
from model.text import SPOKEN, language_in_force, translate, translate_phrases


class Outcome(StrEnum):
    """The three-valued outcome used everywhere."""

    PASSED = "PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "FAILED"


class Severity(StrEnum):
    """How much a finding weighs for the check that made it; policy decides what follows from it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingKind:
    """One thing a check can find."""

    code: str
    """Stable, dotted, lower case: `metadata.missing`."""
    severity: Severity
    message: str
    """English template with `{named}` places; translated when shown."""
    remedy: str = ""
    """What the submitter or archivist can do; template like the message."""
    source: str = ""
    """The clause the check rests on, such as `RFC 8493 2.1.3`."""
    undecided: bool = False
    """The check could not be made (a tool is missing, a limit was met): the outcome is indeterminate."""

    def at(
        self, location: str = "", *, severity: Severity | None = None, source: str = "", **args: object
    ) -> "Finding":
        """Make a finding of this kind at a place, with the values for its sentence."""
        return Finding(
            code=self.code,
            severity=severity or self.severity,
            location=location,
            args=tuple((name, str(value)) for name, value in args.items()),
            source=source or self.source,
        )


_KINDS: dict[str, FindingKind] = {}


def finding_kind(
    code: str,
    severity: Severity,
    message: str,
    *,
    remedy: str = "",
    source: str = "",
    undecided: bool = False,
) -> FindingKind:
    """Register a kind of finding; wrap `message` and `remedy` in `N_()` at the call.

    Raises:
        ValueError: the code is taken.
    """
    if code in _KINDS:
        raise ValueError(f"finding kind {code!r} registered twice")
    kind = FindingKind(code=code, severity=severity, message=message, remedy=remedy, source=source, undecided=undecided)
    _KINDS[code] = kind
    return kind


def finding_kinds() -> Mapping[str, FindingKind]:
    """Return every registered kind by code."""
    return _KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found, at one place."""

    code: str
    severity: Severity
    location: str = ""
    """Path, field or element the finding is about; empty for the whole subject."""
    args: tuple[tuple[str, str], ...] = ()
    """Values for the kind's sentence, by name."""
    source: str = ""
    """The clause."""

    def message(self, language: str | None = None) -> str:
        """Return the sentence, in the language in force unless one is named."""
        kind = _KINDS.get(self.code)
        return _fill(kind.message if kind else "", self, language) or _bare(self)

    def remedy(self, language: str | None = None) -> str:
        """Return what to do about it; empty when there is nothing to say."""
        kind = _KINDS.get(self.code)
        return _fill(kind.remedy, self, language) if kind else ""

    @property
    def undecided(self) -> bool:
        """Whether this finding says that something could not be checked."""
        kind = _KINDS.get(self.code)
        return kind.undecided if kind else False

    def to_json(self) -> dict[str, object]:
        """Return the stored form: code and values, no sentence."""
        data: dict[str, object] = {"code": self.code, "severity": self.severity.value}
        if self.location:
            data["location"] = self.location
        if self.args:
            data["args"] = dict(self.args)
        if self.source:
            data["source"] = self.source
        return data

    def to_public(self) -> dict[str, str]:
        """Return the form of the command line's JSON: with the sentence in the language in force."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "location": printable(self.location),
            "message": printable(self.message()),
            "remedy": printable(self.remedy()),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Finding":
        """Read the stored form back."""
        args = data.get("args") or {}
        if not isinstance(args, Mapping):
            raise ValueError("finding args are not an object")
        return cls(
            code=str(data["code"]),
            severity=Severity(str(data["severity"])),
            location=str(data.get("location", "")),
            args=tuple((str(name), str(value)) for name, value in args.items()),
            source=str(data.get("source", "")),
        )


def printable(text: str) -> str:
    """Return text safe to print: control, bidirectional and undecodable characters as escapes."""
    if text.isprintable() and not any(character in text for character in _BIDI):
        return text
    return "".join(_visible(character) for character in text)


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Return FAILED if any finding is an error, else INDETERMINATE if something was not checked, else PASSED."""
    undecided = False
    for finding in findings:
        if finding.severity is Severity.ERROR:
            return Outcome.FAILED
        undecided = undecided or finding.undecided
    return Outcome.INDETERMINATE if undecided else Outcome.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """What one check said about one subject."""

    subject: str
    """Path or identifier of what was checked."""
    type: str = ""
    """Kind of the subject, such as `bagit` or `vn-tt05-aip`."""
    findings: tuple[Finding, ...] = ()
    outcome: Outcome = Outcome.INDETERMINATE
    """Given explicitly: an empty report is not a passed one."""

    @classmethod
    def of(cls, subject: str, findings: Iterable[Finding], *, type: str = "") -> "ValidationReport":
        """Make the report of a completed check: the outcome follows from the findings."""
        kept = tuple(findings)
        return cls(subject=subject, type=type, findings=kept, outcome=outcome_of(kept))


@dataclass(slots=True)
class FindingLog:
    """Collects findings in bounded memory: all are counted, the first thousand of a code are kept."""

    limit_per_code: int = 1000
    kept: list[Finding] = field(default_factory=list)
    counts: dict[tuple[str, Severity], int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a finding and keep it while its code has room."""
        key = (finding.code, finding.severity)
        seen = self.counts.get(key, 0)
        self.counts[key] = seen + 1
        if seen < self.limit_per_code:
            self.kept.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add several findings in order."""
        for finding in findings:
            self.add(finding)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.kept)

    @property
    def outcome(self) -> Outcome:
        """The outcome of what was collected so far."""
        return outcome_of(self.kept)

    def left_out(self) -> int:
        """Return how many findings were counted but not kept."""
        return sum(self.counts.values()) - len(self.kept)


_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def _visible(character: str) -> str:
    if character.isprintable() and character not in _BIDI:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def _fill(template: str, finding: Finding, language: str | None) -> str:
    if not template:
        return ""
    spoken = language or language_in_force()
    values = _Lenient((name, _spoken(name, value, spoken)) for name, value in finding.args)
    return translate(template, spoken).format_map(values)


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _spoken(name: str, value: str, language: str) -> str:
    """Return a value as the reader of a sentence expects it: times in local form, phrases translated."""
    if _TIME.fullmatch(value):
        return local_text(from_utc_text(value), language)
    return translate_phrases(value, language) if name in SPOKEN else value


def _bare(finding: Finding) -> str:
    values = ", ".join(f"{name}={value}" for name, value in finding.args)
    return f"{finding.code} ({values})" if values else finding.code


class _Lenient(dict[str, str]):
    """A finding written by another version may lack a value: say so instead of failing."""

    def __missing__(self, key: str) -> str:
        return "?"
