"""Sealing: who seals, when, and what a crash or a race leaves behind."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.audit import Notary, append, known_keys, open_log_key, rows
from hub.audit.checkpoint import vouched
from hub.audit.checkpoint_file import notes_in
from hub.audit.merkle import leaf_hash, root_of
from hub.audit.record import canonical
from hub.store import Sealer, StoreUnavailable, Unsealable, open_store
from tests.hub.audit.conftest import Archive


async def head(archive: Archive, tenant: str = "bank-a"):
    return await archive.store.read(lambda tx: rows.head(tx, tenant))


async def note_at(archive: Archive, size: int, tenant: str = "bank-a") -> bytes:
    return (await archive.store.read(lambda tx: rows.notes_at(tx, [(tenant, size)])))[tenant, size]


async def test_seals(archive):
    """Records become leaves in the order of their ids, under a signed root, and leave the queue."""
    records = await archive.sealed(3, 2)
    hashes = [leaf_hash(canonical(record)) for record in records]
    assert await archive.store.read(lambda tx: rows.hashes_between(tx, "bank-a", 0, 9)) == hashes
    checkpoint = vouched(await note_at(archive, 5), [archive.key.public])
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == ("hub/audit/bank-a", 5, root_of(hashes))
    assert await archive.notary.seal_once() == 0
    assert list(notes_in(archive.file)) == [await note_at(archive, 3), await note_at(archive, 5)]
    report = await archive.verify()
    assert report.intact
    assert report.unsealed == 0


async def test_logs_of_tenants(archive):
    """Each tenant has a log of its own, and one unit seals them all."""
    for _ in range(3):
        for tenant in ("bank-a", "bank-b", "_hub"):
            await archive.write(2, tenant)
    assert await archive.notary.seal_once() == 18
    for tenant in ("bank-a", "bank-b", "_hub"):
        assert (await head(archive, tenant)).leaves == 6
    assert (await archive.verify()).intact


async def test_limit(archive):
    """A round takes no more than its limit, the oldest first, and each round has its checkpoint."""
    notary = archive.new_notary(limit=4)
    await archive.write(10)
    assert [await notary.seal_once() for _ in range(4)] == [4, 4, 2, 0]
    report = await archive.verify()
    assert report.intact
    assert report.logs["bank-a"].checkpoints == 3


async def test_commits_reorder(archive):
    """A record whose commit came after a younger one was sealed is sealed next, and nobody cries."""
    early, late = archive.record(), archive.record()
    await archive.store.write(lambda tx: append(tx, late))
    assert await archive.notary.seal_once() == 1
    await archive.store.write(lambda tx: append(tx, early))
    assert await archive.notary.seal_once() == 1
    assert early.record_id < late.record_id
    assert (await archive.verify()).intact


async def test_rolled_back_record(archive):
    """A record is kept with the unit that appends it, or not at all."""
    record = archive.record()

    def unit(tx):
        append(tx, record)
        raise LookupError

    with pytest.raises(LookupError):
        await archive.store.write(unit)
    assert await archive.notary.seal_once() == 0
    assert (await archive.verify()).logs == {}


async def test_crash_before_the_file(archive):
    """A crash between the commit and the file is no tampering, and the next start completes the file."""
    await archive.sealed(2)
    crashed = archive.new_notary(checkpoint_file=None)
    await archive.notary.release()
    await archive.write(3)
    await crashed.seal_once()
    await crashed.release()
    assert (await archive.verify()).intact
    assert len(list(notes_in(archive.file))) == 1
    await archive.new_notary().seal_once()
    assert list(notes_in(archive.file))[-1] == await note_at(archive, 5)
    assert (await archive.verify()).intact


async def test_file_out_of_reach(archive):
    """A file that cannot be written stops no sealing, and is completed when it can."""
    archive.file.parent.parent.mkdir(exist_ok=True)
    archive.file.parent.write_text("in the way")
    await archive.sealed(2)
    archive.file.parent.unlink()
    assert await archive.notary.seal_once() == 0
    assert list(notes_in(archive.file)) == [await note_at(archive, 2)]


async def test_second_notary_waits(archive):
    """While one notary holds the lease, another seals nothing; when it ends or is given back, it does."""
    other = archive.new_notary()
    await archive.sealed(1)
    await archive.write(1)
    assert await other.seal_once() == 0
    archive.clock.pass_by(seconds=6)
    assert await other.seal_once() == 1
    await archive.write(1)
    assert await archive.notary.seal_once() == 0
    await other.release()
    assert await archive.notary.seal_once() == 1
    assert (await archive.verify()).intact


async def test_frozen_notary(archive):
    """A notary that was frozen past its lease, with signed leaves in hand, writes nothing."""
    await archive.sealed(1)
    await archive.write(2)
    commit = archive.notary._commit

    async def frozen(*planned):
        archive.clock.pass_by(seconds=6)
        other = archive.new_notary()
        assert await other.seal_once() == 2
        assert not await commit(*planned)
        archive.clock.pass_by(seconds=6)
        return await commit(*planned)

    archive.notary._commit = frozen
    assert await archive.notary.seal_once() == 0
    assert (await head(archive)).leaves == 3
    assert (await archive.verify()).intact


async def test_racing_notaries(database_url, archive):
    """Notaries in two processes, neither of which respects the lease, never fork a tree."""
    second = archive.store if archive.store.dialect == "sqlite" else open_store(database_url)
    notaries = [
        Notary(store, archive.key, archive.clock, holder="both", limit=7, checkpoint_file=archive.file)
        for store in (archive.store, second)
    ]
    writing = [asyncio.create_task(archive.write(40, tenant)) for tenant in ("bank-a", "bank-b", "bank-c")]
    sealed = 0
    while sealed < 120:
        sealed += sum(await asyncio.gather(*(notary.seal_once() for notary in notaries)))
        assert (await archive.verify()).intact
    await asyncio.gather(*writing)
    if second is not archive.store:
        await second.close()
    report = await archive.verify()
    assert (report.intact, sealed, report.unsealed) == (True, 120, 0)


async def test_runs(small_archive):
    """A running notary seals at the bell and without it, and seals the rest when it is stopped."""
    notary, stop = small_archive.new_notary(), asyncio.Event()
    running = asyncio.create_task(notary.run(stop))
    for bell in (True, False):
        await asyncio.sleep(0.3)
        await small_archive.write(5)
        if bell:
            notary.ring()
        while await small_archive.store.read(lambda tx: tx.scalar(select(rows.unsealed.c.record_id))):  # noqa: ASYNC110 - as an onlooker
            await asyncio.sleep(0.02)
    await small_archive.write(5)
    stop.set()
    await running
    assert (await head(small_archive)).leaves == 15
    assert await small_archive.store.read(lambda tx: rows.lease_is_free(tx, "another", small_archive.clock()))


async def test_run_survives_trouble(small_archive, monkeypatch):
    """A database that is away for a while costs a round and no record."""
    notary, stop = small_archive.new_notary(), asyncio.Event()
    await small_archive.write(1)
    trouble = [StoreUnavailable("away"), ZeroDivisionError()]
    seal = notary.seal_once

    async def troubled():
        if trouble:
            raise trouble.pop()
        stop.set()
        return await seal()

    monkeypatch.setattr(notary, "seal_once", troubled)
    notary.ring()
    await asyncio.wait_for(notary.run(stop), 10)
    assert (await small_archive.verify()).logs["bank-a"].sealed == 1


async def test_lost_answer(archive, monkeypatch):
    """A commit whose answer was lost is found again: its checkpoint reaches the file with the next round."""
    await archive.write(1)
    write = archive.store.write

    async def lose(unit):
        await write(unit)
        raise StoreUnavailable("the connection broke", maybe_committed=True)

    with monkeypatch.context() as patch:
        patch.setattr(archive.store, "write", lose)
        await archive.notary._round()
    assert not archive.file.exists()
    await archive.notary._round()
    assert list(notes_in(archive.file)) == [await note_at(archive, 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trees SET size = 2 WHERE tenant = 'bank-a'",
        "UPDATE audit_trees SET root = frontier || root WHERE tenant = 'bank-a'",
        "DELETE FROM audit_trees WHERE tenant = 'bank-a'",
        "DELETE FROM audit_leaves WHERE tenant = 'bank-a' AND leaf_index = 2",
        "DELETE FROM audit_checkpoints WHERE tenant = 'bank-a'",
    ],
)
async def test_altered_log_is_not_continued(archive, statement):
    """The hub signs nothing on top of a log that was altered; other tenants are sealed as ever."""
    await archive.sealed(3)
    await archive.tamper(statement)
    notary = archive.new_notary(limit=5, holder=archive.notary._holder)
    await archive.write(9, "bank-a")
    await archive.write(4, "bank-b")
    sealed = [await notary.seal_once() for _ in range(3)]
    assert sum(sealed) == 4
    assert (await head(archive, "bank-b")).leaves == 4
    report = await archive.verify()
    assert not report.intact
    assert report.logs["bank-a"].unsealed == 9


async def test_queued_twice(archive):
    """A sealed record that somebody put back into the queue leaves it again without a second leaf."""
    [record] = await archive.sealed(1)
    await archive.tamper("INSERT INTO audit_unsealed (record_id, tenant) VALUES (:id, 'bank-a')", id=record.record_id)
    assert await archive.notary.seal_once() == 0
    assert (await archive.verify()).unsealed == 0
    assert (await head(archive)).leaves == 1


async def test_queued_without_record(archive):
    """A record that was removed before it was sealed holds up nobody, and is missed."""
    [record] = await archive.write(1)
    await archive.tamper("DELETE FROM audit_records WHERE record_id = :id", id=record.record_id)
    await archive.sealed(2)
    report = await archive.verify()
    assert report.counts == {"MISSING": 1}


async def test_log_key(archive):
    """The key is made once, opens again, and under another master key not at all."""
    again = await open_log_key(archive.store, Sealer(bytes(32)), archive.clock)
    assert again.public == archive.key.public
    assert await known_keys(archive.store) == [archive.key.public]
    with pytest.raises(Unsealable):
        await open_log_key(archive.store, Sealer(b"\x01" * 32), archive.clock)


async def test_exchanged_log_key(archive):
    """A public key that does not belong to the sealed private one is neither used nor trusted."""
    await archive.tamper("UPDATE audit_keys SET public = :public", public=bytes(32))
    with pytest.raises(Unsealable):
        await open_log_key(archive.store, Sealer(bytes(32)), archive.clock)
    assert await known_keys(archive.store, Sealer(bytes(32))) == []


def test_lease_outlives_a_round():
    """The lease is longer than a round may take, and shorter than anybody's patience."""
    assert timedelta(seconds=1) < Notary.__init__.__kwdefaults__["lease"] <= timedelta(seconds=10)
