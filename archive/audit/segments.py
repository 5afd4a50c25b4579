"""The log as it lies in the stores: segments of some entries each, created once and never changed.

Source:
    docs/format/store-v1.md, section 7.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from archive.audit.values import Entry
from archive.layout import AUDIT_SEGMENTS, audit_segment_key
from archive.store.protocol import StoredObject
from model.errors import IntegrityError
from model.text import N_

ENTRIES = 100
"""Entries of a segment at most, as they are written."""
MAX_SEGMENT = 1 << 22
"""Bytes of a segment that are read at most: more was never written."""

_KEY = re.compile(re.escape(AUDIT_SEGMENTS) + r"(\d{12})\.jsonl")


class Readable(Protocol):
    """A store, or all copies as one."""

    def open(self, key: str) -> BinaryIO:
        """Open an object."""
        ...

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix, by key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment as it was found."""

    first: int
    """Number of its first entry, by its key."""
    key: str
    lines: tuple[bytes, ...]

    def entries(self) -> list[Entry]:
        """Return the entries.

        Raises:
            ValueError: a line is none.
        """
        return [Entry.from_line(line) for line in self.lines]


def segment_content(entries: Iterable[Entry]) -> bytes:
    """Return the bytes of a segment."""
    return b"".join(entry.line + b"\n" for entry in entries)


def first_of(key: str) -> int | None:
    """Return the number of a segment's first entry by its key; none when it is no key of a segment."""
    found = _KEY.fullmatch(key)
    return int(found[1]) if found else None


def read_segment(stores: Readable, first: int) -> Segment:
    """Read one segment.

    Raises:
        NotFoundError: there is none with this first entry.
        IntegrityError: it is longer than any that was ever written.
    """
    key = audit_segment_key(first)
    with stores.open(key) as stream:
        content = stream.read(MAX_SEGMENT + 1)
    if len(content) > MAX_SEGMENT:
        raise IntegrityError(
            N_("{key} is larger than any segment of an audit log."),
            hint=N_("Restore it from a good copy or a backup, and find out who changed it."),
            key=key,
        )
    return Segment(first=first, key=key, lines=tuple(content.removesuffix(b"\n").split(b"\n")))


def segment_numbers(stores: Readable) -> Iterator[tuple[str, int | None]]:
    """Yield the key of every object among the segments with the number of its first entry, in order."""
    for item in stores.list(AUDIT_SEGMENTS):
        yield item.key, first_of(item.key)
