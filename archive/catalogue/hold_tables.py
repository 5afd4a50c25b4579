"""The tables of holds: what must not be destroyed, whatever its rule says."""

import sqlalchemy as sa

from archive.catalogue.columns import TEXT, Identifier, table, text

holds = table(
    "holds",
    sa.Column("id", Identifier, primary_key=True),
    text("placed_at"),
    text("lifted_at", nullable=True),
    text("details"),
    sa.Index("ix_holds_lifted", "lifted_at", "placed_at", "id"),
)

hold_scopes = table(
    "hold_scopes",
    sa.Column("hold_id", Identifier, sa.ForeignKey("holds.id"), primary_key=True),
    sa.Column("kind", TEXT, primary_key=True),
    sa.Column("value", TEXT, primary_key=True),
    sa.Column("fonds", TEXT, primary_key=True),
)

hold_members = table(
    "hold_members",
    sa.Column("aip_id", Identifier, primary_key=True),
    sa.Column("hold_id", Identifier, sa.ForeignKey("holds.id"), primary_key=True),
    sa.Index("ix_hold_members_hold", "hold_id", "aip_id"),
)
"""Records held one by one: named, or found by a query."""
