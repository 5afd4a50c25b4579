"""Transfers: who handed in what, what became of it, and that one content is processed once."""

import uuid

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from archive.catalogue import counters
from archive.catalogue.columns import Identifier
from archive.catalogue.database import Database
from archive.catalogue.rows import Row, transfer_of, transfer_row
from archive.catalogue.tables import ACTIVE, transfers
from archive.catalogue.values import Transfer, TransferQuery, TransferState
from model.errors import ConflictError, StorageError
from model.text import N_

MIN_PREFIX = 8
"""Hexadecimal digits of an identifier that are enough to look something up."""

_ATTEMPTS = 20
_RESUMABLE = (TransferState.PROCESSING.value, TransferState.FAILED.value)


def claim(database: Database, transfer: Transfer) -> Transfer | None:
    """Record a transfer as being processed unless another with the same content is, or was accepted.

    Whether somebody holds the fingerprint is decided by a unique index, not by looking first.
    """
    row = transfer_row(transfer) | {"state": TransferState.PROCESSING.value}
    for _ in range(_ATTEMPTS):
        try:
            with database.write() as connection:
                _claim_row(connection, row)
        except ConflictError:
            with database.read() as connection:
                holder = _holder(connection, transfer)
            if holder is not None:
                return holder
            continue  # the holder failed in this moment: the fingerprint is free again
        return None
    raise StorageError(
        N_("The transfer {transfer} could not be claimed: others claim and fail it all the time."),
        hint=N_("Nothing was changed. Wait until the other processes have ended and try again."),
        transfer=transfer.id,
    )


def _claim_row(connection: Connection, row: Row) -> None:
    before = _state(connection, row["id"])
    if before != TransferState.ACCEPTED.value:  # accepted, then killed: its package is registered already
        put(connection, row)


def _holder(connection: Connection, transfer: Transfer) -> Transfer | None:
    found = connection.execute(
        sa.select(transfers).where(
            transfers.c.fingerprint == transfer.fingerprint, sa.text(ACTIVE), transfers.c.id != transfer.id
        )
    ).first()
    return transfer_of(found) if found is not None else None


def accepted(connection: Connection, fingerprint: str) -> Transfer | None:
    """Return the accepted transfer with a fingerprint; an empty one is nobody's."""
    found = connection.execute(
        sa.select(transfers).where(
            transfers.c.fingerprint == fingerprint,
            sa.text(ACTIVE),
            transfers.c.state == TransferState.ACCEPTED.value,
        )
    ).first()
    return transfer_of(found) if found is not None else None


def put(connection: Connection, row: Row) -> None:
    """Insert or replace a transfer and keep the totals.

    Raises:
        ConflictError: its state claims a fingerprint that another transfer holds.
    """
    counters.add(connection, write_row(connection, row))


def write_row(connection: Connection, row: Row) -> dict[str, int]:
    """Insert or replace a transfer; return what the totals gain, for the caller to add at its end.

    Raises:
        ConflictError: its state claims a fingerprint that another transfer holds.
    """
    before = _state(connection, row["id"])
    try:
        if before is None:
            connection.execute(sa.insert(transfers), row)
        else:
            connection.execute(sa.update(transfers).where(transfers.c.id == row["id"]), row)
    except exc.IntegrityError as error:
        raise ConflictError(
            N_("Another transfer with the same content is processed or was accepted already ({transfer})."),
            hint=N_("See the transfers with `chauban transfer list`; nothing needs to be handed in again."),
            transfer=row["id"],
        ) from error
    if before == row["state"]:
        return {}
    changes = {counters.transfer_counter(row["state"]): 1}
    if before is not None:
        changes[counters.transfer_counter(before)] = -1
    return changes


def _state(connection: Connection, identifier: uuid.UUID) -> str | None:
    query = sa.select(transfers.c.state).where(transfers.c.id == identifier).with_for_update()
    found: str | None = connection.scalar(query)
    return found


def take_over(connection: Connection, identifier: uuid.UUID, owner_seen: str, new_owner: str) -> bool:
    """Change the owner of an unfinished transfer if it is still the one that was seen."""
    result = connection.execute(
        sa.update(transfers)
        .where(transfers.c.id == identifier, transfers.c.owner == owner_seen, transfers.c.state.in_(_RESUMABLE))
        .values(owner=new_owner)
    )
    return result.rowcount == 1


def get(connection: Connection, identifier: uuid.UUID) -> Transfer | None:
    """Return a transfer."""
    found = connection.execute(sa.select(transfers).where(transfers.c.id == identifier)).first()
    return transfer_of(found) if found is not None else None


def find(connection: Connection, prefix: str) -> Transfer | None:
    """Return the only transfer whose identifier begins so.

    Raises:
        ConflictError: there are several.
    """
    bounds = prefix_range(prefix)
    if bounds is None:
        return None
    found = connection.execute(sa.select(transfers).where(transfers.c.id.between(*bounds)).limit(2)).all()
    if len(found) > 1:
        raise ConflictError(
            N_("More than one transfer begins with {prefix}."),
            hint=N_("Give more digits of its identifier."),
            prefix=prefix,
        )
    return transfer_of(found[0]) if found else None


def prefix_range(prefix: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Return the first and last identifier that begin so; none when no identifier can."""
    digits = prefix.strip().replace("-", "").lower()
    if not MIN_PREFIX <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))


def page(connection: Connection, query: TransferQuery) -> list[Transfer]:
    """Return transfers, newest first; each state is read from its own index range, so rare ones cost nothing."""
    order = transfers.c.received_at.desc(), transfers.c.id.desc()
    base = sa.select(transfers)
    if query.before is not None:
        last = sa.select(transfers.c.received_at).where(transfers.c.id == query.before).scalar_subquery()
        base = base.where(
            sa.tuple_(transfers.c.received_at, transfers.c.id) < sa.tuple_(last, sa.literal(query.before, Identifier))
        )
    base = base.order_by(*order).limit(query.limit)
    selections = [base.where(transfers.c.state == state.value) for state in set(query.states)] or [base]
    found = []
    for selected in selections:
        found += [transfer_of(row) for row in connection.execute(selected)]
    found.sort(key=lambda transfer: (transfer.received_at, transfer.id), reverse=True)
    return found[: query.limit]
