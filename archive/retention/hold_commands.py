"""The commands of holds."""

from collections.abc import Iterator

import click

from archive.access.export import find_one
from archive.archive import Archive
from archive.open_commands import opened
from archive.retention.hold_values import Hold, HoldScope, ScopeKind, lifting_json
from archive.retention.holding import find_hold, lift_hold, place_hold
from model.findings import printable
from model.rendering import date_text, json_line
from model.text import N_, _

_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the act."))

_SCOPE_WORDS = {
    ScopeKind.RECORD: N_("case file"),
    ScopeKind.CLASS: N_("class"),
    ScopeKind.FONDS: N_("fonds"),
    ScopeKind.QUERY: N_("search"),
}


@click.group(help=N_("Holds: what must not be destroyed, whatever its rule says."))
def hold() -> None:
    """Group of the hold commands."""


@hold.command(help=N_("Place a hold on case files, classes, fonds, or whatever a search finds."))
@click.option("--title", required=True, help=N_("Title of the hold."))
@click.option("--mandate", required=True, help=N_("What obliges to it, such as a request of a court."))
@click.option("--note", default="", help=N_("What it covers, in words."))
@click.option("--record", "records", multiple=True, help=N_("Code or identifier of a case file."))
@click.option("--class", "classes", multiple=True, help=N_("Code of a class; CODE@FONDS in one fonds only."))
@click.option("--fonds", multiple=True, help=N_("Code of a fonds."))
@click.option("--query", "queries", multiple=True, help=N_("A search; it is asked again before anything is destroyed."))
@_because
@click.pass_context
def place(
    ctx: click.Context,
    title: str,
    mandate: str,
    note: str,
    records: tuple[str, ...],
    classes: tuple[str, ...],
    fonds: tuple[str, ...],
    queries: tuple[str, ...],
    because: str,
) -> None:
    """Place a hold."""
    with opened(ctx) as archive:
        scopes = [
            *_records(archive, records),
            *map(_class, classes),
            *(HoldScope(kind=ScopeKind.FONDS, value=code) for code in fonds),
            *(HoldScope(kind=ScopeKind.QUERY, value=query) for query in queries),
        ]
        placed = place_hold(archive, title=title, mandate=mandate, scope_note=note, scopes=scopes, because=because)
        for line in _lines(archive, placed):
            click.echo(line)


@hold.command(help=N_("Lift a hold; its records follow their rule again unless another hold covers them."))
@click.argument("identifier")
@_because
@click.pass_context
def lift(ctx: click.Context, identifier: str, because: str) -> None:
    """Lift a hold."""
    with opened(ctx) as archive:
        for line in _lines(archive, lift_hold(archive, find_hold(archive, identifier), because)):
            click.echo(line)


@hold.command("list", help=N_("List the holds in force."))
@click.option("--lifted", is_flag=True, help=N_("Also those that were lifted."))
@click.option("--on", "record", default="", help=N_("Only those that cover this case file now."))
@_json_option
@click.pass_context
def list_holds(ctx: click.Context, lifted: bool, record: str, as_json: bool) -> None:
    """List holds."""
    with opened(ctx) as archive:
        found = archive.catalogue.holds.all(lifted=lifted)
        if record:
            aip_id = find_one(archive, record).aip_id
            found = iter(archive.catalogue.holds.barring([aip_id]).get(aip_id, ()))
        for item in found:
            if as_json:
                ending = lifting_json(item.lifting) if item.lifting else None
                records = archive.catalogue.holds.count_members(item.id)
                click.echo(json_line({"schema": "hold/1", **item.to_json(), "records": records, "lifting": ending}))
                continue
            for line in _lines(archive, item):
                click.echo(line)


def _records(archive: Archive, codes: tuple[str, ...]) -> Iterator[HoldScope]:
    for code in codes:
        yield HoldScope(kind=ScopeKind.RECORD, value=str(find_one(archive, code).aip_id))


def _class(written: str) -> HoldScope:
    code, _at, fonds = written.partition("@")
    return HoldScope(kind=ScopeKind.CLASS, value=code, fonds=fonds)


def _lines(archive: Archive, item: Hold) -> Iterator[str]:
    state = _("in force since {time}").format(time=date_text(item.placed_at))
    if item.lifting is not None:
        state = _("lifted {time} by {person}: {reason}").format(
            time=date_text(item.lifting.at), person=item.lifting.by, reason=item.lifting.because
        )
    yield printable(f"{item.id}  {item.title}  {state}")
    yield printable(f"  {_('Mandate')}: {item.mandate}")
    for scope in item.scopes:
        where = f" ({_('fonds')} {scope.fonds})" if scope.fonds else ""
        yield printable(f"  {_(_SCOPE_WORDS[scope.kind])}: {scope.value}{where}")
    count = archive.catalogue.holds.count_members(item.id)
    if count:
        yield "  " + _("case files named or found: {count}").format(count=count)
