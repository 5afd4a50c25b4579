"""`chauban trust …`: who is trusted for what; works on any trust folder, or on the archive's."""

import getpass
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.dates import utc_text
from model.errors import EXIT_DONE, ArchiveError, ConfigurationError, InputError, NotFoundError, severest_exit
from model.findings import printable
from model.ports import SystemClock
from model.rendering import date_text, exit_code_of, json_line, path_fields, report_lines
from model.text import N_, _

if TYPE_CHECKING:
    from preservation.trust.store import Anchor, TrustStore

_PURPOSES = {
    "document-signer": N_("signatures of persons"),
    "agency-seal": N_("signatures of agencies"),
    "tsa": N_("timestamps"),
}
"""The purposes of `preservation.trust.store`, which is imported only when a trust folder is opened."""

ARCHIVE_TRUST = "chauban.archive-trust"
"""Key of the root context's `meta`: returns the `ArchiveTrust` of the archive the command is run on."""
LIST_SCHEMA = "trust-list/1"
CHECK_SCHEMA = "trust-check/1"
UPDATE_SCHEMA = "trust-update/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTrust:
    """What an archive says about trust; all none without an archive."""

    home: Path | None = None
    """Where its trust folder is, or would be."""
    folder: Path | None = None
    """Its trust folder, where it is to be used."""
    policy: Path | None = None
    """Its own signature policy."""
    record: Callable[[str, str, str], None] | None = None
    """Enters an act on its trust folder into its audit log: what was done, to what, and why."""


def archive_trust(context: click.Context) -> ArchiveTrust:
    """Return what the archive of this run says about trust."""
    known: Callable[[], ArchiveTrust] | None = context.find_root().meta.get(ARCHIVE_TRUST)
    return known() if known else ArchiveTrust()


