"""Evidence in the catalogue: authorities, packages that wait for a seal, batches, and who is in them.

Seals are kept by the package's own identifier: they outlive the package.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import feed
from archive.catalogue.database import STREAM_ROWS, Database, batches, upsert
from archive.catalogue.evidence_values import EvidenceBatch, Seal, SealedVersion, WaitingVersion
from archive.catalogue.packages import with_copies
from archive.catalogue.rows import event_row, storable
from archive.catalogue.tables import (
    case_files,
    events,
    evidence_authorities,
    evidence_batches,
    evidence_members,
    evidence_pending,
    files,
    package_versions,
)
from model.dates import from_utc_text, utc_text

_AT_ONCE = 200
_MEMBER_KEY = ("aip_id", "version", "authority", "chain")


def add_authorities(database: Database, names: Sequence[str]) -> None:
    """Let everything held wait for authorities that were not known yet; what is registered later waits by itself."""
    with database.read() as connection:
        known = set(connection.scalars(sa.select(evidence_authorities.c.name)))
    for name in sorted(set(names) - known):
        with database.write() as connection:
            feed.hold(database, connection)  # no registration may end between the two statements
            connection.execute(upsert(connection, evidence_authorities, ("name",)), {"name": name})
            lacking = sa.select(sa.literal(name), package_versions.c.id).where(~sa.exists().where(_is_member(name)))
            connection.execute(sa.delete(evidence_pending).where(evidence_pending.c.authority == name))
            connection.execute(sa.insert(evidence_pending).from_select(["authority", "version_id"], lacking))


def _is_member(authority: str) -> sa.ColumnElement[bool]:
    return (
        (evidence_members.c.aip_id == package_versions.c.aip_id)
        & (evidence_members.c.version == package_versions.c.version)
        & (evidence_members.c.authority == authority)
        & (evidence_members.c.chain == 1)
    )


def waiting(connection: Connection, authority: str, after: int, limit: int) -> list[WaitingVersion]:
    """Return the next package versions that wait for an authority, in the order they came."""
    query = (
        sa.select(package_versions)
        .join(evidence_pending, evidence_pending.c.version_id == package_versions.c.id)
        .where(evidence_pending.c.authority == authority, evidence_pending.c.version_id > after)
        .order_by(evidence_pending.c.version_id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    found = with_copies(connection, rows)
    return [WaitingVersion(number=row.id, package=item) for row, item in zip(rows, found, strict=True)]


def count_waiting(connection: Connection, authority: str, most: int | None) -> int:
    """Return how many package versions wait for an authority, counting no further than `most`."""
    query = sa.select(evidence_pending.c.version_id).where(evidence_pending.c.authority == authority)
    part = (query if most is None else query.limit(most)).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(part)) or 0


def oldest_waiting(connection: Connection, authority: str) -> datetime | None:
    """Return since when the first of the package versions that wait for an authority is held."""
    query = (
        sa.select(package_versions.c.created)
        .join(evidence_pending, evidence_pending.c.version_id == package_versions.c.id)
        .where(evidence_pending.c.authority == authority)
        .order_by(evidence_pending.c.version_id)
        .limit(1)
    )
    found = connection.scalar(query)
    return from_utc_text(found) if found else None


def put_batch(connection: Connection, batch: EvidenceBatch) -> None:
    """Record a batch; one that is recorded already stays as it is."""
    connection.execute(upsert(connection, evidence_batches, ("batch_id",)), _batch_row(batch))


def add_sealed(connection: Connection, batch: EvidenceBatch, sealed: Sequence[SealedVersion]) -> None:
    """Record that package versions are in a batch, with their events; those that waited wait no longer.

    A package that is gone by now is recorded too: its evidence stays.
    """
    for part in batches(sealed, _AT_ONCE):
        rows = [
            {
                "aip_id": item.aip_id,
                "version": item.version,
                "authority": batch.authority,
                "chain": batch.chain,
                "batch_id": batch.id,
            }
            for item in part
        ]
        connection.execute(upsert(connection, evidence_members, _MEMBER_KEY), rows)
        numbers = _numbers(connection, {item.aip_id for item in part})
        held = [(numbers[key], item) for item in part if (key := (item.aip_id, item.version)) in numbers]
        connection.execute(
            sa.delete(evidence_pending).where(
                evidence_pending.c.authority == batch.authority,
                evidence_pending.c.version_id.in_([number for number, _item in held]),
            )
        )
        told = [event_row(number, item.event) for number, item in held if item.event is not None]
        if told:
            connection.execute(upsert(connection, events, ("version_id", "event_id")), told)


def _numbers(connection: Connection, aip_ids: Iterable[uuid.UUID]) -> dict[tuple[uuid.UUID, int], int]:
    query = sa.select(package_versions.c.aip_id, package_versions.c.version, package_versions.c.id)
    rows = connection.execute(query.where(package_versions.c.aip_id.in_(list(aip_ids))))
    return {(row.aip_id, row.version): row.id for row in rows}


def seals(connection: Connection, aip_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Seal]]:
    """Return the seals of packages: by version, authority and chain."""
    found: dict[uuid.UUID, list[Seal]] = {}
    for part in batches(aip_ids, _AT_ONCE):
        query = (
            sa.select(evidence_members.c.aip_id, evidence_members.c.version, evidence_batches)
            .join(evidence_batches, evidence_batches.c.batch_id == evidence_members.c.batch_id)
            .where(evidence_members.c.aip_id.in_(part))
            .order_by(*[evidence_members.c[name] for name in _MEMBER_KEY])
        )
        for row in connection.execute(query):
            batch = _batch(row)
            seal = Seal(
                aip_id=row.aip_id, version=row.version, authority=batch.authority, chain=batch.chain, batch=batch
            )
            found.setdefault(row.aip_id, []).append(seal)
    return found


def get_batch(connection: Connection, batch_id: uuid.UUID) -> EvidenceBatch | None:
    """Return a batch."""
    row = connection.execute(sa.select(evidence_batches).where(evidence_batches.c.batch_id == batch_id)).first()
    return _batch(row) if row is not None else None


def stream_batches(database: Database) -> Iterator[EvidenceBatch]:
    """Yield every batch, oldest first."""
    query = sa.select(evidence_batches).order_by(evidence_batches.c.time, evidence_batches.c.batch_id)
    with database.stream() as connection, connection.execute(query) as rows:
        for row in rows:
            yield _batch(row)


def members_after(
    connection: Connection,
    batch_id: uuid.UUID,
    last: tuple[uuid.UUID, int] | None,
    limit: int,
    *,
    unrenewed: bool = False,
) -> list[tuple[uuid.UUID, int]]:
    """Return the next package versions of a batch behind one, by identifier and version.

    Args:
        unrenewed: only those that have no later chain.
    """
    key = (evidence_members.c.aip_id, evidence_members.c.version)
    query = sa.select(*key).where(evidence_members.c.batch_id == batch_id)
    if unrenewed:
        later = evidence_members.alias()
        same = [later.c[name] == evidence_members.c[name] for name in ("aip_id", "version", "authority")]
        query = query.where(~sa.exists().where(*same, later.c.chain > evidence_members.c.chain))
    if last is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(sa.literal(last[0], key[0].type), sa.literal(last[1])))
    return [(row.aip_id, row.version) for row in connection.execute(query.order_by(*key).limit(limit))]


def counts(connection: Connection) -> tuple[int, int]:
    """Return how many batches there are, and how many packages have no seal at all in their newest version."""
    number = connection.scalar(sa.select(sa.func.count()).select_from(evidence_batches)) or 0
    sealed = sa.exists().where(
        (evidence_members.c.aip_id == case_files.c.aip_id)
        & (evidence_members.c.version == case_files.c.current_version)
    )
    bare = connection.scalar(sa.select(sa.func.count()).select_from(case_files).where(~sealed)) or 0
    return number, bare


def content_digests(database: Database, aip_id: uuid.UUID, version: int, algorithm: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path in the container and the digest of each content file of a package version.

    Args:
        algorithm: `sha256` or `sha512`.
    """
    query = (
        sa.select(
            sa.func.coalesce(files.c.container_path, package_versions.c.content_folder + files.c.path),
            files.c[algorithm],
        )
        .join(package_versions, package_versions.c.id == files.c.version_id)
        .where(package_versions.c.aip_id == aip_id, package_versions.c.version == version)
    )
    portions = {"yield_per": STREAM_ROWS}
    with database.stream() as connection, connection.execute(query, execution_options=portions) as rows:
        yield from rows


def wait_for_all(connection: Connection, version_id: int) -> None:
    """Let a new package version wait for every authority; called while the end of the feed is held."""
    names = sa.select(evidence_authorities.c.name, sa.literal(version_id))
    connection.execute(sa.insert(evidence_pending).from_select(["authority", "version_id"], names))


def _batch_row(batch: EvidenceBatch) -> Mapping[str, Any]:
    return {
        "batch_id": batch.id,
        "authority": batch.authority,
        "algorithm": batch.algorithm,
        "chain": batch.chain,
        "created": utc_text(batch.created),
        "time": utc_text(batch.time),
        "tsa": storable(batch.tsa),
        "policy": batch.policy,
        "expires": utc_text(batch.expires),
        "packages": batch.count,
        "root": batch.root,
    }


def _batch(row: Any) -> EvidenceBatch:
    return EvidenceBatch(
        id=row.batch_id,
        authority=row.authority,
        algorithm=row.algorithm,
        chain=row.chain,
        created=from_utc_text(row.created),
        time=from_utc_text(row.time),
        tsa=row.tsa,
        policy=row.policy,
        expires=from_utc_text(row.expires),
        count=row.packages,
        root=row.root,
    )
