"""The command line of Châu Bản: the root group, the global options, and errors turned into exit codes."""

import errno
import gettext
import io
import os
import sys
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from model.errors import EXIT_CUT_OFF, EXIT_INTERRUPTED, ArchiveError, StorageError
from model.findings import printable
from model.rendering import json_line
from model.text import DOMAIN, LANGUAGES, LOCALE_DIR, N_, _, language_of_locale, use_language
from model.version import program_version

if TYPE_CHECKING:
    from preservation.trust.commands import ArchiveTrust


class ChauBan(click.Group):
    """The root group: one place where errors become a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        A verdict is the command's own exit code; every error a user can meet is one sentence on stderr.
        """
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            _show(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo(_("Interrupted. Run the same command again to go on."), err=True)
            ctx.exit(EXIT_INTERRUPTED)
        except OSError as error:
            _stop_writing(error)
            ctx.exit(EXIT_CUT_OFF if isinstance(error, BrokenPipeError) else StorageError.exit_code)


@click.group(
    cls=ChauBan,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CHAUBAN", "max_content_width": 100},
    help=N_(
        "Châu Bản keeps finished electronic case files for decades and can still prove them.\n\n"
        "Begin with `chauban init PATH`, then `chauban ingest FOLDER`."
    ),
)
@click.option(
    "--archive",
    "-A",
    "folder",
    envvar="CHAUBAN_HOME",
    type=click.Path(path_type=Path),
    default=Path(),
    help=N_("Folder of the archive (CHAUBAN_HOME); the current folder by default."),
)
@click.option("--lang", type=click.Choice(LANGUAGES), help=N_("Language of messages: vi or en."))
@click.version_option(
    program_version(), prog_name="chauban", message="%(prog)s %(version)s", help=N_("Show the version.")
)
@click.pass_context
def root(ctx: click.Context, folder: Path, lang: str | None) -> None:
    """Remember where the archive is, which commands open when they need it, and what judges case-file folders."""
    from archive.evidence.commands import open_records
    from ingest.edxml.check import check_edxml
    from ingest.legacy.check import check_legacy
    from ingest.sources.case_folder import check_case_folder
    from preservation.commands import CASE_FOLDER_CHECK, EDXML_CHECK, LEGACY_CHECK
    from preservation.evidence.commands import HELD_RECORDS
    from preservation.trust.commands import ARCHIVE_TRUST

    ctx.obj = folder
    ctx.meta[CASE_FOLDER_CHECK] = check_case_folder
    ctx.meta[EDXML_CHECK] = check_edxml
    ctx.meta[LEGACY_CHECK] = check_legacy
    ctx.meta[HELD_RECORDS] = open_records
    ctx.meta[ARCHIVE_TRUST] = partial(_archive_trust, folder)
    use_language(lang or _language(()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program.

    The language is chosen before the commands are loaded, so that their help is in it too.
    """
    _print_anything()
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = _language(given)
    use_language(language)
    os.environ["LANGUAGE"] = language  # click's own sentences go through the standard gettext
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain(DOMAIN)
    try:
        command = load_commands()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    _translate(command)
    command.main(given, prog_name="chauban")


def load_commands() -> click.Group:
    """Return the root group with every command in it."""
    from archive.access.commands import export
    from archive.accounts.commands import commands as account_commands
    from archive.audit.commands import audit
    from archive.commands import commands as archive_commands
    from archive.evidence.commands import commands as evidence_commands
    from archive.registry.commands import commands as registry_commands
    from archive.retention.commands import retention
    from archive.signatures.commands import commands as signature_commands
    from formats.commands import format_group
    from ingest.commands import commands as ingest_commands
    from ingest.desk.commands import casefile
    from ingest.reception.commands import submission_group
    from preservation.commands import package
    from preservation.evidence.commands import evidence
    from preservation.signatures.commands import signature
    from preservation.trust.commands import trust

    groups = (export, audit, casefile, format_group, package, signature, trust, evidence, retention, submission_group)
    for command in (*archive_commands(), *ingest_commands(), *registry_commands(), *account_commands(), *groups):
        root.add_command(command)
    for group, members in ((signature, signature_commands()), (evidence, evidence_commands())):
        for command in members:
            group.add_command(command)
    return root


def _archive_trust(folder: Path) -> "ArchiveTrust":
    """Return what the archive in a folder says about trust; nothing where there is no archive."""
    from archive.audit.recording import record_trust
    from archive.configuration import CONFIG_NAME, read_configuration
    from preservation.trust.commands import ArchiveTrust

    if not (folder / CONFIG_NAME).is_file():
        return ArchiveTrust()
    settings = read_configuration(folder).signatures
    home = folder / settings.trust
    return ArchiveTrust(
        home=home,
        folder=settings.trust_folder(folder),
        policy=settings.policy_file(folder),
        record=partial(record_trust, folder),
    )


def _stop_writing(error: OSError) -> None:
    """Say that stdout cannot be written, unless its reader went away; any other error is a bug and goes on as one."""
    if error.errno not in {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO} or error.filename is not None:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered goes nowhere, without complaint
    if error.errno != errno.EPIPE:
        hint = N_("Choose another place or free some space.")
        _show(StorageError(N_("{path} cannot be written: {why}."), hint=hint, path="stdout", why=error.strerror))


def _print_anything() -> None:
    """Keep output from failing on a character: data in UTF-8, and on a terminal what it cannot show as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _language(arguments: Sequence[str]) -> str:
    """Return the language: the option, CHAUBAN_LANG, then the locale."""
    named = [after for option, after in pairwise(arguments) if option == "--lang"]
    named += [item.removeprefix("--lang=") for item in arguments if item.startswith("--lang=")]
    for choice in (*named, os.environ.get("CHAUBAN_LANG", "")):
        if choice in LANGUAGES:
            return choice
    return language_of_locale()


def _translate(command: click.Command) -> None:
    """Put the help of a command, its options and its subcommands into the language in force."""
    command.help = _(command.help) if command.help else None
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = _(parameter.help)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _translate(child)


def _show(error: ArchiveError) -> None:
    if "--json" in sys.argv:
        sentences = {"message": printable(error.message), "hint": printable(error.hint)}
        click.echo(json_line({"schema": "error/1", "code": error.code, **sentences}), err=True)
        return
    click.echo(f"{_('Error')}: {printable(error.message)}", err=True)
    if error.hint:
        click.echo(f"  → {printable(error.hint)}", err=True)


if __name__ == "__main__":
    main()
