"""Removing what is there of a marked record, and reading back that nothing is left.

The stub lies in every store before the first byte goes, so that whatever is lost after that (a process, the catalogue)
the removal is known to be decided, and goes on. Everything here may be done again.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.disposal import StubRow
from archive.catalogue.values import PackageVersion
from archive.disposal.findings import IN_USE, LOCKED, NO_DIGESTS, REMAINS, STORE_AWAY
from archive.disposal.reach import clear_work, handed_in, stored_keys
from archive.disposal.redacting import transfer_left
from archive.disposal.stubs import stub_of
from archive.disposal.values import DisposalState, Stub
from archive.disposal.warrant import warrant
from archive.evidence.groups import read_group
from archive.indexing import open_index
from archive.layout import container_key, stub_digests_key, stub_key, transfer_key, transfer_left_key
from archive.store.protocol import Store
from model.errors import ArchiveError, IntegrityError, NotFoundError, PolicyError
from model.findings import Finding
from model.fixity import read_chunks

DIGESTS_SCHEMA = "chauban-stub-digests/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What came of removing one record."""

    state: DisposalState
    """DESTROYED: nothing of it is left in the stores and the work area."""
    findings: tuple[Finding, ...]
    deleted: int
    """Objects that were deleted by this attempt, counted in each store."""


def remove(archive: Archive, row: StubRow) -> Removed:
    """Remove what the stores and the work area hold of a marked record; what cannot be removed is told of."""
    stub = stub_of(row)
    try:
        archive.copies.put(stub_key(row.aip_id), row.details.encode())
        found = list(_keep_digests(archive, stub))
        _keep_transfers(archive, stub)
        submissions = archive.catalogue.stubs.described_alone(handed_in(stub))
    except ArchiveError as error:
        return Removed(state=DisposalState.DESTROYING, findings=(_away(stub, error),), deleted=0)
    blocked, deleted = False, 0
    for store in archive.copies.stores:
        try:
            locked, count = _remove_from(archive, store, stub, submissions)
            left = set(stored_keys(store, stub, submissions)) - set(locked)
        except ArchiveError as error:
            found.append(_away(stub, error))
            continue
        deleted += count
        if locked:
            blocked = True
            found.append(LOCKED.at(min(locked), store=store.name, objects=len(locked), until=max(locked.values())))
        if left:
            found.append(REMAINS.at(min(left), store=store.name, objects=len(left)))
    found += [IN_USE.at(transfer=transfer) for transfer in clear_work(archive, stub)]
    unfinished = [item for item in found if item.code not in (LOCKED.code, NO_DIGESTS.code)]
    state = DisposalState.DESTROYING if unfinished else DisposalState.BLOCKED if blocked else DisposalState.DESTROYED
    return Removed(state=state, findings=tuple(found), deleted=deleted)


def purge_index(archive: Archive) -> None:
    """Throw this machine's search index away: its files hold the words of what was removed until they are merged.

    It fills again from the catalogue, which does not know the destroyed records any more. The index of another
    machine is thrown away when it meets the removal in the change feed.
    """
    if archive.index_folder.exists():
        with open_index(archive) as index:
            index.discard()


def _remove_from(archive: Archive, store: Store, stub: Stub, submissions: Sequence[UUID]) -> tuple[dict[str, str], int]:
    """Delete what one store holds; return the locked objects, each with the end of its lock, and how many are gone."""
    locked: dict[str, str] = {}
    keys = list(stored_keys(store, stub, submissions))
    confirmation = warrant(archive, stub.aip_id) if keys else None
    for key in keys:
        if confirmation is None:
            break
        try:
            store.delete(key, confirmation)
        except NotFoundError:
            continue
        except PolicyError as error:
            locked[key] = str(error.values.get("until") or "?")
    return locked, len(keys) - len(locked)


def _keep_transfers(archive: Archive, stub: Stub) -> None:
    """Keep in every store what stays of the record of each transfer, before the record itself goes."""
    for transfer in handed_in(stub):
        if archive.copies.stat(transfer_key(transfer)) is None:
            continue
        with archive.copies.open(transfer_key(transfer)) as stream:
            content = stream.read()
        with suppress(ValueError, KeyError, TypeError):  # what cannot be read tells nothing that could stay
            archive.copies.put(transfer_left_key(transfer), transfer_left(content))


def _keep_digests(archive: Archive, stub: Stub) -> Iterator[Finding]:
    """Keep the digests of the files beside the stub, so that its evidence can be verified without them.

    Without names: they may tell who the record was about. Nothing is deleted before they lie in every store.
    """
    key = stub_digests_key(stub.aip_id)
    if archive.copies.stat(key) is not None:
        with archive.copies.open(key) as source, archive.copies.create(key) as writer:
            for chunk in read_chunks(source):
                writer.write(chunk)
            writer.commit()
        return
    try:
        lines = b"".join(_digest_lines(archive, stub))
    except (NotFoundError, IntegrityError):
        yield NO_DIGESTS.at(str(stub.aip_id))
        return
    archive.copies.put(key, lines)


def _digest_lines(archive: Archive, stub: Stub) -> Iterator[bytes]:
    algorithms = {"sha256", *_algorithms(archive, stub)}
    for number, digest, size in stub.versions:
        version = _version(stub, number, digest, size)
        for algorithm in sorted(algorithms):
            digests = sorted(member.digest.hex() for member in read_group(archive, version, algorithm))
            head = {"schema": DIGESTS_SCHEMA, "version": number, "algorithm": algorithm, "digests": digests}
            yield json.dumps(head, sort_keys=True).encode() + b"\n"


def _algorithms(archive: Archive, stub: Stub) -> Iterator[str]:
    """Yield the hash algorithms of the record's evidence."""
    seals = archive.catalogue.seals([stub.aip_id]).get(stub.aip_id, [])
    yield from {seal.batch.algorithm for seal in seals}


def _version(stub: Stub, number: int, digest: str, size: int) -> PackageVersion:
    """Return what is needed of a version to read its container."""
    return PackageVersion(
        aip_id=stub.aip_id,
        version=number,
        profile="",
        policy="",
        created=stub.accepted_at,
        container_key=container_key(stub.aip_id, number),
        container_size=size,
        container_sha256=bytes.fromhex(digest),
        file_count=stub.files,
        byte_count=stub.bytes,
    )


def _away(stub: Stub, error: ArchiveError) -> Finding:
    return STORE_AWAY.at(str(stub.aip_id), why=error.message)
