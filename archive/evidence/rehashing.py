"""Hash-tree renewal: everything that is held is hashed anew by a stronger algorithm, with the older evidence bound in.

Order, and why a crash between any two steps is safe: (1) package by package the new digests are appended to a file in
the archive's folder, after each was compared with what was sealed; (2) the last timestamp of each batch is completed
with its validation data and verified; (3) a new batch is drafted and sealed as every other: see `seal`. A draft without
timestamp is made again from (1) on, as its validation data would be too old; (1) goes on where it stopped.

Source:
    RFC 4998 5.2 (hash-tree renewal)
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.evidence_values import EvidenceBatch
from archive.catalogue.values import PackageVersion
from archive.evidence.authorities import Stamp, TokenTrust
from archive.evidence.chains import Tail, read_tail
from archive.evidence.checking import CheckedChain, checked_chain
from archive.evidence.drafts import Draft, DraftWriter, open_drafts, working
from archive.evidence.gone import kept_records, object_chain
from archive.evidence.groups import read_group
from archive.evidence.renewal_drafts import FOLDER
from archive.evidence.renewal_values import (
    NotRenewed,
    PackageNotHashed,
    RenewalKind,
    RenewedBatches,
    RenewResult,
)
from archive.evidence.seal import MOST_PACKAGES, complete, sealed_objects
from archive.evidence.storing import MAX_TOKEN, find_object, parts_of, read_object, unreadable
from archive.evidence.values import BatchPlan, Leaf, ObjectKey, PackageKey
from archive.layout import EvidencePart, earlier_token_key, kept_record_key, token_key
from model.errors import ArchiveError, ConfigurationError, IntegrityError, NotFoundError
from model.identifiers import new_uuid
from model.text import N_
from preservation.cms.digests import digest_bytes
from preservation.evidence.build import HashTree, assemble, group_value, renewed_members, with_token
from preservation.evidence.reading import read_record

_DIGESTS = "hashing"
_PAGE = 200
_SYNC_AFTER = 50
"""Packages after which the digests read so far are made durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashTask:
    """Batches of one authority that get their next chain together."""

    authority: str
    chain: int
    """The chain they get."""
    algorithm: str
    """Empty: the authority's own."""
    batches: tuple[EvidenceBatch, ...]


def resume_rehashed(archive: Archive, trust: TokenTrust) -> Iterator[RenewResult]:
    """End the new chains that have their timestamp already; drop the others: they are drafted anew."""
    for draft in open_drafts(archive):
        if draft.plan.chain == 1:
            continue
        if draft.token is None and find_object(archive.copies, token_key(draft.plan.id), MAX_TOKEN) is None:
            draft.remove()
            continue
        yield _sealed(archive, draft, _no_stamp, trust, resumed=True)
    _forget_digests(archive)


def _forget_digests(archive: Archive) -> None:
    """Remove the digests of batches whose packages all have their next chain."""
    folder = archive.folder / FOLDER / _DIGESTS
    with working():
        paths = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
        for path in paths:
            if not archive.catalogue.unrenewed_members(UUID(path.name[:36]), None, 1):
                path.unlink()


def _no_stamp(_root: bytes) -> bytes:
    raise AssertionError("a draft that is resumed has its timestamp")


def rehash(archive: Archive, task: HashTask, trust: TokenTrust) -> Iterator[RenewResult]:
    """Give the packages of batches their next chain."""
    try:
        algorithm = _algorithm(archive, task, trust)
    except ArchiveError as error:
        yield NotRenewed(authority=task.authority, batches=_ids(task.batches), problem=error)
        return
    for portion in _portions(task.batches):
        work = _Rehash(archive=archive, task=task, algorithm=algorithm, trust=trust)
        try:
            yield from work.run(portion)
        except ArchiveError as error:
            yield NotRenewed(authority=task.authority, batches=_ids(portion), problem=error)


def _portions(batches: Sequence[EvidenceBatch]) -> Iterator[tuple[EvidenceBatch, ...]]:
    """Yield batches together as far as one new batch holds their packages."""
    portion: list[EvidenceBatch] = []
    for batch in batches:
        if portion and sum(item.count for item in portion) + batch.count > MOST_PACKAGES:
            yield tuple(portion)
            portion = []
        portion.append(batch)
    if portion:
        yield tuple(portion)


def _algorithm(archive: Archive, task: HashTask, trust: TokenTrust) -> str:
    """Return the new hash algorithm.

    Raises:
        ConfigurationError: none is known that lasts longer than the old ones.
    """
    authority = archive.configuration.evidence.authority(task.authority)
    algorithm = task.algorithm or (authority.algorithm if authority is not None else "")
    window = trust.policy.window(algorithm, "digest", 0)
    lasting = authority is not None and window.at(archive.clock.now())
    for batch in task.batches:
        old = trust.policy.window(batch.algorithm, "digest", 0).until
        longer = window.until is None or (old is not None and window.until > old)
        lasting = lasting and batch.algorithm != algorithm and longer
    if not lasting:
        raise ConfigurationError(
            N_("{algorithm} cannot take the place of {old} for the authority {authority}."),
            hint=N_(
                "Set another `algorithm` for this authority in chauban.toml, one that the signature policy lets count"
                " longer, or name one with --algorithm."
            ),
            algorithm=algorithm or "-",
            old=", ".join(sorted({batch.algorithm for batch in task.batches})),
            authority=task.authority,
        )
    return algorithm


