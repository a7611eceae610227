from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import BigInteger, cast, select
from sqlalchemy.exc import StatementError

from tests.hub.store.notes import note, notes


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 23, 4, 5, 6, 789_012, tzinfo=UTC),
        datetime(2026, 11, 23, 12, 5, 6, 1, tzinfo=timezone(timedelta(hours=8))),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
async def test_a_moment_comes_back_to_the_microsecond(notebook, moment):
    await notebook.write(lambda tx: tx.execute(notes.insert().values(text="t", at=moment)))
    assert await notebook.read(lambda tx: tx.execute(select(notes.c.at)).scalar_one()) == moment


async def test_a_moment_is_stored_as_microseconds(notebook):
    await notebook.write(
        lambda tx: tx.execute(notes.insert().values(text="t", at=datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)))
    )
    stored = select(cast(notes.c.at, BigInteger))
    assert await notebook.read(lambda tx: tx.execute(stored).scalar_one()) == 1_000_005


async def test_a_moment_without_a_zone_is_refused(notebook):
    with pytest.raises(StatementError, match="needs a time zone"):
        await notebook.write(lambda tx: tx.execute(notes.insert().values(text="t", at=datetime(2026, 1, 1))))  # noqa: DTZ001
    await notebook.write(note("the next one is fine"))
