import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from hub.store import StoreUnavailable, metadata, open_store
from hub.store.comparison import COMPARISON
from hub.store.schema import WrongVersion, check_is_head, configuration, current, import_rows, upgrade
from tests.hub.store.notes import note, prepare

HEAD = ScriptDirectory.from_config(configuration()).get_current_head()


async def test_the_migrated_schema_is_the_rooms_tables(store):
    """What the versions build and what the rooms declare is the same, on both databases."""
    import_rows()
    drift = await store.write(lambda tx: compare_metadata(MigrationContext.configure(tx, opts=COMPARISON), metadata))
    assert drift == [], "write a version: python -m hub.store.migrations revision 'what changed'"


async def test_versions_form_one_line():
    """Two sessions that each wrote a version have to put them in order."""
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) <= 1


async def test_an_upgraded_database_passes_and_upgrading_again_changes_nothing(database_url):
    assert await asyncio.to_thread(current, database_url) == HEAD
    await asyncio.to_thread(upgrade, database_url)
    store = open_store(database_url)
    await check_is_head(store)
    await store.close()


async def test_another_version_is_refused_with_advice(store):
    """A newer database asks for a newer program; only an older one is upgraded."""
    await store.write(lambda tx: tx.execute(text("DELETE FROM alembic_version")))
    await store.write(lambda tx: tx.execute(text("INSERT INTO alembic_version VALUES ('9999')")))
    with pytest.raises(WrongVersion, match=f"at 9999, the program needs {HEAD}: a newer program"):
        await check_is_head(store)


async def test_an_empty_database_is_refused_with_advice(tmp_path):
    url = f"sqlite:///{tmp_path}/hub.db"
    assert await asyncio.to_thread(current, url) is None
    store = open_store(url)
    if HEAD is not None:
        with pytest.raises(WrongVersion, match=r"at no version.*run `hub db upgrade`"):
            await check_is_head(store)
    await store.close()


async def test_a_database_in_use_is_not_upgraded(sqlite_store, sqlite_url):
    """On SQLite the upgrade is a writing process like any other; looking at the version is not."""
    with pytest.raises(StoreUnavailable, match="in use by another process"):
        await asyncio.to_thread(upgrade, sqlite_url)
    assert await asyncio.to_thread(current, sqlite_url) == HEAD


async def test_two_upgrades_at_once_are_one(databases):
    """Two replicas that start together on a new PostgreSQL database do not trip over each other."""
    with databases.fresh("template0") as url:
        await asyncio.gather(*(asyncio.to_thread(upgrade, url) for _ in range(2)))
        assert current_in_thread(url) == HEAD


def current_in_thread(url: str) -> str | None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(current, url).result()


async def test_a_store_keeps_what_an_upgrade_finds(database_url):
    """Upgrading a database with data leaves the data alone."""
    store = open_store(database_url)
    await store.write(prepare)
    await store.write(note("kept"))
    await store.close()
    await asyncio.to_thread(upgrade, database_url)
    store = open_store(database_url)
    assert await store.read(lambda tx: tx.execute(text("SELECT text FROM notes")).scalar()) == "kept"
    await store.close()
