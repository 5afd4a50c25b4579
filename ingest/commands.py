"""Commands for what comes in: ingest, transfer, template, rebuild."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from archive.archive import Archive
from archive.catalogue.values import Transfer, TransferQuery, TransferState
from archive.configuration import PROFILES
from archive.evidence.automatic import AutomaticSealing
from archive.evidence.commands import result_line
from archive.evidence.showing import newest_seals, seal_json, short_line
from archive.evidence.values import SealResult
from archive.indexing import bring_level, open_index
from archive.open_commands import opened
from ingest.batch import BatchSettings, ingest_all
from ingest.rebuild import rebuild as rebuild_catalogue
from ingest.reports import findings_of, report_json, transfer_to_json
from ingest.sources.template import write_templates
from ingest.transfers import STATE_WORDS, accept_transfer, close_transfer, find_transfer
from ingest.values import IngestReport, IngestStatus
from ingest.watching import Watcher, WatchSettings, watching
from model.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    ArchiveError,
    ConflictError,
    IntegrityError,
    NotFoundError,
    severest_exit,
)
from model.findings import Finding, Severity, printable
from model.rendering import date_text, finding_lines, json_line, size_text
from model.text import N_, _, language_in_force, ngettext

_PATH = click.Path(path_type=Path)
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the decision."))

_SCHEMA = "ingest/1"
_INDEXED_TOGETHER = 25
"""Case files after which a running ingest makes findable what it has taken in."""

_STATUS_WORDS = {
    IngestStatus.ACCEPTED: N_("accepted"),
    IngestStatus.REFUSED: N_("refused"),
    IngestStatus.HELD_ALREADY: N_("in the archive already"),
    IngestStatus.FAILED: N_("stopped by an error"),
    IngestStatus.AWAITING: N_("awaiting approval"),
}


@click.command(help=N_("Take in case files: folders, ZIP or TAR files, BagIt bags, or a folder of many of them."))
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--watch", type=_PATH, help=N_("Folder to watch: what is finished in it is taken in."))
@click.option("--once", is_flag=True, help=N_("With --watch: take in what is there, then end."))
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 86_400),
    default=10.0,
    help=N_("With --watch: seconds between two looks."),
)
@click.option(
    "--settle",
    type=click.FloatRange(0, 86_400),
    default=2.0,
    help=N_("With --watch: seconds for which something must not have changed."),
)
@click.option("--workers", type=click.IntRange(1, 64), help=N_("Case files taken in at the same time."))
@click.option("--profile", type=click.Choice(PROFILES), help=N_("Package profile."))
@click.option("--fonds", default="", help=N_("Fonds of case files whose description names none."))
@_json_option
@click.pass_context
def ingest(
    ctx: click.Context,
    paths: tuple[Path, ...],
    watch: Path | None,
    once: bool,
    interval: float,
    settle: float,
    workers: int | None,
    profile: str | None,
    fonds: str,
    as_json: bool,
) -> None:
    """Take in case files."""
    if bool(paths) == bool(watch):
        raise click.UsageError(_("Name either what is to be taken in, or with --watch the folder to be watched."))
    for path in paths:
        if not path.exists():
            raise NotFoundError(N_("{path} does not exist."), hint=N_("Correct the path."), path=path)
    with opened(ctx) as archive:
        settings = BatchSettings(
            folder=archive.folder,
            profile=profile or "",
            fonds=fonds,
            workers=workers or archive.configuration.workers,
        )
        if watch is not None:
            watched = WatchSettings(once=once, interval=interval, settle=settle)
            ctx.exit(_watch(watch, archive, settings, watched, as_json=as_json))
        seen, exits = _take_in(ingest_all(paths, archive, settings), archive, _json_lines if as_json else _report_lines)
    if not seen:
        raise NotFoundError(
            N_("Nothing to take in was found."),
            hint=N_("Name a case-file folder, a ZIP or TAR file, or a folder of them; `chauban template` shows how."),
        )
    click.echo(_summary(seen), err=True)
    ctx.exit(severest_exit(exits))


def _take_in(
    reports: Iterable[IngestReport], archive: Archive, lines: Callable[[IngestReport], Iterable[str]]
) -> tuple[list[IngestStatus], set[int]]:
    """Say what becomes of each case file, and bring seals and index level; return how they ended."""
    seen: list[IngestStatus] = []
    exits: set[int] = set()
    sealing = AutomaticSealing(archive)
    with open_index(archive) as index:
        for report in reports:
            for line in lines(report):
                click.echo(line)
            seen.append(report.status)
            exits.add(_exit_code(report))
            if len(seen) % _INDEXED_TOGETHER == 0:
                bring_level(archive, index)
            _tell(sealing.tick())
        bring_level(archive, index)
    _tell(sealing.end())
    return seen, exits


def _watch(folder: Path, archive: Archive, batch: BatchSettings, settings: WatchSettings, *, as_json: bool) -> int:
    """Watch a folder until it has been looked at once, or somebody asks for the end; return the exit code."""
    exits: set[int] = set()
    with watching(folder, archive, batch, settings) as (watcher, stopping):
        again = settings.once
        while not stopping.asked():
            exits |= _watch_round(watcher, archive, settings, as_json=as_json)
            if settings.once and not (again and watcher.waits):
                break
            again = False
            watcher.pause()
        stopped = stopping.asked()
    return EXIT_DONE if stopped else severest_exit(exits)


def _watch_round(watcher: Watcher, archive: Archive, settings: WatchSettings, *, as_json: bool) -> set[int]:
    lines = _json_lines if as_json else _watch_lines
    exits: set[int] = set()
    try:
        reports = watcher.round()
        for first in reports:  # nothing is opened for a round in which nothing comes
            _, exits = _take_in(chain((first,), reports), archive, lines)
    except ConflictError:
        raise
    except ArchiveError as error:
        if settings.once:
            raise
        click.echo(printable(str(error)), err=True)
    for problem in watcher.problems():
        click.echo(printable(str(problem)), err=True)
        exits.add(problem.exit_code)
    return exits


@click.group("transfer", help=N_("What was handed in, and what became of it."))
def transfer_group() -> None:
    """Group of the transfer commands."""


@transfer_group.command("list", help=N_("List transfers, newest first."))
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in TransferState]),
    help=N_("Only these."),
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, help=N_("How many at most."))
@_json_option
@click.pass_context
def list_transfers(ctx: click.Context, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List transfers."""
    with opened(ctx) as archive:
        query = TransferQuery(states=tuple(TransferState(state) for state in states), limit=limit)
        for transfer in archive.catalogue.list_transfers(query):
            click.echo(json_line(_transfer_json(transfer)) if as_json else _transfer_line(transfer))


