"""Sealing: many packages under one timestamp of each authority; safe to kill at any point.

Order of a seal, and why a crash between any two steps is safe: (1) the digests of the chosen packages and the batch's
description lie in the archive's folder; (2) the token is obtained, judged, and kept there; (3) description, token and
its validation data are put into the stores; (4) package by package the archive timestamp is put beside the container
and the event into the journal; (5) the catalogue is told of a portion of packages whose objects are all in the stores.
Everything put is the same, byte for byte, when it is done again; the folder is removed last. Until (5) a package
waits, visibly. Without a token nothing of a batch is in any store.

Source:
    RFC 4998 4.2; docs/format/store-v1.md, section 8
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from archive.archive import Archive
from archive.audit.recording import note_act, record_act
from archive.audit.values import Action, ActOutcome, Detail
from archive.catalogue.evidence_values import EvidenceBatch, SealedVersion, WaitingVersion
from archive.evidence.authorities import Stamp, TokenTrust, token_facts
from archive.evidence.drafts import Draft, DraftWriter, anything_begun, open_drafts, sealing
from archive.evidence.gone import covered_record
from archive.evidence.groups import read_group
from archive.evidence.settings import AuthoritySetting, SealMode
from archive.evidence.storing import MAX_TOKEN, batch_json, find_object
from archive.evidence.values import (
    BatchPlan,
    Leaf,
    NotSealed,
    ObjectKey,
    PackageKey,
    SealedBatch,
    SealFailed,
    SealResult,
    SealSettings,
    WouldSeal,
)
from archive.journal import write_event
from archive.layout import (
    EvidencePart,
    audit_head_key,
    batch_folder,
    batch_key,
    batch_object_key,
    token_key,
)
from model.errors import ArchiveError, ConflictError, IntegrityError, NotFoundError, TimestampError
from model.identifiers import derived_uuid, new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_
from model.version import PROGRAM
from preservation.cms.digests import digest_bytes
from preservation.evidence.build import ArchiveTimestampParts, HashTree, group_value

MOST_PACKAGES = 100_000
"""Packages of one batch: more are sealed by several."""
PORTION = 500
"""Packages after which the catalogue is told."""
_READ_TOGETHER = 200
_READERS = 2
_WRITERS = 8
"""Objects on their way to the medium at the same time: their syncs are done together."""


def seal(archive: Archive, settings: SealSettings) -> Iterator[SealResult]:
    """Seal the packages that wait, by every authority configured; yield what becomes of them as it is known.

    An authority that fails does not keep the others from sealing.

    Raises:
        TimestampError: no authority is configured.
        ConflictError: another process is sealing.
        ConfigurationError: the trust folder or the signature policy cannot be used.

    Events:
        evidence record creation (local term, see glossary)
    """
    authorities = archive.configuration.evidence.authorities
    if not authorities:
        _batches, unsealed = archive.catalogue.evidence_counts()
        raise TimestampError(
            N_("No timestamp authority is configured: {count} packages wait unsealed."),
            hint=N_("Name one in chauban.toml, under [[evidence.authority]], and seal again; nothing is lost."),
            count=unsealed,
        )
    archive.catalogue.add_authorities([item.name for item in authorities])
    if settings.dry_run:
        yield from (_would_seal(archive, item, settings) for item in authorities)
        return
    with sealing(archive):
        trust = TokenTrust.of(archive)
        if anything_begun(archive):
            archive.copies.sweep()  # a killed seal may have left temporary files in the stores
            _drop_outdated(archive)
        for authority in authorities:
            yield from _seal_by(archive, authority, trust, settings)


def seal_if_due(archive: Archive, *, ingest_ended: bool = False) -> Iterator[SealResult]:
    """Seal when the configuration says that it is time; an archive that has no authority, or is sealed now, is left.

    Args:
        ingest_ended: an ingest has just ended.
    """
    if not archive.configuration.evidence.authorities or not _is_due(archive, ingest_ended=ingest_ended):
        return
    try:
        yield from seal(archive, SealSettings())
    except ConflictError:
        return  # another process seals what waits


def _is_due(archive: Archive, *, ingest_ended: bool) -> bool:
    settings = archive.configuration.evidence
    moment, names = settings.seal, [item.name for item in settings.authorities]
    if moment.mode is SealMode.OFF or (moment.mode is SealMode.INGEST and not ingest_ended):
        return False
    archive.catalogue.add_authorities(names)
    if moment.mode is SealMode.MINUTES:
        oldest = [archive.catalogue.oldest_waiting(name) for name in names]
        return any(since and (archive.clock.now() - since).total_seconds() >= moment.number * 60 for since in oldest)
    enough = max(moment.number, 1)
    return any(archive.catalogue.count_waiting(name, enough) >= enough for name in names)


def _would_seal(archive: Archive, authority: AuthoritySetting, settings: SealSettings) -> WouldSeal:
    count = archive.catalogue.count_waiting(authority.name, settings.limit)
    return WouldSeal(authority=authority.name, algorithm=authority.algorithm, packages=count)


def _drop_outdated(archive: Archive) -> None:
    """Drop drafts without a token whose authority is no longer configured so; their packages wait as before."""
    for draft in open_drafts(archive):
        plan = draft.plan
        authority = archive.configuration.evidence.authority(plan.authority)
        fits = authority is not None and authority.algorithm == plan.algorithm and plan.chain == 1
        if not fits and draft.token is None and find_object(archive.copies, token_key(plan.id), MAX_TOKEN) is None:
            draft.remove()


def _seal_by(
    archive: Archive, authority: AuthoritySetting, trust: TokenTrust, settings: SealSettings
) -> Iterator[SealResult]:
    try:
        yield from _batches_by(archive, authority, trust, settings)
    except ArchiveError as error:
        waiting = archive.catalogue.count_waiting(authority.name)
        _record_failure(archive, authority, waiting, error)
        yield SealFailed(authority=authority.name, waiting=waiting, problem=error)


def _record_failure(archive: Archive, authority: AuthoritySetting, waiting: int, error: ArchiveError) -> None:
    details: dict[str, Detail] = {"authority": authority.name, "waiting": waiting}
    with suppress(ArchiveError):  # the store that is away is what is told of already; the act stays noted
        record_act(
            archive,
            Action.SEAL,
            archive.configuration.archive_id,
            outcome=ActOutcome.FAILED,
            because=error.message,
            details=details,
        )


def _batches_by(
    archive: Archive, authority: AuthoritySetting, trust: TokenTrust, settings: SealSettings
) -> Iterator[SealResult]:
    stamp = trust.stamp(authority)
    left = MOST_PACKAGES if settings.limit is None else settings.limit
    for draft in open_drafts(archive):
        if draft.plan.authority == authority.name:
            yield SealedBatch(batch=complete(archive, draft, stamp, trust), resumed=True)
            left -= draft.plan.packages if settings.limit is not None else 0
    after = 0
    while left > 0:
        drafted = choose(archive, authority, min(left, MOST_PACKAGES), after)
        yield from drafted.problems
        if drafted.draft is None:
            return
        yield SealedBatch(batch=complete(archive, drafted.draft, stamp, trust))
        after = drafted.last
        left -= drafted.draft.plan.packages if settings.limit is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """Packages chosen for a batch."""

    draft: Draft | None
    """None: no package waits that can be sealed."""
    problems: tuple[NotSealed, ...]
    last: int
    """Place in the queue of the last package looked at."""


def choose(archive: Archive, authority: AuthoritySetting, limit: int, after: int = 0) -> Drafted:
    """Choose the packages of a batch and read their groups; nothing is put into any store.

    Args:
        limit: packages at most.
        after: place in the queue behind which to begin.
    """
    now = archive.clock.now()
    batch_id = new_uuid(now)
    writer: DraftWriter | None = None
    leaves: list[Leaf] = []
    problems: list[NotSealed] = []
    try:
        while len(leaves) < limit:
            waiting = archive.catalogue.waiting_for_seal(
                authority.name, after, min(_READ_TOGETHER, limit - len(leaves))
            )
            if not waiting:
                break
            for key, group in _groups(archive, waiting, authority.algorithm):
                if isinstance(group, ArchiveError):
                    problems.append(NotSealed(authority=authority.name, package=key, problem=group))
                    continue
                writer = writer or DraftWriter(archive, batch_id)
                writer.add(group)
                leaves.append(Leaf(key, group_value(authority.algorithm, group)))
            after = waiting[-1].number
        if writer is None:
            return Drafted(draft=None, problems=tuple(problems), last=after)
        for found in sealed_objects(archive, authority.algorithm):
            writer.add((found.value,))
            leaves.append(found)
        plan = BatchPlan(
            id=batch_id,
            authority=authority.name,
            algorithm=authority.algorithm,
            chain=1,
            created=now,
            leaves=tuple(leaves),
            root=HashTree.over(authority.algorithm, [leaf.value for leaf in leaves]).root,
        )
        return Drafted(draft=writer.finish(plan), problems=tuple(problems), last=after)
    except BaseException:
        if writer is not None:
            writer.drop()
        raise


def _groups(
    archive: Archive, waiting: Sequence[WaitingVersion], algorithm: str
) -> Iterator[tuple[PackageKey, tuple[bytes, ...] | ArchiveError]]:
    """Yield the digests of each package, or why it cannot be sealed."""

    def read(item: WaitingVersion) -> tuple[bytes, ...] | ArchiveError:
        try:
            return tuple(member.digest for member in read_group(archive, item.package, algorithm))
        except (IntegrityError, NotFoundError) as error:
            return error

    with ThreadPoolExecutor(_READERS) as pool:
        for item, found in zip(waiting, pool.map(read, waiting), strict=True):
            yield PackageKey(item.package.aip_id, item.package.version), found


def sealed_objects(archive: Archive, algorithm: str) -> Iterator[Leaf]:
    """Yield what is sealed beside the packages: the head of the audit log, so that it cannot be rewritten unseen."""
    head = archive.audit.head()
    if head.size:
        key = audit_head_key(head.size)
        archive.copies.put(key, head.content)
        yield Leaf(ObjectKey(key), digest_bytes(head.content, algorithm))


def complete(archive: Archive, draft: Draft, stamp: Stamp, trust: TokenTrust) -> EvidenceBatch:
    """Seal a batch whose packages are chosen; what was done of it before is not done again.

    Raises:
        TimestampError: there is no token that can be relied on; the draft waits.
        StorageError: a store cannot be written; the draft waits.
    """
    plan = draft.plan
    token = draft.token or find_object(archive.copies, token_key(plan.id), MAX_TOKEN)
    if token is None:
        token = stamp(plan.root)
        draft.keep_token(token)
    batch = batch_of(plan, token)
    _put_batch(archive, draft, token, trust)
    archive.catalogue.put_batch(batch)
    _put_packages(archive, draft, token, batch)
    _record_seal(archive, batch)
    draft.remove()
    return batch


def _record_seal(archive: Archive, batch: EvidenceBatch) -> None:
    details: dict[str, Detail] = {"authority": batch.authority, "packages": batch.count, "chain": batch.chain}
    note_act(archive, Action.SEAL, batch.id, identifier=derived_uuid(batch.id, "sealed"), details=details)
    archive.audit.flush()


def batch_of(plan: BatchPlan, token: bytes) -> EvidenceBatch:
    """Return what the catalogue keeps of a batch: its description and what its token says.

    Raises:
        TimestampError: the token is not the batch's.
    """
    facts = token_facts(token, plan.algorithm, plan.root)
    return EvidenceBatch(
        id=plan.id,
        authority=plan.authority,
        algorithm=plan.algorithm,
        chain=plan.chain,
        created=plan.created,
        time=facts.time.replace(microsecond=facts.time.microsecond // 1000 * 1000),
        tsa=facts.tsa,
        policy=facts.policy,
        expires=facts.expires,
        count=plan.packages,
        root=plan.root,
    )


def _put_batch(archive: Archive, draft: Draft, token: bytes, trust: TokenTrust) -> None:
    plan = draft.plan
    for key, content in draft.objects():
        archive.copies.put(key, content)
    archive.copies.put(batch_key(plan.id), batch_json(plan))
    archive.copies.put(token_key(plan.id), token)
    material = draft.material
    if material is None:
        found = trust.material(token, plan.algorithm, plan.root)
        draft.keep_material((f"{item.id}.{item.kind.value}", item.content) for item in found)
        material = draft.material or []
    for name, content in material:
        archive.copies.put(f"{batch_folder(plan.id)}validation-data/{name}", content)


def _put_packages(archive: Archive, draft: Draft, token: bytes, batch: EvidenceBatch) -> None:
    """Put the archive timestamps and events, and tell the catalogue, a portion at a time."""
    plan = draft.plan
    tree = HashTree.over(plan.algorithm, [leaf.value for leaf in plan.leaves])

    def put(item: tuple[int, tuple[bytes, ...]]) -> SealedVersion | None:
        place, group = item
        what = plan.leaves[place].what
        part = ArchiveTimestampParts(
            algorithm=plan.algorithm, first=group, siblings=tree.siblings(place), token=token
        ).der()
        if isinstance(what, ObjectKey):
            archive.copies.put(batch_object_key(plan.id, place - plan.packages + 1), part)
            return covered_record(what)
        key = EvidencePart(what.aip_id, what.version, plan.authority, plan.chain, plan.id).key
        event = _event(what, batch)
        archive.copies.put(key, part)
        write_event(archive.copies, what.aip_id, what.version, event)
        return SealedVersion(aip_id=what.aip_id, version=what.version, event=event)

    groups = enumerate(draft.groups())
    with ThreadPoolExecutor(_WRITERS) as pool:
        while portion := list(islice(groups, PORTION)):
            sealed = [item for item in pool.map(put, portion) if item is not None]
            archive.catalogue.add_sealed(batch, sealed)


def _event(package: PackageKey, batch: EvidenceBatch) -> Event:
    """Return the event of one package: the same whenever it is made."""
    return Event(
        id=derived_uuid(batch.id, f"{package.aip_id}/{package.version}"),
        type=EventType.EVIDENCE_RECORD_CREATION if batch.chain == 1 else EventType.EVIDENCE_RECORD_RENEWAL,
        time=batch.time,
        outcome=EventOutcome.SUCCESS,
        detail=f"sealed with {batch.count} packages under one timestamp of {batch.tsa}",
        outcome_detail=f"batch {batch.id}; authority {batch.authority}; {batch.algorithm}:{batch.root.hex()}",
        agent=PROGRAM,
    )
