import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from hub.store import Store, StoreUnavailable, open_store
from hub.work import rows
from hub.work.rows import Work
from hub.work.worker import A_BANK, AT_ONCE, LONGEST_PAUSE, Worker
from tests.hub.work.conftest import START, Clock, Pieces, until

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class Hands:
    """A handler that notes what it was given, and finishes it unless the test holds it up."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        self.done: list[Work] = []
        self.begun: list[str] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.held_up: set[str] = set()

    async def __call__(self, work: Work) -> None:
        self.begun.append(work.work_id)
        if work.work_id in self.held_up or not self.held_up:
            await self.go_on.wait()
        await self.pieces.finish(work)
        self.done.append(work)


class Sulking:
    """A store that can be told to fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.dialect = store.dialect
        self.sulks = False

    async def read(self, query):
        return await self._ask(self._store.read, query)

    async def write(self, unit):
        return await self._ask(self._store.write, unit)

    async def _ask(self, how, what):
        if self.sulks:
            raise StoreUnavailable("away for a while")
        return await how(what)


@pytest.fixture
def hands(pieces: Pieces) -> Hands:
    return Hands(pieces)


async def test_everything_due_is_done(pieces: Pieces, hands: Hands, hire):
    """More than fits into two hands at once is done all the same, each piece once."""
    names = [f"piece-{number}" for number in range(3 * AT_ONCE)]
    await pieces.put(*names)
    await hire(hands)
    await until(lambda: len(hands.done) == len(names))
    assert Counter(hands.begun) == Counter(names)
    assert await pieces.all() == {}


async def test_never_more_than_it_can_hold(pieces: Pieces, hands: Hands, hire):
    """While so many pieces are in hand, no other is claimed that would only lie there."""
    hands.go_on.clear()
    for bank in ("bnk_1", "bnk_2"):
        await pieces.put(*(f"{bank}-{number}" for number in range(A_BANK)), bank=bank)
    await hire(hands)
    await until(lambda: len(hands.begun) == AT_ONCE)
    await asyncio.sleep(0.1)
    there = await pieces.all()
    assert sum(1 for row in there.values() if row["owner"] is not None) == AT_ONCE
    hands.go_on.set()
    await until(lambda: len(hands.done) == 2 * A_BANK)


async def test_one_bank_keeps_no_other_waiting(pieces: Pieces, hands: Hands, hire):
    """However much of one bank's work is due, and however slow it is, another's is begun."""
    hands.go_on.clear()
    await pieces.put(*(f"piece-{number}" for number in range(2 * AT_ONCE)))
    await pieces.put("another's", due=START + SECOND, bank="bnk_2")
    worker = await hire(hands)
    await until(lambda: len(hands.begun) == A_BANK)
    await asyncio.sleep(0.1)
    assert len(hands.begun) == A_BANK
    worker._clock.pass_by(SECOND)
    worker.ring()
    await until(lambda: "another's" in hands.begun)
    hands.go_on.set()
    await until(lambda: len(hands.done) == 2 * AT_ONCE + 1)


async def test_a_slow_piece_holds_up_no_other(pieces: Pieces, hands: Hands, hire):
    """What falls due while an older piece is still being done is done at once."""
    hands.go_on.clear()
    hands.held_up = {"slow"}
    await pieces.put("slow", due=START - MINUTE)
    await hire(hands)
    await until(lambda: hands.begun == ["slow"])
    await pieces.put("quick")
    await until(lambda: [work.work_id for work in hands.done] == ["quick"], patience=4)
    hands.go_on.set()


async def test_the_bell_wakes_it(pieces: Pieces, hands: Hands, hire, clock: Clock):
    """New work with a ring is begun at once, and not at the next look."""
    worker = await hire(hands)
    await asyncio.sleep(0.1)
    await pieces.put("a")
    loop = asyncio.get_running_loop()
    rung = loop.time()
    worker.ring()
    await until(lambda: hands.done)
    assert loop.time() - rung < 0.5


