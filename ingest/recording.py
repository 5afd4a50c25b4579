"""What became of transfers, in the audit log: noted one by one, entered together, reported when entered."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from archive.archive import Archive
from archive.audit.recording import note_act
from archive.audit.values import Action, ActOutcome
from archive.catalogue.values import Transfer, TransferState
from ingest.values import IngestReport, IngestStatus
from model.errors import ArchiveError
from model.identifiers import derived_uuid

_TOGETHER = 100
"""Transfers entered at once at most."""
_SECONDS = 2.0
"""How long after the last time others are gathered before they are entered."""

_OUTCOMES = {
    TransferState.ACCEPTED: ActOutcome.ACCEPTED,
    TransferState.REFUSED: ActOutcome.REFUSED,
    TransferState.HELD_ALREADY: ActOutcome.HELD_ALREADY,
    TransferState.AWAITING: ActOutcome.DONE,
}


def note_transfer(transfer: Transfer, archive: Archive) -> None:
    """Note what became of a transfer, before its work area goes: whatever is killed, it is noted, and entered once.

    Raises:
        StorageError: the archive's folder cannot be written.
    """
    note_act(
        archive,
        Action.SUBMISSION_RECEIVE if transfer.state is TransferState.AWAITING else Action.INGEST,
        transfer.aip_id or transfer.id,
        identifier=derived_uuid(transfer.id, f"audit:{transfer.state.value}"),
        outcome=_OUTCOMES[transfer.state],
        because=transfer.reason,
        details={"transfer": str(transfer.id), "files": transfer.files, "bytes": transfer.bytes},
    )


def note_failure(transfer: Transfer, error: ArchiveError, archive: Archive) -> None:
    """Note that an error stopped a transfer, where this can be noted."""
    with suppress(ArchiveError):
        details = {"transfer": str(transfer.id), "error": error.code}
        note_act(archive, Action.INGEST, transfer.id, outcome=ActOutcome.FAILED, details=details)


def recorded(reports: Iterable[IngestReport], archive: Archive) -> Iterator[IngestReport]:
    """Yield reports when the acts they tell of are in the audit log.

    One that cannot be entered is reported as stopped, though the case file may be held: its act stays noted and is
    entered as soon as the log can be written.
    """
    waiting: list[IngestReport] = []
    entered = float("-inf")
    for report in reports:
        waiting.append(report)
        if len(waiting) >= _TOGETHER or time.monotonic() - entered >= _SECONDS:
            yield from _entered(waiting, archive)
            waiting, entered = [], time.monotonic()
    yield from _entered(waiting, archive)


def _entered(reports: list[IngestReport], archive: Archive) -> Iterator[IngestReport]:
    try:
        archive.audit.flush()
    except ArchiveError as error:
        for report in reports:
            failed = report.status is IngestStatus.FAILED
            yield report if failed else _stopped(report, error)
    else:
        yield from reports


def _stopped(report: IngestReport, error: ArchiveError) -> IngestReport:
    return replace(report, status=IngestStatus.FAILED, reason=str(error), exit_code=error.exit_code)
