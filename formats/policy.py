"""The format policy: which formats are taken into the archive, by PRONOM identifier, as data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from formats import findings as kinds
from formats.content import extension_of
from model.errors import ConfigurationError
from model.findings import Finding
from model.formats import UNKNOWN_PUID, FormatIdentification
from model.text import N_

SHIPPED = Path(__file__).parent / "data" / "format-policy.toml"


class Decision(StrEnum):
    """What the policy says about a format."""

    ACCEPT = "accept"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatRule:
    """A decision and its reason."""

    decision: Decision
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatPolicy:
    """Decisions by PUID and by extension, and for what is in neither list."""

    by_puid: Mapping[str, FormatRule]
    by_extension: Mapping[str, FormatRule]
    """Lower case, without dot. Refusals hold whatever the content, the rest where no PUID is listed."""
    unlisted: FormatRule
    unknown: FormatRule

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read the policy from a file; without one, the policy shipped with the program.

        Raises:
            ConfigurationError: the file cannot be read or is not a format policy.
        """
        source = path or SHIPPED
        try:
            with source.open("rb") as stream:
                return cls._from_toml(tomllib.load(stream))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                N_("The format policy {path} cannot be used: {why}."),
                hint=N_("Compare it with the policy shipped in formats/data/format-policy.toml."),
                path=source,
                why=error,
            ) from error

    @classmethod
    def _from_toml(cls, data: Mapping[str, Any]) -> Self:
        by_puid: dict[str, FormatRule] = {}
        by_extension: dict[str, FormatRule] = {}
        for table in data.get("rule", ()):
            rule = _rule(table)
            by_puid.update(dict.fromkeys(table.get("puids", ()), rule))
            by_extension.update(dict.fromkeys((name.lower() for name in table.get("extensions", ())), rule))
        default = data["default"]
        return cls(
            by_puid=by_puid,
            by_extension=by_extension,
            unlisted=_rule(default["unlisted"]),
            unknown=_rule(default["unknown"]),
        )

    def rule_for(self, identification: FormatIdentification, name: str) -> FormatRule:
        """Return the rule for a file: a refused extension's, else its format's, its extension's, the default."""
        named = self.by_extension.get(extension_of(name))
        found = self.by_puid.get(identification.puid)
        if named is not None and (found is None or named.decision is Decision.REFUSE):
            return named
        if identification.puid == UNKNOWN_PUID:
            return self.unknown
        return found or self.unlisted

    def findings(self, identification: FormatIdentification, location: str) -> tuple[Finding, ...]:
        """Return what the policy has to say about a file; nothing when its format is accepted.

        Args:
            identification: the format found.
            location: the file's name; its extension counts too.
        """
        rule = self.rule_for(identification, location)
        if rule.decision is Decision.ACCEPT:
            return ()
        kind = kinds.NOT_ACCEPTED if rule.decision is Decision.REFUSE else kinds.DISCOURAGED
        label = " ".join(filter(None, (identification.name, identification.version)))
        return (
            kind.at(location, format=label or extension_of(location), puid=identification.puid, reason=rule.reason),
        )


def _rule(table: Mapping[str, Any]) -> FormatRule:
    return FormatRule(decision=Decision(table["decision"]), reason=str(table.get("reason", "")))
