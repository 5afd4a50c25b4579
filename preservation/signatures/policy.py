"""Signature policy as data: how signatures are judged and what follows from a verdict at intake."""

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from model.errors import ConfigurationError
from model.signatures import AlgorithmUse, Indication, Role, SignatureVerdict, SignedState, SubIndication
from model.text import N_
from preservation.trust.settings import FetchSettings
from preservation.trust.store import Purpose

SHIPPED = Path(__file__).parent / "data" / "signature-policy.toml"
MAX_POLICY_BYTES = 1 << 20

T = TypeVar("T")


class RevocationRule(StrEnum):
    """Whether revocation data must be there."""

    REQUIRE = "require"
    IF_AVAILABLE = "if-available"


class IntakeAction(StrEnum):
    """What a verdict does to a transfer."""

    REFUSE = "refuse"
    WARN = "warn"
    PASS = "pass"


class RequiredAction(StrEnum):
    """What a missing required signature does."""

    OFF = "off"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationSettings:
    """What revocation data must be like for one purpose."""

    rule: RevocationRule = RevocationRule.REQUIRE
    max_age: timedelta | None = None
    """How old it may be; none: until its own next update."""
    without_next_update: timedelta = timedelta(hours=24)
    """How old it may be when it names no next update."""
    grace: timedelta = timedelta(0)
    """How long after the signature it must have been issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSettings:
    """What a certificate must be made for, by purpose."""

    key_usage: frozenset[str] = frozenset({"non_repudiation", "digital_signature"})
    """At least one of these, where the certificate restricts its use at all."""
    extended_key_usage: frozenset[str] = frozenset()
    """At least one of these must be there; empty: any."""
    not_for: frozenset[str] = frozenset()
    """A certificate that is restricted to these extended key usages alone is refused."""
    policies: frozenset[str] = frozenset()
    """Certificate policies of which one must hold along the path; empty: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmRule:
    """When one algorithm counts."""

    name: str
    use: str
    """`digest` or `signature`."""
    minimum_size: int = 0
    start: datetime | None = None
    until: datetime | None = None
    """First moment at which it no longer counts."""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmWindow:
    """When an algorithm with a key of a certain size counts."""

    allowed: bool
    start: datetime | None = None
    until: datetime | None = None

    def at(self, moment: datetime) -> bool:
        """Tell whether it counts at a time."""
        begun = self.start is None or moment >= self.start
        return self.allowed and begun and (self.until is None or moment < self.until)


