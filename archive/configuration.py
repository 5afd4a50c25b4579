"""The archive's configuration: `chauban.toml` in its folder, overridden by `CHAUBAN_…` variables."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.evidence.settings import EvidenceSettings, evidence_settings
from model.errors import ConfigurationError, UnsupportedVersionError
from model.text import LANGUAGES, N_

CONFIG_NAME = "chauban.toml"
ARCHIVE_FORMAT = 1
PROFILES = ("vn-tt05", "eark")
DEFAULT_DATABASE = "sqlite:///catalogue.sqlite"

_STORE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSetting:
    """One copy of everything: where it is kept."""

    name: str
    url: str
    """A folder (relative to the archive's), `file://…` or `s3://bucket/prefix?endpoint=…`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureSettings:
    """How the signatures of what is handed in are checked."""

    check: bool = True
    trust: str = "trust"
    """Folder of what is trusted, relative to the archive's; nothing is trusted where the default is absent."""
    policy: str = "signature-policy.toml"
    """Signature policy, relative to the archive's folder; the shipped one where the default is absent."""
    fetch: bool = False
    """Whether missing revocation data and certificates may be fetched, from where the policy allows."""

    def trust_folder(self, archive: Path) -> Path | None:
        """Return the trust folder of an archive; none where there is none and none is asked for."""
        path = archive / self.trust
        return None if self.trust == _DEFAULTS.trust and not path.is_dir() else path

    def policy_file(self, archive: Path) -> Path | None:
        """Return the signature policy of an archive; none for the shipped one."""
        path = archive / self.policy
        return None if self.policy == _DEFAULTS.policy and not path.exists() else path


_DEFAULTS = SignatureSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalSettings:
    """How decisions to destroy are executed."""

    offline_backups: tuple[str, ...] = ()
    """Media that no store reaches, by name: what is destroyed is listed as to be destroyed on each."""
    cooling_off_days: int = 3
    """Days between the confirmation and the first destruction."""
    legal_days: int = 15
    """Days after the decision within which it must be executed (Circular 06/2025/TT-BNV)."""
    release_after_days: int = 30
    """Days between the registration of a receipt and the first release of what it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampAuthoritySetting:
    """One timestamp authority; the first one named is asked first."""

    name: str
    url: str
    """Its RFC 3161 service over HTTP."""
    algorithm: str = "sha512"
    """Digest algorithm of what it stamps."""
    policy: str = ""
    """OID of the policy that is demanded; empty: its own choice."""
    user_env: str = ""
    """Environment variable that holds the user name; a secret is never in chauban.toml."""
    password_env: str = ""
    """Environment variable that holds the password."""
    client_certificate: str = ""
    """PEM file with certificate and key, relative to the archive's folder."""
    tls_authorities: str = ""
    """PEM file of the roots its web server's certificate comes from, relative to the archive's folder."""
    timeout: float
    """Seconds for an answer."""


STAMPED = ("sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512")
"""Digest algorithms that can be asked to be stamped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything an operator can set."""

    archive_id: UUID
    name: str
    database: str = DEFAULT_DATABASE
    stores: tuple[StoreSetting, ...]
    profile: str = "vn-tt05"
    fonds: str = ""
    """Fonds of case files whose description names none."""
    workers: int = 1
    policy: str = "policy.toml"
    """Intake policy, relative to the archive's folder; the strict default where the file is absent."""
    formats: str = ""
    """The operator's own format policy; empty for the shipped table."""
    language: str = ""
    """`vi`, `en`, or empty for the language of the locale."""
    signatures: SignatureSettings = SignatureSettings()
    timestamp_authorities: tuple[TimestampAuthoritySetting, ...] = ()
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    disposal: DisposalSettings = DisposalSettings()
    conditional_years: int = 40
    """Years after which records with conditional access are listed for opening to the public."""


def read_configuration(folder: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read the configuration of the archive in a folder.

    Raises:
        ConfigurationError: no archive there, or a setting cannot be used.
        UnsupportedVersionError: the archive is of a newer format than this program.
    """
    data = _load(folder / CONFIG_NAME)
    try:
        section = data.get("archive", {})
        _refuse_newer(folder, int(section.get("format", ARCHIVE_FORMAT)))
        settings = {**data.get("ingest", {}), **_from_environment(environment)}
        return Configuration(
            archive_id=UUID(str(section["id"])),
            name=str(section.get("name", folder.name)),
            database=str(environment.get("CHAUBAN_DATABASE") or data.get("database", DEFAULT_DATABASE)),
            stores=_stores(data),
            profile=_choice("profile", settings.get("profile", "vn-tt05"), PROFILES),
            fonds=str(settings.get("fonds", "")),
            workers=_workers(settings.get("workers", 1)),
            policy=str(settings.get("policy", "policy.toml")),
            formats=str(settings.get("formats", "")),
            language=_choice("language", data.get("language", ""), ("", *LANGUAGES)),
            signatures=_signatures(data.get("signatures", {})),
            evidence=evidence_settings(data.get("evidence", {}), environment.get("CHAUBAN_SEAL", "")),
            conditional_years=_years(data.get("retention", {}).get("conditional_years", 40)),
            timestamp_authorities=_authorities(data.get("timestamp_authority", [])),
            disposal=_disposal(data.get("disposal", {})),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as exc:
        raise _unusable(folder / CONFIG_NAME, str(exc)) from exc


def _years(value: object) -> int:
    years = int(str(value))
    if not 0 <= years <= 1000:
        raise ValueError(f"conditional_years = {years}")
    return years


def write_configuration(folder: Path, configuration: Configuration) -> None:
    """Write the configuration of a new archive; an existing file is left alone and reported.

    Raises:
        FileExistsError: the folder has a configuration.
    """
    stores = "\n".join(f"[store.{item.name}]\nurl = {_quoted(item.url)}\n" for item in configuration.stores)
    names = ", ".join(_quoted(item.name) for item in configuration.stores)
    text = _TEMPLATE.format(
        database=_quoted(configuration.database),
        names=names,
        language=_quoted(configuration.language),
        id=configuration.archive_id,
        name=_quoted(configuration.name),
        format=ARCHIVE_FORMAT,
        profile=configuration.profile,
        fonds=_quoted(configuration.fonds),
        stores=stores,
    )
    with (folder / CONFIG_NAME).open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


_TEMPLATE = """\
# Cấu hình của kho lưu trữ. Configuration of the archive. See docs/operations.md.

# Where the catalogue is: sqlite:///file (relative to this folder) or postgresql://user@host/name.
# A password belongs in the environment (CHAUBAN_DATABASE or PGPASSWORD), not here.
database = {database}

# Every package is written to, read back from and compared in each of these stores.
stores = [{names}]

# vi, en, or empty for the language of the locale.
language = {language}

[archive]
id = "{id}"
name = {name}
format = {format}

[ingest]
profile = "{profile}"
# Fonds of case files whose description names none.
fonds = {fonds}
# Case files taken in at the same time.
workers = 1
# What findings refuse, warn or inform; docs/policy.md.
policy = "policy.toml"

[signatures]
# Look for signatures in what is handed in, judge them, and keep the proof material in the package.
check = true
# Folder of the certificates that are trusted; fill it with `chauban trust add`.
trust = "trust"
# How signatures are judged; the shipped policy where the file is absent.
policy = "signature-policy.toml"
# Fetch missing revocation lists, OCSP answers and certificates, from where the policy allows.
fetch = false

# A timestamp authority (RFC 3161), for `chauban signature augment`; several are asked in this order.
# Its own certificate must be trusted for timestamps. User and password come from the environment.
# [[timestamp_authority]]
# name = "ca.gov.vn"
# url = "http://tsa.ca.gov.vn"
# algorithm = "sha512"

[evidence]
# When packages are sealed by themselves: off, ingest (at the end of each), every:N (packages), minutes:M.
seal = "off"
# Each authority gives every package an evidence record of its own; addresses of one name are tried in their order.
# [[evidence.authority]]
# name = "a"
# url = "http://tsa.ca.gov.vn"
# algorithm = "sha256"

[disposal]
# Media that no store reaches: what is destroyed is listed as to be destroyed there too.
offline_backups = []
# Days between the confirmation of a decision and the first destruction, and from the decision to the last.
cooling_off_days = 3
legal_days = 15
# Days between the receipt of another archive and the release of what was handed over to it.
release_after_days = 30

{stores}"""


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigurationError(
            N_("There is no archive in {folder}."),
            hint=N_("Make one with `chauban init`, or name it with --archive or CHAUBAN_HOME."),
            folder=path.parent,
        ) from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise _unusable(path, str(exc)) from exc


def _refuse_newer(folder: Path, format_: int) -> None:
    if format_ > ARCHIVE_FORMAT:
        raise UnsupportedVersionError(
            N_("The archive in {folder} has format {format}; this program knows format {known}."),
            hint=N_("Install a newer version of Châu Bản."),
            folder=folder,
            format=format_,
            known=ARCHIVE_FORMAT,
        )


def _signatures(data: Mapping[str, Any]) -> SignatureSettings:
    return SignatureSettings(
        check=_flag("check", data.get("check", _DEFAULTS.check)),
        trust=str(data.get("trust", _DEFAULTS.trust)),
        policy=str(data.get("policy", _DEFAULTS.policy)),
        fetch=_flag("fetch", data.get("fetch", _DEFAULTS.fetch)),
    )


def _disposal(data: Mapping[str, Any]) -> DisposalSettings:
    known = {item.name for item in fields(DisposalSettings)}
    if unknown := sorted(set(data) - known):
        raise ValueError(f"[disposal] {', '.join(unknown)}: not a setting")
    backups = data.get("offline_backups", [])
    if not isinstance(backups, list) or not all(isinstance(name, str) and name.strip() for name in backups):
        raise TypeError("offline_backups: a list of names")
    cooling, legal = data.get("cooling_off_days", 3), data.get("legal_days", 15)
    if type(cooling) is not int or type(legal) is not int or not 0 <= cooling < legal <= _LONGEST_LEGAL:
        raise ValueError(f"cooling_off_days = {cooling!r} and legal_days = {legal!r}: days, the first fewer")
    release = data.get("release_after_days", _RELEASE)
    if type(release) is not int or not 0 <= release <= _LONGEST_LEGAL:
        raise ValueError(f"release_after_days = {release!r}: days")
    return DisposalSettings(
        offline_backups=tuple(backups), cooling_off_days=cooling, legal_days=legal, release_after_days=release
    )


_LONGEST_LEGAL = 3650
_RELEASE = DisposalSettings().release_after_days


def _authorities(tables: Sequence[Mapping[str, Any]]) -> tuple[TimestampAuthoritySetting, ...]:
    found = tuple(_authority(table) for table in tables)
    if len({one.name for one in found}) != len(found):
        raise ValueError("[[timestamp_authority]]: two have the same name")
    return found


def _authority(table: Mapping[str, Any]) -> TimestampAuthoritySetting:
    known = {item.name for item in fields(TimestampAuthoritySetting)}
    if unknown := sorted(set(table) - known):
        raise ValueError(f"[[timestamp_authority]] {', '.join(unknown)}: not a setting")
    given = {name: str(value) for name, value in table.items() if name != "timeout"}
    setting = TimestampAuthoritySetting(timeout=float(table.get("timeout", _AUTHORITY_TIMEOUT)), **given)
    _choice("algorithm", setting.algorithm, STAMPED)
    if not 0 < setting.timeout <= _LONGEST_WAIT:
        raise ValueError(f"timeout = {setting.timeout}: more than 0, at most {_LONGEST_WAIT}")
    if not setting.url.startswith(("http://", "https://")):
        raise ValueError(f"url = {setting.url!r}: an address of http or https")
    return setting


_LONGEST_WAIT = 300
_AUTHORITY_TIMEOUT = 20.0


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} = {value!r}: true or false")
    return value


def _stores(data: Mapping[str, Any]) -> tuple[StoreSetting, ...]:
    tables = data.get("store", {})
    names = data.get("stores") or list(tables)
    if not names or len(set(names)) != len(names):
        raise ValueError("`stores` must name at least one store, each once")
    for name in names:
        if not _STORE_NAME.fullmatch(name):
            raise ValueError(f"store name {name!r}: lower-case letters, digits and - only")
    return tuple(StoreSetting(name=name, url=str(tables[name]["url"])) for name in names)


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    names = {"profile": "CHAUBAN_PROFILE", "fonds": "CHAUBAN_FONDS", "workers": "CHAUBAN_WORKERS"}
    return {key: environment[variable] for key, variable in names.items() if environment.get(variable)}


def _choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{name} = {value!r}: one of {', '.join(filter(None, allowed))}")
    return str(value)


def _workers(value: object) -> int:
    number = int(str(value))
    if not 1 <= number <= 64:
        raise ValueError(f"workers = {number}: 1 to 64")
    return number


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        N_("The configuration {path} cannot be used: {why}."),
        hint=N_("Correct the file; docs/operations.md lists the settings."),
        path=path,
        why=why,
    )
