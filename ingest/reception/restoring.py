"""Submissions in the catalogue, made again from what the stores hold of them."""

import json
from collections.abc import Iterator

from archive.archive import Archive
from archive.catalogue.submissions_values import RegisteredSubmission, SubmittedTransfer
from archive.catalogue.values import TransferState
from archive.layout import SUBMISSIONS
from ingest.reception.deciding import act_from_json
from ingest.reception.described import read_described, submission_keys
from ingest.reception.registering import stored_submission

PAGE = 500
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


def claim_again(archive: Archive, submitted: SubmittedTransfer) -> SubmittedTransfer | None:
    """Claim what a transfer that stands may hold alone in its submission.

    Returns:
        None when it holds it all, else the transfer that does.
    """
    described = read_described(archive, submitted.transfer_id)
    transfer = archive.catalogue.get_transfer(submitted.transfer_id)
    if described is None or transfer is None:
        return None
    keys = submission_keys(transfer.fingerprint, described.case_file, described.documents)
    submissions = archive.catalogue.submissions
    other = submissions.claim_keys(submitted.submission_id, submitted.transfer_id, keys)
    return submissions.submitted(other) if other is not None else None


def all_submissions(archive: Archive) -> Iterator[RegisteredSubmission]:
    """Yield every submission, newest first and in bounded memory."""
    last = None
    while page := archive.catalogue.submissions.page(last, PAGE):
        yield from page
        last = page[-1]


def all_received(archive: Archive, submission: RegisteredSubmission) -> Iterator[SubmittedTransfer]:
    """Yield every transfer of a submission, in the order in which they came and in bounded memory."""
    last = None
    while page := archive.catalogue.submissions.received(submission.id, last, PAGE):
        yield from page
        last = page[-1]
