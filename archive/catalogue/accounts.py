"""Accounts in the catalogue: persons, their roles, passwords and tokens."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Row

from archive.accounts.values import Account, Credentials, Role, roles_text
from archive.catalogue.account_tables import account_tokens, accounts
from archive.catalogue.database import Database
from archive.catalogue.rows import moment_of, moment_text
from model.dates import from_utc_text, utc_text
from model.errors import ConflictError
from model.text import N_


class AccountTable:
    """The accounts of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, account: Account) -> None:
        """Enter an account, or what changed about one; password and tokens stay as they are.

        Raises:
            ConflictError: another account has this login.
        """
        row = {
            "login": account.login,
            "name": account.name,
            "roles": roles_text(account.roles),
            "created": utc_text(account.created),
            "disabled": moment_text(account.disabled),
        }
        try:
            with self._database.write() as connection:
                changed = connection.execute(sa.update(accounts).where(accounts.c.id == account.id), row).rowcount
                if not changed:
                    secret = {"password": "", "failures": 0, "locked_until": None}
                    connection.execute(sa.insert(accounts), row | secret | {"id": account.id})
                if account.disabled is not None:
                    connection.execute(sa.delete(account_tokens).where(account_tokens.c.account_id == account.id))
        except (exc.IntegrityError, ConflictError) as error:
            raise ConflictError(
                N_("There is an account {login} already."),
                hint=N_("`chauban user list` shows the accounts."),
                login=account.login,
            ) from error

    def any(self) -> bool:
        """Tell whether there is an account at all."""
        with self._database.read() as connection:
            return connection.execute(sa.select(accounts.c.id).limit(1)).first() is not None

    def all(self) -> Iterator[Account]:
        """Yield the accounts by login."""
        with self._database.read() as connection:
            yield from [_account(row) for row in connection.execute(sa.select(accounts).order_by(accounts.c.login))]

    def named(self, login: str) -> Account | None:
        """Return the account with a login."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.login == login)).first()
        return _account(row) if row is not None else None

    def credentials(self, account_id: uuid.UUID) -> Credentials:
        """Return what a login is checked against."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).one()
        return Credentials(password=row.password, failures=row.failures, locked_until=moment_of(row.locked_until))

    def set_password(self, account_id: uuid.UUID, password: str) -> None:
        """Set a new password hash; whoever was logged in with the old one is not any more."""
        values = {"password": password, "failures": 0, "locked_until": None}
        with self._database.write() as connection:
            connection.execute(sa.update(accounts).where(accounts.c.id == account_id), values)
            connection.execute(sa.delete(account_tokens).where(account_tokens.c.account_id == account_id))

    def count_failure(self, account_id: uuid.UUID, free: int, locked_until: datetime) -> None:
        """Count a wrong password; from the `free`-th on the account waits until a time."""
        failed = accounts.c.failures + 1
        lock = sa.case((failed >= free, utc_text(locked_until)), else_=accounts.c.locked_until)
        with self._database.write() as connection:
            connection.execute(
                sa.update(accounts).where(accounts.c.id == account_id).values(failures=failed, locked_until=lock)
            )

    def add_token(self, account_id: uuid.UUID, sha256: bytes, created: datetime, expires: datetime) -> None:
        """Let an account in by a token; forget wrong passwords, and tokens that expired."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(accounts).where(accounts.c.id == account_id).values(failures=0, locked_until=None)
            )
            connection.execute(sa.delete(account_tokens).where(account_tokens.c.expires <= utc_text(created)))
            row = {
                "sha256": sha256,
                "account_id": account_id,
                "created": utc_text(created),
                "expires": utc_text(expires),
            }
            connection.execute(sa.insert(account_tokens), row)

    def drop_token(self, sha256: bytes) -> None:
        """Forget a token."""
        with self._database.write() as connection:
            connection.execute(sa.delete(account_tokens).where(account_tokens.c.sha256 == sha256))

    def holder(self, sha256: bytes, now: datetime) -> Account | None:
        """Return the account a token lets in at a time; none when there is none, or it may not act any more."""
        query = (
            sa.select(accounts)
            .join(account_tokens, account_tokens.c.account_id == accounts.c.id)
            .where(
                account_tokens.c.sha256 == sha256,
                account_tokens.c.created <= utc_text(now),
                account_tokens.c.expires > utc_text(now),
                accounts.c.disabled.is_(None),
            )
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return _account(row) if row is not None else None


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(
        id=row.id,
        login=row.login,
        name=row.name,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        created=from_utc_text(row.created),
        disabled=moment_of(row.disabled),
    )
