"""Hash trees: nodes, and the path from a value to the root.

Source:
    RFC 4998 4.2, 4.3; RFC 6283 3.2, 3.3.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from preservation.cms.digests import digest_bytes
from preservation.evidence.values import HashLists


@dataclass(frozen=True, slots=True)
class Reading:
    """How a path is read where implementations differ; one reading holds for a whole path."""

    rehash_single: bool = False
    """A first list of a single value is hashed again instead of passed through."""
    distinct: bool = False
    """Equal hash values in a list count once."""


READINGS = tuple(Reading(single, distinct) for single in (False, True) for distinct in (False, True))


def node(algorithm: str, values: Iterable[bytes]) -> bytes:
    """Return the value of a node: the digest of its children in binary ascending order, put together."""
    return digest_bytes(b"".join(sorted(values)), algorithm)


def root(algorithm: str, path: HashLists, reading: Reading) -> bytes:
    """Return the root a path leads to.

    Raises:
        ValueError: the path is empty or begins with an empty list.
    """
    if not path or not path[0]:
        raise ValueError("a path needs a first list")
    first = _values(path[0], reading)
    value = first[0] if len(first) == 1 and not reading.rehash_single else node(algorithm, first)
    for siblings in path[1:]:
        value = node(algorithm, _values((*siblings, value), reading))
    return value


def roots(algorithm: str, path: HashLists) -> Iterator[bytes]:
    """Yield the roots of a path by each reading, the one we write first."""
    return (root(algorithm, path, reading) for reading in READINGS)


def _values(values: tuple[bytes, ...], reading: Reading) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(values)) if reading.distinct else values
