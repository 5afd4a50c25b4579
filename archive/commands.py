"""Commands on what is held: init, search, show, verify, doctor."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click

from archive.access.export import find_one
from archive.archive import Archive, create_archive
from archive.audit.recording import recorded_verifications
from archive.campaign import CampaignSettings, verify_all
from archive.catalogue.evidence_values import Seal
from archive.configuration import read_configuration
from archive.disposal.showing import find_stubs, stub_details, stub_lines
from archive.doctor import Diagnosis, diagnose
from archive.evidence.showing import newest_seals, seal_json, short_line
from archive.fixity import verify_version
from archive.indexing import bring_level, open_index
from archive.open_commands import opened, use_configured_language
from archive.search.folding import key as folded
from archive.search.values import SNIPPET_MARKS, Hit, Level, SearchPage, SearchRequest, Sort, Verdict
from archive.showing import show_json, show_lines
from model.dates import PartialDate
from model.elements import CODE_TABLES, code_word
from model.errors import EXIT_DONE, ArchiveError, NotFoundError, severest_exit
from model.findings import Outcome, ValidationReport, printable
from model.rendering import day_text, decimal_text, exit_code_of, json_line, report_json, report_lines
from model.text import N_, _, language_in_force
from preservation.commands import CASE_FOLDER_CHECK, EDXML_CHECK, LEGACY_CHECK
from preservation.package.check import check_package

_PATH = click.Path(path_type=Path)
_json_option = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))


@click.command(help=N_("Make a new archive in the folder PATH."))
@click.argument("path", type=_PATH)
@click.option("--name", default="", help=N_("What people call the archive."))
@click.option("--database", default="", help=N_("Database URL; SQLite in the folder by default."))
@click.option(
    "--store", "stores", multiple=True, help=N_("Folder or s3:// URL of a copy; give it twice for two copies.")
)
def init(path: Path, name: str, database: str, stores: tuple[str, ...]) -> None:
    """Make a new archive."""
    create_archive(path, name=name, database=database, stores=stores)
    click.echo(_("A new archive is in {path}.").format(path=printable(str(path))))
    click.echo(_("Next: chauban --archive {path} ingest FOLDER").format(path=printable(str(path))), err=True)


@click.command(help=N_("Find case files and documents by any word, with or without diacritics."))
@click.argument("query", nargs=-1)
@click.option("--level", type=click.Choice([level.value for level in Level]), help=N_("Only case files, or documents."))
@click.option("--fonds", default="", help=N_("Only this fonds."))
@click.option("--agency", default="", help=N_("Only this agency: code or words of its name."))
@click.option("--type", "types", multiple=True, help=N_("Only this document type: code or word."))
@click.option("--retention", multiple=True, help=N_("Only this retention period: code or word."))
@click.option("--access", multiple=True, help=N_("Only this access level: code or word."))
@click.option("--from", "date_from", default="", help=N_("Dated on this day or later (YYYY-MM-DD)."))
@click.option("--to", "date_to", default="", help=N_("Dated on this day or earlier (YYYY-MM-DD)."))
@click.option(
    "--sort", type=click.Choice([sort.value for sort in Sort]), default="relevance", help=N_("Order of hits.")
)
@click.option("--offset", type=click.IntRange(0, 1_000_000), default=0, help=N_("Hits to leave out at the beginning."))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help=N_("Hits to show."))
@click.option("--facets", is_flag=True, help=N_("Also count the hits by type, year, agency and so on."))
@_json_option
@click.pass_context
def search(ctx: click.Context, /, query: tuple[str, ...], as_json: bool, **options: object) -> None:
    """Search the archive."""
    with opened(ctx) as archive:
        request = _request(" ".join(query), options)
        with open_index(archive) as index:
            bring_level(archive, index)
            page = index.search(request)
        seals = newest_seals(archive, {UUID(hit.id.partition("/")[0]) for hit in page.hits})
    for line in _page_json(page, seals) if as_json else _page_lines(page, request, seals):
        click.echo(line)


@click.command(help=N_("Show a case file: its description, documents, versions, copies and events."))
@click.argument("identifier")
@_json_option
@click.pass_context
def show(ctx: click.Context, identifier: str, as_json: bool) -> None:
    """Show one case file."""
    with opened(ctx) as archive:
        for line in _shown(archive, identifier, as_json=as_json):
            click.echo(line)


def _shown(archive: Archive, identifier: str, *, as_json: bool) -> Iterator[str]:
    """Yield the lines of a case file; where it is not held any more, of what is left of it."""
    try:
        held = find_one(archive, identifier)
    except NotFoundError:
        left = find_stubs(archive, identifier)
        if not left:
            raise
        for row in left:
            yield from [json_line(stub_details(archive, row))] if as_json else stub_lines(archive, row)
        return
    yield from [json_line(show_json(archive, held))] if as_json else show_lines(archive, held)


@click.command(help=N_("Verify a held case file, everything held (--all), or a package on disk (PATH)."))
@click.argument("identifier", required=False)
@click.option("--all", "everything", is_flag=True, help=N_("Every package in every store."))
@click.option("--deep", is_flag=True, help=N_("With --all: also look inside every package."))
@click.option("--repair", is_flag=True, help=N_("Restore a damaged copy from a good one."))
@click.option("--restart", is_flag=True, help=N_("With --all: begin anew instead of going on where it stopped."))
@_json_option
@click.pass_context
def verify(
    ctx: click.Context, identifier: str | None, everything: bool, deep: bool, repair: bool, restart: bool, as_json: bool
) -> None:
    """Verify what is held."""
    if everything == (identifier is not None):
        raise click.UsageError(_("Give an identifier or a path, or --all."))
    outcomes = set()
    for report, in_custody in _verifications(ctx, identifier, deep=deep, repair=repair, restart=restart):
        lines = [json_line(report_json("verify/1", report))] if as_json else report_lines(report)
        for line in lines:
            click.echo(line)
        damaged = in_custody and report.outcome is Outcome.FAILED
        outcomes.add(_DAMAGE if damaged else exit_code_of(report.outcome))
    ctx.exit(severest_exit(outcomes))


@click.command(help=N_("Look whether the archive and its tools are in order."))
@_json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Diagnose the installation and the archive."""
    folder: Path = ctx.obj
    with suppress(ArchiveError):  # without a readable configuration the locale decides; the diagnosis says why
        use_configured_language(ctx, read_configuration(folder))
    worst = EXIT_DONE
    for diagnosis in diagnose(folder):
        click.echo(json_line({"schema": "doctor/1", **asdict(diagnosis)}) if as_json else _diagnosis_line(diagnosis))
        worst = worst if diagnosis.ok is not False else _UNHEALTHY
    ctx.exit(worst)


