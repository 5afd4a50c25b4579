"""Signatures: the files that carry or could carry them, and each signature with its verdicts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002_signatures"
down_revision = "0001_initial"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; packages of before have no facts about signatures to fill them with."""
    op.create_table(
        "signed_files",
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
        sa.Column("path", _TEXT, primary_key=True),
        _text("kind"),
        _text("state"),
        _text("outcome"),
        _text("checked_at"),
        _text("policy"),
        _text("trust"),
        sqlite_strict=True,
    )
    op.create_index("ix_signed_files_state", "signed_files", ["state", "version_id"])
    op.create_table(
        "signatures",
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
        sa.Column("path", _TEXT, primary_key=True),
        sa.Column("ordinal", _NUMBER, primary_key=True),
        _text("signature_id"),
        _text("format"),
        _text("level"),
        _text("integrity"),
        _text("role"),
        _text("signer"),
        _text("issuer"),
        _text("serial"),
        _text("expires", nullable=True),
        _text("filed_indication"),
        _text("filed_sub_indication"),
        _text("indication"),
        _text("sub_indication"),
        _text("holds_until", nullable=True),
        _text("judged_at"),
        _text("details"),
        sqlite_strict=True,
    )
    op.create_index("ix_signatures_verdict", "signatures", ["indication", "sub_indication", "version_id"])
    op.create_index("ix_signatures_signer", "signatures", ["signer", "version_id"])
    op.create_index("ix_signatures_expires", "signatures", ["expires", "version_id"])
    op.create_index("ix_signatures_holds", "signatures", ["holds_until", "version_id"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=nullable)
