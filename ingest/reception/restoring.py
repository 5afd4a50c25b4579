"""Submissions in the catalogue, made again from what the stores hold of them."""

import json

from archive.archive import Archive
from archive.catalogue.values import TransferState
from archive.layout import SUBMISSIONS
from ingest.reception.deciding import act_from_json
from ingest.reception.handed_in import all_received, all_submissions, claim_again
from ingest.reception.registering import stored_submission

_HOLDING = (TransferState.AWAITING, TransferState.APPROVED, TransferState.RESOLVED)


def restore_submissions(archive: Archive) -> None:
    """Bring back what was registered; before the transfers."""
    for item in archive.copies.list(SUBMISSIONS):
        if item.key.endswith("/registration.json"):
            archive.catalogue.submissions.put(*stored_submission(archive, item.key))


def restore_decisions(archive: Archive) -> None:
    """Bring back what was decided, and who holds what may be in a submission once; after the transfers."""
    for item in archive.copies.list(SUBMISSIONS):
        if "/acts/" in item.key:
            with archive.copies.open(item.key) as stream:
                archive.catalogue.submissions.add_act(act_from_json(json.loads(stream.read())))
    for submission in all_submissions(archive):
        for submitted in all_received(archive, submission):
            if submitted.state in _HOLDING and not submitted.refused:
                claim_again(archive, submitted)
