"""The desk in the catalogue: an index of its folder, with transactions and uniqueness.

Every row carries the number of the act it comes from, and an older act never outweighs a newer one, so
that acts may be applied again and in any order.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue import reference
from archive.catalogue.database import STREAM_ROWS, Database, batches, upsert
from archive.catalogue.desk_tables import SEQUENCE, desk_documents, desk_files, desk_keys, desk_plan
from archive.catalogue.desk_values import (
    DeskChange,
    DeskDocumentRow,
    DeskFileRow,
    DeskLink,
    DeskPlanRow,
    DeskRegisterQuery,
)
from archive.catalogue.rows import storable

SELF = "self"
"""Role of a key that names the document itself."""
FILE = "file"
"""Role of a key that is the SHA-256 of one of the several files of a document."""

_AT_ONCE = 500
_OTHER = desk_keys.alias("other")


class DeskIndex:
    """Questions about the desk, and the one way to change what the catalogue says about it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Changing

    def apply(self, change: DeskChange) -> None:
        """Make everything of a batch of acts visible at once; doing so again changes nothing.

        Raises:
            ConflictError: another case file of the same year and agency has this number.
        """
        with self._database.write() as connection:
            _forget(connection, change.gone)
            _put(connection, desk_plan, [_values(row) for row in change.plan])
            _put(connection, desk_files, [_values(row) for row in change.files])
            newer = _put(connection, desk_documents, [_values(row) for row in change.documents])
            _put_keys(connection, [row for row in change.documents if row.id in newer and row.keys is not None])
            if change.last > _sequence(connection):
                reference.put_setting(connection, SEQUENCE, str(change.last))

    def clear(self) -> None:
        """Forget everything: the desk's folder brings it back."""
        with self._database.write() as connection:
            for table in (desk_keys, desk_documents, desk_files, desk_plan):
                connection.execute(sa.delete(table))
            reference.put_setting(connection, SEQUENCE, "0")

    def sequence(self) -> int:
        """Return the number of the last act that is visible."""
        with self._database.read() as connection:
            return _sequence(connection)

    # The yearly plan

    def plan(self, year: int, agency: str | None = None) -> Iterator[DeskPlanRow]:
        """Yield the lines of a year's plan in their order, of every agency unless one is named."""
        rows = desk_plan.c
        chosen = sa.select(desk_plan).where(rows.year == year).order_by(rows.year, rows.agency, rows.place)
        if agency is not None:
            chosen = chosen.where(rows.agency == agency)
        for row in self._stream(chosen):
            yield DeskPlanRow(**row)

    def plan_row(self, identifier: str) -> DeskPlanRow | None:
        """Return one line of a plan."""
        row = self._first(sa.select(desk_plan).where(desk_plan.c.id == identifier))
        return DeskPlanRow(**row) if row is not None else None

    def plan_years(self) -> list[int]:
        """Return the years that have a plan, in order."""
        with self._database.read() as connection:
            found: list[int] = []
            while True:
                query = sa.select(sa.func.min(desk_plan.c.year))
                year = connection.scalar(query.where(desk_plan.c.year > found[-1]) if found else query)
                if year is None:
                    return found
                found.append(year)

    # Case files

    def get_file(self, identifier: str) -> DeskFileRow | None:
        """Return a case file."""
        found = self.find_files(identifier)
        return next((row for row in found if row.id == identifier), None)

    def find_files(self, prefix: str) -> list[DeskFileRow]:
        """Return the case files whose identifier begins so; at most two, enough to see that it is not clear."""
        chosen = sa.select(desk_files).where(_begins(desk_files.c.id, prefix)).order_by(desk_files.c.id).limit(2)
        return self._files(chosen)

    def files_by_number(self, year: int, folded: str, agency: str | None = None) -> list[DeskFileRow]:
        """Return the case files of a year with a number, of every agency unless one is named."""
        chosen = sa.select(desk_files).where(desk_files.c.year == year, desk_files.c.folded == folded)
        if agency is not None:
            chosen = chosen.where(desk_files.c.agency == agency)
        return self._files(chosen.order_by(desk_files.c.agency))

    def files_after(self, states: Sequence[str], after: tuple[str, str], limit: int) -> list[DeskFileRow]:
        """Return the next case files in any of some states, all of them for none, by time of opening."""
        rows = desk_files.c
        behind = sa.tuple_(rows.opened_at, rows.id) > sa.tuple_(sa.literal(after[0]), sa.literal(after[1]))
        base = sa.select(desk_files).where(behind).order_by(rows.opened_at, rows.id).limit(limit)
        found: list[DeskFileRow] = []
        for chosen in [base.where(rows.state == state) for state in dict.fromkeys(states)] or [base]:
            found += self._files(chosen)
        return sorted(found, key=lambda row: (row.opened_at, row.id))[:limit]

    def _files(self, chosen: sa.Select[Any]) -> list[DeskFileRow]:
        with self._database.read() as connection:
            found = [row._asdict() for row in connection.execute(chosen)]
            counted = (
                sa.select(desk_documents.c.file_id, sa.func.count())
                .where(desk_documents.c.file_id.in_([row["id"] for row in found]))
                .group_by(desk_documents.c.file_id)
            )
            counts = {row[0]: row[1] for row in connection.execute(counted)} if found else {}
        return [DeskFileRow(**row, documents=counts.get(row["id"], 0)) for row in found]

    # Documents

    def documents(self, file_id: str) -> Iterator[DeskDocumentRow]:
        """Yield the documents of a case file, or of the tray, by their date; in bounded memory."""
        rows = desk_documents.c
        chosen = sa.select(desk_documents).where(rows.file_id == file_id).order_by(rows.date, rows.id)
        for row in self._stream(chosen):
            yield DeskDocumentRow(**row)

    def document_ids(self, file_id: str) -> Iterator[str]:
        """Yield the identifiers of the documents of a case file, or of the tray, in order; in bounded memory."""
        rows = desk_documents.c
        for row in self._stream(sa.select(rows.id).where(rows.file_id == file_id).order_by(rows.id)):
            yield row["id"]

    def count(self, file_id: str) -> int:
        """Return how many documents a case file, or the tray, has."""
        with self._database.read() as connection:
            query = sa.select(sa.func.count()).where(desk_documents.c.file_id == file_id)
            return connection.scalar(query) or 0

    def get_documents(self, identifiers: Iterable[str]) -> dict[str, DeskDocumentRow]:
        """Return documents by identifier."""
        found: dict[str, DeskDocumentRow] = {}
        for part in batches(identifiers, _AT_ONCE):
            with self._database.read() as connection:
                for row in connection.execute(sa.select(desk_documents).where(desk_documents.c.id.in_(part))):
                    found[row.id] = DeskDocumentRow(**row._asdict())
        return found

    def find_documents(self, prefix: str) -> list[DeskDocumentRow]:
        """Return the documents whose identifier begins so; at most two, enough to see that it is not clear."""
        chosen = sa.select(desk_documents).where(_begins(desk_documents.c.id, prefix)).order_by(desk_documents.c.id)
        with self._database.read() as connection:
            return [DeskDocumentRow(**row._asdict()) for row in connection.execute(chosen.limit(2))]

    def named(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return by key the documents that are called so."""
        found: dict[str, list[str]] = {}
        for part in batches(keys, _AT_ONCE):
            chosen = sa.select(desk_keys.c.key, desk_keys.c.document_id).where(
                desk_keys.c.key.in_(part), desk_keys.c.role == SELF
            )
            with self._database.read() as connection:
                for key, document in connection.execute(chosen):
                    found.setdefault(key, []).append(document)
        return found

    def holding(self, digests: Iterable[str]) -> dict[str, set[str]]:
        """Return by SHA-256 the documents that one of their files is: alone, or with others."""
        found: dict[str, set[str]] = {}
        for part in batches(digests, _AT_ONCE):
            several = sa.select(desk_keys.c.key, desk_keys.c.document_id).where(
                desk_keys.c.key.in_(part), desk_keys.c.role == FILE
            )
            alone = sa.select(desk_documents.c.id, desk_documents.c.id).where(desk_documents.c.id.in_(part))
            with self._database.read() as connection:
                for digest, document in (*connection.execute(several).all(), *connection.execute(alone).all()):
                    found.setdefault(digest, set()).add(document)
        return found

    def links(self, identifiers: Iterable[str]) -> Iterator[DeskLink]:
        """Yield, once for each pair, who names whom among documents and their neighbours, both ways.

        `file_id` is where the neighbour is. Documents that are called the same name each other by the role `self`.
        """
        for part in batches(identifiers, _AT_ONCE):
            with self._database.read() as connection:
                naming = connection.execute(_naming(part)).all()
                called = connection.execute(_called(part)).all()
            seen: set[tuple[str, str, str]] = set()
            for document, role, target, file_id in (*naming, *called):
                if (document, role, target) not in seen:
                    seen.add((document, role, target))
                    yield DeskLink(document_id=document, role=role, target=target, file_id=file_id)

    def register(self, query: DeskRegisterQuery) -> Iterator[DeskDocumentRow]:
        """Yield the documents of a register in the order of their day; in bounded memory."""
        rows = desk_documents.c
        day = rows.date if query.outgoing else rows.registered
        chosen = sa.select(desk_documents).where(day >= query.first.isoformat(), day <= query.last.isoformat())
        chosen = chosen.where(rows.organ == query.organ if query.outgoing else rows.organ != query.organ)
        for row in self._stream(chosen.order_by(day, rows.id)):
            yield DeskDocumentRow(**row)

    def _stream(self, chosen: sa.Select[Any]) -> Iterator[dict[str, Any]]:
        with (
            self._database.stream() as connection,
            connection.execute(chosen, execution_options={"yield_per": STREAM_ROWS}) as result,
        ):
            for row in result:
                yield row._asdict()

    def _first(self, chosen: sa.Select[Any]) -> dict[str, Any] | None:
        with self._database.read() as connection:
            row = connection.execute(chosen.limit(1)).first()
        return row._asdict() if row is not None else None


def _naming(part: list[str]) -> sa.Select[Any]:
    """Return the question whom documents name: keys of any role that are another one's own name."""
    return (
        sa.select(desk_keys.c.document_id, desk_keys.c.role, _OTHER.c.document_id, desk_documents.c.file_id)
        .join(_OTHER, (_OTHER.c.key == desk_keys.c.key) & (_OTHER.c.role == SELF))
        .join(desk_documents, desk_documents.c.id == _OTHER.c.document_id)
        .where(desk_keys.c.document_id.in_(part), _OTHER.c.document_id != desk_keys.c.document_id)
    )


def _called(part: list[str]) -> sa.Select[Any]:
    """Return the question who names documents."""
    return (
        sa.select(_OTHER.c.document_id, _OTHER.c.role, desk_keys.c.document_id, desk_documents.c.file_id)
        .join(_OTHER, _OTHER.c.key == desk_keys.c.key)
        .join(desk_documents, desk_documents.c.id == _OTHER.c.document_id)
        .where(
            desk_keys.c.document_id.in_(part),
            desk_keys.c.role == SELF,
            _OTHER.c.document_id != desk_keys.c.document_id,
        )
    )


def _forget(connection: Connection, gone: Sequence[str]) -> None:
    """Remove case files with their documents, single documents, and the keys of both."""
    for part in batches(gone, _AT_ONCE):
        chosen = desk_documents.c.file_id.in_(part) | desk_documents.c.id.in_(part)
        going = sa.select(desk_documents.c.id).where(chosen)
        connection.execute(sa.delete(desk_keys).where(desk_keys.c.document_id.in_(going)))
        connection.execute(sa.delete(desk_documents).where(chosen))
        connection.execute(sa.delete(desk_files).where(desk_files.c.id.in_(part)))


def _put(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> set[str]:
    """Insert or replace rows, but for those that a later act has outdone; return the identifiers of the written."""
    latest = {row["id"]: row for row in sorted(rows, key=lambda row: row["seq"])}
    written: set[str] = set()
    for part in batches(latest.values(), _AT_ONCE):
        known = sa.select(table.c.id, table.c.seq).where(table.c.id.in_([row["id"] for row in part]))
        held = {row.id: row.seq for row in connection.execute(known)}
        newer = [row for row in part if held.get(row["id"], -1) < row["seq"]]
        if newer:
            connection.execute(upsert(connection, table, ("id",), changed=[n for n in newer[0] if n != "id"]), newer)
        written.update(row["id"] for row in newer)
    return written


def _put_keys(connection: Connection, rows: list[DeskDocumentRow]) -> None:
    """Replace the keys of documents."""
    latest = {row.id: row for row in sorted(rows, key=lambda row: row.seq)}
    for part in batches(latest.values(), _AT_ONCE):
        connection.execute(sa.delete(desk_keys).where(desk_keys.c.document_id.in_([row.id for row in part])))
        keys = [
            {"key": storable(key), "role": role, "document_id": row.id}
            for row in part
            for key, role in dict.fromkeys(row.keys or ())
        ]
        if keys:
            connection.execute(upsert(connection, desk_keys, ("key", "role", "document_id")), keys)


def _values(row: DeskPlanRow | DeskFileRow | DeskDocumentRow) -> dict[str, Any]:
    names = (name for name in type(row).__slots__ if name not in ("keys", "documents"))
    return {name: storable(value) if isinstance(value := getattr(row, name), str) else value for name in names}


def _sequence(connection: Connection) -> int:
    return int(reference.get_setting(connection, SEQUENCE) or 0)


def _begins(column: sa.Column[str], prefix: str) -> sa.ColumnElement[bool]:
    return sa.and_(column >= prefix, column <= prefix + "\U0010ffff") if prefix else sa.false()
