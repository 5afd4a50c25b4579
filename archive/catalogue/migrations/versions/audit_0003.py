"""The audit log: every act on the archive, as the stores hold it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003_audit"
down_revision = "0002_signatures"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; acts of before were not recorded."""
    op.create_table(
        "audit_entries",
        sa.Column("seq", _NUMBER, primary_key=True),
        _text("act"),
        _text("time"),
        _text("actor"),
        _text("action"),
        _text("object"),
        _text("outcome"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("segment", _NUMBER, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("uq_audit_entries_act", "audit_entries", ["act"], unique=True)
    op.create_index("ix_audit_entries_object", "audit_entries", ["object", "seq"])
    op.create_index("ix_audit_entries_action", "audit_entries", ["action", "seq"])
    op.create_index("ix_audit_entries_time", "audit_entries", ["time", "seq"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)
