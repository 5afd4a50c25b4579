"""The command that gives out what is held: export."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from archive.access.certificate import DEFAULT_DAYS, MAX_COPIES, MAX_DAYS, Recipient
from archive.access.dip import export_dip
from archive.access.export import (
    export_archival_copies,
    export_container,
    export_document,
    export_files,
    find_one,
    stream_document,
)
from archive.access.sip import SipRequest, export_sip
from archive.archive import Archive
from archive.audit.recording import acting
from archive.audit.values import Action, Detail
from archive.catalogue.values import HeldCaseFile
from archive.configuration import PROFILES
from archive.open_commands import opened
from model.dates import PartialDate
from model.errors import InputError
from model.findings import printable
from model.rendering import exit_code_of, finding_lines
from model.text import N_, _, ngettext
from preservation.package.dip import FEES, OFFICIAL, PURPOSES, AccessRequest

_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the options ask for."""

    form: str
    document: int | None
    target: Path
    request: AccessRequest
    recipient: Recipient | None
    sip: SipRequest
    keep_links: bool


@click.command(help=N_("Give out a document, the files, or the package of a case file."))
@click.argument("identifier")
@click.option("--document", type=click.IntRange(1), help=N_("Only this document, by its number in the case file."))
@click.option(
    "--as",
    "form",
    type=click.Choice(["dip", "sip", "aip", "files", "archival-copy", "proof"]),
    default="files",
    help=N_(
        "Dissemination package, submission package, stored package, plain files, archival copies of signed PDFs, or a"
        " proof: a folder from which anybody can verify offline, without this program, since when the files have"
        " existed."
    ),
)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    help=N_("Where to write; - for one document on stdout."),
)
@click.option("--request-id", help=N_("With --as dip: number of the access request it answers."))
@click.option("--request-date", type=_DAY, help=N_("With --as dip: day of the access request."))
@click.option(
    "--purpose",
    type=click.Choice(PURPOSES),
    help=N_("With --as dip: 01 personal, 02 official (when not given), 03 special official."),
)
@click.option("--purpose-text", help=N_("With --as dip: the purpose in words."))
@click.option("--fee-type", type=click.Choice(FEES), help=N_("With --as dip: who asks, for the fee: 01 to 10."))
@click.option("--research-topic", help=N_("With --as dip: topic of the research."))
@click.option("--request-note", help=N_("With --as dip: note on the access request."))
@click.option("--recipient", help=N_("With --as dip: who is handed it; puts the certificate into the package."))
@click.option("--recipient-id", help=N_("With --recipient: number of the identity document."))
@click.option("--valid-until", type=_DAY, help=N_("With --recipient: last day of the certificate."))
@click.option(
    "--valid-days", type=click.IntRange(1, MAX_DAYS), help=N_("With --recipient: days the certificate holds.")
)
@click.option("--copies", type=click.IntRange(1, MAX_COPIES), help=N_("With --recipient: number of copies."))
@click.option("--profile", type=click.Choice(PROFILES), help=N_("With --as sip: norm of the package."))
@click.option("--registration", help=N_("With --as sip: registration code of the submission."))
@click.option("--keep-links", is_flag=True, default=None, help=N_("With --as dip or sip: linked documents stay links."))
@click.pass_context
def export(
    ctx: click.Context, /, identifier: str, document: int | None, form: str, target: Path, **options: object
) -> None:
    """Export what is held."""
    asked = _asked(form, document, target, options)
    if str(target) == "-" and (document is None or form != "files"):
        raise click.UsageError(_("Only one document can be written to stdout: give --document, and no --as."))
    if document is not None and form == "sip":
        raise click.UsageError(_("A submission package is made of a whole case file: leave --document out."))
    if form == "proof":
        ctx.exit(_export_proof(ctx, identifier, asked))
    with opened(ctx) as archive:
        held = find_one(archive, identifier)
        with acting(archive, Action.EXPORT, held.aip_id, details=_what_is_exported(asked)):
            lines = list(_export(archive, held, asked))
        for line in lines:
            click.echo(line)


def _export_proof(ctx: click.Context, identifier: str, asked: _Asked) -> int:
    """Write a proof and say what keeps it from being one; return the exit code."""
    from archive.access.proof import export_proof, proof_subject

    with opened(ctx) as archive:
        subject = proof_subject(archive, identifier)
        with acting(archive, Action.EXPORT, subject.package.aip_id, details=_what_is_exported(asked)):
            given = export_proof(archive, subject, asked.target, document=asked.document)
        click.echo(printable(str(given.path)))
        for line in (line for finding in given.findings for line in finding_lines(finding)):
            click.echo(line, err=True)
        return exit_code_of(given.outcome)


