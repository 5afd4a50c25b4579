"""Refusal: the transfer is kept with its reasons, in every store, and recorded in the catalogue.

What is kept: an archive file as it was handed in, byte for byte; a folder as a TAR of its files
under their own names. Of a secret case file nothing is kept but the fact, and of a transfer that
is itself dangerous to unpack, the packed file.
"""

import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, BinaryIO, cast

from archive.archive import Archive
from archive.catalogue.values import Transfer, TransferState
from archive.layout import transfer_folder, transfer_key
from archive.store.copies import CopySet
from ingest.policy import Decision
from ingest.recording import note_transfer
from ingest.reports import json_text, report_text, summary, transfer_from_json, transfer_to_json
from ingest.sources.findings import UNREADABLE
from ingest.sources.guards import display_name, unreadable
from ingest.sources.values import Submission
from ingest.values import IngestReport, ReceivedFile
from ingest.workspace import Workspace
from model.errors import InputError
from model.findings import Finding, FindingLog
from model.fixity import read_chunks
from model.text import N_

SCHEMA = "transfer/1"


CONCLUDED = "concluded"
"""Step of the journal: what shall be recorded of a transfer that is not accepted."""


def refuse(
    transfer: Transfer,
    log: FindingLog,
    decision: Decision,
    archive: Archive,
    workspace: Workspace,
    keeping: "Keeping | None" = None,
) -> IngestReport:
    """Keep what was handed in, and record the refused transfer with its report."""
    refused = replace(
        transfer,
        state=TransferState.REFUSED,
        decided_at=transfer.decided_at or archive.clock.now(),
        reason=decision.reason,
        kept_key=keeping.key if keeping else "",
        owner="",
    )
    return conclude(replace(refused, report=report_text(refused, log, decision)), archive, workspace, keeping)


def refuse_secret(
    transfer: Transfer, secret: Finding, archive: Archive, workspace: Workspace, policy: str
) -> IngestReport:
    """Refuse a secret case file: nothing of it is copied, indexed or repeated, not even its title."""
    log = FindingLog()
    log.add(secret)
    decision = Decision(accepted=False, policy=policy, refusing=((secret.code, 1),))
    return refuse(replace(transfer, case_code="", title=""), log, decision, archive, workspace)


def refuse_unreadable(
    transfer: Transfer,
    submission: Submission,
    error: InputError,
    log: FindingLog,
    archive: Archive,
    workspace: Workspace,
    policy: str,
) -> IngestReport:
    """Refuse what cannot be read or is unsafe to read; an archive file is kept as it is."""
    log.add(UNREADABLE.at(submission.name, why=error.message))
    decision = Decision(accepted=False, policy=policy, refusing=((UNREADABLE.code, 1),))
    keeping = Keeping(transfer, submission) if submission.source.location.is_file() else None
    report = refuse(transfer, log, decision, archive, workspace, keeping)
    return replace(report, exit_code=error.exit_code)


class Keeping:
    """What is to be kept of a refused transfer.

    Args:
        files: of a folder: what was received; an archive file is kept as it is.
        descriptor: of a folder: the descriptor as it was received.
    """

    def __init__(
        self,
        transfer: Transfer,
        submission: Submission,
        files: Iterable[ReceivedFile] = (),
        descriptor: Path | None = None,
    ) -> None:
        self._submission = submission
        self._files = files
        self._descriptor = descriptor
        location = submission.source.location
        self.packed = location.is_file()
        suffix = _suffix(location.name) if self.packed else ".tar"
        self.key = f"{transfer_folder(transfer.id)}content{suffix}"

    def write(self, copies: CopySet) -> None:
        """Write it into the stores; the content last, so that where it lies everything does.

        Raises:
            InputError: it cannot be read any more, or is no longer what was received.
        """
        beside = self._submission.beside
        if beside is not None:
            key = f"{self.key.rpartition('.')[0]}{beside.suffix.lower()}"
            copies.put(key, b"".join(_read(beside, beside.name)))
        with copies.create(self.key) as writer:
            if self.packed:
                location = self._submission.source.location
                for chunk in _read(location, location.name):
                    writer.write(chunk)
            else:
                _write_tar(self._files, self._descriptor, writer.write)
            writer.commit()


