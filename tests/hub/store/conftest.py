from collections import Counter
from collections.abc import AsyncIterator

import pytest

from hub.store import Hooks, Store, open_store
from tests.hub.store.notes import prepare


@pytest.fixture
def passed() -> Counter[str]:
    """How often the writer passed each crash point."""
    return Counter()


@pytest.fixture
async def notebook(database_url: str, passed: Counter[str]) -> AsyncIterator[Store]:
    """An open store with a table of notes; what it passed is counted from here."""
    store = open_store(database_url, hooks=Hooks(lambda point: passed.update([point])))
    await store.write(prepare)
    passed.clear()
    yield store
    await store.close()
