"""What the catalogue's tables are made of.

Surrogate numbers (`id`) join the large tables cheaply; they never leave the catalogue and mean
nothing outside one database. Text compares byte by byte on both databases, so that order is the
same everywhere. Times are ISO 8601 text in UTC to the millisecond, dates ISO 8601 text.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Identifier(TypeDecorator[UUID]):
    """A UUID: a native one on PostgreSQL, readable text on SQLite; both sort alike."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's type."""
        return dialect.type_descriptor(sa.Uuid() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Turn a UUID into what the database takes."""
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn what the database gives into a UUID."""
        return value if value is None or isinstance(value, UUID) else UUID(value)


TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary()

metadata = sa.MetaData()


def table(name: str, *parts: sa.Column[Any] | sa.Constraint | sa.Index, autoincrement: bool = False) -> sa.Table:
    """Return a table of the catalogue, strict about types on SQLite."""
    return sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_autoincrement=autoincrement)


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a text column."""
    return sa.Column(name, TEXT, nullable=nullable)


def number(name: str) -> sa.Column[Any]:
    """Return a number column."""
    return sa.Column(name, NUMBER, nullable=False)
