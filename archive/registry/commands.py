"""Commands of the registry: fonds and agencies."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.catalogue.values import Agency, Fonds
from archive.open_commands import opened
from archive.registry.registry import put_agency, put_fonds, read_agencies
from model.errors import NotFoundError
from model.findings import printable
from model.rendering import json_line
from model.text import N_, _, ngettext

_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))


@click.group("fonds", help=N_("The fonds of the archive."))
def fonds_group() -> None:
    """Group of the fonds commands."""


@fonds_group.command("add", help=N_("Enter a fonds, or a later state of one."))
@click.argument("code")
@click.option("--title", required=True, help=N_("Title of the fonds."))
@click.option("--agency", default="", help=N_("Identifier code of the agency that formed it."))
@click.option("--closed", is_flag=True, help=N_("Nothing more is added to it."))
@click.option("--history", default="", help=N_("History of who formed it."))
@click.option("--note", default="", help=N_("Note."))
@click.pass_context
def add_fonds(ctx: click.Context, code: str, title: str, agency: str, closed: bool, history: str, note: str) -> None:
    """Enter a fonds."""
    fonds = Fonds(code=code, title=title, closed=closed, agency_code=agency, history=history, note=note)
    with opened(ctx) as archive:
        put_fonds(archive, fonds)
        record_act(archive, Action.REGISTRY, code, details={"kind": "fonds"})
    click.echo(_fonds_line(fonds))


@fonds_group.command("list", help=N_("List the fonds."))
@_json_option
@click.pass_context
def list_fonds(ctx: click.Context, as_json: bool) -> None:
    """List the fonds."""
    with opened(ctx) as archive:
        for fonds in archive.catalogue.list_fonds():
            click.echo(json_line({"schema": "fonds/1", **asdict(fonds)}) if as_json else _fonds_line(fonds))


@click.group("agency", help=N_("Agencies, with the dates of their codes and their successors."))
def agency_group() -> None:
    """Group of the agency commands."""


@agency_group.command("import", help=N_("Enter agencies from a CSV file: code, name, valid_from, valid_to, successor."))
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def import_agencies(ctx: click.Context, path: Path) -> None:
    """Enter agencies from a file; nothing is entered when a line cannot be read."""
    agencies = list(read_agencies(path))
    with opened(ctx) as archive:
        for agency in agencies:
            put_agency(archive, agency)
        record_act(
            archive,
            Action.REGISTRY,
            archive.configuration.archive_id,
            details={"kind": "agencies", "count": len(agencies)},
        )
    text = ngettext("{count} agency entered", "{count} agencies entered", len(agencies))
    click.echo(text.format(count=len(agencies)))


@agency_group.command("show", help=N_("Show an agency and who carried on its work, or who it was on a day (--at)."))
@click.argument("code")
@click.option("--at", "day", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help=N_("On this day."))
@_json_option
@click.pass_context
def show_agency(ctx: click.Context, code: str, day: object, as_json: bool) -> None:
    """Show an agency and its successors."""
    with opened(ctx) as archive:
        agencies = _agencies(archive, code, day)
    if not agencies:
        raise NotFoundError(
            N_("No agency with the code {code} is known."),
            hint=N_("Enter it with `chauban agency import`."),
            code=code,
        )
    for agency in agencies:
        click.echo(json_line({"schema": "agency/1", **_plain(agency)}) if as_json else _agency_line(agency))


def _agencies(archive: Archive, code: str, day: object) -> Sequence[Agency]:
    if day is None:
        return archive.catalogue.successor_chain(code)
    found = archive.catalogue.agency_at(code, date.fromisoformat(str(day)[:10]))
    return [found] if found else []


def _plain(agency: Agency) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(agency).items()}


def _fonds_line(fonds: Fonds) -> str:
    state = _("closed") if fonds.closed else _("open")
    return printable(f"{fonds.code}  {fonds.title or _('(no title yet)')}  {state}  {fonds.agency_code}".rstrip())


def _agency_line(agency: Agency) -> str:
    dates = f"{agency.valid_from or '…'} – {agency.valid_to or '…'}"
    successor = f"  → {agency.successor_code}" if agency.successor_code else ""
    return printable(f"{agency.code}  {agency.name}  {dates}{successor}")
