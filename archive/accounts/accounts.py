"""Entering accounts and changing them: what they are is kept in the stores, their secrets in the catalogue only.

After a rebuild from the stores everybody is known again, and nobody has a password: an administrator
of the machine sets the first one anew.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from archive.accounts.acting import reasoned
from archive.accounts.passwords import hashed
from archive.accounts.values import Account, Role
from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.layout import ACCOUNTS, account_folder, account_key
from archive.pending import put_everywhere
from model.errors import ConflictError, InputError, NotFoundError, PolicyError
from model.findings import printable
from model.identifiers import new_uuid
from model.text import N_

SCHEMA = "chauban-account/1"
MAX_NAME = 200
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,39}")


def add_account(
    archive: Archive, login: str, name: str, roles: Iterable[Role], password: str, *, because: str = ""
) -> Account:
    """Enter an account.

    Raises:
        InputError: the login, name or password cannot be used.
        ConflictError: there is one with this login.
    """
    if not _LOGIN.fullmatch(login) or not name.strip() or len(name) > MAX_NAME or printable(name) != name:
        raise InputError(
            N_("{login} cannot be entered: a login has 2 to 40 of the characters a-z, 0-9, dot, dash, underscore."),
            hint=N_("Begin it with a letter, and give the person's name with --name."),
            login=login,
        )
    if archive.catalogue.accounts.named(login) is not None:
        raise ConflictError(
            N_("There is an account {login} already."), hint=N_("`chauban user list` shows the accounts."), login=login
        )
    secret = hashed(password)
    now = archive.clock.now()
    account = Account(id=new_uuid(now), login=login, name=name.strip(), roles=frozenset(roles), created=now)
    _keep(archive, account)
    archive.catalogue.accounts.put(account)
    archive.catalogue.accounts.set_password(account.id, secret)
    _record(archive, account, because, "added")
    return account


def set_roles(archive: Archive, account: Account, roles: Iterable[Role], because: str) -> Account:
    """Give an account other roles.

    Raises:
        PolicyError: nobody would be administrator any more.
        InputError: no reason is given.
    """
    changed = replace(account, roles=frozenset(roles))
    _check_change(archive, account, changed, because)
    _keep(archive, changed)
    archive.catalogue.accounts.put(changed)
    _record(archive, changed, because, "roles")
    return changed


def disable(archive: Archive, account: Account, because: str) -> Account:
    """Let an account act no more, at once, also while a store is away; it stays listed.

    Raises:
        PolicyError: nobody would be administrator any more.
        InputError: no reason is given.
        StorageError: it acts no more, and this must be done again once every store can be reached.
    """
    changed = replace(account, disabled=account.disabled or archive.clock.now())
    _check_change(archive, account, changed, because)
    archive.catalogue.accounts.put(changed)
    _keep(archive, changed)
    _record(archive, changed, because, "disabled")
    return changed


def set_password(archive: Archive, account: Account, password: str, because: str) -> None:
    """Set a password; every login with the old one ends.

    Raises:
        InputError: it cannot be used.
    """
    archive.catalogue.accounts.set_password(account.id, hashed(password))
    record_act(
        archive, Action.ACCOUNT, account.id, because=because, details={"what": "password", "login": account.login}
    )


def find_account(archive: Archive, login: str) -> Account:
    """Return the account with a login.

    Raises:
        NotFoundError: there is none.
    """
    account = archive.catalogue.accounts.named(login.lower())
    if account is None:
        raise NotFoundError(
            N_("There is no account {login}."), hint=N_("`chauban user list` shows the accounts."), login=login
        )
    return account


def restore_accounts(archive: Archive) -> int:
    """Bring every account of the stores into the catalogue, oldest state first; return how many states there were."""
    count = 0
    for item in archive.copies.list(ACCOUNTS):
        with archive.copies.open(item.key) as stream:
            archive.catalogue.accounts.put(Account.from_json(json.loads(stream.read())["account"]))
        count += 1
    return count


def _check_change(archive: Archive, account: Account, changed: Account, because: str) -> None:
    reasoned(because)
    others = (other for other in archive.catalogue.accounts.all() if other.id != account.id)
    loses = account.holds(Role.ADMINISTRATOR) and not changed.holds(Role.ADMINISTRATOR)
    if loses and not any(other.holds(Role.ADMINISTRATOR) for other in others):
        raise PolicyError(
            N_("{login} is the only administrator; the archive needs one."),
            hint=N_("Make somebody else administrator first."),
            login=account.login,
        )


def _keep(archive: Archive, account: Account) -> None:
    """Put what an account is now into every store."""
    number = 1 + sum(1 for _state in archive.copies.list(account_folder(account.id)))
    data = {"schema": SCHEMA, "account": account.to_json()}
    put_everywhere(archive, account_key(account.id, number), json.dumps(data, ensure_ascii=False, sort_keys=True))


def _record(archive: Archive, account: Account, because: str, what: str) -> None:
    details = {"what": what, "login": account.login, "roles": " ".join(sorted(role.value for role in account.roles))}
    record_act(archive, Action.ACCOUNT, account.id, because=because, details=details)
