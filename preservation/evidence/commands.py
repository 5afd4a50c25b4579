"""`chauban evidence …`: proof of existence by evidence records; `verify` needs no archive."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from lxml import etree

from model.codec import encode
from model.dates import utc_text
from model.errors import InputError, NotFoundError, StorageError, severest_exit
from model.findings import Finding, Outcome, printable
from model.material import MaterialItem
from model.rendering import date_text, exit_code_of, finding_lines, json_line, outcome_word, path_fields
from model.signatures import SubIndication
from model.text import N_, _, ngettext
from model.walking import found_files
from preservation.cms.digests import digest_bytes, digest_file, name_of
from preservation.evidence import findings as kinds
from preservation.evidence.nested import verify_nested
from preservation.evidence.reading import MAX_RECORD, UnknownAlgorithm, canonical, token_contents
from preservation.evidence.values import DataObject, RecordReport, TokenVerdict
from preservation.evidence.verify import digests_of, verify_record
from preservation.trust.commands import Moment, archive_trust

SCHEMA = "evidence-verify/1"
_MAX_CANONICAL = 64 << 20
"""Bytes of an XML data object that are canonicalised."""
_OUTSIDE_THE_GROUP = re.compile(r"(evidence/.*|tagmanifest-[^/]+\.txt)")
"""Files of a bag that are never part of what was sealed: the records themselves and the tag manifests."""
HELD_RECORDS = "chauban.held-records"
"""Key in a context's `meta`: what gives the records of a held package (`HeldRecords`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """One evidence record of a package in an archive."""

    name: str
    content: bytes | None
    """None: the package is not sealed."""
    objects: Sequence[DataObject]
    """Everything that was sealed together; none where the package is gone."""
    material: tuple[MaterialItem, ...] = ()
    """Validation data that was kept with its timestamps."""
    outer: tuple[bytes, ...] = ()
    """Further records, each of which proves the one before: the content was gone when its hash algorithm aged."""
    told: Callable[[Outcome], None] = lambda _outcome: None
    """Takes note of what the verification found."""