class Moment(click.ParamType[datetime]):
    """A time: ISO 8601, or day/month/year; a day means its end, and without a zone it is local time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the time a user wrote."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        moment = _iso(text) or _vietnamese(text)
        if moment is None:
            problem = _("{value} is not a time; write 2026-03-02, 2026-03-02T08:00:00Z or 02/03/2026.")
            self.fail(problem.format(value=printable(text)), param, ctx)
        return moment.astimezone(UTC)


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(moment, time.max) if len(text) <= len("2026-03-02") else moment


def _vietnamese(text: str) -> datetime | None:
    for form in ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"):
        with suppress(ValueError):
            moment = datetime.strptime(text, form)  # noqa: DTZ007 (local time, made aware by whoever asked)
            return datetime.combine(moment, time.max) if form == "%d/%m/%Y" else moment
    return None


_folder = click.option(
    "--trust", "folder", type=click.Path(path_type=Path), help=N_("The trust folder; the archive's by default.")
)
_because = click.option("--because", default="", help=N_("Why, kept in trust.toml."))
_json = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))


@click.group("trust", help=N_("Decide whose certificates are trusted, and for what."))
def trust() -> None:
    """Group of the trust commands."""


@trust.command("list", help=N_("Show whom the trust folder trusts, for what and since when."))
@_folder
@_json
@click.pass_context
def list_command(context: click.Context, /, folder: Path | None, as_json: bool) -> None:
    """Print anchors, services of trusted lists, and what else lies in the folder."""
    store = _load(_existing(context, folder))
    for entry in _listed(store):
        click.echo(json_line({"schema": LIST_SCHEMA, **entry}) if as_json else _line(entry))


@trust.command(
    "add",
    help=N_(
        "Add certificates, revocation lists or trusted lists.\n\n"
        "A certificate is trusted only for the purposes named and only when --fingerprint is its SHA-256 as its"
        " authority publishes it. Without a purpose it only helps to find paths."
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(list(_PURPOSES)),
    help=N_("What the certificate is trusted for; may be given several times."),
)
@click.option(
    "--fingerprint",
    "fingerprints",
    multiple=True,
    help=N_("SHA-256 from an official publication: of the certificate, or of who signs a trusted list."),
)
@click.option("--from", "valid_from", type=Moment(), help=N_("Since when it is trusted."))
@click.option("--until", "valid_until", type=Moment(), help=N_("Until when it was trusted."))
@click.option("--source", default="", help=N_("Publication the fingerprint was taken from."))
@_because
@_folder
@click.pass_context
def add(context: click.Context, /, files: tuple[Path, ...], folder: Path | None, **options: Any) -> None:
    """Add each file; the first that cannot be added ends the command."""
    from preservation.trust.adding import Addition, add_file
    from preservation.trust.store import Purpose

    home = _home(context, folder)
    addition = Addition(
        purposes=tuple(Purpose(name) for name in options["purposes"]),
        fingerprints=options["fingerprints"],
        valid_from=options["valid_from"],
        valid_until=options["valid_until"],
        source=options["source"],
        by=_who(options["because"]),
        now=SystemClock().now(),
    )
    for path in files:
        for told in add_file(home, _content(path), str(path), addition):
            _record(context, folder, "add", told.id, options["because"])
            click.echo(_("{what} {id}: {name}").format(what=_(told.what), id=told.id[:16], name=printable(told.name)))


@trust.command("end", help=N_("End the trust in a certificate; it stays for what was signed before."))
@click.argument("identifier")
@click.option("--until", type=Moment(), required=True, help=N_("When the trust ended."))
@click.option("--because", required=True, help=N_("Why, kept in trust.toml."))
@_folder
@click.pass_context
def end(context: click.Context, /, identifier: str, until: datetime, because: str, folder: Path | None) -> None:
    """End the trust in an anchor, named by its SHA-256 or the beginning of it."""
    from preservation.trust.editing import end_anchor

    ended = end_anchor(_existing(context, folder), identifier, until=until)
    _record(context, folder, "end", ended, because)
    told = _("The trust in {id} ends on {time}: {because}")
    click.echo(told.format(id=ended[:16], time=date_text(until), because=printable(because)))


@trust.command(
    "update",
    help=N_(
        "Bring newer revocation lists and trusted lists, from files or addresses.\n\n"
        "Without any, those of the folder that came from an address are fetched from there again."
    ),
)
@click.argument("sources", nargs=-1)
@click.option(
    "--fingerprint",
    "fingerprints",
    multiple=True,
    help=N_("SHA-256 of the certificate that signs a trusted list, where it is a new one."),
)
@_because
@_folder
@_json
@click.pass_context
def update(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    fingerprints: tuple[str, ...],
    because: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Bring each; one that cannot be had or is refused does not keep the others from being brought."""
    from preservation.trust import updating
    from preservation.trust.store import load_trust

    home, codes = _existing(context, folder), {EXIT_DONE}
    wanted = sources or updating.sources(home)
    if not wanted:
        click.echo(_("Nothing in this folder came from an address; name the files to bring."), err=True)
    for source in wanted:
        try:
            content = updating.download(source) if updating.is_address(source) else _content(Path(source))
            brought = updating.bring(
                load_trust(home),
                content,
                source=source,
                now=SystemClock().now(),
                by=_who(because),
                signers=_pins(fingerprints),
            )
        except ArchiveError as error:
            codes.add(error.exit_code)
            click.echo(_("{path}: {message}").format(path=printable(source), message=printable(str(error))), err=True)
            continue
        if brought.new:
            _record(context, folder, "update", brought.id, because)
        if as_json:
            told = {"source": source, "kind": brought.kind, "id": brought.id, "new": brought.new}
            click.echo(json_line({"schema": UPDATE_SCHEMA, **told}))
        else:
            click.echo(f"{printable(source)}: {_('brought') if brought.new else _('nothing new')}")
    context.exit(severest_exit(codes))


@trust.command("check", help=N_("Check the trust folder: nothing changed, ended, weak or missing."))
@_folder
@click.option("--at", type=Moment(), help=N_("Tell what has ended by this time; now by default."))
@_json
@click.pass_context
def check(context: click.Context, /, folder: Path | None, at: datetime | None, as_json: bool) -> None:
    """Print what serves which purpose, and what is to be done; end with 0, 3 or 4."""
    from preservation.trust.checks import check_trust
    from preservation.trust.store import Purpose

    store = _load(_existing(context, folder))
    report = check_trust(store, at or SystemClock().now())
    serving = {purpose.value: [anchor.name for anchor in store.trusted((purpose,))] for purpose in Purpose}
    if as_json:
        told = {
            **path_fields(store.folder),
            "outcome": report.outcome.value,
            "trust": store.id,
            "purposes": {name: [printable(one) for one in names] for name, names in serving.items()},
            "findings": [finding.to_public() for finding in report.findings],
        }
        click.echo(json_line({"schema": CHECK_SCHEMA, **told}))
    else:
        for name, names in serving.items():
            click.echo(f"{_(_PURPOSES[name])}: {', '.join(map(printable, names)) or _('nobody')}")
        click.echo("\n".join(report_lines(report)))
    context.exit(exit_code_of(report.outcome))


