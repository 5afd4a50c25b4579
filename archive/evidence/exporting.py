"""Giving out evidence records: as files of their own, or in the evidence folder of an exported package."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.access.writing import must_be_new, new_file
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, PackageVersion
from archive.evidence.records import PackageRecord, package_records
from archive.evidence.values import PackageKey
from model.errors import IntegrityError, NotFoundError
from model.text import N_
from preservation.cms.digests import digest_chunks
from preservation.evidence.reading import read_record
from preservation.package.container import END_OF_CONTAINER, member_header, padding

SUFFIX = ".ers"


def export_records(
    archive: Archive, held: HeldCaseFile, target: Path, *, document: int | None = None, authority: str | None = None
) -> Iterator[Path]:
    """Write the evidence records of the current version of a case file; yield the files.

    Args:
        target: a new file; where there are several records, the authority's name is put before its suffix.
        document: a document the records must prove.
        authority: only this authority's record.

    Raises:
        NotFoundError: it is not sealed, or not by this authority; or there is no such document.
        IntegrityError: a record does not prove the document.
        ConflictError: a file exists.
    """
    package = PackageKey(held.aip_id, held.current_version)
    records = [item for item in package_records(archive.copies, package) if authority in {None, item.authority}]
    if not records:
        raise NotFoundError(
            N_("Case file {code} is not sealed, so there is no evidence record to give out."),
            hint=N_("Seal it with `chauban evidence seal`."),
            code=held.case_file.file_code,
        )
    for record in records if document is not None else ():
        _must_prove(archive, held, document or 0, record)
    paths = [_named(target, record, alone=len(records) == 1) for record in records]
    for path in paths:
        must_be_new(path)
    for record, path in zip(records, paths, strict=True):
        with new_file(path) as file:
            file.write(record.content)
        yield path


def evidence_members(archive: Archive, version: PackageVersion) -> bytes:
    """Return the end of a container in which the evidence records lie in the bag's evidence folder.

    Outside payload and tag manifests, so that the bag stays valid (docs/format/aip-v1.md, section 4).

    Returns:
        What takes the place of the container's end mark; empty where the package is not sealed.
    """
    records = package_records(archive.copies, PackageKey(version.aip_id, version.version))
    if not records:
        return b""
    top = version.container_key.rpartition("/")[2].removesuffix(".tar")
    mtime = int(version.created.timestamp())
    parts = []
    for record in records:
        size = len(record.content)
        parts += [member_header(f"{top}/evidence/{record.authority}{SUFFIX}", size, mtime), record.content]
        parts.append(padding(size))
    return b"".join(parts) + END_OF_CONTAINER


def _must_prove(archive: Archive, held: HeldCaseFile, document: int, record: PackageRecord) -> None:
    from archive.access.export import current_version, no_document, open_file
    from model.fixity import read_chunks

    files = list(archive.catalogue.document_files(held.aip_id, document))
    if not files:
        raise no_document(held, document)
    first = read_record(record.content).timestamps[0]
    version = current_version(archive, held)
    for file in files:
        with open_file(archive, version, file) as stream:
            digest = digest_chunks(read_chunks(stream), (first.algorithm,))[first.algorithm]
        if digest not in first.path[0]:
            raise IntegrityError(
                N_("The evidence record does not prove {path}: the stored bytes are not what was sealed."),
                hint=N_("Run `chauban verify --all --repair` and tell the person responsible."),
                path=file.object.path,
            )


def _named(target: Path, record: PackageRecord, *, alone: bool) -> Path:
    return target if alone else target.with_name(f"{target.stem}-{record.authority}{target.suffix}")


def with_ending(chunks: Iterable[bytes], ending: bytes) -> Iterator[bytes]:
    """Yield a container whose end mark is replaced; unchanged where there is nothing to put in its place.

    Raises:
        IntegrityError: the container does not end as it was written.
    """
    held = b""
    for chunk in chunks:
        held += chunk
        yield held[: -len(END_OF_CONTAINER)]
        held = held[-len(END_OF_CONTAINER) :]
    if ending and held != END_OF_CONTAINER:
        raise IntegrityError(
            N_("The stored package does not end as it was written."),
            hint=N_("Run `chauban verify --all --repair` and tell the person responsible."),
        )
    yield ending or held