HeldRecords = Callable[[click.Context, str], AbstractContextManager[Iterable[HeldRecord]]]
"""Opens an archive and gives the records of the package that an identifier means."""


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
        "Verify evidence: which data it proves, since when, and until when.\n\n"
        "With IDENTIFIER the records of a held case file, against the stored package; with --record a record of any"
        " origin, which needs no archive. A folder stands for all files in it, sealed together; of a bag, without"
        " evidence/ and tag manifests."
        " Ends with 0 when the record proves all data given, 3 when it fails, 4 when it cannot be decided."
    ),
)
@click.argument("identifier", required=False)
@click.option("--record", type=click.Path(path_type=Path), help=N_("The record: .ers, .er or .xml."))
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
@click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
@click.pass_context
def verify(
    context: click.Context,
    identifier: str | None,
    record: Path | None,
    paths: tuple[Path, ...],
    digests: tuple[tuple[str, bytes], ...],
    at: datetime | None,
    trust: Path | None,
    policy: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print what the record proves; end with its exit code."""
    if (identifier is None) == (record is None):
        raise click.UsageError(_("Give the identifier of a held case file, or --record."))
    if identifier is not None and (paths or digests):
        raise click.UsageError(_("--data and --digest go with --record."))
    own = archive_trust(context)
    judge = RecordJudge(trust=trust or own.folder, policy=policy or own.policy, at=at or datetime.now(UTC))
    if identifier is not None:
        exits = set()
        with _held(context, identifier) as records:
            for held in records:
                report = judge.held(held)
                held.told(report.outcome)
                click.echo(_shown(held.name, report, as_json=as_json, in_full=False))
                exits.add(exit_code_of(report.outcome))
        context.exit(severest_exit(exits))
    if record is not None:
        objects = [*_objects(paths), *_by_digest(digests)]
        report = judge.record(_read(record), objects, whole_group=any(path.is_dir() for path in paths))
        click.echo(_shown(str(record), report, as_json=as_json, in_full=True))
        context.exit(exit_code_of(report.outcome))


def _held(context: click.Context, identifier: str) -> AbstractContextManager[Iterable[HeldRecord]]:
    opener: HeldRecords | None = context.meta.get(HELD_RECORDS)
    if opener is None:
        raise click.UsageError(_("Without an archive only --record can be verified."))
    return opener(context, identifier)


class RecordJudge:
    """Verifies records under a trust folder and a policy, as of a time."""

    def __init__(self, *, trust: Path | None, policy: Path | None, at: datetime) -> None:
        self._at = at
        self._check = _TokenCheck(trust, policy)

    def record(self, content: bytes, objects: Sequence[DataObject], *, whole_group: bool) -> RecordReport:
        """Verify a record against data objects."""
        return verify_record(content, objects, at=self._at, check_token=self._check, whole_group=whole_group)

    def held(self, held: HeldRecord) -> RecordReport:
        """Verify a record of a held package, with the validation data that was kept."""
        if held.content is None:
            finding = kinds.NOT_SEALED.at(held.name)
            return RecordReport(outcome=Outcome.INDETERMINATE, findings=(finding,))
        check = self._check.knowing(held.material)
        records = (held.content, *held.outer)
        report = verify_nested(records, held.objects, at=self._at, check_token=check)
        if held.objects and report.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND:
            # The group is known here: what is not covered was changed, added or removed.
            return replace(report, outcome=Outcome.FAILED, sub_indication=SubIndication.HASH_FAILURE)
        return report


class _TokenCheck:
    """Judges the tokens of a record under a trust folder and a policy."""

    def __init__(self, trust: Path | None, policy: Path | None) -> None:
        from preservation.signatures.policy import load_signature_policy
        from preservation.trust.lists import read_list
        from preservation.trust.store import EMPTY_TRUST, load_trust

        self._trust = load_trust(trust, read_list) if trust else EMPTY_TRUST
        self._policy = load_signature_policy(policy)
        self._material: tuple[MaterialItem, ...] = ()

    def knowing(self, material: tuple[MaterialItem, ...]) -> "_TokenCheck":
        """Return the same check with further validation data at hand."""
        other = copy(self)
        other._material = material
        return other

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
        return judge_token(token, imprint, judging, id=str(number), material=self._material)


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


def _shown(name: str, report: RecordReport, *, as_json: bool, in_full: bool) -> str:
    return json_line(_json(name, report)) if as_json else "\n".join(_lines(name, report, in_full=in_full))


def _json(record: str, report: RecordReport) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "record": path_fields(record)["path"],
        "kind": report.kind,
        "outcome": report.outcome.value,
        "sub_indication": report.sub_indication.value if report.sub_indication else None,
        "proof_time": utc_text(report.proof_time) if report.proof_time else None,
        "holds_until": utc_text(report.holds_until) if report.holds_until else None,
        "objects": [{**path_fields(item.name), "covered": item.covered} for item in report.objects],
        "timestamps": [encode(stamp) for stamp in report.timestamps],
        "findings": [finding.to_public() for finding in report.findings],
    }


def _lines(record: str, report: RecordReport, *, in_full: bool) -> Iterator[str]:
    yield f"{printable(record)} ({report.kind or '?'}): {outcome_word(report.outcome)}"
    if report.proof_time:
        yield "  " + _("Existed at the latest on {time}").format(time=date_text(report.proof_time))
    if report.holds_until:
        yield "  " + _("Provable until {time}, if not renewed").format(time=date_text(report.holds_until))
    covered = sum(item.covered for item in report.objects)
    if not in_full and covered:
        text = ngettext("{count} file covered", "{count} files covered", covered).format(count=covered)
        yield f"  {text}"
    for item in (item for item in report.objects if in_full or not item.covered):
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
