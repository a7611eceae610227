import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from hub.store import Store, open_store
from hub.work import rows
from hub.work.rows import Work
from tests.hub.work.conftest import START, Pieces

MINUTE = timedelta(minutes=1)


def claiming(owner: str, at=START, limit: int = 10):
    return lambda tx: rows.claim(tx, owner, at, at + MINUTE, limit)


async def test_what_is_due_is_claimed_once(store: Store, pieces: Pieces):
    """A claimed piece is nobody else's while its lease stands, and what is due later waits."""
    await pieces.put("a", "b")
    await pieces.put("later", due=START + MINUTE)
    claimed = await store.write(claiming("one"))
    assert [(work.work_id, work.fence, work.tries) for work in claimed] == [("a", 1, 1), ("b", 1, 1)]
    assert await store.write(claiming("other")) == []


async def test_the_longest_due_comes_first(store: Store, pieces: Pieces):
    """A worker with few free hands takes what has waited longest."""
    await pieces.put("young", due=START - MINUTE)
    await pieces.put("old", due=START - 2 * MINUTE)
    assert [work.work_id for work in await store.write(claiming("one", limit=1))] == ["old"]


async def test_a_lease_runs_out(store: Store, pieces: Pieces):
    """After its lease a piece is anybody's, under a higher fence, and the first claim holds nothing any more."""
    await pieces.put("a")
    [first] = await store.write(claiming("one"))
    [second] = await store.write(claiming("other", at=START + MINUTE))
    assert second.fence > first.fence
    assert await store.write(lambda tx: not rows.held(tx, "a", first.fence))
    assert await store.write(lambda tx: rows.standing(tx, "a")) == rows.Standing(second.fence, 2)


async def test_what_is_begun_at_once_falls_due_with_its_lease(store: Store, pieces: Pieces):
    """Work that its owner is doing from the start is taken over when the lease is over, not before."""
    begun = Work("a", "chore", "bnk_1", fence=1, tries=0)
    await store.write(lambda tx: rows.start(tx, begun, owner="one", leased_until=START + MINUTE))
    assert await store.write(claiming("other", at=START + MINUTE / 2)) == []
    [taken] = await store.write(claiming("other", at=START + MINUTE))
    assert taken.fence == 2


async def test_one_piece_ahead_of_its_time(store: Store, pieces: Pieces):
    """A reader may take a piece before it is due, unless somebody holds it."""
    await pieces.put("a", due=START + 60 * MINUTE)
    taken = await store.write(lambda tx: rows.claim_one(tx, "a", "one", START, START + MINUTE))
    assert taken is not None
    assert taken.fence == 1
    assert await store.write(lambda tx: rows.claim_one(tx, "a", "other", START, START + MINUTE)) is None
    assert await store.write(lambda tx: rows.claim_one(tx, "missing", "other", START, START + MINUTE)) is None


async def test_giving_back(store: Store, pieces: Pieces):
    """An owner that stops frees its own leases, at once due; whoever else is dead is freed by the only process."""
    await pieces.put("a", "b")
    await store.write(claiming("one", limit=1))
    await store.write(claiming("other", limit=1))
    now = START + MINUTE / 2
    assert await store.write(lambda tx: rows.give_back(tx, "one", now)) == 1
    assert await store.write(lambda tx: rows.free_others(tx, "one", now)) == 1
    assert len(await store.write(claiming("third", at=now))) == 2


async def test_hurrying_leaves_a_claim_alone(store: Store, pieces: Pieces):
    """Work is brought forward, never put off, and never taken out of a hand."""
    await pieces.put("free", "held", due=START + 5 * MINUTE)
    await store.write(lambda tx: rows.claim_one(tx, "held", "one", START, START + MINUTE))
    for name in ("free", "held"):
        await store.write(lambda tx, name=name: rows.hurry(tx, name, START))
        await store.write(lambda tx, name=name: rows.hurry(tx, name, START + 9 * MINUTE))
    assert [work.work_id for work in await store.write(claiming("other"))] == ["free"]


async def test_done_now_whether_or_not_it_stood(store: Store, pieces: Pieces):
    """What nobody had put down is put down, what waits is brought forward, and neither is there twice."""
    await pieces.put("waits", due=START + 5 * MINUTE)
    for name in ("new", "waits", "waits"):
        await store.write(lambda tx, name=name: rows.put_now(tx, name, "chore", "bnk_1", START))
    assert sorted(work.work_id for work in await store.write(claiming("one"))) == ["new", "waits"]


async def test_what_is_hurried_in_a_hand_is_minded_once_it_is_let_go_of(store: Store, pieces: Pieces):
    """A claim hides no hurry: the work falls due by it, and the one after that as it is told."""
    await pieces.put("hurried", "calm")
    await store.write(claiming("one"))
    await store.write(lambda tx: rows.hurry(tx, "hurried", START + MINUTE / 4))
    for name in ("hurried", "calm"):
        await store.write(lambda tx, name=name: rows.again(tx, name, START + 5 * MINUTE))
    assert [work.work_id for work in await store.write(claiming("one", at=START + MINUTE / 3))] == ["hurried"]
    await store.write(lambda tx: rows.again(tx, "hurried", START + 9 * MINUTE))
    assert [work.work_id for work in await store.write(claiming("one", at=START + 5 * MINUTE))] == ["calm"]


async def test_the_next_look_is_not_held_up_by_a_claim(store: Store, pieces: Pieces):
    """Work that somebody holds hides nothing behind it that is due and free."""

    async def next_due(at=START):
        return await store.read(lambda tx: rows.next_due(tx, at))

    assert await next_due() is None
    await pieces.put("held", due=START - MINUTE)
    await store.write(claiming("one"))
    assert await next_due() == START + MINUTE
    await pieces.put("later", due=START + MINUTE / 2)
    assert await next_due() == START + MINUTE / 2
    await pieces.put("free")
    assert await next_due() == START
    assert await next_due(START + 2 * MINUTE) == START + 2 * MINUTE


async def test_several_processes_share_the_work(postgres_url: str):
    """On PostgreSQL many claim at once: every piece goes to exactly one of them, and nobody waits for a lock."""
    stores = [open_store(postgres_url) for _ in range(4)]
    names = [f"piece-{number:03}" for number in range(200)]
    await Pieces(stores[0]).put(*names)

    async def take_all(store: Store, owner: str) -> list[str]:
        taken: list[str] = []
        while batch := await store.write(claiming(owner, limit=7)):
            taken += [work.work_id for work in batch]
        return taken

    shares = await asyncio.gather(*(take_all(store, f"owner-{number}") for number, store in enumerate(stores)))
    assert Counter(name for share in shares for name in share) == Counter(names)
    assert sum(1 for share in shares if share) > 1
    for store in stores:
        await store.close()


@pytest.mark.timeout(60)
async def test_a_locked_piece_is_passed_over(postgres_url: str):
    """A claim does not wait for a piece that an open transaction has locked, and takes the others."""
    one, other = open_store(postgres_url), open_store(postgres_url)
    pieces = Pieces(one)
    await pieces.put("a", "b")
    loop, locked, taken = asyncio.get_running_loop(), asyncio.Event(), []

    def slow_unit(tx) -> None:
        rows.standing(tx, "a")
        loop.call_soon(locked.set)
        tx.exec_driver_sql("SELECT pg_sleep(1.5)")

    slow = asyncio.create_task(one.write(slow_unit))
    await locked.wait()
    taken = await other.write(claiming("other"))
    assert not slow.done()
    assert [work.work_id for work in taken] == ["b"]
    await slow
    await one.close()
    await other.close()
