"""Long-running campaigns and where they stand."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from archive.catalogue.rows import Row, moment_of, moment_text
from archive.catalogue.tables import jobs
from archive.catalogue.values import Job, JobState
from model.dates import from_utc_text, utc_text
from model.errors import NotFoundError
from model.text import N_


def start(connection: Connection, job: Job) -> None:
    """Record a new job."""
    connection.execute(sa.insert(jobs), _row(job))


def save(connection: Connection, job: Job) -> None:
    """Record how far a job is.

    Raises:
        NotFoundError: it was never started.
    """
    if connection.execute(sa.update(jobs).where(jobs.c.id == job.id), _row(job)).rowcount != 1:
        raise NotFoundError(N_("There is no job {job}."), job=job.id)


def unfinished(connection: Connection, kind: str) -> Job | None:
    """Return the newest job of a kind that is not done."""
    query = (
        sa.select(jobs)
        .where(jobs.c.kind == kind, jobs.c.state == JobState.RUNNING.value)
        .order_by(jobs.c.started_at.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Job(
        id=row.id,
        kind=row.kind,
        state=JobState(row.state),
        started_at=from_utc_text(row.started_at),
        cursor=row.cursor,
        updated_at=moment_of(row.updated_at),
        done=row.done,
        failed=row.failed,
    )


def _row(job: Job) -> Row:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "started_at": utc_text(job.started_at),
        "cursor": job.cursor,
        "updated_at": moment_text(job.updated_at),
        "done": job.done,
        "failed": job.failed,
    }
