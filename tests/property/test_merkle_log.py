"""The Merkle tree against a second one, written down from the definitions of RFC 9162 without thought of speed."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preservation.merkle import (
    Frontier,
    Tree,
    consistency_proof,
    folded,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

BOUND = 40


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def k_of(size: int) -> int:
    """The largest power of two smaller than the size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    """2.1.1: MTH."""
    if not d:
        return sha(b"")
    if len(d) == 1:
        return sha(b"\x00" + d[0])
    k = k_of(len(d))
    return sha(b"\x01" + mth(d[:k]) + mth(d[k:]))


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    """2.1.3.1: PATH."""
    if len(d) == 1:
        return []
    k = k_of(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:
    """2.1.4.1: SUBPROOF."""
    if m == len(d):
        return [] if b else [mth(d)]
    k = k_of(len(d))
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def entries(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


@pytest.mark.parametrize("size", range(BOUND + 1))
def test_roots_and_proofs_are_those_of_the_rfc(size: int) -> None:
    d = entries(size)
    leaves = [leaf_hash(item) for item in d]
    tree = Tree(leaves)
    read = folded(lambda start, stop: leaves[start:stop])
    frontier = Frontier()
    frontier.extend(leaves)
    assert tree.root() == frontier.root() == mth(d)
    for index in range(size):
        proof = path(index, d)
        assert list(inclusion_proof(index, size, tree.subtree)) == proof
        assert list(inclusion_proof(index, size, read)) == proof
        assert verify_inclusion(leaves[index], index, size, proof, tree.root())
    for first in range(1, size + 1):
        steps = subproof(first, d, True)
        assert list(consistency_proof(first, size, tree.subtree)) == steps
        assert list(consistency_proof(first, size, read)) == steps
        assert verify_consistency(first, size, mth(d[:first]), tree.root(), steps)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_other_entry_place_size_or_step_is_proven(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(leaf_hash(item) for item in entries(size))
    leaf, root = leaf_hash(b"entry %d" % index), tree.root()
    proof = list(inclusion_proof(index, size, tree.subtree))
    assert verify_inclusion(leaf, index, size, proof, root)
    bit = data.draw(st.integers(0, 255))
    place = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_inclusion(flipped(leaf, bit), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, flipped(root, bit))
    changed = [*proof[:place], flipped(proof[place], bit), *proof[place + 1 :]]
    for wrong in (changed, proof[:-1], [*proof, root], [*proof, proof[-1]]):
        assert not verify_inclusion(leaf, index, size, wrong, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    assert not verify_inclusion(leaf, other, size, proof, root)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_rewritten_history_is_proven(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, 300))
    first = data.draw(st.integers(1, second - 1))
    d = entries(second)
    tree = Tree(leaf_hash(item) for item in d)
    old, new = tree.root(first), tree.root()
    steps = list(consistency_proof(first, second, tree.subtree))
    assert verify_consistency(first, second, old, new, steps)
    rewritten = data.draw(st.integers(0, first - 1))
    d[rewritten] += b"!"
    forged = Tree(leaf_hash(item) for item in d)
    assert not verify_consistency(first, second, old, forged.root(), consistency_proof(first, second, forged.subtree))
    bit, place = data.draw(st.integers(0, 255)), data.draw(st.integers(0, len(steps) - 1))
    changed = [*steps[:place], flipped(steps[place], bit), *steps[place + 1 :]]
    for wrong in (changed, steps[:-1], [*steps, new], []):
        assert not verify_consistency(first, second, old, new, wrong)
    assert not verify_consistency(first, second, flipped(old, bit), new, steps)
    assert not verify_consistency(first, second, old, flipped(new, bit), steps)
