"""Archival copies of signed documents that lie beside a package: which there are, and whether they are whole.

An event in the package's journal says what each is; its key holds its digest.

Source:
    docs/format/store-v1.md section 5.1
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive.archive import Archive
from archive.findings import COPY_REPAIRED, COPY_UNREPAIRABLE, KEPT_COPY_CHANGED, KEPT_COPY_MISSING
from archive.layout import augmented_key
from archive.store.protocol import Store
from model.errors import ArchiveError, NotFoundError
from model.findings import Finding
from model.fixity import SHA256, Digest, digest_stream, read_chunks
from model.preservation import Event, EventType
from model.text import N_

_DIGEST = "sha256:"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCopy:
    """One archival copy of a signed document."""

    path: str
    """Of the document it was made of, in the case file."""
    key: str
    sha256: bytes
    made: datetime
    detail: str
    """How it was made."""


def digest_detail(sha256: bytes) -> str:
    """Return how the event of a copy names its digest."""
    return f"{_DIGEST}{sha256.hex()}"


def kept_copies(archive: Archive, aip_id: UUID, version: int) -> tuple[KeptCopy, ...]:
    """Return the archival copies beside a package version, oldest first."""
    events = archive.catalogue.events(aip_id, version, EventType.CREATION)
    return tuple(
        _kept(aip_id, version, event) for event in events if event.subject and event.outcome_detail.startswith(_DIGEST)
    )


def _kept(aip_id: UUID, version: int, event: Event) -> KeptCopy:
    sha256 = bytes.fromhex(event.outcome_detail.removeprefix(_DIGEST))
    return KeptCopy(
        path=event.subject,
        key=augmented_key(aip_id, version, sha256),
        sha256=sha256,
        made=event.time,
        detail=event.detail,
    )


def check_kept_copies(archive: Archive, aip_id: UUID, version: int, *, repair: bool) -> Iterator[Finding]:
    """Yield what is wrong with the archival copies beside a package version, in every store.

    Args:
        repair: restore a damaged or missing one from a store that has it whole.
    """
    for copy in kept_copies(archive, aip_id, version):
        for store in archive.copies.stores:
            finding = _damage(store, copy)
            if finding is not None:
                yield _restored(archive, store, copy) if repair else finding


def _damage(store: Store, copy: KeptCopy) -> Finding | None:
    location = f"{store.name}:{copy.key}"
    try:
        with store.open(copy.key, fresh=True) as stream:
            _size, (digest,) = digest_stream(stream, (SHA256,))
    except NotFoundError:
        return KEPT_COPY_MISSING.at(location, store=store.name, document=copy.path)
    except ArchiveError:
        return KEPT_COPY_CHANGED.at(location, store=store.name, document=copy.path)
    return None if digest.value == copy.sha256 else KEPT_COPY_CHANGED.at(location, store=store.name, document=copy.path)


def _restored(archive: Archive, store: Store, copy: KeptCopy) -> Finding:
    """Restore one copy from the first store that has it whole."""
    location = f"{store.name}:{copy.key}"
    good = next((other for other in archive.copies.stores if other is not store and _damage(other, copy) is None), None)
    if good is None:
        return COPY_UNREPAIRABLE.at(location, store=store.name, why=N_("no copy is whole"))
    try:
        if store.stat(copy.key) is None:
            with good.open(copy.key) as source, store.create(copy.key) as writer:
                for chunk in read_chunks(source):
                    writer.write(chunk)
                writer.commit()
        else:
            archive.copies.repair(copy.key, store, Digest(SHA256, copy.sha256))
    except ArchiveError as error:
        return COPY_UNREPAIRABLE.at(location, store=store.name, why=error.message)
    return COPY_REPAIRED.at(location, store=store.name, good=good.name)
