"""The schema's versions: bring a database to the newest, and refuse to run on another."""

import asyncio
import importlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import hub
from hub.store.judge import judged
from hub.store.postgresql import PostgresJudge, upgrading_engine
from hub.store.sqlite import UPGRADING, SqliteJudge, writing_engine
from hub.store.sqlite_reader import reading_engine
from hub.store.store import Store, claim, dialect_of, sqlite_path

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x68756275
"""Advisory lock under which PostgreSQL lets one upgrade at a time pass ("hubu")."""


class WrongVersion(Exception):
    """The database's schema is older or newer than the program."""


def upgrade(url: str) -> None:
    """Bring the database to the newest version. Blocks, and may not run inside an event loop.

    Raises: StoreUnavailable, ValueError for a URL of another kind.
    """
    if dialect_of(url) == "sqlite":
        _upgrade_sqlite(sqlite_path(url))
    else:
        asyncio.run(_on_postgres(url, _upgrade_alone))


def current(url: str) -> str | None:
    """The database's version, None before the first. Blocks, like `upgrade`.

    Raises: StoreUnavailable, ValueError.
    """
    if dialect_of(url) == "sqlite":
        return _current_sqlite(sqlite_path(url))
    return asyncio.run(_on_postgres(url, version_of))


async def check_is_head(store: Store) -> None:
    """Raises: WrongVersion, StoreUnavailable."""
    there = await store.read(version_of)
    scripts = ScriptDirectory.from_config(configuration())
    needed = scripts.get_current_head()
    if there == needed:
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if there is None or there in known:
        advice = "run `hub db upgrade`"
    else:
        advice = "a newer program has upgraded it, so start that one"
    raise WrongVersion(f"the database is at {there or 'no version'}, the program needs {needed}: {advice}")


def version_of(tx: Connection) -> str | None:
    return MigrationContext.configure(tx).get_current_revision()


def import_rows() -> None:
    """Put every room's tables on the one `metadata`: whatever folder of the hub has a `rows.py`."""
    for rows in sorted(Path(hub.__file__).parent.glob("*/rows.py")):
        importlib.import_module(f"hub.{rows.parent.name}.rows")


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _upgrade(tx: Connection) -> None:
    command.upgrade(configuration(tx), "head")


def _upgrade_alone(tx: Connection) -> None:
    tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
    _upgrade(tx)


def _upgrade_sqlite(path: Path) -> None:
    with closing(claim(path)), judged(SqliteJudge(path)), writing_engine(path, UPGRADING).begin() as tx:
        _upgrade(tx)


def _current_sqlite(path: Path) -> str | None:
    if not path.exists():
        return None
    with judged(SqliteJudge(path)), reading_engine(path).connect() as tx:
        return version_of(tx)


async def _on_postgres(url: str, work: Callable[[Connection], T]) -> T:
    with judged(PostgresJudge()):
        async with upgrading_engine(url).begin() as connection:
            return await connection.run_sync(work)
