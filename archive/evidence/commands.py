"""`chauban evidence seal|export`: sealing what is held, and giving out its evidence records."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from archive.access.export import find_one
from archive.access.writing import must_be_new, new_file
from archive.audit.recording import acting, record_finding
from archive.audit.values import Action, ActOutcome
from archive.evidence.showing import batch_json
from archive.evidence.values import NotSealed, SealedBatch, SealFailed, SealResult, SealSettings, WouldSeal
from archive.open_commands import opened
from model.errors import EXIT_DONE, severest_exit
from model.findings import Outcome, printable
from model.rendering import date_text, json_line
from model.text import N_, _, ngettext
from preservation.evidence.commands import HeldRecord
from preservation.trust.commands import Moment

_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))


def commands() -> Sequence[click.Command]:
    """Return the commands of this package; they belong into the group `evidence`."""
    return seal_command, export_command, renew_command, calendar_command


@contextmanager
def open_records(context: click.Context, identifier: str) -> Iterator[Iterable[HeldRecord]]:
    """Open the archive and give the evidence records of the package that an identifier means."""
    from archive.evidence.holding import held_records

    with opened(context) as archive:
        found: set[Outcome] = set()
        yield (replace(record, told=found.add) for record in held_records(archive, identifier))
        worst = next((outcome for outcome in _WORST_FIRST if outcome in found), Outcome.INDETERMINATE)
        record_finding(archive, Action.EVIDENCE_VERIFY, identifier, _WORST_FIRST[worst])


_WORST_FIRST = {
    Outcome.FAILED: ActOutcome.DAMAGE,
    Outcome.INDETERMINATE: ActOutcome.UNDECIDED,
    Outcome.PASSED: ActOutcome.DONE,
}


@click.command(
    "seal",
    help=N_(
        "Seal what waits: one timestamp of each configured authority proves many packages.\n\n"
        "Safe to interrupt at any point. Ends with 14 when an authority gave no timestamp that can be relied on: its"
        " packages wait, and the same command seals them later."
    ),
)
@click.option("--all", "everything", is_flag=True, help=N_("Everything that waits; so without any option too."))
@click.option("--limit", type=click.IntRange(1), help=N_("This many packages at most."))
@click.option("--dry-run", is_flag=True, help=N_("Only say what would be sealed."))
@_json_option
@click.pass_context
def seal_command(ctx: click.Context, everything: bool, limit: int | None, dry_run: bool, as_json: bool) -> None:
    """Seal packages."""
    from archive.evidence.seal import seal

    if everything and limit is not None:
        raise click.UsageError(_("--all and --limit exclude each other."))
    exits = {EXIT_DONE}
    counts: Counter[str] = Counter()
    with opened(ctx) as archive:
        for result in seal(archive, SealSettings(limit=limit, dry_run=dry_run)):
            exits.add(exit_of(result))
            counts[type(result).__name__] += 1
            click.echo(json_line(result_json(result)) if as_json else result_line(result))
    if not counts:
        click.echo(_("Nothing waits: everything held is sealed."), err=True)
    ctx.exit(severest_exit(exits))


@click.command(
    "export",
    help=N_(
        "Write the evidence record of a held case file to a file: RFC 4998, for any verifier.\n\n"
        "It proves the package as a whole and each single document of it. Where several authorities sealed the"
        " package, each has its own record, and the name of the authority becomes part of the file's name."
    ),
)
@click.argument("identifier")
@click.option("--document", type=click.IntRange(1), help=N_("Only if the record proves this document."))
@click.option("--authority", help=N_("Only the record of this authority."))
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help=N_("Where to write it."))
@click.pass_context
def export_command(
    ctx: click.Context, identifier: str, document: int | None, authority: str | None, target: Path
) -> None:
    """Export evidence records."""
    from archive.evidence.exporting import export_records

    with opened(ctx) as archive:
        held = find_one(archive, identifier)
        with acting(archive, Action.EXPORT, held.aip_id, details={"form": "evidence-record"}):
            paths = list(export_records(archive, held, target, document=document, authority=authority))
        for path in paths:
            click.echo(printable(str(path)))


@click.command(
    "renew",
    help=N_(
        "Renew evidence before it can no longer be proven.\n\n"
        "One timestamp covers the last timestamps of all batches that are due, whatever the number of packages. Where"
        " a hash algorithm ends, every package is read and hashed anew. Safe to interrupt at any point. Ends with 14"
        " when an authority gave no timestamp: nothing is lost, and the same command tries again."
    ),
)
@click.option("--due", is_flag=True, help=N_("Everything that is due."))
@click.option("--batch", type=click.UUID, help=N_("This batch, whether it is due or not."))
@click.option("--algorithm", default="", help=N_("Hash anew by this algorithm instead of the authority's own."))
@click.option("--because", default="", help=N_("Reason, for the record."))
@click.option("--dry-run", is_flag=True, help=N_("Only say what would be renewed."))
@_json_option
@click.pass_context
def renew_command(
    ctx: click.Context, due: bool, batch: UUID | None, algorithm: str, because: str, dry_run: bool, as_json: bool
) -> None:
    """Renew evidence."""
    from archive.evidence.renewal_showing import result_json as renewal_json
    from archive.evidence.renewal_showing import result_line as renewal_line
    from archive.evidence.renewal_values import NotRenewed, PackageNotHashed, RenewSettings
    from archive.evidence.renewing import renew

    if due == (batch is not None):
        raise click.UsageError(_("Give either --due or --batch."))
    settings = RenewSettings(batch=batch, algorithm=algorithm, because=because, dry_run=dry_run)
    exits: set[int] = set()
    with opened(ctx) as archive:
        for result in renew(archive, settings):
            exits.add(EXIT_DONE)
            if isinstance(result, NotRenewed | PackageNotHashed):
                exits.add(result.problem.exit_code)
            click.echo(json_line(renewal_json(result)) if as_json else renewal_line(result))
    if not exits:
        click.echo(_("Nothing is due."), err=True)
    ctx.exit(severest_exit({EXIT_DONE, *exits}))


@click.command(
    "calendar",
    help=N_("Show what must be renewed by which date, and why: certificates and algorithms that end."),
)
@click.option("--until", type=Moment(), help=N_("Leave out what is not due by then."))
@click.option("--plot", type=click.Path(path_type=Path), help=N_("Also draw it: a new file .svg, .png or .pdf."))
@_json_option
@click.pass_context
def calendar_command(ctx: click.Context, until: datetime | None, plot: Path | None, as_json: bool) -> None:
    """Show the renewal calendar."""
    from archive.drawing import FORMATS
    from archive.evidence.calendar import renewal_calendar
    from archive.evidence.plotting import plot_calendar
    from archive.evidence.renewal_showing import calendar_lines, plan_json

    if plot is not None and plot.suffix.lower() not in FORMATS:
        raise click.UsageError(_("--plot takes a file that ends with .svg, .png or .pdf."))
    if plot is not None:
        must_be_new(plot)
    with opened(ctx) as archive:
        plans = renewal_calendar(archive, until)
        for line in map(json_line, map(plan_json, plans)) if as_json else calendar_lines(plans):
            click.echo(line)
        if plot is not None:
            with new_file(plot) as file:
                file.write(plot_calendar(plans, archive.clock.now(), plot.suffix.lower()))
            click.echo(_("The calendar is drawn in {path}.").format(path=printable(str(plot))), err=True)
    if not plans:
        click.echo(_("Nothing has to be renewed."), err=True)


def exit_of(result: SealResult) -> int:
    """Return the exit code of one result."""
    return result.problem.exit_code if isinstance(result, NotSealed | SealFailed) else EXIT_DONE


def result_json(result: SealResult) -> dict[str, object]:
    """Return a result as JSON, schema `evidence-seal/1`."""
    data: dict[str, object] = {"schema": "evidence-seal/1"}
    match result:
        case SealedBatch(batch=batch, resumed=resumed):
            return data | {"state": "sealed", "resumed": resumed} | batch_json(batch)
        case WouldSeal(authority=authority, algorithm=algorithm, packages=packages):
            return data | {
                "state": "would-seal",
                "authority": authority,
                "algorithm": algorithm,
                "packages": packages,
            }
        case NotSealed(authority=authority, package=package, problem=problem):
            return data | {
                "state": "not-sealed",
                "authority": authority,
                "aip_id": str(package.aip_id),
                "version": package.version,
                "problem": printable(problem.message),
            }
        case SealFailed(authority=authority, waiting=waiting, problem=problem):
            return data | {
                "state": "failed",
                "authority": authority,
                "waiting": waiting,
                "problem": printable(problem.message),
            }


def result_line(result: SealResult) -> str:
    """Return a result in a line."""
    match result:
        case SealedBatch(batch=batch):
            text = ngettext(
                "{count} package sealed under one timestamp of {time} by {tsa} ({authority}, {algorithm})",
                "{count} packages sealed under one timestamp of {time} by {tsa} ({authority}, {algorithm})",
                batch.count,
            ).format(
                count=batch.count,
                time=date_text(batch.time),
                tsa=batch.tsa,
                authority=batch.authority,
                algorithm=batch.algorithm,
            )
            return printable(f"✓ {text}")
        case WouldSeal(authority=authority, algorithm=algorithm, packages=packages):
            return ngettext(
                "{count} package would be sealed by {authority} ({algorithm})",
                "{count} packages would be sealed by {authority} ({algorithm})",
                packages,
            ).format(count=packages, authority=authority, algorithm=algorithm)
        case NotSealed(problem=problem):
            return printable(f"✗ {problem}")
        case SealFailed(authority=authority, waiting=waiting, problem=problem):
            text = ngettext(
                "{count} package waits for {authority}: {problem}",
                "{count} packages wait for {authority}: {problem}",
                waiting,
            ).format(count=waiting, authority=authority, problem=problem)
            return printable(f"✗ {text}")
