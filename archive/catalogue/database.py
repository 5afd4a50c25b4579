"""The connection to the database: settings, transactions, locks, and errors in the archive's words."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.sql.base import Executable

from model.errors import (
    ArchiveError,
    ConfigurationError,
    ConflictError,
    ExternalServiceError,
    InputError,
    IntegrityError,
    StorageError,
)
from model.text import N_

T = TypeVar("T")

LOCK_WAIT_SECONDS = 30
"""How long a statement waits for another process's lock before it gives up."""

STREAM_ROWS = 1000
"""Rows fetched at a time where a result may be long."""

_CONNECT_SECONDS = 10
_SQLITE_CACHE_KIB = 32 * 1024


class Lock(IntEnum):
    """What an advisory lock of PostgreSQL guards; SQLite has one writer and needs none."""

    SCHEMA = 0x43424101
    PACKAGE = 0x43424102
    FEED = 0x43424103
    AUDIT = 0x43424104
    RETENTION = 0x43424105
    DISPOSAL = 0x43424106


class Database:
    """One database, SQLite or PostgreSQL; safe to use from several threads, opened anew in each process."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self.url) if self.sqlite else _postgres_engine(self.url)
        self._writer = self._engine.execution_options(chauban_write=True)
        snapshot = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self._engine.execution_options(stream_results=True, **snapshot)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(str(self.url.database)) if self.sqlite else None

    def set_write_ahead_log(self) -> str:
        """Switch a SQLite database to a write-ahead log for good; return the mode it is in then."""
        with translated(), self._engine.connect().execution_options(chauban_begin=False) as connection:
            return str(connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection for a short question."""
        with translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def stream(self) -> Iterator[Connection]:
        """Open a connection for a long answer: one snapshot, rows fetched in portions."""
        with translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open one transaction; it is durable when the block ends, and undone when the block raises."""
        with translated(), self._writer.begin() as connection:
            yield connection

    def lock(self, connection: Connection, lock: Lock, name: str = "") -> None:
        """Hold a named lock until the transaction ends.

        On SQLite `write` holds the only write lock already.
        """
        if self.sqlite:
            return
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(lock), number)))


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield values in lists of at most `size`."""
    remaining = iter(values)
    while batch := list(itertools.islice(remaining, size)):
        yield batch


