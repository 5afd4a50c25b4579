"""Evidence of packages that cannot be hashed anew, since their content is gone or damaged.

What is left of such a package is its evidence record. When its hash algorithm ages, the record itself is kept as an
object and becomes a leaf of the new tree: a second record then proves that the first existed while its algorithm was
strong, and so on. The first still says since when the files existed, by their digests.

Source:
    RFC 4998 1.1 (an evidence record may be a data object of another); docs/evidence.md
"""

from collections.abc import Iterator
from uuid import UUID

from archive.catalogue.evidence_values import SealedVersion
from archive.evidence.chains import read_tail
from archive.evidence.records import package_records
from archive.evidence.storing import find_object, read_batch, read_object, unreadable
from archive.evidence.values import BatchPlan, ObjectKey, PackageKey
from archive.layout import batch_key, batch_object_key, evidence_prefix, kept_record_part
from archive.store.copies import CopySet
from model.errors import NotFoundError
from preservation.evidence.build import assemble

_MAX_RECORD = 1 << 26


def object_chain(copies: CopySet, batch_id: UUID, key: str) -> list[bytes]:
    """Return the archive timestamps that prove an object which is in a batch beside packages.

    Raises:
        NotFoundError: it is not in this batch.
        IntegrityError: they cannot be read.
    """
    plan = read_batch(copies, batch_id)
    places = [place for place, leaf in enumerate(plan.leaves) if leaf.what == ObjectKey(key)]
    content = find_object(copies, batch_object_key(batch_id, places[0] - plan.packages + 1)) if places else None
    if content is None:
        raise unreadable(batch_key(batch_id))
    try:
        return read_tail(copies, batch_id).upon(content)
    except ValueError as error:
        raise unreadable(batch_key(batch_id)) from error


def kept_records(copies: CopySet, package: PackageKey, authority: str) -> Iterator[tuple[str, bytes, UUID]]:
    """Yield the records of a package that were kept when it could not be hashed anew: key, content, covering batch."""
    for item in copies.list(evidence_prefix(package.aip_id, package.version)):
        part = kept_record_part(item.key)
        if part is not None and part.authority == authority:
            yield item.key, read_object(copies, item.key, _MAX_RECORD), part.batch_id


def covered_record(what: ObjectKey) -> SealedVersion | None:
    """Return the package version whose record an object of a batch is; none where it is something else."""
    part = kept_record_part(what.key)
    return SealedVersion(aip_id=part.aip_id, version=part.version) if part is not None else None


def covered_records(plan: BatchPlan) -> list[SealedVersion]:
    """Return the package versions whose records are in a batch in their place."""
    found = [covered_record(leaf.what) for leaf in plan.leaves if isinstance(leaf.what, ObjectKey)]
    return [item for item in found if item is not None]


def nested_records(copies: CopySet, package: PackageKey, authority: str) -> list[bytes]:
    """Return the evidence of a package by one authority: its record, and each record that proves the one before.

    Raises:
        NotFoundError: there is none.
        IntegrityError: it cannot be read.
    """
    found = [content for _key, content, _batch in kept_records(copies, package, authority)]
    last = next(reversed(list(kept_records(copies, package, authority))), None)
    if last is not None:
        key, _content, batch_id = last
        try:
            return [*found, assemble([object_chain(copies, batch_id, key)])]
        except NotFoundError as error:
            raise unreadable(key) from error
    return [record.content for record in package_records(copies, package) if record.authority == authority]
