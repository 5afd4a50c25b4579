"""The decision: written appraisal, approval or rejection, typed confirmation.

Source:
    Law on Archives 33/2024/QH15, Article 16; Circular 06/2025/TT-BNV (appraisal, decision, execution within days)
"""

import hashlib
from datetime import date, datetime, time, timedelta
from pathlib import Path

from archive.accounts.acting import require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.catalogue.reviews import ReviewTransaction
from archive.forms.words import VIETNAM
from archive.layout import review_file_key
from archive.review.recording import check_texts, record
from archive.review.values import Appraised, Approved, Body, Confirmed, Rejected, Review
from model.dates import from_utc_text
from model.errors import InputError, PolicyError
from model.text import N_

MAX_FILE = 64 << 20
"""Bytes of a written appraisal."""


def register_appraisal(archive: Archive, review: Review, path: Path, authority: str, day: date, because: str) -> Review:
    """Register the written appraisal of the competent archives body; the file is kept in every store.

    Raises:
        PolicyError: neither records officer nor archivist, the council has not ended its work, or the day has not
            come.
        InputError: the file cannot be read, is empty or too large.
    """
    person = require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
    check_texts(authority, because)
    _has_come(archive, day)
    content = _content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    name = path.name.encode("utf-8", "replace").decode()

    def build(_transaction: ReviewTransaction, _review: Review | None) -> Body:
        archive.copies.put(review_file_key(review.id, sha256), content)
        return Appraised(authority=authority, day=day, file=name, sha256=sha256, size=len(content))

    return record(archive, review.id, person, because, build)


def approve(archive: Archive, review: Review, number: str, day: date, because: str) -> Review:
    """Decide that what is left is destroyed.

    Raises:
        PolicyError: not an approver; opened the review or is in its council; no appraisal; nothing is left; the day
            has not come, or lies too far back.
    """
    person = require(archive, Role.APPROVER)
    check_texts(number, because)
    _has_come(archive, day)
    _clock_is_right(archive)

    def build(_transaction: ReviewTransaction, known: Review | None) -> Body:
        left = known.left if known else 0
        return Approved(number=number, day=day, count=left, not_after=_last_moment(archive, day))

    return record(archive, review.id, person, because, build)


def reject(archive: Archive, review: Review, because: str) -> Review:
    """Decide that nothing is destroyed; every case file may be reviewed again.

    Raises:
        PolicyError: not an approver; opened the review or is in its council; something was destroyed already.
    """
    person = require(archive, Role.APPROVER)

    def build(transaction: ReviewTransaction, _review: Review | None) -> Body:
        if transaction.any_marked(review.id):
            raise PolicyError(
                N_("The execution of review {number} has begun."),
                hint=N_("Object to the case files that are left, or execute it to its end."),
                number=review.number,
            )
        return Rejected()

    return record(archive, review.id, person, because, build)


def confirm(archive: Archive, review: Review, phrase: str, because: str) -> Review:
    """Confirm the decision by typing what it does; the cooling-off begins.

    Raises:
        PolicyError: neither records officer nor archivist; approved it; another phrase; too late.
    """
    person = require(archive, Role.RECORDS_OFFICER, Role.ARCHIVIST)
    _clock_is_right(archive)

    def build(_transaction: ReviewTransaction, _review: Review | None) -> Body:
        cooling = timedelta(days=archive.configuration.disposal.cooling_off_days)
        return Confirmed(phrase=phrase.strip(), not_before=archive.clock.now() + cooling)

    return record(archive, review.id, person, because, build)


def _last_moment(archive: Archive, day: date) -> datetime:
    """Return the end, in Viet Nam, of the last day on which a decision of a day may be executed."""
    last = day + timedelta(days=archive.configuration.disposal.legal_days)
    return datetime.combine(last, time(23, 59, 59), VIETNAM)


def _has_come(archive: Archive, day: date) -> None:
    if day > archive.clock.now().astimezone(VIETNAM).date():
        raise PolicyError(N_("{day} has not come."), hint=N_("Correct the date."), day=day.isoformat())


def _clock_is_right(archive: Archive) -> None:
    """Refuse to decide by a clock that is behind the audit log."""
    newest = archive.catalogue.audit_state().time
    if newest and archive.clock.now() < from_utc_text(newest):
        raise PolicyError(
            N_("The clock of this machine is behind the newest entry of the audit log ({last})."),
            hint=N_("Set the clock, then run the command again."),
            last=newest,
        )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise InputError(
            N_("{path} cannot be read: {why}."), hint=N_("Name another file."), path=path, why=error.strerror or error
        ) from error
    if not content or len(content) > MAX_FILE:
        raise InputError(
            N_("{path} is empty, or larger than {limit} bytes."),
            hint=N_("Give the appraisal as one document."),
            path=path,
            limit=MAX_FILE,
        )
    return content
