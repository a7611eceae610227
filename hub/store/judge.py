"""Telling the store's own failure from a mistake in what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Connection

from hub.store.unavailable import StoreUnavailable


class Judge(Protocol):
    """What one kind of database means by its errors."""

    def fault_in(self, error: BaseException, *, committing: bool) -> StoreUnavailable | None:
        """The store's failure behind an error, or None when the unit itself is to blame."""

    def check_whole(self, tx: Connection) -> None:
        """Raise when the open transaction was lost in silence, so that COMMIT would confirm nothing."""


@contextmanager
def judged(judge: Judge) -> Iterator[None]:
    """Turn what the database means by its errors into StoreUnavailable; let everything else pass."""
    try:
        yield
    except Exception as error:
        fault = judge.fault_in(error, committing=False)
        if fault is None:
            raise
        raise fault from error
