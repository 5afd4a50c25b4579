"""The signatures of a held package judged at the time that its evidence proves.

The record is verified now. Signatures and their validation data are among what it covers, so they existed at its
initial time: each signature is judged as of then, offline, with the covered data and the trust anchors alone.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.6.2.4, 5.6.3 (proofs of existence); RFC 4998 4.3
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import repeat, tee

from archive.archive import Archive
from archive.catalogue.values import PackageVersion
from archive.evidence.holding import held_objects
from archive.evidence.values import PackageKey
from archive.evidence.verified import PackageEvidence, package_evidence
from archive.signatures.stored import stored_signatures
from model.findings import Outcome
from model.material import Material
from model.signatures import Indication, SignatureFacts, SignatureReport, SignatureVerdict
from preservation.cms.certificates import UnreadableCertificate, certificate_facts
from preservation.package.plan import SignatureRecord
from preservation.package.signature_reader import PackagedSignatures
from preservation.signatures.checker import CheckedFile, SignatureChecker, StoredSignatures
from preservation.signatures.judging.lifetime import Limit

_JUST_BEFORE = timedelta(seconds=1)
_OUTCOMES = {
    Indication.TOTAL_PASSED: Outcome.PASSED,
    Indication.TOTAL_FAILED: Outcome.FAILED,
    Indication.INDETERMINATE: Outcome.INDETERMINATE,
}


class Bearer(StrEnum):
    """What carries a proof to its end."""

    EVIDENCE = "evidence"
    """The newest timestamp of an evidence record; renewing it moves the end."""
    SIGNATURE = "signature"
    """What the signature itself rests on; no renewal moves that end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakestLink:
    """What of a proof ends first."""

    bearer: Bearer
    kind: str
    """As in `Limit`; of a signature `certificate`, or empty where it cannot be named."""
    name: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenSignature:
    """One signature: the verdict at filing, and the one that can be reached now."""

    facts: SignatureFacts
    filed: SignatureVerdict
    now: SignatureVerdict
    link: WeakestLink | None
    """None where the signature is not valid: there is nothing that would end."""

    @property
    def changed(self) -> bool:
        """Whether the two verdicts differ."""
        return (self.filed.indication, self.filed.sub_indication) != (self.now.indication, self.now.sub_indication)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenFile:
    """One file with signatures."""

    path: str
    filed_at: datetime
    signatures: tuple[ProvenSignature, ...]

    @property
    def outcome(self) -> Outcome:
        """The gravest of the verdicts that can be reached now."""
        found = {_OUTCOMES[one.now.indication] for one in self.signatures}
        return next(one for one in (Outcome.FAILED, Outcome.INDETERMINATE, Outcome.PASSED) if one in found)


def version_evidence(archive: Archive, version: PackageVersion, *, at: datetime | None = None) -> PackageEvidence:
    """Verify the evidence records of a stored package version against every byte of it.

    Args:
        at: the time of the verification; now by default.
    """
    package = PackageKey(version.aip_id, version.version)
    return package_evidence(archive, package, held_objects(archive.copies, version), at=at)


def proven_files(
    archive: Archive, version: PackageVersion, evidence: PackageEvidence, *, at: datetime | None = None
) -> Iterator[ProvenFile]:
    """Yield the files of a package version that carry signatures, judged at the time its evidence proves.

    Args:
        evidence: of this version, verified at the same time.
        at: the time of the judgement; now by default.

    Raises:
        IntegrityError: what the package keeps about signatures cannot be read.
        ConfigurationError: trust folder or policy cannot be used.
    """
    moment = at or archive.clock.now()
    with ExitStack() as stack:
        stored = stack.enter_context(stored_signatures(archive, version))
        records = (record for record in stored.records() if record.report.file.signatures)
        ours, first, *others = tee(records, 2 if evidence.limit is None else 3)
        judged = stack.enter_context(_checker(archive, moment)).judge(_given(stored, first, evidence))
        later: Iterator[CheckedFile | None] = repeat(None)
        if evidence.limit is not None:
            last = stack.enter_context(_checker(archive, evidence.limit.until - _JUST_BEFORE))
            later = last.judge(_given(stored, others[0], evidence))
        for record, now in zip(ours, judged, strict=True):
            end = next(later)
            yield _file(record.report, now, end.report if end is not None else None, evidence)


def _checker(archive: Archive, at: datetime) -> SignatureChecker:
    settings = archive.configuration.signatures
    return SignatureChecker(
        settings.trust_folder(archive.folder), settings.policy_file(archive.folder), at=at, clock=archive.clock
    )


def _given(
    stored: PackagedSignatures, records: Iterator[SignatureRecord], evidence: PackageEvidence
) -> Iterator[StoredSignatures]:
    for record in records:
        yield StoredSignatures(
            file=record.report.file, material=stored.material(record), proofs=evidence.proofs, alone=True
        )


def _file(
    filed: SignatureReport, now: CheckedFile, later: SignatureReport | None, evidence: PackageEvidence
) -> ProvenFile:
    verdicts = later.verdicts if later is not None else repeat(None)
    signatures = tuple(
        ProvenSignature(facts=facts, filed=before, now=verdict, link=_link(verdict, end, evidence.limit, now.material))
        for facts, before, verdict, end in zip(
            filed.file.signatures, filed.verdicts, now.report.verdicts, verdicts, strict=False
        )
    )
    return ProvenFile(path=filed.file.path, filed_at=filed.checked_at, signatures=signatures)


def _link(
    verdict: SignatureVerdict, end: SignatureVerdict | None, limit: Limit | None, material: Material
) -> WeakestLink | None:
    """Return what ends first: the evidence, where the same verdict can be reached to its last day; else the rest."""
    if verdict.indication is not Indication.TOTAL_PASSED:
        return None
    if limit is not None and end is not None and end.indication is Indication.TOTAL_PASSED:
        return WeakestLink(bearer=Bearer.EVIDENCE, kind=limit.kind.value, name=limit.name, until=limit.until)
    until = verdict.holds_until
    name = next((name for name, ends in _ends(verdict, material) if ends == until), "")
    return WeakestLink(bearer=Bearer.SIGNATURE, kind="certificate" if name else "", name=name, until=until)


def _ends(verdict: SignatureVerdict, material: Material) -> Iterator[tuple[str, datetime]]:
    for identifier in verdict.chain:
        content = material.get(identifier)
        if content is not None:
            try:
                facts = certificate_facts(content)
            except UnreadableCertificate:
                continue
            yield facts.name, facts.not_after
