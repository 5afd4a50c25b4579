"""`chauban retention destroyed …`: what is destroyed, and finishing what was interrupted or held up."""

from collections.abc import Iterable, Iterator, Sequence

import click

from archive.accounts.acting import require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.catalogue.disposal import StubRow
from archive.disposal.execution import remove_again, resume
from archive.disposal.showing import (
    KEPT,
    STATE_WORDS,
    destruction_details,
    find_stubs,
    listed_details,
    listed_line,
    stub_details,
    stub_lines,
)
from archive.disposal.stubs import restore_stubs
from archive.disposal.values import Destruction, DisposalState
from archive.open_commands import opened
from model.errors import EXIT_DONE, ConflictError, NotFoundError, PartialError
from model.rendering import finding_lines, json_line
from model.text import N_, _, ngettext

_PAGE = 500
_GONE = DisposalState.DESTROYED
_UNFINISHED = (DisposalState.DESTROYING, DisposalState.BLOCKED)
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the act."))
_dry_run = click.option("--dry-run", is_flag=True, help=N_("Only say what would be done."))


def commands() -> Sequence[click.Command]:
    """Return the commands of this package."""
    return (destroyed,)


@click.group("destroyed", help=N_("What was destroyed or handed over, and what of it is not removed yet."))
def destroyed() -> None:
    """Group of the commands about destroyed records."""


@destroyed.command("list", help=N_("List what is left of destroyed records, by identifier."))
@click.option("--unfinished", is_flag=True, help=N_("Only those of which something may be left."))
@click.option("--limit", type=click.IntRange(1), default=1000, help=N_("How many are listed at most."))
@_json_option
@click.pass_context
def list_destroyed(ctx: click.Context, unfinished: bool, limit: int, as_json: bool) -> None:
    """List stubs."""
    with opened(ctx) as archive:
        for row in _rows(archive, limit, _UNFINISHED if unfinished else ()):
            click.echo(json_line(listed_details(row)) if as_json else listed_line(row))
        counts = archive.catalogue.stubs.counts()
    done, waiting = counts.get(DisposalState.DESTROYED, 0), sum(counts.get(state, 0) for state in _UNFINISHED)
    text = ngettext("{done} record destroyed", "{done} records destroyed", done)
    click.echo(f"{text.format(done=done)}, {_('{waiting} not finished').format(waiting=waiting)}", err=True)
    ctx.exit(EXIT_DONE)


@destroyed.command("show", help=N_("Show what is left of a destroyed record: what it was, and why it is not here."))
@click.argument("identifier")
@_json_option
@click.pass_context
def show_destroyed(ctx: click.Context, identifier: str, as_json: bool) -> None:
    """Show stubs: a case file that was handed in again may have been destroyed more than once."""
    with opened(ctx) as archive:
        for row in _found(archive, identifier):
            for line in [json_line(stub_details(archive, row))] if as_json else stub_lines(archive, row):
                click.echo(line)


@destroyed.command("resume", help=N_("Remove what interrupted runs left, and what a store had locked."))
@_dry_run
@_because
@_json_option
@click.pass_context
def resume_command(ctx: click.Context, dry_run: bool, because: str, as_json: bool) -> None:
    """Go on with what is decided and not done."""
    with opened(ctx) as archive:
        person = require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
        restore_stubs(archive)
        waiting = archive.catalogue.stubs.unfinished()
        if dry_run or not waiting:
            for row in waiting:
                click.echo(json_line(listed_details(row)) if as_json else listed_line(row))
            return
        record_act(archive, Action.DESTROY_RESUME, person.id, because=because, details={"records": len(waiting)})
        left = tell_destructions(resume(archive), as_json=as_json)
    ctx.exit(PartialError.exit_code if left else EXIT_DONE)


@destroyed.command("remove-again", help=N_("Remove what was brought back of a destroyed record."))
@click.argument("identifier")
@_dry_run
@_because
@_json_option
@click.pass_context
def remove_again_command(ctx: click.Context, identifier: str, dry_run: bool, because: str, as_json: bool) -> None:
    """Remove a record that reappeared."""
    with opened(ctx) as archive:
        require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
        rows = _found(archive, identifier)
        if len(rows) > 1:
            raise ConflictError(
                N_("{identifier} means {count} destroyed records."),
                hint=N_("Give the identifier of the package."),
                identifier=identifier,
                count=len(rows),
            )
        if dry_run:
            click.echo(json_line(listed_details(rows[0])) if as_json else listed_line(rows[0]))
            return
        record_act(archive, Action.DESTROY_RESUME, rows[0].aip_id, because=because)
        left = tell_destructions([remove_again(archive, rows[0].aip_id)], as_json=as_json)
    ctx.exit(PartialError.exit_code if left else EXIT_DONE)


def tell_destructions(done: Iterable[Destruction], *, as_json: bool, gone: str = STATE_WORDS[_GONE]) -> int:
    """Print what became of each record, on standard output; return how many are not gone.

    Args:
        gone: what is said of those that are.
    """
    left = 0
    for item in done:
        left += item.state is not _GONE
        if as_json:
            click.echo(json_line(destruction_details(item)))
            continue
        word = KEPT if item.state is None else gone if item.state is _GONE else STATE_WORDS[item.state]
        click.echo(f"{item.aip_id}  {_(word)}")
        for finding in item.findings:
            for line in finding_lines(finding):
                click.echo(line)
    return left


def _rows(archive: Archive, limit: int, states: Sequence[DisposalState]) -> Iterator[StubRow]:
    after, left = None, limit
    while left and (page := archive.catalogue.stubs.page(after, min(left, _PAGE), *states)):
        yield from page
        after, left = page[-1].aip_id, left - len(page)


def _found(archive: Archive, identifier: str) -> list[StubRow]:
    rows = find_stubs(archive, identifier)
    if not rows:
        raise NotFoundError(
            N_("No record {record} was destroyed."),
            hint=N_("`chauban retention destroyed list` shows what was."),
            record=identifier,
        )
    return rows
