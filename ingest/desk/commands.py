"""Commands of the desk: `chauban casefile …`, where case files are compiled before they are handed over."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from archive.audit.recording import record_act
from archive.audit.values import Action, ActOutcome, Detail
from archive.catalogue.desk_values import DISCARDED, TRAY
from archive.forms.values import Direction
from archive.indexing import bring_level as index_level
from archive.indexing import open_index
from archive.open_commands import opened
from ingest.describe.values import code_of, read_date
from ingest.desk import showing
from ingest.desk.adding import lay_down, place_by_hand, take_out
from ingest.desk.closing import Closed, ClosingFacts, close
from ingest.desk.completeness import has_errors
from ingest.desk.correcting import describe, discard, discarded
from ingest.desk.describing import LooseFacts
from ingest.desk.desk import AT_ONCE, VIETNAM, Desk, case_of, document_of, line_of, open_desk
from ingest.desk.file_plan import import_plan, write_plan_template
from ingest.desk.opening import OpeningFacts, open_case, reopen
from ingest.desk.registers import print_contents, print_register
from ingest.desk.sorting import sort_tray
from ingest.desk.values import AddOutcome, DeskCase, FileState
from ingest.desk.view import view_case
from ingest.values import IngestStatus
from model.dates import PartialDate
from model.elements import CODE_TABLES
from model.errors import EXIT_DONE, EXIT_FAILED, InputError, PartialError, severest_exit
from model.rendering import json_line
from model.text import N_, _, ngettext

_PATH = click.Path(path_type=Path)
_PAGE = 500
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
_year_option = click.option("--year", type=click.IntRange(1900, 2200), help=N_("Year; the current one by default."))


def _code_option(table: str, name: str, text: str) -> Callable[[Any], Any]:
    """Return an option whose value is a code of a table, or its words."""

    def read(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
        code = code_of(table, value) if value else ""
        if value and code not in CODE_TABLES[table]:
            allowed = "; ".join(f"{key} {words[0]}" for key, words in CODE_TABLES[table].items())
            raise click.BadParameter(_("“{value}” is none of: {allowed}").format(value=value, allowed=allowed))
        return code

    return click.option(name, default="", callback=read, help=text)


def _date_option(name: str, text: str) -> Callable[[Any], Any]:
    """Return an option that is a date as Vietnamese people write it."""

    def read(_ctx: click.Context, _parameter: click.Parameter, value: str) -> PartialDate | None:
        if not value:
            return None
        try:
            date = read_date(value)
        except ValueError:
            date = None
        if date is None:
            raise click.BadParameter(_("“{value}” is no date; write dd/mm/yyyy.").format(value=value))
        return date

    return click.option(name, default="", callback=read, help=text)


_maintenance = _code_option("maintenance", "--maintenance", N_("Retention period, its code or words."))
_mode = _code_option("mode", "--mode", N_("Access level, its code or words."))


_WORDS = (
    click.option("--code", default="", help=N_("Number and notation of the document, such as 15/QĐ-UBND.")),
    _date_option("--date", N_("Date of the document.")),
    click.option("--type", "type_name", default="", help=N_("Type of the document, in words.")),
    click.option("--organ", default="", help=N_("Who issued the document.")),
    click.option("--organ-code", default="", help=N_("Identifier code of who issued the document.")),
    click.option("--subject", default="", help=N_("What the document is about.")),
    click.option("--signer", default="", help=N_("Who signed the document.")),
    click.option("--pages", type=click.IntRange(1, 9999), help=N_("Number of pages.")),
    click.option("--note", default="", help=N_("A remark.")),
    click.option("--draft/--no-draft", "draft", default=None, help=N_("It is a draft, or is none whatever its name.")),
    _maintenance,
    _mode,
)
"""What can be said about a document."""


def _described(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command be told what a document is."""
    for option in reversed(_WORDS):
        command = option(command)
    return command


@contextmanager
def _desk(ctx: click.Context) -> Iterator[Desk]:
    with opened(ctx) as archive, open_desk(archive) as desk:
        yield desk


@click.group("casefile", help=N_("Compile case files from messages and loose files, and hand them over."))
def casefile() -> None:
    """Group of the commands of the desk."""


