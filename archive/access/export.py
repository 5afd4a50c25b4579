"""Giving back what is held: one document, the original files, or the stored package itself.

Everything is streamed from inside the stored container and compared with its recorded digest on
the way; a difference stops the export and leaves nothing half written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from archive.access.writing import must_be_new, new_file, new_folder, verified
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from archive.evidence.exporting import evidence_members, with_ending
from archive.keptcopies import KeptCopy, kept_copies
from archive.layout import digest_key
from archive.pending import record_event
from archive.store.protocol import Store
from model.errors import ArchiveError, ConflictError, IntegrityError, NotFoundError, StorageError
from model.fixity import SHA256, Digest, Digester, read_chunks
from model.identifiers import new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_
from model.version import PROGRAM

MANIFEST = "manifest-sha512.txt"


def find_one(archive: Archive, identifier: str) -> HeldCaseFile:
    """Return the one case file that an identifier, the beginning of one, or a case file code means.

    Raises:
        NotFoundError: there is none.
        ConflictError: there are several.
    """
    found = archive.catalogue.find_case_files(identifier)
    if not found:
        raise NotFoundError(
            N_("The archive holds no case file {identifier}."),
            hint=N_("Look for it with `chauban search`."),
            identifier=identifier,
        )
    if len(found) > 1:
        raise ConflictError(
            N_("{identifier} means {count} case files."),
            hint=N_("Give the package identifier: {identifiers}."),
            identifier=identifier,
            count=len(found),
            identifiers=", ".join(str(item.aip_id) for item in found[:5]),
        )
    return found[0]


def current_version(archive: Archive, held: HeldCaseFile) -> PackageVersion:
    """Return the current version of a held case file."""
    for version in archive.catalogue.versions(held.aip_id):
        if version.version == held.current_version:
            return version
    raise IntegrityError(
        N_("The catalogue names no version of package {package}."),
        hint=N_("Run `chauban rebuild`."),
        package=held.aip_id,
    )


def export_document(archive: Archive, held: HeldCaseFile, ordinal: int, target: Path) -> list[Path]:
    """Write the files of one document: to `target` if it has one file, else into the folder `target`.

    Raises:
        NotFoundError: no such document, or it has no file.
        ConflictError: the target exists.
        IntegrityError: the stored bytes are not what was taken in.
    """
    files = list(archive.catalogue.document_files(held.aip_id, ordinal))
    if not files:
        raise no_document(held, ordinal)
    version = current_version(archive, held)
    written = [target] if len(files) == 1 and not target.is_dir() else [target / _leaf(file) for file in files]
    for file, path in zip(files, written, strict=True):
        write_file(archive, version, file, path)
    _record_dissemination(archive, version, f"document {ordinal}")
    return written


def stream_document(archive: Archive, held: HeldCaseFile, ordinal: int, target: BinaryIO) -> None:
    """Write the one file of a document to a stream.

    Raises:
        NotFoundError: no such document.
        ConflictError: it has several files; export it to a folder.
        IntegrityError: the stored bytes are not what was taken in (noticed at the end of the stream).
    """
    files = list(archive.catalogue.document_files(held.aip_id, ordinal))
    if len(files) != 1:
        raise (ConflictError if files else NotFoundError)(
            N_("Document {ordinal} of case file {code} has {count} files, not one."),
            hint=N_("Export it to a folder with --to."),
            ordinal=ordinal,
            code=held.case_file.file_code,
            count=len(files),
        )
    version = current_version(archive, held)
    with open_file(archive, version, files[0]) as stream:
        for chunk in verified(read_chunks(stream), files[0].object.sha256, files[0].object.path):
            target.write(chunk)
    _record_dissemination(archive, version, f"document {ordinal}")


def export_files(archive: Archive, held: HeldCaseFile, target: Path) -> int:
    """Write every file of the case file into a new folder, with a manifest for `sha512sum -c`.

    Returns:
        Number of files.

    Raises:
        ConflictError: the target exists.
        IntegrityError: the stored bytes are not what was taken in.
    """
    version = current_version(archive, held)
    count = 0
    with new_folder(target) as folder, (folder / MANIFEST).open("w", encoding="utf-8", newline="\n") as manifest:
        for file in archive.catalogue.files(held.aip_id, version.version):
            path = folder / "data" / file.object.path
            write_file(archive, version, file, path)
            manifest.write(f"{file.object.sha512.hex()}  data/{file.object.path}\n")
            count += 1
    _record_dissemination(archive, version, "all files")
    return count


def export_container(archive: Archive, held: HeldCaseFile, target: Path) -> Path:
    """Write the stored package as it is, a TAR, with its digest file beside it.

    A sealed package gets its evidence records into the bag's evidence folder, at the end of the TAR.

    Returns:
        Path of the TAR: `target`, or a file in it when it is a folder.
    """
    version = current_version(archive, held)
    name = version.container_key.rpartition("/")[2]
    path = target / name if target.is_dir() else target
    digest_path = path.with_name(path.name + digest_key(""))
    must_be_new(digest_path)
    ending = evidence_members(archive, version)
    digests: list[Digest] = []

    def write(store: Store) -> None:
        digester = Digester((SHA256,))
        with store.open(version.container_key) as source, new_file(path) as file:
            stored = verified(read_chunks(source), version.container_sha256, name)
            for chunk in with_ending(stored, ending):
                digester.update(chunk)
                file.write(chunk)
            digests[:] = digester.digests()

    from_a_good_copy(archive, write)
    line = f"{digests[0].hex}  {path.name}\n".encode()
    with new_file(digest_path) as file:
        file.write(line)
    _record_dissemination(archive, version, "stored package")
    return path


def export_archival_copies(archive: Archive, held: HeldCaseFile, target: Path, document: int | None) -> list[Path]:
    """Write the newest archival copy that is kept of each signed document, or of one document.

    Args:
        target: a new file for one copy, else a folder in which the copies get the names of their documents.
        document: only copies of its files.

    Raises:
        NotFoundError: none is kept.
        ConflictError: a target exists.
        IntegrityError: the stored bytes are not what was written.
    """
    version = current_version(archive, held)
    newest = {copy.path: copy for copy in kept_copies(archive, held.aip_id, version.version)}
    if document is not None:
        wanted = {file.object.path for file in archive.catalogue.document_files(held.aip_id, document)}
        newest = {path: copy for path, copy in newest.items() if path in wanted}
    if not newest:
        raise NotFoundError(
            N_("No archival copy is kept here of case file {code}."),
            hint=N_("Make one with `chauban signature augment {code} --keep`."),
            code=held.case_file.file_code,
        )
    single = len(newest) == 1 and not target.is_dir()
    written = [target if single else target / path for path in newest]
    for copy, path in zip(newest.values(), written, strict=True):
        _write_kept(archive, copy, path)
    _record_dissemination(archive, version, f"{len(written)} archival copies")
    return written


def _write_kept(archive: Archive, copy: KeptCopy, path: Path) -> None:
    def write(store: Store) -> None:
        with store.open(copy.key) as source, new_file(path) as target:
            for chunk in verified(read_chunks(source), copy.sha256, copy.path):
                target.write(chunk)

    from_a_good_copy(archive, write)


def open_file(archive: Archive, version: PackageVersion, file: HeldFile) -> BinaryIO:
    """Open one held file inside its container by a range read."""
    return archive.copies.open(version.container_key, offset=file.offset, length=file.object.size)


def no_document(held: HeldCaseFile, ordinal: int) -> NotFoundError:
    """Return the error that a case file has no such document to give out."""
    return NotFoundError(
        N_("Case file {code} has no document {ordinal} with a file."),
        hint=N_("`chauban show {code}` lists its documents."),
        code=held.case_file.file_code,
        ordinal=ordinal,
    )


def write_file(archive: Archive, version: PackageVersion, file: HeldFile, path: Path) -> None:
    """Write one held file to a new file, from the first copy that is what was taken in; no event is recorded.

    Raises:
        ConflictError: the path exists.
        IntegrityError, NotFoundError, StorageError: no copy is good.
    """

    def write(store: Store) -> None:
        with (
            store.open(version.container_key, offset=file.offset, length=file.object.size) as stream,
            new_file(path) as target,
        ):
            for chunk in verified(read_chunks(stream), file.object.sha256, file.object.path):
                target.write(chunk)

    from_a_good_copy(archive, write)


def from_a_good_copy(archive: Archive, write: Callable[[Store], None]) -> None:
    """Write from the first copy that is what was taken in; a damaged or absent one is left for the next.

    Raises:
        ArchiveError: what the first copy said, when no copy is good.
    """
    first: ArchiveError | None = None
    for store in archive.copies.stores:
        try:
            write(store)
        except (IntegrityError, NotFoundError, StorageError) as error:
            first = first or error
        else:
            return
    if first is not None:
        raise first


def _leaf(file: HeldFile) -> str:
    return file.object.path.rpartition("/")[2]


def dissemination(archive: Archive, what: str) -> Event:
    """Return the event that something is given out now."""
    now = archive.clock.now()
    return Event(
        id=new_uuid(now),
        type=EventType.DISSEMINATION,
        time=now,
        outcome=EventOutcome.SUCCESS,
        detail=f"given out: {what}",
        agent=PROGRAM,
    )


def _record_dissemination(archive: Archive, version: PackageVersion, what: str) -> None:
    record_event(archive, version.aip_id, version.version, dissemination(archive, what))
