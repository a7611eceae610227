"""What the tables hold about a log, as plain values."""

import msgspec


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the log as it is stored."""

    public: bytes
    data_key: bytes
    private: bytes


class WaitingRecord(msgspec.Struct, frozen=True):
    """A record that is not yet sealed.

    Shape: `tree_size` is its tenant's at the same moment, so that whoever seals it later sees whether another did.
    `leaf_index` is the leaf it has all the same, if somebody put it back in the queue.
    """

    record_id: str
    tenant: str
    body: bytes
    leaf_index: int | None
    tree_size: int


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's tree as it stands."""

    tenant: str
    size: int
    root: bytes
    frontier: bytes


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """A tree that was and the tree that follows. Shape: `added` is (leaf_index, record_id, leaf_hash)."""

    tenant: str
    old_size: int
    tree: Tree
    added: list[tuple[int, str, bytes]]
    note: bytes


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables say about one tenant's log, read in one statement so that sealing cannot come between.

    Shape: three numbers that agree in a healthy log: leaves, the tree's size, the newest checkpoint's size.
    """

    tenant: str
    leaves: int
    tree_size: int
    checkpoint_size: int
    root: bytes
    frontier: bytes


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A leaf and its record; `body` is None where the record is gone."""

    leaf_index: int
    leaf_hash: bytes
    record_id: str
    body: bytes | None
    tenant: str | None
    at: int | None


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """What of one tenant waits to be sealed. Units: `oldest` is microseconds since 1970."""

    tenant: str
    waiting: int
    without_record: int
    oldest: int | None
