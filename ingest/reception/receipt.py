"""The machine-readable receipt of a submission, for the system that handed in (`submission-receipt/1`).

It names every transfer with its state and, of packages, the digest of the container; it ends with the head of the
audit log, so that what it says can be compared with the log years later. A receipt of all transfers with their
files and findings (`receipt/1`) lies beside it and is bound to it by its digest.

Source:
    Circular 05/2025/TT-BNV, Article 23 (state told to the submitter) and Article 25.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from archive.archive import Archive
from archive.catalogue.submissions_values import SubmittedTransfer
from archive.catalogue.values import TransferState
from archive.durable import sync_folder
from ingest.receipts import ReceiptStatus, ReceiptWriter, RegistrationNote, files_table
from ingest.reception.handed_in import all_received
from ingest.reception.showing import standing_json
from ingest.reception.standing import STATUS_WORDS, Standing, Status, status_of
from ingest.reports import json_text, summary
from model.dates import utc_text
from model.errors import NotFoundError, StorageError
from model.findings import printable
from model.fixity import read_chunks
from model.text import N_
from model.version import program_version

SCHEMA = "submission-receipt/1"
TRANSFERS_SUFFIX = ".receipt.json"

_RECEIPT_STATUS = {
    TransferState.APPROVED: ReceiptStatus.ACCEPTED,
    TransferState.RESOLVED: ReceiptStatus.ACCEPTED,
    TransferState.HELD_ALREADY: ReceiptStatus.HELD_ALREADY,
    TransferState.REFUSED: ReceiptStatus.REFUSED,
    TransferState.RETURNED: ReceiptStatus.REFUSED,
}


def write_submission_receipt(archive: Archive, standing: Standing, target: Path) -> tuple[Path, ...]:
    """Write the receipt of a submission as it stands now; return it and the files beside it.

    Raises:
        NotFoundError: nothing was received yet.
        StorageError: it cannot be written.
    """
    submission = standing.submission
    if not standing.totals.received:
        raise NotFoundError(
            N_("Nothing was received under submission {submission} yet."),
            hint=N_("Receive its packages with `chauban submission receive`."),
            submission=f"{submission.code}/{submission.ordinal}",
        )
    archive.audit.flush()
    beside = _write_transfers(archive, standing, target.with_name(target.stem + TRANSFERS_SUFFIX))
    head: dict[str, object] = {
        "schema": SCHEMA,
        "program": f"chauban {program_version()}",
        "archive": {"id": str(archive.configuration.archive_id), "name": archive.configuration.name},
        "issued_at": utc_text(archive.clock.now()),
        "status": _status(standing.status),
        "submission": {name: value for name, value in standing_json(standing).items() if name != "schema"},
        "audit_log": archive.audit.head().to_json(),
        "receipts": [{"file": printable(path.name), "sha256": _sha256(path)} for path in beside],
    }
    entries = (_entry(archive, item) for item in all_received(archive, submission))
    _write(target, head, entries)
    return (target, *beside)


def _entry(archive: Archive, submitted: SubmittedTransfer) -> dict[str, object]:
    package = None
    if submitted.aip_id is not None:
        versions = archive.catalogue.versions(submitted.aip_id)
        package = {
            "aip_id": str(submitted.aip_id),
            "version": versions[0].version if versions else None,
            "container_sha256": versions[0].container_sha256.hex() if versions else None,
        }
    return {
        "transfer_id": str(submitted.transfer_id),
        "case_code": submitted.case_code,
        "status": _status(status_of(submitted)),
        "state": submitted.state.value,
        "received_at": utc_text(submitted.received_at),
        "documents": submitted.documents,
        "documents_failed": submitted.failed + submitted.failed_by_hand,
        "reason": submitted.reason,
        "package": package,
    }


def _status(status: Status) -> dict[str, str]:
    vietnamese, english = STATUS_WORDS[status]
    return {"code": status.value, "vi": vietnamese, "en": english}


def _write_transfers(archive: Archive, standing: Standing, target: Path) -> list[Path]:
    submission = standing.submission
    registration = RegistrationNote(registration=submission.code, submission=submission.ordinal)
    source = f"{submission.code}/{submission.ordinal}"
    with ReceiptWriter(archive, target, source=source, registration=registration) as writer:
        for submitted in all_received(archive, submission):
            transfer = archive.catalogue.get_transfer(submitted.transfer_id)
            if transfer is not None:
                writer.add(summary(transfer), status=_receipt_status(submitted))
        written = [writer.finish()]
    table = files_table(target)
    return [*written, *([table] if table.exists() else [])]


def _receipt_status(submitted: SubmittedTransfer) -> ReceiptStatus:
    if submitted.state is TransferState.AWAITING:
        return ReceiptStatus.REFUSED if submitted.refused else ReceiptStatus.AWAITING_APPROVAL
    return _RECEIPT_STATUS.get(submitted.state, ReceiptStatus.FAILED)


def _write(target: Path, head: dict[str, object], entries: Iterable[dict[str, object]]) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as text:
            for piece in _pieces(head, entries):
                text.write(piece)
            text.flush()
            os.fsync(text.fileno())
        part.replace(target)
        sync_folder(target.parent)
    except OSError as exc:
        raise StorageError(
            N_("The receipt {path} cannot be written: {why}."),
            hint=N_("Free some space or correct the folder's permissions; the submission's state is in the archive."),
            path=printable(str(target)),
            why=exc.strerror or exc,
        ) from exc
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _pieces(head: dict[str, object], entries: Iterable[dict[str, object]]) -> Iterator[str]:
    """Yield a JSON object of the head and its transfers, which may be many."""
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "transfers": ['
    for separator, entry in zip(chain(("\n",), _commas()), entries, strict=False):
        yield separator + json_text(entry)
    yield "\n ]\n}\n"


def _commas() -> Iterator[str]:
    while True:
        yield ",\n"


def _sha256(path: Path) -> str:
    state = hashlib.sha256()
    with path.open("rb") as stream:
        for chunk in read_chunks(stream):
            state.update(chunk)
    return state.hexdigest()
