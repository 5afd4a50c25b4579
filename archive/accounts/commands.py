"""Commands of accounts: user, login, logout, whoami."""

from pathlib import Path

import click

from archive.accounts.accounts import add_account, disable, find_account, set_password, set_roles
from archive.accounts.acting import identify, log_in, log_out, require
from archive.accounts.values import ROLE_WORDS, Account, Role
from archive.archive import Archive
from archive.open_commands import opened
from model.errors import InputError, PolicyError
from model.findings import printable
from model.rendering import date_text, json_line
from model.text import N_, _

_MAX_FILE = 4096

_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the act."))
_password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help=N_("Read the password from the first line of a file, or of the standard input (-); else it is asked for."),
)
_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help=N_("What the person may do; may be given several times."),
)


@click.group(help=N_("Accounts of the people who act on the archive, and their roles."))
def user() -> None:
    """Group of the account commands."""


@user.command(help=N_("Enter a person. The first account of an archive is made by its operator and is administrator."))
@click.argument("login")
@click.option("--name", required=True, help=N_("The person's name."))
@_roles
@_password_file
@click.option("--because", default="", help=N_("The reason; it is kept with the act."))
@click.pass_context
def add(
    ctx: click.Context, login: str, name: str, roles: tuple[str, ...], password_file: Path | None, because: str
) -> None:
    """Enter an account."""
    wanted = {Role(role) for role in roles}
    with opened(ctx) as archive:
        if archive.catalogue.accounts.any():
            require(archive, Role.ADMINISTRATOR)
        elif Role.ADMINISTRATOR not in wanted:
            raise PolicyError(
                N_("The first account of an archive must be an administrator."),
                hint=N_("Add --role administrator; it may be taken away when there is another one."),
            )
        password = _password(password_file, confirm=True)
        click.echo(_line(add_account(archive, login.lower(), name, wanted, password, because=because)))


@user.command("list", help=N_("List the accounts."))
@_json_option
@click.pass_context
def list_users(ctx: click.Context, as_json: bool) -> None:
    """List the accounts."""
    with opened(ctx) as archive:
        for account in archive.catalogue.accounts.all():
            click.echo(json_line({"schema": "user/1", **account.to_json()}) if as_json else _line(account))


@user.command(help=N_("Give an account other roles: exactly the ones named."))
@click.argument("login")
@_roles
@_because
@click.pass_context
def role(ctx: click.Context, login: str, roles: tuple[str, ...], because: str) -> None:
    """Change the roles of an account."""
    with opened(ctx) as archive:
        require(archive, Role.ADMINISTRATOR)
        account = find_account(archive, login)
        click.echo(_line(set_roles(archive, account, {Role(name) for name in roles}, because)))


@user.command("disable", help=N_("Let an account act no more. It stays listed: what it did stays its own."))
@click.argument("login")
@_because
@click.pass_context
def disable_user(ctx: click.Context, login: str, because: str) -> None:
    """Disable an account."""
    with opened(ctx) as archive:
        require(archive, Role.ADMINISTRATOR)
        click.echo(_line(disable(archive, find_account(archive, login), because)))


@user.command(help=N_("Set a password: your own, or as administrator anybody's."))
@click.argument("login")
@_password_file
@click.option("--because", default="", help=N_("The reason; it is kept with the act."))
@click.pass_context
def password(ctx: click.Context, login: str, password_file: Path | None, because: str) -> None:
    """Set a password."""
    with opened(ctx) as archive:
        account = find_account(archive, login)
        current = identify(archive)
        if current is None or current.id != account.id:
            _require_administrator(archive)
        set_password(archive, account, _password(password_file, confirm=True), because)
        click.echo(_("The password of {login} was set; log in with it again.").format(login=account.login))


@click.command(help=N_("Log in; the token is left in a file that only you can read (CHAUBAN_TOKEN_FILE)."))
@click.argument("login")
@_password_file
@click.pass_context
def login(ctx: click.Context, login: str, password_file: Path | None) -> None:
    """Log in."""
    with opened(ctx) as archive:
        account = log_in(archive, login, _password(password_file, confirm=False))
        click.echo(_("Logged in as {login}, {name}.").format(login=account.login, name=printable(account.name)))


@click.command(help=N_("Log out."))
@click.pass_context
def logout(ctx: click.Context) -> None:
    """Log out."""
    with opened(ctx) as archive:
        log_out(archive)


@click.command(help=N_("Tell who is logged in."))
@_json_option
@click.pass_context
def whoami(ctx: click.Context, as_json: bool) -> None:
    """Tell who is logged in."""
    with opened(ctx) as archive:
        account = require(archive, *Role)
    click.echo(json_line({"schema": "user/1", **account.to_json()}) if as_json else _line(account))


def _require_administrator(archive: Archive) -> None:
    """Let an administrator pass, and after a rebuild, when nobody has a password, the operator of the machine."""
    if any(archive.catalogue.accounts.credentials(account.id).password for account in archive.catalogue.accounts.all()):
        require(archive, Role.ADMINISTRATOR)


def _password(path: Path | None, *, confirm: bool) -> str:
    if path is None:
        return str(click.prompt(_("Password"), hide_input=True, confirmation_prompt=confirm))
    try:
        with click.open_file(str(path), encoding="utf-8") as file:
            return str(file.readline(_MAX_FILE)).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            N_("The password cannot be read from {path}: {why}."),
            hint=N_("Name a text file whose first line is the password, or - for the standard input."),
            path=path,
            why=getattr(error, "strerror", "") or error,
        ) from error


def _line(account: Account) -> str:
    roles = ", ".join(_(ROLE_WORDS[role]) for role in sorted(account.roles))
    state = ""
    if account.disabled is not None:
        state = "  " + _("disabled since {time}").format(time=date_text(account.disabled))
    return printable(f"{account.login}  {account.name}  {roles}{state}")
