"""What was destroyed, and what is left of it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013_disposal"
down_revision = "0012_reviews"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the table, and the indexes by which the transfers of a record are found."""
    op.create_table(
        "stubs",
        sa.Column("aip_id", _IDENTIFIER, primary_key=True),
        _text("state"),
        _text("case_code"),
        sa.Column("review_id", _IDENTIFIER, nullable=False),
        _text("marked_at"),
        _text("details"),
        _text("report"),
        sqlite_strict=True,
    )
    op.create_index("ix_stubs_state", "stubs", ["state", "aip_id"])
    op.create_index("ix_stubs_code", "stubs", ["case_code", "aip_id"])
    op.create_index("ix_stubs_review", "stubs", ["review_id", "aip_id"])
    op.create_index("ix_transfers_aip", "transfers", ["aip_id"])
    op.create_index("ix_transfers_content", "transfers", ["fingerprint"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)
