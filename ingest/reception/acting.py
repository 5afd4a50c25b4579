"""Who acts in a reception: where the archive has accounts, somebody who is logged in with the role for it.

Source:
    Circular 05/2025/TT-BNV, Articles 24 and 25: officers check and decide, somebody else approves.
"""

from archive.accounts.acting import identify, require
from archive.accounts.values import Role
from archive.archive import Archive

OFFICERS = (Role.RECORDS_OFFICER, Role.ARCHIVIST)
"""Who registers, receives and decides."""
APPROVERS = (Role.APPROVER,)


def must_be(archive: Archive, roles: tuple[Role, ...]) -> None:
    """See that somebody with one of the roles is logged in, where there are accounts; the audit log names them.

    Raises:
        PolicyError: nobody is logged in, or without such a role.
    """
    if archive.catalogue.accounts.any():
        require(archive, *roles)


def person(archive: Archive, actor: str) -> str:
    """Return the name of the person whose account acted; empty where that is no account."""
    account = archive.catalogue.accounts.named(actor) if actor else None
    return account.name if account is not None else ""


def whoever_is_logged_in(archive: Archive) -> str:
    """Return the name of the person who is logged in; empty for nobody."""
    account = identify(archive)
    return account.name if account is not None else ""
