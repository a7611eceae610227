"""Due work at a time that the test owns, and workers over it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hub.store import Store
from hub.work import rows
from hub.work.rows import Work
from hub.work.worker import LEASE, Handler, Worker

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


class Pieces:
    """Puts work down, and looks at what lies there."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def put(self, *names: str, due: datetime = START, kind: str = "chore", bank: str = "bnk_1") -> None:
        def unit(tx) -> None:
            for name in names:
                rows.put(tx, name, kind, bank, due)

        await self.store.write(unit)

    async def finish(self, work: Work) -> None:
        await self.store.write(lambda tx: rows.finish(tx, work.work_id))

    async def all(self) -> dict[str, Mapping[str, object]]:
        def query(tx) -> dict[str, Mapping[str, object]]:
            found = tx.execute(rows.due_work.select()).mappings()
            return {row["work_id"]: dict(row) for row in found}

        return await self.store.read(query)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pieces(store: Store) -> Pieces:
    return Pieces(store)


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


@pytest.fixture
async def hire(store: Store, clock: Clock) -> AsyncIterator[Callable[..., object]]:
    """Starts workers; each is stopped at the end."""
    async with AsyncExitStack() as stack:

        async def start(
            handler: Handler, owner: str = "here", *, lease: timedelta = LEASE, on: Store | None = None
        ) -> Worker:
            worker = Worker(on or store, clock, owner, {"chore": handler}, lease=lease)
            await stack.enter_async_context(_working(worker))
            return worker

        yield start


async def until(holds: Callable[[], object], patience: float = 10.0) -> None:
    """Waits for something to become true."""
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110 - whatever it is, nobody rings a bell for it
            await asyncio.sleep(0.005)
