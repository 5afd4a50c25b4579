"""The catalogue's content in canonical form, and emptying it before a rebuild."""

import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import counters, disposal, feed, handovers, reviews, submissions
from archive.catalogue.database import STREAM_ROWS, Database
from archive.catalogue.tables import (
    agencies,
    case_files,
    changes,
    copies,
    documents,
    events,
    evidence_batches,
    evidence_members,
    evidence_pending,
    files,
    fonds,
    formats,
    package_versions,
    signatures,
    signed_files,
    transfers,
)
from archive.catalogue.values import TransferState

_KEY = (package_versions.c.aip_id, package_versions.c.version)
_INTERNAL = {"id", "version_id", "format_id", "content_folder", "verified_at", "outcome", "detail"}

DUMPED: dict[str, sa.Select[Any]] = {
    "agencies": sa.select(agencies).order_by(agencies.c.code),
    "fonds": sa.select(fonds).order_by(fonds.c.code),
    "transfers": sa.select(*[column for column in transfers.c if column.name != "owner"]).order_by(transfers.c.id),
    "case_files": sa.select(case_files).order_by(case_files.c.aip_id),
    "package_versions": sa.select(*[column for column in package_versions.c if column.name not in _INTERNAL]).order_by(
        *_KEY
    ),
    "copies": sa.select(*_KEY, copies.c.store)
    .join(package_versions, package_versions.c.id == copies.c.version_id)
    .order_by(*_KEY, copies.c.store),
    "documents": sa.select(*_KEY, *[column for column in documents.c if column.name not in _INTERNAL])
    .join(package_versions, package_versions.c.id == documents.c.version_id)
    .order_by(*_KEY, documents.c.ordinal),
    "files": sa.select(
        *_KEY,
        files.c.path,
        sa.func.coalesce(files.c.original_name, sa.cast(files.c.path, sa.LargeBinary)),
        files.c.size,
        files.c.sha256,
        files.c.sha512,
        formats.c.details,
        files.c.document,
        files.c.modified,
        sa.func.coalesce(files.c.container_path, package_versions.c.content_folder + files.c.path),
        files.c.content_offset,
    )
    .join(package_versions, package_versions.c.id == files.c.version_id)
    .join(formats, formats.c.id == files.c.format_id)
    .order_by(*_KEY, files.c.path),
    "signed_files": sa.select(*_KEY, *[column for column in signed_files.c if column.name != "version_id"])
    .join(package_versions, package_versions.c.id == signed_files.c.version_id)
    .order_by(*_KEY, signed_files.c.path),
    "signatures": sa.select(*_KEY, *[column for column in signatures.c if column.name != "version_id"])
    .join(package_versions, package_versions.c.id == signatures.c.version_id)
    .order_by(*_KEY, signatures.c.path, signatures.c.ordinal),
    "events": sa.select(*_KEY, *[column for column in events.c if column.name not in {"id", "version_id"}])
    .join(package_versions, package_versions.c.id == events.c.version_id)
    .order_by(*_KEY, events.c.event_id),
    "evidence_batches": sa.select(evidence_batches).order_by(evidence_batches.c.batch_id),
    "evidence_members": sa.select(evidence_members).order_by(*evidence_members.primary_key.columns),
    "evidence_pending": sa.select(*_KEY, evidence_pending.c.authority)
    .join(package_versions, package_versions.c.id == evidence_pending.c.version_id)
    .order_by(*_KEY, evidence_pending.c.authority),
    **submissions.DUMPED,
    **handovers.DUMPED,
    **disposal.DUMPED,
    **reviews.DUMPED,
}
"""Table to the query that gives its rows: natural keys instead of numbers, in the order of the keys."""


def dump(database: Database) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the rows of one snapshot; two catalogues that say the same yield the same."""
    with database.stream() as connection:
        for name, query in DUMPED.items():
            with connection.execute(query, execution_options={"yield_per": STREAM_ROWS}) as rows:
                for row in rows:
                    yield name, tuple(str(value) if isinstance(value, uuid.UUID) else value for value in row)


def clear(database: Database, connection: Connection) -> None:
    """Remove everything that registering the packages again brings back.

    Kept: fonds, agencies, settings, jobs, formats, and the transfers that were not accepted, which no
    package knows. The feed says of every package that it was removed, and its numbers go on, so that
    whoever follows it ends with the right packages.
    """
    feed.hold(database, connection)
    connection.execute(sa.delete(changes))
    connection.execute(
        sa.insert(changes).from_select(
            ["aip_id", "version", "action"],
            sa.select(case_files.c.aip_id, case_files.c.current_version, sa.literal(feed.REMOVE)).order_by(
                case_files.c.aip_id
            ),
        )
    )
    for table in (evidence_pending, evidence_members, evidence_batches):
        connection.execute(sa.delete(table))
    for table in (events, copies, signatures, signed_files, files, documents, package_versions, case_files):
        connection.execute(sa.delete(table))
    submissions.clear(connection)
    handovers.clear(connection)
    gone = connection.execute(sa.delete(transfers).where(transfers.c.state == TransferState.ACCEPTED.value)).rowcount
    totals = counters.read(connection)
    counters.add(
        connection,
        {
            counters.CASE_FILES: -totals.case_files,
            counters.DOCUMENTS: -totals.documents,
            counters.FILES: -totals.files,
            counters.BYTES: -totals.bytes,
            counters.transfer_counter(TransferState.ACCEPTED.value): -gone,
        },
    )
