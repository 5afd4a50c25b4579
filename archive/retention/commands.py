"""The retention commands: what is due, why, and what officers decide about single records."""

import csv
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from uuid import UUID

import click

from archive.access.export import find_one
from archive.archive import Archive
from archive.open_commands import opened
from archive.retention.deciding import assign_class, happened, override
from archive.retention.due import DueRecord, due_records, waiting_records, write_due
from archive.retention.explaining import explain
from archive.retention.hold_commands import hold
from archive.retention.opening import opening_records
from archive.retention.schedule_commands import class_group, schedule
from archive.retention.schedules import bring_level
from archive.retention.wording import shown_day
from model.errors import EXIT_DONE, InputError
from model.findings import printable
from model.rendering import json_line
from model.text import N_, _, ngettext

_MAX_EVENTS = 1_000_000
_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the act."))


@click.group(help=N_("How long records are kept, and what keeps them longer."))
def retention() -> None:
    """Group of the retention commands."""


retention.add_command(hold)
retention.add_command(schedule)
retention.add_command(class_group)


@retention.command(help=N_("List the records whose period has ended, by due date."))
@click.option("--by", type=_DAY, help=N_("Due on this day or before; today when not given."))
@click.option("--fonds", default="", help=N_("Only of this fonds."))
@click.option("--limit", type=click.IntRange(1), default=1000, help=N_("How many are listed at most."))
@click.option("--xlsx", type=click.Path(path_type=Path), help=N_("Write all of them into a spreadsheet."))
@_json_option
@click.pass_context
def due(ctx: click.Context, by: object, fonds: str, limit: int, xlsx: Path | None, as_json: bool) -> None:
    """List what is due; the number of all of them goes to stderr."""
    with opened(ctx) as archive:
        bring_level(archive)
        day = date.fromisoformat(str(by)[:10]) if by else archive.clock.now().date()
        total = archive.catalogue.retention.count_due(day, fonds=fonds)
        if xlsx is not None:
            click.echo(printable(str(write_due(archive, day, fonds, xlsx))))
        else:
            for record in due_records(archive, day, fonds=fonds, limit=limit):
                click.echo(json_line(record.to_json()) if as_json else _due_line(record))
    text = ngettext("{count} record is due", "{count} records are due", total).format(count=total)
    click.echo(text, err=True)
    ctx.exit(EXIT_DONE)


@retention.command(help=N_("List the records that wait: for a rule, or for what begins their period."))
@click.option("--for", "what", type=click.Choice(["rule", "trigger"]), required=True, help=N_("What they wait for."))
@click.option("--limit", type=click.IntRange(1), default=1000, help=N_("How many are listed at most."))
@_json_option
@click.pass_context
def waiting(ctx: click.Context, what: str, limit: int, as_json: bool) -> None:
    """List what waits."""
    with opened(ctx) as archive:
        bring_level(archive)
        for record in waiting_records(archive, what, limit=limit):
            click.echo(json_line(record.to_json()) if as_json else _due_line(record))


@retention.command(help=N_("List the records with conditional access that may be opened to the public."))
@click.option("--by", type=_DAY, help=N_("On this day or before; today when not given."))
@click.option("--limit", type=click.IntRange(1), default=1000, help=N_("How many are listed at most."))
@_json_option
@click.pass_context
def opening(ctx: click.Context, by: object, limit: int, as_json: bool) -> None:
    """List what may be opened."""
    with opened(ctx) as archive:
        bring_level(archive)
        day = date.fromisoformat(str(by)[:10]) if by else archive.clock.now().date()
        found = opening_records(archive, day, archive.configuration.conditional_years)
        for record in islice(found, limit):
            data = record.to_json() | {"schema": "retention-opening/1"}
            ended = shown_day(record.retention.ended)
            line = printable(f"{ended}  {record.case_code}  {record.title}  {record.retention.fonds}")
            click.echo(json_line(data) if as_json else line)


@retention.command("explain", help=N_("Explain until when a record is kept, by which rule, and why not yet."))
@click.argument("identifier")
@_json_option
@click.pass_context
def explain_record(ctx: click.Context, identifier: str, as_json: bool) -> None:
    """Explain the retention of a record."""
    with opened(ctx) as archive:
        found = explain(archive, find_one(archive, identifier))
    for line in [json_line(found.to_json())] if as_json else found.lines():
        click.echo(line if as_json else printable(line))


