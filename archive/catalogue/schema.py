"""Making a catalogue, opening one, and bringing an older one up to date."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.database import Database, Lock
from archive.catalogue.tables import package_versions
from model.errors import ConfigurationError, ConflictError, UnsupportedVersionError
from model.text import N_

REVISIONS = (
    "0001_initial",
    "0002_signatures",
    "0003_audit",
    "0004_evidence",
    "0005_desk",
    "0006_submissions",
    "0007_handovers",
    "0008_packages",
    "0009_accounts",
    "0010_retention",
    "0011_holds",
    "0012_reviews",
    "0013_disposal",
)
"""Every revision this program knows, oldest first."""

MIGRATIONS = Path(__file__).parent / "migrations"

_VERSION_TABLE = sa.table("alembic_version", sa.column("version_num", sa.Text))


def create(database: Database) -> None:
    """Make the tables in an empty database; a killed attempt leaves none.

    Raises:
        ConflictError: there is a catalogue already.
        ConfigurationError: there is something else, or the database cannot hold a catalogue.
    """
    if database.path is not None and not database.path.parent.is_dir():
        raise ConfigurationError(
            N_("The folder of the catalogue does not exist: {path}"),
            hint=N_("Make the folder first, or name another one."),
            path=database.path.parent,
        )
    _prepare(database)
    with database.write() as connection:
        database.lock(connection, Lock.SCHEMA)
        if _revision(connection) is not None:
            raise ConflictError(
                N_("There is a catalogue in this database already."), hint=N_("Open it, or name another database.")
            )
        if sa.inspect(connection).get_table_names():
            raise _foreign()
        _upgrade(connection)


def open_existing(database: Database) -> None:
    """Check that the database is a catalogue; bring an older one up to date, one process at a time.

    Raises:
        ConfigurationError: it is not a catalogue.
        UnsupportedVersionError: a newer program made it.
    """
    if database.path is not None and not database.path.is_file():
        raise ConfigurationError(
            N_("There is no catalogue at {path}."),
            hint=N_("Make a new archive with `chauban init`, or restore the catalogue with `chauban rebuild`."),
            path=database.path,
        )
    with database.read() as connection:
        revision = _known_revision(connection)
    if revision != REVISIONS[-1]:
        with database.write() as connection:
            database.lock(connection, Lock.SCHEMA)
            if _known_revision(connection) != REVISIONS[-1]:
                _upgrade(connection)


def _known_revision(connection: Connection) -> str:
    revision = _revision(connection)
    if revision is None or not sa.inspect(connection).has_table(package_versions.name):
        raise _foreign()
    if revision not in REVISIONS:
        raise UnsupportedVersionError(
            N_("The catalogue was made by a newer program (its revision is {revision})."),
            hint=N_("Nothing was changed. Install the newer program."),
            revision=revision,
        )
    return revision


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION_TABLE.name):
        return None
    return connection.scalar(sa.select(_VERSION_TABLE.c.version_num)) or ""


def _foreign() -> ConfigurationError:
    return ConfigurationError(
        N_("The database is not a catalogue of an archive."),
        hint=N_("Give the address of the archive's own database, or make a new archive with `chauban init`."),
    )


def _prepare(database: Database) -> None:
    """Set what holds for the whole database and cannot be set inside a transaction."""
    if not database.sqlite:
        with database.read() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise ConfigurationError(
                N_("The database keeps text as {encoding}, which cannot hold Vietnamese names."),
                hint=N_("Make a database with the encoding UTF8."),
                encoding=encoding,
            )
        return
    mode = database.set_write_ahead_log()
    if mode != "wal":
        raise ConfigurationError(
            N_("The file system of the catalogue cannot keep a write-ahead log (the mode is {mode})."),
            hint=N_("Put the catalogue on a local disk, or use PostgreSQL."),
            mode=mode,
        )


def _upgrade(connection: Connection) -> None:
    """Run the migrations inside the caller's transaction: all of them hold, or none."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])
