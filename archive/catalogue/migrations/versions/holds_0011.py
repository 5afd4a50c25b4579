"""Holds: what must not be destroyed, whatever its rule says."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011_holds"
down_revision = "0010_retention"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "holds",
        sa.Column("id", _IDENTIFIER, primary_key=True),
        _text("placed_at"),
        sa.Column("lifted_at", _TEXT, nullable=True),
        _text("details"),
        sqlite_strict=True,
    )
    op.create_index("ix_holds_lifted", "holds", ["lifted_at", "placed_at", "id"])
    op.create_table(
        "hold_scopes",
        sa.Column("hold_id", _IDENTIFIER, sa.ForeignKey("holds.id"), primary_key=True),
        sa.Column("kind", _TEXT, primary_key=True),
        sa.Column("value", _TEXT, primary_key=True),
        sa.Column("fonds", _TEXT, primary_key=True),
        sqlite_strict=True,
    )
    op.create_table(
        "hold_members",
        sa.Column("aip_id", _IDENTIFIER, primary_key=True),
        sa.Column("hold_id", _IDENTIFIER, sa.ForeignKey("holds.id"), primary_key=True),
        sqlite_strict=True,
    )
    op.create_index("ix_hold_members_hold", "hold_members", ["hold_id", "aip_id"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)
