"""Documents by their archival code and by their identifier: what a linked document of a package names."""

import sqlalchemy as sa
from alembic import op

revision = "0008_packages"
down_revision = "0007_handovers"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the column and the indexes; identifiers of documents that are held come out of their details."""
    op.add_column("documents", sa.Column("doc_id", _TEXT, nullable=False, server_default=""))
    if op.get_bind().dialect.name == "sqlite":
        found = "json_extract(details, '$.doc_id')"
    else:
        found = "CAST(details AS json) ->> 'doc_id'"
    op.execute(
        sa.text(f"UPDATE documents SET doc_id = coalesce({found}, '') WHERE details LIKE '%\"doc_id\"%'")  # noqa: S608 - fixed text
    )
    op.create_index("ix_documents_code", "documents", ["doc_code"])
    op.create_index("ix_documents_identifier", "documents", ["doc_id"])
