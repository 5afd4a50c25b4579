"""Logging in, and who is acting now.

A login leaves a token in a file that only its owner can read; the catalogue knows the token's digest and
when it ends. Nothing secret is ever an argument of a command.
"""

import hashlib
import os
import secrets
import stat
from datetime import timedelta
from pathlib import Path

from archive.accounts.passwords import fits
from archive.accounts.values import ROLE_WORDS, Account, Role
from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import ACTOR, Action, ActOutcome
from model.errors import ConfigurationError, InputError, PolicyError
from model.text import N_, _

TOKEN_FILE = "CHAUBAN_TOKEN_FILE"
VALID = timedelta(hours=12)
"""How long a login lasts."""
FREE_FAILURES = 5
"""Wrong passwords before an account has to wait."""
WAIT = timedelta(minutes=5)
_TOKEN_BYTES = 32
_MAX_TOKEN = 1024


def log_in(archive: Archive, login: str, password: str) -> Account:
    """Let somebody in who knows the password, and leave the token in the token file.

    Raises:
        PolicyError: no such account, a wrong password, or too many of them; nobody is told which.
        ConfigurationError: the token file cannot be written.
    """
    now = archive.clock.now()
    account = archive.catalogue.accounts.named(login.strip().lower())
    known = archive.catalogue.accounts.credentials(account.id) if account is not None else None
    waiting = known is not None and known.locked_until is not None and known.locked_until > now
    right = fits(known.password if known is not None else "", password)
    if account is None or account.disabled is not None or waiting or not right:
        if account is not None and not right and not waiting:
            archive.catalogue.accounts.count_failure(account.id, FREE_FAILURES, now + WAIT)
            details = {"login": account.login}
            record_act(archive, Action.LOGIN, account.id, outcome=ActOutcome.REFUSED, details=details)
        raise PolicyError(
            N_("The login or the password is wrong, or there were too many wrong ones."),
            hint=N_("Try again in {minutes} minutes at the latest; an administrator can set a new password."),
            minutes=int(WAIT.total_seconds() // 60),
        )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    archive.catalogue.accounts.add_token(account.id, _digest(token), now, now + VALID)
    _write(token_file(archive), token)
    os.environ[ACTOR] = account.login
    record_act(archive, Action.LOGIN, account.id, details={"login": account.login})
    return account


def log_out(archive: Archive) -> None:
    """End the login of the token file, if there is one."""
    token = _read(token_file(archive))
    if token:
        archive.catalogue.accounts.drop_token(_digest(token))
    token_file(archive).unlink(missing_ok=True)


def identify(archive: Archive) -> Account | None:
    """Return who is logged in, and let the audit log name them; nobody else can be named where accounts exist.

    Raises:
        ConfigurationError: others can read the token file.
    """
    if not archive.catalogue.accounts.any():
        return None
    token = _read(token_file(archive))
    account = archive.catalogue.accounts.holder(_digest(token), archive.clock.now()) if token else None
    os.environ[ACTOR] = account.login if account is not None else ""
    return account


def require(archive: Archive, *roles: Role) -> Account:
    """Return who is logged in, if they hold one of the roles.

    Raises:
        PolicyError: nobody is logged in, or without such a role.
    """
    account = identify(archive)
    words = ", ".join(_(ROLE_WORDS[role]) for role in roles)
    if account is None:
        raise PolicyError(
            N_("This needs somebody who is logged in as: {roles}."),
            hint=N_("Run `chauban login`; the first account is made with `chauban user add`."),
            roles=words,
        )
    if roles and not account.holds(*roles):
        raise PolicyError(
            N_("{login} may not do this; it needs: {roles}."),
            hint=N_("Ask somebody who has this role, or an administrator."),
            login=account.login,
            roles=words,
        )
    return account


def reasoned(because: str) -> str:
    """Return the reason of a decision.

    Raises:
        InputError: none is given.
    """
    if not because.strip():
        raise InputError(N_("A decision needs a reason."), hint=N_("Give it with --because."))
    return because


def token_file(archive: Archive) -> Path:
    """Return where the token of this archive is kept: a file of its own for each archive and each user.

    Raises:
        ConfigurationError: the user has no home folder.
    """
    named = os.environ.get(TOKEN_FILE, "")
    if named:
        return Path(named)
    try:
        base = os.environ.get("XDG_CONFIG_HOME", "") or Path.home() / ".config"
    except RuntimeError as error:
        raise ConfigurationError(
            N_("This account of the machine has no home folder where a token could be kept."),
            hint=N_("Name a place with CHAUBAN_TOKEN_FILE."),
        ) from error
    return Path(base) / "chauban" / f"{archive.configuration.archive_id}.token"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _write(path: Path, token: str) -> None:
    """Write the token so that at no moment anybody else can read it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token)
        fresh.replace(path)
    except OSError as error:
        raise ConfigurationError(
            N_("The token file {path} cannot be written: {why}."),
            hint=N_("Name another place with CHAUBAN_TOKEN_FILE."),
            path=path,
            why=error.strerror or error,
        ) from error


def _read(path: Path) -> str:
    """Return the token of a file that nobody else can read: what was checked is what is read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            private = stat.S_ISREG(facts.st_mode) and not stat.S_IMODE(facts.st_mode) & 0o077
            if not private or facts.st_uid != os.getuid():
                raise ConfigurationError(
                    N_("Others can read the token file {path}; it is not used."),
                    hint=N_("Delete it and run `chauban login` again."),
                    path=path,
                )
            return file.read(_MAX_TOKEN).decode("ascii", "surrogateescape").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ConfigurationError(
            N_("The token file {path} cannot be read: {why}."),
            hint=N_("Delete it and run `chauban login` again."),
            path=path,
            why=error.strerror or error,
        ) from error
