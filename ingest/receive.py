"""First step: read the description, then every byte once, and take nothing in that must stay out.

A folder's files are read in place: custody begins with the stored copy, and a file that changes
before it is stored is noticed there by its digest. Files of an archive are unpacked into the work
area under plain numbers.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ingest.package_parts import KeptPart, PackageParts
from ingest.sources.guards import display_name, unreadable
from ingest.sources.naming import portable_paths
from ingest.sources.package import PackageSource
from ingest.sources.values import Description, Limits, Source, SourceEntry, Submission
from ingest.values import ReceivedFile
from ingest.workspace import Workspace
from model.errors import InputError, StorageError
from model.findings import FindingLog
from model.fixity import CHUNK, PACKAGE_ALGORITHMS, Digester, read_chunks
from model.spool import Spool
from model.text import N_

if TYPE_CHECKING:
    from ingest.packages.links import LinkResolver

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
    parts: tuple[KeptPart, ...] = ()
    """Of a package: everything that is not content, as it will lie in the archival package."""
    whole: Iterable[ReceivedFile] = ()
    """Every file of the submission under the name it was received by, the descriptor left out."""


def received_files(workspace: Workspace) -> Spool[ReceivedFile]:
    """Return the spool of received files."""
    return Spool(workspace.path / RECEIVED, ReceivedFile.to_json, ReceivedFile.from_json, durable=False)


def receive(
    submission: Submission,
    description: Description,
    workspace: Workspace,
    log: FindingLog,
    limits: Limits,
    links: "LinkResolver | None" = None,
) -> Received:
    """Read every file of a submission once.

    Args:
        description: read before, so that a secret case file never gets here.
        log: findings about names, links and the like are added to it.
        links: of a package: what its linked documents mean in this archive.

    Raises:
        InputError: unreadable, unsafe, or beyond a limit.
        StorageError: the work area is full.
    """
    workspace.discard_after(RECEIVED)
    spool = received_files(workspace)
    contents: list[bytes] = []
    count = size = 0
    source = submission.source
    package = PackageParts(source, workspace) if isinstance(source, PackageSource) else None
    for file in _read_all(source, description.descriptor, workspace, log, limits):
        contents.append(file.sha256 + file.name)
        if package is not None and links is not None and file.name in description.links:
            file = package.rewritten(file, links, log)
        spool.append(file)
        count += 1
        size += file.size
    spool.close()
    descriptor = _keep_descriptor(description, workspace)
    if package is not None:
        taken = descriptor.name if descriptor else ""
        for file in _read_parts(package, taken, log, replace(limits, total_size=limits.total_size - size)):
            contents.append(file.sha256 + b"/" + file.name)
    log.extend(source.findings())
    return Received(
        description=description,
        files=spool,
        fingerprint=_fingerprint(description, contents),
        count=count,
        bytes=size,
        descriptor=descriptor,
        descriptor_type=_MEDIA_TYPES.get(descriptor.suffix, "application/octet-stream") if descriptor else "",
        parts=package.finish() if package is not None else (),
        whole=package.whole(spool) if package is not None else spool,
    )


def _read_parts(package: PackageParts, taken: str, log: FindingLog, limits: Limits) -> Iterator[ReceivedFile]:
    """Copy everything of a package that is not content into the work area, digests computed on the way.

    Args:
        taken: name that a descriptor beside the package has there already.
    """
    source, remaining = package.source, limits.total_size
    entries = ([SourceEntry(name=os.fsencode(taken), size=0)] if taken else []) + list(source.extra_entries())
    for position, (entry, path) in enumerate(_with_paths(entries, log)):
        if taken and position == 0:
            continue
        copy = package.place(position)
        copy.parent.mkdir(exist_ok=True)
        with source.open_extra(entry) as stream:
            digester = _copied(stream, entry, copy, min(limits.file_size, remaining), source.algorithms)
        remaining -= digester.size
        digests = digester.digests()
        source.note_digests(entry, digests, extra=True)
        file = ReceivedFile(
            name=entry.name,
            path=path,
            size=digester.size,
            sha256=digests[0].value,
            sha512=digests[1].value,
            content=copy,
            modified=_to_millisecond(entry.modified),
        )
        package.add(file)
        yield file


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
        digests = digester.digests()
        if isinstance(source, PackageSource):
            source.note_digests(entry, digests)
        sha256, sha512 = digests[:2]
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
    algorithms = source.algorithms if isinstance(source, PackageSource) else PACKAGE_ALGORITHMS
    with source.open(entry) as stream:
        if copy is not None:
            copy.parent.mkdir(exist_ok=True)
            return _copied(stream, entry, copy, limit, algorithms)
        digester = Digester(algorithms)
        _feed(stream, digester, entry, limit)
    return digester


def _copied(stream: BinaryIO, entry: SourceEntry, copy: Path, limit: int, algorithms: tuple[str, ...]) -> Digester:
    digester = Digester(algorithms)
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
