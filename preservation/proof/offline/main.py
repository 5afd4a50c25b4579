"""The stand-alone verifier: proves, without a network and without the archive, since when files have existed.

Ends with 0 when the proof holds, 1 when it could not run, 2 when the proof fails, 3 when it stays undecided.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from asn1crypto import x509

from model.dates import utc_text
from model.findings import Outcome, printable
from model.signatures import SubIndication
from preservation.evidence.values import DataObject, RecordReport
from preservation.evidence.verify import verify_record
from preservation.proof.offline.inputs import (
    DATA,
    MANIFEST,
    Bundle,
    CannotRun,
    data_object,
    files_below,
    read_bundle,
    read_bytes,
    read_material,
    read_roots,
    trust_folder,
)
from preservation.proof.offline.paths import Material, moment
from preservation.proof.offline.saying import LANGUAGES, day, record_json, record_lines, say
from preservation.proof.offline.tokens import Authority, OfflineTokenCheck

SCHEMA = "proof-verify/1"
CODES = {Outcome.PASSED: 0, Outcome.FAILED: 2, Outcome.INDETERMINATE: 3}
_CANNOT_RUN = 1
_WORSE = (Outcome.PASSED, Outcome.INDETERMINATE, Outcome.FAILED)


@dataclass(slots=True)
class Result:
    """What was verified, and what came of it."""

    label: str
    at: datetime
    records: list[tuple[str, RecordReport, dict[int, Authority]]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Key of a sentence and the file it is about."""
    broken: bool = False
    """Whether the bundle itself is not as it says."""
    as_of: datetime | None = None
    """Issue of the newest revocation list at hand."""

    @property
    def outcome(self) -> Outcome:
        """Failed when anything failed; passed when at least one record proves everything."""
        outcomes = {report.outcome for _name, report, _authorities in self.records}
        if self.broken or Outcome.FAILED in outcomes:
            return Outcome.FAILED
        return Outcome.PASSED if Outcome.PASSED in outcomes else Outcome.INDETERMINATE


