"""The tables of accounts. What they hold that is secret (password hashes, token digests) is in no store."""

import sqlalchemy as sa

from archive.catalogue.columns import BYTES, Identifier, number, table, text

accounts = table(
    "accounts",
    sa.Column("id", Identifier, primary_key=True),
    text("login"),
    text("name"),
    text("roles"),
    text("created"),
    text("disabled", nullable=True),
    text("password"),
    number("failures"),
    text("locked_until", nullable=True),
    sa.Index("uq_accounts_login", "login", unique=True),
)

account_tokens = table(
    "account_tokens",
    sa.Column("sha256", BYTES, primary_key=True),
    sa.Column("account_id", Identifier, sa.ForeignKey("accounts.id"), nullable=False),
    text("created"),
    text("expires"),
    sa.Index("ix_account_tokens_account", "account_id"),
    sa.Index("ix_account_tokens_expires", "expires"),
)
