"""Several stores as one: everything is written to each, read back from each, and compared."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from archive.store.failures import conflict, not_found
from archive.store.protocol import Store, StoredObject, StoreWriter
from archive.store.streams import Failover, buffered
from model.errors import (
    ArchiveError,
    ConfigurationError,
    ConflictError,
    IntegrityError,
    NotFoundError,
    StorageError,
)
from model.fixity import SHA256, Digest, Digester, digest_stream
from model.preservation import DisposalConfirmation
from model.text import N_

T = TypeVar("T")

_GATHER = 1 << 20
_DIRECT = 1 << 18
_AHEAD = 4
"""Chunks a slow copy may lie behind before the writing waits for it."""


class CopySet:
    """The stores of an archive; something is stored when every one of them has it, unchanged."""

    def __init__(self, stores: Sequence[Store]) -> None:
        """Name the copies, the one to read from first.

        Raises:
            ConfigurationError: none is named, or two have one name or one place.
        """
        if not stores:
            raise ConfigurationError(
                N_("No store is configured."), hint=N_("Name at least one store in the archive's configuration.")
            )
        for what in ([store.name for store in stores], [store.location for store in stores]):
            _refuse_double(what)
        self._stores = tuple(stores)
        self.lanes = tuple(_Lane(store) for store in stores)

    @property
    def stores(self) -> tuple[Store, ...]:
        """The copies, the one to read from first."""
        return self._stores

    def create(self, key: str) -> "CopyWriter":
        """Begin an object in every store that does not hold it yet.

        Raises:
            StorageError: a store could not be reached.
        """
        return CopyWriter(self, key)

    def put(self, key: str, content: bytes) -> tuple[StoredObject, Digest]:
        """Keep a small object in every store; doing so again with the same bytes changes nothing.

        Raises:
            ConflictError: a store holds other bytes under the key.
            StorageError: a store could not be written, or did not keep what was written.
        """
        with self.create(key) as writer:
            writer.write(content)
            return writer.commit()

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open an object, or a range of it, from the first copy that answers.

        A copy that fails while it is being read is left for the next one, at the same place.

        Raises:
            NotFoundError: every copy answered that there is no such key.
            StorageError: no copy could be read.
        """

        def opener(store: Store) -> Callable[[int], BinaryIO]:
            return lambda done: store.open(
                key, offset=offset + done, length=None if length is None else max(0, length - done)
            )

        return buffered(Failover([opener(store) for store in self._stores]))

    def stat(self, key: str) -> StoredObject | None:
        """Return the object's size from the first copy that holds it; none when every copy says it has none.

        Raises:
            StorageError: no copy that answered holds it, and a copy did not answer.
        """
        failed: ArchiveError | None = None
        for store in self._stores:
            try:
                if found := store.stat(key):
                    return found
            except (StorageError, ConfigurationError) as error:
                failed = failed or error
        if failed:
            raise failed
        return None

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects that any copy holds, by key, each once."""
        previous = ""
        streams = [store.list(prefix, after=after) for store in self._stores]
        for found in heapq.merge(*streams, key=lambda item: item.key):
            if found.key != previous:
                previous = found.key
                yield found

    def delete(self, key: str, confirmation: DisposalConfirmation) -> None:
        """Delete an object from every copy by an approved decision; one already without it is passed over.

        Raises:
            NotFoundError: no copy holds it.
            PolicyError: no confirmation, or a store's lock forbids it.
        """
        deleted = 0
        for store in self._stores:
            with suppress(NotFoundError):
                store.delete(key, confirmation)
                deleted += 1
        if not deleted:
            raise not_found(self._names(), key)

    def repair(self, key: str, damaged: Store, digest: Digest) -> StoredObject:
        """Restore one copy of an object from another that still has the recorded SHA-256.

        Raises:
            IntegrityError: no other copy has it.
            StorageError: the copy could not be written, or again did not keep what was written.
        """
        for store in self._stores:
            if store is damaged or not _holds(store, key, digest):
                continue
            with store.open(key) as source, damaged.replace_damaged(key) as writer:
                while chunk := source.read(_GATHER):
                    writer.write(chunk)
                stored, written = writer.commit()
            if written != digest or not _holds(damaged, key, digest):
                damaged.set_aside(key)
                raise _not_kept(damaged.name, key)
            return stored
        raise IntegrityError(
            N_("{key} of store {store} cannot be repaired: no other copy is undamaged."),
            hint=N_("Restore it from a backup. The damaged bytes are kept."),
            key=key,
            store=damaged.name,
        )

    def sweep(self) -> int:
        """Remove what killed writers left behind in any store; return how many things."""
        return sum(store.sweep() for store in self._stores)

    def each(self, task: Callable[[Store], T], stores: Iterable[Store] | None = None) -> tuple[T, ...]:
        """Do something with every store (or those named) at the same time; return the answers in their order.

        Raises:
            ArchiveError: the first failure, after all have ended.
        """
        chosen = self._stores if stores is None else tuple(stores)
        if len(chosen) == 1:
            return (task(chosen[0]),)
        return _answers([lane.start(task, lane.store) for lane in self.lanes if lane.store in chosen])

    def _names(self) -> str:
        return ", ".join(store.name for store in self._stores)


class CopyWriter:
    """One object being written to every store; counted only when all copies agree.

    The first store decides between writers of one key: the others are committed only once it holds these
    bytes, so that of two writers with different bytes one wins everywhere and the other nowhere.
    """

    def __init__(self, copies: CopySet, key: str) -> None:
        self._stores = copies.stores
        self._each = copies.each
        self._key = key
        self._gathered = bytearray()
        self._branches: dict[str, _Branch] = {}
        try:
            for lane in copies.lanes:
                if lane.store.stat(key) is None:
                    self._branches[lane.store.name] = _Branch(lane, lane.store.create(key))
        except BaseException:
            self._abandon()
            raise
        self._alone = len(self._branches) == 1
        self._digester = None if self._branches else Digester((SHA256,))

    def write(self, chunk: bytes | memoryview) -> None:
        """Append bytes to every copy.

        Raises:
            StorageError: a store could not be written; nothing is visible.
        """
        if len(chunk) < _DIRECT:
            self._gathered += chunk
            if len(self._gathered) >= _GATHER:
                self._flush()
            return
        self._flush()
        self._hand_out(chunk if self._alone else bytes(chunk))

    def commit(self) -> tuple[StoredObject, Digest]:
        """Make every copy durable, read each back from its medium, and compare.

        A store that held the key already is done when its bytes are the same.

        Raises:
            ConflictError: a store holds other bytes under the key.
            StorageError: a store could not be written, or did not keep what was written. Copies that other
                stores have finished stay, unknown to the catalogue, and are found done when it is tried again.
        """
        self._flush()
        for branch in self._branches.values():
            branch.wait()
        digest = self._digest()
        first = self._stores[0]
        written = self._commit_one(first)
        known = None if written else self._compare(first, digest, written=False)

        def finish(store: Store) -> StoredObject:
            if store is first:
                return known or self._compare(store, digest, written=True)
            return self._compare(store, digest, written=self._commit_one(store))

        return self._each(finish)[0], digest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon()

    def _flush(self) -> None:
        if self._gathered:
            gathered, self._gathered = bytes(self._gathered), bytearray()
            self._hand_out(gathered)

    def _hand_out(self, chunk: bytes | memoryview) -> None:
        if self._digester is not None:
            self._digester.update(chunk)
        for branch in self._branches.values():
            if self._alone:
                branch.writer.write(chunk)
            else:
                branch.hand_over(chunk)

    def _digest(self) -> Digest:
        if self._digester is not None:
            return self._digester.digests()[0]
        found = {branch.writer.digest() for branch in self._branches.values()}
        if len(found) > 1:
            raise StorageError(
                N_("The stores were handed different bytes of {key}."),
                hint=N_("The memory of this machine may be failing: test it before you store anything more."),
                key=self._key,
            )
        return found.pop()

    def _commit_one(self, store: Store) -> bool:
        """Commit one copy; return whether these bytes were written, rather than found there."""
        branch = self._branches.get(store.name)
        if branch is None:
            return False
        try:
            branch.writer.commit()
        except ConflictError:
            return False
        return True

    def _compare(self, store: Store, digest: Digest, *, written: bool) -> StoredObject:
        """Read one copy back from its medium."""
        with store.open(self._key, fresh=True) as stream:
            size, found = digest_stream(stream, (SHA256,))
        if found == (digest,):
            return StoredObject(key=self._key, size=size)
        if not written:
            raise conflict(store.name, self._key)
        store.set_aside(self._key)
        raise _not_kept(store.name, self._key)

    def _abandon(self) -> None:
        for branch in self._branches.values():
            branch.abandon()


class _Lane:
    """One store with a thread of its own, in which its tasks run in order."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._executor: ThreadPoolExecutor | None = None

    def start(self, task: Callable[..., T], *values: object) -> "Future[T]":
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"store-{self.store.name}")
        return self._executor.submit(task, *values)


