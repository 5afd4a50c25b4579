"""The evidence records of a package, put together from what lies in the stores; no byte is ever encoded anew.

Of each authority there is one record. Each of its chains begins with the archive timestamp beside the package; the
timestamps that renewed the chain's batch follow. Nothing here needs the package itself: its evidence outlives it.

Source:
    RFC 4998 3.1, 5.2
"""

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from archive.evidence.chains import read_tail
from archive.evidence.storing import parts_of, read_object, unreadable
from archive.evidence.values import PackageKey
from archive.layout import EvidencePart
from archive.store.copies import CopySet
from preservation.evidence.build import assemble


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRecord:
    """One evidence record of a package version."""

    package: PackageKey
    authority: str
    batches: tuple[UUID, ...]
    """Of each chain the batch."""
    content: bytes
    """DER `EvidenceRecord`."""


def package_records(copies: CopySet, package: PackageKey) -> list[PackageRecord]:
    """Return the evidence records of a package version, one of each authority; none where it is not sealed.

    Raises:
        IntegrityError: what lies in the stores is no evidence.
        StorageError: it cannot be read.
    """
    found = parts_of(copies, package)
    return [_record(copies, package, name, tuple(parts)) for name, parts in groupby(found, key=attrgetter("authority"))]


def _record(copies: CopySet, package: PackageKey, authority: str, parts: tuple[EvidencePart, ...]) -> PackageRecord:
    batches = tuple(part.batch_id for part in parts)
    tails = [read_tail(copies, *pair) for pair in zip(batches, (*batches[1:], None), strict=True)]
    try:
        content = assemble(tail.upon(read_object(copies, part.key)) for part, tail in zip(parts, tails, strict=True))
    except ValueError as error:
        raise unreadable(parts[0].key) from error
    return PackageRecord(package=package, authority=authority, batches=batches, content=content)
