"""The evidence records of a package, put together from what lies in the stores; no byte is ever encoded anew.

Of each authority there is one record. Each of its chains begins with the archive timestamp beside the package; the
timestamps that renewed the chain's batch follow. Nothing here needs the package itself: its evidence outlives it.

Source:
    RFC 4998 3.1, 5.2
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from archive.evidence.storing import find_object, parts_of, read_object, renewals_prefix, unreadable
from archive.evidence.values import PackageKey
from archive.layout import EvidencePart, batch_folder
from archive.store.copies import CopySet
from preservation.evidence.build import assemble, with_token

COMPLETED_TOKEN = "token-with-validation-data.tst"
"""Name of a batch's token with the validation data laid into it, which a renewal covers instead of the token."""


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
    chains = [list(chain_timestamps(copies, part)) for part in parts]
    try:
        content = assemble(chains)
    except ValueError as error:
        raise unreadable(parts[0].key) from error
    return PackageRecord(
        package=package, authority=authority, batches=tuple(part.batch_id for part in parts), content=content
    )


def chain_timestamps(copies: CopySet, part: EvidencePart) -> Iterator[bytes]:
    """Yield the archive timestamps of one chain of a package's record, oldest first.

    Raises:
        NotFoundError, IntegrityError: they cannot be read.
    """
    first = read_object(copies, part.key)
    completed = find_object(copies, f"{batch_folder(part.batch_id)}{COMPLETED_TOKEN}")
    try:
        yield first if completed is None else with_token(first, completed)
    except ValueError as error:
        raise unreadable(part.key) from error
    for item in copies.list(renewals_prefix(part.batch_id)):
        if item.key.endswith(".ats"):
            yield read_object(copies, item.key)
