"""The fault `refuse`: for a while the protocol port is not there."""

import asyncio

from sandbox.stand.port import Port


class Refusal:
    """Closes the protocol port for some seconds; a longer refusal outlasts a shorter one."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._timer: asyncio.TimerHandle | None = None
        self._opening: asyncio.Task[None] | None = None

    @property
    def seconds_left(self) -> float:
        """Zero if the port is open."""
        if self._timer is None:
            return 0.0
        return max(self._timer.when() - asyncio.get_running_loop().time(), 0.001)

    def stand(self, seconds: float) -> None:
        """Connects are refused when this returns."""
        loop = asyncio.get_running_loop()
        until = loop.time() + max(seconds, self.seconds_left)
        self._port.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(until, self._reopen)

    async def clear(self) -> None:
        """The port is open when this returns."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._port.open()

    def _reopen(self) -> None:
        self._timer = None
        self._opening = asyncio.get_running_loop().create_task(self._port.open())
