"""A record's proof, without the hub."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.audit import Evidence, NotProven, NotSealed, check, prove


async def test_proves(archive):
    """Every record of a log is proven by a bundle that survives a journey as JSON."""
    records = await archive.sealed(4, 3)
    for index, record in enumerate(records):
        evidence = msgspec.json.decode(msgspec.json.encode(await prove(archive.store, record.record_id)), type=Evidence)
        assert (check(evidence, archive.key.public), evidence.leaf_index) == (record, index)


async def test_not_sealed(archive):
    """What is not sealed, or not there, cannot be proven."""
    await archive.sealed(1)
    [waiting] = await archive.write(1)
    for record_id in (waiting.record_id, "aud_unknown"):
        with pytest.raises(NotSealed, match=record_id):
            await prove(archive.store, record_id)


async def test_altered_evidence(archive):
    """Evidence of which anything was altered proves nothing."""
    records = await archive.sealed(5)
    await archive.sealed(5, tenant="bank-b")
    evidence = await prove(archive.store, records[2].record_id)
    other = await prove(archive.store, records[1].record_id)
    altered = [
        {"record": evidence.record.replace(b"app", b"bpp")},
        {"record": other.record},
        {"record": evidence.record.replace(b"bank-a", b"bank-b")},
        {"record": b"{}"},
        {"leaf_index": 3},
        {"leaf_index": 99},
        {"proof": other.proof},
        {"proof": []},
        {"checkpoint": evidence.checkpoint.replace("\n5\n", "\n6\n")},
        {"checkpoint": ""},
    ]
    for changes in altered:
        with pytest.raises(NotProven):
            check(msgspec.structs.replace(evidence, **changes), archive.key.public)
    with pytest.raises(NotProven):
        check(evidence, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
