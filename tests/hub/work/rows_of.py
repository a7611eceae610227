"""Reading a hub's tables past every hub."""

import asyncio
from typing import Any

from sqlalchemy import Table

from hub.store import Connection, open_store
from tests.running import Running


def rows_of(hub: Running, table: Table) -> list[dict[str, Any]]:
    """Every row of a table, in a store opened for reading only."""
    settings = dict(line.split("=", 1) for line in hub.place.settings.read_text().splitlines())

    def query(tx: Connection) -> list[dict[str, Any]]:
        return [dict(row) for row in tx.execute(table.select()).mappings()]

    async def read() -> list[dict[str, Any]]:
        store = open_store(settings["HUB_DATABASE_URL"], read_only=True)
        try:
            return await store.read(query)
        finally:
            await store.close()

    return asyncio.run(read())
