"""What was destroyed, and what is left of it."""

revision = "0013_disposal"
down_revision = "0012_reviews"


def upgrade() -> None:
    """Make the tables."""
