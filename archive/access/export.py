"""Giving back what is held: one document, the original files, or the stored package itself.

Everything is streamed from inside the stored container and compared with its recorded digest on
the way; a difference stops the export and leaves nothing half written.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from archive.fixity import digest_line
from archive.journal import record_event
from archive.layout import digest_key
from model.errors import ConflictError, IntegrityError, NotFoundError, StorageError
from model.fixity import SHA256, Digester, read_chunks
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
        raise NotFoundError(
            N_("Case file {code} has no document {ordinal} with a file."),
            hint=N_("`chauban show {code}` lists its documents."),
            code=held.case_file.file_code,
            ordinal=ordinal,
        )
    version = current_version(archive, held)
    written = [target] if len(files) == 1 and not target.is_dir() else [target / _leaf(file) for file in files]
    for file, path in zip(files, written, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_file(archive, version, file, path)
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
    for chunk in _verified(archive, version, files[0]):
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
    _must_be_new(target)
    version = current_version(archive, held)
    count = 0
    target.mkdir(parents=True)
    with (target / MANIFEST).open("w", encoding="utf-8", newline="\n") as manifest:
        for file in archive.catalogue.files(held.aip_id, version.version):
            path = target / "data" / file.object.path
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_file(archive, version, file, path)
            manifest.write(f"{file.object.sha512.hex()}  data/{file.object.path}\n")
            count += 1
    _record_dissemination(archive, version, "all files")
    return count


def export_container(archive: Archive, held: HeldCaseFile, target: Path) -> Path:
    """Write the stored package as it is, a TAR, with its digest file beside it.

    Returns:
        Path of the TAR: `target`, or a file in it when it is a folder.
    """
    version = current_version(archive, held)
    name = version.container_key.rpartition("/")[2]
    path = target / name if target.is_dir() else target
    with archive.copies.open(version.container_key) as source, _new_file(path) as file:
        _copy_verified(read_chunks(source), file, version.container_sha256, name)
    line = digest_line(version).replace(name.encode(), path.name.encode())
    path.with_name(path.name + digest_key("")).write_bytes(line)
    _record_dissemination(archive, version, "stored package")
    return path


def open_file(archive: Archive, version: PackageVersion, file: HeldFile) -> BinaryIO:
    """Open one held file inside its container by a range read."""
    return archive.copies.open(version.container_key, offset=file.offset, length=file.object.size)


def _verified(archive: Archive, version: PackageVersion, file: HeldFile) -> Iterator[bytes]:
    """Yield the bytes of a held file; the digest is compared when the last one was read."""
    digester = Digester((SHA256,))
    with open_file(archive, version, file) as stream:
        for chunk in read_chunks(stream):
            digester.update(chunk)
            yield chunk
    _compare(digester, file.object.sha256, file.object.path)


def _write_file(archive: Archive, version: PackageVersion, file: HeldFile, path: Path) -> None:
    with _new_file(path) as target:
        for chunk in _verified(archive, version, file):
            target.write(chunk)


def _copy_verified(chunks: Iterable[bytes], target: BinaryIO, sha256: bytes, name: str) -> None:
    digester = Digester((SHA256,))
    for chunk in chunks:
        digester.update(chunk)
        target.write(chunk)
    _compare(digester, sha256, name)


def _compare(digester: Digester, expected: bytes, name: str) -> None:
    (found,) = digester.digests()
    if found.value != expected:
        raise IntegrityError(
            N_("The stored bytes of {name} are not what was taken in."),
            hint=N_("Run `chauban verify --all --repair` and tell the person responsible."),
            name=name,
        )


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that does not exist yet; it appears under its name only when the block ends well."""
    _must_be_new(path)
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as file:
            yield file
        os.link(temporary, path)
    except FileExistsError as exc:
        raise _exists(path) from exc
    except OSError as exc:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=path,
            why=exc.strerror,
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)


def _must_be_new(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise _exists(path)


def _exists(path: Path) -> ConflictError:
    return ConflictError(
        N_("{path} exists already."), hint=N_("Choose another name: nothing is overwritten."), path=path
    )


def _leaf(file: HeldFile) -> str:
    return file.object.path.rpartition("/")[2]


def _record_dissemination(archive: Archive, version: PackageVersion, what: str) -> None:
    now = archive.clock.now()
    event = Event(
        id=new_uuid(now),
        type=EventType.DISSEMINATION,
        time=now,
        outcome=EventOutcome.SUCCESS,
        detail=f"given out: {what}",
        agent=PROGRAM,
    )
    record_event(archive, version.aip_id, version.version, event)
