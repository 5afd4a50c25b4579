"""Merkle trees of append-only logs: heads, and proofs that an entry is in a log and that one log continues another.

Knows hashes only. What is appended needs memory for the logarithm of the size (`Frontier`); proofs read the
hashes of subtrees through a function, from `Tree` in memory or folded from stored leaves by `folded`.

Source:
    RFC 9162, section 2.1, with SHA-256.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the empty tree."""

Subtree = Callable[[int, int], bytes]
"""Returns the root over the leaves from `start` up to, not including, `stop`."""

_LEAF = b"\x00"
_NODE = b"\x01"
_sha256 = hashlib.sha256


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of an entry as a leaf."""
    return _sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return _sha256(_NODE + left + right).digest()


class Frontier:
    """What must be known of a tree to append to it and to give its root: one hash for each 1 in its size."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Begin an empty tree, or go on with one.

        Args:
            peaks: roots of the complete subtrees, the largest and leftmost first.

        Raises:
            ValueError: the peaks cannot be those of a tree of this size.
        """
        self._peaks = list(peaks)
        self.size = size
        if size < 0 or len(self._peaks) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in self._peaks):
            raise ValueError(f"no frontier of a tree of {size} leaves")

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, the largest and leftmost first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        peaks, size, node = self._peaks, self.size, leaf
        while size & 1:
            node = _sha256(_NODE + peaks.pop() + node).digest()
            size >>= 1
        peaks.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of leaves in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the Merkle tree hash of everything appended so far (2.1.1)."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            node = node_hash(peak, node)
        return node


class Tree:
    """A tree held in memory, 64 bytes a leaf: every proof costs the logarithm of its size."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf, and each inner node it completes."""
        levels, level, node = self._levels, 0, leaf
        while True:
            hashes = levels[level]
            hashes += node
            if len(hashes) % (2 * HASH_BYTES):
                return
            node = _sha256(_NODE + hashes[-2 * HASH_BYTES :]).digest()
            level += 1
            if level == len(levels):
                levels.append(bytearray())

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of leaves in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves; over all unless given."""
        return self.subtree(0, self.size if size is None else size)

    def subtree(self, start: int, stop: int) -> bytes:
        """Return the root over a range that is a subtree: `start` is a multiple of a power of two that holds it."""
        if start >= stop:
            return EMPTY_ROOT
        level = (stop - start).bit_length() - 1
        at = (start >> level) * HASH_BYTES
        node = bytes(self._levels[level][at : at + HASH_BYTES])
        middle = start + (1 << level)
        return node if middle == stop else node_hash(node, self.subtree(middle, stop))


def folded(leaves: Callable[[int, int], Iterable[bytes]]) -> Subtree:
    """Return what gives subtree roots from a reader of leaf hashes, in bounded memory and reading each leaf once."""

    def subtree(start: int, stop: int) -> bytes:
        frontier = Frontier()
        frontier.extend(leaves(start, stop))
        if frontier.size != stop - start:
            raise ValueError(f"{frontier.size} leaves from {start} to {stop}")
        return frontier.root()

    return subtree


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the proof that a leaf is in a tree (2.1.3.1).

    Args:
        index: of the leaf, from 0.

    Raises:
        ValueError: no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} among {size}")
    proof, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            proof.append(subtree(middle, stop))
            stop = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(first: int, second: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the proof that a tree of `second` leaves begins with one of `first` leaves (2.1.4.1).

    Raises:
        ValueError: not 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError(f"no consistency from {first} to {second}")
    proof, start, stop, whole = [], 0, second, True
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            proof.append(subtree(middle, stop))
            stop = middle
        else:
            proof.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(subtree(start, stop))
    return tuple(reversed(proof))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a proof shows that a leaf is in the tree with this size and root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(step, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, step)
        position >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the second tree begins with the first (2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        position >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """Return the largest power of two smaller than a size."""
    return 1 << (size - 1).bit_length() - 1
