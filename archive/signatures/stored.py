"""What a package keeps about signatures, read out of its container by ranges."""

from collections.abc import Iterator
from contextlib import contextmanager

from archive.archive import Archive
from archive.catalogue.values import PackageVersion
from archive.store.seekable import open_seekable
from preservation.package.reader import read_package
from preservation.package.signature_reader import PackagedSignatures


@contextmanager
def stored_signatures(archive: Archive, version: PackageVersion) -> Iterator[PackagedSignatures]:
    """Open what a package version keeps about signatures; the payload is not read.

    Raises:
        NotFoundError: no copy of it is there.
        IntegrityError: it is damaged.
        StorageError: it cannot be read.
    """
    with open_seekable(archive.copies, version.container_key) as stream:
        yield PackagedSignatures(read_package(stream))
