"""Machine-readable receipts for the system that handed in: what became of its transfer, file by file.

A receipt (`receipt/1`) is JSON; docs/schemas/receipt.schema.json defines it and docs/hand-over.md explains it.
The same outcome always gives the same bytes: every time in it is the transfer's, none is of its writing.

Source:
    Circular 05/2025/TT-BNV, Articles 23 to 25 (result of reception, told to who handed in).
"""

import csv
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from archive.archive import Archive
from archive.catalogue.values import HeldFile, Transfer
from archive.durable import sync_folder
from ingest.plan import VERSION
from ingest.reports import json_text
from ingest.values import IngestReport
from model.dates import utc_text
from model.errors import StorageError
from model.findings import Finding, printable
from model.text import LANGUAGES, N_
from model.version import program_version

SCHEMA = "receipt/1"
SUFFIX = ".receipt.json"
FILES_SUFFIX = ".receipt.files.csv"
EMBEDDED = 1000
"""Files of a transfer at most that stand in the receipt itself; more stand in a table beside it."""
_COLUMNS = ("transfer_id", "path", "size", "sha256")


class ReceiptStatus(StrEnum):
    """What a receipt says of a transfer."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD_ALREADY = "held-already"
    FAILED = "failed"
    AWAITING_APPROVAL = "awaiting-approval"
    """Examined, and waiting for an officer's approval."""


