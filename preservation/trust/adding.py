"""What a file that is added to a trust folder is, and how it gets there."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from model.dates import utc_text
from model.errors import InputError
from model.findings import printable
from model.text import N_
from preservation.trust.checks import crl_head
from preservation.trust.editing import add_anchor, add_crl, add_intermediate, fingerprint_of
from preservation.trust.lists import BadList, head_of, verified_list
from preservation.trust.store import (
    Purpose,
    TrustedList,
    certificates_in,
    crl_in,
    load_trust,
    subject_of,
)
from preservation.trust.updating import bring, is_list


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """How something is to be trusted."""

    purposes: tuple[Purpose, ...] = ()
    fingerprints: tuple[str, ...] = ()
    """SHA-256, however spaced, as authorities publish them."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""
    by: str = ""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """One thing that is now in the folder."""

    what: str
    """In words, to be translated."""
    id: str
    name: str


def add_file(folder: Path, content: bytes, path: str, addition: Addition) -> Iterator[Added]:
    """Add the certificates of a file, or the list it is.

    Args:
        folder: the trust folder; made where it is absent.
        content: of the file.
        path: its name, for messages and as the source of a list.
        addition: how it is to be trusted.

    Raises:
        InputError: it is nothing that belongs into the folder, or no fingerprint confirms what is to be trusted.
        ConfigurationError: `trust.toml` cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = addition.source or path
    if is_list(content):
        pins = tuple(plain_fingerprint(one) for one in addition.fingerprints)
        brought = bring(load_trust(folder), content, source=source, now=addition.now, by=addition.by, signers=pins)
        yield Added(what=N_("Trusted list"), id=brought.id, name=path)
        return
    if _is_crl(content):
        added = add_crl(folder, content, source=source, now=addition.now, by=addition.by)
        yield Added(what=N_("Revocation list"), id=added, name=crl_head(crl_in(content))[0])
        return
    try:
        certificates = certificates_in(content)
    except ValueError as error:
        raise InputError(
            N_("{path} is no certificate, revocation list or trusted list: {why}."),
            hint=N_("Get the file from its authority again."),
            path=printable(path),
            why=error,
        ) from error
    yield from _certificates(folder, certificates, addition)


def _certificates(folder: Path, certificates: tuple[bytes, ...], addition: Addition) -> Iterator[Added]:
    """Trust the certificates that a fingerprint confirms; keep the others of the file as helpers."""
    confirmed = _confirmed(certificates, addition)
    for der in certificates:
        if der in confirmed:
            added = add_anchor(
                folder,
                der,
                addition.purposes,
                fingerprint=confirmed[der],
                source=addition.source,
                now=addition.now,
                by=addition.by,
                valid_from=addition.valid_from,
                valid_until=addition.valid_until,
            )
            yield Added(what=N_("Trusted certificate"), id=added, name=subject_of(der))
        else:
            added = add_intermediate(folder, der, source=addition.source, now=addition.now, by=addition.by)
            yield Added(what=N_("Helping certificate, not trusted by itself,"), id=added, name=subject_of(der))


def _confirmed(certificates: tuple[bytes, ...], addition: Addition) -> dict[bytes, str]:
    """Return the certificates that are to be trusted, each with the fingerprint that confirms it.

    Raises:
        InputError: a purpose without a fingerprint or the other way round, or a fingerprint of no certificate here.
    """
    if bool(addition.purposes) != bool(addition.fingerprints):
        raise InputError(
            N_("A certificate is trusted only with both --purpose and --fingerprint."),
            hint=N_("Take the SHA-256 fingerprint from an official publication, not from the file itself."),
        )
    by_digest = {hashlib.sha256(der).hexdigest(): der for der in certificates}
    confirmed = {}
    for given in addition.fingerprints:
        der = by_digest.get(plain_fingerprint(given))
        if der is None:
            raise InputError(
                N_("The fingerprint {given} is not that of a certificate in the file, which is {actual}."),
                hint=N_("Do not trust it. Get the certificate and its fingerprint from its authority again."),
                given=printable(given),
                actual=", ".join(fingerprint_of(one) for one in certificates[:5]),
            )
        confirmed[der] = given
    return confirmed


def plain_fingerprint(given: str) -> str:
    """Return a fingerprint as bare lower-case digits."""
    return "".join(character for character in given.lower() if character not in ": -\t\n")


def _is_crl(content: bytes) -> bool:
    try:
        crl_in(content)
    except ValueError:
        return False
    return True


def described_crl(der: bytes) -> dict[str, object]:
    """Return what is shown of a revocation list."""
    issuer, following = crl_head(der)
    return {
        "id": hashlib.sha256(der).hexdigest(),
        "name": printable(issuer),
        "next_update": utc_text(following) if following else None,
    }


def described_list(entry: TrustedList) -> dict[str, object]:
    """Return what is shown of a trusted list."""
    told: dict[str, object] = {
        "id": hashlib.sha256(entry.content).hexdigest(),
        "name": printable(entry.source or entry.file),
        "file": printable(entry.file),
        "signers": list(entry.signers),
        "verified": False,
    }
    try:
        head = head_of(verified_list(entry.content, entry.signers))
    except BadList:
        return told
    following = utc_text(head.next_update) if head.next_update else None
    named = {"territory": printable(head.territory), "sequence": head.sequence, "next_update": following}
    return told | named | {"verified": True, "of_lists": head.of_lists}