def _export(archive: Archive, held: HeldCaseFile, asked: _Asked) -> Iterator[str]:
    """Write what is asked for; yield what to say about it."""
    document, target = asked.document, asked.target
    if str(target) == "-" and document is not None:
        stream_document(archive, held, document, sys.stdout.buffer)
    elif asked.form == "dip":
        path = export_dip(
            archive,
            held,
            target,
            asked.request,
            document=document,
            recipient=asked.recipient,
            keep_links=asked.keep_links,
        )
        yield printable(str(path))
        if asked.recipient is None:
            click.echo(_("The package has no certificate: name who is handed it with --recipient."), err=True)
        elif asked.recipient.valid_until is None and asked.recipient.valid_days is None:
            text = _("The certificate holds {days} days; --valid-days and --valid-until set another period.")
            click.echo(text.format(days=DEFAULT_DAYS), err=True)
    elif asked.form == "sip":
        yield printable(str(export_sip(archive, held, target, replace(asked.sip, keep_links=asked.keep_links))))
    elif asked.form == "archival-copy":
        yield from (printable(str(path)) for path in export_archival_copies(archive, held, target, document))
    elif document is not None:
        yield from (printable(str(path)) for path in export_document(archive, held, document, target))
    elif asked.form == "aip":
        yield printable(str(export_container(archive, held, target)))
    else:
        count = export_files(archive, held, target)
        text = ngettext("{count} file in {path}", "{count} files in {path}", count)
        yield text.format(count=count, path=printable(str(target)))


def _what_is_exported(asked: _Asked) -> dict[str, Detail]:
    """Return what the audit log says of an export: not where to and not to whom, which may name a person."""
    details: dict[str, Detail] = {"form": "stream" if str(asked.target) == "-" else asked.form}
    if asked.document is not None:
        details["document"] = asked.document
    if asked.form == "dip":
        details |= {"purpose": asked.request.purpose, "request": asked.request.request_id}
        details["certificate"] = asked.recipient is not None
    if asked.form == "sip":
        details["registration"] = asked.sip.registration
    return details


_ONLY_WITH = {
    ("dip",): (
        *("request_id", "request_date", "purpose", "purpose_text", "fee_type", "research_topic", "request_note"),
        *("recipient", "recipient_id", "valid_until", "valid_days", "copies"),
    ),
    ("sip",): ("profile", "registration"),
    ("dip", "sip"): ("keep_links",),
}


def _asked(form: str, document: int | None, target: Path, options: Mapping[str, object]) -> _Asked:
    for forms, names in _ONLY_WITH.items():
        given = ["--" + name.replace("_", "-") for name in names if options[name] is not None]
        if given and form not in forms:
            text = _("{options} can only be given with --as {form}.")
            raise click.UsageError(text.format(options=", ".join(given), form="|".join(forms)))
    texts = {name: value if isinstance(value, str) else "" for name, value in options.items()}
    try:
        return _Asked(
            form=form,
            document=document,
            target=target,
            request=AccessRequest(
                request_id=texts["request_id"],
                request_date=_partial(options["request_date"]),
                purpose=texts["purpose"] or OFFICIAL,
                purpose_content=texts["purpose_text"],
                fee_object_type=texts["fee_type"],
                research_topic=texts["research_topic"],
                description=texts["request_note"],
            ),
            recipient=_recipient(options),
            sip=SipRequest(profile=texts["profile"], registration=texts["registration"]),
            keep_links=bool(options["keep_links"]),
        )
    except InputError as error:
        raise click.UsageError(str(error)) from error


def _recipient(options: Mapping[str, object]) -> Recipient | None:
    name = options["recipient"]
    if name is None:
        if any(options[item] is not None for item in ("recipient_id", "valid_until", "valid_days", "copies")):
            raise click.UsageError(_("A certificate needs the name of its recipient: give --recipient."))
        return None
    return Recipient(
        name=str(name),
        identifier=str(options["recipient_id"] or ""),
        valid_until=until.date() if isinstance(until := options["valid_until"], datetime) else None,
        valid_days=days if isinstance(days := options["valid_days"], int) else None,
        copies=int(str(options["copies"] or 1)),
    )


def _partial(day: object) -> PartialDate | None:
    return PartialDate(day.year, day.month, day.day) if isinstance(day, datetime) else None
