"""The commands of schedules and classes."""

from collections.abc import Iterator
from pathlib import Path

import click

from archive.catalogue.retention_rows import schedule_json
from archive.open_commands import opened
from archive.retention.importing import COLUMNS, read_schedules
from archive.retention.sample import write_sample
from archive.retention.schedules import (
    Preview,
    approve_schedule,
    enter_classes,
    enter_schedules,
    find_draft,
    moved_records,
    preview,
)
from archive.retention.values import RecordClass, Schedule, ScheduleStatus
from archive.retention.wording import OFFSET_WORDS, STATUS_WORDS, rule_text, shown_day, trigger_text
from model.errors import EXIT_FAILED, NotFoundError
from model.findings import printable
from model.rendering import finding_lines, json_line
from model.text import N_, _, ngettext

_SHOWN_MOVES = 20
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the act."))
_dry_run = click.option("--dry-run", is_flag=True, help=N_("Only say what would be done."))


@click.group(help=N_("Disposal schedules: which rule, from when, for how long, and what then."))
def schedule() -> None:
    """Group of the schedule commands."""


@schedule.command("import", help=N_("Enter schedules from a spreadsheet as drafts; nothing moves yet."))
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_dry_run
@_because
@_json_option
@click.pass_context
def import_schedules(ctx: click.Context, path: Path, dry_run: bool, because: str, as_json: bool) -> None:
    """Enter schedules; none where a row is wrong."""
    with opened(ctx) as archive:
        read = read_schedules(path)
        for finding in read.findings:
            for line in (
                [json_line({"schema": "finding/1", **finding.to_public()})] if as_json else finding_lines(finding)
            ):
                click.echo(line)
        if read.findings:
            ctx.exit(EXIT_FAILED)
        entered = list(read.drafts) if dry_run else enter_schedules(archive, read.drafts, because)
    for item in entered:
        click.echo(json_line(_json(item)) if as_json else _line(item))
    text = ngettext("{count} schedule entered as draft", "{count} schedules entered as drafts", len(entered))
    click.echo(text.format(count=0 if dry_run else len(entered)), err=True)


@schedule.command("sample", help=N_("Write a list of the rows known from the circulars, with source and status."))
@click.argument("path", type=click.Path(path_type=Path))
def sample(path: Path) -> None:
    """Write the sample."""
    click.echo(printable(str(write_sample(path, [titles[0] for titles in COLUMNS.values()]))))


@schedule.command("list", help=N_("List the schedules in force; also the drafts and old versions."))
@click.option("--drafts", is_flag=True, help=N_("Only those that wait for approval."))
@click.option("--all", "everything", is_flag=True, help=N_("Also superseded versions."))
@_json_option
@click.pass_context
def list_schedules(ctx: click.Context, drafts: bool, everything: bool, as_json: bool) -> None:
    """List schedules."""
    with opened(ctx) as archive:
        table = archive.catalogue.retention
        found = table.schedules()
        if drafts:
            found = [item for item in found if item.status is ScheduleStatus.DRAFT]
        elif not everything:
            found = sorted(table.rules().schedules.values(), key=lambda item: item.code)
    for item in found:
        click.echo(json_line(_json(item)) if as_json else _line(item))


@schedule.command("show", help=N_("Show every version of a schedule."))
@click.argument("code")
@_json_option
@click.pass_context
def show(ctx: click.Context, code: str, as_json: bool) -> None:
    """Show a schedule."""
    with opened(ctx) as archive:
        table = archive.catalogue.retention
        known = table.rules().schedules.get(code)
        found = table.schedules(code) or ([known] if known else [])
    if not found:
        raise NotFoundError(
            N_("There is no schedule {code}."), hint=N_("`chauban retention schedule list` shows them."), code=code
        )
    for item in found:
        for line in [json_line(_json(item))] if as_json else _lines(item):
            click.echo(line)


@schedule.command("diff", help=N_("Show how many records a draft would move earlier or later, before it is approved."))
@click.argument("code")
@click.option("--records", is_flag=True, help=N_("Also which records."))
@_json_option
@click.pass_context
def diff(ctx: click.Context, code: str, records: bool, as_json: bool) -> None:
    """Preview a draft."""
    with opened(ctx) as archive:
        draft = find_draft(archive, code)
        found = preview(archive, draft)
        for line in [json_line(_preview_json(found))] if as_json else _preview_lines(found):
            click.echo(line)
        for record, after in moved_records(archive, draft) if records else ():
            before = record.dates.due.isoformat() if record.dates else None
            moved = {"aip_id": str(record.aip_id), "before": before, "after": after.isoformat() if after else None}
            told = json_line({"schema": "retention-move/1", **moved})
            days = f"{shown_day(record.dates.due if record.dates else None)} → {shown_day(after)}"
            click.echo(told if as_json else f"  {record.aip_id}  {days}")