class _Branch:
    """The writer of one copy and the chunks on their way to it."""

    def __init__(self, lane: _Lane, writer: StoreWriter) -> None:
        self.writer = writer
        self._lane = lane
        self._pending: deque[Future[None]] = deque()

    def hand_over(self, chunk: bytes | memoryview) -> None:
        if len(self._pending) >= _AHEAD:
            self._pending.popleft().result()
        self._pending.append(self._lane.start(self.writer.write, chunk))

    def wait(self) -> None:
        while self._pending:
            self._pending.popleft().result()

    def abandon(self) -> None:
        while self._pending:
            self._pending.popleft().exception()
        self.writer.__exit__(None, None, None)


def _answers(futures: Sequence["Future[T]"]) -> tuple[T, ...]:
    """Wait for all, then return the answers, or raise the first failure."""
    for future in futures:
        future.exception()
    return tuple(future.result() for future in futures)


def _holds(store: Store, key: str, digest: Digest) -> bool:
    try:
        with store.open(key, fresh=True) as stream:
            return digest_stream(stream, (digest.algorithm,))[1] == (digest,)
    except (StorageError, NotFoundError):
        return False


def _not_kept(store: str, key: str) -> StorageError:
    return StorageError(
        N_("Store {store} did not keep {key} as it was written: reading it back gave other bytes."),
        hint=N_("The disk or its connection may be failing: check it, then run the command again."),
        store=store,
        key=key,
    )


def _refuse_double(values: Sequence[str]) -> None:
    double = sorted({value for value in values if values.count(value) > 1})
    if double:
        raise ConfigurationError(
            N_("Two stores are configured as {value}."),
            hint=N_("Give every copy its own name and its own place: two copies in one place are one copy."),
            value=double[0],
        )
