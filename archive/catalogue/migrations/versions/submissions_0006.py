"""Submissions: what an agency registered to hand in, and how far each is."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006_submissions"
down_revision = "0005_desk"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _submissions()
    _items_and_keys()
    _transfers()
    _acts()


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", _IDENTIFIER, primary_key=True),
        _text("code"),
        _number("ordinal"),
        _text("agency_code"),
        _text("agency_name"),
        _text("fonds"),
        _number("packages"),
        _number("case_files"),
        _number("documents"),
        sa.Column("bytes", _NUMBER, nullable=True),
        _text("deadline", nullable=True),
        _text("asked"),
        _text("registered_at"),
        _text("registered_by"),
        _number("listed"),
        sqlite_strict=True,
    )
    op.create_index("uq_submissions_code", "submissions", ["code", "ordinal"], unique=True)
    op.create_index("ix_submissions_registered", "submissions", ["registered_at", "id"])


def _items_and_keys() -> None:
    op.create_table(
        "submission_items",
        sa.Column("submission_id", _IDENTIFIER, primary_key=True),
        sa.Column("code", _TEXT, primary_key=True),
        _text("title"),
        _text("maintenance"),
        sa.Column("documents", _NUMBER, nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "submission_keys",
        sa.Column("submission_id", _IDENTIFIER, primary_key=True),
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("transfer_id", _IDENTIFIER, nullable=False),
        sqlite_strict=True,
    )


def _transfers() -> None:
    op.create_table(
        "submission_transfers",
        sa.Column("transfer_id", _IDENTIFIER, primary_key=True),
        sa.Column("submission_id", _IDENTIFIER, nullable=False),
        _text("received_at"),
        _text("case_code"),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        _number("documents"),
        _number("failed"),
        _number("waits"),
        _text("decision"),
        _number("failed_by_hand"),
        sqlite_strict=True,
    )
    name = "submission_transfers"
    op.create_index("ix_submission_transfers_received", name, ["submission_id", "received_at", "transfer_id"])
    op.create_index("ix_submission_transfers_code", name, ["submission_id", "case_code"])
    op.create_index("ix_submission_transfers_mark", name, ["submission_id", "mark"])


def _acts() -> None:
    op.create_table(
        "submission_acts",
        sa.Column("id", _IDENTIFIER, primary_key=True),
        sa.Column("submission_id", _IDENTIFIER, nullable=False),
        _text("kind"),
        _text("verdict"),
        sa.Column("transfer_id", _IDENTIFIER, nullable=True),
        sa.Column("document", _NUMBER, nullable=True),
        _text("because"),
        _text("actor"),
        _text("time"),
        sqlite_strict=True,
    )
    op.create_index("ix_submission_acts_submission", "submission_acts", ["submission_id", "time", "id"])
    op.create_index("ix_submission_acts_transfer", "submission_acts", ["transfer_id", "time", "id"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, nullable=False)
