"""What is held: case files, package versions, documents, files and events."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.columns import Identifier
from archive.catalogue.database import STREAM_ROWS, Database, batches
from archive.catalogue.rows import (
    CASE_FILE,
    DOCUMENT,
    event_of,
    file_of,
    format_of,
    moment_of,
    storable,
    version_of,
)
from archive.catalogue.tables import (
    case_files,
    copies,
    documents,
    events,
    files,
    formats,
    package_versions,
)
from archive.catalogue.transfers import prefix_range
from archive.catalogue.values import DuplicateFile, HeldCaseFile, HeldFile, PackageVersion, StoredCopy
from model.casefile import Document
from model.dates import from_utc_text
from model.findings import Outcome
from model.formats import FormatIdentification
from model.preservation import Event, EventType

_DIGESTS_AT_ONCE = (1, 16, 128, 512)
"""Statement sizes for looking digests up: few, so that the database prepares each once."""

_FOUND_AT_ONCE = 100

_PORTIONS = {"yield_per": STREAM_ROWS}


def get_case_file(connection: Connection, aip_id: uuid.UUID) -> HeldCaseFile | None:
    """Return a case file."""
    row = connection.execute(sa.select(case_files).where(case_files.c.aip_id == aip_id)).first()
    return held_of(row) if row is not None else None


def by_code(connection: Connection, code: str) -> list[HeldCaseFile]:
    """Return the case files that have a code, oldest first."""
    query = (
        sa.select(case_files)
        .where(case_files.c.case_code == storable(code))
        .order_by(case_files.c.accepted_at, case_files.c.aip_id)
    )
    held = [held_of(row) for row in connection.execute(query)]
    return [item for item in held if item.case_file.file_code == code]


def by_identifier(connection: Connection, identifier: str) -> list[HeldCaseFile]:
    """Return the case files a user may mean: by identifier, its first digits, or the case file code."""
    found = by_code(connection, identifier)
    bounds = prefix_range(identifier)
    if bounds is not None:
        query = sa.select(case_files).where(case_files.c.aip_id.between(*bounds)).order_by(case_files.c.aip_id)
        seen = {item.aip_id for item in found}
        found += [held_of(row) for row in connection.execute(query.limit(_FOUND_AT_ONCE)) if row.aip_id not in seen]
    return found


def held_of(row: Any) -> HeldCaseFile:
    """Return the case file of a row."""
    return HeldCaseFile(
        aip_id=row.aip_id,
        case_file=CASE_FILE.value(row),
        transfer_id=row.transfer_id,
        accepted_at=from_utc_text(row.accepted_at),
        current_version=row.current_version,
    )


def versions(connection: Connection, aip_id: uuid.UUID) -> list[PackageVersion]:
    """Return the versions of a package, oldest first."""
    query = sa.select(package_versions).where(package_versions.c.aip_id == aip_id).order_by(package_versions.c.version)
    return with_copies(connection, connection.execute(query).all())


def versions_after(connection: Connection, last: tuple[uuid.UUID, int] | None, limit: int) -> list[PackageVersion]:
    """Return package versions behind one, by identifier and version."""
    key = sa.tuple_(package_versions.c.aip_id, package_versions.c.version)
    query = sa.select(package_versions)
    if last is not None:
        query = query.where(key > sa.tuple_(sa.literal(last[0], Identifier), sa.literal(last[1])))
    query = query.order_by(package_versions.c.aip_id, package_versions.c.version).limit(limit)
    return with_copies(connection, connection.execute(query).all())


def with_copies(connection: Connection, rows: Sequence[Any]) -> list[PackageVersion]:
    """Return the package versions of rows, with what is known of their copies."""
    found: dict[int, list[StoredCopy]] = {row.id: [] for row in rows}
    for part in batches(found, STREAM_ROWS):
        query = sa.select(copies).where(copies.c.version_id.in_(part)).order_by(copies.c.version_id, copies.c.store)
        for row in connection.execute(query):
            found[row.version_id].append(
                StoredCopy(
                    store=row.store,
                    verified_at=moment_of(row.verified_at),
                    outcome=Outcome(row.outcome),
                    detail=row.detail,
                )
            )
    return [version_of(row, tuple(found[row.id])) for row in rows]


def list_events(
    connection: Connection, aip_id: uuid.UUID, version: int | None = None, kind: EventType | None = None
) -> list[Event]:
    """Return the events of every version of a package (or of one, or of one type), oldest first."""
    query = (
        sa.select(events)
        .join(package_versions, package_versions.c.id == events.c.version_id)
        .where(package_versions.c.aip_id == aip_id)
        .order_by(events.c.time, events.c.id)
    )
    if version is not None:
        query = query.where(package_versions.c.version == version)
    if kind is not None:
        query = query.where(events.c.type == kind.value)
    return [event_of(row) for row in connection.execute(query)]


def stream_documents(database: Database, aip_id: uuid.UUID, version: int | None) -> Iterator[Document]:
    """Yield the documents of a package version in their order."""
    with database.stream() as connection:
        found = newest_or_named(connection, aip_id, version)
        if found is None:
            return
        query = sa.select(documents).where(documents.c.version_id == found.id).order_by(documents.c.ordinal)
        with connection.execute(query, execution_options=_PORTIONS) as rows:
            for row in rows:
                yield DOCUMENT.value(row, ordinal=row.ordinal)


def stream_files(
    database: Database, aip_id: uuid.UUID, version: int | None, *conditions: sa.ColumnElement[bool]
) -> Iterator[HeldFile]:
    """Yield the files of a package version by path; only those that fulfil the conditions."""
    with database.stream() as connection:
        found = newest_or_named(connection, aip_id, version)
        if found is None:
            return
        query = sa.select(files).where(files.c.version_id == found.id, *conditions).order_by(files.c.path)
        known: dict[bytes, FormatIdentification] = {}
        with connection.execute(query, execution_options=_PORTIONS) as result:
            for rows in result.partitions():
                _load_formats(connection, rows, known)
                for row in rows:
                    yield file_of(row, found.content_folder, known[row.format_id])


def of_document(ordinal: int) -> sa.ColumnElement[bool]:
    """Return the condition: files of a document."""
    return files.c.document == ordinal


def at_path(path: str) -> sa.ColumnElement[bool]:
    """Return the condition: the file at a path."""
    return files.c.path == storable(path)


def newest_or_named(connection: Connection, aip_id: uuid.UUID, version: int | None) -> Any:
    """Return number and folder of a version; the newest unless one is named."""
    query = sa.select(package_versions.c.id, package_versions.c.content_folder).where(
        package_versions.c.aip_id == aip_id
    )
    if version is not None:
        query = query.where(package_versions.c.version == version)
    return connection.execute(query.order_by(package_versions.c.version.desc()).limit(1)).first()


def _load_formats(connection: Connection, rows: Sequence[Any], known: dict[bytes, FormatIdentification]) -> None:
    missing = {row.format_id for row in rows} - known.keys()
    for part in batches(missing, _FOUND_AT_ONCE):
        query = sa.select(formats.c.id, formats.c.details).where(formats.c.id.in_(part))
        known.update((row.id, format_of(row.details)) for row in connection.execute(query))


def find_duplicates(database: Database, digests: Iterable[bytes]) -> Iterator[DuplicateFile]:
    """Yield one held file for each digest that is held; every digest costs one step into one index."""
    unique = dict.fromkeys(digests)
    for batch in batches(unique, _DIGESTS_AT_ONCE[-1]):
        with database.read() as connection:
            numbers = _files_with(connection, batch)
            found = list(_duplicates(connection, numbers)) if numbers else []
        yield from found


def _files_with(connection: Connection, digests: list[bytes]) -> list[int]:
    size = next(size for size in _DIGESTS_AT_ONCE if size >= len(digests))
    padded = (*digests, *[digests[-1]] * (size - len(digests)))
    rows = connection.exec_driver_sql(duplicates_sql(connection.dialect.name, size), padded)
    return list({row[0] for row in rows if row[0] is not None})


def duplicates_sql(dialect: str, size: int) -> str:
    """Return the statement that finds one file for each of `size` digests."""
    marks = ", ".join(["(?)" if dialect == "sqlite" else "(%s)"] * size)
    return (
        f"WITH wanted (sha256) AS (VALUES {marks}) "  # noqa: S608 - placeholders only
        "SELECT (SELECT files.id FROM files WHERE files.sha256 = wanted.sha256 LIMIT 1) FROM wanted"
    )


def _duplicates(connection: Connection, numbers: list[int]) -> Iterator[DuplicateFile]:
    query = (
        sa.select(files.c.sha256, files.c.path, case_files.c.aip_id, case_files.c.case_code)
        .join(package_versions, package_versions.c.id == files.c.version_id)
        .join(case_files, case_files.c.aip_id == package_versions.c.aip_id)
        .where(files.c.id.in_(numbers))
    )
    for row in connection.execute(query):
        yield DuplicateFile(sha256=row.sha256, aip_id=row.aip_id, case_code=row.case_code, path=row.path)
