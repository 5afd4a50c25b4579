"""`chauban retention review …`: from the list of what is due to the certificate that it is destroyed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from archive.archive import Archive
from archive.open_commands import opened
from archive.review.council import appoint, extend, minute, object_, vote
from archive.review.decision import approve, confirm, register_appraisal, reject
from archive.review.executing import execute_review, run
from archive.review.hook import DOSSIER
from archive.review.opening import Request, candidates, open_review
from archive.review.recording import find_review, read_review, restore_reviews
from archive.review.showing import ITEM_SCHEMA, ITEM_WORDS, review_json, review_lines, short_line
from archive.review.values import Choice, ItemState, Review, ReviewState
from model.errors import EXIT_DONE, InputError, IntegrityError, PolicyError
from model.findings import printable
from model.rendering import finding_lines, json_line
from model.text import N_, _

TakeIn = Callable[[Archive, Review], Review]
"""Takes the dossier of an executed review in."""

_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the act."))
_dry_run = click.option("--dry-run", is_flag=True, help=N_("Only say what would be done."))
_cases = click.option("--case", "cases", multiple=True, help=N_("Code or identifier of a case file of the list."))


def commands() -> Sequence[click.Command]:
    """Return the commands of this package."""
    return (review,)


@click.group("review", help=N_("Reviews of what is due: list, council, decision, destruction, certificate."))
def review() -> None:
    """Group of the review commands."""


@review.command("open", help=N_("Open a review over what is due for destruction and not held."))
@click.option("--by", type=_DAY, help=N_("Due on this day or before; today when not given."))
@click.option("--fonds", default="", help=N_("Only of this fonds."))
@click.option("--schedule", default="", help=N_("Only records that this schedule rules."))
@click.option("--duplicates", is_flag=True, help=N_("Say which have the same content as another case file."))
@click.option("--title", required=True, help=N_("What the review is called."))
@_dry_run
@_because
@click.pass_context
def open_command(
    ctx: click.Context,
    by: object,
    fonds: str,
    schedule: str,
    duplicates: bool,
    title: str,
    dry_run: bool,
    because: str,
) -> None:
    """Open a review."""
    day = date.fromisoformat(str(by)[:10]) if by else None
    request = Request(title=title, by=day, fonds=fonds, schedule=schedule, duplicates=duplicates)
    with opened(ctx) as archive:
        if dry_run:
            for item in candidates(archive, request):
                note = f" [{item.note}]" if item.note else ""
                click.echo(printable(f"{_(ITEM_WORDS[item.state])}  {item.code}  {item.title}{note}"))
            return
        _tell(archive, open_review(archive, request, because))


@review.command("list", help=N_("List the reviews, oldest first."))
@_json_option
@click.pass_context
def list_reviews(ctx: click.Context, as_json: bool) -> None:
    """List reviews."""
    with opened(ctx) as archive:
        _restore(archive)
        for review_id, _number in archive.catalogue.reviews.all():
            found = read_review(archive, review_id)
            click.echo(json_line(review_json(archive, found)) if as_json else short_line(archive, found))


@review.command("show", help=N_("Show how far a review is, who did what, and what is missing next."))
@click.argument("identifier")
@click.option("--items", is_flag=True, help=N_("Also list its case files."))
@_json_option
@click.pass_context
def show_review(ctx: click.Context, identifier: str, items: bool, as_json: bool) -> None:
    """Show a review."""
    with opened(ctx) as archive:
        found = find_review(archive, identifier)
        for line in [json_line(review_json(archive, found))] if as_json else review_lines(archive, found):
            click.echo(line)
        for row in archive.catalogue.reviews.items(found.id) if items else ():
            data = {"schema": ITEM_SCHEMA, "aip_id": str(row.aip_id), "case_code": row.case_code}
            data |= {"state": row.state.value, "note": row.note}
            note = f" [{row.note}]" if row.note else ""
            text = printable(f"{row.position}  {row.case_code}  {_(ITEM_WORDS[row.state])}{note}")
            click.echo(json_line(data) if as_json else text)


@review.command("appoint", help=N_("Appoint the council: at least a chair, a secretary and a member."))
@click.argument("identifier")
@click.option("--chair", required=True, help=N_("Login."))
@click.option("--secretary", required=True, help=N_("Login."))
@click.option("--member", "members", multiple=True, required=True, help=N_("Login; may be given again."))
@click.option("--decision", default="", help=N_("Number of the decision that founds the council."))
@click.option("--date", "day", type=_DAY, help=N_("Day of that decision."))
@_because
@click.pass_context
def appoint_council(
    ctx: click.Context,
    identifier: str,
    chair: str,
    secretary: str,
    members: tuple[str, ...],
    decision: str,
    day: object,
    because: str,
) -> None:
    """Appoint the council."""
    founded = decision, date.fromisoformat(str(day)[:10]) if day else None
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, appoint(archive, found, (chair, secretary, members), because, founded))


@review.command("vote", help=N_("Vote as a member of the council, about some case files or all."))
@click.argument("identifier")
@click.option("--destroy", "choice", flag_value="destroy", required=True, help=N_("For destruction."))
@click.option("--keep", "choice", flag_value="keep", help=N_("For keeping."))
@_cases
@click.option("--all", "every", is_flag=True, help=N_("About every case file of the list."))
@_because
@click.pass_context
def vote_command(
    ctx: click.Context, identifier: str, choice: str, cases: tuple[str, ...], every: bool, because: str
) -> None:
    """Vote."""
    if every is bool(cases):
        raise click.UsageError(_("Name case files with --case, or all of them with --all."))
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, vote(archive, found, Choice(choice), cases, because))


@review.command("object", help=N_("Object to the destruction of case files: they are out of the review."))
@click.argument("identifier")
@_cases
@_because
@click.pass_context
def object_command(ctx: click.Context, identifier: str, cases: tuple[str, ...], because: str) -> None:
    """Object."""
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, object_(archive, found, cases, because))


@review.command("extend", help=N_("Give case files another rule: they are out of the review and kept longer."))
@click.argument("identifier")
@_cases
@click.option("--schedule", required=True, help=N_("Code of the schedule they get."))
@_because
@click.pass_context
def extend_command(ctx: click.Context, identifier: str, cases: tuple[str, ...], schedule: str, because: str) -> None:
    """Extend."""
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, extend(archive, found, cases, schedule, because))


@review.command("minutes", help=N_("End the council's work: its minutes, as chair or secretary."))
@click.argument("identifier")
@_because
@click.pass_context
def minutes_command(ctx: click.Context, identifier: str, because: str) -> None:
    """Make the minutes."""
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, minute(archive, found, because))


@review.command("appraisal", help=N_("Register the written appraisal of the competent archives body."))
@click.argument("identifier")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--authority", required=True, help=N_("Who appraised."))
@click.option("--date", "day", type=_DAY, required=True, help=N_("Day of the appraisal."))
@_because
@click.pass_context
def appraisal(ctx: click.Context, identifier: str, path: Path, authority: str, day: object, because: str) -> None:
    """Register the appraisal."""
    with _found(ctx, identifier) as (archive, found):
        dated = date.fromisoformat(str(day)[:10])
        _tell(archive, register_appraisal(archive, found, path, authority, dated, because))


@review.command("approve", help=N_("Decide that what is left is destroyed."))
@click.argument("identifier")
@click.option("--decision", required=True, help=N_("Number of the decision."))
@click.option("--date", "day", type=_DAY, required=True, help=N_("Day of the decision."))
@_because
@click.pass_context
def approve_command(ctx: click.Context, identifier: str, decision: str, day: object, because: str) -> None:
    """Approve."""
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, approve(archive, found, decision, date.fromisoformat(str(day)[:10]), because))


@review.command("reject", help=N_("Decide that nothing is destroyed."))
@click.argument("identifier")
@_because
@click.pass_context
def reject_command(ctx: click.Context, identifier: str, because: str) -> None:
    """Reject."""
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, reject(archive, found, because))


@review.command("confirm", help=N_("Confirm the decision by typing what it does; the cooling-off begins."))
@click.argument("identifier")
@click.option("--phrase", default="", help=N_("What `show` tells to type; asked for when not given."))
@_because
@click.pass_context
def confirm_command(ctx: click.Context, identifier: str, phrase: str, because: str) -> None:
    """Confirm."""
    with _found(ctx, identifier) as (archive, found):
        if not phrase:
            for line in review_lines(archive, found):
                click.echo(line, err=True)
            phrase = click.prompt(_("Type the confirmation"), err=True)
        _tell(archive, confirm(archive, found, phrase, because))


@review.command("execute", help=N_("Destroy what the confirmed decision still covers."))
@click.argument("identifier")
@_dry_run
@_because
@click.pass_context
def execute_command(ctx: click.Context, identifier: str, dry_run: bool, because: str) -> None:
    """Execute."""
    with _found(ctx, identifier) as (archive, found):
        if dry_run:
            for done in run(archive, found, dry_run=True):
                click.echo(done.aip_id)
                for finding in done.findings:
                    for line in finding_lines(finding):
                        click.echo(line)
            return
        done_review = execute_review(archive, found, because)
        take_in: TakeIn | None = ctx.meta.get(DOSSIER)
        if done_review.state is ReviewState.EXECUTED and take_in is not None:
            done_review = take_in(archive, done_review)
        _tell(archive, done_review)
        for row in archive.catalogue.reviews.items(found.id, ItemState.REFUSED, ItemState.BLOCKED):
            click.echo(printable(f"  {row.case_code}: {row.note}"))


@review.command("dossier", help=N_("Take the dossier of an executed review into the archive, if that was cut off."))
@click.argument("identifier")
@click.pass_context
def dossier_command(ctx: click.Context, identifier: str) -> None:
    """Take the dossier in."""
    take_in: TakeIn = ctx.meta[DOSSIER]
    with _found(ctx, identifier) as (archive, found):
        _tell(archive, take_in(archive, found))


@review.command("certificate", help=N_("Write the forms of a review into a folder; at its end also the certificate."))
@click.argument("identifier")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help=N_("Folder for the forms."))
@click.pass_context
def certificate(ctx: click.Context, identifier: str, folder: Path) -> None:
    """Write the forms."""
    from archive.review.papers import write_papers

    with _found(ctx, identifier) as (archive, found):
        if not found.runs:
            raise PolicyError(
                N_("Review {number} is not executed: there is nothing to certify."),
                hint=N_("`chauban retention review show {number}` tells what is to be done next."),
                number=found.number,
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                N_("The folder {path} cannot be made: {why}."),
                hint=N_("Name another one."),
                path=folder,
                why=error.strerror or error,
            ) from error
        for path in write_papers(archive, found, folder):
            click.echo(printable(str(path)))
    ctx.exit(EXIT_DONE)


@contextmanager
def _found(ctx: click.Context, identifier: str) -> Iterator[tuple[Archive, Review]]:
    with opened(ctx) as archive:
        yield archive, find_review(archive, identifier)


def _restore(archive: Archive) -> None:
    for key, why in restore_reviews(archive):
        raise IntegrityError(N_("{key} cannot be used: {why}"), hint=N_("Run `chauban verify`."), key=key, why=why)


def _tell(archive: Archive, found: Review) -> None:
    click.echo(short_line(archive, found))
