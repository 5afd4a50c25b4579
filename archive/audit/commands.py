"""`chauban audit …`: what was done on the archive, and whether the record of it is whole."""

import json
from datetime import datetime
from pathlib import Path

import click

from archive.access.writing import new_file
from archive.archive import Archive
from archive.audit.proofs import MAX_FILE, InclusionProof, proof_content, prove_consistency, read_proof
from archive.audit.segments import read_segment
from archive.audit.values import Action, Entry, Head, entry_hash
from archive.audit.verify import verify_log
from archive.catalogue.values import AuditQuery, AuditRow
from archive.open_commands import opened
from model.errors import EXIT_DONE, EXIT_FAILED, InputError, IntegrityError, NotFoundError
from model.findings import Outcome, printable
from model.rendering import date_text, exit_code_of, json_line, report_json, report_lines
from model.text import N_, _
from preservation.trust.commands import Moment

_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(
    "audit", help=N_("What was done on the archive, by whom and why; and the proof that nothing was rewritten.")
)
def audit() -> None:
    """Group of the audit commands."""


@audit.command("show", help=N_("Show entries of the audit log, newest first."))
@click.option("--object", "object_", default="", help=N_("Only acts on this package, transfer or other thing."))
@click.option("--action", type=click.Choice([item.value for item in Action]), help=N_("Only acts of this kind."))
@click.option("--since", type=Moment(), help=N_("Only acts since this time."))
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, help=N_("How many at most."))
@_json_option
@click.pass_context
def show(
    ctx: click.Context, object_: str, action: str | None, since: datetime | None, limit: int, as_json: bool
) -> None:
    """Show entries."""
    with opened(ctx) as archive:
        query = AuditQuery(object=object_.strip().lower(), action=action or "", since=since, limit=limit)
        for row in archive.catalogue.audit_page(query):
            entry = _entry(archive, row)
            click.echo(json_line({"schema": "audit-entry/1", **_public(entry)}) if as_json else _line(entry))


@audit.command("verify", help=N_("Verify the audit log in every store, against the catalogue and every known head."))
@click.option("--head", "heads", multiple=True, type=_FILE, help=N_("A head that was kept somewhere else."))
@_json_option
@click.pass_context
def verify(ctx: click.Context, heads: tuple[Path, ...], as_json: bool) -> None:
    """Verify the log."""
    known = [(printable(str(path)), _head(path)) for path in heads]
    with opened(ctx) as archive:
        report = verify_log(archive, known)
    for line in [json_line(report_json("audit-verify/1", report))] if as_json else report_lines(report):
        click.echo(line)
    failed = report.outcome is Outcome.FAILED
    ctx.exit(IntegrityError.exit_code if failed else exit_code_of(report.outcome))


@audit.command(
    "head", help=N_("Show the head of the audit log; keep it where the archive's administrators cannot write.")
)
@click.option("--to", "target", type=click.Path(path_type=Path), help=N_("Write it to this new file."))
@_json_option
@click.pass_context
def head(ctx: click.Context, target: Path | None, as_json: bool) -> None:
    """Export the head."""
    with opened(ctx) as archive:
        current = archive.audit.head()
    if target is not None:
        with new_file(target) as file:
            file.write(current.content + b"\n")
    if as_json:
        told = current.to_json()
        click.echo(json_line({"schema": told.pop("schema"), **told}))
    else:
        click.echo(_("{size} entries, root {root}").format(size=current.size, root=current.root.hex()))


@audit.command("prove", help=N_("Write the proof that the log of a later head continues that of an earlier one."))
@click.option("--from", "earlier", type=_FILE, required=True, help=N_("The earlier head."))
@click.option("--to", "later", type=_FILE, help=N_("The later head; the present one by default."))
@click.option("--out", "target", type=click.Path(path_type=Path), required=True, help=N_("New file for the proof."))
@_json_option
@click.pass_context
def prove(ctx: click.Context, earlier: Path, later: Path | None, target: Path, as_json: bool) -> None:
    """Write a consistency proof."""
    first = _head(earlier)
    last = _head(later) if later is not None else None
    with opened(ctx) as archive:
        proof = prove_consistency(archive, first, last or archive.audit.head())
    with new_file(target) as file:
        file.write(proof_content(proof))
    told = {"path": printable(str(target)), "from": proof.earlier.size, "to": proof.later.size}
    text = _("{path}: proves that the log of {to} entries begins with the {earlier} of the earlier head")
    line = text.format(path=told["path"], to=told["to"], earlier=told["from"])
    click.echo(json_line({"schema": "audit-prove/1", **told}) if as_json else line)


@audit.command("check-proof", help=N_("Check a proof without the archive: only the file is read."))
@click.argument("path", type=_FILE)
@_json_option
@click.pass_context
def check_proof(ctx: click.Context, path: Path, as_json: bool) -> None:
    """Check a proof."""
    proof = read_proof(_content(path))
    holds = proof.holds
    outcome = Outcome.PASSED if holds else Outcome.FAILED
    if as_json:
        kind = "inclusion" if isinstance(proof, InclusionProof) else "consistency"
        click.echo(
            json_line({"schema": "audit-proof/1", "path": printable(str(path)), "kind": kind, "outcome": outcome.value})
        )
    else:
        click.echo(_("The proof holds.") if holds else _("The proof does NOT hold."))
    ctx.exit(EXIT_DONE if holds else EXIT_FAILED)


def _entry(archive: Archive, row: AuditRow) -> Entry:
    """Return an entry as the stores hold it.

    Raises:
        IntegrityError: they do not hold it as it was entered.
    """
    try:
        lines = read_segment(archive.copies, row.segment).lines
        return next(Entry.from_line(line) for line in lines if entry_hash(line) == row.hash)
    except (NotFoundError, StopIteration, ValueError) as exc:
        raise IntegrityError(
            N_("Entry {seq} of the audit log is not in the stores as it was entered."),
            hint=N_("See what was changed with `chauban audit verify`."),
            seq=row.seq,
        ) from exc


def _public(entry: Entry) -> dict[str, object]:
    data = json.loads(entry.line)
    return {
        name: printable(value) if isinstance(value, str) else value for name, value in data.items() if name != "schema"
    }


def _line(entry: Entry) -> str:
    act = entry.act
    who = act.actor if act.actor == act.account else f"{act.actor} ({act.account})"
    details = " ".join(f"{name}={value}" for name, value in act.details)
    why = f"  “{act.reason}”" if act.reason else ""
    text = f"{entry.seq:6}  {date_text(act.time)}  {who}  {act.action.value} {act.outcome.value}  {act.object}{why}"
    return printable(f"{text}  {details}".rstrip())


def _head(path: Path) -> Head:
    try:
        return Head.from_json(json.loads(_content(path)))
    except (ValueError, RecursionError) as exc:
        raise InputError(
            N_("{path} is no head of an audit log."),
            hint=N_("Name a file written by `chauban audit head --to`."),
            path=printable(str(path)),
        ) from exc


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_FILE)
    except FileNotFoundError as error:
        raise NotFoundError(N_("{path} does not exist."), hint=N_("Correct the path."), path=path) from error
    except OSError as error:
        raise InputError(
            N_("The file {path} cannot be read: {why}."),
            hint=N_("Check that this account may read it."),
            path=printable(str(path)),
            why=error.strerror or error,
        ) from error
