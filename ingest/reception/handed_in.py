"""What was handed in under submissions: walking through it, and who stands alone in it."""

from collections.abc import Iterator

from archive.archive import Archive
from archive.catalogue.submissions_values import RegisteredSubmission, SubmittedTransfer
from ingest.reception.described import read_described, submission_keys

PAGE = 500


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
