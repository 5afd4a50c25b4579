"""A re-readable sequence kept on disk, so that a case file of 100,000 files needs no more memory than one of ten."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
"""One encoder for all: `json.dump` builds a new, slower one at every call."""


class Spool(Generic[T]):
    """Values in a file of JSON Lines: written once in order, then iterated any number of times."""

    def __init__(self, path: Path, encode: Callable[[T], object], decode: Callable[[Any], T]) -> None:
        self.path = path
        self._encode = encode
        self._decode = decode
        self._writer = None if path.exists() else path.open("w", encoding="utf-8")
        self._length = 0

    def append(self, value: T) -> None:
        """Add a value; only before the spool is first read.

        Raises:
            ValueError: the spool is closed for writing.
        """
        if self._writer is None:
            raise ValueError(f"spool {self.path.name} is closed for writing")
        self._writer.write(_JSON.encode(self._encode(value)) + "\n")

    def close(self) -> None:
        """End writing; further calls do nothing."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __iter__(self) -> Iterator[T]:
        self.close()
        with self.path.open("r", encoding="utf-8") as lines:
            for line in lines:
                yield self._decode(json.loads(line))
