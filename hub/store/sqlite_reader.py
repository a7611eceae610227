"""Reading SQLite: look-ups at once in the event loop, anything longer in a thread."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from hub.store.judge import judged
from hub.store.sqlite import SqliteJudge, connect, result_code

T = TypeVar("T")

THREADS = 2
READING = ("query_only = ON",)
QUICK_STEPS = 10_000
"""Steps of SQLite's virtual machine that a statement may take in the event loop: well under a millisecond."""
TOO_LONG = frozenset({sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY})


class SqliteReader:
    """Read-only connections; WAL lets them pass beside the writer.

    A look-up by key takes 30 µs and a hop to a thread 200 µs, so a query starts in the event loop, and moves to
    a thread, from its beginning, when SQLite finds that it takes more than a few steps or would have to wait.
    """

    def __init__(self, path: Path, judge: SqliteJudge) -> None:
        self._judge = judge
        self._quick = _engine(lambda: _connect_quick(path))
        self._patient = reading_engine(path)
        self._local = threading.local()
        self._open: list[Connection] = []
        self._here: Connection | None = None
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store-reader")

    async def run(self, query: Callable[[Connection], T]) -> T:
        with judged(self._judge):
            self._judge.check_file()
            try:
                return self._run_here(query)
            except DBAPIError as error:
                if result_code(error) not in TOO_LONG:
                    raise
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._run_in_thread, query)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._open:
            connection.close()

    def _run_here(self, query: Callable[[Connection], T]) -> T:
        if self._here is None:
            self._here = self._connect(self._quick)
        return self._run(self._here, query)

    def _run_in_thread(self, query: Callable[[Connection], T]) -> T:
        known: Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = self._connect(self._patient)
        return self._run(known, query)

    def _connect(self, engine: Engine) -> Connection:
        connection = engine.connect()
        self._open.append(connection)
        return connection

    def _run(self, connection: Connection, query: Callable[[Connection], T]) -> T:
        try:
            return query(connection)
        finally:
            connection.rollback()


def reading_engine(path: Path) -> Engine:
    """Connections that cannot write, and wait for a lock if they must."""
    return _engine(lambda: connect(path, "ro", READING))


def _engine(connect_: Callable[[], sqlite3.Connection]) -> Engine:
    return create_engine("sqlite://", creator=connect_, poolclass=NullPool)


def _connect_quick(path: Path) -> sqlite3.Connection:
    connection = connect(path, "ro", READING, patience=0)
    connection.set_progress_handler(lambda: 1, QUICK_STEPS)
    return connection
