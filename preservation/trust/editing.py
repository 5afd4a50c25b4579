"""Changes to a trust folder: every file is written whole, `trust.toml` last, so that a kill leaves the old state.

Nothing that was trusted is deleted: past signatures need it. The trust in an anchor is ended instead.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.dates import utc_text
from model.errors import ConflictError, InputError, NotFoundError
from model.text import N_
from preservation.trust.store import (
    ANCHORS,
    CRLS,
    INTERMEDIATES,
    LISTS,
    MANIFEST,
    Purpose,
    certificates_in,
    crl_in,
    read_manifest,
    subject_of,
)

_KINDS = ("anchor", "intermediate", "crl", "list")
_HEADER = (
    "# Whom this archive trusts, for what and since when. Written by `chauban trust`; only what is named here counts,\n"
    "# byte for byte. To end the trust in an authority, give it a valid_until; never delete it.\n"
)


def fingerprint_of(der: bytes) -> str:
    """Return the SHA-256 of a certificate as authorities publish it: pairs of digits, separated by colons."""
    text = hashlib.sha256(der).hexdigest().upper()
    return ":".join(text[index : index + 2] for index in range(0, len(text), 2))


def same_fingerprint(der: bytes, given: str) -> bool:
    """Tell whether a fingerprint, however it is spaced, is the SHA-256 of a certificate; SHA-1 does not count."""
    digits = "".join(character for character in given.lower() if character not in ": -\t\n")
    return digits == hashlib.sha256(der).hexdigest()


def add_anchor(
    folder: Path,
    content: bytes,
    purposes: Iterable[Purpose],
    *,
    fingerprint: str,
    source: str = "",
    now: datetime,
    by: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> str:
    """Trust a certificate for some purposes; add purposes, or a confirmation, where it is there already.

    Args:
        folder: the trust folder; made where it is absent.
        content: one certificate, PEM or DER.
        purposes: at least one.
        fingerprint: SHA-256 as its authority publishes it; empty: it is kept but not trusted until confirmed.
        source: publication the fingerprint was compared with.
        now: time of the change.
        by: who decided.
        valid_from: since when it is trusted.
        valid_until: until when.

    Returns:
        Its id.

    Raises:
        InputError: it is not one certificate, its fingerprint is another, or no purpose is named.
        ConfigurationError: `trust.toml` cannot be read.
    """
    certificate = _one_certificate(content)
    wanted = tuple(dict.fromkeys(purposes))
    if not wanted:
        raise InputError(N_("No purpose was named for the certificate."), hint=N_("Name at least one purpose."))
    if fingerprint and not same_fingerprint(certificate, fingerprint):
        raise InputError(
            N_("The fingerprint is not that of this certificate, whose SHA-256 is {actual}."),
            hint=N_("Do not trust it. Get the certificate and the SHA-256 fingerprint from its authority again."),
            actual=fingerprint_of(certificate),
        )
    data = read_manifest(folder)
    identifier = hashlib.sha256(certificate).hexdigest()
    entry = _entry(data, "anchor", identifier)
    if entry is None:
        entry = _keep(folder, data, "anchor", f"{ANCHORS}/{identifier[:32]}.cer", certificate)
        entry |= {"name": subject_of(certificate), "added": now, "added_by": by, "source": source}
    entry["purposes"] = [
        one.value for one in Purpose if one.value in {*entry.get("purposes", ()), *(w.value for w in wanted)}
    ]
    entry["fingerprint_confirmed"] = bool(entry.get("fingerprint_confirmed")) or bool(fingerprint)
    entry |= {"source": source or entry.get("source", "")}
    entry |= {
        name: moment
        for name, moment in (("valid_from", valid_from), ("valid_until", valid_until))
        if moment is not None
    }
    _write(folder, data)
    return identifier


def end_anchor(folder: Path, identifier: str, *, until: datetime) -> str:
    """End the trust in an anchor; it stays for signatures proven to be older.

    Args:
        folder: the trust folder.
        identifier: its SHA-256, or the beginning of it (at least eight digits).
        until: when the trust ended.

    Returns:
        Its full id.

    Raises:
        NotFoundError: no anchor, or more than one, begins so.
    """
    data = read_manifest(folder)
    start = identifier.lower().replace(":", "")
    found = [entry for entry in data.get("anchor", []) if len(start) >= 8 and str(entry["sha256"]).startswith(start)]
    if len(found) != 1:
        raise NotFoundError(
            N_("There is no one trusted certificate {name}."),
            hint=N_("`chauban trust list` shows them; give more digits of its SHA-256."),
            name=identifier,
        )
    found[0]["valid_until"] = until
    _write(folder, data)
    return str(found[0]["sha256"])


def add_intermediate(folder: Path, content: bytes, *, source: str = "", now: datetime, by: str = "") -> str:
    """Keep a certificate that helps to find paths but is not trusted by itself; return its id.

    Raises:
        InputError: it is not one certificate.
    """
    certificate = _one_certificate(content)
    name = f"{INTERMEDIATES}/{hashlib.sha256(certificate).hexdigest()[:32]}.cer"
    return _add(folder, "intermediate", name, certificate, source=source, now=now, by=by)


def add_crl(folder: Path, content: bytes, *, source: str = "", now: datetime, by: str = "") -> str:
    """Import a revocation list; return its id. Older ones stay: they prove the past.

    Raises:
        InputError: it is none.
    """
    try:
        der = crl_in(content)
    except ValueError as exc:
        raise InputError(
            N_("This is not a revocation list: {why}."), hint=N_("Import a .crl file, DER or PEM."), why=exc
        ) from exc
    return _add(folder, "crl", f"{CRLS}/{hashlib.sha256(der).hexdigest()[:32]}.crl", der, source=source, now=now, by=by)


def add_list(
    folder: Path,
    content: bytes,
    *,
    signers: Iterable[str] = (),
    source: str = "",
    now: datetime,
    by: str = "",
    replaces: str = "",
) -> str:
    """Keep a trusted list; return its id.

    Args:
        folder: the trust folder.
        content: the XML.
        signers: SHA-256 of the certificates that may sign it.
        source: address it was taken from.
        now: time of the change.
        by: who decided.
        replaces: id of an older issue that no longer counts; its file stays.

    Raises:
        ConflictError: that very list is there already.
    """
    identifier = hashlib.sha256(content).hexdigest()
    data = read_manifest(folder)
    if _entry(data, "list", identifier) is not None:
        raise ConflictError(N_("This trusted list is in the folder already."), hint=N_("Nothing needs to be done."))
    data["list"] = [entry for entry in data.get("list", []) if entry["sha256"] != replaces]
    entry = _keep(folder, data, "list", f"{LISTS}/{identifier[:32]}.xml", content)
    entry |= {"signers": list(signers), "source": source, "added": now, "added_by": by}
    _write(folder, data)
    return identifier


def _one_certificate(content: bytes) -> bytes:
    try:
        (certificate,) = certificates_in(content)
    except ValueError as exc:
        raise InputError(
            N_("This is not one certificate: {why}."),
            hint=N_("Give a .cer, .crt, .der or .pem file that holds exactly one."),
            why=exc,
        ) from exc
    return certificate


def _add(folder: Path, kind: str, name: str, content: bytes, *, source: str, now: datetime, by: str) -> str:
    identifier = hashlib.sha256(content).hexdigest()
    data = read_manifest(folder)
    if _entry(data, kind, identifier) is None:
        entry = _keep(folder, data, kind, name, content)
        entry |= {"source": source, "added": now, "added_by": by}
        _write(folder, data)
    return identifier


def _entry(data: Mapping[str, Any], kind: str, identifier: str) -> dict[str, Any] | None:
    return next((entry for entry in data.get(kind, []) if entry.get("sha256") == identifier), None)


def _keep(folder: Path, data: dict[str, Any], kind: str, name: str, content: bytes) -> dict[str, Any]:
    """Write a file and add its table; `trust.toml` names it only later."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    _replace(folder / name, content)
    entry: dict[str, Any] = {"file": name, "sha256": hashlib.sha256(content).hexdigest()}
    data.setdefault(kind, []).append(entry)
    return entry


def _write(folder: Path, data: Mapping[str, Any]) -> None:
    parts = [_HEADER, "version = 1\n"]
    for kind in _KINDS:
        for entry in data.get(kind, []):
            lines = [f"{name} = {_value(value)}\n" for name, value in entry.items() if value not in ("", [], None)]
            parts.append(f"\n[[{kind}]]\n" + "".join(lines))
    _replace(folder / MANIFEST, "".join(parts).encode())


def _value(value: Any) -> str:
    """Return a value as TOML; its basic strings and arrays are written as in JSON."""
    if isinstance(value, datetime):
        return utc_text(value.replace(tzinfo=value.tzinfo or UTC))
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole: beside it, onto the medium, then in its place."""
    descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
