"""A re-readable sequence kept on disk, so that a case file of 100,000 files needs no more memory than one of ten."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar

T = TypeVar("T")

IN_MEMORY = 2048
"""Values that are also kept in memory; a longer sequence is read from disk each time."""

_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
"""One encoder for all: `json.dump` builds a new, slower one at every call."""


class Spool(Generic[T]):
    """Values in a file of JSON Lines: written once in order, then iterated any number of times.

    A file that exists already is read; appending to it is an error.
    """

    def __init__(
        self, path: Path, encode: Callable[[T], object], decode: Callable[[Any], T], *, durable: bool = True
    ) -> None:
        """Name the file.

        Args:
            durable: leave a file behind, for a later process; else there is one only for a long sequence.
        """
        self._writer: TextIO | None = None
        self.path = path
        self._encode = encode
        self._decode = decode
        self._durable = durable
        self._closed = path.exists()
        self._kept: list[T] | None = None if self._closed else []

    def append(self, value: T) -> None:
        """Add a value; only before the spool is first read.

        Raises:
            ValueError: the spool is closed for writing.
        """
        if self._closed:
            raise ValueError(f"spool {self.path.name} is closed for writing")
        if self._durable or self._kept is None:
            self._write(value)
        if self._kept is not None:
            self._kept.append(value)
            if len(self._kept) > IN_MEMORY:
                self._forget()

    def close(self) -> None:
        """End writing; further calls do nothing."""
        if self._durable and not self._closed and self._writer is None:
            self.path.touch()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._closed = True

    def __del__(self) -> None:
        """Close the file of a spool that an error kept from being finished."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()

    def __iter__(self) -> Iterator[T]:
        self.close()
        return iter(self._kept) if self._kept is not None else self._read()

    def _read(self) -> Iterator[T]:
        """Yield the values from disk, and keep them if they turn out to be few."""
        seen: list[T] = []
        with self.path.open("r", encoding="utf-8") as lines:
            for line in lines:
                value = self._decode(json.loads(line))
                if len(seen) <= IN_MEMORY:
                    seen.append(value)
                yield value
        if len(seen) <= IN_MEMORY:
            self._kept = seen

    def _forget(self) -> None:
        """Go over to the disk alone."""
        kept, self._kept = self._kept or [], None
        if not self._durable:
            for value in kept:
                self._write(value)

    def _write(self, value: T) -> None:
        if self._writer is None:
            self._writer = self.path.open("w", encoding="utf-8")
        self._writer.write(_JSON.encode(self._encode(value)) + "\n")
