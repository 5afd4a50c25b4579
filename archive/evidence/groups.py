"""The data-object group of a package version: every file of its bag but the evidence folder and the tag manifests.

Each file is a member by its digest. SHA-256 and SHA-512 come from the manifests of the bag, which are compared with
what the tag manifest and the catalogue say of them; any other algorithm is computed from the container, and what is
read is compared with the manifests on the way, so that no damage is ever sealed.

Source:
    RFC 4998 4.2; docs/evidence.md
"""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import BinaryIO

from archive.archive import Archive
from archive.catalogue.values import PackageVersion
from archive.evidence.values import GroupMember
from archive.store.seekable import open_seekable
from model.errors import ArchiveError, IntegrityError, NotFoundError, StorageError
from model.fixity import CHUNK
from model.text import N_
from preservation.cms.digests import digest_bytes, digest_chunks
from preservation.package.bagtags import ManifestLine, TagFileError, decode_path, manifest_lines
from preservation.package.container import Entry, read_members

LISTED = ("sha256", "sha512")
"""Algorithms of a bag's manifests (docs/format/aip-v1.md, section 4)."""
OUTSIDE = re.compile(r"(evidence/.*|tagmanifest-[^/]+\.txt)", re.DOTALL)
"""Files of a bag that are in no group."""
_LARGEST_MANIFEST = 1 << 30


def read_group(archive: Archive, version: PackageVersion, algorithm: str) -> tuple[GroupMember, ...]:
    """Return the members of a package version's group, by path.

    The first copy that is good counts; a damaged or absent one is left for the next.

    Args:
        algorithm: name of the hash algorithm, such as `sha256` or `sha3-512`.

    Raises:
        IntegrityError, NotFoundError, StorageError: what the first copy said, where no copy is good.
    """
    first: ArchiveError | None = None
    for store in archive.copies.stores:
        try:
            with open_seekable(store, version.container_key) as stream:
                return _members(archive, version, stream, algorithm)
        except (IntegrityError, NotFoundError, StorageError) as error:
            first = first or error
    if first is None:
        raise StorageError(N_("No store is configured."))
    raise first


def bag_files(stream: BinaryIO) -> Iterator[tuple[str, Entry]]:
    """Yield the files of a container that belong to its group, by their path in the bag, in the container's order."""
    for entry in read_members(stream):
        path = entry.path.partition("/")[2]
        if not OUTSIDE.fullmatch(path):
            yield path, entry


def _members(archive: Archive, version: PackageVersion, stream: BinaryIO, algorithm: str) -> tuple[GroupMember, ...]:
    listed = algorithm if algorithm in LISTED else LISTED[0]
    digests = _listed(stream, listed, version)
    _compare(archive, version, digests, listed)
    if algorithm not in LISTED:
        digests = _computed(stream, algorithm, digests, version)
    return tuple(GroupMember(path, digests[path]) for path in sorted(digests))


def _listed(stream: BinaryIO, algorithm: str, version: PackageVersion) -> dict[str, bytes]:
    """Return what the manifests say of every file in the group.

    Raises:
        IntegrityError: a manifest is missing, cannot be read, or is not the one the tag manifest names.
    """
    names = (f"manifest-{algorithm}.txt", f"tagmanifest-{algorithm}.txt")
    contents: dict[str, bytes] = {}
    for entry in read_members(stream):
        path = entry.path.partition("/")[2]
        if path in names:
            contents[path] = _content(stream, entry, version)
        if len(contents) == len(names):
            break
    else:
        raise _damaged(version, N_("a manifest is missing"))
    payload, tags = (dict(_lines(contents[name], version)) for name in names)
    if tags.get(names[0]) != digest_bytes(contents[names[0]], algorithm):
        raise _damaged(version, N_("its manifest is not the one its tag manifest names"))
    return payload | {path: digest for path, digest in tags.items() if not OUTSIDE.fullmatch(path)}


def _content(stream: BinaryIO, entry: Entry, version: PackageVersion) -> bytes:
    if entry.size > _LARGEST_MANIFEST:
        raise _damaged(version, N_("a manifest is too large"))
    stream.seek(entry.offset)
    return stream.read(entry.size)


def _lines(content: bytes, version: PackageVersion) -> Iterator[tuple[str, bytes]]:
    try:
        for line in manifest_lines(BytesIO(content), "utf-8"):
            if not isinstance(line, ManifestLine):
                raise _damaged(version, N_("a manifest cannot be read"))
            yield decode_path(line.path), bytes.fromhex(line.digest)
    except (TagFileError, ValueError) as error:
        raise _damaged(version, N_("a manifest cannot be read")) from error


def _compare(archive: Archive, version: PackageVersion, digests: Mapping[str, bytes], algorithm: str) -> None:
    """See that the manifest says of the content what the catalogue has known since the package was taken in.

    Raises:
        IntegrityError: it says something else.
    """
    for path, digest in archive.catalogue.content_digests(version.aip_id, version.version, algorithm):
        if digests.get(path.partition("/")[2]) != digest:
            raise _damaged(version, N_("its manifest says of a file something else than the catalogue"))


def _computed(
    stream: BinaryIO, algorithm: str, listed: Mapping[str, bytes], version: PackageVersion
) -> dict[str, bytes]:
    """Return the digests by another algorithm, from one reading of everything.

    Raises:
        IntegrityError: a file is missing, added, or not what the manifest says.
    """
    found: dict[str, bytes] = {}
    for path, entry in bag_files(stream):
        both = digest_chunks(entry_chunks(stream, entry), (LISTED[0], algorithm))
        if listed.get(path) != both[LISTED[0]]:
            raise _damaged(version, N_("a file is not what its manifest says"))
        found[path] = both[algorithm]
    if len(found) != len(listed):
        raise _damaged(version, N_("a file is missing"))
    return found


def entry_chunks(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield the bytes of one member of a container.

    Raises:
        IntegrityError: the container ends inside it.
    """
    position, end = entry.offset, entry.offset + entry.size
    while position < end:
        stream.seek(position)
        chunk = stream.read(min(CHUNK, end - position))
        if not chunk:
            raise IntegrityError(N_("The container ends inside {path}."), path=entry.path)
        position += len(chunk)
        yield chunk


def _damaged(version: PackageVersion, why: str) -> IntegrityError:
    return IntegrityError(
        N_("Package {package}, version {version}, cannot be sealed: {why}."),
        hint=N_("Run `chauban verify {package} --repair`, then seal again."),
        package=version.aip_id,
        version=version.version,
        why=why,
    )
