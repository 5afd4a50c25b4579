"""Renewing the evidence before it can no longer be proven; safe to kill at any point.

One timestamp renews all batches of an authority and a hash algorithm: its tree has their last timestamps as leaves.
Order, and why a crash between any two steps is safe: (1) the last timestamp of each batch is completed with its
validation data and verified, in the archive's folder alone; (2) the new timestamp is obtained, the whole chain is
verified with it, and everything is kept in that folder; (3) batch by batch the completed timestamp, the event, and at
last the archive timestamp that covers it are put into the stores. A renewal counts by the last of these; until then
the record is what it was. The folder is removed at the end.

Source:
    RFC 4998 5.2 (timestamp renewal); docs/format/store-v1.md, section 8
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, groupby
from uuid import UUID

from archive.archive import Archive
from archive.audit.recording import note_act, record_act
from archive.audit.values import Action, ActOutcome, Detail
from archive.catalogue.evidence_values import EvidenceBatch
from archive.evidence.authorities import TokenFacts, TokenTrust, token_facts
from archive.evidence.calendar import Planner, live_batches, timestamp_limit
from archive.evidence.checking import AloneCheck, checked_chain, completed_chain, must_hold, verified
from archive.evidence.drafts import sealing
from archive.evidence.rehashing import HashTask, rehash, resume_rehashed
from archive.evidence.renewal_drafts import RenewalDraft, RenewalWriter, RenewedBatch, renewal_drafts
from archive.evidence.renewal_values import (
    NotRenewed,
    PlannedRenewal,
    Postponed,
    RenewalKind,
    RenewalState,
    RenewedBatches,
    RenewResult,
    RenewSettings,
    WouldRenew,
)
from archive.evidence.settings import AuthoritySetting
from archive.layout import renewal_key
from model.errors import ArchiveError, NotFoundError, TimestampError
from model.identifiers import derived_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_
from model.version import PROGRAM
from preservation.cms.digests import digest_bytes
from preservation.evidence.build import ArchiveTimestampParts, HashTree

EVENT_SCHEMA = "chauban-batch-event/1"
_DUE = (RenewalState.DUE, RenewalState.OVERDUE)


def renew(archive: Archive, settings: RenewSettings) -> Iterator[RenewResult]:
    """Renew what is due, or one batch; yield what becomes of it as it is known.

    Hash trees come first: a new chain needs no further timestamp. What fails does not keep the rest from being renewed.

    Raises:
        ConflictError: another process is sealing or renewing.
        NotFoundError: there is no such batch.
        ConfigurationError: the trust folder or the signature policy cannot be used.

    Events:
        evidence record renewal (local term, see glossary)
    """
    with sealing(archive):
        renewer = _Renewer(archive, settings)
        if not settings.dry_run:
            yield from renewer.resume()
        for result in chain(renewer.hash_trees(), renewer.timestamps()):
            if isinstance(result, NotRenewed):
                _record_failure(archive, result)
            yield result


def _record_failure(archive: Archive, result: NotRenewed) -> None:
    details: dict[str, Detail] = {"authority": result.authority, "batches": len(result.batches)}
    subject, failed = archive.configuration.archive_id, ActOutcome.FAILED
    with suppress(ArchiveError):  # what kept it from being renewed is what is told of; the act stays noted
        record_act(archive, Action.RENEW, subject, outcome=failed, because=result.problem.message, details=details)


class _Renewer:
    """One run."""

    def __init__(self, archive: Archive, settings: RenewSettings) -> None:
        self._archive, self._settings = archive, settings
        self._trust = TokenTrust.of(archive)
        self._planner = Planner(archive, self._trust)

    # -- what an earlier process began

    def resume(self) -> Iterator[RenewResult]:
        """End what has its timestamp already."""
        yield from resume_rehashed(self._archive, self._trust)
        for draft in renewal_drafts(self._archive):
            yield self._publish(draft, resumed=True)

    # -- hash trees

    def hash_trees(self) -> Iterator[RenewResult]:
        """Hash anew what is due for it."""
        tasks = self._hash_tasks()
        for task in tasks:
            if self._settings.dry_run:
                yield _would(RenewalKind.HASH_TREE, task.authority, task.algorithm, task.batches)
            else:
                yield from rehash(self._archive, task, self._trust)

    def _hash_tasks(self) -> list[HashTask]:
        if self._settings.batch is not None:
            chosen = [self._chosen()] if self._settings.algorithm else []
        else:
            chosen = [
                plan.batch
                for batch in live_batches(self._archive)
                for plan in self._planner.plans(batch)
                if plan.kind is RenewalKind.HASH_TREE and plan.state in _DUE
            ]
        return [
            HashTask(authority=authority, chain=number + 1, algorithm=self._settings.algorithm, batches=tuple(group))
            for (authority, number), group in groupby(sorted(chosen, key=_by_chain), key=_by_chain)
        ]

    def _chosen(self) -> EvidenceBatch:
        batch = self._archive.catalogue.get_batch(self._settings.batch) if self._settings.batch else None
        if batch is None:
            raise NotFoundError(
                N_("There is no batch {batch}."),
                hint=N_("`chauban evidence calendar` names the batches."),
                batch=self._settings.batch,
            )
        return batch

    # -- timestamps

    def timestamps(self) -> Iterator[RenewResult]:
        """Cover the last timestamps that are due, all of one authority and algorithm by one."""
        plans = self._timestamp_plans()
        for (name, algorithm), group in groupby(sorted(plans, key=_by_authority), key=_by_authority):
            due = tuple(group)
            if self._settings.dry_run:
                yield _would(RenewalKind.TIMESTAMP, name, algorithm, [plan.batch for plan in due])
                continue
            authority = self._archive.configuration.evidence.authority(name)
            if authority is None:
                yield NotRenewed(authority=name, batches=_ids(due), problem=_not_configured(name))
            else:
                yield from self._renew_together(authority, algorithm, due)

    def _timestamp_plans(self) -> list[PlannedRenewal]:
        if self._settings.batch is not None:
            if self._settings.algorithm:
                return []
            return [plan for plan in self._planner.plans(self._chosen()) if plan.kind is RenewalKind.TIMESTAMP]
        return [
            plan
            for batch in live_batches(self._archive)
            for plan in self._planner.plans(batch)
            if plan.kind is RenewalKind.TIMESTAMP and plan.state in _DUE
        ]

    def _renew_together(
        self, authority: AuthoritySetting, algorithm: str, plans: Sequence[PlannedRenewal]
    ) -> Iterator[RenewResult]:
        writer = RenewalWriter(self._archive)
        draft: RenewalDraft | None = None
        try:
            ready: list[_Ready] = []
            for plan in plans:
                try:
                    ready.append(self._prepare(plan, writer, algorithm))
                except ArchiveError as error:
                    yield NotRenewed(authority=authority.name, batches=(plan.batch.id,), problem=error)
            token = self._stamped(authority, algorithm, ready)
            gaining = [item for item in ready if token and self._gains(item.plan, token)]
            if len(gaining) < len(ready):
                waiting = tuple(item.plan.batch.id for item in ready if item not in gaining)
                yield Postponed(authority=authority.name, batches=waiting)
                token = self._stamped(authority, algorithm, gaining)
            if token:
                draft = self._drafted(writer, authority, algorithm, gaining, token)
                yield self._publish(draft)
        except ArchiveError as error:
            yield NotRenewed(authority=authority.name, batches=_ids(plans), problem=error)
        finally:
            if draft is None:
                writer.drop()

    def _prepare(self, plan: PlannedRenewal, writer: RenewalWriter, algorithm: str) -> "_Ready":
        checked = checked_chain(self._archive, plan.batch, self._trust)
        writer.keep(plan.batch.id, checked.token)
        return _Ready(plan=plan, number=checked.free, value=digest_bytes(checked.token, algorithm))

    def _stamped(self, authority: AuthoritySetting, algorithm: str, ready: Sequence["_Ready"]) -> bytes:
        """Return a timestamp over the tree; empty where there is nothing to stamp.

        Raises:
            TimestampError: there is none that can be relied on.
        """
        if not ready:
            return b""
        root = HashTree.over(algorithm, [item.value for item in ready]).root
        return self._trust.client(authority).timestamp(root, algorithm).token

    def _gains(self, plan: PlannedRenewal, token: bytes) -> bool:
        """Tell whether a new timestamp lasts longer than the one it covers."""
        limit = timestamp_limit(self._planner.limits(token))
        if self._settings.batch is not None or plan.by is None:
            return True
        return limit is not None and limit.until > plan.by

    def _drafted(
        self,
        writer: RenewalWriter,
        authority: AuthoritySetting,
        algorithm: str,
        ready: Sequence["_Ready"],
        token: bytes,
    ) -> RenewalDraft:
        """Verify each chain with its new timestamp, then keep everything.

        Raises:
            IntegrityError: a chain does not hold with it.
        """
        tree = HashTree.over(algorithm, [item.value for item in ready])
        check = AloneCheck(trust=self._trust, accepted=token)
        facts = token_facts(token, algorithm, tree.root)
        at = max(self._archive.clock.now(), facts.time)
        for place, item in enumerate(ready):
            batch = item.plan.batch
            whole = completed_chain(self._archive, batch, writer.read(batch.id))
            whole.append(_parts(item.value, tree, place, token).der())
            must_hold(batch, verified(batch, whole, at=at, check=check))
        return writer.finish(
            token,
            authority=authority.name,
            algorithm=algorithm,
            because=self._settings.because,
            batches=[RenewedBatch(item.plan.batch.id, item.number) for item in ready],
        )

    # -- into the stores

    def _publish(self, draft: RenewalDraft, *, resumed: bool = False) -> RenewResult:
        """Put a renewal into the stores; what is there already stays."""
        copies, token = self._archive.copies, draft.token
        values = [digest_bytes(draft.covered(item), draft.algorithm) for item in draft.batches]
        tree = HashTree.over(draft.algorithm, values)
        facts = token_facts(token, draft.algorithm, tree.root)
        packages = 0
        for place, item in enumerate(draft.batches):
            parts = _parts(values[place], tree, place, token)
            content = _event(item, draft, facts, tree.root)
            copies.put(renewal_key(item.batch_id, item.number, "tst"), draft.covered(item))
            copies.put(renewal_key(item.batch_id, item.number, "json"), content)
            copies.put(renewal_key(item.batch_id, item.number, "ats"), parts.der())
            batch = self._archive.catalogue.get_batch(item.batch_id)
            packages += batch.count if batch is not None else 0
        details: dict[str, Detail] = {
            "authority": draft.authority,
            "batches": len(draft.batches),
            "packages": packages,
            "token": digest_bytes(token, "sha256").hex(),
        }
        act = derived_uuid(draft.batches[0].batch_id, f"renewed/{draft.batches[0].number}")
        subject = self._archive.configuration.archive_id
        note_act(self._archive, Action.RENEW, subject, identifier=act, because=draft.because, details=details)
        self._archive.audit.flush()
        draft.remove()
        return RenewedBatches(
            kind=RenewalKind.TIMESTAMP,
            authority=draft.authority,
            algorithm=draft.algorithm,
            batches=tuple(item.batch_id for item in draft.batches),
            packages=packages,
            time=facts.time,
            tsa=facts.tsa,
            expires=facts.expires,
            resumed=resumed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A batch whose last timestamp holds and carries its validation data."""

    plan: PlannedRenewal
    number: int
    """Of the renewal."""
    value: bytes
    """Digest of the completed token: its leaf."""


