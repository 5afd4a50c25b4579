"""A second verifier of evidence records, written from the text of RFC 4998 alone.

It shares no code with the product, so that both can be wrong only by misreading the same sentence. It says whether a
record's hash trees lead from the given documents to the imprints of its timestamps; it does not judge the timestamps.
"""

import hashlib
from dataclasses import dataclass
from itertools import pairwise

_ALGORITHMS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
}


@dataclass(frozen=True)
class Element:
    """One DER element: its tag, its contents, and all its bytes."""

    tag: int
    contents: bytes
    whole: bytes

    def children(self) -> "list[Element]":
        """Return the elements inside."""
        found, rest = [], self.contents
        while rest:
            item = parse(rest)
            found.append(item)
            rest = rest[len(item.whole) :]
        return found


def parse(data: bytes) -> Element:
    """Read the first DER element (X.690 8.1)."""
    length, start = data[1], 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    end = start + length
    if end > len(data):
        raise ValueError("truncated")
    return Element(data[0], data[start:end], data[:end])


def verify(record: bytes, documents: list[bytes]) -> bool:
    """Return whether a record's first timestamps of every chain cover exactly these documents (RFC 4998 4.3, 5.3)."""
    top = parse(record)
    fields = [item for item in top.children() if item.tag not in {0xA0, 0xA1}]
    chains = fields[2].children()
    before = b""
    for chain in chains:
        stamps = chain.children()
        algorithm, _, _ = _imprint(stamps[0])
        values = [_hash(algorithm, document) for document in documents]
        if before:
            # 5.2: "ha(i)= H(atsc(i))"; "h(i)' = H(h(i) + ha(i))"
            sequence = _hash(algorithm, _sequence(before))
            values = [_hash(algorithm, value + sequence) for value in values]
        if not _covered(stamps[0], values):
            return False
        for previous, stamp in pairwise(stamps):
            algorithm, _, _ = _imprint(stamp)
            if not _covered(stamp, [_hash(algorithm, _token(previous).whole)]):
                return False
        before += chain.whole
    return True


def _covered(stamp: Element, values: list[bytes]) -> bool:
    """4.3: the first list holds the hash values and no others; every list hashed with the one before gives the root."""
    algorithm, imprint, _ = _imprint(stamp)
    lists = [[value.contents for value in item.children()] for tree in _tree(stamp) for item in tree.children()]
    if not lists:
        return len(values) == 1 and values[0] == imprint
    if sorted(lists[0]) != sorted(values):
        return False
    value = lists[0][0] if len(lists[0]) == 1 else _hash(algorithm, b"".join(sorted(lists[0])))
    for siblings in lists[1:]:
        value = _hash(algorithm, b"".join(sorted([*siblings, value])))
    return value == imprint


def root_of(record: bytes, chain: int = 0, stamp: int = 0) -> tuple[str, bytes, bytes]:
    """Return algorithm, stamped value and token of one timestamp, to be judged by somebody else."""
    fields = [item for item in parse(record).children() if item.tag not in {0xA0, 0xA1}]
    return _imprint(fields[2].children()[chain].children()[stamp])


def _tree(stamp: Element) -> list[Element]:
    return [item for item in stamp.children() if item.tag == 0xA2]


def _token(stamp: Element) -> Element:
    return stamp.children()[-1]


def _imprint(stamp: Element) -> tuple[str, bytes, bytes]:
    """Return what a token stamps: signedData, encapContentInfo, TSTInfo, messageImprint (RFC 3161 2.4.2)."""
    token = _token(stamp)
    signed_data = token.children()[1].children()[0]
    encapsulated = signed_data.children()[2]
    info = parse(encapsulated.children()[1].children()[0].contents)
    algorithm, value = info.children()[2].children()
    return _ALGORITHMS[_oid(algorithm.children()[0].contents)], value.contents, token.whole


def _oid(contents: bytes) -> str:
    arcs, value = [], 0
    for octet in contents:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _sequence(contents: bytes) -> bytes:
    length = len(contents)
    if length < 0x80:
        return bytes((0x30, length)) + contents
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x30, 0x80 | len(size))) + size + contents


def _hash(algorithm: str, data: bytes) -> bytes:
    return hashlib.new(algorithm, data).digest()
