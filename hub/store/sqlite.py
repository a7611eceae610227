"""SQLite: what its connections and errors mean, and the thread that alone writes."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from hub.store.group import Answer, GroupCommit, Waiting, refuse, settle
from hub.store.hooks import Hooks
from hub.store.unavailable import StoreUnavailable

BUSY_SECONDS = 5.0
BROKEN = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_BUSY: "the database is locked by another process",
    sqlite3.SQLITE_LOCKED: "the database is locked by another process",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened",
    sqlite3.SQLITE_READONLY: "the database is read-only",
    sqlite3.SQLITE_NOMEM: "memory ran out",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
}
"""Primary result codes that speak of the database and not of the statement (sqlite.org/rescode.html)."""

WRITING = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
UPGRADING = ("journal_mode = WAL", "synchronous = FULL")
"""Without foreign keys: an altered table is made anew, and dropping the old one must not empty its children."""


def writing_engine(path: Path, pragmas: Iterable[str] = WRITING) -> Engine:
    """Connections that take the write lock when a transaction begins, and sync every commit to the disk."""
    engine = create_engine("sqlite://", creator=lambda: connect(path, "rw", pragmas), poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def connect(path: Path, mode: str, pragmas: Iterable[str], *, patience: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection to an existing file, in autocommit until somebody says BEGIN. Units: seconds."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


class SqliteJudge:
    """Knows SQLite's result codes, and notices when the file under the connection is no longer the hub's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = _identity(path)

    def fault_in(self, error: BaseException, *, committing: bool) -> StoreUnavailable | None:
        """SQLite undoes what it could not write, but a failing disk may have kept the commit record."""
        if isinstance(error, StoreUnavailable):
            return error
        code = result_code(error)
        if code not in BROKEN:
            return None
        unknown = committing and code == sqlite3.SQLITE_IOERR
        return StoreUnavailable(f"{BROKEN[code]}: {self._path}", maybe_committed=unknown)

    def check_whole(self, tx: Connection) -> None:
        """A unit that swallows "disk full" goes on outside any transaction; a deleted file still takes writes."""
        self.check_file()
        if not getattr(tx.connection.dbapi_connection, "in_transaction", False):
            raise StoreUnavailable(f"{BROKEN[sqlite3.SQLITE_FULL]}: {self._path}", maybe_committed=True)

    def check_file(self) -> None:
        """Raises: StoreUnavailable when the file was deleted or replaced."""
        try:
            there = _identity(self._path)
        except OSError as error:
            raise StoreUnavailable(f"the database has vanished: {self._path} ({error.strerror})") from error
        if there != self._identity:
            raise StoreUnavailable(f"the database was replaced: {self._path}; restart the hub")


def result_code(error: BaseException) -> int:
    """SQLite's primary result code, or 0 for an error that is not SQLite's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF


def _identity(path: Path) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116 — once per batch, and a Path costs more than the call
    return status.st_dev, status.st_ino


class SqliteWriter:
    """Runs every unit in one thread, which commits whatever queued up while the last commit ran."""

    def __init__(self, path: Path, hooks: Hooks, judge: SqliteJudge) -> None:
        self._engine = writing_engine(path)
        self._hooks = hooks
        self._judge = judge
        self._group = GroupCommit(hooks, judge)
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, waiting: Waiting) -> None:
        self._queue.put(waiting)

    async def close(self) -> None:
        """Write what is queued, then end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while True:
            batch, closing = self._take()
            if batch:
                answers = self._commit(batch)
                self._hooks.at("before-answer")
                _wake(answers)
            if closing:
                break
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> tuple[list[Waiting], bool]:
        """Everything that waits now; blocks until something does."""
        batch: list[Waiting] = []
        item = self._queue.get()
        with suppress(Empty):
            while item is not None:
                batch.append(item)
                item = self._queue.get_nowait()
            return batch, True
        return batch, False

    def _commit(self, batch: list[Waiting]) -> list[Answer]:
        try:
            self._judge.check_file()
            if self._connection is None:
                self._connection = self._engine.connect()
        except Exception as error:  # noqa: BLE001 — no connection, whatever the reason
            fault = self._judge.fault_in(error, committing=False)
            return refuse(batch, fault or StoreUnavailable(f"no connection to the database: {error}"))
        return self._group.run(self._connection, batch)


def _wake(answers: Iterable[Answer]) -> None:
    """Settle a batch with one call into the event loop, or none when that has gone."""
    answers = list(answers)
    with suppress(RuntimeError):
        answers[0].waiting.answer.get_loop().call_soon_threadsafe(settle, answers)