@dataclass(slots=True, kw_only=True)
class _Rehash:
    """One new batch being made."""

    archive: Archive
    task: HashTask
    algorithm: str
    trust: TokenTrust
    chains: dict[UUID, CheckedChain] = field(default_factory=dict)
    tails: dict[tuple[UUID, UUID | None], Tail] = field(default_factory=dict)

    def run(self, portion: Sequence[EvidenceBatch]) -> Iterator[RenewResult]:
        """Read, bind, seal."""
        authority = self.archive.configuration.evidence.authority(self.task.authority)
        if authority is None:
            return
        for batch in portion:
            yield from self._read(batch)
        for batch in portion:
            try:
                self.chains[batch.id] = checked_chain(self.archive, batch, self.trust)
            except ArchiveError as error:
                yield NotRenewed(authority=self.task.authority, batches=(batch.id,), problem=error)
        ready = [batch for batch in portion if batch.id in self.chains]
        draft = self._draft(ready) if ready else None
        if draft is not None:
            client = self.trust.client(authority)
            result = _sealed(self.archive, draft, lambda root: client.timestamp(root, self.algorithm).token, self.trust)
            yield result
            if isinstance(result, NotRenewed):
                return  # what was hashed is not hashed again
        for batch in ready:
            with working():
                self._digests(batch).unlink(missing_ok=True)

    # -- (1) digests

    def _digests(self, batch: EvidenceBatch) -> Path:
        return self.archive.folder / FOLDER / _DIGESTS / f"{batch.id}-{self.algorithm}.jsonl"

    def _read(self, batch: EvidenceBatch) -> Iterator[RenewResult]:
        """Hash the packages of a batch that were not yet, and tell of those that cannot be."""
        path = self._digests(batch)
        with working():
            path.parent.mkdir(parents=True, exist_ok=True)
            last = _take_up(path)
        with working(), path.open("ab") as stream:
            for count, package in enumerate(self._members(batch, last), start=1):
                members, problem = self._hashed(batch, package)
                if problem is not None:
                    yield PackageNotHashed(authority=self.task.authority, package=package, problem=problem)
                line = [str(package.aip_id), package.version, None if members is None else [m.hex() for m in members]]
                stream.write(json.dumps(line).encode() + b"\n")
                if count % _SYNC_AFTER == 0:
                    _sync(stream)
            _sync(stream)

    def _members(self, batch: EvidenceBatch, last: tuple[UUID, int] | None) -> Iterator[PackageKey]:
        while page := self.archive.catalogue.unrenewed_members(batch.id, last, _PAGE):
            yield from (PackageKey(*item) for item in page)
            last = page[-1]

    def _hashed(
        self, batch: EvidenceBatch, package: PackageKey
    ) -> tuple[tuple[bytes, ...] | None, ArchiveError | None]:
        """Return the new digests of a package; none where it is gone, with the reason where it should be there."""
        version = self._version(package)
        if version is None:
            return None, None
        try:
            self._compare(batch, version)
            return tuple(member.digest for member in read_group(self.archive, version, self.algorithm)), None
        except (IntegrityError, NotFoundError) as error:
            return None, error

    def _version(self, package: PackageKey) -> PackageVersion | None:
        versions = self.archive.catalogue.versions(package.aip_id)
        return next((item for item in versions if item.version == package.version), None)

    def _compare(self, batch: EvidenceBatch, version: PackageVersion) -> None:
        """See that a package is what its newest chain covers, so that nothing new is passed off as old.

        Raises:
            IntegrityError: it is not.
        """
        members: Sequence[bytes] = [item.digest for item in read_group(self.archive, version, batch.algorithm)]
        parts = self._parts(PackageKey(version.aip_id, version.version))
        record = self._record(parts, None)
        if len(parts) > 1:
            members = renewed_members(batch.algorithm, members, self._record(parts[:-1], parts[-1].batch_id))
        stamp = read_record(record).chains[-1].timestamps[0]
        if sorted(members) != sorted(stamp.path[0] if stamp.path else (stamp.imprint,)):
            raise IntegrityError(
                N_("Package {package}, version {version}, is not what was sealed."),
                hint=N_("Run `chauban verify {package} --repair` and tell the person responsible."),
                package=version.aip_id,
                version=version.version,
            )

    # -- records

    def _parts(self, package: PackageKey) -> list[EvidencePart]:
        found = parts_of(self.archive.copies, package)
        return [part for part in found if part.authority == self.task.authority and part.chain < self.task.chain]

    def _record(self, parts: Sequence[EvidencePart], following: UUID | None) -> bytes:
        """Return the record of a package as far as some chains; its last token as the next chain covers it."""
        batches = [part.batch_id for part in parts]
        chains = []
        for part, after in zip(parts, [*batches[1:], following], strict=True):
            stamps = self._tail(part.batch_id, after).upon(read_object(self.archive.copies, part.key))
            if after is None and part.batch_id in self.chains:
                stamps[-1] = with_token(stamps[-1], self.chains[part.batch_id].token)
            chains.append(stamps)
        try:
            return assemble(chains)
        except (ValueError, IndexError) as error:
            raise unreadable(parts[0].key if parts else str(self.task.authority)) from error

    def _tail(self, batch_id: UUID, following: UUID | None) -> Tail:
        key = (batch_id, following)
        if key not in self.tails:
            self.tails[key] = read_tail(self.archive.copies, batch_id, following)
        return self.tails[key]

    # -- (3) the new batch

    def _draft(self, batches: Sequence[EvidenceBatch]) -> Draft | None:
        now = self.archive.clock.now()
        batch_id = new_uuid(now)
        writer = DraftWriter(self.archive, batch_id)
        try:
            leaves = list(self._packages(batches, writer))
            objects = list(self._gone(batches, batch_id, writer))
            if not leaves and not objects:
                writer.drop()
                return None
            objects += sealed_objects(self.archive, self.algorithm)
            for leaf in objects:
                writer.add((leaf.value,))
            for chain in self.chains.values():
                writer.keep_object(earlier_token_key(batch_id, chain.batch.id, chain.last), chain.token)
            leaves += objects
            plan = BatchPlan(
                id=batch_id,
                authority=self.task.authority,
                algorithm=self.algorithm,
                chain=self.task.chain,
                created=now,
                leaves=tuple(leaves),
                root=HashTree.over(self.algorithm, [leaf.value for leaf in leaves]).root,
            )
            return writer.finish(plan)
        except BaseException:
            writer.drop()
            raise

    def _packages(self, batches: Sequence[EvidenceBatch], writer: DraftWriter) -> Iterator[Leaf]:
        for package, digests in self._digested(batches):
            if digests is None:
                continue
            group = renewed_members(self.algorithm, digests, self._record(self._parts(package), None))
            writer.add(group)
            yield Leaf(package, group_value(self.algorithm, group))

    def _gone(self, batches: Sequence[EvidenceBatch], batch_id: UUID, writer: DraftWriter) -> Iterator[Leaf]:
        """Keep the records of what cannot be hashed anew, and yield them as leaves."""
        for package, digests in self._digested(batches):
            if digests is not None:
                continue
            part = EvidencePart(*package, self.task.authority, self.task.chain, batch_id)
            record = self._last_record(package)
            writer.keep_object(kept_record_key(part), record)
            yield Leaf(ObjectKey(kept_record_key(part)), digest_bytes(record, self.algorithm))

    def _last_record(self, package: PackageKey) -> bytes:
        """Return the record of a package that is gone: its own, or the one that proves that."""
        parts = self._parts(package)
        if parts and parts[-1].batch_id in self.chains:
            return self._record(parts, None)
        key, _content, batch_id = list(kept_records(self.archive.copies, package, self.task.authority))[-1]
        stamps = object_chain(self.archive.copies, batch_id, key)
        return assemble([[*stamps[:-1], with_token(stamps[-1], self.chains[batch_id].token)]])

    def _digested(self, batches: Sequence[EvidenceBatch]) -> Iterator[tuple[PackageKey, tuple[bytes, ...] | None]]:
        for batch in batches:
            lacking = set(self._members(batch, None))
            with working(), self._digests(batch).open("rb") as stream:
                for line in stream:
                    aip_id, version, members = json.loads(line)
                    package = PackageKey(UUID(aip_id), version)
                    if package in lacking:
                        yield package, None if members is None else tuple(map(bytes.fromhex, members))


def _sealed(archive: Archive, draft: Draft, stamp: Stamp, trust: TokenTrust, *, resumed: bool = False) -> RenewResult:
    """Seal a drafted batch."""
    plan = draft.plan
    try:
        batch = complete(archive, draft, stamp, trust)
    except ArchiveError as error:
        return NotRenewed(authority=plan.authority, batches=(plan.id,), problem=error)
    return RenewedBatches(
        kind=RenewalKind.HASH_TREE,
        authority=plan.authority,
        algorithm=plan.algorithm,
        batches=(plan.id,),
        packages=plan.packages,
        time=batch.time,
        tsa=batch.tsa,
        expires=batch.expires,
        resumed=resumed,
    )


def _take_up(path: Path) -> tuple[UUID, int] | None:
    """Cut off what a killed process wrote half, and return the last package that is there."""
    last: tuple[UUID, int] | None = None
    whole = 0
    if not path.exists():
        return None
    with path.open("r+b") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            aip_id, version, _members = json.loads(line)
            last, whole = (UUID(aip_id), int(version)), whole + len(line)
        stream.truncate(whole)
    return last


def _sync(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _ids(batches: Sequence[EvidenceBatch]) -> tuple[UUID, ...]:
    return tuple(batch.id for batch in batches)
