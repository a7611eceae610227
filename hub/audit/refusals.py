"""Refusals of strangers: counted by source and reason, and recorded once a minute, so that nobody can flood the log."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address, ip_network

import structlog

from hub.audit.record import HOUSE, Record, new_record
from hub.audit.rows import append
from hub.store import Connection, Store, StoreUnavailable
from schemas.call import Clock

log = structlog.get_logger("hub.audit")

MINUTE = timedelta(minutes=1)
MOST_SOURCES = 1000
"""Kept apart in one minute; the rest are counted together."""
OTHERS = "others"


class Refusals:
    """Counts of this minute, in memory. A crash loses at most these."""

    def __init__(self, store: Store, clock: Clock, *, every: timedelta = MINUTE) -> None:
        self._store = store
        self._clock = clock
        self._every = every
        self._since = clock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, source: str, reason: str) -> None:
        """One request without a valid token. `source` is the caller's address, `reason` a word of ours."""
        key = (_network(source), reason)
        if key not in self._counts and len(self._counts) >= MOST_SOURCES:
            key = (OTHERS, reason)
        self._counts[key] += 1

    async def flush(self) -> int:
        """Record the counts and begin again. Returns how many records that took.

        Raises: StoreUnavailable; the counts are kept then.
        """
        counts, since, now = self._counts, self._since, self._clock()
        self._counts, self._since = Counter(), now
        if not counts:
            return 0
        records = [
            new_record(
                tenant=HOUSE,
                at=now,
                kind="refusals",
                trace_id="",
                actor="hub",
                operation="",
                facts={"source": source, "reason": reason, "count": str(count), "since": since.isoformat()},
            )
            for (source, reason), count in sorted(counts.items())
        ]
        try:
            await self._store.write(lambda tx: _append_all(tx, records))
        except StoreUnavailable:
            self._counts += counts
            self._since = since
            raise
        return len(records)

    async def run(self, stop: asyncio.Event) -> None:
        """Flush once a minute, and at the end."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every.total_seconds())
            try:
                await self.flush()
            except StoreUnavailable as error:
                log.warning("refusals-wait", reason=str(error))


def _append_all(tx: Connection, records: list[Record]) -> None:
    for record in records:
        append(tx, record)


def _network(source: str) -> str:
    """An IPv6 caller owns a /64 and may come from any address in it."""
    try:
        address = ip_address(source)
    except ValueError:
        return source[:64]
    return source if address.version == 4 else str(ip_network((address, 64), strict=False))  # noqa: PLR2004
