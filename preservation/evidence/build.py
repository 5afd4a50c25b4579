"""Making and renewing evidence records: one timestamp over the root of a tree of many data-object groups.

The records are put together byte by byte, so that sealing a hundred thousand packages stays a matter of seconds, and
so that what was timestamped is never encoded anew.

Source:
    RFC 4998 4.2 (generation), 5.2 (timestamp renewal and hash-tree renewal); BSI TR-ESOR basis profile (version 1, no
    cryptoInfos, no encryptionInfo).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

from asn1crypto import algos

from preservation.cms import tlv
from preservation.cms.digests import digest_bytes, name_of
from preservation.evidence.hashtree import node
from preservation.evidence.reading import raw_chains, sequence_der
from preservation.evidence.structure import ArchiveTimeStamp, EvidenceRecord


def group_value(algorithm: str, members: Iterable[bytes]) -> bytes:
    """Return the value of a data-object group: of a single member its digest, else the node over all digests.

    Args:
        algorithm: name of the hash algorithm, such as `sha256`.
        members: the digests of the group's files by that algorithm.
    """
    values = list(members)
    return values[0] if len(values) == 1 else node(algorithm, values)


@dataclass(frozen=True, slots=True)
class HashTree:
    """A binary hash tree over the values of groups; an odd node moves up unchanged."""

    algorithm: str
    levels: tuple[tuple[bytes, ...], ...]
    """Leaves first, the root alone in the last."""

    @classmethod
    def over(cls, algorithm: str, leaves: Sequence[bytes]) -> Self:
        """Build the tree.

        Raises:
            ValueError: there are no leaves.
        """
        if not leaves:
            raise ValueError("a hash tree needs a leaf")
        levels = [tuple(leaves)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            pairs = range(0, len(below) - 1, 2)
            above = [node(algorithm, (below[place], below[place + 1])) for place in pairs]
            levels.append((*above, below[-1]) if len(below) % 2 else tuple(above))
        return cls(algorithm, tuple(levels))

    @property
    def root(self) -> bytes:
        """The value that is timestamped."""
        return self.levels[-1][0]

    def siblings(self, leaf: int) -> tuple[bytes, ...]:
        """Return the values beside the way from a leaf to the root, from the bottom."""
        found = []
        for level in self.levels[:-1]:
            neighbour = leaf ^ 1
            if neighbour < len(level):
                found.append(level[neighbour])
            leaf //= 2
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTimestampParts:
    """What one archive timestamp is made of."""

    algorithm: str
    first: tuple[bytes, ...]
    """Values of the first list: the group's members; empty for a timestamp over a single value."""
    siblings: tuple[bytes, ...]
    token: bytes
    """DER `TimeStampToken`."""

    def der(self) -> bytes:
        """Return the DER `ArchiveTimeStamp`."""
        lists = [self.first, *((value,) for value in self.siblings)] if self.first else []
        tree = tlv.encode(0xA2, b"".join(_hash_list(values) for values in lists)) if lists else b""
        return tlv.encode(tlv.SEQUENCE, tlv.encode(0xA0, _identifier(self.algorithm)) + tree + self.token)


def new_record(timestamp: ArchiveTimestampParts) -> bytes:
    """Return the record of a group that was timestamped for the first time."""
    return _record([timestamp.algorithm], [tlv.encode(tlv.SEQUENCE, timestamp.der())])


def assemble(chains: Iterable[Sequence[bytes]]) -> bytes:
    """Return the record made of archive timestamps that were kept one by one, none of their bytes changed.

    Args:
        chains: oldest first; of each chain the DER of its archive timestamps, oldest first.

    Raises:
        ValueError: an archive timestamp is none, or does not name its hash algorithm.
    """
    kept = [tuple(chain) for chain in chains]
    algorithms = dict.fromkeys(stated_algorithm(chain[0]) for chain in kept)
    return _record(tuple(algorithms), [tlv.encode(tlv.SEQUENCE, b"".join(chain)) for chain in kept])


