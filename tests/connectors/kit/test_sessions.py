"""Things that are opened once for everybody."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from connectors.kit.sessions import Sessions
from schemas.call import Kept
from schemas.errors import MaybeSent
from tests.connectors.kit.bench import Watch

Opener = Callable[[], Awaitable[Kept[str]]]


class Door:
    """Opens one session after the other, as slowly as the test wants."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.sessions = Sessions(self.watch)
        self.opened = 0
        self.failing = False
        self.latch = asyncio.Event()
        self.latch.set()

    async def open(self) -> Kept[str]:
        self.opened += 1
        value = f"session-{self.opened}"
        await self.latch.wait()
        if self.failing:
            raise MaybeSent("no login")
        return Kept(value, self.watch() + timedelta(hours=1))

    async def get(self) -> str:
        return await self.sessions.get("login", self.open)

    async def waiting(self, many: int) -> list[asyncio.Task[str]]:
        """Callers that wait at a door that is still shut."""
        self.latch.clear()
        tasks = [asyncio.create_task(self.get()) for _ in range(many)]
        await asyncio.sleep(0.01)
        return tasks


@pytest.fixture
async def door() -> Door:
    return Door()


async def test_opening_is_shared(door: Door) -> None:
    """Whoever comes while a session is being opened waits for the same one."""
    tasks = await door.waiting(100)
    door.latch.set()
    assert set(await asyncio.gather(*tasks)) == {"session-1"}
    assert door.opened == 1


async def test_session_is_kept_until_it_ends(door: Door) -> None:
    """A session is used until the moment it ends, and then opened anew."""
    await door.get()
    door.watch.forward(minutes=59)
    assert await door.get() == "session-1"
    door.watch.forward(minutes=1)
    assert await door.get() == "session-2"


async def test_names_are_apart(door: Door) -> None:
    """Sessions of different names have nothing to do with each other."""
    assert await door.sessions.get("a", door.open) == "session-1"
    assert await door.sessions.get("b", door.open) == "session-2"
    door.sessions.reject("a", "session-2")
    assert await door.sessions.get("b", door.open) == "session-2"


async def test_failure_reaches_everybody_once(door: Door) -> None:
    """Everybody who waited gets the failure; nobody retries it for the others, and the next caller starts afresh."""
    door.failing = True
    tasks = await door.waiting(10)
    door.latch.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended] == [MaybeSent] * 10
    assert door.opened == 1
    door.failing = False
    assert await door.get() == "session-2"


async def test_stale_rejection_keeps_the_newer(door: Door) -> None:
    """Twenty callers whose session was refused open one new one between them."""
    old = await door.get()
    door.sessions.reject("login", old)
    assert await door.get() == "session-2"
    for _ in range(19):
        door.sessions.reject("login", old)
    assert await door.get() == "session-2"
    door.sessions.reject("nothing", old)


async def test_rejection_while_opening_harms_nothing(door: Door) -> None:
    """A late rejection of the old session leaves alone the one that is being opened."""
    old = await door.get()
    door.sessions.reject("login", old)
    tasks = await door.waiting(2)
    door.sessions.reject("login", old)
    door.latch.set()
    assert await asyncio.gather(*tasks) == ["session-2", "session-2"]


async def test_cancelled_opener_harms_nobody(door: Door) -> None:
    """The caller that came first goes away; those who wait with it get their session, and it is kept."""
    first, *others = await door.waiting(5)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled()
    door.latch.set()
    assert set(await asyncio.gather(*others)) == {"session-1"}
    assert await door.get() == "session-1"
    assert door.opened == 1


async def test_failure_that_nobody_waits_for_is_quiet(door: Door) -> None:
    """Where all callers went away, a failing opening raises no alarm of its own."""
    alarms: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: alarms.append(context))
    door.failing = True
    tasks = await door.waiting(3)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    door.latch.set()
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().set_exception_handler(None)
    assert alarms == []
    door.failing = False
    assert await door.get() == "session-2"


async def test_expired_is_dropped(door: Door) -> None:
    """What nobody asks for again does not stay for ever."""
    await door.sessions.get("items:1", door.open)
    door.watch.forward(hours=2)
    await door.get()
    assert list(door.sessions._kept) == ["login"]
