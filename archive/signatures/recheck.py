"""Judging the signatures of the holdings again, from stored facts and material alone.

Works through the packages with signatures by identifier, and goes on where it was interrupted. What changed is
an event in the package's journal, and the catalogue's current verdict; the verdict at filing stays.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice, tee
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.signature_rows import recheck_detail
from archive.catalogue.values import HeldSignature, Job, JobState, PackageVersion, SignatureChange
from archive.pending import complete_pending, record_event
from archive.signatures.stored import stored_signatures
from archive.signatures.values import ChangedVerdict, Rechecked, RecheckSettings, judgement_of
from model.dates import utc_text
from model.errors import ArchiveError, NotFoundError
from model.identifiers import new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.signatures import Indication, SignatureReport
from model.text import N_
from model.version import PROGRAM
from preservation.signatures.checker import SignatureChecker, StoredSignatures

PART = 100
"""Packages between two records of progress."""
CHANGES_IN_EVENT = 500


def recheck(archive: Archive, settings: RecheckSettings) -> Iterator[Rechecked]:
    """Judge signatures again; yield every package that has some.

    Raises:
        ConfigurationError: trust folder or policy cannot be used.
        NotFoundError: a package named is not held.

    Events:
        digital signature validation, in the journal of each package with a changed verdict.
    """
    configured = archive.configuration.signatures
    with suppress(ArchiveError):  # a store that is away is told of by the package that cannot be read
        complete_pending(archive)
    with SignatureChecker(
        settings.trust or configured.trust_folder(archive.folder),
        settings.policy or configured.policy_file(archive.folder),
        at=settings.at,
        clock=archive.clock,
    ) as checker:
        run = _Run(archive, checker, settings)
        if settings.aip_ids:
            yield from (run.package(_newest(archive, aip_id)) for aip_id in settings.aip_ids)
        elif settings.recorded:
            yield from run.resumable()
        else:
            yield from run.everything()


def _newest(archive: Archive, aip_id: UUID) -> PackageVersion:
    versions = archive.catalogue.versions(aip_id)
    if not versions:
        raise NotFoundError(N_("There is no package {package}."), package=aip_id)
    return versions[-1]


class _Run:
    def __init__(self, archive: Archive, checker: SignatureChecker, settings: RecheckSettings) -> None:
        self._archive = archive
        self._checker = checker
        self._settings = settings

    def everything(self) -> Iterator[Rechecked]:
        """Judge everything held, leaving no trace."""
        last: tuple[UUID, int] | None = None
        while versions := self._archive.catalogue.signed_versions(last, PART):
            yield from map(self.package, versions)
            last = versions[-1].aip_id, versions[-1].version

    def resumable(self) -> Iterator[Rechecked]:
        """Judge everything held, as a job that goes on where it was interrupted."""
        job = self._begin()
        while versions := self._archive.catalogue.signed_versions(_cursor(job), PART):
            failed = 0
            for version in versions:
                result = self.package(version)
                failed += result.problem is not None
                yield result
            job = replace(
                job,
                cursor=f"{versions[-1].aip_id}/{versions[-1].version}",
                updated_at=self._archive.clock.now(),
                done=job.done + len(versions),
                failed=job.failed + failed,
            )
            self._archive.catalogue.save_job(job)
        self._archive.catalogue.save_job(replace(job, state=JobState.DONE, updated_at=self._archive.clock.now()))

    def package(self, version: PackageVersion) -> Rechecked:
        """Judge the signatures of one package, and record what changed."""
        try:
            count, changes = self._judge(version)
            if changes and self._settings.recorded:
                self._record(version, [item.change for item in changes])
        except ArchiveError as error:
            return Rechecked(aip_id=version.aip_id, version=version.version, problem=error)
        return Rechecked(aip_id=version.aip_id, version=version.version, signatures=count, changes=tuple(changes))

    def _judge(self, version: PackageVersion) -> tuple[int, list[ChangedVerdict]]:
        held = {
            file.path: file.signatures
            for file in self._archive.catalogue.signed_files(version.aip_id, version.version)
            if file.signatures
        }
        count = 0
        changes: list[ChangedVerdict] = []
        with stored_signatures(self._archive, version) as stored:
            records = (record for record in stored.records() if record.report.file.signatures)
            ours, theirs = tee(records)
            judged = self._checker.judge(
                StoredSignatures(file=record.report.file, material=stored.material(record)) for record in theirs
            )
            for record, result in zip(ours, judged, strict=True):
                path = record.report.file.path
                count += len(result.report.verdicts)
                changes += _changed(path, held.get(path, ()), result.report)
        return count, changes

    def _record(self, version: PackageVersion, changes: Sequence[SignatureChange]) -> None:
        for part in _parts(changes, CHANGES_IN_EVENT):
            now = self._archive.clock.now()
            event = Event(
                id=new_uuid(now),
                type=EventType.SIGNATURE_VALIDATION,
                time=part[0].now.judged_at,
                outcome=_outcome(part),
                detail=f"{len(part)} signatures judged again with another verdict, from stored facts and material",
                outcome_detail=recheck_detail(self._checker.policy.id, self._checker.trust.id, part),
                agent=PROGRAM,
            )
            record_event(self._archive, version.aip_id, version.version, event)

    def _begin(self) -> Job:
        catalogue = self._archive.catalogue
        basis = f"{self._checker.policy.id}/{self._checker.trust.id}"
        kind = f"signature-recheck-{hashlib.sha256(basis.encode()).hexdigest()[:16]}"
        unfinished = catalogue.unfinished_job(kind)
        if unfinished is not None and not self._settings.restart:
            return unfinished
        now = self._archive.clock.now()
        if unfinished is not None:
            catalogue.save_job(replace(unfinished, state=JobState.DONE, updated_at=now))
        job = Job(id=new_uuid(now), kind=kind, state=JobState.RUNNING, started_at=now)
        catalogue.start_job(job)
        return job


def _cursor(job: Job) -> tuple[UUID, int] | None:
    if not job.cursor:
        return None
    aip_id, version = job.cursor.split("/")
    return UUID(aip_id), int(version)


def _changed(path: str, held: Sequence[HeldSignature], report: SignatureReport) -> Iterator[ChangedVerdict]:
    """Yield the signatures of a file whose verdict is another than the catalogue's current one."""
    known = {signature.ordinal: signature for signature in held}
    for ordinal, verdict in enumerate(report.verdicts, 1):
        signature = known.get(ordinal)
        if signature is None:
            continue
        now, before = judgement_of(verdict, report), signature.current
        if (now.verdict, _text(now.holds_until)) != (before.verdict, _text(before.holds_until)):
            change = SignatureChange(path=path, ordinal=ordinal, before=before.verdict, now=now)
            yield ChangedVerdict(signature=signature, change=change)


def _text(moment: datetime | None) -> str:
    return utc_text(moment) if moment else ""


def _outcome(changes: Iterable[SignatureChange]) -> EventOutcome:
    """Return the gravest of the new verdicts as the outcome of an event."""
    found = {change.now.indication for change in changes}
    if Indication.TOTAL_FAILED in found:
        return EventOutcome.FAIL
    return EventOutcome.WARNING if Indication.INDETERMINATE in found else EventOutcome.SUCCESS


def _parts(changes: Sequence[SignatureChange], size: int) -> Iterator[list[SignatureChange]]:
    remaining = iter(changes)
    while part := list(islice(remaining, size)):
        yield part
