"""Forgets what time has made worthless, a little at a time, so that small tables stay small."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from hub.store import AT_ONCE, Connection, Store, StoreUnavailable
from schemas.call import Clock

log = structlog.get_logger("hub.housekeeping")

EVERY = timedelta(minutes=10)

Sweep = Callable[[Connection, datetime], int]
"""Deletes what is over at a time, and says how much that was. Harmless when two processes do it."""


class Housekeeping:
    """The broom of this process."""

    def __init__(self, store: Store, clock: Clock, sweeps: Sequence[Sweep]) -> None:
        self._store = store
        self._clock = clock
        self._sweeps = sweeps

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(StoreUnavailable):
                await self.sweep()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY.total_seconds())

    async def sweep(self) -> None:
        """Raises: StoreUnavailable."""
        for each in self._sweeps:
            await self._sweep(each)

    async def _sweep(self, sweep: Sweep) -> None:
        """So often until nothing is left: each time is a short unit, and others write in between."""
        now = self._clock()
        gone = AT_ONCE
        while gone >= AT_ONCE:
            gone = await self._store.write(lambda tx: sweep(tx, now))
            if gone:
                log.info("swept", what=sweep.__qualname__, rows=gone)
