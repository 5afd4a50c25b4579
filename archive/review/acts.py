"""Acts, list lines and results as JSON, and back."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from archive.review.values import (
    KINDS,
    Act,
    Body,
    Choice,
    ItemState,
    Reason,
    Result,
    ReviewItem,
    Spool,
)
from model.dates import from_utc_text, utc_text
from model.errors import IntegrityError
from model.text import N_

SCHEMA = "chauban-review/1"


def act_text(review_id: UUID, act: Act[Body]) -> str:
    """Return an act in the one form in which it is kept."""
    data = {
        "schema": SCHEMA,
        "review": str(review_id),
        "seq": act.seq,
        "act": act.kind,
        "by": act.by,
        "name": act.name,
        "at": utc_text(act.at),
        "because": act.because,
        "body": _encoded(act.body),
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def act_of(text: str | bytes, key: str) -> tuple[UUID, Act[Body]]:
    """Read an act, and which review it belongs to.

    Args:
        key: where it lies, for the message.

    Raises:
        IntegrityError: it is none.
    """
    try:
        data = json.loads(text)
        known = KINDS if data["schema"] == SCHEMA else {}
        act = Act(
            seq=int(data["seq"]),
            by=str(data["by"]),
            name=str(data["name"]),
            at=from_utc_text(data["at"]),
            because=str(data["because"]),
            body=_decoded(known[data["act"]], data["body"]),
        )
        return UUID(data["review"]), act
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable(key) from error


def item_line(item: ReviewItem) -> str:
    """Return one line of a list."""
    return json.dumps(_encoded(item), ensure_ascii=False, sort_keys=True)


def item_of(line: str | bytes, key: str) -> ReviewItem:
    """Read one line of a list.

    Raises:
        IntegrityError: it is none.
    """
    try:
        data = json.loads(line)
        data |= {"aip_id": UUID(data["aip_id"]), "reason": Reason(data["reason"]), "state": ItemState(data["state"])}
        return ReviewItem(**data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise unreadable(key) from error


def result_line(result: Result) -> str:
    """Return one line of the results of a run."""
    return json.dumps(_encoded(result), ensure_ascii=False, sort_keys=True)


def result_of(line: str | bytes, key: str) -> Result:
    """Read one line of the results of a run.

    Raises:
        IntegrityError: it is none.
    """
    try:
        data = json.loads(line)
        return Result(aip_id=UUID(data["aip_id"]), state=ItemState(data["state"]), note=str(data["note"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise unreadable(key) from error


def unreadable(key: str) -> IntegrityError:
    """Return the error that a kept part of a review cannot be read."""
    return IntegrityError(
        N_("{key} is not a part of a review."),
        hint=N_("Run `chauban verify --deep`; restore the object from a good copy."),
        key=key,
    )


def _encoded(value: Any) -> Any:
    """Return a value as JSON takes it; dataclasses become objects, field by field."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple):
        return [_encoded(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {item.name: _encoded(getattr(value, item.name)) for item in fields(value)}
    return value


def _decoded(kind: type[Body], data: Mapping[str, Any]) -> Body:
    known = {item.name: _READERS.get(str(item.name), str) for item in fields(kind)}
    if set(data) != set(known):
        raise ValueError("other fields than the act has")
    return kind(**{name: read(data[name]) for name, read in known.items()})


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _cases(values: Any) -> tuple[UUID, ...]:
    return tuple(UUID(value) for value in values)


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _spool(data: Any) -> Spool:
    numbers = int(data["objects"]), int(data["lines"])
    return Spool(id=UUID(data["id"]), objects=numbers[0], lines=numbers[1], sha256=str(data["sha256"]))


_READERS: Mapping[str, Any] = {
    "day": _day,
    "members": _texts,
    "names": _texts,
    "choice": Choice,
    "cases": _cases,
    "aip_id": UUID,
    "items": _spool,
    "results": _spool,
    "not_after": from_utc_text,
    "not_before": from_utc_text,
    **dict.fromkeys(("listed", "held", "elsewhere", "size", "count", "destroyed", "blocked", "kept"), int),
}
"""How the fields of acts are read; all others are text."""
