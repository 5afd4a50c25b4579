"""`chauban signature …`: what the signatures of files are worth; `check` needs no archive."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from model.errors import EXIT_DONE, ConflictError, InputError, NotFoundError, severest_exit
from model.findings import Outcome, printable
from model.rendering import exit_code_of, json_line, path_fields
from model.signatures import SignatureReport
from model.text import N_, _
from model.walking import found_files
from preservation.signatures.findings import UNREADABLE
from preservation.signatures.rendering import SCHEMA, report_json, report_lines
from preservation.signatures.requirement import Requirement, required
from preservation.trust.commands import Moment, archive_trust

__all__ = ["Moment", "signature"]


@click.group("signature", help=N_("Check electronic signatures, and judge them again."))
def signature() -> None:
    """Group of the signature commands; the archive adds its own to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What `signature check` was asked."""

    trust: Path | None
    at: datetime | None
    policy: Path | None
    require: Requirement
    fetch: bool | None
    """None: as the policy says."""
    report: Path | None
    as_json: bool


@signature.command(
    "check",
    help=N_(
        "Find and check the signatures of files; folders are walked, and nothing is changed.\n\n"
        "Ends with 0 when every signature passed, 3 when one failed, 4 when something could not be decided or there is"
        " no signature."
    ),
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    help=N_("Folder of the certificates that are trusted; the archive's by default, else nothing is trusted."),
)
@click.option("--at", type=Moment(), help=N_("Judge for this time: 2026-03-02, 2026-03-02T08:00:00Z or 02/03/2026."))
@click.option("--policy", type=click.Path(path_type=Path), help=N_("Signature policy; the shipped one by default."))
@click.option(
    "--require",
    type=click.Choice([one.value for one in Requirement]),
    default=Requirement.ANY.value,
    show_default=True,
    help=N_("Which valid signatures a file must have: any, none, person, agency or both of them."),
)
@click.option(
    "--fetch/--offline",
    default=None,
    help=N_("Fetch revocation data from the addresses the policy lists, or never; as the policy says by default."),
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help=N_("Also write a report: .pdf for people, .xml by ETSI TS 119 102-2."),
)
@click.option("--json", "as_json", is_flag=True, help=N_("One JSON object per file, one per line."))
@click.pass_context
def check(context: click.Context, /, paths: tuple[Path, ...], require: str, **options: Any) -> None:
    """Print the report on each file; end with the severest exit code."""
    own = archive_trust(context)
    options["trust"] = options["trust"] or own.folder
    options["policy"] = options["policy"] or own.policy
    context.exit(_check(paths, CheckOptions(require=Requirement(require), **options)))


def _check(paths: tuple[Path, ...], options: CheckOptions) -> int:
    from preservation.signatures.beside import Surroundings
    from preservation.signatures.opening import open_checker
    from preservation.signatures.pairing import PairedChecks
    from preservation.signatures.reporting.files import write_report

    if options.report and options.report.exists():
        raise ConflictError(
            N_("{path} is there already."), hint=N_("Name another file, or remove that one."), path=options.report
        )
    codes, kept = {EXIT_DONE}, []
    present = [path for path in paths if _is_there(path, codes, as_json=options.as_json)]
    with open_checker(options.trust, options.policy, fetch=options.fetch, at=options.at) as checker:
        files = (file for path in present for file in found_files(path))
        for found in PairedChecks(checker, Surroundings(present)).run(files):
            report = required(found.checked.report, options.require, found.beside)
            codes.update((exit_code_of(report.outcome), _read_code(report)))
            _show(report, found.signed_by, as_json=options.as_json)
            if options.report:
                kept.append((report, found.checked.material))
    if options.report:
        write_report(kept, options.report)
    return severest_exit(codes)


def _show(report: SignatureReport, signed_by: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json_line(report_json(report, signed_by=signed_by)))
    else:
        click.echo("\n".join(report_lines(report, signed_by=signed_by)))


def _is_there(path: Path, codes: set[int], *, as_json: bool) -> bool:
    """Tell whether something is at a path; if not, say so and go on with the others."""
    if os.path.lexists(path):
        return True
    codes.add(NotFoundError.exit_code)
    message = _("There is nothing at {path}.").format(path=printable(str(path)))
    if as_json:
        told = {"outcome": Outcome.INDETERMINATE.value, "signatures": [], "findings": []}
        error = {"error": NotFoundError.code, "message": message, "hint": _("Check the spelling of the path.")}
        click.echo(json_line({"schema": SCHEMA, **path_fields(str(path)), **told, **error}))
    else:
        click.echo(message, err=True)
    return False


def _read_code(report: SignatureReport) -> int:
    unreadable = any(finding.code == UNREADABLE.code for finding in report.file.findings)
    return InputError.exit_code if unreadable else EXIT_DONE