def _parts(value: bytes, tree: HashTree, place: int, token: bytes) -> ArchiveTimestampParts:
    alone = len(tree.levels) == 1
    return ArchiveTimestampParts(
        algorithm=tree.algorithm, first=() if alone else (value,), siblings=tree.siblings(place), token=token
    )


def _event(item: RenewedBatch, draft: RenewalDraft, facts: TokenFacts, root: bytes) -> bytes:
    """Return the event, which counts for every package of the batch: the same whenever it is made."""
    because = f"; {draft.because}" if draft.because else ""
    event = Event(
        id=derived_uuid(item.batch_id, f"renewal/{item.number}"),
        type=EventType.EVIDENCE_RECORD_RENEWAL,
        time=facts.time,
        outcome=EventOutcome.SUCCESS,
        detail=f"the last timestamps of {len(draft.batches)} batches covered by one timestamp of {facts.tsa}{because}",
        outcome_detail=f"batch {item.batch_id}; authority {draft.authority}; {draft.algorithm}:{root.hex()}",
        agent=PROGRAM,
    )
    return json.dumps({"schema": EVENT_SCHEMA, **event.to_json()}, ensure_ascii=False).encode()


def _would(kind: RenewalKind, authority: str, algorithm: str, batches: Sequence[EvidenceBatch]) -> WouldRenew:
    return WouldRenew(
        kind=kind,
        authority=authority,
        algorithm=algorithm,
        batches=tuple(batch.id for batch in batches),
        packages=sum(batch.count for batch in batches),
    )


def _by_chain(batch: EvidenceBatch) -> tuple[str, int]:
    return batch.authority, batch.chain


def _by_authority(plan: PlannedRenewal) -> tuple[str, str]:
    return plan.batch.authority, plan.batch.algorithm


def _ids(plans: Sequence[PlannedRenewal]) -> tuple[UUID, ...]:
    return tuple(plan.batch.id for plan in plans)


def _not_configured(name: str) -> TimestampError:
    return TimestampError(
        N_("The timestamp authority {name} is no longer configured, so its evidence is not renewed."),
        hint=N_("Name an authority {name} again in chauban.toml; its address may be another one than before."),
        name=name,
    )
