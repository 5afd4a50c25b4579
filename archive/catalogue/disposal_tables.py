"""The table of stubs: what is left of the records that were destroyed."""

import sqlalchemy as sa

from archive.catalogue.columns import Identifier, table, text

stubs = table(
    "stubs",
    sa.Column("aip_id", Identifier, primary_key=True),
    text("state"),
    text("case_code"),
    sa.Column("review_id", Identifier, nullable=False),
    text("marked_at"),
    text("details"),
    text("report"),
    sa.Index("ix_stubs_state", "state", "aip_id"),
    sa.Index("ix_stubs_code", "case_code", "aip_id"),
    sa.Index("ix_stubs_review", "review_id", "aip_id"),
)
