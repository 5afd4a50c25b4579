"""The Merkle tree's fixed points: values of the RFC's own vectors, misuse, a million leaves."""

import hashlib
import random
import time
from itertools import islice

import pytest

from preservation.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    consistency_proof,
    folded,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Roots that every implementation of certificate transparency logs is tested with."""


def test_the_empty_tree() -> None:
    assert Frontier().root() == Tree().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", ROOTS)
def test_known_roots(size: int) -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    frontier = Frontier()
    frontier.extend(leaves)
    assert frontier.root().hex() == Tree(leaves).root().hex() == ROOTS[size]


def test_a_leaf_is_no_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_a_frontier_goes_on_from_what_was_kept_of_it() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(200)]
    whole, kept = Frontier(), Frontier()
    for leaf in leaves:
        whole.append(leaf)
        kept = Frontier(kept.size, kept.peaks)
        kept.append(leaf)
        assert kept.root() == whole.root()


@pytest.mark.parametrize(("size", "peaks"), [(1, ()), (0, (b"x" * 32,)), (2, (b"short",)), (-1, ())])
def test_what_is_no_frontier_is_refused(size: int, peaks: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError):
        Frontier(size, peaks)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_no_consistency_of_what_is_not_there(first: int, second: int) -> None:
    tree = Tree(leaf_hash(bytes([number])) for number in range(3))
    with pytest.raises(ValueError):
        consistency_proof(first, second, tree.subtree)
    assert not verify_consistency(first, second, tree.root(), tree.root(), ())


@pytest.mark.parametrize(("index", "size"), [(3, 3), (-1, 3), (0, 0)])
def test_no_inclusion_of_what_is_not_there(index: int, size: int) -> None:
    tree = Tree(leaf_hash(bytes([number])) for number in range(3))
    with pytest.raises(ValueError):
        inclusion_proof(index, size, tree.subtree)
    assert not verify_inclusion(leaf_hash(b"x"), index, size, (), tree.root())


def test_missing_leaves_are_noticed() -> None:
    with pytest.raises(ValueError, match="2 leaves"):
        folded(lambda start, stop: [bytes(32)] * (stop - start - 1))(0, 3)


def test_a_hundred_thousand_leaves_in_moments() -> None:
    maker = random.Random(9162)
    leaves = [maker.randbytes(32) for _ in range(100_000)]
    frontier = Frontier()
    begun = time.process_time()
    frontier.extend(leaves)
    root = frontier.root()
    assert time.process_time() - begun < 3
    assert len(frontier.peaks) == 6
    tree = Tree(leaves)
    begun = time.process_time()
    proof = inclusion_proof(77_777, 100_000, tree.subtree)
    steps = consistency_proof(65_537, 100_000, tree.subtree)
    assert verify_inclusion(leaves[77_777], 77_777, 100_000, proof, root)
    assert verify_consistency(65_537, 100_000, tree.root(65_537), root, steps)
    assert time.process_time() - begun < 0.2
    assert steps == consistency_proof(65_537, 100_000, folded(lambda start, stop: islice(leaves, start, stop)))


@pytest.mark.long
def test_a_million_leaves_in_seconds() -> None:
    leaf = leaf_hash(b"x")
    frontier = Frontier()
    begun = time.process_time()
    for _ in range(1_000_000):
        frontier.append(leaf)
    frontier.root()
    assert time.process_time() - begun < 6
