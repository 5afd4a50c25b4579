"""The periods of reception: what is due when, and what is late.

Source:
    Circular 05/2025/TT-BNV, Articles 17 to 25: a registration is answered within 7 working days, a submission
    approved within 60 days of its reception.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from archive.catalogue.submissions_values import RegisteredSubmission, SubmissionTotals

REPLY_WORKING_DAYS = 7
APPROVAL_DAYS = 60
_VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """What is due of a submission."""

    reply_by: date
    """Until when the registration has to be answered."""
    reply_late: bool
    hand_in_by: date | None
    hand_in_late: bool
    """Whether something announced was still missing after the day."""
    approve_by: date | None
    """None before anything was received."""
    approval_late: bool


def local_day(moment: datetime) -> date:
    """Return the day in Vietnam."""
    return moment.astimezone(_VIETNAM).date()


def add_working_days(day: date, count: int) -> date:
    """Return the day that many working days later; Saturdays and Sundays are none, public holidays are not known."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def deadlines(submission: RegisteredSubmission, totals: SubmissionTotals, now: datetime) -> Deadlines:
    """Return what is due of a submission, and what is late at a time."""
    today = local_day(now)
    reply_by = add_working_days(submission.asked, REPLY_WORKING_DAYS)
    came = totals.received - totals.failed
    last = local_day(totals.last) if totals.last and came >= submission.case_files else today
    approve_by = local_day(totals.first) + timedelta(days=APPROVAL_DAYS) if totals.first else None
    approved = local_day(totals.concluded_at) if totals.concluded_at else today
    return Deadlines(
        reply_by=reply_by,
        reply_late=local_day(submission.registered_at) > reply_by,
        hand_in_by=submission.deadline,
        hand_in_late=submission.deadline is not None and last > submission.deadline,
        approve_by=approve_by,
        approval_late=approve_by is not None and approved > approve_by,
    )
