"""The book on disk: what was performed, and the orders as the partner keeps them. It survives SIGKILL."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from sandbox.stand.moment import iso, now

T = TypeVar("T")
Order = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (
    entry INTEGER PRIMARY KEY, reference TEXT NOT NULL, operation TEXT NOT NULL, account TEXT NOT NULL,
    amount TEXT NOT NULL, currency TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, reference TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS orders_by_reference ON orders (reference);
"""
_ENTRY = ("reference", "operation", "account", "amount", "currency", "at")


@dataclass(frozen=True, slots=True)
class Performance:
    """Something the partner has done for the caller, in major units of its currency."""

    reference: str
    operation: str
    account: str
    amount: str = "0"
    currency: str = "XXX"
    """ISO 4217's own word for no currency: of what moves no money."""


class Page:
    """What a unit of work may do to the book; all of it is committed, or none."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def perform(self, done: Performance) -> None:
        """Enters a performance; a repeated one stands there twice."""
        entry = (done.reference, done.operation, done.account, done.amount, done.currency, iso(now()))
        self._database.execute(
            "INSERT INTO ledger (reference, operation, account, amount, currency, at) VALUES (?, ?, ?, ?, ?, ?)",
            entry,
        )

    def keep(self, reference: str, body: Order) -> int:
        """Files an order and gives it the next number."""
        text = json.dumps(body, ensure_ascii=False)
        cursor = self._database.execute("INSERT INTO orders (reference, body) VALUES (?, ?)", (reference, text))
        return cursor.lastrowid or 0

    def find(self, reference: str) -> list[Order]:
        """Every order under a reference, oldest first, each with its `number`."""
        rows = self._database.execute(
            "SELECT number, body FROM orders WHERE reference = ? ORDER BY number", (reference,)
        )
        return [_order(row) for row in rows]

    def numbered(self, number: int) -> Order | None:
        row = self._database.execute("SELECT number, body FROM orders WHERE number = ?", (number,)).fetchone()
        return None if row is None else _order(row)

    def latest(self, limit: int = -1) -> list[Order]:
        """Orders, newest first; -1 is all of them."""
        rows = self._database.execute("SELECT number, body FROM orders ORDER BY number DESC LIMIT ?", (limit,))
        return [_order(row) for row in rows]

    def entries(self) -> list[dict[str, str]]:
        """The ledger in the control API's shape, oldest first."""
        rows = self._database.execute(f"SELECT {', '.join(_ENTRY)} FROM ledger ORDER BY entry")  # noqa: S608 - fixed column names
        return [dict(zip(_ENTRY, row, strict=True)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Job:
    unit: Callable[[Page], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Book:
    """Writes in a thread of its own and commits whatever queued up while the last commit ran."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writing = _connect(path)
        self._writing.executescript(_SCHEMA)
        self._reading = _connect(path)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="book", daemon=True)
        self._writer.start()

    async def write(self, unit: Callable[[Page], T]) -> T:
        """Runs a unit alone and answers once it is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(unit, loop, future))
        # A client that leaves does not undo what the partner is doing.
        return await asyncio.shield(future)

    def read(self, unit: Callable[[Page], T]) -> T:
        """Runs a unit that changes nothing on what is committed."""
        return unit(Page(self._reading))

    def close(self) -> None:
        """Finishes what was asked and closes the files."""
        self._jobs.put(None)
        self._writer.join()
        self._writing.close()
        self._reading.close()

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [job]
            while not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    self._write(jobs)
                    return
                jobs.append(following)
            self._write(jobs)

    def _write(self, jobs: list[_Job]) -> None:
        results: list[Any]
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            results = [self._attempt(job) for job in jobs]
            self._writing.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
            results = [error] * len(jobs)
        for job, result in zip(jobs, results, strict=True):
            job.loop.call_soon_threadsafe(_settle, job.future, result)

    def _attempt(self, job: _Job) -> Any:
        self._writing.execute("SAVEPOINT unit")
        try:
            result = job.unit(Page(self._writing))
        except Exception as error:  # noqa: BLE001 - it goes back to whoever brought the unit
            self._writing.execute("ROLLBACK TO unit")
            result = error
        self._writing.execute("RELEASE unit")
        return result


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database


def _order(row: tuple[int, str]) -> Order:
    body: Order = json.loads(row[1])
    return {**body, "number": row[0]}
