"""A door on each kind of database, with a bank, its client, and a clock that can be set."""

from collections.abc import AsyncIterator

import pytest

from hub.store import Store
from tests.hub.identity.door import Door, Time, build


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
async def door(sqlite_store: Store, clock: Time) -> AsyncIterator[Door]:
    """A door on SQLite, with a bank and its client."""
    async for door in build(sqlite_store, clock):
        yield door


@pytest.fixture
async def any_door(store: Store, clock: Time) -> AsyncIterator[Door]:
    """A door on each kind of database."""
    async for door in build(store, clock):
        yield door


@pytest.fixture
async def elsewhere(any_door: Door, store: Store, clock: Time) -> AsyncIterator[Door]:
    """The same hub in another process: only the store is shared."""
    async for door in build(store, clock, like=any_door):
        yield door
