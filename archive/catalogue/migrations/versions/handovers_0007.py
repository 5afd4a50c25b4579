"""Hand-overs to another archive: what was prepared, and whether its receipt was registered."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007_handovers"
down_revision = "0006_submissions"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")
_HOLDING = sa.text("state IN ('open', 'accepted')")


def upgrade() -> None:
    """Make the tables, and the index by which what is to be kept for ever is found."""
    op.create_table(
        "handovers",
        sa.Column("id", _IDENTIFIER, primary_key=True),
        *(_text(name) for name in ("started", "receiver_code", "registration", "because", "request")),
        *(_text(name, nullable=True) for name in ("prepared", "decided")),
        sqlite_strict=True,
    )
    op.create_index("ix_handovers_started", "handovers", ["started", "id"])
    op.create_table(
        "handover_items",
        sa.Column("handover_id", _IDENTIFIER, primary_key=True),
        sa.Column("ordinal", _NUMBER, primary_key=True),
        sa.Column("aip_id", _IDENTIFIER, nullable=False),
        _number("version"),
        *(_text(name) for name in ("code", "state", "name")),
        _number("size"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        *(_number(name) for name in ("documents", "files", "bytes")),
        _text("decided", nullable=True),
        _text("reason"),
        sqlite_strict=True,
    )
    name = "handover_items"
    op.create_index(
        "uq_handover_items_holding", name, ["aip_id"], unique=True, sqlite_where=_HOLDING, postgresql_where=_HOLDING
    )
    op.create_index("ix_handover_items_code", name, ["handover_id", "code"])
    op.create_index("ix_handover_items_aip", name, ["aip_id", "handover_id"])
    op.create_index("ix_case_files_maintenance", "case_files", ["maintenance", "aip_id"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, nullable=False)