@transfer_group.command("show", help=N_("Show one transfer with everything that was found."))
@click.argument("identifier")
@_json_option
@click.pass_context
def show_transfer(ctx: click.Context, identifier: str, as_json: bool) -> None:
    """Show one transfer."""
    with opened(ctx) as archive:
        transfer = find_transfer(archive, identifier)
        findings = findings_of(transfer.report)
        aip_id = transfer.aip_id
        seal = newest_seals(archive, [aip_id]).get(aip_id) if aip_id is not None else None
        if as_json:
            public = [finding.to_public() for finding in findings]
            sealed = {"sealed": seal_json(seal)}
            click.echo(json_line({**_transfer_json(transfer), **sealed, "findings": public}))
            return
        click.echo(_transfer_line(transfer))
        if transfer.aip_id is not None:
            click.echo(f"  {_('Package')} {transfer.aip_id}: {short_line(seal)}")
        for line in _finding_lines(findings):
            click.echo(line)


@transfer_group.command("resolve", help=N_("Decide about a refused transfer: take it in after all, or close it."))
@click.argument("identifier")
@click.option("--accept/--close", "accept", required=True, help=N_("Take it in after all, or close it."))
@click.option("--waive", multiple=True, help=N_("With --accept: findings that shall not refuse it; all by default."))
@_because
@_json_option
@click.pass_context
def resolve(
    ctx: click.Context, identifier: str, accept: bool, waive: tuple[str, ...], because: str, as_json: bool
) -> None:
    """Resolve a refused transfer."""
    with opened(ctx) as archive:
        transfer = find_transfer(archive, identifier)
        if not accept:
            closed = close_transfer(archive, transfer, because)
            click.echo(json_line(_transfer_json(closed)) if as_json else _transfer_line(closed))
            return
        found = {finding.code for finding in findings_of(transfer.report)}
        if not found.issuperset(waive):
            unknown = ", ".join(sorted(set(waive) - found))
            raise click.UsageError(_("This transfer has no finding {codes}.").format(codes=unknown))
        waived = waive or tuple(sorted(found))
        settings = BatchSettings(folder=archive.folder, profile="", fonds="", waive=waived)
        report = accept_transfer(archive, transfer, because, settings)
        for line in (_json_lines if as_json else _report_lines)(report):
            click.echo(line)
        with open_index(archive) as index:
            bring_level(archive, index)
        ctx.exit(_exit_code(report))


