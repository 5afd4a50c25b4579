"""Who acts: accounts and the roles they hold.

Source:
    Circular 06/2025/TT-BNV (who decides about destruction); MoReq2010 chapter 2 (users, groups, roles).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from model.dates import from_utc_text, utc_text
from model.text import N_


class Role(StrEnum):
    """What an account may do. One person may hold several, never two sides of one decision."""

    ARCHIVIST = "archivist"
    RECORDS_OFFICER = "records-officer"
    COUNCIL_MEMBER = "council-member"
    APPROVER = "approver"
    INSPECTOR = "inspector"
    ADMINISTRATOR = "administrator"


ROLE_WORDS = {
    Role.ARCHIVIST: N_("archivist"),
    Role.RECORDS_OFFICER: N_("records officer"),
    Role.COUNCIL_MEMBER: N_("member of the council"),
    Role.APPROVER: N_("approver"),
    Role.INSPECTOR: N_("inspector"),
    Role.ADMINISTRATOR: N_("administrator"),
}
"""The roles in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who acts on the archive. Accounts are never removed: what they did stays theirs."""

    id: UUID
    login: str
    """Unique, lower case; what the audit log names."""
    name: str
    """The person's name."""
    roles: frozenset[Role]
    created: datetime
    """Aware, UTC."""
    disabled: datetime | None = None
    """Since when it may not act any more."""

    def holds(self, *roles: Role) -> bool:
        """Tell whether the account has at least one of the roles."""
        return self.disabled is None and not self.roles.isdisjoint(roles)

    def to_json(self) -> dict[str, Any]:
        """Return what may be shown and is kept in the stores; nothing secret."""
        return {
            "id": str(self.id),
            "login": self.login,
            "name": self.name,
            "roles": sorted(role.value for role in self.roles),
            "created": utc_text(self.created),
            "disabled": utc_text(self.disabled) if self.disabled else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Account":
        """Read the stored form back."""
        return cls(
            id=UUID(data["id"]),
            login=data["login"],
            name=data["name"],
            roles=frozenset(Role(role) for role in data["roles"]),
            created=from_utc_text(data["created"]),
            disabled=from_utc_text(data["disabled"]) if data["disabled"] else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The secret side of an account."""

    password: str
    """argon2id hash; empty while no password was set, which lets nobody in."""
    failures: int = 0
    """Wrong passwords since the last right one."""
    locked_until: datetime | None = None


def roles_text(roles: frozenset[Role]) -> str:
    """Return roles as one column keeps them."""
    return json.dumps(sorted(role.value for role in roles))
