"""PostgreSQL: a writer task with one connection at a time, and a pool of read-only connections."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, ExceptionContext, NullPool, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.store.group import Answer, GroupCommit, Waiting, refuse, settle
from hub.store.hooks import Hooks
from hub.store.judge import judged
from hub.store.unavailable import StoreUnavailable

T = TypeVar("T")

READERS = 4
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 10.0
ABANDONED_SECONDS = 30
"""How long a frozen process may hold locks in an open transaction before the server ends its connection."""
BROKEN_CLASSES = ("08", "53", "57P", "58")
"""SQLSTATE classes that speak of the server: connection, resources, operator, system."""
BROKEN_STATES = frozenset({"25006", "25P03", "3D000", "28000", "28P01"})
"""Standby after a failover, abandoned transaction, no such database, refused log-in."""


def writing_engine(url: str) -> AsyncEngine:
    """One connection, tested before each batch, so that an old dead one costs no caller an answer."""
    engine = _engine(url, COMMAND_SECONDS, pool_size=1, max_overflow=0, pool_pre_ping=True)
    event.listen(engine.sync_engine, "handle_error", _remember_error)
    return engine


def reading_engine(url: str) -> AsyncEngine:
    """Every statement sees what is committed, and none can write; no BEGIN, so one round trip a query."""
    return _engine(
        url,
        COMMAND_SECONDS,
        {"default_transaction_read_only": "on"},
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=COMMAND_SECONDS,
        isolation_level="AUTOCOMMIT",
    )


def upgrading_engine(url: str) -> AsyncEngine:
    """One connection without a limit on how long a statement takes: an index on a large table takes its time."""
    return _engine(url, None, poolclass=NullPool)


def _engine(
    url: str, command_seconds: float | None, settings: dict[str, str] | None = None, **options: Any
) -> AsyncEngine:
    arguments = {
        "timeout": CONNECT_SECONDS,
        "command_timeout": command_seconds,
        "server_settings": {
            "application_name": "hub",
            "idle_in_transaction_session_timeout": f"{ABANDONED_SECONDS}s",
            **(settings or {}),
        },
    }
    return create_async_engine(_asyncpg_url(url), connect_args=arguments, **options)


def _asyncpg_url(url: str) -> str:
    """The URL as asyncpg wants it; libpq's `sslmode` is what everybody writes."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    if "sslmode" in parsed.query:
        mode = parsed.query["sslmode"]
        parsed = parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return parsed.render_as_string(hide_password=False)


def _remember_error(context: ExceptionContext) -> None:
    if context.connection is not None and not context.is_disconnect:
        context.connection.info["failed"] = True


class PostgresJudge:
    """Knows the SQLSTATEs, and what a broken connection looks like through SQLAlchemy and asyncpg."""

    def fault_in(self, error: BaseException, *, committing: bool) -> StoreUnavailable | None:
        """Once COMMIT was sent, only an answer tells whether it happened."""
        if isinstance(error, StoreUnavailable):
            return error
        if not _broken(error):
            return None
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = str(cause).partition("\n")[0] or type(cause).__name__
        return StoreUnavailable(f"PostgreSQL cannot be used: {reason}", maybe_committed=committing)

    def check_whole(self, tx: Connection) -> None:
        """COMMIT of a failed transaction rolls back without a word, so a unit that swallowed an error is asked.

        Raises: DBAPIError when the transaction has failed.
        """
        if tx.info.pop("failed", False):
            tx.exec_driver_sql("SELECT 1")


def _broken(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(BROKEN_CLASSES) or state in BROKEN_STATES:
            return True
        return isinstance(error.orig.__cause__, OSError) if error.orig else False
    return isinstance(error, OSError | PoolTimeout)


class PostgresWriter:
    """A task that commits whatever queued up while the last commit ran."""

    def __init__(self, engine: AsyncEngine, hooks: Hooks, judge: PostgresJudge) -> None:
        self._engine = engine
        self._hooks = hooks
        self._judge = judge
        self._group = GroupCommit(hooks, judge)
        self._queue: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, waiting: Waiting) -> None:
        self._queue.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain(), name="store-writer")

    async def close(self) -> None:
        """Write what is queued, then close the connection."""
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._engine.dispose()

    async def _drain(self) -> None:
        """Batch after batch until nothing waits."""
        while self._queue:
            batch = list(self._queue)
            self._queue.clear()
            try:
                answers = await self._commit(batch)
            except asyncio.CancelledError:  # the loop is being torn down, and the callers with it
                stopped = StoreUnavailable("the writer was stopped", maybe_committed=True)
                settle(refuse([*batch, *self._queue], stopped))
                raise
            self._hooks.at("before-answer")
            settle(answers)

    async def _commit(self, batch: list[Waiting]) -> list[Answer]:
        try:
            connection = await self._engine.connect()
        except Exception as error:  # noqa: BLE001 — no connection, whatever the reason
            return refuse(batch, _unreachable(error, self._judge))
        try:
            return await connection.run_sync(self._group.run, batch)
        finally:
            with suppress(Exception):  # what was answered stands, whatever becomes of the connection
                await connection.close()


class PostgresReader:
    """Queries on connections that are read-only on the server's side."""

    def __init__(self, url: str, judge: PostgresJudge) -> None:
        self._engine = reading_engine(url)
        self._judge = judge

    async def run(self, query: Callable[[Connection], T]) -> T:
        with judged(self._judge):
            try:
                return await self._attempt(query)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return await self._attempt(query)  # an idle connection had died; the pool has thrown it away

    async def close(self) -> None:
        await self._engine.dispose()

    async def _attempt(self, query: Callable[[Connection], T]) -> T:
        connected = False
        try:
            async with self._engine.connect() as connection:
                connected = True
                return await connection.run_sync(query)
        except Exception as error:
            if connected:
                raise
            raise _unreachable(error, self._judge) from error


def _unreachable(error: Exception, judge: PostgresJudge) -> StoreUnavailable:
    """No connection, whatever the reason."""
    fault = judge.fault_in(error, committing=False)
    return fault or StoreUnavailable(f"no connection to the database: {error}")
