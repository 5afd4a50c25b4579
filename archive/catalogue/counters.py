"""Running totals, so that counting the holdings costs the same at ten case files as at ten million."""

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.database import upsert
from archive.catalogue.tables import counters
from archive.catalogue.values import HoldingsCount, TransferState

CASE_FILES = "case_files"
DOCUMENTS = "documents"
FILES = "files"
BYTES = "bytes"
_TRANSFERS = "transfers:"


def transfer_counter(state: str) -> str:
    """Return the counter of the transfers in a state."""
    return _TRANSFERS + state


def add(connection: Connection, changes: Mapping[str, int]) -> None:
    """Change totals, in the order of their names: two transactions can wait for each other, never both ways."""
    rows = [{"name": name, "value": changes[name]} for name in sorted(changes) if changes[name]]
    if rows:
        connection.execute(upsert(connection, counters, ("name",), added=("value",)), rows)


def read(connection: Connection) -> HoldingsCount:
    """Return the totals."""
    rows = connection.execute(sa.select(counters.c.name, counters.c.value))
    found = defaultdict(int, {row.name: row.value for row in rows})
    return HoldingsCount(
        case_files=found[CASE_FILES],
        documents=found[DOCUMENTS],
        files=found[FILES],
        bytes=found[BYTES],
        transfers={state.value: found[transfer_counter(state)] for state in TransferState},
    )
