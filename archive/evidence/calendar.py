"""The renewal calendar: what must be renewed by which date, and why.

Of every batch that still carries evidence the newest timestamp is read, and everything it rests on is looked up: the
certificates of its authority and of those above, the algorithms of their signatures, and the hash algorithm of the
tree. The dates of algorithms come from the signature policy, so that the calendar changes with it.

Source:
    RFC 4998 5.1; ETSI TS 119 312 (by way of the signature policy)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive.archive import Archive
from archive.catalogue.evidence_values import EvidenceBatch
from archive.evidence.authorities import TokenTrust
from archive.evidence.chains import batch_chain, token_in
from archive.evidence.renewal_values import PlannedRenewal, RenewalKind, RenewalState
from model.errors import ArchiveError
from preservation.cms.digests import digest_bytes
from preservation.evidence.reading import UnreadableRecord, token_contents
from preservation.signatures.judging.lifetime import Limit, LimitKind, token_limits
from preservation.signatures.judging.values import Judging

_MOST_REMEMBERED = 4096
_URGENCY = tuple(RenewalState)


def renewal_calendar(archive: Archive, until: datetime | None = None) -> list[PlannedRenewal]:
    """Return the renewals of all batches, most urgent first.

    Args:
        until: leave out what is not due by then.

    Raises:
        ConfigurationError: the trust folder or the signature policy cannot be used.
    """
    planner = Planner(archive, TokenTrust.of(archive))
    found = [plan for batch in live_batches(archive) for plan in planner.plans(batch)]
    wanted = [plan for plan in found if until is None or plan.begin is None or plan.begin <= until]
    return sorted(wanted, key=_order)


def _order(plan: PlannedRenewal) -> tuple[int, float, str]:
    return _URGENCY.index(plan.state), plan.by.timestamp() if plan.by else 0.0, str(plan.batch.id)


def live_batches(archive: Archive) -> Iterator[EvidenceBatch]:
    """Yield the batches by which at least one package is still proven: no later chain covers it."""
    for batch in archive.catalogue.evidence_batches():
        if archive.catalogue.unrenewed_members(batch.id, None, 1):
            yield batch


@dataclass(slots=True)
class Planner:
    """Tells of batches when they must be renewed; a timestamp shared by many is looked at once."""

    archive: Archive
    trust: TokenTrust
    known: dict[bytes, tuple[Limit, ...]] = field(default_factory=dict)

    def plans(self, batch: EvidenceBatch) -> Iterator[PlannedRenewal]:
        """Yield the next renewal by a timestamp, and that of the hash tree where an end of its algorithm is known."""
        try:
            chain = batch_chain(self.archive.copies, batch.id, batch.algorithm)
            token = token_in(chain[-1])
            last, _algorithm, _value = token_contents(token)
            limits = self.limits(token)
        except (ArchiveError, ValueError, UnreadableRecord):
            yield _unknown(batch)
            return
        yield from self._planned(batch, last, len(chain), limits)

    def limits(self, token: bytes) -> tuple[Limit, ...]:
        """Return when what a token rests on ends, soonest first."""
        key = digest_bytes(token, "sha256")
        if key not in self.known:
            if len(self.known) >= _MOST_REMEMBERED:
                self.known.clear()
            judging = Judging(trust=self.trust.trust, policy=self.trust.policy, at=self.archive.clock.now())
            self.known[key] = token_limits(token, judging)
        return self.known[key]

    def _planned(
        self, batch: EvidenceBatch, last: datetime, count: int, limits: tuple[Limit, ...]
    ) -> Iterator[PlannedRenewal]:
        settings = self.archive.configuration.evidence
        by_timestamp = timestamp_limit(limits)
        if by_timestamp is None:
            yield _unknown(batch, last, count)
        both = (
            (RenewalKind.TIMESTAMP, by_timestamp, settings.lead),
            (RenewalKind.HASH_TREE, hash_limit(limits), settings.hash_lead),
        )
        for kind, limit, lead in both:
            if limit is not None:
                yield PlannedRenewal(
                    batch=batch,
                    kind=kind,
                    state=self._state(limit.until, lead),
                    last=last,
                    timestamps=count,
                    begin=earlier(limit.until, lead),
                    by=limit.until,
                    reason=limit,
                )

    def _state(self, until: datetime, lead: timedelta) -> RenewalState:
        now = self.archive.clock.now()
        if now >= until:
            return RenewalState.OVERDUE
        return RenewalState.DUE if now >= earlier(until, lead) else RenewalState.PLANNED


def timestamp_limit(limits: Iterable[Limit]) -> Limit | None:
    """Return what ends first of that which a further timestamp makes good."""
    return next((limit for limit in limits if limit.kind is not LimitKind.HASH_ALGORITHM), None)


def hash_limit(limits: Iterable[Limit]) -> Limit | None:
    """Return the end of the hash algorithm, where one is known."""
    return next((limit for limit in limits if limit.kind is LimitKind.HASH_ALGORITHM), None)


def earlier(moment: datetime, lead: timedelta) -> datetime:
    """Return a time so much earlier; the earliest there is where there is none such."""
    try:
        return moment - lead
    except OverflowError:
        return datetime.min.replace(tzinfo=moment.tzinfo)


def _unknown(batch: EvidenceBatch, last: datetime | None = None, count: int = 0) -> PlannedRenewal:
    return PlannedRenewal(
        batch=batch,
        kind=RenewalKind.TIMESTAMP,
        state=RenewalState.UNKNOWN,
        last=last,
        timestamps=count,
        begin=None,
        by=None,
        reason=None,
    )
