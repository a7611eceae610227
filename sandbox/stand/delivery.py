"""When a push goes out, and how often: on time, or as the fault has it that struck the order or its push."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.stand.moment import clock
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

SILENT = frozenset({"no-callback", "hang-after"})
"""Faults of which nobody is told anything."""

Write = Callable[[str | None], Awaitable[Push]]
"""Writes a push as things stand, spoilt as the fault says that stands for pushes."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told about an account, and from when on it is so."""

    at: float
    account: str
    write: Write
    stands: Callable[[], bool] = lambda: True
    """Whether it came about, once it is time to tell."""


class Delivery:
    """Pushes of one kind: in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, operation: Operation) -> None:
        """Shape: `operation` is what a fault names that is meant for these pushes."""
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._operation = operation

    async def announce(self, news: News, fault: str | None) -> None:
        """Sees to it that news arrives, unless the fault of the order keeps it back; the early kind before it is so."""
        if fault in SILENT:
            return
        if fault == "early-callback" and await self._pusher.once(await news.write(None)):
            return
        self.start(news, fault)

    def start(self, news: News, fault: str | None = None) -> None:
        """The same in the background, once it is so."""
        if fault not in SILENT:
            self._pusher.start(self._deliver(news, fault))

    async def _deliver(self, news: News, fault: str | None) -> None:
        await clock.until(news.at)
        if not news.stands():
            return
        spoilt = self._faults.take(self._operation, news.account)
        fault = spoilt or fault
        if fault in SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        push = await news.write(spoilt)  # what spoilt the answer does not spoil the push
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)
