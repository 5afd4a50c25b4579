"""What is said of the signatures of the holdings: what the catalogue keeps, and what judging them again gives."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from archive.catalogue.values import HeldSignature, HeldSignedFile, Judgement, SignatureChange
from model.errors import ArchiveError
from model.signatures import Indication, SignatureFacts, SignatureReport, SignatureVerdict

LONGEST = 500
"""Characters of a name or identifier the catalogue keeps; the package has them whole."""


def held_signed_file(report: SignatureReport) -> HeldSignedFile:
    """Return what the catalogue keeps of a file's signatures when its package is made."""
    pairs = zip(report.file.signatures, report.verdicts, strict=True)
    return HeldSignedFile(
        path=report.file.path,
        kind=report.file.kind,
        state=report.file.state,
        outcome=report.outcome,
        checked_at=report.checked_at,
        policy=report.policy,
        trust=report.trust,
        signatures=tuple(_held(ordinal, facts, verdict, report) for ordinal, (facts, verdict) in enumerate(pairs, 1)),
    )


def judgement_of(verdict: SignatureVerdict, report: SignatureReport) -> Judgement:
    """Return a verdict as the catalogue keeps it."""
    return Judgement(
        indication=verdict.indication,
        sub_indication=verdict.sub_indication,
        best_time=verdict.best_signature_time,
        holds_until=verdict.holds_until,
        judged_at=report.checked_at,
        policy=verdict.policy or report.policy,
        trust=verdict.trust or report.trust,
    )


def _held(ordinal: int, facts: SignatureFacts, verdict: SignatureVerdict, report: SignatureReport) -> HeldSignature:
    certificate = facts.certificate
    filed = judgement_of(verdict, report)
    return HeldSignature(
        ordinal=ordinal,
        id=facts.id[:LONGEST],
        format=facts.format.value,
        level=facts.level.value,
        integrity=facts.integrity,
        modification=facts.modification,
        whole_document=facts.scope.whole_document,
        role=(verdict.role or (certificate.role if certificate else "")),
        signer=certificate.name[:LONGEST] if certificate else "",
        organisation=certificate.organisation[:LONGEST] if certificate else "",
        issuer=certificate.issuer[:LONGEST] if certificate else "",
        serial=certificate.serial[:LONGEST] if certificate else "",
        expires=certificate.not_after if certificate else None,
        algorithms=_algorithms(facts),
        claimed_time=facts.claimed_signing_time,
        filed=filed,
        current=filed,
    )


def _algorithms(facts: SignatureFacts) -> tuple[str, ...]:
    used = (use for use in facts.algorithms if use.use in {"digest", "signature"})
    return tuple(dict.fromkeys(f"{use.name} {use.key_size}" if use.key_size else use.name for use in used))


class Direction(StrEnum):
    """How a verdict changed."""

    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"
    """Another reason, or another time until which it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckSettings:
    """What is judged again, and under what."""

    aip_ids: tuple[UUID, ...] = ()
    """Empty: everything held."""
    trust: Path | None = None
    """None: the archive's own trust folder."""
    policy: Path | None = None
    """None: the archive's own signature policy."""
    at: datetime | None = None
    """Judge as of this time; nothing is recorded then."""
    dry_run: bool = False
    restart: bool = False
    """Begin anew even if an interrupted run under the same trust and policy could go on."""

    @property
    def recorded(self) -> bool:
        """Whether new verdicts become the current ones."""
        return not self.dry_run and self.at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedVerdict:
    """One signature whose verdict changed."""

    signature: HeldSignature
    change: SignatureChange

    @property
    def direction(self) -> Direction:
        """For better or worse."""
        before = _RANKS.index(Indication(self.change.before.partition("/")[0]))
        now = _RANKS.index(self.change.now.indication)
        return Direction.OTHER if before == now else Direction.BETTER if now > before else Direction.WORSE


_RANKS = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """One package whose signatures were judged again."""

    aip_id: UUID
    version: int
    signatures: int = 0
    changes: tuple[ChangedVerdict, ...] = ()
    problem: ArchiveError | None = None
    """Why they could not be judged."""
