"""Digests: values, and one pass over bytes that feeds several algorithms at once."""

import hashlib
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

SHA256 = "sha256"
SHA512 = "sha512"
PACKAGE_ALGORITHMS = (SHA256, SHA512)
"""Algorithms of every payload and tag manifest we write."""

CHUNK = 1 << 20
"""Bytes read at a time."""

_CONSTRUCTORS = {SHA256: hashlib.sha256, SHA512: hashlib.sha512}
"""Looking an algorithm up by its name costs more than hashing a small file."""

_PARALLEL_FROM = 1 << 18
"""Chunks from this size are hashed in threads: below it, handing over costs more than it saves."""


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """One message digest (PREMIS messageDigest)."""

    algorithm: str
    """Lower-case name as BagIt writes it, such as `sha256`."""
    value: bytes
    """Raw bytes, not hex."""

    @property
    def hex(self) -> str:
        """The value in lower-case hexadecimal."""
        return self.value.hex()

    @classmethod
    def from_hex(cls, algorithm: str, text: str) -> "Digest":
        """Read a hexadecimal digest of either case.

        Raises:
            ValueError: not hexadecimal, or of the wrong length for a known algorithm.
        """
        value = bytes.fromhex(text)
        if algorithm in hashlib.algorithms_available and len(value) != hashlib.new(algorithm).digest_size:
            raise ValueError(f"a {algorithm} digest has {hashlib.new(algorithm).digest_size} bytes, not {len(value)}")
        return cls(algorithm, value)


class Digester:
    """Computes several digests in one pass; large chunks are hashed in parallel threads.

    A chunk handed to `update` must not be changed by the caller before the next call returns.
    """

    def __init__(self, algorithms: Iterable[str] = PACKAGE_ALGORITHMS) -> None:
        self._hashes = {name: _CONSTRUCTORS.get(name, partial(hashlib.new, name))() for name in algorithms}
        self._pending: list[Future[None]] = []
        self.size = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """Feed the next bytes."""
        self._settle()
        self.size += len(chunk)
        if len(chunk) < _PARALLEL_FROM:
            for state in self._hashes.values():
                state.update(chunk)
            return
        self._pending = [_pool().submit(state.update, chunk) for state in self._hashes.values()]

    def digests(self) -> tuple[Digest, ...]:
        """Return the digests of everything fed so far, in the order the algorithms were named."""
        self._settle()
        return tuple(Digest(name, state.digest()) for name, state in self._hashes.items())

    def _settle(self) -> None:
        for future in self._pending:
            future.result()
        self._pending = []


def read_chunks(stream: BinaryIO, size: int = CHUNK, *, expected: int = CHUNK) -> Iterator[bytes]:
    """Yield the rest of a stream in chunks.

    Args:
        expected: bytes that are probably there: a small file is then read without a large buffer.
    """
    wanted = min(size, expected + 1)
    while chunk := stream.read(wanted):
        yield chunk
        wanted = size if len(chunk) == wanted else wanted


def digest_stream(stream: BinaryIO, algorithms: Iterable[str] = PACKAGE_ALGORITHMS) -> tuple[int, tuple[Digest, ...]]:
    """Read a stream to its end; return its size in bytes and its digests."""
    digester = Digester(algorithms)
    for chunk in read_chunks(stream):
        digester.update(chunk)
    return digester.size, digester.digests()


_POOL: ThreadPoolExecutor | None = None
_POOL_LOCK = threading.Lock()


def _pool() -> ThreadPoolExecutor:
    global _POOL
    with _POOL_LOCK:
        if _POOL is None:
            _POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="digest")
        return _POOL
