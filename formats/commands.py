"""`chauban format …`: what files are and whether they are sound; needs no archive."""

import base64
import os
from collections.abc import Iterator
from itertools import tee
from pathlib import Path

import click

from formats.content import extension_of
from formats.examine import ExamineItem, Examiner
from model.errors import EXIT_DONE, InputError, severest_exit
from model.findings import ValidationReport, printable
from model.formats import UNKNOWN_PUID, FormatFacts
from model.rendering import exit_code_of, finding_lines, json_line, report_lines
from model.text import N_, _
from model.walking import found_files

IDENTIFY_SCHEMA = "format-identify/1"
CHECK_SCHEMA = "format-check/1"

_paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help=N_("One JSON object per file, one per line."))


@click.group("format", help=N_("Identify file formats and check that files are well-formed."))
def format_group() -> None:
    """Hold the commands about formats."""


@format_group.command("identify", help=N_("Tell the format of files by PRONOM; folders are walked."))
@_paths
@_json
@click.pass_context
def identify(ctx: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:
    """Print the identification of each file; end with 17 when one could not be read."""
    codes = {EXIT_DONE}
    with Examiner(text=False, validate=False) as examiner:
        for item, facts in _examined(examiner, paths):
            codes.add(_read_code(facts))
            if as_json:
                click.echo(json_line({"schema": IDENTIFY_SCHEMA, **_subject(item), **_identification(facts)}))
            else:
                click.echo(f"{printable(item.name)}: {_label(facts)}")
                for finding in facts.findings:
                    click.echo("\n".join(finding_lines(finding)), err=True)
    ctx.exit(severest_exit(codes))


@format_group.command(
    "check", help=N_("Check that files are well-formed, readable and free of risks; folders are walked.")
)
@_paths
@_json
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:
    """Print the report on each file; end with 0, 3 (failed), 4 (undecided) or 17 (unreadable)."""
    codes = {EXIT_DONE}
    with Examiner(text=False) as examiner:
        for item, facts in _examined(examiner, paths):
            report = ValidationReport.of(item.name, facts.findings, type=facts.identification.puid)
            codes.update((_read_code(facts), exit_code_of(report.outcome)))
            if as_json:
                click.echo(json_line(_check_json(item, facts, report)))
            else:
                click.echo("\n".join(report_lines(report)))
    ctx.exit(severest_exit(codes))


def _examined(examiner: Examiner, paths: tuple[Path, ...]) -> Iterator[tuple[ExamineItem, FormatFacts]]:
    """Yield each file below the paths with its facts, as they come."""
    items, again = tee(item for path in paths for item in _items(path))
    yield from zip(items, examiner.examine(again), strict=True)


def _items(path: Path) -> Iterator[ExamineItem]:
    """Yield the file at a path, or the files of the folder in the order of their names."""
    return (ExamineItem(path=file.path, name=str(file.path), links=file.links) for file in found_files(path))


def _read_code(facts: FormatFacts) -> int:
    unreadable = any(finding.code == "format.unreadable" for finding in facts.findings)
    return InputError.exit_code if unreadable else EXIT_DONE


def _subject(item: ExamineItem) -> dict[str, object]:
    """Return the path for JSON; one that is not UTF-8 also byte for byte."""
    raw = os.fsencode(item.path)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"path": printable(item.name), "path_b64": base64.b64encode(raw).decode("ascii")}
    return {"path": item.name}


def _identification(facts: FormatFacts) -> dict[str, object]:
    return {
        **facts.identification.to_json(),
        "findings": [finding.to_public() for finding in facts.findings],
    }


def _check_json(item: ExamineItem, facts: FormatFacts, report: ValidationReport) -> dict[str, object]:
    identification = facts.identification
    return {
        "schema": CHECK_SCHEMA,
        **_subject(item),
        "extension": printable(extension_of(item.name)),
        "puid": identification.puid,
        "name": identification.name,
        "version": identification.version,
        "mime": identification.mime,
        "signature_release": identification.signature_release,
        "outcome": report.outcome.value,
        "validators": [
            {"name": run.name, "version": run.version, "ran": run.ran, "why_not": run.why_not}
            for run in facts.validators
        ],
        "findings": [finding.to_public() for finding in report.findings],
    }


def _label(facts: FormatFacts) -> str:
    identification = facts.identification
    if identification.puid == UNKNOWN_PUID:
        return _("unknown format")
    name = " ".join(filter(None, (identification.name, identification.version)))
    return f"{identification.puid} {name}" + (f" ({identification.mime})" if identification.mime else "")
