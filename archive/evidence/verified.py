"""The evidence of a held package, verified: since when it proves what is stored, and what of it ends first.

Source:
    RFC 4998 4.3, 5.3
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.archive import Archive
from archive.evidence.authorities import TokenTrust
from archive.evidence.holding import kept_material
from archive.evidence.records import PackageRecord, package_records
from archive.evidence.values import PackageKey
from model.findings import Outcome
from model.signatures import ProofOfExistence, ProofSource
from preservation.evidence.commands import HeldRecord, RecordJudge
from preservation.evidence.reading import UnknownAlgorithm, UnreadableRecord, read_record
from preservation.evidence.values import DataObject, RecordReport
from preservation.signatures.judging.lifetime import Limit, token_limits
from preservation.signatures.judging.values import Judging

_FROM_BEST = (Outcome.PASSED, Outcome.INDETERMINATE, Outcome.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRecord:
    """An evidence record and what its verification found."""

    record: PackageRecord
    report: RecordReport
    limit: Limit | None
    """What ends first of all that its newest timestamp rests on; none where no path leads to an anchor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageEvidence:
    """All evidence records of a package version, verified; each proves it alone."""

    records: tuple[VerifiedRecord, ...] = ()
    """The best first."""

    @property
    def outcome(self) -> Outcome:
        """That of the best record; undecided where there is none."""
        return self.records[0].report.outcome if self.records else Outcome.INDETERMINATE

    @property
    def proofs(self) -> tuple[ProofOfExistence, ...]:
        """What the records that verify prove, earliest first."""
        found = [
            ProofOfExistence(
                time=one.report.proof_time, source=ProofSource.EVIDENCE_RECORD, reference=one.record.authority
            )
            for one in self.records
            if one.report.outcome is Outcome.PASSED and one.report.proof_time is not None
        ]
        return tuple(sorted(found, key=lambda proof: proof.time))

    @property
    def since(self) -> datetime | None:
        """The time at which the package is proven to have existed: the initial time."""
        return self.proofs[0].time if self.proofs else None

    @property
    def limit(self) -> Limit | None:
        """What ends the proof: of the record that holds longest, what ends first."""
        ends = [one.limit for one in self.records if one.report.outcome is Outcome.PASSED and one.limit is not None]
        return max(ends, key=lambda limit: limit.until, default=None)


def package_evidence(
    archive: Archive, package: PackageKey, objects: Iterable[DataObject], *, at: datetime | None = None
) -> PackageEvidence:
    """Verify the evidence records of a package version under the archive's trust folder and policy.

    Args:
        objects: everything that was sealed together; none where the content is gone.
        at: the time of the verification; now by default.

    Raises:
        IntegrityError, StorageError: what lies in the stores cannot be read.
        ConfigurationError: trust folder or policy cannot be used.
    """
    moment, known = at or archive.clock.now(), tuple(objects)
    settings = archive.configuration.signatures
    judge = RecordJudge(
        trust=settings.trust_folder(archive.folder), policy=settings.policy_file(archive.folder), at=moment
    )
    trust = TokenTrust.of(archive)
    judging = Judging(trust=trust.trust, policy=trust.policy, at=moment)
    found = []
    for record in package_records(archive.copies, package):
        material = tuple(kept_material(archive, record))
        held = HeldRecord(name=record.authority, content=record.content, objects=known, material=material)
        found.append(VerifiedRecord(record=record, report=judge.held(held), limit=_limit(record, judging)))
    return PackageEvidence(records=tuple(sorted(found, key=lambda one: _FROM_BEST.index(one.report.outcome))))


def _limit(record: PackageRecord, judging: Judging) -> Limit | None:
    try:
        last = read_record(record.content).timestamps[-1]
    except (UnreadableRecord, UnknownAlgorithm):
        return None
    return next(iter(token_limits(last.token, judging)), None)
