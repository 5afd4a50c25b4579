"""The command line of Châu Bản: the root group, the global options, and errors turned into exit codes."""

import errno
import gettext
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from model.errors import EXIT_CUT_OFF, EXIT_INTERRUPTED, ArchiveError, StorageError
from model.findings import printable
from model.rendering import json_line
from model.terminal import language_asked, print_anything
from model.text import DOMAIN, LANGUAGES, LOCALE_DIR, N_, _, use_language
from model.version import program_version

_HOMES: Mapping[str, tuple[str, ...]] = {
    "agency": ("archive.registry.commands:agency_group",),
    "audit": ("archive.audit.commands:audit",),
    "casefile": ("ingest.desk.commands:casefile",),
    "doctor": ("archive.commands:doctor",),
    "evidence": ("preservation.evidence.commands:evidence", "archive.evidence.commands"),
    "export": ("archive.access.commands:export",),
    "fonds": ("archive.registry.commands:fonds_group",),
    "format": ("formats.commands:format_group",),
    "ingest": ("ingest.commands:ingest",),
    "init": ("archive.commands:init",),
    "login": ("archive.accounts.commands:login",),
    "logout": ("archive.accounts.commands:logout",),
    "package": ("preservation.commands:package",),
    "rebuild": ("ingest.commands:rebuild",),
    "retention": (
        "archive.retention.commands:retention",
        "ingest.deadlines.commands",
        "archive.review.commands",
        "archive.disposal.commands",
    ),
    "search": ("archive.commands:search",),
    "show": ("archive.commands:show",),
    "signature": ("preservation.signatures.commands:signature", "archive.signatures.commands"),
    "submission": ("ingest.reception.commands:submission_group",),
    "template": ("ingest.commands:template",),
    "transfer": ("ingest.commands:transfer_group", "archive.handover.commands"),
    "trust": ("preservation.trust.commands:trust",),
    "user": ("archive.accounts.commands:user",),
    "verify": ("archive.commands:verify",),
    "whoami": ("archive.accounts.commands:whoami",),
}
"""Where each command lives, loaded when it is asked for; a group's further members come from the modules after it."""


class ChauBan(click.Group):
    """The root group: finds the commands, and is the one place where errors become a sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Load a command, its help in the language in force."""
        if cmd_name in _HOMES and cmd_name not in self.commands:
            first, *others = _HOMES[cmd_name]
            module, _colon, name = first.partition(":")
            command: click.Command = getattr(import_module(module), name)
            for other in others:
                for member in import_module(other).commands():
                    command.add_command(member)  # type: ignore[attr-defined]  # only groups have others
            _translate(command)
            self.add_command(command, cmd_name)
        return self.commands.get(cmd_name)

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
    from archive.disposal.hook import BEYOND
    from archive.review.hook import DOSSIER
    from preservation.commands import CASE_FOLDER_CHECK, EDXML_CHECK, LEGACY_CHECK
    from preservation.evidence.commands import HELD_RECORDS
    from preservation.trust.commands import ARCHIVE_TRUST

    ctx.obj = folder
    ctx.meta[CASE_FOLDER_CHECK] = _later("ingest.sources.case_folder", "check_case_folder")
    ctx.meta[EDXML_CHECK] = _later("ingest.edxml.check", "check_edxml")
    ctx.meta[LEGACY_CHECK] = _later("ingest.legacy.check", "check_legacy")
    ctx.meta[HELD_RECORDS] = _later("archive.evidence.commands", "open_records")
    ctx.meta[BEYOND] = (_later("ingest.desk.forgetting", "forget"),)
    ctx.meta[DOSSIER] = _later("ingest.reviewing", "take_in_dossier")
    ctx.meta[ARCHIVE_TRUST] = partial(_later("archive.signatures.trusting", "archive_trust"), folder)
    use_language(lang or language_asked(()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program.

    The language is chosen before the commands are loaded, so that their help is in it too.
    """
    print_anything()
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = language_asked(given)
    use_language(language)
    os.environ["LANGUAGE"] = language  # click's own sentences go through the standard gettext
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain(DOMAIN)
    _translate(root)
    root.main(given, prog_name="chauban")


def load_commands() -> click.Group:
    """Return the root group with every command in it."""
    context = click.Context(root)
    for name in root.list_commands(context):
        root.get_command(context, name)
    return root


def _later(module: str, name: str) -> Callable[..., Any]:
    """Return a function of a module that is loaded when it is called."""
    return lambda *given, **named: getattr(import_module(module), name)(*given, **named)  # noqa: PLW0108 - loads late


def _stop_writing(error: OSError) -> None:
    """Say that stdout cannot be written, unless its reader went away; any other error is a bug and goes on as one."""
    if error.errno not in {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO} or error.filename is not None:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered goes nowhere, without complaint
    if error.errno != errno.EPIPE:
        hint = N_("Choose another place or free some space.")
        _show(StorageError(N_("{path} cannot be written: {why}."), hint=hint, path="stdout", why=error.strerror))


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
