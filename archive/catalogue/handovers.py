"""Hand-overs: what was prepared for another archive, and what its receipts say.

A case file is in one hand-over at most that is not decided, or was accepted: of any number of processes
that plan one at once exactly one gets it.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from archive.catalogue.columns import Identifier
from archive.catalogue.database import Database, batches, upsert
from archive.catalogue.handovers_tables import HOLDING, handover_items, handovers
from archive.catalogue.handovers_values import (
    GOING,
    Handover,
    HandoverItem,
    HandoverRequest,
    HandoverTotals,
    ItemState,
)
from archive.catalogue.packages import held_of
from archive.catalogue.retention_tables import retention
from archive.catalogue.rows import Row, moment_of, storable
from archive.catalogue.tables import case_files, package_versions
from archive.catalogue.transfers import prefix_range
from archive.catalogue.values import HeldCaseFile
from model.dates import from_utc_text, utc_text
from model.errors import ConflictError
from model.text import N_

TABLES = (handover_items, handovers)
"""Every table of this area, in the order in which they are emptied."""

DUMPED: dict[str, sa.Select[Any]] = {
    "handovers": sa.select(handovers).order_by(handovers.c.id),
    "handover_items": sa.select(handover_items).order_by(*handover_items.primary_key.columns),
}
"""What a rebuild must give again."""

_ROWS = 500
_FOUND_AT_ONCE = 100


class Handovers:
    """The hand-overs of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, handover: Handover, items: Iterable[HandoverItem]) -> None:
        """Record a hand-over with its case files; what is recorded already stays as it is.

        Raises:
            ConflictError: a case file is in another hand-over; nothing was recorded.
        """
        with self._database.write() as connection:
            connection.execute(upsert(connection, handovers, ("id",)), _handover_row(handover))
            for batch in batches(items, _ROWS):
                rows = [_item_row(item) for item in batch]
                try:
                    connection.execute(upsert(connection, handover_items, ("handover_id", "ordinal")), rows)
                except exc.IntegrityError as error:
                    raise _in_another() from error

    def get(self, identifier: uuid.UUID) -> Handover | None:
        """Return a hand-over."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(handovers).where(handovers.c.id == identifier)).first()
        return _handover_of(row) if row is not None else None

    def find(self, prefix: str) -> list[Handover]:
        """Return the hand-overs whose identifier begins with at least eight hexadecimal digits."""
        bounds = prefix_range(prefix)
        if bounds is None:
            return []
        query = sa.select(handovers).where(handovers.c.id.between(*bounds)).order_by(handovers.c.id)
        with self._database.read() as connection:
            return [_handover_of(row) for row in connection.execute(query.limit(_FOUND_AT_ONCE))]

    def page(self, before: Handover | None, limit: int) -> list[Handover]:
        """Return hand-overs, newest first.

        Args:
            before: the last one of the page before.
        """
        query = sa.select(handovers)
        if before is not None:
            last = sa.tuple_(sa.literal(utc_text(before.started)), sa.literal(before.id, Identifier))
            query = query.where(sa.tuple_(handovers.c.started, handovers.c.id) < last)
        query = query.order_by(handovers.c.started.desc(), handovers.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_handover_of(row) for row in connection.execute(query)]

    def prepared(self, identifier: uuid.UUID, moment: datetime) -> None:
        """Record that every package of a hand-over is written."""
        query = sa.update(handovers).where(handovers.c.id == identifier).values(prepared=utc_text(moment))
        with self._database.write() as connection:
            connection.execute(query)

    # Case files

    def items(self, identifier: uuid.UUID, after: int = 0, limit: int = _ROWS) -> list[HandoverItem]:
        """Return the next case files of a hand-over behind a position."""
        query = (
            sa.select(handover_items)
            .where(handover_items.c.handover_id == identifier, handover_items.c.ordinal > after)
            .order_by(handover_items.c.ordinal)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_item_of(row) for row in connection.execute(query)]

    def all_items(self, identifier: uuid.UUID) -> Iterator[HandoverItem]:
        """Yield every case file of a hand-over, in bounded memory."""
        after = 0
        while page := self.items(identifier, after):
            yield from page
            after = page[-1].ordinal

    def by_code(self, identifier: uuid.UUID, code: str) -> list[HandoverItem]:
        """Return the case files of a hand-over that have a code."""
        query = (
            sa.select(handover_items)
            .where(handover_items.c.handover_id == identifier, handover_items.c.code == storable(code))
            .order_by(handover_items.c.ordinal)
        )
        with self._database.read() as connection:
            return [_item_of(row) for row in connection.execute(query)]

    def of_package(self, aip_id: uuid.UUID) -> list[HandoverItem]:
        """Return the hand-overs a case file is or was in; the one that holds it, if any, first."""
        query = sa.select(handover_items).where(handover_items.c.aip_id == aip_id)
        with self._database.read() as connection:
            found = [_item_of(row) for row in connection.execute(query.order_by(handover_items.c.handover_id))]
        return sorted(found, key=lambda item: item.state not in (ItemState.OPEN, ItemState.ACCEPTED))

    def holding(self, aip_id: uuid.UUID) -> HandoverItem | None:
        """Return the hand-over that a case file is in, or was handed over by; none when it is free."""
        query = sa.select(handover_items).where(handover_items.c.aip_id == aip_id, sa.text(HOLDING))
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return _item_of(row) if row is not None else None

    def written(self, item: HandoverItem) -> None:
        """Record the package that was written of a case file."""
        values = {"name": item.name, "size": item.size, "sha256": item.sha256}
        with self._database.write() as connection:
            connection.execute(sa.update(handover_items).where(*_is(item)).values(**values))

    def decide(self, identifier: uuid.UUID, decided: Iterable[HandoverItem], moment: datetime) -> None:
        """Record what became of case files: `state` and `reason` of each; doing so again changes nothing."""
        with self._database.write() as connection:
            for item in decided:
                values = {"state": item.state.value, "reason": storable(item.reason), "decided": utc_text(moment)}
                connection.execute(sa.update(handover_items).where(*_is(item)).values(**values))
            changed = sa.update(handovers).where(handovers.c.id == identifier)
            connection.execute(changed.values(decided=utc_text(moment)))

    def totals(self, identifier: uuid.UUID) -> HandoverTotals:
        """Return how far a hand-over is."""
        columns = ("documents", "files", "bytes")
        sums = [sa.func.sum(handover_items.c[name]).label(name) for name in columns]
        query = (
            sa.select(handover_items.c.state, sa.func.count().label("count"), *sums)
            .where(handover_items.c.handover_id == identifier)
            .group_by(handover_items.c.state)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return HandoverTotals(
            case_files=sum(int(row._mapping["count"]) for row in rows),
            documents=sum(int(row.documents) for row in rows),
            files=sum(int(row.files) for row in rows),
            bytes=sum(int(row.bytes) for row in rows),
            states={ItemState(row.state): int(row._mapping["count"]) for row in rows},
        )

    # What could be handed over

    def candidates(self, after: uuid.UUID | None, limit: int, fonds: str = "") -> list[HeldCaseFile]:
        """Return the next case files whose rule keeps them for ever or transfers them, by identifier behind one."""
        ruled = retention.c.aip_id == case_files.c.aip_id
        query = (
            sa.select(case_files).join(retention, ruled).where(retention.c.action.in_([item.value for item in GOING]))
        )
        if after is not None:
            query = query.where(case_files.c.aip_id > after)
        if fonds:
            query = query.where(case_files.c.fonds_code == storable(fonds))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(case_files.c.aip_id).limit(limit))
            return [held_of(row) for row in rows]

    def extent(self, held: HeldCaseFile) -> tuple[int, int, int]:
        """Return how many documents, files and bytes the current version of a case file has."""
        columns = package_versions.c
        query = sa.select(columns.document_count, columns.file_count, columns.byte_count).where(
            columns.aip_id == held.aip_id, columns.version == held.current_version
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return (int(row[0]), int(row[1]), int(row[2])) if row is not None else (0, 0, 0)


def clear(connection: Connection) -> None:
    """Remove everything; the stores bring it back."""
    for table in TABLES:
        connection.execute(sa.delete(table))


def accepted(connection: Connection, handover_id: uuid.UUID, aip_id: uuid.UUID) -> HandoverItem | None:
    """Return the case file of a hand-over if its receiver has accepted the version that is held now."""
    query = (
        sa.select(handover_items)
        .join(case_files, case_files.c.aip_id == handover_items.c.aip_id)
        .where(
            handover_items.c.aip_id == aip_id,
            handover_items.c.handover_id == handover_id,
            handover_items.c.state == ItemState.ACCEPTED.value,
            handover_items.c.version == case_files.c.current_version,
        )
    )
    row = connection.execute(query).first()
    return _item_of(row) if row is not None else None


def _is(item: HandoverItem) -> Sequence[sa.ColumnElement[bool]]:
    return handover_items.c.handover_id == item.handover_id, handover_items.c.ordinal == item.ordinal


def _handover_row(handover: Handover) -> Row:
    return {
        "id": handover.id,
        "started": utc_text(handover.started),
        "receiver_code": storable(handover.request.receiver_code),
        "registration": storable(handover.request.registration),
        "because": storable(handover.because),
        "request": json.dumps(handover.request.to_json(), ensure_ascii=True, sort_keys=True),
        "prepared": utc_text(handover.prepared) if handover.prepared else None,
        "decided": utc_text(handover.decided) if handover.decided else None,
    }


def _handover_of(row: Any) -> Handover:
    return Handover(
        id=row.id,
        request=HandoverRequest.from_json(json.loads(row.request)),
        started=from_utc_text(row.started),
        because=row.because,
        prepared=moment_of(row.prepared),
        decided=moment_of(row.decided),
    )


_PLAIN = ("handover_id", "ordinal", "aip_id", "version", "name", "size", "sha256", "documents", "files", "bytes")


def _item_row(item: HandoverItem) -> Row:
    return {name: getattr(item, name) for name in _PLAIN} | {
        "code": storable(item.code),
        "state": item.state.value,
        "decided": utc_text(item.decided) if item.decided else None,
        "reason": storable(item.reason),
    }


def _item_of(row: Any) -> HandoverItem:
    return HandoverItem(
        **{name: row._mapping[name] for name in _PLAIN},
        code=row.code,
        state=ItemState(row.state),
        decided=moment_of(row.decided),
        reason=row.reason,
    )


def _in_another() -> ConflictError:
    return ConflictError(
        N_("A case file is in another hand-over."),
        hint=N_("`chauban transfer handovers` shows them; run the same command again: it leaves such case files out."),
    )
