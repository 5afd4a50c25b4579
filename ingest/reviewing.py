"""The dossier of an executed review, taken in as a case file of its own."""

import shutil
from uuid import UUID

from archive.accounts.acting import require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.indexing import bring_level, open_index
from archive.review.dossier import dossier_code, write_dossier
from archive.review.recording import read_review, record
from archive.review.values import Closed, Review, ReviewState
from ingest.batch import BatchSettings, ingest_all
from ingest.values import IngestReport
from model.errors import InputError, PolicyError
from model.text import N_

FOLDER = "dossiers"
"""Folder in the archive's own where a dossier is written before it is taken in."""
_BECAUSE = "hồ sơ hủy"


def take_in_dossier(archive: Archive, review: Review) -> Review:
    """Take the dossier of an executed review in, and close the review.

    After a kill it is called again: a dossier that is held already is only entered into the review.

    Raises:
        PolicyError: the review is not executed, or neither records officer nor archivist acts.
        InputError: the archive's own intake policy refuses the dossier.
    """
    person = require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
    if review.state is ReviewState.CLOSED:
        return review
    if review.state is not ReviewState.EXECUTED:
        raise PolicyError(
            N_("Review {number} is not executed to its end: its dossier is not complete."),
            hint=N_("`chauban retention review show {number}` tells what is to be done next."),
            number=review.number,
        )
    aip_id = _held(archive, review) or _taken_in(archive, review)
    record(archive, review.id, person, _BECAUSE, lambda _transaction, _review: Closed(aip_id=aip_id))
    return read_review(archive, review.id)


def _held(archive: Archive, review: Review) -> UUID | None:
    """Return the dossier where an earlier call took it in: its description names the review."""
    for held in archive.catalogue.find_case_by_code(dossier_code(review)):
        if held.case_file.description == str(review.id):
            return held.aip_id
    return None


def _taken_in(archive: Archive, review: Review) -> UUID:
    folder = archive.folder / FOLDER / review.number
    write_dossier(archive, review, folder)
    settings = BatchSettings(folder=archive.folder, profile="", fonds="")
    reports = [report for report in ingest_all([folder], archive, settings) if report.source == str(folder)]
    held = _held(archive, review)
    if held is None:
        raise InputError(
            N_("The dossier of review {number} was not taken in: {why}"),
            hint=N_("Put the cause right, then run `chauban retention review dossier {number}`."),
            number=review.number,
            why="; ".join(map(_why, reports)),
        )
    with open_index(archive) as index:
        bring_level(archive, index)
    shutil.rmtree(folder, ignore_errors=True)
    return held


def _why(report: IngestReport) -> str:
    errors = [finding.message() for finding in report.findings if finding.severity.name in ("ERROR", "FATAL")]
    return report.reason or "; ".join(errors) or report.status.value
