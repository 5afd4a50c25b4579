"""The desk where case files are compiled: yearly list of case files, open case files, their documents."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005_desk"
down_revision = "0004_evidence"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; a desk of before is nowhere else."""
    _make("desk_plan", _key("id"), _number("seq"), _number("year"), *_texts("agency", "folded"), _number("place"))
    op.create_index("ix_desk_plan_year", "desk_plan", ["year", "agency", "place"])
    numbered = (_number("year"), *_texts("folded", "opened_at"))
    _make("desk_files", _key("id"), _number("seq"), *_texts("state", "agency"), *numbered)
    op.create_index("uq_desk_files_number", "desk_files", ["year", "folded", "agency"], unique=True)
    op.create_index("ix_desk_files_state", "desk_files", ["state", "opened_at", "id"])
    op.create_index("ix_desk_files_opened", "desk_files", ["opened_at", "id"])
    _make("desk_documents", _key("id"), _number("seq"), *_texts("file_id", "organ", "date", "registered"))
    op.create_index("ix_desk_documents_file", "desk_documents", ["file_id", "date", "id"])
    op.create_index("ix_desk_documents_registered", "desk_documents", ["registered", "id"])
    op.create_index("ix_desk_documents_organ", "desk_documents", ["organ", "date", "id"])
    op.create_table("desk_keys", _key("key"), _key("role"), _key("document_id"), sqlite_strict=True)
    op.create_index("ix_desk_keys_document", "desk_keys", ["document_id"])


def _make(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(name, *columns, *_texts("data"), sqlite_strict=True)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, primary_key=True)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, nullable=False)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, _TEXT, nullable=False) for name in names]
