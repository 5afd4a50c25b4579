"""What is on its way into every store, written down in the work area first.

A crash, or a store that goes away, between two copies would leave an object in one of them only. What is
written down here is put again, under the same key with the same bytes, until every store has it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID, uuid4

from archive.archive import Archive
from archive.durable import sync_folder
from archive.journal import write_event
from model.errors import ConflictError, StorageError
from model.preservation import Event
from model.text import N_

_PREFIX = "pending-"


def put_everywhere(archive: Archive, key: str, content: str) -> None:
    """Put a small text into every store, if not now then when `complete_pending` is called.

    Raises:
        ConflictError: a store holds another text under the key; this one is given up.
        StorageError: a store cannot be written now.
    """
    with _written_down(archive, {"key": key, "content": content}):
        archive.copies.put(key, content.encode())


def record_event(archive: Archive, aip_id: UUID, version: int, event: Event) -> None:
    """Append one event to a package's journal and to the catalogue, if not now then by `complete_pending`.

    Raises:
        StorageError: a store cannot be written now.
    """
    data = {"aip_id": str(aip_id), "version": version, "event": event.to_json()}
    with _written_down(archive, data):
        write_event(archive.copies, aip_id, version, event)
        archive.catalogue.record_events(aip_id, version, [event])


def complete_pending(archive: Archive) -> None:
    """Put what an earlier process could not put everywhere; doing so twice changes nothing.

    Raises:
        StorageError: a store still cannot be written.
    """
    for path in sorted(archive.work.glob(f"{_PREFIX}*.json")):
        try:
            data = json.loads(path.read_bytes())
        except FileNotFoundError:
            continue  # another process was faster
        except ValueError:
            path.unlink(missing_ok=True)  # cut off before anything was put anywhere
            continue
        if "key" in data:
            with suppress(ConflictError):  # whoever wrote this was told: another one had taken the key
                archive.copies.put(data["key"], data["content"].encode())
        elif archive.catalogue.stubs.get(UUID(data["aip_id"])) is None:  # a destroyed package has no journal
            event = Event.from_json(data["event"])
            write_event(archive.copies, UUID(data["aip_id"]), data["version"], event)
            archive.catalogue.record_events(UUID(data["aip_id"]), data["version"], [event])
        path.unlink(missing_ok=True)


@contextmanager
def _written_down(archive: Archive, data: dict[str, object]) -> Iterator[None]:
    path = archive.work / f"{_PREFIX}{uuid4()}.json"
    _write(path, json.dumps(data, ensure_ascii=True).encode())
    try:
        yield
    except ConflictError:
        path.unlink(missing_ok=True)  # it can never be put, and would end every later attempt
        raise
    path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            N_("The work area cannot be used: {why}."),
            hint=N_("Free some space or check the disk, then run the same command again."),
            why=error.strerror or error,
        ) from error
