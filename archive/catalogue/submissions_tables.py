"""The tables of reception: submissions, their announced lists, what came under them, and what was decided."""

import sqlalchemy as sa

from archive.catalogue.columns import BYTES, NUMBER, TEXT, Identifier, number, table, text

submissions = table(
    "submissions",
    sa.Column("id", Identifier, primary_key=True),
    text("code"),
    number("ordinal"),
    text("agency_code"),
    text("agency_name"),
    text("fonds"),
    number("packages"),
    number("case_files"),
    number("documents"),
    sa.Column("bytes", NUMBER, nullable=True),
    text("deadline", nullable=True),
    text("asked"),
    text("registered_at"),
    text("registered_by"),
    number("listed"),
    sa.Index("uq_submissions_code", "code", "ordinal", unique=True),
    sa.Index("ix_submissions_registered", "registered_at", "id"),
)

submission_items = table(
    "submission_items",
    sa.Column("submission_id", Identifier, primary_key=True),
    sa.Column("code", TEXT, primary_key=True),
    text("title"),
    text("maintenance"),
    sa.Column("documents", NUMBER, nullable=True),
)

submission_transfers = table(
    "submission_transfers",
    sa.Column("transfer_id", Identifier, primary_key=True),
    sa.Column("submission_id", Identifier, nullable=False),
    text("received_at"),
    text("case_code"),
    sa.Column("mark", BYTES, nullable=False),
    number("documents"),
    number("failed"),
    number("waits"),
    text("decision"),
    number("failed_by_hand"),
    sa.Index("ix_submission_transfers_received", "submission_id", "received_at", "transfer_id"),
    sa.Index("ix_submission_transfers_code", "submission_id", "case_code"),
    sa.Index("ix_submission_transfers_mark", "submission_id", "mark"),
)

submission_keys = table(
    "submission_keys",
    sa.Column("submission_id", Identifier, primary_key=True),
    sa.Column("key", BYTES, primary_key=True),
    sa.Column("transfer_id", Identifier, nullable=False),
)

submission_acts = table(
    "submission_acts",
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("submission_id", Identifier, nullable=False),
    text("kind"),
    text("verdict"),
    sa.Column("transfer_id", Identifier, nullable=True),
    sa.Column("document", NUMBER, nullable=True),
    text("because"),
    text("actor"),
    text("time"),
    sa.Index("ix_submission_acts_submission", "submission_id", "time", "id"),
    sa.Index("ix_submission_acts_transfer", "transfer_id", "time", "id"),
)
