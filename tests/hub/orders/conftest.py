"""An office on each kind of database."""

import pytest

from hub.store import Store
from tests.hub.orders.office import Office


@pytest.fixture
async def office(store: Store) -> Office:
    return await Office.opened(store)


@pytest.fixture
async def small_office(sqlite_store: Store) -> Office:
    """Where the kind of database does not matter."""
    return await Office.opened(sqlite_store)