@casefile.command("open", help=N_("Open a case file: by its number in the yearly list, or with a title of its own."))
@click.option("--file", "number", default="", help=N_("Number and notation of the case file."))
@_year_option
@click.option("--title", default="", help=N_("Title of a case file that is in no list."))
@_maintenance
@_mode
@click.option("--fonds", default="", help=N_("Fonds it belongs to."))
@click.option("--agency", default=None, help=N_("Identifier code of the agency."))
@click.option("--agency-name", default="", help=N_("Name of the agency."))
@click.option("--compiler", default="", help=N_("Who compiles it."))
@_json_option
@click.pass_context
def open_command(
    ctx: click.Context,
    number: str,
    year: int | None,
    title: str,
    maintenance: str,
    mode: str,
    fonds: str,
    agency: str | None,
    agency_name: str,
    compiler: str,
    as_json: bool,
) -> None:
    """Open a case file."""
    if not number and not title:
        raise click.UsageError(_("Give --file or --title."))
    with _desk(ctx) as desk, desk.changing():
        facts = OpeningFacts(
            year=year or _this_year(desk),
            number=number,
            title=title,
            maintenance=maintenance,
            mode=mode,
            fonds=fonds,
            agency_code=agency,
            agency_name=agency_name,
            compiler=compiler,
        )
        case = open_case(desk, facts)
        _record(desk, case.id, {"act": "open"})
        _say_case(case, 0, as_json)