@click.command(help=N_("Write the spreadsheet template, the JSON Schema and examples of a description into a folder."))
@click.argument("folder", type=_PATH)
def template(folder: Path) -> None:
    """Write the templates."""
    for path in write_templates(folder, language_in_force()):
        click.echo(printable(str(path)))


@click.command(help=N_("Make the catalogue again from the stores alone; the search index follows by itself."))
@_json_option
@click.pass_context
def rebuild(ctx: click.Context, as_json: bool) -> None:
    """Rebuild the catalogue."""
    with opened(ctx, for_rebuild=True) as archive:
        rebuilt = rebuild_catalogue(archive)
        with open_index(archive) as index:
            bring_level(archive, index)
    if as_json:
        problems = [{"key": problem.key, "why": problem.why} for problem in rebuilt.problems]
        counts = {"packages": rebuilt.packages, "transfers": rebuilt.transfers}
        click.echo(json_line({"schema": "rebuild/1", **counts, "problems": problems}))
    else:
        click.echo(
            _("{packages} package versions and {transfers} further transfers were read back.").format(
                packages=rebuilt.packages, transfers=rebuilt.transfers
            )
        )
        for problem in rebuilt.problems:
            click.echo(printable(f"  {problem.key}: {problem.why}"))
    ctx.exit(IntegrityError.exit_code if rebuilt.problems else EXIT_DONE)


def _tell(results: Iterable[SealResult]) -> None:
    """Say what was sealed beside the ingest, whose outcome it does not change."""
    for result in results:
        click.echo(result_line(result), err=True)


def _exit_code(report: IngestReport) -> int:
    if report.exit_code:
        return report.exit_code
    return EXIT_FAILED if report.status is IngestStatus.REFUSED else EXIT_DONE


def _json_lines(report: IngestReport) -> Iterator[str]:
    yield json_line(report_json(_SCHEMA, report))


def _watch_lines(report: IngestReport) -> Iterator[str]:
    """Yield the one line that a watcher logs of a case file."""
    first = next(_report_lines(report))
    codes = sorted({finding.code for finding in report.findings if finding.severity is Severity.ERROR})
    why = report.reason if report.status is IngestStatus.FAILED else ", ".join(codes[:5])
    source = "" if first.endswith(report.source) else report.source
    yield printable("  ".join(part for part in (first, source, str(report.aip_id or ""), why) if part))


def _report_lines(report: IngestReport) -> Iterator[str]:
    sign = "✓" if report.status in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY} else "✗"
    name = " ".join(part for part in (report.case_code, report.title) if part) or report.source
    yield printable(f"{sign} {_(_STATUS_WORDS[report.status])}: {name}")
    yield printable(f"  {report.source}")
    if report.aip_id is not None:
        size = _("{files} files, {size}").format(files=report.files, size=size_text(report.bytes))
        yield f"  {_('Package')} {report.aip_id} ({size})"
    if report.status is IngestStatus.FAILED:
        yield printable(f"  {report.reason}")
    if report.status is IngestStatus.REFUSED:
        yield f"  {_('Transfer')} {report.transfer_id}"
    notes = [finding for finding in report.findings if finding.severity is Severity.INFO]
    yield from _finding_lines(finding for finding in report.findings if finding.severity is not Severity.INFO)
    if report.left_out:
        yield "  " + _("… and {count} more findings of the same kinds").format(count=report.left_out)
    if notes:
        text = ngettext("{count} note", "{count} notes", len(notes)).format(count=len(notes))
        yield f"  {text}: chauban transfer show {report.transfer_id}"


def _finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        yield from finding_lines(finding)


def _summary(seen: Sequence[IngestStatus]) -> str:
    counts = {status: seen.count(status) for status in IngestStatus}
    parts = [f"{count} {_(_STATUS_WORDS[status])}" for status, count in counts.items() if count]
    total = ngettext("{count} case file", "{count} case files", len(seen)).format(count=len(seen))
    return f"{total}: {', '.join(parts)}"


def _transfer_line(transfer: Transfer) -> str:
    name = " ".join(part for part in (transfer.case_code, transfer.title) if part) or transfer.source
    reason = f"  ({transfer.reason})" if transfer.reason else ""
    return printable(
        f"{transfer.id}  {date_text(transfer.received_at)}  {_(STATE_WORDS[transfer.state])}  {name}{reason}"
    )


def _transfer_json(transfer: Transfer) -> dict[str, object]:
    return {"schema": "transfer/1", **transfer_to_json(transfer)}
