"""The append-only journal beside a package: what happened to it after it was closed.

Each event is one object, created once; the catalogue repeats it. Journal first, catalogue second;
`archive.pending` sees that a crash between them, or between two copies, leaves nothing half done.
"""

import json
from collections.abc import Iterator
from uuid import UUID

from archive.layout import journal_key, journal_prefix
from archive.store.copies import CopySet
from model.preservation import Event

SCHEMA = "chauban-event/1"


def write_event(copies: CopySet, aip_id: UUID, version: int, event: Event) -> None:
    """Append one event to a package's journal; writing the same event again changes nothing."""
    data = {"schema": SCHEMA, "version": version, **event.to_json()}
    copies.put(journal_key(aip_id, event.id, event.time), json.dumps(data, ensure_ascii=False).encode())


def read_journal(copies: CopySet, aip_id: UUID) -> Iterator[tuple[int, Event]]:
    """Yield the events of a package's journal with the version they are about, oldest first."""
    for item in copies.list(journal_prefix(aip_id)):
        with copies.open(item.key) as stream:
            data = json.loads(stream.read())
        yield int(data["version"]), Event.from_json(data)
