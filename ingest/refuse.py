"""Refusal: the transfer is kept with its reasons, in every store, and recorded in the catalogue.

What is kept: an archive file as it was handed in, byte for byte; a folder as a TAR of its files
under their own names. Of a secret case file nothing is kept but the fact, and of a transfer that
is itself dangerous to unpack, the packed file.
"""

import json
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from archive.archive import Archive
from archive.catalogue.values import Transfer, TransferState
from archive.layout import transfer_folder, transfer_key
from archive.store.copies import CopySet
from ingest.policy import Decision
from ingest.reports import report_text, summary, transfer_to_json
from ingest.sources.findings import UNREADABLE
from ingest.sources.values import Submission
from ingest.values import IngestReport, ReceivedFile
from model.errors import InputError
from model.findings import Finding, FindingLog
from model.fixity import read_chunks

SCHEMA = "transfer/1"


def refuse(
    transfer: Transfer,
    log: FindingLog,
    decision: Decision,
    archive: Archive,
    *,
    kept_key: str = "",
) -> IngestReport:
    """Record a refused transfer with its report; what was handed in has been kept before."""
    refused = replace(
        transfer,
        state=TransferState.REFUSED,
        decided_at=transfer.decided_at or archive.clock.now(),
        reason=decision.reason,
        kept_key=kept_key,
        owner="",
    )
    refused = replace(refused, report=report_text(refused, log, decision))
    record_transfer(refused, archive)
    return summary(refused)


def refuse_secret(transfer: Transfer, secret: Finding, archive: Archive, policy: str) -> IngestReport:
    """Refuse a secret case file: nothing of it is copied, indexed or repeated, not even its title."""
    log = FindingLog()
    log.add(secret)
    decision = Decision(accepted=False, policy=policy, refusing=((secret.code, 1),))
    return refuse(replace(transfer, case_code="", title=""), log, decision, archive)


def refuse_unreadable(
    transfer: Transfer, submission: Submission, error: InputError, log: FindingLog, archive: Archive, policy: str
) -> IngestReport:
    """Refuse what cannot be read or is unsafe to read; an archive file is kept as it is."""
    log.add(UNREADABLE.at(submission.name, why=error.message))
    decision = Decision(accepted=False, policy=policy, refusing=((UNREADABLE.code, 1),))
    kept = keep_file(submission.source.location, transfer, archive.copies) if transfer.kind != "folder" else ""
    report = refuse(transfer, log, decision, archive, kept_key=kept)
    return replace(report, exit_code=error.exit_code)


def keep(
    transfer: Transfer, submission: Submission, files: Iterable[ReceivedFile], descriptor: Path | None, copies: CopySet
) -> str:
    """Keep what was handed in; return its key in the stores."""
    if submission.source.location.is_file():
        key = keep_file(submission.source.location, transfer, copies)
    else:
        key = f"{transfer_folder(transfer.id)}content.tar"
        with copies.create(key) as writer:
            _write_tar(files, descriptor, writer.write)
            writer.commit()
    if submission.beside is not None:
        suffix = submission.beside.suffix.lower()
        copies.put(f"{key.rpartition('.')[0]}{suffix}", submission.beside.read_bytes())
    return key


def keep_file(path: Path, transfer: Transfer, copies: CopySet) -> str:
    """Keep an archive file byte for byte; empty when it is not a file."""
    if not path.is_file():
        return ""
    name = path.name.lower()
    suffix = ".tar." + name.rpartition(".")[2] if ".tar." in name else path.suffix.lower()
    key = f"{transfer_folder(transfer.id)}content{suffix if suffix.isascii() else ''}"
    with path.open("rb") as stream, copies.create(key) as writer:
        for chunk in read_chunks(stream):
            writer.write(chunk)
        writer.commit()
    return key


def record_transfer(transfer: Transfer, archive: Archive) -> None:
    """Write the record of a transfer that was not accepted into the stores, then into the catalogue."""
    data = {"schema": SCHEMA, **transfer_to_json(transfer), "report": transfer.report}
    archive.copies.put(transfer_key(transfer.id), json.dumps(data, ensure_ascii=False, sort_keys=True).encode())
    archive.catalogue.save_transfer(transfer)


def _write_tar(files: Iterable[ReceivedFile], descriptor: Path | None, write: Callable[[bytes], object]) -> None:
    sink = cast("IO[bytes]", _Sink(write))
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 20) as tar:
        for file in files:
            _add(tar, file.name.decode("utf-8", "surrogateescape"), file.content, file.size)
        if descriptor is not None:
            _add(tar, descriptor.name, descriptor, descriptor.stat().st_size)


def _add(tar: tarfile.TarFile, name: str, content: Path, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    with content.open("rb") as stream:
        tar.addfile(member, stream)


class _Sink:
    """Lets tarfile write into a store."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, chunk: bytes) -> int:
        """Hand a block over."""
        self._write(bytes(chunk))
        return len(chunk)
