"""Registration: everything one accepted case file adds, in one transaction."""

import itertools
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import counters, evidence, feed, signature_writing, transfers
from archive.catalogue.database import Database, Lock, batches, insert_rows, upsert
from archive.catalogue.disposal_tables import stubs
from archive.catalogue.rows import (
    CASE_FILE,
    DOCUMENT,
    FILE_COLUMNS,
    Row,
    content_folder,
    event_row,
    file_row,
    format_row,
    moment_text,
    storable,
    transfer_row,
    version_row,
)
from archive.catalogue.tables import case_files, copies, documents, events, files, formats, package_versions
from archive.catalogue.values import CopyVerification, HeldFile, Registration, TransferState
from model.casefile import Document
from model.dates import utc_text
from model.errors import NotFoundError, PolicyError
from model.formats import FormatIdentification
from model.preservation import Event
from model.text import N_

_BATCH = 500
"""Rows sent to the database at once: larger ones gain nothing and hold memory."""

_ADD_VERSION = sa.insert(package_versions).returning(package_versions.c.id)

_DOCUMENT_COLUMNS = ("version_id", "ordinal", *DOCUMENT.columns())


class Registrar:
    """Writes registrations; remembers which formats the database knows already."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: set[bytes] = set()
        """Formats that are committed. They are never deleted, so this never becomes wrong."""

    def register(self, registration: Registration) -> None:
        """Add a package version and everything about it; nothing is seen of it before all is durable."""
        fresh: set[bytes] = set()
        with self._database.write() as connection:
            held, version = registration.held, registration.version
            self._database.lock(connection, Lock.PACKAGE, str(held.aip_id))
            _refuse_destroyed(connection, held.aip_id)
            if _version_id(connection, held.aip_id, version.version) is None:
                self._add(connection, registration, fresh)
            elif _unsettled(connection, registration):
                transfers.put(connection, _accepted(registration))
        self._known |= fresh

    def _add(self, connection: Connection, registration: Registration, fresh: set[bytes]) -> None:
        held, version = registration.held, registration.version
        totals = transfers.write_row(connection, _accepted(registration))
        before = _current_counts(connection, held.aip_id)
        _put_case_file(connection, registration)
        remaining = iter(registration.files)
        first = list(itertools.islice(remaining, 1))
        folder = content_folder(first[0]) if first else ""
        row = version_row(version) | {"document_count": 0, "content_folder": storable(folder)}
        version_id: int = connection.execute(_ADD_VERSION, row).scalar_one()
        count = _add_documents(connection, version_id, registration.documents)
        self._add_files(connection, version_id, folder, itertools.chain(first, remaining), fresh)
        signature_writing.add(connection, version_id, registration.signatures)
        _add_events(connection, version_id, registration.events)
        signature_writing.apply(connection, version_id, registration.events)
        _add_copies(connection, version_id, registration)
        connection.execute(
            sa.update(package_versions).where(package_versions.c.id == version_id).values(document_count=count)
        )
        # From here to the commit one registration waits for the other, so what takes time comes before.
        feed.append(self._database, connection, held.aip_id, version.version, feed.PUT)
        evidence.wait_for_all(connection, version_id)
        counters.add(connection, totals | _difference(registration, count, before))

    def _add_files(
        self, connection: Connection, version_id: int, folder: str, held: Iterable[HeldFile], fresh: set[bytes]
    ) -> None:
        for batch in batches(held, _BATCH):
            self._add_formats(connection, {file.object.format for file in batch}, fresh)
            rows = [file_row(version_id, folder, file) for file in batch]
            insert_rows(connection, files, FILE_COLUMNS, rows)

    def _add_formats(self, connection: Connection, found: set[FormatIdentification], fresh: set[bytes]) -> None:
        """Make the rows the files will refer to.

        On PostgreSQL in a transaction of their own: two long registrations that each made a row the other
        needs would wait for each other for ever. A row that no file refers to does no harm.
        """
        missing = {format_row(identification) for identification in found}
        missing = {row for row in missing if row[0] not in self._known and row[0] not in fresh}
        if not missing:
            return
        rows = [{"id": key, "puid": puid, "details": details} for key, puid, details in sorted(missing)]
        keys = {row[0] for row in missing}
        if self._database.sqlite:
            connection.execute(upsert(connection, formats, ("id",)), rows)
            fresh |= keys
            return
        with self._database.write() as other:
            other.execute(upsert(other, formats, ("id",)), rows)
        self._known |= keys


def record_events(
    database: Database, connection: Connection, aip_id: uuid.UUID, version: int, found: Sequence[Event]
) -> None:
    """Add events of a package version; one that is recorded already stays as it is.

    Events that carry new verdicts on signatures change these too, and the feed says so.
    """
    version_id = _version_id(connection, aip_id, version)
    if version_id is None:
        raise _no_version(aip_id, version)
    _add_events(connection, version_id, found)
    if signature_writing.apply(connection, version_id, found):
        feed.append(database, connection, aip_id, version, feed.PUT)


def record_verifications(connection: Connection, batch: Sequence[CopyVerification]) -> None:
    """Record when copies were compared last, and how it went."""
    for part in batches(batch, _BATCH):
        found = connection.execute(
            sa.select(package_versions.c.aip_id, package_versions.c.version, package_versions.c.id).where(
                package_versions.c.aip_id.in_({item.aip_id for item in part})
            )
        )
        numbers = {(row.aip_id, row.version): row.id for row in found}
        rows = {}
        for item in part:
            version_id = numbers.get((item.aip_id, item.version))
            if version_id is None and _is_destroyed(connection, item.aip_id):
                continue
            if version_id is None:
                raise _no_version(item.aip_id, item.version)
            rows[version_id, item.store] = {
                "version_id": version_id,
                "store": item.store,
                "verified_at": utc_text(item.time),
                "outcome": item.outcome.value,
                "detail": storable(item.detail),
            }
        ordered = [rows[key] for key in sorted(rows)]
        changed = ("verified_at", "outcome", "detail")
        if ordered:
            connection.execute(upsert(connection, copies, ("version_id", "store"), changed=changed), ordered)


def _is_destroyed(connection: Connection, aip_id: uuid.UUID) -> bool:
    return connection.scalar(sa.select(stubs.c.aip_id).where(stubs.c.aip_id == aip_id)) is not None


def _refuse_destroyed(connection: Connection, aip_id: uuid.UUID) -> None:
    if _is_destroyed(connection, aip_id):
        raise PolicyError(
            N_("The package {package} was destroyed by a decision and is not taken into the catalogue again."),
            hint=N_("See `chauban show {package}`, and find out who brought it back."),
            package=aip_id,
        )


def _no_version(aip_id: uuid.UUID, version: int) -> NotFoundError:
    return NotFoundError(
        N_("The catalogue knows no version {version} of the package {package}."), version=version, package=aip_id
    )


def _version_id(connection: Connection, aip_id: uuid.UUID, version: int) -> int | None:
    query = sa.select(package_versions.c.id).where(
        package_versions.c.aip_id == aip_id, package_versions.c.version == version
    )
    found: int | None = connection.scalar(query)
    return found


def _accepted(registration: Registration) -> Row:
    return transfer_row(registration.transfer) | {"state": TransferState.ACCEPTED.value}


def _unsettled(connection: Connection, registration: Registration) -> bool:
    """Whether the transfer of a version that is registered was claimed again since."""
    transfer = transfers.get(connection, registration.transfer.id)
    return transfer is not None and transfer.state is not TransferState.ACCEPTED


def _current_counts(connection: Connection, aip_id: uuid.UUID) -> Any:
    query = (
        sa.select(
            package_versions.c.version,
            package_versions.c.document_count,
            package_versions.c.file_count,
            package_versions.c.byte_count,
        )
        .where(package_versions.c.aip_id == aip_id)
        .order_by(package_versions.c.version.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _difference(registration: Registration, document_count: int, before: Any) -> Row:
    """Return what the totals gain: they count the newest version of each package."""
    version = registration.version
    if before is None:
        return {
            counters.CASE_FILES: 1,
            counters.DOCUMENTS: document_count,
            counters.FILES: version.file_count,
            counters.BYTES: version.byte_count,
        }
    if before.version > version.version:
        return {}
    return {
        counters.DOCUMENTS: document_count - before.document_count,
        counters.FILES: version.file_count - before.file_count,
        counters.BYTES: version.byte_count - before.byte_count,
    }


def _put_case_file(connection: Connection, registration: Registration) -> None:
    """Insert the case file, or bring it up to a newer version; an older one changes nothing."""
    held = registration.held
    row = CASE_FILE.row(held.case_file) | {
        "aip_id": held.aip_id,
        "transfer_id": held.transfer_id,
        "accepted_at": moment_text(held.accepted_at),
        "current_version": registration.version.version,
    }
    known = connection.scalar(sa.select(case_files.c.current_version).where(case_files.c.aip_id == held.aip_id))
    if known is None:
        connection.execute(sa.insert(case_files), row)
    elif known < registration.version.version:
        connection.execute(sa.update(case_files).where(case_files.c.aip_id == held.aip_id), row)


def _add_documents(connection: Connection, version_id: int, found: Iterable[Document]) -> int:
    count = 0
    names = DOCUMENT.columns()
    for batch in batches(found, _BATCH):
        rows = []
        for document in batch:
            row = DOCUMENT.row(document)
            rows.append((version_id, document.ordinal, *[row[name] for name in names]))
        insert_rows(connection, documents, _DOCUMENT_COLUMNS, rows)
        count += len(rows)
    return count


def _add_events(connection: Connection, version_id: int, found: Iterable[Event]) -> None:
    rows = [event_row(version_id, event) for event in found]
    if rows:
        connection.execute(upsert(connection, events, ("version_id", "event_id")), rows)


def _add_copies(connection: Connection, version_id: int, registration: Registration) -> None:
    rows = [
        {
            "version_id": version_id,
            "store": copy.store,
            "verified_at": moment_text(copy.verified_at),
            "outcome": copy.outcome.value,
            "detail": storable(copy.detail),
        }
        for copy in registration.version.copies
    ]
    if rows:
        connection.execute(sa.insert(copies), rows)