def _record(context: click.Context, folder: Path | None, what: str, object_: str, because: str) -> None:
    """Enter an act on the archive's own trust folder into its audit log; another folder has none."""
    known = archive_trust(context)
    if known.record is not None and known.home is not None and (folder or known.home).resolve() == known.home.resolve():
        known.record(what, object_, because)


def _load(folder: Path) -> "TrustStore":
    from preservation.trust.lists import read_list
    from preservation.trust.store import load_trust

    return load_trust(folder, read_list)


def _home(context: click.Context, folder: Path | None) -> Path:
    """Return the trust folder to write into, which may not be there yet."""
    home = folder or archive_trust(context).home
    if home is None:
        raise ConfigurationError(
            N_("Which trust folder is meant?"), hint=N_("Name it with --trust, or run the command on an archive.")
        )
    return home


def _existing(context: click.Context, folder: Path | None) -> Path:
    home = _home(context, folder)
    if not home.is_dir():
        raise NotFoundError(
            N_("There is no trust folder {folder}."),
            hint=N_("`chauban trust add` makes it with the first certificate."),
            folder=printable(str(home)),
        )
    return home


def _content(path: Path) -> bytes:
    from preservation.trust.store import MAX_LIST_FILE

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_LIST_FILE + 1)
    except FileNotFoundError as error:
        raise NotFoundError(
            N_("There is nothing at {path}."), hint=N_("Check the spelling of the path."), path=printable(str(path))
        ) from error
    except OSError as error:
        raise InputError(
            N_("The file {path} cannot be read: {why}."),
            hint=N_("Check that this account may read it."),
            path=printable(str(path)),
            why=error.strerror or error,
        ) from error
    if len(content) > MAX_LIST_FILE:
        raise InputError(
            N_("The file {path} is larger than {limit} MiB."),
            hint=N_("Check that it is a certificate, a revocation list or a trusted list."),
            path=printable(str(path)),
            limit=MAX_LIST_FILE >> 20,
        )
    return content


def _who(because: str) -> str:
    """Return who decides: the account that runs the program, and the reason given."""
    name = ""
    with suppress(OSError, KeyError, ImportError):
        name = getpass.getuser()
    return ": ".join(filter(None, (name, because)))


def _pins(fingerprints: Iterable[str]) -> tuple[str, ...]:
    from preservation.trust.adding import plain_fingerprint

    return tuple(plain_fingerprint(one) for one in fingerprints)


def _listed(store: "TrustStore") -> Iterator[dict[str, object]]:
    from preservation.trust.adding import described_crl, described_list
    from preservation.trust.store import subject_of

    for kind, anchors in (("anchor", store.anchors), ("service", store.services)):
        for anchor in anchors:
            yield {"kind": kind, **_anchor(anchor)}
    for der in store.intermediates:
        yield {"kind": "intermediate", "name": printable(subject_of(der))}
    for der in store.crls:
        yield {"kind": "crl", **described_crl(der)}
    for entry in store.lists:
        yield {"kind": "list", **described_list(entry)}


def _anchor(anchor: "Anchor") -> dict[str, object]:
    return {
        "id": anchor.id,
        "name": printable(anchor.name),
        "purposes": [purpose.value for purpose in anchor.purposes],
        "valid_from": _moment(anchor.valid_from),
        "valid_until": _moment(anchor.valid_until),
        "confirmed": anchor.confirmed,
        "source": printable(anchor.source),
        "added": _moment(anchor.added),
        "added_by": printable(anchor.added_by),
        "file": printable(anchor.file),
    }


def _moment(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None


_KINDS = {
    "anchor": N_("trusted certificate"),
    "service": N_("service of a trusted list"),
    "intermediate": N_("helping certificate, not trusted by itself"),
    "crl": N_("revocation list"),
    "list": N_("trusted list"),
}


def _line(entry: dict[str, object]) -> str:
    """Return one line for people about something in the folder."""
    line = f"{_(_KINDS[str(entry['kind'])])}: {entry['name']}"
    purposes = entry.get("purposes")
    if isinstance(purposes, list):
        line += f" ({', '.join(_(_PURPOSES[name]) for name in purposes)})"
    window = [str(entry.get(name) or "…") for name in ("valid_from", "valid_until")]
    if window != ["…", "…"]:
        line += f" {window[0]} – {window[1]}"
    if entry.get("next_update"):
        line += " " + _("(next on {time})").format(time=entry["next_update"])
    if entry.get("confirmed") is False:
        line += " " + _("(NOT trusted: fingerprint not confirmed)")
    return line
