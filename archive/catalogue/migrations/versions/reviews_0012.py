"""Reviews and the votes, objections and decisions in them."""

revision = "0012_reviews"
down_revision = "0011_holds"


def upgrade() -> None:
    """Make the tables."""
