"""First step: read the description, then every byte once, and take nothing in that must stay out.

A folder's files are read in place: custody begins with the stored copy, and a file that changes
before it is stored is noticed there by its digest. Files of an archive are unpacked into the work
area under plain numbers.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ingest.sources.guards import display_name, unreadable
from ingest.sources.naming import portable_paths
from ingest.sources.values import Description, Limits, Source, SourceEntry, Submission
from ingest.values import ReceivedFile
from ingest.workspace import Workspace
from model.errors import InputError, StorageError
from model.findings import FindingLog
from model.fixity import CHUNK, Digester, read_chunks
from model.spool import Spool
from model.text import N_

RECEIVED = "received.jsonl"
DESCRIPTOR = "descriptor"
_MEDIA_TYPES = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FILES_PER_FOLDER = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Everything read once: files with digests, and one fingerprint over description, names and digests."""

    description: Description
    files: Spool[ReceivedFile]
    fingerprint: str
    """SHA-256 hex."""
    count: int
    bytes: int
    descriptor: Path | None
    """The descriptor as submitted, copied into the work area; none where there is none."""
    descriptor_type: str = ""
    """Its media type."""


def received_files(workspace: Workspace) -> Spool[ReceivedFile]:
    """Return the spool of received files."""
    return Spool(workspace.path / RECEIVED, ReceivedFile.to_json, ReceivedFile.from_json, durable=False)


def receive(
    submission: Submission, description: Description, workspace: Workspace, log: FindingLog, limits: Limits
) -> Received:
    """Read every file of a submission once.

    Args:
        description: read before, so that a secret case file never gets here.
        log: findings about names, links and the like are added to it.

    Raises:
        InputError: unreadable, unsafe, or beyond a limit.
        StorageError: the work area is full.
    """
    workspace.discard_after(RECEIVED)
    spool = received_files(workspace)
    contents: list[bytes] = []
    count = size = 0
    for file in _read_all(submission.source, description.descriptor, workspace, log, limits):
        spool.append(file)
        contents.append(file.sha256 + file.name)
        count += 1
        size += file.size
    spool.close()
    log.extend(submission.source.findings())
    descriptor = _keep_descriptor(description, workspace)
    return Received(
        description=description,
        files=spool,
        fingerprint=_fingerprint(description, contents),
        count=count,
        bytes=size,
        descriptor=descriptor,
        descriptor_type=_MEDIA_TYPES.get(descriptor.suffix, "application/octet-stream") if descriptor else "",
    )


def _fingerprint(description: Description, contents: list[bytes]) -> str:
    """Return what is the same for the same case file, in whatever order a folder or an archive gives its files."""
    state = hashlib.sha256(_description_digest(description))
    contents.sort()
    for content in contents:
        state.update(len(content).to_bytes(4, "big") + content)
    return state.hexdigest()


def _keep_descriptor(description: Description, workspace: Workspace) -> Path | None:
    """Lay the descriptor as submitted into a folder of its own, under a portable name."""
    if description.copy is None:
        return None
    name = os.fsencode(description.supplied.name) if description.supplied else description.descriptor
    ((_name, path, _findings),) = portable_paths([name.rpartition(b"/")[2] or os.fsencode(description.copy.name)])
    folder = workspace.path / DESCRIPTOR
    folder.mkdir(exist_ok=True)
    return Path(shutil.copyfile(description.copy, folder / path))


def _read_all(
    source: Source, descriptor: bytes, workspace: Workspace, log: FindingLog, limits: Limits
) -> Iterator[ReceivedFile]:
    remaining = limits.total_size
    entries = (entry for entry in source.entries() if entry.name != descriptor)
    for position, (entry, path) in enumerate(_with_paths(entries, log)):
        content = entry.path or _unpacked(workspace, position, path)
        digester = _digest(source, entry, None if entry.path else content, min(limits.file_size, remaining))
        remaining -= digester.size
        sha256, sha512 = digester.digests()
        yield ReceivedFile(
            name=entry.name,
            path=path,
            size=digester.size,
            sha256=sha256.value,
            sha512=sha512.value,
            content=content if entry.path is None else _tool_path(workspace, position, path, content),
            modified=_to_millisecond(entry.modified),
        )


def _to_millisecond(time: datetime | None) -> datetime | None:
    """Return a time as it is when it was written down and read back: a resumed ingest must give the same package."""
    return time and time.replace(microsecond=time.microsecond // 1000 * 1000)


def _with_paths(entries: Iterable[SourceEntry], log: FindingLog) -> Iterator[tuple[SourceEntry, str]]:
    """Yield each entry with its portable path, one entry at a time."""
    waiting: list[SourceEntry] = []

    def names() -> Iterator[bytes]:
        for entry in entries:
            waiting.append(entry)
            yield entry.name

    for _name, path, findings in portable_paths(names()):
        log.extend(findings)
        yield waiting.pop(), path


def _digest(source: Source, entry: SourceEntry, copy: Path | None, limit: int) -> Digester:
    digester = Digester()
    with source.open(entry) as stream:
        if copy is None:
            _feed(stream, digester, entry, limit)
        else:
            copy.parent.mkdir(exist_ok=True)
            try:
                with copy.open("xb") as target:
                    for chunk in _limited(stream, entry, limit):
                        digester.update(chunk)
                        target.write(chunk)
            except OSError as exc:
                raise StorageError(
                    N_("The work area cannot be written: {why}."),
                    hint=N_("Free some space, then run the same command again."),
                    why=exc.strerror,
                ) from exc
    return digester


def _feed(stream: BinaryIO, digester: Digester, entry: SourceEntry, limit: int) -> None:
    for chunk in _limited(stream, entry, limit):
        digester.update(chunk)


def _limited(stream: BinaryIO, entry: SourceEntry, limit: int) -> Iterator[bytes]:
    seen = 0
    for chunk in _chunks(stream, entry):
        seen += len(chunk)
        if seen > limit:
            raise InputError(
                N_("{name} is larger than the transfer may be ({limit} bytes)."),
                hint=N_("Split the case file, or have the operator raise the limit."),
                name=os.fsdecode(entry.name),
                limit=limit,
            )
        yield chunk


def _chunks(stream: BinaryIO, entry: SourceEntry) -> Iterator[bytes]:
    """Yield the bytes of an entry; what the operating system says is about the source, not about the work area."""
    try:
        yield from read_chunks(stream, CHUNK, expected=entry.size)
    except OSError as error:
        raise unreadable(display_name(entry.name), error) from error


def _unpacked(workspace: Workspace, position: int, path: str) -> Path:
    folder = workspace.content / f"{position // _FILES_PER_FOLDER:06d}"
    return folder / f"{position:06d}{_suffix(path)}"


def _tool_path(workspace: Workspace, position: int, path: str, content: Path) -> Path:
    """Return a path that tools can be given: the file itself, or a link to it when its name is not UTF-8."""
    try:
        str(content).encode("utf-8")
    except UnicodeEncodeError:
        alias = _unpacked(workspace, position, path)
        alias.parent.mkdir(exist_ok=True)
        alias.unlink(missing_ok=True)
        alias.symlink_to(content.absolute())
        return alias
    return content


def _suffix(path: str) -> str:
    """Return the extension where it is plain ASCII, since identification may use it."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= 12 else ""


def _description_digest(description: Description) -> bytes:
    state = hashlib.sha256(repr(sorted(description.case_file.to_json().items())).encode())
    for document in description.documents:
        state.update(repr(sorted(document.to_json().items())).encode())
    return state.digest()
