"""What the stores keep of hand-overs, so that a rebuild brings them back.

Source:
    docs/format/store-v1.md; docs/giving-out.md
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.handovers_values import Handover, HandoverItem, HandoverRequest, ItemState
from archive.layout import (
    HANDOVERS,
    handover_decision_key,
    handover_decisions,
    handover_key,
    handover_prepared_key,
)
from archive.pending import put_everywhere
from model.dates import from_utc_text, utc_text
from model.errors import StorageError

SCHEMA = "chauban-handover/1"
PREPARED_SCHEMA = "chauban-handover-prepared/1"
DECISION_SCHEMA = "chauban-handover-decision/1"
_GATHER = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a receipt, or a withdrawal, says of case files."""

    id: UUID
    handover_id: UUID
    time: datetime
    because: str
    items: tuple[HandoverItem, ...]
    """With the state and reason they get."""
    receipt: str = ""
    """SHA-256 of the receipt's file, in hexadecimal; empty for a withdrawal."""
    name: str = ""
    """What the receipt's file was called."""


def put_plan(archive: Archive, handover: Handover, items: Iterable[HandoverItem]) -> None:
    """Keep in every store what is to be handed over; what is kept already stays as it is."""
    head = {
        "schema": SCHEMA,
        "id": str(handover.id),
        "started": utc_text(handover.started),
        "because": handover.because,
        "request": handover.request.to_json(),
    }
    lines = (
        {
            "ordinal": item.ordinal,
            "aip": str(item.aip_id),
            "version": item.version,
            "code": item.code,
            "documents": item.documents,
            "files": item.files,
            "bytes": item.bytes,
        }
        for item in items
    )
    put_lines(archive, handover_key(handover.id), head, lines)


def put_prepared(archive: Archive, handover: Handover, items: Iterable[HandoverItem], moment: datetime) -> datetime:
    """Keep in every store what was written: the names and digests of all packages.

    Returns:
        The time that is kept: an earlier one, if a killed preparation kept it already.
    """
    head = {"schema": PREPARED_SCHEMA, "id": str(handover.id), "time": utc_text(moment)}
    lines = (
        {"ordinal": item.ordinal, "name": item.name, "size": item.size, "sha256": item.sha256.hex()} for item in items
    )
    key = handover_prepared_key(handover.id)
    put_lines(archive, key, head, lines)
    return from_utc_text(next(read_lines(archive, key))["time"])


def put_decision(archive: Archive, decision: Decision) -> None:
    """Keep a decision in every store."""
    data = {
        "schema": DECISION_SCHEMA,
        "id": str(decision.id),
        "handover": str(decision.handover_id),
        "time": utc_text(decision.time),
        "because": decision.because,
        "receipt": decision.receipt,
        "name": decision.name,
        "items": [[item.ordinal, item.state.value, item.reason] for item in decision.items],
    }
    key = handover_decision_key(decision.handover_id, decision.id, decision.time)
    put_everywhere(archive, key, json.dumps(data, ensure_ascii=True))


def put_lines(archive: Archive, key: str, head: object, lines: Iterable[object]) -> None:
    """Keep lines of JSON in every store, in bounded memory; what lies under the key already is taken over as it is."""
    if archive.copies.stat(key) is not None:
        with archive.copies.open(key) as source, archive.copies.create(key) as writer:
            while chunk := source.read(_GATHER):
                writer.write(chunk)
            writer.commit()
        return
    with archive.copies.create(key) as writer:
        writer.write(_line(head))
        for line in lines:
            writer.write(_line(line))
        writer.commit()


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def read_lines(archive: Archive, key: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of an object, the head first."""
    with archive.copies.open(key) as stream:
        for line in stream:
            yield json.loads(line)


def read_plan(archive: Archive, handover_id: UUID) -> tuple[Handover, Iterator[HandoverItem]]:
    """Return a hand-over as it was planned, and its case files."""
    lines = read_lines(archive, handover_key(handover_id))
    head = next(lines)
    handover = Handover(
        id=handover_id,
        request=HandoverRequest.from_json(head["request"]),
        started=from_utc_text(head["started"]),
        because=head["because"],
    )
    return handover, (_planned(handover_id, line) for line in lines)


def _planned(handover_id: UUID, line: dict[str, Any]) -> HandoverItem:
    return HandoverItem(
        handover_id=handover_id,
        ordinal=int(line["ordinal"]),
        aip_id=UUID(line["aip"]),
        version=int(line["version"]),
        code=line["code"],
        documents=int(line["documents"]),
        files=int(line["files"]),
        bytes=int(line["bytes"]),
    )


def decisions(archive: Archive, handover_id: UUID) -> Iterator[Decision]:
    """Yield the decisions about a hand-over, oldest first; their items carry position, state and reason only."""
    for stored in archive.copies.list(handover_decisions(handover_id)):
        with archive.copies.open(stored.key) as stream:
            data = json.loads(stream.read())
        moment = from_utc_text(data["time"])
        yield Decision(
            id=UUID(data["id"]),
            handover_id=handover_id,
            time=moment,
            because=data["because"],
            items=tuple(_decided(handover_id, item) for item in data["items"]),
            receipt=data["receipt"],
            name=data["name"],
        )


def _decided(handover_id: UUID, item: Sequence[Any]) -> HandoverItem:
    ordinal, state, reason = item
    return replace(_at(handover_id, int(ordinal)), state=ItemState(state), reason=str(reason))


def _at(handover_id: UUID, ordinal: int) -> HandoverItem:
    """Return a case file of a hand-over of which nothing but its position is said."""
    return HandoverItem(handover_id=handover_id, ordinal=ordinal, aip_id=UUID(int=0), version=0, code="")


def restore_handovers(archive: Archive) -> list[tuple[str, str]]:
    """Bring every hand-over of the stores into the catalogue; return keys that could not be read, and why."""
    problems = []
    for key in [item.key for item in archive.copies.list(HANDOVERS) if item.key.endswith("/handover.jsonl")]:
        try:
            _restore(archive, UUID(key.split("/")[1]))
        except (ValueError, KeyError, TypeError, StorageError, StopIteration) as error:
            problems.append((key, str(error)))
    return problems


def _restore(archive: Archive, handover_id: UUID) -> None:
    catalogue = archive.catalogue.handovers
    handover, items = read_plan(archive, handover_id)
    made = list(decisions(archive, handover_id))
    known = {item.ordinal: item for decision in made for item in decision.items}
    # a case file that was refused may be in a later hand-over, which then holds it: what was decided comes first
    catalogue.put(handover, (_with_decision(item, known.get(item.ordinal)) for item in items))
    if archive.copies.stat(handover_prepared_key(handover_id)) is not None:
        lines = read_lines(archive, handover_prepared_key(handover_id))
        prepared = from_utc_text(next(lines)["time"])
        for line in lines:
            place = _at(handover_id, int(line["ordinal"]))
            sha256 = bytes.fromhex(line["sha256"])
            catalogue.written(replace(place, name=line["name"], size=int(line["size"]), sha256=sha256))
        catalogue.prepared(handover_id, prepared)
    for decision in made:
        catalogue.decide(handover_id, decision.items, decision.time)


def _with_decision(item: HandoverItem, decided: HandoverItem | None) -> HandoverItem:
    return item if decided is None else replace(item, state=decided.state, reason=decided.reason)
