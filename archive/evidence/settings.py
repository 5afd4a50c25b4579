"""`[evidence]` of the configuration: when packages are sealed, and which timestamp authorities seal them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

DEFAULT_ALGORITHM = "sha256"
ALGORITHMS = ("sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512")
"""Hash algorithms a new seal may use (ETSI TS 119 312: recommended without an end in sight)."""
MOST_AUTHORITIES = 8
DEFAULT_TIMEOUT = 20.0
DEFAULT_LEAD, DEFAULT_HASH_LEAD = 180, 730
"""Days."""
MOST_DAYS = 3650
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_TIMEOUTS = (0.1, 600.0)


class SealMode(StrEnum):
    """What makes the archive seal by itself."""

    OFF = "off"
    INGEST = "ingest"
    """At the end of every ingest."""
    EVERY = "every"
    """When so many packages wait."""
    MINUTES = "minutes"
    """When a package has waited so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealMoment:
    """When the archive seals by itself."""

    mode: SealMode = SealMode.OFF
    number: int = 0
    """Packages or minutes; 0 where the mode has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TsaSetting:
    """One address of a timestamp authority and how it is asked."""

    url: str
    user_env: str = ""
    """Environment variable that holds the user name; a secret is never in chauban.toml."""
    password_env: str = ""
    """Environment variable that holds the password."""
    client_certificate: str = ""
    """PEM file with certificate and key, relative to the archive's folder."""
    tls_authorities: str = ""
    """PEM file of the roots of its web server, relative to the archive's folder; empty: those of the system."""
    policy: str = ""
    """OID of the timestamp policy that is demanded."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySetting:
    """One independent authority: every package gets one evidence record from each."""

    name: str
    algorithm: str = DEFAULT_ALGORITHM
    """Hash algorithm of its trees."""
    addresses: tuple[TsaSetting, ...]
    """In the order of preference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """How packages are sealed, and their evidence renewed."""

    seal: SealMoment = SealMoment()
    lead: timedelta = timedelta(days=DEFAULT_LEAD)
    """How long before a timestamp can no longer be proven it is to be renewed."""
    hash_lead: timedelta = timedelta(days=DEFAULT_HASH_LEAD)
    """How long before a hash algorithm ends everything is to be hashed anew."""
    authorities: tuple[AuthoritySetting, ...] = ()

    def authority(self, name: str) -> AuthoritySetting | None:
        """Return an authority by its name."""
        return next((item for item in self.authorities if item.name == name), None)


def evidence_settings(data: Mapping[str, Any], seal: str = "") -> EvidenceSettings:
    """Read the section; entries of `[[evidence.authority]]` with one name are one authority's addresses.

    Args:
        seal: what the environment says of `seal`; empty: nothing.

    Raises:
        ValueError, TypeError, KeyError: a setting cannot be used.
    """
    return EvidenceSettings(
        seal=_moment(str(seal or data.get("seal", SealMode.OFF.value))),
        lead=_days(data, "renew_lead_days", DEFAULT_LEAD),
        hash_lead=_days(data, "hash_lead_days", DEFAULT_HASH_LEAD),
        authorities=_authorities(data.get("authority", [])),
    )


def _moment(text: str) -> SealMoment:
    word, colon, number = text.partition(":")
    counted = word in {SealMode.EVERY.value, SealMode.MINUTES.value}
    if word not in {mode.value for mode in SealMode} or bool(colon) is not counted:
        raise ValueError(f"seal = {text!r}: off, ingest, every:N or minutes:M")
    if counted and not (number.isdecimal() and 1 <= int(number) <= 10_000_000):
        raise ValueError(f"seal = {text!r}: {word}: needs a number from 1")
    return SealMoment(mode=SealMode(word), number=int(number or 0))


def _days(data: Mapping[str, Any], name: str, default: int) -> timedelta:
    days = data.get(name, default)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= MOST_DAYS:
        raise ValueError(f"{name} = {days!r}: days from 0 to {MOST_DAYS}")
    return timedelta(days=days)


def _authorities(entries: Sequence[Mapping[str, Any]]) -> tuple[AuthoritySetting, ...]:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        name = str(entry["name"])
        if not _NAME.fullmatch(name):
            raise ValueError(f"authority name {name!r}: lower-case letters, digits and - only")
        grouped.setdefault(name, []).append(entry)
    if len(grouped) > MOST_AUTHORITIES:
        raise ValueError(f"at most {MOST_AUTHORITIES} authorities")
    return tuple(_authority(name, found) for name, found in grouped.items())


def _authority(name: str, entries: Sequence[Mapping[str, Any]]) -> AuthoritySetting:
    algorithms = {str(entry["algorithm"]).lower() for entry in entries if "algorithm" in entry} or {DEFAULT_ALGORITHM}
    if len(algorithms) > 1 or not algorithms <= set(ALGORITHMS):
        raise ValueError(f"authority {name}: one algorithm of {', '.join(ALGORITHMS)}")
    return AuthoritySetting(
        name=name, algorithm=algorithms.pop(), addresses=tuple(_address(name, entry) for entry in entries)
    )


_WORDS = ("user_env", "password_env", "client_certificate", "tls_authorities", "policy")


def _address(name: str, entry: Mapping[str, Any]) -> TsaSetting:
    unknown = sorted(set(entry) - {*_WORDS, "name", "algorithm", "url", "timeout"})
    if unknown:
        raise ValueError(f"[[evidence.authority]] {name}: {unknown[0]} is not a setting")
    timeout = float(entry.get("timeout", DEFAULT_TIMEOUT))
    if not _TIMEOUTS[0] <= timeout <= _TIMEOUTS[1]:
        raise ValueError(f"[[evidence.authority]] {name}: timeout: seconds from {_TIMEOUTS[0]} to {_TIMEOUTS[1]}")
    url = str(entry["url"])
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url = {url!r}: an address of http or https")
    return TsaSetting(url=url, timeout=timeout, **{word: str(entry.get(word, "")) for word in _WORDS})
