"""The change feed, which derived indexes follow."""

import uuid

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.database import Database, Lock
from archive.catalogue.tables import changes
from archive.catalogue.values import Change

PUT = "put"
REMOVE = "remove"


def append(database: Database, connection: Connection, aip_id: uuid.UUID, version: int, action: str) -> None:
    """Add a change, as late in the transaction as possible.

    The lock is held from before the number is drawn until the transaction is visible: numbers become
    visible in their order, so a follower that reads up to the last one it sees never skips any.
    """
    hold(database, connection)
    connection.execute(sa.insert(changes), {"aip_id": aip_id, "version": version, "action": action})


def hold(database: Database, connection: Connection) -> None:
    """Take the feed's lock until the transaction ends."""
    database.lock(connection, Lock.FEED)


def after(connection: Connection, sequence: int, limit: int) -> list[Change]:
    """Return the changes behind a number, in order."""
    query = sa.select(changes).where(changes.c.sequence > sequence).order_by(changes.c.sequence).limit(limit)
    return [
        Change(sequence=row.sequence, aip_id=row.aip_id, version=row.version, action=row.action)
        for row in connection.execute(query)
    ]


def last(connection: Connection) -> int:
    """Return the number of the newest change; 0 when there is none."""
    return connection.scalar(sa.select(sa.func.max(changes.c.sequence))) or 0