@schedule.command("approve", help=N_("Put a draft in force, as somebody else than who entered it."))
@click.argument("code")
@_dry_run
@_because
@click.pass_context
def approve(ctx: click.Context, code: str, dry_run: bool, because: str) -> None:
    """Approve a draft, and show what it moves."""
    with opened(ctx) as archive:
        draft = find_draft(archive, code)
        for line in _preview_lines(preview(archive, draft)):
            click.echo(line)
        if not dry_run:
            click.echo(_line(approve_schedule(archive, draft, because)))


@click.group("class", help=N_("Classes of records and the schedule of each."))
def class_group() -> None:
    """Group of the class commands."""


@class_group.command("map", help=N_("Give a class, which information symbols name, a schedule."))
@click.argument("code")
@click.option("--schedule", "schedule_code", required=True, help=N_("Code of the schedule."))
@click.option("--title", default="", help=N_("Title of the class."))
@click.option("--fonds", default="", help=N_("Only in this fonds."))
@_because
@click.pass_context
def map_class(ctx: click.Context, code: str, schedule_code: str, title: str, fonds: str, because: str) -> None:
    """Enter a class."""
    item = RecordClass(fonds=fonds, code=code, title=title, schedule=schedule_code)
    with opened(ctx) as archive:
        enter_classes(archive, [item], because)
    click.echo(_class_line(item))


@class_group.command("list", help=N_("List the classes."))
@_json_option
@click.pass_context
def list_classes(ctx: click.Context, as_json: bool) -> None:
    """List the classes."""
    with opened(ctx) as archive:
        for _key, item in sorted(archive.catalogue.retention.rules().classes.items()):
            data = {"fonds": item.fonds, "code": item.code, "title": item.title, "rule": item.schedule}
            click.echo(json_line({"schema": "retention-class/1", **data}) if as_json else _class_line(item))


def _json(item: Schedule) -> dict[str, object]:
    return {"schema": "retention-schedule/1", **schedule_json(item)}


def _line(item: Schedule) -> str:
    state = _(STATUS_WORDS[item.status])
    return printable(f"{item.code}  v{item.version}  {state}  {item.title}: {rule_text(item)}")


def _lines(item: Schedule) -> Iterator[str]:
    yield _line(item)
    if item.period is not None:
        begins = _("Begins with {trigger}, counts {offset}.")
        yield "  " + begins.format(trigger=trigger_text(item), offset=_(OFFSET_WORDS[item.offset]))
        yield "  " + _("To be decided within {days} days.").format(days=item.confirmation_days)
    for title, value in (
        (_("Mandate"), item.mandate),
        (_("Scope"), item.scope),
        (_("Source"), item.source),
        (_("Note"), item.note),
        (_("Entered by"), item.entered_by),
        (_("Approved by"), item.approved_by),
        (_("Reason"), item.because),
    ):
        if value:
            yield printable(f"  {title}: {value}")


def _preview_json(found: Preview) -> dict[str, object]:
    moves = [
        {
            "trigger": move.trigger.isoformat() if move.trigger else None,
            "before": move.before.isoformat() if move.before else None,
            "after": move.after.isoformat() if move.after else None,
            "count": move.count,
        }
        for move in found.moves
    ]
    counts = {"earlier": found.earlier, "later": found.later, "same": found.same}
    return {
        "schema": "retention-diff/1",
        "code": found.draft.code,
        "version": found.draft.version,
        **counts,
        "moves": moves,
    }


def _preview_lines(found: Preview) -> Iterator[str]:
    yield _line(found.draft)
    if found.current is not None:
        yield "  " + _("instead of: {schedule}").format(schedule=_line(found.current))
    yield "  " + _("{earlier} records become due earlier, {later} later, {same} stay.").format(
        earlier=found.earlier, later=found.later, same=found.same
    )
    for move in found.moves[:_SHOWN_MOVES]:
        files = ngettext("{count} case file", "{count} case files", move.count).format(count=move.count)
        begin = _("begins {day}").format(day=shown_day(move.trigger))
        yield f"    {files}, {begin}: {shown_day(move.before)} → {shown_day(move.after)}"
    if len(found.moves) > _SHOWN_MOVES:
        yield "    " + _("… and {count} more dates").format(count=len(found.moves) - _SHOWN_MOVES)


def _class_line(item: RecordClass) -> str:
    return printable(f"{item.code}  {item.title}  {item.fonds or _('every fonds')}  → {item.schedule}")
