"""Holds: what keeps records from being destroyed while a reason lasts.

Source:
    MoReq2010 chapter 9 (disposal holding).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from model.dates import from_utc_text, utc_text


class ScopeKind(StrEnum):
    """What a scope names."""

    RECORD = "record"
    """One record, by its identifier."""
    CLASS = "class"
    """Every record of a class, also one that joins it later."""
    FONDS = "fonds"
    """Every record of a fonds, also one that joins it later."""
    QUERY = "query"
    """Every record a search finds, asked again before anything is destroyed."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class HoldScope:
    """One part of what a hold covers."""

    kind: ScopeKind
    value: str
    fonds: str = ""
    """For a class: only in this fonds; empty: in every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """How a hold ended."""

    by: str
    at: datetime
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold. Several may cover a record; it is free when all of them are lifted."""

    id: UUID
    title: str
    mandate: str
    """What obliges to it: a request of a court, an inspection's decision."""
    scope_note: str = ""
    scopes: tuple[HoldScope, ...]
    placed_by: str
    placed_at: datetime
    because: str
    lifting: Lifting | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is kept of the placing; the lifting is kept apart."""
        return {
            "id": str(self.id),
            "title": self.title,
            "mandate": self.mandate,
            "scope_note": self.scope_note,
            "scopes": [{"kind": item.kind.value, "value": item.value, "fonds": item.fonds} for item in self.scopes],
            "placed_by": self.placed_by,
            "placed_at": utc_text(self.placed_at),
            "because": self.because,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], lifting: Mapping[str, Any] | None = None) -> "Hold":
        """Read a hold back, and how it ended."""
        return cls(
            id=UUID(data["id"]),
            title=data["title"],
            mandate=data["mandate"],
            scope_note=data["scope_note"],
            scopes=tuple(
                HoldScope(kind=ScopeKind(item["kind"]), value=item["value"], fonds=item["fonds"])
                for item in data["scopes"]
            ),
            placed_by=data["placed_by"],
            placed_at=from_utc_text(data["placed_at"]),
            because=data["because"],
            lifting=lifting_from_json(lifting) if lifting else None,
        )


def lifting_json(lifting: Lifting) -> dict[str, str]:
    """Return the stored form of a lifting."""
    return {"by": lifting.by, "at": utc_text(lifting.at), "because": lifting.because}


def lifting_from_json(data: Mapping[str, Any]) -> Lifting:
    """Read a lifting back."""
    return Lifting(by=data["by"], at=from_utc_text(data["at"]), because=data["because"])