def conclude(
    transfer: Transfer, archive: Archive, workspace: Workspace, keeping: Keeping | None = None
) -> IngestReport:
    """Record a transfer that was not accepted, in the stores and then in the catalogue; its work area is done."""
    workspace.finish(CONCLUDED, {"transfer": transfer_to_json(transfer), "report": transfer.report})
    if keeping is not None:
        keeping.write(archive.copies)
    return _record(transfer, archive, workspace)


def conclude_again(workspace: Workspace, archive: Archive) -> IngestReport | None:
    """Go on with a conclusion that was interrupted, from what the stores hold of the transfer.

    Returns:
        What became of it; none when nothing had been kept yet, so that it has to be handed in again.
    """
    concluded = workspace.step(CONCLUDED) or {}
    transfer = transfer_from_json(concluded["transfer"], concluded["report"])
    kept = set()
    for item in archive.copies.list(transfer_folder(transfer.id)):
        with archive.copies.open(item.key) as source, archive.copies.create(item.key) as writer:
            for chunk in read_chunks(source):
                writer.write(chunk)
            writer.commit()
        kept.add(item.key)
    if transfer.kept_key and transfer.kept_key not in kept:
        return None
    return _record(transfer, archive, workspace)


def _record(transfer: Transfer, archive: Archive, workspace: Workspace) -> IngestReport:
    data = {"schema": SCHEMA, **transfer_to_json(transfer), "report": transfer.report}
    archive.copies.put(transfer_key(transfer.id), json_text(data).encode())
    archive.catalogue.save_transfer(transfer)
    note_transfer(transfer, archive)
    workspace.remove()
    return summary(transfer)


def _suffix(name: str) -> str:
    lowered = name.lower()
    suffix = ".tar." + lowered.rpartition(".")[2] if ".tar." in lowered else Path(lowered).suffix
    return suffix if suffix.isascii() else ""


def _read(path: Path, name: str) -> Iterator[bytes]:
    """Yield the bytes of a file that a stranger can still change."""
    try:
        with _open_regular(path) as stream:
            yield from read_chunks(stream)
    except OSError as error:
        raise unreadable(name, error) from error


def _open_regular(path: Path) -> BinaryIO:
    """Open a file, without waiting for a writer where a named pipe was put in its place."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(2, os.strerror(2))
    return os.fdopen(descriptor, "rb")


def _write_tar(files: Iterable[ReceivedFile], descriptor: Path | None, write: Callable[[bytes], object]) -> None:
    sink = cast("IO[bytes]", _Sink(write))
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 20) as tar:
        for file in files:
            _add(tar, file)
        if descriptor is not None:
            member = tarfile.TarInfo(descriptor.name)
            member.size = descriptor.stat().st_size
            with descriptor.open("rb") as stream:
                tar.addfile(member, stream)


def _add(tar: tarfile.TarFile, file: ReceivedFile) -> None:
    """Add a file as it was received, and nothing else that was put in its place since."""
    member = tarfile.TarInfo(file.name.decode("utf-8", "surrogateescape"))
    member.size = file.size
    name = display_name(file.name)
    try:
        with _open_regular(file.content) as stream:
            hashed = _Hashed(stream)
            tar.addfile(member, cast("IO[bytes]", hashed))
    except OSError as error:
        raise unreadable(name, error) from error
    if hashed.state.digest() != file.sha256:
        raise InputError(
            N_("“{name}” was changed while it was being taken in."),
            hint=N_("Hand the case file in again when nobody is working on it."),
            name=name,
        )


class _Hashed:
    """Lets tarfile read a file while its SHA-256 is computed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.state = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Read a block."""
        block = self._stream.read(size)
        self.state.update(block)
        return block


class _Sink:
    """Lets tarfile write into a store."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, chunk: bytes) -> int:
        """Hand a block over."""
        self._write(bytes(chunk))
        return len(chunk)
