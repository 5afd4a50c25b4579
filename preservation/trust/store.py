"""The trust store: who is trusted for what, since when and until when, and who said so.

Trust is always explicit: it comes from one folder, and the operating system's certificates are never used. A folder
with a `trust.toml` trusts only what that file names, byte for byte. A folder without one is an inspector's own
selection: the self-issued certificates in it are the anchors.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from asn1crypto import crl, pem

from model.dates import utc_text
from model.errors import ConfigurationError
from model.findings import Finding
from model.text import N_
from preservation.cms.certificates import UnreadableCertificate, certificate_facts, load, parse
from preservation.trust.findings import LIST_NOT_READ, TOO_MANY_FILES, UNCONFIRMED, UNLISTED_FILE, UNREADABLE_FILE

MANIFEST = "trust.toml"
ANCHORS, INTERMEDIATES, CRLS, LISTS = "anchors", "intermediates", "crls", "lists"

MAX_FILES = 2000
MAX_CERTIFICATE_FILE = 4 << 20
MAX_CRL_FILE = 64 << 20
MAX_LIST_FILE = 64 << 20
MAX_CERTIFICATES_IN_FILE = 500

_CERTIFICATE_ENDINGS = {".pem", ".crt", ".cer", ".der"}
_FIX_HINT = N_("Restore the file, or correct trust.toml; nothing of this folder is trusted until then.")


class Purpose(StrEnum):
    """What an anchor is trusted for."""

    DOCUMENT_SIGNER = "document-signer"
    AGENCY_SEAL = "agency-seal"
    TSA = "tsa"


SIGNING = (Purpose.DOCUMENT_SIGNER, Purpose.AGENCY_SEAL)
ALL_PURPOSES = tuple(Purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One certificate that is trusted by decision, not by proof."""

    certificate: bytes
    """DER."""
    purposes: tuple[Purpose, ...]
    valid_from: datetime | None = None
    """Since when it is trusted; none: as long as it exists."""
    valid_until: datetime | None = None
    """Until when it was trusted. An anchor is never deleted: past signatures need it."""
    source: str = ""
    """Publication it was taken from."""
    added: datetime | None = None
    added_by: str = ""
    confirmed: bool = True
    """Whether its fingerprint was compared with the official one; not trusted before."""
    file: str = ""
    """Where it lies in the trust folder, or the trusted list that names it."""

    @property
    def id(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return hashlib.sha256(self.certificate).hexdigest()

    @property
    def name(self) -> str:
        """Subject, for people."""
        return subject_of(self.certificate)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedList:
    """One trusted list (ETSI TS 119 612) kept in the folder."""

    file: str
    content: bytes
    source: str = ""
    """Address or publication it was taken from."""
    added: datetime | None = None
    added_by: str = ""
    signers: tuple[str, ...] = ()
    """SHA-256 of the certificates that may sign it; empty: none was pinned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContent:
    """What a trusted list contributes."""

    services: tuple[Anchor, ...] = ()
    """Its services as anchors; the window of each comes from the history of its status."""
    intermediates: tuple[bytes, ...] = ()
    findings: tuple[Finding, ...] = ()


ListReader = Callable[[TrustedList], ListContent]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """The state of the trust folder at one moment."""

    anchors: tuple[Anchor, ...] = ()
    services: tuple[Anchor, ...] = ()
    """Anchors that trusted lists contribute."""
    intermediates: tuple[bytes, ...] = ()
    """Certificates that help to find a path but are not trusted by themselves; DER."""
    crls: tuple[bytes, ...] = ()
    """Imported revocation lists; DER."""
    lists: tuple[TrustedList, ...] = ()
    findings: tuple[Finding, ...] = ()
    folder: str = ""
    id: str = field(init=False)
    """SHA-256 over what is trusted; two states with the same id judge alike."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", _identify(self))

    def trusted(self, purposes: Iterable[Purpose]) -> tuple[Anchor, ...]:
        """Return the confirmed anchors that serve at least one of the purposes."""
        wanted = set(purposes)
        return tuple(
            anchor
            for anchor in (*self.anchors, *self.services)
            if anchor.confirmed and not wanted.isdisjoint(anchor.purposes)
        )


def _identify(store: TrustStore) -> str:
    lines = [
        "|".join(
            (
                "anchor",
                anchor.id,
                ",".join(sorted(anchor.purposes)),
                utc_text(anchor.valid_from) if anchor.valid_from else "",
                utc_text(anchor.valid_until) if anchor.valid_until else "",
            )
        )
        for anchor in store.trusted(Purpose)
    ]
    lines += [f"intermediate|{hashlib.sha256(content).hexdigest()}" for content in store.intermediates]
    lines += [f"crl|{hashlib.sha256(content).hexdigest()}" for content in store.crls]
    return hashlib.sha256("\n".join(sorted(set(lines))).encode()).hexdigest()


