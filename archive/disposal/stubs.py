"""What is left of a destroyed record, as the stores keep it, and the catalogue's stubs made again from that.

Source:
    MoReq2010 8.2 (residual records); docs/destruction.md; docs/format/store-v1.md
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.database import batches
from archive.catalogue.disposal import StubRow
from archive.catalogue.values import Transfer, TransferState
from archive.disposal.values import DisposalState, HandedIn, HandedOver, Permission, Stub
from archive.layout import STUBS, destroyed_key, stub_key
from model.dates import from_utc_text, utc_text
from model.errors import IntegrityError
from model.text import N_

SCHEMA = "chauban-stub/1"
_MAX_STUB = 1 << 24
_AT_ONCE = 500
_PLAIN = (
    "case_code",
    "title",
    "fonds",
    "agency",
    "schedule",
    "basis",
    "trigger",
    "due",
    "documents",
    "files",
    "bytes",
    "audit_size",
    "fingerprint",
)


def stub_json(stub: Stub) -> dict[str, Any]:
    """Return the stored form of a stub."""
    return {name: getattr(stub, name) for name in _PLAIN} | {
        "schema": SCHEMA,
        "aip_id": str(stub.aip_id),
        "accepted_at": utc_text(stub.accepted_at),
        "destroyed_at": utc_text(stub.destroyed_at),
        "permission": _permission_json(stub.permission),
        "versions": [{"version": number, "sha256": digest, "size": size} for number, digest, size in stub.versions],
        "evidence": list(stub.evidence),
        "transfer": _stored(asdict(stub.transfer)) if stub.transfer else None,
        "transfers": [str(item) for item in stub.transfers],
    }


def stub_from_json(data: Mapping[str, Any]) -> Stub:
    """Read the stored form of a stub.

    Raises:
        ValueError, KeyError, TypeError: not one.
    """
    transfer = data["transfer"]
    return Stub(
        **{name: data[name] for name in _PLAIN},
        aip_id=UUID(data["aip_id"]),
        accepted_at=from_utc_text(data["accepted_at"]),
        destroyed_at=from_utc_text(data["destroyed_at"]),
        permission=_permission(data["permission"]),
        versions=tuple((item["version"], item["sha256"], item["size"]) for item in data["versions"]),
        evidence=tuple(data["evidence"]),
        transfer=_handed_in(transfer) if transfer else None,
        transfers=tuple(UUID(item) for item in data["transfers"]),
    )


def stub_row(stub: Stub) -> StubRow:
    """Return the row of a record that is marked now."""
    details = json.dumps(stub_json(stub), ensure_ascii=True, sort_keys=True)
    return _row(stub, details, DisposalState.DESTROYING, "")


def stub_of(row: StubRow) -> Stub:
    """Return the stub of a row.

    Raises:
        IntegrityError: it cannot be read.
    """
    try:
        return stub_from_json(json.loads(row.details))
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(stub_key(row.aip_id)) from error


def restore_stubs(archive: Archive) -> int:
    """Enter every stub of the stores into the catalogue; return how many there are.

    What the catalogue (brought back from an older backup) still tells of such a record goes; doing so again changes
    nothing.
    """
    count = 0
    for batch in batches(stored_stubs(archive), _AT_ONCE):
        known = archive.catalogue.stubs.in_place(batch)
        for aip_id in batch:
            if aip_id not in known:
                archive.catalogue.stubs.restore(_read(archive, aip_id))
        count += len(batch)
    return count


def is_being_destroyed(archive: Archive, key: str) -> bool:
    """Tell whether a container belongs to a record whose removal has not ended."""
    with suppress(ValueError, IndexError):
        row = archive.catalogue.stubs.get(UUID(key.split("/")[3]))
        return row is not None and row.state is not DisposalState.DESTROYED
    return False


def restore_their_transfers(archive: Archive) -> None:
    """Bring back, after a rebuild, by which transfers destroyed records came, and that nothing is kept of any."""
    for aip_id in stored_stubs(archive):
        row = archive.catalogue.stubs.get(aip_id)
        if row is not None:
            stub = stub_of(row)
            archive.catalogue.stubs.restore_transfers(_transfer(stub), stub.transfers)


def stored_stubs(archive: Archive) -> Iterator[UUID]:
    """Yield the records of which the stores hold a stub."""
    for item in archive.copies.list(STUBS):
        name = item.key.removeprefix(STUBS).removesuffix(".json")
        try:
            aip_id = UUID(name)
        except ValueError:
            continue
        if item.key == stub_key(aip_id):
            yield aip_id


def _read(archive: Archive, aip_id: UUID) -> StubRow:
    with archive.copies.open(stub_key(aip_id)) as stream:
        details = stream.read(_MAX_STUB).decode("ascii", "replace")
    try:
        stub = stub_from_json(json.loads(details))
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(stub_key(aip_id)) from error
    if stub.aip_id != aip_id:
        raise _unreadable(stub_key(aip_id))
    if any(store.stat(destroyed_key(aip_id)) is None for store in archive.copies.stores):
        return _row(stub, details, DisposalState.DESTROYING, "")
    with archive.copies.open(destroyed_key(aip_id)) as stream:
        report = stream.read(_MAX_STUB).decode("ascii", "replace")
    return _row(stub, details, DisposalState.DESTROYED, report)


def _row(stub: Stub, details: str, state: DisposalState, report: str) -> StubRow:
    return StubRow(
        aip_id=stub.aip_id,
        state=state,
        case_code=stub.case_code,
        review_id=stub.permission.review_id,
        marked_at=utc_text(stub.destroyed_at),
        details=details,
        report=report,
    )


def _transfer(stub: Stub) -> Transfer | None:
    """Return the transfer by which a destroyed record came, with what stays known of it."""
    came = stub.transfer
    if came is None:
        return None
    return Transfer(
        id=came.id,
        source=came.source,
        kind=came.kind,
        received_at=came.received_at,
        state=TransferState.ACCEPTED,
        case_code=stub.case_code,
        title=stub.title,
        aip_id=stub.aip_id,
        decided_at=came.decided_at,
        files=stub.files,
        bytes=stub.bytes,
    )


def _permission_json(permission: Permission) -> dict[str, Any]:
    stored = _stored(asdict(permission))
    del stored["handed_over"]
    if permission.handed_over is not None:
        stored["handed_over"] = _stored(asdict(permission.handed_over))
    return stored


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in values.items():
        plain[name] = (
            utc_text(value) if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        )
    return plain


def _permission(data: Mapping[str, Any]) -> Permission:
    times = ("approved_at", "confirmed_at", "not_before", "not_after")
    read: dict[str, Any] = {name: from_utc_text(value) if name in times else value for name, value in data.items()}
    where = data.get("handed_over")
    handed_over = HandedOver(**where | {"registered_at": from_utc_text(where["registered_at"])}) if where else None
    return Permission(**read | {"review_id": UUID(data["review_id"]), "handed_over": handed_over})


def _handed_in(data: Mapping[str, Any]) -> HandedIn:
    decided = data["decided_at"]
    return HandedIn(
        id=UUID(data["id"]),
        source=data["source"],
        kind=data["kind"],
        received_at=from_utc_text(data["received_at"]),
        decided_at=from_utc_text(decided) if decided else None,
    )


def _unreadable(key: str) -> IntegrityError:
    return IntegrityError(
        N_("The stub {key} cannot be read."), hint=N_("Restore it from another store or a backup."), key=key
    )
