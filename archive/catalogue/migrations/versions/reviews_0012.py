"""Reviews and the votes, objections and decisions in them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012_reviews"
down_revision = "0011_holds"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reviews",
        sa.Column("id", _IDENTIFIER, primary_key=True),
        _text("number"),
        _text("state"),
        _text("opened_at"),
        sqlite_strict=True,
    )
    op.create_index("uq_reviews_number", "reviews", ["number"], unique=True)
    op.create_index("ix_reviews_state", "reviews", ["state", "opened_at"])
    op.create_table(
        "review_acts",
        sa.Column("review_id", _IDENTIFIER, primary_key=True),
        sa.Column("seq", _NUMBER, primary_key=True),
        _text("content"),
        sqlite_strict=True,
    )
    op.create_table(
        "review_items",
        sa.Column("review_id", _IDENTIFIER, primary_key=True),
        sa.Column("position", _NUMBER, primary_key=True),
        sa.Column("aip_id", _IDENTIFIER, nullable=False),
        _text("case_code"),
        _text("state"),
        _text("note"),
        _text("line"),
        sqlite_strict=True,
    )
    op.create_index("ix_review_items_record", "review_items", ["aip_id", "review_id"])
    op.create_index("ix_review_items_code", "review_items", ["review_id", "case_code"])
    op.create_index("ix_review_items_state", "review_items", ["review_id", "state", "position"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)
