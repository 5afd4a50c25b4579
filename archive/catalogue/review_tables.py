"""The tables of reviews: what was done in each, and how each case file of its list stands."""

import sqlalchemy as sa

from archive.catalogue.columns import NUMBER, Identifier, table, text

reviews = table(
    "reviews",
    sa.Column("id", Identifier, primary_key=True),
    text("number"),
    text("state"),
    text("opened_at"),
    sa.Index("uq_reviews_number", "number", unique=True),
    sa.Index("ix_reviews_state", "state", "opened_at"),
)

review_acts = table(
    "review_acts",
    sa.Column("review_id", Identifier, primary_key=True),
    sa.Column("seq", NUMBER, primary_key=True),
    text("content"),
)

review_items = table(
    "review_items",
    sa.Column("review_id", Identifier, primary_key=True),
    sa.Column("position", NUMBER, primary_key=True),
    sa.Column("aip_id", Identifier, nullable=False),
    text("case_code"),
    text("state"),
    text("note"),
    text("line"),
    sa.Index("ix_review_items_record", "aip_id", "review_id"),
    sa.Index("ix_review_items_code", "review_id", "case_code"),
    sa.Index("ix_review_items_state", "review_id", "state", "position"),
)
