"""The catalogue's knowledge of the evidence, made again from the stores alone."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.evidence_values import EvidenceBatch, SealedVersion
from archive.evidence.gone import covered_records
from archive.evidence.seal import batch_of
from archive.evidence.storing import MAX_TOKEN, read_batch, read_object, stored_batches, stored_parts
from archive.layout import AIPS, EvidencePart, batch_key, token_key
from model.errors import ArchiveError

_PORTION = 500


def restore_evidence(archive: Archive) -> Iterator[tuple[str, str]]:
    """Bring batches and seals back, of packages that are gone too; yield the key of what cannot be read, and why.

    The packages and their events must be registered already.
    """
    archive.catalogue.add_authorities([item.name for item in archive.configuration.evidence.authorities])
    batches: dict[UUID, EvidenceBatch] = {}
    for batch_id in stored_batches(archive.copies):
        try:
            token = read_object(archive.copies, token_key(batch_id), MAX_TOKEN)
            plan = read_batch(archive.copies, batch_id)
            batches[batch_id] = batch_of(plan, token)
        except ArchiveError as error:
            yield batch_key(batch_id), error.message
            continue
        archive.catalogue.put_batch(batches[batch_id])
        archive.catalogue.add_sealed(batches[batch_id], covered_records(plan))
    parts = (part for part in stored_parts(archive.copies, AIPS) if part.batch_id in batches)
    while portion := list(islice(parts, _PORTION)):
        for batch_id in sorted({part.batch_id for part in portion}):
            sealed = [_sealed(part) for part in portion if part.batch_id == batch_id]
            archive.catalogue.add_sealed(batches[batch_id], sealed)


def _sealed(part: EvidencePart) -> SealedVersion:
    return SealedVersion(aip_id=part.aip_id, version=part.version)
