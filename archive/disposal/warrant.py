"""The only place that makes a confirmation by which a store deletes anything."""

from uuid import UUID

from archive.archive import Archive
from archive.disposal.stubs import stub_of
from archive.disposal.values import DisposalState
from archive.layout import stub_key
from model.errors import NotFoundError, PolicyError
from model.preservation import DisposalConfirmation
from model.text import N_

_AT_WORK = (DisposalState.DESTROYING, DisposalState.BLOCKED)


def warrant(archive: Archive, aip_id: UUID) -> DisposalConfirmation:
    """Return the confirmation by which what is left of a marked record may be deleted.

    Raises:
        PolicyError: the record is not marked, or its stub does not lie in every store yet.
        StorageError: a store could not be read.
    """
    row = archive.catalogue.stubs.get(aip_id)
    if row is None or row.state not in _AT_WORK:
        raise _no_warrant(aip_id)
    for store in archive.copies.stores:
        try:
            with store.open(stub_key(aip_id)) as stream:
                kept = stream.read()
        except NotFoundError as error:
            raise _no_warrant(aip_id) from error
        if kept != row.details.encode():
            raise _no_warrant(aip_id)
    permission = stub_of(row).permission
    return DisposalConfirmation(
        identifier=permission.review_id,
        reason=permission.because,
        approved_by=permission.approved_by,
        approved_at=permission.approved_at,
    )


def _no_warrant(aip_id: UUID) -> PolicyError:
    return PolicyError(
        N_("Nothing of record {record} is deleted: its destruction is not decided and recorded in every store."),
        hint=N_("Execute the decision by its review; nothing leaves custody in another way."),
        record=aip_id,
    )
