"""`chauban package …`: checks that need no archive."""

import os
from pathlib import Path

import click

from model.errors import ArchiveError, NotFoundError, severest_exit
from model.findings import ValidationReport, printable
from model.rendering import exit_code_of, json_line, report_json, report_lines
from model.text import N_, _

SCHEMA = "package-check/1"
UNKNOWN = "unknown"
"""Type of a path that could not be opened."""
CASE_FOLDER_CHECK = "chauban.case-folder-check"
"""Key of the root context's `meta`: what checks folders with a descriptor, set where descriptors can be read."""
EDXML_CHECK = "chauban.edxml-check"
"""Key of the root context's `meta`: what checks edXML messages, set where messages can be read."""
LEGACY_CHECK = "chauban.legacy-check"
"""Key of the root context's `meta`: what checks packages by Circular 02/2019, set where they can be read."""


@click.group("package", help=N_("Check packages."))
def package() -> None:
    """Group of the package commands."""


@package.command("check", help=N_("Check a bag, information package or edXML message completely; nothing is changed."))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=N_("One JSON object for each path."))
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:
    """Check each path, print its report, and end with the severest exit code.

    A path that cannot be read does not keep the others from being checked.
    """
    from preservation.package.check import check_package

    meta = context.find_root().meta
    case_folder, edxml, legacy = (meta.get(key) for key in (CASE_FOLDER_CHECK, EDXML_CHECK, LEGACY_CHECK))
    codes: set[int] = set()
    for path in paths:
        try:
            if not os.path.lexists(path):
                raise NotFoundError(
                    N_("There is nothing at {path}."), hint=N_("Check the spelling of the path."), path=path
                )
            report = check_package(path, case_folder=case_folder, edxml=edxml, legacy=legacy)
        except ArchiveError as error:
            codes.add(error.exit_code)
            _show_error(path, error, as_json=as_json)
            continue
        codes.add(exit_code_of(report.outcome))
        if as_json:
            click.echo(json_line(report_json(SCHEMA, report)))
        else:
            for line in report_lines(report):
                click.echo(line)
    context.exit(severest_exit(codes))


def _show_error(path: Path, error: ArchiveError, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json_line(
                report_json(SCHEMA, ValidationReport(subject=str(path), type=UNKNOWN))
                | {
                    "error": error.code,
                    "message": printable(error.message),
                    "hint": printable(error.hint),
                }
            )
        )
        return
    message = _("{path}: {message}").format(path=printable(str(path)), message=printable(str(error)))
    click.echo(message, err=True)
