"""Commands for what is handed over to another archive; they stand in the group `transfer`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click

from archive.archive import Archive
from archive.catalogue.handovers_values import (
    Handover,
    HandoverItem,
    HandoverRequest,
    HandoverState,
    HandoverTotals,
    ItemState,
    state_of,
)
from archive.disposal.commands import tell_destructions
from archive.disposal.showing import HANDED_OVER
from archive.handover.preparing import left_out, prepare
from archive.handover.receipts import Registered, Said, find_handover, register_receipt, withdraw
from archive.handover.releasing import release
from archive.handover.selecting import LEFT_OUT_WORDS, LeftOut, select
from archive.open_commands import opened
from model.dates import utc_text
from model.errors import EXIT_DONE, PartialError
from model.findings import printable
from model.rendering import date_text, json_line, size_text
from model.text import N_, _, ngettext
from preservation.package.profiles import SIP_PROFILES

_PATH = click.Path(path_type=Path)
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the decision."))

_STATE_WORDS = {
    HandoverState.PREPARING: N_("being prepared"),
    HandoverState.PREPARED: N_("prepared, no receipt"),
    HandoverState.PARTLY: N_("receipt for a part"),
    HandoverState.DONE: N_("done"),
}
_ITEM_WORDS = {
    ItemState.OPEN: N_("no receipt"),
    ItemState.ACCEPTED: N_("handed over"),
    ItemState.REFUSED: N_("refused by the receiver"),
    ItemState.WITHDRAWN: N_("withdrawn"),
}


def commands() -> Sequence[click.Command]:
    """Return the commands of this package."""
    return prepare_command, receipt, withdraw_command, release_command, handovers


@click.command("prepare", help=N_("Prepare the hand-over of case files that are kept for ever to another archive."))
@click.option("--to", "folder", type=_PATH, required=True, help=N_("New folder for packages, list and minutes."))
@click.option("--receiver", required=True, help=N_("Name of the archive that is to receive."))
@click.option("--receiver-code", required=True, help=N_("Its identifier code."))
@click.option("--registration", required=True, help=N_("Registration code that it gave."))
@click.option("--fonds", default="", help=N_("Only this fonds."))
@click.option(
    "--ended-before",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help=N_("Only case files that ended before this day."),
)
@click.option("--ids", multiple=True, help=N_("Only these case files: code or package identifier."))
@click.option("--profile", type=click.Choice(sorted(SIP_PROFILES)), default="vn-tt05", help=N_("Norm of the packages."))
@click.option(
    "--form", type=click.Choice(["zip", "folder"]), default="zip", help=N_("ZIP or folder for each case file.")
)
@click.option("--keep-links", is_flag=True, help=N_("Linked documents stay links, without their content."))
@click.option("--dry-run", is_flag=True, help=N_("Only say what would be handed over and what not."))
@_because
@_json_option
@click.pass_context
def prepare_command(ctx: click.Context, /, folder: Path, because: str, as_json: bool, **options: object) -> None:
    """Prepare a hand-over."""
    request = _request(options)
    with opened(ctx) as archive:
        if options["dry_run"]:
            _dry_run(archive, request, as_json=as_json)
            return

        def tell(item: HandoverItem) -> None:
            line = json_line(_item_json(item)) if as_json else f"✓ {item.code}  packages/{item.name}"
            click.echo(line if as_json else printable(line))

        prepared = prepare(archive, request, folder, because, tell)
        totals = archive.catalogue.handovers.totals(prepared.handover.id)
        if prepared.already:
            click.echo(_("This hand-over was prepared before; nothing was done."), err=True)
        _tell_left_out(left_out(archive, prepared.handover.id), as_json=as_json)
        line = json_line(_handover_json(prepared.handover, totals)) if as_json else _line(prepared.handover, totals)
        click.echo(line)


@click.command("receipt", help=N_("Register the receipt of the archive that received a hand-over."))
@click.argument("identifier")
@click.argument("file", type=_PATH)
@click.option(
    "--accepted",
    multiple=True,
    help=N_("Of a receipt that no program reads: case file codes it accepts, or `all`."),
)
@click.option(
    "--refused",
    multiple=True,
    help=N_("Of a receipt that no program reads: CODE=REASON of a case file it refuses, or `all=REASON`."),
)
@_because
@_json_option
@click.pass_context
def receipt(
    ctx: click.Context,
    identifier: str,
    file: Path,
    accepted: tuple[str, ...],
    refused: tuple[str, ...],
    because: str,
    as_json: bool,
) -> None:
    """Register a receipt."""
    said = Said(
        accepted=tuple(code.strip() for text in accepted for code in text.split(",") if code.strip()),
        refused=tuple(_refusal(text) for text in refused),
    )
    with opened(ctx) as archive:
        handover = find_handover(archive, identifier)
        registered = register_receipt(archive, handover, file, said, because)
        _tell_registered(archive, registered, as_json=as_json)


@click.command("withdraw", help=N_("Take back the case files of a hand-over of which no receipt tells."))
@click.argument("identifier")
@_because
@_json_option
@click.pass_context
def withdraw_command(ctx: click.Context, identifier: str, because: str, as_json: bool) -> None:
    """Withdraw a hand-over."""
    with opened(ctx) as archive:
        _tell_registered(archive, withdraw(archive, find_handover(archive, identifier), because), as_json=as_json)


@click.command("release", help=N_("Remove what the other archive has received; a stub says where it is now."))
@click.argument("identifier")
@click.option("--dry-run", is_flag=True, help=N_("Only say what would be removed and what not."))
@_because
@_json_option
@click.pass_context
def release_command(ctx: click.Context, identifier: str, dry_run: bool, because: str, as_json: bool) -> None:
    """Release a hand-over."""
    with opened(ctx) as archive:
        found = find_handover(archive, identifier)
        done = release(archive, found, because, dry_run=dry_run)
        left = tell_destructions(done, as_json=as_json, gone=HANDED_OVER)
    ctx.exit(PartialError.exit_code if left and not dry_run else EXIT_DONE)


@click.command("handovers", help=N_("List the hand-overs to other archives, newest first, or show one."))
@click.argument("identifier", required=False)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, help=N_("How many at most."))
@_json_option
@click.pass_context
def handovers(ctx: click.Context, identifier: str | None, limit: int, as_json: bool) -> None:
    """List hand-overs."""
    with opened(ctx) as archive:
        catalogue = archive.catalogue.handovers
        found = [find_handover(archive, identifier)] if identifier else catalogue.page(None, limit)
        for handover in found:
            totals = catalogue.totals(handover.id)
            click.echo(json_line(_handover_json(handover, totals)) if as_json else _line(handover, totals))
        if identifier:
            for item in catalogue.all_items(found[0].id):
                click.echo(json_line(_item_json(item)) if as_json else _item_line(item))
            _tell_left_out(left_out(archive, found[0].id), as_json=as_json)
    ctx.exit(EXIT_DONE)


def _request(options: dict[str, object]) -> HandoverRequest:
    ended, named = options["ended_before"], options["ids"]
    texts = named if isinstance(named, tuple) else ()
    return HandoverRequest(
        receiver=str(options["receiver"]),
        receiver_code=str(options["receiver_code"]),
        registration=str(options["registration"]),
        profile=str(options["profile"]),
        packed=options["form"] == "zip",
        fonds=str(options["fonds"]),
        ended_before=ended.date() if isinstance(ended, datetime) else None,
        identifiers=tuple(code.strip() for text in texts for code in str(text).split(",") if code.strip()),
        keep_links=bool(options["keep_links"]),
    )


def _refusal(text: str) -> tuple[str, str]:
    code, _sign, reason = text.partition("=")
    if not code.strip() or not reason.strip():
        raise click.UsageError(_("Give the reason of a refusal: --refused CODE=REASON."))
    return code.strip(), reason.strip()


def _dry_run(archive: Archive, request: HandoverRequest, *, as_json: bool) -> None:
    count = 0
    others: list[tuple[str, LeftOut]] = []
    for judged in select(archive, request):
        case_file = judged.held.case_file
        if judged.reason is not None:
            others.append((case_file.file_code, judged.reason))
            continue
        count += 1
        data = {"schema": "handover-candidate/1", "aip_id": str(judged.held.aip_id), "code": case_file.file_code}
        click.echo(json_line(data) if as_json else printable(f"+ {case_file.file_code}  {case_file.title}"))
    _tell_left_out(others, as_json=as_json)
    text = ngettext("{count} case file would be handed over", "{count} case files would be handed over", count)
    click.echo(text.format(count=count), err=True)


def _tell_left_out(others: Iterator[tuple[str, LeftOut]] | Sequence[tuple[str, LeftOut]], *, as_json: bool) -> None:
    """Say what was left out and why, then how many of each kind."""
    counted: Counter[LeftOut] = Counter()
    for code, reason in others:
        counted[reason] += 1
        if as_json:
            click.echo(json_line({"schema": "handover-left-out/1", "code": code, "reason": reason.value}))
        else:
            click.echo(printable(f"- {code}: {_(LEFT_OUT_WORDS[reason])}"))
    if counted:
        parts = (f"{number} {_(LEFT_OUT_WORDS[reason])}" for reason, number in sorted(counted.items()))
        click.echo(_("Left out: {what}").format(what=", ".join(parts)), err=True)


def _tell_registered(archive: Archive, registered: Registered, *, as_json: bool) -> None:
    totals = archive.catalogue.handovers.totals(registered.handover.id)
    if as_json:
        click.echo(json_line(_handover_json(registered.handover, totals)))
    else:
        click.echo(_line(registered.handover, totals))
        text = _("Registered now: {accepted} accepted, {refused} refused; {open} without a receipt.")
        click.echo(
            text.format(accepted=registered.accepted, refused=registered.refused, open=registered.still_open), err=True
        )


def _line(handover: Handover, totals: HandoverTotals) -> str:
    state = _(_STATE_WORDS[state_of(handover, totals)])
    files = ngettext("{count} case file", "{count} case files", totals.case_files).format(count=totals.case_files)
    parts = (f"{number} {_(_ITEM_WORDS[known])}" for known, number in sorted(totals.states.items()))
    request = handover.request
    receiver = f"{request.receiver} ({request.receiver_code})"
    return printable(
        f"{handover.id}  {date_text(handover.started)}  {state}  {receiver}  {request.registration}"
        f"  {files}, {size_text(totals.bytes)}: {', '.join(parts)}"
    )


def _item_line(item: HandoverItem) -> str:
    reason = f"  ({item.reason})" if item.reason else ""
    return printable(f"  {item.ordinal:6}. {item.code}  {_(_ITEM_WORDS[item.state])}{reason}  {item.name}")


def _handover_json(handover: Handover, totals: HandoverTotals) -> dict[str, object]:
    return {
        "schema": "handover/1",
        "id": str(handover.id),
        "state": state_of(handover, totals).value,
        "started": utc_text(handover.started),
        "prepared": utc_text(handover.prepared) if handover.prepared else None,
        "decided": utc_text(handover.decided) if handover.decided else None,
        "because": handover.because,
        **{name: value for name, value in handover.request.to_json().items() if name != "identifiers"},
        "case_files": totals.case_files,
        "documents": totals.documents,
        "files": totals.files,
        "bytes": totals.bytes,
        "states": {state.value: number for state, number in sorted(totals.states.items())},
    }


def _item_json(item: HandoverItem) -> dict[str, object]:
    return {
        "schema": "handover-item/1",
        "handover": str(item.handover_id),
        "ordinal": item.ordinal,
        "aip_id": str(item.aip_id),
        "version": item.version,
        "code": item.code,
        "state": item.state.value,
        "package": item.name,
        "size": item.size,
        "sha256": item.sha256.hex(),
        "reason": item.reason,
        "decided": utc_text(item.decided) if item.decided else None,
    }
