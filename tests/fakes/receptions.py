"""Registered submissions, and the short way through a reception."""

from collections.abc import Sequence
from pathlib import Path

from archive.archive import Archive
from archive.catalogue.submissions_values import RegisteredSubmission, SubmittedTransfer, Verdict
from ingest.batch import BatchSettings, ingest_all
from ingest.reception.approving import approve
from ingest.reception.deciding import decide_transfer
from ingest.reception.findings import OFFICERS_MATTER
from ingest.reception.handed_in import all_received
from ingest.reception.registering import Announcement, register
from ingest.values import IngestReport

CODE = "ĐK-2026/01"
AGENCY = "H49.64"
ANNOUNCEMENT = Announcement(
    code=CODE,
    agency_code=AGENCY,
    agency_name="Ủy ban nhân dân xã Bình An (hư cấu)",
    fonds="P01",
    packages=3,
    case_files=3,
    documents=9,
)


def registered(archive: Archive, listed: Path | None = None) -> RegisteredSubmission:
    """Register the submission every test knows."""
    return register(archive, ANNOUNCEMENT, listed)


def receive(archive: Archive, submission: RegisteredSubmission, *paths: Path, workers: int = 1) -> list[IngestReport]:
    """Receive paths under a submission."""
    return list(ingest_all(paths, archive, settings(archive, submission, workers=workers)))


def approve_all(
    archive: Archive, submission: RegisteredSubmission, because: str = "đủ điều kiện"
) -> list[IngestReport]:
    """Approve a submission."""
    return list(approve(archive, submission, because, settings(archive, submission)))


def keep_all(archive: Archive, submission: RegisteredSubmission) -> None:
    """Let an officer keep whatever waits for a decision."""
    for item in received(archive, submission):
        if item.undecided:
            decide_transfer(archive, item, Verdict.KEEP, "đã đối chiếu")


def received(archive: Archive, submission: RegisteredSubmission) -> Sequence[SubmittedTransfer]:
    """Return the transfers of a submission in the order in which they came."""
    return list(all_received(archive, submission))


def settings(archive: Archive, submission: RegisteredSubmission, *, workers: int = 1) -> BatchSettings:
    """Return the settings of a reception."""
    return BatchSettings(
        folder=archive.folder,
        profile="",
        fonds=submission.fonds,
        waive=OFFICERS_MATTER,
        workers=workers,
        submission=str(submission.id),
    )