EMPTY_TRUST = TrustStore()


def load_trust(folder: Path, read_list: ListReader | None = None) -> TrustStore:
    """Read a trust folder.

    Args:
        folder: with a `trust.toml`, which alone rules; or without, as an inspector's own selection.
        read_list: reads the trusted lists of the folder; without it they contribute nothing, and a finding says so.

    Raises:
        ConfigurationError: the folder or its `trust.toml` cannot be read, or a file is not the one it names.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            N_("There is no trust folder {folder}."),
            hint=N_("Name a folder that holds the certificates you trust."),
            folder=folder,
        )
    store = _load_listed(folder) if (folder / MANIFEST).exists() else _load_selection(folder)
    return _with_lists(store, read_list)


def _with_lists(store: TrustStore, read_list: ListReader | None) -> TrustStore:
    if not store.lists:
        return store
    if read_list is None:
        findings = tuple(LIST_NOT_READ.at(entry.file, file=entry.file) for entry in store.lists)
        return replace(store, findings=store.findings + findings)
    contents = [read_list(entry) for entry in store.lists]
    return replace(
        store,
        services=tuple(service for content in contents for service in content.services),
        intermediates=store.intermediates + tuple(one for content in contents for one in content.intermediates),
        findings=store.findings + tuple(finding for content in contents for finding in content.findings),
    )


# --- a folder with trust.toml ------------------------------------------------------------------------------------


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read `trust.toml`; an empty one where there is none.

    Raises:
        ConfigurationError: it cannot be read or is not TOML of version 1.
    """
    path = folder / MANIFEST
    if not path.exists():
        return {"version": 1}
    try:
        data = tomllib.loads(_read(path, MAX_CERTIFICATE_FILE).decode("utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigurationError(
            N_("The list of trusted certificates {file} cannot be read: {why}."), hint=_FIX_HINT, file=path, why=exc
        ) from exc
    if data.get("version") != 1:
        raise ConfigurationError(
            N_("The list of trusted certificates {file} is of a version this program does not know."),
            hint=N_("It needs the line: version = 1"),
            file=path,
        )
    return data


def _load_listed(folder: Path) -> TrustStore:
    data = read_manifest(folder)
    try:
        anchors = tuple(_anchor(folder, entry) for entry in _entries(data, "anchor"))
        intermediates = tuple(_listed_certificate(folder, entry) for entry in _entries(data, "intermediate"))
        crls = tuple(_listed_crl(folder, entry) for entry in _entries(data, "crl"))
        lists = tuple(_listed_list(folder, entry) for entry in _entries(data, "list"))
    except (OSError, KeyError, ValueError, TypeError) as exc:
        raise ConfigurationError(
            N_("The list of trusted certificates {file} cannot be used: {why}."),
            hint=_FIX_HINT,
            file=folder / MANIFEST,
            why=f"missing {exc}" if isinstance(exc, KeyError) else exc,
        ) from exc
    findings = [UNCONFIRMED.at(one.file, name=one.name) for one in anchors if not one.confirmed]
    named = {str(entry["file"]) for kind in ("anchor", "intermediate", "crl", "list") for entry in _entries(data, kind)}
    findings += [
        UNLISTED_FILE.at(name, file=name)
        for name in _names(folder, (ANCHORS, INTERMEDIATES, CRLS, LISTS))
        if name not in named
    ][:MAX_FILES]
    return TrustStore(
        anchors=anchors,
        intermediates=intermediates,
        crls=crls,
        lists=lists,
        findings=tuple(findings),
        folder=str(folder),
    )


def _entries(data: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    entries = data.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"[[{kind}]] is not a list of tables")
    if len(entries) > MAX_FILES:
        raise ValueError(f"more than {MAX_FILES} [[{kind}]]")
    return entries


def _anchor(folder: Path, entry: Mapping[str, Any]) -> Anchor:
    return Anchor(
        certificate=_listed_certificate(folder, entry),
        purposes=tuple(Purpose(name) for name in entry["purposes"]),
        valid_from=_moment(entry, "valid_from"),
        valid_until=_moment(entry, "valid_until"),
        source=str(entry.get("source", "")),
        added=_moment(entry, "added"),
        added_by=str(entry.get("added_by", "")),
        confirmed=_flag(entry, "fingerprint_confirmed"),
        file=str(entry["file"]),
    )


def _listed_certificate(folder: Path, entry: Mapping[str, Any]) -> bytes:
    (certificate,) = certificates_in(_listed(folder, entry, MAX_CERTIFICATE_FILE))
    return certificate


def _listed_crl(folder: Path, entry: Mapping[str, Any]) -> bytes:
    return crl_in(_listed(folder, entry, MAX_CRL_FILE))


def _listed_list(folder: Path, entry: Mapping[str, Any]) -> TrustedList:
    return TrustedList(
        file=str(entry["file"]),
        content=_listed(folder, entry, MAX_LIST_FILE),
        source=str(entry.get("source", "")),
        added=_moment(entry, "added"),
        added_by=str(entry.get("added_by", "")),
        signers=tuple(str(signer) for signer in entry.get("signers", ())),
    )


def _listed(folder: Path, entry: Mapping[str, Any], limit: int) -> bytes:
    name = str(entry["file"])
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts or not parts:
        raise ValueError(f"{name!r} leads out of the folder")
    content = _read(folder / name, limit)
    if hashlib.sha256(content).hexdigest() != str(entry["sha256"]).lower():
        raise ValueError(f"{name} is not the file whose SHA-256 is given")
    return content


def _moment(entry: Mapping[str, Any], name: str) -> datetime | None:
    value = entry.get(name)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{name} is not a time such as 2026-01-31T00:00:00Z")
    if value.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return value.astimezone(UTC)


def _flag(entry: Mapping[str, Any], name: str) -> bool:
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise TypeError(f"{name} is neither true nor false")
    return value


# --- a folder without trust.toml ---------------------------------------------------------------------------------


def _load_selection(folder: Path) -> TrustStore:
    found: dict[bytes, set[Purpose]] = {}
    names: dict[bytes, str] = {}
    crls: list[bytes] = []
    findings: list[Finding] = []
    places: tuple[str, ...] = ("", *Purpose)
    files = ((Path(name).parent.name, name) for name in _names(folder, places))
    for count, (place, name) in enumerate(files):
        if count >= MAX_FILES:
            findings.append(TOO_MANY_FILES.at("", limit=MAX_FILES))
            break
        try:
            if Path(name).suffix.lower() == ".crl":
                crls.append(crl_in(_read(folder / name, MAX_CRL_FILE)))
            elif Path(name).suffix.lower() in _CERTIFICATE_ENDINGS:
                for certificate in certificates_in(_read(folder / name, MAX_CERTIFICATE_FILE)):
                    found.setdefault(certificate, set()).update([Purpose(place)] if place else ALL_PURPOSES)
                    names.setdefault(certificate, name)
        except (OSError, ValueError) as exc:
            findings.append(UNREADABLE_FILE.at(name, file=name, why=str(exc)))
    roots = {certificate for certificate in found if self_issued(certificate)} or set(found)
    return TrustStore(
        anchors=tuple(
            Anchor(
                certificate=certificate,
                purposes=tuple(purpose for purpose in Purpose if purpose in purposes),
                file=names[certificate],
                source=str(folder),
            )
            for certificate, purposes in found.items()
            if certificate in roots
        ),
        intermediates=tuple(certificate for certificate in found if certificate not in roots),
        crls=tuple(dict.fromkeys(crls)),
        findings=tuple(findings),
        folder=str(folder),
    )


def _names(folder: Path, places: Iterable[str]) -> Iterator[str]:
    """Yield the files directly in some subfolders, as `place/name`, sorted; two more than may be used at most."""
    for place in places:
        if (folder / place).is_dir():
            files = (entry.name for entry in (folder / place).iterdir() if entry.is_file())
            taken = [name for _, name in zip(range(MAX_FILES + 2), files, strict=False)]
            yield from (f"{place}/{name}" if place else name for name in sorted(taken))


# --- certificates and lists as bytes -----------------------------------------------------------------------------


def certificates_in(content: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a PEM, DER or PKCS #7 file as DER, each once.

    Raises:
        ValueError: something in it is not a certificate, or there is none, or too many.
    """
    try:
        found = load(content)
    except UnreadableCertificate as exc:
        raise ValueError(f"not a certificate: {exc}") from exc
    if len(found) > MAX_CERTIFICATES_IN_FILE:
        raise ValueError(f"more than {MAX_CERTIFICATES_IN_FILE} certificates in one file")
    return tuple(dict.fromkeys(found))


def crl_in(content: bytes) -> bytes:
    """Return the revocation list of a PEM or DER file as DER.

    Raises:
        ValueError: it is none.
    """
    try:
        der = pem.unarmor(content)[2] if pem.detect(content) else content
        parsed = crl.CertificateList.load(der, strict=True)
        parsed["tbs_cert_list"]["this_update"].native  # noqa: B018 - read to see that it can be
    except Exception as exc:
        raise ValueError(f"not a revocation list ({exc})") from exc
    return bytes(der)


def self_issued(der: bytes) -> bool:
    """Tell whether a certificate names itself as its issuer."""
    certificate = parse(der)
    return bool(certificate.subject.dump() == certificate.issuer.dump())


def subject_of(der: bytes) -> str:
    """Return a certificate's name for people; its fingerprint where it has none that can be read."""
    try:
        return certificate_facts(der).name
    except UnreadableCertificate:
        return hashlib.sha256(der).hexdigest()


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"larger than {limit} bytes")
    return content
