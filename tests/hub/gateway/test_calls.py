"""What is written down of a call that ends badly."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from hub.audit.record import Record, read_record
from hub.errors import NotFound
from hub.gateway.calls import Calls
from hub.identity.guard import Caller
from hub.store import Store

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CALLER = Caller("bnk_one", "app", frozenset(), token_id="t", expires_at=NOW + timedelta(hours=1))


@pytest.fixture
def calls(sqlite_store: Store) -> Calls:
    return Calls(sqlite_store, lambda: NOW)


async def records(store: Store) -> list[Record]:
    found = await store.read(lambda tx: list(tx.execute(text("SELECT body FROM audit_records")).scalars()))
    return [read_record(bytes(body)) for body in found]


@pytest.mark.parametrize("error", [NotFound("none"), RuntimeError("a bug"), KeyError("another")])
async def test_call_that_ends_in_an_error(calls: Calls, sqlite_store: Store, error: Exception):
    """Whatever ends a call, be it a bug: the record tells of it, and the error goes on to who must see it."""

    async def serve() -> None:
        async with calls.recorded(CALLER, "rights.quote") as call:
            call.consent_id = "cns_1"
            raise error

    with pytest.raises(type(error)):
        await serve()
    [record] = await records(sqlite_store)
    assert (record.operation, record.facts) == (
        "rights.quote",
        {"how": type(error).__name__, "consent_id": "cns_1"},
    )


async def test_call_that_nobody_waits_for(calls: Calls, sqlite_store: Store):
    """A bank that goes away, once or twice, takes no record away."""
    reached = asyncio.Event()

    async def serve() -> None:
        async with calls.recorded(CALLER, "rights.quote"):
            reached.set()
            await asyncio.Event().wait()

    serving = asyncio.create_task(serve())
    await reached.wait()
    for _ in range(2):
        serving.cancel()
        await asyncio.sleep(0)
    assert [type(end) for end in await asyncio.gather(serving, return_exceptions=True)] == [asyncio.CancelledError]
    await asyncio.gather(*calls._writing)
    assert [record.facts for record in await records(sqlite_store)] == [{"how": "CancelledError"}]
