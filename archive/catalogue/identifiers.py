"""Documents by identifier: which held document a link of another package means."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.rows import storable
from archive.catalogue.tables import case_files, documents, files, package_versions

FOUND = 20
"""Documents of one identifier that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedDocument:
    """A document of the newest version of a held case file."""

    aip_id: UUID
    fonds_code: str
    ordinal: int
    files: tuple[tuple[str, int, bytes], ...]
    """Path under `data/`, size and SHA-256 of each file, by path."""


class DocumentIdentifiers:
    """Looks documents up by their identifier or their archival code; each lookup is a step into an index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, identifier: str) -> list[IdentifiedDocument]:
        """Return the documents that have an identifier as `docId` or `docCode`, the first twenty."""
        wanted = storable(identifier)
        numbers = sa.union(
            sa.select(documents.c.version_id, documents.c.ordinal).where(documents.c.doc_code == wanted),
            sa.select(documents.c.version_id, documents.c.ordinal).where(documents.c.doc_id == wanted),
        ).subquery()
        query = (
            sa.select(numbers.c.version_id, numbers.c.ordinal, case_files.c.aip_id, case_files.c.fonds_code)
            .join(package_versions, package_versions.c.id == numbers.c.version_id)
            .join(
                case_files,
                (case_files.c.aip_id == package_versions.c.aip_id)
                & (case_files.c.current_version == package_versions.c.version),
            )
            .order_by(case_files.c.aip_id, numbers.c.ordinal)
            .limit(FOUND)
        )
        with self._database.read() as connection:
            return [
                IdentifiedDocument(
                    aip_id=row.aip_id,
                    fonds_code=row.fonds_code,
                    ordinal=row.ordinal,
                    files=tuple(
                        (file.path, file.size, file.sha256)
                        for file in connection.execute(_files(row.version_id, row.ordinal))
                    ),
                )
                for row in connection.execute(query).all()
            ]


def _files(version: int, ordinal: int) -> sa.Select[tuple[str, int, bytes]]:
    return (
        sa.select(files.c.path, files.c.size, files.c.sha256)
        .where(files.c.version_id == version, files.c.document == ordinal)
        .order_by(files.c.path)
    )
