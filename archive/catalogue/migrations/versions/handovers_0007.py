"""Hand-overs to another archive: what was prepared, and whether its receipt was registered."""

revision = "0007_handovers"
down_revision = "0006_submissions"


def upgrade() -> None:
    """Make the tables."""
