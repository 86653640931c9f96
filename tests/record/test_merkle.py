"""Merkle roots are those of RFC 6962: certificate-transparency's own vectors, and another implementation."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_inclusion

from probe.record.merkle import MerkleTree, inclusion_proof, leaf_hash

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
"""Of certificate-transparency's tests, as are the roots of the first 0, 1, 2 … of them."""
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_of(entries: list[bytes]) -> MerkleTree:
    tree = MerkleTree()
    for entry in entries:
        tree.add(leaf_hash(entry))
    return tree


@pytest.mark.parametrize("number", range(len(ROOTS)))
def test_the_roots_of_certificate_transparencys_vectors(number: int) -> None:
    assert tree_of([bytes.fromhex(leaf) for leaf in LEAVES[:number]]).root.hex() == ROOTS[number]


def root_by_proof(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """Return the root that a proof leads to, as RFC 9162 describes the check (2.1.3.2)."""
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if place & 1 or place == last:
            root = sha256(b"\x01" + sibling + root).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = sha256(b"\x01" + root + sibling).digest()
        place, last = place >> 1, last >> 1
    assert last == 0
    return root


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70), st.data())
def test_roots_and_proofs_are_those_of_another_implementation(entries: list[bytes], data: st.DataObject) -> None:
    other, tree = InmemoryTree(algorithm="sha256"), tree_of(entries)
    for entry in entries:
        other.append_entry(entry)
    assert tree.root == other.get_state()
    index = data.draw(st.integers(0, len(entries) - 1))
    leaves = list(map(leaf_hash, entries))
    path = inclusion_proof(index, leaves)
    proof = other.prove_inclusion(index + 1, len(entries))
    verify_inclusion(leaves[index], tree.root, proof)
    assert sorted([leaves[index], *path]) == sorted(map(bytes.fromhex, proof.serialize()["path"]))
    assert root_by_proof(index, len(entries), leaves[index], path) == tree.root


def test_a_tree_of_many_leaves_keeps_a_few_hashes() -> None:
    tree, leaf = MerkleTree(), leaf_hash(b"")
    for _ in range(100_000):
        tree.add(leaf)
    assert len(tree._peaks) == (100_000).bit_count()
