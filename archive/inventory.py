"""What lies in the stores, compared: each copy with the others, and all of them with the catalogue.

One sorted walk over all stores at once, in bounded memory. Containers, their digest files and archival
copies are verified with their package; here they only have to be known. Everything else (journals, records of
transfers and of fixity campaigns) must lie in every store with the same bytes.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from archive.archive import Archive
from archive.disposal.findings import REAPPEARED, UNFINISHED
from archive.disposal.values import DisposalState
from archive.findings import OBJECT_DIFFERS, OBJECT_MISSING, OBJECT_RESTORED, SURPLUS
from archive.keptcopies import kept_copies
from archive.layout import (
    ACCOUNTS,
    AIPS,
    AUDIT,
    CAMPAIGNS,
    DAMAGED,
    EVIDENCE_BATCHES,
    HANDOVERS,
    HOLDS,
    REGISTRY,
    RETENTION,
    REVIEW_FILES,
    REVIEWS,
    STUBS,
    SUBMISSIONS,
    TRANSFERS,
    digest_key,
    evidence_part,
    journal_prefix,
    kept_record_part,
)
from archive.store.protocol import Store, StoredObject
from model.errors import ArchiveError
from model.findings import Finding
from model.fixity import SHA256, digest_stream, read_chunks

_COMPARED_WHOLE = 1 << 20
"""Objects up to this many bytes are compared byte for byte in a quick verification, larger ones by their size."""


def compare_stores(archive: Archive, *, deep: bool, repair: bool) -> Iterator[Finding]:
    """Yield what is surplus, missing from a copy, or different between copies.

    Args:
        deep: compare large objects by their digests too.
        repair: bring a missing object into a store from one that has it.
    """
    stores = archive.copies.stores
    known = _Known(archive)
    listings = [_numbered(store, position) for position, store in enumerate(stores)]
    for key, found in groupby(heapq.merge(*listings, key=itemgetter(0)), key=itemgetter(0)):
        held = {position: item for _key, position, item in found}
        if key.startswith(DAMAGED):
            continue
        if known.is_container(key) or known.is_kept_copy(key):
            continue
        if not known.is_ours(key):
            for position in held:
                gone = known.destroyed(key)
                if gone is not None:
                    kind = REAPPEARED if gone is DisposalState.DESTROYED else UNFINISHED
                    yield kind.at(f"{stores[position].name}:{key}", store=stores[position].name)
                    continue
                yield SURPLUS.at(f"{stores[position].name}:{key}", store=stores[position].name)
            continue
        yield from _compare(stores, key, held, deep=deep, repair=repair)


def _numbered(store: Store, position: int) -> Iterator[tuple[str, int, StoredObject]]:
    return ((item.key, position, item) for item in store.list())


def _compare(
    stores: Sequence[Store], key: str, held: dict[int, StoredObject], *, deep: bool, repair: bool
) -> Iterator[Finding]:
    first = min(held)
    for position in sorted(held)[1:]:
        if _differ(stores[first], stores[position], held[first], held[position], deep=deep):
            names = f"{stores[first].name}, {stores[position].name}"
            yield OBJECT_DIFFERS.at(f"{stores[position].name}:{key}", stores=names)
    for position, store in enumerate(stores):
        if position in held:
            continue
        location = f"{store.name}:{key}"
        if repair and _copied(stores[first], store, key):
            yield OBJECT_RESTORED.at(location, store=store.name, good=stores[first].name)
        else:
            yield OBJECT_MISSING.at(location, store=store.name, good=stores[first].name)


def _differ(one: Store, other: Store, left: StoredObject, right: StoredObject, *, deep: bool) -> bool:
    if left.size != right.size:
        return True
    if left.size > _COMPARED_WHOLE and not deep:
        return False
    return _digest(one, left.key) != _digest(other, right.key)


def _digest(store: Store, key: str) -> bytes:
    """Return an object's SHA-256; an unreadable one is equal to none."""
    try:
        with store.open(key, fresh=True) as stream:
            return digest_stream(stream, (SHA256,))[1][0].value
    except ArchiveError:
        return store.name.encode()


def _copied(good: Store, lacking: Store, key: str) -> bool:
    try:
        with good.open(key) as source, lacking.create(key) as writer:
            for chunk in read_chunks(source):
                writer.write(chunk)
            writer.commit()
    except ArchiveError:
        return False
    return True


_OURS = (
    TRANSFERS,
    CAMPAIGNS,
    REGISTRY,
    AUDIT,
    EVIDENCE_BATCHES,
    SUBMISSIONS,
    HANDOVERS,
    ACCOUNTS,
    HOLDS,
    RETENTION,
    STUBS,
    REVIEWS,
    REVIEW_FILES,
)
"""What belongs to the archive as a whole; archive timestamps of packages stay even where the package is gone."""


class _Known:
    """What the catalogue says may lie in a store, one package at a time."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._folder = ""
        self._containers: set[str] = set()
        self._journal = ""
        self._destroyed: DisposalState | None = None

    def destroyed(self, key: str) -> DisposalState | None:
        """Return how far the destruction of the record is that the key belongs to; none where it is not decided."""
        self._move_to(key)
        return self._destroyed

    def is_container(self, key: str) -> bool:
        """Whether the key is a container that the catalogue knows, or its digest file."""
        self._move_to(key)
        return key in self._containers

    def is_ours(self, key: str) -> bool:
        """Whether the key belongs to a known package's journal, a transfer, a campaign, registry or audit log."""
        self._move_to(key)
        journal = bool(self._containers) and bool(self._journal) and key.startswith(self._journal)
        known = evidence_part(key) or kept_record_part(key)
        return journal or known is not None or key.startswith(_OURS)

    def is_kept_copy(self, key: str) -> bool:
        """Whether the key is an archival copy that a known package's journal tells of."""
        self._move_to(key)
        if not self._containers or "/representations/" not in key:
            return False
        aip_id = UUID(key.split("/")[3])
        versions = self._archive.catalogue.versions(aip_id)
        return any(key == copy.key for item in versions for copy in kept_copies(self._archive, aip_id, item.version))

    def _move_to(self, key: str) -> None:
        folder = "/".join(key.split("/")[:4]) + "/"
        if folder == self._folder:
            return
        self._folder, self._containers, self._journal, self._destroyed = folder, set(), "", None
        aip_id = _package_of(folder)
        if aip_id is not None:
            keys = [version.container_key for version in self._archive.catalogue.versions(aip_id)]
            self._containers = {*keys, *(digest_key(container) for container in keys)}
            self._journal = journal_prefix(aip_id)
            stub = self._archive.catalogue.stubs.get(aip_id) if not keys else None
            self._destroyed = stub.state if stub is not None else None


def _package_of(folder: str) -> UUID | None:
    if not folder.startswith(AIPS):
        return None
    try:
        aip_id = UUID(folder.split("/")[3])
    except ValueError:
        return None
    return aip_id if journal_prefix(aip_id) == f"{folder}journal/" else None