_DAMAGE = 12
_UNHEALTHY = 3


def _verifications(
    ctx: click.Context, identifier: str | None, *, deep: bool, repair: bool, restart: bool
) -> Iterator[tuple[ValidationReport, bool]]:
    """Yield each report, and whether it is about something in custody."""
    if identifier is not None and Path(identifier).exists():
        keys = (CASE_FOLDER_CHECK, EDXML_CHECK, LEGACY_CHECK)
        case_folder, edxml, legacy = (ctx.find_root().meta.get(key) for key in keys)
        yield check_package(Path(identifier), case_folder=case_folder, edxml=edxml, legacy=legacy), False
        return
    with opened(ctx) as archive:
        if identifier is None:
            settings = CampaignSettings(deep=deep, repair=repair, restart=restart)
            reports, object_ = verify_all(archive, settings), archive.configuration.archive_id
        else:
            object_ = find_one(archive, identifier).aip_id
            versions = archive.catalogue.versions(object_)
            reports = (verify_version(archive, version, deep=True, repair=repair) for version in versions)
        for report in recorded_verifications(archive, object_, reports, deep=deep or identifier is not None):
            yield report, True


def _request(query: str, options: dict[str, object]) -> SearchRequest:
    level = options["level"]
    return SearchRequest(
        query=query,
        level=Level(str(level)) if level else None,
        fonds=str(options["fonds"]),
        agency=str(options["agency"]),
        type=_codes("typeName", options["types"]),
        retention=_codes("maintenance", options["retention"]),
        access=_codes("mode", options["access"]),
        date_from=_iso_day(str(options["date_from"]), last=False),
        date_to=_iso_day(str(options["date_to"]), last=True),
        sort=Sort(str(options["sort"])),
        offset=int(str(options["offset"])),
        limit=int(str(options["limit"])),
        facets=bool(options["facets"]),
    )


def _codes(table: str, given: object) -> tuple[str, ...]:
    """Turn words of a code table, with or without diacritics, into codes; codes stay as they are."""
    words = {folded(word): code for code, pair in CODE_TABLES[table].items() for word in pair}
    values = given if isinstance(given, tuple) else ()
    for value in values:
        if value not in CODE_TABLES[table] and folded(value) not in words:
            known = ", ".join(f"{code} {code_word(table, code, language_in_force())}" for code in CODE_TABLES[table])
            raise click.UsageError(_("Unknown value {value}; known: {known}.").format(value=value, known=known))
    return tuple(value if value in CODE_TABLES[table] else words[folded(value)] for value in values)


