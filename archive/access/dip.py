"""Giving out a dissemination package: in a new folder, or as one ZIP."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar
from uuid import UUID

from archive.access.export import current_version, dissemination, no_document
from archive.access.writing import FolderSink, Sink, ZipSink, new_file, new_folder, verified
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from archive.pending import record_event
from archive.store.seekable import open_seekable
from model.casefile import Document
from model.fixity import CHUNK
from model.identifiers import new_uuid
from model.version import program_version
from preservation.package.dip import AccessRequest, DipPlan, HandedFile, write_dip

T = TypeVar("T")


def export_dip(
    archive: Archive,
    held: HeldCaseFile,
    target: Path,
    request: AccessRequest | None = None,
    *,
    document: int | None = None,
) -> Path:
    """Write a dissemination package of a case file, by the profile of its archival package.

    Args:
        target: a new folder, which the package's folder is laid into; or, ending in `.zip`, a new file.
        request: what it answers; without one, an official request of today.
        document: only this document and its files, by its number in the case file.

    Returns:
        The package's folder, or the ZIP.

    Raises:
        NotFoundError: no such document, or it has no file.
        ConflictError: the target exists.
        IntegrityError: the stored bytes are not what was taken in; nothing is left behind.

    Events:
        dissemination (in the journal of the archival package, and in PREMIS of the dissemination package).
    """
    content = _content(archive, held, document)
    with open_seekable(archive.copies, content.version.container_key) as container:
        plan = _plan(content, held, request or AccessRequest(), container)
        if target.suffix.lower() == ".zip":
            with new_file(target) as file, closing(ZipSink(file, plan.created)) as sink:
                _write(archive, plan, target.parent, sink)
            return target
        with new_folder(target) as folder:
            name = _write(archive, plan, target.parent, FolderSink(folder))
        return target / name


def _write(archive: Archive, plan: DipPlan, staging: Path, sink: Sink) -> str:
    """Write the package, then the event, while nobody sees the package: none is given out that is not recorded."""
    name = write_dip(plan, staging, sink.add)
    record_event(archive, plan.aip_id, plan.version, plan.event)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What of a package version is given out."""

    archive: Archive
    version: PackageVersion
    document: Document | None
    """The only one; none for all."""

    def documents(self) -> Iterable[Document]:
        """Return the documents in their order."""
        if self.document is not None:
            return (self.document,)
        return self.archive.catalogue.documents(self.version.aip_id, self.version.version)

    def files(self) -> Iterator[HeldFile]:
        """Yield the files by path, which is the order in which they lie in the container."""
        wanted = None if self.document is None else frozenset(self.document.files)
        for file in self.archive.catalogue.files(self.version.aip_id, self.version.version):
            if wanted is None or file.object.path in wanted:
                yield file


@dataclass(frozen=True, slots=True)
class _Again(Generic[T]):
    """What can be iterated several times, each time from the catalogue."""

    start: Callable[[], Iterable[T]]

    def __iter__(self) -> Iterator[T]:
        return iter(self.start())


def _content(archive: Archive, held: HeldCaseFile, ordinal: int | None) -> _Content:
    version = current_version(archive, held)
    if ordinal is None:
        return _Content(archive=archive, version=version, document=None)
    for document in archive.catalogue.documents(version.aip_id, version.version):
        if document.ordinal == ordinal and document.files:
            return _Content(archive=archive, version=version, document=document)
    raise no_document(held, ordinal)


def _plan(content: _Content, held: HeldCaseFile, request: AccessRequest, container: BinaryIO) -> DipPlan:
    archive, version = content.archive, content.version
    now = archive.clock.now()
    dip_id = new_uuid(now)

    def files() -> Iterator[HandedFile]:
        for file in content.files():
            yield HandedFile(file.object, partial(_read, container, file))

    return DipPlan(
        dip_id=dip_id,
        aip_id=version.aip_id,
        version=version.version,
        profile=version.profile,
        policy=version.policy,
        created=now,
        request=request,
        case_file=held.case_file,
        documents=_Again(content.documents),
        files=_Again(files),
        event=dissemination(archive, _what(content, dip_id, request)),
        software_version=program_version(),
    )


def _what(content: _Content, dip_id: UUID, request: AccessRequest) -> str:
    """Say what is given out, and to which request; who asked and why is personal and stays out of the journal."""
    part = f"document {content.document.ordinal}" if content.document else "all files"
    number = f", request {request.request_id}" if request.request_id else ""
    source = f"archival package {content.version.aip_id}, version {content.version.version}"
    return f"dissemination package {dip_id} ({part}) of {source}{number}, purpose {request.purpose}"


def _read(container: BinaryIO, file: HeldFile) -> Iterator[bytes]:
    return verified(_range(container, file), file.object.sha256, file.object.path)


def _range(container: BinaryIO, file: HeldFile) -> Iterator[bytes]:
    container.seek(file.offset)
    left = file.object.size
    while left and (chunk := container.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk
