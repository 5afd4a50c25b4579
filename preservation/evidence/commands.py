"""`chauban evidence …`: proof of existence by evidence records; `verify` needs no archive."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from lxml import etree

from model.codec import encode
from model.dates import utc_text
from model.errors import InputError, NotFoundError, StorageError
from model.findings import Finding, Outcome, printable
from model.rendering import date_text, exit_code_of, finding_lines, json_line, outcome_word, path_fields
from model.text import N_, _
from model.walking import found_files
from preservation.cms.digests import digest_bytes, digest_file, name_of
from preservation.evidence.reading import MAX_RECORD, UnknownAlgorithm, canonical, token_contents
from preservation.evidence.values import DataObject, RecordReport, TokenVerdict
from preservation.evidence.verify import digests_of, verify_record
from preservation.trust.commands import Moment, archive_trust

SCHEMA = "evidence-verify/1"
_MAX_CANONICAL = 64 << 20
"""Bytes of an XML data object that are canonicalised."""
_OUTSIDE_THE_GROUP = re.compile(r"(evidence/.*|tagmanifest-[^/]+\.txt)")
"""Files of a bag that are never part of what was sealed: the records themselves and the tag manifests."""


@click.group("evidence", help=N_("Prove since when data has existed, by evidence records (RFC 4998, RFC 6283)."))
def evidence() -> None:
    """Group of the evidence commands; the archive adds its own to it."""


class DigestText(click.ParamType[tuple[str, bytes]]):
    """A digest as a user writes it: `sha256:HEX`."""

    name = "alg:hex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, bytes]:
        """Read algorithm and value."""
        algorithm, _separator, text = str(value).partition(":")
        known = name_of(algorithm)
        try:
            digest = bytes.fromhex(text)
        except ValueError:
            digest = b""
        if known is None or len(digest) != len(digest_bytes(b"", known)):
            self.fail(_("{value} is not a digest; write sha256:HEX.").format(value=printable(str(value))), param, ctx)
        return known, digest


@evidence.command(
    "verify",
    help=N_(
        "Verify an evidence record: which data it proves, since when, and until when; needs no archive.\n\n"
        "A folder stands for all files in it, sealed together; of a bag, without evidence/ and tag manifests."
        " Ends with 0 when the record proves all data given, 3 when it fails, 4 when it cannot be decided."
    ),
)
@click.option("--record", required=True, type=click.Path(path_type=Path), help=N_("The record: .ers, .er or .xml."))
@click.option(
    "--data", "paths", multiple=True, type=click.Path(path_type=Path), help=N_("A file or folder it is to prove.")
)
@click.option(
    "--digest", "digests", multiple=True, type=DigestText(), help=N_("A digest it is to prove, instead of a file.")
)
@click.option("--at", type=Moment(), help=N_("Verify as of this time: 2026-03-02, 2026-03-02T08:00:00Z or 02/03/2026."))
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    help=N_("Folder of the certificates that are trusted (purpose tsa); the archive's by default."),
)
@click.option("--policy", type=click.Path(path_type=Path), help=N_("Signature policy; the shipped one by default."))
@click.option("--json", "as_json", is_flag=True, help=N_("One JSON object."))
@click.pass_context
def verify(
    context: click.Context,
    record: Path,
    paths: tuple[Path, ...],
    digests: tuple[tuple[str, bytes], ...],
    at: datetime | None,
    trust: Path | None,
    policy: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print what the record proves; end with its exit code."""
    own = archive_trust(context)
    content = _read(record)
    objects = [*_objects(paths), *_by_digest(digests)]
    moment = at or datetime.now(UTC)
    check = _TokenCheck(trust or own.folder, policy or own.policy)
    report = verify_record(
        content, objects, at=moment, check_token=check, whole_group=any(path.is_dir() for path in paths)
    )
    if as_json:
        click.echo(json_line(_json(record, report)))
    else:
        click.echo("\n".join(_lines(record, report)))
    context.exit(exit_code_of(report.outcome))


