"""Accounts: who gets in, who does not, and what is remembered of it."""

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.accounts import passwords
from archive.accounts.accounts import (
    add_account,
    disable,
    find_account,
    restore_accounts,
    set_password,
    set_roles,
)
from archive.accounts.acting import FREE_FAILURES, VALID, WAIT, identify, log_in, log_out, require, token_file
from archive.accounts.values import Account, Role
from archive.archive import Archive, create_archive, open_archive
from archive.audit.values import ACTOR, current_actor
from archive.layout import ACCOUNTS
from model.errors import ConfigurationError, ConflictError, InputError, NotFoundError, PolicyError

PASSWORD = "châu bản triều Nguyễn"
OTHER = "mộc bản triều Nguyễn"


@dataclass(slots=True)
class Hands:
    """A clock that a test sets."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 8, 0, tzinfo=UTC))

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def archive(tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "home" / "token"))
    monkeypatch.setenv(ACTOR, "")
    create_archive(tmp_path / "archive", stores=["a", "b"])
    with open_archive(tmp_path / "archive", clock=hands) as opened:
        yield opened


@pytest.fixture
def head(archive: Archive) -> Account:
    return add_account(archive, "lan", "Nguyễn Thị Lan", {Role.ADMINISTRATOR}, PASSWORD)


def test_the_right_password_lets_in_and_names_the_actor(archive: Archive, head: Account) -> None:
    assert log_in(archive, " LAN ", PASSWORD) == head
    assert identify(archive) == head
    assert require(archive, Role.APPROVER, Role.ADMINISTRATOR) == head
    assert current_actor()[0] == "lan"


def test_the_token_file_is_the_owners_alone_and_holds_no_password(archive: Archive, head: Account) -> None:
    log_in(archive, head.login, PASSWORD)
    path = token_file(archive)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="Others can read"):
        identify(archive)


@pytest.mark.parametrize(("login", "password"), [("lan", OTHER), ("minh", PASSWORD), ("lan", ""), ("", "")])
def test_a_wrong_login_or_password_is_refused_in_the_same_words(
    archive: Archive, head: Account, login: str, password: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        log_in(archive, login, password)
    assert refused.value.message == "The login or the password is wrong, or there were too many wrong ones."
    assert identify(archive) is None


def test_too_many_wrong_passwords_make_the_right_one_wait(archive: Archive, head: Account, hands: Hands) -> None:
    for _attempt in range(FREE_FAILURES):
        with pytest.raises(PolicyError):
            log_in(archive, head.login, OTHER)
    with pytest.raises(PolicyError):
        log_in(archive, head.login, PASSWORD)
    hands.time += WAIT + timedelta(seconds=1)
    assert log_in(archive, head.login, PASSWORD) == head
    assert archive.catalogue.accounts.credentials(head.id).failures == 0


def test_a_login_ends_by_time_by_logout_and_by_a_new_password(archive: Archive, head: Account, hands: Hands) -> None:
    log_in(archive, head.login, PASSWORD)
    hands.time += VALID
    assert identify(archive) is None
    log_in(archive, head.login, PASSWORD)
    hands.time -= timedelta(days=1)
    assert identify(archive) is None, "a clock set back does not bring a token to life"
    hands.time += timedelta(days=1)
    set_password(archive, head, OTHER, "quên")
    assert identify(archive) is None
    log_in(archive, head.login, OTHER)
    stolen = token_file(archive).read_text()
    log_out(archive)
    token_file(archive).write_text(stolen)
    token_file(archive).chmod(0o600)
    assert identify(archive) is None


def test_a_disabled_account_acts_no_more_at_once(archive: Archive, head: Account) -> None:
    other = add_account(archive, "minh", "Trần Minh", {Role.RECORDS_OFFICER}, PASSWORD)
    log_in(archive, "minh", PASSWORD)
    disable(archive, other, "nghỉ hưu")
    assert identify(archive) is None
    with pytest.raises(PolicyError):
        log_in(archive, "minh", PASSWORD)


def test_a_role_that_is_lacking_is_named(archive: Archive, head: Account) -> None:
    with pytest.raises(PolicyError, match="logged in as: approver"):
        require(archive, Role.APPROVER)
    log_in(archive, head.login, PASSWORD)
    with pytest.raises(PolicyError, match="lan may not do this; it needs: approver"):
        require(archive, Role.APPROVER)
    set_roles(archive, head, {Role.ADMINISTRATOR, Role.APPROVER}, "được giao")
    assert require(archive, Role.APPROVER).login == "lan"


def test_the_last_administrator_stays(archive: Archive, head: Account) -> None:
    for act in (lambda: disable(archive, head, "x"), lambda: set_roles(archive, head, {Role.APPROVER}, "x")):
        with pytest.raises(PolicyError, match="only administrator"):
            act()
    add_account(archive, "minh", "Trần Minh", {Role.ADMINISTRATOR}, PASSWORD)
    assert not set_roles(archive, head, {Role.APPROVER}, "x").holds(Role.ADMINISTRATOR)


@pytest.mark.parametrize("login", ["", "a", "Lan", "lan nguyen", "lán", "-lan", "x" * 41, "lan\n"])
def test_a_login_that_cannot_be_typed_is_refused(archive: Archive, login: str) -> None:
    with pytest.raises(InputError):
        add_account(archive, login, "Lan", {Role.ADMINISTRATOR}, PASSWORD)
    assert not archive.catalogue.accounts.any()


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("L\x1ban", PASSWORD), ("Lan", "short"), ("Lan", "x" * 1025)]
)
def test_a_name_or_password_that_cannot_be_used_is_refused(archive: Archive, name: str, password: str) -> None:
    with pytest.raises(InputError):
        add_account(archive, "lan", name, {Role.ADMINISTRATOR}, password)
    assert not archive.catalogue.accounts.any()


def test_a_login_is_given_once(archive: Archive, head: Account) -> None:
    with pytest.raises(ConflictError, match="lan already"):
        add_account(archive, "lan", "Lan khác", {Role.APPROVER}, PASSWORD)
    with pytest.raises(NotFoundError):
        find_account(archive, "minh")


def test_nothing_secret_leaves_the_catalogue_and_a_rebuild_knows_everybody(archive: Archive, head: Account) -> None:
    minh = add_account(archive, "minh", "Trần Minh", {Role.APPROVER}, PASSWORD)
    minh = disable(archive, minh, "nghỉ")
    kept = [item.key for item in archive.copies.list(ACCOUNTS)]
    assert len(kept) == 3
    for key in kept:
        with archive.copies.open(key) as stream:
            content = json.loads(stream.read())
        assert set(content["account"]) == {"id", "login", "name", "roles", "created", "disabled"}
    before = list(archive.catalogue.accounts.all())
    with sqlite3.connect(archive.folder / "catalogue.sqlite") as database:
        database.execute("DELETE FROM account_tokens")
        database.execute("DELETE FROM accounts")
    assert restore_accounts(archive) == 3
    assert list(archive.catalogue.accounts.all()) == before
    with pytest.raises(PolicyError):
        log_in(archive, head.login, PASSWORD)


def test_nobody_can_pass_for_another_where_there_are_accounts(archive: Archive, head: Account) -> None:
    os.environ[ACTOR] = "lan"
    assert identify(archive) is None
    assert current_actor()[0] != "lan"


def test_no_account_costs_as_much_as_a_wrong_password(
    archive: Archive, head: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the time of an answer tells who has an account."""
    spent: list[str] = []
    real: Any = passwords._hasher()

    class Counting:
        def hash(self, password: str) -> Any:
            spent.append("hash")
            return real.hash(password)

        def verify(self, stored: str, password: str) -> Any:
            spent.append("verify")
            return real.verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Counting)
    for login in ("lan", "nobody"):
        spent.clear()
        with pytest.raises(PolicyError):
            log_in(archive, login, OTHER)
        assert len(spent) == 1


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_only_a_regular_file_holds_a_token(archive: Archive, head: Account, kind: str) -> None:
    path = token_file(archive)
    path.parent.mkdir(parents=True)
    os.mkfifo(path, 0o600) if kind == "pipe" else path.mkdir(0o700)
    with pytest.raises(ConfigurationError):
        identify(archive)


def test_without_a_home_folder_the_place_of_the_token_must_be_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    identify(archive)
    monkeypatch.delenv("CHAUBAN_TOKEN_FILE")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(ConfigurationError, match="no home folder"):
        token_file(archive)
