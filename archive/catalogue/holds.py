"""Holds in the catalogue: placing, lifting, and which of them bar a record.

Placing and lifting take the lock that every destruction of one record takes: a hold is seen by all
that are destroyed after it, and none is placed in the midst of one.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.database import Database, Lock, batches, upsert
from archive.catalogue.hold_tables import hold_members, hold_scopes, holds
from archive.catalogue.retention import assignments, facts
from archive.retention.hold_values import Hold, HoldScope, Lifting, ScopeKind, lifting_json
from archive.retention.rules import class_code
from model.dates import utc_text

_PAGE = 500


class HoldTable:
    """The holds of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self, hold: Hold, members: Iterable[uuid.UUID] = ()) -> None:
        """Enter a hold with the records it names or its queries found; entering it again changes nothing.

        A hold that is entered with its lifting is lifted.
        """
        details = hold.to_json() | {"lifting": lifting_json(hold.lifting) if hold.lifting else None}
        row = {
            "id": hold.id,
            "placed_at": utc_text(hold.placed_at),
            "lifted_at": utc_text(hold.lifting.at) if hold.lifting else None,
            "details": json.dumps(details, ensure_ascii=False, sort_keys=True),
        }
        named = {uuid.UUID(scope.value) for scope in hold.scopes if scope.kind is ScopeKind.RECORD}
        with self._database.write() as connection:
            self._database.lock(connection, Lock.DISPOSAL)
            connection.execute(upsert(connection, holds, ("id",)), row)
            if hold.scopes:
                scopes = [
                    {"hold_id": hold.id, "kind": scope.kind.value, "value": scope.value, "fonds": scope.fonds}
                    for scope in hold.scopes
                ]
                connection.execute(upsert(connection, hold_scopes, ("hold_id", "kind", "value", "fonds")), scopes)
            _add_members(connection, hold.id, {*named, *members})

    def add_members(self, hold_id: uuid.UUID, members: Iterable[uuid.UUID]) -> None:
        """Add records that a query of a hold finds now."""
        with self._database.write() as connection:
            self._database.lock(connection, Lock.DISPOSAL)
            _add_members(connection, hold_id, members)

    def lift(self, hold: Hold, lifting: Lifting) -> None:
        """Lift a hold; lifting it again changes nothing."""
        details = json.dumps(hold.to_json() | {"lifting": lifting_json(lifting)}, ensure_ascii=False, sort_keys=True)
        with self._database.write() as connection:
            self._database.lock(connection, Lock.DISPOSAL)
            connection.execute(
                sa.update(holds)
                .where(holds.c.id == hold.id, holds.c.lifted_at.is_(None))
                .values(lifted_at=utc_text(lifting.at), details=details)
            )

    def get(self, hold_id: uuid.UUID) -> Hold | None:
        """Return one hold."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(holds).where(holds.c.id == hold_id)).first()
        return _hold(row) if row is not None else None

    def all(self, *, lifted: bool = False) -> Iterator[Hold]:
        """Yield the holds in force, or also those lifted, oldest first."""
        query = sa.select(holds).order_by(holds.c.placed_at, holds.c.id)
        if not lifted:
            query = query.where(holds.c.lifted_at.is_(None))
        with self._database.read() as connection:
            found = [_hold(row) for row in connection.execute(query)]
        yield from found

    def count_members(self, hold_id: uuid.UUID) -> int:
        """Count the records a hold covers one by one."""
        query = sa.select(sa.func.count()).select_from(hold_members).where(hold_members.c.hold_id == hold_id)
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def barring(self, aip_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Hold]]:
        """Return the holds in force on some records; those that none bars are left out."""
        found: dict[uuid.UUID, Sequence[Hold]] = {}
        for batch in batches(aip_ids, _PAGE):
            with self._database.read() as connection:
                found |= barring(connection, batch)
        return found


def barring(connection: Connection, aip_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Hold]]:
    """Return the holds in force on some records, as this transaction sees them."""
    in_force = {
        hold.id: hold for hold in map(_hold, connection.execute(sa.select(holds).where(holds.c.lifted_at.is_(None))))
    }
    found: dict[uuid.UUID, list[Hold]] = {}
    members = sa.select(hold_members).where(hold_members.c.aip_id.in_(aip_ids)).order_by(hold_members.c.hold_id)
    for row in connection.execute(members):
        if row.hold_id in in_force:
            found.setdefault(row.aip_id, []).append(in_force[row.hold_id])
    wide = [hold for hold in in_force.values() if any(scope.kind in _WIDE for scope in hold.scopes)]
    if not wide:
        return found
    officers = assignments(connection, aip_ids)
    for item in facts(connection, aip_ids):
        assignment = officers.get(item.aip_id)
        codes = {item.infor_sign, class_code(item, assignment)} - {""}
        for hold in wide:
            if hold not in found.get(item.aip_id, ()) and _covers(hold.scopes, item.fonds, codes):
                found.setdefault(item.aip_id, []).append(hold)
    return found


_WIDE = (ScopeKind.CLASS, ScopeKind.FONDS)


def _covers(scopes: Iterable[HoldScope], fonds: str, codes: set[str]) -> bool:
    for scope in scopes:
        if scope.kind is ScopeKind.FONDS and scope.value == fonds:
            return True
        if scope.kind is ScopeKind.CLASS and scope.value in codes and scope.fonds in ("", fonds):
            return True
    return False


def _add_members(connection: Connection, hold_id: uuid.UUID, members: Iterable[uuid.UUID]) -> None:
    statement = upsert(connection, hold_members, ("aip_id", "hold_id"))
    for batch in batches(members, _PAGE):
        connection.execute(statement, [{"aip_id": aip_id, "hold_id": hold_id} for aip_id in batch])


def _hold(row: Any) -> Hold:
    data = json.loads(row.details)
    return Hold.from_json(data, data["lifting"])
