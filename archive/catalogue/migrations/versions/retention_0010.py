"""Retention: schedules, classes, officers' decisions, and for each record what follows from them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010_retention"
down_revision = "0009_accounts"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the tables; a follower of the change feed fills the last one."""
    op.create_table(
        "retention_schedules",
        sa.Column("code", _TEXT, primary_key=True),
        sa.Column("version", _NUMBER, primary_key=True),
        _text("status"),
        _text("details"),
        sqlite_strict=True,
    )
    op.create_index("ix_retention_schedules_status", "retention_schedules", ["status", "code"])
    op.create_table(
        "retention_classes",
        sa.Column("fonds", _TEXT, primary_key=True),
        sa.Column("code", _TEXT, primary_key=True),
        _text("title"),
        _text("schedule"),
        sqlite_strict=True,
    )
    op.create_table(
        "retention_assignments",
        sa.Column("aip_id", _IDENTIFIER, primary_key=True),
        _text("class_code"),
        _text("override"),
        _text("reason"),
        _text("decided_by"),
        _text("decided_at"),
        sqlite_strict=True,
    )
    op.create_table(
        "retention_events",
        sa.Column("aip_id", _IDENTIFIER, primary_key=True),
        sa.Column("name", _TEXT, primary_key=True),
        _text("day"),
        _text("recorded_by"),
        _text("recorded_at"),
        sqlite_strict=True,
    )
    op.create_table(
        "retention",
        sa.Column("aip_id", _IDENTIFIER, primary_key=True),
        _text("schedule"),
        sa.Column("version", _NUMBER, nullable=False),
        _text("basis"),
        _text("reason"),
        _text("action"),
        _text("waiting"),
        sa.Column("trigger_day", _TEXT, nullable=True),
        sa.Column("start_day", _TEXT, nullable=True),
        sa.Column("due_day", _TEXT, nullable=True),
        sa.Column("confirm_by", _TEXT, nullable=True),
        _text("fonds"),
        _text("agency"),
        _text("mode"),
        _text("maintenance"),
        _text("class_code"),
        sa.Column("ended", _TEXT, nullable=True),
        _text("accepted"),
        sqlite_strict=True,
    )
    op.create_index("ix_retention_due", "retention", ["due_day", "aip_id"])
    op.create_index("ix_retention_fonds", "retention", ["fonds", "due_day", "aip_id"])
    op.create_index("ix_retention_schedule", "retention", ["schedule", "trigger_day", "due_day"])
    op.create_index("ix_retention_class", "retention", ["class_code", "aip_id"])
    op.create_index("ix_retention_waiting", "retention", ["waiting", "aip_id"])
    op.create_index("ix_retention_agency", "retention", ["action", "agency", "accepted", "aip_id"])
    op.create_index("ix_retention_opening", "retention", ["mode", "ended", "aip_id"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)
