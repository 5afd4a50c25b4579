"""Newer revocation lists and trusted lists, from a file or an address, into a trust folder.

A newer trusted list must be signed by those who may sign the one it follows, or by those a list of lists in the
folder names for its country, and must not be older: an attacker's copy of last year's list is refused.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

from model.errors import ConflictError, ExternalServiceError, InputError
from model.text import N_
from preservation.network.http import Bounds, NotAnswered, send
from preservation.trust.editing import add_crl, add_list
from preservation.trust.lists import UNPINNED, BadList, ListHead, head_of, verified_list
from preservation.trust.store import MAX_LIST_FILE, TrustedList, TrustStore, read_manifest

_MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Something that was laid into a trust folder."""

    kind: str
    """`crl` or `list`."""
    id: str
    source: str
    new: bool
    """Whether it was not there before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A trusted list of the folder that verifies, and what it says of itself."""

    entry: TrustedList
    head: ListHead


def is_list(content: bytes) -> bool:
    """Tell whether a file is XML, and so a trusted list."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def bring(
    store: TrustStore, content: bytes, *, source: str, now: datetime, by: str, signers: tuple[str, ...] = ()
) -> Brought:
    """Lay a revocation list or a trusted list into the folder of a store.

    Args:
        store: the state of the folder.
        content: the file.
        source: file or address it came from.
        now: time of the change.
        by: who decided.
        signers: SHA-256 of the certificates that may sign a trusted list; empty: as of the list it follows.

    Raises:
        InputError: it is neither, is not signed by those who may, or is older than what is here.
    """
    folder = Path(store.folder)
    if not is_list(content):
        identifier = add_crl(folder, content, source=source, now=now, by=by)
        known_before = {hashlib.sha256(one).hexdigest() for one in store.crls}
        return Brought(kind="crl", id=identifier, source=source, new=identifier not in known_before)
    known = tuple(_known(store))
    allowed, head = _verified(content, known, signers)
    followed = next((one for one in known if _follows(head, one.head)), None)
    if followed is not None and head.sequence < followed.head.sequence:
        raise InputError(
            N_("The trusted list is older ({sequence}) than the one in the folder ({held})."),
            hint=N_("Take the current list from its official address."),
            sequence=head.sequence,
            held=followed.head.sequence,
        )
    replaced = hashlib.sha256(followed.entry.content).hexdigest() if followed else ""
    try:
        added = add_list(folder, content, signers=allowed, source=source, now=now, by=by, replaces=replaced)
    except ConflictError:
        return Brought(kind="list", id=replaced, source=source, new=False)
    return Brought(kind="list", id=added, source=source, new=True)


def sources(folder: Path) -> tuple[str, ...]:
    """Return the addresses that the revocation lists and trusted lists of a folder came from.

    Raises:
        ConfigurationError: `trust.toml` cannot be read.
    """
    data = read_manifest(folder)
    named = [str(entry.get("source", "")) for kind in ("list", "crl") for entry in data.get(kind, [])]
    return tuple(dict.fromkeys(source for source in named if is_address(source)))


def is_address(source: str) -> bool:
    """Tell whether a source is an address on the network rather than a file."""
    return source.startswith(("http://", "https://"))


def download(url: str) -> bytes:
    """Fetch a list from an address the user named or the folder records.

    Raises:
        ExternalServiceError: it cannot be had.
    """
    current = url
    for _ in range(_MAX_REDIRECTS + 1):
        try:
            answer = send(current, Bounds(size=MAX_LIST_FILE, silence=15.0, total=120.0))
        except NotAnswered as error:
            raise _not_fetched(url, error.detail or error.failure.value) from error
        if answer.status == _OK:
            return answer.content
        if answer.status not in _REDIRECTS:
            break
        current = urljoin(current, answer.headers.get("location", ""))
    raise _not_fetched(url, f"HTTP {answer.status}")


def _not_fetched(url: str, why: str) -> ExternalServiceError:
    return ExternalServiceError(
        N_("{url} could not be fetched: {why}."),
        hint=N_("Try again later, or bring the file and name it: `chauban trust update FILE`."),
        url=url,
        why=why,
    )


def _known(store: TrustStore) -> Iterator[_Known]:
    """Yield the trusted lists of a folder that verify."""
    for entry in store.lists:
        try:
            yield _Known(entry=entry, head=head_of(verified_list(entry.content, entry.signers)))
        except BadList:
            continue


def _verified(content: bytes, known: tuple[_Known, ...], signers: tuple[str, ...]) -> tuple[tuple[str, ...], ListHead]:
    """Return who may sign a list, and what it says of itself once its signature was verified.

    Raises:
        InputError: nobody is known who may sign it, or it is not signed so.
    """
    try:
        claimed = head_of(content)
        allowed = signers or _allowed(claimed, known)
        return allowed, head_of(verified_list(content, allowed))
    except BadList as error:
        if error.kind == UNPINNED.code:
            raise InputError(
                N_("Nobody is known who may sign this trusted list."),
                hint=N_("Give the SHA-256 of its signer's certificate, from an official publication: --fingerprint."),
            ) from error
        raise InputError(
            N_("The trusted list is not signed by those who may sign it, or was changed: {why}."),
            hint=N_("Take it again from its official address; when its signer has changed, give --fingerprint."),
            why=str(error),
        ) from error


def _allowed(claimed: ListHead, known: tuple[_Known, ...]) -> tuple[str, ...]:
    """Return who may sign a list: as for the one it follows, and whom a list of lists names for its country."""
    allowed = [signer for one in known if _follows(claimed, one.head) for signer in one.entry.signers]
    allowed += [
        signer
        for one in known
        for pointer in one.head.pointers
        if one.head.of_lists and not claimed.of_lists and pointer.territory == claimed.territory
        for signer in pointer.signers
    ]
    return tuple(dict.fromkeys(allowed))


def _follows(newer: ListHead, older: ListHead) -> bool:
    return (newer.territory, newer.of_lists) == (older.territory, older.of_lists)