async def test_without_a_bell_it_looks_by_itself(pieces: Pieces, hands: Hands, hire):
    """A bell may be lost: what another process put down is found a second later."""
    await hire(hands)
    await asyncio.sleep(0.1)
    await pieces.put("a")
    await until(lambda: hands.done, patience=3)


async def test_what_fails_comes_again_later_and_later(store: Store, pieces: Pieces, hire, clock: Clock):
    """A piece that fails is put off for 2, 4, 8 … seconds, at most five minutes, and is never lost."""
    tries: list[int] = []

    async def clumsy(work: Work) -> None:
        tries.append(work.tries)
        raise RuntimeError("not today")

    worker = await hire(clumsy)
    await pieces.put("a")
    worker.ring()
    for expected in (2, 4, 8, 16, 32, 64, 128, 256, LONGEST_PAUSE, LONGEST_PAUSE):
        begun = len(tries)
        await until(lambda begun=begun: len(tries) > begun or worker.ring())
        await until(lambda: not worker._doing)
        row = (await pieces.all())["a"]
        assert row["owner"] is None
        assert row["due_at"] == clock.now + expected * SECOND
        clock.pass_by(expected * SECOND)
        worker.ring()
    assert tries[:10] == list(range(1, 11))


async def test_work_of_an_unknown_kind_stays(pieces: Pieces, hands: Hands, hire):
    """What this program does not know how to do is left to one that does."""
    await pieces.put("strange", kind="miracle")
    await pieces.put("plain")
    worker = await hire(hands)
    await until(lambda: hands.done)
    await until(lambda: not worker._doing)
    assert (await pieces.all())["strange"]["owner"] is None


async def test_what_takes_too_long_is_given_up_before_its_lease_ends(pieces: Pieces, hire, clock: Clock):
    """A handler is stopped while the claim still stands, and the piece is due again."""
    stopped = []

    async def endless(work: Work) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(work.work_id)

    await pieces.put("a")
    worker = await hire(endless, lease=timedelta(seconds=0.2))
    await until(lambda: stopped)
    await until(lambda: not worker._doing)
    assert (await pieces.all())["a"]["due_at"] > clock.now


async def test_a_lost_claim_is_not_put_off(pieces: Pieces, store: Store, hire, clock: Clock):
    """Whoever fails after somebody else took over leaves the other's claim alone."""
    go_on = asyncio.Event()

    async def late_and_clumsy(work: Work) -> None:
        await go_on.wait()
        raise RuntimeError("too late anyway")

    await pieces.put("a")
    worker = await hire(late_and_clumsy)
    await until(lambda: worker._doing)
    until_then = clock.now + 20 * MINUTE
    [taken] = await store.write(lambda tx: rows.claim(tx, "other", clock.now + 6 * MINUTE, until_then, 1))
    go_on.set()
    await until(lambda: not worker._doing)
    row = (await pieces.all())["a"]
    assert (row["owner"], row["fence"], row["leased_until"]) == ("other", taken.fence, until_then)


async def test_a_stop_finishes_what_is_in_hand(pieces: Pieces, hands: Hands, store: Store, clock: Clock):
    """Told to stop, a worker claims nothing more and finishes what it began; the process gives back what it holds."""
    hands.go_on.clear()
    await pieces.put("begun")
    worker, stop = Worker(store, clock, "here", {"chore": hands}), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: hands.begun == ["begun"])
    await pieces.put("mine", "fresh", due=START + MINUTE)
    await store.write(lambda tx: rows.claim_one(tx, "mine", "here", clock.now, clock.now + MINUTE))
    stop.set()
    clock.pass_by(SECOND)
    await asyncio.sleep(0.1)
    assert not running.done()
    hands.go_on.set()
    await asyncio.wait_for(running, 10)
    there = await pieces.all()
    assert hands.begun == ["begun"]
    assert set(there) == {"mine", "fresh"}
    assert there["mine"]["owner"] == "here"  # an order may still be sent under it
    await worker.give_back()
    mine = (await pieces.all())["mine"]
    assert (mine["owner"], mine["due_at"]) == (None, clock.now)


