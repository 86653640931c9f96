"""The Merkle tree of RFC 6962: one hash over many leaves, and a short proof that one of them is among them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

LEAF = b"\x00"
"""Before what a leaf holds; a node begins with another byte, so that neither passes for the other."""
_NODE = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(LEAF + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


class MerkleTree:
    """A tree to which leaves are added; it keeps a hash for each binary digit of their number."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        """Roots of the complete trees that the leaves so far make up, the largest first."""

    def add(self, leaf: bytes) -> None:
        """Add a leaf by its hash."""
        number, self.size = self.size, self.size + 1
        while number & 1:
            leaf = _node_hash(self._peaks.pop(), leaf)
            number >>= 1
        self._peaks.append(leaf)

    @property
    def root(self) -> bytes:
        """Return the root; of no leaves, the hash of nothing."""
        if not self._peaks:
            return sha256(b"").digest()
        *others, root = self._peaks
        for peak in reversed(others):
            root = _node_hash(peak, root)
        return root


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the hashes that lead from a leaf to the root, the leaf's neighbour first."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    left = index < half
    own, other = (leaves[:half], leaves[half:]) if left else (leaves[half:], leaves[:half])
    return [*inclusion_proof(index if left else index - half, own), _root_of(other)]


def _root_of(leaves: Sequence[bytes]) -> bytes:
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root
