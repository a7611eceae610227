"""Group commit: everything that queued up while the last commit ran shares the next one."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hub.store.hooks import Hooks
from hub.store.judge import Judge
from hub.store.unavailable import StoreUnavailable

COLLISIONS = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialisation failure and of a deadlock: another process won, and the unit may run again."""
ATTEMPTS = 5


@dataclass(slots=True, eq=False)
class Waiting:
    """A unit of writing, and the future its caller waits on."""

    unit: Callable[[Connection], Any]
    answer: asyncio.Future[Any]


class Answer(NamedTuple):
    """What became of one unit; `error` is None when it is durable."""

    waiting: Waiting
    result: Any
    error: BaseException | None


def settle(answers: Iterable[Answer]) -> None:
    """Wake every caller that still waits. Runs in the event loop."""
    for waiting, result, error in answers:
        if waiting.answer.done():
            continue
        if error is None:
            waiting.answer.set_result(result)
        else:
            waiting.answer.set_exception(error)


class GroupCommit:
    """Commits a batch in one transaction, or, when one of its units raises, each unit in its own."""

    def __init__(self, hooks: Hooks, judge: Judge) -> None:
        self._at = hooks.at
        self._judge = judge

    def run(self, connection: Connection, batch: Sequence[Waiting]) -> list[Answer]:
        """Answer every unit of the batch; never raises for one of them."""
        try:
            results = self._together(connection, batch)
        except StoreUnavailable as fault:
            return refuse(batch, fault)
        except Exception:  # noqa: BLE001 — one unit's own mistake; run singly, each gets its own answer
            return [self._alone(connection, waiting) for waiting in batch]
        return [Answer(waiting, result, None) for waiting, result in zip(batch, results, strict=True)]

    def _alone(self, connection: Connection, waiting: Waiting) -> Answer:
        error: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                [result] = self._together(connection, [waiting])
            except Exception as raised:  # noqa: BLE001 — it is the caller's
                error = raised
                if not _collided(raised):
                    break
            else:
                return Answer(waiting, result, None)
        return Answer(waiting, None, error)

    def _together(self, connection: Connection, batch: Sequence[Waiting]) -> list[Any]:
        committing = False
        try:
            transaction = connection.begin()
            results = self._run_units(connection, batch)
            committing = True
            transaction.commit()
        except BaseException as error:
            fault = self._judge.fault_in(error, committing=committing)
            undo(connection, broken=fault is not None or not isinstance(error, Exception))
            if fault is not None:
                raise fault from error
            raise
        self._at("after-commit")
        return results

    def _run_units(self, tx: Connection, batch: Sequence[Waiting]) -> list[Any]:
        self._at("batch-begun")
        results = []
        for waiting in batch:
            results.append(_run(waiting.unit, tx))
            self._at("unit-ran")
        self._judge.check_whole(tx)
        self._at("before-commit")
        return results


def refuse(batch: Iterable[Waiting], fault: StoreUnavailable) -> list[Answer]:
    """The same bad news for everybody."""
    return [Answer(waiting, None, fault.again()) for waiting in batch]


def undo(connection: Connection, *, broken: bool) -> None:
    """Leave the connection ready for the next transaction; a broken one is replaced on its next use."""
    if broken:
        connection.invalidate()
    try:
        connection.rollback()
    except Exception:  # noqa: BLE001 — whatever is wrong with it, it is thrown away
        connection.invalidate()
        with suppress(Exception):
            connection.rollback()


def _run(unit: Callable[[Connection], Any], tx: Connection) -> Any:
    try:
        return unit(tx)
    except BaseException as stop:
        if isinstance(stop, Exception) and not isinstance(stop, StopIteration):
            raise
        # no future can carry it to the caller, and it is not the writer's to obey
        raise RuntimeError(f"a unit of writing raised {type(stop).__name__}") from stop


def _collided(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in COLLISIONS
