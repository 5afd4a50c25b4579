"""Evidence: which packages are sealed, by which batch of which authority, and which wait."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004_evidence"
down_revision = "0003_audit"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the tables; what is held already waits for every authority from the time one is configured."""
    op.create_table("evidence_authorities", sa.Column("name", _TEXT, primary_key=True), sqlite_strict=True)
    op.create_table(
        "evidence_pending",
        sa.Column("authority", _TEXT, primary_key=True),
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
        sqlite_strict=True,
    )
    op.create_index("ix_evidence_pending_version", "evidence_pending", ["version_id"])
    op.create_table(
        "evidence_batches",
        sa.Column("batch_id", _IDENTIFIER, primary_key=True),
        _text("authority"),
        _text("algorithm"),
        _number("chain"),
        _text("created"),
        _text("time"),
        _text("tsa"),
        _text("policy"),
        _text("expires"),
        _number("packages"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_evidence_batches_time", "evidence_batches", ["time", "batch_id"])
    op.create_index("ix_evidence_batches_expires", "evidence_batches", ["expires", "batch_id"])
    op.create_table(
        "evidence_members",
        sa.Column("aip_id", _IDENTIFIER, primary_key=True),
        sa.Column("version", _NUMBER, primary_key=True),
        sa.Column("authority", _TEXT, primary_key=True),
        sa.Column("chain", _NUMBER, primary_key=True),
        sa.Column("batch_id", _IDENTIFIER, sa.ForeignKey("evidence_batches.batch_id"), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_evidence_members_batch", "evidence_members", ["batch_id"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, nullable=False)
