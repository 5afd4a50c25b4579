"""Checking a message as it lies there, without an archive and without leaving anything behind."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from ingest.edxml.checks import check_message
from ingest.edxml.reading import read_message
from ingest.edxml.times import VIETNAM
from ingest.edxml.values import EdxmlLimits
from model.findings import FindingLog, Severity, ValidationReport

TYPE = "edxml"
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def check_edxml(path: Path, limits: EdxmlLimits | None = None, *, today: date | None = None) -> ValidationReport:
    """Check a message requirement by requirement; attachments are decoded into a temporary folder.

    Args:
        today: dates after it lie in the future; by default the date in Vietnam.

    Raises:
        InputError: the file cannot be read, or the temporary folder not be written.
    """
    log = FindingLog()
    with tempfile.TemporaryDirectory(prefix="chauban-edxml-") as work:
        read = read_message(path, Path(work), limits)
        log.extend(read.findings)
        if read.message is not None:
            log.extend(check_message(read.message, today=today or datetime.now(UTC).astimezone(VIETNAM).date()))
    findings = sorted(log, key=lambda finding: _RANK[finding.severity])
    return ValidationReport.of(str(path), findings, type=TYPE)