_WORST_FIRST = (
    ReceiptStatus.FAILED,
    ReceiptStatus.REFUSED,
    ReceiptStatus.AWAITING_APPROVAL,
    ReceiptStatus.ACCEPTED,
    ReceiptStatus.HELD_ALREADY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationNote:
    """Under what a submission was registered, where reception registered it."""

    registration: str
    """Registration code."""
    submission: int = 1
    """Which hand-in under this registration, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMark:
    """How a place looked when it was taken in, so that a later change of it is noticed."""

    files: int
    size: int
    digest: str
    """SHA-256 hex over names, sizes and times of change of everything in it."""
    newest: int
    """Time of the newest change of anything in it, of its metadata too, in ns; the receipt carries it as its own."""


def write_receipt(
    report: IngestReport,
    archive: Archive,
    target: Path,
    *,
    status: ReceiptStatus | None = None,
    registration: RegistrationNote | None = None,
    source: str = "",
) -> Path:
    """Write the receipt of one transfer, whole or not at all; one that lies there is replaced.

    Args:
        target: the receipt; a table of files, where there must be one, lies beside it.
        status: other than the report's, such as waiting for approval.
        registration: stands in the receipt when given.
        source: name of what was handed in; the report's by default.

    Raises:
        StorageError: it cannot be written.
    """
    with ReceiptWriter(archive, target, source=source or report.source, registration=registration) as writer:
        writer.add(report, status=status)
        return writer.finish()


class ReceiptWriter:
    """A receipt being written, transfer by transfer, in bounded memory; dropped unless it is finished."""

    def __init__(
        self,
        archive: Archive,
        target: Path,
        *,
        source: str,
        registration: RegistrationNote | None = None,
        mark: SourceMark | None = None,
    ) -> None:
        """Begin.

        Args:
            source: name of what was handed in.
            mark: how it looked.
        """
        self.target = target
        self._archive = archive
        self._mark = mark
        self._table = files_table(target)
        self._parts = {path: _part(path) for path in (target, self._table)}
        self._statuses: set[ReceiptStatus] = set()
        self._text: TextIO | None = None
        self._csv: TextIO | None = None
        self._head: dict[str, object] = {
            "schema": SCHEMA,
            "program": f"chauban {program_version()}",
            "archive": {"id": str(archive.configuration.archive_id), "name": archive.configuration.name},
            "source": printable(source),
        }
        if registration is not None:
            self._head["registration"] = {"code": registration.registration, "submission": registration.submission}
        if mark is not None:
            self._head["seen"] = {"files": mark.files, "size": mark.size, "sha256": mark.digest}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.drop()

    def add(self, report: IngestReport, *, status: ReceiptStatus | None = None) -> None:
        """Add a transfer.

        Raises:
            StorageError: the receipt cannot be written.
        """
        said = status or ReceiptStatus(report.status.value)
        entry = self._entry(report, said)
        try:
            text = self._begun()
            text.write((",\n" if self._statuses else "") + json_text(entry, indent=1))
        except OSError as error:
            raise _unwritable(self.target, error) from error
        self._statuses.add(said)

    def finish(self) -> Path:
        """Lay the receipt in its place; it is durable when this returns.

        Raises:
            StorageError: it cannot be written.
        """
        status = next((status for status in _WORST_FIRST if status in self._statuses), ReceiptStatus.FAILED)
        try:
            text = self._begun()
            text.write(f'\n],\n"status": {json.dumps(status.value)}\n}}\n')
            if self._csv is not None:
                _settle(self._csv, self._parts[self._table], self._table)
                self._csv = None
            else:
                self._table.unlink(missing_ok=True)
            if self._mark is not None:
                text.flush()
                os.utime(text.fileno(), ns=(self._mark.newest, self._mark.newest))
            _settle(text, self._parts[self.target], self.target)
            self._text = None
            sync_folder(self.target.parent)
        except OSError as error:
            raise _unwritable(self.target, error) from error
        return self.target

    def drop(self) -> None:
        """Remove what is half written; nothing after `finish`."""
        for stream, place in ((self._text, self.target), (self._csv, self._table)):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
                with suppress(OSError):
                    self._parts[place].unlink()
        self._text = self._csv = None

    def _begun(self) -> TextIO:
        if self._text is None:
            self._text = _opened(self._parts[self.target])
            head = json_text(self._head, indent=1).removesuffix("\n}")
            self._text.write(head + ',\n"transfers": [\n')
        return self._text

    def _entry(self, report: IngestReport, status: ReceiptStatus) -> dict[str, object]:
        transfer = self._archive.catalogue.get_transfer(report.transfer_id)
        entry: dict[str, object] = {
            "transfer_id": str(report.transfer_id) if transfer is not None else None,
            "source": printable(report.source),
            "status": status.value,
            **_times(transfer),
            "case_code": report.case_code,
            "title": report.title,
            "reason": report.reason,
            "fingerprint": (transfer.fingerprint if transfer else "") or None,
            "files": report.files,
            "bytes": report.bytes,
            "package": self._package(report),
            "findings": [_finding(finding) for finding in report.findings],
            "findings_left_out": report.left_out,
        }
        entry["file_list"] = self._file_list(report)
        return entry

    def _package(self, report: IngestReport) -> dict[str, object] | None:
        """Return the package made of the transfer, or of the earlier one of the same case file."""
        if report.aip_id is None:
            return None
        held = self._archive.catalogue.get_case_file(report.aip_id)
        version = next((item for item in self._archive.catalogue.versions(report.aip_id)), None)
        return {
            "aip_id": str(report.aip_id),
            "version": version.version if version else VERSION,
            "profile": version.profile if version else None,
            "container_sha256": version.container_sha256.hex() if version else None,
            "container_size": version.container_size if version else None,
            "accepted_at": utc_text(held.accepted_at) if held else None,
            "accepted_as": str(held.transfer_id) if held else None,
        }

    def _file_list(self, report: IngestReport) -> object:
        """Return the files of an accepted transfer, or the name of the table they stand in."""
        if report.aip_id is None:
            return None
        files = self._archive.catalogue.files(report.aip_id, VERSION)
        if report.files <= EMBEDDED:
            return [_file(file) for file in files]
        if self._csv is None:
            self._csv = _opened(self._parts[self._table])
            csv.writer(self._csv).writerow(_COLUMNS)
        _write_rows(self._csv, report, files)
        return {"table": printable(self._table.name)}


def read_receipt(path: Path) -> dict[str, Any] | None:
    """Return what a receipt says; none when it cannot be read, or is no receipt of ours."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("schema") == SCHEMA else None


def files_table(receipt: Path) -> Path:
    """Return where the table of files of a receipt lies."""
    name = receipt.name
    stem = name[: -len(SUFFIX)] if name.endswith(SUFFIX) else name
    return receipt.with_name(stem + FILES_SUFFIX)


def _times(transfer: Transfer | None) -> dict[str, str | None]:
    return {
        "received_at": utc_text(transfer.received_at) if transfer else None,
        "decided_at": utc_text(transfer.decided_at) if transfer and transfer.decided_at else None,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "location": printable(finding.location),
        "message": {language: printable(finding.message(language)) for language in LANGUAGES},
        "remedy": {language: printable(finding.remedy(language)) for language in LANGUAGES},
        "source": finding.source,
    }


def _file(file: HeldFile) -> dict[str, object]:
    return {"path": file.object.path, "size": file.object.size, "sha256": file.object.sha256.hex()}


def _write_rows(table: TextIO, report: IngestReport, files: Iterable[HeldFile]) -> None:
    rows = csv.writer(table)
    for file in files:
        rows.writerow((report.transfer_id, file.object.path, file.object.size, file.object.sha256.hex()))


def _part(path: Path) -> Path:
    """Return where a file is written before it gets its name; hidden, so that nobody takes it for finished."""
    name = os.fsencode(path.name)[:200]
    return path.with_name(f".{os.fsdecode(name)}.{os.getpid()}.part")


def _opened(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _settle(stream: TextIO, part: Path, target: Path) -> None:
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()
    part.replace(target)


def _unwritable(target: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("The receipt {path} cannot be written: {why}."),
        hint=N_("Free some space or correct the folder's permissions; the transfer's outcome is in the archive."),
        path=printable(str(target)),
        why=error.strerror or type(error).__name__,
    )