@retention.command("override", help=N_("Give records another rule than their own, with a reason; or their own again."))
@click.argument("identifiers", nargs=-1, required=True)
@click.option("--schedule", "code", default="", help=N_("Code of the schedule; none: their own rule again."))
@click.option("--dry-run", is_flag=True, help=N_("Only say what would be done."))
@_because
@click.pass_context
def override_records(ctx: click.Context, identifiers: tuple[str, ...], code: str, dry_run: bool, because: str) -> None:
    """Override the rule of records."""
    with opened(ctx) as archive:
        found = [find_one(archive, identifier) for identifier in identifiers]
        if not dry_run:
            override(archive, [held.aip_id for held in found], code, because)
        for held in found:
            for line in explain(archive, held).lines():
                click.echo(printable(line))


@class_group.command("assign", help=N_("Put records into a class; without a class, back to what their symbol names."))
@click.argument("identifiers", nargs=-1, required=True)
@click.option("--class", "code", default="", help=N_("Code of the class."))
@_because
@click.pass_context
def assign(ctx: click.Context, identifiers: tuple[str, ...], code: str, because: str) -> None:
    """Put records into a class."""
    with opened(ctx) as archive:
        found = [find_one(archive, identifier) for identifier in identifiers]
        assign_class(archive, [held.aip_id for held in found], code, because)
        for held in found:
            for line in explain(archive, held).lines():
                click.echo(printable(line))


@retention.group(help=N_("Events outside the archive that begin a period: a contract ended, an appeal was closed."))
def event() -> None:
    """Group of the event commands."""


@event.command(help=N_("Record an event of one case file (--case and --date), or of many (--file)."))
@click.argument("name")
@click.option("--case", "identifier", help=N_("Code or identifier of the case file."))
@click.option("--date", "day", type=_DAY, help=N_("Day on which it happened."))
@click.option("--file", "path", type=click.Path(path_type=Path), help=N_("CSV file with the columns case and date."))
@_because
@click.pass_context
def record(ctx: click.Context, name: str, identifier: str | None, day: object, path: Path | None, because: str) -> None:
    """Record events."""
    if (path is None) is (identifier is None) or (identifier is None) is not (day is None):
        raise click.UsageError(_("Give --case and --date, or --file."))
    with opened(ctx) as archive:
        days = _read_events(archive, path) if path else [_event(archive, str(identifier), str(day)[:10])]
        happened(archive, name, days, because)
    text = ngettext("{count} event recorded", "{count} events recorded", len(days))
    click.echo(text.format(count=len(days)))


def _read_events(archive: Archive, path: Path) -> Sequence[tuple[UUID, date]]:
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, skipinitialspace=True)
            for number, row in enumerate(rows, 2):
                if number > _MAX_EVENTS or not {"case", "date"} <= set(row):
                    raise _wrong_events(path, number, "case, date")
                found.append(_event(archive, row["case"] or "", row["date"] or ""))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise _wrong_events(path, len(found) + 2, str(error)) from error
    return found


def _event(archive: Archive, identifier: str, day: str) -> tuple[UUID, date]:
    when = date.fromisoformat("-".join(reversed(day.strip().split("/"))))
    return find_one(archive, identifier.strip()).aip_id, when


def _wrong_events(path: Path, line: int, why: str) -> InputError:
    return InputError(
        N_("{path}, line {line}, is no list of events: {why}."),
        hint=N_("Give a CSV file in UTF-8 with the columns case and date (2026-03-31 or 31/03/2026)."),
        path=path,
        line=line,
        why=why,
    )


def _due_line(found: DueRecord) -> str:
    record = found.retention
    days = record.dates
    held = f"  [{_('held')}: {', '.join(hold.title for hold in found.holds)}]" if found.holds else ""
    return printable(
        f"{shown_day(days.due if days else None)}  {found.case_code}  {found.title}  "
        f"{record.schedule or '–'}  {record.fonds}{held}"
    )
