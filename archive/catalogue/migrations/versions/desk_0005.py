"""The desk where case files are compiled: yearly list of case files, open case files, their documents."""

revision = "0005_desk"
down_revision = "0004_evidence"


def upgrade() -> None:
    """Make the tables."""
