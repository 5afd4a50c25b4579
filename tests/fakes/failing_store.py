"""A real store before which chosen operations fail, as a failing disk or network makes them fail."""

import io
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self, cast

from archive.store.protocol import Store, StoreCapabilities, StoredObject, StoreWriter
from model.errors import StorageError
from model.fixity import Digest
from model.preservation import DisposalConfirmation


class FailingStore:
    """Passes everything to a real store, but for the operations named in `failing`.

    Names: create, write, commit, open, read, stat, list, delete, sweep. `failing["write"] = 3` lets three calls
    pass before it fails; `corrupt` makes every read give one wrong byte; `after_commit` fails a commit whose object
    is in place, as when the answer of a server is lost.
    """

    def __init__(self, store: Store, **failing: int) -> None:
        self.store = store
        self.failing = dict(failing)
        self.corrupt = False
        self.after_commit = False

    def strike(self, operation: str) -> None:
        """Fail if it is this operation's turn."""
        if operation not in self.failing:
            return
        if self.failing[operation] > 0:
            self.failing[operation] -= 1
            return
        raise StorageError("Store {store} failed to {operation}.", store=self.store.name, operation=operation)

    @property
    def name(self) -> str:
        return self.store.name

    @property
    def location(self) -> str:
        return self.store.location

    def create(self, key: str) -> StoreWriter:
        self.strike("create")
        return _Writer(self, self.store.create(key))

    def put(self, key: str, content: bytes) -> StoredObject:
        with self.create(key) as writer:
            writer.write(content)
            return writer.commit()[0]

    def open(self, key: str, *, offset: int = 0, length: int | None = None, fresh: bool = False) -> BinaryIO:
        self.strike("open")
        stream = self.store.open(key, offset=offset, length=length, fresh=fresh)
        return cast("BinaryIO", io.BufferedReader(_Reader(self, stream), 1024))

    def stat(self, key: str) -> StoredObject | None:
        self.strike("stat")
        return self.store.stat(key)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        self.strike("list")
        return self.store.list(prefix, after=after)

    def remains(self, prefix: str) -> Iterator[str]:
        self.strike("list")
        return self.store.remains(prefix)

    def delete(self, key: str, confirmation: DisposalConfirmation) -> None:
        self.strike("delete")
        self.store.delete(key, confirmation)

    def replace_damaged(self, key: str) -> StoreWriter:
        self.strike("create")
        return _Writer(self, self.store.replace_damaged(key))

    def set_aside(self, key: str) -> str:
        return self.store.set_aside(key)

    def sweep(self) -> int:
        self.strike("sweep")
        return self.store.sweep()

    def probe(self) -> StoreCapabilities:
        return self.store.probe()


class _Writer:
    def __init__(self, store: FailingStore, writer: StoreWriter) -> None:
        self._store = store
        self._writer = writer

    def write(self, chunk: bytes | memoryview) -> None:
        self._store.strike("write")
        self._writer.write(chunk)

    def digest(self) -> Digest:
        return self._writer.digest()

    def commit(self) -> tuple[StoredObject, Digest]:
        if self._store.after_commit:
            with suppress(StorageError):
                self._writer.commit()
        self._store.strike("commit")
        return self._writer.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)


class _Reader(io.RawIOBase):
    def __init__(self, store: FailingStore, stream: BinaryIO) -> None:
        self._store = store
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # io.RawIOBase takes any buffer
        self._store.strike("read")
        part = bytearray(self._stream.read(len(buffer)))
        if self._store.corrupt and part:
            part[0] ^= 1
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._stream.close()
        super().close()
