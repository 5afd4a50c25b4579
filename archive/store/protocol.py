"""What a store must do: create once, read by range, list, and delete only with a confirmation."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from model.fixity import Digest
from model.preservation import DisposalConfirmation


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object as a store holds it."""

    key: str
    """`/` separated, relative, ASCII."""
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCapabilities:
    """What a store was seen to do when it was probed, never what its documentation says."""

    conditional_write: bool
    """A second creation of the same key was refused, and of several at once exactly one won."""
    refuses_wrong_checksum: bool
    """An upload with a wrong SHA-256 was refused."""
    versioning: bool
    object_lock: bool
    durable: bool | None
    """Writes are on the medium when acknowledged (fsync); none when it cannot be seen from here."""
    sorted_listing: bool = False
    """Its own lists are in the order of the keys; otherwise they are sorted after they arrive."""
    detail: str = ""


class StoreWriter(Protocol):
    """One object being created; invisible until `commit`, gone without a trace if the block ends before it."""

    def write(self, chunk: bytes | memoryview) -> None:
        """Append bytes.

        Raises:
            StorageError: disk full, store unreachable.
        """
        ...

    def digest(self) -> Digest:
        """Return the SHA-256 of everything written so far, also after a commit that failed."""
        ...

    def commit(self) -> tuple[StoredObject, Digest]:
        """Make the object durable and visible under its key; return it with the SHA-256 of what was written.

        Raises:
            ConflictError: the key exists; it is left as it was.
            StorageError: it could not be made durable; nothing is visible.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """One place that keeps objects. Keys are created once and never overwritten."""

    @property
    def name(self) -> str:
        """Short name of the copy, unique in the archive, such as `a`."""
        ...

    @property
    def location(self) -> str:
        """Where it is, without credentials: a folder or `s3://bucket/prefix`."""
        ...

    def create(self, key: str) -> StoreWriter:
        """Begin an object."""
        ...

    def put(self, key: str, content: bytes) -> StoredObject:
        """Create a small object at once.

        Raises:
            ConflictError: the key exists.
        """
        ...

    def open(self, key: str, *, offset: int = 0, length: int | None = None, fresh: bool = False) -> BinaryIO:
        """Open an object, or a range of it, for reading; the stream reads no byte beyond the range.

        Args:
            fresh: read from the medium where this can be asked for, not from a cache of the machine.

        Raises:
            NotFoundError: no such key.
            StorageError: it could not be read.
        """
        ...

    def stat(self, key: str) -> StoredObject | None:
        """Return the object's size, or none where there is no such key."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects whose key starts with `prefix` and sorts behind `after`, by key, in bounded memory."""
        ...

    def remains(self, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix of which anything is kept, also earlier versions that no list shows.

        Raises:
            StorageError: the store could not be reached.
        """
        ...

    def delete(self, key: str, confirmation: DisposalConfirmation) -> None:
        """Delete one object by an approved decision, with every version that is kept of it.

        Raises:
            NotFoundError: nothing is kept under the key.
            PolicyError: the store's lock forbids it.
        """
        ...

    def replace_damaged(self, key: str) -> StoreWriter:
        """Begin to replace an object found damaged, or to restore one found missing.

        When the new bytes are committed, the damaged ones are set aside under `damaged/`, never lost.
        """
        ...

    def set_aside(self, key: str) -> str:
        """Move an object found damaged under `damaged/`, and return its new key.

        Raises:
            NotFoundError: no such key.
        """
        ...

    def sweep(self) -> int:
        """Remove what killed writers left behind (never what a living one is writing); return how many things."""
        ...

    def probe(self) -> StoreCapabilities:
        """Try what the store really does, and leave nothing behind."""
        ...
