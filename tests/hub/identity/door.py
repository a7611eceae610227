"""A hub's door: its endpoints in an app, and a bank that uses them."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from joserfc.jwk import Key
from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig

from hub.audit.refusals import Refusals
from hub.identity.clients import add_client
from hub.identity.controllers import ROUTES
from hub.identity.guard import Caller
from hub.identity.identity import Identity
from hub.store import Sealer, Store
from hub.tenants import banks
from tests.hub.identity import keys

SCOPES = ["utility-bills:pay", "utility-bills:read"]


class Time:
    """The time, and how far it was moved."""

    def __init__(self) -> None:
        self.moved = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.moved)

    def monotonic(self) -> float:
        return time.monotonic() + self.moved


class Door:
    """The endpoints and the guard, and a bank that uses them."""

    def __init__(
        self, store: Store, identity: Identity, http: httpx.AsyncClient, clock: Time, refusals: Refusals
    ) -> None:
        self.store = store
        self.refusals = refusals
        self.identity = identity
        self.http = http
        self.clock = clock
        self.tenant = ""
        self.client_id = ""
        self.key: Key = keys.key_pair("ES256")

    async def add_bank(self, name: str = "first-bank") -> str:
        sealer = self.identity._sealer
        return (await self.store.write(lambda tx: banks.add(tx, sealer, name, now=self.clock.now()))).tenant_id

    async def add_client(self, *client_keys: Key, name: str = "app", scopes: list[str] = SCOPES) -> str:
        raw = keys.jwks(*client_keys)
        unit = lambda tx: add_client(tx, self.tenant, name, scopes, raw, now=self.clock.now())  # noqa: E731
        return (await self.store.write(unit)).client_id

    def assertion(self, **changes: Any) -> str:
        return keys.assertion(self.client_id, self.key, **changes)

    async def ask(self, client_assertion: str | None = None, **changes: str | None) -> httpx.Response:
        """A token request, good unless something is changed."""
        form = keys.token_form(client_assertion or self.assertion(), **changes)
        return await self.http.post("/oauth/token", data=form)

    async def token(self, **changes: str | None) -> str:
        answer = await self.ask(**changes)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def revoke(self, token: str) -> httpx.Response:
        return await self.http.post(
            "/oauth/revoke", data=keys.token_form(self.assertion(), grant_type=None, token=token)
        )

    async def enter(self, token: str) -> Caller:
        return await self.identity.authenticate(f"Bearer {token}")


async def build(store: Store, clock: Time, like: Door | None = None) -> AsyncIterator[Door]:
    """A door on a store. `like`: the same hub in another process, used by the same client."""
    identity = Identity(store, Sealer(b"m" * 32), keys.ISSUER, clock.now, clock.monotonic)
    await identity.start()
    refusals = Refusals(store, clock.now)
    app = Litestar(
        ROUTES,
        state=State({"identity": identity, "refusals": refusals}),
        logging_config=None,
        openapi_config=OpenAPIConfig(title="door", version="1"),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=keys.ISSUER) as http:
        door = Door(store, identity, http, clock, refusals)
        if like is None:
            door.tenant = await door.add_bank()
            door.client_id = await door.add_client(door.key)
        else:
            door.tenant, door.client_id, door.key = like.tenant, like.client_id, like.key
        yield door
    await identity.close()