def main(arguments: Sequence[str], home: Path) -> int:
    """Run the program; return its exit code.

    Args:
        home: the folder the program lies in: the proof bundle, when it came with one.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    languages = [options.lang] if options.lang else list(LANGUAGES)
    try:
        result = _verified(options, home)
    except CannotRun as error:
        for language in languages:
            sys.stderr.write(say("cannot-run", language, reason=error) + "\n")
        return _CANNOT_RUN
    if options.json:
        sys.stdout.write(json.dumps(_json(result), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n\n".join("\n".join(_lines(result, language)) for language in languages) + "\n")
    return CODES[result.outcome]


class _Parser(argparse.ArgumentParser):
    """Ends a wrong invocation with 1: 2 means that a proof failed."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(_CANNOT_RUN, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="verify.pyz",
        description="Kiểm tra bằng chứng về sự tồn tại, không cần mạng. Verifies a proof of existence, offline."
        " Exit code: 0 passed, 1 could not run, 2 failed, 3 undecided.",
    )
    parser.add_argument("bundle", nargs="?", type=Path, help="unpacked proof bundle (default: where this program lies)")
    parser.add_argument("--record", type=Path, help="evidence record (RFC 4998)")
    parser.add_argument("--data", type=Path, nargs="+", default=[], metavar="FILE", help="files it is to prove")
    parser.add_argument("--whole-group", action="store_true", help="the files are everything that was sealed together")
    parser.add_argument("--roots", type=Path, nargs="+", default=[], metavar="PEM", help="root certificates you trust")
    parser.add_argument("--trust", type=Path, metavar="DIR", help="folder of root certificates you trust")
    parser.add_argument("--material", type=Path, nargs="+", default=[], metavar="FILE", help="more certificates, CRLs")
    parser.add_argument(
        "--at", type=_moment, metavar="TIME", help="verify as of this time, such as 2030-01-31T12:00:00Z"
    )
    parser.add_argument("--lang", choices=LANGUAGES, help="language (default: both)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _verified(options: argparse.Namespace, home: Path) -> Result:
    at = options.at or datetime.now(UTC)
    roots = read_roots([*options.roots, *(trust_folder(options.trust) if options.trust else [])])
    if options.record is None:
        if options.data:
            raise CannotRun("--data: --record?")
        return _bundle(read_bundle(_folder(options.bundle, home)), roots, options.material, at)
    result = Result(label=str(options.record), at=at)
    material = read_material(options.material)
    for path in options.data:
        if not path.is_file():
            raise CannotRun(f"{path}: {os.strerror(errno.ENOENT)}")
    objects = [data_object(str(path), path) for path in options.data]
    _record(result, options.record, str(options.record), (objects, False), (material, roots), whole=options.whole_group)
    return result


def _folder(named: Path | None, home: Path) -> Path:
    for folder in [named] if named else [home, Path.cwd()]:
        if folder is not None and (folder / MANIFEST).is_file():
            return folder
    raise CannotRun(f"{named or home}: {MANIFEST}?")


# --- a bundle ----------------------------------------------------------------------------------------------------


def _bundle(bundle: Bundle, roots: list[x509.Certificate], more: list[Path], at: datetime) -> Result:
    result = Result(label=bundle.label, at=at)
    objects = _files(bundle, result)
    material = read_material([*(bundle.folder / name for name in bundle.material), *more])
    for name in bundle.records:
        path = bundle.folder / name
        if not path.is_file():
            _broken(result, "file.missing", name)
            continue
        _record(result, path, name, (objects, not bundle.complete), (material, roots), whole=bundle.complete)
    if not bundle.records:
        result.notes.append(("no-record", ""))
    for _name, report, _authorities in result.records:
        # The bundle says that its record covers its files: in it, a file that is not covered is a contradiction.
        lacking = bool(bundle.data) and report.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
        result.broken = result.broken or lacking
    return result


def _files(bundle: Bundle, result: Result) -> list[DataObject]:
    """Compare the files with the list; return those that are here."""
    objects = []
    for listed in bundle.data:
        path = bundle.folder / listed.path
        if not path.is_file():
            _broken(result, "file.missing", listed.path)
            continue
        item = data_object(listed.path, path)
        if (item.digest("sha256") or b"").hex() != listed.sha256.lower():
            _broken(result, "file.changed", listed.path)
        objects.append(item)
    known = {listed.path for listed in bundle.data}
    for name in sorted(files_below(bundle.folder / DATA)):
        if f"{DATA}/{name}" not in known:
            _broken(result, "file.added", f"{DATA}/{name}")
    return objects


def _broken(result: Result, key: str, name: str) -> None:
    result.broken = True
    result.notes.append((key, name))


def _record(
    result: Result,
    path: Path,
    name: str,
    data: tuple[list[DataObject], bool],
    trusted: tuple[Material, list[x509.Certificate]],
    *,
    whole: bool,
) -> None:
    """Verify one record against the files.

    Args:
        data: the files, and whether each is proven alone: they are only some of those that were sealed together.
        trusted: the material at hand and the roots.
        whole: the files are everything that was sealed together.
    """
    content = read_bytes(path)
    if content.lstrip()[:1] == b"<":
        result.notes.append(("xml-record", name))
        return
    (objects, alone), (material, roots) = data, trusted
    check = OfflineTokenCheck(material, roots)
    groups = [[item] for item in objects] if alone and objects else [objects]
    reports = [verify_record(content, group, at=result.at, check_token=check, whole_group=whole) for group in groups]
    result.records.append((name, _together(reports), check.authorities))
    issued = [moment(one["tbs_cert_list"]["this_update"].native) for one in material.revocation_lists.values()]
    result.as_of = max(issued, default=None)


def _together(reports: list[RecordReport]) -> RecordReport:
    """Return one report of a record that was verified for several files, one by one: the worst outcome, all files."""
    worst = max(reports, key=lambda report: _WORSE.index(report.outcome))
    objects = tuple(item for report in reports for item in report.objects)
    findings = tuple(finding for report in reports for finding in report.findings)
    return replace(worst, objects=objects, findings=findings)


# --- saying it ---------------------------------------------------------------------------------------------------


def _lines(result: Result, language: str) -> list[str]:
    outcome = result.outcome
    lines = [f"== {say(f'outcome.{outcome.value}', language)} ==  {printable(result.label)}"]
    times = [report.proof_time for _name, report, _found in result.records if report.proof_time]
    lines.append(say(f"plain.{outcome.value}", language, time=day(min(times), language) if times else "?"))
    lines += _advice(result, language)
    for key, name in result.notes:
        lines.append("! " + say(key, language, name=name))
    for name, report, authorities in result.records:
        lines += ["", *record_lines(name, report, authorities, language)]
    return lines


def _advice(result: Result, language: str) -> list[str]:
    """Return what to do about what stays undecided."""
    lines = []
    roots = {
        (found.root, found.root_sha256)
        for _name, _report, authorities in result.records
        for found in authorities.values()
        if found.root and not found.trusted
    }
    for root, fingerprint in sorted(roots):
        lines.append(say("plain.root", language, root=root, fingerprint=fingerprint))
    reasons = {report.sub_indication for _name, report, _found in result.records}
    if SubIndication.TRY_LATER in reasons and result.as_of is not None:
        as_of = utc_text(result.as_of)
        lines.append(say("plain.stale", language, at=utc_text(result.at), as_of=as_of))
    return lines


def _json(result: Result) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "label": printable(result.label),
        "outcome": result.outcome.value,
        "at": utc_text(result.at),
        "files": [{"problem": key.partition(".")[2] or key, "path": printable(name)} for key, name in result.notes],
        "records": [record_json(name, report, authorities) for name, report, authorities in result.records],
    }
