"""Databases for tests of the catalogue: SQLite, and a real PostgreSQL."""

import atexit
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from archive.catalogue.catalogue import create_catalogue
from tests.fakes.postgres import PostgresServer, PostgresUnavailableError, shared_postgres

BACKENDS = ("sqlite", "postgresql")


def new_database(backend: str, folder: Path) -> str:
    """Return the address of an empty database; skip, loudly, where PostgreSQL cannot run."""
    return _sqlite(folder) if backend == "sqlite" else _server().new_database()


def new_catalogue(backend: str, folder: Path) -> str:
    """Return the address of a database with an empty catalogue, copied from one made once."""
    if backend == "sqlite":
        shutil.copyfile(_sqlite_template(), folder / "catalogue.db")
        return _sqlite(folder)
    return _server().new_database(template=_postgres_template())


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'catalogue.db'}"


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="chauban-catalogue-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create_catalogue(_sqlite(folder)).close()
    return folder / "catalogue.db"


@cache
def _postgres_template() -> str:
    url = _server().new_database()
    create_catalogue(url).close()
    return url.rpartition("/")[2]


def _server() -> PostgresServer:
    try:
        return shared_postgres()
    except PostgresUnavailableError as error:
        print(f"\nNOT RUN on PostgreSQL: {error}", file=sys.__stderr__)
        pytest.skip(f"PostgreSQL cannot be run here: {error}")
