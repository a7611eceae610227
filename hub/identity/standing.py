"""What may have changed since a token was signed: keys, revoked tokens, clients and banks shut out."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import msgspec

from hub.identity import rows
from hub.identity.rows import SigningKeyRow
from hub.identity.signing_keys import KeyRing
from hub.store import Connection, Sealer, Store, StoreUnavailable

FRESH = 2.0
"""Units: seconds. An older standing is used once more while it is read again."""
STALE = 5.0
"""Units: seconds. An older standing is not used: the caller waits, and is refused when the store is gone."""


class Standing(msgspec.Struct, frozen=True):
    """One reading. `read_at` is when it began, on the monotonic clock."""

    ring: KeyRing
    revoked: set[str]
    barred: frozenset[str]
    read_at: float


class Watch:
    """Keeps the standing fresh without asking the store at every request.

    So a revocation counts at once in the process that took it, and in any other, as does shutting out
    a client or a bank, within five seconds.
    """

    def __init__(
        self, store: Store, sealer: Sealer, clock: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._monotonic = monotonic
        self._standing: Standing | None = None
        self._stored: list[SigningKeyRow] = []
        self._revoked_here: dict[str, datetime] = {}
        self._reading: asyncio.Task[Standing] | None = None

    def latest(self) -> Standing | None:
        """The last reading, while it may be used. One that is no longer fresh is used while it is read again."""
        standing = self._standing
        if standing is None:
            return None
        age = self._monotonic() - standing.read_at
        if age < FRESH:
            return standing
        self._read_once()
        return standing if age < STALE else None

    async def standing(self) -> Standing:
        """The last reading, or a new one. Raises: StoreUnavailable when neither is to be had."""
        standing = self.latest()
        if standing is None:
            standing = await asyncio.shield(self._read_once())
        return standing

    def revoke(self, jti: str, expires_at: datetime) -> None:
        """Counts from now on, whatever a reading that is under way will find."""
        self._revoked_here[jti] = expires_at
        if self._standing:
            self._standing.revoked.add(jti)

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError, StoreUnavailable):
                await self._reading

    def _read_once(self) -> asyncio.Task[Standing]:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="identity-standing")
            self._reading.add_done_callback(_note_failure)
        return self._reading

    async def _read(self) -> Standing:
        began, now = self._monotonic(), self._clock()

        def query(tx: Connection) -> tuple[list[SigningKeyRow], list[str], list[str]]:
            return rows.list_signing_keys(tx), rows.revoked(tx, now), rows.barred_clients(tx)

        stored, revoked, barred = await self._store.read(query)
        if self._standing is None or stored != self._stored:
            ring = KeyRing(stored, self._sealer)
        else:
            ring = self._standing.ring
        self._revoked_here = {jti: expires_at for jti, expires_at in self._revoked_here.items() if expires_at > now}
        self._stored = stored
        self._standing = Standing(ring, {*revoked, *self._revoked_here}, frozenset(barred), began)
        return self._standing


def _note_failure(reading: asyncio.Task[Standing]) -> None:
    """Whoever waits gets the failure; when nobody waits, the next reading tells."""
    if not reading.cancelled():
        reading.exception()
