"""Tables of the desk, where case files are compiled: an index of the desk's folder, which says more than they do."""

import sqlalchemy as sa

from archive.catalogue.columns import TEXT, number, table, text

desk_plan = table(
    "desk_plan",
    sa.Column("id", TEXT, primary_key=True),
    number("seq"),
    number("year"),
    text("agency"),
    text("folded"),
    number("place"),
    text("data"),
    sa.Index("ix_desk_plan_year", "year", "agency", "place"),
)

desk_files = table(
    "desk_files",
    sa.Column("id", TEXT, primary_key=True),
    number("seq"),
    text("state"),
    text("agency"),
    number("year"),
    text("folded"),
    text("opened_at"),
    text("data"),
    sa.Index("uq_desk_files_number", "year", "folded", "agency", unique=True),
    sa.Index("ix_desk_files_state", "state", "opened_at", "id"),
    sa.Index("ix_desk_files_opened", "opened_at", "id"),
)

desk_documents = table(
    "desk_documents",
    sa.Column("id", TEXT, primary_key=True),
    number("seq"),
    text("file_id"),
    text("organ"),
    text("date"),
    text("registered"),
    text("data"),
    sa.Index("ix_desk_documents_file", "file_id", "date", "id"),
    sa.Index("ix_desk_documents_registered", "registered", "id"),
    sa.Index("ix_desk_documents_organ", "organ", "date", "id"),
)

desk_keys = table(
    "desk_keys",
    sa.Column("key", TEXT, primary_key=True),
    sa.Column("role", TEXT, primary_key=True),
    sa.Column("document_id", TEXT, primary_key=True),
    sa.Index("ix_desk_keys_document", "document_id"),
)

SEQUENCE = "desk-sequence"
"""Setting: the number of the last act on the desk that these tables show."""
