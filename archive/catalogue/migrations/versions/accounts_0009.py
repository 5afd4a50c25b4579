"""Accounts: who acts, in which roles; their passwords and the tokens they are logged in with."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009_accounts"
down_revision = "0008_packages"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IDENTIFIER = sa.Text().with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("id", _IDENTIFIER, primary_key=True),
        _text("login"),
        _text("name"),
        _text("roles"),
        _text("created"),
        sa.Column("disabled", _TEXT, nullable=True),
        _text("password"),
        sa.Column("failures", _NUMBER, nullable=False),
        sa.Column("locked_until", _TEXT, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("uq_accounts_login", "accounts", ["login"], unique=True)
    op.create_table(
        "account_tokens",
        sa.Column("sha256", sa.LargeBinary(), primary_key=True),
        sa.Column("account_id", _IDENTIFIER, sa.ForeignKey("accounts.id"), nullable=False),
        _text("created"),
        _text("expires"),
        sqlite_strict=True,
    )
    op.create_index("ix_account_tokens_account", "account_tokens", ["account_id"])
    op.create_index("ix_account_tokens_expires", "account_tokens", ["expires"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=False)