async def test_a_stop_that_cannot_wait_gives_back_what_it_holds(
    pieces: Pieces, hands: Hands, store: Store, clock: Clock
):
    """Cancelled while a piece is in hand, a worker lets go of it, for somebody else to do at once."""
    hands.go_on.clear()
    await pieces.put("a")
    worker, stop = Worker(store, clock, "here", {"chore": hands}), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: hands.begun)
    stop.set()
    await asyncio.sleep(0.05)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    assert not worker._doing
    await worker.give_back()
    assert (await pieces.all())["a"]["owner"] is None


async def test_on_sqlite_a_start_frees_the_dead(sqlite_url: str, clock: Clock):
    """One process writes there: what a dead one held is taken up at the start, and one's own is left alone."""
    store = open_store(sqlite_url)
    pieces = Pieces(store)
    hands = Hands(pieces)
    await pieces.put("orphan")
    await store.write(lambda tx: rows.claim(tx, "dead", clock.now, clock.now + 5 * MINUTE, 1))
    mine = Work("mine", "chore", "bnk_1", fence=1, tries=0)
    await store.write(lambda tx: rows.start(tx, mine, owner="here", leased_until=clock.now + MINUTE))
    worker, stop = Worker(store, clock, "here", {"chore": hands}), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: hands.done)
    assert hands.begun == ["orphan"]
    assert (await pieces.all())["mine"]["owner"] == "here"
    stop.set()
    await running
    await store.close()


async def test_on_postgresql_a_start_takes_nobody_s_claim(postgres_url: str, clock: Clock):
    """There the others may well be alive: their claims stand until they run out."""
    store = open_store(postgres_url)
    pieces = Pieces(store)
    hands = Hands(pieces)
    await pieces.put("held")
    await store.write(lambda tx: rows.claim(tx, "other", clock.now, clock.now + MINUTE, 1))
    worker, stop = Worker(store, clock, "here", {"chore": hands}), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await asyncio.sleep(0.2)
    assert hands.begun == []
    clock.pass_by(MINUTE)
    worker.ring()
    await until(lambda: hands.begun == ["held"])
    stop.set()
    await running
    await store.close()


async def test_a_store_that_is_away_for_a_while(store: Store, pieces: Pieces, hands: Hands, hire):
    """Nothing is lost and nobody gives up: when the store is back, the work goes on."""
    sulking = Sulking(store)
    worker = await hire(hands, on=sulking)
    sulking.sulks = True
    await pieces.put("a")
    worker.ring()
    await asyncio.sleep(0.2)
    assert hands.begun == []
    sulking.sulks = False
    await until(lambda: hands.done, patience=4)


async def test_two_workers_do_every_piece_once(postgres_url: str, clock: Clock):
    """Two processes' workers on one PostgreSQL: no piece is done twice, none is left."""
    stores = [open_store(postgres_url) for _ in range(2)]
    pieces = Pieces(stores[0])
    hands = [Hands(Pieces(store)) for store in stores]
    names = [f"piece-{number:03}" for number in range(150)]
    await pieces.put(*names)
    stop = asyncio.Event()
    workers = [
        asyncio.create_task(Worker(store, clock, f"hub-{number}", {"chore": each}).run(stop))
        for number, (store, each) in enumerate(zip(stores, hands, strict=True))
    ]
    await until(lambda: sum(len(each.done) for each in hands) == len(names), patience=30)
    stop.set()
    await asyncio.gather(*workers)
    assert Counter(name for each in hands for name in each.begun) == Counter(names)
    assert all(each.begun for each in hands)
    assert await pieces.all() == {}
    for store in stores:
        await store.close()
