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
from archive.catalogue.submissions_values import SubmittedTransfer
from archive.catalogue.values import Transfer, TransferState
from archive.layout import described_key, transfer_folder, transfer_key
from archive.store.copies import CopySet
from ingest.policy import Decision
from ingest.recording import note_transfer
from ingest.reports import (
    json_text,
    reception_more,
    reception_note,
    report_text,
    summary,
    transfer_from_json,
    transfer_to_json,
)
from ingest.sources.descriptor import descriptor_rank
from ingest.sources.findings import UNREADABLE
from ingest.sources.guards import display_name, unreadable
from ingest.sources.values import Submission
from ingest.values import IngestReport, ReceivedFile, ReceptionNote
from ingest.workspace import Workspace
from model.errors import InputError
from model.findings import Finding, FindingLog
from model.fixity import read_chunks
from model.text import N_

SCHEMA = "transfer/1"


DESCRIPTION = "kept-description.jsonl"
"""File of the work area with the description of a transfer of a submission; durable before the step below."""

CONCLUDED = "concluded"
"""Step of the journal: what shall be recorded of a transfer that is not accepted."""


def refuse(
    transfer: Transfer,
    log: FindingLog,
    decision: Decision,
    archive: Archive,
    workspace: Workspace,
    keeping: "Keeping | None" = None,
    note: ReceptionNote | None = None,
) -> IngestReport:
    """Keep what was handed in, and record the refused transfer with its report.

    Args:
        note: of a transfer that was handed in under a submission.
    """
    refused = replace(
        transfer,
        state=TransferState.REFUSED,
        decided_at=transfer.decided_at or archive.clock.now(),
        reason=decision.reason,
        kept_key=keeping.key if keeping else "",
        owner="",
    )
    report = report_text(refused, log, decision, reception_more(note))
    return conclude(replace(refused, report=report), archive, workspace, keeping)


def refuse_secret(
    transfer: Transfer,
    secret: Finding,
    archive: Archive,
    workspace: Workspace,
    policy: str,
    note: ReceptionNote | None = None,
) -> IngestReport:
    """Refuse a secret case file: nothing of it is copied, indexed or repeated, not even its title."""
    log = FindingLog()
    log.add(secret)
    decision = Decision(accepted=False, policy=policy, refusing=((secret.code, 1),))
    return refuse(replace(transfer, case_code="", title=""), log, decision, archive, workspace, note=note)


def refuse_unreadable(
    transfer: Transfer,
    submission: Submission,
    error: InputError,
    log: FindingLog,
    archive: Archive,
    workspace: Workspace,
    policy: str,
    note: ReceptionNote | None = None,
) -> IngestReport:
    """Refuse what cannot be read or is unsafe to read; an archive file is kept as it is."""
    log.add(UNREADABLE.at(submission.name, why=error.message))
    decision = Decision(accepted=False, policy=policy, refusing=((UNREADABLE.code, 1),))
    keeping = Keeping(transfer, submission) if submission.source.location.is_file() else None
    report = refuse(transfer, log, decision, archive, workspace, keeping, note)
    return replace(report, exit_code=error.exit_code)


class Keeping:
    """What is to be kept of a refused transfer.

    Args:
        files: of a folder: what was received; an archive file is kept as it is.
        descriptor: of a folder: the descriptor as it was received.
        restorable: the transfer is to be taken in from what is kept: a folder with its times, its descriptor under a
            name that is known wherever it lies, and one that is more than its files (a bag, a package) with everything
            in it.
    """

    def __init__(
        self,
        transfer: Transfer,
        submission: Submission,
        files: Iterable[ReceivedFile] = (),
        descriptor: Path | None = None,
        *,
        restorable: bool = False,
    ) -> None:
        self._submission = submission
        self._restorable = restorable
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
        if beside is not None and not (self._restorable and self._submission.case_code):
            key = f"{self.key.rpartition('.')[0]}{beside.suffix.lower()}"
            copies.put(key, b"".join(_read(beside, beside.name)))
        with copies.create(self.key) as writer:
            if self.packed:
                location = self._submission.source.location
                for chunk in _read(location, location.name):
                    writer.write(chunk)
            elif self._restorable and self._submission.source.kind != "folder":
                _write_tree(self._submission.source.location, writer.write)
            else:
                descriptor = None if self._restorable and beside is not None else self._descriptor
                _write_tar(self._files, descriptor, writer.write, known_name=self._restorable)
            writer.commit()


