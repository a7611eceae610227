"""Merkle trees: roots, proofs and their verification, pure.

Source: RFC 9162, section 2.1 (sections 2.1.1 to 2.1.5); hash: SHA-256.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeAlias

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()

Span: TypeAlias = tuple[int, int]
"""Leaves from the first number up to, and without, the second."""


def leaf_hash(entry: bytes) -> bytes:
    """Section 2.1.1: the prefix keeps an entry from passing for a node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows, kept as the roots of its perfect subtrees: one for each bit set in its size."""

    __slots__ = ("size", "subtrees")

    def __init__(self, size: int = 0, subtrees: Iterable[bytes] = ()) -> None:
        self.size = size
        self.subtrees = list(subtrees)
        if len(self.subtrees) != size.bit_count() or any(len(root) != HASH_BYTES for root in self.subtrees):
            raise ValueError(f"these are not the subtrees of a tree of {size} leaves")

    @classmethod
    def load(cls, size: int, packed: bytes) -> "Frontier":
        """Reads what `pack` wrote. Raises: ValueError."""
        return cls(size, (packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)))

    def pack(self) -> bytes:
        """The largest subtree first."""
        return b"".join(self.subtrees)

    def add(self, leaf: bytes) -> None:
        """Append a leaf's hash; equal subtrees merge like carries in binary addition."""
        carries = self.size
        while carries & 1:
            leaf = node_hash(self.subtrees.pop(), leaf)
            carries >>= 1
        self.subtrees.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Section 2.1.1."""
        if not self.subtrees:
            return EMPTY_ROOT
        *rest, root = self.subtrees
        for subtree in reversed(rest):
            root = node_hash(subtree, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in memory that grows with the logarithm of their number."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The subtrees whose roots prove that a leaf stands in a tree, from the leaf upwards.

    Source: section 2.1.3.1, with the subtrees named instead of hashed, so that a caller may stream them.
    Raises: ValueError for a leaf that the tree does not have.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    spans, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((begin, middle))
            begin = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The subtrees whose roots prove that one tree continues another.

    Source: section 2.1.4.1. Raises: ValueError unless 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves does not continue one of {old}")
    spans, begin, end = [], 0, new
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((begin, middle))
            begin = middle
    return ([(begin, end)] if begin else []) + spans[::-1]


def prove(leaves: Sequence[bytes], spans: Iterable[Span]) -> list[bytes]:
    """The proof that the spans name, over leaf hashes in memory."""
    return [root_of(leaves[begin:end]) for begin, end in spans]


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from a leaf's hash to the root. Source: section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            fn, sn = _climb(fn, sn)
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new` leaves continues the tree of `old` leaves. Source: section 2.1.4.2."""
    if old == new:
        return not proof and old_root == new_root
    if not (0 < old < new and proof):
        return False
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            fn, sn = _climb(fn, sn)
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def _climb(fn: int, sn: int) -> tuple[int, int]:
    """Pass the levels on which the path has no sibling to its right."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _split(size: int) -> int:
    """The largest power of two smaller than the size."""
    return 1 << (size - 1).bit_length() - 1