@casefile.command(
    "add",
    help=N_("Lay messages, folders of messages or loose files on the desk, sorted by themselves or by hand."),
)
@click.argument("paths", nargs=-1, type=_PATH)
@click.option("--to", "to", default="", help=N_("Case file on the desk to put them in."))
@click.option("--file", "number", default="", help=N_("The same, by number and notation."))
@_year_option
@click.option("--agency", default=None, help=N_("With --file: identifier code of the agency."))
@click.option("--document", "documents", multiple=True, help=N_("With --to or --file: documents of the tray instead."))
@click.option("--together", is_flag=True, help=N_("All the files are one document."))
@_described
@_json_option
@click.pass_context
def add(ctx: click.Context, /, paths: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Lay documents on the desk."""
    if not paths and not given["documents"]:
        raise click.UsageError(_("Name messages, folders or files."))
    with _desk(ctx) as desk, desk.changing():
        case = _wanted_case(desk, given)
        if given["documents"]:
            if case is None or paths:
                raise click.UsageError(_("--document needs --to or --file, and no paths."))
            results = place_by_hand(desk, case, given["documents"])
        else:
            results = lay_down(desk, paths, case, _loose_facts(given))
        counts = dict.fromkeys(AddOutcome, 0)
        for added in results:
            counts[added.outcome] += 1
            _show_progress(sum(counts.values()))
            for line in [json_line(showing.added_json(added))] if as_json else _said_of(added):
                click.echo(line)
        moved = 0 if case is not None else _sort(desk, as_json=as_json)
        details: dict[str, Detail] = {"act": "add", **{key.value: count for key, count in counts.items() if count}}
        _record(desk, case.id if case is not None else TRAY, details | ({"sorted": moved} if moved else {}))
        click.echo(_add_summary(counts, moved), err=True)
    exits = {EXIT_FAILED} if counts[AddOutcome.REFUSED] else {EXIT_DONE}
    ctx.exit(severest_exit(exits | ({PartialError.exit_code} if counts[AddOutcome.UNREADABLE] else set())))


@casefile.command("remove", help=N_("Take a document out of a case file, into the tray."))
@click.argument("identifier")
@click.argument("document")
@click.option("--because", required=True, help=N_("The reason; it is kept with the decision."))
@click.pass_context
def remove(ctx: click.Context, identifier: str, document: str, because: str) -> None:
    """Take a document out of a case file."""
    with _desk(ctx) as desk, desk.changing():
        case = desk.case(identifier)
        taken = take_out(desk, case, document, because)
        _record(desk, case.id, {"act": "remove", "document": taken.id}, because)
        click.echo(showing.document_line(taken))


@casefile.command("describe", help=N_("Say what a document is: what a loose file lacks, or a message does not say."))
@click.argument("document")
@_described
@_json_option
@click.pass_context
def describe_command(ctx: click.Context, /, document: str, as_json: bool, **given: Any) -> None:
    """Describe a document."""
    with _desk(ctx) as desk, desk.changing():
        described = describe(desk, document, _loose_facts(given))
        place = desk.document(described.id)[1]
        _record(desk, place, {"act": "describe", "document": described.id})
        shown = json_line(showing.document_json(described, place)) if as_json else showing.document_line(described)
        click.echo(shown)


@casefile.command("discard", help=N_("Take drafts, duplicates and what is in the tray off the desk for good."))
@click.argument("documents", nargs=-1, required=True)
@click.option("--because", required=True, help=N_("The reason; it is kept with the decision."))
@_json_option
@click.pass_context
def discard_command(ctx: click.Context, documents: tuple[str, ...], because: str, as_json: bool) -> None:
    """Discard documents."""
    with _desk(ctx) as desk, desk.changing():
        for gone in discard(desk, documents, because):
            _record(desk, gone.id, {"act": "discard", "document": gone.id}, because)
            shown = json_line(showing.document_json(gone, DISCARDED)) if as_json else showing.document_line(gone)
            click.echo(shown)


@casefile.command("discarded", help=N_("List what was discarded, by whom and why."))
@_json_option
@click.pass_context
def discarded_command(ctx: click.Context, as_json: bool) -> None:
    """List what was discarded."""
    with _desk(ctx) as desk:
        for gone in discarded(desk):
            for line in [json_line(showing.discarded_json(gone))] if as_json else showing.discarded_lines(gone):
                click.echo(line)


@casefile.command("close", help=N_("Review a case file, close it, and hand it over to the archive."))
@click.argument("identifier")
@_maintenance
@_mode
@click.option("--title", default="", help=N_("Title, where another one fits better."))
@_date_option("--start-date", N_("Start date, where the documents do not say it."))
@_date_option("--end-date", N_("End date, where the documents do not say it."))
@click.option("--accept-incomplete", is_flag=True, help=N_("Close it though something is missing; needs --because."))
@click.option("--because", default="", help=N_("The reason; it is kept with the decision."))
@click.option("--no-ingest", is_flag=True, help=N_("Close it, and hand it over later by closing it again."))
@_json_option
@click.pass_context
def close_command(
    ctx: click.Context,
    identifier: str,
    maintenance: str,
    mode: str,
    title: str,
    start_date: PartialDate | None,
    end_date: PartialDate | None,
    accept_incomplete: bool,
    because: str,
    no_ingest: bool,
    as_json: bool,
) -> None:
    """Close a case file."""
    if accept_incomplete and not because:
        raise click.UsageError(_("--accept-incomplete needs --because."))
    facts = ClosingFacts(
        title=title,
        maintenance=maintenance,
        mode=mode,
        start_date=start_date,
        end_date=end_date,
        because=because,
        accept_incomplete=accept_incomplete,
        hand_over=not no_ingest,
    )
    with _desk(ctx) as desk, desk.changing():
        closed = close(desk, desk.case(identifier), facts)
        _record_closing(desk, closed, because)
        for line in [json_line(showing.closed_json(closed))] if as_json else showing.closed_lines(closed):
            click.echo(line)
        if closed.case.state is FileState.HANDED_OVER:
            with open_index(desk.archive) as index:
                index_level(desk.archive, index)
    ctx.exit(_exit_of(closed))


@casefile.command("reopen", help=N_("Open a closed or refused case file again."))
@click.argument("identifier")
@click.option("--because", required=True, help=N_("The reason; it is kept with the decision."))
@_json_option
@click.pass_context
def reopen_command(ctx: click.Context, identifier: str, because: str, as_json: bool) -> None:
    """Open a closed case file again."""
    with _desk(ctx) as desk, desk.changing():
        case = reopen(desk, desk.case(identifier), because)
        _record(desk, case.id, {"act": "reopen"}, because)
        _say_case(case, desk.index.count(case.id), as_json)


@casefile.command("list", help=N_("List the case files on the desk."))
@click.option(
    "--state", "states", multiple=True, type=click.Choice([state.value for state in FileState]), help=N_("Only these.")
)
@_json_option
@click.pass_context
def list_command(ctx: click.Context, states: tuple[str, ...], as_json: bool) -> None:
    """List case files."""
    with _desk(ctx) as desk:
        after = ("", "")
        while rows := desk.index.files_after(states, after, _PAGE):
            for row in rows:
                _say_case(case_of(row), row.documents, as_json)
            after = (rows[-1].opened_at, rows[-1].id)


@casefile.command("show", help=N_("Show a case file with its documents as they stand."))
@click.argument("identifier")
@_json_option
@click.pass_context
def show(ctx: click.Context, identifier: str, as_json: bool) -> None:
    """Show a case file."""
    with _desk(ctx) as desk:
        view = view_case(desk, desk.case(identifier))
        for line in [json_line(showing.view_json(view))] if as_json else showing.view_lines(view):
            click.echo(line)


@casefile.command("tray", help=N_("List the documents that are in no case file."))
@_json_option
@click.pass_context
def tray(ctx: click.Context, as_json: bool) -> None:
    """List the tray."""
    with _desk(ctx) as desk:
        for row in desk.index.documents(TRAY):
            document = document_of(row)
            shown = json_line(showing.document_json(document, TRAY)) if as_json else showing.document_line(document)
            click.echo(shown)


@casefile.command("sort", help=N_("Try again to sort what is in the tray."))
@_json_option
@click.pass_context
def sort(ctx: click.Context, as_json: bool) -> None:
    """Sort the tray."""
    with _desk(ctx) as desk, desk.changing():
        moved = _sort(desk, as_json=as_json)
        _record(desk, TRAY, {"act": "sort", "sorted": moved})
        left = desk.index.count(TRAY)
        click.echo(_("{moved} sorted, {left} in the tray.").format(moved=moved, left=left), err=True)


@casefile.command("refused", help=N_("List the messages that cannot be read, with the reasons."))
@_json_option
@click.pass_context
def refused(ctx: click.Context, as_json: bool) -> None:
    """List refused messages."""
    with _desk(ctx) as desk:
        for message in desk.contents.refused():
            for line in [json_line(showing.refused_json(message))] if as_json else showing.refused_lines(message):
                click.echo(line)


@casefile.command("register", help=N_("Write the register of incoming or outgoing documents of a year."))
@click.option("--incoming/--outgoing", "incoming", required=True, help=N_("Which register."))
@_year_option
@click.option("--agency", default="", help=N_("Identifier code of the agency whose register it is."))
@click.option("--to", "target", type=_PATH, required=True, help=N_("File to write: .docx, .xlsx or .pdf."))
@click.pass_context
def register(ctx: click.Context, incoming: bool, year: int | None, agency: str, target: Path) -> None:
    """Write a register."""
    direction = Direction.INCOMING if incoming else Direction.OUTGOING
    with _desk(ctx) as desk:
        click.echo(str(print_register(desk, direction, year or _this_year(desk), agency, target)))


@casefile.command("contents", help=N_("Write the list of documents in a case file (mục lục văn bản)."))
@click.argument("identifier")
@click.option("--to", "target", type=_PATH, required=True, help=N_("File to write: .docx, .xlsx or .pdf."))
@click.pass_context
def contents(ctx: click.Context, identifier: str, target: Path) -> None:
    """Write a list of documents."""
    with _desk(ctx) as desk, desk.folder.locked():
        click.echo(str(print_contents(desk, desk.case(identifier), target)))


@casefile.group("plan", help=N_("The yearly list of case files (danh mục hồ sơ)."))
def plan() -> None:
    """Group of the commands of the plan."""


@plan.command("import", help=N_("Import a year's list from a spreadsheet (.xlsx) or CSV file."))
@click.argument("path", type=_PATH)
@click.option("--year", type=click.IntRange(1900, 2200), required=True, help=N_("Year of the list."))
@click.option("--agency", default="", help=N_("Identifier code of the agency."))
@click.option("--dry-run", is_flag=True, help=N_("Show what would change, and change nothing."))
@_json_option
@click.pass_context
def import_command(ctx: click.Context, path: Path, year: int, agency: str, dry_run: bool, as_json: bool) -> None:
    """Import a plan."""
    with _desk(ctx) as desk, desk.changing():
        imported = import_plan(desk, path, year, agency, dry_run=dry_run)
        if not dry_run:
            _record(desk, f"{agency or '-'}/{year}", {"act": "plan-import", "lines": len(imported.changes)})
        for line in [json_line(showing.import_json(imported))] if as_json else showing.import_lines(imported):
            click.echo(line)
    ctx.exit(EXIT_FAILED if has_errors(imported.findings) else EXIT_DONE)


@plan.command("list", help=N_("Show a year's list."))
@_year_option
@click.option("--agency", default=None, help=N_("Identifier code of the agency."))
@_json_option
@click.pass_context
def list_plan(ctx: click.Context, year: int | None, agency: str | None, as_json: bool) -> None:
    """Show a plan."""
    with _desk(ctx) as desk:
        for row in desk.index.plan(year or _this_year(desk), agency):
            line = line_of(row)
            click.echo(json_line(showing.plan_json(line)) if as_json else showing.plan_line(line))


@plan.command("template", help=N_("Write an empty list as a spreadsheet."))
@click.argument("path", type=_PATH)
def template(path: Path) -> None:
    """Write a template."""
    if path.suffix.lower() != ".xlsx":
        raise InputError(
            N_("{path} is no name of a spreadsheet."), hint=N_("Let the name of the file end in .xlsx."), path=path
        )
    write_plan_template(path)
    click.echo(str(path))


def _wanted_case(desk: Desk, given: dict[str, Any]) -> DeskCase | None:
    if given["to"]:
        return desk.case(given["to"])
    if not given["number"]:
        return None
    year = given["year"] or _this_year(desk)
    held = desk.case_by_number(given["number"], year, given["agency"])
    return held or open_case(desk, OpeningFacts(year=year, number=given["number"], agency_code=given["agency"]))


def _loose_facts(given: dict[str, Any]) -> LooseFacts:
    return LooseFacts(
        code=given["code"],
        date=given["date"],
        type_name=given["type_name"],
        organ_name=given["organ"],
        organ_code=given["organ_code"],
        subject=given["subject"],
        signer=given["signer"],
        pages=given["pages"],
        description=given["note"],
        maintenance=given["maintenance"],
        mode=given["mode"],
        draft=given["draft"],
        together=given.get("together", False),
    )


def _show_progress(count: int) -> None:
    """Tell on a terminal how far a long run is."""
    if count % AT_ONCE == 0 and sys.stderr.isatty():
        click.echo(f"\r{count}", nl=False, err=True)


def _said_of(added: Any) -> Iterator[str]:
    """Yield the lines about one path; what went as usual is only counted."""
    if added.outcome is not AddOutcome.TRAY:
        yield from showing.added_lines(added)


def _sort(desk: Desk, *, as_json: bool) -> int:
    """Sort the tray and say what was moved: each document as JSON, else how many went to which case file."""
    cases: dict[str, int] = {}
    for moved in sort_tray(desk):
        cases[moved.case] = cases.get(moved.case, 0) + 1
        if as_json:
            click.echo(json_line({"schema": "casefile-sorted/1", "document": moved.document, "casefile": moved.case}))
    for identifier, count in sorted(cases.items()) if not as_json else ():
        click.echo(f"→ {count}: {showing.case_line(desk.case(identifier), desk.index.count(identifier))}")
    return sum(cases.values())


def _add_summary(counts: dict[AddOutcome, int], moved: int) -> str:
    total = sum(counts.values())
    parts = [f"{count} {_(showing.OUTCOME_WORDS[outcome])}" for outcome, count in counts.items() if count]
    if moved:
        parts.append(_("{count} sorted").format(count=moved))
    return f"{ngettext('{count} file', '{count} files', total).format(count=total)}: {', '.join(parts)}"


def _say_case(case: DeskCase, documents: int, as_json: bool) -> None:
    click.echo(json_line(showing.case_json(case, documents)) if as_json else showing.case_line(case, documents))


def _record(desk: Desk, object_: str, details: dict[str, Detail], because: str = "") -> None:
    record_act(desk.archive, Action.COMPILE, object_, because=because, details=details)


def _record_closing(desk: Desk, closed: Closed, because: str) -> None:
    if closed.case.state is FileState.OPEN:
        return
    outcome = ActOutcome.REFUSED if closed.case.state is FileState.REFUSED else ActOutcome.DONE
    details: dict[str, Detail] = {"act": "close", "state": closed.case.state.value}
    if closed.case.aip_id:
        details["aip"] = closed.case.aip_id
    record_act(desk.archive, Action.COMPILE, closed.case.id, outcome=outcome, because=because, details=details)


def _exit_of(closed: Closed) -> int:
    if closed.ingest is not None and closed.ingest.exit_code:
        return closed.ingest.exit_code
    refused = closed.ingest is not None and closed.ingest.status is IngestStatus.REFUSED
    return EXIT_FAILED if refused or closed.case.state is FileState.OPEN else EXIT_DONE


def _this_year(desk: Desk) -> int:
    return desk.now.astimezone(VIETNAM).year
