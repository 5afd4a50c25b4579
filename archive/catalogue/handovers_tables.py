"""The catalogue's tables of hand-overs to another archive."""

import sqlalchemy as sa

from archive.catalogue.columns import BYTES, NUMBER, Identifier, number, table, text

HOLDING = "state IN ('open', 'accepted')"
"""Which case files are in a hand-over, or were handed over: in one at most."""

handovers = table(
    "handovers",
    sa.Column("id", Identifier, primary_key=True),
    text("started"),
    text("receiver_code"),
    text("registration"),
    text("because"),
    text("request"),
    text("prepared", nullable=True),
    text("decided", nullable=True),
    sa.Index("ix_handovers_started", "started", "id"),
)

handover_items = table(
    "handover_items",
    sa.Column("handover_id", Identifier, primary_key=True),
    sa.Column("ordinal", NUMBER, primary_key=True),
    sa.Column("aip_id", Identifier, nullable=False),
    number("version"),
    text("code"),
    text("state"),
    text("name"),
    number("size"),
    sa.Column("sha256", BYTES, nullable=False),
    number("documents"),
    number("files"),
    number("bytes"),
    text("decided", nullable=True),
    text("reason"),
    sa.Index(
        "uq_handover_items_holding",
        "aip_id",
        unique=True,
        sqlite_where=sa.text(HOLDING),
        postgresql_where=sa.text(HOLDING),
    ),
    sa.Index("ix_handover_items_code", "handover_id", "code"),
    sa.Index("ix_handover_items_aip", "aip_id", "handover_id"),
)
