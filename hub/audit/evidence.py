"""One record's proof, as a bundle that stands without the hub, and the check that needs nothing but a public key."""

import msgspec

from hub.audit import rows
from hub.audit.checkpoint import BadNote, origin_of, vouched
from hub.audit.merkle import Frontier, Span, inclusion_holds, inclusion_spans, leaf_hash
from hub.audit.record import Record, read_record
from hub.store import Store

CHUNK = 10_000


class NotSealed(Exception):
    """There is no such record, or it has no checkpoint yet."""


class NotProven(Exception):
    """The bundle does not prove what it says."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A record, its place, and the way to a signed root.

    Shape: in JSON, bytes are Base64 and `checkpoint` is the signed note as it is.
    """

    record: bytes
    leaf_index: int
    proof: list[bytes]
    checkpoint: str


async def prove(store: Store, record_id: str) -> Evidence:
    """The evidence for a record under its tenant's newest checkpoint. Reads every leaf hash of that tenant.

    Raises: NotSealed, StoreUnavailable.
    """
    found = await store.read(lambda tx: rows.sealed_record(tx, record_id))
    if found is None:
        raise NotSealed(f"{record_id}: no such record, or it is not sealed yet")
    tenant, index, body = found
    newest = await store.read(lambda tx: rows.newest_checkpoint(tx, tenant))
    if newest is None or newest[0] <= index:
        raise NotSealed(f"{record_id}: no checkpoint covers it")
    size, note = newest
    proof = [await _subtree(store, tenant, span) for span in inclusion_spans(index, size)]
    return Evidence(record=body, leaf_index=index, proof=proof, checkpoint=note.decode())


def check(evidence: Evidence, public: bytes) -> Record:
    """The record, if the holder of this key vouched for it at its place in its tenant's log.

    Raises: NotProven.
    """
    try:
        checkpoint = vouched(evidence.checkpoint.encode(), [public])
        record = read_record(evidence.record)
    except (BadNote, msgspec.DecodeError) as error:
        raise NotProven(str(error)) from error
    if checkpoint.origin != origin_of(record.tenant):
        raise NotProven("the checkpoint is of another log")
    leaf = leaf_hash(evidence.record)
    if not inclusion_holds(leaf, evidence.leaf_index, checkpoint.size, evidence.proof, checkpoint.root):
        raise NotProven("the proof does not lead to the signed root")
    return record


async def _subtree(store: Store, tenant: str, span: Span) -> bytes:
    """The root over a span of leaves, read piece by piece."""
    frontier = Frontier()
    for begin in range(span[0], span[1], CHUNK):
        for leaf in await _hashes(store, tenant, begin, min(begin + CHUNK, span[1])):
            frontier.add(leaf)
    return frontier.root()


async def _hashes(store: Store, tenant: str, begin: int, end: int) -> list[bytes]:
    return await store.read(lambda tx: rows.hashes_between(tx, tenant, begin, end))