def with_token(timestamp: bytes, token: bytes) -> bytes:
    """Return a DER archive timestamp with another token in the place of its own.

    Args:
        token: DER; stamps the same value, such as the token itself with validation data laid into it.

    Raises:
        ValueError: it is no archive timestamp.
    """
    try:
        parts = list(tlv.children(timestamp, tlv.element_at(timestamp, 0)))
        kept = b"".join(tlv.raw(timestamp, part) for part in parts[:-1])
    except tlv.BadEncoding as error:
        raise ValueError("not an archive timestamp") from error
    return tlv.encode(tlv.SEQUENCE, kept + token)


def stated_algorithm(timestamp: bytes) -> str:
    """Return the hash algorithm a DER archive timestamp names.

    Raises:
        ValueError: it is none, or names no algorithm that is known.
    """
    try:
        stated = ArchiveTimeStamp.load(timestamp, strict=True)["digest_algorithm"]
        name = name_of(stated["algorithm"].dotted)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("not an archive timestamp that names its hash algorithm") from error
    if name is None:
        raise ValueError(f"unknown hash algorithm {stated['algorithm'].dotted}")
    return name


def renew_timestamp(record: bytes, timestamp: ArchiveTimestampParts) -> bytes:
    """Return a record whose last timestamp is covered by a new one of the same hash algorithm."""
    algorithms, chains = _parts(record)
    last = tlv.body(chains[-1], tlv.element_at(chains[-1], 0))
    chains[-1] = tlv.encode(tlv.SEQUENCE, last + timestamp.der())
    return _record(algorithms, chains)


def renew_tree(record: bytes, timestamp: ArchiveTimestampParts) -> bytes:
    """Return a record with a new chain, whose hash tree covers the data and all earlier chains."""
    algorithms, chains = _parts(record)
    declared = algorithms if timestamp.algorithm in algorithms else [*algorithms, timestamp.algorithm]
    return _record(declared, [*chains, tlv.encode(tlv.SEQUENCE, timestamp.der())])


def renewed_members(algorithm: str, members: Iterable[bytes], record: bytes) -> tuple[bytes, ...]:
    """Return what stands for a group's files in a hash-tree renewal: each digest together with the older chains'.

    Args:
        algorithm: the new hash algorithm.
        members: the digests of the group's files by it.
        record: the record as it is before the renewal.
    """
    _, chains = _parts(record)
    earlier = digest_bytes(sequence_der(chains), algorithm)
    return tuple(digest_bytes(member + earlier, algorithm) for member in members)


def _parts(record: bytes) -> tuple[list[str], list[bytes]]:
    decoded = EvidenceRecord.load(record)
    names = [item["algorithm"].native for item in decoded["digest_algorithms"]]
    return [name.replace("_", "-") for name in names], [whole for whole, _ in raw_chains(record)]


def _record(algorithms: Sequence[str], chains: Iterable[bytes]) -> bytes:
    declared = b"".join(tlv.encode(tlv.SEQUENCE, _identifier(name)) for name in algorithms)
    return tlv.encode(tlv.SEQUENCE, b"\x02\x01\x01" + tlv.encode(tlv.SEQUENCE, declared) + sequence_der(chains))


@cache
def _identifier(algorithm: str) -> bytes:
    """Return the contents of an AlgorithmIdentifier without parameters (RFC 5754 2)."""
    oid = algos.DigestAlgorithmId(algorithm.replace("-", "_"))
    return bytes(oid.dump())


def _hash_list(values: Iterable[bytes]) -> bytes:
    ordered = sorted(values)
    header = _octets_header(len(ordered[0]))
    if len(ordered) == 1 or len(set(map(len, ordered))) == 1:  # always so in what we make: one header fits all
        return tlv.encode(tlv.SEQUENCE, header + header.join(ordered))
    return tlv.encode(tlv.SEQUENCE, b"".join(tlv.encode(tlv.OCTET_STRING, value) for value in ordered))


@cache
def _octets_header(size: int) -> bytes:
    """Return tag and length of an OCTET STRING of so many bytes."""
    return tlv.encode(tlv.OCTET_STRING, bytes(size))[:-size]
