"""Refusals of strangers."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from hub.audit import HOUSE, Refusals, rows
from hub.audit.refusals import MOST_SOURCES
from hub.store import StoreUnavailable


async def recorded(archive) -> list[dict[str, str]]:
    bodies = await archive.store.read(lambda tx: tx.scalars(select(rows.records.c.body)).all())
    facts = [msgspec.json.decode(body)["facts"] for body in bodies]
    return sorted(facts, key=lambda fact: (fact["source"], fact["reason"]))


async def test_counts(archive):
    """A minute of refusals is one record for each source and reason."""
    refusals = Refusals(archive.store, archive.clock)
    for _ in range(1000):
        refusals.count("192.0.2.7", "token-expired")
    refusals.count("192.0.2.7", "token-missing")
    refusals.count("2001:db8::1", "token-missing")
    refusals.count("2001:db8::ffff", "token-missing")
    archive.clock.pass_by(minutes=1)
    assert await refusals.flush() == 3
    assert await refusals.flush() == 0
    facts = await recorded(archive)
    assert [(fact["source"], fact["reason"], fact["count"]) for fact in facts] == [
        ("192.0.2.7", "token-expired", "1000"),
        ("192.0.2.7", "token-missing", "1"),
        ("2001:db8::/64", "token-missing", "2"),
    ]
    assert facts[0]["since"] == "2026-10-01T08:00:00+00:00"
    assert await archive.notary.seal_once() == 3
    assert (await archive.verify()).logs[HOUSE].sealed == 3


async def test_flood(small_archive):
    """A flood from everywhere costs a bounded number of records."""
    refusals = Refusals(small_archive.store, small_archive.clock)
    for number in range(MOST_SOURCES + 500):
        refusals.count(f"192.0.{number // 256}.{number % 256}", "token-missing")
    assert await refusals.flush() == MOST_SOURCES + 1
    assert (await recorded(small_archive))[-1]["count"] == "500"


async def test_store_away(small_archive, monkeypatch):
    """Counts that could not be written are written with the next."""
    refusals = Refusals(small_archive.store, small_archive.clock)
    refusals.count("192.0.2.7", "token-missing")

    async def away(unit):
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(small_archive.store, "write", away)
        with pytest.raises(StoreUnavailable):
            await refusals.flush()
    refusals.count("192.0.2.7", "token-missing")
    await refusals.flush()
    [fact] = await recorded(small_archive)
    assert fact["count"] == "2"


async def test_runs(small_archive):
    """What was counted is written at the latest when the hub stops."""
    refusals, stop = Refusals(small_archive.store, small_archive.clock, every=timedelta(seconds=30)), asyncio.Event()
    running = asyncio.create_task(refusals.run(stop))
    refusals.count("somewhere", "token-missing")
    await asyncio.sleep(0)
    stop.set()
    await running
    assert len(await recorded(small_archive)) == 1
