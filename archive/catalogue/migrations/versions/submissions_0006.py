"""Submissions: what an agency registered to hand in, and how far each is."""

revision = "0006_submissions"
down_revision = "0005_desk"


def upgrade() -> None:
    """Make the tables."""
