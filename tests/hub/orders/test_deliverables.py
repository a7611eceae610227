"""Handing over what an order delivered."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from hub.errors import KeyReused, NotFound
from hub.identity.guard import Caller
from hub.orders import rows
from hub.orders.deliverables import Deliverables
from hub.store import Connection, Unsealable
from tests.hub.orders.office import START, Office, succeeded, units_that_raise

AGAIN = timedelta(minutes=15)


def desk(office: Office) -> Deliverables:
    return Deliverables(office.store, office.data_keys, office.clock, again=AGAIN)


def caller(office: Office) -> Caller:
    return Caller(
        tenant=office.tenant,
        client_id="app",
        scopes=frozenset({"utility-bills:pay"}),
        token_id="t",
        expires_at=START + timedelta(hours=1),
    )


async def delivered(office: Office) -> str:
    row = await office.begin()
    done = await office.settle(row.order_id, succeeded(token="1111-2222"))
    assert done is not None
    assert done.deliverable_id is not None
    return done.deliverable_id


async def test_released_once_and_again_to_the_same_key(office: Office):
    """A token is handed to one key, and to that key again for a quarter of an hour; every time is audited."""
    deliverable_id = await delivered(office)
    order_id = await desk(office).order_of(caller(office), deliverable_id)
    first = await desk(office).release(caller(office), deliverable_id, "k1")
    office.clock.forward(AGAIN)
    second = await desk(office).release(caller(office), deliverable_id, "k1")
    assert msgspec.json.decode(first.value) == msgspec.json.decode(second.value) == "1111-2222"
    assert first.order_id == order_id
    office.clock.forward(timedelta(seconds=1))
    with pytest.raises(KeyReused):
        await desk(office).release(caller(office), deliverable_id, "k1")
    released = [record.facts["again"] for record in await office.audit(order_id) if record.kind == "release"]
    assert released == ["false", "true"]


async def test_another_key_gets_nothing(office: Office):
    """Of many keys at once exactly one gets the token."""
    deliverable_id = await delivered(office)
    calls = (desk(office).release(caller(office), deliverable_id, f"k{number}") for number in range(8))
    got = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in got) == 1
    assert sum(isinstance(one, KeyReused) for one in got) == 7


async def test_another_bank_finds_nothing(office: Office):
    """A deliverable belongs to its bank alone."""
    deliverable_id = await delivered(office)
    other = caller(await Office.opened(office.store, "other-bank"))
    with pytest.raises(NotFound):
        await desk(office).order_of(other, deliverable_id)
    with pytest.raises(NotFound):
        await desk(office).release(other, deliverable_id, "k1")


async def test_a_refused_release_spoils_no_other(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A refusal is an answer of its unit, so what shares its commit is not run a second time."""
    deliverable_id = await delivered(office)
    await desk(office).release(caller(office), deliverable_id, "k1")
    raised = units_that_raise(office, monkeypatch)
    for bad_id, key, error in [(deliverable_id, "k2", KeyReused), ("dlv_none", "k1", NotFound)]:
        with pytest.raises(error):
            await desk(office).release(caller(office), bad_id, key)
    assert raised == []


async def test_what_was_sealed_for_another_order_is_not_handed_over(office: Office):
    """Whoever can write the database cannot put one order's token under another."""
    first, second = await delivered(office), await delivered(office)
    table = rows.deliverables

    def swap(tx: Connection) -> None:
        sealed = tx.execute(table.select().where(table.c.deliverable_id == first)).one().sealed
        tx.execute(table.update().where(table.c.deliverable_id == second).values(sealed=sealed))

    await office.store.write(swap)
    with pytest.raises(Unsealable):
        await desk(office).release(caller(office), second, "k1")
