"""Writing signatures: with their package version, and brought up to newer verdicts by events."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.database import batches, insert_rows
from archive.catalogue.signature_rows import (
    SIGNATURE_COLUMNS,
    SIGNED_FILE_COLUMNS,
    changes_of,
    current_row,
    signature_rows,
    signed_file_row,
)
from archive.catalogue.tables import signatures, signed_files
from archive.catalogue.values import HeldSignedFile
from model.preservation import Event

_BATCH = 500


def add(connection: Connection, version_id: int, found: Iterable[HeldSignedFile]) -> None:
    """Add what is known about the signatures of a new package version."""
    for batch in batches(found, _BATCH):
        insert_rows(
            connection, signed_files, SIGNED_FILE_COLUMNS, [signed_file_row(version_id, file) for file in batch]
        )
        rows = (row for file in batch for row in signature_rows(version_id, file))
        for part in batches(rows, _BATCH):
            insert_rows(connection, signatures, SIGNATURE_COLUMNS, part)


def apply(connection: Connection, version_id: int, found: Iterable[Event]) -> bool:
    """Bring signatures to the verdicts that events carry, in the order of time.

    A verdict older than the one that is recorded changes nothing: events may arrive in any order.

    Returns:
        Whether a verdict changed.
    """
    changed = False
    for event in sorted(found, key=lambda item: (item.time, item.id)):
        for change in changes_of(event):
            place = (
                (signatures.c.version_id == version_id)
                & (signatures.c.path == change.path)
                & (signatures.c.ordinal == change.ordinal)
            )
            row = connection.execute(sa.select(signatures.c.details, signatures.c.judged_at).where(place)).first()
            columns = current_row(row.details, change.now) if row is not None else {}
            if row is not None and columns["judged_at"] >= row.judged_at:
                connection.execute(sa.update(signatures).where(place).values(columns))
                changed = True
    return changed
