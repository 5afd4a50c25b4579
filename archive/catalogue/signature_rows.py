"""Signatures to rows and back, and the new verdicts that an event of the journal carries."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from archive.catalogue.rows import Row, moment_of, moment_text, storable
from archive.catalogue.values import HeldSignature, HeldSignedFile, Judgement, SignatureChange
from model.dates import from_utc_text, utc_text
from model.findings import Outcome
from model.preservation import Event, EventType
from model.signatures import Indication, Integrity, Modification, SignedState, SubIndication

RECHECK_SCHEMA = "signature-recheck/1"

SIGNED_FILE_COLUMNS = ("version_id", "path", "kind", "state", "outcome", "checked_at", "policy", "trust")

SIGNATURE_COLUMNS = (
    "version_id",
    "path",
    "ordinal",
    "signature_id",
    "format",
    "level",
    "integrity",
    "role",
    "signer",
    "issuer",
    "serial",
    "expires",
    "filed_indication",
    "filed_sub_indication",
    "indication",
    "sub_indication",
    "holds_until",
    "judged_at",
    "details",
)

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def signed_file_row(version_id: int, file: HeldSignedFile) -> tuple[Any, ...]:
    """Return a file's columns in the order of `SIGNED_FILE_COLUMNS`."""
    return (
        version_id,
        file.path,
        file.kind,
        file.state.value,
        file.outcome.value,
        utc_text(file.checked_at),
        storable(file.policy),
        storable(file.trust),
    )


def signature_rows(version_id: int, file: HeldSignedFile) -> Iterable[tuple[Any, ...]]:
    """Yield the columns of a file's signatures in the order of `SIGNATURE_COLUMNS`."""
    for item in file.signatures:
        yield (
            version_id,
            file.path,
            item.ordinal,
            storable(item.id),
            item.format,
            item.level,
            item.integrity.value,
            item.role,
            storable(item.signer),
            storable(item.issuer),
            item.serial,
            moment_text(item.expires),
            item.filed.indication.value,
            item.filed.sub_indication.value if item.filed.sub_indication else "",
            *_current_columns(item.current),
            _encode(_details(item)),
        )


def signed_file_of(row: Any, found: Sequence[HeldSignature]) -> HeldSignedFile:
    """Return the file of a row."""
    return HeldSignedFile(
        path=row.path,
        document=row.document,
        kind=row.kind,
        state=SignedState(row.state),
        outcome=Outcome(row.outcome),
        checked_at=from_utc_text(row.checked_at),
        policy=row.policy,
        trust=row.trust,
        signatures=tuple(found),
    )


def signature_of(row: Any) -> HeldSignature:
    """Return the signature of a row."""
    details = json.loads(row.details)
    filed = details["filed"]
    return HeldSignature(
        ordinal=row.ordinal,
        id=row.signature_id,
        format=row.format,
        level=row.level,
        integrity=Integrity(row.integrity),
        modification=Modification(details["modification"]),
        whole_document=details["whole_document"],
        role=row.role,
        signer=row.signer,
        organisation=details["organisation"],
        issuer=row.issuer,
        serial=row.serial,
        expires=moment_of(row.expires),
        algorithms=tuple(details["algorithms"]),
        claimed_time=moment_of(details["claimed_time"]),
        filed=_judgement(
            row.filed_indication, row.filed_sub_indication, filed["holds_until"], filed["judged_at"], filed
        ),
        current=_judgement(row.indication, row.sub_indication, row.holds_until, row.judged_at, details["current"]),
    )


def current_row(details: str, now: Judgement) -> Row:
    """Return the columns that a new verdict changes.

    Args:
        details: of the row as it is.
    """
    changed = json.loads(details) | {"current": _basis(now)}
    names = ("indication", "sub_indication", "holds_until", "judged_at")
    return dict(zip(names, _current_columns(now), strict=True)) | {"details": _encode(changed)}


def recheck_detail(policy: str, trust: str, changes: Iterable[SignatureChange]) -> str:
    """Return the outcome detail of an event that carries new verdicts."""
    data = [
        {
            "path": change.path,
            "ordinal": change.ordinal,
            "before": change.before,
            "now": change.now.verdict,
            "best_time": moment_text(change.now.best_time),
            "holds_until": moment_text(change.now.holds_until),
        }
        for change in changes
    ]
    return _encode({"schema": RECHECK_SCHEMA, "policy": policy, "trust": trust, "changes": data})


def changes_of(event: Event) -> list[SignatureChange]:
    """Return the new verdicts that an event carries; none for any other event."""
    if event.type is not EventType.SIGNATURE_VALIDATION or event.subject:
        return []
    try:
        data = json.loads(event.outcome_detail)
        if data["schema"] != RECHECK_SCHEMA:
            return []
        return [_change(item, event.time, data["policy"], data["trust"]) for item in data["changes"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _change(data: Any, time: datetime, policy: str, trust: str) -> SignatureChange:
    indication, _slash, sub_indication = data["now"].partition("/")
    basis = {"best_time": data["best_time"], "policy": policy, "trust": trust}
    now = _judgement(indication, sub_indication, data["holds_until"], utc_text(time), basis)
    return SignatureChange(path=data["path"], ordinal=int(data["ordinal"]), before=data["before"], now=now)


def _current_columns(now: Judgement) -> tuple[Any, ...]:
    return (
        now.indication.value,
        now.sub_indication.value if now.sub_indication else "",
        moment_text(now.holds_until),
        utc_text(now.judged_at),
    )


def _details(item: HeldSignature) -> Row:
    filed = {"holds_until": moment_text(item.filed.holds_until), "judged_at": utc_text(item.filed.judged_at)}
    return {
        "modification": item.modification.value,
        "whole_document": item.whole_document,
        "organisation": item.organisation,
        "algorithms": list(item.algorithms),
        "claimed_time": moment_text(item.claimed_time),
        "filed": filed | _basis(item.filed),
        "current": _basis(item.current),
    }


def _basis(judgement: Judgement) -> Row:
    """Return what a verdict rests on."""
    return {"best_time": moment_text(judgement.best_time), "policy": judgement.policy, "trust": judgement.trust}


def _judgement(indication: str, sub_indication: str, holds_until: str | None, judged_at: str, basis: Row) -> Judgement:
    return Judgement(
        indication=Indication(indication),
        sub_indication=SubIndication(sub_indication) if sub_indication else None,
        best_time=moment_of(basis["best_time"]),
        holds_until=moment_of(holds_until),
        judged_at=from_utc_text(judged_at),
        policy=basis["policy"],
        trust=basis["trust"],
    )
