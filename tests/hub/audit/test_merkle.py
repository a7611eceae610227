"""The tree against the published vectors and against the definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_holds,
    consistency_spans,
    inclusion_holds,
    inclusion_spans,
    leaf_hash,
    node_hash,
    prove,
    root_of,
)

ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
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
LEAVES = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
"""The reference vectors of the certificate-transparency project (RFC 6962, whose tree RFC 9162 keeps)."""


def defined(leaves: list[bytes]) -> bytes:
    """The root as section 2.1.1 of RFC 9162 defines it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined(leaves[:split]), defined(leaves[split:]))


def made(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size):
    """Each of the published roots comes out."""
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]
    assert defined(LEAVES[:size]).hex() == ROOTS[size]


def test_published_proof():
    """The published inclusion proof of the first of eight leaves comes out, node for node."""
    proof = [node.hex() for node in prove(LEAVES, inclusion_spans(0, 8))]
    assert proof == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_empty_tree():
    """A tree without leaves has the hash of nothing for its root, and proves nothing."""
    assert Frontier().root() == EMPTY_ROOT
    with pytest.raises(ValueError, match="no leaf 0"):
        inclusion_spans(0, 0)
    assert not inclusion_holds(EMPTY_ROOT, 0, 0, [], EMPTY_ROOT)


@given(size=st.integers(0, 300), cut=st.integers(0, 300))
def test_grows_as_defined(size, cut):
    """A tree that was stored and loaded half way ends with the root that the definition gives."""
    leaves = made(size)
    frontier = Frontier()
    for leaf in leaves[:cut]:
        frontier.add(leaf)
    frontier = Frontier.load(frontier.size, frontier.pack())
    for leaf in leaves[cut:]:
        frontier.add(leaf)
    assert (frontier.size, frontier.root()) == (size, defined(leaves))


@given(size=st.integers(0, 200), packed=st.binary(max_size=200))
def test_foreign_frontier(size, packed):
    """Bytes that are no frontier of that size are refused."""
    if len(packed) == 32 * size.bit_count():
        return
    with pytest.raises(ValueError, match="not the subtrees"):
        Frontier.load(size, packed)


@given(data=st.data(), size=st.integers(1, 200))
def test_inclusion(data, size):
    """Every leaf is proven at its own place, and nothing else is."""
    leaves, index = made(size), data.draw(st.integers(0, size - 1))
    root, proof = root_of(leaves), prove(leaves, inclusion_spans(index, size))
    leaf = leaves[index]
    assert inclusion_holds(leaf, index, size, proof, root)
    other = data.draw(st.integers(-1, size + 1).filter(lambda number: number != index))
    assert not inclusion_holds(leaf, other, size, proof, root)
    assert not inclusion_holds(leaf_hash(b"else"), index, size, proof, root)
    assert not inclusion_holds(leaf, index, size, [*proof, root], root)
    for spoiled in _spoiled(proof):
        assert not inclusion_holds(leaf, index, size, spoiled, root)


@given(data=st.data(), new=st.integers(1, 200))
def test_consistency(data, new):
    """A tree continues each of its beginnings, and no other tree."""
    leaves, old = made(new), data.draw(st.integers(1, new))
    old_root, new_root = root_of(leaves[:old]), root_of(leaves)
    proof = prove(leaves, consistency_spans(old, new))
    assert consistency_holds(old, old_root, new, new_root, proof)
    assert not consistency_holds(old, leaf_hash(b"else"), new, new_root, proof)
    assert not consistency_holds(old, old_root, new, leaf_hash(b"else"), proof)
    assert not consistency_holds(old, old_root, new, new_root, [*proof, new_root])
    for spoiled in _spoiled(proof):
        assert not consistency_holds(old, old_root, new, new_root, spoiled)


@pytest.mark.parametrize(("old", "new"), [(0, 4), (5, 4), (-1, 0)])
def test_no_consistency(old, new):
    """Nothing continues an empty tree or a larger one."""
    with pytest.raises(ValueError, match="does not continue"):
        consistency_spans(old, new)
    assert not consistency_holds(old, EMPTY_ROOT, new, EMPTY_ROOT, [EMPTY_ROOT])


def _spoiled(proof: list[bytes]):
    """The proof with one node exchanged, or one missing."""
    for at in range(len(proof)):
        yield [*proof[:at], leaf_hash(proof[at]), *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