def _page_json(page: SearchPage, seals: Mapping[UUID, Seal]) -> Iterator[str]:
    yield json_line(
        {
            "schema": "search/1",
            "total": page.total,
            "milliseconds": round(page.milliseconds, 3),
            "facets": {name: dict(values) for name, values in page.facets.items()},
        }
    )
    for hit in page.hits:
        data = asdict(hit) | {"level": hit.level.value, "snippet": _marked(hit.snippet, "**")}
        data["sealed"] = seal_json(_seal_of(hit, seals))
        yield json_line({"schema": "search-hit/1", **data})


def _seal_of(hit: Hit, seals: Mapping[UUID, Seal]) -> Seal | None:
    return seals.get(UUID(hit.id.partition("/")[0]))


def _page_lines(page: SearchPage, request: SearchRequest, seals: Mapping[UUID, Seal]) -> Iterator[str]:
    for number, hit in enumerate(page.hits, request.offset + 1):
        yield from _hit_lines(number, hit, short_line(_seal_of(hit, seals)))
    for name, values in page.facets.items():
        shown = ", ".join(f"{_facet_word(name, value)} {count}" for value, count in values[:10])
        yield f"{_(_FACET_NAMES.get(name, name))}: {shown}"
    first, last = (request.offset + 1, request.offset + len(page.hits)) if page.hits else (0, 0)
    yield _("{total} found, {first}-{last} shown, {ms} ms").format(
        total=page.total, first=first, last=last, ms=decimal_text(f"{page.milliseconds:.1f}")
    )


def _hit_lines(number: int, hit: Hit, sealed: str) -> Iterator[str]:
    where = hit.id.partition("/")[2]
    sign = "/".join(part for part in (hit.number, hit.notation) if part)
    kind = code_word("typeName", hit.type, language_in_force()) if hit.type else _("Case file")
    place = _("document {ordinal} of {case}").format(ordinal=where, case=hit.case_title) if where else hit.code
    yield printable(f"{number:3}. {kind} {sign}: {hit.title}".replace(" :", ":"))
    yield printable(f"     {place} · {_day(hit.start[:10])} · {hit.agency} · {sealed}  [{hit.id}]")
    if hit.snippet:
        yield f"     … {printable(_marked(hit.snippet, '*'))} …"


_FACET_NAMES = {
    "level": N_("level"),
    "type": N_("type"),
    "retention": N_("retention"),
    "access": N_("access"),
    "agency": N_("agency"),
    "fonds": N_("fonds"),
    "verdict": N_("signatures"),
    "year": N_("year"),
}
_VERDICT_WORDS = {
    Verdict.PASSED.value: N_("valid"),
    Verdict.FAILED.value: N_("NOT valid"),
    Verdict.INDETERMINATE.value: N_("cannot be decided"),
    Verdict.NONE.value: N_("no signature"),
    Verdict.UNREADABLE.value: N_("cannot be verified"),
}
_LEVEL_WORDS = {Level.CASE_FILE.value: N_("case files"), Level.DOCUMENT.value: N_("documents")}


def _day(iso: str) -> str:
    return day_text(PartialDate.from_iso(iso)) if iso else ""


def _facet_word(name: str, value: str) -> str:
    if name == "level":
        return _(_LEVEL_WORDS.get(value, value))
    if name == "verdict":
        return _(_VERDICT_WORDS.get(value, value))
    tables = {"type": "typeName", "retention": "maintenance", "access": "mode"}
    return code_word(tables[name], value, language_in_force()) if name in tables else value


def _marked(snippet: str, mark: str) -> str:
    text = " ".join(snippet.split())
    for character in SNIPPET_MARKS:
        text = text.replace(character, mark)
    return text


def _iso_day(text: str, *, last: bool) -> str:
    """Return the first or last day that a day, month or year may mean; empty for none given."""
    if not text:
        return ""
    with suppress(ValueError):
        day = PartialDate.from_iso(text)
        if day.iso == text:
            return (day.latest if last else day.earliest).isoformat()
    raise click.UsageError(_("{text} is not a date like 2026-03-02.").format(text=text))


def _diagnosis_line(diagnosis: Diagnosis) -> str:
    sign = {True: "✓", False: "✗", None: "–"}[diagnosis.ok]
    return f"{sign} {printable(diagnosis.what)}: {printable(diagnosis.detail)}"
