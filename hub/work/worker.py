"""Does due work: claims it under a lease, hands it to whoever knows its kind, and never more than it can hold."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from hub.store import Connection, Store, StoreUnavailable
from hub.work import rows
from hub.work.rows import Work
from schemas.call import Clock

log = structlog.get_logger("hub.worker")

Handler = Callable[[Work], Awaitable[None]]

LEASE = timedelta(minutes=5)
"""How long a claim stands. A worker that is frozen for longer has lost it, and its fence keeps it from writing."""
IDLE = timedelta(seconds=1)
"""The longest pause between two looks: work put down by another process is found so late at most."""
AT_ONCE = 48
A_BANK = 32
"""So many pieces of one bank, and no more are claimed: its slow partner keeps no other bank waiting."""
AT_A_TIME = 8
LONGEST_PAUSE = 300
"""Units: seconds. What fails again and again is tried again so seldom, and no seldomer."""


class Worker:
    """The worker of this process."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        owner: str,
        handlers: Mapping[str, Handler],
        *,
        lease: timedelta = LEASE,
        bell: asyncio.Event | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._handlers = handlers
        self._lease = lease
        self._bell = bell or asyncio.Event()
        self._doing: dict[asyncio.Task[None], Work] = {}
        self._asked_for: set[asyncio.Task[None]] = set()
        """Of these, what a reader asked for: it takes no place from what is due."""

    def ring(self) -> None:
        """There may be work right now."""
        self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until told to stop, and finishes what it began."""
        if self._store.dialect == "sqlite":
            # One process writes here, so whoever else held a lease is dead.
            await self._patiently(rows.free_others)
        while not stop.is_set():
            pause = await self._look()
            await self._wait(stop, pause)
        try:
            if self._doing:
                await asyncio.wait(self._doing)
        finally:  # cancelled: somebody else will do what is not done
            for task in tuple(self._doing):
                task.cancel()
            await asyncio.gather(*self._doing, return_exceptions=True)

    async def give_back(self) -> None:
        """Frees whatever this process holds, once nobody in it does anything under its leases any more."""
        await self._patiently(rows.give_back)

    async def begin_now(self, work_id: str) -> "asyncio.Task[None] | None":
        """Starts on one piece ahead of its time, because somebody asks. None: it is held, or too many ask."""
        if len(self._asked_for) >= AT_ONCE:
            return None
        now = self._clock()
        claimed = await self._store.write(lambda tx: rows.claim_one(tx, work_id, self._owner, now, now + self._lease))
        if claimed is None:
            return None
        task = self._begin(claimed)
        self._asked_for.add(task)
        task.add_done_callback(self._asked_for.discard)
        return task

    def _begin(self, work: Work) -> "asyncio.Task[None]":
        """Starts on a claimed piece, in a task of its own."""
        task = asyncio.create_task(self.do(work))
        self._doing[task] = work
        task.add_done_callback(self._done)
        return task

    async def do(self, work: Work) -> None:
        """Does one claimed piece. What fails is due again later; it is never lost."""
        try:
            async with asyncio.timeout((self._lease * 0.8).total_seconds()):
                await self._handlers[work.kind](work)
        except Exception:
            log.exception("work-failed", work_id=work.work_id, kind=work.kind)
            await self._later(work)

    async def _look(self) -> timedelta:
        """Claims and starts what is due. Returns how long to wait before the next look."""
        self._bell.clear()
        due_now = [work.tenant for task, work in self._doing.items() if task not in self._asked_for]
        free = min(AT_ONCE - len(due_now), AT_A_TIME)
        if free <= 0:
            return IDLE
        try:
            now = self._clock()
            due = await self._store.read(lambda tx: rows.next_due(tx, now))
            if due is None or due > now:
                return min(IDLE, due - now) if due else IDLE
            served = [tenant for tenant, pieces in Counter(due_now).items() if pieces >= A_BANK]
            until = now + self._lease
            claimed = await self._store.write(lambda tx: rows.claim(tx, self._owner, now, until, free, served))
        except StoreUnavailable as error:
            log.warning("store-unavailable", detail=str(error))
            return IDLE
        for work in claimed:
            self._begin(work)
        return timedelta(0) if claimed else IDLE

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._doing[task]
        self._bell.set()

    async def _wait(self, stop: asyncio.Event, pause: timedelta) -> None:
        waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._bell.wait())]
        await asyncio.wait(waits, timeout=pause.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _later(self, work: Work) -> None:
        pause = timedelta(seconds=min(2 ** min(work.tries, 10), LONGEST_PAUSE))

        def unit(tx: Connection, _: str, now: datetime) -> None:
            if rows.held(tx, work.work_id, work.fence):
                rows.again(tx, work.work_id, now + pause)

        await self._patiently(unit)

    async def _patiently(self, unit: Callable[[Connection, str, datetime], object]) -> None:
        """A write whose failure only delays something: leases run out by themselves."""
        now = self._clock()
        try:
            await self._store.write(lambda tx: unit(tx, self._owner, now))
        except StoreUnavailable as error:
            log.warning("store-unavailable", detail=str(error))
