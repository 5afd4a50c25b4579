"""Checking a case file as a clerk would hand it in, without an archive."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.sources.describe_checks import check_description
from ingest.sources.descriptor import read_description
from ingest.sources.discovery import discover
from ingest.sources.findings import EMPTY_SUBMISSION, UNREADABLE
from ingest.sources.naming import portable_paths
from ingest.sources.secrecy import is_secret
from ingest.sources.values import Description, Limits, Submission
from model.errors import InputError
from model.findings import Finding, FindingLog, ValidationReport

TYPE = "case-folder"


def check_case_folder(path: Path, limits: Limits | None = None) -> ValidationReport:
    """Check the description, names and structure of the case file (or each of a batch) at a path.

    Raises:
        InputError: the path is missing, or holds no case file.
    """
    log = FindingLog()
    with tempfile.TemporaryDirectory(prefix="chauban-check-") as work:
        submissions = list(discover([path], limits or Limits()))
        for submission in submissions:
            for finding in _check(submission, Path(work), limits or Limits()):
                log.add(finding if len(submissions) == 1 else _placed(finding, submission.name))
    return ValidationReport(subject=str(path), type=TYPE, findings=tuple(log), outcome=log.outcome)


def _check(submission: Submission, work: Path, limits: Limits) -> Iterator[Finding]:
    source = submission.source
    try:
        description = read_description(submission, work, limits)
        secret = is_secret(description.case_file, description.documents)
        if secret is not None:
            yield secret
            return
        yield from description.findings
        yield from _files(submission, description)
        yield from source.findings()
    except InputError as error:
        yield UNREADABLE.at(submission.name, why=error.message)
    finally:
        source.close()


def _files(submission: Submission, description: Description) -> Iterator[Finding]:
    names = [entry.name for entry in submission.source.entries() if entry.name != description.descriptor]
    if not names:
        yield EMPTY_SUBMISSION.at(submission.name)
    for _, _, findings in portable_paths(names):
        yield from findings
    yield from check_description(description, names)


def _placed(finding: Finding, name: str) -> Finding:
    return replace(finding, location=f"{name}: {finding.location}" if finding.location else name)