class _TokenCheck:
    """Judges the tokens of a record under a trust folder and a policy."""

    def __init__(self, trust: Path | None, policy: Path | None) -> None:
        from preservation.signatures.policy import load_signature_policy
        from preservation.trust.store import EMPTY_TRUST, load_trust

        self._trust = load_trust(trust) if trust else EMPTY_TRUST
        self._policy = load_signature_policy(policy)

    def __call__(self, token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        """Judge one token."""
        from preservation.signatures.judging.tokens import judge_token
        from preservation.signatures.judging.values import Judging

        def imprint(name: str) -> bytes | None:
            return value if name == algorithm else None

        try:
            _time, algorithm, value = token_contents(token)
        except UnknownAlgorithm:
            return TokenVerdict(outcome=Outcome.INDETERMINATE)
        judging = Judging(trust=self._trust, policy=self._policy, at=at)
        return judge_token(token, imprint, judging, id=str(number))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_RECORD + 1)
    except FileNotFoundError as error:
        raise NotFoundError(
            N_("There is nothing at {path}."), hint=N_("Check the spelling of the path."), path=path
        ) from error
    except OSError as error:
        raise InputError(
            N_("{path} cannot be read: {why}."),
            hint=N_("Check that this account may read it."),
            path=path,
            why=error.strerror or error,
        ) from error
    return content


def _objects(paths: Iterable[Path]) -> Iterator[DataObject]:
    for path in paths:
        bag = (path / "bagit.txt").is_file()
        for found in found_files(path):
            name = found.path.relative_to(path).as_posix() if path.is_dir() else str(path)
            if bag and _OUTSIDE_THE_GROUP.fullmatch(name):
                continue
            yield DataObject(
                name=name, digest=partial(_digest, found.path), canonical=partial(_canonical_digest, found.path)
            )


def _by_digest(digests: Iterable[tuple[str, bytes]]) -> Iterator[DataObject]:
    for algorithm, value in digests:
        yield DataObject(name=f"{algorithm}:{value.hex()}", digest=digests_of({algorithm: value}))


def _digest(path: Path, algorithm: str) -> bytes:
    try:
        return digest_file(path, (algorithm,))[algorithm]
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be read: {why}."),
            hint=N_("Check that this account may read it."),
            path=path,
            why=error.strerror or error,
        ) from error


def _canonical_digest(path: Path, algorithm: str, method: str) -> bytes | None:
    """Return the digest of an XML file's canonical form; none where it is not XML, or too large."""
    try:
        if path.stat().st_size > _MAX_CANONICAL:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return digest_bytes(canonical(etree.parse(str(path), parser).getroot(), method), algorithm)
    except (OSError, etree.XMLSyntaxError):
        return None


def _json(record: Path, report: RecordReport) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "record": path_fields(str(record))["path"],
        "kind": report.kind,
        "outcome": report.outcome.value,
        "sub_indication": report.sub_indication.value if report.sub_indication else None,
        "proof_time": utc_text(report.proof_time) if report.proof_time else None,
        "holds_until": utc_text(report.holds_until) if report.holds_until else None,
        "objects": [{**path_fields(item.name), "covered": item.covered} for item in report.objects],
        "timestamps": [encode(stamp) for stamp in report.timestamps],
        "findings": [finding.to_public() for finding in report.findings],
    }


def _lines(record: Path, report: RecordReport) -> Iterator[str]:
    yield f"{printable(str(record))} ({report.kind or '?'}): {outcome_word(report.outcome)}"
    if report.proof_time:
        yield "  " + _("Existed at the latest on {time}").format(time=date_text(report.proof_time))
    if report.holds_until:
        yield "  " + _("Provable until {time}, if not renewed").format(time=date_text(report.holds_until))
    for item in report.objects:
        word = _("covered") if item.covered else _("NOT covered")
        yield f"  {printable(item.name)}: {word}"
    for stamp in report.timestamps:
        yield "  " + _("Timestamp {chain}.{number} of {time} ({algorithm}): {outcome}").format(
            chain=stamp.chain,
            number=stamp.number,
            time=date_text(stamp.time),
            algorithm=stamp.algorithm,
            outcome=outcome_word(stamp.outcome),
        )
    for finding in _ordered(report.findings):
        yield from finding_lines(finding)


def _ordered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each finding once: a token's own may say the same of several tokens."""
    return iter(dict.fromkeys(findings))
