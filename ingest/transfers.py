"""What an officer can do with a refused transfer: look at it, take it in after all, or close it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.catalogue.values import Transfer, TransferState
from archive.layout import resolution_key, transfer_folder, transfer_key
from archive.pending import put_everywhere
from ingest.batch import BatchSettings, options_for, recover, running
from ingest.pipeline import ingest
from ingest.reception.acting import OFFICERS, must_be
from ingest.reports import transfer_from_json
from ingest.sources.discovery import discover
from ingest.values import IngestReport, IngestStatus
from ingest.workspace import Workspace
from model.dates import utc_text
from model.errors import NotFoundError, PolicyError
from model.fixity import read_chunks
from model.identifiers import new_uuid
from model.text import N_, _

STATE_WORDS = {
    TransferState.PROCESSING: N_("being processed"),
    TransferState.ACCEPTED: N_("accepted"),
    TransferState.REFUSED: N_("refused"),
    TransferState.HELD_ALREADY: N_("in the archive already"),
    TransferState.FAILED: N_("stopped by an error"),
    TransferState.RETURNED: N_("refused and closed"),
    TransferState.RESOLVED: N_("refused, then taken in"),
    TransferState.AWAITING: N_("awaiting approval"),
    TransferState.APPROVED: N_("approved and taken in"),
}
"""Where a transfer stands, in words."""

RESOLUTION_SCHEMA = "transfer-resolution/1"

_RECORDS = ("transfer.json", "resolution-", "described.jsonl")


def find_transfer(archive: Archive, identifier: str) -> Transfer:
    """Return the one transfer an identifier, or the beginning of one, means.

    Raises:
        NotFoundError: there is none.
        ConflictError: there are several.
    """
    found = archive.catalogue.find_transfer(identifier)
    if found is None:
        raise NotFoundError(
            N_("There is no transfer {identifier}."),
            hint=N_("`chauban transfer list` shows them."),
            identifier=identifier,
        )
    return found


def close_transfer(archive: Archive, transfer: Transfer, because: str) -> Transfer:
    """Close a refused transfer: it goes back to who handed it in; what was kept stays kept.

    Raises:
        PolicyError: the transfer was not refused, or is closed already; or who acts has no role for it.
    """
    must_be(archive, OFFICERS)
    _must_be_refused(transfer)
    return _resolve(archive, transfer, TransferState.RETURNED, because)


def accept_transfer(archive: Archive, transfer: Transfer, because: str, settings: BatchSettings) -> IngestReport:
    """Take a refused transfer in after all, by an officer's decision per case (Circular 05/2025, Article 24.1).

    Args:
        settings: `waive` names the findings that shall not refuse it this time.

    Raises:
        PolicyError: the transfer was not refused, or nothing was kept of it; or who acts has no role for it.
    """
    must_be(archive, OFFICERS)
    _must_be_refused(transfer)
    if not transfer.kept_key:
        raise PolicyError(
            N_("Nothing was kept of transfer {transfer}, so it cannot be taken in."),
            hint=N_("Correct it at its source and hand it in again."),
            transfer=transfer.id,
        )
    for _report in recover(archive):
        pass  # what an earlier, killed resolution began is ended before it is begun again
    options = options_for(archive, settings)
    with brought_back(archive, transfer) as paths, running(archive, options) as run:
        submissions = discover(paths, options.limits)
        report = next(ingest(replace(item, name=transfer.source), run) for item in submissions)
    archive.audit.flush()
    if report.status in {IngestStatus.ACCEPTED, IngestStatus.HELD_ALREADY}:
        _resolve(archive, transfer, TransferState.RESOLVED, because, taken_in_as=report.transfer_id)
    return report


@contextmanager
def brought_back(archive: Archive, transfer: Transfer) -> Iterator[list[Path]]:
    """Give what was kept of a transfer as files of a work area, which the next ingest sweeps if it stays behind."""
    with Workspace.create(archive.work, new_uuid(archive.clock.now())) as workspace:
        try:
            paths = _bring_back(archive, transfer, workspace.content)
            yield [path for path in paths if path.stem.split(".")[0] == "content"]
        finally:
            workspace.remove()


def stored_transfers(archive: Archive) -> Iterator[Transfer]:
    """Yield every transfer that was not accepted, as the stores record it, with an officer's decision applied."""
    for item in archive.copies.list("transfers/"):
        if item.key.endswith("/transfer.json"):
            with archive.copies.open(item.key) as stream:
                data = json.loads(stream.read())
            yield _with_resolution(archive, transfer_from_json(data, data["report"]))


def _with_resolution(archive: Archive, transfer: Transfer) -> Transfer:
    resolved = transfer
    for item in archive.copies.list(f"{transfer_folder(transfer.id)}resolution-"):
        with archive.copies.open(item.key) as stream:
            data = json.loads(stream.read())
        package = data.get("package")
        resolved = replace(
            resolved,
            state=TransferState(data["state"]),
            aip_id=UUID(package) if package else resolved.aip_id,
            reason=data.get("reason", resolved.reason),
        )
    return resolved


def _resolve(
    archive: Archive, transfer: Transfer, state: TransferState, because: str, *, taken_in_as: UUID | None = None
) -> Transfer:
    resolved = write_resolution(archive, transfer, state, because, taken_in_as=taken_in_as)
    details = {"state": state.value, **({"taken-in-as": str(taken_in_as)} if taken_in_as else {})}
    record_act(archive, Action.RESOLVE, transfer.id, because=because, details=details)
    return resolved


def write_resolution(
    archive: Archive,
    transfer: Transfer,
    state: TransferState,
    because: str,
    *,
    taken_in_as: UUID | None = None,
    package: UUID | None = None,
    reason: str | None = None,
) -> Transfer:
    """Write down how a transfer that was kept ended, in the stores and then in the catalogue.

    Args:
        taken_in_as: the transfer it was accepted as.
        package: what became of it, where its own record shall name it.
        reason: why it was not taken in, where its own record shall say so from now on.
    """
    now = archive.clock.now()
    data = {
        "schema": RESOLUTION_SCHEMA,
        "transfer": str(transfer.id),
        "state": state.value,
        "because": because,
        "time": utc_text(now),
        "taken_in_as": str(taken_in_as) if taken_in_as else None,
        **({"package": str(package)} if package else {}),
        **({"reason": reason} if reason is not None else {}),
    }
    content = json.dumps(data, ensure_ascii=False, sort_keys=True)
    put_everywhere(archive, resolution_key(transfer.id, now), content)
    resolved = replace(
        transfer,
        state=state,
        aip_id=package or transfer.aip_id,
        reason=transfer.reason if reason is None else reason,
    )
    archive.catalogue.save_transfer(resolved)
    return resolved


def _bring_back(archive: Archive, transfer: Transfer, folder: Path) -> list[Path]:
    """Copy what was kept of a transfer into the work area; return the files."""
    brought = []
    for item in archive.copies.list(transfer_folder(transfer.id)):
        name = item.key.rpartition("/")[2]
        if name.startswith(_RECORDS) or item.key == transfer_key(transfer.id):
            continue
        path = folder / name
        with archive.copies.open(item.key) as source, path.open("wb") as target:
            for chunk in read_chunks(source):
                target.write(chunk)
        brought.append(path)
    return brought


def _must_be_refused(transfer: Transfer) -> None:
    if transfer.state is not TransferState.REFUSED:
        raise PolicyError(
            N_("Transfer {transfer} is {state}; only a refused one can be resolved."),
            hint=N_("`chauban transfer list --state refused` shows those that can."),
            transfer=transfer.id,
            state=_(STATE_WORDS[transfer.state]),
        )