def insert_rows(
    connection: Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows of plain values by the database's quickest way, past SQLAlchemy's work on each single one."""
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 - our own names only
        return
    driver = connection.dialect.loaded_dbapi
    cursor: Any = connection.connection.cursor()
    try:
        with cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        _translate(error)


def upsert(
    connection: Connection,
    table: sa.Table,
    keys: tuple[str, ...],
    *,
    changed: Sequence[str] = (),
    added: Sequence[str] = (),
) -> Executable:
    """Return an INSERT for rows that may exist already.

    Args:
        changed: columns that an existing row takes over.
        added: columns whose new value is added to that of an existing row; with neither it stays as it is.
    """
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)
    index = [table.c[name] for name in keys]
    changes: dict[str, Any] = {name: insert.excluded[name] for name in changed}
    changes |= {name: table.c[name] + insert.excluded[name] for name in added}
    return (
        insert.on_conflict_do_update(index_elements=index, set_=changes)
        if changes
        else insert.on_conflict_do_nothing(index_elements=index)
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database library raises into the archive's errors."""
    try:
        yield
    except exc.DBAPIError as error:
        _translate(error.orig or error)
    except exc.TimeoutError as error:
        raise StorageError(_LOCKED, hint=_TRY_AGAIN) from error
    except exc.SQLAlchemyError as error:
        raise ArchiveError(N_("The catalogue failed unexpectedly: {reason}"), reason=str(error)) from error
    except (UnicodeEncodeError, OverflowError) as error:
        raise _refused(str(error)) from error


_LOCKED = N_("The catalogue is locked by another process.")
_TRY_AGAIN = N_("Nothing was changed. Wait until the other process has ended and try again.")
_FULL = N_("The disk of the catalogue is full.")
_FREE = N_("Nothing was changed. Free space on the disk of the catalogue and try again.")
_READ_ONLY = N_("The catalogue cannot be written: {reason}")
_ALLOW = N_("Give the account that runs the program the right to write the database, then try again.")
_UNREACHABLE = N_("The database cannot be reached: {reason}")
_CHECK = N_("Check that the database server runs and that address, name, user and password are right; then try again.")
_FAILING = N_("The catalogue could not be read or written: {reason}")
_MEDIUM = N_("Check the disk and the file system of the catalogue, then try again.")
_DAMAGED = N_("The catalogue database is damaged: {reason}")
_REBUILD = N_("The packages are not affected. Make the catalogue anew from them with `chauban rebuild`.")
_FOREIGN = N_("The database is not a catalogue of an archive: {reason}")
_NAME_IT = N_("Give the address of the archive's own database, or make a new archive with `chauban init`.")
_EXISTS = N_("The catalogue holds such an entry already: {reason}")


def _refused(reason: str) -> InputError:
    return InputError(
        N_("The catalogue cannot keep a value: {reason}"),
        hint=N_("Correct the names and the description in the submission and hand it in again."),
        reason=reason,
    )


def _translate(error: BaseException) -> NoReturn:
    """Raise the archive's error for what the database's driver raised."""
    reason = str(error).strip().partition("\n")[0]
    code = getattr(error, "sqlite_errorcode", None)
    known = _SQLITE.get(code & 0xFF) if code is not None else _postgres_case(getattr(error, "sqlstate", None))
    if known is None:
        raise ArchiveError(N_("The catalogue failed unexpectedly: {reason}"), reason=reason) from error
    if isinstance(known, type):
        raise _refused(reason) from error
    kind, message, hint = known
    raise kind(message, hint=hint, reason=reason) from error


_Case = tuple[type[ArchiveError], str, str]
_BUSY: _Case = (StorageError, _LOCKED, _TRY_AGAIN)
_NO_SPACE: _Case = (StorageError, _FULL, _FREE)
_NO_RIGHT: _Case = (ConfigurationError, _READ_ONLY, _ALLOW)
_NO_SERVER: _Case = (ExternalServiceError, _UNREACHABLE, _CHECK)
_IO: _Case = (StorageError, _FAILING, _MEDIUM)
_BROKEN: _Case = (IntegrityError, _DAMAGED, _REBUILD)
_NO_CATALOGUE: _Case = (ConfigurationError, _FOREIGN, _NAME_IT)
_TWICE: _Case = (ConflictError, _EXISTS, "")

_SQLITE: dict[int, _Case | type[InputError]] = {
    3: _NO_RIGHT,  # SQLITE_PERM
    5: _BUSY,  # SQLITE_BUSY
    6: _BUSY,  # SQLITE_LOCKED
    8: _NO_RIGHT,  # SQLITE_READONLY
    10: _IO,  # SQLITE_IOERR
    11: _BROKEN,  # SQLITE_CORRUPT
    13: _NO_SPACE,  # SQLITE_FULL
    14: _NO_RIGHT,  # SQLITE_CANTOPEN
    18: InputError,  # SQLITE_TOOBIG
    19: _TWICE,  # SQLITE_CONSTRAINT
    26: _NO_CATALOGUE,  # SQLITE_NOTADB
}

_POSTGRES: tuple[tuple[str, _Case | type[InputError]], ...] = (
    ("08", _NO_SERVER),
    ("53100", _NO_SPACE),
    ("53", _NO_SERVER),
    ("57014", _BUSY),
    ("57", _NO_SERVER),
    ("55P03", _BUSY),
    ("40", _BUSY),
    ("25006", _NO_RIGHT),
    ("42501", _NO_RIGHT),
    ("28", _NO_SERVER),
    ("3D", _NO_SERVER),
    ("42P01", _NO_CATALOGUE),
    ("42703", _NO_CATALOGUE),
    ("58", _IO),
    ("XX001", _BROKEN),
    ("XX002", _BROKEN),
    ("22", InputError),
    ("54", InputError),
    ("23", _TWICE),
)
"""SQLSTATE prefix to case, most specific first.

Source:
    PostgreSQL documentation, Appendix A, PostgreSQL error codes.
"""


def _postgres_case(state: str | None) -> _Case | type[InputError] | None:
    if state is None:  # the driver itself reports: no connection, or it broke
        return _NO_SERVER
    return next((case for prefix, case in _POSTGRES if state.startswith(prefix)), None)


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (exc.ArgumentError, ValueError) as error:
        raise _bad_url() from error
    if backend == "sqlite" and url.database not in (None, "", ":memory:") and not str(url.database).startswith("file:"):
        return url.set(drivername="sqlite")
    if backend == "postgresql" and url.database:
        return url.set(drivername="postgresql+psycopg")
    raise _bad_url()


def _bad_url() -> ConfigurationError:
    return ConfigurationError(
        N_("The address of the catalogue's database cannot be used."),
        hint=N_("Write sqlite:///folder/catalogue.db or postgresql://user:password@server/database."),
    )


def _sqlite_engine(url: URL) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": LOCK_WAIT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, never by the driver
    # FULL: an acknowledged ingest survives a power cut; in WAL mode NORMAL could lose the last ones.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_SQLITE_CACHE_KIB}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the write lock at once: a read that becomes a write cannot wait, it fails.
    options = connection.get_execution_options()
    if options.get("chauban_begin", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("chauban_write") else "BEGIN")


def _postgres_engine(url: URL) -> Engine:
    try:
        return sa.create_engine(
            url,
            pool_pre_ping=True,
            max_overflow=-1,  # a registration may need a second connection while it holds the first
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "options": f"-c synchronous_commit=on -c lock_timeout={LOCK_WAIT_SECONDS}s -c timezone=UTC",
            },
        )
    except ImportError as error:
        raise ConfigurationError(
            N_("PostgreSQL is not supported by this installation: the driver psycopg is missing."),
            hint=N_("Install the program with its extra `postgres`."),
        ) from error
