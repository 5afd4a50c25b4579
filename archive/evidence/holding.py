"""What is held, as an evidence record is verified against it: every file of the group, streamed from the container."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from archive.access.export import find_one
from archive.archive import Archive
from archive.catalogue.values import PackageVersion
from archive.evidence.gone import nested_records
from archive.evidence.groups import bag_files, entry_chunks
from archive.evidence.records import PackageRecord, package_records
from archive.evidence.storing import read_object
from archive.evidence.values import PackageKey
from archive.layout import batch_folder, container_name
from archive.store.seekable import Openable, open_seekable
from model.errors import NotFoundError
from model.material import MaterialItem, MaterialKind, MaterialSource
from preservation.cms.digests import digest_chunks
from preservation.evidence.commands import HeldRecord
from preservation.evidence.values import DataObject
from preservation.package.container import Entry

_KINDS = {kind.value: kind for kind in MaterialKind}


def held_records(archive: Archive, identifier: str) -> Iterator[HeldRecord]:
    """Yield the evidence records of every version of a package, with the files they are to prove.

    A version that is not sealed has a record without content. A package that is gone has records without files.

    Raises:
        NotFoundError: no such package, and no evidence of one.
        ConflictError: the identifier means several.
    """
    for package, version in _versions(archive, identifier):
        objects = tuple(held_objects(archive.copies, version)) if version is not None else ()
        name = container_name(package.aip_id, package.version)
        records = package_records(archive.copies, package)
        if not records:
            yield HeldRecord(name=name, content=None, objects=objects)
        for record in records:
            content, *outer = nested_records(archive.copies, package, record.authority)
            yield HeldRecord(
                name=f"{name} ({record.authority})",
                content=content,
                objects=objects,
                material=tuple(kept_material(archive, record)),
                outer=tuple(outer),
            )


def _versions(archive: Archive, identifier: str) -> list[tuple[PackageKey, PackageVersion | None]]:
    try:
        held = find_one(archive, identifier)
    except NotFoundError:
        gone = sorted(set(_gone(archive, identifier)))
        if not gone:
            raise
        return [(package, None) for package in gone]
    return [(PackageKey(item.aip_id, item.version), item) for item in archive.catalogue.versions(held.aip_id)]


def _gone(archive: Archive, identifier: str) -> list[PackageKey]:
    with suppress(ValueError):
        aip_id = UUID(identifier)
        seals = archive.catalogue.seals([aip_id]).get(aip_id, [])
        return [PackageKey(seal.aip_id, seal.version) for seal in seals]
    return []


@dataclass(slots=True)
class _Held:
    """One file of a stored package; each digest is computed once."""

    source: Openable
    key: str
    entry: Entry
    known: dict[str, bytes] = field(default_factory=dict)

    def digest(self, algorithm: str) -> bytes:
        """Return the digest, read from the store."""
        if algorithm not in self.known:
            with open_seekable(self.source, self.key) as stream:
                self.known |= digest_chunks(entry_chunks(stream, self.entry), (algorithm,))
        return self.known[algorithm]


def held_objects(source: Openable, version: PackageVersion) -> Iterator[DataObject]:
    """Yield every file of a package version's group; digests are computed from the bytes in a store, or in several."""
    with open_seekable(source, version.container_key) as stream:
        for path, entry in bag_files(stream):
            held = _Held(source=source, key=version.container_key, entry=entry)
            yield DataObject(name=path, digest=held.digest)


def kept_material(archive: Archive, record: PackageRecord) -> Iterator[MaterialItem]:
    """Yield the validation data that was kept with the timestamps of a record."""
    for batch_id in record.batches:
        for item in archive.copies.list(f"{batch_folder(batch_id)}validation-data/"):
            kind = _KINDS.get(item.key.rpartition(".")[2])
            if kind is not None:
                content = read_object(archive.copies, item.key)
                yield MaterialItem(kind=kind, content=content, source=MaterialSource.DOCUMENT)
