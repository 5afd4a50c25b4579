"""What packages refer to: fonds, agencies with their successors, and the archive's own settings."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.database import upsert
from archive.catalogue.rows import Row, date_of, storable
from archive.catalogue.tables import agencies, fonds, settings
from archive.catalogue.values import Agency, Fonds


def put_setting(connection: Connection, name: str, value: str) -> None:
    """Record a setting."""
    _put(connection, settings, {"name": name, "value": value}, "name")


def get_setting(connection: Connection, name: str) -> str | None:
    """Return a setting."""
    found: str | None = connection.scalar(sa.select(settings.c.value).where(settings.c.name == name))
    return found


def put_fonds(connection: Connection, value: Fonds) -> None:
    """Record a fonds."""
    row = {
        "code": value.code,
        "title": storable(value.title),
        "closed": int(value.closed),
        "agency_code": storable(value.agency_code),
        "history": storable(value.history),
        "note": storable(value.note),
    }
    _put(connection, fonds, row, "code")


def get_fonds(connection: Connection, code: str) -> Fonds | None:
    """Return a fonds."""
    row = connection.execute(sa.select(fonds).where(fonds.c.code == storable(code))).first()
    return _fonds(row) if row is not None else None


def list_fonds(connection: Connection) -> list[Fonds]:
    """Return every fonds, by code."""
    return [_fonds(row) for row in connection.execute(sa.select(fonds).order_by(fonds.c.code))]


def put_agency(connection: Connection, value: Agency) -> None:
    """Record an agency."""
    row = {
        "code": value.code,
        "name": storable(value.name),
        "valid_from": value.valid_from.isoformat() if value.valid_from else None,
        "valid_to": value.valid_to.isoformat() if value.valid_to else None,
        "successor_code": storable(value.successor_code),
    }
    _put(connection, agencies, row, "code")


def get_agency(connection: Connection, code: str) -> Agency | None:
    """Return the agency that has, or had, a code."""
    row = connection.execute(sa.select(agencies).where(agencies.c.code == storable(code))).first()
    if row is None:
        return None
    return Agency(
        code=row.code,
        name=row.name,
        valid_from=date_of(row.valid_from),
        valid_to=date_of(row.valid_to),
        successor_code=row.successor_code,
    )


def successor_chain(connection: Connection, code: str) -> list[Agency]:
    """Return an agency and its successors, oldest first; a circle ends where it would close."""
    chain: list[Agency] = []
    seen: set[str] = set()
    while code and code not in seen:
        seen.add(code)
        agency = get_agency(connection, code)
        if agency is None:
            break
        chain.append(agency)
        code = agency.successor_code
    return chain


def agency_at(connection: Connection, code: str, day: date) -> Agency | None:
    """Return who has an agency's tasks on a day: itself or the first successor in office.

    An agency is in office from `valid_from` to `valid_to`, both included; without a date it is open.
    """
    for agency in successor_chain(connection, code):
        if agency.valid_from is not None and day < agency.valid_from:
            return None
        if agency.valid_to is None or day <= agency.valid_to:
            return agency
    return None


def _fonds(row: Any) -> Fonds:
    return Fonds(
        code=row.code,
        title=row.title,
        closed=bool(row.closed),
        agency_code=row.agency_code,
        history=row.history,
        note=row.note,
    )


def _put(connection: Connection, table: sa.Table, row: Row, key: str) -> None:
    connection.execute(upsert(connection, table, (key,), changed=[name for name in row if name != key]), row)
