"""`chauban signature show|recheck|augment`: the signatures of what is held."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.access.export import find_one
from archive.audit.recording import acting, record_act
from archive.audit.values import Action
from archive.indexing import bring_level, open_index
from archive.open_commands import opened
from archive.signatures.showing import file_json, file_lines, show_files, stored_reports
from archive.signatures.values import ChangedVerdict, Direction, Rechecked, RecheckSettings
from model.dates import utc_text
from model.errors import EXIT_DONE, severest_exit
from model.findings import Outcome, printable
from model.rendering import date_text, exit_code_of, json_line, path_fields
from model.text import N_, _, ngettext
from preservation.signatures.commands import Moment
from preservation.signatures.rendering import report_json

if TYPE_CHECKING:
    from archive.signatures.augmenting import Augmented

_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_SIGNS = {Direction.BETTER: "↑", Direction.WORSE: "↓", Direction.OTHER: "·"}
_WORDS = {Direction.BETTER: N_("better"), Direction.WORSE: N_("worse"), Direction.OTHER: N_("otherwise changed")}


def commands() -> Sequence[click.Command]:
    """Return the commands of this package; they belong into the group `signature`."""
    return show, recheck_command, augment_command


@click.command(
    "show",
    help=N_(
        "Show the signatures of a held case file: the verdict when filed and the current one.\n\n"
        "With --proven the evidence is verified, and each signature judged at the time it proves, from what the"
        " package keeps alone; ends with 0 when all are valid, 3 when one is not, 4 when one cannot be decided."
    ),
)
@click.argument("identifier")
@click.option(
    "--report",
    "target",
    type=click.Path(path_type=Path),
    help=N_("Also write the validation report: .pdf for people, .xml for programs."),
)
@click.option("--proven", is_flag=True, help=N_("Judge them at the time that the evidence records prove."))
@click.option("--at", type=Moment(), help=N_("With --proven: as it will stand at this time, such as 2040-01-01."))
@_json_option
@click.pass_context
def show(
    ctx: click.Context, identifier: str, target: Path | None, proven: bool, at: datetime | None, as_json: bool
) -> None:
    """Show the signatures of a case file."""
    if (proven and target is not None) or (at is not None and not proven):
        raise click.UsageError(_("--at goes with --proven, and --report does not."))
    if proven:
        ctx.exit(_show_proven(ctx, identifier, at, as_json=as_json))
    with opened(ctx) as archive:
        held = find_one(archive, identifier)
        found = 0
        for report, known in show_files(archive, held):
            found += 1
            lines = [json_line(file_json(held, report, known))] if as_json else file_lines(report, known)
            for line in lines:
                click.echo(line)
        if not found:
            click.echo(_("No file of this case file was looked at for signatures."), err=True)
        if target is not None:
            from preservation.signatures.reporting.files import write_report

            write_report(list(stored_reports(archive, archive.catalogue.versions(held.aip_id)[-1])), target)
            click.echo(_("The report is in {path}.").format(path=printable(str(target))), err=True)


def _show_proven(ctx: click.Context, identifier: str, at: datetime | None, *, as_json: bool) -> int:
    """Print the signatures at their proven time; return the exit code."""
    from archive.access.export import current_version
    from archive.evidence.proven import proven_files, version_evidence
    from archive.evidence.proven_showing import evidence_lines, file_json, file_lines

    exits = set()
    with opened(ctx) as archive:
        held = find_one(archive, identifier)
        version = current_version(archive, held)
        evidence = version_evidence(archive, version, at=at)
        for line in () if as_json else evidence_lines(evidence):
            click.echo(line)
        exits.add(exit_code_of(evidence.outcome))
        count = 0
        for file in proven_files(archive, version, evidence, at=at):
            count += 1
            exits.add(exit_code_of(file.outcome))
            lines = [json_line(file_json(held, file, evidence))] if as_json else file_lines(file, evidence)
            for line in lines:
                click.echo(line)
    if not count:
        click.echo(_("No file of this case file carries a signature."), err=True)
        exits.add(exit_code_of(Outcome.INDETERMINATE))
    return severest_exit(exits)


@click.command(
    "recheck",
    help=N_("Judge the signatures held again, from stored facts, under the present trust folder and policy."),
)
@click.option("--id", "identifiers", multiple=True, help=N_("Only this case file; may be given several times."))
@click.option("--policy", type=click.Path(path_type=Path, exists=True), help=N_("Another signature policy."))
@click.option(
    "--trust", type=click.Path(path_type=Path, exists=True, file_okay=False), help=N_("Another trust folder.")
)
@click.option("--at", type=Moment(), help=N_("Judge for this time, such as 2031-01-01; nothing is recorded."))
@click.option("--dry-run", is_flag=True, help=N_("Only print what would change; nothing is recorded."))
@click.option("--restart", is_flag=True, help=N_("Begin anew instead of going on where it stopped."))
@_json_option
@click.pass_context
def recheck_command(
    ctx: click.Context,
    /,
    identifiers: tuple[str, ...],
    policy: Path | None,
    trust: Path | None,
    at: datetime | None,
    dry_run: bool,
    restart: bool,
    as_json: bool,
) -> None:
    """Judge the signatures of the holdings again."""
    from archive.signatures.recheck import recheck

    counts: Counter[str] = Counter()
    exits = {EXIT_DONE}
    with opened(ctx) as archive:
        settings = RecheckSettings(
            aip_ids=tuple(dict.fromkeys(find_one(archive, identifier).aip_id for identifier in identifiers)),
            trust=trust,
            policy=policy,
            at=at,
            dry_run=dry_run,
            restart=restart,
        )
        for result in recheck(archive, settings):
            counts["packages"] += 1
            counts["signatures"] += result.signatures
            counts.update(item.direction.value for item in result.changes)
            if result.problem is not None:
                exits.add(result.problem.exit_code)
            for line in [json_line(_result_json(result))] if as_json else _result_lines(result):
                click.echo(line)
        if settings.recorded:
            for aip_id in settings.aip_ids or (archive.configuration.archive_id,):
                record_act(archive, Action.RECHECK, aip_id, details=counts)
            with open_index(archive) as index:
                bring_level(archive, index)
    click.echo(_summary(counts, recorded=settings.recorded), err=True)
    ctx.exit(severest_exit(exits))


@click.command(
    "augment",
    help=N_(
        "Make archival copies (PAdES-B-LTA) of the signed PDFs of a held case file.\n\n"
        "A copy carries the proof of its signatures and a timestamp, for readers without this program. The package and"
        " the original never change. A document whose signatures are not in order gets no copy."
    ),
)
@click.argument("identifier")
@click.option("--document", type=click.IntRange(1), help=N_("Only this document, by its number in the case file."))
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help=N_("Where to write: a new file for one copy, or a folder.")
)
@click.option("--keep", is_flag=True, help=N_("Also keep the copies beside the package, in every store."))
@click.option(
    "--allow-indeterminate", is_flag=True, help=N_("Also of documents with signatures that cannot be decided.")
)
@_json_option
@click.pass_context
def augment_command(ctx: click.Context, /, identifier: str, as_json: bool, **options: Any) -> None:
    """Make archival copies of signed PDFs."""
    from archive.signatures.augmenting import AugmentRequest, augment

    request = AugmentRequest(**options)
    if request.target is None and not request.keep:
        raise click.UsageError(_("Say where the copies go: --to PATH, --keep, or both."))
    exits = {EXIT_DONE}
    with opened(ctx) as archive:
        held = find_one(archive, identifier)
        details = {"kept": request.keep, "given-out": request.target is not None}
        with acting(archive, Action.AUGMENT, held.aip_id, details=details):
            for made in augment(archive, held, request):
                click.echo(json_line(_augmented_json(made)) if as_json else _augmented_line(made))
                if made.problem is not None:
                    exits.add(made.problem.exit_code)
    ctx.exit(severest_exit(exits))


def _augmented_json(made: "Augmented") -> dict[str, object]:
    report, problem = made.report, made.problem
    return {
        "schema": "signature-augment/1",
        **path_fields(made.path),
        "written": printable(str(made.written)) if made.written else None,
        "key": made.key or None,
        "sha256": report.sha256.hex() if report else None,
        "size": report.size if report else None,
        "original_size": report.original_size if report else None,
        "timestamp": utc_text(report.timestamp.time) if report else None,
        "authority": report.timestamp.authority if report else None,
        "copy": report_json(report.copy) if report else None,
        "problem": printable(problem.message) if problem else None,
        "hint": printable(problem.hint) if problem else None,
    }


def _augmented_line(made: "Augmented") -> str:
    if made.problem is not None or made.report is None:
        return printable(f"✗ {made.path}: {made.problem or ''}")
    text = _("{path}: archival copy with a timestamp of {time}").format(
        path=made.path, time=date_text(made.report.timestamp.time)
    )
    places = [str(made.written)] if made.written else []
    places += [_("kept beside the package")] if made.key else []
    return printable(f"✓ {text} → {', '.join(places)}")


def _result_json(result: Rechecked) -> dict[str, object]:
    return {
        "schema": "signature-recheck/1",
        "aip_id": str(result.aip_id),
        "version": result.version,
        "signatures": result.signatures,
        "changes": [
            {
                "path": printable(item.change.path),
                "signature": printable(item.signature.id),
                "signer": printable(item.signature.signer),
                "filed": item.signature.filed.verdict,
                "before": item.change.before,
                "now": item.change.now.verdict,
                "direction": item.direction.value,
                "holds_until": utc_text(item.change.now.holds_until) if item.change.now.holds_until else None,
            }
            for item in result.changes
        ],
        "problem": printable(result.problem.message) if result.problem else None,
    }


def _result_lines(result: Rechecked) -> Iterator[str]:
    if result.problem is not None:
        yield printable(f"✗ {result.aip_id}: {result.problem.message}")
    for item in result.changes:
        yield printable(
            f"{_SIGNS[item.direction]} {_(_WORDS[item.direction])}: {_change_text(item)}  [{result.aip_id}]"
        )


def _change_text(item: ChangedVerdict) -> str:
    change = item.change
    signer = item.signature.signer or _("an unknown signer")
    return f"{change.path}, {signer}: {change.before} → {change.now.verdict}"


def _summary(counts: Counter[str], *, recorded: bool) -> str:
    text = ngettext(
        "{count} signature judged again in {packages} packages",
        "{count} signatures judged again in {packages} packages",
        counts["signatures"],
    ).format(count=counts["signatures"], packages=counts["packages"])
    changed = ", ".join(f"{counts[item.value]} {_(word)}" for item, word in _WORDS.items())
    note = "" if recorded else f" ({_('nothing was recorded')})"
    return f"{text}: {changed}{note}"