def conclude(
    transfer: Transfer, archive: Archive, workspace: Workspace, keeping: Keeping | None = None
) -> IngestReport:
    """Record a transfer that was not accepted, in the stores and then in the catalogue; its work area is done."""
    workspace.finish(CONCLUDED, {"transfer": transfer_to_json(transfer), "report": transfer.report})
    if keeping is not None:
        keeping.write(archive.copies)
    _keep_description(transfer, archive, workspace)
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
    _keep_description(transfer, archive, workspace)
    return _record(transfer, archive, workspace)


def _record(transfer: Transfer, archive: Archive, workspace: Workspace) -> IngestReport:
    data = {"schema": SCHEMA, **transfer_to_json(transfer), "report": transfer.report}
    archive.copies.put(transfer_key(transfer.id), json_text(data).encode())
    record_transfer(transfer, archive)
    note_transfer(transfer, archive)
    workspace.remove()
    return summary(transfer)


def record_transfer(transfer: Transfer, archive: Archive) -> None:
    """Record a transfer in the catalogue, with the submission it was handed in under."""
    note = reception_note(transfer.report)
    if note is None:
        archive.catalogue.save_transfer(transfer)
        return
    submitted = SubmittedTransfer(
        transfer_id=transfer.id,
        submission_id=note.submission,
        received_at=transfer.received_at,
        case_code=transfer.case_code,
        mark=bytes.fromhex(note.mark),
        documents=note.documents,
        failed=note.failed,
        waits=note.waits,
    )
    archive.catalogue.submissions.record(transfer, submitted)


def _keep_description(transfer: Transfer, archive: Archive, workspace: Workspace) -> None:
    """Keep the description as it was read, where the work area has it: after the content, which it goes with."""
    path = workspace.path / DESCRIPTION
    if not path.exists():
        return
    with archive.copies.create(described_key(transfer.id)) as writer, path.open("rb") as stream:
        for chunk in read_chunks(stream):
            writer.write(chunk)
        writer.commit()


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


def _tar(write: Callable[[bytes], object]) -> tarfile.TarFile:
    sink = cast("IO[bytes]", _Sink(write))
    return tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 20)


def _write_tar(
    files: Iterable[ReceivedFile], descriptor: Path | None, write: Callable[[bytes], object], *, known_name: bool
) -> None:
    with _tar(write) as tar:
        for file in files:
            _add(tar, file, with_time=known_name)
        if descriptor is not None:
            unknown = known_name and descriptor_rank(descriptor.name) is None
            member = tarfile.TarInfo(f"hoso{descriptor.suffix}" if unknown else descriptor.name)
            member.size = descriptor.stat().st_size
            with descriptor.open("rb") as stream:
                tar.addfile(member, stream)


def _write_tree(folder: Path, write: Callable[[bytes], object]) -> None:
    """Write every regular file of a folder under the folder's name; links are never followed."""
    top = os.fsencode(folder.resolve().name)
    with _tar(write) as tar:
        for place, folders, names in os.walk(os.fsencode(folder)):
            folders.sort()
            for name in sorted(names):
                _add_found(tar, Path(os.fsdecode(place)) / os.fsdecode(name), folder, top)


def _add_found(tar: tarfile.TarFile, path: Path, folder: Path, top: bytes) -> None:
    relative = top + b"/" + os.fsencode(path.relative_to(folder).as_posix())
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return
        member = tarfile.TarInfo(relative.decode("utf-8", "surrogateescape"))
        member.size, member.mtime = found.st_size, int(found.st_mtime)
        with _open_regular(path) as stream:
            tar.addfile(member, stream)
    except OSError as error:
        raise unreadable(display_name(relative), error) from error


def _add(tar: tarfile.TarFile, file: ReceivedFile, *, with_time: bool) -> None:
    """Add a file as it was received, and nothing else that was put in its place since."""
    member = tarfile.TarInfo(file.name.decode("utf-8", "surrogateescape"))
    member.size = file.size
    if with_time and file.modified is not None:
        member.mtime = int(file.modified.timestamp())
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
