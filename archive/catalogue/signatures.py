"""Signatures of what is held, read: by package, or package by package to be judged anew."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.columns import Identifier
from archive.catalogue.database import STREAM_ROWS, Database
from archive.catalogue.packages import newest_or_named, with_copies
from archive.catalogue.signature_rows import signature_of, signed_file_of
from archive.catalogue.tables import case_files, files, package_versions, signatures, signed_files
from archive.catalogue.values import HeldSignature, HeldSignedFile, PackageVersion, SignatureTotals
from model.signatures import Indication, SignedState


def stream(
    database: Database, aip_id: uuid.UUID, version: int | None, *, by_document: bool
) -> Iterator[HeldSignedFile]:
    """Yield the files of a package version that were looked at for signatures, in bounded memory.

    Args:
        by_document: in the order of the documents, files of none first; else by path.
    """
    with database.stream() as connection:
        found = newest_or_named(connection, aip_id, version)
        if found is not None:
            yield from _files(connection, found.id, by_document=by_document)


def _files(connection: Connection, version_id: int, *, by_document: bool) -> Iterator[HeldSignedFile]:
    order = (sa.func.coalesce(files.c.document, 0), signed_files.c.path) if by_document else (signed_files.c.path,)
    key = (signatures.c.version_id == signed_files.c.version_id) & (signatures.c.path == signed_files.c.path)
    query = (
        sa.select(
            signed_files.c.path.label("path"),
            signed_files.c.kind,
            signed_files.c.state,
            signed_files.c.outcome,
            signed_files.c.checked_at,
            signed_files.c.policy,
            signed_files.c.trust,
            files.c.document,
            *[column for column in signatures.c if column.name not in {"version_id", "path"}],
        )
        .join(files, (files.c.version_id == signed_files.c.version_id) & (files.c.path == signed_files.c.path))
        .outerjoin(signatures, key)
        .where(signed_files.c.version_id == version_id)
        .order_by(*order, signatures.c.ordinal)
    )
    with connection.execute(query, execution_options={"yield_per": STREAM_ROWS}) as rows:
        yield from _grouped(rows)


def _grouped(rows: Iterable[Any]) -> Iterator[HeldSignedFile]:
    """Yield each file once, with its signatures, which stand on rows of their own."""
    last: Any = None
    found: list[HeldSignature] = []
    for row in rows:
        if last is not None and row.path != last.path:
            yield signed_file_of(last, found)
            found = []
        last = row
        if row.ordinal is not None:
            found.append(signature_of(row))
    if last is not None:
        yield signed_file_of(last, found)


def totals(connection: Connection, aip_id: uuid.UUID) -> SignatureTotals:
    """Return how the signatures of the newest version of a package stand."""
    found = newest_or_named(connection, aip_id, None)
    if found is None:
        return SignatureTotals()
    states = connection.execute(
        sa.select(signed_files.c.state, sa.func.count())
        .where(signed_files.c.version_id == found.id)
        .group_by(signed_files.c.state)
    )
    verdicts = connection.execute(
        sa.select(signatures.c.indication, sa.func.count())
        .where(signatures.c.version_id == found.id)
        .group_by(signatures.c.indication)
    )
    return SignatureTotals(
        files={SignedState(state): count for state, count in states},
        signatures={Indication(indication): count for indication, count in verdicts},
    )


def versions_after(connection: Connection, last: tuple[uuid.UUID, int] | None, limit: int) -> list[PackageVersion]:
    """Return the newest versions of packages with signatures behind one, by identifier."""
    query = (
        sa.select(package_versions)
        .join(case_files, case_files.c.aip_id == package_versions.c.aip_id)
        .where(case_files.c.current_version == package_versions.c.version)
        .where(sa.exists().where(signatures.c.version_id == package_versions.c.id))
    )
    if last is not None:
        query = query.where(package_versions.c.aip_id > sa.literal(last[0], Identifier))
    return with_copies(connection, connection.execute(query.order_by(package_versions.c.aip_id).limit(limit)).all())
