"""A partner's gate: a breaker, a bulkhead and a rate, entered once per exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from connectors.kit.manifest import Manifest
from schemas.call import Clock
from schemas.errors import MaybeSent, NotSent, NotTried

log = structlog.get_logger("hub.gate")

LONGEST_QUEUE = timedelta(seconds=5)
"""How long an exchange waits for a place or its turn, before the gate refuses it."""


class PartnerGate:
    """Refuses (NotSent) rather than pile up: an exchange that did not leave can safely be repeated."""

    def __init__(self, manifest: Manifest, clock: Clock) -> None:
        self._name = manifest.name
        self._clock = clock
        self._places = asyncio.Semaphore(manifest.limits.concurrency)
        self._rate = Rate(manifest.limits.per_second, clock)
        self._breaker = Breaker(manifest.breaker.failures, timedelta(seconds=manifest.breaker.open_seconds), clock)

    @asynccontextmanager
    async def enter(self, deadline: datetime) -> AsyncIterator[None]:
        trial = self._breaker.admit()
        try:
            await self._rate.turn(deadline)
            await self._place(deadline)
        except BaseException:
            self._breaker.abandoned(trial=trial)
            raise
        try:
            yield
        except NotTried:
            self._breaker.abandoned(trial=trial)
            raise
        except (NotSent, MaybeSent):
            if self._breaker.failed(trial=trial):
                log.warning("breaker-open", partner=self._name)
            raise
        except BaseException:
            self._breaker.abandoned(trial=trial)
            raise
        else:
            self._breaker.succeeded(trial=trial)
        finally:
            self._places.release()

    async def _place(self, deadline: datetime) -> None:
        if not self._places.locked():  # the common case waits for nobody
            await self._places.acquire()
            return
        patience = min(deadline - self._clock(), LONGEST_QUEUE)
        try:
            async with asyncio.timeout(max(patience.total_seconds(), 0)):
                await self._places.acquire()
        except TimeoutError:
            raise NotSent("the partner's line is full") from None


class Breaker:
    """Closed, until so many exchanges failed in a row; then open for a while; then one goes through to try.

    Once it is open only that one decides: what was let in before says nothing about the partner now.
    """

    def __init__(self, failures: int, pause: timedelta, clock: Clock) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._open_until: datetime | None = None
        self._trying = False

    def admit(self) -> bool:
        """Whether the exchange that is let in is the one that tries. Raises: NotSent while open."""
        if self._open_until is None:
            return False
        if self._trying or self._clock() < self._open_until:
            raise NotSent("the partner failed too often just now; its breaker is open")
        self._trying = True
        return True

    def succeeded(self, *, trial: bool) -> None:
        if trial or self._open_until is None:
            self._close()

    def failed(self, *, trial: bool) -> bool:
        """True when this failure opened the breaker."""
        if trial:
            self._trying = False
            self._open_until = self._clock() + self._pause
            return False
        self._failures += 1
        if self._open_until is not None or self._failures < self._limit:
            return False
        self._open_until = self._clock() + self._pause
        return True

    def abandoned(self, *, trial: bool) -> None:
        """The exchange was given up on our side: that says nothing about the partner."""
        if trial:
            self._trying = False

    def _close(self) -> None:
        self._failures = 0
        self._open_until = None
        self._trying = False


class Rate:
    """So many exchanges a second, evenly, with bursts of one second's worth."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._gap = timedelta(seconds=1 / per_second)
        self._burst = timedelta(seconds=1)
        self._clock = clock
        self._next: datetime | None = None

    async def turn(self, deadline: datetime) -> None:
        """Waits for its turn. Raises: NotSent where that is too far away."""
        now = self._clock()
        earliest = now - self._burst
        at = max(self._next or earliest, earliest)
        wait = at - now
        if wait > LONGEST_QUEUE or at > deadline:
            raise NotSent("the partner's rate is used up")
        self._next = at + self._gap
        if wait > timedelta(0):
            await asyncio.sleep(wait.total_seconds())
