"""An empty database for each test: SQLite, and a real PostgreSQL."""

import sys
from pathlib import Path

import pytest

from tests.fakes.postgres import PostgresUnavailableError, shared_postgres

BACKENDS = ("sqlite", "postgresql")


def new_database(backend: str, folder: Path) -> str:
    """Return the address of an empty database; skip, loudly, where PostgreSQL cannot run."""
    if backend == "sqlite":
        return f"sqlite:///{folder / 'catalogue.db'}"
    try:
        return shared_postgres().new_database()
    except PostgresUnavailableError as error:
        print(f"\nNOT RUN on PostgreSQL: {error}", file=sys.__stderr__)
        pytest.skip(f"PostgreSQL cannot be run here: {error}")
