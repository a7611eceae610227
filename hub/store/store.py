"""The store: what a room is given to write and to read."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from hub.store.group import Waiting
from hub.store.hooks import Hooks
from hub.store.lock import ProcessLock
from hub.store.postgresql import PostgresJudge, PostgresReader, PostgresWriter, writing_engine
from hub.store.sqlite import SqliteJudge, SqliteWriter
from hub.store.sqlite_reader import SqliteReader
from hub.store.unavailable import StoreUnavailable

T = TypeVar("T")

PING_SECONDS = 3.0


class Writer(Protocol):
    """Takes units in the order in which they come, and answers each."""

    def put(self, waiting: Waiting) -> None: ...

    async def close(self) -> None: ...


class Reader(Protocol):
    """Runs queries on committed data, beside the writer."""

    async def run(self, query: Callable[[Connection], T]) -> T: ...

    async def close(self) -> None: ...


class Store:
    """One database: units of writing, committed in groups, and queries beside them.

    It may be opened before an event loop runs, and belongs to the loop that uses it first.
    """

    def __init__(self, dialect: str, reader: Reader, writer: Writer | None, lock: ProcessLock | None = None) -> None:
        self.dialect = dialect
        self._reader = reader
        self._writer = writer
        self._lock = lock
        self._closed = False

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Run the unit in a transaction and return its result once that is durable.

        A unit may be run again after a rollback, so it changes nothing but the database, and it keeps no
        cursor: it returns plain values. A caller that is cancelled takes nothing back.

        Raises: what the unit raised (nothing of it is kept then), StoreUnavailable.
        """
        self._check_open()
        if self._writer is None:
            raise StoreUnavailable("this store was opened for reading only")
        waiting = Waiting(unit, asyncio.get_running_loop().create_future())
        self._writer.put(waiting)
        result: T = await waiting.answer
        return result

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query on committed data; it waits for no writer and cannot write.

        Each statement sees what is committed when it starts. The query may be run again from its beginning,
        so it changes nothing, and returns plain values and no cursor.

        Raises: what the query raised, StoreUnavailable.
        """
        self._check_open()
        return await self._reader.run(query)

    async def ping(self) -> None:
        """Whether the database answers soon, and takes what is written.

        Raises: StoreUnavailable.
        """
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self.read(_nothing_much)
                if self._writer is not None:
                    await self.write(_a_little)
        except TimeoutError as error:
            raise StoreUnavailable(f"the database did not answer within {PING_SECONDS:g} s") from error

    async def close(self) -> None:
        """Commit what is queued, answer it, and let go of the database. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            await self._writer.close()
        await self._reader.close()
        if self._lock is not None:
            self._lock.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")


def _nothing_much(tx: Connection) -> None:
    tx.exec_driver_sql("SELECT 1")


def _a_little(tx: Connection) -> None:
    """Has something to commit: on a full disk an empty transaction still succeeds."""
    statement = "PRAGMA user_version = 1" if tx.dialect.name == "sqlite" else "SELECT pg_current_xact_id()"
    tx.exec_driver_sql(statement)


def open_store(url: str, *, hooks: Hooks | None = None, read_only: bool = False) -> Store:
    """Open `sqlite:///path` or `postgresql://…`.

    A SQLite file is made when it is missing and locked for this process; a read-only store takes no lock,
    so the command line can look beside a running hub.

    Raises: ValueError for another kind of URL, StoreUnavailable when the file is in use or unreachable.
    """
    hooks = hooks or Hooks()
    match dialect_of(url):
        case "sqlite":
            return _open_sqlite(sqlite_path(url), hooks, read_only=read_only)
        case _:
            return _open_postgres(url, hooks, read_only=read_only)


def dialect_of(url: str) -> str:
    """Which of the two databases a URL names: "sqlite" or "postgresql".

    Raises: ValueError for anything else (without repeating the URL, which may hold a password).
    """
    try:
        dialect = make_url(url).get_backend_name()
    except ArgumentError:
        dialect = ""
    if dialect not in {"sqlite", "postgresql"}:
        raise ValueError("the database URL must begin with sqlite:/// or postgresql://")
    return dialect


def sqlite_path(url: str) -> Path:
    """Raises: ValueError for a URL without a file (a database in memory cannot keep a promise)."""
    database = make_url(url).database
    if not database or database == ":memory:":
        raise ValueError("the database URL must name a file: sqlite:///path/to/hub.db")
    return Path(database)


def _open_sqlite(path: Path, hooks: Hooks, *, read_only: bool) -> Store:
    try:
        lock = None if read_only else claim(path)
        judge = SqliteJudge(path)
    except OSError as error:
        raise StoreUnavailable(
            f"cannot open the database {path}: {error.strerror} (HUB_DATABASE_URL, or --env-file, names another)"
        ) from error
    writer = None if read_only else SqliteWriter(path, hooks, judge)
    return Store("sqlite", SqliteReader(path, judge), writer, lock)


def claim(path: Path) -> ProcessLock:
    """Lock the file, making it when it is missing; nobody but its owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(path)
    path.touch(mode=0o600)
    return lock


def _open_postgres(url: str, hooks: Hooks, *, read_only: bool) -> Store:
    judge = PostgresJudge()
    writer = None if read_only else PostgresWriter(writing_engine(url), hooks, judge)
    return Store("postgresql", PostgresReader(url, judge), writer)
