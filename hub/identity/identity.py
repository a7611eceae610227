"""The door as the composition root holds it: one object for the endpoints and for the guard."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from hub.clock import utc_now
from hub.identity import signing_keys
from hub.identity.guard import Caller, Guard
from hub.identity.issuing import Issuing
from hub.identity.standing import Watch
from hub.store import Sealer, Store


class Identity:
    """Issues, revokes and verifies access tokens; `monotonic` counts seconds.

    Raises: ValueError for an issuer that is more than scheme and host (RFC 8414, section 2, allows a path; that
    would move the addresses of the metadata).
    """

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        issuer: str,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(issuer)
        if parts.scheme not in {"http", "https"} or issuer != f"{parts.scheme}://{parts.netloc}" or not parts.netloc:
            raise ValueError(f"the issuer must be an address such as https://hub.example, not {issuer!r}")
        self.issuer = issuer
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._watch = Watch(store, sealer, clock, monotonic)
        self._guard = Guard(self._watch, issuer, clock)
        self._issuing = Issuing(store, self._watch, issuer, clock)

    async def start(self) -> None:
        """Makes the signing key at the very first start, and reads what there is. Raises: StoreUnavailable."""
        now = self._clock()
        await self._store.write(lambda tx: signing_keys.ensure(tx, self._sealer, now))
        await self._watch.standing()

    async def close(self) -> None:
        """Ends a reading that is under way."""
        await self._watch.close()

    async def authenticate(self, *authorization: str) -> Caller:
        """Who calls, by the Authorization lines of a request. Raises: Unauthenticated, StoreUnavailable."""
        return await self._guard.authenticate(*authorization)

    async def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A new access token. Raises: OAuthRefusal, StoreUnavailable."""
        return await self._issuing.token(form)

    async def revoke(self, form: Mapping[str, str]) -> None:
        """Revokes a token. Raises: OAuthRefusal, StoreUnavailable."""
        await self._issuing.revoke(form)

    async def jwks(self) -> dict[str, Any]:
        """The hub's public keys (RFC 7517)."""
        return (await self._watch.standing()).ring.jwks(self._clock())

    async def rotate(self) -> str:
        """Brings in a new signing key. Returns its kid. Raises: NotRotated, StoreUnavailable."""
        now = self._clock()
        return await self._store.write(lambda tx: signing_keys.rotate(tx, self._sealer, now))
