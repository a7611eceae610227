"""The one clock of a simulator, which can be stopped and put forward, and how the control API writes a moment."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The machine's. While it stands nothing becomes final, late or over; what was waited for comes when it goes on."""

    def __init__(self) -> None:
        self._stands_at: float | None = None
        self._ahead = 0.0

    def now(self) -> float:
        return (time.time() if self._stands_at is None else self._stands_at) + self._ahead

    async def until(self, moment: float) -> None:
        while (wait := moment - self.now()) > 0:  # noqa: ASYNC110 - a timer may wake up a moment early
            await asyncio.sleep(wait)

    async def pause(self, seconds: float) -> None:
        await self.until(self.now() + seconds)

    def stand_still(self) -> None:
        self._stands_at = time.time() if self._stands_at is None else self._stands_at

    def go_on(self) -> None:
        """As if it had never stood."""
        self._stands_at = None

    def put_forward(self, seconds: float) -> None:
        self._ahead += seconds


clock = Clock()
now = clock.now


def iso(seconds: float) -> str:
    """ISO 8601 in UTC, to the microsecond."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
