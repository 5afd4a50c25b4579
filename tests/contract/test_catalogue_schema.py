"""Making and opening catalogues, and what happens where there is none, an older or a newer one."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from archive.catalogue import columns, schema
from archive.catalogue.catalogue import create_catalogue, open_catalogue
from model.errors import ArchiveError, ConfigurationError, ConflictError, UnsupportedVersionError
from tests.fakes.catalogue_databases import BACKENDS, new_catalogue, new_database
from tests.fakes.catalogue_samples import registration


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def test_migrations_make_exactly_the_tables_the_program_uses(backend: str, tmp_path: Path) -> None:
    engine = _engine(new_catalogue(backend, tmp_path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, columns.metadata) == []
    engine.dispose()


def test_migrated_and_declared_sqlite_tables_are_the_same_to_the_letter(tmp_path: Path) -> None:
    engine = _engine(new_catalogue("sqlite", tmp_path))
    declared = sa.create_engine("sqlite://")
    columns.metadata.create_all(declared)
    query = sa.text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' ORDER BY type, name")
    with engine.connect() as one, declared.connect() as other:
        migrated, made = (
            [(kind, name, " ".join((sql or "").split())) for kind, name, sql in connection.execute(query)]
            for connection in (one, other)
        )  # SQLite keeps the words of every statement, also the line breaks around a column that was added
        assert migrated == made
    engine.dispose()
    declared.dispose()


def test_the_program_knows_every_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == schema.REVISIONS


def test_sqlite_is_opened_for_durability(tmp_path: Path) -> None:
    from archive.catalogue.database import Database

    database = Database(new_catalogue("sqlite", tmp_path))
    with database.write() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_postgresql_commits_durably_whatever_the_server_says(tmp_path: Path) -> None:
    from archive.catalogue.database import Database

    url = new_catalogue("postgresql", tmp_path)
    engine = _engine(url)
    with engine.begin() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    engine.dispose()
    database = Database(url)
    with database.write() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()


def test_a_catalogue_is_made_once(backend: str, tmp_path: Path) -> None:
    url = new_database(backend, tmp_path)
    create_catalogue(url).close()
    with pytest.raises(ConflictError):
        create_catalogue(url)
    open_catalogue(url).close()


def test_of_several_makers_one_succeeds(backend: str, tmp_path: Path) -> None:
    url = new_database(backend, tmp_path)

    def make(_: int) -> bool:
        try:
            create_catalogue(url).close()
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == [False, False, False, True]


def test_an_empty_or_foreign_database_is_no_catalogue(backend: str, tmp_path: Path) -> None:
    url = new_database(backend, tmp_path)
    if backend == "sqlite":
        (tmp_path / "catalogue.db").touch()
    with pytest.raises(ConfigurationError):
        open_catalogue(url)
    engine = _engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (id INTEGER)")
    for act in (open_catalogue, create_catalogue):
        with pytest.raises(ConfigurationError):
            act(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('abc')")
    engine.dispose()
    with pytest.raises(ConfigurationError):
        open_catalogue(url)


def test_a_newer_catalogue_is_left_alone(backend: str, tmp_path: Path) -> None:
    url = new_catalogue(backend, tmp_path)
    engine = _engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999_later'")
    engine.dispose()
    with pytest.raises(UnsupportedVersionError) as caught:
        open_catalogue(url)
    assert "0999_later" in str(caught.value)


_SECOND = """
import sqlalchemy as sa
from alembic import op
revision = "0099_second"
down_revision = "{before}"
def upgrade():
    op.create_table("second", sa.Column("id", sa.Integer, primary_key=True))
    {more}
"""


def _program_with_second_revision(folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    copied = folder / "migrations"
    shutil.copytree(schema.MIGRATIONS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "versions" / "second_0099.py").write_text(_SECOND.format(more=more, before=schema.REVISIONS[-1]))
    monkeypatch.setattr(schema, "MIGRATIONS", copied)
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "0099_second"))


def test_an_older_catalogue_is_brought_up_to_date_once(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_catalogue(backend, tmp_path)
    with open_catalogue(url) as before:
        before.register(registration(1))
    _program_with_second_revision(tmp_path, monkeypatch)
    with ThreadPoolExecutor(4) as pool:
        for opened in pool.map(lambda _: open_catalogue(url), range(4)):
            assert opened.get_case_file(registration(1).held.aip_id) == registration(1).held
            opened.close()


def test_a_migration_that_fails_changes_nothing(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = new_catalogue(backend, tmp_path)
    with monkeypatch.context() as patch:
        _program_with_second_revision(tmp_path, patch, more='op.execute("SELECT no_such_function()")')
        with pytest.raises(ArchiveError):
            open_catalogue(url)
    open_catalogue(url).close()
    engine = _engine(url)
    with engine.connect() as connection:
        assert not sa.inspect(connection).has_table("second")
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "mysql://localhost/x",
        "postgresql://localhost:notaport/x",
        "postgresql://localhost",
    ],
)
def test_an_address_that_cannot_be_a_catalogue_is_refused(url: str) -> None:
    for act in (open_catalogue, create_catalogue):
        with pytest.raises(ConfigurationError):
            act(url)


def test_opening_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        open_catalogue(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(ConfigurationError):
        create_catalogue(f"sqlite:///{tmp_path / 'no folder' / 'c.db'}")
    assert list(tmp_path.iterdir()) == []


def test_opening_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(b"%PDF-1.7" + b"x" * 5000)
    with pytest.raises(ConfigurationError):
        open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    (tmp_path / "other.db").touch()
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(ConfigurationError):
        open_catalogue(f"sqlite:///{tmp_path / 'other.db'}")