NEVER = AlgorithmWindow(allowed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredRule:
    """Who must have signed documents of certain types."""

    types: frozenset[str]
    """Codes 01-32 of Circular 05/2025/TT-BNV."""
    signers: tuple[Role, ...]
    """In the order in which they sign."""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """Everything about signatures that is decided by people."""

    id: str
    """Name given in the file and the first digits of its SHA-256: two different policies never share one."""
    tolerance: timedelta
    """Two clocks that differ by less are taken to agree."""
    revocation: Mapping[Purpose, RevocationSettings]
    certificate: Mapping[Purpose, CertificateSettings]
    algorithms: tuple[AlgorithmRule, ...]
    warn_ahead: timedelta
    """How long before an algorithm's end a finding says so."""
    intake: Mapping[str, IntakeAction]
    required_action: RequiredAction
    required: tuple[RequiredRule, ...]
    fetch: FetchSettings

    def window(self, name: str, use: str, size: int) -> AlgorithmWindow:
        """Return when an algorithm counts.

        Args:
            name: lower case, such as `sha256` or `rsa-pss`.
            use: `digest` or `imprint` for a hash, anything else for a signature.
            size: bits of the key; 0 for a hash.
        """
        table = "digest" if use in {"digest", "imprint"} else "signature"
        fitting = [
            rule for rule in self.algorithms if rule.name == name and rule.use == table and rule.minimum_size <= size
        ]
        if not fitting:
            return NEVER
        rule = max(fitting, key=lambda one: one.minimum_size)
        return AlgorithmWindow(allowed=True, start=rule.start, until=rule.until)

    def until(self, use: AlgorithmUse) -> datetime | None:
        """Return the first moment at which an algorithm no longer counts; none where no end is known."""
        return self.window(use.name, use.use, use.key_size).until

    def action(self, indication: Indication, sub_indication: SubIndication | None) -> IntakeAction:
        """Return what a verdict does at intake: the exact line before the line of its indication."""
        exact = self.intake.get(f"{indication.value}/{sub_indication.value}") if sub_indication else None
        return exact or self.intake[indication.value]

    def action_without_signature(self, state: SignedState) -> IntakeAction:
        """Return what a file without verdicts does at intake."""
        if state is SignedState.NOT_SIGNABLE:
            return self.intake["not-signable"]
        return self.intake["none" if state is SignedState.UNSIGNED else "cannot-verify"]

    def worst_action(self, state: SignedState, verdicts: Iterable[SignatureVerdict]) -> IntakeAction:
        """Return the gravest of what the verdicts of one file do at intake."""
        actions = {self.action(verdict.indication, verdict.sub_indication) for verdict in verdicts}
        actions = actions or {self.action_without_signature(state)}
        return next(action for action in IntakeAction if action in actions)


def load_signature_policy(path: Path | None = None) -> SignaturePolicy:
    """Read a signature policy; the shipped one where no file is named.

    Raises:
        ConfigurationError: the file is absent, cannot be read, or says something unknown or impossible.
    """
    source = path or SHIPPED
    try:
        content = _read(source)
        return _policy(tomllib.loads(content.decode("utf-8")), hashlib.sha256(content).hexdigest())
    except KeyError as exc:
        raise _unusable(source, f"missing {exc}") from exc
    except (OSError, ValueError, TypeError, OverflowError) as exc:
        raise _unusable(source, str(exc)) from exc


def _read(source: Path) -> bytes:
    with source.open("rb") as stream:
        content = stream.read(MAX_POLICY_BYTES + 1)
    if len(content) > MAX_POLICY_BYTES:
        raise ValueError(f"larger than {MAX_POLICY_BYTES} bytes")
    return content


def _unusable(source: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        N_("The signature policy {path} cannot be used: {why}."),
        hint=N_("Compare it with the shipped policy; docs/signatures.md explains each line."),
        path=source,
        why=why,
    )


_SECTIONS = {
    "id": str,
    "clock_tolerance_seconds": (int, float),
    "revocation": dict,
    "certificate": dict,
    "algorithms": dict,
    "algorithm": list,
    "intake": dict,
    "required": dict,
    "fetch": dict,
}


def _policy(data: Mapping[str, Any], digest: str) -> SignaturePolicy:
    _known(data, _SECTIONS, "the policy")
    _known(data.get("algorithms", {}), {"warn_days"}, "[algorithms]")
    required = data["required"]
    _known(required, {"action", "rule"}, "[required]")
    tolerance = _span(data, "clock_tolerance_seconds", "seconds")
    if tolerance > timedelta(hours=1):
        raise ValueError("clock_tolerance_seconds is more than an hour")
    return SignaturePolicy(
        id=f"{_text(data, 'id')}+{digest[:12]}",
        tolerance=tolerance,
        revocation=_by_purpose(data["revocation"], "revocation", _revocation),
        certificate=_by_purpose(data["certificate"], "certificate", _certificate),
        algorithms=tuple(_algorithm(entry) for entry in data["algorithm"]),
        warn_ahead=_span(data["algorithms"], "warn_days", "days"),
        intake=_intake(data["intake"]),
        required_action=RequiredAction(required["action"]),
        required=tuple(_required(entry) for entry in required.get("rule", [])),
        fetch=_fetch(data["fetch"]),
    )


def _known(data: Any, names: Iterable[str], where: str) -> None:
    if not isinstance(data, dict):
        raise TypeError(f"{where} is not a table")
    unknown = sorted(set(data) - set(names))
    if unknown:
        raise ValueError(f"{where} has the unknown line {unknown[0]!r}")


def _by_purpose(data: Any, section: str, read: Callable[[Mapping[str, Any], str], T]) -> dict[Purpose, T]:
    _known(data, [purpose.value for purpose in Purpose], f"[{section}]")
    return {purpose: read(data[purpose.value], f"[{section}.{purpose.value}]") for purpose in Purpose}


def _revocation(data: Mapping[str, Any], where: str) -> RevocationSettings:
    _known(data, {"rule", "max_age_hours", "without_next_update_hours", "grace_hours"}, where)
    return RevocationSettings(
        rule=RevocationRule(data["rule"]),
        max_age=_span(data, "max_age_hours", "hours") or None,
        without_next_update=_span(data, "without_next_update_hours", "hours"),
        grace=_span(data, "grace_hours", "hours"),
    )


def _certificate(data: Mapping[str, Any], where: str) -> CertificateSettings:
    _known(data, {"key_usage", "extended_key_usage", "not_for", "policies"}, where)
    return CertificateSettings(
        key_usage=frozenset(_texts(data, "key_usage")),
        extended_key_usage=frozenset(_texts(data, "extended_key_usage")),
        not_for=frozenset(_texts(data, "not_for")),
        policies=frozenset(_texts(data, "policies")),
    )


def _algorithm(data: Mapping[str, Any]) -> AlgorithmRule:
    _known(data, {"name", "use", "minimum_size", "from", "until", "source"}, "[[algorithm]]")
    use = _text(data, "use")
    if use not in {"digest", "signature"}:
        raise ValueError(f"[[algorithm]] has the unknown use {use!r}")
    return AlgorithmRule(
        name=_text(data, "name").lower(),
        use=use,
        minimum_size=int(_number(data, "minimum_size", default=0)),
        start=_moment(data, "from"),
        until=_moment(data, "until"),
        source=str(data.get("source", "")),
    )


_WITHOUT_VERDICT = ("none", "not-signable", "cannot-verify")


def _intake(data: Any) -> dict[str, IntakeAction]:
    exact = {f"{one.value}/{sub.value}" for one in Indication for sub in SubIndication}
    needed = {*(one.value for one in Indication), *_WITHOUT_VERDICT}
    _known(data, exact | needed, "[intake]")
    missing = sorted(needed - set(data))
    if missing:
        raise ValueError(f"[intake] has no line {missing[0]!r}")
    return {name: IntakeAction(action) for name, action in data.items()}


def _required(data: Mapping[str, Any]) -> RequiredRule:
    _known(data, {"types", "signers", "source"}, "[[required.rule]]")
    types = _texts(data, "types")
    unknown = [code for code in types if not (len(code) == 2 and code.isdecimal() and 1 <= int(code) <= 32)]
    if unknown:
        raise ValueError(f"[[required.rule]] has the unknown document type {unknown[0]!r}")
    signers = tuple(Role(name) for name in _texts(data, "signers"))
    if Role.UNKNOWN in signers:
        raise ValueError("[[required.rule]] has an empty signer")
    return RequiredRule(types=frozenset(types), signers=signers, source=str(data.get("source", "")))


_FETCH = {
    "enabled",
    "allow",
    "timeout_seconds",
    "total_seconds",
    "max_requests",
    "max_crl_bytes",
    "max_ocsp_bytes",
    "max_certificate_bytes",
    "cache_hours",
}


def _fetch(data: Any) -> FetchSettings:
    _known(data, _FETCH, "[fetch]")
    if not isinstance(data["enabled"], bool):
        raise TypeError("[fetch] enabled is neither true nor false")
    return FetchSettings(
        enabled=data["enabled"],
        allow=tuple(_texts(data, "allow")),
        timeout=float(_number(data, "timeout_seconds")),
        total=float(_number(data, "total_seconds")),
        max_requests=int(_number(data, "max_requests")),
        max_crl=int(_number(data, "max_crl_bytes")),
        max_ocsp=int(_number(data, "max_ocsp_bytes")),
        max_certificate=int(_number(data, "max_certificate_bytes")),
        cache=_span(data, "cache_hours", "hours"),
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name} is not text")
    return value


def _texts(data: Mapping[str, Any], name: str) -> list[str]:
    values = data[name]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} is not a list of texts")
    return values


def _number(data: Mapping[str, Any], name: str, *, default: float | None = None) -> float:
    value = data[name] if default is None else data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise TypeError(f"{name} is not a number from 0")
    return value


def _span(data: Mapping[str, Any], name: str, unit: str) -> timedelta:
    return timedelta(**{unit: _number(data, name)})


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{name} is not a time with a zone, such as 2029-01-01T00:00:00Z")
    return value.astimezone(UTC)
