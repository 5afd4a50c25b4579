"""Verification of everything held, as a campaign that can be interrupted and resumed.

Works through the catalogue by identifier, then through each store for what the catalogue does not
know. After each part its record is written to the stores and the cursor moves on.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.values import CopyVerification, Job, JobState, PackageVersion
from archive.findings import NOTHING_HELD, VERIFIED, VERIFIED_WITH_DAMAGE
from archive.fixity import check_version
from archive.inventory import compare_stores
from archive.layout import campaign_key
from archive.pending import complete_pending, put_everywhere
from model.dates import utc_text
from model.errors import ArchiveError
from model.findings import Finding, FindingLog, Outcome, ValidationReport
from model.identifiers import new_uuid

PART = 500
"""Package versions between two records of progress."""

_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSettings:
    """How a campaign verifies."""

    deep: bool = False
    repair: bool = False
    restart: bool = False
    """Begin anew even if an interrupted campaign of this kind could go on."""


def verify_all(archive: Archive, settings: CampaignSettings) -> Iterator[ValidationReport]:
    """Verify every package version in every store; yield the reports that have something to say.

    The last report is about the archive as a whole.
    """
    if settings.repair:
        _sweep(archive)
    with suppress(ArchiveError):  # the store that is away is told of by what is found missing in it
        complete_pending(archive)
    job = _begin(archive, settings)
    while versions := archive.catalogue.iter_versions(_cursor(job), PART):
        results: list[CopyVerification] = []
        failed = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            checks = pool.map(lambda item: _check(archive, item, settings), versions)
            for version, (findings, verifications) in zip(versions, checks, strict=True):
                results += verifications
                report = ValidationReport.of(str(version.aip_id), findings, type=version.profile)
                failed += report.outcome is not Outcome.PASSED
                if findings:
                    yield report
        job = _advance(archive, job, versions[-1], results, failed)
    stored = FindingLog()
    stored.extend(compare_stores(archive, deep=settings.deep, repair=settings.repair))
    archive.catalogue.save_job(replace(job, state=JobState.DONE, updated_at=archive.clock.now()))
    stored.add(_conclusion(job))
    yield ValidationReport.of(archive.configuration.name, stored, type="archive")


def _conclusion(job: Job) -> Finding:
    if not job.done:
        return NOTHING_HELD.at()
    return VERIFIED_WITH_DAMAGE.at(done=job.done, failed=job.failed) if job.failed else VERIFIED.at(done=job.done)


def _sweep(archive: Archive) -> None:
    """Remove what killed repairs left behind; a store that is away is told of by what is found missing in it."""
    for store in archive.copies.stores:
        with suppress(ArchiveError):
            store.sweep()


def _check(
    archive: Archive, version: PackageVersion, settings: CampaignSettings
) -> tuple[list[Finding], list[CopyVerification]]:
    return check_version(archive, version, deep=settings.deep, repair=settings.repair)


def _begin(archive: Archive, settings: CampaignSettings) -> Job:
    kind = "verify" + "-deep" * settings.deep + "-repair" * settings.repair
    unfinished = archive.catalogue.unfinished_job(kind)
    if unfinished is not None and not settings.restart:
        return unfinished
    now = archive.clock.now()
    if unfinished is not None:
        archive.catalogue.save_job(replace(unfinished, state=JobState.DONE, updated_at=now))
    job = Job(id=new_uuid(now), kind=kind, state=JobState.RUNNING, started_at=now)
    archive.catalogue.start_job(job)
    return job


def _cursor(job: Job) -> tuple[UUID, int] | None:
    if not job.cursor:
        return None
    aip_id, version = job.cursor.split("/")
    return UUID(aip_id), int(version)


def _advance(archive: Archive, job: Job, last: PackageVersion, results: list[CopyVerification], failed: int) -> Job:
    """Write down one part: the record in the stores first, so that a crash can only lead to checking it again."""
    now = archive.clock.now()
    done = len({(result.aip_id, result.version) for result in results})
    lines = (
        {
            "package": str(result.aip_id),
            "version": result.version,
            "store": result.store,
            "time": utc_text(result.time),
            "outcome": result.outcome.value,
            "detail": result.detail,
        }
        for result in results
    )
    content = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    put_everywhere(archive, campaign_key(job.id, new_uuid(now)), content)
    archive.catalogue.record_verifications(results)
    advanced = replace(
        job,
        cursor=f"{last.aip_id}/{last.version}",
        updated_at=now,
        done=job.done + done,
        failed=job.failed + failed,
    )
    archive.catalogue.save_job(advanced)
    return advanced
