"""Account-wide things that are opened once for everybody: tokens, logins, work keys, catalogues."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from schemas.call import Clock, Kept

V = TypeVar("V")


class Sessions:
    """The open sessions of one account at one partner, in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Kept[Any]] = {}
        self._opening: dict[str, asyncio.Task[Kept[Any]]] = {}

    async def get(self, name: str, opener: Callable[[], Awaitable[Kept[V]]]) -> V:
        """The open session, or a new one; whoever comes while it is being opened waits for the same.

        The opening is a task of its own, so a caller that goes away takes nothing from the others.
        """
        kept = self._kept.get(name)
        if kept is not None and self._clock() < kept.until:
            return cast("V", kept.value)
        opening = self._opening.get(name)
        if opening is None:
            opening = asyncio.ensure_future(self._open(name, opener))
            self._opening[name] = opening
            opening.add_done_callback(lambda task: self._opened(name, task))
        return cast("V", (await asyncio.shield(opening)).value)

    def reject(self, name: str, value: object) -> None:
        """Forgets a session that the partner refused, unless it was replaced since."""
        kept = self._kept.get(name)
        if kept is not None and kept.value == value:
            del self._kept[name]

    async def _open(self, name: str, opener: Callable[[], Awaitable[Kept[V]]]) -> Kept[V]:
        kept = await opener()
        now = self._clock()
        self._kept = {other: one for other, one in self._kept.items() if now < one.until}
        self._kept[name] = kept
        return kept

    def _opened(self, name: str, task: asyncio.Task[Kept[Any]]) -> None:
        del self._opening[name]
        if not task.cancelled():
            task.exception()  # seen by whoever waited; by nobody, if all of them went away
