"""Commands of reception: `chauban submission …`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.catalogue.submissions_values import RegisteredSubmission, SubmittedTransfer, Verdict
from archive.forms.values import FormSuffix
from archive.indexing import bring_level, open_index
from archive.open_commands import opened
from ingest.batch import BatchSettings, ingest_all
from ingest.reception.acting import OFFICERS, must_be
from ingest.reception.approving import approve as approve_submission
from ingest.reception.approving import reject as reject_submission
from ingest.reception.comparing import compare as compare_transfer
from ingest.reception.deciding import decide_document, decide_transfer, find_submitted
from ingest.reception.handed_in import all_received, all_submissions
from ingest.reception.paperwork import write_papers
from ingest.reception.receipt import write_submission_receipt
from ingest.reception.registering import Announcement, find_submission
from ingest.reception.registering import register as register_submission
from ingest.reception.showing import (
    comparison_json,
    comparison_lines,
    item_json,
    judged_json,
    judged_lines,
    standing_json,
    standing_line,
    standing_lines,
    submitted_json,
    submitted_line,
    surplus_json,
)
from ingest.reception.standing import Status, judged, standing, status_of
from ingest.reports import report_json
from ingest.values import IngestReport, IngestStatus
from model.errors import EXIT_DONE, EXIT_FAILED, NotFoundError, PolicyError, severest_exit
from model.findings import Severity, printable
from model.rendering import finding_lines, json_line
from model.text import N_, _

_PATH = click.Path(path_type=Path)
_REPORT_SCHEMA = "submission-report/1"
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_because = click.option("--because", required=True, help=N_("The reason; it is kept with the decision."))
_ordinal = click.option(
    "--ordinal", type=click.IntRange(1), help=N_("Which submission of the registration; the newest by default.")
)
_day = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
_SHOWN = 50
_WORDS = {
    IngestStatus.ACCEPTED: N_("accepted"),
    IngestStatus.REFUSED: N_("refused"),
    IngestStatus.HELD_ALREADY: N_("in the archive already"),
    IngestStatus.FAILED: N_("stopped by an error"),
    IngestStatus.AWAITING: N_("awaiting approval"),
}


@click.group("submission", help=N_("Reception: what agencies register, hand in, and have approved."))
def submission_group() -> None:
    """Group of the reception commands."""


@submission_group.command(help=N_("Register what an agency is going to hand in, and confirm it."))
@click.option("--code", required=True, help=N_("Registration code."))
@click.option("--ordinal", type=click.IntRange(1), default=1, help=N_("Which submission of the registration."))
@click.option("--agency", required=True, help=N_("Identifier code of the agency."))
@click.option("--agency-name", required=True, help=N_("Name of the agency."))
@click.option("--fonds", default="", help=N_("Fonds of case files whose description names none."))
@click.option("--packages", type=click.IntRange(1), required=True, help=N_("Announced packages."))
@click.option("--case-files", type=click.IntRange(1), help=N_("Announced case files; as many as packages by default."))
@click.option("--documents", type=click.IntRange(0), required=True, help=N_("Announced documents."))
@click.option("--size", type=click.IntRange(0), help=N_("Announced size in bytes."))
@click.option("--list", "listed", type=_PATH, help=N_("Announced list of case files: XLSX, CSV or JSON."))
@click.option("--deadline", type=_day, help=N_("Day until which it is to be handed in."))
@click.option("--asked", type=_day, help=N_("Day on which the agency asked to hand in; today by default."))
@_json_option
@click.pass_context
def register(ctx: click.Context, /, listed: Path | None, as_json: bool, **given: Any) -> None:
    """Register a submission."""
    with opened(ctx) as archive:
        submission = register_submission(archive, _announcement(**given), listed)
        _show_standing(archive, submission, as_json=as_json)


@submission_group.command(help=N_("Check what was handed in under a registration, and keep it until it is approved."))
@click.argument("code")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@_ordinal
@click.option("--workers", type=click.IntRange(1, 64), help=N_("Case files examined at the same time."))
@_json_option
@click.pass_context
def receive(
    ctx: click.Context, code: str, paths: tuple[Path, ...], ordinal: int | None, workers: int | None, as_json: bool
) -> None:
    """Receive under a submission."""
    for path in paths:
        if not path.exists():
            raise NotFoundError(N_("{path} does not exist."), hint=N_("Correct the path."), path=path)
    with opened(ctx) as archive:
        submission = find_submission(archive, code, ordinal)
        must_be(archive, OFFICERS)
        settings = _settings(archive, submission)
        settings = replace(settings, workers=workers or archive.configuration.workers, submission=str(submission.id))
        exits = {_tell(report, as_json=as_json) for report in ingest_all(paths, archive, settings)}
        if not exits:
            raise NotFoundError(
                N_("Nothing to take in was found."),
                hint=N_("Name a case-file folder, a package, or a folder of them; `chauban template` shows how."),
            )
        click.echo(standing_line(standing(archive, submission)), err=True)
    ctx.exit(severest_exit(exits))


@submission_group.command("list", help=N_("List submissions, newest first."))
@click.option("--limit", type=click.IntRange(1, 100_000), default=_SHOWN, help=N_("How many at most."))
@_json_option
@click.pass_context
def list_submissions(ctx: click.Context, limit: int, as_json: bool) -> None:
    """List submissions."""
    with opened(ctx) as archive:
        for submission in islice(all_submissions(archive), limit):
            found = standing(archive, submission)
            click.echo(json_line(standing_json(found)) if as_json else standing_line(found))


@submission_group.command(help=N_("Show a submission: announced against received, and how each transfer stands."))
@click.argument("code")
@_ordinal
@click.option("--transfer", help=N_("Only this transfer, with its documents and everything found about it."))
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in Status]),
    help=N_("Only transfers that stand so."),
)
@click.option("--limit", type=click.IntRange(1), help=N_("Transfers at most; 50 of them by default, with --json all."))
@_json_option
@click.pass_context
def show(
    ctx: click.Context,
    code: str,
    ordinal: int | None,
    transfer: str | None,
    statuses: tuple[str, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """Show a submission."""
    with opened(ctx) as archive:
        submission = find_submission(archive, code, ordinal)
        if transfer:
            case = judged(archive, find_submitted(archive, submission, transfer))
            for line in [json_line(judged_json(case))] if as_json else judged_lines(case):
                click.echo(line)
            return
        _show_standing(archive, submission, as_json=as_json)
        most = limit or (None if as_json else _SHOWN)
        for line in _transfer_lines(archive, submission, statuses, most, as_json=as_json):
            click.echo(line)
        for line in _difference_lines(archive, submission, as_json=as_json):
            click.echo(line)


@submission_group.command(help=N_("Show the documents of a transfer beside those of the case files it resembles."))
@click.argument("code")
@click.argument("transfer")
@_ordinal
@_json_option
@click.pass_context
def compare(ctx: click.Context, code: str, transfer: str, ordinal: int | None, as_json: bool) -> None:
    """Compare a transfer with what is held."""
    with opened(ctx) as archive:
        submitted = find_submitted(archive, find_submission(archive, code, ordinal), transfer)
        found = False
        for comparison in compare_transfer(archive, submitted):
            found = True
            lines = [json_line(comparison_json(comparison))] if as_json else comparison_lines(comparison)
            for line in lines:
                click.echo(line)
        if not found and not as_json:
            click.echo(_("The archive holds nothing like it."))


@submission_group.command(help=N_("Decide about a transfer, or about one document of it."))
@click.argument("code")
@click.argument("transfer")
@_ordinal
@click.option("--keep/--refuse", "keep", default=None, help=N_("Keep the case file for approval, or refuse it."))
@click.option("--document", type=click.IntRange(1), help=N_("Position of a document in the case file."))
@click.option("--fail/--pass", "fail", default=None, help=N_("With --document: it fails, or it passes after all."))
@_because
@_json_option
@click.pass_context
def decide(
    ctx: click.Context,
    code: str,
    transfer: str,
    ordinal: int | None,
    keep: bool | None,
    document: int | None,
    fail: bool | None,
    because: str,
    as_json: bool,
) -> None:
    """Decide about a transfer."""
    if (keep is None) == (document is None) or (document is None) != (fail is None):
        raise click.UsageError(_("Give either --keep or --refuse, or --document with --fail or --pass."))
    with opened(ctx) as archive:
        submitted = find_submitted(archive, find_submission(archive, code, ordinal), transfer)
        if document is not None:
            verdict = Verdict.REFUSE if fail else Verdict.KEEP
            submitted = decide_document(archive, submitted, document, verdict, because)
        else:
            submitted = decide_transfer(archive, submitted, Verdict.KEEP if keep else Verdict.REFUSE, because)
        click.echo(json_line(submitted_json(submitted)) if as_json else submitted_line(submitted).strip())


@submission_group.command(help=N_("Approve a submission: what passed becomes packages, what was refused is returned."))
@click.argument("code")
@_ordinal
@click.option("--only", multiple=True, help=N_("Only these transfers; those that are undecided may then wait."))
@_because
@_json_option
@click.pass_context
def approve(
    ctx: click.Context, code: str, ordinal: int | None, only: tuple[str, ...], because: str, as_json: bool
) -> None:
    """Approve a submission."""
    with opened(ctx) as archive:
        submission = find_submission(archive, code, ordinal)
        chosen = frozenset(find_submitted(archive, submission, item).transfer_id for item in only)
        exits = set()
        with open_index(archive) as index:
            for report in approve_submission(archive, submission, because, _settings(archive, submission), chosen):
                exit_code = _tell(replace(report, findings=()), as_json=as_json)
                exits.add(EXIT_DONE if report.status is IngestStatus.REFUSED else exit_code)
            bring_level(archive, index)
        click.echo(standing_line(standing(archive, submission)), err=True)
    ctx.exit(severest_exit(exits))


@submission_group.command(help=N_("Reject a submission: everything that awaits approval is returned; it stays kept."))
@click.argument("code")
@_ordinal
@_because
@_json_option
@click.pass_context
def reject(ctx: click.Context, code: str, ordinal: int | None, because: str, as_json: bool) -> None:
    """Reject a submission."""
    with opened(ctx) as archive:
        submission = find_submission(archive, code, ordinal)
        for report in reject_submission(archive, submission, because):
            _tell(replace(report, findings=()), as_json=as_json)
        click.echo(standing_line(standing(archive, submission)), err=True)


@submission_group.command(help=N_("Write the papers: report on processing, minutes, and lists."))
@click.argument("code")
@_ordinal
@click.option("--to", "folder", type=_PATH, required=True, help=N_("Folder for the papers."))
@click.option(
    "--as", "kind", type=click.Choice([item.value[1:] for item in FormSuffix]), default="docx", help=N_("File format.")
)
@click.pass_context
def documents(ctx: click.Context, code: str, ordinal: int | None, folder: Path, kind: str) -> None:
    """Write the papers of a submission."""
    with opened(ctx) as archive:
        submission = find_submission(archive, code, ordinal)
        count = 0
        for path in write_papers(archive, standing(archive, submission), folder, FormSuffix(f".{kind}")):
            count += 1
            click.echo(printable(str(path)))
        record_act(archive, Action.EXPORT, submission.id, details={"papers": count, "as": kind})


@submission_group.command(help=N_("Write the machine-readable receipt of a submission."))
@click.argument("code")
@_ordinal
@click.option("--to", "target", type=_PATH, required=True, help=N_("File for the receipt."))
@click.pass_context
def receipt(ctx: click.Context, code: str, ordinal: int | None, target: Path) -> None:
    """Write the receipt of a submission."""
    with opened(ctx) as archive:
        submission = find_submission(archive, code, ordinal)
        for path in write_submission_receipt(archive, standing(archive, submission), target):
            click.echo(printable(str(path)))
        record_act(archive, Action.EXPORT, submission.id, details={"receipt": True})


def _announcement(
    *,
    code: str,
    ordinal: int,
    agency: str,
    agency_name: str,
    fonds: str,
    packages: int,
    case_files: int | None,
    documents: int,
    size: int | None,
    deadline: datetime | None,
    asked: datetime | None,
) -> Announcement:
    return Announcement(
        code=code,
        ordinal=ordinal,
        agency_code=agency,
        agency_name=agency_name,
        fonds=fonds,
        packages=packages,
        case_files=case_files or packages,
        documents=documents,
        bytes=size,
        deadline=deadline.date() if deadline else None,
        asked=asked.date() if asked else None,
    )


def _settings(archive: Archive, submission: RegisteredSubmission) -> BatchSettings:
    from ingest.reception.findings import OFFICERS_MATTER

    return BatchSettings(folder=archive.folder, profile="", fonds=submission.fonds, waive=OFFICERS_MATTER)


def _show_standing(archive: Archive, submission: RegisteredSubmission, *, as_json: bool) -> None:
    found = standing(archive, submission)
    for line in [json_line(standing_json(found))] if as_json else standing_lines(found):
        click.echo(line)


def _transfer_lines(
    archive: Archive,
    submission: RegisteredSubmission,
    statuses: tuple[str, ...],
    limit: int | None,
    *,
    as_json: bool,
) -> Iterator[str]:
    chosen = (item for item in all_received(archive, submission) if not statuses or status_of(item).value in statuses)
    for submitted in islice(chosen, limit):
        yield json_line(submitted_json(submitted)) if as_json else submitted_line(submitted)
    if not as_json and next(chosen, None) is not None:
        yield "  " + _("… and more; give --limit or --status")


def _difference_lines(archive: Archive, submission: RegisteredSubmission, *, as_json: bool) -> Iterator[str]:
    """Yield what is missing of what was announced, and what is there beyond it."""
    if not submission.listed:
        return
    most = None if as_json else _SHOWN
    for item in islice(archive.catalogue.submissions.missing(submission.id), most):
        text = f"  {_('Missing')}: {item.code} {item.title}"
        yield json_line(item_json(item)) if as_json else printable(text)
    for submitted in islice(archive.catalogue.submissions.surplus(submission.id), most):
        yield json_line(surplus_json(submitted)) if as_json else _surplus_line(submitted)


def _surplus_line(submitted: SubmittedTransfer) -> str:
    return printable(f"  {_('Not announced')}: {submitted.case_code} {submitted.title}")


def _tell(report: IngestReport, *, as_json: bool) -> int:
    """Say what became of a transfer; return its exit code."""
    if as_json:
        click.echo(json_line(report_json(_REPORT_SCHEMA, report)))
    else:
        for line in _report_lines(report):
            click.echo(line)
    if report.exit_code:
        return report.exit_code
    if report.status is IngestStatus.FAILED:
        return PolicyError.exit_code
    return EXIT_FAILED if report.status is IngestStatus.REFUSED else EXIT_DONE


def _report_lines(report: IngestReport) -> Iterator[str]:
    good = report.status in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY, IngestStatus.AWAITING}
    name = " ".join(part for part in (report.case_code, report.title) if part) or report.source
    yield printable(f"{'✓' if good else '✗'} {_(_WORDS[report.status])}: {name}")
    yield printable(f"  {_('Transfer')} {report.transfer_id}")
    if report.aip_id is not None:
        yield f"  {_('Package')} {report.aip_id}"
    if report.status is IngestStatus.FAILED or (not good and not report.findings):
        yield printable(f"  {report.reason}")
    for finding in report.findings:
        if finding.severity is not Severity.INFO:
            yield from finding_lines(finding)
